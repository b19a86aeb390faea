//! Words as they stand in the text: Unicode's word boundaries (UAX 29), with ICU's dictionaries where a
//! script writes no spaces, and what an apostrophe, a point or a joiner within one means.

use icu_segmenter::{WordSegmenter, options::WordBreakInvariantOptions};

use super::normal::is_format;

/// The characters of a word that count. Longer runs (data, not language) are told apart by their beginnings.
pub(super) const MAX_CHARS: usize = 96;

/// What an apostrophe within a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Apostrophe {
    /// Part of the spelling, and often left out: `п'ять`, `o'neill`.
    Letter,
    /// Behind one of these it ends a word that has lost its vowel: `l'homme`. Elsewhere a letter.
    Elision(&'static [&'static str]),
    /// `'s` is a possessive; elsewhere a letter.
    Possessive,
    /// In front of an ending to a name: `Ankara'da`.
    Ending,
}

impl Apostrophe {
    /// The name for administrators.
    pub(super) const fn step(self) -> &'static str {
        match self {
            Self::Letter => "words",
            Self::Elision(_) => "words, elided articles off",
            Self::Possessive => "words, possessive off",
            Self::Ending => "words, endings behind an apostrophe off",
        }
    }

    /// Whether it stands for the vowel of the article in front of it.
    fn elides(self, before: &str) -> bool {
        let Self::Elision(articles) = self else { return false };
        let before = before.to_lowercase();
        articles.contains(&before.as_str())
    }

    /// Whether the word ends here.
    fn ends(self, before: &str, after: &str) -> bool {
        match self {
            Self::Ending => before.chars().count() > 1,
            Self::Possessive => after.eq_ignore_ascii_case("s"),
            Self::Letter | Self::Elision(_) => false,
        }
    }
}

/// A word of the text, before any folding.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) text: String,
    /// Where it stands in the normalised text.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The words of a normalised text.
pub(super) fn split(text: &str, apostrophe: Apostrophe) -> Vec<Raw> {
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let mut raws = Vec::new();
    let mut start = 0;
    for end in segmenter.segment_str(text) {
        // The segmenter's own idea of what is a word forgets those that end in a mark.
        if let Some(segment) = text.get(start..end)
            && segment.contains(char::is_alphanumeric)
        {
            parts(segment, start, apostrophe, &mut raws);
        }
        start = end;
    }
    raws
}

/// The words within one segment: `example.com` is two, `l'homme` one, `1,000` the number 1000.
fn parts(segment: &str, offset: usize, apostrophe: Apostrophe, raws: &mut Vec<Raw>) {
    if segment.is_ascii() && segment.bytes().all(|b| b.is_ascii_alphanumeric()) {
        push(raws, segment.to_owned(), offset, offset + segment.len());
        return;
    }
    let mut word = String::new();
    let mut begin = offset;
    let mut finish = offset;
    for (at, c) in segment.char_indices() {
        let here = offset + at;
        let end = here + c.len_utf8();
        let after = segment.get(at + c.len_utf8()..).unwrap_or_default();
        if is_apostrophe(c) {
            if apostrophe.elides(&word) {
                word.clear();
            } else if apostrophe.ends(&word, after) {
                break;
            }
        } else if c == '\u{200C}' {
            flush(raws, &mut word, begin, finish);
        } else if is_format(c) || is_gershayim(c) {
        } else if c.is_alphanumeric() || super::normal::is_mark(c) {
            if word.is_empty() {
                begin = here;
            }
            if word.len() < MAX_CHARS * 4 {
                word.push(c);
            }
            finish = end;
        } else if !groups_thousands(&word, c, after) {
            flush(raws, &mut word, begin, finish);
        }
    }
    flush(raws, &mut word, begin, finish);
}

fn flush(raws: &mut Vec<Raw>, word: &mut String, start: usize, end: usize) {
    if !word.is_empty() {
        push(raws, std::mem::take(word), start, end);
    }
}

fn push(raws: &mut Vec<Raw>, mut text: String, start: usize, end: usize) {
    if let Some((cut, _)) = text.char_indices().nth(MAX_CHARS) {
        text.truncate(cut);
    }
    raws.push(Raw { text, start, end });
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʻ' | 'ʹ' | '׳' | '＇')
}

/// The mark within Hebrew abbreviations, as typed and as it should be.
fn is_gershayim(c: char) -> bool {
    matches!(c, '"' | '״')
}

/// Whether a mark between digits groups thousands: three digits follow, no more than three stand in front.
fn groups_thousands(word: &str, mark: char, rest: &str) -> bool {
    let digits = rest.chars().take(4).take_while(|c| c.is_numeric()).count();
    matches!(mark, ',' | '.' | '٬' | '’')
        && digits == 3
        && word.chars().all(char::is_numeric)
        && (1..=15).contains(&word.chars().count())
}
