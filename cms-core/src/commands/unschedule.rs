//! Takes a schedule back.

use super::{Accepted, CommandError, Decision, Means};
use crate::{
    access::{Act, Actor},
    event::{EventBody, Part, Stream},
    id::{EntryId, OpId},
    locale::Locale,
    store::NewEvent,
    violation::Violation,
};

/// A schedule to take back.
#[derive(Debug, Clone)]
pub struct Unschedule {
    /// Of which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// Which.
    pub schedule: OpId,
}

impl Means {
    /// Takes a schedule back.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is no such schedule any more.
    pub async fn unschedule(
        &self,
        actor: &Actor,
        act: Unschedule,
    ) -> Result<Accepted, CommandError> {
        let part = Part::Locale(act.locale.clone());
        let (entry, _, _) = self.entry(actor, Act::Publish, act.entry, &part)?;
        let head = entry.heads.get(&part).ok_or(CommandError::NotFound("revision"))?;
        let known = head.schedules.iter().find(|known| known.id == act.schedule);
        let known = known.ok_or(CommandError::NotFound("schedule"))?;
        if let Some(release) = known.release {
            let part_of = Violation::new("/schedule", "part_of_release").with("id", release);
            return Err(CommandError::Invalid(vec![part_of]));
        }
        let stream = Stream::Entry(entry.id, part);
        let decision = Decision {
            expectations: vec![(stream.clone(), head.last)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::Unscheduled {
                    entry: entry.id,
                    locale: act.locale,
                    schedule: act.schedule,
                    failed: Vec::new(),
                },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: head.draft.revision })
    }
}
