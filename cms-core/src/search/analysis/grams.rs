//! Grams: what lies within words and between them.
//!
//! Runs of a few letters let words that share a part find each other (compounds, endings that no stemmer knows,
//! typing errors), and serve texts in scripts that set no words apart. Alphabets have runs of four within each
//! word, its edges marked. Chinese and Japanese have characters and pairs of them, Thai, Lao, Khmer and Burmese
//! threes, over the whole run between spaces and punctuation: dictionaries guess, and a run bridges a wrong
//! guess. Korean has syllables, pairs and threes within each word. Numbers and codes are whole.
//!
//! Pairs of neighbouring words tell texts that have them side by side from those that have them somewhere.

use std::collections::HashSet;

use super::{Gram, Purpose, Word, fold};

/// The most grams of a query that are looked at: enough for a long question, and a bound on what one costs.
const MAX_QUERY: usize = 512;
/// Marks the edge of a word. No word has it.
const EDGE: char = '_';

/// How a script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// With spaces between words.
    Spaced,
    /// Han, kana.
    Dense,
    /// Thai, Lao, Khmer, Burmese.
    Unspaced,
    /// Hangul.
    Syllables,
}

impl Writing {
    fn of(word: &str) -> Self {
        match word.chars().next().unwrap_or_default() {
            '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => {
                Self::Unspaced
            }
            '\u{AC00}'..='\u{D7A3}' => Self::Syllables,
            '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30FF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}' => Self::Dense,
            _ => Self::Spaced,
        }
    }

    /// The lengths of its grams, in characters.
    const fn sizes(self) -> &'static [usize] {
        match self {
            Self::Spaced => &[4],
            Self::Dense => &[1, 2],
            Self::Unspaced => &[3],
            Self::Syllables => &[1, 2, 3],
        }
    }

    /// Whether grams reach over the boundaries of words.
    const fn runs_on(self) -> bool {
        matches!(self, Self::Dense | Self::Unspaced)
    }
}

/// The grams of words that stand in the order of the text.
pub(super) fn of(words: &[Word], purpose: Purpose) -> Vec<Gram> {
    let mut grams = Vec::new();
    let mut add = |term: &str, start, end| {
        grams.push(Gram { term: term.to_owned(), start, end });
    };
    within(words, purpose, &mut add);
    between(words, &mut add);
    if purpose == Purpose::Query {
        let mut seen = HashSet::new();
        grams.retain(|gram| seen.insert(gram.term.clone()));
        grams.truncate(MAX_QUERY);
    }
    grams
}

/// Those of a text that is indexed, one by one.
pub(super) fn each(words: &[Word], mut gram: impl FnMut(&str)) {
    let mut add = |term: &str, _, _| gram(term);
    within(words, Purpose::Index, &mut add);
    between(words, &mut add);
}

/// Runs of letters. A query's function words have none: they would be found everywhere, at a cost.
fn within(words: &[Word], purpose: Purpose, add: &mut impl FnMut(&str, usize, usize)) {
    let telling = words.iter().any(|word| !word.function);
    let mut run = Run::default();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let writing = Writing::of(&word.form);
        run.start_with(word);
        if !writing.runs_on() {
            if !(telling && word.function && purpose == Purpose::Query) {
                run.mark_edges();
                run.cut(writing, add);
            }
            continue;
        }
        while let Some(next) =
            rest.next_if(|next| next.start == run.end && Writing::of(&next.form) == writing)
        {
            run.text.push_str(&next.form);
            run.end = next.end;
        }
        run.cut(writing, add);
    }
}

/// Neighbouring words, function words passed over. A space sets them apart from all other grams.
fn between(words: &[Word], add: &mut impl FnMut(&str, usize, usize)) {
    let telling = || words.iter().filter(|word| !word.function);
    let mut pair = String::new();
    for (first, second) in telling().zip(telling().skip(1)) {
        pair.clear();
        pair.extend([first.term.as_str(), " ", second.term.as_str()]);
        add(&pair, first.start, second.end);
    }
}

/// A word, or several without a space between them.
#[derive(Default)]
struct Run {
    text: String,
    start: usize,
    end: usize,
    /// Where each character begins: kept for its room.
    begins: Vec<usize>,
}

impl Run {
    /// Begins anew with a word.
    fn start_with(&mut self, word: &Word) {
        self.text.clear();
        self.text.push_str(&word.form);
        (self.start, self.end) = (word.start, word.end);
    }

    /// Takes accents off and marks the edges.
    fn mark_edges(&mut self) {
        if !self.text.is_ascii() {
            self.text = fold::bare(&self.text);
        }
        self.text.insert(0, EDGE);
        self.text.push(EDGE);
    }

    fn cut(&mut self, writing: Writing, add: &mut impl FnMut(&str, usize, usize)) {
        let Self { text, start, end, begins } = self;
        let mut add = |term: &str| add(term, *start, *end);
        if writing == Writing::Spaced && text.contains(|c: char| c.is_ascii_digit()) {
            return add(text);
        }
        begins.clear();
        begins.extend(text.char_indices().map(|(at, _)| at));
        for size in writing.sizes() {
            if begins.len() <= *size {
                add(text);
                break;
            }
            let ends = begins.iter().skip(*size).copied().chain([text.len()]);
            for (start, end) in begins.iter().zip(ends) {
                match text.get(*start..end) {
                    Some(term) if term.starts_with(EDGE) && term.len() == 1 => {}
                    Some(term) => add(term),
                    None => {}
                }
            }
        }
    }
}
