//! Opens sled databases so that damaged files give an error: sled itself panics on some.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a database did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another process holds its lock.
    AlreadyOpen,
    /// Its files are not what was written.
    Damaged(String),
    /// The disk refused.
    Unavailable(String),
}

/// Opens the database, or says why not.
pub(super) fn open(config: &sled::Config) -> Result<sled::Db, Refusal> {
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(error)) => Err(refusal(&error)),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Refusal::Damaged(said.unwrap_or("its files cannot be read").to_owned()))
        }
    }
}

fn refusal(error: &sled::Error) -> Refusal {
    match error {
        // sled wraps the lock's "would block" in an error of kind `Other`; its text is all there is.
        sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => {
            Refusal::AlreadyOpen
        }
        sled::Error::Io(io) => Refusal::Unavailable(io.to_string()),
        sled::Error::Corruption { .. }
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_) => Refusal::Damaged(error.to_string()),
        sled::Error::CollectionNotFound(_) => Refusal::Damaged("a tree is missing".to_owned()),
    }
}
