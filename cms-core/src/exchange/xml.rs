//! XML from elsewhere, read piece by piece in bounded memory, and XML for elsewhere.
//!
//! No declarations, no entities but the five that every document has, no nesting without end: what has them is
//! refused with its line. What the elements mean is the formats' business.
#![expect(clippy::wildcard_enum_match_arm, reason = "whatever else the library finds is malformed")]

use std::io::{self, BufRead, Write};

use quick_xml::{
    NsReader, Writer,
    events::{BytesDecl, BytesEnd, BytesRef, BytesStart, BytesText, Event},
    name::ResolveResult,
};

use self::input::{Counted, Utf8};
use super::Fault;
use crate::violation::Violation;

mod input;

/// The most bytes that a tag or a stretch of text may have.
const LONGEST: usize = 1 << 20;
/// How deep elements may lie in each other.
const DEEPEST: usize = 64;

/// A tag that opens, with all that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// The namespace; empty for none.
    pub(super) namespace: String,
    /// The name without its prefix.
    pub(super) name: String,
    /// The attributes by their names as written.
    attributes: Vec<(String, String)>,
    /// The line that it ends on.
    pub(super) line: u64,
}

impl Element {
    /// An attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// An attribute that must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| {
            let what = format!("{}/@{name}", self.name);
            Fault::new(self.line, Violation::new("", "file_missing").with("what", what))
        })
    }

    /// Whether it is this element.
    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// An element begins; one that is empty ends at once.
    Start(Element),
    /// The innermost element ends.
    End,
    /// Text, with its references resolved.
    Text(String),
    /// The document is at its end.
    Eof,
}

/// Reads a document.
pub(super) struct XmlReader<R> {
    inner: NsReader<Counted<Utf8<R>>>,
    buffer: Vec<u8>,
    depth: usize,
    began: bool,
    may_name_its_type: bool,
}

impl<R: BufRead> XmlReader<R> {
    /// A reader that refuses every document type.
    pub(super) fn new(input: R) -> Self {
        let mut inner = NsReader::from_reader(Counted::new(Utf8::new(input)));
        inner.config_mut().expand_empty_elements = true;
        Self { inner, buffer: Vec::new(), depth: 0, began: false, may_name_its_type: false }
    }

    /// A reader of documents that may name their type, which is never looked up, but declare nothing.
    pub(super) fn of_named_type(input: R) -> Self {
        Self { may_name_its_type: true, ..Self::new(input) }
    }

    /// The line that was read last, from 1.
    pub(super) fn line(&mut self) -> u64 {
        self.inner.get_mut().lines
    }

    /// A fault at the line that was read last.
    pub(super) fn fault(&mut self, violation: Violation) -> Fault {
        Fault::new(self.line(), violation)
    }

    /// The next piece; comments and instructions are passed over.
    pub(super) fn next(&mut self) -> Result<Node, Fault> {
        loop {
            self.buffer.clear();
            self.inner.get_mut().since = 0;
            let mut buffer = std::mem::take(&mut self.buffer);
            let taken = self.take(&mut buffer);
            self.buffer = buffer;
            if let Some(node) = taken? {
                return Ok(node);
            }
        }
    }

    fn take(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Node>, Fault> {
        let read = self.inner.read_resolved_event_into(buffer);
        let event = match read {
            Ok((namespace, event)) => {
                let namespace = match namespace {
                    ResolveResult::Bound(name) => String::from_utf8_lossy(name.as_ref()).into(),
                    ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
                };
                (namespace, event)
            }
            Err(error) => {
                let violation = match error {
                    quick_xml::Error::Io(error) => unreadable(&error),
                    other => malformed(&other),
                };
                return Err(self.fault(violation));
            }
        };
        let line = self.inner.get_mut().lines;
        let node = match event {
            (namespace, Event::Start(tag) | Event::Empty(tag)) => {
                self.deeper(line)?;
                Some(Node::Start(element(namespace, &tag, line)?))
            }
            (_, Event::End(_)) => {
                self.depth = self.depth.saturating_sub(1);
                Some(Node::End)
            }
            (_, Event::Text(text)) => {
                let text = text.xml10_content().map_err(|error| wrong(line, &error))?;
                self.text(&text, line)?
            }
            (_, Event::CData(text)) => {
                let text = text.xml10_content().map_err(|error| wrong(line, &error))?;
                self.text(&text, line)?
            }
            (_, Event::GeneralRef(name)) => self.text(&referred(&name, line)?, line)?,
            (_, Event::DocType(name)) if self.may_name_its_type && !name.contains(&b'[') => None,
            (_, Event::DocType(_)) => {
                return Err(Fault::new(line, Violation::new("", "file_declares")));
            }
            (_, Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => None,
            (_, Event::Eof) if self.depth == 0 && self.began => Some(Node::Eof),
            (_, Event::Eof) => {
                let violation =
                    Violation::new("", "file_malformed").with("reason", "it ends early");
                return Err(Fault::new(line, violation));
            }
        };
        Ok(node)
    }

    fn deeper(&mut self, line: u64) -> Result<(), Fault> {
        self.depth += 1;
        self.began = true;
        if self.depth > DEEPEST {
            let violation = Violation::new("", "too_large_inside").with("max", DEEPEST);
            return Err(Fault::new(line, violation));
        }
        Ok(())
    }

    /// Text counts within the document's element alone.
    fn text(&self, text: &str, line: u64) -> Result<Option<Node>, Fault> {
        if let Some(c) = text.chars().find(|c| !is_allowed(*c)) {
            let reason = format!("U+{:04X}", u32::from(c));
            let violation = Violation::new("", "file_malformed").with("reason", reason);
            return Err(Fault::new(line, violation));
        }
        if self.depth > 0 {
            return Ok(Some(Node::Text(text.to_owned())));
        }
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Ok(None);
        }
        let violation = Violation::new("", "file_malformed").with("reason", "text without element");
        Err(Fault::new(line, violation))
    }

    /// The next child of the innermost element; none at its end. Text between children is passed over.
    pub(super) fn child(&mut self) -> Result<Option<Element>, Fault> {
        loop {
            match self.next()? {
                Node::Start(element) => return Ok(Some(element)),
                Node::Text(_) => {}
                Node::End | Node::Eof => return Ok(None),
            }
        }
    }

    /// Passes over the rest of the innermost element.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        let until = self.depth.saturating_sub(1);
        while self.depth > until {
            if self.next()? == Node::Eof {
                break;
            }
        }
        Ok(())
    }

    /// All text of the innermost element, whatever lies in it; it is at its end then.
    pub(super) fn text_within(&mut self) -> Result<String, Fault> {
        let until = self.depth.saturating_sub(1);
        let mut all = String::new();
        while self.depth > until {
            match self.next()? {
                Node::Text(text) => all.push_str(&text),
                Node::Start(element) if element.name == "cp" => all.extend(code_point(&element)?),
                Node::Start(_) | Node::End => {}
                Node::Eof => break,
            }
            self.bounded(&all)?;
        }
        Ok(all)
    }

    /// Refuses what grew beyond measure.
    pub(super) fn bounded(&mut self, text: &str) -> Result<(), Fault> {
        if text.len() > LONGEST {
            return Err(self.fault(Violation::new("", "too_large_inside").with("max", LONGEST)));
        }
        Ok(())
    }
}

/// The character of a `cp` element: one that XML itself can't hold.
pub(super) fn code_point(element: &Element) -> Result<Option<char>, Fault> {
    let hex = element.need("hex")?;
    let code = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    code.map(Some).ok_or_else(|| {
        Fault::new(
            element.line,
            Violation::new("", "file_wrong").with("what", format!("cp/@hex={hex}")),
        )
    })
}

fn element(namespace: String, tag: &BytesStart<'_>, line: u64) -> Result<Element, Fault> {
    let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| wrong(line, &error))?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let raw = std::str::from_utf8(&attribute.value).map_err(|error| wrong(line, &error))?;
        let value = quick_xml::escape::unescape(raw).map_err(|error| match error {
            quick_xml::escape::EscapeError::UnrecognizedEntity(..) => {
                Fault::new(line, Violation::new("", "file_declares"))
            }
            other => wrong(line, &other),
        })?;
        attributes.push((key, value.into_owned()));
    }
    Ok(Element { namespace, name, attributes, line })
}

/// What a reference stands for: one of the five that every document has, or a character by its number.
fn referred(name: &BytesRef<'_>, line: u64) -> Result<String, Fault> {
    let found = name.resolve_char_ref().map_err(|error| wrong(line, &error))?;
    if let Some(c) = found {
        return Ok(c.to_string());
    }
    let name = name.decode().map_err(|error| wrong(line, &error))?;
    match name.as_ref() {
        "lt" => Ok("<".to_owned()),
        "gt" => Ok(">".to_owned()),
        "amp" => Ok("&".to_owned()),
        "quot" => Ok("\"".to_owned()),
        "apos" => Ok("'".to_owned()),
        _ => Err(Fault::new(line, Violation::new("", "file_declares"))),
    }
}

/// Whether XML 1.0 can hold a character.
pub(super) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn malformed(error: &dyn std::fmt::Display) -> Violation {
    Violation::new("", "file_malformed").with("reason", error)
}

fn wrong(line: u64, error: &dyn std::fmt::Display) -> Fault {
    Fault::new(line, malformed(error))
}

fn unreadable(error: &io::Error) -> Violation {
    if error.kind() == io::ErrorKind::FileTooLarge {
        Violation::new("", "too_large_inside").with("max", LONGEST)
    } else {
        malformed(error)
    }
}

/// Writes a document.
pub(super) struct XmlWriter<W: Write>(Writer<W>);

impl<W: Write> XmlWriter<W> {
    /// Begins a document.
    pub(super) fn new(out: W) -> io::Result<Self> {
        let mut writer = Writer::new(out);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(Self(writer))
    }

    /// A new line, with two spaces for each step in.
    pub(super) fn line(&mut self, steps: usize) -> io::Result<()> {
        let out = self.0.get_mut();
        out.write_all(b"\n")?;
        (0..steps).try_for_each(|_| out.write_all(b"  "))
    }

    /// An element begins.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Start(tag(name, attributes)))
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(tag(name, attributes)))
    }

    /// An element ends.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Text, of which `otherwise` writes what XML can't hold.
    pub(super) fn text(
        &mut self,
        text: &str,
        mut otherwise: impl FnMut(&mut Self, char) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(|c| !is_allowed(c)) {
            let (before, after) = rest.split_at(at);
            self.0.write_event(Event::Text(BytesText::from_escaped(escaped(before))))?;
            let mut chars = after.chars();
            if let Some(c) = chars.next() {
                otherwise(self, c)?;
            }
            rest = chars.as_str();
        }
        self.0.write_event(Event::Text(BytesText::from_escaped(escaped(rest))))
    }

    /// An element with text, without what XML can't hold.
    pub(super) fn leaf(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> io::Result<()> {
        self.open(name, attributes)?;
        self.text(text, |_, _| Ok(()))?;
        self.close(name)
    }

    /// What was written to.
    pub(super) fn into_inner(self) -> W {
        self.0.into_inner()
    }
}

fn tag<'n>(name: &'n str, attributes: &[(&str, &str)]) -> BytesStart<'n> {
    let mut tag = BytesStart::new(name);
    for (name, value) in attributes {
        let value: String = value
            .chars()
            .filter(|c| is_allowed(*c))
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .collect();
        tag.push_attribute((*name, value.as_str()));
    }
    tag
}

/// Text as it stands in a document; a carriage return is told from a line's end.
fn escaped(text: &str) -> String {
    quick_xml::escape::partial_escape(text).replace('\r', "&#13;")
}
