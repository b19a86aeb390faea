//! What in a segment isn't words: marks of emphasis and links, addresses, code, HTML, embeds.
//!
//! Translators move these, and leave them as they are. The places are those of the syntax tree, each only
//! where the text there is what such a mark looks like.

use std::{collections::HashMap, ops::Range, panic, sync::Arc};

use comrak::{Arena, Node, nodes::NodeValue};

use super::{
    MAX_BYTES,
    dialect::{self, Dialect},
    edits::Lines,
};
use crate::{
    embed,
    segment::{
        Segment, SegmentKind,
        code::{CodeKind, InlineCode, Side},
    },
};

/// Stands before a text that is to be read as running text, whatever it begins with.
const BEFORE: &str = "( ";

/// The codes of a segment, in order and apart.
pub fn codes(segment: &Segment) -> Vec<InlineCode> {
    match segment.kind {
        SegmentKind::Code | SegmentKind::Value | SegmentKind::Other => {
            vec![InlineCode::alone(0..segment.text.len(), CodeKind::Code)]
        }
        SegmentKind::Plain => Vec::new(),
        SegmentKind::Heading
        | SegmentKind::Paragraph
        | SegmentKind::ListItem
        | SegmentKind::Quote
        | SegmentKind::Cell
        | SegmentKind::ImageAlt
        | SegmentKind::ImageTitle
        | SegmentKind::Html => inline(&segment.text),
    }
}

/// Whether a segment has words for a translator.
pub fn is_translatable(segment: &Segment) -> bool {
    let codes = codes(segment);
    words(&segment.text, &codes).any(|stretch| stretch.contains(char::is_alphabetic))
}

/// The stretches of a text between its codes.
pub fn words<'t>(text: &'t str, codes: &'t [InlineCode]) -> impl Iterator<Item = &'t str> {
    let starts = std::iter::once(0).chain(codes.iter().map(|code| code.range.end));
    let ends = codes.iter().map(|code| code.range.start).chain([text.len()]);
    starts.zip(ends).filter_map(|(start, end)| text.get(start..end)).filter(|part| !part.is_empty())
}

/// Whether a text stays within its segment: it is one paragraph, and a cell's text one line without borders.
pub fn keeps_its_place(kind: SegmentKind, text: &str) -> bool {
    let is_one_line = !text.contains(['\n', '\r']);
    match kind {
        SegmentKind::Plain | SegmentKind::Value | SegmentKind::Code | SegmentKind::Html => true,
        SegmentKind::Heading
        | SegmentKind::ImageAlt
        | SegmentKind::ImageTitle
        | SegmentKind::Other => is_one_line,
        SegmentKind::Cell => is_one_line && !text.replace("\\|", "").contains('|'),
        SegmentKind::Paragraph | SegmentKind::ListItem | SegmentKind::Quote => {
            is_one_paragraph(text)
        }
    }
}

fn is_one_paragraph(text: &str) -> bool {
    let arena = Arena::new();
    dialect::parse(&arena, text, &Dialect::Beacon.options()).is_some_and(|root| {
        let only = root.first_child().filter(|first| first.next_sibling().is_none());
        only.is_some_and(|only| matches!(only.data().value, NodeValue::Paragraph))
    })
}

fn inline(text: &str) -> Vec<InlineCode> {
    let mut found: Vec<InlineCode> = embed::occurrences(text)
        .into_iter()
        .filter(|(_, token)| token.is_ok())
        .map(|(range, _)| InlineCode::alone(range, CodeKind::Embed))
        .collect();
    if text.len() <= MAX_BYTES && text.contains(|c: char| c.is_ascii_punctuation()) {
        found.extend(panic::catch_unwind(|| marks(text)).unwrap_or_default());
    }
    found.extend(notes(text));
    apart(found)
}

/// Those that don't overlap, in order; an embed comes before what else is seen there, and a mark goes with its
/// partner.
fn apart(mut found: Vec<InlineCode>) -> Vec<InlineCode> {
    found.sort_by_key(|code| (code.range.start, code.kind != CodeKind::Embed, code.range.end));
    let mut kept: Vec<InlineCode> = Vec::with_capacity(found.len());
    for code in found {
        let overlaps = |last: &&InlineCode| last.range.end > code.range.start;
        while code.kind == CodeKind::Embed && kept.last().as_ref().is_some_and(overlaps) {
            kept.pop();
        }
        if !kept.last().as_ref().is_some_and(overlaps) {
            kept.push(code);
        }
    }
    let mut sides: HashMap<usize, usize> = HashMap::new();
    for pair in kept.iter().filter_map(|code| code.side.pair()) {
        *sides.entry(pair).or_default() += 1;
    }
    kept.retain(|code| code.side.pair().is_none_or(|pair| sides.get(&pair) == Some(&2)));
    kept
}

/// The numbers of notes, which the tree knows only beside what they say.
fn notes(text: &str) -> impl Iterator<Item = InlineCode> {
    text.match_indices("[^").filter_map(|(at, _)| {
        let label = text.get(at + 2..)?;
        let end = label.find(']').filter(|end| (1..=100).contains(end))?;
        let is_label = !label.get(..end)?.contains(char::is_whitespace);
        is_label.then(|| InlineCode::alone(at..at + 3 + end, CodeKind::Note))
    })
}

/// The marks that the syntax tree gives.
fn marks(text: &str) -> Vec<InlineCode> {
    let shown = format!("{BEFORE}{text}");
    let arena = Arena::new();
    let mut options = Dialect::Beacon.options();
    // What a label stands for is said elsewhere in the field.
    options.parse.broken_link_callback = Some(Arc::new(resolved));
    let Some(root) = dialect::parse(&arena, &shown, &options) else { return Vec::new() };
    let lines = Lines::new(&shown);
    let mut found = Vec::new();
    for (pair, node) in root.descendants().enumerate() {
        mark(node, pair, &lines, &mut found);
    }
    let shift = |range: Range<usize>| {
        Some(range.start.checked_sub(BEFORE.len())?..range.end.checked_sub(BEFORE.len())?)
    };
    found
        .into_iter()
        .filter_map(|code| Some(InlineCode { range: shift(code.range)?, ..code }))
        .filter(|code| code.range.start < code.range.end)
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the parser asks for this signature")]
fn resolved(_: comrak::options::BrokenLinkReference<'_>) -> Option<comrak::ResolvedReference> {
    Some(comrak::ResolvedReference { url: "#".to_owned(), title: String::new() })
}

fn mark(node: Node<'_>, pair: usize, lines: &Lines<'_>, found: &mut Vec<InlineCode>) {
    let data = node.data();
    let Some(range) = lines.range(data.sourcepos) else { return };
    let written = lines.text.get(range.clone()).unwrap_or_default();
    let Some((kind, begins)) = kind_of(&data.value) else { return };
    if !written.starts_with(begins) {
        // An address that stands for itself has no brackets.
        let is_bare = kind == CodeKind::Link && !written.is_empty();
        found.extend(is_bare.then(|| InlineCode::alone(range, CodeKind::Address)));
        return;
    }
    let width = match kind {
        CodeKind::Emphasis | CodeKind::Link => 1,
        CodeKind::Strong | CodeKind::Image => 2,
        CodeKind::Strike => written.len() - written.trim_start_matches('~').len(),
        CodeKind::Code | CodeKind::Html | CodeKind::Note | CodeKind::Address | CodeKind::Embed => {
            found.push(InlineCode::alone(range, kind));
            return;
        }
    };
    let inner = range.start + width;
    let end = match kind {
        CodeKind::Link | CodeKind::Image => address_start(node, lines, inner..range.end),
        CodeKind::Emphasis
        | CodeKind::Strong
        | CodeKind::Strike
        | CodeKind::Code
        | CodeKind::Html
        | CodeKind::Address
        | CodeKind::Embed
        | CodeKind::Note => range.end.checked_sub(width),
    };
    let Some(end) = end.filter(|end| *end >= inner) else { return };
    if fits(kind, written.get(..width), lines.text.get(end..range.end)) {
        found.push(InlineCode { range: range.start..inner, kind, side: Side::Open(pair) });
        found.push(InlineCode { range: end..range.end, kind, side: Side::Close(pair) });
    }
}

/// What a node is as a code, and how it begins as written.
fn kind_of(value: &NodeValue) -> Option<(CodeKind, &'static str)> {
    Some(if let NodeValue::Code(_) = value {
        (CodeKind::Code, "`")
    } else if let NodeValue::HtmlInline(_) = value {
        (CodeKind::Html, "<")
    } else if let NodeValue::FootnoteReference(_) = value {
        (CodeKind::Note, "[^")
    } else if let NodeValue::Emph = value {
        (CodeKind::Emphasis, "")
    } else if let NodeValue::Strong = value {
        (CodeKind::Strong, "")
    } else if let NodeValue::Strikethrough = value {
        (CodeKind::Strike, "~")
    } else if let NodeValue::Link(_) = value {
        (CodeKind::Link, "[")
    } else if let NodeValue::Image(_) = value {
        (CodeKind::Image, "![")
    } else {
        return None;
    })
}

/// Where the bracket is that closes a link's words, between these places.
fn address_start(node: Node<'_>, lines: &Lines<'_>, within: Range<usize>) -> Option<usize> {
    let last = node.last_child().and_then(|last| lines.range(last.data().sourcepos));
    let from = last.map_or(within.start, |last| last.end).max(within.start);
    Some(from + lines.text.get(from..within.end)?.find(']')?)
}

/// Whether these are a mark and its partner. A label alone in brackets is words.
fn fits(kind: CodeKind, opening: Option<&str>, closing: Option<&str>) -> bool {
    let (Some(opening), Some(closing)) = (opening, closing) else { return false };
    match kind {
        CodeKind::Link | CodeKind::Image => {
            closing.starts_with(']') && closing.len() > 1 && closing.ends_with([')', ']'])
        }
        CodeKind::Emphasis
        | CodeKind::Strong
        | CodeKind::Strike
        | CodeKind::Code
        | CodeKind::Html
        | CodeKind::Address
        | CodeKind::Embed
        | CodeKind::Note => {
            let is_mark = |c: char| matches!(c, '*' | '_' | '~');
            !opening.is_empty() && opening.chars().all(is_mark) && closing == opening
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with its codes in ⟨⟩.
    fn told(text: &str) -> String {
        let segment = Segment::new(SegmentKind::Paragraph, text);
        let (mut told, mut from) = (String::new(), 0);
        for code in codes(&segment) {
            told += text.get(from..code.range.start).unwrap();
            told = format!("{told}⟨{}⟩", text.get(code.range.clone()).unwrap());
            from = code.range.end;
        }
        told + text.get(from..).unwrap()
    }

    #[test]
    fn marks_addresses_code_tags_and_embeds_are_codes_and_words_are_not() {
        for (text, expected) in [
            ("plain, words.", "plain, words."),
            ("a *b* **c** ~~d~~ _e_", "a ⟨*⟩b⟨*⟩ ⟨**⟩c⟨**⟩ ⟨~~⟩d⟨~~⟩ ⟨_⟩e⟨_⟩"),
            ("[a *b*](/c \"d\") e", "⟨[⟩a ⟨*⟩b⟨*⟩⟨](/c \"d\")⟩ e"),
            ("![a](b.png) [c][d] [e]", "⟨![⟩a⟨](b.png)⟩ ⟨[⟩c⟨][d]⟩ [e]"),
            (
                "see <https://a.example> or www.b.example",
                "see ⟨<https://a.example>⟩ or ⟨www.b.example⟩",
            ),
            ("`x` <b>y</b> z[^1]", "⟨`x`⟩ ⟨<b>⟩y⟨</b>⟩ z⟨[^1]⟩"),
            ("call {{route:a_b_c.phone}} *now*", "call ⟨{{route:a_b_c.phone}}⟩ ⟨*⟩now⟨*⟩"),
            ("1. not a list\n- nor *this*", "1. not a list\n- nor ⟨*⟩this⟨*⟩"),
            ("*a\nb* c", "⟨*⟩a\nb⟨*⟩ c"),
            ("**注意。**読む", "⟨**⟩注意。⟨**⟩読む"),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn a_segment_without_words_is_not_translated() {
        let is = |text: &str| is_translatable(&Segment::new(SegmentKind::Paragraph, text));
        assert!(is("Call {{route:a}}") && is("電話"));
        assert!(
            !is("{{route:a}}") && !is("`code`") && !is("116 111") && !is("<https://a.example>")
        );
        assert!(!is_translatable(&Segment::new(SegmentKind::Code, "words")));
    }

    #[test]
    fn a_text_that_breaks_out_of_its_place_is_told() {
        let keeps = |text: &str| keeps_its_place(SegmentKind::Paragraph, text);
        assert!(
            keeps("a *b*\nc")
                && !keeps("a\n\nb")
                && !keeps("# a")
                && !keeps("a\n- b")
                && !keeps("")
        );
        assert!(!keeps_its_place(SegmentKind::Heading, "a\nb"));
        assert!(
            !keeps_its_place(SegmentKind::Cell, "a | b")
                && keeps_its_place(SegmentKind::Cell, "a \\| b")
        );
    }

    #[test]
    fn many_codes_take_no_time() {
        assert_eq!(inline(&"*a* ".repeat(100_000)).len(), 200_000);
    }
}
