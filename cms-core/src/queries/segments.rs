//! A translation beside its source, segment by segment: what a translator works on.
//!
//! Of each segment what the source says, what it said when it was translated, what the translation says, how far that
//! has come, and how it stands to the source. For drafts as for what readers get.

use std::collections::{BTreeMap, HashMap};

use super::{Delivery, Editing, ReadError};
use crate::{
    clock::Timestamp,
    content_type::ContentType,
    entry::{Entry, Saved},
    event::{ChangeClass, EventBody, Fields, Part, Translates},
    followers::editing::segments::{SourceRevision, Translation},
    id::{AccountId, EntryId},
    locale::Locale,
    markdown,
    segment::{
        self, CutText, SegmentDigest, SegmentId, SegmentKind, SegmentRecord, Unit, pairs::Source,
    },
    translation::{Aged, Ageing, Freshness, Publication, SegmentStatus, replayed::SourceText},
};

/// Which revision of the source is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Of {
    /// The one that readers get; where they get none, the newest.
    #[default]
    Shown,
    /// The newest.
    Newest,
    /// This one.
    Revision(u32),
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The entry.
    pub entry: EntryId,
    /// The translation's locale.
    pub locale: &'a Locale,
    /// Whether the translation is meant that readers get, instead of its newest revision.
    pub live: bool,
    /// Which revision of the source.
    pub of: Of,
}

/// A translation beside its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentTable {
    /// The source's language.
    pub source_locale: Locale,
    /// The source's revision.
    pub source_revision: u32,
    /// The translation's revision; 0 where there is none yet.
    pub revision: u32,
    /// How far it is behind, or would be if it were published.
    pub freshness: Freshness,
    /// The source's segments in order, then those that are gone from it.
    pub rows: Vec<Row>,
    /// Segments of the translation's texts that were written as a whole, otherwise than the source's: nobody can tell
    /// which says what.
    pub unpaired: Vec<Unit>,
}

/// A segment of the source, and what says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its name; it stays through edits and moves.
    pub id: SegmentId,
    /// The text that it is in, as a JSON Pointer into the fields.
    pub pointer: String,
    /// Its place among that text's segments.
    pub place: usize,
    /// What it is.
    pub kind: SegmentKind,
    /// The headings of its text that it stands under, from the outermost.
    pub under: Vec<String>,
    /// Whether there are words to translate.
    pub is_translatable: bool,
    /// What the source says; none once it is gone.
    pub source: Option<String>,
    /// The digest of what the source says: what a translation of it is a translation of.
    pub digest: Option<SegmentDigest>,
    /// What the source said that the translation was made of, where that is another text.
    pub previous: Option<String>,
    /// What the translation keeps of it; nothing where it was never translated.
    pub record: Option<SegmentRecord>,
    /// Who translated it, and when.
    pub translated: Option<(AccountId, Timestamp)>,
    /// Who held it to be right, and when.
    pub reviewed: Option<(AccountId, Timestamp)>,
    /// How it stands.
    pub status: SegmentStatus,
    /// The weightiest class of the changes since.
    pub change_class: Option<ChangeClass>,
    /// When the first of them was published.
    pub since: Option<Timestamp>,
    /// How many open comments there are about it.
    pub comments: usize,
}

impl Row {
    /// What the translation says.
    pub fn target(&self) -> Option<&str> {
        self.record.as_ref().map(|it| it.target.as_str()).filter(|target| !target.is_empty())
    }
}

/// A translation beside its source; none where one of those that are asked for isn't there, or where the locale is the
/// source's own.
///
/// # Errors
/// [`ReadError`] when the view or the log cannot be read.
pub async fn segments(
    (delivery, editing): (&Delivery, &Editing),
    asked: Asked<'_>,
) -> Result<Option<SegmentTable>, ReadError> {
    let Some(entry) = editing.entry(asked.entry)? else { return Ok(None) };
    let Some((kind, _)) = editing.content_type(&entry.type_name)? else { return Ok(None) };
    let Some(saved) = source_saved(&entry, asked.of, editing)? else { return Ok(None) };
    if *asked.locale == entry.source_locale {
        return Ok(None);
    }
    let Some(source) = editing.source_revision(&entry, &kind, saved.revision).await? else {
        return Ok(None);
    };
    let translation = editing.translation(&entry, &kind, (asked.locale, asked.live)).await?;
    if asked.live && translation.revision == 0 {
        return Ok(None);
    }
    let known = Known::of((delivery, editing), (&entry, &kind), (&saved, &translation)).await?;
    let part = Part::Locale(asked.locale.clone());
    let mut beside = Beside {
        kind: &kind,
        source: &source,
        translation: &translation,
        known: &known,
        rows: Vec::new(),
    };
    beside.lay();
    let mut rows = beside.rows;
    sign(editing, (&entry, &part), &mut rows)?;
    count_comments(editing, (entry.id, &part), &mut rows)?;
    Ok(Some(SegmentTable {
        source_locale: entry.source_locale.clone(),
        source_revision: saved.revision,
        revision: translation.revision,
        freshness: known.ageing.freshness(),
        rows,
        unpaired: translation.said.unpaired,
    }))
}

/// The source's revision that is asked for.
fn source_saved(
    entry: &Entry,
    of: Of,
    editing: &Editing,
) -> Result<Option<Publication>, ReadError> {
    let part = Part::Locale(entry.source_locale.clone());
    let Some(head) = entry.heads.get(&part) else { return Ok(None) };
    let as_if = |saved: &Saved| Publication {
        revision: saved.revision,
        at: saved.at,
        class: saved.change_class.unwrap_or(ChangeClass::Substantive),
        saved: saved.event,
    };
    match of {
        Of::Shown => Ok(Some(as_if(head.published().map_or(&head.draft, |live| &live.saved)))),
        Of::Newest => Ok(Some(as_if(&head.draft))),
        Of::Revision(revision) => {
            let before = Some(revision.saturating_add(1));
            let found = editing.revisions(entry.id, &part, (before, 1))?;
            let row = found.into_iter().find(|(number, _)| *number == revision);
            Ok(row.map(|(revision, row)| Publication {
                revision,
                at: row.at,
                class: row.change_class.unwrap_or(ChangeClass::Substantive),
                saved: row.event,
            }))
        }
    }
}

/// What is known of the source's past.
struct Known {
    /// How far the translation is behind.
    ageing: Ageing,
    /// The segments of the source that the translation says it was made of.
    base: Option<Source>,
    /// What the source said, by its digest.
    texts: HashMap<SegmentDigest, String>,
}

impl Known {
    async fn of(
        (delivery, editing): (&Delivery, &Editing),
        (entry, kind): (&Entry, &ContentType),
        (shown, translation): (&Publication, &Translation),
    ) -> Result<Self, ReadError> {
        let mut publications =
            delivery.live(entry.id)?.map(|live| live.publications.clone()).unwrap_or_default();
        publications.retain(|publication| publication.revision <= shown.revision);
        if publications.last().is_none_or(|last| last.revision < shown.revision) {
            publications.push(shown.clone());
        }
        let of = match translation.translates {
            Some(Translates::Revision(of)) => of,
            Some(Translates::Unknown(_)) | None => 0,
        };
        let base = editing.source_revision(entry, kind, of).await?;
        let first = publications.iter().rposition(|publication| publication.revision <= of);
        let mut sources = HashMap::new();
        for publication in publications.iter().skip(first.unwrap_or(0)) {
            let Some(EventBody::RevisionSaved { fields, .. }) =
                editing.event(publication.saved).await?.and_then(|event| event.body)
            else {
                continue;
            };
            let units = segment::units(kind, &fields, markdown::cut);
            sources.insert(publication.revision, SourceText { fields, units });
        }
        let ageing = if translation.revision == 0 {
            Ageing::default()
        } else {
            let records: Vec<_> = translation.said.records.values().cloned().collect();
            let given = |publication: &Publication| sources.get(&publication.revision).cloned();
            let translates = translation.translates.as_ref();
            Ageing::of_translation(&publications, translates, &records, &given)
        };
        let base = base.map(|base| base.source);
        let units = sources.values().flat_map(|source| &source.units);
        let units = units.chain(base.iter().flat_map(|base| &base.units));
        let texts = units.map(|unit| (unit.segment.digest(), unit.segment.text.clone())).collect();
        Ok(Self { ageing, base, texts })
    }
}

/// A translation being laid beside its source.
struct Beside<'a> {
    kind: &'a ContentType,
    source: &'a SourceRevision,
    translation: &'a Translation,
    known: &'a Known,
    rows: Vec<Row>,
}

impl Beside<'_> {
    fn lay(&mut self) {
        let aged: HashMap<u32, &Aged> = self
            .known
            .ageing
            .segments
            .iter()
            .filter_map(|aged| Some((aged.place?, aged)))
            .collect();
        let source = &self.source.source;
        let headings = headings(self.kind, &self.source.fields);
        for (place, (id, unit)) in source.segments().enumerate() {
            let aged = u32::try_from(place).ok().and_then(|place| aged.get(&place).copied());
            let record = self.translation.said.records.get(&id);
            let under = headings.get(place).cloned().unwrap_or_default();
            let row = self.row(id, unit, (record, aged));
            self.rows.push(Row { under, ..row });
        }
        self.lay_gone();
    }

    fn row(
        &self,
        id: SegmentId,
        unit: &Unit,
        (record, aged): (Option<&SegmentRecord>, Option<&Aged>),
    ) -> Row {
        let digest = unit.segment.digest();
        let is_translatable = markdown::is_translatable(&unit.segment);
        let is_said = record.is_some_and(|record| !record.target.is_empty());
        let is_whole = self.translation.said.unpaired.iter().any(|it| it.field == unit.field);
        let status = match aged {
            Some(aged) => aged.status,
            // What nobody has translated is missing, also where the translation was never published.
            None if is_translatable && !is_said && !is_whole => SegmentStatus::Missing,
            None => SegmentStatus::Current,
        };
        let of = record.map(|record| record.of).filter(|of| *of != digest);
        Row {
            id,
            pointer: unit.pointer.clone(),
            place: unit.place,
            kind: unit.segment.kind,
            under: Vec::new(),
            is_translatable,
            source: Some(unit.segment.text.clone()),
            digest: Some(digest),
            previous: of.and_then(|of| self.known.texts.get(&of).cloned()),
            record: record.cloned(),
            translated: None,
            reviewed: None,
            status,
            change_class: aged.map(|aged| aged.class),
            since: aged.map(|aged| aged.since),
            comments: 0,
        }
    }

    /// What the source no longer has and the translation still says, or keeps.
    fn lay_gone(&mut self) {
        let there = self.source.source.by_id();
        let gone: BTreeMap<Option<SegmentDigest>, &Aged> = self
            .known
            .ageing
            .segments
            .iter()
            .filter(|aged| aged.place.is_none())
            .map(|aged| (aged.of, aged))
            .collect();
        let base = self.known.base.clone().unwrap_or_default();
        let units = base.by_id();
        let order: HashMap<SegmentId, usize> =
            base.ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let mut left: Vec<&SegmentRecord> = self
            .translation
            .said
            .records
            .values()
            .filter(|record| !there.contains_key(&record.id) && !record.target.is_empty())
            .collect();
        left.sort_by_key(|record| (order.get(&record.id), record.id));
        for record in left {
            let aged = gone.get(&Some(record.of)).copied();
            let unit = units.get(&record.id);
            self.rows.push(Row {
                id: record.id,
                pointer: unit.map(|unit| unit.pointer.clone()).unwrap_or_default(),
                place: unit.map_or(0, |unit| unit.place),
                kind: unit.map_or(SegmentKind::Other, |unit| unit.segment.kind),
                under: Vec::new(),
                is_translatable: true,
                source: None,
                digest: None,
                previous: self.known.texts.get(&record.of).cloned(),
                record: Some(record.clone()),
                translated: None,
                reviewed: None,
                status: SegmentStatus::Obsolete,
                change_class: aged.map(|aged| aged.class),
                since: aged.map(|aged| aged.since),
                comments: 0,
            });
        }
    }
}

/// The headings that each segment of a source stands under, in the order of its segments.
fn headings(kind: &ContentType, fields: &Fields) -> Vec<Vec<String>> {
    let texts = segment::cut_fields(kind, fields, markdown::cut);
    let of = |text: &CutText| -> Vec<Vec<String>> {
        let headings = text.cut.headings().into_iter();
        headings.map(|under| under.into_iter().map(str::to_owned).collect()).collect()
    };
    texts.iter().flat_map(of).collect()
}

/// Says who translated and who reviewed, and when.
fn sign(
    editing: &Editing,
    (entry, part): (&Entry, &Part),
    rows: &mut [Row],
) -> Result<(), ReadError> {
    let mut known: HashMap<u32, Option<(AccountId, Timestamp)>> = HashMap::new();
    let mut who = |revision: u32| -> Result<Option<(AccountId, Timestamp)>, ReadError> {
        if let Some(found) = known.get(&revision) {
            return Ok(*found);
        }
        let before = Some(revision.saturating_add(1));
        let rows = editing.revisions(entry.id, part, (before, 1))?;
        let row = rows.into_iter().find(|(number, _)| *number == revision);
        let found = row.map(|(_, row)| (row.actor, row.at));
        known.insert(revision, found);
        Ok(found)
    };
    for row in rows {
        let Some(record) = row.record.as_ref().filter(|record| !record.target.is_empty()) else {
            continue;
        };
        row.translated = who(record.revision)?;
        row.reviewed = match record.reviewed {
            Some(revision) => who(revision)?,
            None => None,
        };
    }
    Ok(())
}

fn count_comments(
    editing: &Editing,
    (entry, part): (EntryId, &Part),
    rows: &mut [Row],
) -> Result<(), ReadError> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for comment in editing.comments(entry)? {
        let is_open = comment.resolved.is_none() && comment.part == *part;
        if let Some(segment) = comment.segment.filter(|_| is_open) {
            *counts.entry(segment).or_default() += 1;
        }
    }
    for row in rows {
        row.comments = counts.get(&row.id.to_string()).copied().unwrap_or_default();
    }
    Ok(())
}
