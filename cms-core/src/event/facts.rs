//! What events say of content: the small types in their bodies, each with a meaning of its own.

use serde::{Deserialize, Serialize};

use super::Part;
use crate::{clock::Timestamp, id::EntryId};

/// What the author says that a change of the source means for its translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// A typo or the like: translations stay current.
    Editorial,
    /// The meaning changed: translations are outdated.
    Substantive,
    /// Advice that protects changed: translations are outdated, and the type's policy applies.
    Safety,
}

/// Which source revision a translation was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Translates {
    /// This revision of the source locale.
    Revision(u32),
    /// A source text that this store has never held, by its digest: the translation is outdated.
    Unknown(String),
}

/// How an entry that is no longer published in a locale answers there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// The title stays, with a notice and perhaps what to read instead.
    Withdrawn {
        /// Why, for readers.
        notice: Option<String>,
        /// What to read instead.
        replacement: Option<EntryId>,
    },
    /// 410, with what to read instead where there is something.
    Gone {
        /// What to read instead.
        replacement: Option<EntryId>,
    },
}

/// Which event saved a revision, as the event that publishes it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedAt {
    /// The event with this number.
    Event(u64),
    /// The event so many places before: for a revision that is saved and published by one command,
    /// whose numbers nobody knows until it is accepted.
    Before(u64),
}

impl SavedAt {
    /// The number, in an event with this number.
    pub const fn number(self, own: u64) -> u64 {
        match self {
            Self::Event(number) => number,
            Self::Before(distance) => own.saturating_sub(distance),
        }
    }
}

/// A step of a draft's review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStep {
    /// Its author holds it to be done.
    Submitted,
    /// A reviewer wants it otherwise.
    ChangesRequested,
    /// A reviewer holds it to be right.
    Approved,
}

/// What is to happen when its time has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// This revision is published.
    Publish(u32),
    /// The locale is taken away.
    Unpublish(Withdrawal),
}

/// Something that a release does to a part of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseItem {
    /// To which entry.
    pub entry: EntryId,
    /// To which part of it. Shared fields are published, never taken away.
    pub part: Part,
    /// What.
    pub due: Due,
}

/// A text and its translation, from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedPair {
    /// What was said.
    pub source: String,
    /// How it was translated.
    pub target: String,
    /// When, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}
