//! What can go wrong with an index.

use tantivy::TantivyError;

/// Why an index could not be opened.
///
/// For the first two, the index is to be built again from the log, into a fresh folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was written by another version of the program.
    #[error("the index has format {found}, not {expected}")]
    OtherFormat {
        /// The format found; 0 where there is an index without one.
        found: u32,
        /// The format that this program reads and writes.
        expected: u32,
    },
    /// What is stored is not what was written.
    #[error("the index is damaged: {reason}")]
    Damaged {
        /// What was found.
        reason: String,
    },
    /// It cannot be read or written for now.
    #[error("the index is unavailable: {reason}")]
    Unavailable {
        /// What was tried, and the system's answer.
        reason: String,
    },
}

/// Why the index could not be asked or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Another writer is at work on the same index.
    #[error("the index already has a writer")]
    HasWriter,
    /// The position is of a list that is sorted by other keys.
    #[error("the position has {found} values for {expected} sort keys")]
    WrongPosition {
        /// The values in the position.
        found: usize,
        /// The keys that the list is sorted by.
        expected: usize,
    },
    /// Reading or writing failed. A writer that answered this is to be dropped: what it had not committed
    /// is lost, and is to be written again from [`super::Index::applied`] on.
    #[error("the index failed: {reason}")]
    Failed {
        /// What was found.
        reason: String,
    },
}

impl From<TantivyError> for IndexError {
    fn from(error: TantivyError) -> Self {
        if let TantivyError::LockFailure(..) = error {
            Self::HasWriter
        } else {
            Self::Failed { reason: error.to_string() }
        }
    }
}

impl From<std::io::Error> for IndexError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed { reason: error.to_string() }
    }
}
