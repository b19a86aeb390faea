//! The search follower: keeps the index of what readers can list and find.
//!
//! It hears from the log which entries changed and loads what they are now from the delivery view, which
//! is never behind it; so doing a step twice does no harm, and many changes of one entry cost one. Its
//! place in the log is in the index's own commits.

mod text;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use text::{Collected, Collector};
use tokio::{runtime::Runtime, sync::watch};

use super::{
    FollowError, Following, Progress,
    delivery::{
        Content, Types,
        generations::{Generations, Source},
        live::LiveEntry,
        tables::{self, Delivery},
    },
};
use crate::{
    content_type::ContentType,
    event::{Event, EventBody, Part},
    filter::FilterValue,
    id::{EntryId, FieldName, TypeName},
    locale::{Locale, Locales},
    search::{Index, IndexForm, Pace, Writer},
    store::{
        Log,
        view::{Key, Reader},
    },
};

/// How many events are looked at together while catching up.
const BATCH: usize = 4_096;
/// While catching up, how many entries are indexed between two commits.
const LARGE_STEP: usize = 20_000;
/// How long a commit may be put off while there is more to index.
const COMMIT_EVERY: Duration = Duration::from_secs(20);
/// How long the follower sleeps before it looks whether it should stop.
const NAP: Duration = Duration::from_millis(250);
/// So many events at once are a rush, such as an import: what comes with them is waited for, since an entry of which
/// each locale comes by itself would be indexed as a whole for each.
const RUSH: u64 = 128;
/// A rush is over when nothing has come for so long.
const QUIET: Duration = Duration::from_millis(100);
/// However long a rush lasts, lists are no further behind.
const RUSH_LIMIT: Duration = Duration::from_secs(5);

/// The follower that keeps the index.
pub struct SearchFollower {
    log: Arc<dyn Log>,
    reader: Reader<Delivery>,
    writer: Writer,
    index: Arc<Index>,
    /// How far the view is: the index is never ahead of it.
    view: watch::Receiver<Progress>,
    applied: u64,
    runtime: Runtime,
    generations: Arc<Generations>,
    /// Entries that were erased, as far as the index's files may still hold something of them.
    erased: BTreeSet<EntryId>,
    /// The types whose lists the next commit changes.
    changed: BTreeSet<TypeName>,
    /// The site's locales and types, until one of them changes.
    site: Option<Arc<(Locales, Types)>>,
    uncommitted: usize,
    committed_at: Instant,
    /// When the rush began that is under way.
    rush: Option<Instant>,
}

impl std::fmt::Debug for SearchFollower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchFollower").field("applied", &self.applied).finish_non_exhaustive()
    }
}

impl SearchFollower {
    /// A follower that goes on where the index stands.
    ///
    /// # Errors
    /// [`FollowError`] when the index cannot be written.
    pub fn new(
        log: Arc<dyn Log>,
        reader: Reader<Delivery>,
        (index, generations): (Arc<Index>, Arc<Generations>),
        view: watch::Receiver<Progress>,
    ) -> Result<Self, FollowError> {
        let writer =
            index.writer(Pace::Steady).map_err(|error| FollowError::Index(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| FollowError::Machine(error.to_string()))?;
        let applied = index.applied();
        Ok(Self {
            log,
            reader,
            writer,
            index,
            view,
            applied,
            runtime,
            generations,
            erased: BTreeSet::new(),
            changed: BTreeSet::new(),
            site: None,
            uncommitted: 0,
            committed_at: Instant::now(),
            rush: None,
        })
    }

    /// Sets it to work on a thread of its own.
    ///
    /// # Errors
    /// [`FollowError::Machine`] when no thread can be started.
    pub fn start(mut self) -> Result<Following, FollowError> {
        let (sender, applied) = watch::channel(Progress { applied: self.applied, failed: None });
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            if let Err(error) = self.erased_before() {
                tracing::warn!(%error, "what was erased before the start could not be looked for in the index");
            }
            while !stopped.load(Ordering::Acquire) {
                if let Err(error) = self.step(&sender) {
                    tracing::error!(%error, applied = self.applied, "the index can no longer follow the log");
                    sender.send_modify(|progress| progress.failed = Some(error.to_string()));
                    return;
                }
            }
            if let Err(error) = self.commit(&sender) {
                tracing::warn!(%error, "the index was not committed at the end; it will catch up");
            }
        };
        Following::spawn("search", work, applied, stop)
    }

    /// Indexes the next entries that changed, or naps; commits when there is nothing more, or enough.
    fn step(&mut self, sender: &watch::Sender<Progress>) -> Result<(), FollowError> {
        let view = self.view.borrow_and_update().applied;
        let limit = usize::try_from(view.saturating_sub(self.applied)).unwrap_or(BATCH).min(BATCH);
        if limit == 0 {
            if self.uncommitted > 0 || self.index.applied() < self.applied {
                return self.commit(sender);
            }
            self.purge();
            let mut view = self.view.clone();
            let changed = async { tokio::time::timeout(NAP, view.changed()).await };
            drop(self.runtime.block_on(changed));
            return Ok(());
        }
        if self.is_rushing(view) {
            return Ok(());
        }
        let events = self.runtime.block_on(self.log.events(self.applied, limit))?;
        let Some(last) = events.last() else { return Ok(()) };
        match events.iter().fold(Reach::Entries, Reach::widened) {
            Reach::Entries => {
                // Pages that show an entry say where, not what, and stay as they are.
                self.index_entries(events.iter().filter_map(changed).collect::<BTreeSet<_>>())?;
            }
            Reach::Types(types) => {
                self.site = None;
                let others = events.iter().filter_map(changed).collect::<BTreeSet<_>>();
                self.index_entries(others)?;
                for name in types {
                    self.index_all(&name)?;
                    self.changed.insert(name);
                }
            }
            Reach::Everything => {
                self.site = None;
                self.index_all(&())?;
                self.changed.extend(self.types()?.into_keys());
            }
        }
        for (entry, type_name) in events.iter().filter_map(erased) {
            self.erased.insert(entry);
            self.changed.insert(type_name);
        }
        self.applied = last.number;
        if self.uncommitted >= LARGE_STEP || self.committed_at.elapsed() >= COMMIT_EVERY {
            self.commit(sender)?;
        }
        Ok(())
    }

    /// Whether more came while a rush was waited for. What is enough for a step isn't waited for.
    fn is_rushing(&mut self, view: u64) -> bool {
        let waiting = view.saturating_sub(self.applied);
        let since = *self.rush.get_or_insert_with(Instant::now);
        let more = (RUSH..BATCH as u64).contains(&waiting) && since.elapsed() < RUSH_LIMIT && {
            let mut view = self.view.clone();
            let changed = async { tokio::time::timeout(QUIET, view.changed()).await };
            matches!(self.runtime.block_on(changed), Ok(Ok(())))
        };
        if !more {
            self.rush = None;
        }
        more
    }

    /// Looks for entries that were erased and of which the index's files still hold something: those that only
    /// have deleted forms, and are no more.
    fn erased_before(&mut self) -> Result<(), FollowError> {
        let gone = self.index.gone().map_err(|error| FollowError::Index(error.to_string()))?;
        for entry in gone {
            if self.reader.get(&tables::ENTRIES, &entry)?.is_none() {
                self.erased.insert(entry);
            }
        }
        Ok(())
    }

    /// Has what was erased taken out of the index's files, while there is nothing else to do.
    fn purge(&mut self) {
        if self.erased.is_empty() {
            return;
        }
        match self.writer.purge(&self.erased) {
            Ok(true) => self.erased.clear(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "what was erased is still in the index's files");
            }
        }
    }

    fn commit(&mut self, sender: &watch::Sender<Progress>) -> Result<(), FollowError> {
        self.writer.commit(self.applied).map_err(|error| FollowError::Index(error.to_string()))?;
        // A list that was made of the old index since the view changed must not be kept.
        for type_name in std::mem::take(&mut self.changed) {
            self.generations.raise(Source::Type(&type_name));
        }
        self.uncommitted = 0;
        self.committed_at = Instant::now();
        sender.send_modify(|progress| progress.applied = self.applied);
        Ok(())
    }

    /// Indexes all entries, or all of a type: what a list shows of each depends on the site's locales and on its
    /// type.
    fn index_all<P: Key>(&mut self, of: &P) -> Result<(), FollowError> {
        let all: Vec<EntryId> = self
            .reader
            .scan(&tables::BY_TYPE, of, None)
            .map(|row| row.map(|((_, id), ())| id))
            .collect::<Result<_, _>>()?;
        self.index_entries(all)
    }

    fn index_entries(
        &mut self,
        entries: impl IntoIterator<Item = EntryId>,
    ) -> Result<(), FollowError> {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_none() {
            return Ok(());
        }
        let site = match &self.site {
            Some(site) => Arc::clone(site),
            None => Arc::clone(self.site.insert(Arc::new((self.locales()?, self.types()?)))),
        };
        let (locales, types) = &*site;
        for id in entries {
            let entry = self.reader.get(&tables::ENTRIES, &id)?;
            let forms = match &entry {
                Some(entry) => {
                    self.forms(entry, locales, types.get(&entry.type_name).map(|kind| &**kind))?
                }
                None => Vec::new(),
            };
            self.writer
                .replace_entry(id, &forms)
                .map_err(|error| FollowError::Index(error.to_string()))?;
            self.changed.extend(entry.map(|entry| entry.type_name));
            self.uncommitted += 1;
        }
        Ok(())
    }

    /// The forms of an entry, each with the locales that it serves.
    fn forms(
        &self,
        entry: &LiveEntry,
        locales: &Locales,
        content_type: Option<&ContentType>,
    ) -> Result<Vec<IndexForm>, FollowError> {
        let Some(content_type) = content_type else { return Ok(Vec::new()) };
        if entry.published().next().is_none() {
            return Ok(Vec::new());
        }
        let served = |site: &Locale| {
            let chain = locales.chain(site, &entry.source_locale);
            // What was withdrawn in a locale is not served there in another language.
            let page = entry.page(&chain)?;
            page.live.withdrawal.is_none().then(|| page.locale.clone())
        };
        let answers: Vec<(Locale, Locale)> = locales
            .all()
            .iter()
            .filter_map(|site| Some((site.tag.clone(), served(&site.tag)?)))
            .collect();
        let shared = match entry.shared {
            Some((_, saved)) => self.values(content_type, saved)?,
            None => Vec::new(),
        };
        let mut forms = Vec::new();
        for (locale, live) in entry.readable() {
            let others = answers.iter().filter(|(site, served)| served == locale && site != locale);
            let own = answers.iter().filter(|(site, served)| served == locale && site == locale);
            let for_locales: Vec<_> = own.chain(others).map(|(site, _)| site.clone()).collect();
            let mut values = self.values(content_type, live.saved)?;
            values.retain(|(name, _)| !live.withheld().contains(name));
            values.extend(shared.iter().cloned());
            let Collected { text, shows, gives } =
                Collector::new(&self.reader, locale).collect(entry, live, content_type)?;
            forms.push(IndexForm {
                type_name: entry.type_name.clone(),
                locale: locale.clone(),
                serves: for_locales,
                slug: live.slug.clone(),
                title: live.title.clone(),
                published_at: live.published_at,
                values,
                searched: content_type.is_searched(),
                text,
                shows,
                gives,
            });
        }
        Ok(forms)
    }

    fn values(
        &self,
        content_type: &ContentType,
        saved: u64,
    ) -> Result<Vec<(FieldName, FilterValue)>, FollowError> {
        let Some(before) = saved.checked_sub(1) else { return Ok(Vec::new()) };
        let event = self.runtime.block_on(self.log.events(before, 1))?.pop();
        let revision = event.filter(|event| event.number == saved).as_ref().and_then(Content::of);
        Ok(revision.map(|it| content_type.filter_values(&it.fields)).unwrap_or_default())
    }

    fn locales(&self) -> Result<Locales, FollowError> {
        Ok(match self.reader.get(&tables::SITE, &())? {
            Some(site) => Locales::new(site.default_locale, site.locales),
            None => Locales::new(Locale::english(), Vec::new()),
        })
    }

    fn types(&self) -> Result<Types, FollowError> {
        let rows = self.reader.scan(&tables::TYPES, &(), None).collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().filter_map(|(name, schema)| super::parsed(&name, &schema)).collect())
    }
}

/// What is to be indexed again.
enum Reach {
    /// The entries that changed.
    Entries,
    /// Those, and all of these types.
    Types(BTreeSet<TypeName>),
    /// All.
    Everything,
}

impl Reach {
    fn widened(self, event: &Event) -> Self {
        match (self, event.body.as_ref()) {
            (Self::Everything, _) | (_, Some(EventBody::SiteConfigured { .. })) => Self::Everything,
            (Self::Entries, Some(EventBody::TypeSaved { name, .. })) => {
                Self::Types(BTreeSet::from([name.clone()]))
            }
            (Self::Types(mut types), Some(EventBody::TypeSaved { name, .. })) => {
                types.insert(name.clone());
                Self::Types(types)
            }
            (reach, _) => reach,
        }
    }
}

/// An entry that is no more, and its type.
fn erased(event: &Event) -> Option<(EntryId, TypeName)> {
    match event.body.as_ref()? {
        EventBody::Erased { entry, type_name, .. } => Some((*entry, type_name.clone())),
        EventBody::SiteConfigured { .. }
        | EventBody::AgencySaved { .. }
        | EventBody::TypeSaved { .. }
        | EventBody::AccountCreated { .. }
        | EventBody::GrantsSet { .. }
        | EventBody::CommentMade { .. }
        | EventBody::CommentAssigned { .. }
        | EventBody::CommentResolved { .. }
        | EventBody::AccountRenamed { .. }
        | EventBody::AccountSwitched { .. }
        | EventBody::AccountErased { .. }
        | EventBody::EntryMoved { .. }
        | EventBody::EntryCreated { .. }
        | EventBody::RevisionSaved { .. }
        | EventBody::Reviewed { .. }
        | EventBody::Discarded { .. }
        | EventBody::Scheduled { .. }
        | EventBody::Unscheduled { .. }
        | EventBody::ReleaseSaved { .. }
        | EventBody::ReleaseScheduled { .. }
        | EventBody::ItemScheduled { .. }
        | EventBody::ReleaseUnscheduled { .. }
        | EventBody::ItemUnscheduled { .. }
        | EventBody::ReleasePublished { .. }
        | EventBody::ReleaseDiscarded { .. }
        | EventBody::MemoryImported { .. }
        | EventBody::MemoryForgotten { .. }
        | EventBody::Published { .. }
        | EventBody::Unpublished { .. } => None,
    }
}

/// The entry whose lists an event may change.
fn changed(event: &Event) -> Option<EntryId> {
    match event.body.as_ref()? {
        EventBody::Published { entry, part: Part::Shared | Part::Locale(_), .. }
        | EventBody::Unpublished { entry, .. }
        | EventBody::Erased { entry, .. } => Some(*entry),
        EventBody::SiteConfigured { .. }
        | EventBody::AgencySaved { .. }
        | EventBody::TypeSaved { .. }
        | EventBody::AccountCreated { .. }
        | EventBody::GrantsSet { .. }
        | EventBody::CommentMade { .. }
        | EventBody::CommentAssigned { .. }
        | EventBody::CommentResolved { .. }
        | EventBody::AccountRenamed { .. }
        | EventBody::AccountSwitched { .. }
        | EventBody::AccountErased { .. }
        | EventBody::EntryMoved { .. }
        | EventBody::EntryCreated { .. }
        | EventBody::Reviewed { .. }
        | EventBody::Discarded { .. }
        | EventBody::Scheduled { .. }
        | EventBody::Unscheduled { .. }
        | EventBody::ReleaseSaved { .. }
        | EventBody::ReleaseScheduled { .. }
        | EventBody::ItemScheduled { .. }
        | EventBody::ReleaseUnscheduled { .. }
        | EventBody::ItemUnscheduled { .. }
        | EventBody::ReleasePublished { .. }
        | EventBody::ReleaseDiscarded { .. }
        | EventBody::MemoryImported { .. }
        | EventBody::MemoryForgotten { .. }
        | EventBody::RevisionSaved { .. } => None,
    }
}
