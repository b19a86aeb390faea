//! CSV: a row for each wording of a term, for spreadsheets.
//!
//! Cells that a spreadsheet would take for a formula have an apostrophe before them, which is taken away again.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, BufRead, Read as _, Write},
};

use csv::{ReaderBuilder, StringRecord, Terminator, Writer, WriterBuilder};
use serde_json::Value;

use super::{
    Concept, Found, Gathered, MOST_BYTES, Said, Section, Status, fields_of, put, shared_text,
    wordings,
};
use crate::{event::Fields, exchange::Fault, violation::Violation};

/// The columns.
const COLUMNS: [&str; 10] = [
    "key",
    "locale",
    "status",
    "term",
    "reason",
    "definition",
    "part_of_speech",
    "case_sensitive",
    "inflection",
    "subject",
];
/// Those that must be there.
const NEEDED: [&str; 3] = ["key", "locale", "term"];
/// Those that all languages share.
const SHARED: [&str; 4] = ["part_of_speech", "case_sensitive", "inflection", "subject"];

/// Writes terms.
pub struct CsvWriter<W: Write>(Writer<W>);

impl<W: Write> std::fmt::Debug for CsvWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvWriter").finish_non_exhaustive()
    }
}

impl<W: Write> CsvWriter<W> {
    /// Begins a glossary with the names of its columns.
    ///
    /// # Errors
    /// [`io::Error`] of what is written to.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        out.write_record(COLUMNS)?;
        Ok(Self(out))
    }

    /// Adds a term: its wordings, the source's language first. What all languages share stands in its first row.
    ///
    /// # Errors
    /// As for [`CsvWriter::new`].
    pub fn concept(&mut self, concept: &Concept) -> io::Result<()> {
        let case = concept.shared.iter().find(|(name, _)| name.as_str() == "case_sensitive");
        let case = case.and_then(|(_, value)| value.as_bool()).map(|is| is.to_string());
        let text = |name: &str| shared_text(&concept.shared, name).unwrap_or_default().to_owned();
        let mut shared =
            [text("part_of_speech"), case.unwrap_or_default(), text("inflection"), text("subject")];
        for section in &concept.sections {
            let Some((mut definition, said)) = wordings(&section.fields) else { continue };
            for (status, term, reason) in said {
                let cells = [
                    concept.id.clone(),
                    section.tag.clone(),
                    name(status).to_owned(),
                    term,
                    reason.unwrap_or_default(),
                    definition.take().unwrap_or_default(),
                ];
                let cells = cells.into_iter().chain(std::mem::take(&mut shared));
                self.0.write_record(cells.map(|cell| shielded(&cell)))?;
            }
        }
        Ok(())
    }

    /// Ends the glossary, and gives back what was written to.
    ///
    /// # Errors
    /// As for [`CsvWriter::new`].
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

const fn name(status: Status) -> &'static str {
    match status {
        Status::Preferred | Status::Unsaid => "preferred",
        Status::Admitted => "admitted",
        Status::Forbidden => "forbidden",
        Status::Exempt => "exempt",
    }
}

/// Whether a spreadsheet would take a cell for a formula, but for apostrophes before it.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn shielded(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn unshielded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(cell) => rest,
        Some(_) | None => cell,
    }
}

/// Reads terms to the end of the file.
///
/// # Errors
/// [`Fault`] with the line where it can't be read.
pub(super) fn read(input: impl BufRead) -> Result<Found, Fault> {
    let text = text_of(input)?;
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';'].into_iter().find(|byte| head.as_bytes().contains(byte));
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut columns = None;
    let mut gathered: Vec<Building> = Vec::new();
    let mut places = HashMap::new();
    while reader.read_record(&mut record).map_err(|error| unreadable(&error))? {
        let line = record.position().map_or(0, csv::Position::line);
        let Some(columns) = &columns else {
            columns = Some(Columns::of(line, &record)?);
            continue;
        };
        let row = Row { line, columns, record: &record };
        let id = row.needed("key")?.to_owned();
        let place = *places.entry(id.clone()).or_insert_with(|| {
            gathered.push(Building::new(line, id));
            gathered.len() - 1
        });
        if let Some(building) = gathered.get_mut(place) {
            building.take(&row)?;
        }
    }
    let columns = columns.ok_or_else(|| missing(1, "key"))?;
    let mut all = Gathered::default();
    for building in gathered {
        all.add(building.finish()?)?;
    }
    let known = |name: &&'static str| columns.0.contains_key(*name);
    let mut localized: BTreeSet<_> = ["definition"].into_iter().filter(known).collect();
    localized.insert("title");
    if known(&"status") {
        // A list of terms alone takes nothing away.
        localized.extend(["variants", "forbidden", "exempt"]);
    }
    let shared = SHARED.into_iter().filter(known).collect();
    Ok(Found { concepts: all.concepts, shared, localized })
}

/// The whole text, as far as a glossary may go. A quotation mark that none closes is a file that was cut short.
fn text_of(input: impl BufRead) -> Result<String, Fault> {
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let malformed = |line: u64, reason: &dyn std::fmt::Display| {
        Fault::new(line, Violation::new("", "file_malformed").with("reason", reason))
    };
    let read = input.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| malformed(1, &error))?;
    let lines = |bytes: &[u8]| {
        let breaks = bytes.split(|byte| *byte == b'\n').count();
        u64::try_from(breaks).unwrap_or(u64::MAX).max(1)
    };
    if bytes.len() > MOST_BYTES {
        let violation = Violation::new("", "too_large_inside").with("max", MOST_BYTES);
        return Err(Fault::new(lines(&bytes), violation));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        malformed(lines(good), &"it isn't UTF-8")
    })?;
    if text.matches('"').count() % 2 == 1 {
        return Err(malformed(lines(text.trim_end().as_bytes()), &"it ends early"));
    }
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn unreadable(error: &csv::Error) -> Fault {
    let line = error.position().map_or(0, csv::Position::line);
    Fault::new(line, Violation::new("", "file_malformed").with("reason", error))
}

fn missing(line: u64, what: &str) -> Fault {
    Fault::new(line, Violation::new("", "file_missing").with("what", what))
}

fn wrong(line: u64, name: &str, value: &str) -> Fault {
    let what = format!("{name}={value}");
    Fault::new(line, Violation::new("", "file_wrong").with("what", what))
}

/// Where each column stands.
struct Columns(BTreeMap<&'static str, usize>);

impl Columns {
    fn of(line: u64, head: &StringRecord) -> Result<Self, Fault> {
        let mut places = BTreeMap::new();
        for (at, name) in head.iter().enumerate() {
            let known = COLUMNS.into_iter().find(|known| *known == name.trim());
            if known.is_none_or(|known| places.insert(known, at).is_some()) {
                let violation = Violation::new("", "file_unexpected").with("what", name);
                return Err(Fault::new(line, violation));
            }
        }
        match NEEDED.into_iter().find(|name| !places.contains_key(name)) {
            Some(name) => Err(missing(line, name)),
            None => Ok(Self(places)),
        }
    }
}

struct Row<'r> {
    line: u64,
    columns: &'r Columns,
    record: &'r StringRecord,
}

impl Row<'_> {
    /// A cell; none where it is empty, or its column isn't there.
    fn cell(&self, name: &str) -> Option<&str> {
        let cell = self.columns.0.get(name).and_then(|at| self.record.get(*at))?;
        Some(unshielded(cell)).filter(|cell| !cell.trim().is_empty())
    }

    fn needed(&self, name: &'static str) -> Result<&str, Fault> {
        self.cell(name).ok_or_else(|| missing(self.line, name))
    }
}

/// The wordings of one language.
struct Language {
    line: u64,
    said: Vec<Said>,
    definition: Option<String>,
}

/// A concept whose rows are being read.
struct Building {
    line: u64,
    id: String,
    shared: BTreeMap<&'static str, String>,
    languages: Vec<(String, Language)>,
}

impl Building {
    const fn new(line: u64, id: String) -> Self {
        Self { line, id, shared: BTreeMap::new(), languages: Vec::new() }
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        for name in SHARED {
            let Some(cell) = row.cell(name) else { continue };
            let before = self.shared.entry(name).or_insert_with(|| cell.to_owned());
            if before != cell {
                return Err(wrong(row.line, name, cell));
            }
        }
        let tag = row.needed("locale")?;
        let status = match row.cell("status").map(str::trim) {
            None => Status::Unsaid,
            Some("preferred") => Status::Preferred,
            Some("admitted") => Status::Admitted,
            Some("forbidden") => Status::Forbidden,
            Some("exempt") => Status::Exempt,
            Some(other) => return Err(wrong(row.line, "status", other)),
        };
        let said = Said {
            line: row.line,
            status,
            text: row.needed("term")?.to_owned(),
            reason: row.cell("reason").map(str::to_owned),
        };
        if said.reason.is_some() && status != Status::Forbidden {
            return Err(wrong(row.line, "reason", said.reason.as_deref().unwrap_or_default()));
        }
        let place = self.languages.iter().position(|(known, _)| known == tag);
        let place = place.unwrap_or_else(|| {
            let new = Language { line: row.line, said: Vec::new(), definition: None };
            self.languages.push((tag.to_owned(), new));
            self.languages.len() - 1
        });
        if let Some((_, language)) = self.languages.get_mut(place) {
            language.said.push(said);
            if let Some(definition) = row.cell("definition") {
                let before = language.definition.get_or_insert_with(|| definition.to_owned());
                if before != definition {
                    return Err(wrong(row.line, "definition", definition));
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Concept, Fault> {
        let mut shared = Fields::new();
        for (name, text) in self.shared {
            let value = match (name, text.to_lowercase().as_str()) {
                ("case_sensitive", "true") => Value::Bool(true),
                ("case_sensitive", "false") => Value::Bool(false),
                ("case_sensitive", _) => return Err(wrong(self.line, name, &text)),
                (_, _) => Value::String(text),
            };
            put(&mut shared, name, value);
        }
        let section = |(tag, language): (String, Language)| {
            let fields = fields_of(language.line, language.said, language.definition)?;
            Ok(Section { line: language.line, tag, fields })
        };
        let sections = self.languages.into_iter().map(section).collect::<Result<_, Fault>>()?;
        Ok(Concept { line: self.line, id: self.id, shared, sections })
    }
}
