//! Makes an account, or sets what one may do.

use std::collections::BTreeMap;

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::{Actor, Grant},
    event::{Claim, EventBody, Stream},
    followers::editing::Account,
    id::AccountId,
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// The longest name of an account, in characters.
const NAME: usize = 100;
/// The most grants of an account.
const GRANTS: usize = 100;

/// An account to make.
#[derive(Debug, Clone)]
pub struct CreateAccount {
    /// Its name: unique, without control characters.
    pub name: String,
    /// What it may do.
    pub grants: Vec<Grant>,
}

/// What an account may do from now on.
#[derive(Debug, Clone)]
pub struct SetGrants {
    /// Which account.
    pub account: AccountId,
    /// All that it may do.
    pub grants: Vec<Grant>,
}

impl Means {
    /// Makes an account. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for a bad or taken name, or grants that name what isn't there.
    pub async fn create_account(
        &self,
        actor: &Actor,
        act: CreateAccount,
    ) -> Result<(AccountId, Accepted), CommandError> {
        Self::check_administrator(actor)?;
        let mut violations = check_name(&act.name);
        violations.extend(self.check_grants(&act.grants)?);
        if self.editing.accounts()?.values().any(|account| account.name == act.name) {
            violations.push(Violation::new("/name", "name_taken").with("name", &act.name));
        }
        none_of(violations)?;
        let account = AccountId::generate(self.clock.now());
        let event = |body| NewEvent { streams: vec![Stream::Account(account)], body };
        let claim = Claim::AccountName(act.name.clone());
        let mut events = vec![event(EventBody::AccountCreated {
            account,
            name: act.name,
            administrator: false,
        })];
        if !act.grants.is_empty() {
            events.push(event(EventBody::GrantsSet { account, grants: act.grants }));
        }
        let decision = Decision {
            claims: vec![ClaimChange::Take(claim, *account.as_bytes())],
            events,
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok((account, Accepted { event: appended.last, revision: 0 }))
    }

    /// Sets what an account may do. An administrator's act; the last administrator stays one.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for grants that name what isn't there.
    pub async fn set_grants(
        &self,
        actor: &Actor,
        act: SetGrants,
    ) -> Result<Accepted, CommandError> {
        Self::check_administrator(actor)?;
        let accounts = self.editing.accounts()?;
        let before = accounts.get(&act.account).ok_or(CommandError::NotFound("account"))?;
        let mut violations = self.check_grants(&act.grants)?;
        let mut expectations = vec![(Stream::Account(act.account), before.last)];
        if !before.disabled && !administers(act.account, &act.grants) {
            match other_administrator(&accounts, act.account) {
                // Two administrators who take each other's rights away at the same time: one of them wins.
                Some(other) => expectations.push(other),
                None => violations.push(Violation::new("/grants", "last_administrator")),
            }
        }
        none_of(violations)?;
        let decision = Decision {
            expectations,
            events: vec![NewEvent {
                streams: vec![Stream::Account(act.account)],
                body: EventBody::GrantsSet { account: act.account, grants: act.grants },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }

    fn check_grants(&self, grants: &[Grant]) -> Result<Vec<Violation>, CommandError> {
        let (agencies, types) = (self.editing.agencies()?, self.editing.type_names()?);
        let locales = self.editing.locales()?;
        let mut found = Vec::new();
        if grants.len() > GRANTS {
            found.push(Violation::new("/grants", "too_many_items").with("limit", GRANTS));
        }
        for (at, grant) in grants.iter().enumerate().take(GRANTS) {
            let place = |name: &str| format!("/grants/{at}/{name}");
            if grant.acts.is_empty() {
                found.push(Violation::new(place("acts"), "too_few_items").with("limit", 1));
            }
            if let Some(agency) = grant.agency.filter(|agency| !agencies.contains_key(agency)) {
                found.push(Violation::new(place("agency"), "unknown_agency").with("id", agency));
            }
            if let Some(name) = grant.type_name.as_ref().filter(|name| !types.contains(name)) {
                found.push(Violation::new(place("type"), "unknown_type").with("type", name));
            }
            let unknown = |tag: &&_| locales.all().iter().all(|known| known.tag != **tag);
            if let Some(tag) = grant.locale.as_ref().filter(unknown) {
                found.push(Violation::new(place("locale"), "unknown_locale").with("tag", tag));
            }
        }
        Ok(found)
    }
}

/// Whether these grants make an account an administrator's.
fn administers(account: AccountId, grants: &[Grant]) -> bool {
    Actor { account, grants: grants.to_vec() }.is_administrator()
}

/// The stream of an administrator's account besides this one, with its last event: without one, this must stay as it
/// is.
fn other_administrator(
    accounts: &BTreeMap<AccountId, Account>,
    but: AccountId,
) -> Option<(Stream, u64)> {
    let mut others = accounts.iter().filter(|(id, other)| **id != but && !other.disabled);
    let (id, other) = others.find(|(id, other)| administers(**id, &other.grants))?;
    Some((Stream::Account(*id), other.last))
}

/// The same, for acts that take an account away: refused when there is no other.
pub(super) fn besides(
    accounts: &BTreeMap<AccountId, Account>,
    account: AccountId,
) -> Result<(Stream, u64), CommandError> {
    let last = || vec![Violation::new("", "last_administrator")];
    other_administrator(accounts, account).ok_or_else(|| CommandError::Invalid(last()))
}

/// All that is wrong with a name.
pub(super) fn check_name(name: &str) -> Vec<Violation> {
    let length = name.chars().count();
    let mut found = Vec::new();
    if !(1..=NAME).contains(&length) || name.trim() != name {
        found.push(Violation::new("/name", "text_length").with("min", 1).with("max", NAME));
    }
    if let Some((at, bad)) = name.chars().enumerate().find(|(_, letter)| letter.is_control()) {
        found.push(
            Violation::new("/name", "control_character")
                .with("character", format!("U+{:04X}", u32::from(bad)))
                .with("position", at + 1),
        );
    }
    found
}
