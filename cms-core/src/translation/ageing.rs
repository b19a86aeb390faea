//! Which segments of a translation no longer say what the source says, as its source is published again and
//! again. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Freshness, TranslationStatus};
use crate::{
    clock::Timestamp,
    event::ChangeClass,
    id::FieldName,
    segment::{
        SegmentDigest, Unit,
        align::{Alignment, Match},
    },
};

/// How a segment of a translation stands to the source's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentStatus {
    /// It says what the source says.
    Current,
    /// The source's text, or its place, has changed since.
    Outdated,
    /// The source has it, and the translation doesn't.
    Missing,
    /// The translation has it, and the source doesn't any more.
    Obsolete,
}

/// A segment that is not current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aged {
    /// In which field.
    pub field: FieldName,
    /// Its place among the segments of the source that is published now; none for one that is gone from it.
    pub place: Option<u32>,
    /// How it stands.
    pub status: SegmentStatus,
    /// The weightiest class of the changes since.
    pub class: ChangeClass,
    /// When the first of them was published.
    pub since: Timestamp,
    /// What the source's text was that the translation has; none where nobody knows, or it has none.
    pub of: Option<SegmentDigest>,
}

/// How far a translation is behind its source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ageing {
    /// The segments that are not current: those of the source in their order, then those that are gone.
    pub segments: Vec<Aged>,
    /// How many publications of the source changed some of them.
    pub behind: u32,
}

/// A publication of the source, and what it changed.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The segments before.
    pub old: &'a [Unit],
    /// The segments since.
    pub new: &'a [Unit],
    /// How these follow from those.
    pub alignment: &'a Alignment,
    /// What the author said of the change.
    pub class: ChangeClass,
    /// When it was published.
    pub at: Timestamp,
}

impl Ageing {
    /// Of a translation of a text that nobody knows: all of it may be otherwise.
    pub fn of_unknown(source: &[Unit], class: ChangeClass, since: Timestamp) -> Self {
        let aged = |(place, unit): (usize, &Unit)| Aged {
            field: unit.field.clone(),
            place: u32::try_from(place).ok(),
            status: SegmentStatus::Outdated,
            class,
            since,
            of: None,
        };
        let segments: Vec<_> = source.iter().enumerate().map(aged).collect();
        Self { behind: u32::from(!segments.is_empty()), segments }
    }

    /// Takes in that the source was published again.
    pub fn advance(&mut self, step: &Step<'_>) {
        let before = self.segments.len();
        let mut known: BTreeMap<u32, Aged> = BTreeMap::new();
        let mut passage = Passage { step, gone: Vec::new(), touched: false };
        for aged in std::mem::take(&mut self.segments) {
            match aged.place {
                Some(place) => drop(known.insert(place, aged)),
                None => passage.gone.push(aged),
            }
        }
        let mut next = Vec::new();
        for (place, (found, unit)) in step.alignment.matches.iter().zip(step.new).enumerate() {
            let was = found.before().and_then(|before| u32::try_from(before).ok());
            let was = was.and_then(|before| known.remove(&before));
            let aged = passage.aged(*found, unit, was);
            next.extend(aged.map(|aged| Aged { place: u32::try_from(place).ok(), ..aged }));
        }
        for place in &step.alignment.gone {
            let was = u32::try_from(*place).ok().and_then(|place| known.remove(&place));
            if let Some(unit) = step.old.get(*place) {
                passage.obsolete(unit, was);
            }
        }
        next.append(&mut passage.gone);
        self.behind = match (next.is_empty(), passage.touched) {
            (true, _) => 0,
            (false, true) => self.behind.saturating_add(1),
            // What is left of several changes is one, at least.
            (false, false) if next.len() < before => self.behind.max(1),
            (false, false) => self.behind,
        };
        self.segments = next;
    }

    /// In a few words.
    pub fn freshness(&self) -> Freshness {
        let status = if self.segments.is_empty() {
            TranslationStatus::Current
        } else {
            TranslationStatus::Outdated
        };
        Freshness {
            status,
            behind: self.behind,
            change_class: self.segments.iter().map(|aged| aged.class).max(),
            outdated_since: self.segments.iter().map(|aged| aged.since).min(),
        }
    }

    /// The fields that hold a segment which a change of safety outdated.
    pub fn unsafe_fields(&self) -> Vec<FieldName> {
        let aged = self.segments.iter().filter(|aged| aged.class == ChangeClass::Safety);
        let mut fields: Vec<_> = aged.map(|aged| aged.field.clone()).collect();
        fields.sort();
        fields.dedup();
        fields
    }
}

/// A step while it is taken.
struct Passage<'a> {
    step: &'a Step<'a>,
    /// What is gone from the source and stands in the translation still.
    gone: Vec<Aged>,
    /// Whether anything is older than before.
    touched: bool,
}

impl Passage<'_> {
    /// What a segment of the source is for the translation after the step; none while it is current.
    fn aged(&mut self, found: Match, unit: &Unit, was: Option<Aged>) -> Option<Aged> {
        let digest = unit.segment.digest();
        let is_back = |aged: &Aged| aged.of == Some(digest);
        let of = found.before().and_then(|before| self.step.old.get(before));
        let of = of.map(|unit| unit.segment.digest());
        match found {
            Match::Same(_) => was,
            Match::New => {
                // What came back stands in the translation still.
                if let Some(at) = self.gone.iter().position(is_back) {
                    self.gone.remove(at);
                    return None;
                }
                self.worse(None, unit, (SegmentStatus::Missing, None))
            }
            Match::Moved(_) if was.is_some() => was,
            Match::Changed(_) if was.as_ref().is_some_and(is_back) => None,
            Match::Moved(_) | Match::Changed(_) => {
                self.worse(was, unit, (SegmentStatus::Outdated, of))
            }
        }
    }

    /// Takes in that a segment is gone from the source. One that was never translated leaves nothing behind.
    fn obsolete(&mut self, unit: &Unit, was: Option<Aged>) {
        if was.as_ref().is_some_and(|was| was.status == SegmentStatus::Missing) {
            return;
        }
        let of = was.as_ref().map_or(Some(unit.segment.digest()), |was| was.of);
        if let Some(aged) = self.worse(was, unit, (SegmentStatus::Obsolete, of)) {
            self.gone.push(Aged { place: None, status: SegmentStatus::Obsolete, of, ..aged });
        }
    }

    /// A segment that this step makes older, unless it was editorial.
    fn worse(
        &mut self,
        was: Option<Aged>,
        unit: &Unit,
        (status, of): (SegmentStatus, Option<SegmentDigest>),
    ) -> Option<Aged> {
        let (class, since) = (self.step.class, self.step.at);
        if class == ChangeClass::Editorial {
            return was;
        }
        self.touched = true;
        Some(match was {
            Some(was) => Aged { class: was.class.max(class), ..was },
            None => Aged { field: unit.field.clone(), place: None, status, class, since, of },
        })
    }
}
