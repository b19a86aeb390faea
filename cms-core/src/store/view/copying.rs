//! Copies the rows that live into a fresh view, while batches go on being applied to the old one.
//!
//! Neither sled nor the heap gives back what was overwritten. Replaying the log would not help: it writes and
//! overwrites each revision once more.

use std::{collections::BTreeSet, mem};

use sled::IVec;

use super::{HEAP_END, View, ViewError, refused, value};

/// How many rows are copied as one batch.
const BATCH: usize = 1_000;
/// When no more rows than this have changed meanwhile, the last of them are copied while batches wait.
const FEW: usize = 1_000;
/// Where more are changed than can be copied, batches wait after this many rounds.
const ROUNDS: u32 = 16;

/// The keys of rows that changed since a copy began; `None` while there is none.
pub(super) type Changed = Option<BTreeSet<Vec<u8>>>;

impl View {
    /// Copies all rows to an empty view, which then is as this one was at a moment between two batches. `last` runs
    /// before that moment, when little is left to copy. One copy at a time.
    ///
    /// # Errors
    /// [`ViewError`] when a row is damaged, or the disk refuses: the other view is of no use then.
    pub fn copy_to<E: From<ViewError>>(
        &self,
        fresh: &Self,
        last: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        *self.copying.lock() = Some(BTreeSet::new());
        let copied = self.copy_all(fresh, last);
        *self.copying.lock() = None;
        copied
    }

    fn copy_all<E: From<ViewError>>(
        &self,
        fresh: &Self,
        last: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let rows = self.db.iter().map(|row| {
            let (key, row) = row.map_err(|error| refused("view", &error))?;
            Ok((key, Some(row)))
        });
        self.copy_rows(fresh, rows)?;
        for _ in 0..ROUNDS {
            let changed = {
                let mut copying = self.copying.lock();
                let Some(changed) = copying.as_mut().filter(|changed| changed.len() > FEW) else {
                    break;
                };
                mem::take(changed)
            };
            self.copy_changed(fresh, changed)?;
        }
        last()?;
        let mut copying = self.copying.lock();
        self.copy_changed(fresh, copying.take().unwrap_or_default())?;
        Ok(())
    }

    fn copy_changed(&self, fresh: &Self, changed: BTreeSet<Vec<u8>>) -> Result<(), ViewError> {
        let rows = changed.into_iter().map(|key| {
            let row = self.db.get(&key).map_err(|error| refused("view", &error))?;
            Ok((key.into(), row))
        });
        self.copy_rows(fresh, rows)
    }

    /// Copies rows as they are stored; a row that isn't there any more is removed there, too.
    fn copy_rows(
        &self,
        fresh: &Self,
        rows: impl Iterator<Item = Result<(IVec, Option<IVec>), ViewError>>,
    ) -> Result<(), ViewError> {
        let unavailable = |error: &dyn std::fmt::Display| ViewError::Unavailable(error.to_string());
        // Where the heaps end is each view's own.
        let mut rows = rows.filter(|row| {
            row.as_ref().is_ok_and(|(key, _)| !key.starts_with(&[0xff])) || row.is_err()
        });
        loop {
            let (mut batch, mut heap) = (sled::Batch::default(), fresh.heap.adding());
            let mut copied = 0;
            for row in rows.by_ref().take(BATCH) {
                let (key, row) = row?;
                match row {
                    Some(row) => {
                        let moved = value::moved(&row, &self.heap, &mut heap);
                        batch.insert(key, self.marked(moved)?);
                    }
                    None => batch.remove(key),
                }
                copied += 1;
            }
            if copied == 0 {
                return Ok(());
            }
            batch.insert(HEAP_END, &heap.end().to_be_bytes());
            heap.write().map_err(|error| unavailable(&error))?;
            fresh.db.apply_batch(batch).map_err(|error| unavailable(&error))?;
        }
    }
}
