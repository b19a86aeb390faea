//! What goes out to translators who work elsewhere: entries' segments, with all that they are told.
//!
//! What an actor may not read doesn't go out. The source is the one that readers get, or the newest where they get
//! none; the translation is its newest revision.

use std::{collections::BTreeSet, io};

use super::{
    Delivery, Editing, ReadError, aids,
    memory::{Recollection, Sought},
    segments::{Asked, Of, Row, SegmentTable, segments},
};
use crate::{
    access::{Act, Actor, Scope, allows},
    entry::Entry,
    exchange::{Coded, Head, Languages, Proposal, Term, Unit, po::PoWriter, xliff::XliffWriter},
    glossary::{Agreed, Glossary, Wording},
    id::{AgencyId, EntryId, TypeName},
    locale::Locale,
    markdown,
    segment::{Segment, SegmentKind, SegmentState},
    translation::SegmentStatus,
};

/// How many entries of a type are looked at together.
const STEP: usize = 500;
/// How many proposals of the memory a segment gets.
const PROPOSALS: usize = 3;

/// Which entries and segments go out.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// From which language into which.
    pub languages: Languages,
    /// Only entries of this type.
    pub type_name: Option<TypeName>,
    /// Only entries of this agency.
    pub agency: Option<AgencyId>,
    /// Only these entries; all without any.
    pub entries: BTreeSet<EntryId>,
    /// Only segments that are to be done: missing, outdated, or that nobody has finished.
    pub open: bool,
}

/// A format that segments go out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// XLIFF 2.1.
    Xliff,
    /// PO.
    Po,
}

/// How much went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Segments.
    pub segments: u64,
    /// Words in their sources, counted at spaces.
    pub words: u64,
}

/// Why nothing more went out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What there is can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What is written to refused.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// What writes either format.
enum Writer<W: io::Write> {
    Xliff(XliffWriter<W>),
    Po(PoWriter<W>),
}

impl<W: io::Write> Writer<W> {
    fn new(out: W, format: Format, languages: &Languages) -> io::Result<Self> {
        Ok(match format {
            Format::Xliff => Self::Xliff(XliffWriter::new(out, languages)?),
            Format::Po => Self::Po(PoWriter::new(out, languages)?),
        })
    }

    fn entry(&mut self, head: &Head, units: &[Unit]) -> io::Result<()> {
        match self {
            Self::Xliff(writer) => {
                writer.file(head)?;
                units.iter().try_for_each(|unit| writer.unit(unit))
            }
            Self::Po(writer) => {
                writer.file(head);
                units.iter().try_for_each(|unit| writer.unit(unit))
            }
        }
    }

    fn finish(self) -> io::Result<W> {
        match self {
            Self::Xliff(writer) => writer.finish(),
            Self::Po(writer) => Ok(writer.finish()),
        }
    }
}

/// What an export is made from.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// What readers get.
    pub delivery: &'a Delivery,
    /// What editors see.
    pub editing: &'a Editing,
    /// What was translated before.
    pub memory: &'a Recollection,
    /// What things are called.
    pub glossary: &'a Glossary,
}

/// Writes the segments that are wanted and that the actor may read.
///
/// # Errors
/// [`ExportError`]; what was written until then is no whole file.
pub async fn export_translations<W: io::Write + Send>(
    from: From<'_>,
    actor: &Actor,
    wanted: &Wanted,
    (format, out): (Format, W),
) -> Result<(Counts, W), ExportError> {
    let mut writer = Writer::new(out, format, &wanted.languages)?;
    let mut counts = Counts::default();
    for id in wanted_entries(from.editing, actor, wanted)? {
        let Some(entry) = from.editing.entry(id)? else { continue };
        let Some((head, units)) = whole(from, actor, (&entry, wanted)).await? else { continue };
        counts.entries += 1;
        for unit in &units {
            counts.segments += 1;
            let words = unit.source.text.split_whitespace().count();
            counts.words += u64::try_from(words).unwrap_or(u64::MAX);
        }
        writer.entry(&head, &units)?;
    }
    Ok((counts, writer.finish()?))
}

/// The entries that are wanted and whose translation the actor may read, type by type.
///
/// # Errors
/// [`ReadError`] when the view can't be read.
pub fn wanted_entries(
    editing: &Editing,
    actor: &Actor,
    wanted: &Wanted,
) -> Result<Vec<EntryId>, ReadError> {
    let mut found = Vec::new();
    for type_name in editing.type_names()? {
        if wanted.type_name.as_ref().is_some_and(|only| *only != type_name) {
            continue;
        }
        let mut after = None;
        loop {
            let ids = editing.entries(&type_name, after, STEP)?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for id in ids {
                let entry = wanted_entry(editing, actor, (id, wanted))?;
                found.extend(entry.map(|entry| entry.id));
            }
        }
    }
    Ok(found)
}

/// An entry, if it is wanted and the actor may read its source and its translation.
fn wanted_entry(
    editing: &Editing,
    actor: &Actor,
    (id, wanted): (EntryId, &Wanted),
) -> Result<Option<Entry>, ReadError> {
    if !wanted.entries.is_empty() && !wanted.entries.contains(&id) {
        return Ok(None);
    }
    Ok(editing.entry(id)?.filter(|entry| {
        let may = |locale: &Locale| {
            let scope = Scope {
                agency: Some(entry.agency),
                type_name: Some(&entry.type_name),
                locale: Some(locale),
            };
            allows(actor, Act::Read, &scope)
        };
        entry.source_locale == wanted.languages.source
            && wanted.agency.is_none_or(|agency| agency == entry.agency)
            && may(&wanted.languages.target)
    }))
}

/// An entry's segments with all that is told of them; none where there is nothing to do.
async fn whole(
    from: From<'_>,
    actor: &Actor,
    (entry, wanted): (&Entry, &Wanted),
) -> Result<Option<(Head, Vec<Unit>)>, ReadError> {
    let locale = &wanted.languages.target;
    let asked = Asked { entry: entry.id, locale, live: false, of: Of::Shown };
    let Some(table) = segments((from.delivery, from.editing), asked).await? else {
        return Ok(None);
    };
    let mut units = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        if row.source.is_none() || !row.is_translatable || (wanted.open && is_done(row)) {
            continue;
        }
        let Some(mut unit) = unit(row) else { continue };
        if is_open(row) {
            let sought = Sought::of_row(&table, at, &wanted.languages);
            let found = from.memory.like(actor, &sought, PROPOSALS)?;
            unit.proposals = found
                .into_iter()
                .map(|likely| Proposal {
                    percent: likely.percent,
                    origin: from.memory.told(&likely.pair),
                    source: coded(row.kind, &likely.pair.source),
                    target: coded(row.kind, &likely.pair.target),
                })
                .collect();
        }
        let locales = (&wanted.languages.source, locale);
        unit.terms = aids::terms(from.glossary, row, locales).into_iter().map(term).collect();
        units.push(unit);
    }
    let head = head(entry, &table);
    Ok((!units.is_empty()).then_some((head, units)))
}

/// A term as a translator is told of it.
fn term(agreed: Agreed) -> Term {
    let targets = agreed.target.iter().flat_map(Wording::approved);
    Term {
        targets: targets.map(str::to_owned).collect(),
        source: agreed.source.term,
        definition: agreed.source.definition,
    }
}

/// Whether a segment has no translation that counts.
pub(crate) fn is_open(row: &Row) -> bool {
    row.target().is_none() || row.status != SegmentStatus::Current
}

fn is_done(row: &Row) -> bool {
    !is_open(row) && row.record.as_ref().is_some_and(|record| record.state != SegmentState::Initial)
}

fn head(entry: &Entry, table: &SegmentTable) -> Head {
    let title = |row: &&Row| row.pointer == "/title" || row.pointer == "/name";
    let title = table.rows.iter().find(title).and_then(|row| row.source.clone());
    let key = entry.key.as_ref().map(|key| format!("/{key}")).unwrap_or_default();
    Head {
        entry: entry.id.to_string(),
        name: format!("{}{key}", entry.type_name),
        notes: title.into_iter().collect(),
    }
}

fn unit(row: &Row) -> Option<Unit> {
    let source = row.source.as_deref()?;
    let mut notes = Vec::new();
    if !row.under.is_empty() {
        notes.push(row.under.join(" › "));
    }
    notes.push(row.kind.as_str().replace('_', " "));
    Some(Unit {
        id: row.id.to_string(),
        pointer: row.pointer.clone(),
        notes,
        source: coded(row.kind, source),
        target: row.target().map(|target| coded(row.kind, target)),
        progress: state(row),
        is_outdated: row.status == SegmentStatus::Outdated,
        previous: row.previous.clone(),
        proposals: Vec::new(),
        terms: Vec::new(),
    })
}

/// How far a segment is for a translator: what is outdated is to be done again.
fn state(row: &Row) -> SegmentState {
    let of_row = row.record.as_ref().map_or(SegmentState::Initial, |record| record.state);
    if row.status == SegmentStatus::Outdated { SegmentState::Initial } else { of_row }
}

/// A text with the places of its codes.
pub(crate) fn coded(kind: SegmentKind, text: &str) -> Coded {
    Coded { text: text.to_owned(), codes: markdown::codes(&Segment::new(kind, text)) }
}
