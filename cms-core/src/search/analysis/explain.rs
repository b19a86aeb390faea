//! What becomes of a text, told to administrators.

use serde::Serialize;

use super::{Analysis, Analyzer, Gram, Purpose, Word};

/// The steps of a locale's analyzer, and what they make of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The language whose terms the text's are.
    pub language: String,
    /// What is done to a text, in this order.
    pub steps: Vec<String>,
    /// The words.
    pub words: Vec<ExplainedWord>,
    /// The runs of letters and pairs of words.
    pub grams: Vec<String>,
}

/// A word and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedWord {
    /// As it stands in the text.
    pub written: String,
    /// Folded and whole.
    pub form: String,
    /// What it is looked up by.
    pub term: String,
    /// Where it begins in the text, in bytes of UTF-8.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Which word of the text it is, from 0.
    pub position: u32,
    /// Whether it means little by itself.
    pub function: bool,
}

impl Analyzer {
    /// Shows what becomes of a text, and by which steps.
    ///
    /// ```
    /// use cms_core::search::analysis::{Analyzer, Purpose};
    ///
    /// let shown = Analyzer::of(&"fr-CA".parse()?).explain("L’hameçonnage", Purpose::Index);
    /// assert_eq!(shown.language, "fr");
    /// assert_eq!(shown.words[0].written, "hameçonnage");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(&self, text: &str, purpose: Purpose) -> Explanation {
        let Analysis { words, grams } = self.analyze(text, purpose);
        let explained = |word: Word| ExplainedWord {
            written: text.get(word.start..word.end).unwrap_or_default().to_owned(),
            form: word.form,
            term: word.term,
            start: word.start,
            end: word.end,
            position: word.position,
            function: word.function,
        };
        Explanation {
            language: self.language().to_string(),
            steps: self.steps(),
            words: words.into_iter().map(explained).collect(),
            grams: grams.into_iter().map(|Gram { term, .. }| term).collect(),
        }
    }
}
