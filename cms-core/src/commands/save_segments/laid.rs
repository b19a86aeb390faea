//! The revision that is saved: the source's fields with the translation's words, and what is kept of each segment.

use std::collections::BTreeMap;

use super::{
    Fields, HashMap, HashSet, Origin, Part, SaveDraft, SaveSegments, SegmentId, SegmentRecord,
    SegmentState, Translates, Translation, Violation, Work, markdown, normalise,
};
use crate::{
    content_type::ContentType,
    id::FieldName,
    segment::{Cut, Unit, assemble::assemble},
};

/// How many segments that the source no longer has are kept for when they come back.
const KEPT: usize = 500;

/// What a save makes of a translation.
pub(super) struct Laid<'a> {
    content_type: &'a ContentType,
    fields: Fields,
    records: BTreeMap<SegmentId, SegmentRecord>,
    /// Whether all of the source is translated as it stands.
    is_complete: bool,
}

impl<'a> Laid<'a> {
    /// The translation with these segments in it.
    pub(super) fn of(work: &'a Work<'a>, taken: &[SegmentRecord]) -> Self {
        let whole = whole_fields(work, taken);
        let records = records(work, taken, &whole);
        let source = &work.source.source;
        let is_said = |(id, unit): (SegmentId, &Unit)| {
            let record = records.get(&id);
            let is_now = |record: &SegmentRecord| {
                !record.target.is_empty() && record.of == unit.segment.digest()
            };
            !markdown::is_translatable(&unit.segment) || record.is_some_and(is_now)
        };
        let is_complete = source.segments().all(is_said);
        let fields = normalise(fields(work, &records, &whole));
        Self { content_type: work.content_type, fields, records, is_complete }
    }

    /// Whether it is what was there before.
    pub(super) fn is_same_as(&self, before: &Translation) -> bool {
        self.fields == before.fields && self.records == before.said.records
    }

    /// What the fields can't hold, for each segment that was taken there.
    pub(super) fn faults(
        &self,
        part: &Part,
        taken: &[SegmentRecord],
    ) -> Vec<(SegmentId, Vec<Violation>)> {
        let wrong = self.content_type.check_draft(part, &self.fields);
        let at = |record: &SegmentRecord| -> Vec<Violation> {
            let own = wrong.iter().filter(|it| Some(&it.pointer) == record.pointer.as_ref());
            own.map(|violation| violation.clone().under("/fields")).collect()
        };
        let found = taken.iter().map(|record| (record.id, at(record)));
        found.filter(|(_, wrong)| !wrong.is_empty()).collect()
    }

    /// The draft to be saved.
    pub(super) fn save(self, act: &SaveSegments, work: &Work<'_>) -> SaveDraft {
        let of = Translates::Revision(work.source.source.revision);
        // As long as something of an older source stands in it, it is a translation of that.
        let older = work.before.translates.clone().filter(|_| !self.is_complete);
        SaveDraft {
            expected: act.expected,
            translates: Some(older.unwrap_or(of)),
            note: act.note.clone(),
            segments: Some(self.records.into_values().collect()),
            ..SaveDraft::new(act.entry, Part::Locale(act.locale.clone()), self.fields)
        }
    }
}

/// The fields that were written as a whole, and of which nothing was taken.
fn whole_fields<'a>(work: &'a Work<'_>, taken: &[SegmentRecord]) -> HashSet<&'a FieldName> {
    let units = work.source.source.by_id();
    let touched: HashSet<_> =
        taken.iter().filter_map(|record| units.get(&record.id)).map(|unit| &unit.field).collect();
    let whole = work.before.said.unpaired.iter().map(|unit| &unit.field);
    whole.filter(|field| !touched.contains(field)).collect()
}

/// What is kept of each segment.
fn records(
    work: &Work<'_>,
    taken: &[SegmentRecord],
    whole: &HashSet<&FieldName>,
) -> BTreeMap<SegmentId, SegmentRecord> {
    let source = &work.source.source;
    let taken: HashMap<SegmentId, &SegmentRecord> =
        taken.iter().map(|record| (record.id, record)).collect();
    let before = &work.before.said.records;
    let mut records = BTreeMap::new();
    for (id, unit) in source.segments() {
        let known = taken.get(&id).copied().or_else(|| before.get(&id));
        let is_whole = whole.contains(&unit.field);
        let record = match known {
            Some(known) if is_whole => known.clone(),
            Some(known) => SegmentRecord { pointer: Some(unit.pointer.clone()), ..known.clone() },
            None if !is_whole && markdown::is_translatable(&unit.segment) => {
                gap(id, unit, work.next)
            }
            None => continue,
        };
        records.insert(id, record);
    }
    // Of what the source no longer has, the newest: it may come back.
    let mut gone: Vec<_> = before
        .values()
        .filter(|record| !record.target.is_empty() && !records.contains_key(&record.id))
        .collect();
    gone.sort_by_key(|record| std::cmp::Reverse((record.revision, record.id)));
    let gone = gone.into_iter().take(KEPT);
    records.extend(gone.map(|it| (it.id, SegmentRecord { pointer: None, ..it.clone() })));
    records
}

/// A segment that says nothing yet.
fn gap(id: SegmentId, unit: &Unit, revision: u32) -> SegmentRecord {
    SegmentRecord {
        id,
        pointer: Some(unit.pointer.clone()),
        of: unit.segment.digest(),
        target: String::new(),
        state: SegmentState::Initial,
        origin: Origin::Human,
        revision,
        reviewed: None,
        overrides: Vec::new(),
    }
}

/// The source's fields with the translation's words.
fn fields(
    work: &Work<'_>,
    records: &BTreeMap<SegmentId, SegmentRecord>,
    whole: &HashSet<&FieldName>,
) -> Fields {
    let source = &work.source.source;
    let places: HashMap<(&str, usize), SegmentId> =
        source.segments().map(|(id, unit)| ((unit.pointer.as_str(), unit.place), id)).collect();
    let words = |pointer: &str, place: usize| {
        let id = places.get(&(pointer, place))?;
        records.get(id).map(|record| record.target.as_str())
    };
    let mut fields =
        assemble(work.content_type, &work.source.fields, markdown::cut, &mut |pointer, cut| {
            text(cut, |place| words(pointer, place))
        });
    for (name, value) in &work.before.fields {
        let field = work.content_type.field(name);
        let is_own = field.is_some_and(|field| field.pins)
            || (!work.source.fields.contains_key(name)
                && work.base.as_ref().is_none_or(|base| !base.contains_key(name)));
        if is_own || whole.contains(name) {
            fields.insert(name.clone(), value.clone());
        }
    }
    fields
}

/// A text of the source with other words; nothing at all while it has none of them.
fn text<'t>(cut: &Cut, words: impl Fn(usize) -> Option<&'t str>) -> String {
    let mut is_said = None;
    let text = cut.join_with(|place, segment| match words(place) {
        Some(words) => {
            is_said = Some(is_said.unwrap_or(false) || !words.is_empty());
            words.to_owned()
        }
        None if markdown::is_translatable(segment) => {
            is_said = Some(is_said.unwrap_or(false));
            String::new()
        }
        // What has no words is the same in every language.
        None => segment.text.clone(),
    });
    if is_said == Some(false) { String::new() } else { text }
}
