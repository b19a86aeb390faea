//! Invites the person of an account to choose a password: a secret, shown once and good for one choice.

use super::{CommandError, Means};
use crate::{
    access::{
        Actor,
        session::{INVITATION_CELLS, Invitation},
        token::{Kind, Secret},
    },
    followers::ReadError,
    id::AccountId,
    store::CellValue,
};

/// How long an invitation is good for, in milliseconds: three days, so that it outlives a weekend.
const GOOD_FOR: i64 = 3 * 24 * 60 * 60 * 1_000;

/// An invitation with its text: there is no second look at it.
#[derive(Debug, Clone)]
pub struct Invited {
    /// What it is.
    pub invitation: Invitation,
    /// Its text.
    pub secret: Secret,
}

impl Means {
    /// Invites. It takes the place of those before it. An administrator's act: whoever has the text chooses the
    /// password.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is no such account, or it is closed.
    pub async fn invite(&self, actor: &Actor, account: AccountId) -> Result<Invited, CommandError> {
        Self::check_administrator(actor)?;
        self.editing.actor(account)?.ok_or(CommandError::NotFound("account"))?;
        self.remove_invitations(account).await?;
        let expires = self.clock.now().plus_millis(GOOD_FOR);
        let invitation = Invitation { account, created_by: actor.account, expires };
        let secret = Secret::generate(Kind::Invitation);
        let cell = format!("{INVITATION_CELLS}{}", secret.digest(&self.key().await?));
        let value = serde_json::to_vec(&invitation)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(expires) };
        if !self.log.set_cell(&cell, 0, Some(value)).await.map_err(ReadError::from)? {
            return Err(CommandError::Unavailable("a random number came twice".to_owned()));
        }
        tracing::info!(%account, by = %actor.account, "somebody was invited to choose a password");
        Ok(Invited { invitation, secret })
    }

    /// Removes the invitations of an account.
    pub(super) async fn remove_invitations(&self, account: AccountId) -> Result<(), CommandError> {
        for (cell, found) in self.log.cells(INVITATION_CELLS).await.map_err(ReadError::from)? {
            let known = serde_json::from_slice::<Invitation>(&found.value);
            if known.is_ok_and(|known| known.account == account) {
                self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
            }
        }
        Ok(())
    }
}
