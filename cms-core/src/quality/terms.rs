//! Wording to avoid: what blames or belittles children who were harmed, by language, and what to say instead.
//!
//! The rules are data (`data/terms.txt`). What a law is called stays what it is.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use super::{Check, Finding, Sides};
use crate::glossary::Glossary;

/// Wording that was found, and what to say instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discouraged {
    /// What stands there.
    pub found: String,
    /// What to say.
    pub instead: &'static str,
}

/// How a word of a rule is looked for.
#[derive(Debug)]
enum Word {
    Whole(&'static str),
    Begins(&'static str),
}

impl Word {
    fn parse(word: &'static str) -> Self {
        word.strip_suffix('*').map_or(Self::Whole(word), Self::Begins)
    }

    fn is(&self, word: &str) -> bool {
        match self {
            Self::Whole(whole) => word == *whole,
            Self::Begins(start) => word.starts_with(start),
        }
    }
}

/// What a rule looks for.
#[derive(Debug)]
enum Pattern {
    Words(Vec<Word>),
    /// Wherever it stands.
    Anywhere(&'static str),
}

/// The rules of a language.
#[derive(Debug, Default)]
struct Rules {
    terms: Vec<(Pattern, &'static str)>,
    /// Words that name a law.
    laws: Vec<&'static str>,
}

static RULES: LazyLock<HashMap<&'static str, Rules>> = LazyLock::new(|| {
    let mut found: HashMap<&str, Rules> = HashMap::new();
    for line in include_str!("data/terms.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('\t');
        let (Some(language), Some(words), Some(said)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let rules = found.entry(language).or_default();
        if words == "!law" {
            rules.laws.extend(said.split(' '));
            continue;
        }
        let pattern = match words.strip_prefix('~') {
            Some(anywhere) => Pattern::Anywhere(anywhere),
            None => Pattern::Words(words.split(' ').map(Word::parse).collect()),
        };
        rules.terms.push((pattern, said));
    }
    found
});

/// Wording to avoid in a text of a language, in the order in which it stands there. Nothing is told of a sentence that
/// names a law before it, or of what stands in quotation marks beside one.
pub fn discouraged(text: &str, language: &str) -> Vec<Discouraged> {
    let Some(rules) = RULES.get(language) else { return Vec::new() };
    let lower = text.to_lowercase();
    let words = words(&lower);
    let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
    for (pattern, instead) in &rules.terms {
        match pattern {
            Pattern::Anywhere(part) => {
                let places = lower.match_indices(part).map(|(at, part)| at..at + part.len());
                found.extend(places.map(|place| (place, *instead)));
            }
            Pattern::Words(pattern) => {
                let runs = words.windows(pattern.len());
                let fits = |run: &&[Range<usize>]| {
                    run.iter().zip(pattern).all(|(place, word)| {
                        lower.get(place.clone()).is_some_and(|text| word.is(text))
                    })
                };
                let places =
                    runs.filter(fits).filter_map(|run| Some(run.first()?.start..run.last()?.end));
                found.extend(places.map(|place| (place, *instead)));
            }
        }
    }
    found.sort_by_key(|(place, _)| (place.start, place.end));
    found.dedup_by_key(|(place, _)| place.start);
    found.retain(|(place, _)| !names_law(&lower, place, &rules.laws));
    let told = |(place, instead): (Range<usize>, &'static str)| Discouraged {
        found: lower.get(place).unwrap_or_default().to_owned(),
        instead,
    };
    found.into_iter().map(told).collect()
}

/// The words of a text, by their places.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        let is_inside = c.is_alphanumeric() || is_mark(c);
        match start {
            None if is_inside => start = Some(at),
            Some(from) if !is_inside => {
                found.push(from..at);
                start = None;
            }
            Some(_) | None => {}
        }
    }
    found.extend(start.map(|from| from..text.len()));
    found
}

/// Vowel signs of scripts that write them beside their letters.
fn is_mark(c: char) -> bool {
    ('\u{900}'..='\u{d7f}').contains(&c) || ('\u{64b}'..='\u{65f}').contains(&c)
}

/// Whether what stands there is a part of what a law is called: its sentence has a word that names one.
fn names_law(text: &str, place: &Range<usize>, laws: &[&str]) -> bool {
    let is_end = |c: char| matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '؟' | '।' | '\n');
    let before = text.get(..place.start).unwrap_or_default();
    let from = before.rfind(is_end).map_or(0, |at| at);
    let after = text.get(place.end..).unwrap_or_default();
    let to = place.end + after.find(is_end).unwrap_or(after.len());
    let sentence = text.get(from..to).unwrap_or_default();
    let known: Vec<&str> =
        words(sentence).into_iter().filter_map(|place| sentence.get(place)).collect();
    laws.iter().any(|law| match law.strip_prefix('~') {
        Some(part) => sentence.contains(part),
        None => known.contains(law),
    })
}

/// The site's own terms that aren't said as agreed, then wording that nobody should use. What a site says of a wording
/// goes before what is said here, and so does where it may stand.
pub(super) fn check(sides: &Sides<'_>, glossary: &Glossary, found: &mut Vec<Finding>) {
    let to = sides.languages.1;
    let mut missing = glossary.lacking((&sides.source, &sides.target), sides.languages);
    let mut surplus = Vec::new();
    let mut add = |instead: String, wording: String| {
        if !missing.contains(&instead) {
            missing.push(instead);
        }
        if !surplus.contains(&wording) {
            surplus.push(wording);
        }
    };
    let misused = glossary.forbidden_in(&sides.target, to);
    let rest = glossary.without_exempt(&sides.target, to);
    let told = discouraged(&rest, to.language());
    let is_new = |it: &Discouraged| misused.iter().all(|own| own.found.to_lowercase() != it.found);
    for it in told.into_iter().filter(is_new) {
        add(it.instead.to_owned(), it.found);
    }
    for it in misused {
        add(it.instead, it.found);
    }
    if !missing.is_empty() || !surplus.is_empty() {
        found.push(Finding::new(Check::Glossary).listing(&missing, &surplus));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::tests::found;

    #[test]
    fn wording_that_belittles_harm_is_told_with_what_to_say() {
        for (text, language, instead) in [
            ("He had child pornography.", "en", "child sexual abuse material"),
            ("Child-porn is a crime!", "en", "child sexual abuse material"),
            ("La pédopornographie est un crime.", "fr", "matériel d'abus sexuels d'enfants"),
            (
                "Kinderpornografische Bilder",
                "de",
                "Darstellungen sexualisierter Gewalt gegen Kinder",
            ),
            (
                "Pornografía infantil",
                "es",
                "material de abuso sexual de niños, niñas y adolescentes",
            ),
            (
                "распространение детской порнографии",
                "ru",
                "материалы со сценами сексуального насилия над детьми",
            ),
            ("児童ポルノを見つけたら", "ja", "児童の性的虐待を記録したもの"),
            ("نشر إباحية الأطفال", "ar", "مواد الاعتداء الجنسي على الأطفال"),
            ("พบสื่อลามกเด็ก", "th", "สื่อแสดงการล่วงละเมิดทางเพศต่อเด็ก"),
        ] {
            let told = discouraged(text, language);
            assert_eq!(told.iter().map(|it| it.instead).collect::<Vec<_>>(), [instead], "{text}");
            assert!(found("x", text, language).contains(&Check::Glossary) || language == "en");
        }
    }

    #[test]
    fn what_a_law_is_called_stays_and_so_does_other_wording() {
        for (text, language) in [
            ("the Optional Protocol on child prostitution and child pornography", "en"),
            ("Le protocole contre la pornographie enfantine", "fr"),
            ("§ 184b StGB (Kinderpornografie)", "de"),
            ("児童買春、児童ポルノに係る行為等の規制及び処罰並びに児童の保護等に関する法律", "ja"),
            ("child sexual abuse material", "en"),
            ("Pornography is for adults; children don't see it.", "en"),
            ("Kinder, Pornografie", "de"),
            ("детский сад", "ru"),
            ("kinderporno", "cy"),
        ] {
            assert_eq!(discouraged(text, language), [], "{text}");
        }
    }
}
