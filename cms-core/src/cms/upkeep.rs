//! What a store does by itself while it is open: it makes the derived data again when the view has
//! outgrown what is in it.
//!
//! sled gives back little of what was overwritten, so a view whose content changes often grows to several
//! times its content. Only a fresh folder is small again; readers are served from the old one until the
//! fresh one has all that it has.

use std::{
    sync::{
        Weak,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use super::{Cms, Inner, OpenError};
use crate::followers::FollowError;

/// When the store sees to its own files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpkeepOptions {
    /// How often it looks.
    pub every: Duration,
    /// A view of fewer bytes on disk is left alone.
    pub leave_below: u64,
}

impl Default for UpkeepOptions {
    fn default() -> Self {
        Self { every: Duration::from_secs(10), leave_below: 64 << 20 }
    }
}

/// How far behind the log the lists may be for there to be time for other things, in events.
const CALM: u64 = 256;

/// Looks after a store, on a thread, until the store is closed: that ends the wait for the channel.
pub(super) fn start(
    inner: Weak<Inner>,
    options: UpkeepOptions,
) -> Result<mpsc::Sender<()>, OpenError> {
    let (open, closed) = mpsc::channel();
    let look = move || {
        let mut grown_to = options.leave_below;
        while let Err(RecvTimeoutError::Timeout) = closed.recv_timeout(options.every) {
            let Some(inner) = inner.upgrade() else { return };
            if let Err(error) = look(&Cms(inner), &mut grown_to) {
                tracing::error!(%error, "the view was not made again; the old one goes on serving");
            }
        }
    };
    let thread = thread::Builder::new().name("upkeep".to_owned()).spawn(look);
    thread.map_err(|error| FollowError::Machine(error.to_string()))?;
    Ok(open)
}

/// Makes the derived data again if the view takes more than five halves of what its rows are: a fresh one
/// takes less than two. `grown_to` is the size from which on that is worth counting.
fn look(cms: &Cms, grown_to: &mut u64) -> Result<(), OpenError> {
    let on_disk = cms.derived().view.size_on_disk();
    let behind = cms.0.log.last().saturating_sub(cms.progress().1.applied);
    if on_disk < *grown_to || behind > CALM {
        return Ok(());
    }
    // If anything fails, it is tried again when it has grown some more.
    *grown_to = on_disk / 4 * 5;
    let (_, rows) = cms.space()?;
    let bound = rows / 2 * 5;
    if on_disk <= bound {
        *grown_to = bound.max(on_disk / 8 * 9);
        return Ok(());
    }
    tracing::info!(on_disk, rows, "the view has outgrown its rows: it is made again");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| FollowError::Machine(error.to_string()))?;
    runtime.block_on(cms.rebuild(|_| ()))?;
    let now = cms.derived().view.size_on_disk();
    *grown_to = now / 2 * 3;
    tracing::info!(before = on_disk, now, "the view was made again");
    Ok(())
}
