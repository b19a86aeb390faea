//! How long a store takes to open, next to sled's own opening of its two databases side by side:
//! `cargo bench -p cms-core --bench open -- FOLDER`, with a folder that nobody has open.
//!
//! Without a folder, and with the tests, a store of next to nothing.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program that shows figures")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use cms_core::Cms;

/// The segment size of the log's database: sled refuses another than it was made with.
const LOG_SEGMENT: usize = 1024 * 1024;
/// What Beacon gives each database to keep pages in.
const CACHE: u64 = 8 << 20;

fn main() {
    // `cargo bench` says so; what a run as a test is given is a filter of tests.
    let is_bench = env::args().any(|argument| argument == "--bench");
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let folder = arguments.next().filter(|_| is_bench);
    let made = tempfile::tempdir().unwrap();
    let folder = folder.map_or_else(|| made.path().to_owned(), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let open = || {
        let begun = Instant::now();
        let cms = runtime.block_on(Cms::open(&folder)).unwrap();
        let lasted = begun.elapsed();
        drop(cms);
        lasted
    };
    open();
    let rounds = if is_bench { 5 } else { 1 };
    for _ in 0..rounds {
        let (ours, sleds) = (open(), sled_opens(&folder));
        println!(
            "Beacon opens in {ours:.3?}, sled its two databases in {sleds:.3?}: {:.2} times as long",
            ours.as_secs_f64() / sleds.as_secs_f64()
        );
    }
}

/// Opens the log's and the view's database at the same time, with nothing done to them.
fn sled_opens(folder: &Path) -> Duration {
    let log = newest(&folder.join("log"), "events-");
    let view = newest(&folder.join("derived"), "").join("view");
    let config = || sled::Config::new().cache_capacity(CACHE).flush_every_ms(None);
    let log = config().path(log).segment_size(LOG_SEGMENT);
    let view = config().path(view);
    let begun = Instant::now();
    let opened = thread::scope(|scope| {
        let log = scope.spawn(|| log.open().unwrap());
        (view.open().unwrap(), log.join().unwrap())
    });
    let lasted = begun.elapsed();
    drop(opened);
    // sled's threads hold its locks a moment longer.
    thread::sleep(Duration::from_millis(500));
    lasted
}

/// The folder with the highest number after this prefix.
fn newest(folder: &Path, prefix: &str) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|item| item.unwrap().file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    let numbers = names.filter_map(|name| name.strip_prefix(prefix)?.parse::<u64>().ok());
    folder.join(format!("{prefix}{}", numbers.max().unwrap()))
}
