//! How fast the log on sled accepts and gives: `cargo bench -p cms-core --bench log [-- FOLDER]`.
//!
//! The figures are those of the disk that the folder lies on: an append by itself waits for one sync.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program that shows figures")]

use std::{
    env,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use cms_core::{
    clock::Timestamp,
    event::{EventBody, Part, Stream},
    id::{AccountId, EntryId, OpId},
    locale::Locale,
    store::{
        Append, Log as _, NewEvent,
        sled::{Options, SledLog, verify},
    },
};
use serde_json::Value;

/// Bytes of text in a revision.
const BODY: usize = 5_000;

fn main() {
    // `cargo bench` says so; a run as a test is a short one, and what it is given is a filter of tests.
    let is_bench = env::args().any(|argument| argument == "--bench");
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let folder = arguments.next().filter(|_| is_bench);
    let scale = if is_bench { 1 } else { 100 };
    let folder = folder.map_or_else(env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let log = Arc::new(SledLog::open(dir.path(), Options::default()).unwrap());
    runtime.block_on(async {
        one_by_one(&log, 2_000 / scale).await;
        for writers in [8, 64, 256] {
            at_once(&log, writers, 25_600 / scale).await;
        }
        reads(&log).await;
    });
    let (events, bytes) = (log.last(), log.size_on_disk());
    println!(
        "{events} events, {bytes} bytes on disk: {} a live byte of text",
        ratio(bytes, events)
    );
    drop(log);
    timed("verify", events, || {
        assert!(verify(dir.path(), &Options::default(), &mut |_| ()).unwrap().is_sound());
    });
    timed("open", 1, || drop(SledLog::open(dir.path(), Options::default()).unwrap()));
}

/// Three events of one command, as an import makes them: an entry, a revision, its publication.
fn append(entry: EntryId) -> Append {
    let part = Part::Locale(Locale::parse("fr").unwrap());
    let text = text(entry);
    let revision = EventBody::RevisionSaved {
        entry,
        part: part.clone(),
        revision: 1,
        fields: [("body".parse().unwrap(), Value::from(text))].into(),
        slug: Some("hameconnage".to_owned()),
        translates: None,
        change_class: None,
        uses: Vec::new(),
        line: None,
        note: None,
        segments: Vec::new(),
    };
    let created = EventBody::EntryCreated {
        entry,
        type_name: "guidance".parse().unwrap(),
        agency: cms_core::id::AgencyId::from_bytes([1; 16]),
        source_locale: Locale::parse("fr").unwrap(),
        key: None,
    };
    let published = EventBody::Published {
        entry,
        part: part.clone(),
        revision: 1,
        saved: cms_core::event::SavedAt::Before(1),
        embeds: std::collections::BTreeMap::new(),
        published_at: None,
        change_class: None,
    };
    let stream = Stream::Entry(entry, part);
    let events = [created, revision, published];
    Append {
        op: OpId::generate(Timestamp::from_millis(1)),
        actor: AccountId::from_bytes([7; 16]),
        at: Timestamp::from_millis(1_790_000_000_000),
        expectations: vec![(stream.clone(), 0)],
        claims: Vec::new(),
        events: events
            .into_iter()
            .map(|body| NewEvent { streams: vec![stream.clone()], body })
            .collect(),
        erase: Vec::new(),
    }
}

/// Words in an order of their own: text that compresses as text does.
fn text(entry: EntryId) -> String {
    let words = "grooming sextortion report helpline image privacy parent teacher child online safe adult \
                 account message stranger photo block tell trust evidence police school friend game";
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut state = u64::from_be_bytes(*entry.as_bytes().last_chunk().unwrap());
    let mut text = String::with_capacity(BODY + 16);
    while text.len() < BODY {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push_str(words.get((state >> 33) as usize % words.len()).unwrap());
        text.push(' ');
    }
    text
}

fn entry() -> EntryId {
    EntryId::generate(Timestamp::from_millis(1))
}

async fn one_by_one(log: &SledLog, count: u32) {
    let mut lasted = Vec::new();
    let begun = Instant::now();
    for _ in 0..count {
        let begun = Instant::now();
        log.append(append(entry())).await.unwrap();
        lasted.push(begun.elapsed());
    }
    lasted.sort_unstable();
    let [middle, high] = [50, 99].map(|percent| lasted.get(lasted.len() * percent / 100).unwrap());
    show("one by one", count, begun.elapsed());
    println!("    p50 {middle:?}, p99 {high:?}");
}

async fn at_once(log: &Arc<SledLog>, writers: u32, count: u32) {
    let begun = Instant::now();
    let writers = (0..writers).map(|_| {
        let log = Arc::clone(log);
        tokio::spawn(async move {
            for _ in 0..count / writers {
                log.append(append(entry())).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let waiting = writers.len();
    for writer in writers {
        writer.await.unwrap();
    }
    show(&format!("{waiting} writers at once"), count, begun.elapsed());
}

async fn reads(log: &SledLog) {
    let begun = Instant::now();
    let mut after = 0;
    while let Some(last) = log.events(after, 1_000).await.unwrap().last() {
        after = last.number;
    }
    println!("events read in order: {:.0}/s", rate(u32::try_from(after).unwrap(), begun.elapsed()));
}

fn timed(what: &str, events: u64, act: impl FnOnce()) {
    let begun = Instant::now();
    act();
    println!("{what}: {:?} for {events}", begun.elapsed());
}

fn show(what: &str, appends: u32, lasted: Duration) {
    println!(
        "appends of three events, {BODY} bytes of text, {what}: {:.0}/s",
        rate(appends, lasted)
    );
}

fn rate(count: u32, lasted: Duration) -> f64 {
    f64::from(count) / lasted.as_secs_f64()
}

/// Bytes on disk for each byte of text; a third of the events carry text.
fn ratio(bytes: u64, events: u64) -> String {
    let live = events / 3 * BODY as u64;
    format!("{}.{:02}", bytes / live, bytes * 100 / live % 100)
}
