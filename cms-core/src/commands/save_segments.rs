//! Saves segments of a translation: one revision, with what is known of each of them.
//!
//! What can't be taken is told segment by segment, and keeps nothing else out: a file of hundreds comes back from a
//! translator while the source has moved on in two. The fields are the source's with the translation's words in them;
//! where a segment has none, nothing stands there, and never the source's words.

use std::collections::{HashMap, HashSet};

use super::{CommandError, Means, check_note, none_of, save_draft::SaveDraft};
use crate::{
    access::{self, Act, Actor, Scope},
    content_type::{ContentType, normalise},
    entry::Entry,
    event::{Fields, Part, Stream, Translates},
    followers::editing::segments::{SourceRevision, Translation},
    id::EntryId,
    locale::Locale,
    markdown, segment,
    segment::{
        Origin, Override, SegmentDigest, SegmentId, SegmentRecord, SegmentState, code::Broken,
        pairs::Said,
    },
    violation::Violation,
};

mod judged;
mod laid;

use judged::Judge;
use laid::Laid;

/// Segments of a translation to be saved.
#[derive(Debug, Clone)]
pub struct SaveSegments {
    /// Of which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// The newest revision of the translation that its translator has seen; 0 where there is none. `None` saves over
    /// whatever is there.
    pub expected: Option<u32>,
    /// The newest revision of the translation that its translator had when they began, for work that comes back days
    /// later: segments that others have changed since are left alone.
    pub seen: Option<u32>,
    /// The source's revision to translate. Without it the one that readers get, or the newest where they get none.
    pub source: Option<u32>,
    /// The segments.
    pub segments: Vec<SegmentEdit>,
    /// What is said of it to colleagues.
    pub note: Option<String>,
    /// Only say what would become of them.
    pub dry_run: bool,
}

impl SaveSegments {
    /// These segments, over whatever is there, and nothing else said.
    pub const fn new(entry: EntryId, locale: Locale, segments: Vec<SegmentEdit>) -> Self {
        let (expected, seen, source, note) = (None, None, None, None);
        Self { entry, locale, expected, seen, source, segments, note, dry_run: false }
    }
}

/// A segment to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentEdit {
    /// Which.
    pub id: SegmentId,
    /// The source's text that it translates.
    pub of: SegmentDigest,
    /// What it says; empty for nothing yet.
    pub target: String,
    /// How far it has come.
    pub state: SegmentState,
    /// Where its words came from.
    pub origin: Origin,
    /// What of it checks warn of, and is right.
    pub overrides: Vec<Override>,
}

/// Why a segment was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentRefusal {
    /// The source has no such segment.
    UnknownSegment,
    /// The source says something else by now.
    SourceChanged {
        /// What it says now.
        now: SegmentDigest,
    },
    /// Somebody else has translated it since.
    TargetNewer {
        /// In which revision of the translation.
        revision: u32,
    },
    /// Embeds, links, code or tags came or went.
    BrokenCodes(Broken),
    /// It wouldn't stay in its place: it is several paragraphs, or a cell's border stands in it.
    LeavesItsPlace,
    /// It says nothing, and is said to be translated.
    Empty,
    /// It is there more than once.
    Repeated,
    /// Its field was written as a whole, otherwise than the source: it is replaced when all of the field's segments are
    /// saved together.
    Unpaired,
    /// The actor may not translate here, or not say that a translation is right.
    NotAllowed,
    /// It is final: only who reviews changes it.
    IsFinal,
    /// Who translated it holds it to be right, and the type asks for somebody else.
    OwnTranslation,
    /// The field can't hold it.
    Invalid(Vec<Violation>),
}

impl SegmentRefusal {
    /// What is wrong, for whoever sent the segment: what is wrong with a field, at its place; all else at `pointer`.
    pub fn told(&self, pointer: &str) -> Vec<Violation> {
        let one = |code| Violation::new(pointer, code);
        vec![match self {
            Self::UnknownSegment => one("unknown_segment"),
            Self::SourceChanged { .. } => one("source_changed"),
            Self::TargetNewer { revision } => one("target_newer").with("revision", revision),
            Self::BrokenCodes(broken) => {
                let list = |codes: &[String]| codes.join(", ");
                one("broken_codes")
                    .with("missing", list(&broken.missing))
                    .with("surplus", list(&broken.surplus))
            }
            Self::LeavesItsPlace => one("leaves_its_place"),
            Self::Empty => one("empty_target"),
            Self::Repeated => one("segment_repeated"),
            Self::Unpaired => one("unpaired_field"),
            Self::NotAllowed => one("segment_not_allowed"),
            Self::IsFinal => one("segment_final"),
            Self::OwnTranslation => one("own_translation"),
            Self::Invalid(wrong) => return wrong.clone(),
        }]
    }
}

/// What became of segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The event; the part's last one where nothing was to be saved.
    pub event: u64,
    /// The translation's newest revision; 0 where there is none.
    pub revision: u32,
    /// Those that were taken, also those that say what they said.
    pub taken: Vec<SegmentId>,
    /// Those that weren't, and why.
    pub refused: Vec<(SegmentId, SegmentRefusal)>,
}

/// What segments are saved into.
struct Work<'a> {
    content_type: &'a ContentType,
    source: SourceRevision,
    /// The fields of the source that the translation was made of, as far as they are known.
    base: Option<Fields>,
    before: Translation,
    /// The number of the revision that is to be saved.
    next: u32,
}

impl Means {
    /// Saves segments of a translation, in one revision.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` when somebody saved since, `Invalid` with what is wrong with the save as a whole.
    pub async fn save_segments(
        &self,
        actor: &Actor,
        act: SaveSegments,
    ) -> Result<Saved, CommandError> {
        let entry = self.editing.entry(act.entry)?.ok_or(CommandError::NotFound("entry"))?;
        let (agency, type_name) = (Some(entry.agency), Some(&entry.type_name));
        let scope = Scope { agency, type_name, locale: Some(&act.locale) };
        let may = |wanted| access::allows(actor, wanted, &scope);
        if !may(Act::Review) {
            Self::check(actor, Act::Write, &scope)?;
        }
        let (content_type, type_last) = self.content_type(&entry.type_name)?;
        let part = Part::Locale(act.locale.clone());
        let head = entry.heads.get(&part);
        let current = head.map_or(0, |head| head.draft.revision);
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        let mut wrong: Vec<_> = act.note.as_deref().and_then(check_note).into_iter().collect();
        if act.locale == entry.source_locale {
            wrong.push(Violation::new("/locale", "not_a_translation"));
        }
        none_of(wrong)?;
        let work = self.work(&entry, &content_type, &act).await?;
        let judge = Judge::new(&work, actor.account, (may(Act::Write), may(Act::Review)), act.seen);
        let who = |revision| self.translator(&entry, &part, revision);
        let (mut taken, mut refused) = judge.all(&act.segments, &who)?;
        let laid = loop {
            let laid = Laid::of(&work, &taken);
            let faults = laid.faults(&part, &taken);
            if faults.is_empty() {
                break laid;
            }
            taken.retain(|record| faults.iter().all(|(id, _)| *id != record.id));
            refused
                .extend(faults.into_iter().map(|(id, wrong)| (id, SegmentRefusal::Invalid(wrong))));
        };
        let ids = taken.iter().map(|record| record.id).collect();
        let unchanged =
            Saved { event: entry.last_of(&part), revision: current, taken: ids, refused };
        if taken.is_empty() || laid.is_same_as(&work.before) {
            return Ok(unchanged);
        }
        let save = laid.save(&act, &work);
        let (revision, mut decision) = self.decide_save(&entry, &content_type, save).await?;
        decision.expectations.push((Stream::Type(entry.type_name.clone()), type_last));
        decision.expectations.push(source_stream(&entry));
        if act.dry_run {
            return Ok(unchanged);
        }
        let appended = self.append(actor, decision).await?;
        Ok(Saved { event: appended.last, revision, ..unchanged })
    }

    async fn work<'a>(
        &self,
        entry: &Entry,
        content_type: &'a ContentType,
        act: &SaveSegments,
    ) -> Result<Work<'a>, CommandError> {
        let source_head = entry.heads.get(&Part::Locale(entry.source_locale.clone()));
        let shown =
            source_head.map(|head| head.published().map_or(&head.draft, |live| &live.saved));
        let revision = act.source.or(shown.map(|saved| saved.revision)).unwrap_or(0);
        let source = self.editing.source_revision(entry, content_type, revision).await?;
        let source = source.ok_or(CommandError::NotFound("revision"))?;
        let of = (&act.locale, false);
        let before = self.editing.translation(entry, content_type, of).await?;
        let base = match before.translates {
            Some(Translates::Revision(base)) if base != revision => {
                self.editing.source_revision(entry, content_type, base).await?.map(|it| it.fields)
            }
            Some(Translates::Revision(_)) => Some(source.fields.clone()),
            Some(Translates::Unknown(_)) | None => None,
        };
        let head = entry.heads.get(&Part::Locale(act.locale.clone()));
        let next = head.map_or(0, |head| head.newest) + 1;
        Ok(Work { content_type, source, base, before, next })
    }

    /// Who saved a revision.
    fn translator(
        &self,
        entry: &Entry,
        part: &Part,
        revision: u32,
    ) -> Result<Option<crate::id::AccountId>, CommandError> {
        let before = Some(revision.saturating_add(1));
        let found = self.editing.revisions(entry.id, part, (before, 1))?;
        Ok(found.first().filter(|(number, _)| *number == revision).map(|(_, row)| row.actor))
    }

    /// What a translation that is saved as a whole keeps of each segment, where the draft before it did: of those that
    /// say the same of the same text, what was known of them.
    pub(super) async fn segments_kept(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        (locale, translates): (&Locale, Option<&Translates>),
        (fields, revision): (&Fields, u32),
    ) -> Result<Vec<SegmentRecord>, CommandError> {
        let before = self.editing.translation(entry, content_type, (locale, false)).await?;
        let of = match translates {
            Some(Translates::Revision(of)) => {
                self.editing.source_revision(entry, content_type, *of).await?
            }
            Some(Translates::Unknown(_)) | None => None,
        };
        let source = of.unwrap_or_default().source;
        let target = segment::units(content_type, fields, markdown::cut);
        let said = Said::derived(&source, &target, revision).with_kept(&before.said, &source);
        Ok(said.records.into_values().collect())
    }
}

/// The source's stream: a translation of it is decided on what it says.
fn source_stream(entry: &Entry) -> (Stream, u64) {
    let part = Part::Locale(entry.source_locale.clone());
    (Stream::Entry(entry.id, part.clone()), entry.last_of(&part))
}
