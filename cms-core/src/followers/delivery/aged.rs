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
    event::{ChangeClass, Fields, Translates},
    locale::Locale,
    markdown,
    segment::{
        self, Unit,
        align::{Alignment, Match, align},
    },
    store::view::{Batch, ViewError},
    translation::{Ageing, Freshness, Publication, Step, TranslationStatus},
};

/// A state of the source: its fields, cut.
struct Source {
    fields: Fields,
    units: Vec<Unit>,
}

impl Source {
    fn of(publication: &Publication, kind: &ContentType, with: &Context<'_>) -> Option<Self> {
        let fields = with.content(publication.saved)?.fields;
        let units = segment::units(kind, &fields, markdown::cut);
        Some(Self { fields, units })
    }
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
                Ageing::default()
            }
            (Some((old, new, alignment)), _, Some(last)) => {
                let key = (entry.id, locale.clone());
                let mut ageing = batch.get(&AGEING, &key)?.unwrap_or_default();
                ageing.advance(&step_of((old, new), alignment, last));
                ageing
            }
            _ => of_translation(entry, live.translates.as_ref(), kind, with),
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
    let translates = entry.locales.get(locale).and_then(|live| live.translates.clone());
    let ageing = of_translation(entry, translates.as_ref(), kind, with);
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
) -> Option<(Source, Source, Alignment)> {
    let [.., before, last] = publications else { return None };
    step_between(Source::of(before, kind, with)?, last, kind, with)
}

fn step_between(
    old: Source,
    publication: &Publication,
    kind: &ContentType,
    with: &Context<'_>,
) -> Option<(Source, Source, Alignment)> {
    let new = Source::of(publication, kind, with)?;
    let mut alignment = align(&old.units, &new.units);
    if publication.class == ChangeClass::Safety {
        mind_the_frame(&old, &new, &mut alignment);
    }
    Some((old, new, alignment))
}

fn step_of<'a>(
    (old, new): (&'a Source, &'a Source),
    alignment: &'a Alignment,
    publication: &Publication,
) -> Step<'a> {
    let (class, at) = (publication.class, publication.at);
    Step { old: &old.units, new: &new.units, alignment, class, at }
}

/// A change of safety that is in no segment of a field is in its frame, such as which step belongs under which: all
/// of that field may mean something else then.
fn mind_the_frame(old: &Source, new: &Source, alignment: &mut Alignment) {
    for (name, value) in &new.fields {
        let own =
            |units: &[Unit], place: usize| units.get(place).is_some_and(|unit| unit.field == *name);
        let places: Vec<usize> =
            (0..new.units.len()).filter(|place| own(&new.units, *place)).collect();
        let is_same = |place: &usize| matches!(alignment.matches.get(*place), Some(Match::Same(_)));
        let is_gone = alignment.gone.iter().any(|place| own(&old.units, *place));
        if old.fields.get(name) == Some(value) || is_gone || !places.iter().all(is_same) {
            continue;
        }
        for place in places {
            if let Some(found) = alignment.matches.get_mut(place)
                && let Some(before) = found.before()
            {
                *found = Match::Moved(before);
            }
        }
    }
}

/// What of a translation is behind, from what it says that it was made of: step by step through what the source
/// published since.
fn of_translation(
    entry: &LiveEntry,
    translates: Option<&Translates>,
    kind: &ContentType,
    with: &Context<'_>,
) -> Ageing {
    let publications = entry.publications.as_slice();
    let as_a_whole = Freshness::of(publications, translates);
    let (Some(class), Some(since), Some(last)) =
        (as_a_whole.change_class, as_a_whole.outdated_since, publications.last())
    else {
        return Ageing::default();
    };
    debug_assert_eq!(as_a_whole.status, TranslationStatus::Outdated);
    let known = match translates {
        Some(Translates::Revision(revision)) => *revision,
        Some(Translates::Unknown(_)) | None => 0,
    };
    let base = publications.iter().rposition(|publication| publication.revision <= known);
    base.and_then(|base| replayed(publications.get(base..)?, kind, with)).unwrap_or_else(|| {
        let source = Source::of(last, kind, with).map(|source| source.units).unwrap_or_default();
        Ageing { behind: as_a_whole.behind, ..Ageing::of_unknown(&source, class, since) }
    })
}

/// The ageing of a translation of the first of these publications.
fn replayed(
    publications: &[Publication],
    kind: &ContentType,
    with: &Context<'_>,
) -> Option<Ageing> {
    let (first, since) = publications.split_first()?;
    let mut ageing = Ageing::default();
    let mut source = Source::of(first, kind, with)?;
    for publication in since {
        let (old, new, alignment) = step_between(source, publication, kind, with)?;
        ageing.advance(&step_of((&old, &new), &alignment, publication));
        source = new;
    }
    Some(ageing)
}
