//! Schedules a release. Until then its parts stay as they are, and nothing of them lies where readers could reach it.

use super::{Accepted, CommandError, Means, none_of};
use crate::{
    access::Actor,
    clock::Timestamp,
    event::{EventBody, Stream},
    id::{OpId, ReleaseId},
    release::ReleaseState,
    store::NewEvent,
};

/// A release to schedule.
#[derive(Debug, Clone)]
pub struct ScheduleRelease {
    /// Which.
    pub release: ReleaseId,
    /// The version that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// When.
    pub at: Timestamp,
    /// The name of the time zone that it was chosen in; only for showing it.
    pub zone: Option<String>,
}

impl Means {
    /// Schedules a release, which must be publishable now.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for a time that has passed, `InvalidItems` with all that is wrong with each item.
    pub async fn schedule_release(
        &self,
        actor: &Actor,
        act: ScheduleRelease,
    ) -> Result<Accepted, CommandError> {
        let is_open = |state: &ReleaseState| matches!(state, ReleaseState::Open);
        let release = self.own_release(actor, (act.release, act.expected), is_open)?;
        none_of(self.check_time(act.at, act.zone.as_deref()))?;
        let mut decision = self.decide_release(actor, &release, None).await?;
        let schedule = OpId::generate(self.clock.now());
        // What it rests on now is looked at again when its time has come; the names that it takes, too.
        decision.claims.clear();
        decision.events.clear();
        let ScheduleRelease { at, zone, .. } = act;
        let body =
            EventBody::ReleaseScheduled { release: release.id, schedule, at, zone: zone.clone() };
        decision.events.push(NewEvent { streams: vec![Stream::Release(release.id)], body });
        for item in &release.items {
            let body = EventBody::ItemScheduled {
                entry: item.entry,
                part: item.part.clone(),
                release: release.id,
                schedule,
                at,
                zone: zone.clone(),
                due: item.due.clone(),
            };
            let streams = vec![Stream::Entry(item.entry, item.part.clone())];
            decision.events.push(NewEvent { streams, body });
        }
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: release.version + 1 })
    }
}
