//! Pseudo-localisation: text that reads as it did and looks translated, to see what isn't, and whether it fits.
//!
//! `Edit` becomes `[!!! Ḗḓīŧ !!!]`: every letter has a mark, and each text is longer than it was.

use async_trait::async_trait;

use super::{Provider, ProviderError};
use crate::translation::memory::Direction;

/// What becomes of the letters from `a` to `z`.
const SMALL: &str = "ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑ";
/// What becomes of the letters from `A` to `Z`.
const LARGE: &str = "ȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ";

/// The provider that only pretends to translate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pseudo;

#[async_trait]
impl Provider for Pseudo {
    fn name(&self) -> &'static str {
        "pseudo"
    }

    fn at_once(&self) -> (usize, usize) {
        (usize::MAX, usize::MAX)
    }

    async fn translate(
        &self,
        _: &Direction,
        texts: &[String],
    ) -> Result<Vec<String>, ProviderError> {
        Ok(texts.iter().map(|text| pseudo(text)).collect())
    }
}

/// A text with marks on its letters, in marks of its own.
///
/// ```
/// assert_eq!(cms_core::translation::machine::pseudo::pseudo("Edit"), "[!!! Ḗḓīŧ !!!]");
/// ```
pub fn pseudo(text: &str) -> String {
    let marked: String = text.chars().map(marked).collect();
    format!("[!!! {marked} !!!]")
}

fn marked(c: char) -> char {
    let of = |letters: &str, first: u8| {
        let place = u8::try_from(c).ok()?.checked_sub(first)?;
        letters.chars().nth(usize::from(place))
    };
    match c {
        'a'..='z' => of(SMALL, b'a').unwrap_or(c),
        'A'..='Z' => of(LARGE, b'A').unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_a_mark_and_masks_stay() {
        assert_eq!(pseudo("Call ⟦1⟧ now!"), "[!!! Ƈȧŀŀ ⟦1⟧ ƞǿẇ! !!!]");
        let letters: String = ('a'..='z').chain('A'..='Z').collect();
        assert!(letters.chars().zip(letters.chars().map(marked)).all(|(a, b)| a != b));
        assert_eq!((SMALL.chars().count(), LARGE.chars().count()), (26, 26));
    }
}
