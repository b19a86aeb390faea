//! The site's glossary: the terms that are published.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{GLOSSARY, reader::Editing};
use crate::{
    entry::Entry,
    event::{Event, EventBody, Fields, Part},
    followers::ReadError,
    glossary::{self, Glossary, Term, Wording},
    id::TypeName,
    search::reading,
    store::view::{Batch, ViewError},
};

/// How many terms are listed together.
const STEP: usize = 512;

/// The glossary as it was made last, with what it was made of.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The last event that changed it.
    changed: u64,
    glossary: Arc<Glossary>,
    /// The fields of the revisions that are published, by the events that saved them.
    fields: HashMap<u64, Arc<Fields>>,
}

/// Notes that what readers get of a term is another, once its entry knows.
pub(super) fn changed(
    batch: &mut Batch<'_>,
    entry: &Entry,
    event: &Event,
) -> Result<(), ViewError> {
    let is_meant =
        matches!(event.body, Some(EventBody::Published { .. } | EventBody::Unpublished { .. }));
    if is_meant && entry.type_name.as_str() == glossary::TYPE {
        batch.put(&GLOSSARY, &(), &event.number)?;
    }
    Ok(())
}

/// Notes that an entry is no more.
pub(super) fn erased(batch: &mut Batch<'_>, entry: &Entry, event: u64) -> Result<(), ViewError> {
    if entry.type_name.as_str() == glossary::TYPE {
        batch.put(&GLOSSARY, &(), &event)?;
    }
    Ok(())
}

impl Editing {
    /// The terms that are published, whosever they are: what readers may see binds all who write. Made anew when one of
    /// them changes.
    ///
    /// # Errors
    /// As for all questions here, and when the log cannot be read.
    pub async fn glossary(&self) -> Result<Arc<Glossary>, ReadError> {
        // Taken before anything is read: what changes meanwhile is noticed next time.
        let changed = self.reader.get(&GLOSSARY, &())?.unwrap_or(0);
        let known = {
            let kept = self.glossary.read();
            if kept.changed == changed {
                return Ok(Arc::clone(&kept.glossary));
            }
            kept.fields.clone()
        };
        let (mut terms, mut fields) = (Vec::new(), HashMap::new());
        for entry in self.published_terms()? {
            let live =
                entry.heads.iter().filter_map(|(part, head)| Some((part, head.published()?)));
            let (mut shared, mut wordings) = (None, BTreeMap::new());
            for (part, live) in live {
                let saved = live.saved.event;
                let found = match known.get(&saved) {
                    Some(found) => Arc::clone(found),
                    None => Arc::new(self.fields(saved).await?),
                };
                match part {
                    Part::Shared => shared = Some(Arc::clone(&found)),
                    Part::Locale(locale) => {
                        wordings.extend(Wording::of(&found).map(|it| (locale.clone(), it)));
                    }
                }
                fields.insert(saved, found);
            }
            let term = Term::of(entry.id, &shared.unwrap_or_default());
            terms.push(Term { wordings, ..term });
        }
        let glossary = Arc::new(Glossary::new(terms, reading::read));
        *self.glossary.write() = Kept { changed, glossary: Arc::clone(&glossary), fields };
        Ok(glossary)
    }

    /// The terms of which readers get something.
    fn published_terms(&self) -> Result<Vec<Entry>, ReadError> {
        let Ok(name) = TypeName::parse(glossary::TYPE) else { return Ok(Vec::new()) };
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let ids = self.entries(&name, after, STEP)?;
            let Some(last) = ids.last() else { return Ok(found) };
            after = Some(*last);
            for id in ids {
                let entry = self.reader.get(&super::ENTRIES, &id)?;
                found.extend(
                    entry.filter(|entry| {
                        entry.heads.values().any(|head| head.published().is_some())
                    }),
                );
            }
        }
    }
}
