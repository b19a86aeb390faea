//! A form's text made ready for the index: its words by what they are looked up by, the spellings that
//! typing errors are measured against, what completes a beginning, and short passages to be shown.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use icu_segmenter::{SentenceSegmenter, options::SentenceBreakInvariantOptions};
use serde::{Deserialize, Serialize};

use super::{
    Embedded, IndexForm,
    analysis::{Analyzer, LanguageKey, Purpose, Vocabulary, Word},
    codes,
    layout::keys::{self, Completion, Given},
    terms::Terms,
    typing,
};
use crate::locale::Locale;

/// How many parts a text has, by what a hit in them means.
pub(super) const PARTS: usize = 4;
/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Title,
    Headings,
    Summary,
    Body,
}

/// The gap between the last word of one passage and the first of the next: no phrase reaches across.
const GAP: usize = 16;
/// How long a passage that is shown is, in characters; one that has no sentences may be twice as long.
const SHOWN: usize = 220;
/// How many words a phrase has that readers are offered.
const PHRASE: std::ops::RangeInclusive<usize> = 2..=4;
/// From how many of its words a title can be completed.
const STARTS: usize = 6;

/// Analyzers by locale, made when they are first needed.
#[derive(Default)]
pub(super) struct Analyzers(HashMap<Locale, Arc<Analyzer>>);

impl Analyzers {
    pub(super) fn of(&mut self, locale: &Locale) -> Arc<Analyzer> {
        if let Some(known) = self.0.get(locale) {
            return Arc::clone(known);
        }
        let analyzer = Analyzer::of(locale);
        self.0.insert(locale.clone(), Arc::clone(&analyzer));
        analyzer
    }
}

/// A form's text as the index takes it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) words: [Terms; PARTS],
    pub(super) grams: Terms,
    pub(super) keys: BTreeSet<Vec<u8>>,
    pub(super) passages: Vec<u8>,
}

impl Prepared {
    fn of(language: &LanguageKey) -> Self {
        Self {
            words: std::array::from_fn(|_| Terms::of(language)),
            grams: Terms::of(language),
            keys: BTreeSet::new(),
            passages: Vec::new(),
        }
    }
}

/// A passage that can be shown, with marks of the words in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Shown {
    pub(super) text: String,
    /// A [`mark`] of each term, once, in rising order.
    pub(super) marks: Vec<u16>,
}

/// A short mark of a term: different terms seldom have the same.
pub(super) fn mark(term: &str) -> u16 {
    u16::try_from(crc32fast::hash(term.as_bytes()) & 0xffff).unwrap_or_default()
}

/// The passages of a form, and what shows in them.
pub(super) type Stored = (Vec<Shown>, Vec<Embedded>);

/// Makes the text of a form ready. One that cannot be found has none, but for what others show of it.
pub(super) fn prepare(
    form: &IndexForm,
    analyzer: &Analyzer,
    vocabulary: &mut Vocabulary,
) -> Prepared {
    let given = given(form, vocabulary);
    let mut prepared = if form.searched {
        searched(form, (analyzer, vocabulary))
    } else {
        Prepared::of(analyzer.language())
    };
    prepared.keys.extend(given);
    prepared
}

/// What others show of a form, by its words and numbers as readers of each locale look for them.
fn given(form: &IndexForm, vocabulary: &mut Vocabulary) -> BTreeSet<Vec<u8>> {
    let mut keys = BTreeSet::new();
    for piece in &form.gives {
        for locale in &form.serves {
            let analyzer = Analyzer::of(locale);
            // What is there within a line is there in the block, too, and told once.
            let mut told = BTreeSet::new();
            for (text, block) in [(&piece.inline, false), (&piece.block, true)] {
                let end = keys::piece(&piece.name, block);
                let words = analyzer.words(&text.text, vocabulary);
                let words = words.iter().map(|word| keys::gives(locale, Given::Word(&word.term)));
                let dialled = text.numbers.iter().flat_map(|number| codes::dialled(number));
                let codes: Vec<String> =
                    codes::codes(&text.text).into_iter().chain(dialled).collect();
                let codes = codes.iter().map(|code| keys::gives(locale, Given::Code(code)));
                for start in words.chain(codes) {
                    if told.insert(start.clone()) {
                        keys.insert([start.as_slice(), &end].concat());
                    }
                }
            }
            let within = piece.shows.iter().map(|shown| keys::within(locale, shown));
            keys.extend(within.map(|start| [start.as_slice(), piece.name.as_bytes()].concat()));
        }
    }
    keys
}

fn searched(form: &IndexForm, (analyzer, vocabulary): (&Analyzer, &mut Vocabulary)) -> Prepared {
    let mut preparing = Preparing {
        form,
        analyzer,
        vocabulary,
        spelt: HashSet::new(),
        prepared: Prepared::of(analyzer.language()),
        places: [0; PARTS],
        shown: Vec::new(),
    };
    preparing.title();
    for heading in &form.text.headings {
        let words = preparing.add(Part::Headings, heading, false);
        preparing.phrases(heading, &words);
    }
    for passage in &form.text.passages {
        let part = match passage.weight {
            8.. => Part::Title,
            4..=7 => Part::Summary,
            _ => Part::Body,
        };
        let words = preparing.add(part, &passage.text, true);
        preparing.show(&passage.text, &words);
        preparing.codes(&passage.text);
    }
    for number in &form.text.numbers {
        let codes = codes::dialled(number);
        preparing.prepared.keys.extend(codes.iter().map(|code| keys::code(code)));
    }
    for pin in &form.text.pins {
        preparing.prepared.keys.insert(keys::pin(analyzer.language(), &question(analyzer, pin)));
    }
    preparing.finish()
}

/// A question as pins are compared: its terms with spaces between.
pub(super) fn question(analyzer: &Analyzer, text: &str) -> String {
    let words = analyzer.analyze(text, Purpose::Index).words;
    words.iter().map(|word| word.term.as_str()).collect::<Vec<_>>().join(" ")
}

struct Preparing<'a> {
    form: &'a IndexForm,
    analyzer: &'a Analyzer,
    vocabulary: &'a mut Vocabulary,
    prepared: Prepared,
    /// The words whose spellings are noted, as they are written.
    spelt: HashSet<&'a str>,
    /// The place of the next word of each part.
    places: [usize; PARTS],
    shown: Vec<Shown>,
}

impl<'a> Preparing<'a> {
    fn title(&mut self) {
        let title = &self.form.title;
        let words = self.add(Part::Title, title, true);
        self.codes(title);
        self.phrases(title, &words);
        let starts = words.iter().enumerate().filter(|(at, word)| *at == 0 || !word.function);
        for (at, _) in starts.take(STARTS) {
            let rest = words.get(at..).unwrap_or_default();
            self.offer(Completion::Title, &typing::compared(rest));
        }
    }

    /// Adds a stretch of text to a part. Headings stand among the passages as well: their grams and
    /// spellings are there already.
    fn add(&mut self, part: Part, text: &'a str, is_all: bool) -> Vec<Word> {
        let words = if is_all {
            let grams = &mut self.prepared.grams;
            self.analyzer.read(text, self.vocabulary, |gram| grams.push(gram))
        } else {
            self.analyzer.words(text, self.vocabulary)
        };
        let (Some(place), Some(terms)) =
            (self.places.get_mut(part as usize), self.prepared.words.get_mut(part as usize))
        else {
            return words;
        };
        let first = *place;
        for word in &words {
            let position = first + usize::try_from(word.position).unwrap_or_default();
            terms.add(&word.term, position);
            *place = position + GAP;
        }
        if is_all {
            self.spellings(text, &words);
        }
        words
    }

    fn spellings(&mut self, text: &'a str, words: &[Word]) {
        for word in words {
            let written = text.get(word.start..word.end).unwrap_or_default();
            if self.spelt.insert(written) && typing::can_be_mistyped(&word.form) {
                let written = written.to_lowercase();
                let spelling = [word.form.as_str(), word.term.as_str(), written.as_str()];
                self.prepared.keys.insert(keys::spelling(self.analyzer.language(), spelling));
            }
        }
    }

    fn codes(&mut self, text: &str) {
        self.prepared.keys.extend(codes::codes(text).iter().map(|code| keys::code(code)));
    }

    /// Offers the phrases of a title or a heading.
    fn phrases(&mut self, text: &str, words: &[Word]) {
        for from in 0..words.len() {
            for count in PHRASE {
                let Some(phrase) = words.get(from..from + count) else { break };
                let (Some(first), Some(last)) = (phrase.first(), phrase.last()) else { break };
                if first.function || last.function {
                    continue;
                }
                let written = text.get(first.start..last.end).unwrap_or_default().to_lowercase();
                let compared = typing::compared(phrase);
                self.offer(Completion::Phrase, &format!("{compared}\0{written}"));
            }
        }
    }

    /// Offers a completion to the readers of this form's own language.
    fn offer(&mut self, kind: Completion, text: &str) {
        let own = self
            .form
            .serves
            .iter()
            .filter(|served| served.language() == self.form.locale.language());
        self.prepared.keys.extend(own.map(|locale| keys::completion(kind, locale, text)));
    }

    /// Cuts a passage at its sentences into pieces that are short enough to be shown; short passages are
    /// shown together.
    fn show(&mut self, text: &str, words: &[Word]) {
        let mut words = words.iter().peekable();
        for piece in pieces(text) {
            let (start, end) = piece;
            let mut marks = Vec::new();
            while let Some(word) = words.next_if(|word| word.start < end) {
                marks.push(mark(&word.term));
            }
            let text = text.get(start..end).unwrap_or_default().trim();
            match self.shown.last_mut() {
                Some(last) if last.text.chars().count() + text.chars().count() <= SHOWN => {
                    last.text.push('\n');
                    last.text.push_str(text);
                    last.marks.extend(marks);
                }
                Some(_) | None => self.shown.push(Shown { text: text.to_owned(), marks }),
            }
        }
    }

    fn finish(mut self) -> Prepared {
        for shown in &mut self.shown {
            shown.marks.sort_unstable();
            shown.marks.dedup();
        }
        // Plain structures always serialise.
        let stored: (&[Shown], &[Embedded]) = (&self.shown, &self.form.shows);
        self.prepared.passages = postcard::to_stdvec(&stored).unwrap_or_default();
        self.prepared
    }
}

/// Where the pieces of a passage begin and end: sentences, joined while they are short, and cut where one
/// is far too long.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    if text.chars().nth(SHOWN).is_none() {
        return vec![(0, text.len())];
    }
    let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    let length = |from: usize, to: usize| text.get(from..to).map_or(0, |text| text.chars().count());
    for end in segmenter.segment_str(text).filter(|end| *end > 0) {
        while length(start, end) > 2 * SHOWN {
            let cut = cut(text, start);
            pieces.push((start, cut));
            start = cut;
        }
        match pieces.last_mut() {
            Some(last) if length(last.0, end) <= SHOWN => last.1 = end,
            Some(_) | None => pieces.push((start, end)),
        }
        start = end;
    }
    pieces
}

/// Where a sentence without end is cut: at the last space within bounds, or else where it must be.
fn cut(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(SHOWN).map_or(rest.len(), |(at, _)| at);
    let head = rest.get(..end).unwrap_or_default();
    start + head.rfind(char::is_whitespace).filter(|at| *at > end / 2).unwrap_or(end)
}
