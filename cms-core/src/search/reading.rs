//! A text as the glossary reads it: in one spelling, with its words by what their forms share.

#[cfg(test)]
mod tests;

use super::analysis::{Analyzer, Purpose};
use crate::{
    glossary::{Reading, Word},
    locale::Locale,
};

/// Reads a text of a locale.
pub fn read(text: &str, locale: &Locale) -> Reading {
    let text = analyzable(text);
    let words = Analyzer::of(locale).analyze(&text, Purpose::Index).words.into_iter();
    let words = words.map(|word| Word { stem: word.term, range: word.start..word.end }).collect();
    Reading { text, words }
}

/// The text in Unicode's NFKC, without what nobody sees, with one space where white space was.
fn analyzable(text: &str) -> String {
    let normal = icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut plain = String::with_capacity(normal.len());
    for c in normal.chars().filter(|c| !is_unseen(*c)) {
        if !c.is_whitespace() {
            plain.push(c);
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain
}

/// Marks of direction, breaks without width and soft hyphens: letters read the same with and without them. Joiners
/// aren't among them, since in some scripts they tell words apart.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
