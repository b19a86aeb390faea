//! What is looked for in the texts of one locale, and where it is found.
//!
//! A phrase is looked for by the stems of its words where they stand one after the other, or letter by letter where its
//! term asks for that or its script sets no spaces between words. Both take time that grows with the text alone, but for
//! phrases that begin alike.

use std::{collections::HashMap, ops::Range};

use super::{Inflection, Read, Reading, Term, Word};
use crate::locale::Locale;

/// What a phrase is to its term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What to say.
    Approved,
    /// What not to say, by its place among those.
    Forbidden(usize),
    /// In which that may stand.
    Exempt,
}

/// A phrase in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    /// The term, by its place in the glossary.
    pub(super) term: usize,
    /// What the phrase is to it.
    pub(super) role: Role,
    /// Where it stands, in bytes.
    pub(super) range: Range<usize>,
}

/// How a phrase is looked for.
#[derive(Debug)]
enum Pattern {
    /// Its words: what their forms share, and how they are written.
    Words(Vec<(String, String)>),
    /// Letter by letter.
    Letters(String),
}

#[derive(Debug)]
struct Phrase {
    term: usize,
    role: Role,
    pattern: Pattern,
    is_case_sensitive: bool,
}

/// All phrases of a locale.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    phrases: Vec<Phrase>,
    /// Phrases of words, by their first word's stem.
    by_stem: HashMap<String, Vec<usize>>,
    /// Phrases of letters, by their first letter, in lower case.
    by_letter: HashMap<char, Vec<usize>>,
}

impl Lexicon {
    /// What these terms are called in a locale, and aren't.
    pub(super) fn of(terms: &[Term], locale: &Locale, read: Read) -> Self {
        let mut lexicon = Self::default();
        for (at, term) in terms.iter().enumerate() {
            let Some(wording) = term.in_locale(locale) else { continue };
            let approved = wording.approved().map(|text| (Role::Approved, text));
            let forbidden = wording.forbidden.iter().enumerate();
            let forbidden =
                forbidden.map(|(place, it)| (Role::Forbidden(place), it.wording.as_str()));
            let exempt = wording.exempt.iter().map(|text| (Role::Exempt, text.as_str()));
            for (role, text) in approved.chain(forbidden).chain(exempt) {
                lexicon.add((at, term), role, read(text, locale));
            }
        }
        lexicon
    }

    fn add(&mut self, (at, term): (usize, &Term), role: Role, reading: Reading) {
        let text = reading.text.trim();
        let is_of_letters = term.inflection == Inflection::Exact
            || reading.words.is_empty()
            || text.chars().any(has_no_spaces);
        let place = self.phrases.len();
        let pattern = if is_of_letters {
            let Some(first) = text.chars().next().map(lower) else { return };
            self.by_letter.entry(first).or_default().push(place);
            Pattern::Letters(text.to_owned())
        } else {
            let written = |word: &Word| {
                let raw = reading.text.get(word.range.clone()).unwrap_or_default();
                (word.stem.clone(), raw.to_owned())
            };
            let words: Vec<_> = reading.words.iter().map(written).collect();
            let first = words.first().map(|(stem, _)| stem.clone()).unwrap_or_default();
            self.by_stem.entry(first).or_default().push(place);
            Pattern::Words(words)
        };
        let is_case_sensitive = term.is_case_sensitive;
        self.phrases.push(Phrase { term: at, role, pattern, is_case_sensitive });
    }

    /// Whether nothing is looked for.
    pub(super) const fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// All phrases in a text, in the order in which they begin, the longest first.
    pub(super) fn matches(&self, reading: &Reading) -> Vec<Match> {
        let mut found = Vec::new();
        for (at, word) in reading.words.iter().enumerate() {
            let rest = reading.words.get(at..).unwrap_or_default();
            for phrase in self.known(self.by_stem.get(&word.stem)) {
                found.extend(phrase.in_words(&reading.text, rest));
            }
        }
        if !self.by_letter.is_empty() {
            for (at, c) in reading.text.char_indices() {
                for phrase in self.known(self.by_letter.get(&lower(c))) {
                    found.extend(phrase.in_letters(&reading.text, at));
                }
            }
        }
        found.sort_by_key(|it| (it.range.start, std::cmp::Reverse(it.range.end), it.term));
        found
    }

    fn known(&self, places: Option<&Vec<usize>>) -> impl Iterator<Item = &Phrase> {
        places.into_iter().flatten().filter_map(|place| self.phrases.get(*place))
    }
}

impl Phrase {
    fn at(&self, range: Range<usize>) -> Match {
        Match { term: self.term, role: self.role, range }
    }

    /// The phrase at the beginning of these words.
    fn in_words(&self, text: &str, words: &[Word]) -> Option<Match> {
        let Pattern::Words(wanted) = &self.pattern else { return None };
        let run = words.get(..wanted.len())?;
        let raw = |word: &Word| text.get(word.range.clone()).unwrap_or_default();
        let is_it = run.iter().zip(wanted).all(|(word, (stem, written))| {
            word.stem == *stem && (!self.is_case_sensitive || is_written_alike(raw(word), written))
        });
        let between = |pair: &[Word]| match pair {
            [before, after] => text.get(before.range.end..after.range.start).unwrap_or_default(),
            _ => "",
        };
        let is_one = run.windows(2).all(|pair| !between(pair).chars().any(ends_phrase));
        let (first, last) = (run.first()?, run.last()?);
        (is_it && is_one).then(|| self.at(first.range.start..last.range.end))
    }

    /// The phrase at a place of a text.
    fn in_letters(&self, text: &str, at: usize) -> Option<Match> {
        let Pattern::Letters(wanted) = &self.pattern else { return None };
        let rest = text.get(at..)?;
        let mut chars = rest.chars();
        let mut end = at;
        for letter in wanted.chars() {
            let c = chars.next()?;
            let is_it =
                if self.is_case_sensitive { c == letter } else { lower(c) == lower(letter) };
            if !is_it {
                return None;
            }
            end += c.len_utf8();
        }
        let before = text.get(..at)?.chars().next_back();
        let is_apart = !is_joined(before, wanted.chars().next())
            && !is_joined(wanted.chars().next_back(), chars.next());
        is_apart.then(|| self.at(at..end))
    }
}

fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        (_, _) => c,
    }
}

/// Whether two words are capital and small in the same places, as far as both go.
fn is_written_alike(a: &str, b: &str) -> bool {
    a.chars().zip(b.chars()).all(|(a, b)| a.is_uppercase() == b.is_uppercase())
}

/// Whether two neighbours are of one word, where words are set apart by spaces.
fn is_joined(a: Option<char>, b: Option<char>) -> bool {
    let is_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !has_no_spaces(c));
    is_of_word(a) && is_of_word(b)
}

/// What doesn't stand within a phrase.
const fn ends_phrase(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '('
            | ')'
            | '['
            | ']'
            | '،'
            | '؛'
            | '؟'
            | '।'
            | '…'
            | '。'
            | '、'
            | '，'
            | '！'
            | '？'
            | '\u{fffc}'
    )
}

/// Whether a letter is of a script whose words stand without spaces between them, or take endings of their neighbours:
/// Han, kana, Hangul, Thai, Lao, Myanmar, Khmer.
const fn has_no_spaces(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}
