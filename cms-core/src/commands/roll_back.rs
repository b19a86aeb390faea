//! Rolls back: saves a new revision that is equal to an old one. Its slug stays the one of today.

use super::{Accepted, CommandError, Means, save_draft::SaveDraft};
use crate::{
    access::{Act, Actor},
    event::{EventBody, Part},
    id::EntryId,
};

/// What to roll back, and how far.
#[derive(Debug, Clone)]
pub struct RollBack {
    /// Of which entry.
    pub entry: EntryId,
    /// Of which part.
    pub part: Part,
    /// The newest revision that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// The revision to be equal to.
    pub revision: u32,
    /// What the actor says of it to colleagues.
    pub note: Option<String>,
}

impl Means {
    /// Rolls back.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is no such revision, `Invalid` when it breaks rules of today.
    pub async fn roll_back(&self, actor: &Actor, act: RollBack) -> Result<Accepted, CommandError> {
        self.entry(actor, Act::Write, act.entry, &act.part)?;
        let missing = || CommandError::NotFound("revision");
        let saved = self.editing.saved_by(act.entry, &act.part, act.revision)?;
        let event = self.editing.event(saved.ok_or_else(missing)?).await?;
        let Some(EventBody::RevisionSaved { fields, translates, change_class, segments, .. }) =
            event.and_then(|event| event.body)
        else {
            return Err(missing());
        };
        let save = SaveDraft {
            expected: act.expected,
            translates,
            change_class,
            note: act.note,
            segments: Some(segments).filter(|segments| !segments.is_empty()),
            ..SaveDraft::new(act.entry, act.part, fields)
        };
        self.save(actor, save, false).await
    }
}
