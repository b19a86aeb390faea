//! The memory follower: keeps the index of what was translated and approved before.
//!
//! A translation that is published or approved gives a pair for each of its segments whose source is known. What was
//! said stays, also when its source moves on: it was right of that text. It goes when its entry is erased, out of the
//! files, too. Who may see which pair is decided when somebody asks. Its place in the log is in the index's own commits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{runtime::Runtime, sync::watch};

use super::{FollowError, Following, Progress, ReadError, editing::reader::Editing};
use crate::{
    clock::Timestamp,
    content_type::ContentType,
    entry::Entry,
    event::{Event, EventBody, ImportedPair, Part, ReviewStep, Translates},
    id::EntryId,
    locale::Locale,
    markdown,
    search::{
        IndexError, Pace,
        memory::{Memory, MemoryWriter},
    },
    segment::{
        self, Segment, SegmentDigest, SegmentKind, SegmentRecord, Unit,
        pairs::{Said, Source},
    },
    store::Log,
    translation::memory::{Direction, Pair, Provenance, context},
};

/// How many events are looked at together.
const BATCH: usize = 1_024;
/// How many events without a pair are passed before that is noted.
const FAR: u64 = 4_096;
/// How many pairs are added between two commits while there is more to do.
const LARGE_STEP: usize = 50_000;
/// How long a commit may be put off while there is more to do.
const COMMIT_EVERY: Duration = Duration::from_secs(20);
/// How long the follower sleeps before it looks whether it should stop.
const NAP: Duration = Duration::from_millis(250);

/// The follower that keeps the memory.
pub struct MemoryFollower {
    log: Arc<dyn Log>,
    editing: Editing,
    memory: Arc<Memory>,
    /// Made when there is something to write: most stores have no translations.
    writer: Option<MemoryWriter>,
    /// How far the view is: the memory is never ahead of it.
    view: watch::Receiver<Progress>,
    applied: u64,
    runtime: Runtime,
    uncommitted: usize,
    /// Whether something was taken out that the files are not to hold any more.
    purging: bool,
    committed_at: Instant,
}

impl std::fmt::Debug for MemoryFollower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryFollower").field("applied", &self.applied).finish_non_exhaustive()
    }
}

/// A translation's revision that was published or approved.
struct Approved<'e> {
    entry: EntryId,
    locale: &'e Locale,
    saved: u64,
    event: &'e Event,
}

impl MemoryFollower {
    /// A follower that goes on where the memory stands.
    ///
    /// # Errors
    /// [`FollowError::Machine`] when the machine has no room for it.
    pub fn new(
        log: Arc<dyn Log>,
        editing: Editing,
        memory: Arc<Memory>,
        view: watch::Receiver<Progress>,
    ) -> Result<Self, FollowError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| FollowError::Machine(error.to_string()))?;
        let applied = memory.applied();
        Ok(Self {
            log,
            editing,
            memory,
            writer: None,
            view,
            applied,
            runtime,
            uncommitted: 0,
            purging: false,
            committed_at: Instant::now(),
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
            while !stopped.load(Ordering::Acquire) {
                if let Err(error) = self.step(&sender) {
                    tracing::error!(%error, applied = self.applied, "the translation memory can no longer follow the log");
                    sender.send_modify(|progress| progress.failed = Some(error.to_string()));
                    return;
                }
            }
            if let Err(error) = self.commit(&sender) {
                tracing::warn!(%error, "the translation memory was not committed at the end; it will catch up");
            }
        };
        Following::spawn("memory", work, applied, stop)
    }

    /// Takes in the next events, or naps; commits when there is nothing more, or enough.
    fn step(&mut self, sender: &watch::Sender<Progress>) -> Result<(), FollowError> {
        let view = self.view.borrow_and_update().applied;
        let limit = usize::try_from(view.saturating_sub(self.applied)).unwrap_or(BATCH).min(BATCH);
        if limit == 0 {
            if self.uncommitted > 0 || self.is_far_ahead() {
                return self.commit(sender);
            }
            let mut view = self.view.clone();
            let changed = async { tokio::time::timeout(NAP, view.changed()).await };
            drop(self.runtime.block_on(changed));
            return Ok(());
        }
        let events = self.runtime.block_on(self.log.events(self.applied, limit))?;
        let Some(last) = events.last().map(|event| event.number) else { return Ok(()) };
        for event in &events {
            self.take(event)?;
        }
        self.applied = last;
        if self.uncommitted >= LARGE_STEP || self.committed_at.elapsed() >= COMMIT_EVERY {
            self.commit(sender)?;
        }
        if self.uncommitted == 0 {
            sender.send_modify(|progress| progress.applied = last);
        }
        Ok(())
    }

    /// Whether the next start would look at much again that gives nothing.
    fn is_far_ahead(&self) -> bool {
        self.applied.saturating_sub(self.memory.applied()) > FAR
    }

    fn writer(&mut self) -> Result<&mut MemoryWriter, FollowError> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.memory.writer(Pace::Steady).map_err(failed)?,
        };
        Ok(self.writer.insert(writer))
    }

    fn commit(&mut self, sender: &watch::Sender<Progress>) -> Result<(), FollowError> {
        let applied = self.applied;
        if std::mem::take(&mut self.purging) {
            // What went is out of the files before the index says that it knows: a process that dies before is told again.
            let known = self.memory.applied();
            let writer = self.writer()?;
            writer.commit(known).and_then(|()| writer.purge()).map_err(failed)?;
        }
        if self.uncommitted > 0 || self.is_far_ahead() {
            self.writer()?.commit(applied).map_err(failed)?;
        }
        self.uncommitted = 0;
        self.committed_at = Instant::now();
        sender.send_modify(|progress| progress.applied = applied);
        Ok(())
    }

    fn take(&mut self, event: &Event) -> Result<(), FollowError> {
        match &event.body {
            Some(EventBody::Published { entry, part: Part::Locale(locale), saved, .. }) => {
                let saved = saved.number(event.number);
                self.approved(&Approved { entry: *entry, locale, saved, event })
            }
            Some(EventBody::Reviewed {
                entry,
                part: part @ Part::Locale(locale),
                revision,
                step: ReviewStep::Approved,
                ..
            }) => {
                let saved = self.editing.saved_by(*entry, part, *revision).map_err(unread)?;
                let Some(saved) = saved else { return Ok(()) };
                self.approved(&Approved { entry: *entry, locale, saved, event })
            }
            Some(EventBody::MemoryImported { agency, name, source, target, pairs }) => {
                let direction = Direction { source: source.clone(), target: target.clone() };
                let from = Provenance::Imported { agency: *agency, name: name.clone() };
                self.uncommitted += pairs.len();
                for pair in pairs {
                    let pair = imported(pair, &from, event.at);
                    self.writer()?.add(&direction, pair).map_err(failed)?;
                }
                Ok(())
            }
            Some(EventBody::Erased { entry, .. }) => {
                let entry = *entry;
                if self.memory.count() > 0 || self.uncommitted > 0 {
                    self.writer()?.forget(entry);
                    self.uncommitted += 1;
                    self.purging = true;
                }
                Ok(())
            }
            Some(EventBody::MemoryForgotten { agency, name }) => {
                let (agency, name) = (*agency, name.clone());
                self.writer()?.forget_import(agency, &name);
                self.uncommitted += 1;
                self.purging = true;
                Ok(())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn approved(&mut self, approved: &Approved<'_>) -> Result<(), FollowError> {
        let Some(entry) = self.editing.entry(approved.entry).map_err(unread)? else {
            return Ok(());
        };
        if *approved.locale == entry.source_locale {
            return Ok(());
        }
        let kind = self.editing.content_type(&entry.type_name).map_err(unread)?;
        let Some((kind, _)) = kind else { return Ok(()) };
        let pairs = self.runtime.block_on(pairs(&self.editing, (&entry, &kind), approved));
        let pairs = pairs.map_err(unread)?;
        let direction = Direction { source: entry.source_locale, target: approved.locale.clone() };
        self.uncommitted += pairs.len();
        for pair in pairs {
            self.writer()?.add(&direction, pair).map_err(failed)?;
        }
        Ok(())
    }
}

fn failed(error: IndexError) -> FollowError {
    FollowError::Index(error.to_string())
}

fn unread(error: ReadError) -> FollowError {
    FollowError::Index(error.to_string())
}

/// A pair of elsewhere, whose text is taken for Markdown.
fn imported(pair: &ImportedPair, from: &Provenance, at: Timestamp) -> Pair {
    Pair {
        words: words(&Segment::new(SegmentKind::Paragraph, &pair.source)),
        source: pair.source.clone(),
        target: pair.target.clone(),
        context: None,
        from: from.clone(),
        at: pair.at.unwrap_or(at),
    }
}

/// The pairs that a translation's revision gives.
async fn pairs(
    editing: &Editing,
    (entry, kind): (&Entry, &ContentType),
    approved: &Approved<'_>,
) -> Result<Vec<Pair>, ReadError> {
    let saved = editing.event(approved.saved).await?.and_then(|event| event.body);
    let Some(EventBody::RevisionSaved {
        fields,
        segments,
        revision,
        translates: Some(Translates::Revision(of)),
        ..
    }) = saved
    else {
        return Ok(Vec::new());
    };
    let Some(source) = editing.source_revision(entry, kind, of).await? else {
        return Ok(Vec::new());
    };
    let records: Vec<SegmentRecord> = if segments.is_empty() {
        let target = segment::units(kind, &fields, markdown::cut);
        Said::derived(&source.source, &target, revision).records.into_values().collect()
    } else {
        segments
    };
    let made = |record: &SegmentRecord| {
        let (unit, context) = unit_of(&source.source, record)?;
        Some(Pair {
            words: words(&unit.segment),
            source: unit.segment.text.clone(),
            target: record.target.clone(),
            context: Some(context),
            from: Provenance::Entry {
                entry: entry.id,
                pointer: unit.pointer.clone(),
                revision,
                by: approved.event.actor,
            },
            at: approved.event.at,
        })
    };
    Ok(records.iter().filter_map(made).collect())
}

/// The segment that a record translates and what stands around it; none where the record is of another text, has no
/// words, or nobody stands by it.
fn unit_of<'s>(source: &'s Source, record: &SegmentRecord) -> Option<(&'s Unit, SegmentDigest)> {
    if !record.is_translated() || record.pointer.is_none() {
        return None;
    }
    let at = source.ids.iter().position(|id| *id == record.id)?;
    let unit = source.units.get(at)?;
    if unit.segment.digest() != record.of || !markdown::is_translatable(&unit.segment) {
        return None;
    }
    let neighbour = |at: Option<usize>| {
        let next = at.and_then(|at| source.units.get(at))?;
        (next.pointer == unit.pointer).then_some(next.segment.text.as_str())
    };
    let around = (neighbour(at.checked_sub(1)), neighbour(at.checked_add(1)));
    Some((unit, context(unit.field.as_str(), around.0, around.1)))
}

/// A segment's words, without its codes.
fn words(segment: &Segment) -> String {
    let codes = markdown::codes(segment);
    markdown::words(&segment.text, &codes).collect::<Vec<_>>().join(" ")
}
