//! Who uses what, all of it in order: for reports on links that lead nowhere.

use super::{USED_BY, Use, reader::Editing};
use crate::{entry::Entry, event::Part, followers::ReadError, id::EntryId};

/// A use: the target, the user, the user's part.
pub type UsePlace = (EntryId, EntryId, Part);

impl Editing {
    /// At most `limit` uses after a place, by target.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn uses(
        &self,
        after: Option<&UsePlace>,
        limit: usize,
    ) -> Result<Vec<(UsePlace, Use)>, ReadError> {
        let rows = self.reader.scan(&USED_BY, &(), after).take(limit);
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Why what a link leads to is nothing that readers get: `erased`, `withdrawn`, or `unpublished` when they never got it.
pub fn nowhere(target: Option<&Entry>) -> Option<&'static str> {
    let Some(target) = target else { return Some("erased") };
    if target.published_locales().next().is_some() {
        return None;
    }
    let was_there = target.once_published_locales().next().is_some();
    Some(if was_there { "withdrawn" } else { "unpublished" })
}
