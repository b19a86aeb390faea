//! What preview tokens there are, and what one shows.

use super::{Editing, ReadError};
use crate::{
    access::{
        Act, Scope, allows,
        token::{KEY, KEY_CELL, Kind, PREVIEW_CELLS, Preview, Secret},
    },
    clock::Timestamp,
    id::EntryId,
    locale::Locale,
};

impl Editing {
    /// What a preview token shows, at this instant; `None` when it is unknown, revoked or expired, or when whoever
    /// issued it may no longer write what it shows.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn preview(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<Preview>, ReadError> {
        if secret.kind() != Kind::Preview {
            return Ok(None);
        }
        let Some(key) = self.log().cell(KEY_CELL).await? else { return Ok(None) };
        let Ok(key) = <[u8; KEY]>::try_from(key.value) else { return Ok(None) };
        let cell = self.log().cell(&format!("{PREVIEW_CELLS}{}", secret.digest(&key))).await?;
        let preview = cell.and_then(|cell| serde_json::from_slice::<Preview>(&cell.value).ok());
        let Some(preview) = preview.filter(|preview| now < preview.expires) else {
            return Ok(None);
        };
        let Some(entry) = self.entry(preview.entry)? else { return Ok(None) };
        let Some(actor) = self.actor(preview.created_by)? else { return Ok(None) };
        let scope = Scope {
            agency: Some(entry.agency),
            type_name: Some(&entry.type_name),
            locale: Some(&preview.locale),
        };
        Ok(allows(&actor, Act::Write, &scope).then_some(preview))
    }

    /// The preview tokens of an entry in a locale that are good now, oldest first.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn previews(
        &self,
        entry: EntryId,
        locale: &Locale,
        now: Timestamp,
    ) -> Result<Vec<Preview>, ReadError> {
        let cells = self.log().cells(PREVIEW_CELLS).await?;
        let all = cells.iter().filter_map(|(_, cell)| serde_json::from_slice(&cell.value).ok());
        let mut own: Vec<Preview> = all
            .filter(|known: &Preview| known.entry == entry && known.locale == *locale)
            .filter(|known| now < known.expires)
            .collect();
        own.sort_by_key(|preview| preview.id);
        Ok(own)
    }
}
