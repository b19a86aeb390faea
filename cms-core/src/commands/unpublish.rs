//! Takes a locale of an entry away from readers: withdrawn with a notice, or gone.

use super::{Accepted, CommandError, Decision, Means};
use crate::{
    access::{Act, Actor},
    entry::Entry,
    event::{EventBody, Part, Stream, Withdrawal},
    id::EntryId,
    locale::Locale,
    store::NewEvent,
    violation::Violation,
};

/// What to take away, and how it answers from then on.
#[derive(Debug, Clone)]
pub struct Unpublish {
    /// Which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// The newest revision that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// How it answers.
    pub withdrawal: Withdrawal,
    /// Whether it was wrong to have it at all. A recall is not refused for what shows the entry: being rid of
    /// it is more urgent.
    pub recall: bool,
}

impl Means {
    /// Takes a locale away. The last one that is published is refused while others embed the entry,
    /// unless there is a replacement.
    ///
    /// # Errors
    /// [`CommandError`]: `InUse` with those that show it, `Invalid` when it isn't published.
    pub async fn unpublish(&self, actor: &Actor, act: Unpublish) -> Result<Accepted, CommandError> {
        let part = Part::Locale(act.locale.clone());
        let (entry, _, _) = self.entry(actor, Act::Publish, act.entry, &part)?;
        let (current, decision) = self.decide_unpublish(actor, &entry, act).await?;
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: current })
    }

    /// Decides, without appending. The answer's number is the newest revision's.
    pub(super) async fn decide_unpublish(
        &self,
        actor: &Actor,
        entry: &Entry,
        act: Unpublish,
    ) -> Result<(u32, Decision), CommandError> {
        let part = Part::Locale(act.locale.clone());
        let head = entry.heads.get(&part).ok_or(CommandError::NotFound("revision"))?;
        let current = head.draft.revision;
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        if head.published().is_none() {
            return Err(CommandError::Invalid(vec![
                Violation::new("", "not_published").with("tag", &act.locale),
            ]));
        }
        let replacement = match &act.withdrawal {
            Withdrawal::Withdrawn { replacement, .. } | Withdrawal::Gone { replacement } => {
                *replacement
            }
        };
        self.check_replacement(entry.id, replacement)?;
        let uses = self.uses_as_known(entry.id).await?;
        let supposed = self.editing.entry(entry.id)?;
        let is_last = is_last(supposed.as_ref().unwrap_or(entry), &act.locale);
        if !act.recall && replacement.is_none() && is_last {
            self.check_unused(actor, entry)?;
        }
        let stream = Stream::Entry(entry.id, part);
        let decision = Decision {
            expectations: vec![(stream.clone(), head.last), uses],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::Unpublished {
                    entry: entry.id,
                    locale: act.locale,
                    withdrawal: act.withdrawal,
                    recall: act.recall,
                },
            }],
            ..Decision::default()
        };
        Ok((current, decision))
    }

    fn check_replacement(
        &self,
        entry: EntryId,
        replacement: Option<EntryId>,
    ) -> Result<(), CommandError> {
        let Some(id) = replacement else { return Ok(()) };
        let is_published =
            self.editing.entry(id)?.is_some_and(|found| found.published_locales().next().is_some());
        if is_published && id != entry {
            return Ok(());
        }
        Err(CommandError::Invalid(vec![
            Violation::new("/replacement", "replacement_unpublished").with("id", id),
        ]))
    }

    /// The stream of an entry's uses with its last event, which the view has to know of: otherwise what it
    /// says of uses is too old to decide on.
    pub(super) async fn uses_as_known(&self, id: EntryId) -> Result<(Stream, u64), CommandError> {
        let uses = Stream::Uses(id);
        let last = self.last_of(&uses).await?;
        if self.editing.applied()? < last {
            return Err(CommandError::Conflict(uses));
        }
        Ok((uses, last))
    }

    /// Refuses while others show the entry to readers; names those that the actor may see.
    pub(super) fn check_unused(&self, actor: &Actor, entry: &Entry) -> Result<(), CommandError> {
        let mut used_by = self.editing.used_by(entry.id)?;
        used_by.retain(|(user, _, kind)| kind.live && *user != entry.id);
        if used_by.is_empty() {
            return Ok(());
        }
        let mut shown = Vec::new();
        for (user, part, _) in used_by.into_iter().take(100) {
            if self.entry(actor, Act::Read, user, &part).is_ok() {
                shown.push((user, part));
            }
        }
        Err(CommandError::InUse(shown))
    }
}

fn is_last(entry: &Entry, locale: &Locale) -> bool {
    entry.published_locales().all(|(published, _)| published == locale)
}
