//! Begins a release, empty: what it does is added next.

use super::{Accepted, CommandError, Decision, Means, none_of, save_account::check_name};
use crate::{
    access::{Act, Actor},
    event::{EventBody, Stream},
    id::ReleaseId,
    store::NewEvent,
};

impl Means {
    /// Begins a release. Whoever may publish anything at all may.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for a bad name.
    pub async fn begin_release(
        &self,
        actor: &Actor,
        name: String,
    ) -> Result<(ReleaseId, Accepted), CommandError> {
        if !actor.grants.iter().any(|grant| grant.acts.contains(&Act::Publish)) {
            return Err(CommandError::Forbidden);
        }
        none_of(check_name(&name))?;
        let release = ReleaseId::generate(self.clock.now());
        let stream = Stream::Release(release);
        let decision = Decision {
            expectations: vec![(stream.clone(), 0)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::ReleaseSaved { release, name, items: Vec::new() },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok((release, Accepted { event: appended.last, revision: 1 }))
    }
}
