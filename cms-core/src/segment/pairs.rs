//! Which segment of a translation says which of its source.
//!
//! A translation that was made segment by segment says so itself. Of one that was written as a whole, the texts that
//! are cut into the same kinds of segments as the source's are paired by place; of the others nobody can tell.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    SegmentKind, Unit,
    record::{Origin, SegmentId, SegmentRecord, SegmentState},
};

/// A revision of a source, cut, with the names of its segments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// Its number.
    pub revision: u32,
    /// Its segments.
    pub units: Vec<Unit>,
    /// Their names.
    pub ids: Vec<SegmentId>,
}

impl Source {
    /// The segments with their names, in order.
    pub fn segments(&self) -> impl Iterator<Item = (SegmentId, &Unit)> {
        self.ids.iter().copied().zip(&self.units)
    }

    /// The segments by their names.
    pub fn by_id(&self) -> HashMap<SegmentId, &Unit> {
        self.segments().collect()
    }
}

/// What a translation says of its source, segment by segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// What it keeps of each segment.
    pub records: BTreeMap<SegmentId, SegmentRecord>,
    /// The segments of those texts that were written as a whole, otherwise than the source's.
    pub unpaired: Vec<Unit>,
}

impl Said {
    /// Of a translation that was made segment by segment: what it keeps, and its segments.
    pub fn kept(records: &[SegmentRecord], target: &[Unit]) -> Self {
        let covered: HashSet<&str> =
            records.iter().filter_map(|record| record.pointer.as_deref()).collect();
        let is_unpaired = |unit: &&Unit| !covered.contains(unit.pointer.as_str());
        Self {
            records: records.iter().map(|record| (record.id, record.clone())).collect(),
            unpaired: target.iter().filter(is_unpaired).cloned().collect(),
        }
    }

    /// Of a translation that was written as a whole, in this revision, of a source.
    pub fn derived(source: &Source, target: &[Unit], revision: u32) -> Self {
        let mut kinds: HashMap<&str, (Vec<SegmentKind>, Vec<SegmentKind>)> = HashMap::new();
        for unit in &source.units {
            kinds.entry(&unit.pointer).or_default().0.push(unit.segment.kind);
        }
        for unit in target {
            kinds.entry(&unit.pointer).or_default().1.push(unit.segment.kind);
        }
        let is_paired = |unit: &Unit| {
            kinds.get(unit.pointer.as_str()).is_some_and(|(source, target)| source == target)
        };
        let at = |unit: &Unit| (unit.pointer.clone(), unit.place);
        let places: HashMap<(String, usize), (SegmentId, &Unit)> =
            source.segments().map(|(id, unit)| (at(unit), (id, unit))).collect();
        let mut said = Self::default();
        for unit in target {
            match places.get(&at(unit)).filter(|_| is_paired(unit)) {
                Some((id, of)) => {
                    said.records.insert(*id, whole(*id, (of, unit), revision));
                }
                None => said.unpaired.push(unit.clone()),
            }
        }
        said
    }

    /// The same, with what a translation kept before of those segments that say the same of the same text: they have
    /// come as far as they had. What the source has no longer stays for when it comes back.
    #[must_use]
    pub fn with_kept(mut self, before: &Self, source: &Source) -> Self {
        for record in self.records.values_mut() {
            let is_same = |kept: &&SegmentRecord| {
                kept.of == record.of && kept.target == record.target && kept.is_translated()
            };
            if let Some(kept) = before.records.get(&record.id).filter(is_same) {
                *record = SegmentRecord { pointer: record.pointer.take(), ..kept.clone() };
            }
        }
        let there: HashSet<SegmentId> = source.ids.iter().copied().collect();
        for (id, kept) in &before.records {
            if !there.contains(id) && !kept.target.is_empty() {
                self.records.insert(*id, SegmentRecord { pointer: None, ..kept.clone() });
            }
        }
        self
    }
}

/// What is known of a segment of a text that was written as a whole.
fn whole(id: SegmentId, (of, unit): (&Unit, &Unit), revision: u32) -> SegmentRecord {
    SegmentRecord {
        id,
        pointer: Some(unit.pointer.clone()),
        of: of.segment.digest(),
        target: unit.segment.text.clone(),
        state: SegmentState::Translated,
        origin: Origin::Human,
        revision,
        reviewed: None,
        overrides: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Segment, ids};

    fn units(pointer: &str, texts: &[(SegmentKind, &str)]) -> Vec<Unit> {
        let unit = |(place, (kind, text)): (usize, &(SegmentKind, &str))| Unit {
            field: pointer.trim_start_matches('/').parse().unwrap(),
            pointer: pointer.to_owned(),
            place,
            segment: Segment::new(*kind, text),
        };
        texts.iter().enumerate().map(unit).collect()
    }

    fn source(units: Vec<Unit>) -> Source {
        let ids = ids::first(&units);
        Source { revision: 1, units, ids }
    }

    use SegmentKind::{Heading, Paragraph};

    #[test]
    fn texts_of_the_same_kinds_of_segments_are_paired_by_place_and_others_are_not() {
        let body = units("/body", &[(Heading, "Stop"), (Paragraph, "Tell somebody.")]);
        let title = units("/title", &[(SegmentKind::Plain, "Plan")]);
        let source = source([body, title].concat());
        let same = units("/body", &[(Heading, "Halte"), (Paragraph, "Parlez-en.")]);
        let said = Said::derived(&source, &same, 4);
        let told: Vec<_> = source.ids.iter().filter_map(|id| said.records.get(id)).collect();
        assert_eq!(
            told.iter().map(|it| it.target.as_str()).collect::<Vec<_>>(),
            ["Halte", "Parlez-en."]
        );
        assert_eq!(
            (told[0].of, told[0].revision, told[0].state),
            (source.units[0].segment.digest(), 4, SegmentState::Translated)
        );
        assert_eq!(said.unpaired, []);
        let other = units("/body", &[(Paragraph, "Halte"), (Paragraph, "Parlez-en.")]);
        let said = Said::derived(&source, &other, 4);
        assert_eq!((said.records.len(), said.unpaired), (0, other));
    }

    #[test]
    fn what_is_written_as_a_whole_keeps_what_was_said_of_segments_that_are_the_same() {
        let source = source(units("/body", &[(Paragraph, "Stop."), (Paragraph, "Tell somebody.")]));
        let target = |second: &str| units("/body", &[(Paragraph, "Halte."), (Paragraph, second)]);
        let mut before = Said::derived(&source, &target("Parlez-en."), 1);
        for record in before.records.values_mut() {
            record.state = SegmentState::Reviewed;
            record.reviewed = Some(2);
        }
        let gone = SegmentRecord {
            id: SegmentId::from_bytes([9; 8]),
            ..whole(source.ids[0], (&source.units[0], &source.units[0]), 1)
        };
        before.records.insert(gone.id, gone.clone());
        let now = Said::derived(&source, &target("Dites-le."), 3).with_kept(&before, &source);
        let of = |place: usize| &now.records[&source.ids[place]];
        assert_eq!((of(0).state, of(0).revision), (SegmentState::Reviewed, 1));
        assert_eq!(
            (of(1).state, of(1).revision, of(1).reviewed),
            (SegmentState::Translated, 3, None)
        );
        assert_eq!(now.records[&gone.id].pointer, None, "kept for when it comes back");
        let kept: Vec<_> = now.records.values().cloned().collect();
        assert_eq!(Said::kept(&kept, &target("Dites-le.")).unpaired, []);
    }
}
