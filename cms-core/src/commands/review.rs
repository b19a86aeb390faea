//! The steps of a review: what submitting, asking for changes and approving have in common.

use std::collections::BTreeSet;

use super::{Accepted, CommandError, Decision, Means, check_note, none_of};
use crate::{
    access::{Act, Actor},
    content_type::ContentType,
    entry::{Entry, Head},
    event::{ChangeClass, EventBody, Part, ReviewStep, Stream},
    id::{AccountId, EntryId},
    route,
    store::NewEvent,
    violation::Violation,
};

/// A draft to be moved on in its review.
#[derive(Debug, Clone)]
pub struct Reviewing {
    /// Of which entry.
    pub entry: EntryId,
    /// Of which part.
    pub part: Part,
    /// The newest revision that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// What is said to it.
    pub note: Option<String>,
}

/// What was written since readers last got something.
#[derive(Debug, Default)]
pub(super) struct Drafted {
    /// Who wrote on it.
    pub(super) authors: BTreeSet<AccountId>,
    /// The weightiest that was said of what it changes.
    pub(super) class: Option<ChangeClass>,
}

/// The most revisions that are looked at for their authors.
const LOOKED_AT: usize = 1_000;

impl Means {
    /// Who has written on a draft since readers last got something, and whether it changes what protects.
    pub(super) fn drafted(
        &self,
        entry: EntryId,
        (part, head): (&Part, &Head),
    ) -> Result<Drafted, CommandError> {
        let live = head.live.as_ref().map_or(0, |live| live.saved.revision);
        let before = head.draft.revision.saturating_add(1);
        let since = self.editing.revisions(entry, part, (Some(before), LOOKED_AT))?;
        let mut drafted = Drafted::default();
        drafted.authors.insert(head.draft.actor);
        for (_, saved) in since.into_iter().take_while(|(revision, _)| *revision > live) {
            drafted.authors.insert(saved.actor);
            drafted.class = drafted.class.max(saved.change_class);
        }
        Ok(drafted)
    }

    /// How many must approve a draft.
    pub(super) async fn approvals(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        drafted: &Drafted,
    ) -> Result<usize, CommandError> {
        let is_for_emergencies = content_type.guards_emergencies()
            && self.is_for_emergencies(entry, content_type).await?;
        let is_safety = drafted.class == Some(ChangeClass::Safety);
        Ok(content_type.approvals(is_safety, is_for_emergencies))
    }

    /// Whether an entry is a route for emergencies, as drafted or as readers have it: who takes the emergency call out
    /// of one needs as many approvals as who puts it in.
    async fn is_for_emergencies(
        &self,
        entry: &Entry,
        content_type: &ContentType,
    ) -> Result<bool, CommandError> {
        let Some(head) = entry.heads.get(&Part::Shared) else { return Ok(false) };
        if content_type.name().as_str() != "route" {
            return Ok(false);
        }
        let live = head.live.as_ref().map(|live| live.saved.event);
        for event in live.into_iter().chain([head.draft.event]) {
            if route::check::is_for_emergencies(&self.editing.fields(event).await?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Refuses what too few have approved, where the type asks for that; `said` is what is said of the change as it is
    /// published.
    pub(super) async fn check_approved(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        (part, head): (&Part, &Head),
        said: Option<ChangeClass>,
    ) -> Result<(), CommandError> {
        let mut drafted = self.drafted(entry.id, (part, head))?;
        drafted.class = drafted.class.max(said);
        let needed = self.approvals(entry, content_type, &drafted).await?;
        let review = head.review.as_ref().filter(|review| review.step == ReviewStep::Approved);
        let found = review.map_or(0, |review| review.approvals.len());
        if found >= needed {
            return Ok(());
        }
        let wrong = if needed == 1 {
            Violation::new("", "not_approved")
        } else {
            Violation::new("", "more_approvals").with("needed", needed).with("found", found)
        };
        Err(CommandError::Invalid(vec![wrong]))
    }

    /// Moves a draft on, if `check` finds nothing wrong with that.
    pub(super) async fn review(
        &self,
        actor: &Actor,
        (act, step): (Act, ReviewStep),
        of: Reviewing,
        check: impl FnOnce(&Head) -> Vec<Violation> + Send,
    ) -> Result<Accepted, CommandError> {
        let (entry, _, _) = self.entry(actor, act, of.entry, &of.part)?;
        let head = entry.heads.get(&of.part).ok_or(CommandError::NotFound("revision"))?;
        let revision = head.draft.revision;
        if of.expected.is_some_and(|expected| expected != revision) {
            return Err(CommandError::Stale { current: revision });
        }
        let mut violations = check(head);
        violations.extend(of.note.as_deref().and_then(check_note));
        none_of(violations)?;
        let stream = Stream::Entry(entry.id, of.part.clone());
        let decision = Decision {
            expectations: vec![(stream.clone(), head.last)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::Reviewed {
                    entry: entry.id,
                    part: of.part,
                    revision,
                    step,
                    note: of.note,
                },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision })
    }
}
