//! The log's rows: typed, checked reads of the one tree, and the one way to write it.
//!
//! Every row starts with a CRC-32 over its key and its bytes, so that a flipped bit, or a row under the
//! wrong key, is found before anything is made of it.

use std::{collections::BTreeMap, fs::File, io, path::Path};

use super::{
    super::{
        Appended, Epoch, Hash, Holder, LogError,
        merkle::{self, Edge, Tiles},
        record,
    },
    keys::{self, Piece},
};
use crate::id::OpId;

/// The most that one row holds. sled writes a leaf of up to seventeen rows as one item, and an item of
/// more than a quarter of a segment goes to a file of its own that sled never syncs: with segments of
/// [`SEGMENT`] bytes, leaves of such rows stay below that.
pub(super) const PART: usize = 12 * 1024;
/// sled's unit of allocation, in bytes.
pub(super) const SEGMENT: usize = 1024 * 1024;

/// The first byte of an event row's bytes: how they are put together.
const FORMAT: u8 = 1;
/// Format byte and number of parts.
const PART_HEADER: usize = 3;

/// The database of one log.
#[derive(Debug)]
pub(super) struct Rows {
    db: sled::Db,
    /// sled's data file, for the sync that its own flush leaves out.
    file: File,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) number: u64,
    pub(super) header: Vec<u8>,
    pub(super) payload: Option<Vec<u8>>,
}

/// What one commit writes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
}

impl Changes {
    /// Sets a row.
    pub(super) fn put(&mut self, key: Vec<u8>, bytes: &[u8]) {
        let mut row = checksum(&key, bytes).to_be_bytes().to_vec();
        row.extend_from_slice(bytes);
        self.bytes += key.len() + row.len();
        self.rows.insert(key, Some(row));
    }

    /// Removes a row.
    pub(super) fn remove(&mut self, key: Vec<u8>) {
        self.rows.insert(key, None);
    }

    /// Sets the rows of one half of an event.
    pub(super) fn put_event(&mut self, number: u64, piece: Piece, bytes: &[u8]) {
        let count = u16::try_from(bytes.len().div_ceil(PART)).unwrap_or(u16::MAX).max(1);
        for part in 0..count {
            let from = usize::from(part) * PART;
            let chunk = bytes.get(from..bytes.len().min(from + PART)).unwrap_or_default();
            let mut row = Vec::with_capacity(PART_HEADER + chunk.len());
            row.push(FORMAT);
            row.extend_from_slice(&count.to_be_bytes());
            row.extend_from_slice(chunk);
            self.put(keys::event(number, piece, part), &row);
        }
    }

    /// How many rows of an event's payload are among these changes.
    pub(super) fn payload_parts(&self, number: u64) -> u16 {
        let range =
            keys::event(number, Piece::Payload, 0)..=keys::event(number, Piece::Payload, u16::MAX);
        u16::try_from(self.rows.range(range).filter(|(_, row)| row.is_some()).count())
            .unwrap_or(u16::MAX)
    }

    /// Bytes of keys and rows.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Rows {
    pub(super) fn new(db: sled::Db, dir: &Path) -> io::Result<Self> {
        Ok(Self { db, file: File::open(dir.join("db"))? })
    }

    /// Writes all changes or none, and makes them survive a loss of power.
    pub(super) fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.write(changes)?;
        self.sync()
    }

    /// Writes all changes or none, to be synced later.
    pub(super) fn write(&self, changes: Changes) -> Result<(), CommitError> {
        let mut batch = sled::Batch::default();
        for (key, row) in changes.rows {
            match row {
                Some(row) => batch.insert(key, row),
                None => batch.remove(key),
            }
        }
        self.db.apply_batch(batch).map_err(|error| CommitError::Write(error.to_string()))
    }

    /// Makes what is written survive a loss of power.
    pub(super) fn sync(&self) -> Result<(), CommitError> {
        self.db.flush().map_err(|error| CommitError::Write(error.to_string()))?;
        self.file.sync_data().map_err(|error| CommitError::Sync(error.to_string()))
    }

    /// Bytes on disk.
    pub(super) fn size_on_disk(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0)
    }

    /// A row's bytes, if it is there.
    pub(super) fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        let number = keys::parse_event(key).map_or(0, |(number, ..)| number);
        match self.db.get(key).map_err(|error| refused(number, &error))? {
            Some(row) => unseal(key, &row).map(|bytes| Some(bytes.to_vec())),
            None => Ok(None),
        }
    }

    /// The last row whose key is `prefix` and a number of at most `upto`.
    pub(super) fn last_under(
        &self,
        prefix: &[u8],
        upto: u64,
    ) -> Result<Option<(u64, Vec<u8>)>, LogError> {
        let range = keys::with_number(prefix, 0)..=keys::with_number(prefix, upto);
        let Some(row) = self.db.range(range).next_back() else { return Ok(None) };
        let (key, row) = row.map_err(|error| refused(0, &error))?;
        let bytes = unseal(&key, &row)?.to_vec();
        Ok(keys::number(&key).map(|number| (number, bytes)))
    }

    /// The numbers of the rows whose keys are `prefix` and a number above `after` and of at most `upto`, in order.
    pub(super) fn numbers_under(
        &self,
        prefix: &[u8],
        after: u64,
        upto: u64,
    ) -> impl Iterator<Item = Result<u64, LogError>> + '_ {
        let from = keys::with_number(prefix, after.saturating_add(1));
        let to = keys::with_number(prefix, upto.max(after));
        self.db.range(from..=to).map(|row| {
            let (key, row) = row.map_err(|error| refused(0, &error))?;
            unseal(&key, &row)?;
            keys::number(&key).ok_or_else(|| damaged(0, "the key of a row is cut short"))
        })
    }

    /// All rows of a kind, in order; those of all kinds for `None`. A row that is damaged is given as an
    /// error, and the rest follows; where the database itself is damaged, the rest is out of reach.
    pub(super) fn scan(
        &self,
        kind: Option<u8>,
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), LogError>> + '_ {
        let mut lost = false;
        self.db.scan_prefix(kind.as_slice()).map_while(move |row| {
            if lost {
                return None;
            }
            lost = row.is_err();
            Some(row.map_err(|error| refused(0, &error)).and_then(|(key, row)| {
                let bytes = unseal(&key, &row)?.to_vec();
                Ok((key.to_vec(), bytes))
            }))
        })
    }

    /// The number of the last event whose header is there.
    pub(super) fn last(&self) -> Result<u64, LogError> {
        let range = keys::numbered(keys::EVENT, 0)..vec![keys::EVENT + 1];
        match self.db.range(range).next_back() {
            Some(Ok((key, _))) => Ok(keys::parse_event(&key).map_or(0, |(number, ..)| number)),
            Some(Err(error)) => Err(refused(0, &error)),
            None => Ok(0),
        }
    }

    /// Events from `first` to `last`, in order and without a gap; a missing one is damage.
    pub(super) fn events(
        &self,
        first: u64,
        last: u64,
    ) -> impl Iterator<Item = Result<Stored, LogError>> + '_ {
        let from = keys::event(first, Piece::Header, 0);
        let to = keys::numbered(keys::EVENT, last.saturating_add(1));
        let mut rows = self.db.range(from..to).peekable();
        (first..=last).map(move |number| {
            let mut halves = Halves::default();
            loop {
                let next = match rows.peek() {
                    Some(Ok((key, _))) => keys::parse_event(key),
                    Some(Err(_)) => Some((number, Piece::Header, 0)),
                    None => None,
                };
                let Some((found, piece, part)) = next.filter(|(found, ..)| *found <= number) else {
                    return halves.into_stored(number);
                };
                let Some(row) = rows.next() else { return halves.into_stored(number) };
                if found < number {
                    // What is left of an event that was given up.
                    continue;
                }
                let (key, row) = row.map_err(|error| refused(number, &error))?;
                halves.take(number, piece, part, unseal(&key, &row)?)?;
            }
        })
    }

    /// One event.
    pub(super) fn event(&self, number: u64) -> Result<Stored, LogError> {
        self.events(number, number).next().unwrap_or_else(|| Err(missing(number)))
    }

    /// How many rows an event's payload has.
    pub(super) fn payload_parts(&self, number: u64) -> Result<u16, LogError> {
        let range =
            keys::event(number, Piece::Payload, 0)..=keys::event(number, Piece::Payload, u16::MAX);
        let mut parts = 0;
        for row in self.db.range(range) {
            row.map_err(|error| refused(number, &error))?;
            parts += 1;
        }
        Ok(parts)
    }

    /// The leaf of an event in the Merkle tree.
    pub(super) fn leaf(&self, number: u64) -> Result<Hash, LogError> {
        self.event(number).map(|stored| record::leaf(&stored.header))
    }

    /// What became of a command.
    pub(super) fn op(&self, op: OpId) -> Result<Option<Appended>, LogError> {
        let Some(row) = self.row(&keys::op(op))? else { return Ok(None) };
        parse_op(&row).map(Some).ok_or_else(|| damaged(0, "the record of a command is cut short"))
    }

    /// Who holds a name, as of event `upto`.
    pub(super) fn holder(&self, claim: &[u8], upto: u64) -> Result<Option<Holder>, LogError> {
        let Some((number, row)) = self.last_under(claim, upto)? else { return Ok(None) };
        parse_holder(&row).ok_or_else(|| damaged(number, "the record of a name is cut short"))
    }

    /// The event that erased this one.
    pub(super) fn erased_by(&self, number: u64) -> Result<Option<u64>, LogError> {
        let row = self.row(&keys::numbered(keys::ERASED, number))?;
        Ok(row.and_then(|row| keys::number(&row)))
    }

    /// The history that the log is in.
    pub(super) fn epoch(&self) -> Result<Epoch, LogError> {
        let last = self.last_under(&[keys::EPOCH], u64::MAX)?;
        last.map(|(epoch, _)| Epoch(epoch)).ok_or_else(|| damaged(0, "it has no epoch"))
    }

    /// The right edge of the Merkle tree over the first `size` events.
    pub(super) fn edge(&self, size: u64) -> Result<Edge, LogError> {
        let mut levels = Vec::new();
        for (level, (full, held)) in (0_u8..).zip(merkle::unfinished(size)) {
            let start = full * merkle::TILE as u64;
            let hashes: Result<Vec<Hash>, LogError> = match level.checked_sub(1) {
                None => (start + 1..=start + held).map(|number| self.leaf(number)).collect(),
                Some(below) => {
                    (start..start + held).map(|index| self.tile_root(below, index)).collect()
                }
            };
            levels.push(hashes?);
        }
        Edge::restore(size, levels).ok_or_else(|| damaged(0, "its Merkle tree has a wrong size"))
    }

    fn tile_root(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let hashes = self.tile(level, index)?;
        Ok(merkle::Tile { level, index, hashes }.root())
    }
}

impl Tiles for Rows {
    type Error = LogError;

    fn tile(&self, level: u8, index: u64) -> Result<Vec<Hash>, LogError> {
        let row = self.row(&keys::tile(level, index))?;
        let row =
            row.ok_or_else(|| damaged(0, &format!("Merkle tile {level}/{index} is missing")))?;
        let (hashes, rest) = row.as_chunks::<32>();
        if hashes.len() == merkle::TILE && rest.is_empty() {
            Ok(hashes.to_vec())
        } else {
            Err(damaged(0, &format!("Merkle tile {level}/{index} is cut short")))
        }
    }
}

/// Why a commit failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CommitError {
    /// sled or the disk refused to write.
    #[error("{0}")]
    Write(String),
    /// The disk took the bytes and then refused to say that they are safe.
    #[error("the disk failed to sync: {0}")]
    Sync(String),
}

/// The parts of an event while they are gathered.
#[derive(Default)]
struct Halves {
    header: Half,
    payload: Half,
}

#[derive(Default)]
struct Half {
    bytes: Vec<u8>,
    parts: u16,
    of: u16,
}

impl Halves {
    fn take(&mut self, number: u64, piece: Piece, part: u16, row: &[u8]) -> Result<(), LogError> {
        let half = match piece {
            Piece::Header => &mut self.header,
            Piece::Payload => &mut self.payload,
        };
        let ([format, count @ ..], chunk) = row
            .split_first_chunk::<PART_HEADER>()
            .ok_or_else(|| damaged(number, "a row is cut short"))?;
        if *format != FORMAT {
            return Err(damaged(number, &format!("a row has the unknown format {format}")));
        }
        if part != half.parts {
            return Err(damaged(number, &format!("part {} is missing", half.parts)));
        }
        half.parts += 1;
        half.of = u16::from_be_bytes(*count);
        half.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn into_stored(self, number: u64) -> Result<Stored, LogError> {
        for half in [&self.header, &self.payload] {
            if half.parts != half.of {
                return Err(damaged(number, &format!("part {} is missing", half.parts)));
            }
        }
        if self.header.parts == 0 {
            return Err(missing(number));
        }
        let payload = (self.payload.parts > 0).then_some(self.payload.bytes);
        Ok(Stored { number, header: self.header.bytes, payload })
    }
}

/// The bytes of a command's record.
pub(super) fn op_row(appended: Appended) -> Vec<u8> {
    keys::with_number(&appended.first.to_be_bytes(), appended.last)
}

/// What a command's record says.
pub(super) fn parse_op(row: &[u8]) -> Option<Appended> {
    let (first, rest) = row.split_first_chunk::<8>()?;
    let last = rest.try_into().ok()?;
    Some(Appended { first: u64::from_be_bytes(*first), last: u64::from_be_bytes(last) })
}

/// The bytes of a name's record: a one and the holder, or a zero.
pub(super) fn holder_row(holder: Option<&Holder>) -> Vec<u8> {
    match holder {
        Some(holder) => [[1].as_slice(), holder.as_slice()].concat(),
        None => vec![0],
    }
}

/// What a name's record says.
#[expect(clippy::option_option, reason = "a record that does not parse is not a name that is free")]
pub(super) fn parse_holder(row: &[u8]) -> Option<Option<Holder>> {
    match row {
        [0] => Some(None),
        [1, holder @ ..] => holder.try_into().ok().map(Some),
        _ => None,
    }
}

fn checksum(key: &[u8], bytes: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(bytes);
    crc.finalize()
}

fn unseal<'a>(key: &[u8], row: &'a [u8]) -> Result<&'a [u8], LogError> {
    let number = keys::parse_event(key).map_or(0, |(number, ..)| number);
    let (crc, bytes) =
        row.split_first_chunk::<4>().ok_or_else(|| damaged(number, "a row is cut short"))?;
    if checksum(key, bytes) == u32::from_be_bytes(*crc) {
        Ok(bytes)
    } else {
        Err(damaged(number, &format!("the checksum of row {} is wrong", hex::encode(key))))
    }
}

pub(super) fn damaged(number: u64, reason: &str) -> LogError {
    LogError::Damaged { number, reason: reason.to_owned() }
}

fn missing(number: u64) -> LogError {
    damaged(number, "it is missing")
}

fn refused(number: u64, error: &sled::Error) -> LogError {
    match error {
        sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => {
            damaged(number, &error.to_string())
        }
        sled::Error::Io(_) | sled::Error::CollectionNotFound(_) | sled::Error::Unsupported(_) => {
            LogError::Unavailable(error.to_string())
        }
    }
}
