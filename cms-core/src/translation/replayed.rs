//! What of a translation is behind, from what it says that it was made of: step by step through what its source
//! published since. Pure.

use std::collections::{HashMap, HashSet};

use super::{Aged, Ageing, Freshness, Publication, SegmentStatus, Step, TranslationStatus};
use crate::{
    event::{ChangeClass, Fields, Translates},
    segment::{
        SegmentDigest, SegmentRecord, Unit,
        align::{Alignment, Match, align},
    },
    violation::pointer_step,
};

/// A state of a source: its fields, cut.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceText {
    /// Its fields.
    pub fields: Fields,
    /// Its segments.
    pub units: Vec<Unit>,
}

/// Gives the text of a publication, as far as it is there.
pub type Sources<'a> = &'a dyn Fn(&Publication) -> Option<SourceText>;

/// How a published text follows from the one before it.
pub fn between(old: &SourceText, new: &SourceText, publication: &Publication) -> Alignment {
    let mut alignment = align(&old.units, &new.units);
    if publication.class == ChangeClass::Safety {
        mind_the_frame(old, new, &mut alignment);
    }
    alignment
}

/// A change of safety that is in no segment of a field is in its frame, such as which step belongs under which: all
/// of that field may mean something else then.
fn mind_the_frame(old: &SourceText, new: &SourceText, alignment: &mut Alignment) {
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

/// The step that a publication is.
pub fn step_of<'a>(
    (old, new): (&'a SourceText, &'a SourceText),
    alignment: &'a Alignment,
    publication: &Publication,
) -> Step<'a> {
    let (class, at) = (publication.class, publication.at);
    Step { old: &old.units, new: &new.units, alignment, class, at }
}

impl Ageing {
    /// Of a translation, given what its source published, what it says that it translates, and what it keeps of each
    /// segment.
    pub fn of_translation(
        publications: &[Publication],
        translates: Option<&Translates>,
        records: &[SegmentRecord],
        sources: Sources<'_>,
    ) -> Self {
        let mut ageing = Self::of_whole(publications, translates, sources);
        if let Some(last) = publications.last().filter(|_| !records.is_empty()) {
            let units = sources(last).unwrap_or_default().units;
            ageing.settle(&units, records, last);
        }
        ageing
    }

    /// Of a translation, from what it says that it translates alone.
    fn of_whole(
        publications: &[Publication],
        translates: Option<&Translates>,
        sources: Sources<'_>,
    ) -> Self {
        let as_a_whole = Freshness::of(publications, translates);
        let (Some(class), Some(since), Some(last)) =
            (as_a_whole.change_class, as_a_whole.outdated_since, publications.last())
        else {
            return Self::default();
        };
        debug_assert_eq!(as_a_whole.status, TranslationStatus::Outdated);
        let known = match translates {
            Some(Translates::Revision(revision)) => *revision,
            Some(Translates::Unknown(_)) | None => 0,
        };
        let base = publications.iter().rposition(|publication| publication.revision <= known);
        base.and_then(|base| replayed(publications.get(base..)?, sources)).unwrap_or_else(|| {
            let source = sources(last).map(|source| source.units).unwrap_or_default();
            Self { behind: as_a_whole.behind, ..Self::of_unknown(&source, class, since) }
        })
    }

    /// Takes in what a translation keeps of each segment: what was translated anew is current, whatever the rest is of,
    /// and what says nothing is missing.
    ///
    /// A text that stands in several places of the source is current where it is translated as often: where it isn't,
    /// nobody can tell by the text which of them is.
    pub fn settle(&mut self, source: &[Unit], records: &[SegmentRecord], last: &Publication) {
        let (mut said, mut gaps): (Counts, Counts) = (Counts::new(), Counts::new());
        for record in records.iter().filter(|record| record.pointer.is_some()) {
            let counts = if record.target.is_empty() { &mut gaps } else { &mut said };
            *counts.entry(record.of).or_default() += 1;
        }
        let mut there = Counts::new();
        for unit in source {
            *there.entry(unit.segment.digest()).or_default() += 1;
        }
        let is_said = |digest: SegmentDigest| {
            said.get(&digest)
                .is_some_and(|count| there.get(&digest).is_some_and(|all| count >= all))
        };
        let digest_at = |aged: &Aged| {
            let place = usize::try_from(aged.place?).ok()?;
            Some(source.get(place)?.segment.digest())
        };
        let first_steps: HashSet<&str> =
            records.iter().filter_map(|record| first_step(record.pointer.as_deref()?)).collect();
        let before = self.segments.len();
        self.segments.retain(|aged| match (digest_at(aged), aged.of) {
            (Some(digest), _) => !is_said(digest),
            // What is gone from the source stands in the translation as long as it is kept there.
            (None, Some(of)) => {
                let step = pointer_step(&aged.field);
                said.contains_key(&of) || !first_steps.contains(step.as_str())
            }
            (None, None) => true,
        });
        self.add_gaps(source, &gaps, last);
        self.behind = match (self.segments.is_empty(), self.segments.len() == before) {
            (true, _) => 0,
            (false, true) => self.behind,
            (false, false) => self.behind.max(1),
        };
    }

    fn add_gaps(&mut self, source: &[Unit], gaps: &Counts, last: &Publication) {
        let known: HashSet<u32> = self.segments.iter().filter_map(|aged| aged.place).collect();
        let mut left = gaps.clone();
        for (place, unit) in source.iter().enumerate() {
            let Some(count) = left.get_mut(&unit.segment.digest()).filter(|left| **left > 0) else {
                continue;
            };
            *count -= 1;
            let Ok(place) = u32::try_from(place) else { continue };
            if !known.contains(&place) {
                self.segments.push(Aged {
                    field: unit.field.clone(),
                    place: Some(place),
                    status: SegmentStatus::Missing,
                    class: ChangeClass::Substantive,
                    since: last.at,
                    of: None,
                });
            }
        }
        // Those of the source in their order, then those that are gone.
        self.segments.sort_by_key(|aged| aged.place.unwrap_or(u32::MAX));
    }
}

type Counts = HashMap<SegmentDigest, usize>;

/// The first step of a pointer, with its slash.
fn first_step(pointer: &str) -> Option<&str> {
    let end = pointer.get(1..)?.find('/').map_or(pointer.len(), |at| at + 1);
    pointer.get(..end)
}

/// The ageing of a translation of the first of these publications.
fn replayed(publications: &[Publication], sources: Sources<'_>) -> Option<Ageing> {
    let (first, since) = publications.split_first()?;
    let mut ageing = Ageing::default();
    let mut source = sources(first)?;
    for publication in since {
        let new = sources(publication)?;
        let alignment = between(&source, &new, publication);
        ageing.advance(&step_of((&source, &new), &alignment, publication));
        source = new;
    }
    Some(ageing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Timestamp,
        segment::{Origin, Segment, SegmentKind, SegmentState, ids},
    };

    fn text(texts: &[&str]) -> SourceText {
        let unit = |(place, text): (usize, &&str)| Unit {
            field: "body".parse().unwrap(),
            pointer: "/body".to_owned(),
            place,
            segment: Segment::new(SegmentKind::Paragraph, text),
        };
        let units = texts.iter().enumerate().map(unit).collect();
        let fields = [("body".parse().unwrap(), texts.join("\n\n").into())].into();
        SourceText { fields, units }
    }

    fn published(revision: u32, class: ChangeClass) -> Publication {
        let at = Timestamp::from_millis(i64::from(revision));
        Publication { revision, at, class, saved: u64::from(revision) }
    }

    /// A record that says something of each text, or nothing of a text in brackets.
    fn records(texts: &[&str]) -> Vec<SegmentRecord> {
        let ids = ids::first(&text(texts).units);
        let record = |(id, text): (_, &&str)| SegmentRecord {
            id,
            pointer: Some("/body".to_owned()),
            of: SegmentDigest::of(text.trim_matches(['[', ']'])),
            target: if text.starts_with('[') { String::new() } else { text.to_uppercase() },
            state: SegmentState::Translated,
            origin: Origin::Human,
            revision: 1,
            reviewed: None,
            overrides: Vec::new(),
        };
        ids.into_iter().zip(texts).map(record).collect()
    }

    fn told(ageing: &Ageing) -> Vec<(Option<u32>, SegmentStatus)> {
        ageing.segments.iter().map(|aged| (aged.place, aged.status)).collect()
    }

    const ONE: &str = "Tell an adult whom you trust what has happened.";
    const TWO: &str = "Do not answer, and do not pay anything to anybody.";
    const THREE: &str = "Keep the messages: they are evidence later on.";

    #[test]
    fn what_was_translated_anew_is_current_though_the_rest_is_of_an_older_source() {
        use SegmentStatus::{Missing, Outdated};
        let publications =
            [published(1, ChangeClass::Substantive), published(2, ChangeClass::Safety)];
        let (one, two) = (format!("{ONE} Today."), format!("{TWO} Ever."));
        let sources = |publication: &Publication| {
            Some(if publication.revision == 1 {
                text(&[ONE, TWO])
            } else {
                text(&[&one, &two, THREE])
            })
        };
        let translates = Translates::Revision(1);
        let of = |records: &[SegmentRecord]| {
            Ageing::of_translation(&publications, Some(&translates), records, &sources)
        };
        let all = [(Some(0), Outdated), (Some(1), Outdated), (Some(2), Missing)];
        assert_eq!(told(&of(&[])), all);
        let anew = of(&records(&[&one, TWO, &format!("[{THREE}]")]));
        assert_eq!(told(&anew), [(Some(1), Outdated), (Some(2), Missing)]);
        assert_eq!(anew.behind, 1);
        assert_eq!(of(&records(&[&one, &two, THREE])), Ageing::default());
    }

    #[test]
    fn a_text_that_stands_twice_is_current_where_it_is_translated_twice() {
        let publications =
            [published(1, ChangeClass::Substantive), published(2, ChangeClass::Substantive)];
        let sources = |publication: &Publication| {
            Some(if publication.revision == 1 { text(&[ONE, TWO]) } else { text(&[TWO, TWO]) })
        };
        let of = |records: &[SegmentRecord]| {
            let translates = Translates::Revision(1);
            told(&Ageing::of_translation(&publications, Some(&translates), records, &sources))
        };
        let once = [(Some(1), SegmentStatus::Missing), (None, SegmentStatus::Obsolete)];
        assert_eq!(of(&records(&[ONE, TWO])), once, "one of the two is of something else");
        assert_eq!(of(&records(&[TWO, TWO])), []);
    }

    #[test]
    fn a_gap_is_missing_also_where_the_source_has_not_changed() {
        let publications = [published(1, ChangeClass::Substantive)];
        let sources = |_: &Publication| Some(text(&[ONE, TWO]));
        let gap = format!("[{TWO}]");
        let ageing = Ageing::of_translation(
            &publications,
            Some(&Translates::Revision(1)),
            &records(&[ONE, &gap]),
            &sources,
        );
        assert_eq!(told(&ageing), [(Some(1), SegmentStatus::Missing)]);
        assert_eq!(ageing.freshness().status, TranslationStatus::Outdated);
    }

    #[test]
    fn of_a_text_that_nobody_knows_what_was_translated_here_is_current() {
        let publications = [published(3, ChangeClass::Substantive)];
        let sources = |_: &Publication| Some(text(&[ONE, TWO]));
        let unknown = Translates::Unknown("0".to_owned());
        let of = |records: &[SegmentRecord]| {
            Ageing::of_translation(&publications, Some(&unknown), records, &sources)
        };
        assert_eq!(of(&[]).segments.len(), 2);
        assert_eq!(told(&of(&records(&[ONE]))), [(Some(1), SegmentStatus::Outdated)]);
    }

    #[test]
    fn what_is_gone_from_the_source_is_obsolete_while_it_stands_in_the_translation() {
        let publications =
            [published(1, ChangeClass::Substantive), published(2, ChangeClass::Substantive)];
        let sources = |publication: &Publication| {
            Some(if publication.revision == 1 { text(&[ONE, TWO]) } else { text(&[ONE]) })
        };
        let of = |records: &[SegmentRecord]| {
            let translates = Translates::Revision(1);
            told(&Ageing::of_translation(&publications, Some(&translates), records, &sources))
        };
        assert_eq!(of(&records(&[ONE, TWO])), [(None, SegmentStatus::Obsolete)]);
        let mut kept = records(&[ONE, TWO]);
        kept[1].pointer = None;
        assert_eq!(of(&kept), []);
    }
}
