//! Adds an agency, or changes its key or names.

use std::collections::BTreeMap;

use super::{Accepted, CommandError, Decision, Means};
use crate::{
    access::Actor,
    event::{Claim, EventBody, Stream},
    id::{AgencyId, ExternalKey},
    locale::Locale,
    store::{ClaimChange, NewEvent},
};

/// An agency to save.
#[derive(Debug, Clone)]
pub struct SaveAgency {
    /// Which; a new one without.
    pub agency: Option<AgencyId>,
    /// Its key outside.
    pub key: ExternalKey,
    /// Its own name, per locale.
    pub names: BTreeMap<Locale, String>,
}

impl Means {
    /// Saves an agency. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `Taken` when another has the key.
    pub async fn save_agency(
        &self,
        actor: &Actor,
        act: SaveAgency,
    ) -> Result<(AgencyId, Accepted), CommandError> {
        Self::check_administrator(actor)?;
        let id = act.agency.unwrap_or_else(|| AgencyId::generate(self.clock.now()));
        let before = match act.agency {
            Some(id) => {
                Some(self.editing.agencies()?.remove(&id).ok_or(CommandError::NotFound("agency"))?)
            }
            None => None,
        };
        let holder = *id.as_bytes();
        let mut claims = vec![ClaimChange::Take(Claim::AgencyKey(act.key.clone()), holder)];
        if let Some(before) = before.as_ref().filter(|before| before.key != act.key) {
            claims.push(ClaimChange::Release(Claim::AgencyKey(before.key.clone()), holder));
        }
        let decision = Decision {
            expectations: vec![(Stream::Agency(id), before.map_or(0, |before| before.last))],
            claims,
            events: vec![NewEvent {
                streams: vec![Stream::Agency(id)],
                body: EventBody::AgencySaved { agency: id, key: act.key, names: act.names },
            }],
            erase: Vec::new(),
        };
        let appended = self.append(actor, decision).await?;
        Ok((id, Accepted { event: appended.last, revision: 0 }))
    }
}
