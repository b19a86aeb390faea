//! What was recalled and has not come back, newest first: for caches and partners, who should let go of it.

use super::{Delivery, ReadError};
use crate::{
    followers::delivery::tables::{self, Recalled},
    id::EntryId,
    locale::Locale,
};

impl Delivery {
    /// The pages that were recalled, newest first.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn recalls(&self) -> Result<Vec<(EntryId, Locale, Recalled)>, ReadError> {
        let rows = self.reader().scan(&tables::RECALLS, &(), None);
        let found = rows.map(|row| row.map(|((id, locale), recalled)| (id, locale, recalled)));
        let mut found = found.collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|(_, _, recalled)| std::cmp::Reverse(recalled.event));
        Ok(found)
    }
}
