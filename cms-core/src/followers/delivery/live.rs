//! An entry as readers see it, folded from what was published of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    event::{Translates, Withdrawal},
    id::{AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
    translation::{Freshness, Publication},
};

/// An entry that is or was published in some locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveEntry {
    /// Its id.
    pub id: EntryId,
    /// Its type.
    pub type_name: TypeName,
    /// Whose it is.
    pub agency: AgencyId,
    /// Its key outside.
    pub key: Option<ExternalKey>,
    /// The language that it is written in.
    pub source_locale: Locale,
    /// Its published shared fields: the revision and the event that saved it.
    pub shared: Option<(u32, u64)>,
    /// The locales that it is or was published in.
    pub locales: BTreeMap<Locale, LiveLocale>,
    /// The publications of its source, oldest first; at most [`crate::translation::PUBLICATIONS_KEPT`].
    pub publications: Vec<Publication>,
}

/// An entry in one locale, as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveLocale {
    /// The revision.
    pub revision: u32,
    /// The event that saved it.
    pub saved: u64,
    /// The event that published it.
    pub published: u64,
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The date that readers see.
    pub published_at: Timestamp,
    /// The first such date.
    pub first_published_at: Timestamp,
    /// What it is a translation of.
    pub translates: Option<Translates>,
    /// Set while it is withdrawn or gone: since when, and how it answers.
    pub withdrawal: Option<(Timestamp, Withdrawal)>,
    /// The last event that changed it.
    pub changed: u64,
}

impl LiveEntry {
    /// The locales in which it is published now.
    pub fn published(&self) -> impl Iterator<Item = (&Locale, &LiveLocale)> {
        self.locales.iter().filter(|(_, live)| live.withdrawal.is_none())
    }

    /// It, in this locale, if it is published there now.
    pub fn published_in(&self, locale: &Locale) -> Option<&LiveLocale> {
        self.locales.get(locale).filter(|live| live.withdrawal.is_none())
    }

    /// How far it is behind its source in this locale.
    pub fn freshness(&self, locale: &Locale) -> Freshness {
        if *locale == self.source_locale {
            return Freshness::SOURCE;
        }
        let translates = self.locales.get(locale).and_then(|live| live.translates.as_ref());
        Freshness::of(&self.publications, translates)
    }
}
