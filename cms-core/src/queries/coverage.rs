//! How far the translations are: by locale, type and agency, what is there, what is outdated and since when.

use std::collections::BTreeMap;

use super::{Delivery, ReadError};
use crate::{
    clock::Timestamp,
    event::ChangeClass,
    followers::delivery::{
        live::{LiveEntry, LiveLocale},
        tables,
    },
    id::{AgencyId, TypeName},
    locale::Locale,
    translation::TranslationStatus,
};

/// What a count is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoverageKey {
    /// The locale that is translated into.
    pub locale: Locale,
    /// The entries' type.
    pub type_name: TypeName,
    /// Whose the entries are.
    pub agency: AgencyId,
}

/// How far the translations of some entries into a locale are. Counts published entries alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Entries that are published in another source locale: what there is to translate.
    pub entries: u64,
    /// Those whose translation is published and current.
    pub current: u64,
    /// Those whose translation is outdated by changes that are no matter of safety.
    pub outdated: u64,
    /// Those whose translation is outdated by a change of safety.
    pub outdated_by_safety: u64,
    /// Of these, those whose translation readers get without some of its fields, or not at all.
    pub held_back: u64,
    /// Those without a translation.
    pub missing: u64,
    /// Those without one that their type must have (`x-must-have-locales`).
    pub must_have: u64,
    /// The segments of outdated translations that are not current.
    pub segments: u64,
    /// Since when the oldest of them has been outdated.
    pub oldest: Option<Timestamp>,
}

impl Coverage {
    /// The share of entries with a translation that is current, in per cent, rounded down; all of none is all.
    pub fn per_cent(&self) -> u64 {
        (100 * self.current).checked_div(self.entries).unwrap_or(100)
    }

    fn add(&mut self, live: Option<&LiveLocale>, segments: u64, must_have: bool) {
        self.entries += 1;
        let Some(live) = live else {
            self.missing += 1;
            self.must_have += u64::from(must_have);
            return;
        };
        if live.freshness.status != TranslationStatus::Outdated {
            self.current += 1;
            return;
        }
        if live.freshness.change_class == Some(ChangeClass::Safety) {
            self.outdated_by_safety += 1;
        } else {
            self.outdated += 1;
        }
        let is_held_back = live.is_replaced() || !live.withheld().is_empty();
        self.held_back += u64::from(is_held_back);
        self.segments += segments;
        let since = live.freshness.outdated_since;
        self.oldest = self.oldest.into_iter().chain(since).min();
    }
}

impl Delivery {
    /// How far the translations are into each of the site's locales, for each type and agency. Looks at every
    /// published entry.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn coverage(&self) -> Result<BTreeMap<CoverageKey, Coverage>, ReadError> {
        let site = self.site()?;
        let mut found: BTreeMap<CoverageKey, Coverage> = BTreeMap::new();
        for row in self.reader().scan(&tables::BY_TYPE, &(), None) {
            let ((type_name, id), ()) = row?;
            let Some(entry) = self.reader().get(&tables::ENTRIES, &id)? else { continue };
            if entry.published_in(&entry.source_locale).is_none() {
                continue;
            }
            let must_have = site.types.get(&type_name).map(|kind| kind.must_have_locales());
            for locale in site.locales.all().iter().map(|locale| &locale.tag) {
                if *locale == entry.source_locale {
                    continue;
                }
                let key = CoverageKey {
                    locale: locale.clone(),
                    type_name: type_name.clone(),
                    agency: entry.agency,
                };
                let segments = self.segments_behind(&entry, locale)?;
                let must_have = must_have.is_some_and(|locales| locales.contains(locale));
                let live = entry.published_in(locale);
                found.entry(key).or_default().add(live, segments, must_have);
            }
        }
        Ok(found)
    }

    fn segments_behind(&self, entry: &LiveEntry, locale: &Locale) -> Result<u64, ReadError> {
        let live = entry.published_in(locale);
        if live.is_none_or(|live| live.freshness.status != TranslationStatus::Outdated) {
            return Ok(0);
        }
        let ageing = self.reader().get(&tables::AGEING, &(entry.id, locale.clone()))?;
        Ok(ageing.map_or(0, |ageing| u64::try_from(ageing.segments.len()).unwrap_or(u64::MAX)))
    }
}
