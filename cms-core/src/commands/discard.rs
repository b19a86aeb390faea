//! Discards a draft: the revision that readers get, or last got, is the newest again. Nothing is lost: the
//! discarded revisions stay in the history, and can be rolled back to.

use super::{Accepted, CommandError, Decision, Means, none_of, scheduled};
use crate::{
    access::{Act, Actor},
    event::{EventBody, Part, Stream},
    id::EntryId,
    store::NewEvent,
    violation::Violation,
};

/// A draft to discard.
#[derive(Debug, Clone)]
pub struct Discard {
    /// Of which entry.
    pub entry: EntryId,
    /// Of which part.
    pub part: Part,
    /// The newest revision that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
}

impl Means {
    /// Discards a draft. The answer's revision is the one that is the draft again.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when there is nothing newer than what readers get, or when they never got
    /// anything.
    pub async fn discard(&self, actor: &Actor, act: Discard) -> Result<Accepted, CommandError> {
        let (entry, _, _) = self.entry(actor, Act::Write, act.entry, &act.part)?;
        let head = entry.heads.get(&act.part).ok_or(CommandError::NotFound("revision"))?;
        let current = head.draft.revision;
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        let live = head.live.as_ref();
        let live = live.ok_or_else(|| vec![Violation::new("", "never_published")]);
        let live = live.map_err(CommandError::Invalid)?;
        let mut violations: Vec<_> = scheduled(head).into_iter().collect();
        if live.saved.event == head.draft.event {
            violations.push(Violation::new("", "nothing_to_discard"));
        }
        none_of(violations)?;
        let stream = Stream::Entry(entry.id, act.part.clone());
        let uses = head.draft.uses.iter().chain(&live.saved.uses).map(|id| Stream::Uses(*id));
        let slug = head.draft.slug.as_ref().filter(|slug| live.saved.slug.as_ref() != Some(slug));
        let claims = match (&act.part, slug) {
            (Part::Locale(locale), Some(slug)) => {
                self.let_go(&entry, locale, slug).await?.into_iter().collect()
            }
            (Part::Locale(_) | Part::Shared, _) => Vec::new(),
        };
        let decision = Decision {
            expectations: vec![(stream.clone(), head.last)],
            claims,
            events: vec![NewEvent {
                streams: std::iter::once(stream).chain(uses).collect(),
                body: EventBody::Discarded { entry: entry.id, part: act.part, revision: current },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: live.saved.revision })
    }
}
