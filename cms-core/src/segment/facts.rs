//! What a text says that must not change unnoticed: numbers, links, embeds, dates, and whether it says *not*.
//!
//! Numbers are read in any numeral system. Words are told by language, from `data/words.txt`; of a language that
//! isn't there, [`knows`] says so.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use icu_properties::{CodePointMapData, props::GeneralCategory};

use super::{
    Segment, Unit,
    align::{Alignment, Match, similarity},
    code::{CodeKind, InlineCode},
};
use crate::violation::Violation;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// It negates.
    Negation,
    /// It is a month, or a day of the week.
    Date,
    /// It is a number.
    Number,
}

/// How a word is looked for.
#[derive(Debug)]
enum Pattern {
    Whole(String),
    Begins(String),
    Ends(String),
    Holds(String),
}

static WORDS: LazyLock<HashMap<&'static str, Vec<(Meaning, Pattern)>>> = LazyLock::new(|| {
    let mut found: HashMap<&str, Vec<(Meaning, Pattern)>> = HashMap::new();
    for line in include_str!("data/words.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(language), Some(meaning)) = (words.next(), words.next()) else { continue };
        let meaning = match meaning {
            "not" => Meaning::Negation,
            "month" | "day" => Meaning::Date,
            _ => Meaning::Number,
        };
        found.entry(language).or_default().extend(words.map(|word| (meaning, pattern(word))));
    }
    found
});

fn pattern(word: &str) -> Pattern {
    if let Some(inside) = word.strip_prefix('~') {
        return Pattern::Holds(inside.to_owned());
    }
    match (word.strip_prefix('*'), word.strip_suffix('*')) {
        (Some(end), Some(_)) => Pattern::Holds(end.trim_end_matches('*').to_owned()),
        (Some(end), None) => Pattern::Ends(end.to_owned()),
        (None, Some(start)) => Pattern::Begins(start.to_owned()),
        (None, None) => Pattern::Whole(word.to_owned()),
    }
}

impl Pattern {
    fn finds(&self, word: &str) -> usize {
        match self {
            Self::Whole(whole) => usize::from(word == whole),
            Self::Begins(start) => usize::from(word.starts_with(start.as_str())),
            Self::Ends(end) => usize::from(word.ends_with(end.as_str()) && word.len() > end.len()),
            Self::Holds(inside) => word.matches(inside.as_str()).count(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Whole(name) | Self::Begins(name) | Self::Ends(name) | Self::Holds(name) => name,
        }
    }
}

/// Whether words of a language are known.
pub fn knows(language: &str) -> bool {
    WORDS.contains_key(language)
}

/// What a text says that must not change unnoticed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Its numbers in figures, in ASCII digits, each as often as it stands there.
    pub numbers: BTreeMap<String, usize>,
    /// Where its links lead.
    pub links: BTreeMap<String, usize>,
    /// Its embeds and code.
    pub embeds: BTreeMap<String, usize>,
    /// Its words with a meaning.
    pub words: BTreeMap<(Meaning, String), usize>,
}

impl Facts {
    /// Of a segment in a language, given its codes.
    pub fn of(segment: &Segment, codes: &[InlineCode], language: &str) -> Self {
        let mut facts = Self::default();
        let mut from = 0;
        for code in codes {
            facts.words_of(segment.text.get(from..code.range.start).unwrap_or_default(), language);
            facts.code(code.kind, segment.text.get(code.range.clone()).unwrap_or_default());
            from = code.range.end;
        }
        facts.words_of(segment.text.get(from..).unwrap_or_default(), language);
        facts
    }

    fn code(&mut self, kind: CodeKind, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match kind {
            CodeKind::Link | CodeKind::Image if text.starts_with(']') => {
                *self.links.entry(address(&text).to_owned()).or_default() += 1;
            }
            CodeKind::Address => {
                let address = text.trim_matches(['<', '>']).to_owned();
                *self.links.entry(address).or_default() += 1;
            }
            CodeKind::Embed | CodeKind::Code | CodeKind::Html => {
                *self.embeds.entry(text).or_default() += 1;
            }
            CodeKind::Link
            | CodeKind::Image
            | CodeKind::Emphasis
            | CodeKind::Strong
            | CodeKind::Strike
            | CodeKind::Note => {}
        }
    }

    fn words_of(&mut self, text: &str, language: &str) {
        for number in numbers(text) {
            *self.numbers.entry(number).or_default() += 1;
        }
        let Some(known) = WORDS.get(language) else { return };
        let lower = text.to_lowercase().replace('’', "'");
        let is_inside =
            |c: char| c.is_alphanumeric() || matches!(c, '\'' | '-' | '\u{200c}') || is_mark(c);
        for word in lower.split(|c: char| !is_inside(c)).filter(|word| !word.is_empty()) {
            // French and Italian write some words before others with an apostrophe alone.
            let parts: Vec<&str> = match word.split_once('\'') {
                Some((before, after)) if before.len() <= 2 => vec![before, after],
                _ => vec![word],
            };
            for (meaning, pattern) in known {
                let count: usize = parts.iter().map(|part| pattern.finds(part)).sum();
                if count > 0 {
                    *self.words.entry((*meaning, pattern.name().to_owned())).or_default() += count;
                }
            }
        }
    }

    /// How often it negates.
    pub fn negations(&self) -> usize {
        self.meaning(Meaning::Negation).values().sum()
    }

    /// The words of one meaning, each as often as it stands there.
    pub fn meaning(&self, meaning: Meaning) -> BTreeMap<&str, usize> {
        let own = self.words.iter().filter(|((its, _), _)| *its == meaning);
        own.map(|((_, word), count)| (word.as_str(), *count)).collect()
    }
}

/// Whether a text has words between its codes.
pub fn has_words(text: &str, codes: &[InlineCode]) -> bool {
    let starts = std::iter::once(0).chain(codes.iter().map(|code| code.range.end));
    let ends = codes.iter().map(|code| code.range.start).chain([text.len()]);
    let mut parts = starts.zip(ends).filter_map(|(start, end)| text.get(start..end));
    parts.any(|part| part.contains(char::is_alphabetic))
}

/// Vowel signs and the like, which belong to the letter before.
fn is_mark(c: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark
    )
}

/// The address in what closes a link: `](address "title")` or `][label]`.
pub fn address(closing: &str) -> &str {
    let inside = closing.trim_start_matches([']', '(', '[', '<']);
    let end = inside.find([' ', '"', '>']).unwrap_or(inside.len());
    inside.get(..end).unwrap_or_default().trim_end_matches([')', ']'])
}

/// The value of a digit of any numeral system.
pub fn digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let is_digit = |c: char| {
        CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::DecimalNumber
    };
    if !is_digit(c) {
        return None;
    }
    let point = u32::from(c);
    // Those of mathematical alphabets are the only rows that follow each other.
    if (0x1d7ce..=0x1d7ff).contains(&point) {
        return Some((point - 0x1d7ce) % 10);
    }
    // The digits of a system stand in a row from nought to nine: a digit is worth as many as stand before it.
    let before = (1..=9).take_while(|distance| {
        point.checked_sub(*distance).and_then(char::from_u32).is_some_and(is_digit)
    });
    u32::try_from(before.count()).ok()
}

/// The runs of digits of a text, in ASCII.
pub fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut run = String::new();
    for c in text.chars() {
        match digit(c).and_then(|value| char::from_digit(value, 10)) {
            Some(ascii) => run.push(ascii),
            None if run.is_empty() => {}
            None => found.push(std::mem::take(&mut run)),
        }
    }
    if !run.is_empty() {
        found.push(run);
    }
    found
}

/// How alike an edited segment must be to what it was, in thousandths, for the change to be a slip of the pen.
const EDITED: u32 = 600;

/// What in a change speaks against calling it editorial: in which text, and what it touches.
pub fn against_editorial(
    (old, new): (&[Unit], &[Unit]),
    alignment: &Alignment,
    language: &str,
    codes: fn(&Segment) -> Vec<InlineCode>,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let told = |unit: &Unit, code: &'static str| {
        let text: String = unit.segment.text.chars().take(120).collect();
        Violation::new(&unit.pointer, code).with("text", text)
    };
    let gone = alignment.gone.iter().filter_map(|place| old.get(*place));
    found.extend(gone.map(|unit| told(unit, "editorial_removes")));
    for (unit, how) in new.iter().zip(&alignment.matches) {
        let before = match how {
            Match::Same(_) => continue,
            Match::New => {
                found.push(told(unit, "editorial_adds"));
                continue;
            }
            Match::Moved(_) => {
                found.push(told(unit, "editorial_moves"));
                continue;
            }
            Match::Changed(before) => old.get(*before),
        };
        let Some(before) = before else { continue };
        let facts = |unit: &Unit| Facts::of(&unit.segment, &codes(&unit.segment), language);
        let (was, is) = (facts(before), facts(unit));
        let number_words = was.meaning(Meaning::Number) != is.meaning(Meaning::Number);
        let rules = [
            ("editorial_number", number_words || was.numbers != is.numbers),
            ("editorial_date", was.meaning(Meaning::Date) != is.meaning(Meaning::Date)),
            ("editorial_link", was.links != is.links),
            ("editorial_embed", was.embeds != is.embeds),
            ("editorial_negation", was.meaning(Meaning::Negation) != is.meaning(Meaning::Negation)),
            (
                "editorial_rewrites",
                similarity(&before.segment.text, &unit.segment.text) < EDITED
                    || (!knows(language) && word_count(before) != word_count(unit)),
            ),
        ];
        found.extend(rules.iter().filter(|(_, broken)| *broken).map(|(code, _)| told(unit, code)));
    }
    found
}

fn word_count(unit: &Unit) -> usize {
    unit.segment.text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{SegmentKind, align::align};

    fn facts(text: &str, language: &str) -> Facts {
        Facts::of(&Segment::new(SegmentKind::Plain, text), &[], language)
    }

    #[test]
    fn numbers_are_read_in_any_numeral_system() {
        assert_eq!(
            numbers("Call 116 111, or ٠٨٠٠-١١١١; ๑๙๑, १०९८, 110番"),
            ["116", "111", "0800", "1111", "191", "1098", "110"]
        );
        for zero in ['0', '٠', '۰', '०', '০', '๐', '０', '၀', '០'] {
            for value in 0..10 {
                let c = char::from_u32(u32::from(zero) + value).unwrap();
                assert_eq!(digit(c), Some(value), "{c}");
            }
        }
        assert_eq!(digit('a'), None);
    }

    #[test]
    fn negations_are_found_in_every_language_that_is_known() {
        for (text, language, count) in [
            ("Don’t pay. Do not answer.", "en", 2),
            ("Pay.", "en", 0),
            ("N'envoyez rien.", "fr", 2),
            ("Ne payez pas.", "fr", 2),
            ("No pagues nunca.", "es", 2),
            ("Zahle nicht und antworte niemandem.", "de", 1),
            ("Не платите.", "ru", 1),
            ("لا تدفع", "ar", 1),
            ("支払わないでください。", "ja", 1),
            ("ห้ามจ่ายเงิน", "th", 1),
            ("不要付款", "zh", 1),
            ("돈을 보내지 마세요", "ko", 1),
            ("भुगतान न करें", "hi", 1),
            ("Notice the knot.", "en", 0),
        ] {
            assert_eq!(facts(text, language).negations(), count, "{text}");
        }
    }

    fn codes_of_a_change(old: &str, new: &str, language: &str) -> Vec<String> {
        let unit = |text: &str| Unit {
            field: "body".parse().unwrap(),
            pointer: "/body".to_owned(),
            place: 0,
            segment: Segment::new(SegmentKind::Paragraph, text),
        };
        let (old, new) = ([unit(old)], [unit(new)]);
        let found = against_editorial((&old, &new), &align(&old, &new), language, codes);
        found.into_iter().map(|it| it.code).collect()
    }

    /// Embeds and links, well enough for a test: the real ones are `markdown`'s.
    fn codes(segment: &Segment) -> Vec<InlineCode> {
        let mut found = Vec::new();
        for (open, close, kind) in [("{{", "}}", CodeKind::Embed), ("](", ")", CodeKind::Link)] {
            if let Some(start) = segment.text.find(open) {
                let inside = segment.text.get(start..).unwrap();
                let end = start + inside.find(close).unwrap() + close.len();
                found.push(InlineCode::alone(start..end, kind));
            }
        }
        found
    }

    #[test]
    fn a_slip_of_the_pen_is_editorial() {
        let none: [&str; 0] = [];
        for (old, new, language) in [
            ("Tell an adlut whom you trust.", "Tell an adult whom you trust.", "en"),
            ("Dites-le à un adulte de confience.", "Dites-le à un adulte de confiance.", "fr"),
            ("信頼できる大人に話して下さい。", "信頼できる大人に話してください。", "ja"),
            (
                "Скажите взраслому, которому доверяете.",
                "Скажите взрослому, которому доверяете.",
                "ru",
            ),
        ] {
            assert_eq!(codes_of_a_change(old, new, language), none, "{new}");
        }
    }

    #[test]
    fn what_a_slip_of_the_pen_must_not_touch_is_not_editorial() {
        for (old, new, language, code) in [
            ("Call 116 111 at any time.", "Call 116 000 at any time.", "en", "editorial_number"),
            ("اتصل على ١١٦ في أي وقت", "اتصل على ١١٧ في أي وقت", "ar", "editorial_number"),
            (
                "Wait two days before you go.",
                "Wait ten days before you go.",
                "en",
                "editorial_number",
            ),
            ("Ask for it before May.", "Ask for it before June.", "en", "editorial_date"),
            (
                "You can pay what they ask.",
                "You can't pay what they ask.",
                "en",
                "editorial_negation",
            ),
            ("Répondez à ces messages.", "Ne répondez à ces messages.", "fr", "editorial_negation"),
            (
                "すぐに支払ってください。",
                "すぐに支払わないでください。",
                "ja",
                "editorial_negation",
            ),
            (
                "Look [here](/a) for more of it.",
                "Look [here](/b) for more of it.",
                "en",
                "editorial_link",
            ),
            (
                "Call {{route:a}} at any time.",
                "Call {{route:b}} at any time.",
                "en",
                "editorial_embed",
            ),
            (
                "Tell an adult whom you trust.",
                "Keep it to yourself for now.",
                "en",
                "editorial_rewrites",
            ),
            (
                "Fydd neb yn gwybod amdano.",
                "Fydd neb byth yn gwybod amdano.",
                "cy",
                "editorial_rewrites",
            ),
        ] {
            assert!(codes_of_a_change(old, new, language).contains(&code.to_owned()), "{new}");
        }
    }
}
