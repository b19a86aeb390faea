//! The façade's releases: publications and withdrawals that happen as one.

use super::{ATTEMPTS, Cms, acts::decided};
use crate::{
    access::Actor,
    commands::{
        Accepted, CommandError, change_release::ChangeRelease, publish_release::OnRelease,
        schedule_release::ScheduleRelease,
    },
    id::ReleaseId,
};

impl Cms {
    /// Begins a release.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn begin_release(
        &self,
        actor: &Actor,
        name: String,
    ) -> Result<(ReleaseId, Accepted), CommandError> {
        let done = decided!(self, means => means.begin_release(actor, name.clone()))?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Changes what a release does.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn change_release(
        &self,
        actor: &Actor,
        act: ChangeRelease,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.change_release(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Publishes a release, as one.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn publish_release(
        &self,
        actor: &Actor,
        act: OnRelease,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.publish_release(actor, act))?;
        Ok(self.seen(done).await)
    }

    /// Looks whether a release could be published now.
    ///
    /// # Errors
    /// [`CommandError`], as publishing it would.
    pub async fn check_release(&self, actor: &Actor, act: OnRelease) -> Result<(), CommandError> {
        self.means().check_release(actor, act).await
    }

    /// Schedules a release.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn schedule_release(
        &self,
        actor: &Actor,
        act: ScheduleRelease,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.schedule_release(actor, act.clone()))?;
        let done = self.seen(done).await;
        self.look_at_due()?;
        Ok(done)
    }

    /// Takes the schedule of a release back.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn unschedule_release(
        &self,
        actor: &Actor,
        act: OnRelease,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.unschedule_release(actor, act))?;
        let done = self.seen(done).await;
        self.look_at_due()?;
        Ok(done)
    }

    /// Gives a release up.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn discard_release(
        &self,
        actor: &Actor,
        act: OnRelease,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.discard_release(actor, act))?;
        Ok(self.seen(done).await)
    }
}
