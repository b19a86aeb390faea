//! The names of sources' segments, and what translations say of them.
//!
//! Only where the names of a revision aren't those of a first one is anything kept: what an import brings once costs
//! nothing.

use std::{collections::HashMap, sync::Arc};

use super::{Editing as Room, reader::Editing};
use crate::{
    content_type::ContentType,
    entry::{Entry, Saved},
    event::{Event, EventBody, Fields, Part, Translates},
    followers::ReadError,
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
    markdown,
    segment::{
        self, SegmentId, SegmentRecord, Unit, ids,
        pairs::{Said, Source},
    },
    store::view::{Batch, Table, ViewError},
};

/// The names of a source revision's segments, field by field.
type Names = Vec<(FieldName, Vec<SegmentId>)>;

/// The names of the segments of those source revisions that follow from others.
pub const SEGMENTS: Table<Room, (EntryId, u32), Names> = Table::new(0x23, "editing.segments");

/// What the follower needs besides the event and the tables.
#[expect(missing_debug_implementations, reason = "a closure has none")]
pub struct Context<'a> {
    /// The content types, as of the events applied so far.
    pub types: &'a HashMap<TypeName, Arc<ContentType>>,
    /// Gives an earlier event of the log.
    pub event: &'a dyn Fn(u64) -> Option<Arc<Event>>,
}

/// Takes in that a revision of an entry's source was saved, before the entry knows it.
pub(super) fn source_saved(
    batch: &mut Batch<'_>,
    entry: &Entry,
    event: &Event,
    with: &Context<'_>,
) -> Result<(), ViewError> {
    let Some(EventBody::RevisionSaved { part, revision, fields, .. }) = &event.body else {
        return Ok(());
    };
    // A first revision's names follow from itself.
    let Some(before) = entry.heads.get(part).map(|head| &head.draft) else { return Ok(()) };
    let earlier = (with.event)(before.event);
    let Some(EventBody::RevisionSaved { fields: old, .. }) =
        earlier.as_ref().and_then(|event| event.body.as_ref())
    else {
        return Ok(());
    };
    let Some(kind) = with.types.get(&entry.type_name) else { return Ok(()) };
    let kept = batch.get(&SEGMENTS, &(entry.id, before.revision))?;
    let [old, new] = [old, fields].map(|fields| segment::units(kind, fields, markdown::cut));
    let names = ids::following((&old, &named(&old, kept.as_ref())), &new);
    if names == ids::first(&new) {
        return Ok(());
    }
    batch.put(&SEGMENTS, &(entry.id, *revision), &by_field(&new, &names))
}

/// Forgets an entry's.
pub(super) fn erased(batch: &mut Batch<'_>, id: EntryId) -> Result<(), ViewError> {
    for (key, _) in batch.scan(&SEGMENTS, &id)? {
        batch.remove(&SEGMENTS, &key);
    }
    Ok(())
}

fn by_field(units: &[Unit], names: &[SegmentId]) -> Names {
    let mut found: Names = Vec::new();
    for (unit, name) in units.iter().zip(names) {
        match found.last_mut() {
            Some((field, own)) if *field == unit.field => own.push(*name),
            Some(_) | None => found.push((unit.field.clone(), vec![*name])),
        }
    }
    found
}

/// The names of a revision's segments, as far as they are kept. A field that is cut otherwise since its type changed
/// begins anew.
fn named(units: &[Unit], kept: Option<&Names>) -> Vec<SegmentId> {
    let first = ids::first(units);
    let Some(kept) = kept else { return first };
    let mut found = Vec::with_capacity(units.len());
    for part in units.chunk_by(|a, b| a.field == b.field) {
        let field = part.first().map(|unit| &unit.field);
        let own = kept.iter().find(|(name, own)| Some(name) == field && own.len() == part.len());
        match own {
            Some((_, own)) => found.extend(own),
            None => found.extend(first.iter().skip(found.len()).take(part.len())),
        }
    }
    found
}

/// A revision of a source, with its segments.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceRevision {
    /// Its fields.
    pub fields: Fields,
    /// Its segments and their names.
    pub source: Source,
}

/// A revision of a translation, with what it says of each segment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translation {
    /// Its number; 0 where there is none yet.
    pub revision: u32,
    /// Its fields.
    pub fields: Fields,
    /// What it translates.
    pub translates: Option<Translates>,
    /// What it says.
    pub said: Said,
}

impl Editing {
    /// A revision of an entry's source, with its segments; none where there is no such revision.
    ///
    /// # Errors
    /// As for all questions here, and when the log cannot be read.
    pub async fn source_revision(
        &self,
        entry: &Entry,
        kind: &ContentType,
        revision: u32,
    ) -> Result<Option<SourceRevision>, ReadError> {
        let part = Part::Locale(entry.source_locale.clone());
        let Some(event) = self.saved_by(entry.id, &part, revision)? else { return Ok(None) };
        let fields = self.fields(event).await?;
        let units = segment::units(kind, &fields, markdown::cut);
        let kept = self.reader.get(&SEGMENTS, &(entry.id, revision))?;
        let ids = named(&units, kept.as_ref());
        Ok(Some(SourceRevision { fields, source: Source { revision, units, ids } }))
    }

    /// What a translation says of its source, segment by segment: in its newest revision, or in the one that readers
    /// get. Without a revision it says nothing.
    ///
    /// # Errors
    /// As for all questions here, and when the log cannot be read.
    pub async fn translation(
        &self,
        entry: &Entry,
        kind: &ContentType,
        (locale, live): (&Locale, bool),
    ) -> Result<Translation, ReadError> {
        let head = entry.heads.get(&Part::Locale(locale.clone()));
        let saved = match head {
            Some(head) if live => head.published().map(|live| &live.saved),
            Some(head) => Some(&head.draft),
            None => None,
        };
        match saved {
            Some(saved) => self.translation_saved(entry, kind, saved).await,
            None => Ok(Translation::default()),
        }
    }

    async fn translation_saved(
        &self,
        entry: &Entry,
        kind: &ContentType,
        saved: &Saved,
    ) -> Result<Translation, ReadError> {
        let event = self.event(saved.event).await?.and_then(|event| event.body);
        let Some(EventBody::RevisionSaved { fields, segments, .. }) = event else {
            return Ok(Translation::default());
        };
        let said = self.said(entry, kind, (&fields, &segments), saved).await?;
        let translates = saved.translates.clone();
        Ok(Translation { revision: saved.revision, fields, translates, said })
    }

    async fn said(
        &self,
        entry: &Entry,
        kind: &ContentType,
        (fields, records): (&Fields, &[SegmentRecord]),
        saved: &Saved,
    ) -> Result<Said, ReadError> {
        let target = segment::units(kind, fields, markdown::cut);
        if !records.is_empty() {
            return Ok(Said::kept(records, &target));
        }
        let of = match &saved.translates {
            Some(Translates::Revision(revision)) => {
                self.source_revision(entry, kind, *revision).await?
            }
            Some(Translates::Unknown(_)) | None => None,
        };
        let source = of.map(|of| of.source).unwrap_or_default();
        Ok(Said::derived(&source, &target, saved.revision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Segment, SegmentKind};

    fn units(texts: &[(&str, &str)]) -> Vec<Unit> {
        let unit = |(place, (field, text)): (usize, &(&str, &str))| Unit {
            field: field.parse().unwrap(),
            pointer: format!("/{field}"),
            place,
            segment: Segment::new(SegmentKind::Paragraph, text),
        };
        texts.iter().enumerate().map(unit).collect()
    }

    #[test]
    fn names_are_kept_by_field_and_a_field_that_is_cut_otherwise_begins_anew() {
        let all = units(&[("body", "One"), ("body", "Two"), ("title", "Three")]);
        let names: Vec<_> = (1..=3).map(|n| SegmentId::from_bytes([n; 8])).collect();
        let kept = by_field(&all, &names);
        assert_eq!(named(&all, Some(&kept)), names);
        let longer =
            units(&[("body", "One"), ("body", "Two"), ("body", "More"), ("title", "Three")]);
        let first = ids::first(&longer);
        assert_eq!(named(&longer, Some(&kept)), [first[0], first[1], first[2], names[2]]);
        assert_eq!(named(&all, None), ids::first(&all));
    }
}
