//! The façade: open a folder, then one method per act and per question.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, atomic::AtomicI64},
    time::Duration,
};

use arc_swap::ArcSwap;
use serde_json::Value;

use crate::{
    access::Actor,
    clock::{Clock, SystemClock},
    commands::{
        CommandError, Means,
        doors::Doors,
        import::{Applied, ImportError, ImportOptions, ImportReport, Lines},
        report_page::Throttle,
        save_type::SaveTypeError,
        set_up::SetUp,
        vault::Vault,
    },
    content_type,
    followers::{FollowError, Following, Progress},
    locale::Locale,
    queries::{
        Caches, Delivery, Editing, ReadError,
        list::ListError,
        search::{SearchFound, SearchQuestion},
    },
    store::{EmbeddedLog, Log, LogOpenError, LogOptions, view::ViewError},
};

mod accounts;
mod acts;
mod checkpoints;
mod derived;
mod discussions;
mod folders;
mod forms_at;
mod glossary;
mod links;
mod media;
mod previews;
mod releases;
mod sessions;
pub mod translations;
mod upkeep;

use derived::{Derived, Opening, open_derived, start_derived};
pub use media::{BytesSoundness, CollectBytes, Collected, MediaOptions, media_folder};
pub use upkeep::UpkeepOptions;

/// How long an act waits for this node's followers before it answers all the same.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often in a row followers may be found where they were before they are taken to have stopped.
const STILL: usize = 24;
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
    /// When the store sees to its own files.
    pub upkeep: UpkeepOptions,
    /// Groups of words that mean the same to those who search, each in one locale, besides the other labels
    /// of topics.
    pub synonyms: Vec<(Locale, Vec<String>)>,
    /// How assets are kept and offered.
    pub media: MediaOptions,
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
            upkeep: UpkeepOptions::default(),
            synonyms: Vec::new(),
            media: MediaOptions::default(),
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
    /// The same, where it lies in the folder: for backups and the like.
    embedded: Option<Arc<EmbeddedLog>>,
    derived: ArcSwap<Derived>,
    /// Held by the rebuild that is under way.
    rebuilding: tokio::sync::Mutex<()>,
    /// What ends the thread that sees to the files, when it is dropped.
    upkeep: OnceLock<std::sync::mpsc::Sender<()>>,
    /// When something that was scheduled is to happen next, in milliseconds; the highest there is for never.
    next_due: AtomicI64,
    /// Held by whoever lets happen what is due.
    applying: tokio::sync::Mutex<()>,
    /// What stands between passwords and the processors.
    doors: Doors,
    /// How fast readers' reports may come.
    reports: Throttle,
    /// The bytes of assets.
    vault: Arc<Vault>,
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
        // Most of the time goes into reading what lies there: the log, the view and the index, each by
        // itself.
        let (log, opening) = std::thread::scope(|scope| {
            let opening = scope.spawn(|| Opening::of_serving(dir, &options));
            let log = EmbeddedLog::open(&log_folder(dir), options.log.clone());
            (log, opening.join().unwrap_or_default())
        });
        let log = Arc::new(log?);
        let logs = (Arc::<EmbeddedLog>::clone(&log) as Arc<dyn Log>, Some(log));
        Self::start(logs, dir, options, opening).await
    }

    /// Opens the derived data in a folder over a log that is open already.
    ///
    /// # Errors
    /// As [`Cms::open_with`].
    pub async fn over(log: Arc<dyn Log>, dir: &Path, options: Options) -> Result<Self, OpenError> {
        Self::start((log, None), dir, options, Opening::default()).await
    }

    async fn start(
        (log, embedded): (Arc<dyn Log>, Option<Arc<EmbeddedLog>>),
        dir: &Path,
        options: Options,
        opening: Opening,
    ) -> Result<Self, OpenError> {
        let derived = open_derived(&log, dir, &options, opening)?;
        let vault = Arc::new(media::open(dir, &options.media, &options.clock)?);
        let cms = Self(Arc::new(Inner {
            dir: dir.to_owned(),
            log,
            embedded,
            derived: ArcSwap::from_pointee(derived),
            rebuilding: tokio::sync::Mutex::default(),
            upkeep: OnceLock::new(),
            next_due: AtomicI64::new(i64::MAX),
            applying: tokio::sync::Mutex::default(),
            doors: Doors::default(),
            reports: Throttle::default(),
            vault,
            options,
        }));
        let upkeep = upkeep::start(Arc::downgrade(&cms.0), cms.0.options.upkeep)?;
        cms.0.upkeep.get_or_init(|| upkeep);
        cms.prepare().await?;
        Ok(cms)
    }

    /// Sets up a new site, and brings the content types up to date.
    async fn prepare(&self) -> Result<(), OpenError> {
        self.means().set_up(self.0.options.set_up.clone()).await?;
        self.means().begin_checkpoints().await?;
        self.caught_up().await?;
        self.look_at_due()?;
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
            vault: Arc::clone(&self.0.vault),
        }
    }

    /// The log: for programs that follow what happens.
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.0.log
    }

    /// The log in the folder, for backups and the like; `None` where the log lies elsewhere.
    pub fn embedded(&self) -> Option<&Arc<EmbeddedLog>> {
        self.0.embedded.as_ref()
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

    /// The published entries that answer a reader's question, the best first: what `GET /v1/search` answers.
    ///
    /// ```
    /// use cms_core::{
    ///     Cms,
    ///     commands::{create_entry::CreateEntry, publish::Publish, save_draft::SaveDraft},
    ///     event::{Fields, Part},
    ///     locale::Locale,
    ///     queries::search::SearchQuestion,
    /// };
    ///
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let cms = Cms::open(folder).await?;
    /// let editor = cms.administrator()?.ok_or("a new site has an administrator")?;
    /// let (en, guidance) = (Locale::english(), "guidance".parse()?);
    /// let act = CreateEntry { type_name: guidance, agency: None, source_locale: en.clone(), key: None };
    /// let (entry, _) = cms.create_entry(&editor, act).await?;
    /// let part = Part::Locale(en.clone());
    /// let fields: Fields = serde_json::from_value(serde_json::json!({
    ///     "title": "Sextortion: what to do now", "body": "Stop. Keep the messages. Tell somebody.",
    /// }))?;
    /// cms.save_draft(&editor, SaveDraft::new(entry, part.clone(), fields)).await?;
    /// cms.publish(&editor, Publish { entry, part, expected: None, published_at: None, change_class: None }).await?;
    ///
    /// let types = ["guidance".parse()?];
    /// let found = cms.search(&SearchQuestion::new("\"keep the messages\" sextorsion", &types, &en))?;
    /// assert_eq!((found.hits[0].entry, found.count), (entry, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ListError`]: a cursor of another search, or the view or the index cannot be read. No text is an
    /// error.
    pub fn search(&self, question: &SearchQuestion<'_>) -> Result<SearchFound, ListError> {
        self.delivery().search(question)
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
        self.editing().administrator()
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
        let mut still = 0;
        loop {
            if self.applied(last, PATIENCE).await {
                return true;
            }
            let (view, search) = self.progress();
            // A step of the index may be thousands of pages: it is given time, unless it has stopped.
            still = if (view.applied, search.applied) == before { still + 1 } else { 0 };
            if still >= STILL || view.failed.is_some() || search.failed.is_some() {
                return false;
            }
            before = (view.applied, search.applied);
        }
    }

    /// What the view takes on disk, and what of that its rows are: both in bytes. Reads all rows.
    ///
    /// # Errors
    /// [`ViewError`] when one cannot be read.
    pub fn space(&self) -> Result<(u64, u64), ViewError> {
        let derived = self.0.derived.load_full();
        Ok((derived.view.size_on_disk(), derived.view.size_of_rows()?))
    }

    /// Makes all derived data again from the log, in fresh folders, and exchanges it for the old, which
    /// serves until then, lists included. What readers get is the same bytes. `progress` hears the number
    /// of the last event that the new data knows.
    ///
    /// # Errors
    /// [`OpenError`]: the old data goes on serving.
    pub async fn rebuild(&self, progress: impl Fn(u64) + Send + 'static) -> Result<(), OpenError> {
        let _one_at_a_time = self.0.rebuilding.lock().await;
        let folder = folders::next(&self.0.dir)?;
        let (log, view, cache) =
            (Arc::clone(&self.0.log), folder.join("view"), self.0.options.view_cache);
        let made = tokio::task::spawn_blocking(move || {
            crate::followers::rebuild(&log, &view, cache, &progress).map(drop)
        });
        made.await.map_err(|error| FollowError::Machine(error.to_string()))??;
        self.serve_from(&folder, Opening::default()).await
    }

    /// Exchanges the derived data for what is in another folder, once that has all that there is.
    async fn serve_from(&self, folder: &Path, opening: Opening) -> Result<(), OpenError> {
        let derived = start_derived(&self.0.log, folder, &self.0.options, opening)?;
        caught_up(&derived, self.0.log.last()).await?;
        folders::make_current(&self.0.dir, folder)?;
        let old = self.0.derived.swap(Arc::new(derived));
        // The old followers' threads are waited for, and this is no thread to wait on.
        tokio::task::spawn_blocking(move || drop(old)).await.ok();
        folders::remove_others(&self.0.dir);
        Ok(())
    }
}

/// Where a store's log lies in its folder.
pub fn log_folder(dir: &Path) -> PathBuf {
    dir.join("log")
}

/// Waits until view and index have passed an event, as long as they go on.
async fn caught_up(derived: &Derived, last: u64) -> Result<(), OpenError> {
    let mut before = (u64::MAX, u64::MAX);
    while !derived.following.passed(last, PATIENCE).await
        || !derived.search.passed(last, PATIENCE).await
    {
        let (view, search) = (derived.following.progress(), derived.search.progress());
        let applied = (view.applied, search.applied);
        if applied == before {
            return Err(OpenError::Lagging { applied: applied.0.min(applied.1), last });
        }
        before = applied;
    }
    Ok(())
}

#[async_trait::async_trait]
impl Applied for Following {
    async fn passed(&self, number: u64, limit: Duration) -> bool {
        Self::passed(self, number, limit).await
    }
}
