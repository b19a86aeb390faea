//! Words that were analysed already: a language's texts say most of them again and again.

use std::collections::HashMap;

use super::{Analyzer, LanguageKey};

/// How many words are kept, of all languages together; then it begins anew. About 8 MB.
const MOST: usize = 40_000;

/// What becomes of a word as it stands in a normalised text.
#[derive(Debug)]
pub(super) struct Known {
    /// The word, folded and whole.
    pub(super) form: String,
    /// What it is looked up by.
    pub(super) term: String,
    /// Whether it means little by itself.
    pub(super) function: bool,
}

/// What became of words, by language. `None` for what is no word.
#[derive(Debug, Default)]
pub(in crate::search) struct Vocabulary {
    languages: HashMap<LanguageKey, HashMap<Box<str>, Option<Known>>>,
    count: usize,
}

impl Vocabulary {
    /// What becomes of a word.
    pub(super) fn get(&mut self, analyzer: &Analyzer, raw: &str) -> Option<&Known> {
        if self.count >= MOST {
            self.forget();
        }
        let words = self.languages.entry(analyzer.language.clone()).or_default();
        if !words.contains_key(raw) {
            words.insert(raw.into(), analyzer.known(raw));
            self.count += 1;
        }
        words.get(raw)?.as_ref()
    }

    /// Begins anew.
    pub(in crate::search) fn forget(&mut self) {
        *self = Self::default();
    }
}
