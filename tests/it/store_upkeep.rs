//! Backups, restores and openings of the log on sled, from outside.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cms_core::store::{
    Append, CellValue, Cursor, Epoch, Log as _, LogError,
    sled::{BackupError, OpenError, Options, RestoreError, SledLog, restore, verify},
};

use crate::store_samples::{append, claiming, noise, saved, slug, stream, take};

fn open(dir: &Path) -> SledLog {
    SledLog::open(dir, Options::default()).unwrap()
}

async fn grow(log: &SledLog, appends: u8) {
    for seed in 0..appends {
        let events = (0..40).map(|_| saved(seed, &noise(300))).collect();
        log.append(append(events)).await.unwrap();
    }
}

/// All that a reader can see of a log.
async fn all(log: &SledLog) -> (Vec<cms_core::event::Event>, [u8; 32]) {
    (log.events(0, usize::MAX).await.unwrap(), log.root(log.last()).await.unwrap())
}

fn sound(dir: &Path) {
    let found = verify(dir, &Options::default(), &mut |_| ()).unwrap();
    assert!(found.is_sound(), "{:?}", found.damage);
}

#[tokio::test]
async fn a_restored_log_is_equal_and_begins_a_new_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup, copy] = ["data", "backup", "copy"].map(|name| dir.path().join(name));
    let log = open(&data);
    log.append(claiming(vec![take("a", 1), take("b", 2)])).await.unwrap();
    grow(&log, 20).await;
    let first = log.backup(&backup, &mut |_| ()).unwrap();
    assert_eq!((first.first, first.last), (1, 801));
    let command = Append {
        claims: vec![take("c", 3)],
        erase: vec![5, 6],
        ..append(vec![saved(1, &noise(90_000))])
    };
    let appended = log.append(command.clone()).await.unwrap();
    grow(&log, 3).await;
    let second = log.backup(&backup, &mut |_| ()).unwrap();
    assert_eq!((second.first, second.last, second.erased), (802, 922, 2));
    let third = log.backup(&backup, &mut |_| ()).unwrap();
    assert_eq!((third.first, third.last, third.bytes), (923, 922, 0));

    let restored = restore(&backup, &copy, &Options::default(), &mut |_| ()).unwrap();
    assert_eq!((restored.events, restored.epoch), (922, Epoch(2)));
    assert_eq!(restored.root, log.root(922).await.unwrap());
    sound(&copy);
    let other = open(&copy);
    assert!(all(&other).await == all(&log).await);
    assert_eq!(other.epoch(), Epoch(2));
    assert!(!other.is_own(&log.cursor(5).await.unwrap()).await.unwrap());
    for name in ["a", "b", "c", "d"] {
        assert_eq!(other.holder(&slug(name)).await, log.holder(&slug(name)).await);
    }
    assert_eq!(other.last_of(&stream(1)).await, log.last_of(&stream(1)).await);
    assert_eq!(other.append(command).await, Ok(appended));
}

#[tokio::test]
async fn an_erased_body_is_gone_from_a_backup_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup] = ["data", "backup"].map(|name| dir.path().join(name));
    let log = open(&data);
    log.append(append(vec![saved(1, &noise(9_000)), saved(2, "kept")])).await.unwrap();
    let before = log.backup(&backup, &mut |_| ()).unwrap();
    assert!(before.bytes > 5_000);
    log.append(Append { erase: vec![1], ..append(vec![saved(1, "gone")]) }).await.unwrap();
    log.backup(&backup, &mut |_| ()).unwrap();
    let files = fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap());
    let bytes: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes < 5_000, "{bytes}");
    let copy = dir.path().join("copy");
    restore(&backup, &copy, &Options::default(), &mut |_| ()).unwrap();
    sound(&copy);
    let bodies = open(&copy).events(0, 10).await.unwrap();
    assert_eq!(
        bodies.iter().map(|event| event.body.is_some()).collect::<Vec<_>>(),
        [false, true, true]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_writes_is_consistent_at_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup, copy] = ["data", "backup", "copy"].map(|name| dir.path().join(name));
    let log = std::sync::Arc::new(open(&data));
    grow(&log, 30).await;
    let writer = tokio::spawn({
        let log = std::sync::Arc::clone(&log);
        async move { grow(&log, 60).await }
    });
    let mut seen = Vec::new();
    let backed_up = log.backup(&backup, &mut |progress| seen.push(progress.done)).unwrap();
    writer.await.unwrap();
    assert!(seen.is_sorted() && seen.last() == Some(&backed_up.last));
    let restored = restore(&backup, &copy, &Options::default(), &mut |_| ()).unwrap();
    assert_eq!(restored.root, log.root(backed_up.last).await.unwrap());
    sound(&copy);
}

#[tokio::test]
async fn a_damaged_backup_is_refused_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup] = ["data", "backup"].map(|name| dir.path().join(name));
    let log = open(&data);
    log.append(claiming(vec![take("a", 1)])).await.unwrap();
    log.backup(&backup, &mut |_| ()).unwrap();
    let files: Vec<PathBuf> =
        fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for (round, path) in files.iter().enumerate() {
        let bytes = fs::read(path).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 4;
        for broken in [&flipped, &bytes[..bytes.len() - 1], &[]] {
            fs::write(path, broken).unwrap();
            let copy = dir.path().join(format!("copy{round}{}", broken.len()));
            let refused = restore(&backup, &copy, &Options::default(), &mut |_| ()).unwrap_err();
            let text = refused.to_string();
            assert!(text.contains(path.to_str().unwrap()), "{path:?}: {text}");
            assert!(!copy.join("current").exists());
        }
        fs::remove_file(path).unwrap();
        let copy = dir.path().join(format!("copy{round}"));
        restore(&backup, &copy, &Options::default(), &mut |_| ()).unwrap_err();
        fs::write(path, bytes).unwrap();
    }
}

#[tokio::test]
async fn a_backup_goes_into_its_own_folder_alone() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two, backup] = ["one", "two", "backup"].map(|name| dir.path().join(name));
    let (one, two) = (open(&one), open(&two));
    grow(&one, 1).await;
    grow(&two, 2).await;
    one.backup(&backup, &mut |_| ()).unwrap();
    let refused = two.backup(&backup, &mut |_| ());
    assert_eq!(refused, Err(BackupError::OtherHistory(backup.clone())));
    fs::create_dir(dir.path().join("other")).unwrap();
    fs::write(dir.path().join("other/letter.txt"), "x").unwrap();
    let refused = one.backup(&dir.path().join("other"), &mut |_| ());
    assert_eq!(refused, Err(BackupError::NotABackup(dir.path().join("other"))));
    let refused = restore(&backup, &backup, &Options::default(), &mut |_| ());
    assert_eq!(refused, Err(RestoreError::NotEmpty(backup.clone())));
    let nothing = dir.path().join("nothing");
    let refused = restore(&nothing, &nothing, &Options::default(), &mut |_| ());
    assert_eq!(refused, Err(RestoreError::NoBackup(nothing)));
}

#[tokio::test]
async fn a_second_opening_of_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let refused = SledLog::open(dir.path(), Options::default()).unwrap_err();
    assert_eq!(refused, OpenError::AlreadyOpen(dir.path().to_owned()));
    drop(log);
    drop(open(dir.path()));
}

#[tokio::test]
async fn a_folder_without_its_first_file_is_no_empty_log() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    grow(&log, 1).await;
    drop(log);
    for name in ["current", "mark", "events-1/conf", "events-1", "cells-1"] {
        let (path, aside) = (dir.path().join(name), dir.path().join("aside"));
        fs::rename(&path, &aside).unwrap();
        let refused = SledLog::open(dir.path(), Options::default()).unwrap_err();
        assert!(matches!(refused, OpenError::Damaged { .. }), "{name}: {refused}");
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::rename(&aside, &path).unwrap();
    }
    assert_eq!(open(dir.path()).last(), 40);
}

#[tokio::test]
async fn a_torn_slot_of_the_mark_is_survived_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    grow(&log, 2).await;
    drop(log);
    let path = dir.path().join("mark");
    let whole = fs::read(&path).unwrap();
    for slot in [0, 4096] {
        let mut torn = whole.clone();
        torn[slot + 3..slot + 20].fill(0x55);
        fs::write(&path, &torn).unwrap();
        let found = verify(dir.path(), &Options::default(), &mut |_| ()).unwrap();
        let reasons: Vec<String> =
            found.damage.iter().map(|damage| damage.place.to_string()).collect();
        assert_eq!(reasons, ["the high-water mark"]);
        assert_eq!(open(dir.path()).last(), 80);
        sound(dir.path());
    }
    let mut torn = whole;
    torn[3..4120].fill(0x55);
    fs::write(&path, &torn).unwrap();
    let refused = SledLog::open(dir.path(), Options::default()).unwrap_err();
    assert!(
        matches!(&refused, OpenError::Damaged { path: named, .. } if *named == path),
        "{refused}"
    );
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let [data, older] = ["data", "older"].map(|name| dir.path().join(name));
    let log = open(&data);
    grow(&log, 1).await;
    drop(log);
    copy(&data, &older);
    let log = open(&data);
    grow(&log, 1).await;
    drop(log);
    // The database of before with the mark of after.
    fs::copy(data.join("mark"), older.join("mark")).unwrap();
    let refused = SledLog::open(&older, Options::default()).unwrap_err();
    let lost = OpenError::LostTail { folder: older.join("events-1"), mark: 80, found: 40 };
    assert_eq!(refused, lost);
    let found = verify(&older, &Options::default(), &mut |_| ()).unwrap();
    assert_eq!(found.damage.len(), 1, "{:?}", found.damage);
}

#[tokio::test]
async fn a_log_of_another_history_is_not_taken_for_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| dir.path().join(name));
    for data in [&one, &two] {
        let log = open(data);
        grow(&log, 1).await;
    }
    fs::copy(one.join("mark"), two.join("mark")).unwrap();
    let refused = SledLog::open(&two, Options::default()).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_cursor_past_the_end_is_not_its_own_and_not_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let past = Cursor { epoch: log.epoch(), number: 7, nonce: [0; 8] };
    assert_eq!(log.is_own(&past).await, Ok(false));
    assert!(matches!(log.cursor(7).await, Err(LogError::Damaged { number: 7, .. })));
}

#[tokio::test]
async fn a_long_body_makes_no_file_that_sled_does_not_sync() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    for round in 0..40 {
        log.append(append((0..4).map(|seed| saved(seed, &noise(200_000))).collect()))
            .await
            .unwrap();
        let cell = CellValue { value: vec![round; 16 * 1024], expires: None };
        for key in ["a", "b", "c", "d"].map(|key| format!("{key}{round}")) {
            assert!(log.set_cell(&key, 0, Some(cell.clone())).await.unwrap());
        }
        for blobs in ["events-1/blobs", "cells-1/blobs"] {
            assert_eq!(fs::read_dir(dir.path().join(blobs)).unwrap().count(), 0);
        }
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
