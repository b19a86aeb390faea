//! What the delivery follower does to translations: finds which of their segments are behind, when they or their
//! source are published, and applies the type's policy.
//!
//! Readers' questions find the outcome ready. A source is cut only when it is published again while translations of
//! it are published.

use super::{
    Context,
    live::{Held, LiveEntry},
    tables::AGEING,
};
use crate::{
    content_type::{ContentType, TranslationPolicy},
    event::{ChangeClass, EventBody, Translates},
    locale::Locale,
    markdown,
    segment::{self, align::Alignment},
    store::view::{Batch, ViewError},
    translation::{
        Ageing, Publication, TranslationStatus,
        replayed::{SourceText, between, step_of},
    },
};

/// The text of a publication, cut.
fn source(publication: &Publication, kind: &ContentType, with: &Context<'_>) -> Option<SourceText> {
    let fields = with.content(publication.saved)?.fields;
    let units = segment::units(kind, &fields, markdown::cut);
    Some(SourceText { fields, units })
}

/// What a publication of the source means for the translations that are published: its own is the entry's newest.
pub(super) fn source_published(
    batch: &mut Batch<'_>,
    entry: &mut LiveEntry,
    kind: &ContentType,
    with: &Context<'_>,
) -> Result<(), ViewError> {
    let translations: Vec<Locale> = entry
        .published()
        .filter(|(locale, _)| **locale != entry.source_locale)
        .map(|(locale, _)| locale.clone())
        .collect();
    if translations.is_empty() {
        return Ok(());
    }
    let step = last_step(&entry.publications, kind, with);
    for locale in &translations {
        let Some(live) = entry.locales.get(locale) else { continue };
        let ageing = match (&step, &live.translates, entry.publications.last()) {
            // Its author had this revision before it was published.
            (_, Some(Translates::Revision(revision)), Some(last)) if *revision >= last.revision => {
                of_translation(entry, (live.saved, live.translates.as_ref()), kind, with)
            }
            (Some((old, new, alignment)), _, Some(last)) => {
                let key = (entry.id, locale.clone());
                let mut ageing = batch.get(&AGEING, &key)?.unwrap_or_default();
                ageing.advance(&step_of((old, new), alignment, last));
                ageing
            }
            _ => of_translation(entry, (live.saved, live.translates.as_ref()), kind, with),
        };
        put(batch, entry, locale, (kind, ageing))?;
    }
    Ok(())
}

/// What of a translation is behind when it is published.
pub(super) fn translation_published(
    batch: &mut Batch<'_>,
    entry: &mut LiveEntry,
    locale: &Locale,
    (kind, with): (&ContentType, &Context<'_>),
) -> Result<(), ViewError> {
    let Some(live) = entry.locales.get(locale) else { return Ok(()) };
    let ageing = of_translation(entry, (live.saved, live.translates.as_ref()), kind, with);
    put(batch, entry, locale, (kind, ageing))
}

/// Applies the type's policy again, after the type changed.
pub(super) fn hold_again(
    entry: &mut LiveEntry,
    kind: &ContentType,
    locale: &Locale,
    ageing: &Ageing,
) {
    if let Some(live) = entry.locales.get_mut(locale) {
        live.held = held(kind, ageing);
    }
}

/// The translations of an entry that are behind.
pub(super) fn all_of(
    batch: &Batch<'_>,
    entry: &LiveEntry,
) -> Result<Vec<(Locale, Ageing)>, ViewError> {
    let mut found = Vec::new();
    for (locale, live) in entry.published() {
        if live.freshness.status == TranslationStatus::Outdated {
            let ageing = batch.get(&AGEING, &(entry.id, locale.clone()))?;
            found.extend(ageing.map(|ageing| (locale.clone(), ageing)));
        }
    }
    Ok(found)
}

fn put(
    batch: &mut Batch<'_>,
    entry: &mut LiveEntry,
    locale: &Locale,
    (kind, ageing): (&ContentType, Ageing),
) -> Result<(), ViewError> {
    let key = (entry.id, locale.clone());
    if let Some(live) = entry.locales.get_mut(locale) {
        live.freshness = ageing.freshness();
        live.held = held(kind, &ageing);
    }
    if !ageing.segments.is_empty() {
        return batch.put(&AGEING, &key, &ageing);
    }
    batch.remove(&AGEING, &key);
    Ok(())
}

/// What readers get of a translation that a change of safety has outdated. One that would lack what no entry is
/// published without is replaced as a whole.
fn held(kind: &ContentType, ageing: &Ageing) -> Option<Held> {
    if ageing.freshness().change_class != Some(ChangeClass::Safety) {
        return None;
    }
    let policy = kind.translation_policy();
    if policy != TranslationPolicy::Withhold {
        return Some(Held { policy, withheld: Vec::new() });
    }
    let withheld = ageing.unsafe_fields();
    let is_needed = |name: &crate::id::FieldName| {
        name.as_str() == crate::filter::TITLE
            || kind.field(name).is_some_and(|field| field.required)
    };
    if withheld.iter().any(is_needed) {
        return Some(Held { policy: TranslationPolicy::Fallback, withheld: Vec::new() });
    }
    Some(Held { policy, withheld })
}

/// The newest publication, compared with the one before it; none when it is the first that is known.
fn last_step(
    publications: &[Publication],
    kind: &ContentType,
    with: &Context<'_>,
) -> Option<(SourceText, SourceText, Alignment)> {
    let [.., before, last] = publications else { return None };
    let (old, new) = (source(before, kind, with)?, source(last, kind, with)?);
    let alignment = between(&old, &new, last);
    Some((old, new, alignment))
}

/// What of a translation is behind, from what it says that it was made of and what it keeps of each segment.
fn of_translation(
    entry: &LiveEntry,
    (saved, translates): (u64, Option<&Translates>),
    kind: &ContentType,
    with: &Context<'_>,
) -> Ageing {
    let event = (with.event)(saved);
    let records = match event.as_ref().and_then(|event| event.body.as_ref()) {
        Some(EventBody::RevisionSaved { segments, .. }) => segments.as_slice(),
        Some(_) | None => &[],
    };
    let sources = |publication: &Publication| source(publication, kind, with);
    Ageing::of_translation(&entry.publications, translates, records, &sources)
}
