//! Revokes a preview token: from the next request on it is good for nothing.

use super::{CommandError, Means};
use crate::{
    access::{
        Act, Actor,
        token::{PREVIEW_CELLS, Preview},
    },
    event::Part,
    followers::ReadError,
    id::{EntryId, TokenId},
    locale::Locale,
};

impl Means {
    /// Revokes a token of this entry and locale, whoever issued it: whoever may write there may.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none.
    pub async fn revoke_preview(
        &self,
        actor: &Actor,
        (entry, locale): (EntryId, &Locale),
        id: TokenId,
    ) -> Result<(), CommandError> {
        self.entry(actor, Act::Write, entry, &Part::Locale(locale.clone()))?;
        for (name, cell) in self.log.cells(PREVIEW_CELLS).await.map_err(ReadError::from)? {
            let Ok(preview) = serde_json::from_slice::<Preview>(&cell.value) else { continue };
            if preview.id == id && preview.entry == entry && preview.locale == *locale {
                self.log.set_cell(&name, cell.generation, None).await.map_err(ReadError::from)?;
                tracing::info!(token = %id, by = %actor.account, "a preview token was revoked");
                return Ok(());
            }
        }
        Err(CommandError::NotFound("token"))
    }
}
