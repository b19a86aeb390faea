//! Providers of sign-in (OpenID Connect): who may vouch for whom.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use cms_core::{access::vouching::SecondFactor, id::AccountId};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// How people sign in besides passwords.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// The providers, each by a name that stands in addresses.
    pub providers: BTreeMap<String, Provider>,
}

/// A provider: an OpenID Connect issuer that knows this server as a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What people read on the way to it.
    pub title: String,
    /// Its issuer identifier: `/.well-known/openid-configuration` lies below. HTTPS, or this machine.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// What this server proves itself with; none for a public client.
    #[serde(default)]
    pub client_secret: Option<Hidden>,
    /// Scopes to ask for besides `openid`. None is needed: what a provider says of somebody gives no right.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Agencies, by their keys: it signs in accounts whose grants all lie within these.
    #[serde(default)]
    pub agencies: Vec<String>,
    /// Accounts that it signs in whatever they may do.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// Whether it signs in every account, administrators too.
    #[serde(default)]
    pub every_account: bool,
    /// When a code is demanded besides its word.
    #[serde(default)]
    pub second_factor: SecondFactor,
    /// Values of `amr` by which it says that it saw a second factor.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
    /// Values of `acr` by which it says so.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
}

/// A secret of the configuration: nothing shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl SignIn {
    /// Whether each provider can be used.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (name, provider) in &self.providers {
            let key = |key: &str| format!("sign_in.providers.{name}.{key}");
            let no =
                |key: String, reason: &str| Err(ConfigError { key, reason: reason.to_owned() });
            let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            if name.is_empty() || name.len() > 40 || !name.bytes().all(is_plain) {
                return no(
                    format!("sign_in.providers.{name}"),
                    "a name is 1 to 40 of a-z, 0-9 and -",
                );
            }
            if provider.title.trim().is_empty() {
                return no(key("title"), "it is empty");
            }
            if provider.client_id.trim().is_empty() {
                return no(key("client_id"), "it is empty");
            }
            if !is_safe(&provider.issuer) {
                return no(key("issuer"), "neither an https address nor one of this machine");
            }
            if !provider.every_account
                && provider.accounts.is_empty()
                && provider.agencies.is_empty()
            {
                return no(key("agencies"), "it signs in nobody: name agencies or accounts");
            }
        }
        Ok(())
    }
}

/// Whether what goes to this address can be read on the way by nobody.
fn is_safe(issuer: &str) -> bool {
    let Ok(url) = Url::parse(issuer) else { return false };
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let is_here = || {
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    plain && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_here()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_reached_over_tls_or_on_this_machine() {
        for (issuer, expected) in [
            ("https://login.example.org", true),
            ("https://login.example.org/tenant/v2.0", true),
            ("http://127.0.0.1:3000", true),
            ("http://[::1]:3000", true),
            ("http://localhost:3000", true),
            ("http://login.example.org", false),
            ("http://localhost.example.org", false),
            ("https://user@login.example.org", false),
            ("https://login.example.org?x=1", false),
            ("ftp://login.example.org", false),
            ("login.example.org", false),
            ("", false),
        ] {
            assert_eq!(is_safe(issuer), expected, "{issuer}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", Hidden("swordfish".to_owned()));
        assert!(!shown.contains("swordfish"));
    }
}
