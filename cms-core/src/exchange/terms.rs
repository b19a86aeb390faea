//! Glossaries as files, TBX-Basic and CSV, by way of one model: a [`Concept`] is a term in all its languages, its fields
//! as the entry of a term has them.
//!
//! A glossary is small enough to be held in memory, and is read to its end before anything of it counts; a file that is
//! larger than any glossary is refused where it becomes that.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, BufRead, Write},
};

use serde_json::{Value, json};

use self::{csv::CsvWriter, tbx::TbxWriter};
use super::Fault;
use crate::{
    event::Fields,
    glossary::{self, Wording},
    id::FieldName,
    locale::Locale,
    violation::Violation,
};

pub mod csv;
pub mod tbx;

#[cfg(test)]
mod tests;

/// The most concepts that a file may have.
pub const MOST: usize = 20_000;
/// The most bytes that their texts may have.
const MOST_BYTES: usize = 32 << 20;

/// A format of glossaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TBX-Basic (ISO 30042): written in version 3, style `dca`; read in versions 2 and 3, and in style `dct` too.
    Tbx,
    /// CSV, a row for each wording.
    Csv,
}

/// What a term is called in a language, as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The line that it begins at.
    pub line: u64,
    /// The language's tag as written.
    pub tag: String,
    /// The fields.
    pub fields: Fields,
}

/// A term as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Concept {
    /// The line that it begins at; 0 for one that goes out.
    pub line: u64,
    /// The entry's key, or its id where it has none.
    pub id: String,
    /// The fields that all languages share.
    pub shared: Fields,
    /// What it is called, the source's language first.
    pub sections: Vec<Section>,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Its concepts, in order.
    pub concepts: Vec<Concept>,
    /// The shared fields that it can tell: what it leaves out of these isn't there. Of others it says nothing.
    pub shared: BTreeSet<&'static str>,
    /// The fields of a language that it can tell.
    pub localized: BTreeSet<&'static str>,
}

/// What was read so far.
#[derive(Debug, Default)]
struct Gathered {
    concepts: Vec<Concept>,
    places: HashMap<String, usize>,
    bytes: usize,
}

impl Gathered {
    /// Takes in a concept.
    fn add(&mut self, concept: Concept) -> Result<(), Fault> {
        let line = concept.line;
        if self.places.insert(concept.id.clone(), self.concepts.len()).is_some() {
            let violation = Violation::new("", "repeated_id").with("id", concept.id);
            return Err(Fault::new(line, violation));
        }
        self.grow(line, concept.sections.iter().map(|section| size(&section.fields)).sum())?;
        if self.concepts.len() >= MOST {
            return Err(Fault::new(line, Violation::new("", "too_large_inside").with("max", MOST)));
        }
        self.concepts.push(concept);
        Ok(())
    }

    fn grow(&mut self, line: u64, bytes: usize) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MOST_BYTES {
            let violation = Violation::new("", "too_large_inside").with("max", MOST_BYTES);
            return Err(Fault::new(line, violation));
        }
        Ok(())
    }
}

fn size(fields: &Fields) -> usize {
    fields.values().map(|value| value.to_string().len()).sum()
}

/// Reads a glossary to its end.
///
/// # Errors
/// [`Fault`] with the line where it can't be read.
pub fn read(input: impl BufRead, format: Format) -> Result<Found, Fault> {
    match format {
        Format::Tbx => tbx::read(input),
        Format::Csv => csv::read(input),
    }
}

/// Writes a glossary in either format.
#[derive(Debug)]
pub enum TermsWriter<W: Write> {
    /// TBX-Basic.
    Tbx(TbxWriter<W>),
    /// CSV.
    Csv(Box<CsvWriter<W>>),
}

impl<W: Write> TermsWriter<W> {
    /// Begins a glossary.
    ///
    /// # Errors
    /// [`io::Error`] of what is written to; so for all that is written.
    pub fn new(out: W, format: Format, language: &Locale) -> io::Result<Self> {
        Ok(match format {
            Format::Tbx => Self::Tbx(TbxWriter::new(out, language)?),
            Format::Csv => Self::Csv(Box::new(CsvWriter::new(out)?)),
        })
    }

    /// Adds a term.
    ///
    /// # Errors
    /// As for [`TermsWriter::new`].
    pub fn concept(&mut self, concept: &Concept) -> io::Result<()> {
        match self {
            Self::Tbx(writer) => writer.concept(concept),
            Self::Csv(writer) => writer.concept(concept),
        }
    }

    /// Ends the glossary, and gives back what was written to.
    ///
    /// # Errors
    /// As for [`TermsWriter::new`].
    pub fn finish(self) -> io::Result<W> {
        match self {
            Self::Tbx(writer) => writer.finish(),
            Self::Csv(writer) => writer.finish(),
        }
    }
}

/// What a wording is to its term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Preferred,
    Unsaid,
    Admitted,
    Forbidden,
    Exempt,
}

/// A wording as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    line: u64,
    status: Status,
    text: String,
    reason: Option<String>,
}

/// The fields of a language, of its wordings: the first that is preferred is the term, or else the first that isn't said
/// to be anything, or else the first that is admitted.
fn fields_of(line: u64, said: Vec<Said>, definition: Option<String>) -> Result<Fields, Fault> {
    let of = |status: Status| said.iter().position(move |it| it.status == status);
    let title = of(Status::Preferred).or_else(|| of(Status::Unsaid));
    let title = title.or_else(|| of(Status::Admitted));
    let missing = || Fault::new(line, Violation::new("", "file_missing").with("what", "preferred"));
    let title = title.ok_or_else(missing)?;
    let (mut variants, mut forbidden, mut exempt) = (Vec::new(), Vec::new(), Vec::new());
    let mut fields = Fields::new();
    for (at, one) in said.into_iter().enumerate() {
        if at == title {
            put(&mut fields, "title", Value::String(one.text));
            continue;
        }
        match one.status {
            Status::Preferred => {
                let violation = Violation::new("", "file_unexpected").with("what", "preferred");
                return Err(Fault::new(one.line, violation));
            }
            Status::Unsaid | Status::Admitted => variants.push(Value::String(one.text)),
            Status::Exempt => exempt.push(Value::String(one.text)),
            Status::Forbidden => forbidden.push(match one.reason {
                Some(reason) => json!({ "wording": one.text, "reason": reason }),
                None => json!({ "wording": one.text }),
            }),
        }
    }
    let lists = [("variants", variants), ("forbidden", forbidden), ("exempt", exempt)];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        put(&mut fields, name, Value::Array(list));
    }
    if let Some(definition) = definition.filter(|text| !text.trim().is_empty()) {
        put(&mut fields, "definition", Value::String(definition));
    }
    Ok(fields)
}

fn put(fields: &mut Fields, name: &str, value: Value) {
    if let Ok(name) = FieldName::parse(name) {
        fields.insert(name, value);
    }
}

/// A text among shared fields.
fn shared_text<'f>(shared: &'f Fields, name: &str) -> Option<&'f str> {
    shared.iter().find(|(known, _)| known.as_str() == name).and_then(|(_, value)| value.as_str())
}

/// A wording that goes out: what it is to its term, what it says, and why it isn't to be said.
type Outgoing = (Status, String, Option<String>);

/// The definition and the wordings of a section that goes out; none without a term.
fn wordings(fields: &Fields) -> Option<(Option<String>, Vec<Outgoing>)> {
    let Wording { term, definition, variants, forbidden, exempt } = Wording::of(fields)?;
    let plain = |status: Status| move |text: String| (status, text, None);
    let mut all = vec![(Status::Preferred, term, None)];
    all.extend(variants.into_iter().map(plain(Status::Admitted)));
    all.extend(
        forbidden
            .into_iter()
            .map(|glossary::Forbidden { wording, reason }| (Status::Forbidden, wording, reason)),
    );
    all.extend(exempt.into_iter().map(plain(Status::Exempt)));
    Some((definition, all))
}

/// Fields with what a file says of those that it can tell, and what they were of all others.
pub fn merged(before: &Fields, said: &Fields, told: &BTreeSet<&'static str>) -> Fields {
    let kept = before.iter().filter(|(name, _)| !told.contains(name.as_str()));
    kept.chain(said).map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>()
}
