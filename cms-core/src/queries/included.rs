//! The entries that others refer to, given along with them.

use std::collections::BTreeSet;

use super::{
    Delivery, ReadError,
    fill::{Filler, Wanted},
    site::SiteView,
};
use crate::{
    event::Part,
    followers::delivery::{
        form::{Form, Segment},
        generations::{Source, Stamp},
        live::{LiveEntry, LiveLocale},
        tables,
    },
    id::{EntryId, FieldName},
    locale::Locale,
};

/// How many entries are given along at most.
const LIMIT: usize = 200;
/// How long a path of reference fields may be.
pub const DEPTH: usize = 3;

/// Entries that were given along.
pub(super) struct Included {
    /// A JSON array.
    pub(super) body: Vec<u8>,
    pub(super) seen: Vec<EntryId>,
    pub(super) stamp: Stamp,
}

impl Delivery {
    /// The entries at the ends and on the way of these paths from the given entries, each once.
    pub(super) fn included(
        &self,
        from: &[EntryId],
        paths: &[Vec<FieldName>],
        site: &SiteView,
        locale: &Locale,
    ) -> Result<Included, ReadError> {
        let mut wanted = Vec::new();
        let mut known: BTreeSet<EntryId> = from.iter().copied().collect();
        for path in paths {
            let mut level = from.to_vec();
            for name in path.iter().take(DEPTH) {
                let mut next = Vec::new();
                for entry in level {
                    next.extend(self.targets(entry, name)?);
                }
                wanted.extend(next.iter().copied().filter(|target| known.insert(*target)));
                level = next;
            }
        }
        wanted.truncate(LIMIT);
        let mut included =
            Included { body: b"[".to_vec(), seen: Vec::new(), stamp: Stamp::default() };
        for id in wanted {
            // Also of what isn't published: when it is, the answer is another.
            self.generations().stamp(Source::Entry(id), &mut included.stamp);
            let Some(entry) = self.live(id)? else { continue };
            let chain = site.chain(locale, &entry.source_locale);
            let Some((served, live)) = entry.mention(&chain) else { continue };
            self.include(&entry, site, (served, live), &mut included)?;
        }
        included.body.push(b']');
        Ok(included)
    }

    fn include(
        &self,
        entry: &LiveEntry,
        site: &SiteView,
        (locale, live): (&Locale, &LiveLocale),
        included: &mut Included,
    ) -> Result<(), ReadError> {
        if included.body.len() > 1 {
            included.body.push(b',');
        }
        let mut filler = Filler::new(self, site, locale);
        filler.entry(entry.id)?;
        filler.data(entry, live, Wanted::Short, &mut included.body)?;
        included.body.push(b'}');
        included.stamp.merge(&filler.stamp);
        included.seen.extend(filler.seen);
        Ok(())
    }

    /// What an entry refers to in one field, in any of its parts.
    fn targets(&self, id: EntryId, name: &FieldName) -> Result<Vec<EntryId>, ReadError> {
        let Some(entry) = self.live(id)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for part in
            entry.published().map(|(locale, _)| Part::Locale(locale.clone())).chain([Part::Shared])
        {
            let form: Option<Form> = self.reader().get(&tables::FORMS, &(id, part))?;
            for field in
                form.iter().flat_map(|form| &form.fields).filter(|field| field.name == *name)
            {
                for segment in &field.value {
                    if let Segment::References { targets, .. } = segment {
                        found.extend(
                            targets
                                .iter()
                                .copied()
                                .filter(|target| !found.contains(target))
                                .collect::<Vec<_>>(),
                        );
                    }
                }
            }
        }
        Ok(found)
    }
}
