//! Whose a token is, and which tokens there are.

use super::{Editing, ReadError};
use crate::{
    access::{
        Actor,
        token::{KEY, KEY_CELL, Kind, Secret, TOKEN_CELLS, Token, used_cell},
    },
    clock::Timestamp,
    store::{CellValue, LogError},
};

/// How exactly the last use of a token is kept, in milliseconds: a write for each request is too much.
const USED_EVERY: i64 = 60_000;

/// A token with what is known of its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// What it is.
    pub token: Token,
    /// When it was last used, to the minute.
    pub last_used: Option<Timestamp>,
}

impl Editing {
    /// Who acts with a token, at this instant; `None` when it is unknown, revoked or expired, when it is
    /// to be exchanged and not to be used, or when its account is gone.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn authenticate(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<(Actor, Token)>, ReadError> {
        let Some(key) = self.log().cell(KEY_CELL).await? else { return Ok(None) };
        let Ok(key) = <[u8; KEY]>::try_from(key.value) else { return Ok(None) };
        let cell = self.log().cell(&format!("{TOKEN_CELLS}{}", secret.digest(&key))).await?;
        let token = cell.and_then(|cell| serde_json::from_slice::<Token>(&cell.value).ok());
        let Some(token) = token.filter(|token| token.kind == Kind::Service && now < token.expires)
        else {
            return Ok(None);
        };
        let Some(actor) = self.actor(token.account)? else { return Ok(None) };
        if let Err(error) = self.note_use(&token, now).await {
            tracing::warn!(%error, token = %token.id, "the use of a token was not noted");
        }
        Ok(Some((actor, token)))
    }

    async fn note_use(&self, token: &Token, now: Timestamp) -> Result<(), LogError> {
        let name = used_cell(token.id);
        let before = self.log().cell(&name).await?;
        let last = before.as_ref().and_then(|cell| instant(&cell.value));
        if last.is_some_and(|last| now.millis() - last.millis() < USED_EVERY) {
            return Ok(());
        }
        let value = now.to_string().into_bytes();
        let value = CellValue { value, expires: Some(token.expires) };
        // Whoever notes it at the same time notes the same.
        self.log().set_cell(&name, before.map_or(0, |cell| cell.generation), Some(value)).await?;
        Ok(())
    }

    /// All tokens, oldest first, those that have expired too.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn tokens(&self) -> Result<Vec<KnownToken>, ReadError> {
        let mut known = Vec::new();
        for (_, cell) in self.log().cells(TOKEN_CELLS).await? {
            let Ok(token) = serde_json::from_slice::<Token>(&cell.value) else { continue };
            let used = self.log().cell(&used_cell(token.id)).await?;
            known.push(KnownToken { last_used: used.and_then(|cell| instant(&cell.value)), token });
        }
        known.sort_by_key(|known| known.token.id);
        Ok(known)
    }
}

fn instant(bytes: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}
