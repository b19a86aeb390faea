//! Questions and beginnings, asked of small indexes.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::search::{
    Embedded, Passage, Piece, PieceText, SearchPage, SearchQuery, Synonyms, syntax,
};

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
fn what_is_no_page_for_readers_is_listed_and_neither_found_nor_suggested() {
    let hidden = IndexForm { searched: false, ..page("Zebrafinch address", 1, &["Quokkas."]) };
    let (index, _writer) = index(&[hidden, page("Other", 2, &["Nothing."])]);
    assert_eq!(ids(&index, &guidance("en")), [2, 1]);
    for typed in ["zebrafinch", "quokkas", "\"zebrafinch address\"", "zebrafnich"] {
        let page = index.search(&asked(typed)).unwrap();
        assert!(page.count == 0 && page.meant.is_empty(), "{typed}");
        let completed = index.complete(typed, &locale("en"), 5).unwrap();
        assert!(completed.titles.is_empty() && completed.phrases.is_empty(), "{typed}");
        assert_eq!(completed.meant, None, "{typed}");
    }
}

#[test]
fn words_that_mean_little_weigh_in_and_let_nothing_answer() {
    let (index, _writer) = index(&[
        page("One", 3, &["What is it, and how is it there?"]),
        page("Two", 2, &["Blackmail harms children badly."]),
        page("Three", 1, &["What is blackmail about?"]),
    ]);
    let page = index.search(&asked("what is blackmail")).unwrap();
    assert_eq!((entries(&page), page.count), (vec![3, 2], 2));
    let little = index.search(&asked("what is it")).unwrap();
    assert_eq!(little.count, 2, "where nothing else is asked for, they are all there is");
    let french = SearchQuery {
        list: guidance("en"),
        chain: vec![locale("fr"), locale("en")],
        ..asked("le chantage the")
    };
    assert_eq!(index.search(&french).unwrap().count, 0);
}

#[test]
fn a_short_code_is_found_as_it_is_typed() {
    let numbers = vec!["+33800200000".to_owned(), "17".to_owned(), "3018".to_owned()];
    let text = FormText { numbers, ..FormText::default() };
    let line = IndexForm { text, ..page("A line", 1, &[]) };
    let (index, _writer) = index(&[line, page("Aged 17", 2, &["In year 3018 of school."])]);
    for typed in ["17", "3018", "+33 800 200 000", "0800 20 00 00", "0800200000", "30 18"] {
        assert!(found(&index, &asked(typed)).contains(&1), "{typed}");
    }
    assert_eq!(found(&index, &asked("aged 17")), [2], "an age is no code");
}

#[test]
fn a_phrase_does_not_reach_from_one_paragraph_into_the_next() {
    let (index, _writer) = index(&[page("One", 1, &["It ends red.", "Kites begin."])]);
    assert_eq!(found(&index, &asked("\"red kites\"")), [0_u8; 0]);
    assert_eq!(found(&index, &asked("\"ends red\"")), [1]);
    assert_eq!(found(&index, &asked("kites -\"ends red\"")), [0_u8; 0]);
    assert_eq!(found(&index, &asked("kites -\"red ends\" -one-red")), [1]);
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

/// An entry that gives a number and a name to show, as a route does.
fn giving(name: &str, number: &str) -> IndexForm {
    let inline = PieceText { text: name.to_owned(), numbers: Vec::new() };
    let block = PieceText { text: format!("{name}: {number}"), numbers: vec![number.to_owned()] };
    let card = Piece { name: String::new(), inline, block: block.clone(), shows: Vec::new() };
    let own = Piece { name: "phone".to_owned(), inline: block.clone(), block, shows: Vec::new() };
    IndexForm { gives: vec![card, own], ..page(name, 1, &[]) }
}

fn shown(of: u8, piece: &str, block: bool) -> Embedded {
    Embedded { entry: entry(of), piece: piece.to_owned(), block }
}

fn showing(title: &str, what: Embedded) -> IndexForm {
    IndexForm { shows: vec![what], ..page(title, 2, &["Call \u{e000} or write."]) }
}

#[test]
fn a_page_is_found_by_what_shows_in_it_from_the_commit_on_that_changes_it() {
    let (index, mut writer) = index(&[
        giving("Albatross line", "+44 800 1111"),
        showing("Whole", shown(1, "", true)),
        showing("Name alone", shown(1, "", false)),
        showing("Number", shown(1, "phone", false)),
    ]);
    let all = |typed: &str| {
        let page = index.search(&asked(typed)).unwrap();
        let mut all = entries(&page);
        all.sort_unstable();
        assert_eq!(page.count, all.len() as u64);
        all
    };
    assert_eq!(all("albatross"), [1, 2, 3, 4]);
    assert_eq!(all("0800 1111"), [2, 4], "a line of text with the name alone has no number");
    assert_eq!(all("call -albatross"), [0_u8; 0]);
    let page = index.search(&asked("08001111")).unwrap();
    let passage = page.hits[0].passage.as_deref();
    assert_eq!(passage, Some("Call \u{e000} or write."), "what shows there is not kept");
    assert_eq!(page.hits[0].shows.len(), 1);
    // One entry changes; those that show it are not touched.
    writer.replace_entry(entry(1), &[giving("Pelican line", "+44 800 2222")]).unwrap();
    writer.commit(9).unwrap();
    assert_eq!((all("albatross"), all("08001111")), (vec![], vec![]));
    assert_eq!((all("pelican"), all("08002222")), (vec![1, 2, 3, 4], vec![2, 4]));
    writer.replace_entry(entry(1), &[]).unwrap();
    writer.commit(10).unwrap();
    assert_eq!((all("pelican"), all("08002222")), (vec![], vec![]));
    assert_eq!(all("call"), [2, 3, 4]);
}

#[test]
fn what_shows_within_what_shows_is_found_too() {
    let inner = giving("Albatross line", "116 111");
    let middle = Piece {
        name: "advice".to_owned(),
        shows: vec![shown(1, "phone", false)],
        ..Piece::default()
    };
    let middle = IndexForm { gives: vec![middle], ..page("Advice", 1, &[]) };
    let (index, _writer) = index(&[
        inner,
        middle,
        showing("With advice", shown(2, "advice", true)),
        showing("Without", shown(2, "", true)),
    ]);
    assert_eq!(found(&index, &asked("116111")), [3]);
    assert_eq!(found(&index, &asked("albatross")), [1, 3]);
}

#[test]
fn a_piece_that_stands_in_for_another_language_is_found_there() {
    let english = IndexForm {
        serves: vec![locale("en"), locale("fr")],
        ..giving("Albatross line", "116 111")
    };
    let french = serving(showing("Page", shown(1, "", true)), "fr", &["fr"]);
    let (index, _writer) = index(&[english, french]);
    let query =
        SearchQuery { list: guidance("fr"), chain: vec![locale("fr")], ..asked("albatross") };
    let page = index.search(&query).unwrap();
    assert_eq!(entries(&page), [2, 1]);
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
    fn whatever_is_published_meanwhile_each_hit_comes_exactly_once(
        stay in proptest::collection::vec("(red|kite|owl)( (red|kite|blue|owl|the)){0,6}", 1..12),
        others in proptest::collection::vec((20..40_u8, "((red|kite|sea) ){0,20}", 1..4_usize), 1..24),
        limit in 1..4_usize,
    ) {
        let pages: Vec<_> = (1..).zip(&stay).map(|(at, text)| page(text, at, &[text])).collect();
        let (index, mut writer) = index(&pages);
        let mut query = asked("red kite");
        query.list.limit = limit;
        let (mut shown, mut others) = (Vec::new(), others.into_iter());
        loop {
            let found = index.search(&query).unwrap();
            shown.extend(entries(&found));
            let Some(next) = found.next else { break };
            let cursor = next.to_cursor(&query);
            query.list.after = Some(super::super::Position::from_cursor(&cursor, &query).unwrap());
            // Others come, go and change: what is rare, how long texts are and what is newest with them.
            for (number, text, times) in others.by_ref().take(2) {
                let forms = [page(&text.repeat(times), i64::from(number) * 1_000_000_000, &[&text])];
                let forms = if text.is_empty() { &[][..] } else { &forms };
                writer.replace_entry(entry(number), forms).unwrap();
                writer.commit(u64::from(number)).unwrap();
            }
        }
        let mut different = shown.clone();
        different.sort_unstable();
        different.dedup();
        prop_assert_eq!(different.len(), shown.len(), "{:?}", shown);
        let answers = |text: &String| text.contains("red") || text.contains("kite");
        for (number, _) in (1..).zip(&stay).filter(|(_, text)| answers(text)) {
            prop_assert!(shown.contains(&number), "{} in {:?}", number, shown);
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
