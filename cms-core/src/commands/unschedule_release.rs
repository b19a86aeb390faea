//! Takes the schedule of a release back: it is open again, and so are its parts.

use super::{Accepted, CommandError, Means, publish_release::OnRelease};
use crate::{access::Actor, release::ReleaseState};

impl Means {
    /// Takes the schedule of a release back.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it is not scheduled.
    pub async fn unschedule_release(
        &self,
        actor: &Actor,
        act: OnRelease,
    ) -> Result<Accepted, CommandError> {
        let is_scheduled = |state: &ReleaseState| matches!(state, ReleaseState::Scheduled { .. });
        let release = self.own_release(actor, (act.release, act.expected), is_scheduled)?;
        let decision = self.taken_back(&release, Vec::new())?;
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: release.version + 1 })
    }
}
