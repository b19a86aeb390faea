//! The syntax tree as HTML: the parser's own formatter, but for headings, links, images, code, alerts,
//! footnotes and embeds.
//!
//! What comes out still has placeholders and has not been sanitised.

mod notes;

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

use comrak::{
    Node, Options,
    html::{ChildRendering, Context, format_document_with_formatter, format_node_default},
    nodes::{NodeCodeBlock, NodeLink, NodeValue, TableAlignment},
    options::Plugins,
};

use self::notes::{write_alert, write_footnote, write_reference, write_ways_back};
use super::{
    Heading, address,
    anchors::Anchors,
    holes::{self, Mark, Prepared},
};
use crate::locale::Locale;

/// Elements nested deeper than this are left out and what they hold is kept: HTML parsers take time
/// quadratic in depth, and no reader follows a tenth quotation.
const MAX_DEPTH: usize = 100;

/// What the formatter knows, and what it finds out.
#[derive(Debug)]
struct State<'p> {
    prepared: &'p Prepared,
    locale: &'p Locale,
    anchors: Anchors,
    headings: std::vec::IntoIter<Heading>,
    misplaced: BTreeSet<usize>,
    depth: usize,
    /// The column of a table's header row.
    column: usize,
    footnotes: u32,
    footnote_is_closed: bool,
}

/// What the formatter has to say.
#[derive(Debug)]
pub(super) struct Formatted {
    /// HTML with placeholders, not sanitised.
    pub(super) html: String,
    /// The headings in order.
    pub(super) headings: Vec<Heading>,
    /// Holes that stand where nothing is filled.
    pub(super) misplaced: BTreeSet<usize>,
}

/// Writes the tree under `root` as HTML.
pub(super) fn format(
    root: Node<'_>,
    options: &Options<'_>,
    prepared: &Prepared,
    locale: &Locale,
) -> Result<Formatted, fmt::Error> {
    let mut anchors = Anchors::new(locale);
    let headings = headings(root, &mut anchors);
    let state = State {
        prepared,
        locale,
        anchors,
        headings: headings.clone().into_iter(),
        misplaced: BTreeSet::new(),
        depth: 0,
        column: 0,
        footnotes: 0,
        footnote_is_closed: false,
    };
    let mut html = String::with_capacity(prepared.text.len() * 3 / 2);
    let state = format_document_with_formatter(
        root,
        options,
        &mut html,
        &Plugins::default(),
        format_node,
        state,
    )?;
    if state.footnotes > 0 {
        html.push_str("</ol>\n</section>\n");
    }
    Ok(Formatted { html, headings, misplaced: state.misplaced })
}

/// The headings of the document, footnotes included, in order; links to them may come before them.
fn headings(root: Node<'_>, anchors: &mut Anchors) -> Vec<Heading> {
    let mut headings = Vec::new();
    for node in root.descendants() {
        if let NodeValue::Heading(heading) = &node.data().value {
            let text = plain(node).split_whitespace().collect::<Vec<_>>().join(" ");
            headings.push(Heading { level: heading.level, id: anchors.id(&text), text });
        }
    }
    headings
}

/// The text of inlines, alternative texts and code included, embeds as nothing.
fn plain(node: Node<'_>) -> String {
    holes::dropped(&written(node)).into_owned()
}

/// The text of inlines with its placeholders.
fn written(node: Node<'_>) -> String {
    let mut text = String::new();
    for inline in node.descendants() {
        let data = inline.data();
        if let NodeValue::Text(literal) = &data.value {
            text.push_str(literal);
        } else if let NodeValue::Code(code) = &data.value {
            text.push_str(&code.literal);
        } else if matches!(data.value, NodeValue::SoftBreak | NodeValue::LineBreak) {
            text.push(' ');
        }
    }
    text
}

type Written = Result<ChildRendering, fmt::Error>;
type Output<'o, 'c, 'p> = Context<'o, 'c, State<'p>>;

#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's own formatter knows all others")]
fn format_node(out: &mut Output<'_, '_, '_>, node: Node<'_>, entering: bool) -> Written {
    if entering {
        out.user.depth += 1;
    }
    let is_too_deep = out.user.depth > MAX_DEPTH && node.first_child().is_some();
    if !entering {
        out.user.depth -= 1;
    }
    if is_too_deep {
        if entering && matches!(node.data().value, NodeValue::Heading(_)) {
            out.user.headings.next();
        }
        return Ok(ChildRendering::HTML);
    }
    match &node.data().value {
        NodeValue::Heading(heading) => write_heading(out, heading.level, entering),
        NodeValue::Link(link) => write_link(out, link, entering),
        NodeValue::Image(image) => write_image(out, node, image, entering),
        NodeValue::Code(code) => write_code(out, &code.literal, entering),
        NodeValue::CodeBlock(block) => write_code_block(out, block, entering),
        NodeValue::Paragraph => write_paragraph(out, node, entering),
        NodeValue::Table(_) => {
            out.user.column = 0;
            format_node_default(out, node, entering)
        }
        NodeValue::TableCell => write_cell(out, node, entering),
        NodeValue::Alert(alert) => write_alert(out, alert, entering),
        NodeValue::FootnoteDefinition(footnote) => write_footnote(out, footnote, entering),
        NodeValue::FootnoteReference(reference) => write_reference(out, reference, entering),
        _ => format_node_default(out, node, entering),
    }
}

fn write_heading(out: &mut Output<'_, '_, '_>, level: u8, entering: bool) -> Written {
    if entering {
        out.cr()?;
        write!(out, "<h{level}")?;
        if let Some(heading) = out.user.headings.next() {
            out.write_str(" id=\"")?;
            out.escape(&heading.id)?;
            out.write_str("\"")?;
        }
        out.write_str(">")?;
    } else {
        writeln!(out, "</h{level}>")?;
    }
    Ok(ChildRendering::HTML)
}

/// A link to an address that is not allowed is its text.
fn write_link(out: &mut Output<'_, '_, '_>, link: &NodeLink, entering: bool) -> Written {
    if !address::is_allowed(&link.url) {
        return Ok(ChildRendering::HTML);
    }
    if entering {
        let url = as_written(out, &link.url);
        let title = as_written(out, &link.title);
        let target = url.strip_prefix('#').and_then(|fragment| {
            let fragment = address::decoded(fragment);
            out.user.anchors.target(&fragment)
        });
        out.write_str("<a href=\"")?;
        match target {
            Some(id) => {
                out.write_str("#")?;
                out.escape_href(&id)?;
            }
            None => out.escape_href(&url)?,
        }
        write_title(out, &title)?;
        out.write_str("\">")?;
    } else {
        out.write_str("</a>")?;
    }
    Ok(ChildRendering::HTML)
}

/// An image from an address that is not allowed is its alternative text.
fn write_image(
    out: &mut Output<'_, '_, '_>,
    node: Node<'_>,
    image: &NodeLink,
    entering: bool,
) -> Written {
    if !entering {
        return Ok(ChildRendering::HTML);
    }
    misplace(out, &written(node));
    let alt = plain(node);
    if !address::is_allowed_image(&image.url) {
        out.escape(&alt)?;
        return Ok(ChildRendering::Skip);
    }
    let url = as_written(out, &image.url);
    let title = as_written(out, &image.title);
    out.write_str("<img src=\"")?;
    out.escape_href(&url)?;
    out.write_str("\" alt=\"")?;
    out.escape(&alt)?;
    write_title(out, &title)?;
    out.write_str("\" />")?;
    Ok(ChildRendering::Skip)
}

fn write_title(out: &mut Output<'_, '_, '_>, title: &str) -> fmt::Result {
    if !title.is_empty() {
        out.write_str("\" title=\"")?;
        out.escape(title)?;
    }
    Ok(())
}

fn write_code(out: &mut Output<'_, '_, '_>, literal: &str, entering: bool) -> Written {
    if entering {
        out.write_str("<code>")?;
        let prepared = out.user.prepared;
        out.escape(&prepared.restored(literal))?;
        out.write_str("</code>")?;
    }
    Ok(ChildRendering::HTML)
}

fn write_code_block(
    out: &mut Output<'_, '_, '_>,
    block: &NodeCodeBlock,
    entering: bool,
) -> Written {
    if entering {
        out.cr()?;
        let prepared = out.user.prepared;
        let info = prepared.restored(&block.info);
        match info.split_whitespace().next() {
            Some(language) => {
                out.write_str("<pre><code class=\"language-")?;
                out.escape(language)?;
                out.write_str("\">")?;
            }
            None => out.write_str("<pre><code>")?,
        }
        out.escape(&prepared.restored(&block.literal))?;
        out.write_str("</code></pre>\n")?;
    }
    Ok(ChildRendering::HTML)
}

/// A paragraph that is one embed and nothing else is a hole for a block; the last of a footnote has the
/// way back.
fn write_paragraph(out: &mut Output<'_, '_, '_>, node: Node<'_>, entering: bool) -> Written {
    let mark = lone_mark(node);
    if let Some(mark) = mark.filter(|mark| out.user.is_token(mark.index)) {
        if entering {
            out.cr()?;
            let mut placeholder = String::new();
            holes::push_placeholder(&mut placeholder, mark.index, true);
            writeln!(out, "{placeholder}")?;
        }
        return Ok(ChildRendering::Skip);
    }
    let footnote = node.parent().filter(|_| !entering && node.next_sibling().is_none());
    if let Some(parent) = footnote
        && let NodeValue::FootnoteDefinition(footnote) = &parent.data().value
    {
        write_ways_back(out, footnote)?;
        out.write_str("</p>\n")?;
        return Ok(ChildRendering::HTML);
    }
    format_node_default(out, node, entering)
}

/// The embed that a paragraph is, if it is one and nothing else. A term of a description list is running
/// text.
fn lone_mark(paragraph: Node<'_>) -> Option<Mark> {
    let child = paragraph.first_child().filter(|child| child.next_sibling().is_none())?;
    let is_term = |parent: Node<'_>| matches!(parent.data().value, NodeValue::DescriptionTerm);
    if let NodeValue::Text(text) = &child.data().value
        && !paragraph.parent().is_some_and(is_term)
    {
        holes::only_mark(text)
    } else {
        None
    }
}

fn write_cell(out: &mut Output<'_, '_, '_>, node: Node<'_>, entering: bool) -> Written {
    let is_header =
        node.parent().is_some_and(|row| matches!(row.data().value, NodeValue::TableRow(true)));
    if !is_header || !entering {
        return format_node_default(out, node, entering);
    }
    let column = out.user.column;
    out.user.column += 1;
    let mut alignment = None;
    if let Some(table) = node.parent().and_then(comrak::arena_tree::Node::parent)
        && let NodeValue::Table(table) = &table.data().value
    {
        alignment = table.alignments.get(column).copied();
    }
    out.cr()?;
    out.write_str(match alignment {
        Some(TableAlignment::Left) => "<th scope=\"col\" align=\"left\">",
        Some(TableAlignment::Right) => "<th scope=\"col\" align=\"right\">",
        Some(TableAlignment::Center) => "<th scope=\"col\" align=\"center\">",
        Some(TableAlignment::None) | None => "<th scope=\"col\">",
    })?;
    Ok(ChildRendering::HTML)
}

impl State<'_> {
    fn is_token(&self, index: usize) -> bool {
        self.prepared.holes.get(index).is_some_and(|hole| hole.token.is_ok())
    }
}

/// A text that can't be filled, with its embeds as the author wrote them; they are noted as misplaced.
fn as_written(out: &mut Output<'_, '_, '_>, text: &str) -> String {
    misplace(out, text);
    out.user.prepared.restored(text).into_owned()
}

fn misplace(out: &mut Output<'_, '_, '_>, text: &str) {
    let mut rest = text;
    while let Some(mark) = holes::next_mark(rest) {
        out.user.misplaced.insert(mark.index);
        rest = rest.get(mark.range.end..).unwrap_or_default();
    }
}
