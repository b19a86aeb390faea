//! Moves an entry to another agency: from then on that agency answers for it, and its people may act on it.

use super::{Accepted, CommandError, Decision, Means, check_note, none_of};
use crate::{
    access::{Act, Actor, Scope, allows},
    entry::Entry,
    event::{EventBody, Part, Stream},
    id::{AgencyId, EntryId},
    store::NewEvent,
    violation::Violation,
};

/// An entry to move.
#[derive(Debug, Clone)]
pub struct MoveEntry {
    /// Which.
    pub entry: EntryId,
    /// To which agency.
    pub to: AgencyId,
    /// What is said to it.
    pub note: Option<String>,
}

impl Means {
    /// Moves an entry with all its parts. It takes the right to publish the entry at both agencies, in all
    /// locales. What is scheduled must be taken back first: it was decided for the agency that lets go of it.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it is that agency's already, or something is scheduled.
    pub async fn move_entry(
        &self,
        actor: &Actor,
        act: MoveEntry,
    ) -> Result<Accepted, CommandError> {
        let (entry, _, _) = self.entry(actor, Act::Publish, act.entry, &Part::Shared)?;
        let agency = self.editing.agencies()?.remove(&act.to).ok_or_else(|| {
            let unknown = Violation::new("/agency", "unknown_agency").with("id", act.to);
            CommandError::Invalid(vec![unknown])
        })?;
        let there = Scope { agency: Some(act.to), type_name: Some(&entry.type_name), locale: None };
        if !allows(actor, Act::Publish, &there) {
            return Err(CommandError::Forbidden);
        }
        none_of(wrong_with(&entry, &act))?;
        let locales = entry.heads.keys().filter(|part| **part != Part::Shared);
        let parts: Vec<_> = std::iter::once(&Part::Shared).chain(locales).collect();
        let stream = |part: &Part| Stream::Entry(entry.id, part.clone());
        let streams = parts.iter().map(|part| stream(part)).collect();
        let mut expectations: Vec<_> =
            parts.iter().map(|part| (stream(part), entry.last_of(part))).collect();
        expectations.push((Stream::Agency(act.to), agency.last));
        let (from, to) = (entry.agency, act.to);
        let body = EventBody::EntryMoved { entry: entry.id, from, to, note: act.note };
        let decision = Decision {
            expectations,
            events: vec![NewEvent { streams, body }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }
}

/// All that keeps an entry from being moved.
fn wrong_with(entry: &Entry, act: &MoveEntry) -> Vec<Violation> {
    let mut wrong: Vec<_> = act.note.as_deref().and_then(check_note).into_iter().collect();
    if entry.agency == act.to {
        wrong.push(Violation::new("/agency", "same_agency"));
    }
    let next = entry.heads.values().flat_map(|head| &head.schedules).map(|schedule| schedule.at);
    wrong.extend(next.min().map(|at| Violation::new("", "is_scheduled").with("at", at)));
    wrong
}
