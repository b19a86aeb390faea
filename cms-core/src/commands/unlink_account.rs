//! Ends an account's links to providers' subjects: nobody is signed in to it by a provider's word until somebody is
//! invited anew.

use super::{CommandError, Means};
use crate::{access::Actor, id::AccountId};

impl Means {
    /// Unlinks an account, and ends its sessions. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is no such account.
    pub async fn unlink_account(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<usize, CommandError> {
        Self::check_administrator(actor)?;
        self.editing.account(account)?.ok_or(CommandError::NotFound("account"))?;
        let removed = self.unlink(account).await?;
        self.end_sessions(account, None).await?;
        tracing::info!(%account, by = %actor.account, removed, "an account was unlinked");
        Ok(removed)
    }
}
