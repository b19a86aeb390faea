//! What each operator, sort, facet and locale gives.

use std::ops::Bound;

use super::*;
use crate::search::{Hit, IndexError, Position, Rank};

fn range(lower: Bound<FilterValue>, upper: Bound<FilterValue>) -> Condition {
    Condition { range: Some((lower, upper)), ..Condition::any() }
}

fn exists(exists: bool) -> Condition {
    Condition { exists: Some(exists), ..Condition::any() }
}

fn three() -> (Index, Writer) {
    let values = |topic: &str, level: i64, share: f64, at: i64| {
        vec![
            ("topics", keyword(topic)),
            ("topics", keyword("all")),
            ("level", FilterValue::Integer(level)),
            ("share", FilterValue::Number(share)),
            ("held_at", time(at)),
        ]
    };
    let forms = [
        form("Alpha", 10, &values("grooming", -3, 0.25, 100)),
        form("Beta", 20, &values("scams", 0, -1.5, 200)),
        form("Gamma", 30, &values("grooming", 7, 12.0, 300)),
        form("Delta", 40, &[]),
    ];
    index(&forms)
}

#[test]
fn values_of_one_field_are_alternatives_and_fields_are_joined() {
    let (index, _writer) = three();
    let grooming = filtered("topics", Condition::one_of(vec![keyword("grooming")]));
    assert_eq!(ids(&index, &grooming), [3, 1]);
    let either = filtered(
        "topics",
        Condition::one_of(vec![keyword("grooming"), keyword("scams"), keyword("none")]),
    );
    assert_eq!(ids(&index, &either), [3, 2, 1]);
    let both =
        grooming.filter.with(field("level"), Condition::one_of(vec![FilterValue::Integer(7)]));
    assert_eq!(ids(&index, &ListQuery { filter: both, ..guidance("en") }), [3]);
    assert_eq!(
        ids(&index, &filtered("topics", Condition::one_of(vec![keyword("groomin")]))),
        [0; 0]
    );
    assert_eq!(
        ids(&index, &filtered("topic", Condition::one_of(vec![keyword("s\0grooming")]))),
        [0; 0]
    );
}

#[test]
fn ranges_hold_numbers_and_instants_with_or_without_their_bounds() {
    use Bound::{Excluded, Included, Unbounded};
    let (index, _writer) = three();
    let level = FilterValue::Integer;
    let share = FilterValue::Number;
    let cases = [
        ("level", range(Included(level(-3)), Excluded(level(7))), vec![2, 1]),
        ("level", range(Excluded(level(-3)), Included(level(7))), vec![3, 2]),
        ("level", range(Included(level(1)), Unbounded), vec![3]),
        ("level", range(Unbounded, Excluded(level(-3))), vec![]),
        ("level", range(Unbounded, Unbounded), vec![3, 2, 1]),
        ("level", range(Included(level(5)), Included(level(-5))), vec![]),
        ("share", range(Included(share(-1.5)), Included(share(0.25))), vec![2, 1]),
        ("share", range(Excluded(share(0.25)), Unbounded), vec![3]),
        ("held_at", range(Included(time(200)), Unbounded), vec![3, 2]),
        ("published_at", range(Included(time(20)), Excluded(time(40))), vec![3, 2]),
        ("published_at", range(Excluded(time(20)), Included(time(40))), vec![4, 3]),
        ("published_at", range(Included(time(41)), Included(time(1))), vec![]),
        ("published_at", Condition::one_of(vec![time(10), time(40), time(50)]), vec![4, 1]),
        ("slug", Condition::one_of(vec![keyword("beta"), keyword("delta")]), vec![4, 2]),
    ];
    for (name, condition, expected) in cases {
        let query = ListQuery { count: true, ..filtered(name, condition) };
        assert_eq!(ids(&index, &query), expected, "{query:?}");
        assert_eq!(index.list(&query).unwrap().count, Some(expected.len() as u64), "{query:?}");
    }
}

#[test]
fn a_range_of_another_kind_holds_nothing() {
    let (index, _writer) = three();
    let mixed =
        range(Bound::Included(FilterValue::Integer(-9)), Bound::Included(FilterValue::Number(9.0)));
    assert_eq!(ids(&index, &filtered("level", mixed)), [0; 0]);
    let words = range(Bound::Included(keyword("a")), Bound::Unbounded);
    assert_eq!(ids(&index, &filtered("topics", words)), [0; 0]);
}

#[test]
fn existence_can_be_asked_for_both_ways() {
    let (index, _writer) = three();
    assert_eq!(ids(&index, &filtered("level", exists(true))), [3, 2, 1]);
    assert_eq!(ids(&index, &filtered("level", exists(false))), [4]);
    assert_eq!(ids(&index, &filtered("published_at", exists(true))), [4, 3, 2, 1]);
    assert_eq!(ids(&index, &filtered("published_at", exists(false))), [0; 0]);
}

#[test]
fn forms_without_a_value_come_last_either_way() {
    let (index, _writer) = three();
    assert_eq!(all_ids(&index, &ListQuery { limit: 1, ..sorted_by("level") }), [1, 2, 3, 4]);
    assert_eq!(all_ids(&index, &ListQuery { limit: 1, ..sorted_by("-level") }), [3, 2, 1, 4]);
    assert_eq!(all_ids(&index, &ListQuery { limit: 2, ..sorted_by("share") }), [2, 1, 3, 4]);
    assert_eq!(
        all_ids(&index, &ListQuery { limit: 2, ..sorted_by("topics,-published_at") }),
        [3, 2, 1, 4]
    );
    assert_eq!(
        all_ids(&index, &ListQuery { limit: 3, ..sorted_by("-topics,published_at") }),
        [2, 1, 3, 4]
    );
    assert_eq!(all_ids(&index, &ListQuery { limit: 3, ..sorted_by("nowhere") }), [1, 2, 3, 4]);
}

#[test]
fn ties_are_broken_by_id_and_the_next_key() {
    let forms = ["C", "B", "A", "B", "A"].map(|title| form(title, 5, &[]));
    let (index, _writer) = index(&forms);
    for limit in 1..=6 {
        let query = |text: &str| ListQuery { limit, ..sorted_by(text) };
        assert_eq!(all_ids(&index, &query("-published_at")), [1, 2, 3, 4, 5], "{limit}");
        assert_eq!(all_ids(&index, &query("published_at")), [1, 2, 3, 4, 5], "{limit}");
        assert_eq!(all_ids(&index, &query("-published_at,title")), [3, 5, 2, 4, 1], "{limit}");
        assert_eq!(all_ids(&index, &query("published_at,-title")), [1, 2, 4, 3, 5], "{limit}");
        assert_eq!(all_ids(&index, &query("title")), [3, 5, 2, 4, 1], "{limit}");
    }
}

#[test]
fn titles_are_sorted_as_the_lists_readers_expect() {
    let swedish = |title: &str| serving(form(title, 5, &[]), "sv", &["sv", "de"]);
    let (index, _writer) = index(&["zon", "ön", "on", "Ö"].map(swedish));
    let query = |tag: &str| ListQuery { locale: locale(tag), limit: 2, ..sorted_by("title") };
    assert_eq!(all_ids(&index, &query("sv")), [3, 1, 4, 2]);
    assert_eq!(all_ids(&index, &query("de")), [4, 3, 2, 1]);
}

#[test]
fn each_locale_gets_the_form_that_serves_it() {
    let english = serving(form("English", 5, &[]), "en", &["en", "ar"]);
    let french = serving(form("French", 9, &[]), "fr", &["fr", "fr-CA"]);
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    writer.replace_entry(entry(1), &[english, french]).unwrap();
    writer.commit(1).unwrap();
    for (asked, served) in [("en", "en"), ("ar", "en"), ("fr", "fr"), ("fr-CA", "fr")] {
        let expected = [Hit { entry: entry(1), locale: locale(served) }];
        assert_eq!(index.list(&guidance(asked)).unwrap().hits, expected, "{asked}");
        let exact = ListQuery { exact: true, ..guidance(asked) };
        assert_eq!(index.list(&exact).unwrap().hits.len(), usize::from(asked == served), "{asked}");
    }
    assert_eq!(index.list(&guidance("th")).unwrap().hits, []);
}

#[test]
fn several_types_are_one_list() {
    let page = IndexForm { type_name: type_name("page"), ..form("Page", 6, &[]) };
    let (index, _writer) = index(&[form("Guidance", 5, &[]), page]);
    let types = vec![type_name("guidance"), type_name("page"), type_name("route")];
    assert_eq!(ids(&index, &ListQuery { types, ..guidance("en") }), [2, 1]);
    assert_eq!(ids(&index, &guidance("en")), [1]);
    assert_eq!(ids(&index, &ListQuery { types: Vec::new(), ..guidance("en") }), [0; 0]);
}

#[test]
fn a_facet_is_counted_as_if_its_own_filter_were_not_there() {
    let (index, _writer) = three();
    let filter = Filter::default()
        .with(field("topics"), Condition::one_of(vec![keyword("scams")]))
        .with(field("level"), range(Bound::Included(FilterValue::Integer(0)), Bound::Unbounded));
    let facets =
        vec![field("topics"), field("level"), field("share"), field("held_at"), field("nothing")];
    let page = index.list(&ListQuery { filter, facets, count: true, ..guidance("en") }).unwrap();
    let counts = |name: &str| -> Vec<(&str, u64)> {
        page.facets[&field(name)].iter().map(|(value, count)| (value.as_str(), *count)).collect()
    };
    assert_eq!(page.count, Some(1));
    assert_eq!(counts("topics"), [("all", 2), ("grooming", 1), ("scams", 1)]);
    assert_eq!(counts("level"), [("0", 1)]);
    assert_eq!(counts("share"), [("-1.5", 1)]);
    assert_eq!(counts("held_at"), [("1970-01-01T00:00:00.200Z", 1)]);
    assert_eq!(counts("nothing"), []);
}

#[test]
fn a_facet_gives_its_hundred_most_frequent_values() {
    let topics: Vec<_> =
        (0..150).map(|number| ("topics", keyword(&format!("t{number:03}")))).collect();
    let (index, _writer) = index(&[form("All", 1, &topics), form("Last", 2, &topics[149..])]);
    let page = index.list(&ListQuery { facets: vec![field("topics")], ..guidance("en") }).unwrap();
    let counts = &page.facets[&field("topics")];
    assert_eq!(counts.len(), 100);
    assert_eq!(
        (counts[0].clone(), counts[1].clone()),
        (("t149".to_owned(), 2), ("t000".to_owned(), 1))
    );
}

#[test]
fn a_value_given_twice_counts_once() {
    let twice = [("topics", keyword("a")), ("topics", keyword("a"))];
    let (index, _writer) = index(&[form("Twice", 1, &twice)]);
    let page = index.list(&ListQuery { facets: vec![field("topics")], ..guidance("en") }).unwrap();
    assert_eq!(page.facets[&field("topics")], [("a".to_owned(), 1)]);
}

#[test]
fn what_comes_and_goes_between_pages_neither_repeats_nor_hides_another() {
    let forms: Vec<_> =
        (1..=9).map(|number| form(&format!("Title {number}"), i64::from(number), &[])).collect();
    for sort in ["-published_at", "published_at", "title", "-title", "nowhere"] {
        let (index, mut writer) = index(&forms);
        let query = ListQuery { limit: 3, ..sorted_by(sort) };
        let first = index.list(&query).unwrap();
        // One more on the first page, one fewer on it, the last hit itself gone, and all others written anew.
        writer.replace_entry(entry(100), &[form("Title 0", 100, &[])]).unwrap();
        writer.replace_entry(entry(101), &[form("Title 99", -100, &[])]).unwrap();
        let seen: Vec<u8> = first.hits.iter().map(|hit| hit.entry.as_bytes()[0]).collect();
        writer.replace_entry(entry(seen[0]), &[]).unwrap();
        writer.replace_entry(entry(seen[2]), &[]).unwrap();
        for (number, form) in (1..).zip(&forms).filter(|(number, _)| !seen.contains(number)) {
            writer.replace_entry(entry(number), std::slice::from_ref(form)).unwrap();
        }
        writer.commit(20).unwrap();
        let rest = all_ids(&index, &ListQuery { after: first.next, ..query });
        let mut all: Vec<u8> = seen.iter().chain(&rest).copied().filter(|id| *id < 100).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4, 5, 6, 7, 8, 9], "{sort}");
    }
}

#[test]
fn pages_read_while_entries_are_written_anew_hold_each_of_them_once() {
    let forms: Vec<_> =
        (1..=40).map(|number| form(&format!("T{number}"), number / 4, &[])).collect();
    let (index, mut writer) = index(&forms);
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..10_u8 {
                for (number, form) in (1..).zip(&forms) {
                    writer.replace_entry(entry(number), std::slice::from_ref(form)).unwrap();
                }
                let other = form("Other", i64::from(round), &[]);
                writer.replace_entry(entry(100 + round), &[other]).unwrap();
                writer.commit(100).unwrap();
            }
            is_done.store(true, std::sync::atomic::Ordering::Release);
        });
        let mut rounds = 0;
        while rounds < 4 || !is_done.load(std::sync::atomic::Ordering::Acquire) {
            for sort in ["-published_at", "published_at", "title", "-published_at,-title"] {
                let query = ListQuery { limit: 7, ..sorted_by(sort) };
                let mut ids: Vec<_> =
                    all_ids(&index, &query).into_iter().filter(|id| *id <= 40).collect();
                ids.sort_unstable();
                assert!(ids.iter().copied().eq(1..=40), "{sort} {ids:?}");
            }
            rounds += 1;
        }
    });
}

#[test]
fn a_position_of_another_order_is_refused() {
    let (index, _writer) = three();
    let after = Some(Position {
        ranks: vec![Rank::Missing, Rank::Missing],
        entry: entry(1),
        seen: Vec::new(),
    });
    let answer = index.list(&ListQuery { after, ..guidance("en") });
    assert_eq!(answer, Err(IndexError::WrongPosition { found: 2, expected: 1 }));
}

#[test]
fn a_position_with_ranks_of_another_kind_is_answered() {
    let (index, _writer) = three();
    for rank in
        [Rank::Text(vec![0, 255]), Rank::Missing, Rank::Number(i64::MIN), Rank::Number(i64::MAX)]
    {
        for sort in ["published_at", "-published_at", "title", "-title", "level", "-topics"] {
            let after =
                Some(Position { ranks: vec![rank.clone()], entry: entry(2), seen: Vec::new() });
            assert!(ids(&index, &ListQuery { after, ..sorted_by(sort) }).len() <= 4);
        }
    }
}
