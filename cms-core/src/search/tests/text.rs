//! Questions and beginnings, asked of small indexes.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::search::{Passage, SearchPage, SearchQuery, Synonyms, syntax};

/// A page with a title and paragraphs.
fn page(title: &str, published_at: i64, paragraphs: &[&str]) -> IndexForm {
    let passage = |text: &&str| Passage { weight: 1, text: (*text).to_owned() };
    let text =
        FormText { passages: paragraphs.iter().map(passage).collect(), ..FormText::default() };
    IndexForm { text, ..form(title, published_at, &[]) }
}

fn asked(text: &str) -> SearchQuery {
    let chain = vec![locale("en"), locale("fr"), locale("ja")];
    SearchQuery { list: guidance("en"), wanted: syntax::parse(text), chain, synonyms: None }
}

fn found(index: &Index, query: &SearchQuery) -> Vec<u8> {
    entries(&index.search(query).unwrap())
}

fn entries(page: &SearchPage) -> Vec<u8> {
    page.hits.iter().map(|found| found.hit.entry.as_bytes()[0]).collect()
}

#[test]
fn a_word_that_is_known_is_taken_as_typed_and_another_is_measured() {
    let (index, _writer) = index(&[
        page("Harassment at school", 1, &["What to do."]),
        page("Harness", 2, &["For climbing."]),
    ]);
    assert_eq!(found(&index, &asked("harness")), [2]);
    let page = index.search(&asked("harasment")).unwrap();
    assert_eq!(entries(&page), [1]);
    assert_eq!(page.meant, [("harasment".to_owned(), "harassment".to_owned())]);
    assert_eq!(found(&index, &asked("cimbing")), [2]);
    assert_eq!(found(&index, &asked("shcool")), [1]);
    assert_eq!(found(&index, &asked("xyzzyq")), [0_u8; 0]);
}

#[test]
fn what_means_the_same_comes_below_what_was_typed_however_well_it_stands() {
    let (index, _writer) = index(&[
        page("Sextortion, sextortion, sextortion", 5, &["Sextortion."]),
        page("A long page", 1, &["Much else is said here, and at its end once: blackmail."]),
    ]);
    let labels = vec!["sextortion".to_owned(), "blackmail".to_owned()];
    let synonyms = Some(Arc::new(Synonyms::new([(locale("en"), labels)])));
    assert_eq!(found(&index, &asked("blackmail")), [2]);
    assert_eq!(found(&index, &SearchQuery { synonyms, ..asked("blackmail") }), [2, 1]);
}

#[test]
fn a_phrase_does_not_reach_from_one_paragraph_into_the_next() {
    let (index, _writer) = index(&[page("One", 1, &["It ends red.", "Kites begin."])]);
    assert_eq!(found(&index, &asked("\"red kites\"")), [0_u8; 0]);
    assert_eq!(found(&index, &asked("\"ends red\"")), [1]);
    assert_eq!(found(&index, &asked("kites -\"ends red\"")), [0_u8; 0]);
}

#[test]
fn being_new_weighs_little() {
    let year = 31_557_600_000;
    let (index, _writer) = index(&[
        page("Old", 0, &["A word about owls."]),
        page("New", 3 * year, &["A word about owls."]),
        page("Owls", 0, &["All about owls, owls and owls."]),
    ]);
    assert_eq!(found(&index, &asked("owls")), [3, 2, 1]);
}

#[test]
fn the_readers_language_comes_first_and_an_entry_once() {
    let french = serving(page("Dauphins", 1, &["Encore dauphins dauphins."]), "fr", &["fr", "en"]);
    let english = page("A page", 1, &["With dauphins in it, once, and much else besides them."]);
    let both = [
        serving(page("Two", 1, &["Dauphins."]), "en", &["en"]),
        serving(page("Deux", 1, &["Dauphins."]), "fr", &["fr"]),
    ];
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    writer.replace_entry(entry(1), &[french]).unwrap();
    writer.replace_entry(entry(2), &[english]).unwrap();
    writer.replace_entry(entry(3), &both).unwrap();
    writer.commit(1).unwrap();
    let page = index.search(&asked("dauphins")).unwrap();
    assert_eq!((entries(&page), page.count), (vec![3, 2, 1], 3));
    let locales: Vec<_> = page.hits.iter().map(|found| found.hit.locale.to_string()).collect();
    assert_eq!(locales, ["en", "en", "fr"]);
}

#[test]
fn who_shows_whom_is_known() {
    let shows = IndexForm { shows: vec![entry(9)], ..page("One", 1, &[]) };
    let (index, mut writer) = index(&[shows, page("Two", 2, &[])]);
    assert_eq!(index.showing(entry(9)).unwrap(), [entry(1)]);
    writer.replace_entry(entry(1), &[page("One", 1, &[])]).unwrap();
    writer.commit(3).unwrap();
    assert_eq!(index.showing(entry(9)).unwrap(), []);
}

#[test]
fn what_was_taken_out_is_neither_completed_nor_meant() {
    let (index, mut writer) = index(&[page("Zebrafinch", 1, &["Quokkas."]), page("Other", 2, &[])]);
    let completed = |typed: &str| index.complete(typed, &locale("en"), 5).unwrap();
    assert_eq!(completed("zeb").titles.len(), 1);
    assert_eq!(completed("quokkaz").meant.as_deref(), Some("quokkas"));
    writer.replace_entry(entry(1), &[]).unwrap();
    writer.commit(9).unwrap();
    let left = completed("zeb");
    assert!(left.titles.is_empty() && left.phrases.is_empty() && left.meant.is_none());
    assert_eq!(completed("quokkaz").meant, None);
    assert_eq!(found(&index, &asked("zebrafinch")), [0_u8; 0]);
}

#[test]
fn the_best_passage_is_short_and_says_most() {
    let filler =
        "Nothing of interest is said in this sentence, which is here to be long. ".repeat(20);
    let text = format!("{filler}Pelicans write letters. {filler}");
    let (index, _writer) = index(&[page("Birds", 1, &["Intro.", &text, "The end."])]);
    let page = index.search(&asked("pelicans letters")).unwrap();
    let passage = page.hits[0].passage.as_ref().unwrap();
    assert!(
        passage.contains("Pelicans write letters.") && passage.chars().count() <= 440,
        "{passage}"
    );
    assert!(
        page.marked(&page.hits[0], passage)
            .contains("<mark>Pelicans</mark> write <mark>letters</mark>.")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_is_an_error(
        text in "\\PC{0,60}|[-\"“”a-e \u{202e}*?~:^(){}\\[\\]]{0,60}|(グルー|ภาพ|صور|116 |word ){0,12}",
        sort in any::<bool>(),
    ) {
        let japanese = serving(page("グルーミング", 2, &["写真を送らないで。"]), "ja", &["ja", "en"]);
        let (index, _writer) = index(&[page("Word a b c", 1, &["Call 116 111, a word."]), japanese]);
        let mut query = asked(&text);
        if sort {
            query.list.sort = sorted_by("title").sort;
        }
        let page = index.search(&query).unwrap();
        prop_assert!(page.count >= page.hits.len() as u64);
        for tag in ["en", "ja", "ar"] {
            index.complete(&text, &locale(tag), 5).unwrap();
        }
    }

    #[test]
    fn any_spread_over_segments_gives_the_same_answers(
        words in proptest::collection::vec("(red|blue|kite|owl|the)( (red|blue|kite|owl)){0,6}", 1..12),
        query in "(red|blue|kite|owl)( (red|kite|owl|-blue|\"red kite\")){0,3}",
    ) {
        let pages: Vec<_> = (1..).zip(&words).map(|(at, text)| page(text, at, &[text])).collect();
        let (spread, _writer) = index(&pages);
        let whole = Index::in_memory().unwrap();
        let mut writer = whole.writer(Pace::Steady).unwrap();
        for (number, page) in (1..).zip(&pages) {
            writer.replace_entry(entry(number), std::slice::from_ref(page)).unwrap();
        }
        writer.commit(1).unwrap();
        let query = asked(&query);
        prop_assert_eq!(found(&spread, &query), found(&whole, &query));
    }
}
