//! Files for translators who work elsewhere: XLIFF, PO, TMX and glossaries, out and in.
//!
//! A file is written and read piece by piece, in bounded memory, by way of one model: a [`Unit`] is a segment with
//! all that a translator is told, a [`Returned`] one what a file says of it when it comes back. Nothing here knows
//! an entry's state; what of a file is taken is `cms::translations::import`'s business.

use std::fmt;

use crate::{
    locale::Locale,
    segment::{SegmentDigest, SegmentState, code::InlineCode},
    violation::Violation,
};

pub mod inline;
pub mod po;
pub mod terms;
pub mod tmx;
pub mod xliff;

mod xml;

#[cfg(test)]
pub(crate) mod samples;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong; its pointer is empty.
    pub violation: Violation,
}

impl Fault {
    /// A fault at a line.
    pub const fn new(line: u64, violation: Violation) -> Self {
        Self { line, violation }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.violation.code)?;
        self.violation.facts.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl std::error::Error for Fault {}

/// A text with the places of its codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coded {
    /// The text.
    pub text: String,
    /// The codes in it, in order and apart.
    pub codes: Vec<InlineCode>,
}

impl Coded {
    /// A text without codes.
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), codes: Vec::new() }
    }
}

/// What a file is about: an entry's translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The entry's id.
    pub entry: String,
    /// Its type and its name to people.
    pub name: String,
    /// What a translator should know of it.
    pub notes: Vec<String>,
}

/// A translation of a like text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// How like, in per cent; 101 for the same text in the same place.
    pub percent: u8,
    /// The source of it.
    pub source: Coded,
    /// What it says.
    pub target: Coded,
    /// Where it is from, in a few words.
    pub origin: String,
}

/// A term in a segment's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// As agreed in the source's language.
    pub source: String,
    /// What to say instead in the translation.
    pub targets: Vec<String>,
    /// What it means.
    pub definition: Option<String>,
}

/// A segment, with all that a translator is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The segment's id.
    pub id: String,
    /// The text that it is in, as a JSON Pointer into the entry's fields.
    pub pointer: String,
    /// What is said of it: the headings above it, what it is.
    pub notes: Vec<String>,
    /// What the source says.
    pub source: Coded,
    /// What the translation says.
    pub target: Option<Coded>,
    /// How far it is.
    pub progress: SegmentState,
    /// Whether the source changed since it was translated.
    pub is_outdated: bool,
    /// What the source said then, where that is known.
    pub previous: Option<String>,
    /// Translations of like texts.
    pub proposals: Vec<Proposal>,
    /// Agreed terms.
    pub terms: Vec<Term>,
}

impl Unit {
    /// The digest of what the source says.
    pub fn digest(&self) -> SegmentDigest {
        SegmentDigest::of(&self.source.text)
    }
}

/// A stretch of a text as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Words.
    Text(String),
    /// A code that opens something, by its id.
    Open(String),
    /// The code that closes it.
    Close(String),
    /// A code that stands alone.
    Alone(String),
}

/// A text as a file has it: written out, or with codes by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// As it stands.
    Written(String),
    /// In stretches.
    Runs(Vec<Run>),
}

/// A segment that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The line that it begins at.
    pub line: u64,
    /// The entry's id, as the file says.
    pub entry: String,
    /// The segment's id, as the file says.
    pub id: String,
    /// What the source says, as the file has it.
    pub source: Content,
    /// The digest of the source that it was made of, where the file kept it.
    pub of: Option<SegmentDigest>,
    /// The digest of the translation as it was when the file was made, where the file kept it.
    pub was: Option<SegmentDigest>,
    /// What the translation says; none where there is none.
    pub target: Option<Content>,
    /// How far it is, where the file says so.
    pub progress: Option<SegmentState>,
}

/// What is found in a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The languages, first of all: the line, what is translated, and into what, as far as the file says.
    Languages(u64, Option<String>, Option<String>),
    /// A segment.
    Unit(Box<Returned>),
    /// A segment that can't be read, while the rest of the file can: its entry, its id, and why.
    Refused(String, String, Fault),
}

/// The languages of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages {
    /// What is translated.
    pub source: Locale,
    /// Into what.
    pub target: Locale,
}

impl Languages {
    /// Refuses a file in other languages.
    ///
    /// # Errors
    /// [`Fault`] with what was expected and what stands there.
    pub fn check(
        &self,
        line: u64,
        source: Option<&str>,
        target: Option<&str>,
    ) -> Result<(), Fault> {
        let wrong = |expected: &Locale, found: &str| {
            let violation = Violation::new("", "wrong_language").with("expected", expected);
            Err(Fault::new(line, violation.with("found", found)))
        };
        if let Some(source) = source.filter(|source| !is_tag_of(source, &self.source)) {
            return wrong(&self.source, source);
        }
        match target {
            Some(target) if is_tag_of(target, &self.target) => Ok(()),
            other => wrong(&self.target, other.unwrap_or_default()),
        }
    }
}

/// Whether a language's name in a file is a locale's. Some tools write `pt_BR`.
fn is_tag_of(found: &str, locale: &Locale) -> bool {
    Locale::parse(&found.replace('_', "-")).is_ok_and(|found| found == *locale)
}
