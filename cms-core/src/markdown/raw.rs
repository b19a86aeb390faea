//! Raw HTML as an author wrote it, read strictly: what is no tag by the book is no tag at all.
//!
//! HTML parsers forgive nearly everything, each in the same but intricate way; here only what every
//! parser reads alike is kept, so that the text can't mean more to a browser than it does to us.

use std::ops::Range;

use super::policy;

/// What a stretch of raw HTML holds, text apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Where, in bytes.
    pub(super) range: Range<usize>,
    /// What.
    pub(super) kind: TokenKind,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// The start of an element, or the whole of one that holds nothing.
    Start {
        /// The element, in lower case.
        name: String,
        /// How it may be written: `None` as the author did, otherwise without what is not allowed.
        cleaned: Option<String>,
    },
    /// The end of an element with this name in lower case.
    End(String),
    /// A comment, a declaration, an instruction.
    Junk,
    /// A `<` that begins nothing that we understand, and might for another reader.
    Stray,
}

/// Elements that hold nothing.
const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

/// Elements that an HTML parser opens again in every block that follows, until they are closed (HTML,
/// section 13.2.4.3).
const FORMATTING: [&str; 10] = ["a", "b", "code", "em", "i", "s", "small", "strong", "tt", "u"];

/// Whether an author may write this element.
pub(super) fn is_allowed(name: &str) -> bool {
    // Check boxes are those of task lists.
    name != "input" && policy::ELEMENTS.contains(&name)
}

/// Whether an element holds nothing.
pub(super) fn is_void(name: &str) -> bool {
    VOID.contains(&name)
}

/// Whether an element is one of those that a parser opens again.
pub(super) fn is_formatting(name: &str) -> bool {
    FORMATTING.contains(&name)
}

/// The tokens of raw HTML, in order.
pub(super) fn tokens(html: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut from = 0;
    while let Some(start) = html.get(from..).and_then(|rest| rest.find('<')).map(|at| from + at) {
        let rest = html.get(start..).unwrap_or_default();
        let token = token(rest);
        from = start + token.as_ref().map_or(1, |(length, _)| *length);
        tokens.extend(token.map(|(length, kind)| Token { range: start..start + length, kind }));
    }
    tokens
}

/// The token that `text`, which begins with `<`, begins with, and its length.
fn token(text: &str) -> Option<(usize, TokenKind)> {
    let after = text.get(1..)?;
    match after.chars().next()? {
        '!' | '?' => Some((junk_length(text), TokenKind::Junk)),
        '/' => Some(end_tag(text).unwrap_or((1, TokenKind::Stray))),
        c if c.is_ascii_alphabetic() => Some(start_tag(text).unwrap_or((1, TokenKind::Stray))),
        _ => None,
    }
}

/// To the end that goes with the beginning; to the end of the text when that is missing.
fn junk_length(text: &str) -> usize {
    let end = if text.starts_with("<!--") {
        "-->"
    } else if text.starts_with("<![CDATA[") {
        "]]>"
    } else if text.starts_with("<?") {
        "?>"
    } else {
        ">"
    };
    // A comment may end with the hyphens that it begins with.
    text.get(2..).and_then(|rest| rest.find(end)).map_or(text.len(), |at| at + 2 + end.len())
}

fn end_tag(text: &str) -> Option<(usize, TokenKind)> {
    let mut reader = Reader { text, at: 2 };
    let name = reader.while_(|c| c.is_ascii_alphanumeric() || c == '-');
    reader.white();
    (!name.is_empty() && reader.skip('>'))
        .then(|| (reader.at, TokenKind::End(name.to_ascii_lowercase())))
}

fn start_tag(text: &str) -> Option<(usize, TokenKind)> {
    let mut reader = Reader { text, at: 1 };
    let name = reader.while_(|c| c.is_ascii_alphanumeric() || c == '-').to_ascii_lowercase();
    let mut kept = format!("<{name}");
    let mut is_clean = true;
    loop {
        let is_apart = !reader.white().is_empty();
        if reader.skip('>') {
            break;
        }
        if reader.rest().starts_with("/>") {
            reader.at += 2;
            break;
        }
        let attribute = reader.attribute().filter(|_| is_apart)?;
        match attribute.cleaned(&name) {
            Some(attribute) => kept.push_str(&attribute),
            None => is_clean = false,
        }
    }
    kept.push('>');
    let is_empty_image = name == "img" && !kept.contains(" src=");
    let kind = if is_empty_image {
        TokenKind::Junk
    } else {
        TokenKind::Start { name, cleaned: (!is_clean).then_some(kept) }
    };
    Some((reader.at, kind))
}

/// Reads a text from left to right.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

struct Attribute<'t> {
    name: String,
    value: Option<&'t str>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn while_(&mut self, holds: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = rest.get(..rest.find(|c| !holds(c)).unwrap_or(rest.len())).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn white(&mut self) -> &'t str {
        self.while_(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
    }

    fn skip(&mut self, c: char) -> bool {
        let is_there = self.rest().starts_with(c);
        self.at += if is_there { c.len_utf8() } else { 0 };
        is_there
    }

    /// By the grammar of CommonMark 0.31.2, section 6.6.
    fn attribute(&mut self) -> Option<Attribute<'t>> {
        let name = self.while_(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-'));
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':')) {
            return None;
        }
        let name = name.to_ascii_lowercase();
        let before = self.at;
        self.white();
        if !self.skip('=') {
            self.at = before;
            return Some(Attribute { name, value: None });
        }
        self.white();
        let value = match self.rest().chars().next()? {
            quote @ ('"' | '\'') => {
                self.at += 1;
                let value = self.while_(|c| c != quote);
                if !self.skip(quote) {
                    return None;
                }
                value
            }
            _ => self.while_(|c| {
                !c.is_ascii_whitespace() && !matches!(c, '"' | '\'' | '=' | '<' | '>' | '`')
            }),
        };
        Some(Attribute { name, value: Some(value) })
    }
}

impl Attribute<'_> {
    /// The attribute as it may stand on an element of this name.
    fn cleaned(&self, element: &str) -> Option<String> {
        if !policy::has_attribute(element, &self.name) {
            return None;
        }
        let Some(value) = self.value else { return Some(format!(" {}", self.name)) };
        let is_address = matches!(self.name.as_str(), "cite" | "href" | "src");
        let meant = meant(value, is_address)?;
        let is_allowed =
            !meant.contains(['<', '>', '`']) && policy::allows(element, &self.name, &meant);
        is_allowed.then(|| format!(" {}=\"{}\"", self.name, value.replace('"', "&quot;")))
    }
}

/// A value as a browser reads it, as far as addresses and our own words need it: numeric references and
/// those to ASCII characters are resolved. `None` where another reference might hide an address's scheme.
fn meant(value: &str, is_address: bool) -> Option<String> {
    let mut meant = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        meant.push_str(before);
        let (c, length) = numeric(after).or_else(|| named(after)).unwrap_or(('&', 0));
        let is_open =
            length == 0 && after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '#');
        if is_address && is_open && !meant.contains(['/', '?', '#', ' ']) {
            return None;
        }
        meant.push(c);
        rest = after.get(length..).unwrap_or_default();
    }
    meant.push_str(rest);
    Some(meant)
}

/// The character of the numeric reference that `text` is, after its ampersand, and its length.
fn numeric(text: &str) -> Option<(char, usize)> {
    let number = text.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let (digits, after) =
        digits.split_at_checked(length).filter(|(digits, _)| !digits.is_empty())?;
    let value = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let semicolon = usize::from(after.starts_with(';'));
    Some((value.unwrap_or(char::REPLACEMENT_CHARACTER), text.len() - after.len() + semicolon))
}

fn named(text: &str) -> Option<(char, usize)> {
    [
        ("amp;", '&'),
        ("apos;", '\''),
        ("gt;", '>'),
        ("lt;", '<'),
        ("nbsp;", '\u{a0}'),
        ("quot;", '"'),
    ]
    .into_iter()
    .find(|(name, _)| text.starts_with(name))
    .map(|(name, c)| (c, name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of raw HTML when each token is as it may be.
    fn check(html: &str, expected: &str) {
        let mut out = String::new();
        let mut from = 0;
        for Token { range, kind } in tokens(html) {
            out.push_str(html.get(from..range.start).unwrap());
            from = range.end;
            match kind {
                TokenKind::Start { name, cleaned } if is_allowed(&name) => {
                    out.push_str(cleaned.as_deref().unwrap_or(html.get(range).unwrap()));
                }
                TokenKind::End(name) if is_allowed(&name) => out.push_str(html.get(range).unwrap()),
                TokenKind::Start { .. } | TokenKind::End(_) | TokenKind::Junk => {}
                TokenKind::Stray => out.push_str("&lt;"),
            }
        }
        out.push_str(html.get(from..).unwrap());
        assert_eq!(out, expected, "{html}");
    }

    #[test]
    fn allowed_tags_stay_byte_for_byte() {
        for html in [
            "<b>a</b>",
            "<a href='/x?a&amp;b' title=\"c&eacute;\">",
            "<BR />",
            "<td\ncolspan=2>",
            "1 < 2 <3",
            "<img src=a alt>",
        ] {
            check(html, html);
        }
    }

    #[test]
    fn what_is_not_allowed_goes() {
        check("<b onclick=x>a</b >", "<b>a</b >");
        check("<div class=\"grid\" id=\"h-x\" markdown>", "<div id=\"h-x\">");
        check("<a href=javascript:x title='\"'>", "<a title=\"&quot;\">");
        check("<form><input></form><img alt=x>", "");
        check(
            "<!-- a --><!--> b <!---> c --><?php ?><!DOCTYPE html><![CDATA[ > ]]>d",
            " b  c -->d",
        );
        check("a <!-- b", "a ");
    }

    #[test]
    fn what_is_no_tag_by_the_book_is_text() {
        check("<a/onclick=x>", "&lt;a/onclick=x>");
        check("<b x='", "&lt;b x='");
        check("<b =x>", "&lt;b =x>");
        check("</ b>", "&lt;/ b>");
        check("<b x=\"a\"y>", "&lt;b x=\"a\"y>");
    }

    #[test]
    fn a_scheme_is_seen_through_references() {
        for url in [
            "&#106;avascript:x",
            "&#x6A;avascript:x",
            "&#0000106avascript:x",
            "java&Tab;script:x",
            "javascript&colon;x",
            "java&#10;script:x",
            "&#1;javascript:x",
        ] {
            check(&format!("<a href=\"{url}\">"), "<a>");
        }
        check("<a href=\"/x?a=1&copy=2&#35;\">", "<a href=\"/x?a=1&copy=2&#35;\">");
    }
}
