//! The log on one machine's disk, in sled.
//!
//! One database that is only ever appended to holds the log; a second one holds the cells. Reads see what
//! is durable and nothing else. Writes go through one thread, which makes one commit of all that wait.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task,
};

pub use self::{
    backup::{BackedUp, BackupError, Held, receive},
    compact::{CompactError, Compacted, compact},
    report::{Damage, Place, Progress, Verified},
    restore::{RestoreError, Restored, restore},
    verify::verify,
};
use self::{
    cells::Cells,
    committer::{Committer, Job},
    draft::Prepared,
    rows::Rows,
};
use super::{
    Append, AppendError, Appended, Cell, CellValue, Cursor, Epoch, Evidence, Hash, Holder, Log,
    LogError,
    merkle::{Edge, Tree},
    record::{self, Header, Payload},
};
use crate::{
    event::{Claim, Event, EventBody, Stream},
    id::OpId,
};

mod backup;
mod ballast;
mod cells;
mod committer;
mod compact;
mod database;
mod draft;
mod folder;
mod format;
mod keep;
mod keys;
mod mark;
mod report;
mod restore;
mod rows;
#[cfg(test)]
mod samples;
mod transfer;
mod verify;

/// Why a log did not open. Each names the file or folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another process, or this one, has it open.
    #[error("{0} is in use by another process")]
    AlreadyOpen(PathBuf),
    /// What lies there is not what was written.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// What is damaged.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Events that were acknowledged are gone from the end of the log.
    #[error("{folder} has lost its end: event {mark} was written, the last one there is {found}")]
    LostTail {
        /// The database.
        folder: PathBuf,
        /// The last event that was acknowledged, at least.
        mark: u64,
        /// The last event that is there.
        found: u64,
    },
    /// A newer version of this program wrote it.
    #[error("{path} has format {found}, and this program knows formats up to {known}")]
    Newer {
        /// The database.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest format that this program reads.
        known: u32,
    },
    /// The disk refused.
    #[error("{path} cannot be used: {reason}")]
    Unavailable {
        /// What could not be used.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// How to open a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What sled may keep of the log in memory, in bytes; the process grows by several times as much.
    pub cache: u64,
    /// Appends are refused when the disk would have fewer bytes left than these: a disk that is full to
    /// the last byte is no good place for a database.
    pub reserve: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache: 8 * 1024 * 1024, reserve: 32 * 1024 * 1024 }
    }
}

/// A log in a folder, on sled.
pub struct SledLog {
    shared: Arc<Shared>,
    epoch: Epoch,
    queue: Option<mpsc::Sender<Job>>,
    committer: Option<JoinHandle<()>>,
}

/// What readers and the committer share.
struct Shared {
    dir: PathBuf,
    options: Options,
    /// `None` while the database is closed, to be opened again after a failure.
    rows: RwLock<Option<Rows>>,
    cells: Cells,
    /// The durable log's tree.
    edge: RwLock<Arc<Edge>>,
    /// The number of the durable log's last event.
    last: watch::Sender<u64>,
    /// Commands whose commit failed and that may be in the database all the same.
    doubtful: Mutex<Vec<OpId>>,
}

impl std::fmt::Debug for SledLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledLog")
            .field("dir", &self.shared.dir)
            .field("last", &self.last())
            .finish_non_exhaustive()
    }
}

impl SledLog {
    /// Opens the log in `dir`, or makes an empty one. Blocks until it is checked.
    ///
    /// # Errors
    /// [`OpenError`], also where sled itself would panic on damaged files.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let opened = folder::open(dir, &options)?;
        let (queue, jobs) = mpsc::channel(committer::WAITING);
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            options,
            rows: RwLock::new(Some(opened.rows)),
            cells: opened.cells,
            last: watch::Sender::new(opened.edge.size()),
            edge: RwLock::new(Arc::new(opened.edge)),
            doubtful: Mutex::default(),
        });
        let committer =
            Committer::new(Arc::clone(&shared), opened.ballast, opened.mark, opened.lock);
        let thread = thread::Builder::new().name("log".to_owned());
        let thread = thread.spawn(move || committer.run(jobs));
        let committer = thread.map_err(|error| folder::unavailable(dir, &error))?;
        Ok(Self { shared, epoch: opened.epoch, queue: Some(queue), committer: Some(committer) })
    }

    /// Bytes that the log's database has on disk.
    pub fn size_on_disk(&self) -> u64 {
        self.shared.rows.read().as_ref().map_or(0, Rows::size_on_disk)
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        // The committer ends when nobody can ask it for more, and closes the files.
        self.queue = None;
        if let Some(committer) = self.committer.take() {
            let _ended = committer.join();
        }
    }
}

impl Shared {
    /// Reads, with the number of the last durable event. A panic in sled becomes an error.
    fn read<T>(
        &self,
        read: impl FnOnce(&Rows, &Edge) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let rows = self.rows.read();
        let edge = Arc::clone(&self.edge.read());
        let Some(rows) = rows.as_ref() else {
            return Err(LogError::Unavailable(
                "it is being opened again after a failure".to_owned(),
            ));
        };
        guarded(|| read(rows, &edge))
    }

    fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>, LogError> {
        self.read(|rows, edge| {
            let mut bytes = 0;
            let mut events = Vec::new();
            for stored in rows.events(after.saturating_add(1), edge.size()).take(limit) {
                let stored = stored?;
                bytes += stored.payload.as_ref().map_or(0, Vec::len);
                if bytes > AT_ONCE && !events.is_empty() {
                    break;
                }
                events.push(event(rows, &stored)?);
            }
            Ok(events)
        })
    }
}

/// Compressed bytes of bodies after which [`Log::events`] gives what it has.
const AT_ONCE: usize = 16 * 1024 * 1024;

fn event(rows: &Rows, stored: &rows::Stored) -> Result<Event, LogError> {
    let number = stored.number;
    let damaged = |reason: String| rows::damaged(number, &reason);
    let header = Header::parse(&stored.header).map_err(|error| damaged(error.to_string()))?;
    if header.number != number {
        return Err(damaged(format!("it says that it is event {}", header.number)));
    }
    if stored.payload.is_none() && rows.erased_by(number)?.is_none() {
        return Err(damaged("its body is missing, and nothing erased it".to_owned()));
    }
    header.into_event(stored.payload.as_deref()).map_err(|error| damaged(error.to_string()))
}

/// Turns a panic in sled, which some damage causes, into an error.
fn guarded<T>(act: impl FnOnce() -> Result<T, LogError>) -> Result<T, LogError> {
    catch_unwind(AssertUnwindSafe(act))
        .unwrap_or_else(|_| Err(rows::damaged(0, "the database cannot be read")))
}

/// Makes the bodies of an append ready to be stored.
fn prepare(append: Append) -> Result<Prepared, AppendError> {
    let payloads = append.events.iter().map(|event| Payload::seal(&event.body));
    let payloads = payloads.collect::<Result<Vec<_>, _>>();
    let payloads = payloads.map_err(|error| AppendError::Malformed(error.to_string()))?;
    let bytes: usize = payloads.iter().map(|payload| payload.stored.len()).sum();
    if bytes > committer::LARGEST {
        let largest = committer::LARGEST;
        return Err(AppendError::Malformed(format!(
            "{bytes} bytes, compressed, of at most {largest}"
        )));
    }
    Ok(Prepared { append, payloads })
}

/// Whether an append is so large that preparing it would keep other tasks waiting.
fn is_large(append: &Append) -> bool {
    let fields = append.events.iter().map(|event| match &event.body {
        EventBody::RevisionSaved { fields, segments, .. } => {
            let fields = fields.values().map(|value| value.as_str().map_or(1024, str::len));
            fields.chain(segments.iter().map(|segment| segment.target.len())).sum()
        }
        EventBody::TypeSaved { .. } => 64 * 1024,
        EventBody::MemoryImported { pairs, .. } => {
            pairs.iter().map(|pair| pair.source.len() + pair.target.len()).sum()
        }
        EventBody::SiteConfigured { .. }
        | EventBody::AgencySaved { .. }
        | EventBody::AccountCreated { .. }
        | EventBody::GrantsSet { .. }
        | EventBody::CommentMade { .. }
        | EventBody::CommentAssigned { .. }
        | EventBody::CommentResolved { .. }
        | EventBody::AccountRenamed { .. }
        | EventBody::AccountSwitched { .. }
        | EventBody::AccountErased { .. }
        | EventBody::EntryMoved { .. }
        | EventBody::EntryCreated { .. }
        | EventBody::Reviewed { .. }
        | EventBody::Discarded { .. }
        | EventBody::Scheduled { .. }
        | EventBody::Unscheduled { .. }
        | EventBody::ReleaseSaved { .. }
        | EventBody::ReleaseScheduled { .. }
        | EventBody::ItemScheduled { .. }
        | EventBody::ReleaseUnscheduled { .. }
        | EventBody::ItemUnscheduled { .. }
        | EventBody::ReleasePublished { .. }
        | EventBody::ReleaseDiscarded { .. }
        | EventBody::MemoryForgotten { .. }
        | EventBody::Published { .. }
        | EventBody::Unpublished { .. }
        | EventBody::Erased { .. } => 1024,
    });
    fields.sum::<usize>() > 128 * 1024
}

fn nonce(leaf: &Hash) -> [u8; 8] {
    leaf.first_chunk::<8>().copied().unwrap_or_default()
}

#[async_trait]
impl Log for SledLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let prepared = if is_large(&append) {
            let prepared = task::spawn_blocking(move || prepare(append)).await;
            prepared.map_err(|error| AppendError::Unavailable(error.to_string()))??
        } else {
            prepare(append)?
        };
        let closed = || AppendError::Unavailable("the log is closed".to_owned());
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        let (answer, answered) = oneshot::channel();
        queue.send(Job { prepared, answer }).await.map_err(|_| closed())?;
        let lost = || AppendError::Unknown("the log stopped before it answered".to_owned());
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>, LogError> {
        let shared = Arc::clone(&self.shared);
        let events = task::spawn_blocking(move || shared.events(after, limit)).await;
        events.map_err(|error| LogError::Unavailable(error.to_string()))?
    }

    async fn lookup(&self, op: OpId) -> Result<Option<Appended>, LogError> {
        self.shared.read(|rows, edge| {
            let found = rows.op(op)?.filter(|appended| appended.last <= edge.size());
            if found.is_none() && self.shared.doubtful.lock().contains(&op) {
                return Err(LogError::Unavailable("its outcome is not known yet".to_owned()));
            }
            Ok(found)
        })
    }

    async fn holder(&self, claim: &Claim) -> Result<Option<Holder>, LogError> {
        self.shared.read(|rows, edge| rows.holder(&keys::claim(claim), edge.size()))
    }

    async fn last_of(&self, stream: &Stream) -> Result<u64, LogError> {
        self.shared.read(|rows, edge| {
            let last = rows.last_under(&keys::stream(stream), edge.size())?;
            Ok(last.map_or(0, |(number, _)| number))
        })
    }

    async fn events_of(
        &self,
        stream: &Stream,
        after: u64,
        limit: usize,
    ) -> Result<Vec<u64>, LogError> {
        let prefix = keys::stream(stream);
        self.shared.read(|rows, edge| {
            rows.numbers_under(&prefix, after, edge.size()).take(limit).collect()
        })
    }

    async fn wait(&self, after: u64, limit: Duration) -> Result<u64, LogError> {
        let mut last = self.shared.last.subscribe();
        // The time being over is answered like an event: with what is there.
        let _reached = tokio::time::timeout(limit, last.wait_for(|last| *last > after)).await;
        Ok(self.last())
    }

    fn last(&self) -> u64 {
        *self.shared.last.borrow()
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    async fn cursor(&self, number: u64) -> Result<Cursor, LogError> {
        let nonce = self.shared.read(|rows, edge| match number {
            0 => Ok([0; 8]),
            _ if number > edge.size() => Err(rows::damaged(number, "there is no such event")),
            _ => rows.leaf(number).map(|leaf| nonce(&leaf)),
        })?;
        Ok(Cursor { epoch: self.epoch, number, nonce })
    }

    async fn is_own(&self, cursor: &Cursor) -> Result<bool, LogError> {
        if cursor.epoch != self.epoch || cursor.number > self.last() {
            return Ok(false);
        }
        self.cursor(cursor.number).await.map(|own| own == *cursor)
    }

    async fn root(&self, size: u64) -> Result<Hash, LogError> {
        self.shared.read(|rows, edge| Tree { tiles: rows, edge }.root(size))
    }

    async fn evidence(&self, number: u64, size: u64) -> Result<Option<Evidence>, LogError> {
        self.shared.read(|rows, edge| {
            if number == 0 || number > size || size > edge.size() {
                return Ok(None);
            }
            let proof = Tree { tiles: rows, edge }.inclusion(number - 1, size)?;
            let stored = rows.event(number)?;
            let damaged = |error: record::RecordError| rows::damaged(number, &error.to_string());
            let header = Header::parse(&stored.header).map_err(damaged)?;
            let opening = stored.payload.map(|payload| record::opening(&payload, &header.payload));
            let opening = opening.transpose().map_err(damaged)?;
            Ok(Some(Evidence { leaf: record::leaf_bytes(&stored.header).to_vec(), proof, opening }))
        })
    }

    async fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        self.shared.read(|rows, edge| Tree { tiles: rows, edge }.consistency(old, size))
    }

    async fn cell(&self, key: &str) -> Result<Option<Cell>, LogError> {
        guarded(|| self.shared.cells.get(key))
    }

    async fn set_cell(
        &self,
        key: &str,
        expected: u64,
        value: Option<CellValue>,
    ) -> Result<bool, LogError> {
        let (shared, key) = (Arc::clone(&self.shared), key.to_owned());
        let set = move || guarded(|| shared.cells.set(&key, expected, value));
        let set = task::spawn_blocking(set).await;
        set.map_err(|error| LogError::Unavailable(error.to_string()))?
    }

    async fn cells(&self, prefix: &str) -> Result<Vec<(String, Cell)>, LogError> {
        guarded(|| self.shared.cells.under(prefix))
    }
}
