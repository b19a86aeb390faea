//! The store: the log's port and its adapters, and `view`, typed tables for derived data.
//!
//! This is the only home of sled.

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{
    clock::Timestamp,
    event::{Claim, Event, EventBody, Stream},
    id::{AccountId, OpId},
};

mod guard;
pub mod memory;
mod packed;
mod record;
mod rules;
pub mod sled;
pub mod view;
mod volume;

pub use crate::proof::merkle::{self, Hash};

pub use self::sled::{OpenError as LogOpenError, Options as LogOptions, SledLog as EmbeddedLog};

/// What a command wants to become true, all of it or nothing.
#[derive(Debug, Clone)]
pub struct Append {
    /// The caller's handle: the same handle is accepted once, and again answers what it answered first.
    pub op: OpId,
    /// Who acts.
    pub actor: AccountId,
    /// The instant to record.
    pub at: Timestamp,
    /// The last event of each stream that the decision rests on; 0 for a stream without events.
    pub expectations: Vec<(Stream, u64)>,
    /// Names to take or release.
    pub claims: Vec<ClaimChange>,
    /// The events, in order: at least one.
    pub events: Vec<NewEvent>,
    /// Numbers of earlier events whose bodies and salts are to be removed.
    pub erase: Vec<u64>,
}

/// An event to be accepted.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What it touches.
    pub streams: Vec<Stream>,
    /// What happens.
    pub body: EventBody,
}

/// A name taken or released by a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimChange {
    /// Take it for this holder; it may have it already.
    Take(Claim, Holder),
    /// Let go of it; it may be free already. Another's name is not let go of: that is `Taken`.
    Release(Claim, Holder),
}

/// Who holds a claim: the sixteen bytes of an entry's, agency's or account's id.
pub type Holder = [u8; 16];

/// An accepted append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The number of its first event.
    pub first: u64,
    /// The number of its last event.
    pub last: u64,
}

/// Why an append was not accepted, or is not known to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A stream has moved on since the command read it.
    #[error("{stream:?} is at event {found}, not {expected}")]
    Conflict {
        /// Which stream.
        stream: Stream,
        /// What the command had seen.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// Another holder has the name.
    #[error("{claim:?} is taken")]
    Taken {
        /// Which name.
        claim: Claim,
        /// Who has it.
        holder: Holder,
    },
    /// It may have been accepted: ask [`Log::lookup`] with the same `op`.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// It was not accepted, and nothing can be for now.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It breaks a rule of the port and can never be accepted: it has no event, erases what isn't there,
    /// or is larger than an append may be.
    #[error("not an append: {0}")]
    Malformed(String),
}

/// Why the log could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// What is stored is not what was written.
    #[error("event {number} is damaged: {reason}")]
    Damaged {
        /// Which event; 0 for what belongs to none.
        number: u64,
        /// What was found.
        reason: String,
    },
    /// Nothing can be read for now.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A cell's value is longer than [`CELL_LIMIT`].
    #[error("a cell holds at most {CELL_LIMIT} bytes, not {found}")]
    TooLarge {
        /// Its length in bytes.
        found: usize,
    },
}

/// The longest value of a cell, in bytes.
pub const CELL_LIMIT: usize = 16 * 1024;

/// The longest body of an event, as JSON, in bytes. A commit holds an append as a whole in memory.
pub const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// Which history a number belongs to: a restore of an older state starts a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

/// A place in the log that a reader keeps: verified whenever it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The history it was taken from.
    pub epoch: Epoch,
    /// The last event it has seen; 0 for none.
    pub number: u64,
    /// The first eight bytes of that event's leaf hash; zeros for none.
    pub nonce: [u8; 8],
}

/// The log: an append is atomic and durable before it is acknowledged, and numbers have no gap.
///
/// Every adapter passes one conformance suite.
#[async_trait]
pub trait Log: Send + Sync + fmt::Debug {
    /// Accepts all events or none. Once it answers `Ok` they survive a crash of the process and a loss
    /// of power.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// At most `limit` events with numbers above `after`, in order; fewer when there are no more, or when
    /// they are very large, but at least one when there is one. Erased events come without a body.
    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>, LogError>;

    /// What became of a command: its events' numbers, or `None` when it was never accepted.
    async fn lookup(&self, op: OpId) -> Result<Option<Appended>, LogError>;

    /// Who holds a name.
    async fn holder(&self, claim: &Claim) -> Result<Option<Holder>, LogError>;

    /// The last event of a stream; 0 for none.
    async fn last_of(&self, stream: &Stream) -> Result<u64, LogError>;

    /// The numbers of a stream's events above `after`, in order, at most `limit` of them.
    async fn events_of(
        &self,
        stream: &Stream,
        after: u64,
        limit: usize,
    ) -> Result<Vec<u64>, LogError>;

    /// Returns as soon as there is an event above `after`, with the last event's number; at the latest
    /// after `limit`.
    async fn wait(&self, after: u64, limit: Duration) -> Result<u64, LogError>;

    /// The number of the last event; 0 for an empty log.
    fn last(&self) -> u64;

    /// The history that this log is in.
    fn epoch(&self) -> Epoch;

    /// A cursor at this event, for a reader to keep.
    async fn cursor(&self, number: u64) -> Result<Cursor, LogError>;

    /// Whether the cursor is one of this log's.
    async fn is_own(&self, cursor: &Cursor) -> Result<bool, LogError>;

    /// The Merkle tree hash of the first `size` events (RFC 6962, section 2.1).
    async fn root(&self, size: u64) -> Result<Hash, LogError>;

    /// What shows that an event is among the first `size`, and what its payload was; `None` when there is no
    /// such event among them.
    async fn evidence(&self, number: u64, size: u64) -> Result<Option<Evidence>, LogError>;

    /// The proof that the first `old` events are the beginning of the first `size` (RFC 6962, section 2.1.2).
    async fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>, LogError>;

    /// A small expiring value outside the log, changed under compare-and-set.
    async fn cell(&self, key: &str) -> Result<Option<Cell>, LogError>;

    /// Sets (`Some`) or removes (`None`) a cell if its generation still is `expected` (0: there is none).
    /// Answers whether it did. Durable before it is acknowledged.
    async fn set_cell(
        &self,
        key: &str,
        expected: u64,
        value: Option<CellValue>,
    ) -> Result<bool, LogError>;

    /// All cells whose keys start with `prefix`, in the order of their keys.
    async fn cells(&self, prefix: &str) -> Result<Vec<(String, Cell)>, LogError>;
}

/// What shows that an event is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The bytes that are a leaf of the tree.
    pub leaf: Vec<u8>,
    /// The proof that they are (RFC 6962, section 2.1.1).
    pub proof: Vec<Hash>,
    /// What the leaf has a digest of; `None` once erased.
    pub opening: Option<Opening>,
}

/// An event's payload, and the salt that its digest was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Random bytes.
    pub salt: [u8; SALT],
    /// The body, as the JSON text that the digest was made of.
    pub json: Vec<u8>,
}

/// Random bytes before a payload.
pub const SALT: usize = 16;

/// A cell as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Grows with each change, from 1; a key never has the same generation twice, even when it was removed
    /// in between.
    pub generation: u64,
    /// Its value.
    pub value: Vec<u8>,
    /// When it is as good as gone. The adapter doesn't look at it: the reader compares it with its clock.
    pub expires: Option<Timestamp>,
}

/// What to put into a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellValue {
    /// At most [`CELL_LIMIT`] bytes.
    pub value: Vec<u8>,
    /// When it is as good as gone.
    pub expires: Option<Timestamp>,
}
