//! An entry as readers see it, folded from what was published of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    content_type::TranslationPolicy,
    event::{Translates, Withdrawal},
    id::{AgencyId, EntryId, ExternalKey, FieldName, TypeName},
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
    /// How far it is behind its source.
    pub freshness: Freshness,
    /// What readers get of it, once a change of safety has outdated it.
    pub held: Option<Held>,
    /// The last event that changed it.
    pub changed: u64,
}

/// What readers get of a translation that a change of safety has outdated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// By which policy.
    pub policy: TranslationPolicy,
    /// The fields that they don't get.
    pub withheld: Vec<FieldName>,
}

/// The form that readers get for a locale.
#[derive(Debug, Clone, Copy)]
pub struct Serving<'a> {
    /// The locale that answers.
    pub own: &'a Locale,
    /// The entry in that locale.
    pub own_live: &'a LiveLocale,
    /// The locale whose form it is: another one where the type's policy says so.
    pub locale: &'a Locale,
    /// The entry in this locale.
    pub live: &'a LiveLocale,
}

impl Serving<'_> {
    /// Whether the type's policy put the source's form in the translation's place.
    pub fn is_by_policy(&self) -> bool {
        self.own != self.locale
    }
}

impl LiveLocale {
    /// Whether readers get the source's form instead.
    pub fn is_replaced(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.policy == TranslationPolicy::Fallback)
    }

    /// The fields that readers don't get.
    pub fn withheld(&self) -> &[FieldName] {
        self.held.as_ref().map_or(&[], |held| &held.withheld)
    }
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

    /// It, in this locale, if readers get its own form there.
    pub fn readable_in(&self, locale: &Locale) -> Option<&LiveLocale> {
        self.published_in(locale).filter(|live| !live.is_replaced())
    }

    /// The locales in which readers get its own form.
    pub fn readable(&self) -> impl Iterator<Item = (&Locale, &LiveLocale)> {
        self.published().filter(|(_, live)| !live.is_replaced())
    }

    /// What answers as its page: the first of these locales that it is or was published in.
    pub fn page<'a>(&'a self, chain: &[Locale]) -> Option<Serving<'a>> {
        chain.iter().find_map(|locale| {
            let (own, own_live) = self.locales.get_key_value(locale)?;
            self.form_for(own, own_live)
        })
    }

    /// What is shown of it elsewhere: by the first of these locales that it is published in.
    pub fn mention(&self, chain: &[Locale]) -> Option<(&Locale, &LiveLocale)> {
        let published = chain.iter().filter(|locale| self.published_in(locale).is_some());
        published.cloned().find_map(|locale| {
            let (own, own_live) = self.locales.get_key_value(&locale)?;
            self.form_for(own, own_live).map(|serving| (serving.locale, serving.live))
        })
    }

    /// Its form for a locale: the locale's own, or the source's if the type's policy says so. None where there
    /// would be the source's and it isn't published.
    fn form_for<'a>(&'a self, own: &'a Locale, own_live: &'a LiveLocale) -> Option<Serving<'a>> {
        if !own_live.is_replaced() {
            return Some(Serving { own, own_live, locale: own, live: own_live });
        }
        let (locale, live) = self.locales.get_key_value(&self.source_locale)?;
        live.withdrawal.is_none().then_some(Serving { own, own_live, locale, live })
    }

    /// How far it is behind its source in this locale.
    pub fn freshness(&self, locale: &Locale) -> Freshness {
        if *locale == self.source_locale {
            return Freshness::SOURCE;
        }
        self.locales.get(locale).map_or(Freshness::CURRENT, |live| live.freshness.clone())
    }
}
