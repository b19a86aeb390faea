//! Which partner asks, and which keys there are.

use super::{Editing, ReadError};
use crate::{
    access::{
        partner::{PARTNER_CELLS, PartnerKey},
        token::{KEY, KEY_CELL, Kind, Secret},
    },
    clock::Timestamp,
};

impl Editing {
    /// The partner's key with this text, if it is good now.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn partner_key(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<PartnerKey>, ReadError> {
        if secret.kind() != Kind::Partner {
            return Ok(None);
        }
        let Some(key) = self.log().cell(KEY_CELL).await? else { return Ok(None) };
        let Ok(key) = <[u8; KEY]>::try_from(key.value) else { return Ok(None) };
        let cell = self.log().cell(&format!("{PARTNER_CELLS}{}", secret.digest(&key))).await?;
        let found = cell.and_then(|cell| serde_json::from_slice::<PartnerKey>(&cell.value).ok());
        Ok(found.filter(|found| now < found.expires))
    }

    /// All partners' keys, oldest first, those that have expired too.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn partner_keys(&self) -> Result<Vec<PartnerKey>, ReadError> {
        let cells = self.log().cells(PARTNER_CELLS).await?;
        let read = |(_, cell): (_, crate::store::Cell)| serde_json::from_slice(&cell.value).ok();
        let mut all: Vec<PartnerKey> = cells.into_iter().filter_map(read).collect();
        all.sort_by_key(|key| key.id);
        Ok(all)
    }
}
