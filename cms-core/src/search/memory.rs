//! The translation memory's index: which texts like this one were translated before, among millions.
//!
//! Pairs are found by their words' stems. For a text to be seven tenths the same, it can lack three tenths of the words
//! asked for at most: so it has one at least of the rarest four tenths, and only those are looked up. What is found is
//! compared word by word (`likeness`). An index of its own, beside the one of what readers find: derived data as that,
//! with its place in the log in its commits.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tantivy::{
    DocAddress, DocSet as _, IndexReader, IndexWriter, ReloadPolicy, Searcher, TERMINATED,
    TantivyDocument, Term,
    collector::TopDocs,
    columnar::Column,
    directory::{MmapDirectory, RamDirectory},
    indexer::LogMergePolicy,
    query::{BooleanQuery, Query, TermQuery},
    schema::{
        BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing,
        TextOptions, Value as _,
    },
};

use self::likeness::Words;
use super::{IndexError, OpenError, Pace, analysis::Analyzer, payload::Payload, terms, unopened};
use crate::{
    id::AgencyId,
    segment::SegmentDigest,
    translation::memory::{Direction, Pair, Provenance},
};

mod likeness;
mod writer;

pub use self::writer::MemoryWriter;

#[cfg(test)]
mod tests;

/// Less alike than this, in per cent, nothing is proposed.
pub const LEAST: u8 = 70;
/// How many of the rarest words are looked up at most.
const MOST_WORDS: usize = 16;
/// How many candidates are looked at.
const CANDIDATES: usize = 400;
/// How many of them are compared word by word.
const COMPARED: usize = 80;
/// The field of [`LENGTH`], by name.
const LENGTH: &str = "length";

/// The index. A handle: clones are the same index.
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    inner: tantivy::Index,
    layout: Layout,
    reader: IndexReader,
    applied: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct Layout {
    /// What a pair is looked up by: its direction, its text, its owner, itself.
    keys: Field,
    words: Field,
    length: Field,
    pair: Field,
}

impl Layout {
    fn new() -> (Self, Schema) {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(terms::READER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let layout = Self {
            keys: schema.add_bytes_field("keys", BytesOptions::default().set_indexed()),
            words: schema
                .add_text_field("words", TextOptions::default().set_indexing_options(indexing)),
            length: schema.add_u64_field(LENGTH, NumericOptions::default().set_fast()),
            pair: schema.add_bytes_field("pair", BytesOptions::default().set_stored()),
        };
        (layout, schema.build())
    }

    fn key(self, kind: u8, parts: &[&[u8]]) -> Term {
        let mut key = vec![kind];
        for part in parts {
            key.extend_from_slice(part);
        }
        Term::from_field_bytes(self.keys, &key)
    }

    fn direction(self, direction: &Direction) -> Term {
        self.key(b'd', &[prefix(direction).as_bytes()])
    }

    fn exact(self, direction: &Direction, digest: SegmentDigest) -> Term {
        let digest = digest.to_string();
        self.key(b'e', &[prefix(direction).as_bytes(), b" ", digest.as_bytes()])
    }

    fn owner(self, owner: &Provenance) -> Term {
        match owner {
            Provenance::Entry { entry, .. } => self.entry(entry.as_bytes()),
            Provenance::Imported { agency, name } => self.import(*agency, name),
        }
    }

    fn import(self, agency: AgencyId, name: &str) -> Term {
        self.key(b'i', &[agency.as_bytes(), name.as_bytes()])
    }

    fn entry(self, entry: &[u8]) -> Term {
        self.key(b'o', &[entry])
    }

    /// The same text, translated the same, at the same place: kept once.
    fn itself(self, direction: &Direction, pair: &Pair) -> Term {
        let place = match &pair.from {
            Provenance::Entry { entry, pointer, .. } => format!("{entry}{pointer}"),
            Provenance::Imported { agency, name } => format!("{agency} {name}"),
        };
        let both = [&pair.source, &pair.target].map(|text| SegmentDigest::of(text).to_string());
        let [source, target] = &both;
        let context = pair.context.map(|context| context.to_string()).unwrap_or_default();
        let parts = [prefix(direction).as_str(), source, target, &context, &place].join(" ");
        let digest = SegmentDigest::of(&parts).to_string();
        self.key(b's', &[digest.as_bytes()])
    }
}

/// What stands before a word in the index, so that each direction has its own words.
fn prefix(direction: &Direction) -> String {
    format!("{}>{}", direction.source, direction.target)
}

/// A text that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// From which language into which.
    pub direction: &'a Direction,
    /// The text.
    pub text: &'a str,
    /// Its words, without its codes.
    pub words: &'a str,
    /// What stands around it, where that is known.
    pub context: Option<SegmentDigest>,
}

/// A pair that is like what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likely {
    /// How like, in per cent: 101 for the same text in the same context, 100 for the same text.
    pub percent: u8,
    /// The pair.
    pub pair: Pair,
}

impl Memory {
    pub(super) fn inner(&self) -> &tantivy::Index {
        &self.0.inner
    }

    /// Opens the index in a folder, or begins an empty one there.
    ///
    /// # Errors
    /// [`OpenError`], as for the index of what readers find.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let unavailable = |error: &dyn fmt::Display| OpenError::Unavailable {
            reason: format!("{}: {error}", dir.display()),
        };
        std::fs::create_dir_all(dir).map_err(|error| unavailable(&error))?;
        Self::within(MmapDirectory::open(dir).map_err(|error| unavailable(&error))?)
    }

    /// An empty index that lives as long as its handles.
    ///
    /// # Errors
    /// [`OpenError::Unavailable`] when the machine refuses it a thread.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::within(RamDirectory::create())
    }

    fn within(directory: impl Into<Box<dyn tantivy::Directory>>) -> Result<Self, OpenError> {
        let (layout, schema) = Layout::new();
        let inner =
            tantivy::Index::builder().schema(schema).open_or_create(directory).map_err(unopened)?;
        inner.tokenizers().register(terms::READER, terms::Reader::default());
        let applied = match inner.load_metas().map_err(unopened)?.payload {
            Some(payload) => Payload::parse(&payload)?.applied,
            None => 0,
        };
        let reader = inner.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader: IndexReader = reader.try_into().map_err(unopened)?;
        Ok(Self(Arc::new(Shared { inner, layout, reader, applied: AtomicU64::new(applied) })))
    }

    /// The last event that the index holds the result of; 0 for none.
    pub fn applied(&self) -> u64 {
        self.0.applied.load(Ordering::Acquire)
    }

    /// How many pairs there are.
    pub fn count(&self) -> u64 {
        self.0.reader.searcher().num_docs()
    }

    /// The one that changes the index.
    ///
    /// # Errors
    /// [`IndexError::HasWriter`] while there is another one.
    pub fn writer(&self, pace: Pace) -> Result<MemoryWriter, IndexError> {
        let inner: IndexWriter<TantivyDocument> =
            self.0.inner.writer_with_options(pace.options())?;
        let mut merging = LogMergePolicy::default();
        // Each segment costs every question a few look-ups.
        merging.set_min_num_segments(4);
        inner.set_merge_policy(Box::new(merging));
        Ok(MemoryWriter { memory: self.clone(), inner })
    }

    /// The pairs that are most like a text, the likest first, of those that `may` lets through.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn like(
        &self,
        asked: &Asked<'_>,
        limit: usize,
        may: &mut dyn FnMut(&Pair) -> bool,
    ) -> Result<Vec<Likely>, IndexError> {
        let searcher = self.0.reader.searcher();
        let digest = SegmentDigest::of(asked.text);
        let words = Words::of(&Analyzer::of(&asked.direction.source), asked.words);
        let exact = self.0.layout.exact(asked.direction, digest);
        let exact = TermQuery::new(exact, IndexRecordOption::Basic);
        let mut places = top(&searcher, &exact, CANDIDATES)?;
        places.truncate(COMPARED);
        let exact = places.len();
        let about = self.candidates(&searcher, asked, &words)?;
        places
            .extend(about.into_iter().filter(|place| !places.contains(place)).collect::<Vec<_>>());
        let mut found: Vec<Likely> = Vec::new();
        for (at, place) in places.into_iter().enumerate() {
            let stored = self.stored(&searcher, place)?;
            let percent = if at < exact {
                let is_here = asked.context.is_some() && asked.context == stored.pair.context;
                100 + u8::from(is_here)
            } else {
                words.likeness(&stored.words).min(99)
            };
            if percent >= LEAST && may(&stored.pair) {
                found.push(Likely { percent, pair: stored.pair });
            }
        }
        // Of those that are as like, the newest knows best.
        found.sort_by_key(|likely| std::cmp::Reverse((likely.percent, likely.pair.at)));
        let mut said: Vec<(String, String)> = Vec::new();
        found.retain(|likely| {
            let says = (likely.pair.source.clone(), likely.pair.target.clone());
            let is_new = !said.contains(&says);
            said.push(says);
            is_new
        });
        found.truncate(limit);
        Ok(found)
    }

    /// Where pairs lie that may be like a text.
    fn candidates(
        &self,
        searcher: &Searcher,
        asked: &Asked<'_>,
        words: &Words,
    ) -> Result<Vec<DocAddress>, IndexError> {
        let prefix = prefix(asked.direction);
        let mut rare: Vec<(u64, Term)> = Vec::new();
        for stem in words.stems() {
            let term = Term::from_field_text(self.0.layout.words, &format!("{prefix}{stem}"));
            let known = searcher.doc_freq(&term)?;
            if known > 0 {
                rare.push((known, term));
            }
        }
        rare.sort_by_key(|(known, _)| *known);
        // What lacks all of these lacks too much. Words that nobody knows are lacking anyway.
        let unknown = words.stems().count() - rare.len();
        let missing = words.len() * usize::from(100 - LEAST) / 100;
        if unknown > missing {
            return Ok(Vec::new());
        }
        rare.truncate((missing + 1).clamp(4, MOST_WORDS));
        let queries = rare.into_iter().map(|(_, term)| {
            let query: Box<dyn Query> =
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            query
        });
        let places = top(searcher, &BooleanQuery::union(queries.collect()), CANDIDATES)?;
        let mut lengths: Vec<Option<Column<u64>>> = Vec::new();
        for segment in searcher.segment_readers() {
            lengths.push(segment.fast_fields().column_opt(LENGTH)?);
        }
        let fits = |place: &DocAddress| {
            let column = usize::try_from(place.segment_ord).ok().and_then(|at| lengths.get(at));
            let length = column.and_then(Option::as_ref)?.first(place.doc_id)?;
            words.may_be_like(usize::try_from(length).ok()?).then_some(())
        };
        let fitting = places.into_iter().filter(|place| fits(place).is_some());
        Ok(fitting.take(COMPARED).collect())
    }

    fn stored(&self, searcher: &Searcher, place: DocAddress) -> Result<Stored, IndexError> {
        let document: TantivyDocument = searcher.doc(place)?;
        let bytes = document.get_first(self.0.layout.pair).and_then(|value| value.as_bytes());
        let failed = |reason: String| IndexError::Failed { reason };
        let bytes = bytes.ok_or_else(|| failed("a pair without content".to_owned()))?;
        postcard::from_bytes(bytes).map_err(|error| failed(error.to_string()))
    }

    /// What was imported: whose, under which name, and how many pairs there are of it.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn imports(&self) -> Result<BTreeMap<(AgencyId, String), u64>, IndexError> {
        let searcher = self.0.reader.searcher();
        let mut found = BTreeMap::new();
        for segment in searcher.segment_readers() {
            let index = segment.inverted_index(self.0.layout.keys)?;
            let mut owners = index.terms().range().ge(b"i").lt(b"j").into_stream()?;
            while owners.advance() {
                let Some((agency, name)) =
                    owners.key().get(1..).and_then(|key| key.split_first_chunk::<16>())
                else {
                    continue;
                };
                let name = String::from_utf8_lossy(name).into_owned();
                let info = owners.value();
                let mut postings =
                    index.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
                let mut count = 0;
                while postings.doc() != TERMINATED {
                    count += u64::from(!segment.is_deleted(postings.doc()));
                    postings.advance();
                }
                if count > 0 {
                    *found.entry((AgencyId::from_bytes(*agency), name)).or_default() += count;
                }
            }
        }
        Ok(found)
    }

    /// Hands on all pairs of a direction; `take` answers whether to go on.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn each(
        &self,
        direction: &Direction,
        take: &mut dyn FnMut(Pair) -> bool,
    ) -> Result<(), IndexError> {
        let searcher = self.0.reader.searcher();
        let term = self.0.layout.direction(direction);
        for (ordinal, segment) in (0_u32..).zip(searcher.segment_readers()) {
            let index = segment.inverted_index(term.field())?;
            let Some(mut postings) = index.read_postings(&term, IndexRecordOption::Basic)? else {
                continue;
            };
            let mut document = postings.doc();
            while document != TERMINATED {
                let place = DocAddress::new(ordinal, document);
                if !segment.is_deleted(document) && !take(self.stored(&searcher, place)?.pair) {
                    return Ok(());
                }
                document = postings.advance();
            }
        }
        Ok(())
    }
}

/// A pair as it lies in the index: with its words ready to be compared.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    pair: Pair,
    words: Words,
}

/// The best places for a question.
fn top(
    searcher: &Searcher,
    query: &dyn Query,
    limit: usize,
) -> Result<Vec<DocAddress>, IndexError> {
    let found = searcher.search(query, &TopDocs::with_limit(limit).order_by_score())?;
    Ok(found.into_iter().map(|(_, place)| place).collect())
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("applied", &self.applied()).finish_non_exhaustive()
    }
}
