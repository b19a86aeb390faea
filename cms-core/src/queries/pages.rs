//! All published pages of a type, entry by entry: for sitemaps and for programs that walk everything.

use super::{Delivery, ReadError};
use crate::{
    clock::Timestamp,
    followers::delivery::tables,
    id::{EntryId, TypeName},
    locale::Locale,
};

/// The pages of an entry: each locale that it is published in, with its slug and date.
pub type Pages = Vec<(Locale, String, Timestamp)>;

impl Delivery {
    /// The entries of a type that are published, in the order of their ids, after one of them.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn published(
        &self,
        type_name: &TypeName,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<EntryId>, ReadError> {
        let after = after.map(|after| (type_name.clone(), after));
        let rows = self.reader().scan(&tables::BY_TYPE, type_name, after.as_ref()).take(limit);
        Ok(rows.map(|row| row.map(|((_, id), ())| id)).collect::<Result<_, _>>()?)
    }

    /// The pages of at most `limit` published entries of a type, after one of them.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn published_pages(
        &self,
        type_name: &TypeName,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<Pages>, ReadError> {
        let mut all = Vec::new();
        for id in self.published(type_name, after, limit)? {
            let Some(entry) = self.live(id)? else { continue };
            let page =
                |(locale, live): (&Locale, &crate::followers::delivery::live::LiveLocale)| {
                    (locale.clone(), live.slug.clone(), live.published_at)
                };
            all.push(entry.readable().map(page).collect());
        }
        Ok(all)
    }

    /// Where each stretch of so many published entries of a type begins: after which entry.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn stretches(
        &self,
        type_name: &TypeName,
        length: usize,
    ) -> Result<Vec<Option<EntryId>>, ReadError> {
        let mut starts = Vec::new();
        let mut after = None;
        loop {
            let ids = self.published(type_name, after, length)?;
            let Some(last) = ids.last() else { return Ok(starts) };
            starts.push(after);
            after = Some(*last);
        }
    }
}
