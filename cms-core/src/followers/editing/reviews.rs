//! When entries are to be looked at again: the day that their shared fields name as `review_due`.

use super::{Editing as Room, reader::Editing};
use crate::{
    entry::Entry,
    event::Part,
    followers::ReadError,
    id::EntryId,
    store::view::{Batch, Table, ViewError},
};

/// Entries by the day on which they are to be looked at again.
pub const REVIEWS: Table<Room, (String, EntryId), ()> = Table::new(0x20, "editing.reviews");

/// The name of the field; its values are days, such as `2027-09-01`, whose order is that of their text.
pub const FIELD: &str = "review_due";

/// The row of an entry, if it names a day.
pub(super) fn row_of(entry: &Entry) -> Option<(String, EntryId)> {
    let shared = entry.heads.get(&Part::Shared)?;
    Some((shared.draft.review_due.clone()?, entry.id))
}

/// Brings the row of an entry up to date.
pub(super) fn changed(
    batch: &mut Batch<'_>,
    before: Option<(String, EntryId)>,
    after: Option<(String, EntryId)>,
) -> Result<(), ViewError> {
    if before == after {
        return Ok(());
    }
    if let Some(row) = before {
        batch.remove(&REVIEWS, &row);
    }
    match after {
        Some(row) => batch.put(&REVIEWS, &row, &()),
        None => Ok(()),
    }
}

impl Editing {
    /// At most `limit` entries that are to be looked at again, the first day first, after a place.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn reviews(
        &self,
        after: Option<&(String, EntryId)>,
        limit: usize,
    ) -> Result<Vec<(String, EntryId)>, ReadError> {
        let rows = self.reader.scan(&REVIEWS, &(), after).take(limit);
        Ok(rows.map(|row| row.map(|(key, ())| key)).collect::<Result<_, _>>()?)
    }
}
