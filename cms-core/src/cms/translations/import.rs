//! Takes in a file of segments that comes back from translators who work elsewhere.
//!
//! Each segment is checked by itself: against what the source says now, and against what the translation said when the
//! file was made. What still fits is saved, one append for each entry; of the rest the report says why. Nothing newer
//! is overwritten, and a file that can't be read to its end changes nothing.

use std::io::{self, BufRead};

pub use self::batches::{Batch, batches};

use crate::{
    access::{Act, Actor, Scope, allows},
    commands::{
        CommandError, Means,
        save_segments::{SaveSegments, Saved, SegmentEdit},
    },
    entry::Entry,
    exchange::{
        Content, Fault, Found, Languages, Returned,
        inline::{Marked, restore},
        po, xliff,
    },
    id::EntryId,
    locale::Locale,
    queries::{
        Delivery, ReadError,
        segments::{Asked, Of, Row, SegmentTable, segments},
        translation_export::{Format, coded},
    },
    segment::{Origin, SegmentDigest, SegmentId, SegmentState},
    violation::Violation,
};

/// How many refused segments a report names at most; all are counted.
pub const NAMED: usize = 10_000;

/// A file that can be read more than once.
pub trait File: Send {
    /// It, from its beginning.
    ///
    /// # Errors
    /// [`io::Error`] when it can't be read.
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>>;
}

/// How a file is taken in.
#[derive(Debug, Clone)]
pub struct ImportTranslation {
    /// What it is.
    pub format: Format,
    /// Only say what would become of it.
    pub dry_run: bool,
    /// What is said of it to colleagues.
    pub note: Option<String>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Its languages, as tags of the site.
    pub languages: Option<Languages>,
    /// Segments in it.
    pub segments: u64,
    /// Those that were taken.
    pub taken: u64,
    /// Those that say what the translation says.
    pub unchanged: u64,
    /// Those without a translation.
    pub empty: u64,
    /// Those that were not taken; of very many, all are counted and the first ones named.
    pub refused: u64,
    /// Those that were not taken, and why.
    pub named: Vec<Refused>,
    /// Entries of which something was taken.
    pub entries: u64,
    /// The last event that it made; 0 for none.
    pub event: u64,
}

/// A segment that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The line of the file.
    pub line: u64,
    /// The entry, as the file says.
    pub entry: String,
    /// The segment, as the file says.
    pub segment: String,
    /// Why.
    pub violations: Vec<Violation>,
}

/// Why a file was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportTranslationError {
    /// It can't be read: nothing of it was taken.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It can't be read from the disk.
    #[error("the file can't be read: {0}")]
    File(#[from] io::Error),
    /// An act was not accepted; what was taken before stays.
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl From<ReadError> for ImportTranslationError {
    fn from(error: ReadError) -> Self {
        Self::Command(error.into())
    }
}

/// A segment that may be taken, and where it stands in the file.
struct Candidate {
    line: u64,
    edit: SegmentEdit,
}

/// What is to be done with a segment.
enum Verdict {
    Take(SegmentEdit),
    Unchanged,
    Empty,
    Refuse(Violation),
}

mod batches;

impl Report {
    /// Takes in what became of another entry.
    pub fn add(&mut self, other: Self) {
        self.segments += other.segments;
        self.taken += other.taken;
        self.unchanged += other.unchanged;
        self.empty += other.empty;
        self.refused += other.refused;
        self.entries += other.entries;
        self.event = self.event.max(other.event);
        let room = NAMED.saturating_sub(self.named.len());
        self.named.extend(other.named.into_iter().take(room));
    }

    fn refuse(&mut self, (line, entry, segment): (u64, &str, &str), violations: Vec<Violation>) {
        self.refused += 1;
        if self.named.len() < NAMED {
            let (entry, segment) = (entry.to_owned(), segment.to_owned());
            self.named.push(Refused { line, entry, segment, violations });
        }
    }
}

impl Means {
    /// Reads a file to its end, and answers its languages: those of the site, however they are written. Takes nothing.
    ///
    /// # Errors
    /// [`ImportTranslationError`] where the file can't be taken in at all.
    pub fn check_translation(
        &self,
        (file, format): (&mut dyn File, Format),
    ) -> Result<Languages, ImportTranslationError> {
        let mut tags = None;
        read(file.open()?, format, &mut |found| {
            if let Found::Languages(line, source, target) = found {
                tags = Some((line, source, target));
            }
            Ok(())
        })?;
        self.languages(tags)
    }

    /// The languages that a file says: those of the site, however they are written.
    fn languages(
        &self,
        tags: Option<(u64, Option<String>, Option<String>)>,
    ) -> Result<Languages, ImportTranslationError> {
        let (line, source, target) = tags.unwrap_or_default();
        let locales = self.editing.locales()?;
        let of_site = |tag: &str| {
            let locale = Locale::parse(&tag.replace('_', "-")).ok()?;
            locales.all().iter().map(|site| &site.tag).find(|known| **known == locale).cloned()
        };
        let unknown =
            |tag: &str| Fault::new(line, Violation::new("", "unknown_locale").with("tag", tag));
        let target = target.unwrap_or_default();
        let source = match &source {
            Some(source) => of_site(source).ok_or_else(|| unknown(source))?,
            None => locales.default_locale().clone(),
        };
        let target = of_site(&target).ok_or_else(|| unknown(&target))?;
        Ok(Languages { source, target })
    }

    /// Takes what a file says of one entry: in one append, or none.
    ///
    /// # Errors
    /// [`CommandError`]; of segments that are not taken the report says why.
    pub async fn import_translation(
        &self,
        delivery: &Delivery,
        actor: &Actor,
        (batch, languages, act): (&Batch, &Languages, &ImportTranslation),
    ) -> Result<Report, CommandError> {
        let mut report = Report::default();
        let units = u64::try_from(batch.units.len() + batch.refused.len()).unwrap_or(u64::MAX);
        report.segments = units;
        for (id, fault) in &batch.refused {
            let place = (fault.line, batch.entry.as_str(), id.as_str());
            report.refuse(place, vec![fault.violation.clone()]);
        }
        let (entry, table) = match self.beside(delivery, actor, (&batch.entry, languages)).await? {
            Ok(found) => found,
            Err(violation) => {
                for unit in &batch.units {
                    let place = (unit.line, batch.entry.as_str(), unit.id.as_str());
                    report.refuse(place, vec![violation.clone()]);
                }
                return Ok(report);
            }
        };
        let scope = scope(&entry, &languages.target);
        let may_review = allows(actor, Act::Review, &scope);
        let mut candidates = Vec::new();
        for unit in &batch.units {
            let place = (unit.line, batch.entry.as_str(), unit.id.as_str());
            match judged(unit, &table, may_review) {
                Verdict::Take(edit) => candidates.push(Candidate { line: unit.line, edit }),
                Verdict::Unchanged => report.unchanged += 1,
                Verdict::Empty => report.empty += 1,
                Verdict::Refuse(violation) => report.refuse(place, vec![violation]),
            }
        }
        if candidates.is_empty() {
            return Ok(report);
        }
        let edits = candidates.iter().map(|candidate| candidate.edit.clone()).collect();
        let save = SaveSegments {
            seen: Some(table.revision),
            source: Some(table.source_revision),
            note: act.note.clone(),
            dry_run: act.dry_run,
            ..SaveSegments::new(entry.id, languages.target.clone(), edits)
        };
        match self.save_segments(actor, save).await {
            Ok(saved) => count(&mut report, &batch.entry, (&candidates, &saved)),
            // What is wrong with an entry keeps no other one out.
            Err(CommandError::Invalid(violations)) => {
                for Candidate { line, edit } in &candidates {
                    let place = (*line, batch.entry.as_str(), edit.id.to_string());
                    report.refuse((place.0, place.1, &place.2), violations.clone());
                }
            }
            Err(other) => return Err(other),
        }
        Ok(report)
    }

    /// An entry's translation beside its source, or why there is none for this actor.
    async fn beside(
        &self,
        delivery: &Delivery,
        actor: &Actor,
        (id, languages): (&str, &Languages),
    ) -> Result<Result<(Entry, SegmentTable), Violation>, CommandError> {
        let unknown = || Violation::new("", "unknown_entry_id").with("id", id);
        let Ok(id) = id.parse::<EntryId>() else { return Ok(Err(unknown())) };
        let Some(entry) = self.editing.entry(id)? else { return Ok(Err(unknown())) };
        let scope = scope(&entry, &languages.target);
        if !allows(actor, Act::Read, &scope) {
            return Ok(Err(unknown()));
        }
        if !allows(actor, Act::Write, &scope) {
            let violation = Violation::new("", "segment_not_allowed");
            return Ok(Err(violation));
        }
        if entry.source_locale != languages.source {
            let violation =
                Violation::new("", "wrong_language").with("expected", &entry.source_locale);
            return Ok(Err(violation.with("found", &languages.source)));
        }
        let asked = Asked { entry: id, locale: &languages.target, live: false, of: Of::Shown };
        let table = segments((delivery, &self.editing), asked).await?;
        Ok(table.map(|table| (entry, table)).ok_or_else(unknown))
    }
}

const fn scope<'a>(entry: &'a Entry, locale: &'a Locale) -> Scope<'a> {
    Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale: Some(locale) }
}

/// What becomes of a segment, as far as that can be said without its neighbours.
fn judged(unit: &Returned, table: &SegmentTable, may_review: bool) -> Verdict {
    let id = unit.id.parse::<SegmentId>().ok();
    let row = id.and_then(|id| table.rows.iter().find(|row| row.id == id));
    let Some((row, source)) = row.and_then(|row| Some((row, row.source.as_deref()?))) else {
        return Verdict::Refuse(Violation::new("", "unknown_segment").with("segment", &unit.id));
    };
    let source = coded(row.kind, source);
    let source_marked = Marked::source(&source);
    let now = SegmentDigest::of(&source.text);
    let is_same = unit.of.map_or_else(|| source_marked.is(&unit.source), |of| of == now);
    if !is_same {
        return Verdict::Refuse(Violation::new("", "source_changed"));
    }
    let Some(content) = unit.target.as_ref().filter(|content| !is_empty(content)) else {
        return Verdict::Empty;
    };
    let target = row.target().map(|target| coded(row.kind, target));
    let target_marked = target.as_ref().map(|target| Marked::target(target, &source_marked));
    let text = match restore(content, &source_marked, target_marked.as_ref()) {
        Ok(text) => text,
        Err(broken) => {
            let violation = Violation::new("", "broken_code").with("code", broken.code);
            return Verdict::Refuse(violation);
        }
    };
    let before = row.target().unwrap_or_default();
    let says_the_same = before == text;
    let is_current = row.record.as_ref().is_some_and(|record| record.of == now);
    let state = state(unit, (row, says_the_same && is_current), may_review);
    if says_the_same && is_current && row.record.as_ref().is_some_and(|it| it.state >= state) {
        return Verdict::Unchanged;
    }
    // What says what it said of another text was left alone, unless somebody says that it is done.
    if says_the_same && unit.progress.is_none_or(|progress| progress == SegmentState::Initial) {
        return Verdict::Unchanged;
    }
    // What the translation said when the file was made, or nothing.
    let was = unit.was.unwrap_or_else(|| SegmentDigest::of(""));
    if !says_the_same && SegmentDigest::of(before) != was {
        let revision = row.record.as_ref().map_or(0, |record| record.revision);
        return Verdict::Refuse(Violation::new("", "target_newer").with("revision", revision));
    }
    Verdict::Take(SegmentEdit {
        id: row.id,
        of: now,
        target: text,
        state,
        origin: Origin::Import,
        overrides: Vec::new(),
    })
}

fn is_empty(content: &Content) -> bool {
    match content {
        Content::Written(text) => text.trim().is_empty(),
        Content::Runs(runs) => runs.is_empty(),
    }
}

/// How far a segment has come. A tool that knows no states leaves them out; what is new in it is translated all the
/// same. Who may not review says that of nothing.
fn state(unit: &Returned, (row, is_same): (&Row, bool), may_review: bool) -> SegmentState {
    let before = row.record.as_ref().map_or(SegmentState::Initial, |record| record.state);
    let said = unit.progress.unwrap_or(if is_same { before } else { SegmentState::Translated });
    let most = if may_review { SegmentState::Final } else { SegmentState::Translated };
    said.min(most)
}

/// Takes in what became of an entry's segments.
fn count(report: &mut Report, entry: &str, (candidates, saved): (&[Candidate], &Saved)) {
    report.taken += u64::try_from(saved.taken.len()).unwrap_or(u64::MAX);
    report.entries += u64::from(!saved.taken.is_empty());
    report.event = report.event.max(saved.event);
    for (id, refusal) in &saved.refused {
        let line = candidates.iter().find(|it| it.edit.id == *id).map_or(0, |it| it.line);
        report.refuse((line, entry, &id.to_string()), refusal.told(""));
    }
}

fn read(
    input: Box<dyn BufRead + Send>,
    format: Format,
    take: &mut dyn FnMut(Found) -> Result<(), Fault>,
) -> Result<(), Fault> {
    match format {
        Format::Xliff => xliff::read(input, take),
        Format::Po => po::read(input, take),
    }
}
