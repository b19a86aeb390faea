//! Providers of sign-in: what one says of a person, and whom its word lets in. Pure.
//!
//! A provider tells who somebody is, never what they may do: an account is linked to a provider's subject by an
//! invitation, and what it may do are its grants. An e-mail address, a name or a group of the provider's counts for
//! nothing.

use std::collections::BTreeSet;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Grant, token::KEY};
use crate::{
    clock::Timestamp,
    id::{AccountId, AgencyId},
};

/// What the cells of linked subjects start with; a digest follows.
pub const IDENTITY_CELLS: &str = "identity/";

/// What a provider says of a person, once its token has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Which provider: its issuer identifier.
    pub issuer: String,
    /// Whom it means: its identifier for the person, never given to another.
    pub subject: String,
    /// Whether it says that a second factor was shown.
    pub second_factor: bool,
}

/// Whom a provider may sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Accounts whose grants all lie within these agencies.
    pub agencies: BTreeSet<AgencyId>,
    /// These accounts, whatever they may do.
    pub accounts: BTreeSet<AccountId>,
    /// Every account.
    pub all: bool,
}

impl Reach {
    /// Whether it may sign in an account with these grants. One that may do nothing is of no agency.
    pub fn covers(&self, account: AccountId, grants: &[Grant]) -> bool {
        let is_within =
            |grant: &Grant| grant.agency.is_some_and(|agency| self.agencies.contains(&agency));
        self.all
            || self.accounts.contains(&account)
            || (!grants.is_empty() && grants.iter().all(is_within))
    }
}

/// When a code is demanded of somebody whom a provider vouches for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Where the account has a device, unless the provider says that it saw a second factor.
    #[default]
    Device,
    /// The same, and an account without a device gets in only when the provider says so.
    Always,
}

/// On which terms a provider's word is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Whom it may sign in.
    pub reach: Reach,
    /// When a code is demanded besides.
    pub second_factor: SecondFactor,
}

/// A subject that is linked to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Whose it is.
    pub account: AccountId,
    /// The provider's issuer identifier.
    pub issuer: String,
    /// When it was linked.
    pub linked_at: Timestamp,
}

/// The cell of a subject: a keyed digest, so that who reads the store doesn't learn who is whom elsewhere.
pub fn identity_cell(vouched: &Vouched, key: &[u8; KEY]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(b"identity\n");
    // An issuer is a URL, without line ends: no two pairs make one text.
    mac.update(vouched.issuer.as_bytes());
    mac.update(b"\n");
    mac.update(vouched.subject.as_bytes());
    format!("{IDENTITY_CELLS}{}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Act;

    #[test]
    fn a_provider_of_one_agency_signs_in_whoever_acts_for_that_agency_alone() {
        let (ours, theirs) = (AgencyId::from_bytes([1; 16]), AgencyId::from_bytes([2; 16]));
        let account = AccountId::from_bytes([3; 16]);
        let grant = |agency| Grant { acts: vec![Act::Read], agency, type_name: None, locale: None };
        let reach = Reach { agencies: [ours].into(), ..Reach::default() };
        for (grants, expected) in [
            (vec![grant(Some(ours))], true),
            (vec![grant(Some(ours)), grant(Some(ours))], true),
            (vec![grant(Some(theirs))], false),
            (vec![grant(Some(ours)), grant(Some(theirs))], false),
            (vec![grant(None)], false),
            (vec![], false),
        ] {
            assert_eq!(reach.covers(account, &grants), expected, "{grants:?}");
        }
        let named = Reach { accounts: [account].into(), ..Reach::default() };
        assert!(named.covers(account, &[grant(None)]) && named.covers(account, &[]));
        assert!(!named.covers(AccountId::from_bytes([4; 16]), &[grant(Some(ours))]));
        assert!(!Reach::default().covers(account, &[grant(Some(ours))]));
        assert!(Reach { all: true, ..Reach::default() }.covers(account, &[]));
    }

    #[test]
    fn a_subject_has_a_cell_of_its_own_with_each_issuer() {
        let vouched = |issuer: &str, subject: &str| Vouched {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            second_factor: false,
        };
        let cell = |issuer, subject| identity_cell(&vouched(issuer, subject), &[7; KEY]);
        let one = cell("https://a.example", "ana");
        assert_eq!(one, cell("https://a.example", "ana"));
        assert_ne!(one, cell("https://b.example", "ana"));
        assert_ne!(one, cell("https://a.example", "Ana"));
        assert!(!one.contains("ana") && one.starts_with(IDENTITY_CELLS));
        assert_ne!(one, identity_cell(&vouched("https://a.example", "ana"), &[8; KEY]));
    }
}
