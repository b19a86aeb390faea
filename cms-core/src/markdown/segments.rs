//! Cuts a source into its segments by the syntax tree.
//!
//! What is cut is the source itself, at the places that the tree gives for its blocks. Those aren't all exact;
//! so a place that doesn't fit is left out, and what no block claims and yet says something is a segment of its
//! own, line by line. Whatever the tree says, the pieces joined are the source.

use std::{ops::Range, panic};

use comrak::{
    Arena, Node,
    nodes::{NodeValue, Sourcepos},
};

use super::{
    MAX_BYTES,
    dialect::{self, Dialect},
    edits::Lines,
};
use crate::segment::{Cut, Piece, Segment, SegmentKind};

/// Cuts a source. Never fails: a source that is too long or too tangled to parse is cut at its blank lines.
///
/// ```
/// use cms_core::markdown;
///
/// let cut = markdown::cut("# Stop\n\n1. Tell *somebody*.\n2. Call {{route:ceop.phone}}.\n");
/// let texts: Vec<_> = cut.segments().map(|segment| segment.text.as_str()).collect();
/// assert_eq!(texts, ["Stop", "Tell *somebody*.", "Call {{route:ceop.phone}}."]);
/// assert_eq!(cut.join(), "# Stop\n\n1. Tell *somebody*.\n2. Call {{route:ceop.phone}}.\n");
/// ```
pub fn cut(source: &str) -> Cut {
    let claimed = if source.len() > MAX_BYTES {
        None
    } else {
        panic::catch_unwind(|| claimed(source)).ok().flatten()
    };
    let claimed = claimed.unwrap_or_default();
    pieces(source, &claimed)
}

/// The stretches that blocks claim, in order and apart; `None` when the source can't be parsed within bounds.
fn claimed(source: &str) -> Option<Vec<(Range<usize>, SegmentKind)>> {
    let arena = Arena::new();
    let mut options = Dialect::Beacon.options();
    // Notes stay where they were written, also those that nothing refers to.
    options.parse.leave_footnote_definitions = true;
    let root = dialect::parse(&arena, source, &options)?;
    let lines = Lines::new(source);
    let mut found = Vec::new();
    for node in root.descendants() {
        claim(node, &lines, &mut found);
    }
    found.sort_by_key(|(range, _)| (range.start, range.end));
    let mut end = 0;
    found.retain(|(range, _)| {
        let fits = range.start >= end && range.start < range.end;
        if fits {
            end = range.end;
        }
        fits
    });
    Some(found)
}

fn claim(node: Node<'_>, lines: &Lines<'_>, found: &mut Vec<(Range<usize>, SegmentKind)>) {
    let data = node.data();
    let value = &data.value;
    let is_cell = matches!(value, NodeValue::TableCell);
    let is_block = matches!(
        value,
        NodeValue::Paragraph
            | NodeValue::Heading(_)
            | NodeValue::CodeBlock(_)
            | NodeValue::HtmlBlock(_)
    );
    let Some(range) = trimmed(lines, data.sourcepos).filter(|_| is_cell || is_block) else {
        return;
    };
    let (range, kind) = if let NodeValue::Heading(heading) = value {
        let words = if heading.setext {
            before_underline(lines, range)
        } else {
            between_marks(lines, range)
        };
        (words, SegmentKind::Heading)
    } else if is_cell {
        (cell(lines, range), SegmentKind::Cell)
    } else if matches!(value, NodeValue::CodeBlock(_)) {
        (Some(range), SegmentKind::Code)
    } else if matches!(value, NodeValue::HtmlBlock(_)) {
        (Some(range), SegmentKind::Html)
    } else if let Some(parts) = image(node, lines, &range) {
        found.extend(parts);
        return;
    } else {
        (Some(range), kind_of(node))
    };
    found.extend(range.map(|range| (range, kind)));
}

/// What a paragraph is, from what it stands in.
fn kind_of(node: Node<'_>) -> SegmentKind {
    for around in node.ancestors().skip(1) {
        let value = &around.data().value;
        if matches!(value, NodeValue::Item(_) | NodeValue::TaskItem(_)) {
            return SegmentKind::ListItem;
        }
        if matches!(value, NodeValue::BlockQuote | NodeValue::Alert(_)) {
            return SegmentKind::Quote;
        }
    }
    SegmentKind::Paragraph
}

/// A place without white space at its ends.
fn trimmed(lines: &Lines<'_>, place: Sourcepos) -> Option<Range<usize>> {
    shrunk(lines.text, lines.range(place)?)
}

fn shrunk(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let inside = text.get(range.clone())?;
    let start = range.start + (inside.len() - inside.trim_start().len());
    let end = start + inside.trim().len();
    (start < end).then_some(start..end)
}

/// A heading's text without its marks.
fn between_marks(lines: &Lines<'_>, range: Range<usize>) -> Option<Range<usize>> {
    let whole = lines.text.get(range.clone())?;
    let inside = whole.trim_start_matches('#');
    let start = range.end - inside.len();
    let closed = inside.trim_end_matches('#');
    // A closing mark stands behind white space.
    let is_closed =
        closed.len() < inside.len() && (closed.is_empty() || closed.ends_with([' ', '\t']));
    let end = if is_closed { start + closed.len() } else { range.end };
    shrunk(lines.text, start..end)
}

/// A heading's text without the line that underlines it.
fn before_underline(lines: &Lines<'_>, range: Range<usize>) -> Option<Range<usize>> {
    let whole = lines.text.get(range.clone())?;
    let is_underline =
        |line: &str| line.chars().all(|c| matches!(c, '=' | '-' | ' ' | '\t' | '>' | '\r'));
    let end = match whole.rfind('\n') {
        Some(at) if whole.get(at + 1..).is_some_and(is_underline) => range.start + at,
        _ => range.end,
    };
    shrunk(lines.text, range.start..end)
}

/// A cell's text without its borders.
fn cell(lines: &Lines<'_>, range: Range<usize>) -> Option<Range<usize>> {
    let whole = lines.text.get(range.clone())?;
    let inside = whole.strip_prefix('|').unwrap_or(whole);
    let start = range.end - inside.len();
    let is_border = inside.ends_with('|') && !inside.ends_with("\\|");
    let end = range.end - usize::from(is_border);
    // A cell stands on one line, whatever its place says.
    let range = shrunk(lines.text, start..end)?;
    lines.text.get(range.clone()).filter(|text| !text.contains('\n')).map(|_| range)
}

/// The parts of a paragraph that is an image and nothing else: what is said of it, its address, its title.
fn image(
    node: Node<'_>,
    lines: &Lines<'_>,
    range: &Range<usize>,
) -> Option<Vec<(Range<usize>, SegmentKind)>> {
    let only = node.first_child().filter(|first| first.next_sibling().is_none())?;
    if !matches!(only.data().value, NodeValue::Image(_)) {
        return None;
    }
    let whole = lines.text.get(range.clone())?;
    let inside = whole.strip_prefix("![")?;
    // The last `](`: what is said of an image may hold brackets, its address in angle brackets or not may not.
    let alt_end = inside.rfind("](")?;
    let alt = range.start + 2..range.start + 2 + alt_end;
    let rest_start = alt.end + 2;
    let rest = lines.text.get(rest_start..range.end)?.strip_suffix(')')?.trim_end();
    let mut parts = Vec::new();
    parts.extend(shrunk(lines.text, alt).map(|range| (range, SegmentKind::ImageAlt)));
    let title = rest
        .find([' ', '\t', '\n'])
        .and_then(|at| Some((at, rest.get(at..)?.trim_start())))
        .and_then(|(_, title)| {
            let quote = title.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let inner = title.get(1..)?.strip_suffix(quote)?;
            let start = rest_start + (rest.len() - title.len()) + 1;
            Some(start..start + inner.len())
        });
    let address_end = title.as_ref().map_or(rest_start + rest.len(), |title| title.start - 1);
    parts.extend(
        shrunk(lines.text, rest_start..address_end).map(|range| (range, SegmentKind::Other)),
    );
    parts.extend(
        title
            .and_then(|range| shrunk(lines.text, range))
            .map(|range| (range, SegmentKind::ImageTitle)),
    );
    Some(parts)
}

/// The source in pieces: what is claimed, and what lies between.
fn pieces(source: &str, claimed: &[(Range<usize>, SegmentKind)]) -> Cut {
    let mut cut = Cut::default();
    let mut from = 0;
    for (range, kind) in claimed {
        between(&mut cut, source.get(from..range.start).unwrap_or_default());
        let raw = source.get(range.clone()).unwrap_or_default();
        cut.0.push(Piece::Segment(without_prefix(source, range.start, raw, *kind)));
        from = range.end;
    }
    between(&mut cut, source.get(from..).unwrap_or_default());
    cut
}

/// A segment whose later lines are without what they stand behind, where all stand behind the same.
fn without_prefix(source: &str, start: usize, raw: &str, kind: SegmentKind) -> Segment {
    let as_it_stands = Segment::new(kind, raw);
    if !raw.contains('\n') {
        return as_it_stands;
    }
    let line_start = source.get(..start).unwrap_or_default().rfind('\n').map_or(0, |at| at + 1);
    let before = source.get(line_start..start).unwrap_or_default();
    let is_quoted = before.contains('>');
    let marks = |line: &str| {
        let is_mark = |c: char| matches!(c, ' ' | '\t') || (is_quoted && c == '>');
        line.len() - line.trim_start_matches(is_mark).len()
    };
    let later: Vec<&str> = raw.split('\n').skip(1).collect();
    // Of code, what is deeper than the rest belongs to it.
    let shortest =
        later.iter().filter(|line| !line.trim().is_empty()).map(|line| marks(line)).min();
    let first = later.first().copied().unwrap_or_default();
    let prefix = first.get(..shortest.unwrap_or(0)).unwrap_or_default();
    let stripped: Option<Vec<&str>> = later.iter().map(|line| line.strip_prefix(prefix)).collect();
    let first = raw.split('\n').next().unwrap_or_default();
    match stripped {
        Some(lines) if !prefix.is_empty() => {
            let text = std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n");
            Segment { kind, text, prefix: prefix.to_owned() }
        }
        Some(_) | None => as_it_stands,
    }
}

/// What lies between claimed stretches: marks, and now and then something that has a meaning.
fn between(cut: &mut Cut, gap: &str) {
    let mut frame = String::new();
    for line in gap.split_inclusive('\n') {
        let content = said(line);
        let start = line.len() - content.len();
        let text = content.trim_end();
        frame.push_str(line.get(..start).unwrap_or_default());
        if text.is_empty() {
            frame.push_str(content);
            continue;
        }
        if !frame.is_empty() {
            cut.0.push(Piece::Frame(std::mem::take(&mut frame)));
        }
        // The title of an alert is words, of one line; what else nobody claims is no text of its own.
        let is_title = line.get(..start).is_some_and(|marks| marks.contains("[!"));
        let kind = if is_title { SegmentKind::Heading } else { SegmentKind::Other };
        cut.0.push(Piece::Segment(Segment::new(kind, text)));
        frame.push_str(content.get(text.len()..).unwrap_or_default());
    }
    if !frame.is_empty() {
        cut.0.push(Piece::Frame(frame));
    }
}

/// What a line says behind the marks of lists, quotations, alerts and notes; blank when it is marks alone.
fn said(line: &str) -> &str {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches([
            ' ', '\t', '\r', '\n', '>', '-', '*', '+', '#', '=', '|', ':', '~', '`', '_',
        ]);
        let next = without_number(trimmed).or_else(|| without_brackets(trimmed)).unwrap_or(trimmed);
        if next.len() == rest.len() {
            break;
        }
        rest = next;
    }
    if rest.contains(char::is_alphanumeric) { rest } else { "" }
}

/// The rest behind the number of a list's item.
fn without_number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = if rest.len() < text.len() { rest.strip_prefix(['.', ')'])? } else { return None };
    rest.is_empty()
        .then_some(rest)
        .or_else(|| rest.starts_with([' ', '\t', '\n', '\r']).then_some(rest))
}

/// The rest behind a task's box, an alert's kind or a note's label.
fn without_brackets(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let (label, rest) = inside.split_once(']')?;
    let is_task = matches!(label, " " | "x" | "X");
    let is_alert = label.starts_with('!') && label.len() > 1;
    if is_task || is_alert {
        return Some(rest);
    }
    label.strip_prefix('^')?;
    rest.strip_prefix(':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The segments as `kind: text`, after checking that nothing is lost.
    fn told(source: &str) -> Vec<String> {
        let cut = cut(source);
        assert_eq!(cut.join(), source);
        cut.segments().map(|it| format!("{}: {}", it.kind.as_str(), it.text)).collect()
    }

    #[test]
    fn each_kind_of_block_is_cut_at_its_marks() {
        assert_eq!(
            told(
                "# A ##\n\nB\n=\n\nc *d*\ne\n\n- f\n  g\n\n1. h\n\n> i\n> j\n\n| k | l |\n|---|---|\n| m \\| n | |\n"
            ),
            [
                "heading: A",
                "heading: B",
                "paragraph: c *d*\ne",
                "list_item: f\ng",
                "list_item: h",
                "quote: i\nj",
                "cell: k",
                "cell: l",
                "cell: m \\| n"
            ]
        );
        assert_eq!(
            told("```sh\nrm\n```\n\n<div>\nx\n</div>\n\n![a b](/c.png \"d\")\n\n***\n\n- [x] done"),
            [
                "code: ```sh\nrm\n```",
                "html: <div>\nx\n</div>",
                "image_alt: a b",
                "other: /c.png",
                "image_title: d",
                "list_item: done"
            ]
        );
    }

    #[test]
    fn what_no_block_claims_and_says_something_is_a_segment_too() {
        assert_eq!(
            told("> [!WARNING] Mind this\n> Now.\n\n[a]: /b \"c\"\n\n[^n]: Note.\n"),
            ["heading: Mind this", "quote: Now.", "other: [a]: /b \"c\"", "paragraph: Note."]
        );
        assert_eq!(told("a[^1]\n\n[^1]: x\n"), ["paragraph: a[^1]", "paragraph: x"]);
    }

    #[test]
    fn a_text_in_several_lines_is_the_same_wherever_it_stands() {
        for source in
            ["a\nb", "> a\n> b", "- a\n  b", "> - a\n>   b", "10. a\n    b", "> > a\n> > b"]
        {
            let cut = cut(source);
            assert_eq!(cut.segments().next().unwrap().text, "a\nb", "{source}");
            assert_eq!(cut.join(), source);
        }
        assert_eq!(told("> a\nb"), ["quote: a\nb"], "lazily, too");
    }

    #[test]
    fn other_words_stand_in_the_same_frame() {
        let cut = cut("> # Stop\n>\n> Go\n> on\n");
        let said = cut.join_with(|place, _| ["Halte", "Va\nplus loin"][place].to_owned());
        assert_eq!(said, "> # Halte\n>\n> Va\n> plus loin\n");
    }

    #[test]
    fn each_segment_knows_the_headings_that_it_stands_under() {
        let cut = cut("A\n=\n\na\n\n## B\n\nb\n\n### C\n\n- c\n\n> D\n> -\n>\n> d\n");
        let told: Vec<_> = cut.segments().map(|it| it.text.as_str()).zip(cut.headings()).collect();
        let expected: [(&str, &[&str]); 8] = [
            ("A", &[]),
            ("a", &["A"]),
            ("B", &["A"]),
            ("b", &["A", "B"]),
            ("C", &["A", "B"]),
            ("c", &["A", "B", "C"]),
            ("D", &["A"]),
            ("d", &["A", "D"]),
        ];
        assert_eq!(told, expected.map(|(text, under)| (text, under.to_vec())));
    }

    #[test]
    fn nothing_is_lost_of_what_cannot_be_parsed() {
        let long = "word \n\n".repeat(MAX_BYTES / 6);
        assert_eq!(cut(&long).join(), long);
        for source in [
            "",
            "\n",
            "\r\n\r\n# a\r\n\r\nb\r\nc\r\n",
            "a\0b",
            "\u{feff}# a",
            "\t\ta",
            "{{route:a}}",
        ] {
            assert_eq!(cut(source).join(), source);
        }
        assert_eq!(told("{{route:a}}"), ["paragraph: {{route:a}}"]);
    }

    proptest! {
        #[test]
        fn the_pieces_of_anything_are_the_whole(source in "[#>*_`|\\-+=~!\\[\\]()<>{}:&;\\\\ \t\r\n0-9a-cé你]{0,120}") {
            prop_assert_eq!(cut(&source).join(), source);
        }

        #[test]
        fn what_a_document_says_is_in_its_segments(blocks in proptest::collection::vec((0_u8..7, "[a-z]{1,8}( [a-z]{1,8}){0,4}"), 1..12)) {
            let block = |(kind, words): &(u8, String)| match kind {
                0 => format!("# {words}"),
                1 => format!("{words}\n---"),
                2 => format!("- {words}\n- {words}"),
                3 => format!("> {words}\n> {words}"),
                4 => format!("| {words} | {words} |\n|--|--|\n| {words} | {words} |"),
                5 => format!("1. {words}\n\n   {words}"),
                _ => words.clone(),
            };
            let source = blocks.iter().map(block).collect::<Vec<_>>().join("\n\n");
            let cut = cut(&source);
            prop_assert!(cut.join() == source, "{source}");
            for (_, words) in &blocks {
                prop_assert!(cut.segments().any(|it| it.text.contains(words.as_str())), "{source}");
            }
            let frame = cut.0.iter().filter_map(|piece| match piece {
                Piece::Frame(frame) => Some(frame.as_str()),
                Piece::Segment(_) => None,
            });
            prop_assert!(!frame.collect::<String>().contains(char::is_alphabetic), "{source}");
        }
    }
}
