//! Closes an account, so that nobody acts as it, or opens it again. Its sessions and invitations end; its tokens stay,
//! and are good for nothing while it is closed.

use super::{Accepted, CommandError, Decision, Means, save_account::besides};
use crate::{
    access::Actor,
    event::{EventBody, Stream},
    id::AccountId,
    store::NewEvent,
};

/// An account to close or to open.
#[derive(Debug, Clone, Copy)]
pub struct SwitchAccount {
    /// Which.
    pub account: AccountId,
    /// Whether it is closed from now on.
    pub disabled: bool,
}

impl Means {
    /// Closes or opens an account. An administrator's act; the last administrator stays.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when nobody could administer the site any more.
    pub async fn switch_account(
        &self,
        actor: &Actor,
        act: SwitchAccount,
    ) -> Result<Accepted, CommandError> {
        Self::check_administrator(actor)?;
        let accounts = self.editing.accounts()?;
        let before = accounts.get(&act.account).ok_or(CommandError::NotFound("account"))?;
        let stream = Stream::Account(act.account);
        let mut expectations = vec![(stream.clone(), before.last)];
        if act.disabled {
            expectations.push(besides(&accounts, act.account)?);
        }
        let SwitchAccount { account, disabled } = act;
        let decision = Decision {
            expectations,
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::AccountSwitched { account, disabled },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        if disabled {
            self.end_sessions(account, None).await?;
            self.remove_invitations(account).await?;
        }
        Ok(Accepted { event: appended.last, revision: 0 })
    }
}
