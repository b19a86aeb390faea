//! Links of published pages that leave the site, who has them, and how each stands.

use std::collections::BTreeMap;

use super::{Delivery, Editing, ReadError};
use crate::{
    event::Part,
    followers::delivery::links::LINKED_BY,
    id::EntryId,
    link::{LINK_CELLS, Standing, cell_of},
};

/// An address, and the pages that link to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The address.
    pub url: String,
    /// The pages with their parts: at most so many as were asked for.
    pub by: Vec<(EntryId, Part)>,
    /// How many have it.
    pub count: usize,
}

impl Delivery {
    /// At most `limit` addresses that published pages link to, in their order, after one of them; each with at most `users`
    /// of its pages.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn linked(
        &self,
        after: Option<&str>,
        (limit, users): (usize, usize),
    ) -> Result<Vec<Linked>, ReadError> {
        // No entry's id is higher: what comes after is another address.
        let end = after.map(|url| (url.to_owned(), EntryId::from_bytes([0xff; 16]), Part::Shared));
        let mut found: Vec<Linked> = Vec::new();
        for row in self.reader().scan(&LINKED_BY, &(), end.as_ref()) {
            let ((url, entry, part), ()) = row?;
            if let Some(last) = found.last_mut().filter(|last| last.url == url) {
                last.count += 1;
                if last.by.len() < users {
                    last.by.push((entry, part));
                }
            } else if found.len() == limit {
                break;
            } else if after != Some(url.as_str()) {
                found.push(Linked { url, by: vec![(entry, part)], count: 1 });
            }
        }
        Ok(found)
    }
}

impl Editing {
    /// How a link stands; `None` when nobody has looked at it.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn link_standing(&self, url: &str) -> Result<Option<Standing>, ReadError> {
        let cell = self.log().cell(&cell_of(url)).await?;
        Ok(cell.and_then(|cell| serde_json::from_slice(&cell.value).ok()))
    }

    /// How each link stands that somebody has looked at, by its address.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn link_standings(&self) -> Result<BTreeMap<String, Standing>, ReadError> {
        let cells = self.log().cells(LINK_CELLS).await?;
        let read = |cell: &[u8]| serde_json::from_slice::<Standing>(cell).ok();
        let all = cells.iter().filter_map(|(_, cell)| read(&cell.value));
        Ok(all.map(|standing| (standing.url.clone(), standing)).collect())
    }
}
