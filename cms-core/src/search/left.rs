//! What deleted forms leave in the files until these are written anew.

use std::collections::BTreeSet;

use tantivy::index::SegmentId;

use super::{
    Index, IndexError,
    layout::keys,
    snapshot::{self, Snapshot},
};
use crate::id::EntryId;

impl Index {
    /// The entries of which no form is left but deleted ones, as far as the files still hold these.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn gone(&self) -> Result<BTreeSet<EntryId>, IndexError> {
        let snapshot = self.snapshot();
        let mut deleted = BTreeSet::new();
        for segment in snapshot.segments() {
            let Some(alive) = segment.reader.alive_bitset() else { continue };
            let forms = (0..segment.columns.forms()).filter(|form| !alive.is_alive(*form));
            deleted.extend(forms.map(|form| segment.columns.entry(form)));
        }
        let mut gone = BTreeSet::new();
        for entry in deleted.into_iter().map(snapshot::entry_id) {
            if !self.lives(&snapshot, entry)? {
                gone.insert(entry);
            }
        }
        Ok(gone)
    }

    fn lives(&self, snapshot: &Snapshot, entry: EntryId) -> Result<bool, IndexError> {
        let term = self.layout().term(&keys::entry(entry));
        for segment in snapshot.segments() {
            let index = segment.reader.inverted_index(term.field())?;
            if let Some(info) = index.get_term_info(&term)?
                && !segment.living(&index, &info, 1)?.is_empty()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The segments that hold any form of these entries, deleted ones too.
    pub(super) fn holding(
        &self,
        entries: &BTreeSet<EntryId>,
    ) -> Result<BTreeSet<SegmentId>, IndexError> {
        let snapshot = self.snapshot();
        let mut holding = BTreeSet::new();
        for segment in snapshot.segments() {
            for entry in entries {
                let term = self.layout().term(&keys::entry(*entry));
                let index = segment.reader.inverted_index(term.field())?;
                if index.get_term_info(&term)?.is_some() {
                    holding.insert(segment.reader.segment_id());
                    break;
                }
            }
        }
        Ok(holding)
    }
}
