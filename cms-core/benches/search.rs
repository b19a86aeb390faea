//! How long searches and suggestions take, alone and under 32 readers; how large the index is; and how
//! quickly forms are taken in, next to the library below given the same words.
//!
//! `BEACON_FORMS=10000,100000 cargo bench -p cms-core --bench search`; without the variable, and with the
//! tests, three hundred forms. The texts are made here: 150 words drawn from 20,000 by Zipf's law.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench that cannot go on has nothing to measure; its figures are rounded, and printed"
)]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use cms_core::{
    clock::Timestamp,
    filter::{Condition, Filter, FilterValue},
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
    search::{FormText, Index, IndexForm, ListQuery, Pace, Passage, SearchQuery, bare, syntax},
};

const READERS: usize = 32;

fn main() {
    let sizes = std::env::var("BEACON_FORMS").unwrap_or_else(|_| "300".to_owned());
    for forms in sizes.split(',').map(|size| size.parse().unwrap()) {
        measure(forms);
    }
}

fn measure(forms: u64) {
    let dir = tempfile::tempdir().unwrap();
    let texts: Vec<IndexForm> = (0..forms).map(form).collect();
    let bytes: usize = texts.iter().map(bytes_of).sum();
    let index = Index::open(dir.path()).unwrap();
    let started = Instant::now();
    let mut writer = index.writer(Pace::Steady).unwrap();
    for (number, form) in (0..).zip(&texts) {
        writer.replace_entry(entry(number), std::slice::from_ref(form)).unwrap();
    }
    writer.commit(forms).unwrap();
    writer.settle().unwrap();
    let taken = started.elapsed();
    let size = size_of(dir.path());
    let bare_dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    bare::index(bare_dir.path(), &texts).unwrap();
    let bare = started.elapsed();
    println!(
        "{forms} forms, {} of text: index {} ({:.2} of the text), {:.0} forms/s; the library alone {:.0} forms/s, \
         so {:.2} of that",
        mebibytes(bytes as u64),
        mebibytes(size),
        size as f64 / bytes as f64,
        forms as f64 / taken.as_secs_f64(),
        forms as f64 / bare.as_secs_f64(),
        bare.as_secs_f64() / taken.as_secs_f64()
    );
    let rounds = if forms < 1_000 { 3 } else { 300 };
    for (name, make) in QUESTIONS {
        let alone = times(&index, rounds, make);
        let crowd = crowded(&index, rounds, make);
        println!(
            "  {name:<22} alone p50 {:>9.2?} p99 {:>9.2?}   {READERS} readers p50 {:>9.2?} p99 {:>9.2?}",
            at(&alone, 50),
            at(&alone, 99),
            at(&crowd, 50),
            at(&crowd, 99)
        );
    }
    let completions: Vec<Duration> = (0..rounds)
        .map(|round| {
            let typed: String =
                word(mixed(round, 9) % 2_000).chars().take(1 + (round % 4) as usize).collect();
            let started = Instant::now();
            index.complete(&typed, &Locale::english(), 8).unwrap();
            started.elapsed()
        })
        .collect();
    let sorted = sorted(completions);
    println!(
        "  {:<22} alone p50 {:>9.2?} p99 {:>9.2?}",
        "a beginning completed",
        at(&sorted, 50),
        at(&sorted, 99)
    );
}

type Make = fn(u64) -> SearchQuery;

const QUESTIONS: [(&str, Make); 6] = [
    ("one word", |round| asked(&word(rare(round)))),
    ("three words", |round| asked(&three(round))),
    ("a phrase", |round| asked(&format!("\"{} {}\"", word(round % 30), word(round % 7)))),
    ("three words, filtered", |round| {
        let mut query = asked(&three(round));
        query.list.filter = Filter::default().with(topics(), Condition::one_of(vec![topic(round)]));
        query
    }),
    ("three words, a facet", |round| {
        let mut query = asked(&three(round));
        query.list.facets = vec![topics()];
        query
    }),
    ("a mistyped word", |round| {
        let mut typed = word(100 + round % 500);
        typed.remove(2);
        asked(&typed)
    }),
];

fn times(index: &Index, rounds: u64, make: Make) -> Vec<Duration> {
    let times = (0..rounds).map(|round| {
        let query = make(round);
        let started = Instant::now();
        index.search(&query).unwrap();
        started.elapsed()
    });
    sorted(times.collect())
}

fn crowded(index: &Index, rounds: u64, make: Make) -> Vec<Duration> {
    let each = rounds.div_ceil(8);
    let times = std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..READERS).map(|_| scope.spawn(move || times(index, each, make))).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    sorted(times)
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

fn asked(text: &str) -> SearchQuery {
    let guidance = TypeName::parse("guidance").unwrap();
    SearchQuery {
        list: ListQuery::newest(guidance, Locale::english()),
        wanted: syntax::parse(text),
        chain: vec![Locale::english()],
        synonyms: None,
    }
}

fn three(round: u64) -> String {
    (0..3).map(|at| word(rare(round * 3 + at))).collect::<Vec<_>>().join(" ")
}

/// The number of a word, common ones more often than rare ones.
fn rare(round: u64) -> u64 {
    let spread = mixed(round, 3) % 10_000;
    spread * spread / 5_000
}

fn topics() -> FieldName {
    FieldName::parse("topics").unwrap()
}

fn topic(number: u64) -> FilterValue {
    FilterValue::Keyword(format!("topic-{}", number % 64))
}

/// A form with a title, a summary and some paragraphs.
fn form(number: u64) -> IndexForm {
    let text = |from: u64, words: u64| -> String {
        let words = (0..words).map(|at| word(zipf(mixed(number, from + at))));
        words.collect::<Vec<_>>().join(" ")
    };
    let passage = |weight, text| Passage { weight, text };
    let passages =
        vec![passage(5, text(100, 20)), passage(1, text(200, 60)), passage(1, text(300, 70))];
    IndexForm {
        type_name: TypeName::parse("guidance").unwrap(),
        locale: Locale::english(),
        serves: vec![Locale::english()],
        slug: format!("guidance-{number}"),
        title: text(50, 6),
        published_at: Timestamp::from_millis(i64::try_from(number).unwrap() * 60_000),
        values: vec![(topics(), topic(mixed(number, 1)))],
        searched: true,
        text: FormText { headings: vec![text(80, 4)], passages, ..FormText::default() },
        shows: Vec::new(),
        gives: Vec::new(),
    }
}

fn bytes_of(form: &IndexForm) -> usize {
    form.title.len() + form.text.passages.iter().map(|passage| passage.text.len()).sum::<usize>()
}

/// A word of the invented language: three syllables at most, always the same for a number.
fn word(number: u64) -> String {
    const SYLLABLES: [&str; 28] = [
        "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su",
        "ta", "ve", "wi", "xo", "yu", "za", "bre", "cli", "dro", "flu", "gra", "ple", "str",
    ];
    let mut rest = mixed(number, 77) % 20_000 + 784;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[usize::try_from(rest % 28).unwrap()]);
        rest /= 28;
    }
    word
}

/// A number from 0 to 20,000 of which small ones are common.
fn zipf(random: u64) -> u64 {
    let unit = (random % 1_000_000) as f64 / 1_000_000.0;
    (20_000_f64.powf(unit)) as u64
}

fn mixed(number: u64, salt: u64) -> u64 {
    let mut mixed = number.wrapping_add(salt << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

fn entry(number: u64) -> EntryId {
    EntryId::from_bytes((u128::from(mixed(number, 1)) << 64 | u128::from(number)).to_be_bytes())
}

fn size_of(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap());
    files.map(|file| file.metadata().unwrap().len()).sum()
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
