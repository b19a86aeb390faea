//! A log copied into a fresh database, which takes the old one's place.
//!
//! sled neither gives space back nor deletes: what was erased or overwritten stays in its files. A copy has
//! what is there and nothing else.

use std::path::Path;

use super::{
    Damage, OpenError, Options, Progress,
    cells::Cells,
    folder,
    rows::{Changes, Rows},
    verify,
};

/// What a compaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compacted {
    /// How many events the log has.
    pub events: u64,
    /// Bytes on disk before.
    pub before: u64,
    /// Bytes on disk now.
    pub after: u64,
}

/// Why a log was not compacted. It is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    /// The log could not be opened, or the copy not be written.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// Something in the log is damaged: a copy would hide that.
    #[error("{} is damaged: {}", .0.place, .0.reason)]
    Damaged(Damage),
}

/// Bytes after which rows are handed to the copy.
const FULL: usize = 4 * 1024 * 1024;

/// Compacts the log in `dir`, which nobody has open; the disk needs room for both.
///
/// # Errors
/// [`CompactError`]; the log is then as it was.
pub fn compact(
    dir: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Compacted, CompactError> {
    let opened = folder::open(dir, options)?;
    let current = folder::current(dir)?;
    let (old, new) = (folder::events(dir, current), folder::events(dir, current + 1));
    let before = opened.rows.size_on_disk() + opened.cells.size_on_disk();
    let copy = folder::create_rows(&new, options)?;
    copy_rows(&opened.rows, &copy).map_err(|error| match error {
        Failure::Reading(error) => folder::damaged(&old, &error.to_string()),
        Failure::Writing(error) => folder::unavailable(&new, &error),
    })?;
    let verified = verify::walk(&copy, progress);
    if let Some(damage) = verified.damage.into_iter().next() {
        return Err(CompactError::Damaged(damage));
    }
    if verified.root != opened.edge.root() {
        return Err(folder::damaged(&new, "the copy is not equal to the log").into());
    }
    let after = copy.size_on_disk();
    let path = folder::cells(dir, current + 1);
    let cells = Cells::create(&folder::unfinished(&path))?;
    opened.cells.copy_to(&cells).map_err(|error| folder::unavailable(&path, &error))?;
    let after = after + cells.size_on_disk();
    drop((copy, cells));
    folder::install(&new)?;
    folder::install(&path)?;
    folder::write_current(dir, current + 1)?;
    let folder::Opened { lock, rows, cells, edge, .. } = opened;
    drop((rows, cells));
    folder::sweep(dir, current + 1)?;
    drop(lock);
    Ok(Compacted { events: edge.size(), before, after })
}

enum Failure {
    Reading(super::LogError),
    Writing(super::rows::CommitError),
}

fn copy_rows(from: &Rows, to: &Rows) -> Result<(), Failure> {
    let mut changes = Changes::default();
    for row in from.scan(None) {
        let (key, row) = row.map_err(Failure::Reading)?;
        changes.put(key, &row);
        if changes.bytes() >= FULL {
            to.write(std::mem::take(&mut changes)).map_err(Failure::Writing)?;
        }
    }
    to.commit(changes).map_err(Failure::Writing)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Log as _, SledLog, samples},
        *,
    };

    /// Whether the bytes are in any file under `dir`.
    fn holds(dir: &Path, bytes: &[u8]) -> bool {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let mut entries = entries.collect::<Vec<_>>().into_iter();
        entries.any(|path| {
            if path.is_dir() {
                return holds(&path, bytes);
            }
            let content = std::fs::read(&path).unwrap();
            content.windows(bytes.len()).any(|window| window == bytes)
        })
    }

    /// The stored bytes in the middle of an event's body: salted and compressed, so found nowhere else.
    fn stored(dir: &Path, number: u64) -> Vec<u8> {
        let rows = folder::open_rows(
            &folder::events(dir, folder::current(dir).unwrap()),
            &Options::default(),
        );
        let payload = rows.unwrap().event(number).unwrap().payload.unwrap();
        payload[payload.len() / 2..][..24].to_vec()
    }

    #[tokio::test]
    async fn what_was_erased_is_gone_from_the_files_after_a_compaction() {
        let dir = tempfile::tempdir().unwrap();
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        let bodies = [
            samples::noise(100),
            samples::noise(5_000),
            samples::noise(50_000),
            samples::noise(900),
        ];
        for text in &bodies {
            log.append(samples::append(vec![samples::event(text)])).await.unwrap();
        }
        log.set_cell("session", 0, Some(cell(b"a secret of a session"))).await.unwrap();
        log.set_cell("session", 1, None).await.unwrap();
        drop(log);
        let markers: Vec<Vec<u8>> = (1..=4).map(|number| stored(dir.path(), number)).collect();
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        let erasing = crate::store::Append {
            erase: vec![1, 2, 3],
            ..samples::append(vec![samples::event("gone")])
        };
        log.append(erasing).await.unwrap();
        let (events, root) = (log.events(0, 10).await.unwrap(), log.root(5).await.unwrap());
        drop(log);
        assert!(markers.iter().all(|marker| holds(dir.path(), marker)), "sled does not delete");
        assert!(holds(dir.path(), b"a secret of a session"));
        let compacted = compact(dir.path(), &Options::default(), &mut |_| ()).unwrap();
        assert_eq!(compacted.events, 5);
        let left: Vec<bool> = markers.iter().map(|marker| holds(dir.path(), marker)).collect();
        assert_eq!(left, [false, false, false, true]);
        assert!(!holds(dir.path(), b"a secret of a session"));
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        assert_eq!((log.events(0, 10).await.unwrap(), log.root(5).await.unwrap()), (events, root));
    }

    fn cell(value: &[u8]) -> crate::store::CellValue {
        crate::store::CellValue { value: value.to_vec(), expires: None }
    }

    #[tokio::test]
    async fn a_compacted_log_is_the_same_log() {
        let dir = tempfile::tempdir().unwrap();
        samples::make(dir.path()).await;
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        log.set_cell("lease", 0, Some(cell(b"x"))).await.unwrap();
        let before = (log.verify(&mut |_| ()).unwrap(), log.cell("lease").await.unwrap());
        drop(log);
        for _ in 0..2 {
            compact(dir.path(), &Options::default(), &mut |_| ()).unwrap();
            let log = SledLog::open(dir.path(), Options::default()).unwrap();
            assert_eq!(
                (log.verify(&mut |_| ()).unwrap(), log.cell("lease").await.unwrap()),
                before
            );
        }
        let mut names = folder::names(dir.path()).unwrap();
        names.sort_unstable();
        assert_eq!(names, ["ballast", "cells-3", "current", "events-3", "lock", "mark"]);
    }

    #[tokio::test]
    async fn a_log_in_use_is_not_compacted() {
        let dir = tempfile::tempdir().unwrap();
        let _log = SledLog::open(dir.path(), Options::default()).unwrap();
        let refused = compact(dir.path(), &Options::default(), &mut |_| ());
        assert_eq!(refused, Err(OpenError::AlreadyOpen(dir.path().to_owned()).into()));
    }

    #[tokio::test]
    async fn a_compaction_that_was_cut_short_leaves_the_log_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        samples::make(dir.path()).await;
        // The copy is there, and the name in `current` is not yet its own.
        folder::create_rows(&folder::events(dir.path(), 2), &Options::default()).unwrap();
        std::fs::create_dir(folder::cells(dir.path(), 2)).unwrap();
        let log = SledLog::open(dir.path(), Options::default()).unwrap();
        assert_eq!(log.verify(&mut |_| ()).unwrap().damage, []);
        assert!(!folder::cells(dir.path(), 2).exists());
    }
}
