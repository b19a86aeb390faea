//! Opening sled: with the segment size that a database was made with, and patient with a database that
//! this process has only just closed.

use std::{fs, path::Path, thread, time::Duration};

use super::{
    super::guard::{self, Refusal},
    OpenError, folder, rows,
};

/// How often to look whether a database that was just closed is free: sled's own threads hold its lock a
/// moment longer. No other process can be in it, since the folder's own lock was taken before.
const PATIENCE: u32 = 500;
const MOMENT: Duration = Duration::from_millis(10);

/// Opens a database that exists. The folder's own lock is held.
pub(super) fn open(path: &Path, cache: u64) -> Result<sled::Db, OpenError> {
    let segment = segment_size(path)?;
    remove_unfinished_snapshots(path)?;
    start(path, cache, segment)
}

/// Removes snapshots that a killed process had not finished: sled takes one for the newest that there is,
/// and then refuses to open.
fn remove_unfinished_snapshots(path: &Path) -> Result<(), OpenError> {
    for name in folder::names(path)? {
        if name.starts_with("snap.") && name.ends_with(".generating") {
            let snapshot = path.join(name);
            fs::remove_file(&snapshot).map_err(|error| folder::unavailable(&snapshot, &error))?;
        }
    }
    Ok(())
}

/// Makes a database.
pub(super) fn create(path: &Path, cache: u64) -> Result<sled::Db, OpenError> {
    start(path, cache, rows::SEGMENT)
}

fn start(path: &Path, cache: u64, segment: usize) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new()
        .path(path)
        .segment_size(segment)
        .cache_capacity(cache)
        // Every commit flushes; a flush between them would only write what nobody has been promised.
        .flush_every_ms(None);
    for _ in 0..PATIENCE {
        match guard::open(&config) {
            Ok(db) => return Ok(db),
            Err(Refusal::AlreadyOpen) => thread::sleep(MOMENT),
            Err(Refusal::Damaged(reason)) => return Err(folder::damaged(path, &reason)),
            Err(Refusal::Unavailable(reason)) => return Err(folder::unavailable(path, &reason)),
        }
    }
    Err(OpenError::AlreadyOpen(path.to_owned()))
}

/// The segment size in sled's own configuration file: it refuses any other. The file ends with a checksum
/// that sled reads and then goes on without.
fn segment_size(path: &Path) -> Result<usize, OpenError> {
    let conf = path.join("conf");
    let bytes = fs::read(&conf).map_err(|error| folder::damaged(&conf, &error.to_string()))?;
    let (text, crc) =
        bytes.split_last_chunk::<4>().ok_or_else(|| folder::damaged(&conf, "it is cut short"))?;
    if crc32fast::hash(text) != u32::from_le_bytes(*crc) {
        return Err(folder::damaged(&conf, "its checksum is wrong"));
    }
    let text = String::from_utf8_lossy(text);
    let size = text.lines().find_map(|line| line.strip_prefix("segment_size: ")?.parse().ok());
    size.ok_or_else(|| folder::damaged(&conf, "it names no segment size"))
}
