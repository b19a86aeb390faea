//! How like two texts are, word by word.
//!
//! The distance is Levenshtein's over words, of which each that is put in, left out or replaced counts two, and one
//! that only has another form counts one. A text is as like another as that is little beside the longer one's words.

use serde::{Deserialize, Serialize};

use super::LEAST;
use crate::search::analysis::{Analyzer, Purpose};

/// The most words of a text that are compared.
const MOST: usize = 400;

/// The words of a text: for each a hash of its form, and one of what its forms share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Words(Vec<(u32, u32)>);

impl Words {
    /// The words of a text.
    pub(super) fn of(analyzer: &Analyzer, text: &str) -> Self {
        let words = analyzer.analyze(text, Purpose::Index).words.into_iter().take(MOST);
        Self(words.map(|word| (hash(&word.form), hash(&word.term))).collect())
    }

    /// How many they are.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// What the index knows them by, each once.
    pub(super) fn stems(&self) -> impl Iterator<Item = String> {
        let mut stems: Vec<u32> = self.0.iter().map(|(_, stem)| *stem).collect();
        stems.sort_unstable();
        stems.dedup();
        stems.into_iter().map(|stem| format!("{stem:08x}"))
    }

    /// Whether a text of so many words can be like enough.
    pub(super) fn may_be_like(&self, length: usize) -> bool {
        let (less, more) = (self.len().min(length), self.len().max(length));
        more > 0 && 100 * less >= usize::from(LEAST) * more
    }

    /// How like another text's words are, in per cent, rounded down; 0 when it is less than counts.
    pub(super) fn likeness(&self, other: &Self) -> u8 {
        let longer = self.len().max(other.len());
        if !self.may_be_like(other.len()) {
            return 0;
        }
        let most = 2 * longer * usize::from(100 - LEAST) / 100;
        let Some(distance) = distance(&self.0, &other.0, most) else { return 0 };
        u8::try_from(100 - (100 * distance).div_ceil(2 * longer)).unwrap_or(0)
    }
}

/// FNV-1a: the same on every machine and in every version, since it lies on disk.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The distance of two texts in half words; none when it is more than `most`.
fn distance(a: &[(u32, u32)], b: &[(u32, u32)], most: usize) -> Option<usize> {
    let mut row: Vec<usize> = (0..=b.len()).map(|at| 2 * at).collect();
    for (at, word) in a.iter().enumerate() {
        let mut diagonal = row.first().copied().unwrap_or(0);
        let mut left = 2 * (at + 1);
        let mut least = left;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(b) {
            let replaced = diagonal
                + match (word.0 == other.0, word.1 == other.1) {
                    (true, _) => 0,
                    (false, true) => 1,
                    (false, false) => 2,
                };
            diagonal = *cell;
            left = replaced.min(left + 2).min(*cell + 2);
            *cell = left;
            least = least.min(left);
        }
        if least > most {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Locale;

    fn like(tag: &str, a: &str, b: &str) -> u8 {
        let analyzer = Analyzer::of(&Locale::parse(tag).unwrap());
        Words::of(&analyzer, a).likeness(&Words::of(&analyzer, b))
    }

    #[test]
    fn likeness_is_what_is_left_of_the_longer_text() {
        assert_eq!(
            like("en", "Tell an adult whom you trust", "Tell an adult whom you trust!"),
            100
        );
        assert_eq!(like("en", "one two three four five", "one two three four six"), 80);
        assert_eq!(like("en", "one two three four five", "one two three four"), 80);
        assert_eq!(
            like("en", "block the accounts now", "block the account now"),
            87,
            "half a word"
        );
        assert_eq!(like("en", "one two three", "four five six"), 0);
        assert_eq!(like("en", "call 112 now please", "call 110 now please"), 75);
        assert_eq!(like("en", "", ""), 0);
    }

    #[test]
    fn words_are_found_where_no_spaces_are() {
        assert!(like("ja", "友達に相談してください", "先生に相談してください") >= 70);
        assert!(like("th", "บอกผู้ใหญ่ที่คุณไว้ใจ", "บอกเพื่อนที่คุณไว้ใจ") >= 70);
        assert!(like("zh-Hans", "告诉你信任的成年人", "告诉你信任的老师") >= 60);
        assert!(like("ar", "أخبر شخصا بالغا تثق به الآن", "أخبر شخصا بالغا تثق به اليوم") >= 70);
    }
}
