//! Holes: each embed of a source is swapped for a placeholder before anything parses the text, and
//! found again in what comes out.
//!
//! A placeholder is a run of noncharacters (U+FDD0 to U+FDEF, which Unicode keeps for a program's own
//! use and which no text may carry): they mean nothing to Markdown and HTML, and count as letters for
//! emphasis. An author can't forge one: noncharacters of the source, and numeric references to them,
//! become U+FFFD first.

use std::{borrow::Cow, ops::Range};

use crate::embed::{
    self, EmbedError, EmbedToken,
    picture::{self, Found},
};

const OPEN: char = '\u{fdd0}';
const OPEN_BLOCK: char = '\u{fdd1}';
const CLOSE: char = '\u{fdd2}';
/// The first of sixteen digits.
const DIGIT: u32 = 0xfdd3;
/// All that a source may not contain.
const RESERVED: Range<u32> = 0xfdd0..0xfdf0;

/// Something in the source that is an embed or looks like one.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    /// As the author wrote it.
    pub(super) source: String,
    /// Where, in bytes of the source.
    pub(super) at: usize,
    /// What it says.
    pub(super) token: Result<EmbedToken, EmbedError>,
}

/// A source made ready for parsing.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// The source with placeholders.
    pub(super) text: String,
    /// What the placeholders stand for, by their number.
    pub(super) holes: Vec<Hole>,
}

/// A placeholder in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Which hole.
    pub(super) index: usize,
    /// Whether it stands where a paragraph would.
    pub(super) block: bool,
    /// Where, in bytes.
    pub(super) range: Range<usize>,
}

impl Prepared {
    /// Swaps the embeds of `source` for placeholders.
    pub(super) fn new(source: &str) -> Self {
        let mut text = String::with_capacity(source.len());
        let mut holes = Vec::new();
        let mut from = 0;
        for (range, token) in occurrences(source) {
            text.push_str(&defused(source.get(from..range.start).unwrap_or_default()));
            push_placeholder(&mut text, holes.len(), false);
            from = range.end;
            let at = range.start;
            holes.push(Hole {
                source: source.get(range).unwrap_or_default().to_owned(),
                at,
                token,
            });
        }
        text.push_str(&defused(source.get(from..).unwrap_or_default()));
        Self { text, holes }
    }

    /// `text` with each placeholder as the author wrote it.
    pub(super) fn restored<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.restored_but(text, |_| false)
    }

    /// `text` with each placeholder as the author wrote it, but for those to keep.
    pub(super) fn restored_but<'t>(
        &self,
        text: &'t str,
        keeps: impl Fn(usize) -> bool,
    ) -> Cow<'t, str> {
        replaced(text, |mark| {
            if keeps(mark.index) {
                None
            } else {
                Some(self.holes.get(mark.index).map_or("", |hole| hole.source.as_str()))
            }
        })
    }
}

/// Embeds and pictures of assets, in order; where one lies in the other, the one that begins first.
fn occurrences(source: &str) -> Vec<Found> {
    let mut found = embed::occurrences(source);
    let pictures = picture::pictures(source);
    if pictures.is_empty() {
        return found;
    }
    found.extend(pictures);
    found.sort_by_key(|(range, _)| range.start);
    let mut end = 0;
    found.retain(|(range, _)| {
        let is_apart = range.start >= end;
        if is_apart {
            end = range.end;
        }
        is_apart
    });
    found
}

/// `text` without its placeholders.
pub(super) fn dropped(text: &str) -> Cow<'_, str> {
    replaced(text, |_| Some(""))
}

/// The placeholder that is all of `text` but white space around it.
pub(super) fn only_mark(text: &str) -> Option<Mark> {
    let mark = next_mark(text)?;
    let outside = |range: Range<usize>| text.get(range).is_some_and(|part| part.trim().is_empty());
    (outside(0..mark.range.start) && outside(mark.range.end..text.len())).then_some(mark)
}

/// The first placeholder in `text`.
pub(super) fn next_mark(text: &str) -> Option<Mark> {
    let start = text.find([OPEN, OPEN_BLOCK])?;
    let mut chars = text.get(start..)?.chars();
    let block = chars.next() == Some(OPEN_BLOCK);
    let mut index: u32 = 0;
    for c in chars.by_ref() {
        if c == CLOSE {
            let range = start..text.len() - chars.as_str().len();
            return Some(Mark { index: usize::try_from(index).ok()?, block, range });
        }
        let digit = u32::from(c).checked_sub(DIGIT).filter(|digit| *digit < 16)?;
        index = index.checked_mul(16)?.checked_add(digit)?;
    }
    None
}

/// Writes the placeholder of hole `index`.
pub(super) fn push_placeholder(text: &mut String, index: usize, block: bool) {
    text.push(if block { OPEN_BLOCK } else { OPEN });
    for digit in format!("{index:x}").chars().filter_map(|c| c.to_digit(16)) {
        text.extend(char::from_u32(DIGIT + digit));
    }
    text.push(CLOSE);
}

fn replaced<'t, 'r>(text: &'t str, with: impl Fn(&Mark) -> Option<&'r str>) -> Cow<'t, str> {
    if !text.contains([OPEN, OPEN_BLOCK]) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(mark) = next_mark(rest) {
        out.push_str(rest.get(..mark.range.start).unwrap_or_default());
        out.push_str(with(&mark).or_else(|| rest.get(mark.range.clone())).unwrap_or_default());
        rest = rest.get(mark.range.end..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `text` with reserved characters, numeric references to them, and NUL (which Markdown replaces too)
/// as U+FFFD.
fn defused(text: &str) -> Cow<'_, str> {
    let is_reserved = |c: char| c == '\0' || RESERVED.contains(&u32::from(c));
    if !text.contains(is_reserved) && !text.contains("&#") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c| c == '&' || is_reserved(c)) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = if from.starts_with('&') {
            reserved_reference(from)
        } else {
            from.chars().next().map(char::len_utf8)
        };
        out.push(if length.is_some() { char::REPLACEMENT_CHARACTER } else { '&' });
        rest = from.get(length.unwrap_or(1)..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length of the numeric reference to a reserved character that `text` begins with.
fn reserved_reference(text: &str) -> Option<usize> {
    let number = text.strip_prefix("&#")?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let value = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    RESERVED.contains(&value).then(|| text.len() - digits.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_found_again_and_restored() {
        let prepared = Prepared::new("a {{route:x}} b {{route:}} c");
        assert_eq!(prepared.holes.len(), 2);
        let mark = next_mark(&prepared.text).unwrap();
        assert_eq!((mark.index, mark.block), (0, false));
        assert_eq!(prepared.restored(&prepared.text), "a {{route:x}} b {{route:}} c");
        assert_eq!(dropped(&prepared.text), "a  b  c");
    }

    #[test]
    fn large_numbers_are_written_and_read() {
        let mut text = String::new();
        push_placeholder(&mut text, 123_456_789, true);
        let range = 0..text.len();
        assert_eq!(next_mark(&text), Some(Mark { index: 123_456_789, block: true, range }));
    }

    #[test]
    fn an_author_cannot_write_a_placeholder() {
        for forged in [
            "\u{fdd0}\u{fdd3}\u{fdd2}",
            "&#xFDD0;&#xfdd3;&#XFDD2;",
            "&#64976;&#0064979;&#64978",
            "&#x00000000fdd0",
        ] {
            let text = Prepared::new(forged).text;
            assert_eq!(next_mark(&text), None, "{forged}");
            assert!(
                text.contains('\u{fffd}') && !text.contains("FDD") && !text.contains("fdd"),
                "{text}"
            );
        }
        assert_eq!(Prepared::new("&amp; &#65; &#xfdd; &# &").text, "&amp; &#65; &#xfdd; &# &");
    }

    #[test]
    fn a_token_alone_is_told_from_one_in_a_sentence() {
        assert!(only_mark(&Prepared::new(" {{route:x}} ").text).is_some());
        for text in ["Call {{route:x}}", "{{route:x}}{{route:y}}", ""] {
            assert_eq!(only_mark(&Prepared::new(text).text), None, "{text}");
        }
    }
}
