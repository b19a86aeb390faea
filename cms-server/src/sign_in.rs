//! Sign-in by OpenID Connect: the providers, and what one says of somebody. The only user of its crate.
//!
//! Authorization code flow with PKCE. What a token must hold (issuer, audience, expiry, nonce, a signature by one of
//! the provider's own keys) is checked here; whom its word lets in is the core's to decide.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use cms_core::{
    access::{
        errand::Marks,
        vouching::{Reach, Terms, Vouched},
    },
    clock::Timestamp,
    id::AgencyId,
};

use crate::config::{Config, providers};

mod http;
mod provider;

use provider::Provider;

/// Why a provider's word was not to be had, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum WordError {
    /// It doesn't answer, or not as a provider would; or it doesn't know this server.
    #[error("the provider can't be used: {0}")]
    Unavailable(String),
    /// It was answered, and the answer is no, or not to be believed.
    #[error("the provider's answer is not taken: {0}")]
    Refused(String),
    /// Too many are being asked about.
    #[error("too many are signing in")]
    Busy,
}

/// All providers, by their names.
#[derive(Debug, Clone, Default)]
pub struct Providers(Arc<BTreeMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    settings: providers::Provider,
    provider: Provider,
}

impl Providers {
    /// The providers of the configuration. None is asked yet: one that is down keeps nothing from starting.
    pub fn of(config: &Config) -> Self {
        let http = Arc::new(OnceLock::new());
        let base = config.public_url.trim_end_matches('/');
        let entry = |(name, settings): (&String, &providers::Provider)| {
            let redirect = format!("{base}/manage/v1/sign-in/{name}/callback");
            let provider = Provider::new(settings, (redirect, base.to_owned()), Arc::clone(&http));
            (name.clone(), Entry { settings: settings.clone(), provider })
        };
        Self(Arc::new(config.sign_in.providers.iter().map(entry).collect()))
    }

    /// Each provider's name and title.
    pub fn titles(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry.settings.title.as_str()))
    }

    /// Whether there is such a provider.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// On which terms a provider's word is taken; `agency` finds an agency by its key. A key that no agency has covers
    /// nobody.
    pub fn terms(&self, name: &str, agency: impl Fn(&str) -> Option<AgencyId>) -> Option<Terms> {
        let settings = &self.0.get(name)?.settings;
        let reach = Reach {
            agencies: settings.agencies.iter().filter_map(|key| agency(key)).collect(),
            accounts: settings.accounts.iter().copied().collect(),
            all: settings.every_account,
        };
        Some(Terms { reach, second_factor: settings.second_factor })
    }

    /// Where a browser goes to sign in.
    ///
    /// # Errors
    /// [`WordError`]
    pub async fn address(&self, name: &str, marks: &Marks) -> Result<String, WordError> {
        self.provider(name)?.address(marks).await
    }

    /// What a provider says of whoever came back with this code.
    ///
    /// # Errors
    /// [`WordError`]
    pub async fn redeem(
        &self,
        name: &str,
        (code, marks): (String, &Marks),
        now: Timestamp,
    ) -> Result<Vouched, WordError> {
        self.provider(name)?.redeem((code, marks), now).await
    }

    /// Where a browser goes to be signed out there as well; none where the provider has no such place.
    pub async fn farewell(&self, name: &str) -> Option<String> {
        self.provider(name).ok()?.farewell().await
    }

    /// A provider's issuer identifier.
    pub fn issuer(&self, name: &str) -> Option<&str> {
        Some(&self.0.get(name)?.settings.issuer)
    }

    fn provider(&self, name: &str) -> Result<&Provider, WordError> {
        let unknown = || WordError::Unavailable(format!("there is no provider {name}"));
        Ok(&self.0.get(name).ok_or_else(unknown)?.provider)
    }
}
