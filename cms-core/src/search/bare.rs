//! The library below alone, given the same texts and the same analyzers: what the index's own rate of taking
//! in forms is measured against.

use std::path::Path;

use tantivy::{
    TantivyDocument,
    directory::MmapDirectory,
    indexer::IndexWriterOptions,
    schema::{Field, IndexRecordOption, STORED, SchemaBuilder, TextFieldIndexing, TextOptions},
    tokenizer::{PreTokenizedString, Token},
};

use super::{
    IndexError, IndexForm,
    analysis::{Analyzer, Purpose},
};

/// Indexes forms in an empty folder: a field of words with their places, a field of grams, and the text stored.
/// One thread, one commit, merges waited for.
///
/// # Errors
/// [`IndexError::Failed`] when it cannot be written.
pub fn index(dir: &Path, forms: &[IndexForm]) -> Result<(), IndexError> {
    let mut schema = SchemaBuilder::new();
    let field = |record| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record);
        TextOptions::default().set_indexing_options(indexing)
    };
    let words = schema.add_text_field("words", field(IndexRecordOption::WithFreqsAndPositions));
    let grams = schema.add_text_field("grams", field(IndexRecordOption::WithFreqs));
    let stored = schema.add_text_field("text", STORED);
    let failed = |error: &dyn std::fmt::Display| IndexError::Failed { reason: error.to_string() };
    let directory = MmapDirectory::open(dir).map_err(|error| failed(&error))?;
    let index = tantivy::Index::open_or_create(directory, schema.build())?;
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(60_000_000)
        .num_merge_threads(1)
        .build();
    let mut writer = index.writer_with_options(options)?;
    for form in forms {
        writer.add_document(document(form, [words, grams, stored]))?;
    }
    writer.commit()?;
    Ok(writer.wait_merging_threads()?)
}

fn document(form: &IndexForm, [words, grams, stored]: [Field; 3]) -> TantivyDocument {
    let analyzer = Analyzer::of(&form.locale);
    let passages = form.text.passages.iter().map(|passage| passage.text.as_str());
    let texts = std::iter::once(form.title.as_str()).chain(passages);
    let mut document = TantivyDocument::new();
    let token = |text: String, position: usize| Token {
        offset_from: 0,
        offset_to: 0,
        position,
        text,
        position_length: 1,
    };
    for text in texts {
        let analysis = analyzer.analyze(text, Purpose::Index);
        let of_words = analysis.words.into_iter();
        let of_words = of_words.map(|word| token(word.term, word.position as usize));
        let of_grams = analysis.grams.into_iter().map(|gram| token(gram.term, 0));
        for (field, tokens) in [(words, of_words.collect()), (grams, of_grams.collect())] {
            let tokens = PreTokenizedString { text: String::new(), tokens };
            document.add_pre_tokenized_text(field, tokens);
        }
        document.add_text(stored, text);
    }
    document
}
