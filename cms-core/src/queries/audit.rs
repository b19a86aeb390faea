//! The audit trail: who did what, when, from the log itself. A page looks at a bounded stretch of the log, so that no
//! question, however wide, keeps the server for long.

use super::{Editing, ReadError};
use crate::{
    clock::Timestamp,
    event::{Event, Stream},
    id::{AccountId, EntryId},
};

/// The most events that one page looks at.
const STRETCH: u64 = 5_000;
/// How many events are read together.
const STEP: usize = 500;
/// A clock may have been set back by so much, in milliseconds: events that far from a bound are looked at one by one.
const SLACK: i64 = 60 * 60 * 1_000;

/// Which events are asked for.
#[derive(Debug, Clone, Default)]
pub struct AuditQuestion {
    /// Those about this entry.
    pub entry: Option<EntryId>,
    /// Those of this account.
    pub actor: Option<AccountId>,
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub to: Option<Timestamp>,
    /// Only those after this event.
    pub after: u64,
    /// How many.
    pub limit: usize,
}

/// A page of the trail.
#[derive(Debug, Clone)]
pub struct AuditPage {
    /// In the order in which they happened. Those that were erased have no body.
    pub events: Vec<Event>,
    /// The event to go on after; `None` at the end. A page may be empty and not be the last.
    pub next: Option<u64>,
}

impl Editing {
    /// A page of the audit trail.
    ///
    /// # Errors
    /// [`ReadError`] when the log cannot be read.
    pub async fn audit(&self, question: &AuditQuestion) -> Result<AuditPage, ReadError> {
        let last = self.log().last();
        let created = match question.entry {
            Some(id) => self.entry(id)?.map_or(0, |entry| entry.created.saturating_sub(1)),
            None => 0,
        };
        let begun = match question.from {
            Some(from) => self.first_at(from.plus_millis(-SLACK), last).await?,
            None => 0,
        };
        let mut after = question.after.max(created).max(begun);
        let end = last.min(after + STRETCH);
        let mut found = Vec::new();
        while after < end {
            let events = self.log().events(after, STEP).await?;
            if events.is_empty() {
                break;
            }
            for event in events {
                let is_past = |to: Timestamp| event.at >= to.plus_millis(SLACK);
                if question.to.is_some_and(is_past) {
                    return Ok(AuditPage { events: found, next: None });
                }
                after = event.number;
                if question.asks_for(&event) {
                    found.push(event);
                    if found.len() >= question.limit {
                        let next = (after < last).then_some(after);
                        return Ok(AuditPage { events: found, next });
                    }
                }
                if after >= end {
                    break;
                }
            }
        }
        Ok(AuditPage { events: found, next: (after < last).then_some(after) })
    }

    /// The number of the last event before an instant, by halving: instants grow with numbers, but for a clock that
    /// was set back.
    async fn first_at(&self, at: Timestamp, last: u64) -> Result<u64, ReadError> {
        let (mut before, mut from) = (0, last + 1);
        while from - before > 1 {
            let middle = before + (from - before) / 2;
            match self.event(middle).await? {
                Some(event) if event.at < at => before = middle,
                Some(_) | None => from = middle,
            }
        }
        Ok(before)
    }
}

impl AuditQuestion {
    fn asks_for(&self, event: &Event) -> bool {
        let about = |id: EntryId| {
            let of_it = |stream: &Stream| matches!(stream, Stream::Entry(of, _) | Stream::Discussion(of) if *of == id);
            event.streams.iter().any(of_it)
        };
        self.entry.is_none_or(about)
            && self.actor.is_none_or(|actor| event.actor == actor)
            && self.from.is_none_or(|from| event.at >= from)
            && self.to.is_none_or(|to| event.at < to)
    }
}
