//! All checks of a translation: of each segment, of several together, and of what was written as a whole.

use super::{Check, Finding, Level, Levels, Pair, check, together};
use crate::{
    glossary::Glossary,
    locale::Locale,
    segment::{
        Segment, SegmentId, SegmentKind, SegmentRecord, Unit,
        code::InlineCode,
        pairs::{Said, Source},
    },
    violation::{Violation, pointer_step},
};

/// A translation and what it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// The source's revisions that it may be of: each segment is held against the first that has its text.
    pub sources: &'a [&'a Source],
    /// The one that what was written as a whole is of, where that is known.
    pub whole: Option<&'a Source>,
    /// What it says.
    pub said: &'a Said,
    /// The source's locale, and its own.
    pub locales: (&'a Locale, &'a Locale),
    /// How much findings weigh.
    pub levels: &'a Levels,
    /// What the site calls things.
    pub glossary: &'a Glossary,
    /// What in a segment isn't words: `markdown`'s business.
    pub codes: fn(&Segment) -> Vec<InlineCode>,
}

/// What is told of a translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of which segment; none for a field that was written as a whole.
    pub segment: Option<SegmentId>,
    /// The text that it is in, as a JSON Pointer into the fields.
    pub pointer: String,
    /// What was found.
    pub finding: Finding,
    /// How much it weighs.
    pub level: Level,
    /// Why it is right all the same, where somebody said so of a warning.
    pub overridden: Option<String>,
    /// What the source says.
    pub source: String,
    /// What the translation says.
    pub target: String,
}

impl Told {
    /// What was found as a broken rule, in fields at this place.
    pub fn violation(&self, fields: &str) -> Violation {
        let violation = self.finding.violation(&format!("{fields}{}", self.pointer));
        match self.segment {
            Some(segment) => violation.with("segment", segment),
            None => violation,
        }
    }
}

/// What was looked at, and what is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// How many segments were held against their source.
    pub segments: usize,
    /// What is told of them.
    pub told: Vec<Told>,
}

/// Checks that mean something of a text that is held against another without its segments.
const OF_WHOLE: [Check; 6] = [
    Check::PhoneNumber,
    Check::ShortCode,
    Check::EmbedToken,
    Check::Bidi,
    Check::Script,
    Check::Glossary,
];

/// What is told of a translation, by the order of its segments' names. What weighs nothing isn't.
pub fn check_translation(work: &Work<'_>) -> Findings {
    let mut told = Vec::new();
    let mut pairs = Vec::new();
    for record in work.said.records.values() {
        let Some(pointer) = record.pointer.as_deref() else { continue };
        let Some(unit) = unit_of(work, record) else { continue };
        if !record.is_translated() {
            told.extend(tell(work, (record, pointer, unit), Finding::new(Check::Translated)));
        }
        if record.target.is_empty() || unit.segment.kind == SegmentKind::Value {
            continue;
        }
        for finding in of_segment(work, &unit.segment, &record.target) {
            told.extend(tell(work, (record, pointer, unit), finding));
        }
        pairs.push((record, pointer, unit));
    }
    let texts: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(record, _, unit)| (unit.segment.text.as_str(), record.target.as_str()))
        .collect();
    for (at, finding) in together::check(&texts) {
        told.extend(pairs.get(at).and_then(|pair| tell(work, *pair, finding)));
    }
    of_whole(work, &mut told);
    Findings { segments: pairs.len(), told }
}

/// The source's segment whose text a record translates. What is of a text that isn't at hand can't be held against it.
fn unit_of<'a>(work: &Work<'a>, record: &SegmentRecord) -> Option<&'a Unit> {
    work.sources.iter().find_map(|source| {
        let mut segments = source.segments();
        let is_it = |(id, unit): &(SegmentId, &Unit)| {
            *id == record.id && unit.segment.digest() == record.of
        };
        segments.find(is_it).map(|(_, unit)| unit)
    })
}

fn of_segment(work: &Work<'_>, source: &Segment, target: &str) -> Vec<Finding> {
    let target = Segment::new(source.kind, target);
    let [source_codes, target_codes] = [source, &target].map(work.codes);
    let is_words = crate::segment::facts::has_words(&source.text, &source_codes);
    if !is_words {
        return Vec::new();
    }
    check(&Pair {
        source: (source, &source_codes),
        target: (&target, &target_codes),
        locales: work.locales,
        glossary: work.glossary,
    })
}

fn tell(
    work: &Work<'_>,
    (record, pointer, unit): (&SegmentRecord, &str, &Unit),
    finding: Finding,
) -> Option<Told> {
    let level = work.levels.of(finding.check);
    let said = record.overrides.iter().find(|it| it.check == finding.check);
    let overridden = said.filter(|_| level == Level::Warning).map(|it| it.reason.clone());
    (level != Level::Off).then(|| Told {
        segment: Some(record.id),
        pointer: pointer.to_owned(),
        finding,
        level,
        overridden,
        source: unit.segment.text.clone(),
        target: record.target.clone(),
    })
}

/// Fields that were written as a whole: their numbers and embeds are those of the source's field.
fn of_whole(work: &Work<'_>, told: &mut Vec<Told>) {
    let Some(source) = work.whole else { return };
    for units in work.said.unpaired.chunk_by(|a, b| a.field == b.field) {
        let Some(field) = units.first().map(|unit| &unit.field) else { continue };
        let own: Vec<&Unit> = source.units.iter().filter(|unit| unit.field == *field).collect();
        if own.is_empty() {
            continue;
        }
        let text = |units: &[&Unit]| {
            units.iter().map(|unit| unit.segment.text.as_str()).collect::<Vec<_>>().join("\n\n")
        };
        let said: Vec<&Unit> = work.said.unpaired.iter().filter(|it| it.field == *field).collect();
        let (source, target) = (text(&own), text(&said));
        let [source, target] =
            [source, target].map(|text| Segment::new(SegmentKind::Paragraph, &text));
        for finding in of_segment(work, &source, &target.text) {
            let level = work.levels.of(finding.check);
            if level != Level::Off && OF_WHOLE.contains(&finding.check) {
                told.push(Told {
                    segment: None,
                    pointer: pointer_step(field),
                    finding,
                    level,
                    overridden: None,
                    source: source.text.clone(),
                    target: target.text.clone(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::codes, *};
    use crate::{
        quality::tests,
        segment::{Override, SegmentState, ids},
    };

    fn units(texts: &[&str]) -> Vec<Unit> {
        let unit = |(place, text): (usize, &&str)| Unit {
            field: "body".parse().unwrap(),
            pointer: "/body".to_owned(),
            place,
            segment: Segment::new(SegmentKind::Paragraph, text),
        };
        texts.iter().enumerate().map(unit).collect()
    }

    fn source(texts: &[&str]) -> Source {
        let units = units(texts);
        let ids = ids::first(&units);
        Source { revision: 1, units, ids }
    }

    fn told(source: &Source, said: &Said, levels: &Levels) -> Vec<(Check, Level, bool)> {
        let french = Locale::parse("fr").unwrap();
        let locales = (&Locale::english(), &french);
        let codes: fn(&Segment) -> Vec<InlineCode> = codes;
        let sources = &[source];
        let (whole, glossary) = (Some(source), &Glossary::default());
        let work = Work { sources, whole, said, locales, levels, glossary, codes };
        let told = check_translation(&work).told.into_iter();
        told.map(|it| (it.finding.check, it.level, it.overridden.is_some())).collect()
    }

    #[test]
    fn a_warning_may_be_overridden_an_error_may_not_and_what_is_off_isn_t_told() {
        let english = source(&["Call 112.", "Stop!"]);
        let mut said = Said::derived(&english, &units(&["Appelez le 113.", "Halte."]), 1);
        for record in said.records.values_mut() {
            let reason = "It is right here.".to_owned();
            record.overrides = [Check::ShortCode, Check::EndExclamation]
                .map(|check| Override { check, reason: reason.clone() })
                .to_vec();
        }
        let mut found = told(&english, &said, &Levels::default());
        found.sort();
        assert_eq!(
            found,
            [
                (Check::EndExclamation, Level::Warning, true),
                (Check::ShortCode, Level::Error, false)
            ]
        );
        let mut levels = Levels::default();
        levels.set(Check::ShortCode, Level::Warning);
        levels.set(Check::EndExclamation, Level::Off);
        assert_eq!(told(&english, &said, &levels), [(Check::ShortCode, Level::Warning, true)]);
    }

    #[test]
    fn a_gap_and_what_nobody_stands_by_are_not_translated() {
        for (target, language) in [("Halte", "fr"), ("قف", "ar"), ("停", "zh"), ("Стоп", "ru")]
        {
            let english = source(&["Stop"]);
            let mut said = Said::derived(&english, &units(&[target]), 1);
            let expected = (Check::Translated, Level::Error, false);
            let is_told =
                |said: &Said| told(&english, said, &Levels::default()).contains(&expected);
            assert!(!is_told(&said), "{language}");
            said.records.values_mut().for_each(|it| it.state = SegmentState::Initial);
            assert!(is_told(&said), "{language}");
            said.records.values_mut().for_each(|it| it.target.clear());
            assert!(is_told(&said), "{language}");
        }
    }

    #[test]
    fn a_text_written_as_a_whole_has_the_same_numbers_all_the_same() {
        let english = source(&["Stop.", "Call 116 111."]);
        let whole = |text: &str| Said::derived(&english, &units(&[text]), 1);
        assert_eq!(told(&english, &whole("Halte, et appelez le 116111."), &Levels::default()), []);
        assert_eq!(
            told(&english, &whole("Halte, et appelez."), &Levels::default()),
            [(Check::ShortCode, Level::Error, false)]
        );
        assert_eq!(tests::found("Stop.", "Halte.", "fr"), []);
    }
}
