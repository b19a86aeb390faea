//! Followers: what reads the log and keeps derived data.
//!
//! `editing` and `delivery` apply an event in one batch of the view, with one checkpoint; this file
//! drives them. `search` has a checkpoint of its own. Whatever a follower keeps can be deleted and made
//! again from the log.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{runtime::Runtime, sync::watch};

use self::{
    delivery::{
        Content, Context, Types,
        form::Form,
        generations::{Generations, Touched},
    },
    editing::Editing,
};
use crate::{
    content_type::ContentType,
    event::{Event, EventBody, Part},
    id::{EntryId, TypeName},
    store::{
        Log, LogError,
        view::{Reader, View, ViewError},
    },
};

pub mod delivery;
pub mod editing;
pub mod memory;
pub mod search;

/// How many events are applied as one batch at most.
const BATCH: usize = 256;
/// How often the view is synced while there is something to sync.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// How long a follower sleeps before it looks whether it should stop.
const NAP: Duration = Duration::from_millis(250);

/// Why a follower stopped.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FollowError {
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The view could not be read or written.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The search index could not be written.
    #[error("the search index: {0}")]
    Index(String),
    /// The machine refused.
    #[error("{0}")]
    Machine(String),
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The view cannot be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The search index cannot be read.
    #[error("the search index: {0}")]
    Index(String),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The follower that keeps the view: drives `editing` and `delivery`.
pub struct ViewFollower {
    log: Arc<dyn Log>,
    view: Arc<View>,
    generations: Arc<Generations>,
    types: Types,
    applied: u64,
    runtime: Runtime,
}

impl std::fmt::Debug for ViewFollower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewFollower").field("applied", &self.applied).finish_non_exhaustive()
    }
}

impl ViewFollower {
    /// A follower that goes on where the view stands.
    ///
    /// # Errors
    /// [`FollowError`] when the view cannot be read.
    pub fn new(
        log: Arc<dyn Log>,
        view: Arc<View>,
        generations: Arc<Generations>,
    ) -> Result<Self, FollowError> {
        let reader = view.reader::<Editing>();
        let applied = reader.get(&editing::CHECKPOINT, &())?.unwrap_or(0);
        let types = types_of(&view)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| FollowError::Machine(error.to_string()))?;
        Ok(Self { log, view, generations, types, applied, runtime })
    }

    /// The last event that was applied.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Applies the next events, if there are any, and answers how many. At most one batch.
    ///
    /// # Errors
    /// [`FollowError`]: nothing of the batch was applied.
    pub fn step(&mut self) -> Result<usize, FollowError> {
        let mut events = self.runtime.block_on(self.log.events(self.applied, BATCH))?;
        // What comes after a change of a type is rendered by the changed type.
        if let Some(at) =
            events.iter().position(|event| matches!(event.body, Some(EventBody::TypeSaved { .. })))
        {
            events.truncate(at + 1);
        }
        self.keep_releases_whole(&mut events)?;
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        let Some(last) = events.last() else { return Ok(0) };
        let known: HashMap<u64, Arc<Event>> =
            events.iter().map(|event| (event.number, Arc::clone(event))).collect();
        let fetched = Mutex::new(known);
        let event = |number: u64| self.event(&fetched, number);
        let mut ready = self.make_ready(&events, &event)?;
        let mut touched = Touched::default();
        let mut batch = self.view.batch();
        for applied in &events {
            let context =
                Context { types: &self.types, event: &event, ready: ready.remove(&applied.number) };
            let earlier = editing::segments::Context { types: &self.types, event: &event };
            editing::apply(&mut batch, applied, &earlier)?;
            delivery::apply(&mut batch, applied, &context, &mut touched)?;
        }
        batch.apply(|| touched.raise(&self.generations))?;
        self.applied = last.number;
        if let Some(EventBody::TypeSaved { name, schema }) = &last.body {
            self.type_changed(name, &schema.to_string())?;
        }
        Ok(events.len())
    }

    /// Lets no batch end within a release: readers see all of it, or nothing.
    fn keep_releases_whole(&self, events: &mut Vec<Event>) -> Result<(), FollowError> {
        let is_release =
            |event: &Event| matches!(event.body, Some(EventBody::ReleasePublished { .. }));
        let Some(at) = events.iter().rposition(is_release) else { return Ok(()) };
        let Some(op) = events.get(at).map(|event| event.op) else { return Ok(()) };
        let whole = self.runtime.block_on(self.log.lookup(op))?;
        let end = whole.map_or(0, |appended| appended.last);
        while let Some(last) = events.last().map(|event| event.number).filter(|last| *last < end) {
            if at > 0 {
                events.truncate(at);
                break;
            }
            let rest = usize::try_from(end - last).unwrap_or(BATCH);
            let more = self.runtime.block_on(self.log.events(last, rest))?;
            if more.is_empty() {
                break;
            }
            events.extend(more);
        }
        Ok(())
    }

    /// An event of the batch, or of the log before it.
    fn event(&self, fetched: &Mutex<HashMap<u64, Arc<Event>>>, number: u64) -> Option<Arc<Event>> {
        if let Some(event) = fetched.lock().get(&number) {
            return Some(Arc::clone(event));
        }
        let mut events = self.runtime.block_on(self.log.events(number.checked_sub(1)?, 1)).ok()?;
        let event = Arc::new(events.pop().filter(|event| event.number == number)?);
        fetched.lock().insert(number, Arc::clone(&event));
        Some(event)
    }

    /// Renders what the batch publishes, on all cores.
    fn make_ready(
        &self,
        events: &[Arc<Event>],
        event: &dyn Fn(u64) -> Option<Arc<Event>>,
    ) -> Result<HashMap<u64, Form>, FollowError> {
        let mut jobs = Vec::new();
        for publication in events {
            let Some(EventBody::Published { entry, part: Part::Locale(_), saved, .. }) =
                &publication.body
            else {
                continue;
            };
            let content = event(saved.number(publication.number)).as_deref().and_then(Content::of);
            let content_type = self.type_of(*entry, events)?.and_then(|name| self.types.get(&name));
            if let (Some(content), Some(content_type)) = (content, content_type) {
                jobs.push((publication, content, content_type));
            }
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let render = |jobs: &[(&Arc<Event>, Content, &Arc<ContentType>)]| -> Vec<(u64, Form)> {
            let made =
                |(event, content, content_type): &(&Arc<Event>, Content, &Arc<ContentType>)| {
                    Some((event.number, delivery::make_form(event, content_type, content)?))
                };
            jobs.iter().filter_map(made).collect()
        };
        if jobs.len() < 2 * cores {
            return Ok(render(&jobs).into_iter().collect());
        }
        let share = jobs.len().div_ceil(cores);
        Ok(std::thread::scope(|scope| {
            let workers: Vec<_> =
                jobs.chunks(share).map(|share| scope.spawn(move || render(share))).collect();
            // A share whose worker died is made, or fails, one by one while it is applied.
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
        }))
    }

    fn type_of(&self, id: EntryId, events: &[Arc<Event>]) -> Result<Option<TypeName>, ViewError> {
        let created = events.iter().find_map(|event| match &event.body {
            Some(EventBody::EntryCreated { entry, type_name, .. }) if *entry == id => {
                Some(type_name.clone())
            }
            Some(_) | None => None,
        });
        match created {
            Some(name) => Ok(Some(name)),
            None => {
                Ok(self.view.reader().get(&editing::ENTRIES, &id)?.map(|entry| entry.type_name))
            }
        }
    }

    /// Makes the forms of a type again that changed.
    fn type_changed(&mut self, name: &TypeName, schema: &str) -> Result<(), FollowError> {
        let Some((name, content_type)) = parsed(name, schema) else { return Ok(()) };
        let is_new = self.types.insert(name.clone(), content_type).is_none();
        if is_new {
            return Ok(());
        }
        let reader = self.view.reader();
        let mut after = None;
        loop {
            let rows = reader.scan(&delivery::tables::BY_TYPE, &name, after.as_ref()).take(BATCH);
            let keys: Vec<_> =
                rows.map(|row| row.map(|(key, ())| key)).collect::<Result<_, _>>()?;
            let Some(last) = keys.last().cloned() else { return Ok(()) };
            let fetched = Mutex::new(HashMap::new());
            let event = |number: u64| self.event(&fetched, number);
            let context = Context { types: &self.types, event: &event, ready: None };
            let mut touched = Touched::default();
            let mut batch = self.view.batch();
            for (_, entry) in keys {
                delivery::make_again(&mut batch, entry, &context, &mut touched)?;
            }
            batch.apply(|| touched.raise(&self.generations))?;
            after = Some(last);
        }
    }
}

/// The content types, as of the events applied so far.
fn types_of(view: &Arc<View>) -> Result<Types, ViewError> {
    let reader = view.reader::<Editing>();
    let rows: Vec<_> = reader.scan(&editing::TYPES, &(), None).collect::<Result<_, _>>()?;
    Ok(rows.iter().filter_map(|(name, row)| parsed(name, &row.schema)).collect())
}

/// Readers' tables as they would be, had these events happened, and had nothing happened before to these entries. Blocks
/// on the log; nobody else sees anything of it.
///
/// # Errors
/// [`FollowError`] when the view cannot be read.
pub fn supposing(
    log: &Arc<dyn Log>,
    view: &Arc<View>,
    (anew, events): (&[EntryId], Vec<Event>),
) -> Result<Reader<delivery::tables::Delivery>, FollowError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| FollowError::Machine(error.to_string()))?;
    let types = types_of(view)?;
    let events: Vec<_> = events.into_iter().map(Arc::new).collect();
    let event = |number: u64| {
        if let Some(event) = events.iter().find(|event| event.number == number) {
            return Some(Arc::clone(event));
        }
        let mut found = runtime.block_on(log.events(number.checked_sub(1)?, 1)).ok()?;
        found.pop().filter(|event| event.number == number).map(Arc::new)
    };
    let (mut batch, mut touched) = (view.batch(), Touched::default());
    for entry in anew {
        delivery::forget(&mut batch, *entry)?;
    }
    for supposed in &events {
        let context = Context { types: &types, event: &event, ready: None };
        delivery::apply(&mut batch, supposed, &context, &mut touched)?;
    }
    Ok(view.supposing(batch.unapplied()))
}

fn parsed(name: &TypeName, schema: &str) -> Option<(TypeName, Arc<ContentType>)> {
    let schema = serde_json::from_str(schema).ok()?;
    Some((name.clone(), Arc::new(ContentType::parse(&schema).ok()?)))
}

/// Makes a view from nothing but the log, up to its present end.
///
/// # Errors
/// [`FollowError`] when the log cannot be read or the folder not be written.
pub fn rebuild(
    log: &Arc<dyn Log>,
    dir: &Path,
    cache: u64,
    progress: &dyn Fn(u64),
) -> Result<Arc<View>, FollowError> {
    let view = Arc::new(View::open(dir, cache)?);
    let mut follower = ViewFollower::new(Arc::clone(log), Arc::clone(&view), Arc::default())?;
    while follower.step()? > 0 {
        progress(follower.applied());
    }
    view.sync()?;
    Ok(view)
}

/// A follower at work on a thread of its own.
#[derive(Debug)]
pub struct Following {
    applied: watch::Receiver<Progress>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How far a follower has come.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The last event that it has applied.
    pub applied: u64,
    /// Why it stopped, if it did.
    pub failed: Option<String>,
}

impl Following {
    /// Sets the follower of the view to work.
    ///
    /// # Errors
    /// [`FollowError::Machine`] when no thread can be started.
    pub fn start_view(mut follower: ViewFollower) -> Result<Self, FollowError> {
        let (sender, applied) =
            watch::channel(Progress { applied: follower.applied, failed: None });
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            let mut synced = (Instant::now(), follower.applied);
            while !stopped.load(Ordering::Acquire) {
                let done = follow_view(&mut follower, &mut synced, &sender);
                if let Err(error) = done {
                    tracing::error!(%error, applied = follower.applied, "the view can no longer follow the log");
                    sender.send_modify(|progress| progress.failed = Some(error.to_string()));
                    return;
                }
            }
            if let Err(error) = follower.view.sync() {
                tracing::warn!(%error, "the view was not synced at the end; it will catch up");
            }
        };
        Self::spawn("view", work, applied, stop)
    }

    /// Sets a follower's work going on a thread; it ends soon after `stop` is set.
    pub(crate) fn spawn(
        name: &str,
        work: impl FnOnce() + Send + 'static,
        applied: watch::Receiver<Progress>,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, FollowError> {
        let thread = std::thread::Builder::new().name(format!("follow-{name}")).spawn(work);
        let thread = thread.map_err(|error| FollowError::Machine(error.to_string()))?;
        Ok(Self { applied, stop, thread: Some(thread) })
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.applied.borrow().clone()
    }

    /// Waits until it has passed this event; `false` when the limit came first or it has stopped.
    pub async fn passed(&self, number: u64, limit: Duration) -> bool {
        let mut applied = self.applied.clone();
        let passed =
            applied.wait_for(|progress| progress.applied >= number || progress.failed.is_some());
        match tokio::time::timeout(limit, passed).await {
            Ok(Ok(progress)) => progress.applied >= number,
            Ok(Err(_)) | Err(_) => false,
        }
    }

    /// Hears of its progress.
    pub fn subscribe(&self) -> watch::Receiver<Progress> {
        self.applied.clone()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A follower that panicked has said so; what it kept is made again at the next start.
            drop(thread.join());
        }
    }
}

/// One round: a step, or a sync when there is time for it, or a nap.
fn follow_view(
    follower: &mut ViewFollower,
    synced: &mut (Instant, u64),
    sender: &watch::Sender<Progress>,
) -> Result<(), FollowError> {
    if follower.step()? > 0 {
        sender.send_modify(|progress| progress.applied = follower.applied);
    } else {
        follower.runtime.block_on(follower.log.wait(follower.applied, NAP))?;
    }
    if synced.1 < follower.applied && synced.0.elapsed() >= SYNC_EVERY {
        follower.view.sync()?;
        *synced = (Instant::now(), follower.applied);
    }
    Ok(())
}
