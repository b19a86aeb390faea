//! Texts with codes for the tests of this room, which does not know Markdown.

use super::Coded;
use crate::segment::code::{CodeKind, InlineCode, Side};

/// A text with its marks of emphasis, links and embeds.
pub(crate) fn coded(text: &str) -> Coded {
    let (mut codes, mut open, mut at, mut pairs) = (Vec::new(), Vec::new(), 0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = if rest.starts_with("{{") {
            (rest.find("}}").map_or(rest.len(), |end| end + 2), CodeKind::Embed)
        } else if rest.starts_with("**") {
            (2, CodeKind::Strong)
        } else if rest.starts_with('*') {
            (1, CodeKind::Emphasis)
        } else if rest.starts_with('[') {
            (1, CodeKind::Link)
        } else if rest.starts_with("](") {
            (rest.find(')').map_or(rest.len(), |end| end + 1), CodeKind::Link)
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let is_open = open.last().is_some_and(|(_, known)| *known == kind);
        let side = if kind == CodeKind::Embed {
            Side::Alone
        } else if is_open && !rest.starts_with('[') {
            Side::Close(open.pop().map_or(0, |(pair, _)| pair))
        } else {
            pairs += 1;
            open.push((pairs, kind));
            Side::Open(pairs)
        };
        codes.push(InlineCode { range: at..at + length, kind, side });
        at += length;
    }
    Coded { text: text.to_owned(), codes }
}
