//! Changes the memory's index.

use std::{fmt, sync::atomic::Ordering, time::Duration};

use tantivy::{IndexWriter, TantivyDocument};

use super::{Memory, Stored, likeness::Words, prefix};
use crate::{
    id::AgencyId,
    search::{IndexError, analysis::Analyzer, payload::Payload, terms},
    segment::SegmentDigest,
    translation::memory::{Direction, Pair},
};

/// How often it is tried to take what was deleted out of the files.
const TRIES: usize = 1_000;
/// How long is waited for others who merge.
const PAUSE: Duration = Duration::from_millis(20);

/// Changes the index. What it does is seen by nobody before it is committed.
pub struct MemoryWriter {
    pub(super) memory: Memory,
    pub(super) inner: IndexWriter<TantivyDocument>,
}

impl MemoryWriter {
    /// Keeps a pair, once however often it is added.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when it cannot be written.
    pub fn add(&mut self, direction: &Direction, pair: Pair) -> Result<(), IndexError> {
        let layout = self.memory.0.layout;
        self.inner.delete_term(layout.itself(direction, &pair));
        self.add_new(direction, pair)
    }

    /// Keeps a pair that isn't there yet: for filling an empty memory.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when it cannot be written.
    pub fn add_new(&mut self, direction: &Direction, pair: Pair) -> Result<(), IndexError> {
        let layout = self.memory.0.layout;
        let words = Words::of(&Analyzer::of(&direction.source), &pair.words);
        let mut terms = terms::Terms::under(&prefix(direction));
        words.stems().for_each(|stem| terms.push(&stem));
        let mut document = TantivyDocument::default();
        let digest = SegmentDigest::of(&pair.source);
        for key in [
            layout.direction(direction),
            layout.exact(direction, digest),
            layout.owner(&pair.from),
            layout.itself(direction, &pair),
        ] {
            document.add_bytes(layout.keys, key.serialized_value_bytes());
        }
        document.add_u64(layout.length, u64::try_from(words.len()).unwrap_or(u64::MAX));
        if let Some(text) = terms.into_text() {
            document.add_text(layout.words, text);
        }
        let stored = postcard::to_stdvec(&Stored { pair, words });
        let stored = stored.map_err(|error| IndexError::Failed { reason: error.to_string() })?;
        document.add_bytes(layout.pair, &stored);
        self.inner.add_document(document)?;
        Ok(())
    }

    /// Forgets all that is from an entry.
    pub fn forget(&mut self, entry: crate::id::EntryId) {
        self.inner.delete_term(self.memory.0.layout.entry(entry.as_bytes()));
    }

    /// Forgets all that was imported for an agency under a name.
    pub fn forget_import(&mut self, agency: AgencyId, name: &str) {
        self.inner.delete_term(self.memory.0.layout.import(agency, name));
    }

    /// Takes what was deleted out of the files, too: the segments that hold any of it are written anew without it, which
    /// is waited for. What was deleted has to be committed.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the files can't be written or removed, or what merges besides doesn't come to an end.
    pub fn purge(&mut self) -> Result<(), IndexError> {
        for _ in 0..TRIES {
            let segments = self.memory.inner().searchable_segment_metas()?;
            let holding: Vec<_> = segments.iter().filter(|it| it.has_deletes()).collect();
            if holding.is_empty() {
                self.memory.0.reader.reload()?;
                self.inner.garbage_collect_files().wait()?;
                return Ok(());
            }
            let mut refused = false;
            for segment in holding {
                // One that others merge just now is refused: what comes of it is looked at next.
                refused |= self.inner.merge(&[segment.id()]).wait().is_err();
            }
            if refused {
                std::thread::sleep(PAUSE);
            }
        }
        Err(IndexError::Failed { reason: "what was deleted could not be taken out".to_owned() })
    }

    /// Makes everything up to here durable and visible, and records that all events up to number `applied` are in it.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when it cannot be written; what was committed before is still there.
    pub fn commit(&mut self, applied: u64) -> Result<(), IndexError> {
        let mut prepared = self.inner.prepare_commit()?;
        prepared.set_payload(&Payload::new(applied).to_string());
        prepared.commit()?;
        self.memory.0.reader.reload()?;
        self.memory.0.applied.store(applied, Ordering::Release);
        Ok(())
    }

    /// Waits until the merging that is under way is done, and makes it visible: for the end of a bulk load.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when merging failed; what was committed is still there.
    pub fn settle(self) -> Result<(), IndexError> {
        self.inner.wait_merging_threads()?;
        Ok(self.memory.0.reader.reload()?)
    }
}

impl fmt::Debug for MemoryWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryWriter").finish_non_exhaustive()
    }
}
