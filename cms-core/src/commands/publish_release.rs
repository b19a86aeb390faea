//! Lets a release happen: all of it by one append, or nothing. Or only looks whether it could.

use super::{Accepted, CommandError, Decision, Means};
use crate::{
    access::Actor,
    event::{EventBody, Stream},
    id::ReleaseId,
    release::{Release, ReleaseState},
    store::NewEvent,
    violation::{Violation, pointer_step},
};

/// A release to publish, discard or take back.
#[derive(Debug, Clone, Copy)]
pub struct OnRelease {
    /// Which.
    pub release: ReleaseId,
    /// The version that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
}

fn is_open(state: &ReleaseState) -> bool {
    matches!(state, ReleaseState::Open)
}

fn is_to_come(state: &ReleaseState) -> bool {
    matches!(state, ReleaseState::Open | ReleaseState::Scheduled { .. })
}

impl Means {
    /// Publishes a release.
    ///
    /// # Errors
    /// [`CommandError`]: `InvalidItems` with all that is wrong with each item; then nothing has happened.
    pub async fn publish_release(
        &self,
        actor: &Actor,
        act: OnRelease,
    ) -> Result<Accepted, CommandError> {
        let release = self.own_release(actor, (act.release, act.expected), is_open)?;
        let decision = self.decide_release(actor, &release, None).await?;
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: release.version + 1 })
    }

    /// Looks whether a release could happen now, and changes nothing.
    ///
    /// # Errors
    /// [`CommandError`], as publishing it would.
    pub async fn check_release(&self, actor: &Actor, act: OnRelease) -> Result<(), CommandError> {
        let release = self.own_release(actor, (act.release, act.expected), is_to_come)?;
        let due = release.schedule().map(|(_, schedule)| schedule);
        self.decide_release(actor, &release, due).await.map(drop)
    }

    /// Lets a release happen whose time has come; what keeps it from happening takes it back, as a whole.
    pub(super) async fn apply_due_release(&self, id: ReleaseId) -> Result<u64, CommandError> {
        let release = self.editing.release(id)?.ok_or(CommandError::NotFound("release"))?;
        let ReleaseState::Scheduled { schedule, actor: account, .. } = release.state else {
            return Err(CommandError::NotFound("schedule"));
        };
        let actor = Actor { account, grants: Vec::new() };
        let decision = match self.decide_release(&actor, &release, Some(schedule)).await {
            Err(CommandError::InvalidItems(faults)) => {
                let failed = faults.into_iter().flat_map(|fault| {
                    let place = format!("/items{}", pointer_step(fault.at));
                    fault.violations.into_iter().map(move |violation| violation.under(&place))
                });
                self.taken_back(&release, failed.collect())?
            }
            Err(CommandError::Invalid(failed)) => self.taken_back(&release, failed)?,
            other => other?,
        };
        Ok(self.append_as(schedule, account, decision).await?.last)
    }

    /// What takes a schedule back, from the release and from all that waits for it.
    pub(super) fn taken_back(
        &self,
        release: &Release,
        failed: Vec<Violation>,
    ) -> Result<Decision, CommandError> {
        let Some((_, schedule)) = release.schedule() else {
            return Err(CommandError::NotFound("schedule"));
        };
        if !failed.is_empty() {
            tracing::warn!(release = %release.id, "a release can't happen");
        }
        let stream = Stream::Release(release.id);
        let mut decision = Decision {
            expectations: vec![(stream.clone(), release.last)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::ReleaseUnscheduled { release: release.id, schedule, failed },
            }],
            ..Decision::default()
        };
        for item in &release.items {
            let Some(entry) = self.editing.entry(item.entry)? else { continue };
            let Some(head) = entry.heads.get(&item.part) else { continue };
            if head.schedules.iter().all(|waiting| waiting.id != schedule) {
                continue;
            }
            let stream = Stream::Entry(entry.id, item.part.clone());
            decision.expectations.push((stream.clone(), head.last));
            let (entry, part) = (entry.id, item.part.clone());
            let body = EventBody::ItemUnscheduled { entry, part, schedule };
            decision.events.push(NewEvent { streams: vec![stream], body });
        }
        Ok(decision)
    }
}
