//! What changed for readers since a place in the log: pages, not events.
//!
//! One event may change many pages: a topic's title is on every page of the topic. Those pages are not
//! written down anywhere; they follow from who shows whom, and are read off when somebody asks. A page
//! that no longer shows the entry has an event of its own later on, and so has one that shows it only
//! since; so nothing is missed by looking at today's table.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Delivery, ReadError, fill::DEPTH};
use crate::{
    clock::Timestamp,
    event::Part,
    followers::delivery::tables::{self, Change, ChangeOp},
    id::{EntryId, TypeName},
    locale::Locale,
    store::{Cursor, Epoch},
};

/// A page that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedPage {
    /// What happened to it.
    pub op: ChangeOp,
    /// Its entry.
    pub id: EntryId,
    /// The entry's type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Its locale; none for an erased entry, which is gone in all.
    pub locale: Option<Locale>,
    /// Its slug, while it has one.
    pub slug: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The entry whose change this follows from: its own, or one that it shows.
    pub cause: EntryId,
    /// Where to go on from after this page.
    #[serde(skip)]
    pub place: Place,
}

/// A place in the sequence of changed pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The last event whose pages have all been given.
    pub cursor: Cursor,
    /// The last page given of those that the next event changed.
    pub within: Option<Within>,
}

/// A place among the pages that one event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// The entry by way of which the page is changed: the event's own, or one that embeds it.
    pub source: EntryId,
    /// The entry whose page it is; all zeros for the event's own pages.
    pub user: EntryId,
    /// The part of it that shows the source.
    pub part: Part,
}

/// Changed pages, and where to go on from.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The pages, oldest change first.
    pub pages: Vec<ChangedPage>,
    /// Where to go on from.
    pub next: Place,
    /// Whether all that has happened is told.
    pub is_end: bool,
}

/// Why changes cannot be told from a place.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// The place is of another history than this store's: read everything again.
    #[error("the cursor is of another history")]
    Expired,
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Delivery {
    /// The place before everything.
    pub fn beginning(&self) -> Place {
        Place {
            cursor: Cursor { epoch: self.parts().log.epoch(), number: 0, nonce: [0; 8] },
            within: None,
        }
    }

    /// The place after everything that has been applied here.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn end(&self) -> Result<Place, ReadError> {
        let cursor = self.parts().log.cursor(self.applied()?).await?;
        Ok(Place { cursor, within: None })
    }

    /// The last event that this node has applied.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn applied(&self) -> Result<u64, ReadError> {
        Ok(self.reader().get(&tables::CHECKPOINT, &())?.unwrap_or(0))
    }

    /// At most `limit` changed pages from a place on. A change that was overtaken by a later one of the
    /// same page is left out.
    ///
    /// # Errors
    /// [`ChangesError::Expired`] for a place that isn't in this log's history.
    pub async fn changes(&self, since: &Place, limit: usize) -> Result<Changes, ChangesError> {
        let log = &self.parts().log;
        if !log.is_own(&since.cursor).await.map_err(ReadError::from)? {
            return Err(ChangesError::Expired);
        }
        let applied = self.applied()?;
        let mut told = Told {
            pages: Vec::new(),
            number: since.cursor.number,
            within: since.within.clone(),
            limit,
        };
        let rows = self.reader().scan(&tables::CHANGES, &(), Some(&since.cursor.number));
        let mut is_end = true;
        for row in rows {
            let (number, change) = row.map_err(ReadError::from)?;
            if number > applied {
                break;
            }
            if !self.tell(number, &change, &mut told)? {
                is_end = false;
                break;
            }
        }
        if is_end {
            told.number = applied.max(told.number);
        }
        self.placed(told, is_end).await
    }

    async fn placed(&self, told: Told, is_end: bool) -> Result<Changes, ChangesError> {
        let log = &self.parts().log;
        let mut pages = Vec::with_capacity(told.pages.len());
        let mut cursor = None::<Cursor>;
        for (before, within, mut page) in told.pages {
            let within = Some(within);
            if cursor.is_none_or(|cursor| cursor.number != before) {
                cursor = Some(log.cursor(before).await.map_err(ReadError::from)?);
            }
            if let Some(cursor) = cursor {
                page.place = Place { cursor, within };
            }
            pages.push(page);
        }
        let cursor = log.cursor(told.number).await.map_err(ReadError::from)?;
        let next = match pages.last() {
            Some(page) if !is_end => page.place.clone(),
            Some(_) | None => Place { cursor, within: told.within },
        };
        Ok(Changes { pages, next, is_end })
    }

    /// Adds the pages that one event changed; `false` once there is no room for more.
    fn tell(&self, number: u64, change: &Change, told: &mut Told) -> Result<bool, ReadError> {
        let from = told.within.take();
        if from.is_none() && !self.tell_own(number, change, told)? {
            return Ok(false);
        }
        let sources = self.shown_by_way_of(change.entry)?;
        let start = from.as_ref().map_or(0, |from| {
            // The way that was being told may be gone since: then the next one is.
            let onward = sources
                .get(1..)
                .unwrap_or_default()
                .partition_point(|source| *source < from.source);
            if from.source == change.entry { 0 } else { onward + 1 }
        });
        for source in sources.iter().skip(start) {
            let after = from.as_ref().filter(|from| from.source == *source);
            let after = after.map(|from| (*source, from.user, from.part.clone()));
            for row in self.reader().scan(&tables::USED_BY, source, after.as_ref()) {
                let ((_, user, part), ()) = row?;
                if !self.tell_user(number, change, &Within { source: *source, user, part }, told)? {
                    return Ok(false);
                }
            }
        }
        told.number = number;
        Ok(true)
    }

    /// The entry, and in the order of their ids those that embed it and can be embedded themselves, as
    /// deep as forms are filled.
    fn shown_by_way_of(&self, entry: EntryId) -> Result<Vec<EntryId>, ReadError> {
        let mut found = BTreeSet::new();
        let mut level = vec![entry];
        for _ in 0..DEPTH {
            let mut next = Vec::new();
            for target in level {
                for row in self.reader().scan(&tables::ONWARD, &target, None) {
                    let ((_, user), ()) = row?;
                    if user != entry && found.insert(user) {
                        next.push(user);
                    }
                }
            }
            level = next;
        }
        Ok(std::iter::once(entry).chain(found).collect())
    }

    /// The pages of the entry itself: the one that changed, and its other locales, which name it.
    fn tell_own(&self, number: u64, change: &Change, told: &mut Told) -> Result<bool, ReadError> {
        let within =
            Within { source: change.entry, user: EntryId::from_bytes([0; 16]), part: Part::Shared };
        let subject = (change.entry, change.type_name.clone());
        if change.op == ChangeOp::Erased {
            return Ok(told.add((number, change), &within, subject, (change.op, None, None)));
        }
        // Of an entry that was erased since, nothing but the erasure is told.
        let Some(entry) = self.live(change.entry)? else { return Ok(true) };
        for (locale, live) in &entry.locales {
            let is_own = change.locale.as_ref() == Some(locale);
            let overtaken = live.changed > number;
            if overtaken || (!is_own && live.withdrawal.is_some()) {
                continue;
            }
            let op = if is_own { change.op } else { ChangeOp::Changed };
            if !told.add(
                (number, change),
                &within,
                subject.clone(),
                (op, Some(locale), Some(&live.slug)),
            ) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tell_user(
        &self,
        number: u64,
        change: &Change,
        within: &Within,
        told: &mut Told,
    ) -> Result<bool, ReadError> {
        let Some(entry) = self.live(within.user)? else { return Ok(true) };
        for (locale, live) in entry.published() {
            let shows = match &within.part {
                Part::Shared => true,
                Part::Locale(own) => own == locale,
            };
            if shows && live.changed < number {
                let page = (ChangeOp::Changed, Some(locale), Some(&live.slug));
                let subject = (entry.id, entry.type_name.clone());
                if !told.add((number, change), within, subject, page) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

type Page<'a> = (ChangeOp, Option<&'a Locale>, Option<&'a String>);

/// What has been told so far.
struct Told {
    /// The event before the one that each page follows from, the place within, the page.
    pages: Vec<(u64, Within, ChangedPage)>,
    number: u64,
    within: Option<Within>,
    limit: usize,
}

impl Told {
    /// Adds a page. Pages of one place are told together, so that a place never lies between them.
    fn add(
        &mut self,
        (number, change): (u64, &Change),
        within: &Within,
        (id, type_name): (EntryId, TypeName),
        (op, locale, slug): Page<'_>,
    ) -> bool {
        let before = number.saturating_sub(1);
        let goes_on =
            self.pages.last().is_some_and(|(event, last, _)| (*event, last) == (before, within));
        if self.pages.len() >= self.limit && !goes_on {
            return false;
        }
        let page = ChangedPage {
            op,
            id,
            type_name,
            locale: locale.cloned(),
            slug: slug.cloned(),
            at: change.at,
            cause: change.entry,
            place: Place {
                cursor: Cursor { epoch: Epoch(0), number: before, nonce: [0; 8] },
                within: None,
            },
        };
        self.pages.push((before, within.clone(), page));
        true
    }
}
