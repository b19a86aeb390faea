//! Adds an agency, or changes its key or names.

use std::collections::BTreeMap;

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::Actor,
    event::{Claim, EventBody, Stream},
    id::{AgencyId, ExternalKey},
    locale::Locale,
    store::{ClaimChange, NewEvent},
    violation::{Violation, pointer_step},
};

/// The longest name of an agency, in characters.
const NAME: usize = 200;

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
    /// [`CommandError`]: `Taken` when another has the key, `Invalid` for names that are none.
    pub async fn save_agency(
        &self,
        actor: &Actor,
        act: SaveAgency,
    ) -> Result<(AgencyId, Accepted), CommandError> {
        Self::check_administrator(actor)?;
        none_of(check_names(&act.names))?;
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

/// All that is wrong with an agency's names.
fn check_names(names: &BTreeMap<Locale, String>) -> Vec<Violation> {
    let mut found = Vec::new();
    if names.is_empty() {
        found.push(Violation::new("/names", "too_few_fields").with("limit", 1));
    }
    for (locale, name) in names {
        let length = name.chars().count();
        let is_good = (1..=NAME).contains(&length)
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if !is_good {
            let place = format!("/names{}", pointer_step(locale.as_str()));
            found.push(Violation::new(place, "text_length").with("min", 1).with("max", NAME));
        }
    }
    found
}
