//! Typed tables for derived data: hot, disposable, rebuilt from the log.
//!
//! A [`Table`] is a typed constant; a [`View`] is the database that holds them all; a [`Reader`] sees the
//! tables of one room alone, so that what serves readers cannot name a draft; a [`Batch`] changes tables
//! of all rooms at once. What the tables mean is their followers' business.

use std::{
    collections::BTreeMap,
    fmt, fs,
    fs::File,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use serde::{Serialize, de::DeserializeOwned};

use self::heap::Heap;
pub use self::key::Key;

mod copying;
mod heap;
mod key;
mod value;

/// Why a view could not be used. A view is derived: the cure is to rebuild it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// What is stored is not what was written.
    #[error("a row of table {table} is damaged: {reason}")]
    Damaged {
        /// The table, or `view` for the database as a whole.
        table: &'static str,
        /// What was found.
        reason: String,
    },
    /// Another process has it.
    #[error("{0} is in use by another process")]
    AlreadyOpen(PathBuf),
    /// The disk or the database refused.
    #[error("the view is unavailable: {0}")]
    Unavailable(String),
}

/// A table: which room it belongs to, how its rows are keyed, what they hold.
pub struct Table<Room, K, V> {
    /// Its prefix in the database: unique among all tables, never used again for another.
    tag: u8,
    /// Its name in errors.
    name: &'static str,
    kinds: PhantomData<Kinds<Room, K, V>>,
}

/// Named in a table's type, never held by it.
type Kinds<Room, K, V> = fn() -> (Room, K, V);

impl<Room, K, V> Table<Room, K, V> {
    /// A table with this prefix and name.
    pub const fn new(tag: u8, name: &'static str) -> Self {
        Self { tag, name, kinds: PhantomData }
    }
}

impl<Room, K, V> fmt::Debug for Table<Room, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("tag", &self.tag)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Up to where the heap must be whole. No table has this tag.
const HEAP_END: &[u8] = b"\xffend";
/// Up to where it has been synced.
const HEAP_SYNCED: &[u8] = b"\xffsynced";

/// The database of all tables.
pub struct View {
    db: sled::Db,
    /// sled's file that holds the data, for the sync that its own flush leaves out.
    file: File,
    /// The long values.
    heap: Heap,
    /// Whether a row was found that is not what was written.
    damaged: AtomicBool,
    /// Held for writing while a batch is applied, so that a reader that holds it sees all of it or nothing.
    gate: RwLock<()>,
    /// Held while a batch is applied, so that a copy ends between two.
    copying: Mutex<copying::Changed>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

impl View {
    /// Opens the view in `dir`, or makes an empty one. `cache` bounds sled's page cache, in bytes; the
    /// process grows by several times as much.
    ///
    /// # Errors
    /// [`ViewError`], also where sled itself would panic on damaged files.
    pub fn open(dir: &Path, cache: u64) -> Result<Self, ViewError> {
        let unavailable =
            |error: std::io::Error| ViewError::Unavailable(format!("{}: {error}", dir.display()));
        fs::create_dir_all(dir).map_err(unavailable)?;
        let config = sled::Config::new().path(dir).cache_capacity(cache).flush_every_ms(None);
        let db = super::guard::open(&config).map_err(|refusal| match refusal {
            super::guard::Refusal::AlreadyOpen => ViewError::AlreadyOpen(dir.to_owned()),
            super::guard::Refusal::Damaged(reason) => ViewError::Damaged { table: "view", reason },
            super::guard::Refusal::Unavailable(reason) => ViewError::Unavailable(reason),
        })?;
        let file = File::open(dir.join("db")).map_err(unavailable)?;
        let heap = Heap::open(&dir.join("heap")).map_err(unavailable)?;
        let (damaged, gate, copying) = (AtomicBool::new(false), RwLock::new(()), Mutex::new(None));
        let view = Self { db, file, heap, damaged, gate, copying };
        view.check_heap()?;
        Ok(view)
    }

    /// Whether the heap has all that rows point to. What was synced is not read again here: each value is
    /// checked when it is read.
    fn check_heap(&self) -> Result<(), ViewError> {
        let place = |key| -> Result<u64, ViewError> {
            let row = self.db.get(key).map_err(|error| refused("view", &error))?;
            Ok(row.and_then(|row| row.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes))
        };
        let (synced, end) = (place(HEAP_SYNCED)?, place(HEAP_END)?);
        let whole = self.heap.size() >= end
            && self
                .heap
                .is_whole(synced.min(end), end)
                .map_err(|error| ViewError::Unavailable(error.to_string()))?;
        if whole {
            // What lies behind belongs to a batch that was never applied.
            self.heap.go_on_from(end);
            Ok(())
        } else {
            let reason = "the heap lacks values that rows point to".to_owned();
            Err(ViewError::Damaged { table: "view", reason })
        }
    }

    /// Sees the tables of one room.
    pub fn reader<Room>(self: &Arc<Self>) -> Reader<Room> {
        Reader { view: Arc::clone(self), supposed: None, room: PhantomData }
    }

    /// Sees the tables of one room as they would be with these changes, which nobody else sees.
    pub fn supposing<Room>(self: &Arc<Self>, changes: Changes) -> Reader<Room> {
        let supposed = Some(Arc::new(changes.0));
        Reader { view: Arc::clone(self), supposed, room: PhantomData }
    }

    /// Collects changes, to be applied at once.
    pub fn batch(&self) -> Batch<'_> {
        Batch { view: self, changes: BTreeMap::new() }
    }

    /// Makes all that was applied so far survive a loss of power.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`] when the disk refuses.
    pub fn sync(&self) -> Result<(), ViewError> {
        let end = self.heap.sync().map_err(|error| ViewError::Unavailable(error.to_string()))?;
        self.db.insert(HEAP_SYNCED, &end.to_be_bytes()).map_err(|error| refused("view", &error))?;
        self.db.flush().map_err(|error| ViewError::Unavailable(error.to_string()))?;
        self.file.sync_data().map_err(|error| ViewError::Unavailable(error.to_string()))
    }

    /// Whether a value was read that is not what was written: then the view is to be made again.
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Bytes on disk.
    pub fn size_on_disk(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0) + self.heap.size()
    }

    /// Bytes of all rows, keys included, as they are stored. Reads all of them.
    ///
    /// # Errors
    /// [`ViewError`] when one cannot be read.
    pub fn size_of_rows(&self) -> Result<u64, ViewError> {
        self.db.iter().try_fold(0, |bytes, row| {
            let (key, value) = row.map_err(|error| refused("view", &error))?;
            Ok(bytes + key.len() as u64 + value::length(&value))
        })
    }

    fn row(&self, key: &[u8], table: &'static str) -> Result<Option<Vec<u8>>, ViewError> {
        let row = self.db.get(key).map_err(|error| refused(table, &error))?;
        row.map(|row| self.value(&row, table)).transpose()
    }

    fn value(&self, row: &[u8], table: &'static str) -> Result<Vec<u8>, ViewError> {
        self.marked(value::read(row, table, &self.heap))
    }

    /// Remembers that a value was found damaged.
    fn marked<T>(&self, found: Result<T, ViewError>) -> Result<T, ViewError> {
        found.inspect_err(|error| {
            if matches!(error, ViewError::Damaged { .. }) {
                self.damaged.store(true, Ordering::Relaxed);
            }
        })
    }
}

/// Sees the tables of one room, as of now: each call sees what is committed then.
pub struct Reader<Room> {
    view: Arc<View>,
    supposed: Option<Arc<Rows>>,
    room: PhantomData<fn() -> Room>,
}

/// Values by the keys of their rows, as they are before they are stored; `None` for a row that is removed.
type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What a batch changes, without it being applied.
#[derive(Debug, Clone)]
pub struct Changes(Rows);

impl<Room> Clone for Reader<Room> {
    fn clone(&self) -> Self {
        let supposed = self.supposed.clone();
        Self { view: Arc::clone(&self.view), supposed, room: PhantomData }
    }
}

impl<Room> fmt::Debug for Reader<Room> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<Room> Reader<Room> {
    /// Keeps batches from being applied while it is held, so that several reads see one state.
    pub fn steady(&self) -> RwLockReadGuard<'_, ()> {
        self.view.gate.read_recursive()
    }

    /// A row.
    ///
    /// # Errors
    /// [`ViewError`] when it cannot be read or is damaged.
    pub fn get<K: Key, V: DeserializeOwned>(
        &self,
        table: &Table<Room, K, V>,
        key: &K,
    ) -> Result<Option<V>, ViewError> {
        let key = row_key(table, key);
        if let Some(change) = self.supposed.as_ref().and_then(|supposed| supposed.get(&key)) {
            return change.as_deref().map(|bytes| decode(bytes, table.name)).transpose();
        }
        let bytes = self.view.row(&key, table.name)?;
        bytes.map(|bytes| decode(&bytes, table.name)).transpose()
    }

    /// The rows whose keys start with `prefix` and lie after `after`, in the order of their keys.
    pub fn scan<'a, K: Key + 'a, V: DeserializeOwned + 'a, P: Key>(
        &'a self,
        table: &'a Table<Room, K, V>,
        prefix: &P,
        after: Option<&K>,
    ) -> impl Iterator<Item = Result<(K, V), ViewError>> + 'a {
        let start = row_key(table, prefix);
        let from =
            after.map_or_else(|| start.clone(), |after| key::just_after(row_key(table, after)));
        let supposed = self.supposed.as_ref().map(|changes| {
            let batch = Batch { view: &self.view, changes: Rows::clone(changes) };
            match batch.scan(table, prefix) {
                Ok(mut rows) => {
                    rows.retain(|(key, _)| row_key(table, key) >= from);
                    rows.into_iter().map(Ok).collect()
                }
                Err(error) => vec![Err(error)],
            }
        });
        let stored = supposed.is_none().then(|| self.stored(table, start, from));
        supposed.into_iter().flatten().chain(stored.into_iter().flatten())
    }

    /// The rows that are stored: those under `start`, from `from` on.
    fn stored<'a, K: Key + 'a, V: DeserializeOwned + 'a>(
        &'a self,
        table: &'a Table<Room, K, V>,
        start: Vec<u8>,
        from: Vec<u8>,
    ) -> impl Iterator<Item = Result<(K, V), ViewError>> + 'a {
        self.view.db.range(from..).map_while(move |row| match row {
            Ok((key, _)) if !key.starts_with(&start) => None,
            Ok((key, row)) => Some(self.row_of(table, &key, &row)),
            Err(error) => Some(Err(refused(table.name, &error))),
        })
    }

    fn row_of<K: Key, V: DeserializeOwned>(
        &self,
        table: &Table<Room, K, V>,
        raw: &[u8],
        row: &[u8],
    ) -> Result<(K, V), ViewError> {
        let damaged =
            |reason: &str| ViewError::Damaged { table: table.name, reason: reason.to_owned() };
        let key =
            raw.get(1..).and_then(key::decode).ok_or_else(|| damaged("its key does not parse"))?;
        let bytes = self.view.value(row, table.name)?;
        Ok((key, decode(&bytes, table.name)?))
    }
}

/// Changes to tables of all rooms, applied all at once or not at all. It reads its own writes.
#[derive(Debug)]
pub struct Batch<'a> {
    view: &'a View,
    changes: Rows,
}

impl Batch<'_> {
    /// A row, with this batch's own changes.
    ///
    /// # Errors
    /// [`ViewError`] when it cannot be read or is damaged.
    pub fn get<Room, K: Key, V: DeserializeOwned>(
        &self,
        table: &Table<Room, K, V>,
        key: &K,
    ) -> Result<Option<V>, ViewError> {
        let key = row_key(table, key);
        let bytes = match self.changes.get(&key) {
            Some(change) => change.clone(),
            None => self.view.row(&key, table.name)?,
        };
        bytes.map(|bytes| decode(&bytes, table.name)).transpose()
    }

    /// The rows whose keys start with `prefix`, with this batch's own changes, in the order of their keys.
    ///
    /// # Errors
    /// [`ViewError`] when one cannot be read or is damaged.
    pub fn scan<Room, K: Key, V: DeserializeOwned, P: Key>(
        &self,
        table: &Table<Room, K, V>,
        prefix: &P,
    ) -> Result<Vec<(K, V)>, ViewError> {
        let start = row_key(table, prefix);
        let mut rows = BTreeMap::new();
        for row in self.view.db.scan_prefix(&start) {
            let (key, row) = row.map_err(|error| refused(table.name, &error))?;
            rows.insert(key.to_vec(), Some(self.view.value(&row, table.name)?));
        }
        let own =
            self.changes.range(start.clone()..).take_while(|(key, _)| key.starts_with(&start));
        rows.extend(own.map(|(key, change)| (key.clone(), change.clone())));
        let damaged = || ViewError::Damaged {
            table: table.name,
            reason: "its key does not parse".to_owned(),
        };
        rows.into_iter()
            .filter_map(|(key, bytes)| bytes.map(|bytes| (key, bytes)))
            .map(|(raw, bytes)| {
                let key = raw.get(1..).and_then(key::decode).ok_or_else(damaged)?;
                Ok((key, decode(&bytes, table.name)?))
            })
            .collect()
    }

    /// Sets a row.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`] when the value cannot be encoded.
    pub fn put<Room, K: Key, V: Serialize>(
        &mut self,
        table: &Table<Room, K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), ViewError> {
        let bytes = postcard::to_stdvec(value)
            .map_err(|error| ViewError::Unavailable(format!("table {}: {error}", table.name)))?;
        self.changes.insert(row_key(table, key), Some(bytes));
        Ok(())
    }

    /// What it would change, for [`View::supposing`].
    pub fn unapplied(self) -> Changes {
        Changes(self.changes)
    }

    /// Removes a row, if it is there.
    pub fn remove<Room, K: Key, V>(&mut self, table: &Table<Room, K, V>, key: &K) {
        self.changes.insert(row_key(table, key), None);
    }

    /// Applies the changes; `while_closed` runs when they are there, before any steady reader can look.
    ///
    /// # Errors
    /// [`ViewError::Unavailable`] when the disk refuses: then nothing was applied.
    pub fn apply(self, while_closed: impl FnOnce()) -> Result<(), ViewError> {
        let mut copying = self.view.copying.lock();
        if let Some(changed) = copying.as_mut() {
            changed.extend(self.changes.keys().cloned());
        }
        let mut rows = sled::Batch::default();
        let mut heap = self.view.heap.adding();
        for (key, change) in self.changes {
            match change {
                Some(value) => {
                    let row = value::write(&value, &mut heap).map_err(ViewError::Unavailable)?;
                    rows.insert(key, row);
                }
                None => rows.remove(key),
            }
        }
        rows.insert(HEAP_END, &heap.end().to_be_bytes());
        heap.write().map_err(|error| ViewError::Unavailable(error.to_string()))?;
        let gate = self.view.gate.write();
        self.view
            .db
            .apply_batch(rows)
            .map_err(|error| ViewError::Unavailable(error.to_string()))?;
        while_closed();
        drop(gate);
        drop(copying);
        Ok(())
    }
}

fn row_key<Room, K, V, P: Key>(table: &Table<Room, K, V>, key: &P) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(48);
    bytes.push(table.tag);
    key.encode(&mut bytes);
    bytes
}

fn decode<V: DeserializeOwned>(bytes: &[u8], table: &'static str) -> Result<V, ViewError> {
    postcard::from_bytes(bytes)
        .map_err(|error| ViewError::Damaged { table, reason: error.to_string() })
}

fn refused(table: &'static str, error: &sled::Error) -> ViewError {
    match error {
        sled::Error::Corruption { .. } => ViewError::Damaged { table, reason: error.to_string() },
        sled::Error::Io(_)
        | sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_) => ViewError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
