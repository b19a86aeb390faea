//! TBX-Basic (ISO 30042): terms for other tools, out and in.
//!
//! Written in version 3 by data category (`dca`). Read in version 2 (`martif`) and 3, by data category or by tag (`dct`);
//! what the basic dialect has beyond a term, its status, its definition, its subject and its part of speech is passed
//! over. How a term is found in a text, and where a wording may stand all the same, has no place in the format.

use std::io::{self, BufRead, Write};

use serde_json::Value;

use super::{
    Concept, Found, Gathered, Said, Section, Status, fields_of, put, shared_text, wordings,
};
use crate::{
    event::Fields,
    exchange::{
        Fault,
        xml::{Element, XmlReader, XmlWriter},
    },
    locale::Locale,
    violation::Violation,
};

/// The namespace of version 3.
const CORE: &str = "urn:iso:std:iso:30042:ed-2";

/// Writes terms.
pub struct TbxWriter<W: Write> {
    out: XmlWriter<W>,
}

impl<W: Write> std::fmt::Debug for TbxWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TbxWriter").finish_non_exhaustive()
    }
}

impl<W: Write> TbxWriter<W> {
    /// Begins a glossary whose concepts are described in a language.
    ///
    /// # Errors
    /// [`io::Error`] of what is written to.
    pub fn new(out: W, language: &Locale) -> io::Result<Self> {
        let mut out = XmlWriter::new(out)?;
        out.line(0)?;
        out.open(
            "tbx",
            &[
                ("style", "dca"),
                ("type", "TBX-Basic"),
                ("xml:lang", language.as_str()),
                ("xmlns", CORE),
            ],
        )?;
        out.line(1)?;
        for name in ["tbxHeader", "fileDesc", "sourceDesc"] {
            out.open(name, &[])?;
        }
        out.leaf("p", &[], "Beacon")?;
        for name in ["sourceDesc", "fileDesc", "tbxHeader"] {
            out.close(name)?;
        }
        out.line(1)?;
        out.open("text", &[])?;
        out.open("body", &[])?;
        Ok(Self { out })
    }

    /// Adds a term; one that is called nothing is left out.
    ///
    /// # Errors
    /// As for [`TbxWriter::new`].
    pub fn concept(&mut self, concept: &Concept) -> io::Result<()> {
        let sections = concept.sections.iter();
        let sections: Vec<_> =
            sections.filter_map(|it| Some((&it.tag, wordings(&it.fields)?))).collect();
        if sections.is_empty() {
            return Ok(());
        }
        self.out.line(2)?;
        self.out.open("conceptEntry", &[("id", &xml_id(&concept.id))])?;
        if let Some(subject) = shared_text(&concept.shared, "subject") {
            self.out.line(3)?;
            self.out.leaf("descrip", &[("type", "subjectField")], subject)?;
        }
        let part_of_speech = shared_text(&concept.shared, "part_of_speech");
        for (tag, (definition, said)) in sections {
            self.out.line(3)?;
            self.out.open("langSec", &[("xml:lang", tag)])?;
            if let Some(definition) = definition {
                self.out.line(4)?;
                self.out.leaf("descrip", &[("type", "definition")], &definition)?;
            }
            for (status, text, reason) in said {
                self.term((status, &text, reason.as_deref()), part_of_speech)?;
            }
            self.out.line(3)?;
            self.out.close("langSec")?;
        }
        self.out.line(2)?;
        self.out.close("conceptEntry")
    }

    fn term(
        &mut self,
        (status, text, reason): (Status, &str, Option<&str>),
        part_of_speech: Option<&str>,
    ) -> io::Result<()> {
        let status = match status {
            Status::Preferred | Status::Unsaid => "preferredTerm-admn-sts",
            Status::Admitted => "admittedTerm-admn-sts",
            Status::Forbidden => "deprecatedTerm-admn-sts",
            Status::Exempt => return Ok(()),
        };
        self.out.line(4)?;
        self.out.open("termSec", &[])?;
        self.out.leaf("term", &[], text)?;
        self.out.leaf("termNote", &[("type", "administrativeStatus")], status)?;
        if let Some(part_of_speech) = part_of_speech {
            self.out.leaf("termNote", &[("type", "partOfSpeech")], part_of_speech)?;
        }
        if let Some(reason) = reason {
            self.out.leaf("note", &[], reason)?;
        }
        self.out.close("termSec")
    }

    /// Ends the glossary, and gives back what was written to.
    ///
    /// # Errors
    /// As for [`TbxWriter::new`].
    pub fn finish(mut self) -> io::Result<W> {
        self.out.line(1)?;
        self.out.close("body")?;
        self.out.close("text")?;
        self.out.line(0)?;
        self.out.close("tbx")?;
        self.out.line(0)?;
        Ok(self.out.into_inner())
    }
}

/// An id as XML has them: letters, digits, points, lines, and `_x…_` for everything else.
fn xml_id(id: &str) -> String {
    let mut written = String::with_capacity(id.len());
    for (at, c) in id.char_indices() {
        let is_plain = c.is_ascii_alphabetic() || (at > 0 && matches!(c, '0'..='9' | '-' | '.'));
        if is_plain {
            written.push(c);
        } else {
            written.extend(["_x", &format!("{:x}", u32::from(c)), "_"]);
        }
    }
    written
}

/// What an id stands for; one that other tools made stands for itself.
fn from_xml_id(id: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(id.len()), id);
    while let Some(at) = rest.find("_x") {
        let (before, after) = rest.split_at(at);
        read.push_str(before);
        let code = after.get(2..).and_then(|after| after.split_once('_'));
        let found = code.and_then(|(hex, after)| {
            Some((u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)?, after))
        });
        if let Some((c, after)) = found {
            read.push(c);
            rest = after;
        } else {
            read.push_str("_x");
            rest = after.get(2..).unwrap_or_default();
        }
    }
    read.push_str(rest);
    read
}

/// Reads terms to the end of the file.
///
/// # Errors
/// [`Fault`] with the line where it can't be read.
pub(super) fn read(input: impl BufRead) -> Result<Found, Fault> {
    let mut xml = XmlReader::of_named_type(input);
    let root = xml.child()?.ok_or_else(|| missing(1, "tbx"))?;
    if !matches!(root.name.as_str(), "tbx" | "martif") {
        let violation = Violation::new("", "not_tbx").with("found", &root.name);
        return Err(Fault::new(root.line, violation));
    }
    let language = root.get("xml:lang").map(str::to_owned);
    let mut reader = TbxReader { xml, language, gathered: Gathered::default() };
    let mut had_body = false;
    while let Some(element) = reader.xml.child()? {
        if element.name != "text" {
            reader.xml.skip()?;
            continue;
        }
        while let Some(element) = reader.xml.child()? {
            if element.name == "body" {
                had_body = true;
                reader.body()?;
            } else {
                reader.xml.skip()?;
            }
        }
    }
    // What stands behind the document's end is told too.
    reader.xml.child()?;
    let line = reader.xml.line();
    if !had_body {
        return Err(missing(line, "body"));
    }
    Ok(Found {
        concepts: reader.gathered.concepts,
        shared: ["part_of_speech", "subject"].into(),
        localized: ["title", "definition", "variants", "forbidden"].into(),
    })
}

fn missing(line: u64, what: &str) -> Fault {
    Fault::new(line, Violation::new("", "file_missing").with("what", what))
}

struct TbxReader<R> {
    xml: XmlReader<R>,
    /// The language of what says none.
    language: Option<String>,
    gathered: Gathered,
}

/// What an element says: by its type in the one style, by its name in the other.
fn category(element: &Element) -> &str {
    match element.name.as_str() {
        "descrip" | "termNote" | "admin" => element.get("type").unwrap_or_default(),
        name => name,
    }
}

/// Whether an element only holds others together.
fn is_group(element: &Element) -> bool {
    matches!(element.name.as_str(), "descripGrp" | "termGrp" | "termNoteGrp" | "adminGrp")
}

/// What is said of a concept, besides its languages.
#[derive(Default)]
struct About {
    subject: Option<String>,
    definition: Option<String>,
    part_of_speech: Option<&'static str>,
}

impl<R: BufRead> TbxReader<R> {
    fn body(&mut self) -> Result<(), Fault> {
        while let Some(element) = self.xml.child()? {
            match element.name.as_str() {
                "conceptEntry" | "termEntry" => self.concept(&element)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn concept(&mut self, element: &Element) -> Result<(), Fault> {
        let id = from_xml_id(element.need("id")?);
        let (mut about, mut sections) = (About::default(), Vec::new());
        self.within(&mut about, &mut sections)?;
        if let Some(definition) = about.definition {
            // Said of the concept, it is in the language of the file.
            let own = |section: &&mut Section| Some(&section.tag) == self.language.as_ref();
            if let Some(section) = sections.iter_mut().find(own)
                && shared_text(&section.fields, "definition").is_none()
            {
                put(&mut section.fields, "definition", Value::String(definition));
            }
        }
        let mut shared = Fields::new();
        for (name, value) in [
            ("subject", about.subject),
            ("part_of_speech", about.part_of_speech.map(str::to_owned)),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                put(&mut shared, name, Value::String(value));
            }
        }
        self.gathered.add(Concept { line: element.line, id, shared, sections })
    }

    /// The content of a concept, and of what holds parts of it together.
    fn within(&mut self, about: &mut About, sections: &mut Vec<Section>) -> Result<(), Fault> {
        while let Some(element) = self.xml.child()? {
            if matches!(element.name.as_str(), "langSec" | "langSet") {
                let section = self.section(&element, about)?;
                if sections.iter().any(|known| known.tag == section.tag) {
                    let what = format!("langSec xml:lang={}", section.tag);
                    let violation = Violation::new("", "file_unexpected").with("what", what);
                    return Err(Fault::new(element.line, violation));
                }
                sections.push(section);
            } else if is_group(&element) {
                self.within(about, sections)?;
            } else {
                match category(&element) {
                    "subjectField" if about.subject.is_none() => {
                        about.subject = Some(one_line(self.xml.text_within()?));
                    }
                    "definition" => about.definition = Some(self.xml.text_within()?),
                    _ => self.xml.skip()?,
                }
            }
        }
        Ok(())
    }

    fn section(&mut self, element: &Element, about: &mut About) -> Result<Section, Fault> {
        let tag = element.get("xml:lang").or_else(|| element.get("lang"));
        let tag = tag.ok_or_else(|| missing(element.line, "langSec/@xml:lang"))?.to_owned();
        let (mut said, mut definition) = (Vec::new(), None);
        self.language(&mut said, &mut definition, about)?;
        let fields = fields_of(element.line, said, definition)?;
        Ok(Section { line: element.line, tag, fields })
    }

    fn language(
        &mut self,
        said: &mut Vec<Said>,
        definition: &mut Option<String>,
        about: &mut About,
    ) -> Result<(), Fault> {
        while let Some(element) = self.xml.child()? {
            if matches!(element.name.as_str(), "termSec" | "tig" | "ntig") {
                let (line, text) = (element.line, String::new());
                let mut one = Said { line, status: Status::Unsaid, text, reason: None };
                self.term(&mut one, about)?;
                if one.text.trim().is_empty() {
                    return Err(missing(line, "term"));
                }
                one.reason = one.reason.filter(|_| one.status == Status::Forbidden);
                self.gathered.grow(line, one.text.len())?;
                said.push(one);
            } else if is_group(&element) {
                self.language(said, definition, about)?;
            } else if category(&element) == "definition" {
                *definition = Some(self.xml.text_within()?);
            } else {
                self.xml.skip()?;
            }
        }
        Ok(())
    }

    fn term(&mut self, said: &mut Said, about: &mut About) -> Result<(), Fault> {
        while let Some(element) = self.xml.child()? {
            if is_group(&element) {
                self.term(said, about)?;
                continue;
            }
            match category(&element) {
                "term" => said.text = one_line(self.xml.text_within()?),
                "note" => said.reason = Some(self.xml.text_within()?),
                "administrativeStatus" | "normativeAuthorization" => {
                    said.status = status(self.xml.text_within()?.trim());
                }
                "partOfSpeech" => {
                    let found = part_of_speech(self.xml.text_within()?.trim());
                    about.part_of_speech = about.part_of_speech.or(found);
                }
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }
}

/// A text that others broke into lines, as one.
fn one_line(text: String) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}

fn status(name: &str) -> Status {
    match name.trim_end_matches("-admn-sts").trim_end_matches("Term") {
        "preferred" | "standardized" | "legal" => Status::Preferred,
        "admitted" | "regulated" => Status::Admitted,
        "deprecated" | "superseded" | "notRecommended" | "obsolete" => Status::Forbidden,
        _ => Status::Unsaid,
    }
}

fn part_of_speech(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "noun" | "propernoun" | "proper noun" => Some("noun"),
        "verb" => Some("verb"),
        "adjective" => Some("adjective"),
        "adverb" => Some("adverb"),
        "" => None,
        _ => Some("other"),
    }
}
