//! What readers' forms were made of at an instant: the events of an entry, and of what its page shows, up to then.
//!
//! Only these are read: it takes as long as they are many, and not as long as the log is.

use std::collections::{BTreeMap, BTreeSet};

use super::{Editing, ReadError};
use crate::{
    access::{Act, Actor, Scope, allows},
    clock::Timestamp,
    entry::{Entry, Schedule},
    event::{Event, EventBody, Part, Stream},
    id::EntryId,
    locale::Locale,
};

/// How many events of a part are read together.
const STEP: usize = 500;
/// How many entries that a page shows are taken as they were; what is beyond is taken as it is.
const SHOWN: usize = 100;
/// How many events are read at most.
const MOST: usize = 20_000;

/// The past of an entry, as far as readers saw it.
#[derive(Debug, Default)]
pub struct Past {
    /// Whose past it is: the entry's, and of those that its page showed.
    pub entries: Vec<EntryId>,
    /// What happened to them, in order.
    pub events: Vec<Event>,
}

/// There is more than is looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST} events lead up to it")]
pub struct TooMuch;

impl Editing {
    /// The past of an entry up to an instant, with what its page in a locale showed then. Of the others only those count
    /// that the actor may read; the rest are as readers get them now.
    ///
    /// # Errors
    /// [`ReadError`] when the log cannot be read; inside, [`TooMuch`].
    pub async fn past(
        &self,
        actor: &Actor,
        (entry, locale): (&Entry, &Locale),
        at: Timestamp,
    ) -> Result<Result<Past, TooMuch>, ReadError> {
        let mut events = BTreeMap::new();
        if self.read_past(entry, at, &mut events).await?.is_err() {
            return Ok(Err(TooMuch));
        }
        let mut then = Entry { heads: BTreeMap::new(), ..entry.clone() };
        for event in events.values() {
            then.apply(event);
        }
        let mut entries = vec![entry.id];
        for shown in shown_by(&then, locale).into_iter().filter(|id| *id != entry.id).take(SHOWN) {
            let Some(shown) = self.entry(shown)? else { continue };
            let (agency, type_name) = (Some(shown.agency), Some(&shown.type_name));
            if !allows(actor, Act::Read, &Scope { agency, type_name, locale: Some(locale) }) {
                continue;
            }
            entries.push(shown.id);
            if self.read_past(&shown, at, &mut events).await?.is_err() {
                return Ok(Err(TooMuch));
            }
        }
        let mut events: Vec<Event> = events.into_values().collect();
        events.retain(|event| event.body.as_ref().is_some_and(is_seen));
        Ok(Ok(Past { entries, events }))
    }

    /// What is scheduled of an entry, and of what its page in a locale shows, up to an instant, in the order of its time.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn to_come(
        &self,
        actor: &Actor,
        (entry, locale): (&Entry, &Locale),
        at: Timestamp,
    ) -> Result<Vec<(EntryId, Part, Schedule)>, ReadError> {
        let mut ids: BTreeSet<EntryId> = shown_by(entry, locale);
        let draft = entry.heads.get(&Part::Locale(locale.clone())).map(|head| &head.draft.uses);
        ids.extend(draft.into_iter().flatten());
        let mut all: Vec<_> = due(entry, at).collect();
        for id in ids.into_iter().filter(|id| *id != entry.id).take(SHOWN) {
            let Some(shown) = self.entry(id)? else { continue };
            let (agency, type_name) = (Some(shown.agency), Some(&shown.type_name));
            if allows(actor, Act::Read, &Scope { agency, type_name, locale: Some(locale) }) {
                all.extend(due(&shown, at));
            }
        }
        all.sort_by_key(|(id, part, schedule)| (schedule.at, *id, part.clone()));
        Ok(all)
    }

    /// Adds the events of an entry up to an instant.
    async fn read_past(
        &self,
        entry: &Entry,
        at: Timestamp,
        events: &mut BTreeMap<u64, Event>,
    ) -> Result<Result<(), TooMuch>, ReadError> {
        let shared = std::iter::once(&Part::Shared);
        let parts: BTreeSet<&Part> = entry.heads.keys().chain(shared).collect();
        for part in parts {
            let stream = Stream::Entry(entry.id, part.clone());
            let mut after = 0;
            loop {
                let numbers = self.log().events_of(&stream, after, STEP).await?;
                if events.len() + numbers.len() > MOST {
                    return Ok(Err(TooMuch));
                }
                for number in &numbers {
                    after = *number;
                    // A clock may have been set back between two events: each counts by its own instant.
                    if !events.contains_key(number)
                        && let Some(event) = self.event(*number).await?
                        && event.at <= at
                    {
                        events.insert(*number, event);
                    }
                }
                if numbers.len() < STEP {
                    break;
                }
            }
        }
        Ok(Ok(()))
    }
}

/// What an entry's page in a locale shows.
fn shown_by(entry: &Entry, locale: &Locale) -> BTreeSet<EntryId> {
    let parts = [Part::Locale(locale.clone()), Part::Shared];
    let live = parts.iter().filter_map(|part| entry.heads.get(part)?.live.as_ref());
    live.flat_map(|live| live.saved.uses.iter().copied()).collect()
}

fn due(entry: &Entry, at: Timestamp) -> impl Iterator<Item = (EntryId, Part, Schedule)> + '_ {
    entry.heads.iter().flat_map(move |(part, head)| {
        let schedules = head.schedules.iter().filter(move |schedule| schedule.at <= at);
        schedules.map(|schedule| (entry.id, part.clone(), schedule.clone()))
    })
}

/// Whether readers see anything of an event.
fn is_seen(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::EntryCreated { .. }
            | EventBody::EntryMoved { .. }
            | EventBody::Published { .. }
            | EventBody::Unpublished { .. }
    )
}
