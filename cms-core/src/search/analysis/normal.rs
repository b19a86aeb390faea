//! One spelling of every character: Unicode's NFKC, with the way back to the text as it was.
//!
//! Text that is NFKC already, nearly all of it, is not copied. Elsewhere each character with the marks that
//! belong to it is normalised by itself, so that a hit can still be shown in the text that the author wrote.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed as Normalizer;
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};

/// A text in NFKC and where its parts come from.
#[derive(Debug)]
pub(super) struct Normal<'t> {
    pub(super) text: Cow<'t, str>,
    /// In rising order of both places; empty when the text is as it was.
    chunks: Vec<Chunk>,
    original_len: usize,
}

/// A part of the text that goes back to a part of the original.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// Where it begins in the normalised text.
    normal: usize,
    /// Where it begins in the original.
    original: usize,
    /// Whether it has the same bytes in both.
    same: bool,
}

impl<'t> Normal<'t> {
    pub(super) fn of(original: &'t str) -> Self {
        let normalizer = Normalizer::new_nfkc();
        let original_len = original.len();
        let (done, rest) = normalizer.split_normalized(original);
        if rest.is_empty() {
            return Self { text: Cow::Borrowed(original), chunks: Vec::new(), original_len };
        }
        let mut text = String::with_capacity(original_len);
        let mut chunks = Vec::new();
        let mut at = 0;
        // The last character of what is done may belong to what follows.
        let settled =
            done.char_indices().rev().find(|(_, c)| !continues(*c)).map_or(0, |(at, _)| at);
        let mut add = |cluster: &str| {
            let normal = normalizer.normalize(cluster);
            let same = normal == cluster;
            let chunk = Chunk { normal: text.len(), original: at, same };
            // Parts that stay as they are make one chunk.
            if !(same && chunks.last().is_some_and(|last: &Chunk| last.same)) {
                chunks.push(chunk);
            }
            text.push_str(&normal);
            at += cluster.len();
        };
        if let Some((verbatim, rest)) = original.split_at_checked(settled) {
            add(verbatim);
            for cluster in clusters(rest) {
                add(cluster);
            }
        }
        Self { text: Cow::Owned(text), chunks, original_len }
    }

    /// The part of the original that a part of the text comes from.
    pub(super) fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        if self.chunks.is_empty() {
            return (start, end);
        }
        let first = match self.chunk(start) {
            Some((chunk, _)) if chunk.same => chunk.original + (start - chunk.normal),
            Some((chunk, _)) => chunk.original,
            None => start,
        };
        let last = match self.chunk(end.saturating_sub(1)) {
            Some((chunk, _)) if chunk.same => chunk.original + (end - chunk.normal),
            Some((_, next)) => next,
            None => end,
        };
        (first, last.max(first))
    }

    /// The chunk that a place lies in, and where the next one begins in the original.
    fn chunk(&self, at: usize) -> Option<(Chunk, usize)> {
        let next = self.chunks.partition_point(|chunk| chunk.normal <= at);
        let chunk = self.chunks.get(next.checked_sub(1)?)?;
        let end = self.chunks.get(next).map_or(self.original_len, |next| next.original);
        Some((*chunk, end))
    }
}

/// Characters, each with those that normalisation may join to it.
fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        chars.next()?;
        let end = chars.find(|(_, c)| !continues(*c)).map_or(rest.len(), |(at, _)| at);
        let (cluster, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(cluster)
    })
}

/// Whether normalisation may join a character to the one in front of it: marks, the vowels and finals of
/// decomposed Hangul, the sound marks of half-width katakana.
fn continues(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    matches!(c, '\u{1160}'..='\u{11FF}' | '\u{FF9E}' | '\u{FF9F}' | '\u{FFA0}'..='\u{FFDC}')
        || is_mark(c)
}

/// Whether a character is a combining mark.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii()
        && GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whether a character is made to be invisible: soft hyphens, joiners, marks of direction.
pub(super) fn is_format(c: char) -> bool {
    !c.is_ascii() && CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(original: &str, part: &str, origin: &str) {
        let normal = Normal::of(original);
        let start = normal.text.find(part).unwrap();
        let (start, end) = normal.origin(start, start + part.len());
        assert_eq!(original.get(start..end), Some(origin));
    }

    #[test]
    fn a_part_leads_back_to_what_was_written() {
        check("ein Wort", "Wort", "Wort");
        check("ＡＢＣ １２", "BC", "ＢＣ");
        check("cafe\u{301} noir", "café", "cafe\u{301}");
        check("cafe\u{301} noir", "noir", "noir");
        check("㈱会社", "株", "㈱");
        check("ｶﾞｲﾄﾞ", "ガイ", "ｶﾞｲ");
        check("\u{1112}\u{1161}\u{11ab}글", "한", "\u{1112}\u{1161}\u{11ab}");
    }

    #[test]
    fn text_in_nfkc_is_not_copied() {
        assert!(matches!(Normal::of("größer ไทย").text, Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn clusters_by_themselves_make_the_same_as_the_whole(text in any::<String>()) {
            let whole = Normalizer::new_nfkc().normalize(&text).into_owned();
            prop_assert_eq!(Normal::of(&text).text.into_owned(), whole);
        }
    }
}
