//! Search: lists, filters, sorts, facets, counts and full-text search over what is published, from one
//! index.
//!
//! One follower writes ([`Writer`]), everybody reads ([`Index::list`], [`Index::search`],
//! [`Index::complete`]). The index holds the ids of the forms that readers can get, the values that lists
//! look at, and the text by what it is found by, with short passages to show; what else a hit looks like is
//! the delivery view's. Each form names the locales that it serves, so that fallback costs nothing here. The
//! index is derived data: any of it can be deleted and built again from the log.
//!
//! This is the only home of tantivy.

pub mod analysis;
pub mod bare;
mod best;
mod codes;
mod collation;
mod counts;
mod cursor;
mod error;
mod find;
mod layout;
mod left;
mod linking;
mod marker;
mod matching;
pub mod memory;
mod order;
mod passages;
mod payload;
mod plan;
mod query;
mod ranking;
pub mod reading;
mod showing;
mod snapshot;
mod statistics;
mod steady;
mod suggest;
mod synonyms;
pub mod syntax;
mod terms;
mod text;
mod top;
mod typing;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard, RwLock};
use tantivy::{
    IndexReader, ReloadPolicy, TantivyError, directory::MmapDirectory, directory::RamDirectory,
};

pub use cursor::{BadCursor, Paged};
pub use error::{IndexError, OpenError};
pub use passages::Passages;
pub use query::{
    Embedded, Facets, FormText, Hit, IndexForm, ListPage, ListQuery, Passage, Piece, PieceText,
    Position, Rank, SearchHit, SearchPage, SearchQuery,
};
pub use suggest::Completions;
pub use synonyms::Synonyms;
pub use writer::{Pace, Writer};

use analysis::Analyzer;
use layout::Layout;
use matching::Matching;
use payload::Payload;
use snapshot::Snapshot;
use text::Analyzers;

use crate::{filter::Filter, locale::Locale};

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
    analyzers: Mutex<Analyzers>,
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
        inner.tokenizers().register(terms::READER, terms::Reader::default());
        let applied = checked(&inner)?;
        let reader = inner
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(unopened)?;
        let reader: IndexReader = reader;
        let snapshot = Snapshot::new(reader.searcher(), &layout, None);
        let snapshot =
            snapshot.map_err(|error| OpenError::Damaged { reason: error.to_string() })?;
        Ok(Self(Arc::new(Shared {
            inner,
            layout,
            reader,
            snapshot: RwLock::new(Arc::new(snapshot)),
            refreshing: Mutex::new(()),
            applied: AtomicU64::new(applied),
            analyzers: Mutex::default(),
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
        let snapshot = self.snapshot();
        let matching =
            |filter: &Filter| Matching::new(&snapshot, &self.0.layout, (query, filter), None);
        counts::counted(&snapshot, query, matching)
    }

    /// One state of the index.
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.snapshot.read())
    }

    /// The analyzer of a locale.
    fn analyzer(&self, locale: &Locale) -> Arc<Analyzer> {
        self.analyzers().of(locale)
    }

    fn analyzers(&self) -> MutexGuard<'_, Analyzers> {
        self.0.analyzers.lock()
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
        let next =
            Arc::new(Snapshot::new(self.0.reader.searcher(), &self.0.layout, Some(&current))?);
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
