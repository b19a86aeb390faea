//! An entry as its editors see it: its heads, folded from its events. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    embed::EmbedToken,
    event::{ChangeClass, Due, Event, EventBody, Fields, Part, ReviewStep, Translates, Withdrawal},
    id::{AccountId, AgencyId, EntryId, ExternalKey, OpId, ReleaseId, TypeName},
    locale::Locale,
};

pub mod diff;
pub mod merge;
pub mod report;

/// Where a head stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The newest revision has not been published.
    Draft,
    /// Its author holds the newest revision to be done; a reviewer has to say.
    InReview,
    /// A reviewer holds the newest revision to be right.
    Approved,
    /// The newest revision will be published at a time.
    Scheduled,
    /// The newest revision is what readers get.
    Published,
    /// Readers got it once, and no longer do.
    Unpublished,
}

/// A saved revision, without its content: that lies in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Its number within the part: 1, 2, 3, …
    pub revision: u32,
    /// The event that saved it.
    pub event: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: AccountId,
    /// Its slug; the shared fields have none.
    pub slug: Option<String>,
    /// The entries that it refers to or embeds, sorted.
    pub uses: Vec<EntryId>,
    /// What it is a translation of.
    pub translates: Option<Translates>,
    /// What it means for translations.
    pub change_class: Option<ChangeClass>,
    /// What the author said of it to colleagues.
    pub note: Option<String>,
    /// The day that it names for looking at it again; shared fields do, of types that have the field.
    pub review_due: Option<String>,
    /// Whether it keeps something of each segment, being a translation that was made segment by segment.
    pub by_segments: bool,
}

/// Where the review of the newest revision stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The last step.
    pub step: ReviewStep,
    /// Who took it.
    pub actor: AccountId,
    /// When.
    pub at: Timestamp,
    /// What was said to it.
    pub note: Option<String>,
    /// Who has approved it so far, each once.
    pub approvals: Vec<AccountId>,
}

/// Something that is to happen to a locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its name: the handle of the command that it will be.
    pub id: OpId,
    /// When.
    pub at: Timestamp,
    /// The time zone that it was chosen in.
    pub zone: Option<String>,
    /// What.
    pub due: Due,
    /// Who wants it.
    pub actor: AccountId,
    /// The release that it is a part of, if it is.
    pub release: Option<ReleaseId>,
}

/// A published revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// The revision.
    pub saved: Saved,
    /// The event that published it.
    pub event: u64,
    /// The date that readers see.
    pub published_at: Timestamp,
    /// The named pieces of other entries that it embeds: where a circle of embeds could close.
    pub embeds: Vec<Embedded>,
}

/// A piece of another entry, such as one of its fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Embedded {
    /// Which entry.
    pub target: EntryId,
    /// Which of its pieces.
    pub piece: String,
}

/// One part of an entry: the newest revision, the live one, and the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The newest revision.
    pub draft: Saved,
    /// What readers get, or last got.
    pub live: Option<Live>,
    /// Where it stands.
    pub status: Status,
    /// How it answers while it is unpublished.
    pub withdrawal: Option<Withdrawal>,
    /// The highest number that a revision of it has had; the draft's, unless later ones were discarded.
    pub newest: u32,
    /// The review of the draft, once it has begun.
    pub review: Option<Review>,
    /// What is to happen, soonest first.
    pub schedules: Vec<Schedule>,
    /// The last event of its stream.
    pub last: u64,
}

impl Head {
    /// What readers get now.
    pub fn published(&self) -> Option<&Live> {
        self.live.as_ref().filter(|_| self.withdrawal.is_none())
    }

    /// Whether the draft will be published at a time: until then it stays as it is.
    pub fn is_scheduled(&self) -> bool {
        self.schedules.iter().any(|schedule| matches!(schedule.due, Due::Publish(_)))
    }

    /// Where the draft stands, from what has happened to it.
    fn standing(&self) -> Status {
        let is_live = self.live.as_ref().is_some_and(|live| live.saved.event == self.draft.event);
        if self.is_scheduled() {
            Status::Scheduled
        } else if is_live && self.withdrawal.is_none() {
            Status::Published
        } else if is_live {
            Status::Unpublished
        } else {
            match self.review.as_ref().map(|review| review.step) {
                Some(ReviewStep::Submitted) => Status::InReview,
                Some(ReviewStep::Approved) => Status::Approved,
                Some(ReviewStep::ChangesRequested) | None => Status::Draft,
            }
        }
    }
}

/// An entry and its heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Its type.
    pub type_name: TypeName,
    /// Whose it is.
    pub agency: AgencyId,
    /// The language that it is written in.
    pub source_locale: Locale,
    /// Its key outside.
    pub key: Option<ExternalKey>,
    /// The event that made it.
    pub created: u64,
    /// The last event about it as a whole: what made it, or moved it.
    pub whole: u64,
    /// Its parts.
    pub heads: BTreeMap<Part, Head>,
}

impl Entry {
    /// The entry that this event made, if it made one.
    pub fn created_by(event: &Event) -> Option<Self> {
        let Some(EventBody::EntryCreated { entry, type_name, agency, source_locale, key }) =
            &event.body
        else {
            return None;
        };
        Some(Self {
            id: *entry,
            type_name: type_name.clone(),
            agency: *agency,
            source_locale: source_locale.clone(),
            key: key.clone(),
            created: event.number,
            whole: event.number,
            heads: BTreeMap::new(),
        })
    }

    /// The number of the last event of a part's stream. A part without revisions has none, except that
    /// what happens to the entry as a whole is in the shared fields' stream.
    pub fn last_of(&self, part: &Part) -> u64 {
        match (self.heads.get(part), part) {
            (Some(head), _) => head.last,
            (None, Part::Shared) => self.whole,
            (None, Part::Locale(_)) => 0,
        }
    }

    /// The locales that readers get.
    pub fn published_locales(&self) -> impl Iterator<Item = (&Locale, &Live)> {
        self.heads.iter().filter_map(|(part, head)| match part {
            Part::Locale(locale) => head.published().map(|live| (locale, live)),
            Part::Shared => None,
        })
    }

    /// The locales that readers ever got.
    pub fn once_published_locales(&self) -> impl Iterator<Item = &Locale> {
        self.heads.iter().filter(|(_, head)| head.live.is_some()).filter_map(|(part, _)| match part
        {
            Part::Locale(locale) => Some(locale),
            Part::Shared => None,
        })
    }

    /// Takes in one of the entry's events.
    pub fn apply(&mut self, event: &Event) {
        let Some(body) = &event.body else { return };
        match body {
            EventBody::RevisionSaved { part, .. } => {
                if let Some(saved) = saved(event) {
                    self.save(part, saved, event.number);
                }
            }
            EventBody::Published { part, published_at, embeds, .. } => {
                self.change(part, event, |head| {
                    head.live = Some(Live {
                        saved: head.draft.clone(),
                        event: event.number,
                        published_at: published_at.unwrap_or(event.at),
                        embeds: embedded_pieces(embeds),
                    });
                    head.withdrawal = None;
                    head.review = None;
                });
            }
            EventBody::Unpublished { locale, withdrawal, .. } => {
                let part = Part::Locale(locale.clone());
                self.change(&part, event, |head| head.withdrawal = Some(withdrawal.clone()));
            }
            EventBody::Reviewed { part, .. } => {
                self.change(part, event, |head| head.review = reviewed(head.review.take(), event));
            }
            EventBody::Discarded { part, .. } => self.change(part, event, |head| {
                head.review = None;
                if let Some(live) = &head.live {
                    head.draft = live.saved.clone();
                }
            }),
            EventBody::Scheduled { locale, .. } | EventBody::Unscheduled { locale, .. } => {
                self.wait(&Part::Locale(locale.clone()), event);
            }
            EventBody::ItemScheduled { part, .. } | EventBody::ItemUnscheduled { part, .. } => {
                self.wait(part, event);
            }
            EventBody::EntryMoved { to, .. } => self.moved(*to, event),
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
            | EventBody::EntryCreated { .. }
            | EventBody::ReleaseSaved { .. }
            | EventBody::ReleaseScheduled { .. }
            | EventBody::ReleaseUnscheduled { .. }
            | EventBody::ReleasePublished { .. }
            | EventBody::ReleaseDiscarded { .. }
            | EventBody::MemoryImported { .. }
            | EventBody::MemoryForgotten { .. }
            | EventBody::Erased { .. } => {}
        }
    }

    /// Takes in that it is another agency's, with all its parts: whoever decided on one for the old agency decides
    /// anew.
    fn moved(&mut self, to: AgencyId, event: &Event) {
        self.agency = to;
        self.whole = event.number;
        for head in self.heads.values_mut() {
            head.last = event.number;
        }
    }

    /// Takes in that a part waits for something, or no longer does.
    fn wait(&mut self, part: &Part, event: &Event) {
        let given_up = unscheduled(event);
        self.change(part, event, |head| {
            head.schedules.extend(scheduled(event));
            head.schedules.retain(|known| Some(known.id) != given_up);
            head.schedules.sort_by_key(|schedule| (schedule.at, schedule.id));
        });
    }

    /// Changes a head by an event. A schedule whose command the event belongs to has happened.
    fn change(&mut self, part: &Part, event: &Event, change: impl FnOnce(&mut Head)) {
        let Some(head) = self.heads.get_mut(part) else { return };
        change(head);
        head.schedules.retain(|schedule| schedule.id != event.op);
        head.last = event.number;
        head.status = head.standing();
    }

    /// The pieces of others that this one embeds in any of its published parts.
    pub fn embeds(&self) -> impl Iterator<Item = &Embedded> {
        self.heads.values().filter_map(Head::published).flat_map(|live| live.embeds.iter())
    }

    fn save(&mut self, part: &Part, saved: Saved, event: u64) {
        if let Some(head) = self.heads.get_mut(part) {
            head.newest = head.newest.max(saved.revision);
            head.draft = saved;
            head.review = None;
            head.last = event;
            head.status = head.standing();
        } else {
            let head = Head {
                newest: saved.revision,
                draft: saved,
                live: None,
                status: Status::Draft,
                withdrawal: None,
                review: None,
                schedules: Vec::new(),
                last: event,
            };
            self.heads.insert(part.clone(), head);
        }
    }
}

/// The revision that an event saved.
fn saved(event: &Event) -> Option<Saved> {
    let Some(EventBody::RevisionSaved {
        part,
        revision,
        slug,
        uses,
        translates,
        change_class,
        note,
        fields,
        segments,
        ..
    }) = &event.body
    else {
        return None;
    };
    Some(Saved {
        revision: *revision,
        event: event.number,
        at: event.at,
        actor: event.actor,
        slug: slug.clone(),
        uses: uses.clone(),
        translates: translates.clone(),
        change_class: *change_class,
        note: note.clone(),
        review_due: review_due(part, fields),
        by_segments: !segments.is_empty(),
    })
}

/// The day that shared fields name for looking at them again. A field that holds no day says nothing.
fn review_due(part: &Part, fields: &Fields) -> Option<String> {
    let text = fields.get("review_due").filter(|_| *part == Part::Shared)?.as_str()?;
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_day.then(|| text.to_owned())
}

/// The schedule that an event made.
fn scheduled(event: &Event) -> Option<Schedule> {
    let body = event.body.as_ref()?;
    let (schedule, at, zone, due, release) =
        if let EventBody::Scheduled { schedule, at, zone, due, .. } = body {
            (schedule, at, zone, due, None)
        } else if let EventBody::ItemScheduled { schedule, at, zone, due, release, .. } = body {
            (schedule, at, zone, due, Some(*release))
        } else {
            return None;
        };
    let (zone, due) = (zone.clone(), due.clone());
    Some(Schedule { id: *schedule, at: *at, zone, due, actor: event.actor, release })
}

/// Where the review stands after one of its steps. An approval adds to those before it; other steps take them back.
fn reviewed(before: Option<Review>, event: &Event) -> Option<Review> {
    let Some(EventBody::Reviewed { step, note, .. }) = &event.body else { return before };
    let mut approvals = Vec::new();
    if *step == ReviewStep::Approved {
        approvals = before.map(|review| review.approvals).unwrap_or_default();
        approvals.retain(|other| *other != event.actor);
        approvals.push(event.actor);
    }
    Some(Review { step: *step, actor: event.actor, at: event.at, note: note.clone(), approvals })
}

/// The schedule that an event took back.
fn unscheduled(event: &Event) -> Option<OpId> {
    let body = event.body.as_ref()?;
    if let EventBody::Unscheduled { schedule, .. } = body {
        return Some(*schedule);
    }
    if let EventBody::ItemUnscheduled { schedule, .. } = body { Some(*schedule) } else { None }
}

/// Those tokens that name a piece: a mere link closes no circle.
pub(crate) fn embedded_pieces(embeds: &BTreeMap<String, EntryId>) -> Vec<Embedded> {
    let piece = |(token, target): (&String, &EntryId)| {
        let piece = token.parse::<EmbedToken>().ok()?.piece?;
        Some(Embedded { target: *target, piece })
    };
    embeds.iter().filter_map(piece).collect()
}
