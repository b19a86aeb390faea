//! A published translation beside its source, segment by segment: what changed, from what, and what says it.

use std::collections::HashMap;

use super::{Delivery, Editing, ReadError};
use crate::{
    clock::Timestamp,
    content_type::ContentType,
    event::{ChangeClass, Fields, Translates},
    followers::delivery::{
        live::{LiveEntry, LiveLocale},
        tables,
    },
    id::EntryId,
    locale::Locale,
    markdown,
    segment::{
        self, SegmentKind, Unit,
        align::{Alignment, align},
    },
    translation::{Aged, Ageing, Freshness, SegmentStatus},
};

/// A translation beside its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideBySide {
    /// The source's revision that readers get.
    pub source_revision: u32,
    /// The translation's revision that readers get.
    pub revision: u32,
    /// How far it is behind.
    pub freshness: Freshness,
    /// The source's segments in order, then those that are gone from it.
    pub rows: Vec<Row>,
    /// Texts of the translation that are made of other kinds of segments than the source's: nobody can tell by their
    /// order which says what.
    pub unpaired: Vec<Unit>,
}

/// A segment of the source, and what says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The text that it is in, as a JSON Pointer into the fields.
    pub pointer: String,
    /// Its place among that text's segments.
    pub place: usize,
    /// What it is.
    pub kind: SegmentKind,
    /// Whether there are words to translate.
    pub is_translatable: bool,
    /// What the source says; none once it is gone.
    pub source: Option<String>,
    /// What the source said that the translation was made of, where that is another text.
    pub previous: Option<String>,
    /// What the translation says.
    pub target: Option<String>,
    /// How it stands.
    pub status: SegmentStatus,
    /// The weightiest class of the changes since.
    pub change_class: Option<ChangeClass>,
    /// When the first of them was published.
    pub since: Option<Timestamp>,
}

/// What is compared.
struct Texts {
    source: Vec<Unit>,
    /// What the translation was made of.
    base: Vec<Unit>,
    /// How the source follows from that.
    alignment: Alignment,
    target: Vec<Unit>,
}

/// A published translation beside its published source; none where one of them isn't published.
///
/// # Errors
/// [`ReadError`] when the view or the log cannot be read.
pub async fn side_by_side(
    delivery: &Delivery,
    editing: &Editing,
    (id, locale): (EntryId, &Locale),
) -> Result<Option<SideBySide>, ReadError> {
    let Some(entry) = delivery.live(id)? else { return Ok(None) };
    let (Some(source), Some(live)) =
        (entry.published_in(&entry.source_locale), entry.published_in(locale))
    else {
        return Ok(None);
    };
    let Some((kind, _)) = editing.content_type(&entry.type_name)? else { return Ok(None) };
    let now = editing.fields(source.saved).await?;
    let base = match made_of(&entry, live).filter(|saved| *saved != source.saved) {
        Some(saved) => editing.fields(saved).await?,
        None => now.clone(),
    };
    let target = editing.fields(live.saved).await?;
    let ageing = delivery.reader().get(&tables::AGEING, &(id, locale.clone()))?.unwrap_or_default();
    let (source_revision, revision) = (source.revision, live.revision);
    let freshness = live.freshness.clone();
    let (rows, unpaired) = Texts::of(&kind, (&now, &base, &target)).rows(&ageing);
    Ok(Some(SideBySide { source_revision, revision, freshness, rows, unpaired }))
}

/// The event that saved the source that a translation was made of, as far as it was published.
fn made_of(entry: &LiveEntry, live: &LiveLocale) -> Option<u64> {
    let Some(Translates::Revision(revision)) = live.translates else { return None };
    let mut known = entry.publications.iter().rev();
    known.find(|publication| publication.revision <= revision).map(|publication| publication.saved)
}

impl Texts {
    fn of(kind: &ContentType, (now, base, target): (&Fields, &Fields, &Fields)) -> Self {
        let [source, base, target] =
            [now, base, target].map(|fields| segment::units(kind, fields, markdown::cut));
        let alignment = align(&base, &source);
        Self { source, base, alignment, target }
    }

    fn rows(&self, ageing: &Ageing) -> (Vec<Row>, Vec<Unit>) {
        let targets = self.targets();
        let said = |base: &Unit| targets.get(&(base.pointer.as_str(), base.place)).copied();
        let text = |unit: &Unit| unit.segment.text.clone();
        let (mut aged, mut gone) = (HashMap::new(), HashMap::new());
        for segment in &ageing.segments {
            match segment.place {
                Some(place) => drop(aged.insert(place, segment)),
                None => drop(gone.insert(segment.of, segment)),
            }
        }
        let mut rows = Vec::with_capacity(self.source.len());
        for (place, (unit, found)) in self.source.iter().zip(&self.alignment.matches).enumerate() {
            let base = found.before().and_then(|before| self.base.get(before));
            let aged = u32::try_from(place).ok().and_then(|place| aged.get(&place).copied());
            rows.push(Row {
                previous: base.map(text).filter(|previous| *previous != unit.segment.text),
                target: base.and_then(said).map(text),
                ..Row::of(unit, aged)
            });
        }
        for place in &self.alignment.gone {
            let Some(base) = self.base.get(*place) else { continue };
            let aged = gone.get(&Some(base.segment.digest())).copied();
            if let (None, None) = (said(base), aged) {
                continue;
            }
            rows.push(Row {
                source: None,
                previous: Some(text(base)),
                target: said(base).map(text),
                status: SegmentStatus::Obsolete,
                ..Row::of(base, aged)
            });
        }
        let is_paired = |unit: &&Unit| targets.contains_key(&(unit.pointer.as_str(), unit.place));
        (rows, self.target.iter().filter(|unit| !is_paired(unit)).cloned().collect())
    }

    /// The translation's segments by text and place, of those texts that are made of the same kinds of segments as
    /// the source's were.
    fn targets(&self) -> HashMap<(&str, usize), &Unit> {
        let mut kinds: HashMap<&str, (Vec<SegmentKind>, Vec<SegmentKind>)> = HashMap::new();
        for unit in &self.base {
            kinds.entry(&unit.pointer).or_default().0.push(unit.segment.kind);
        }
        for unit in &self.target {
            kinds.entry(&unit.pointer).or_default().1.push(unit.segment.kind);
        }
        let is_paired = |unit: &&Unit| {
            kinds.get(unit.pointer.as_str()).is_some_and(|(base, target)| base == target)
        };
        let paired = self.target.iter().filter(is_paired);
        paired.map(|unit| ((unit.pointer.as_str(), unit.place), unit)).collect()
    }
}

impl Row {
    /// A segment, and how it stands.
    fn of(unit: &Unit, aged: Option<&Aged>) -> Self {
        Self {
            pointer: unit.pointer.clone(),
            place: unit.place,
            kind: unit.segment.kind,
            is_translatable: markdown::is_translatable(&unit.segment),
            source: Some(unit.segment.text.clone()),
            previous: None,
            target: None,
            status: aged.map_or(SegmentStatus::Current, |aged| aged.status),
            change_class: aged.map(|aged| aged.class),
            since: aged.map(|aged| aged.since),
        }
    }
}
