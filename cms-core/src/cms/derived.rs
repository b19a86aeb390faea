//! The derived data of a folder: opened, or made again where it is damaged.

use std::{fs, path::Path, sync::Arc};

use super::{OpenError, Options, folders};
use crate::{
    followers::{
        FollowError, Following, ViewFollower, delivery::generations::Generations,
        search::SearchFollower,
    },
    queries::{Delivery, Editing},
    search::{self, Index},
    store::{
        Log,
        view::{View, ViewError},
    },
};

/// All that is derived from the log, exchanged as a whole when it is rebuilt.
pub(super) struct Derived {
    pub(super) delivery: Delivery,
    pub(super) editing: Editing,
    // The search follower reads what the view's follower wrote, and stops first.
    pub(super) search: Following,
    pub(super) following: Following,
}

/// Opens the derived data; what is damaged, or not there, is made from the log.
pub(super) fn open_derived(
    log: &Arc<dyn Log>,
    dir: &Path,
    options: &Options,
) -> Result<Derived, OpenError> {
    let folder = folders::current(dir)?;
    match start_derived(log, &folder, options) {
        Ok(derived) => Ok(derived),
        Err(OpenError::View(ViewError::Damaged { table, reason })) => {
            tracing::warn!(
                table,
                reason,
                "the derived data is damaged: it is made again from the log"
            );
            let fresh = folders::next(dir)?;
            let derived = start_derived(log, &fresh, options)?;
            folders::make_current(dir, &fresh)?;
            folders::remove_others(dir);
            Ok(derived)
        }
        Err(other) => Err(other),
    }
}

pub(super) fn start_derived(
    log: &Arc<dyn Log>,
    folder: &Path,
    options: &Options,
) -> Result<Derived, OpenError> {
    let view = Arc::new(View::open(&folder.join("view"), options.view_cache)?);
    let generations = Arc::new(Generations::default());
    let follower = ViewFollower::new(Arc::clone(log), Arc::clone(&view), Arc::clone(&generations))?;
    let following = Following::start_view(follower)?;
    let index = Arc::new(open_index(&folder.join("index"), log.last())?);
    let delivery = Delivery::new(
        view.reader(),
        Arc::clone(&generations),
        Arc::clone(&index),
        Arc::clone(log),
        (options.caches, options.synonyms.clone()),
    );
    let search = SearchFollower::new(
        Arc::clone(log),
        view.reader(),
        (index, Arc::clone(&generations)),
        following.subscribe(),
    )?
    .start()?;
    let editing = Editing::new(view.reader(), Arc::clone(log));
    Ok(Derived { delivery, editing, search, following })
}

/// Opens the index, or begins another where it is damaged, of another format, or ahead of the log.
fn open_index(dir: &Path, last: u64) -> Result<Index, OpenError> {
    let failed =
        |error: search::OpenError| OpenError::Follow(FollowError::Index(error.to_string()));
    let reason = match Index::open(dir) {
        Ok(index) if index.applied() <= last => return Ok(index),
        Ok(_) => "it is ahead of the log".to_owned(),
        Err(error @ search::OpenError::Unavailable { .. }) => return Err(failed(error)),
        Err(error) => error.to_string(),
    };
    tracing::warn!(reason, "the search index is made again from the log");
    fs::remove_dir_all(dir).map_err(|reason| OpenError::Folder { path: dir.to_owned(), reason })?;
    Index::open(dir).map_err(failed)
}
