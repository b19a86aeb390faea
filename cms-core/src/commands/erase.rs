//! Erases an entry: its content leaves the log, and it is as if it had never been. The digest of its key
//! stays, so that an import or a restore doesn't bring it back. Compaction takes it out of the files.

use super::{Accepted, CommandError, Decision, Means};
use crate::{
    access::{Act, Actor},
    event::{Claim, EventBody, Part, Stream},
    followers::ReadError,
    followers::editing::key_digest,
    id::EntryId,
    store::{ClaimChange, NewEvent},
};

/// How many events are looked through at a time.
const STEP: usize = 500;

impl Means {
    /// Erases an entry in all its locales.
    ///
    /// # Errors
    /// [`CommandError`]: `InUse` with those that show it.
    pub async fn erase(&self, actor: &Actor, id: EntryId) -> Result<Accepted, CommandError> {
        let (entry, _, _) = self.entry(actor, Act::Erase, id, &Part::Shared)?;
        // What is said meanwhile is not left behind.
        let discussion = self.discussion_as_known(id).await?;
        let mut expectations = vec![self.uses_as_known(id).await?, discussion];
        self.check_unused(actor, &entry)?;
        let mut parts: Vec<Part> = entry.heads.keys().cloned().collect();
        if !parts.contains(&Part::Shared) {
            parts.push(Part::Shared);
        }
        expectations.extend(
            parts.iter().map(|part| (Stream::Entry(id, part.clone()), entry.last_of(part))),
        );
        let holder = *id.as_bytes();
        let mut claims = Vec::new();
        for (part, head) in &entry.heads {
            let Part::Locale(locale) = part else { continue };
            let live = head.live.as_ref().and_then(|live| live.saved.slug.clone());
            for slug in head.draft.slug.iter().cloned().chain(live) {
                claims.extend(self.let_go(&entry, locale, &slug).await?);
            }
        }
        if let Some(key) = &entry.key {
            claims.push(ClaimChange::Release(
                Claim::Key(entry.type_name.clone(), key.clone()),
                holder,
            ));
        }
        let erase = self.events_of(id, entry.created).await?;
        let decision = Decision {
            expectations,
            claims,
            events: vec![NewEvent {
                streams: parts.into_iter().map(|part| Stream::Entry(id, part)).collect(),
                body: EventBody::Erased {
                    entry: id,
                    type_name: entry.type_name.clone(),
                    key_digest: entry.key.as_ref().map(|key| key_digest(&entry.type_name, key)),
                    locales: entry.once_published_locales().cloned().collect(),
                },
            }],
            erase,
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }

    /// The events of an entry, from its making on.
    async fn events_of(&self, id: EntryId, created: u64) -> Result<Vec<u64>, CommandError> {
        let mut found = Vec::new();
        let mut after = created.saturating_sub(1);
        loop {
            let events = self.log.events(after, STEP).await.map_err(ReadError::from)?;
            let Some(last) = events.last() else { return Ok(found) };
            after = last.number;
            let own = events.iter().filter(|event| {
                event
                    .streams
                    .iter()
                    .any(|stream| matches!(stream, Stream::Entry(entry, _) | Stream::Discussion(entry) if *entry == id))
            });
            found.extend(own.map(|event| event.number));
        }
    }
}
