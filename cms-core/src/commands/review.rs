//! The steps of a review: what submitting, asking for changes and approving have in common.

use super::{Accepted, CommandError, Decision, Means, check_note, none_of};
use crate::{
    access::{Act, Actor},
    entry::Head,
    event::{EventBody, Part, ReviewStep, Stream},
    id::EntryId,
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

impl Means {
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
