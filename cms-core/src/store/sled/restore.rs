//! A log made from a backup: equal to the one that it was taken from, in a history of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    super::{
        Appended, Epoch, Hash, LogError,
        merkle::Edge,
        record,
        volume::{self, Content, Holds, Manifest, Record, VolumeError},
    },
    Header, OpenError, Options, Progress, folder, keys,
    keys::Piece,
    mark::{Mark, MarkFile},
    rows::{self, Changes, Rows},
};
use crate::id::OpId;

/// What a restore made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many events the log has.
    pub events: u64,
    /// The history that it begins.
    pub epoch: Epoch,
    /// The root of its Merkle tree.
    pub root: Hash,
}

/// Why a backup was not restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// There is no backup in the folder.
    #[error("{0} holds no backup")]
    NoBackup(PathBuf),
    /// The folder to restore into has something in it.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// A file of the backup could not be used.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// The log could not be made.
    #[error(transparent)]
    Log(#[from] OpenError),
}

/// Bytes after which rows are handed to the database.
const FULL: usize = 4 * 1024 * 1024;

/// Makes a log in `into`, a missing or empty folder, from the backup in `from`.
///
/// It is in place when all of it has been checked, down to the root of the Merkle tree; it starts a new
/// epoch, so that no reader takes it for the log that went on after the backup.
///
/// # Errors
/// [`RestoreError`], which names a damaged file.
pub fn restore(
    from: &Path,
    into: &Path,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Restored, RestoreError> {
    let manifest = Manifest::read(from)?.ok_or_else(|| RestoreError::NoBackup(from.to_owned()))?;
    folder::make_folder(into)?;
    if !folder::names(into)?.is_empty() {
        return Err(RestoreError::NotEmpty(into.to_owned()));
    }
    let _lock = folder::lock(into)?;
    let path = folder::events(into, 1);
    let rows = folder::create_rows(&path, options)?;
    let epoch = Epoch(manifest.epoch + 1);
    let mut copy = Copy::new(&rows, &path);
    folder::found(epoch, &mut copy.changes);
    for volume in &manifest.volumes {
        let mut content = Content::read(from, volume)?;
        while let Some(record) = content.next()? {
            match volume.holds {
                Holds::Events => copy.event(&content, record)?,
                Holds::Names => copy.name(&content, record)?,
            }
            copy.write_when(FULL)?;
            let (done, of) = (copy.edge.size(), manifest.last);
            if done.is_multiple_of(1_000) || done == of {
                progress(Progress { done, of });
            }
        }
    }
    copy.end_of_command();
    copy.write_when(0)?;
    copy.erasures().map_err(|error| folder::unavailable(&path, &error))?;
    copy.write_when(0)?;
    let mark = Mark { number: copy.edge.size(), root: copy.edge.root() };
    if mark.number != manifest.last || hex::encode(mark.root) != manifest.root {
        return Err(volume::damaged(from, &"its volumes are not those of its manifest").into());
    }
    rows.sync().map_err(|error| folder::unavailable(&path, &error))?;
    drop(rows);
    folder::install(&path)?;
    folder::create_cells(into, 1)?;
    let at = folder::mark(into);
    MarkFile::create(&at, mark).map_err(|error| folder::unavailable(&at, &error))?;
    folder::write_current(into, 1)?;
    Ok(Restored { events: mark.number, epoch, root: mark.root })
}

/// A log while it is made from records.
struct Copy<'a> {
    rows: &'a Rows,
    path: &'a Path,
    changes: Changes,
    edge: Edge,
    /// The command of the event before, with its first event.
    command: Option<(OpId, u64)>,
    /// Events without a body.
    empty: BTreeSet<u64>,
    /// The event that erased another, by that other.
    erased: BTreeMap<u64, u64>,
}

impl<'a> Copy<'a> {
    fn new(rows: &'a Rows, path: &'a Path) -> Self {
        Self {
            rows,
            path,
            changes: Changes::default(),
            edge: Edge::default(),
            command: None,
            empty: BTreeSet::new(),
            erased: BTreeMap::new(),
        }
    }

    fn event(&mut self, content: &Content, record: Record) -> Result<(), VolumeError> {
        let number = self.edge.size() + 1;
        let damaged =
            |reason: &str| volume::damaged(content.path(), &format!("event {number}: {reason}"));
        let header = Header::parse(&record.header).map_err(|error| damaged(&error.to_string()))?;
        if header.number != number {
            return Err(damaged(&format!("it says that it is event {}", header.number)));
        }
        if let Some(payload) = &record.payload {
            record::unpack(payload, &header.payload)
                .map_err(|error| damaged(&error.to_string()))?;
            self.changes.put_event(number, Piece::Payload, payload);
        } else {
            self.empty.insert(number);
        }
        self.changes.put_event(number, Piece::Header, &record.header);
        for stream in &header.streams {
            self.changes.put(keys::with_number(&keys::stream(stream), number), &[]);
        }
        if self.command.is_none_or(|(op, _)| op != header.op) {
            self.end_of_command();
            self.command = Some((header.op, number));
        }
        self.erased.extend(header.erases.iter().map(|erased| (*erased, number)));
        for tile in self.edge.push(record::leaf(&record.header)) {
            self.changes.put(keys::tile(tile.level, tile.index), tile.hashes.as_flattened());
        }
        Ok(())
    }

    fn name(&mut self, content: &Content, record: Record) -> Result<(), VolumeError> {
        let row = record.payload.filter(|row| rows::parse_holder(row).is_some());
        let row =
            row.ok_or_else(|| volume::damaged(content.path(), &"a name's record does not parse"))?;
        self.changes.put(record.header, &row);
        Ok(())
    }

    fn end_of_command(&mut self) {
        if let Some((op, first)) = self.command.take() {
            let appended = Appended { first, last: self.edge.size() };
            self.changes.put(keys::op(op), &rows::op_row(appended));
        }
    }

    /// Records what was erased. An event may have been erased while the backup was taken, by one that is
    /// not in it: 0 stands for that.
    fn erasures(&mut self) -> Result<(), LogError> {
        let mut erased = std::mem::take(&mut self.erased);
        for number in std::mem::take(&mut self.empty) {
            erased.entry(number).or_insert(0);
        }
        for (number, by) in erased {
            self.changes.put(keys::numbered(keys::ERASED, number), &by.to_be_bytes());
            for part in 0..self.rows.payload_parts(number)? {
                self.changes.remove(keys::event(number, Piece::Payload, part));
            }
        }
        Ok(())
    }

    fn write_when(&mut self, full: usize) -> Result<(), OpenError> {
        if self.changes.bytes() < full {
            return Ok(());
        }
        let changes = std::mem::take(&mut self.changes);
        self.rows.write(changes).map_err(|error| folder::unavailable(self.path, &error))
    }
}
