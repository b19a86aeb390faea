//! What happens to the log when processes, files and disks fail. `CMS_FAULTS=long` runs ten times as many
//! rounds.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use cms_core::{
    event::Event,
    store::{
        Append, AppendError, CellValue, Log as _, LogError,
        sled::{OpenError, Options, SledLog, verify},
    },
};

use crate::{
    store_child::{Acknowledged, check, command, long, random, skipped},
    store_samples::{append, claiming, noise_of, saved, take},
};

fn rounds(short: u32) -> u32 {
    if long() { 10 * short } else { short }
}

/// Starts a writing child, kills it at a random moment after its first acknowledgement, and gives what it
/// acknowledged.
fn write_and_be_killed(dir: &Path) -> Acknowledged {
    let mut child = command(&[], dir, "forever").spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (first, begun) = mpsc::channel();
    let listener = thread::spawn(move || {
        let mut acknowledged = Acknowledged::default();
        for line in out.lines().map_while(Result::ok) {
            acknowledged.hear(&line);
            let _waiting = first.send(acknowledged.count());
        }
        acknowledged
    });
    while begun.recv_timeout(Duration::from_mins(2)).unwrap() == 0 {}
    // The moment is the point of the test.
    thread::sleep(Duration::from_micros(random(150_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    listener.join().unwrap()
}

#[test]
fn a_killed_process_loses_no_acknowledged_write() {
    let dir = tempfile::tempdir().unwrap();
    let mut total = 0;
    for round in 0..rounds(20) {
        // A folder that lives through ten kills, then a fresh one.
        let data = dir.path().join((round / 10).to_string());
        let acknowledged = write_and_be_killed(&data);
        total += acknowledged.count();
        check(&data, &acknowledged);
    }
    assert!(total > 100, "{total} writes were too few to mean anything");
}

/// A log with a little of everything, closed, and what its readers see.
fn filled(dir: &Path) -> Vec<Event> {
    let log = SledLog::open(dir, Options::default()).unwrap();
    block_on(async {
        log.append(claiming(vec![take("a", 1), take("b", 2)])).await.unwrap();
        for seed in 0..60 {
            let text = noise_of(seed + 1_000, if seed % 10 == 0 { 60_000 } else { 3_000 });
            let events = vec![saved(1, &noise_of(seed, 700)), saved(2, &text)];
            log.append(append(events)).await.unwrap();
        }
        log.append(Append { erase: vec![4], ..append(vec![saved(1, "gone")]) }).await.unwrap();
        log.events(0, usize::MAX).await.unwrap()
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

/// What became of a damaged copy.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// It did not open, with an error that names something in the folder.
    Refused,
    /// Some events could not be read, and `verify` names damage.
    Named,
    /// All that a reader sees is as it was: the damage lies where nothing is.
    Harmless,
}

/// Opens a damaged copy and reads all of it. Content that differs from the original is never served.
fn outcome(dir: &Path, original: &[Event]) -> Outcome {
    let log = match SledLog::open(dir, Options::default()) {
        Ok(log) => log,
        Err(error) => {
            assert!(error.to_string().contains(dir.to_str().unwrap()), "{error}");
            return Outcome::Refused;
        }
    };
    let mut unread = 0;
    block_on(async {
        assert_eq!(log.last(), original.len() as u64);
        for event in original {
            match log.events(event.number - 1, 1).await {
                Ok(read) => assert!(read == [event.clone()], "event {}", event.number),
                Err(LogError::Damaged { .. } | LogError::Unavailable(_)) => unread += 1,
                Err(error @ LogError::TooLarge { .. }) => panic!("{error}"),
            }
        }
    });
    drop(log);
    match verify(dir, &Options::default(), &mut |_| ()) {
        Err(error) => {
            assert!(error.to_string().contains(dir.to_str().unwrap()), "{error}");
            Outcome::Refused
        }
        Ok(found) if found.is_sound() => {
            assert_eq!(unread, 0, "what cannot be read is named");
            Outcome::Harmless
        }
        Ok(_) => Outcome::Named,
    }
}

/// Runs on a thread of its own, so that an opening that hangs fails the test.
fn within_a_minute<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    let acting = thread::spawn(move || {
        let _waiting = send.send(act());
    });
    match receive.recv_timeout(Duration::from_mins(1)) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            acting.join().unwrap();
            panic!("it ended without an outcome");
        }
    }
}

/// The files under a folder, with their paths inside it and their lengths.
fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let data = entry.metadata().unwrap();
            if data.is_dir() {
                folders.push(entry.path());
            } else {
                found.push((entry.path().strip_prefix(dir).unwrap().to_owned(), data.len()));
            }
        }
    }
    found.retain(|(path, length)| *length > 0 && !path.ends_with("lock"));
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for (path, _) in files(from) {
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        fs::copy(from.join(&path), to.join(&path)).unwrap();
    }
    fs::create_dir_all(to.join("events-1/blobs")).unwrap();
}

/// What is done to a file.
type Change = Box<dyn FnOnce(&mut Vec<u8>)>;

/// Damages copies of a log, each in one way, and counts what became of them.
fn damage(
    each: impl Iterator<Item = (PathBuf, Change)>,
    data: &Path,
    original: &[Event],
) -> [u32; 3] {
    let mut counts = [0; 3];
    for (round, (path, change)) in each.enumerate() {
        let broken = data.with_file_name(format!("broken{round}"));
        copy(data, &broken);
        let mut bytes = fs::read(data.join(&path)).unwrap();
        change(&mut bytes);
        fs::write(broken.join(&path), bytes).unwrap();
        let (dir, original) = (broken.clone(), original.to_vec());
        let outcome = within_a_minute(move || outcome(&dir, &original));
        counts[outcome as usize] += 1;
        fs::remove_dir_all(broken).unwrap();
    }
    counts
}

#[test]
fn a_flipped_bit_is_found_and_never_served() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let original = filled(&data);
    let files = files(&data);
    let flips = (0..rounds(60) as usize).map(|round| {
        // Every file in turn, and every second time the one that holds the events.
        let big = files.iter().position(|(path, _)| path == Path::new("events-1/db")).unwrap();
        let (path, length) = &files[if round % 2 == 0 { big } else { round / 2 % files.len() }];
        let (at, bit) = (usize::try_from(random(*length)).unwrap(), random(8));
        let flip: Change = Box::new(move |bytes| bytes[at] ^= 1 << bit);
        (path.clone(), flip)
    });
    let [refused, named, harmless] = damage(flips, &data, &original);
    assert!(
        refused + named > harmless / 4,
        "{refused} refused, {named} named, {harmless} harmless"
    );
}

#[test]
fn a_file_that_was_cut_short_is_found_and_never_served() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let original = filled(&data);
    let cuts = files(&data).into_iter().flat_map(|(path, length)| {
        let lengths = [0, length / 2, length * 9 / 10, length.saturating_sub(4_096), length - 1];
        lengths.map(|length| {
            let length = usize::try_from(length).unwrap();
            let cut: Change = Box::new(move |bytes| bytes.truncate(length));
            (path.clone(), cut)
        })
    });
    let [refused, named, harmless] = damage(cuts, &data, &original);
    assert!(refused + named > harmless, "{refused} refused, {named} named, {harmless} harmless");
}

/// A small disk of its own, in memory.
pub(crate) struct Disk(pub(crate) PathBuf);

impl Disk {
    /// `None` where this process may not mount one.
    pub(crate) fn mount(at: &Path, megabytes: u32) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={megabytes}m");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        mount.is_ok_and(|mount| mount.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Appends until one is not accepted; gives the last accepted number and the refused append.
async fn fill(log: &SledLog) -> (u64, Append, AppendError) {
    for seed in 0..10_000 {
        let given =
            append(vec![saved(1, &noise_of(seed, 20_000)), saved(2, &noise_of(seed, 2_000))]);
        if let Err(error) = log.append(given.clone()).await {
            return (log.last(), given, error);
        }
    }
    panic!("the disk was never full");
}

/// Appends as soon as that is possible again.
async fn append_again(log: &SledLog) -> u64 {
    let begun = Instant::now();
    loop {
        match log.append(append(vec![saved(3, "again")])).await {
            Ok(appended) => return appended.first,
            Err(AppendError::Unavailable(_)) if begun.elapsed() < Duration::from_secs(30) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn full_disk(reserve: u64) {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&dir.path().join("disk"), 48) else {
        skipped("a full disk", "this process may not mount a file system");
        return;
    };
    let (data, filler) = (disk.0.join("data"), disk.0.join("filler"));
    fs::write(&filler, vec![1; 16 << 20]).unwrap();
    let log = SledLog::open(&data, Options { reserve, ..Options::default() }).unwrap();
    block_on(async {
        let (last, doubtful, error) = fill(&log).await;
        let sure = matches!(error, AppendError::Unavailable(_));
        assert!(sure || matches!(error, AppendError::Unknown(_)), "{error}");
        let refused = log.append(Append { op: append(Vec::new()).op, ..doubtful.clone() }).await;
        assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
        let read = log.events(0, usize::MAX).await.unwrap();
        assert_eq!(read.len() as u64, last, "reads go on");
        if !sure {
            assert!(matches!(log.lookup(doubtful.op).await, Err(LogError::Unavailable(_))));
        }
        fs::remove_file(&filler).unwrap();
        let again = append_again(&log).await;
        let became = log.lookup(doubtful.op).await.unwrap();
        assert!(!sure || became.is_none(), "what was refused does not surface later");
        assert_eq!(again, last + 1 + became.map_or(0, |range| range.last - range.first + 1));
        let whole = log.events(0, usize::MAX).await.unwrap();
        assert_eq!(whole.len() as u64, again);
        assert!(whole.starts_with(&read));
        assert_eq!(log.lookup(doubtful.op).await.unwrap(), became);
    });
    let last = log.last();
    drop(log);
    let found = verify(&data, &Options::default(), &mut |_| ()).unwrap();
    assert_eq!((found.events, found.damage), (last, Vec::new()));
}

#[test]
fn on_a_nearly_full_disk_appends_are_refused_and_reads_go_on() {
    full_disk(8 << 20);
}

#[test]
fn on_a_disk_full_to_the_last_byte_no_write_surfaces_later_and_none_is_lost() {
    full_disk(0);
}

#[test]
fn a_cell_that_could_not_be_written_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&dir.path().join("disk"), 32) else {
        skipped("a full disk", "this process may not mount a file system");
        return;
    };
    let log =
        SledLog::open(&disk.0.join("data"), Options { reserve: 0, ..Options::default() }).unwrap();
    let cell =
        |round: u64| Some(CellValue { value: noise_of(round, 16_000).into(), expires: None });
    let filler = disk.0.join("filler");
    block_on(async {
        assert!(log.set_cell("a", 0, cell(0)).await.unwrap());
        let mut file = fs::File::create(&filler).unwrap();
        while file.write_all(&[1; 4_096]).is_ok() {}
        drop(file);
        let mut round = 0;
        let error = loop {
            round += 1;
            match log.set_cell("a", round, cell(round)).await {
                Ok(set) => assert!(set),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, LogError::Unavailable(_)), "{error}");
        fs::remove_file(&filler).unwrap();
        let held = log.cell("a").await.unwrap().unwrap();
        assert!([round, round + 1].contains(&held.generation), "{} after {round}", held.generation);
        assert_eq!(Some(held.value), cell(held.generation - 1).map(|cell| cell.value));
        assert!(log.set_cell("a", held.generation, cell(9)).await.unwrap());
    });
}

#[test]
fn a_log_whose_disk_is_full_opens_with_an_error_or_whole() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&dir.path().join("disk"), 64) else {
        skipped("a full disk", "this process may not mount a file system");
        return;
    };
    let (data, filler) = (disk.0.join("data"), disk.0.join("filler"));
    let original = filled(&data);
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[1; 4_096]).is_ok() {}
    drop(file);
    match SledLog::open(&data, Options::default()) {
        Err(OpenError::Unavailable { .. } | OpenError::Damaged { .. }) => {}
        Err(error) => panic!("{error}"),
        Ok(log) => assert!(block_on(log.events(0, usize::MAX)).unwrap() == original),
    }
    fs::remove_file(&filler).unwrap();
    let log = SledLog::open(&data, Options::default()).unwrap();
    assert!(block_on(log.events(0, usize::MAX)).unwrap() == original);
}
