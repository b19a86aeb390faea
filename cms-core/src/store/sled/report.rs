//! What a walk through a log reports: what is there, and each place that is damaged.

use std::fmt;

use super::{Epoch, Hash};

/// How far a long act has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Events that are done.
    pub done: u64,
    /// Events in all.
    pub of: u64,
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many events there are.
    pub events: u64,
    /// How many of them were erased.
    pub erased: u64,
    /// The history that the log is in.
    pub epoch: Option<Epoch>,
    /// The root of the Merkle tree over all events.
    pub root: Hash,
    /// What is damaged, the first thousand places.
    pub damage: Vec<Damage>,
    /// How many more places are damaged.
    pub omitted: u64,
}

impl Verified {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty()
    }
}

/// A damaged place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where.
    pub place: Place,
    /// What was found.
    pub reason: String,
}

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An event.
    Event(u64),
    /// The record that this event touched its streams.
    Streams(u64),
    /// The record of the command whose last event this is.
    Command(u64),
    /// The record that this event was erased.
    Erasure(u64),
    /// The index of all streams.
    StreamIndex,
    /// The history of names.
    Names,
    /// The records of all commands.
    Commands,
    /// A tile of the Merkle tree.
    Tile(u8, u64),
    /// The Merkle tree as a whole.
    Tree,
    /// The high-water mark.
    Mark,
    /// The cells.
    Cells,
    /// The database as a whole.
    Database,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(number) => write!(f, "event {number}"),
            Self::Streams(number) => write!(f, "the streams of event {number}"),
            Self::Command(number) => write!(f, "the command of event {number}"),
            Self::Erasure(number) => write!(f, "the erasure of event {number}"),
            Self::StreamIndex => f.write_str("the index of streams"),
            Self::Names => f.write_str("the history of names"),
            Self::Commands => f.write_str("the records of commands"),
            Self::Tile(level, index) => write!(f, "Merkle tile {level}/{index}"),
            Self::Tree => f.write_str("the Merkle tree"),
            Self::Mark => f.write_str("the high-water mark"),
            Self::Cells => f.write_str("the cells"),
            Self::Database => f.write_str("the database"),
        }
    }
}
