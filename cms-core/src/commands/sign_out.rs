//! Ends sessions: one, or all of an account. From the next request on they are good for nothing.

use super::{CommandError, Means};
use crate::{
    access::{
        Actor,
        session::{SESSION_CELLS, Session},
        token::{Kind, Secret},
    },
    followers::ReadError,
    id::{AccountId, TokenId},
};

impl Means {
    /// Ends the session with this secret, if it is one.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn sign_out(&self, secret: &Secret) -> Result<(), CommandError> {
        if secret.kind() != Kind::Session {
            return Ok(());
        }
        let cell = format!("{SESSION_CELLS}{}", secret.digest(&self.key().await?));
        if let Some(found) = self.log.cell(&cell).await.map_err(ReadError::from)? {
            // Ended by another meanwhile is as good.
            self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
        }
        Ok(())
    }

    /// Ends all sessions of an account, but for one. One's own, or as an administrator anybody's. Answers how many
    /// those were.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when it is another's and the actor is no administrator.
    pub async fn sign_out_everywhere(
        &self,
        actor: &Actor,
        account: AccountId,
        but: Option<TokenId>,
    ) -> Result<usize, CommandError> {
        if actor.account != account && !actor.is_administrator() {
            return Err(CommandError::NotFound("account"));
        }
        self.end_sessions(account, but).await
    }

    /// The same, whoever asks.
    pub(super) async fn end_sessions(
        &self,
        account: AccountId,
        but: Option<TokenId>,
    ) -> Result<usize, CommandError> {
        let mut ended = 0;
        for (cell, found) in self.log.cells(SESSION_CELLS).await.map_err(ReadError::from)? {
            let Ok(session) = serde_json::from_slice::<Session>(&found.value) else { continue };
            if session.account != account || Some(session.id) == but {
                continue;
            }
            self.remove_session(&cell, found.generation).await?;
            ended += 1;
        }
        if ended > 0 {
            tracing::info!(%account, ended, "sessions were ended");
        }
        Ok(ended)
    }

    /// Ends the session with this id, whoever's it is: what a browser was in before it began another.
    pub(super) async fn end_session(&self, id: TokenId) -> Result<(), CommandError> {
        for (cell, found) in self.log.cells(SESSION_CELLS).await.map_err(ReadError::from)? {
            let session = serde_json::from_slice::<Session>(&found.value);
            if session.is_ok_and(|session| session.id == id) {
                self.remove_session(&cell, found.generation).await?;
            }
        }
        Ok(())
    }

    /// Removes the cell of a session. Its use may be noted meanwhile; it ends all the same.
    async fn remove_session(&self, cell: &str, mut generation: u64) -> Result<(), CommandError> {
        while !self.log.set_cell(cell, generation, None).await.map_err(ReadError::from)? {
            match self.log.cell(cell).await.map_err(ReadError::from)? {
                Some(again) => generation = again.generation,
                None => break,
            }
        }
        Ok(())
    }
}
