//! Typing errors: which words may have one, how many, and which words of the site were meant.
//!
//! A word that the site's texts have is taken as it was typed. Another is measured against the words of
//! its language as they are written in what is published, by Levenshtein's distance with transpositions.

use std::sync::LazyLock;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use tantivy_fst::Automaton;

use super::{
    IndexError,
    analysis::{LanguageKey, Word},
    layout::{Layout, keys},
    snapshot::Snapshot,
};

/// How many words that may have been meant are looked for.
pub(super) const MEANT: usize = 6;
/// How many spellings are looked at in one segment, so that no word takes for ever.
const LOOKED_AT: usize = 5_000;
/// The longest word that is measured, in characters.
const LONGEST: usize = 40;

/// A word of the site's texts that may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meant {
    /// How many typing errors away it is.
    pub(super) distance: u8,
    /// In how many forms it stands, about: dead ones may be among them.
    pub(super) forms: u64,
    /// What it is looked up by.
    pub(super) term: String,
    /// How it is written.
    pub(super) written: String,
}

/// Words as beginnings are compared: folded, with a space where there is anything between them.
pub(super) fn compared(words: &[Word]) -> String {
    let mut text = String::new();
    let mut end = None;
    for word in words {
        if end.is_some_and(|end| word.start > end) {
            text.push(' ');
        }
        text.push_str(&word.form);
        end = Some(word.end);
    }
    text
}

/// Whether a word of a text may be what a mistyped word was meant to be: letters, of a script whose words
/// are set apart and spelt out, and not too short.
pub(super) fn can_be_mistyped(form: &str) -> bool {
    let mut count = 0;
    for c in form.chars() {
        if !c.is_alphabetic() && !is_mark(c) || is_dense(c) {
            return false;
        }
        count += 1;
    }
    let shortest = if form.chars().next().is_some_and(is_abjad) { 3 } else { 4 };
    (shortest..=LONGEST).contains(&count)
}

/// How many errors a word as it was typed may have: none in numbers, short words and scripts of syllables
/// and ideographs, one from five letters on and two from nine; a letter less where vowels aren't written.
pub(super) fn tolerance(form: &str) -> u8 {
    let count = form.chars().count();
    if count > LONGEST || form.chars().any(|c| !c.is_alphabetic() && !is_mark(c) || is_dense(c)) {
        return 0;
    }
    let (one, two) = if form.chars().next().is_some_and(is_abjad) { (4, 8) } else { (5, 9) };
    match count {
        count if count >= two => 2,
        count if count >= one => 1,
        _ => 0,
    }
}

/// Vowels and signs that are no letters of their own.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x591..=0x5c7 | 0x610..=0x65f | 0x900..=0xdff)
}

/// Han, kana, Hangul, Thai, Lao, Burmese, Khmer: one character says much, or words are not set apart.
fn is_dense(c: char) -> bool {
    matches!(
        u32::from(c),
        0xe00..=0xeff | 0x1000..=0x109f | 0x1100..=0x11ff | 0x1780..=0x17ff | 0x2e80..=0x9fff
            | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff
    )
}

/// Arabic and Hebrew letters, and their neighbours'.
fn is_abjad(c: char) -> bool {
    matches!(u32::from(c), 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff)
}

/// The words that a mistyped one may have been meant to be: the nearest first, then the commonest. Where none
/// is near, those that share with another what its forms share (`pasword`, where there are `passwords`).
pub(super) fn meant(
    snapshot: &Snapshot,
    layout: &Layout,
    language: &LanguageKey,
    [form, term]: [&str; 2],
) -> Result<Vec<Meant>, IndexError> {
    let prefix = keys::spellings(language);
    let distance = tolerance(form);
    if distance == 0 {
        return Ok(Vec::new());
    }
    let near =
        Near { prefix: prefix.clone(), word: builder(distance).build_dfa(form), whole: true };
    let found = looked_up(snapshot, layout, &near, |[other, _]| near.word.eval(other))?;
    let distance = tolerance(term);
    if !found.is_empty() || distance == 0 {
        return Ok(found);
    }
    let near = Near { prefix, word: builder(distance).build_prefix_dfa(term), whole: false };
    let whole = builder(distance).build_dfa(term);
    looked_up(snapshot, layout, &near, |[_, other]| whole.eval(other))
}

/// The living spellings that an automaton lets through, as far as they are within bounds of what is
/// `measured` of their form and their term.
fn looked_up(
    snapshot: &Snapshot,
    layout: &Layout,
    near: &Near,
    measured: impl Fn([&str; 2]) -> Distance,
) -> Result<Vec<Meant>, IndexError> {
    let mut found: Vec<Meant> = Vec::new();
    for segment in snapshot.segments() {
        let index = segment.reader.inverted_index(layout.terms())?;
        let mut spellings = index.terms().search(near).into_stream()?;
        let mut left = LOOKED_AT;
        while spellings.advance() && left > 0 {
            left -= 1;
            let Some([other, term, written]) = keys::spelling_parts(spellings.key()) else {
                continue;
            };
            let Distance::Exact(distance) = measured([other, term]) else { continue };
            let forms = u64::from(spellings.value().doc_freq);
            let known =
                found.iter_mut().find(|known| known.term == term && known.written == written);
            match known {
                Some(known) => known.forms += forms,
                None if !segment.living(&index, spellings.value(), 1)?.is_empty() => {
                    found.push(Meant {
                        distance,
                        forms,
                        term: term.to_owned(),
                        written: written.to_owned(),
                    });
                }
                None => {}
            }
        }
    }
    found.sort_by(|left, right| {
        let order = left.distance.cmp(&right.distance).then(right.forms.cmp(&left.forms));
        order.then_with(|| left.written.cmp(&right.written))
    });
    found.dedup_by(|later, earlier| later.term == earlier.term);
    found.truncate(MEANT);
    Ok(found)
}

fn builder(distance: u8) -> &'static LevenshteinAutomatonBuilder {
    static ONE: LazyLock<LevenshteinAutomatonBuilder> =
        LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
    static TWO: LazyLock<LevenshteinAutomatonBuilder> =
        LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));
    if distance == 1 { &ONE } else { &TWO }
}

/// Accepts the spellings of a language whose compared form is near a word.
struct Near {
    prefix: Vec<u8>,
    word: DFA,
    /// Whether the whole form has to be near; otherwise it may go on.
    whole: bool,
}

#[derive(Clone, Copy)]
enum State {
    Prefix(usize),
    Word(u32),
    /// The word was near enough; whatever follows.
    Met,
    Lost,
}

impl Near {
    fn is_near(&self, word: u32) -> bool {
        matches!(self.word.distance(word), Distance::Exact(_))
    }
}

impl Automaton for Near {
    type State = State;

    fn start(&self) -> State {
        State::Prefix(0)
    }

    fn is_match(&self, state: &State) -> bool {
        matches!(state, State::Met)
    }

    fn can_match(&self, state: &State) -> bool {
        !matches!(state, State::Lost)
    }

    fn accept(&self, state: &State, byte: u8) -> State {
        match *state {
            State::Prefix(at) if self.prefix.get(at) == Some(&byte) => {
                if at + 1 == self.prefix.len() {
                    State::Word(self.word.initial_state())
                } else {
                    State::Prefix(at + 1)
                }
            }
            State::Word(word) if byte == 0 => {
                if self.is_near(word) {
                    State::Met
                } else {
                    State::Lost
                }
            }
            State::Word(word) if !self.whole && self.is_near(word) => State::Met,
            State::Word(word) => match self.word.transition(word, byte) {
                SINK_STATE => State::Lost,
                next => State::Word(next),
            },
            State::Met => State::Met,
            State::Prefix(_) | State::Lost => State::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_allowed_by_length_and_script() {
        let cases = [
            ("word", 0),
            ("wordy", 1),
            ("harassed", 1),
            ("harassing", 2),
            ("116111", 0),
            ("covid19", 0),
            ("ابتزاز", 1),
            ("جنس", 0),
            ("การล่อลวง", 0),
            ("グルーミング", 0),
            ("네이버카카오톡", 0),
            ("उत्पीड़न", 1),
            ("преследование", 2),
        ];
        for (form, errors) in cases {
            assert_eq!(tolerance(form), errors, "{form}");
        }
        assert_eq!(tolerance(&"a".repeat(1_000)), 0);
        assert!(can_be_mistyped("word") && can_be_mistyped("صور"));
        assert!(
            !can_be_mistyped("abc") && !can_be_mistyped("ab12c") && !can_be_mistyped("詐欺被害")
        );
    }

    #[test]
    fn a_spelling_is_met_by_its_compared_form_alone() {
        let language =
            crate::search::analysis::Analyzer::of(&"en".parse().unwrap()).language().clone();
        let word = builder(2).build_dfa("sextortoin");
        let near = Near { prefix: keys::spellings(&language), word, whole: true };
        let met = |form: &str| {
            let key = keys::spelling(&language, [form, "term", "Written"]);
            let end = key.iter().fold(near.start(), |state, byte| near.accept(&state, *byte));
            near.is_match(&end)
        };
        assert!(met("sextortion") && met("sextortoin") && met("extortion"));
        assert!(!met("distortion") && !met("sextortionists"));
    }
}
