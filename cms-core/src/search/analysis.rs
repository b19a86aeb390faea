//! Text as search sees it: from a locale's text to the terms that are indexed and looked up.
//!
//! The locale is known, always; nothing is guessed. An [`Analyzer`] brings every character to one spelling
//! (Unicode's NFKC), finds the words, folds what readers don't tell apart, cuts words down to what their forms
//! share, and marks those that mean little. What it does for which language is a table (`language`), each
//! rule with its source; [`Analyzer::steps`] shows it to administrators. Pure: no index, no I/O, and any text
//! of any length gives an answer in time that grows with the length.

mod explain;
mod fold;
mod grams;
mod han;
mod language;
mod normal;
mod stem;
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    convert::Infallible,
    fmt,
    sync::{Arc, LazyLock},
};

use quick_cache::sync::Cache;

pub use explain::{ExplainedWord, Explanation};

use crate::locale::Locale;
use language::Rules;
use normal::Normal;
use vocabulary::Known;
pub(super) use vocabulary::Vocabulary;

/// What a text is analysed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be found.
    Index,
    /// To find: only what helps to tell texts apart.
    Query,
}

/// A language whose texts share their terms and their statistics: `fr` and `fr-CA`, `zh-Hans` and `zh-Hant`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageKey(Arc<str>);

impl LanguageKey {
    /// The ISO 639 code, `und` for none.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A term of this language as it lies in the index, apart from the same letters in another.
    pub fn term(&self, text: &str) -> String {
        format!("{}\u{1f}{text}", self.0)
    }
}

impl fmt::Display for LanguageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LanguageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word, folded and whole: what prefixes complete and typing errors are measured against.
    pub form: String,
    /// What it is looked up by: the form cut down to what its forms share.
    pub term: String,
    /// Where it begins in the text as given, in bytes, on a character's boundary.
    pub start: usize,
    /// Where it ends there.
    pub end: usize,
    /// Which word of the text it is, from 0; neighbours differ by one.
    pub position: u32,
    /// Whether it means little by itself: articles, prepositions, what questions begin with.
    pub function: bool,
}

/// A run of letters within a word, or of characters where words are not set apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gram {
    /// The letters, folded, without accents.
    pub term: String,
    /// Where the word or run that it is of begins in the text as given, in bytes.
    pub start: usize,
    /// Where that ends.
    pub end: usize,
}

/// What a text is found by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Analysis {
    /// The words, in their order.
    pub words: Vec<Word>,
    /// The grams, in their order; of a query, only those that are looked up.
    pub grams: Vec<Gram>,
}

/// A language and a script.
type Written = (Box<str>, Box<str>);

/// The analyzers in use.
static ANALYZERS: LazyLock<Cache<Written, Arc<Analyzer>>> = LazyLock::new(|| Cache::new(256));

/// What makes terms of the text of a language.
pub struct Analyzer {
    language: LanguageKey,
    rules: Rules,
    function_words: HashSet<String>,
}

impl Analyzer {
    /// The analyzer of a locale.
    pub fn of(locale: &Locale) -> Arc<Self> {
        let language = match locale.language() {
            "no" => "nb",
            "iw" => "he",
            "in" => "id",
            other => other,
        };
        let script = locale.script().unwrap_or_default();
        let key = (Box::from(language), Box::from(script));
        let Ok(analyzer) = ANALYZERS.get_or_insert_with(&key, || {
            Ok::<_, Infallible>(Arc::new(Self::new(language, script)))
        });
        analyzer
    }

    fn new(language: &str, script: &str) -> Self {
        let rules = language::rules(language, script);
        let mut analyzer =
            Self { language: LanguageKey(language.into()), rules, function_words: HashSet::new() };
        // Written as words of the language are, so that they are compared with what becomes of those.
        let listed = words::split(rules.function_words, rules.apostrophe);
        let listed = listed.into_iter().filter_map(|raw| analyzer.form(&raw.text));
        analyzer.function_words = listed.map(|form| analyzer.bare(form)).collect();
        analyzer
    }

    /// The language whose terms and statistics this analyzer's texts share.
    pub fn language(&self) -> &LanguageKey {
        &self.language
    }

    /// What is done to a text, step by step, by name: `nfkc`, `words`, `case`, `fold arabic`,
    /// `stem snowball arabic`, `grams`.
    pub fn steps(&self) -> Vec<String> {
        let mut steps = vec!["nfkc".to_owned()];
        let mut add = |step: Option<String>| steps.extend(step);
        add(Some(self.rules.apostrophe.step().to_owned()));
        add(Some(self.rules.casing.step().to_owned()));
        for fold in self.rules.folds {
            add(Some(format!("fold {}", fold.name())));
        }
        add((!self.function_words.is_empty())
            .then(|| format!("function words {}", self.function_words.len())));
        add(self.rules.stem.name().map(|name| format!("stem {name}")));
        add(self.rules.bare.then(|| "without accents".to_owned()));
        add(Some("grams".to_owned()));
        steps
    }

    /// The terms of a text.
    pub fn analyze(&self, text: &str, purpose: Purpose) -> Analysis {
        let words = self.words(text, &mut Vocabulary::default());
        let grams = grams::of(&words, purpose);
        Analysis { words, grams }
    }

    /// The words of a text that is indexed, and its grams by `gram`, one after the other; with the vocabulary of
    /// the texts before it.
    pub(super) fn read(
        &self,
        text: &str,
        vocabulary: &mut Vocabulary,
        gram: impl FnMut(&str),
    ) -> Vec<Word> {
        let words = self.words(text, vocabulary);
        grams::each(&words, gram);
        words
    }

    /// The words of a text that is indexed.
    pub(super) fn words(&self, text: &str, vocabulary: &mut Vocabulary) -> Vec<Word> {
        let normal = Normal::of(text);
        let mut words = Vec::new();
        for raw in words::split(&normal.text, self.rules.apostrophe) {
            let Some(Known { form, term, function }) = vocabulary.get(self, &raw.text) else {
                continue;
            };
            let (form, term, function) = (form.clone(), term.clone(), *function);
            let (start, end) = normal.origin(raw.start, raw.end);
            let position = u32::try_from(words.len()).unwrap_or(u32::MAX);
            words.push(Word { form, term, start, end, position, function });
        }
        words
    }

    /// What becomes of a word as it stands in a normalised text; nothing of marks and joiners without a letter.
    fn known(&self, raw: &str) -> Option<Known> {
        let form = self.form(raw)?;
        let term = self.term(&form);
        let form = self.bare(form);
        let function = self.function_words.contains(&form);
        Some(Known { form, term, function })
    }

    /// A word, folded.
    fn form(&self, raw: &str) -> Option<String> {
        let folded = fold::case(raw, self.rules.casing);
        let form = self.rules.folds.iter().fold(folded, |word, fold| fold.apply(word));
        form.contains(char::is_alphanumeric).then_some(form)
    }

    /// What a folded word is looked up by.
    fn term(&self, form: &str) -> String {
        let stem = self.rules.stem.apply(form);
        let stem = if stem.is_empty() { form.to_owned() } else { stem };
        self.bare(stem)
    }

    /// Without accents, where readers leave them out.
    fn bare(&self, word: String) -> String {
        if self.rules.bare { fold::bare(&word) } else { word }
    }
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analyzer").field("language", &self.language).finish_non_exhaustive()
    }
}
