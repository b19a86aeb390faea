//! Saves a revision of one part of an entry: the whole of its fields. It is the draft until published.

use std::collections::BTreeSet;

use super::{
    Accepted, CommandError, Decision, Means, chains, check_note, none_of, redirects, scheduled,
    slugs::Slugged,
};
use crate::{
    access::{Act, Actor},
    asset,
    content_type::{ContentType, normalise},
    entry::{Entry, Head},
    event::{ChangeClass, EventBody, Fields, Part, Stream, Translates},
    id::EntryId,
    route,
    segment::SegmentRecord,
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// What to save.
#[derive(Debug, Clone)]
pub struct SaveDraft {
    /// Of which entry.
    pub entry: EntryId,
    /// Of which part.
    pub part: Part,
    /// The newest revision that the author has seen; 0 for a part without any. `None` saves over
    /// whatever is there.
    pub expected: Option<u32>,
    /// All fields of the part.
    pub fields: Fields,
    /// Its slug. Without one the last stays, or the title gives one.
    pub slug: Option<String>,
    /// What it translates. Without it: the source that is live now.
    pub translates: Option<Translates>,
    /// What a change of the source means for translations.
    pub change_class: Option<ChangeClass>,
    /// The digest of the import line that it comes from.
    pub line: Option<String>,
    /// What the author says of it to colleagues.
    pub note: Option<String>,
    /// What a translation keeps of each segment. Without it, what the draft before kept of those that are the same.
    pub segments: Option<Vec<SegmentRecord>>,
}

/// A draft in which nothing is wrong.
struct Checked {
    fields: Fields,
    uses: BTreeSet<EntryId>,
    slug: Option<String>,
    claims: Vec<ClaimChange>,
    rests_on: Vec<(Stream, u64)>,
}

impl SaveDraft {
    /// The fields of one part of an entry, and nothing else said.
    pub fn new(entry: EntryId, part: Part, fields: Fields) -> Self {
        Self {
            entry,
            part,
            expected: None,
            fields,
            slug: None,
            translates: None,
            change_class: None,
            line: None,
            note: None,
            segments: None,
        }
    }
}

impl Means {
    /// Saves a revision.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` when somebody saved since, `Invalid` with all that is wrong.
    pub async fn save_draft(
        &self,
        actor: &Actor,
        act: SaveDraft,
    ) -> Result<Accepted, CommandError> {
        self.save(actor, act, true).await
    }

    /// Saves a revision; what only an upload gives is compared with the last draft where an editor may have written it.
    pub(super) async fn save(
        &self,
        actor: &Actor,
        act: SaveDraft,
        by_hand: bool,
    ) -> Result<Accepted, CommandError> {
        let (entry, content_type, type_last) =
            self.entry(actor, Act::Write, act.entry, &act.part)?;
        let mut wrong = Vec::from_iter(self.check_assured(&content_type, &act.fields));
        if by_hand {
            wrong.extend(self.check_given(&entry, &act).await?);
        }
        let decided = match self.decide_save(&entry, &content_type, act).await {
            Ok(decided) if wrong.is_empty() => Ok(decided),
            Ok(_) => Err(CommandError::Invalid(wrong)),
            Err(CommandError::Invalid(mut more)) => {
                more.extend(wrong);
                Err(CommandError::Invalid(more))
            }
            Err(other) => Err(other),
        };
        let (revision, mut decision) = decided?;
        decision.expectations.push((Stream::Type(entry.type_name.clone()), type_last));
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision })
    }

    /// What an editor may not say of an asset: what its file is.
    async fn check_given(
        &self,
        entry: &Entry,
        act: &SaveDraft,
    ) -> Result<Vec<Violation>, CommandError> {
        if act.part != Part::Shared || entry.type_name.as_str() != asset::TYPE {
            return Ok(Vec::new());
        }
        let before = match entry.heads.get(&Part::Shared) {
            Some(head) => self.editing.fields(head.draft.event).await?,
            None => Fields::new(),
        };
        let wrong = asset::check_given(&before, &normalise(act.fields.clone()));
        Ok(wrong.into_iter().map(|it| it.under("/fields")).collect())
    }

    /// What an editor can't have made sure of yet. In an import it does no harm: it doesn't count.
    fn check_assured(&self, content_type: &ContentType, fields: &Fields) -> Option<Violation> {
        let today = self.clock.now().day()?;
        let wrong = (content_type.name().as_str() == "route")
            .then(|| route::check::check_assured(fields, today))?;
        Some(wrong?.under("/fields"))
    }

    /// Decides, without appending. The answer's number is the new revision's.
    pub(crate) async fn decide_save(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        act: SaveDraft,
    ) -> Result<(u32, Decision), CommandError> {
        let head = entry.heads.get(&act.part);
        let current = head.map_or(0, |head| head.draft.revision);
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        let Checked { fields, uses, slug, claims, rests_on } =
            self.checked(entry, content_type, &act, head).await?;
        let is_source = act.part == Part::Locale(entry.source_locale.clone());
        let is_translation = !is_source && act.part != Part::Shared;
        let source_live = || {
            let source = entry.heads.get(&Part::Locale(entry.source_locale.clone()))?;
            Some(Translates::Revision(source.published()?.saved.revision))
        };
        let revision = head.map_or(0, |head| head.newest) + 1;
        let before = head.map(|head| head.draft.uses.as_slice()).unwrap_or_default();
        let streams = std::iter::once(Stream::Entry(entry.id, act.part.clone()))
            .chain(uses.iter().filter(|id| !before.contains(id)).map(|id| Stream::Uses(*id)))
            .chain(before.iter().filter(|id| !uses.contains(id)).map(|id| Stream::Uses(*id)))
            .collect();
        let own = (Stream::Entry(entry.id, act.part.clone()), entry.last_of(&act.part));
        let translates = act.translates.or_else(source_live).filter(|_| is_translation);
        let segments = match (act.segments, &act.part) {
            (Some(segments), _) => segments,
            (None, Part::Locale(locale)) if head.is_some_and(|head| head.draft.by_segments) => {
                let of = (locale, translates.as_ref());
                self.segments_kept(entry, content_type, of, (&fields, revision)).await?
            }
            (None, Part::Locale(_) | Part::Shared) => Vec::new(),
        };
        let decision = Decision {
            expectations: std::iter::once(own).chain(rests_on).collect(),
            claims,
            events: vec![NewEvent {
                streams,
                body: EventBody::RevisionSaved {
                    entry: entry.id,
                    part: act.part,
                    revision,
                    fields,
                    slug,
                    translates,
                    change_class: act.change_class.filter(|_| is_source),
                    uses: uses.into_iter().collect(),
                    line: act.line,
                    note: act.note,
                    segments,
                },
            }],
            erase: Vec::new(),
        };
        Ok((revision, decision))
    }

    /// All that is wrong with a draft at once; otherwise what is to be saved of it.
    async fn checked(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        act: &SaveDraft,
        head: Option<&Head>,
    ) -> Result<Checked, CommandError> {
        let fields = normalise(act.fields.clone());
        let locale = match &act.part {
            Part::Locale(locale) => locale,
            Part::Shared => &entry.source_locale,
        };
        let mut violations = content_type.check_draft(&act.part, &fields);
        violations.extend(redirects::check(content_type.name(), &act.part, &fields));
        let uses = self.uses(content_type, &fields, locale).await?;
        violations.extend(uses.bad_references);
        let chains =
            self.follow_chains((entry, content_type), (&act.part, &fields), chains::draft).await?;
        violations.extend(chains.circles);
        let under = |violation: Violation| violation.under("/fields");
        let mut violations: Vec<_> = violations.into_iter().map(under).collect();
        violations.extend(head.and_then(scheduled));
        violations.extend(act.note.as_deref().and_then(check_note));
        if self.editing.locales()?.all().iter().all(|known| known.tag != *locale) {
            violations.push(Violation::new("/locale", "unknown_locale").with("tag", locale));
        }
        let mut checked = Checked {
            fields,
            uses: uses.targets,
            slug: None,
            claims: Vec::new(),
            rests_on: chains.rests_on,
        };
        if act.part != Part::Shared {
            let wanted = act.slug.as_deref();
            match self.slug(entry, (locale, head), wanted, &checked.fields).await {
                Ok(Slugged { slug, claims, rests_on }) => {
                    (checked.slug, checked.claims) = (Some(slug), claims);
                    checked.rests_on.extend(rests_on);
                }
                Err(CommandError::Invalid(wrong)) => violations.extend(wrong),
                Err(other) => return Err(other),
            }
        }
        none_of(violations)?;
        Ok(checked)
    }
}
