//! Takes what was imported into the memory out of it again, all that has one name.
//!
//! It goes out of the log, too, so that it doesn't come back when the memory is made anew. That it was there, and who took
//! it away, stays in the log.

use super::{CommandError, Decision, Means};
use crate::{
    access::{self, Act, Actor, Scope},
    event::{EventBody, Stream},
    followers::ReadError,
    id::AgencyId,
    store::NewEvent,
};

/// How many events are looked through at a time.
const STEP: usize = 500;

impl Means {
    /// Takes a memory of elsewhere out; answers the event. Who may erase what is of the agency, whatever the type and the
    /// language.
    ///
    /// # Errors
    /// [`CommandError`]: `Forbidden`, or `NotFound` where nothing was imported under that name.
    pub async fn forget_memory(
        &self,
        actor: &Actor,
        (agency, name): (AgencyId, &str),
    ) -> Result<u64, CommandError> {
        let scope = Scope { agency: Some(agency), ..Scope::default() };
        if !access::allows(actor, Act::Erase, &scope) {
            return Err(CommandError::Forbidden);
        }
        let stream = Stream::Memory(agency);
        let last = self.last_of(&stream).await?;
        let erase = self.imported(agency, name).await?;
        if erase.is_empty() {
            return Err(CommandError::NotFound("memory"));
        }
        let body = EventBody::MemoryForgotten { agency, name: name.to_owned() };
        let decision = Decision {
            expectations: vec![(stream.clone(), last)],
            events: vec![NewEvent { streams: vec![stream], body }],
            erase,
            ..Decision::default()
        };
        Ok(self.append(actor, decision).await?.last)
    }

    /// The events that brought what has a name.
    async fn imported(&self, agency: AgencyId, name: &str) -> Result<Vec<u64>, CommandError> {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let events = self.log.events(after, STEP).await.map_err(ReadError::from)?;
            let Some(last) = events.last() else { return Ok(found) };
            after = last.number;
            let own = events.iter().filter(|event| {
                matches!(
                    &event.body,
                    Some(EventBody::MemoryImported { agency: whose, name: known, .. })
                        if *whose == agency && known == name
                )
            });
            found.extend(own.map(|event| event.number));
        }
    }
}
