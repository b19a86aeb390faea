//! Cuts sanitised HTML at its holes, and reads off it what readers see: the plain text and the links.
//!
//! The sanitiser's output is regular (lower-case names, values in double quotes, `<` only before a
//! tag), so that one pass over it is enough.

use std::collections::BTreeSet;

use super::{
    address,
    holes::{self, Prepared},
};
use crate::embed::Piece;

/// What one pass over the HTML gives.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// The HTML, with holes.
    pub(super) pieces: Vec<Piece>,
    /// What readers see, blocks on lines of their own.
    pub(super) text: String,
    /// Where links lead, in order, each once; links within the text apart.
    pub(super) links: Vec<String>,
    /// The holes of the HTML: their numbers, and whether a block fits.
    pub(super) filled: std::collections::BTreeMap<usize, bool>,
    /// What looks like an embed in running text and isn't one.
    pub(super) bad: BTreeSet<usize>,
    /// Holes in attributes.
    pub(super) misplaced: BTreeSet<usize>,
    open: String,
    hidden: Option<(String, usize)>,
    seen: BTreeSet<String>,
}

/// Cuts `html`, which is sanitised and has the placeholders of `prepared`.
pub(super) fn cut(html: &str, prepared: &Prepared) -> Cut {
    let mut cut = Cut { open: String::with_capacity(html.len() + 64), ..Cut::default() };
    let mut rest = html;
    while !rest.is_empty() {
        let (text, from_tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        cut.text_run(text, prepared);
        let (tag, after) = from_tag.split_at(tag_length(from_tag));
        cut.tag(tag, prepared);
        rest = after;
    }
    cut.close();
    let trimmed = cut.text.trim_end().len();
    cut.text.truncate(trimmed);
    cut
}

/// The length of the tag that `text` begins with: to the first `>` outside of quotes.
fn tag_length(text: &str) -> usize {
    let mut is_quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

impl Cut {
    fn text_run(&mut self, text: &str, prepared: &Prepared) {
        let mut rest = text;
        while let Some(mark) = holes::next_mark(rest) {
            let (before, from) = rest.split_at(mark.range.start);
            self.push_text(before);
            match prepared.holes.get(mark.index).map(|hole| (&hole.token, &hole.source)) {
                Some((Ok(token), _)) => {
                    if let std::collections::btree_map::Entry::Vacant(hole) =
                        self.filled.entry(mark.index)
                    {
                        hole.insert(mark.block);
                        self.close();
                        self.pieces.push(Piece::Embed { token: token.clone(), block: mark.block });
                    }
                }
                Some((Err(_), source)) => {
                    self.bad.insert(mark.index);
                    self.push_text(&escaped(source));
                }
                None => {}
            }
            rest = from.get(mark.range.len()..).unwrap_or_default();
        }
        self.push_text(rest);
    }

    fn push_text(&mut self, html: &str) {
        self.open.push_str(html);
        if self.hidden.is_none() {
            push_words(&mut self.text, &unescaped(html));
        }
    }

    fn tag(&mut self, tag: &str, prepared: &Prepared) {
        let inside = tag.trim_start_matches('<').trim_end_matches('>');
        let (name, is_end) = match inside.strip_prefix('/') {
            Some(name) => (name, true),
            None => (inside.split(' ').next().unwrap_or_default(), false),
        };
        let tag = self.restored(tag, prepared);
        let href = if name == "a" && !is_end { attribute(&tag, "href") } else { None };
        match href.as_deref().filter(|href| address::is_external(href)) {
            Some(_) => {
                self.open.push_str(tag.trim_end_matches('>'));
                self.open.push_str(" class=\"external\" rel=\"noopener noreferrer external\">");
            }
            None => self.open.push_str(&tag),
        }
        if let Some(href) = href.filter(|href| !href.starts_with('#') && !href.is_empty())
            && self.seen.insert(href.clone())
        {
            self.links.push(href);
        }
        self.see_tag(name, is_end, &tag);
    }

    /// What a tag means for the plain text.
    fn see_tag(&mut self, name: &str, is_end: bool, tag: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name {
                *depth = if is_end { depth.saturating_sub(1) } else { *depth + 1 };
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        let class = attribute(tag, "class").unwrap_or_default();
        if !is_end
            && matches!(
                class.as_str(),
                "footnote-ref" | "footnote-backref" | "markdown-alert-title"
            )
        {
            self.hidden = Some((name.to_owned(), 1));
        }
        if name == "img" {
            push_words(&mut self.text, &attribute(tag, "alt").unwrap_or_default());
        } else if matches!(name, "td" | "th") {
            push_space(&mut self.text);
        } else if name == "br" || is_block(name) {
            push_line_end(&mut self.text);
        }
    }

    /// A tag with its placeholders as the author wrote them: nothing is filled in an attribute.
    fn restored(&mut self, tag: &str, prepared: &Prepared) -> String {
        let mut out = String::with_capacity(tag.len());
        let mut rest = tag;
        while let Some(mark) = holes::next_mark(rest) {
            out.push_str(rest.get(..mark.range.start).unwrap_or_default());
            if let Some(hole) = prepared.holes.get(mark.index) {
                out.push_str(&escaped(&hole.source));
                self.misplaced.insert(mark.index);
            }
            rest = rest.get(mark.range.end..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.open)));
        }
    }
}

/// The value of an attribute of a tag, unescaped.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once("=\"")?;
        let (value, next) = after.split_once('"')?;
        if before.rsplit(' ').next() == Some(name) {
            return Some(unescaped(value));
        }
        rest = next;
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "blockquote"
            | "caption"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "figcaption"
            | "figure"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "li"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tr"
            | "ul"
    )
}

/// Adds words with white space as one space, or as one line end where a block ended.
fn push_words(text: &mut String, words: &str) {
    for c in words.chars() {
        if c.is_whitespace() {
            push_space(text);
        } else {
            text.push(c);
        }
    }
}

fn push_space(text: &mut String) {
    if !text.is_empty() && !text.ends_with([' ', '\n']) {
        text.push(' ');
    }
}

fn push_line_end(text: &mut String) {
    let length = text.trim_end_matches(' ').len();
    text.truncate(length);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Plain text as HTML, for running text and for values in double quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

/// The text of sanitised HTML, which has no other references than these.
fn unescaped(html: &str) -> String {
    if !html.contains('&') {
        return html.to_owned();
    }
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}
