//! An entry as its editors see it: its heads, folded from its events. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    embed::EmbedToken,
    event::{ChangeClass, Event, EventBody, Part, Translates, Withdrawal},
    id::{AccountId, AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
};

/// Where a head stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The newest revision has not been published.
    Draft,
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
    /// The last event of its stream.
    pub last: u64,
}

impl Head {
    /// What readers get now.
    pub fn published(&self) -> Option<&Live> {
        self.live.as_ref().filter(|_| self.withdrawal.is_none())
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
            heads: BTreeMap::new(),
        })
    }

    /// The number of the last event of a part's stream. A part without revisions has none, except that
    /// the making of the entry is in the shared fields' stream.
    pub fn last_of(&self, part: &Part) -> u64 {
        match (self.heads.get(part), part) {
            (Some(head), _) => head.last,
            (None, Part::Shared) => self.created,
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
            EventBody::RevisionSaved {
                part,
                revision,
                slug,
                uses,
                translates,
                change_class,
                ..
            } => {
                let saved = Saved {
                    revision: *revision,
                    event: event.number,
                    at: event.at,
                    actor: event.actor,
                    slug: slug.clone(),
                    uses: uses.clone(),
                    translates: translates.clone(),
                    change_class: *change_class,
                };
                self.save(part, saved, event.number);
            }
            EventBody::Published { part, published_at, embeds, .. } => {
                if let Some(head) = self.heads.get_mut(part) {
                    let published_at = published_at.unwrap_or(event.at);
                    head.live = Some(Live {
                        saved: head.draft.clone(),
                        event: event.number,
                        published_at,
                        embeds: embedded_pieces(embeds),
                    });
                    head.status = Status::Published;
                    head.withdrawal = None;
                    head.last = event.number;
                }
            }
            EventBody::Unpublished { locale, withdrawal, .. } => {
                if let Some(head) = self.heads.get_mut(&Part::Locale(locale.clone())) {
                    head.status = Status::Unpublished;
                    head.withdrawal = Some(withdrawal.clone());
                    head.last = event.number;
                }
            }
            EventBody::SiteConfigured { .. }
            | EventBody::AgencySaved { .. }
            | EventBody::TypeSaved { .. }
            | EventBody::AccountCreated { .. }
            | EventBody::GrantsSet { .. }
            | EventBody::EntryCreated { .. }
            | EventBody::Erased { .. } => {}
        }
    }

    /// The pieces of others that this one embeds in any of its published parts.
    pub fn embeds(&self) -> impl Iterator<Item = &Embedded> {
        self.heads.values().filter_map(Head::published).flat_map(|live| live.embeds.iter())
    }

    fn save(&mut self, part: &Part, saved: Saved, event: u64) {
        if let Some(head) = self.heads.get_mut(part) {
            head.draft = saved;
            head.last = event;
            head.status = Status::Draft;
        } else {
            let head = Head {
                draft: saved,
                live: None,
                status: Status::Draft,
                withdrawal: None,
                last: event,
            };
            self.heads.insert(part.clone(), head);
        }
    }
}

/// Those tokens that name a piece: a mere link closes no circle.
fn embedded_pieces(embeds: &BTreeMap<String, EntryId>) -> Vec<Embedded> {
    let piece = |(token, target): (&String, &EntryId)| {
        let piece = token.parse::<EmbedToken>().ok()?.piece?;
        Some(Embedded { target: *target, piece })
    };
    embeds.iter().filter_map(piece).collect()
}
