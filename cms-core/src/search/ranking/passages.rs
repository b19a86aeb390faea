//! Passages of one language, indexed in memory and ranked as search ranks: for measuring it against question
//! sets, without a store.

use tantivy::{
    TantivyDocument,
    collector::TopDocs,
    schema::{Field, IndexRecordOption, Schema, SchemaBuilder, TextFieldIndexing, TextOptions},
};

use super::{Length, RankedField, Statistics, gram_tokens, query, word_tokens};
use crate::{
    locale::Locale,
    search::{
        IndexError,
        analysis::{Analyzer, Purpose},
    },
};

/// The memory that indexing may take before it writes a segment: enough that it seldom does.
const BUDGET: usize = 128 << 20;

/// Texts of one language that can be asked; the numbers of hits are their places among the texts given.
pub struct Passages {
    analyzer: std::sync::Arc<Analyzer>,
    searcher: tantivy::Searcher,
    fields: RankedField,
    number: Field,
    texts: u64,
    length: Length,
}

impl Passages {
    /// Indexes texts of a locale.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when there is no memory or thread for it.
    pub fn index<'t>(
        locale: &Locale,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, IndexError> {
        let (schema, fields, number) = layout();
        let index = tantivy::Index::create_in_ram(schema);
        let mut writer = index.writer_with_num_threads(1, BUDGET)?;
        let analyzer = Analyzer::of(locale);
        let mut length = Length { field: fields, words: 0, grams: 0 };
        let mut count = 0;
        for text in texts {
            let analysis = analyzer.analyze(text, Purpose::Index);
            let words = word_tokens(analyzer.language(), &analysis.words);
            let grams = gram_tokens(analyzer.language(), &analysis.grams);
            let mut document = TantivyDocument::new();
            document.add_u64(number, count);
            length.words += words.tokens.len() as u64;
            length.grams += grams.tokens.len() as u64;
            document.add_pre_tokenized_text(fields.words, words);
            document.add_pre_tokenized_text(fields.grams, grams);
            writer.add_document(document)?;
            count += 1;
        }
        writer.commit()?;
        let searcher = index.reader()?.searcher();
        Ok(Self { analyzer, searcher, fields, number, texts: count, length })
    }

    /// The places of the best passages for a text, best first.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn ask(&self, text: &str, limit: usize) -> Result<Vec<usize>, IndexError> {
        let analysis = self.analyzer.analyze(text, Purpose::Query);
        let statistics = Statistics::new(&self.searcher, self.texts, &[self.length]);
        let query = query(self.analyzer.language(), &analysis, &[self.fields], &statistics)?;
        let collector = TopDocs::with_limit(limit.max(1)).order_by_score();
        let hits =
            self.searcher.search_with_statistics_provider(&query, &collector, &statistics)?;
        let mut places = Vec::with_capacity(hits.len());
        let name = self.searcher.schema().get_field_name(self.number);
        for (_, address) in hits {
            let segment = self.searcher.segment_reader(address.segment_ord);
            let numbers = segment.fast_fields().u64(name)?;
            let number = numbers.first(address.doc_id).and_then(|at| usize::try_from(at).ok());
            places.extend(number);
        }
        Ok(places)
    }
}

impl std::fmt::Debug for Passages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passages").field("texts", &self.texts).finish_non_exhaustive()
    }
}

fn layout() -> (Schema, RankedField, Field) {
    let field = || {
        let counted = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
        TextOptions::default().set_indexing_options(counted)
    };
    let mut schema = SchemaBuilder::new();
    let words = schema.add_text_field("words", field());
    let grams = schema.add_text_field("grams", field());
    let number = schema.add_u64_field("number", tantivy::schema::FAST);
    (schema.build(), RankedField { words, grams, weight: 1.0 }, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passage_that_says_most_of_what_was_asked_comes_first() {
        let english = Locale::english();
        let texts = [
            "Block the sender and report the message.",
            "Phishing messages pretend to come from your bank.",
            "Passwords should be long.",
        ];
        let passages = Passages::index(&english, texts).unwrap();
        let hits = passages.ask("Which messages pretend to be from my bank?", 10).unwrap();
        assert_eq!(hits.first(), Some(&1));
        assert!(hits.contains(&0), "a message is spoken of there, too");
        assert_eq!(passages.ask("pasword", 10).unwrap(), [2], "grams forgive a missing letter");
        assert_eq!(passages.ask("", 10).unwrap(), [0_usize; 0]);
    }
}
