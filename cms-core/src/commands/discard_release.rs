//! Gives a release up. The drafts that it held stay as they are.

use super::{Accepted, CommandError, Decision, Means, publish_release::OnRelease};
use crate::{
    access::Actor,
    event::{EventBody, Stream},
    release::ReleaseState,
    store::NewEvent,
};

impl Means {
    /// Gives a release up that is open.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it has happened, or waits for its time.
    pub async fn discard_release(
        &self,
        actor: &Actor,
        act: OnRelease,
    ) -> Result<Accepted, CommandError> {
        let is_open = |state: &ReleaseState| matches!(state, ReleaseState::Open);
        let release = self.own_release(actor, (act.release, act.expected), is_open)?;
        let stream = Stream::Release(release.id);
        let decision = Decision {
            expectations: vec![(stream.clone(), release.last)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::ReleaseDiscarded { release: release.id },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: release.version + 1 })
    }
}
