//! How long lists take, and what a commit costs, by the number of forms in the index.
//!
//! `BEACON_FORMS=1000,10000,100000,1000000 cargo bench -p cms-core --bench lists`; without the variable,
//! and with the tests, a thousand forms.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has nothing to measure")]

use std::{
    collections::HashMap,
    ops::Bound,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use cms_core::{
    clock::Timestamp,
    filter::{Condition, Filter, FilterValue, SortKey},
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
    search::{FormText, Index, IndexForm, ListPage, ListQuery, Pace, Position, Writer},
};
use divan::{Bencher, black_box};

const LOCALES: [&str; 8] = ["en", "fr", "es", "ar", "ja", "th", "tr", "de"];
const TOPICS: u64 = 64;
const DAY: i64 = 86_400_000;

fn main() {
    divan::main();
}

/// The sizes to measure at.
fn sizes() -> Vec<usize> {
    let text = std::env::var("BEACON_FORMS").unwrap_or_else(|_| "1000".to_owned());
    text.split(',').map(|size| size.parse().unwrap()).collect()
}

/// An index of so many forms, on disk, with its writer.
struct Stock {
    index: Index,
    writer: Mutex<Writer>,
    _dir: tempfile::TempDir,
}

type Stocks = HashMap<usize, &'static Stock>;

/// The index of this size; it is made once and shared.
fn stock(forms: usize) -> &'static Stock {
    static STOCKS: LazyLock<Mutex<Stocks>> = LazyLock::new(Mutex::default);
    let mut stocks = lock(&STOCKS);
    stocks.entry(forms).or_insert_with(|| Box::leak(Box::new(filled(forms))))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn filled(forms: usize) -> Stock {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer(Pace::Bulk).unwrap();
    let entries = u64::try_from(forms / LOCALES.len()).unwrap();
    for number in 0..entries {
        writer.replace_entry(entry(number), &entry_forms(number)).unwrap();
    }
    writer.commit(entries).unwrap();
    writer.settle().unwrap();
    let writer = Mutex::new(index.writer(Pace::Steady).unwrap());
    Stock { index, writer, _dir: dir }
}

/// A number that looks random and is always the same.
fn mixed(number: u64, salt: u64) -> u64 {
    let mut mixed = number.wrapping_add(salt << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

fn entry(number: u64) -> EntryId {
    let number = u128::from(mixed(number, 1)) << 64 | u128::from(number);
    EntryId::from_bytes(number.to_be_bytes())
}

/// A fifth are pages; every other topic is half as frequent as the one before it, down to a thousandth.
fn entry_forms(number: u64) -> Vec<IndexForm> {
    let type_name = if number.is_multiple_of(5) { "page" } else { "guidance" };
    let keyword = |name: &str, text: String| (field(name), FilterValue::Keyword(text));
    let first = u64::from(mixed(number, 2).trailing_zeros().min(9));
    let values = vec![
        keyword("topics", format!("common-{first}")),
        keyword("topics", format!("topic-{}", mixed(number, 3) % TOPICS)),
        keyword("audiences", format!("audience-{}", mixed(number, 4) % 6)),
        keyword("urgent", mixed(number, 5).is_multiple_of(50).to_string()),
        (field("level"), FilterValue::Integer(i64::try_from(mixed(number, 6) % 1_000).unwrap())),
    ];
    let minute = i64::try_from(mixed(number, 7) % (3 * 365 * 24 * 60)).unwrap();
    LOCALES
        .map(|tag| IndexForm {
            type_name: TypeName::parse(type_name).unwrap(),
            locale: locale(tag),
            serves: vec![locale(tag)],
            slug: format!("guidance-{number}"),
            title: format!(
                "{} advice about {} for {tag}",
                mixed(number, 8) % 100_000,
                number % 977
            ),
            published_at: Timestamp::from_millis(minute * 60_000),
            values: values.clone(),
            searched: true,
            text: FormText::default(),
            shows: Vec::new(),
            gives: Vec::new(),
        })
        .into()
}

fn field(text: &str) -> FieldName {
    FieldName::parse(text).unwrap()
}

fn locale(text: &str) -> Locale {
    Locale::parse(text).unwrap()
}

fn newest() -> ListQuery {
    ListQuery::newest(TypeName::parse("guidance").unwrap(), locale("fr"))
}

fn by_topic(topic: &str) -> ListQuery {
    let condition = Condition::one_of(vec![FilterValue::Keyword(topic.to_owned())]);
    ListQuery { filter: Filter::default().with(field("topics"), condition), ..newest() }
}

fn sorted_by(name: &str, descending: bool) -> ListQuery {
    ListQuery { sort: vec![SortKey { field: field(name), descending }], ..by_topic("topic-7") }
}

fn measure(bencher: Bencher<'_, '_>, forms: usize, query: &ListQuery) {
    let index = &stock(forms).index;
    let answer = || -> ListPage { index.list(query).unwrap() };
    assert!(!answer().hits.is_empty());
    bencher.bench_local(|| black_box(answer()));
}

#[divan::bench(args = sizes())]
fn newest_of_a_type(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &newest());
}

#[divan::bench(args = sizes())]
fn newest_of_a_common_topic(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &by_topic("common-0"));
}

#[divan::bench(args = sizes())]
fn newest_of_a_topic(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &by_topic("topic-7"));
}

#[divan::bench(args = sizes())]
fn newest_of_two_rare_values(bencher: Bencher<'_, '_>, forms: usize) {
    let mut query = by_topic("common-4");
    let urgent = Condition::one_of(vec![FilterValue::Keyword("false".to_owned())]);
    let levels = (Bound::Included(FilterValue::Integer(100)), Bound::Unbounded);
    query.filter = query
        .filter
        .with(field("urgent"), urgent)
        .with(field("level"), Condition { range: Some(levels), ..Condition::any() });
    measure(bencher, forms, &query);
}

#[divan::bench(args = sizes())]
fn newest_of_ten_topics(bencher: Bencher<'_, '_>, forms: usize) {
    let topics = (0..10).map(|number| FilterValue::Keyword(format!("topic-{number}")));
    let filter = Filter::default().with(field("topics"), Condition::one_of(topics.collect()));
    measure(bencher, forms, &ListQuery { filter, ..newest() });
}

#[divan::bench(args = sizes())]
fn a_page_far_down(bencher: Bencher<'_, '_>, forms: usize) {
    let middle = Position {
        ranks: vec![cms_core::search::Rank::Number(500 * DAY)],
        entry: EntryId::from_bytes([0; 16]),
        seen: Vec::new(),
    };
    measure(bencher, forms, &ListQuery { after: Some(middle), ..by_topic("common-0") });
}

#[divan::bench(args = sizes())]
fn oldest_of_a_topic(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &sorted_by("published_at", false));
}

#[divan::bench(args = sizes())]
fn a_topic_by_title(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &sorted_by("title", false));
}

#[divan::bench(args = sizes())]
fn a_topic_by_level(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &sorted_by("level", true));
}

#[divan::bench(args = sizes())]
fn count_of_a_topic(bencher: Bencher<'_, '_>, forms: usize) {
    measure(bencher, forms, &ListQuery { count: true, ..by_topic("topic-7") });
}

#[divan::bench(args = sizes())]
fn facets_of_a_topic(bencher: Bencher<'_, '_>, forms: usize) {
    let facets = vec![field("topics"), field("audiences")];
    measure(bencher, forms, &ListQuery { facets, ..by_topic("topic-7") });
}

#[divan::bench(args = sizes())]
fn facets_of_a_type(bencher: Bencher<'_, '_>, forms: usize) {
    let facets = vec![field("topics"), field("audiences")];
    measure(bencher, forms, &ListQuery { facets, count: true, ..newest() });
}

/// One entry with all its forms, replaced and seen.
#[divan::bench(args = sizes(), max_time = 3)]
fn publish(bencher: Bencher<'_, '_>, forms: usize) {
    let stock = stock(forms);
    let mut number = 0;
    bencher.bench_local(move || {
        let mut writer = lock(&stock.writer);
        number += 1;
        writer.replace_entry(entry(number), &entry_forms(number)).unwrap();
        writer.commit(number).unwrap();
    });
}

/// All forms written into a fresh index.
#[divan::bench(args = sizes(), sample_count = 1)]
fn build(bencher: Bencher<'_, '_>, forms: usize) {
    bencher.counter(divan::counter::ItemsCount::new(forms)).bench_local(|| filled(forms));
}
