//! Search: lists, filters, sorts, facets and counts over what is published, from one index.
//!
//! One follower writes ([`Writer`]), everybody reads ([`Index::list`]). The index holds nothing but the
//! ids of the forms that readers can get and the values that lists look at; what a hit looks like is the
//! delivery view's. Each form names the locales that it serves, so that fallback costs nothing here. The
//! index is derived data: any of it can be deleted and built again from the log.
//!
//! This is the only home of tantivy.

pub mod analysis;
mod collation;
mod counts;
mod cursor;
mod error;
mod layout;
mod matching;
mod order;
mod payload;
mod query;
mod ranking;
mod snapshot;
mod top;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use tantivy::{
    IndexReader, ReloadPolicy, TantivyError, directory::MmapDirectory, directory::RamDirectory,
};

pub use cursor::BadCursor;
pub use error::{IndexError, OpenError};
pub use query::{Facets, Hit, IndexForm, ListPage, ListQuery, Position, Rank};
pub use ranking::Passages;
pub use writer::{Pace, Writer};

use layout::Layout;
use matching::Matching;
use payload::Payload;
use snapshot::Snapshot;

use crate::id::FieldName;

/// The index of all published forms. A handle: clones are the same index.
#[derive(Clone)]
pub struct Index(Arc<Shared>);

struct Shared {
    inner: tantivy::Index,
    layout: Layout,
    reader: IndexReader,
    snapshot: RwLock<Arc<Snapshot>>,
    refreshing: Mutex<()>,
    applied: AtomicU64,
}

impl Index {
    /// Opens the index in a folder, or begins an empty one there. Every file of it is read once, to check
    /// that it is what was written.
    ///
    /// # Errors
    /// [`OpenError::OtherFormat`] and [`OpenError::Damaged`] for an index that has to be built again, in
    /// another folder; [`OpenError::Unavailable`] when the folder cannot be used.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let unavailable = |error: &dyn fmt::Display| OpenError::Unavailable {
            reason: format!("{}: {error}", dir.display()),
        };
        std::fs::create_dir_all(dir).map_err(|error| unavailable(&error))?;
        let directory = MmapDirectory::open(dir).map_err(|error| unavailable(&error))?;
        Self::in_directory(directory)
    }

    /// An empty index that lives as long as its handles.
    ///
    /// # Errors
    /// [`OpenError::Unavailable`] when the machine refuses it a thread.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::in_directory(RamDirectory::create())
    }

    fn in_directory(directory: impl Into<Box<dyn tantivy::Directory>>) -> Result<Self, OpenError> {
        let layout = Layout::new();
        let builder =
            tantivy::Index::builder().schema(layout.schema.clone()).settings(Layout::settings());
        let inner = builder.open_or_create(directory).map_err(unopened)?;
        let applied = checked(&inner)?;
        let reader = inner
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(unopened)?;
        let reader: IndexReader = reader;
        let snapshot = Snapshot::new(reader.searcher(), None);
        let snapshot =
            snapshot.map_err(|error| OpenError::Damaged { reason: error.to_string() })?;
        Ok(Self(Arc::new(Shared {
            inner,
            layout,
            reader,
            snapshot: RwLock::new(Arc::new(snapshot)),
            refreshing: Mutex::new(()),
            applied: AtomicU64::new(applied),
        })))
    }

    /// The one that changes the index.
    ///
    /// # Errors
    /// [`IndexError::HasWriter`] while there is another one, in this process or elsewhere.
    pub fn writer(&self, pace: Pace) -> Result<Writer, IndexError> {
        Writer::new(self.clone(), pace)
    }

    /// The last event that the index holds the result of; 0 for none.
    pub fn applied(&self) -> u64 {
        self.0.applied.load(Ordering::Acquire)
    }

    /// Answers a list from the state of the last commit.
    ///
    /// By publication, either way, the time it takes does not grow with the number of forms. By other keys,
    /// and for facets and counts, it grows with the number of forms that the filter lets through.
    ///
    /// # Errors
    /// [`IndexError::WrongPosition`] for a position of a list in another order, [`IndexError::Failed`] when
    /// the index cannot be read.
    pub fn list(&self, query: &ListQuery) -> Result<ListPage, IndexError> {
        let snapshot = Arc::clone(&self.0.snapshot.read());
        let layout = &self.0.layout;
        let matching = Matching::new(&snapshot, layout, query, &query.filter)?;
        let (hits, next) = top::page(&snapshot, &matching, query)?;
        let mut page = ListPage { hits, next, count: None, facets: BTreeMap::new() };
        let filtered = |field: &&FieldName| query.filter.0.contains_key(*field);
        let (own, free): (Vec<_>, Vec<_>) = query.facets.iter().partition(filtered);
        if !free.is_empty() {
            let free: Vec<_> = free.into_iter().cloned().collect();
            let (count, facets) = counts::tally(&snapshot, &matching, &free)?;
            (page.count, page.facets) = (query.count.then_some(count), facets);
        } else if query.count {
            page.count = Some(counts::count(&snapshot, &matching)?);
        }
        for field in own {
            let others = Matching::new(&snapshot, layout, query, &query.filter.without(field))?;
            page.facets.extend(counts::tally(&snapshot, &others, std::slice::from_ref(field))?.1);
        }
        Ok(page)
    }

    /// Takes up what was merged since the last commit, so that lists get quicker: for when nothing else is
    /// going on.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read; lists go on as before.
    pub fn refresh(&self) -> Result<(), IndexError> {
        // One at a time, so that no older state replaces a newer one; readers wait for neither.
        let _turn = self.0.refreshing.lock();
        self.0.reader.reload()?;
        let current = Arc::clone(&self.0.snapshot.read());
        let next = Arc::new(Snapshot::new(self.0.reader.searcher(), Some(&current))?);
        *self.0.snapshot.write() = next;
        Ok(())
    }

    /// Shows a commit to everybody.
    fn see(&self, applied: u64) -> Result<(), IndexError> {
        self.refresh()?;
        self.0.applied.store(applied, Ordering::Release);
        Ok(())
    }

    fn inner(&self) -> &tantivy::Index {
        &self.0.inner
    }

    fn layout(&self) -> &Layout {
        &self.0.layout
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("applied", &self.applied()).finish_non_exhaustive()
    }
}

/// The last event in an index whose files are all what was written.
fn checked(inner: &tantivy::Index) -> Result<u64, OpenError> {
    let meta = inner.load_metas().map_err(unopened)?;
    let applied = match meta.payload {
        Some(payload) => Payload::parse(&payload)?.applied,
        None if meta.segments.is_empty() => 0,
        None => return Err(OpenError::OtherFormat { found: 0, expected: layout::FORMAT }),
    };
    if meta.index_settings != Layout::settings() {
        return Err(OpenError::OtherFormat { found: 0, expected: layout::FORMAT });
    }
    let damaged = inner.validate_checksum().map_err(unopened)?;
    match damaged.iter().next() {
        Some(file) => Err(OpenError::Damaged {
            reason: format!("the checksum of {} is wrong", file.display()),
        }),
        None => Ok(applied),
    }
}

fn unopened(error: TantivyError) -> OpenError {
    use TantivyError::{
        IncompatibleIndex, LockFailure, OpenDirectoryError, SchemaError, SystemError,
    };
    if let SchemaError(_) | IncompatibleIndex(_) = error {
        OpenError::OtherFormat { found: 0, expected: layout::FORMAT }
    } else if let OpenDirectoryError(_) | LockFailure(..) | SystemError(_) = error {
        OpenError::Unavailable { reason: error.to_string() }
    } else {
        OpenError::Damaged { reason: error.to_string() }
    }
}
