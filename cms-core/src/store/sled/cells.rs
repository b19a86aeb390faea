//! Cells: small values that change often, in a database of their own.
//!
//! Hot rows beside append-only ones make sled's files grow without bound; alone they stay bounded.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use parking_lot::{Mutex, RwLock};

use super::{
    super::{CELL_LIMIT, Cell, CellValue, LogError},
    OpenError, database, folder,
};
use crate::clock::Timestamp;

/// A cell's row: the key after this byte.
const CELL: u8 = b'c';
/// The highest generation that a removed cell had: one row.
const REMOVED: [u8; 1] = [b'r'];
/// What sled may keep of the cells in memory, in bytes.
const CACHE: u64 = 1024 * 1024;
/// CRC-32, generation, whether it expires, when.
const HEADER: usize = 4 + 8 + 1 + 8;

/// The database of cells.
#[derive(Debug)]
pub(super) struct Cells {
    path: PathBuf,
    /// Bytes that stay free on the disk.
    reserve: u64,
    /// `None` after a write failed: what sled has in memory then was never promised to anybody.
    open: RwLock<Option<Open>>,
    /// Held while a cell is compared and set.
    gate: Mutex<()>,
}

#[derive(Debug)]
struct Open {
    db: sled::Db,
    /// sled's data file, for the sync that its own flush leaves out.
    file: File,
}

impl Cells {
    pub(super) fn open(path: &Path, reserve: u64) -> Result<Self, OpenError> {
        Self::new(database::open(path, CACHE)?, path, reserve)
    }

    /// Makes an empty database.
    pub(super) fn create(path: &Path) -> Result<Self, OpenError> {
        Self::new(database::create(path, CACHE)?, path, 0)
    }

    fn new(db: sled::Db, path: &Path, reserve: u64) -> Result<Self, OpenError> {
        let open = Open::new(db, path)?;
        let (open, gate) = (RwLock::new(Some(open)), Mutex::new(()));
        Ok(Self { path: path.to_owned(), reserve, open, gate })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Cell>, LogError> {
        self.with(|open| open.get(key))
    }

    pub(super) fn set(
        &self,
        key: &str,
        expected: u64,
        value: Option<CellValue>,
    ) -> Result<bool, LogError> {
        if let Some(found) = value.as_ref().map(|value| value.value.len())
            && found > CELL_LIMIT
        {
            return Err(LogError::TooLarge { found });
        }
        let _gate = self.gate.lock();
        let current = self.with(|open| open.get(key))?.map_or(0, |cell| cell.generation);
        if current != expected {
            return Ok(false);
        }
        self.room()?;
        let removed = self.with(Open::removed)?;
        let generation = if current == 0 { removed } else { current } + 1;
        let row_key = row_key(key);
        let mut batch = sled::Batch::default();
        if let Some(CellValue { value, expires }) = value {
            let row = encode(&row_key, &Cell { generation, value, expires });
            batch.insert(row_key, row);
        } else {
            batch.remove(row_key);
            batch.insert(&REMOVED, &removed.max(current).to_be_bytes());
        }
        let written = self.with(|open| open.commit(batch));
        if written.is_err() {
            // Its readers would see what was not written.
            self.close();
        }
        written.map(|()| true)
    }

    pub(super) fn under(&self, prefix: &str) -> Result<Vec<(String, Cell)>, LogError> {
        self.with(|open| open.under(prefix))
    }

    /// Copies all cells into an empty database.
    pub(super) fn copy_to(&self, other: &Self) -> Result<(), LogError> {
        let _gate = self.gate.lock();
        let mut batch = sled::Batch::default();
        self.with(|open| {
            for row in open.db.iter() {
                let (key, row) = row.map_err(|error| refused(&error))?;
                batch.insert(key, row);
            }
            Ok(())
        })?;
        other.with(|open| open.commit(batch))
    }

    /// Bytes on disk.
    pub(super) fn size_on_disk(&self) -> u64 {
        self.open.read().as_ref().and_then(|open| open.db.size_on_disk().ok()).unwrap_or(0)
    }

    /// Acts on the database, which is opened again first where it had to be closed.
    fn with<T>(&self, act: impl FnOnce(&Open) -> Result<T, LogError>) -> Result<T, LogError> {
        let open = self.open.read();
        if let Some(open) = open.as_ref() {
            return act(open);
        }
        drop(open);
        let mut open = self.open.write();
        if open.is_none() {
            self.room()?;
            let again = database::open(&self.path, CACHE).and_then(|db| Open::new(db, &self.path));
            *open = Some(again.map_err(|error| LogError::Unavailable(error.to_string()))?);
        }
        open.as_ref().map_or_else(|| Err(LogError::Unavailable("cells: closed".to_owned())), act)
    }

    fn close(&self) {
        let open = self.open.write().take();
        // sled panics when its last sync fails.
        let _closed = catch_unwind(AssertUnwindSafe(|| drop(open)));
    }

    /// Refuses when the disk is nearly full.
    fn room(&self) -> Result<(), LogError> {
        let left = fs4::available_space(&self.path);
        let left = left.map_err(|error| LogError::Unavailable(error.to_string()))?;
        if left < self.reserve {
            return Err(LogError::Unavailable(format!("the disk is full: {left} bytes are left")));
        }
        Ok(())
    }
}

impl Open {
    fn new(db: sled::Db, path: &Path) -> Result<Self, OpenError> {
        let file = File::open(path.join("db"));
        let open = Self { db, file: file.map_err(|error| folder::unavailable(path, &error))? };
        open.sync().map_err(|error| folder::unavailable(path, &error))?;
        Ok(open)
    }

    fn get(&self, key: &str) -> Result<Option<Cell>, LogError> {
        let row_key = row_key(key);
        let row = self.db.get(&row_key).map_err(|error| refused(&error))?;
        row.map(|row| decode(&row_key, &row)).transpose()
    }

    fn under(&self, prefix: &str) -> Result<Vec<(String, Cell)>, LogError> {
        let rows = self.db.scan_prefix(row_key(prefix));
        rows.map(|row| {
            let (key, row) = row.map_err(|error| refused(&error))?;
            let name = key.get(1..).unwrap_or_default().to_vec();
            let name = String::from_utf8(name).map_err(|_| damaged("a key is no text"))?;
            Ok((name, decode(&key, &row)?))
        })
        .collect()
    }

    fn removed(&self) -> Result<u64, LogError> {
        let row = self.db.get(REMOVED).map_err(|error| refused(&error))?;
        let Some(row) = row else { return Ok(0) };
        let bytes = row.as_ref().try_into().map_err(|_| damaged("a row is cut short"))?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn commit(&self, batch: sled::Batch) -> Result<(), LogError> {
        self.db.apply_batch(batch).map_err(|error| refused(&error))?;
        self.sync()
    }

    fn sync(&self) -> Result<(), LogError> {
        self.db.flush().map_err(|error| refused(&error))?;
        self.file.sync_data().map_err(|error| LogError::Unavailable(error.to_string()))
    }
}

fn row_key(key: &str) -> Vec<u8> {
    let mut bytes = vec![CELL];
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

fn encode(key: &[u8], cell: &Cell) -> Vec<u8> {
    let mut bytes = cell.generation.to_be_bytes().to_vec();
    bytes.push(u8::from(cell.expires.is_some()));
    bytes.extend_from_slice(&cell.expires.map_or(0, Timestamp::millis).to_be_bytes());
    bytes.extend_from_slice(&cell.value);
    let mut row = checksum(key, &bytes).to_be_bytes().to_vec();
    row.extend_from_slice(&bytes);
    row
}

fn decode(key: &[u8], row: &[u8]) -> Result<Cell, LogError> {
    let (header, value) =
        row.split_first_chunk::<HEADER>().ok_or_else(|| damaged("a row is cut short"))?;
    let (crc, bytes) = row.split_first_chunk::<4>().ok_or_else(|| damaged("a row is cut short"))?;
    if checksum(key, bytes) != u32::from_be_bytes(*crc) {
        return Err(damaged("a checksum is wrong"));
    }
    let [_, _, _, _, generation @ .., flag, e0, e1, e2, e3, e4, e5, e6, e7] = *header;
    let expires = i64::from_be_bytes([e0, e1, e2, e3, e4, e5, e6, e7]);
    Ok(Cell {
        generation: u64::from_be_bytes(generation),
        value: value.to_vec(),
        expires: (flag == 1).then_some(Timestamp::from_millis(expires)),
    })
}

fn checksum(key: &[u8], bytes: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(bytes);
    crc.finalize()
}

fn damaged(reason: &str) -> LogError {
    LogError::Damaged { number: 0, reason: format!("cells: {reason}") }
}

fn refused(error: &sled::Error) -> LogError {
    match error {
        sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => {
            damaged(&error.to_string())
        }
        sled::Error::Io(_) | sled::Error::CollectionNotFound(_) | sled::Error::Unsupported(_) => {
            LogError::Unavailable(format!("cells: {error}"))
        }
    }
}
