//! Gives an account another name.

use super::{Accepted, CommandError, Decision, Means, none_of, save_account::check_name};
use crate::{
    access::Actor,
    event::{Claim, EventBody, Stream},
    id::AccountId,
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// An account to rename.
#[derive(Debug, Clone)]
pub struct RenameAccount {
    /// Which.
    pub account: AccountId,
    /// Its name from now on: unique, without control characters.
    pub name: String,
}

impl Means {
    /// Renames an account. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for a bad or taken name.
    pub async fn rename_account(
        &self,
        actor: &Actor,
        act: RenameAccount,
    ) -> Result<Accepted, CommandError> {
        Self::check_administrator(actor)?;
        let mut accounts = self.editing.accounts()?;
        let before = accounts.remove(&act.account).ok_or(CommandError::NotFound("account"))?;
        let mut violations = check_name(&act.name);
        if accounts.values().any(|other| other.name == act.name) {
            violations.push(Violation::new("/name", "name_taken").with("name", &act.name));
        }
        none_of(violations)?;
        let holder = *act.account.as_bytes();
        let mut claims = vec![ClaimChange::Take(Claim::AccountName(act.name.clone()), holder)];
        if before.name != act.name {
            claims.push(ClaimChange::Release(Claim::AccountName(before.name), holder));
        }
        let stream = Stream::Account(act.account);
        let decision = Decision {
            expectations: vec![(stream.clone(), before.last)],
            claims,
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::AccountRenamed { account: act.account, name: act.name },
            }],
            erase: Vec::new(),
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }
}
