//! The first start: a site with one locale and one agency, and an administrator.

use std::collections::BTreeMap;

use super::{CommandError, Decision, Means};
use crate::{
    access::Actor,
    event::{Claim, EventBody, SiteLocale, Stream},
    id::{AccountId, AgencyId, ExternalKey},
    locale::Locale,
    store::{ClaimChange, NewEvent},
};

/// What a new site starts with.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// Its only locale to begin with.
    pub default_locale: Locale,
    /// The key of its only agency to begin with.
    pub agency_key: ExternalKey,
    /// That agency's name, in the default locale.
    pub agency_name: String,
}

impl Default for SetUp {
    fn default() -> Self {
        Self {
            default_locale: Locale::english(),
            agency_key: ExternalKey::parse("default")
                .unwrap_or_else(|_| unreachable!("a key of letters")),
            agency_name: "Default agency".to_owned(),
        }
    }
}

impl Means {
    /// Sets up a site that has nothing yet, and answers its administrator's account. `None` when it was
    /// set up before.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn set_up(&self, act: SetUp) -> Result<Option<Actor>, CommandError> {
        if self.last_of(&Stream::Site).await? > 0 {
            return Ok(None);
        }
        let now = self.clock.now();
        let (account, agency) = (AccountId::generate(now), AgencyId::generate(now));
        let name = "administrator".to_owned();
        let locale = SiteLocale {
            name: act.default_locale.own_name().to_owned(),
            tag: act.default_locale.clone(),
            fallback: None,
        };
        let event = |stream: Stream, body: EventBody| NewEvent { streams: vec![stream], body };
        let decision = Decision {
            expectations: vec![(Stream::Site, 0)],
            claims: vec![
                ClaimChange::Take(Claim::AccountName(name.clone()), *account.as_bytes()),
                ClaimChange::Take(Claim::AgencyKey(act.agency_key.clone()), *agency.as_bytes()),
            ],
            events: vec![
                event(
                    Stream::Account(account),
                    EventBody::AccountCreated { account, name, administrator: true },
                ),
                event(
                    Stream::Agency(agency),
                    EventBody::AgencySaved {
                        agency,
                        key: act.agency_key,
                        names: BTreeMap::from([(act.default_locale.clone(), act.agency_name)]),
                    },
                ),
                event(
                    Stream::Site,
                    EventBody::SiteConfigured {
                        default_locale: act.default_locale,
                        locales: vec![locale],
                        default_agency: agency,
                    },
                ),
            ],
            erase: Vec::new(),
        };
        let administrator = Actor::administrator(account);
        self.append(&administrator, decision).await?;
        Ok(Some(administrator))
    }
}
