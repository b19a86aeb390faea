//! The façade: open a folder, then one method per act and per question.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use serde_json::Value;

use crate::{
    access::Actor,
    clock::{Clock, SystemClock},
    commands::{
        Accepted, CommandError, Means,
        configure_site::ConfigureSite,
        create_entry::CreateEntry,
        import::{Applied, ImportError, ImportOptions, ImportReport, Lines},
        publish::Publish,
        save_agency::SaveAgency,
        save_draft::SaveDraft,
        save_type::SaveTypeError,
        set_up::SetUp,
        unpublish::Unpublish,
    },
    content_type,
    followers::{FollowError, Following, Progress},
    id::{AgencyId, EntryId, ExternalKey},
    locale::Locale,
    queries::{Caches, Delivery, Editing, ReadError},
    store::{EmbeddedLog, Log, LogOpenError, LogOptions, view::ViewError},
};

mod derived;
mod folders;

use derived::{Derived, open_derived, start_derived};

/// How long an act waits for this node's followers before it answers all the same.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often an act is decided anew when what it rests on has moved.
const ATTEMPTS: usize = 5;

/// How to open a folder.
#[derive(Debug, Clone)]
pub struct Options {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How the log is opened.
    pub log: LogOptions,
    /// What the store may keep of the views in memory, in bytes; the process grows by several times as much.
    pub view_cache: u64,
    /// What answers to readers may take in memory.
    pub caches: Caches,
    /// The content types, as schema files; those that are shipped without.
    pub types: Option<Vec<Value>>,
    /// What a new site starts with.
    pub set_up: SetUp,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            log: LogOptions::default(),
            view_cache: 8 << 20,
            caches: Caches::default(),
            types: None,
            set_up: SetUp::default(),
        }
    }
}

/// Why a folder did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log did not open.
    #[error(transparent)]
    Log(#[from] LogOpenError),
    /// The views did not open, nor could they be made again.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The followers did not start.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The folder cannot be used.
    #[error("{path}: {reason}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A content type cannot be what the files say.
    #[error("content type {name}: {reason}")]
    Type {
        /// Which.
        name: String,
        /// Why.
        reason: Box<SaveTypeError>,
    },
    /// The site could not be set up.
    #[error(transparent)]
    SetUp(#[from] CommandError),
    /// The followers don't catch up.
    #[error("the followers stand at event {applied} of {last} and don't go on")]
    Lagging {
        /// The last event applied.
        applied: u64,
        /// The last event there is.
        last: u64,
    },
}

/// A store, open: the log, its followers, and all acts and questions.
///
/// Cheap to clone; the folder stays open until the last clone is gone.
#[derive(Clone)]
pub struct Cms(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    options: Options,
    log: Arc<dyn Log>,
    derived: ArcSwap<Derived>,
}

impl fmt::Debug for Cms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cms").field("dir", &self.0.dir).finish_non_exhaustive()
    }
}

impl Cms {
    /// Opens a folder with the default options, or makes one: a site with English and one agency, and
    /// the shipped content types.
    ///
    /// # Errors
    /// [`OpenError`], also when another process has the folder.
    pub async fn open(dir: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(dir.as_ref(), Options::default()).await
    }

    /// Opens a folder, or makes one.
    ///
    /// # Errors
    /// [`OpenError`], also when another process has the folder.
    pub async fn open_with(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let unusable = |reason| OpenError::Folder { path: dir.to_owned(), reason };
        fs::create_dir_all(dir).map_err(unusable)?;
        let log = EmbeddedLog::open(&dir.join("log"), options.log.clone())?;
        Self::over(Arc::new(log), dir, options).await
    }

    /// Opens the derived data in a folder over a log that is open already.
    ///
    /// # Errors
    /// As [`Cms::open_with`].
    pub async fn over(log: Arc<dyn Log>, dir: &Path, options: Options) -> Result<Self, OpenError> {
        let derived = open_derived(&log, dir, &options)?;
        let cms = Self(Arc::new(Inner {
            dir: dir.to_owned(),
            log,
            derived: ArcSwap::from_pointee(derived),
            options,
        }));
        cms.prepare().await?;
        Ok(cms)
    }

    /// Sets up a new site, and brings the content types up to date.
    async fn prepare(&self) -> Result<(), OpenError> {
        self.means().set_up(self.0.options.set_up.clone()).await?;
        self.caught_up().await?;
        let Some(administrator) = self.administrator().map_err(CommandError::from)? else {
            return Ok(());
        };
        let types = self.0.options.types.clone().unwrap_or_else(|| {
            content_type::shipped()
                .into_iter()
                .filter_map(|(_, file)| serde_json::from_str(file).ok())
                .collect()
        });
        for schema in &types {
            self.save_type(&administrator, schema).await.map_err(|reason| OpenError::Type {
                name: schema.get("x-type").and_then(Value::as_str).unwrap_or("?").to_owned(),
                reason: Box::new(reason),
            })?;
        }
        Ok(())
    }

    /// Waits until everything accepted so far is known here, however long the followers take, as long
    /// as they go on.
    async fn caught_up(&self) -> Result<(), OpenError> {
        let last = self.0.log.last();
        let mut before = u64::MAX;
        while !self.derived().following.passed(last, PATIENCE).await {
            let applied = self.derived().following.progress().applied;
            if applied == before {
                return Err(OpenError::Lagging { applied, last });
            }
            before = applied;
        }
        Ok(())
    }

    fn derived(&self) -> arc_swap::Guard<Arc<Derived>> {
        self.0.derived.load()
    }

    fn means(&self) -> Means {
        Means {
            log: Arc::clone(&self.0.log),
            editing: self.editing(),
            clock: Arc::clone(&self.0.options.clock),
        }
    }

    /// The log: for programs that follow what happens.
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.0.log
    }

    /// What time it is here.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.options.clock
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Answers readers.
    pub fn delivery(&self) -> Delivery {
        self.derived().delivery.clone()
    }

    /// Answers editors, drafts included.
    pub fn editing(&self) -> Editing {
        self.derived().editing.clone()
    }

    /// The first administrator: who acts when the owner of the folder does.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn administrator(&self) -> Result<Option<Actor>, ReadError> {
        Ok(self.editing().administrator()?.map(Actor::administrator))
    }

    /// How far the followers have come: of the view, and of the search index.
    pub fn progress(&self) -> (Progress, Progress) {
        let derived = self.derived();
        (derived.following.progress(), derived.search.progress())
    }

    /// Waits until readers and editors here see an event; `false` when the limit came first.
    pub async fn applied(&self, event: u64, limit: Duration) -> bool {
        let derived = self.0.derived.load_full();
        derived.following.passed(event, limit).await && derived.search.passed(event, limit).await
    }

    /// Makes an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn create_entry(
        &self,
        actor: &Actor,
        act: CreateEntry,
    ) -> Result<(EntryId, Accepted), CommandError> {
        let done = self.act(async |means| means.create_entry(actor, act.clone()).await).await?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Saves a revision of one part of an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn save_draft(
        &self,
        actor: &Actor,
        act: SaveDraft,
    ) -> Result<Accepted, CommandError> {
        let done = self.act(async |means| means.save_draft(actor, act.clone()).await).await?;
        Ok(self.seen(done).await)
    }

    /// Publishes the newest revision of one part of an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn publish(&self, actor: &Actor, act: Publish) -> Result<Accepted, CommandError> {
        let done = self.act(async |means| means.publish(actor, act.clone()).await).await?;
        Ok(self.seen(done).await)
    }

    /// Takes a locale of an entry away from readers.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn unpublish(&self, actor: &Actor, act: Unpublish) -> Result<Accepted, CommandError> {
        let done = self.act(async |means| means.unpublish(actor, act.clone()).await).await?;
        Ok(self.seen(done).await)
    }

    /// Erases an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn erase(&self, actor: &Actor, entry: EntryId) -> Result<Accepted, CommandError> {
        let done = self.act(async |means| means.erase(actor, entry).await).await?;
        Ok(self.seen(done).await)
    }

    /// Adds or changes an agency.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn save_agency(
        &self,
        actor: &Actor,
        act: SaveAgency,
    ) -> Result<(AgencyId, Accepted), CommandError> {
        let done = self.act(async |means| means.save_agency(actor, act.clone()).await).await?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Sets the site's locales and default agency.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn configure_site(
        &self,
        actor: &Actor,
        act: ConfigureSite,
    ) -> Result<Accepted, CommandError> {
        let done = self.act(async |means| means.configure_site(actor, act.clone()).await).await?;
        Ok(self.seen(done).await)
    }

    /// Adds or changes a content type; `None` when it is there already, unchanged.
    ///
    /// # Errors
    /// [`SaveTypeError`]
    pub async fn save_type(
        &self,
        actor: &Actor,
        schema: &Value,
    ) -> Result<Option<Accepted>, SaveTypeError> {
        let done = self.means().save_type(actor, schema).await?;
        if let Some(accepted) = done {
            self.seen(accepted).await;
        }
        Ok(done)
    }

    /// Imports lines.
    ///
    /// # Errors
    /// [`ImportError`]; refused lines are in the report.
    pub async fn import(
        &self,
        actor: &Actor,
        lines: &mut dyn Lines,
        options: &ImportOptions,
        progress: &(dyn Fn(u64, u64) + Send + Sync),
    ) -> Result<ImportReport, ImportError> {
        let derived = self.0.derived.load_full();
        self.means().import(actor, lines, options, (&derived.following, progress)).await
    }

    /// Waits until everything accepted so far is in lists, too.
    ///
    /// # Errors
    /// `false` when the followers have stopped.
    pub async fn settled(&self) -> bool {
        let last = self.0.log.last();
        let mut before = (u64::MAX, u64::MAX);
        loop {
            if self.applied(last, PATIENCE).await {
                return true;
            }
            let (view, search) = self.progress();
            if (view.applied, search.applied) == before {
                return false;
            }
            before = (view.applied, search.applied);
        }
    }

    /// Decides an act, anew when what it rests on moved meanwhile.
    async fn act<T>(
        &self,
        decide: impl AsyncFn(Means) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let mut attempt = 1;
        loop {
            match decide(self.means()).await {
                Err(CommandError::Conflict(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                    self.derived().following.passed(self.0.log.last(), PATIENCE).await;
                }
                other => return other,
            }
        }
    }

    /// Waits, within bounds, until whoever acted can read what they wrote.
    async fn seen(&self, accepted: Accepted) -> Accepted {
        if !self.applied(accepted.event, PATIENCE).await {
            tracing::warn!(event = accepted.event, "accepted, but not applied here yet");
        }
        accepted
    }

    /// Makes all derived data again from the log, in fresh folders, and exchanges it for the old, which
    /// serves until then. What readers get is the same bytes.
    ///
    /// # Errors
    /// [`OpenError`]: the old data goes on serving.
    pub fn rebuild(&self, progress: &dyn Fn(u64)) -> Result<(), OpenError> {
        let folder = folders::next(&self.0.dir)?;
        crate::followers::rebuild(
            &self.0.log,
            &folder.join("view"),
            self.0.options.view_cache,
            progress,
        )?;
        let derived = start_derived(&self.0.log, &folder, &self.0.options)?;
        folders::make_current(&self.0.dir, &folder)?;
        self.0.derived.store(Arc::new(derived));
        folders::remove_others(&self.0.dir);
        Ok(())
    }
}

#[async_trait::async_trait]
impl Applied for Following {
    async fn passed(&self, number: u64, limit: Duration) -> bool {
        Self::passed(self, number, limit).await
    }
}

impl Default for SetUp {
    fn default() -> Self {
        Self {
            default_locale: Locale::english(),
            agency_key: ExternalKey::parse("default")
                .unwrap_or_else(|_| unreachable!("a key of letters")),
            agency_name: "Default agency".to_owned(),
        }
    }
}
