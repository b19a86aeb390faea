//! Makes an entry, empty: its first draft is saved next.

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::{Act, Actor, Scope},
    event::{Claim, EventBody, Part, Stream},
    id::{AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// What to make.
#[derive(Debug, Clone)]
pub struct CreateEntry {
    /// Of what type.
    pub type_name: TypeName,
    /// Whose; the site's default agency's where nobody says.
    pub agency: Option<AgencyId>,
    /// The language that it is written in.
    pub source_locale: Locale,
    /// Its key outside.
    pub key: Option<ExternalKey>,
}

impl Means {
    /// Makes an entry.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for an unknown locale or a key that is taken or was erased.
    pub async fn create_entry(
        &self,
        actor: &Actor,
        act: CreateEntry,
    ) -> Result<(EntryId, Accepted), CommandError> {
        let (id, decision) = self.decide_create(actor, &act)?;
        let appended = self.append(actor, decision).await?;
        Ok((id, Accepted { event: appended.last, revision: 0 }))
    }

    /// Decides, without appending.
    pub(crate) fn decide_create(
        &self,
        actor: &Actor,
        act: &CreateEntry,
    ) -> Result<(EntryId, Decision), CommandError> {
        let site = self.editing.site()?.ok_or(CommandError::NotFound("site"))?;
        let agency = act.agency.unwrap_or(site.default_agency);
        let scope = Scope { agency: Some(agency), type_name: Some(&act.type_name), locale: None };
        Self::check(actor, Act::Write, &scope)?;
        let (_, type_last) = self.content_type(&act.type_name)?;
        let mut violations = Vec::new();
        if !site.locales.iter().any(|locale| locale.tag == act.source_locale) {
            violations.push(
                Violation::new("/source_locale", "unknown_locale").with("tag", &act.source_locale),
            );
        }
        if let Some(key) = &act.key {
            if self.editing.entry_by_key(&act.type_name, key)?.is_some() {
                violations.push(Violation::new("/key", "key_taken").with("key", key));
            }
            if self.editing.is_erased(&act.type_name, key)? {
                violations.push(Violation::new("/key", "key_erased").with("key", key));
            }
        }
        none_of(violations)?;
        let id = EntryId::generate(self.clock.now());
        let claim = |key: &ExternalKey| {
            ClaimChange::Take(Claim::Key(act.type_name.clone(), key.clone()), *id.as_bytes())
        };
        let decision = Decision {
            expectations: vec![
                (Stream::Type(act.type_name.clone()), type_last),
                (Stream::Site, site.last),
            ],
            claims: act.key.iter().map(claim).collect(),
            events: vec![NewEvent {
                streams: vec![Stream::Entry(id, Part::Shared)],
                body: EventBody::EntryCreated {
                    entry: id,
                    type_name: act.type_name.clone(),
                    agency,
                    source_locale: act.source_locale.clone(),
                    key: act.key.clone(),
                },
            }],
            erase: Vec::new(),
        };
        Ok((id, decision))
    }
}
