//! What was taken away from readers of a locale, newest first: for feeds.

use super::{Delivery, ReadError};
use crate::{
    followers::delivery::tables::{self, Tombstone},
    id::EntryId,
    locale::Locale,
};

impl Delivery {
    /// The latest that was taken away in this locale and has not come back.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn tombstones(
        &self,
        locale: &Locale,
        limit: usize,
    ) -> Result<Vec<(EntryId, Tombstone)>, ReadError> {
        let mut found = Vec::new();
        for row in self.reader().scan(&tables::TOMBSTONES, locale, None) {
            let ((_, _, entry), tombstone) = row?;
            let is_back =
                self.live(entry)?.is_some_and(|entry| entry.published_in(locale).is_some());
            if !is_back && !found.iter().any(|(known, _)| *known == entry) {
                found.push((entry, tombstone));
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }
}
