//! The derived data of a folder: opened, or made again where it is damaged.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use super::{OpenError, Options, folders};
use crate::{
    followers::{
        FollowError, Following, ViewFollower, delivery::generations::Generations,
        memory::MemoryFollower, search::SearchFollower,
    },
    queries::{Delivery, Editing, Settings, memory::Recollection},
    search::{self, Index, memory::Memory},
    store::{
        Log,
        view::{View, ViewError},
    },
};

/// All that is derived from the log, exchanged as a whole when it is rebuilt.
pub(super) struct Derived {
    pub(super) folder: PathBuf,
    pub(super) view: Arc<View>,
    pub(super) index: Arc<Index>,
    pub(super) delivery: Delivery,
    pub(super) editing: Editing,
    pub(super) recollection: Recollection,
    pub(super) pairs: Arc<Memory>,
    // These followers read what the view's follower wrote, and stop first.
    pub(super) search: Following,
    pub(super) memory: Following,
    pub(super) following: Following,
}

/// The databases of the derived data, while they are opened.
#[derive(Default)]
pub(super) struct Opening {
    pub(super) view: Option<Result<Arc<View>, ViewError>>,
    pub(super) index: Option<Result<Index, search::OpenError>>,
}

impl Opening {
    /// Opens what lies in the folder that serves, the view and the index at the same time. Makes nothing:
    /// whether this process may is known when it has the log.
    pub(super) fn of_serving(dir: &Path, options: &Options) -> Self {
        let Ok(Some(folder)) = folders::serving(dir) else { return Self::default() };
        let (view, index) = (folder.join("view"), folder.join("index"));
        let open_view = || {
            let there = view.join("db").exists();
            there.then(|| View::open(&view, options.view_cache).map(Arc::new))
        };
        let open_index = || index.join("meta.json").exists().then(|| Index::open(&index));
        thread::scope(|scope| {
            let index = scope.spawn(open_index);
            Self { view: open_view(), index: index.join().unwrap_or_default() }
        })
    }
}

/// Opens the derived data; what is damaged, or not there, is made from the log.
pub(super) fn open_derived(
    log: &Arc<dyn Log>,
    dir: &Path,
    options: &Options,
    opening: Opening,
) -> Result<Derived, OpenError> {
    let folder = folders::current(dir)?;
    // A process that was killed while it made the data again left what it had.
    folders::remove_others(dir);
    match start_derived(log, &folder, options, opening) {
        Ok(derived) => Ok(derived),
        Err(OpenError::View(ViewError::Damaged { table, reason })) => {
            tracing::warn!(
                table,
                reason,
                "the derived data is damaged: it is made again from the log"
            );
            let fresh = folders::next(dir)?;
            let derived = start_derived(log, &fresh, options, Opening::default())?;
            folders::make_current(dir, &fresh)?;
            folders::remove_others(dir);
            Ok(derived)
        }
        Err(other) => Err(other),
    }
}

/// Sets the followers to work in a folder; what is not open yet is opened.
pub(super) fn start_derived(
    log: &Arc<dyn Log>,
    folder: &Path,
    options: &Options,
    opening: Opening,
) -> Result<Derived, OpenError> {
    let open = || View::open(&folder.join("view"), options.view_cache).map(Arc::new);
    let view = opening.view.unwrap_or_else(open)?;
    let generations = Arc::new(Generations::default());
    let follower = ViewFollower::new(Arc::clone(log), Arc::clone(&view), Arc::clone(&generations))?;
    let following = Following::start_view(follower)?;
    let index = Arc::new(open_index(&folder.join("index"), log.last(), opening.index)?);
    let delivery = Delivery::new(
        view.reader(),
        Arc::clone(&generations),
        Arc::clone(&index),
        Arc::clone(log),
        Settings {
            caches: options.caches,
            synonym_groups: options.synonyms.clone(),
            offer: options.media.offer.clone(),
        },
    );
    let search = SearchFollower::new(
        Arc::clone(log),
        view.reader(),
        (Arc::clone(&index), Arc::clone(&generations)),
        following.subscribe(),
    )?
    .start()?;
    let editing = Editing::new(view.reader(), Arc::clone(log));
    let pairs = Arc::new(open_memory(&folder.join("memory"), log.last())?);
    let recollection = Recollection::new(Arc::clone(&pairs), delivery.clone(), editing.clone());
    let progress = following.subscribe();
    let memory =
        MemoryFollower::new(Arc::clone(log), editing.clone(), Arc::clone(&pairs), progress)?
            .start()?;
    let folder = folder.to_owned();
    Ok(Derived {
        folder,
        view,
        index,
        delivery,
        editing,
        recollection,
        pairs,
        search,
        memory,
        following,
    })
}

/// Opens the translation memory, or begins another where it is damaged, of another format, or ahead of the log.
fn open_memory(dir: &Path, last: u64) -> Result<Memory, OpenError> {
    let failed =
        |error: search::OpenError| OpenError::Follow(FollowError::Index(error.to_string()));
    let reason = match Memory::open(dir) {
        Ok(memory) if memory.applied() <= last => return Ok(memory),
        Ok(_) => "it is ahead of the log".to_owned(),
        Err(error @ search::OpenError::Unavailable { .. }) => return Err(failed(error)),
        Err(error) => error.to_string(),
    };
    tracing::warn!(reason, "the translation memory is made again from the log");
    fs::remove_dir_all(dir).map_err(|reason| OpenError::Folder { path: dir.to_owned(), reason })?;
    Memory::open(dir).map_err(failed)
}

/// Opens the index, or begins another where it is damaged, of another format, or ahead of the log.
fn open_index(
    dir: &Path,
    last: u64,
    opening: Option<Result<Index, search::OpenError>>,
) -> Result<Index, OpenError> {
    let failed =
        |error: search::OpenError| OpenError::Follow(FollowError::Index(error.to_string()));
    let reason = match opening.unwrap_or_else(|| Index::open(dir)) {
        Ok(index) if index.applied() <= last => return Ok(index),
        Ok(_) => "it is ahead of the log".to_owned(),
        Err(error @ search::OpenError::Unavailable { .. }) => return Err(failed(error)),
        Err(error) => error.to_string(),
    };
    tracing::warn!(reason, "the search index is made again from the log");
    fs::remove_dir_all(dir).map_err(|reason| OpenError::Folder { path: dir.to_owned(), reason })?;
    Index::open(dir).map_err(failed)
}
