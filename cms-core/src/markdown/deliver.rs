//! The delivered Markdown: the author's text, byte for byte where it is safe.
//!
//! A partner may render it with any renderer of CommonMark or of GitHub's dialect, with raw HTML let
//! through and addresses unchecked, and what is code to one dialect may be a tag to another. So the text
//! is parsed as each of them would, what is not safe is edited out of the source where the syntax tree
//! says it stands, and that again until no dialect finds anything. A text that doesn't come to rest
//! (none that we know of, but source positions are not all exact) loses all its markup of elements and
//! links.

use std::{collections::BTreeMap, ops::Range};

use comrak::{
    Arena, Node,
    nodes::{NodeValue, Sourcepos},
};

use super::{
    address,
    dialect::{self, Dialect},
    edits::{Edit, Lines, apply},
    holes::{self, Prepared},
    settle::{self, Raw},
};
use crate::embed::{self, Piece};

/// How often the text is gone over before it is given up. One round is enough for all but contrived
/// texts, where taking something out makes something new.
const ROUNDS: usize = 6;

/// The Markdown of a source, cut at the holes that its HTML has.
pub(super) fn deliver(prepared: &Prepared, filled: &BTreeMap<usize, bool>) -> Vec<Piece> {
    // What isn't filled is text like any other, and must be looked at as what it is.
    let text = prepared.restored_but(&prepared.text, |index| filled.contains_key(&index));
    let safe = if may_be_unsafe(&text) { safe(text.into_owned()) } else { text.into_owned() };
    pieces(&safe, prepared, filled)
}

/// A text that no renderer makes an element or a link of. References, since a backslash may stand before
/// the character already.
pub(super) fn inert(text: &str) -> String {
    text.replace('<', "&lt;").replace('[', "&#91;")
}

/// Whether a text holds anything that may be a tag to some dialect, or a link with a scheme that isn't
/// allowed. Nearly all texts don't, and go out as they are.
fn may_be_unsafe(text: &str) -> bool {
    tag_starts(text).next().is_some()
        || destinations(text).any(|(_, _, range)| text.get(range).is_some_and(may_have_bad_scheme))
}

/// Where tags may begin, in any dialect.
fn tag_starts(text: &str) -> impl Iterator<Item = usize> {
    let begins = |rest: &str| {
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
    };
    text.match_indices('<')
        .filter(move |(at, _)| text.get(at + 1..).is_some_and(begins))
        .map(|(at, _)| at)
}

/// Everything that may be the address of a link (after `](`) or of a link's definition (after `]:`): the
/// character that tells which, the place of the bracket, the address as a byte range. Longer ones than
/// anybody writes are cut short.
fn destinations(text: &str) -> impl Iterator<Item = (char, usize, Range<usize>)> {
    text.match_indices(']').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let kind = rest.chars().next().filter(|c| matches!(c, '(' | ':'))?;
        // The address may be on the next line, after the marks of the quotation that it stands in.
        let address = rest
            .get(1..)?
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '<'));
        let start = text.len() - address.len();
        let length = address
            .char_indices()
            .find(|(at, c)| {
                *at > 2_000 || c.is_ascii_whitespace() || *c == '>' || (*c == ')' && kind == '(')
            })
            .map_or(address.len(), |(at, _)| at);
        Some((kind, at, start..start + length))
    })
}

/// Whether an address, as written, may have a scheme that isn't allowed: references and escapes before
/// its path count as the worst.
fn may_have_bad_scheme(written: &str) -> bool {
    let head = written.split(['/', '?', '#']).next().unwrap_or_default();
    head.contains(['&', '\\']) || !address::is_allowed(written)
}

fn safe(text: String) -> String {
    let mut text = text;
    for _ in 0..ROUNDS {
        let mut is_at_rest = true;
        for dialect in Dialect::ALL {
            match edits(&text, dialect) {
                Some(edits) if edits.is_empty() => {}
                Some(edits) => {
                    text = apply(&text, edits);
                    is_at_rest = false;
                }
                None => return inert(&text),
            }
        }
        if is_at_rest {
            return text;
        }
    }
    inert(&text)
}

/// The edits that take out what one dialect finds unsafe; `None` when it can't be parsed within bounds.
fn edits(text: &str, dialect: Dialect) -> Option<Vec<Edit>> {
    let arena = Arena::new();
    let root = dialect::parse(&arena, text, &dialect.options())?;
    let lines = Lines::new(text);
    let mut edits = Vec::new();
    // Where another dialect sees a tag round a hole, what fills the hole would be part of the tag.
    for raw in settle::settle(root, |tag| holes::next_mark(tag).is_some()) {
        edits.extend(raw_edits(&raw, &lines));
    }
    for node in root.descendants() {
        let data = node.data();
        if let NodeValue::Text(literal) = &data.value
            && literal.contains('<')
        {
            edits.extend(text_edits(data.sourcepos, &lines));
        } else if let NodeValue::Link(link) = &data.value
            && !address::is_allowed(&link.url)
        {
            edits.extend(link_edits(node, "[", data.sourcepos, &lines));
        } else if let NodeValue::Image(image) = &data.value
            && !address::is_allowed_image(&image.url)
        {
            edits.extend(link_edits(node, "![", data.sourcepos, &lines));
        }
    }
    edits.extend(destination_edits(root, &lines));
    Some(edits)
}

fn raw_edits(raw: &Raw<'_>, lines: &Lines<'_>) -> Vec<Edit> {
    let place = raw.node.data().sourcepos;
    if let Some(last) = raw.dropped_to {
        let whole = Sourcepos { start: place.start, end: last.data().sourcepos.end };
        let Some(range) = lines.range(whole).filter(|range| {
            lines
                .text
                .get(range.clone())
                .is_some_and(|text| text.starts_with('<') && text.ends_with('>'))
        }) else {
            return lines.blunt(whole);
        };
        return vec![Edit { range, with: String::new() }];
    }
    if raw.changes.is_empty() {
        return Vec::new();
    }
    let is_block = matches!(raw.node.data().value, NodeValue::HtmlBlock(_));
    let edits = if is_block {
        block_edits(raw, place.start.line, lines)
    } else {
        inline_edits(raw, place, lines)
    };
    edits.unwrap_or_else(|| lines.blunt(place))
}

fn inline_edits(raw: &Raw<'_>, place: Sourcepos, lines: &Lines<'_>) -> Option<Vec<Edit>> {
    let range = lines.range(place)?;
    (lines.text.get(range.clone())? == raw.literal).then(|| {
        raw.changes
            .iter()
            .map(|(change, with)| Edit {
                range: range.start + change.start..range.start + change.end,
                with: with.clone(),
            })
            .collect()
    })
}

/// Each line of a block is the end of a line of the source, after the marks of what it stands in. Lines
/// that are left with nothing go, but for the first and the last, which keep what is round them apart.
fn block_edits(raw: &Raw<'_>, first_line: usize, lines: &Lines<'_>) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut start = 0;
    let last = raw.literal.lines().count().saturating_sub(1);
    let mut changes = raw.changes.as_slice();
    for (number, line) in raw.literal.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\n', '\r']);
        let whole = lines.line(first_line + number)?;
        let whole_content = lines.text.get(whole.clone())?.trim_end_matches(['\n', '\r']);
        let offset = whole.start + whole_content.strip_suffix(content)?.len();
        let end = start + content.len();
        let mut line_edits = Vec::new();
        while let Some(((range, with), later)) =
            changes.split_first().filter(|((range, _), _)| range.start < start + line.len())
        {
            let (from, to) = (range.start.clamp(start, end), range.end.clamp(start, end));
            let with = if range.start >= start { with.clone() } else { String::new() };
            line_edits.push(Edit { range: offset + from - start..offset + to - start, with });
            if range.end > start + line.len() {
                break;
            }
            changes = later;
        }
        if number > 0
            && number < last
            && offset == whole.start
            && leaves_nothing(content, offset, &line_edits)
        {
            line_edits = vec![Edit { range: whole, with: String::new() }];
        }
        edits.extend(line_edits);
        start += line.len();
    }
    Some(edits)
}

/// Whether a line with this content at this offset is empty after edits, and because of them.
fn leaves_nothing(content: &str, offset: usize, edits: &[Edit]) -> bool {
    let shifted = edits.iter().map(|Edit { range, with }| Edit {
        range: range.start.saturating_sub(offset)..range.end.saturating_sub(offset),
        with: with.clone(),
    });
    !edits.is_empty() && apply(content, shifted.collect()).trim().is_empty()
}

/// A link becomes its text, an image its alternative text, an address in angle brackets loses them.
fn link_edits(node: Node<'_>, opener: &str, place: Sourcepos, lines: &Lines<'_>) -> Vec<Edit> {
    let edit = |range, with: &str| Edit { range, with: with.to_owned() };
    let Some((range, written)) =
        lines.range(place).and_then(|range| Some((range.clone(), lines.text.get(range)?)))
    else {
        return lines.blunt(place);
    };
    if written.starts_with('<') && written.ends_with('>') {
        return vec![edit(range.start..range.start + 1, ""), edit(range.end - 1..range.end, "")];
    }
    if !written.starts_with(opener) {
        return lines.blunt(place);
    }
    let inner_start = range.start + opener.len();
    let (Some(first), Some(last)) = (node.first_child(), node.last_child()) else {
        return vec![edit(range, "")];
    };
    let start = lines.at(first.data().sourcepos.start);
    let end = lines.at(last.data().sourcepos.end).map(|end| end + 1);
    match end.filter(|end| {
        start == Some(inner_start)
            && lines
                .text
                .get(*end..range.end)
                .is_some_and(|tail| tail.starts_with(']') && tail.ends_with([')', ']']))
    }) {
        Some(end) => vec![edit(range.start..inner_start, ""), edit(end..range.end, "")],
        None => vec![edit(inner_start - 1..inner_start, "&#91;")],
    }
}

/// What isn't a tag to this parser might be one to another, which draws the line a hair elsewhere.
fn text_edits(place: Sourcepos, lines: &Lines<'_>) -> Vec<Edit> {
    let Some(range) = lines.range(place) else { return lines.blunt(place) };
    let tags_end = lines.text.rfind('>').unwrap_or(0);
    tag_starts(lines.text.get(range.clone()).unwrap_or_default())
        .map(|at| range.start + at)
        .filter(|at| *at < tags_end && !embed::is_escaped(lines.text, *at))
        .map(|at| Edit { range: at..at + 1, with: "&lt;".to_owned() })
        .collect()
}

/// Links to addresses that aren't allowed which this parser doesn't see, and definitions that nothing
/// uses: another parser may draw the line elsewhere, and a partner may show several texts on one page.
fn destination_edits(root: Node<'_>, lines: &Lines<'_>) -> Vec<Edit> {
    let mut code = root
        .descendants()
        .filter(|node| matches!(node.data().value, NodeValue::CodeBlock(_) | NodeValue::Code(_)))
        .filter_map(|node| lines.range(node.data().sourcepos))
        .peekable();
    let mut edits = Vec::new();
    for (kind, at, range) in destinations(lines.text) {
        while code.next_if(|code| code.end <= at).is_some() {}
        let is_code = code.peek().is_some_and(|code| code.contains(&at));
        let Some(written) = lines.text.get(range.clone()).filter(|_| !is_code) else { continue };
        if !may_have_bad_scheme(written) || is_allowed_definition(written) {
            continue;
        }
        edits.push(match kind {
            ':' => Edit { range, with: "#".to_owned() },
            _ => Edit { range: at..at + 1, with: "&#93;".to_owned() },
        });
    }
    edits
}

/// Whether a definition with this address, as written, leads where a link may lead.
fn is_allowed_definition(written: &str) -> bool {
    let arena = Arena::new();
    let text = format!("[x]: {written}\n\n[x]");
    dialect::parse(&arena, &text, &Dialect::CommonMark.options()).is_some_and(|root| {
        !root
            .descendants()
            .any(|node| matches!(&node.data().value, NodeValue::Link(link) if !address::is_allowed(&link.url)))
    })
}

fn pieces(text: &str, prepared: &Prepared, filled: &BTreeMap<usize, bool>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut open = String::new();
    let mut rest = text;
    while let Some(mark) = holes::next_mark(rest) {
        let (before, from) = rest.split_at(mark.range.start);
        open.push_str(before);
        let token = prepared.holes.get(mark.index).and_then(|hole| hole.token.as_ref().ok());
        if let (Some(token), Some(block)) = (token, filled.get(&mark.index)) {
            if !open.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut open)));
            }
            pieces.push(Piece::Embed { token: token.clone(), block: *block });
        }
        rest = from.get(mark.range.len()..).unwrap_or_default();
    }
    open.push_str(rest);
    if !open.is_empty() {
        pieces.push(Piece::Text(open));
    }
    pieces
}

/// Plain text as Markdown, for holes in Markdown: nothing in it means anything. White space of any kind
/// is one space, so that it stays on its line.
pub fn markdown_text(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len() + 8);
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            markdown.push(' ');
        }
        for c in word.chars() {
            // These mean nothing anywhere.
            if c.is_ascii_punctuation() && !matches!(c, ',' | '/' | '\'' | ';' | '?') {
                markdown.push('\\');
            }
            markdown.push(c);
        }
    }
    markdown
}
