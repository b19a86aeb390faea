//! Edits of a source by the places that the syntax tree gives.

use std::{cmp::Reverse, ops::Range};

use comrak::nodes::{LineColumn, Sourcepos};

/// A stretch of the source and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where, in bytes.
    pub(super) range: Range<usize>,
    /// What instead.
    pub(super) with: String,
}

/// A text by its lines, as CommonMark counts them.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    /// The whole text.
    pub(super) text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines of `text`.
    pub(super) fn new(text: &'t str) -> Self {
        let mut starts = vec![0];
        let mut bytes = text.bytes().enumerate().peekable();
        while let Some((at, byte)) = bytes.next() {
            if byte == b'\n'
                || (byte == b'\r' && bytes.peek().is_none_or(|(_, next)| *next != b'\n'))
            {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// The bytes of the line with this number, counted from 1, with its end.
    pub(super) fn line(&self, number: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(number.checked_sub(1)?)?;
        Some(start..self.starts.get(number).copied().unwrap_or(self.text.len()))
    }

    /// The bytes between two places, both included; columns count bytes from 1.
    pub(super) fn range(&self, place: Sourcepos) -> Option<Range<usize>> {
        let start = self.at(place.start)?;
        let end = self.at(place.end)? + 1;
        self.text.get(start..end).map(|_| start..end)
    }

    /// The byte at a place.
    pub(super) fn at(&self, place: LineColumn) -> Option<usize> {
        let line = self.line(place.line)?;
        Some(line.start + place.column.checked_sub(1)?).filter(|at| *at <= line.end)
    }

    /// Edits that leave no element and no link in the lines of a place and those next to them: the way
    /// out where the place can't be trusted to the byte.
    pub(super) fn blunt(&self, place: Sourcepos) -> Vec<Edit> {
        let first = self.line(place.start.line.saturating_sub(1).max(1));
        let last = self.line(place.end.line + 1).or_else(|| self.line(self.starts.len()));
        let range =
            first.map_or(0, |line| line.start)..last.map_or(self.text.len(), |line| line.end);
        let Some(text) = self.text.get(range.clone()) else { return Vec::new() };
        text.match_indices(['<', '['])
            .map(|(at, c)| Edit {
                range: range.start + at..range.start + at + 1,
                with: if c == "<" { "&lt;".to_owned() } else { "&#91;".to_owned() },
            })
            .collect()
    }
}

/// The text with the edits made; of two that overlap, the one that begins first, or else the longer.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.range.start, Reverse(edit.range.end)));
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Edit { range, with } in edits {
        if let Some(before) = text.get(from..range.start) {
            out.push_str(before);
            out.push_str(&with);
            from = range.end;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
