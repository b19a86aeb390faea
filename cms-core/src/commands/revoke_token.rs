//! Revokes a token: from the next request on it is good for nothing.

use super::{CommandError, Means};
use crate::{
    access::{
        Actor,
        token::{TOKEN_CELLS, Token, used_cell},
    },
    followers::ReadError,
    id::TokenId,
};

impl Means {
    /// Revokes a token: one's own, or as an administrator any.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` also when it is another's and the actor is no administrator.
    pub async fn revoke_token(&self, actor: &Actor, id: TokenId) -> Result<(), CommandError> {
        for (cell, found) in self.log.cells(TOKEN_CELLS).await.map_err(ReadError::from)? {
            let Ok(token) = serde_json::from_slice::<Token>(&found.value) else { continue };
            let may = token.account == actor.account || actor.is_administrator();
            if token.id != id || !may {
                continue;
            }
            // Removed by another meanwhile is as good.
            self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
            let used = used_cell(id);
            if let Some(last) = self.log.cell(&used).await.map_err(ReadError::from)? {
                self.log.set_cell(&used, last.generation, None).await.map_err(ReadError::from)?;
            }
            tracing::info!(token = %id, by = %actor.account, "a token was revoked");
            return Ok(());
        }
        Err(CommandError::NotFound("token"))
    }
}
