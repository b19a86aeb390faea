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
        if replacement.is_none() && is_last(&entry, &act.locale) {
            self.check_unused(&entry)?;
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
                },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: current })
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

    /// Refuses while others show the entry to readers.
    pub(super) fn check_unused(&self, entry: &Entry) -> Result<(), CommandError> {
        let used_by = self.editing.used_by(entry.id)?;
        let live: Vec<_> = used_by
            .into_iter()
            .filter(|(user, _, kind)| kind.live && *user != entry.id)
            .map(|(user, part, _)| (user, part))
            .take(100)
            .collect();
        if live.is_empty() { Ok(()) } else { Err(CommandError::InUse(live)) }
    }
}

fn is_last(entry: &Entry, locale: &Locale) -> bool {
    entry.published_locales().all(|(published, _)| published == locale)
}
