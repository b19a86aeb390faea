//! Who acts in a session.

use super::{Editing, ReadError};
use crate::{
    access::{
        Actor,
        session::{SESSION_CELLS, Session, csrf_token},
        token::{KEY, KEY_CELL, Kind, Secret},
    },
    clock::Timestamp,
    store::{Cell, CellValue, LogError},
};

/// A session that is good now.
#[derive(Debug, Clone)]
pub struct KnownSession {
    /// Who acts.
    pub actor: Actor,
    /// What is kept of it.
    pub session: Session,
    /// Its token against forged requests.
    pub csrf: String,
}

impl Editing {
    /// Who acts in a session, at this instant; `None` when it is unknown, has ended, or its account is gone or closed.
    /// Notes the use.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn session(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<KnownSession>, ReadError> {
        if secret.kind() != Kind::Session {
            return Ok(None);
        }
        let Some(key) = self.log().cell(KEY_CELL).await? else { return Ok(None) };
        let Ok(key) = <[u8; KEY]>::try_from(key.value) else { return Ok(None) };
        let name = format!("{SESSION_CELLS}{}", secret.digest(&key));
        let Some(cell) = self.log().cell(&name).await? else { return Ok(None) };
        let session = serde_json::from_slice::<Session>(&cell.value).ok();
        let Some(session) = session.filter(|session| session.is_good(now)) else {
            return Ok(None);
        };
        let Some(actor) = self.actor(session.account)? else { return Ok(None) };
        let session = if session.is_worth_noting(now) {
            let used = Session { used: now, ..session };
            if let Err(error) = self.note_session(&name, &cell, &used).await {
                tracing::warn!(%error, session = %used.id, "the use of a session was not noted");
            }
            used
        } else {
            session
        };
        Ok(Some(KnownSession { actor, session, csrf: csrf_token(secret, &key) }))
    }

    /// Notes a use. Whoever notes one at the same time notes the same; a session that was ended stays ended.
    async fn note_session(&self, name: &str, cell: &Cell, used: &Session) -> Result<(), LogError> {
        let Ok(value) = serde_json::to_vec(used) else { return Ok(()) };
        let value = CellValue { value, expires: Some(used.ends()) };
        self.log().set_cell(name, cell.generation, Some(value)).await?;
        Ok(())
    }
}
