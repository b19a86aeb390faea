//! Parts of entries as they were at an instant, or as they will be: made from the log by the events of the part alone,
//! so that it takes as long as the part has events, and not as long as the log is.

use super::{Editing, ReadError};
use crate::{
    clock::Timestamp,
    entry::{Entry, Head, Schedule},
    event::{Due, Event, EventBody, Part, SavedAt, Stream},
    id::{EntryId, TypeName},
    locale::Locale,
};

/// How many events of a part are read together.
const STEP: usize = 500;

/// An entry that had a locale at an instant.
#[derive(Debug, Clone)]
pub struct EntryThen {
    /// The entry, as it is now but for its heads.
    pub entry: Entry,
    /// The locale, as it was then.
    pub head: Head,
}

impl Editing {
    /// A part of an entry as it was at an instant; for one to come, as it will be if what is scheduled happens and
    /// nothing else does. `None` when it had no revision then.
    ///
    /// # Errors
    /// [`ReadError`] when the log cannot be read.
    pub async fn head_at(
        &self,
        entry: &Entry,
        part: &Part,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Head>, ReadError> {
        if at >= now {
            let head = entry.heads.get(part).cloned();
            return Ok(head.map(|head| to_come(entry, (part, head), at)));
        }
        let mut then = Entry { heads: std::collections::BTreeMap::new(), ..entry.clone() };
        let stream = Stream::Entry(entry.id, part.clone());
        let mut after = 0;
        loop {
            let numbers = self.log().events_of(&stream, after, STEP).await?;
            for number in &numbers {
                after = *number;
                let Some(event) = self.event(*number).await? else { continue };
                // A clock may have been set back between two events: each counts by its own instant.
                if event.at <= at {
                    then.apply(&event);
                }
            }
            if numbers.len() < STEP {
                return Ok(then.heads.remove(part));
            }
        }
    }

    /// At most `limit` entries of a type that had a locale at an instant, in the order of their ids, and the id to go on
    /// after: `limit` entries are looked at, so a page may hold fewer and not be the last.
    ///
    /// # Errors
    /// [`ReadError`] when the log cannot be read.
    pub async fn entries_at(
        &self,
        (type_name, locale): (&TypeName, &Locale),
        (after, limit): (Option<EntryId>, usize),
        (at, now): (Timestamp, Timestamp),
    ) -> Result<(Vec<EntryThen>, Option<EntryId>), ReadError> {
        let part = Part::Locale(locale.clone());
        let ids = self.entries(type_name, after, limit)?;
        let next = ids.last().copied().filter(|_| ids.len() == limit);
        let mut found = Vec::new();
        for id in ids {
            let Some(entry) = self.entry(id)? else { continue };
            if let Some(head) = self.head_at(&entry, &part, at, now).await? {
                found.push(EntryThen { entry, head });
            }
        }
        Ok((found, next))
    }
}

/// A part with what is scheduled up to an instant.
fn to_come(entry: &Entry, (part, head): (&Part, Head), at: Timestamp) -> Head {
    let due: Vec<Schedule> =
        head.schedules.iter().filter(|schedule| schedule.at <= at).cloned().collect();
    let heads = std::iter::once((part.clone(), head.clone())).collect();
    let mut then = Entry { heads, ..entry.clone() };
    for Schedule { id, at, due, actor, .. } in due {
        let saved = SavedAt::Event(head.draft.event);
        let body = match (due, part) {
            (Due::Publish(revision), part) => EventBody::Published {
                entry: entry.id,
                part: part.clone(),
                revision,
                saved,
                embeds: std::collections::BTreeMap::new(),
                published_at: None,
                change_class: None,
            },
            (Due::Unpublish(withdrawal), Part::Locale(locale)) => {
                let locale = locale.clone();
                EventBody::Unpublished { entry: entry.id, locale, withdrawal, recall: false }
            }
            (Due::Unpublish(_), Part::Shared) => continue,
        };
        let number = head.last;
        then.apply(&Event { number, at, actor, op: id, streams: Vec::new(), body: Some(body) });
    }
    then.heads.remove(part).unwrap_or(head)
}
