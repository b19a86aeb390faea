//! The one that changes the index: forms go in and out, and a commit makes that visible and durable.

use std::collections::{BTreeSet, HashMap};

use tantivy::{
    IndexWriter, TantivyDocument, index::SegmentId, indexer::IndexWriterOptions,
    indexer::LogMergePolicy,
};

use super::{
    Index, IndexError, IndexForm,
    analysis::Vocabulary,
    collation::Collators,
    layout::keys,
    payload::Payload,
    text::{self, Analyzers},
};
use crate::id::EntryId;

/// How a writer uses the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// For a server that answers meanwhile: one thread, at most 60 MB of forms in memory.
    Steady,
    /// For building an index or taking in many forms: two threads, at most 60 MB each.
    Bulk,
}

impl Pace {
    pub(super) fn options(self) -> IndexWriterOptions {
        let (threads, budget) = match self {
            Self::Steady => (1, 60_000_000),
            Self::Bulk => (2, 60_000_000),
        };
        IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(budget)
            .num_merge_threads(1)
            .build()
    }
}

/// Changes an index. There is one at a time for each index.
///
/// What it does is seen by nobody before [`Writer::commit`], and is lost when it is dropped before.
pub struct Writer {
    index: Index,
    inner: IndexWriter<TantivyDocument>,
    collators: Collators,
    analyzers: Analyzers,
    /// The words of the forms since the last commit: many, where many are taken in.
    vocabulary: Vocabulary,
    /// The segments that are written anew, with how often that was asked for.
    purging: HashMap<SegmentId, u32>,
}

/// How many times a purge looks at a segment before it has it written anew once more.
const PATIENCE: u32 = 240;

impl Writer {
    pub(super) fn new(index: Index, pace: Pace) -> Result<Self, IndexError> {
        let inner: IndexWriter<TantivyDocument> =
            index.inner().writer_with_options(pace.options())?;
        let mut merging = LogMergePolicy::default();
        // Each segment costs every query a few look-ups: few of them, and none that is mostly dead.
        merging.set_min_num_segments(4);
        merging.set_del_docs_ratio_before_merge(0.3);
        inner.set_merge_policy(Box::new(merging));
        Ok(Self {
            index,
            inner,
            collators: Collators::default(),
            analyzers: Analyzers::default(),
            vocabulary: Vocabulary::default(),
            purging: HashMap::new(),
        })
    }

    /// Makes these the forms of an entry, in place of all that it had; none takes the entry out.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the forms cannot be written, such as on a full disk.
    pub fn replace_entry(&mut self, entry: EntryId, forms: &[IndexForm]) -> Result<(), IndexError> {
        let layout = self.index.layout();
        self.inner.delete_term(layout.term(&keys::entry(entry)));
        for form in forms {
            let analyzer = self.analyzers.of(&form.locale);
            let text = text::prepare(form, &analyzer, &mut self.vocabulary);
            self.inner.add_document(layout.document(entry, form, &mut self.collators, text))?;
        }
        Ok(())
    }

    /// Makes everything up to here durable and visible, and records that all events up to number `applied`
    /// are in it.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when it cannot be written; what was committed before is still there.
    pub fn commit(&mut self, applied: u64) -> Result<(), IndexError> {
        let mut prepared = self.inner.prepare_commit()?;
        prepared.set_payload(&Payload::new(applied).to_string());
        prepared.commit()?;
        self.vocabulary.forget();
        self.index.see(applied)
    }

    /// Takes what was deleted of these entries out of the files, too: the segments that hold any of it are
    /// written anew without it, in the background. Answers `true` when nothing of them is left; until then it
    /// is to be called again, now and then. What was deleted has to be committed.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read or the files not be removed.
    pub fn purge(&mut self, entries: &BTreeSet<EntryId>) -> Result<bool, IndexError> {
        self.index.refresh()?;
        let holding = self.index.holding(entries)?;
        self.purging.retain(|segment, _| holding.contains(segment));
        if holding.is_empty() {
            self.inner.garbage_collect_files().wait()?;
            return Ok(true);
        }
        for segment in holding {
            let asked = self.purging.entry(segment).or_default();
            // One that others merge just now is refused, and asked for again if it is still there then.
            if asked.is_multiple_of(PATIENCE) {
                drop(self.inner.merge(&[segment]));
            }
            *asked += 1;
        }
        Ok(false)
    }

    /// Waits until the merging that is under way is done, and makes it visible: for the end of a bulk load.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when merging failed; what was committed is still there.
    pub fn settle(self) -> Result<(), IndexError> {
        self.inner.wait_merging_threads()?;
        self.index.refresh()
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
