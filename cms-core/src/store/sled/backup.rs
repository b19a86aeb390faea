//! A consistent copy of a log, taken while it is in use: into a folder of volumes, or onto its way there.
//!
//! A second backup into the same folder adds what is new. What was erased since the first is removed from
//! the older volumes too, so that no backup brings it back.

use std::{io, path::Path};

use super::{
    super::{
        Log as _, LogError,
        volume::{Record, VolumeError},
    },
    Header, Progress, SledLog, Tree,
    keep::Keep,
    keys, rows,
    transfer::Sending,
};

pub use super::{keep::Held, transfer::receive};

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUp {
    /// The first event that it added.
    pub first: u64,
    /// The last event that the folder holds now.
    pub last: u64,
    /// Bytes that it wrote.
    pub bytes: u64,
    /// Events whose bodies it removed from older volumes, since they were erased.
    pub erased: u64,
}

/// Why a backup was not made. What the folder held before is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// The folder holds something else than a backup.
    #[error("{0} is not empty and holds no backup")]
    NotABackup(std::path::PathBuf),
    /// The folder holds the backup of another log, or of another history of this one.
    #[error("the backup in {0} is of another history")]
    OtherHistory(std::path::PathBuf),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The folder could not be read or written.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// It did not arrive as it was sent, or not to its end.
    #[error("the backup did not arrive whole: {0}")]
    Transfer(String),
}

/// Events that are read at once.
const AT_ONCE: u64 = 256;

/// What is to be copied: the events from `first` to `last`, and what they did to names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) epoch: u64,
    pub(super) first: u64,
    pub(super) last: u64,
    /// The root of the Merkle tree over all events up to the last, in hexadecimal.
    pub(super) root: String,
}

/// Where a copy goes: events in order, then rows of the history of names.
pub(super) trait Sink {
    fn event(&mut self, record: &Record) -> Result<(), BackupError>;
    fn name(&mut self, key: &[u8], row: &[u8]) -> Result<(), BackupError>;
}

impl SledLog {
    /// Copies the log, as far as it is durable now, into `to`: an empty or missing folder, or that of an
    /// earlier backup. Blocks for as long as that takes; appends go on meanwhile.
    ///
    /// Cells are not part of it: they are leases, sessions and secrets of this machine.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn backup(
        &self,
        to: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackedUp, BackupError> {
        let keep = Keep::open(to)?;
        let plan = self.plan(keep.held().as_ref())?;
        let plan = plan.ok_or_else(|| BackupError::OtherHistory(to.to_owned()))?;
        let mut adding = keep.add(plan.clone())?;
        self.copy(&plan, &mut adding, progress)?;
        adding.finish()
    }

    /// Writes what a backup lacks to `out`, for [`receive`] at the other end. Blocks as [`Self::backup`].
    /// Answers whether there is something to send to a folder that holds this: `false`, with nothing
    /// written, where it holds another history.
    ///
    /// # Errors
    /// [`BackupError`], also when nobody reads at the other end any more.
    pub fn send_backup(
        &self,
        held: Option<&Held>,
        out: &mut dyn io::Write,
    ) -> Result<bool, BackupError> {
        let Some(plan) = self.plan(held)? else { return Ok(false) };
        let mut sending = Sending::begin(out, &plan)?;
        self.copy(&plan, &mut sending, &mut |_| ())?;
        sending.finish()?;
        Ok(true)
    }

    /// Whether what a folder holds is the beginning of this log, so that a backup can go on there.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn goes_on_from(&self, held: &Held) -> Result<bool, LogError> {
        Ok(self.plan(Some(held))?.is_some())
    }

    /// What a folder that holds this lacks; `None` where it holds another history.
    fn plan(&self, held: Option<&Held>) -> Result<Option<Plan>, LogError> {
        let (epoch, last) = (self.epoch().0, self.last());
        self.shared.read(|rows, edge| {
            let tree = Tree { tiles: rows, edge };
            if let Some(held) = held {
                let is_longer = held.last > edge.size();
                if held.epoch != epoch || is_longer || tree.root(held.last)? != held.root {
                    return Ok(None);
                }
            }
            let first = held.map_or(0, |held| held.last) + 1;
            Ok(Some(Plan { epoch, first, last, root: hex::encode(tree.root(last)?) }))
        })
    }

    fn copy(
        &self,
        plan: &Plan,
        to: &mut dyn Sink,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), BackupError> {
        let mut next = plan.first;
        while next <= plan.last {
            let until = plan.last.min(next + AT_ONCE - 1);
            for record in self.records(next, until)? {
                to.event(&record)?;
            }
            next = until + 1;
            progress(Progress { done: until, of: plan.last });
        }
        if plan.first > plan.last {
            return Ok(());
        }
        self.copy_names(plan, to)
    }

    fn records(&self, first: u64, last: u64) -> Result<Vec<Record>, LogError> {
        self.shared.read(|rows, _| {
            rows.events(first, last)
                .map(|stored| {
                    let stored = stored?;
                    let number = stored.number;
                    Header::parse(&stored.header)
                        .map_err(|error| rows::damaged(number, &error.to_string()))?;
                    if stored.payload.is_none() && rows.erased_by(number)?.is_none() {
                        return Err(rows::damaged(number, "its body is missing"));
                    }
                    Ok(Record { header: stored.header, payload: stored.payload })
                })
                .collect()
        })
    }

    /// Copies what the events did to names.
    fn copy_names(&self, plan: &Plan, to: &mut dyn Sink) -> Result<(), BackupError> {
        self.shared.read(|rows, _| {
            for row in rows.scan(Some(keys::CLAIM)) {
                let (key, row) = row?;
                if keys::number(&key)
                    .is_some_and(|number| (plan.first..=plan.last).contains(&number))
                    && let Err(error) = to.name(&key, &row)
                {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })?
    }
}
