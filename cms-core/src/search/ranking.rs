//! Which texts come first: BM25 over words, and over grams at a lower weight, field by field. What of a
//! question is looked up is the plan's ([`super::plan`]).
//!
//! A word that readers would call the same counts most; grams add what words miss (parts of compounds, endings,
//! typing errors, words side by side) and break ties. Function words of a query count little when there are
//! others. How rare a term is and how long texts are is counted within the query's language alone
//! ([`Statistics`]), so that a site's French does not depend on how much Thai it has.
//!
//! The weights are one set for all languages, chosen on question sets in 25 of them (`docs/benchmarks.md`).

use std::collections::{HashMap, HashSet};

use tantivy::{
    Searcher, Term,
    query::{Bm25StatisticsProvider, BoostQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use super::analysis::{Gram, LanguageKey};

/// What a gram counts, where a word counts 1.
const GRAM: f32 = 0.3;
/// What a function word of a query counts, next to words that are none.
pub(crate) const FUNCTION: f32 = 0.2;
/// How many of a query's grams are looked up, the rarest: a bound on what a long question costs.
pub(crate) const MAX_GRAMS: usize = 32;
/// By how much texts are taken to be longer than they are on average, in halves, so that length counts less:
/// with it the library's constants (`k1` 1.2, `b` 0.75) come to 0.9 and 0.67 for words, 0.6 and 0.5 for grams,
/// of which a word has several.
const STRETCH: Stretch = Stretch { words: 3, grams: 6 };

struct Stretch {
    words: u64,
    grams: u64,
}

/// A field of the content (a title, a body) in the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RankedField {
    /// Where its words are, with their frequencies and positions.
    pub(crate) words: Field,
    /// Where its grams are, with their frequencies.
    pub(crate) grams: Field,
    /// What a hit in it counts.
    pub(crate) weight: f32,
}

/// One weighted clause for each of the rarest grams of a query that occur at all.
///
/// # Errors
/// When the index cannot be read.
pub(crate) fn gram_clauses(
    language: &LanguageKey,
    grams: &[Gram],
    field: RankedField,
    statistics: &Statistics<'_>,
) -> tantivy::Result<Vec<Box<dyn Query>>> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for gram in grams.iter().filter(|gram| seen.insert(gram.term.as_str())) {
        let term = Term::from_field_text(field.grams, &language.term(&gram.term));
        match statistics.doc_freq(&term)? {
            0 => {}
            texts => found.push((texts, term)),
        }
    }
    // A stable sort: of equally rare ones, those in front.
    found.sort_by_key(|(texts, _)| *texts);
    let rarest = found.into_iter().take(MAX_GRAMS);
    Ok(rarest.map(|(_, term)| clause(term, GRAM * field.weight)).collect())
}

fn clause(term: Term, weight: f32) -> Box<dyn Query> {
    let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(query), weight))
}

/// How often terms occur and how long texts are, in one language.
pub(crate) struct Statistics<'s> {
    searcher: &'s Searcher,
    texts: u64,
    tokens: HashMap<Field, u64>,
}

/// How many words and grams the texts of a language have in a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length {
    /// The field.
    pub(crate) field: RankedField,
    /// All its words.
    pub(crate) words: u64,
    /// All its grams.
    pub(crate) grams: u64,
}

impl<'s> Statistics<'s> {
    /// From what was counted: the texts of the language and how long they are, field by field. How many texts
    /// have a term is looked up; terms of other languages are other terms.
    pub(crate) fn new(searcher: &'s Searcher, texts: u64, lengths: &[Length]) -> Self {
        let tokens = lengths.iter().flat_map(|length| {
            let stretched = |tokens: u64, halves: u64| tokens.saturating_mul(halves) / 2;
            [
                (length.field.words, stretched(length.words, STRETCH.words)),
                (length.field.grams, stretched(length.grams, STRETCH.grams)),
            ]
        });
        Self { searcher, texts, tokens: tokens.collect() }
    }
}

impl Bm25StatisticsProvider for Statistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Ok(self.tokens.get(&field).copied().unwrap_or_default())
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.texts)
    }

    /// Never more than there are texts: deleted ones still count among those that have the term.
    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        Ok(self.searcher.doc_freq(term)?.min(self.texts))
    }
}
