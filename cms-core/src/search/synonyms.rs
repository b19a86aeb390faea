//! Words that mean the same to those who search: other labels of topics, and an operator's own.

use std::collections::{BTreeMap, HashMap};

use super::{
    analysis::{Analyzer, LanguageKey, Purpose},
    text::Analyzers,
};
use crate::locale::Locale;

/// The most words of a label that counts.
const LONGEST: usize = 6;
/// The most labels that one part of a query is widened by.
const WIDEST: usize = 12;

/// Groups of labels, by language.
#[derive(Default)]
pub struct Synonyms(HashMap<LanguageKey, Groups>);

#[derive(Default)]
struct Groups {
    /// The labels of each group, as terms.
    groups: Vec<Vec<Vec<String>>>,
    /// The groups that have a label which begins with a term.
    starts: BTreeMap<String, Vec<usize>>,
}

/// A part of a query that says the same as some labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Widened {
    /// The word that the part begins with.
    pub(super) at: usize,
    /// The other labels, as terms.
    pub(super) labels: Vec<Vec<String>>,
}

impl std::fmt::Debug for Synonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Synonyms").field("languages", &self.0.len()).finish()
    }
}

impl Synonyms {
    /// From groups of labels, each in one locale; labels of one group say the same.
    pub fn new(groups: impl IntoIterator<Item = (Locale, Vec<String>)>) -> Self {
        let mut analyzers = Analyzers::default();
        let mut all = Self::default();
        for (locale, labels) in groups {
            let analyzer = analyzers.of(&locale);
            let mut labels: Vec<_> = labels.iter().map(|label| terms(&analyzer, label)).collect();
            labels.retain(|label| (1..=LONGEST).contains(&label.len()));
            labels.sort_unstable();
            labels.dedup();
            if labels.len() > 1 {
                all.0.entry(analyzer.language().clone()).or_default().add(labels);
            }
        }
        all
    }

    /// How the terms of a query can be widened.
    pub(super) fn widen(&self, language: &LanguageKey, query: &[String]) -> Vec<Widened> {
        let Some(known) = self.0.get(language) else { return Vec::new() };
        let mut widened = Vec::new();
        for (at, first) in query.iter().enumerate() {
            let rest = query.get(at..).unwrap_or_default();
            let groups = known.starts.get(first).into_iter().flatten();
            let met = groups
                .filter_map(|group| known.groups.get(*group))
                .filter(|labels| labels.iter().any(|label| rest.starts_with(label)));
            let mut labels: Vec<Vec<String>> = met.flatten().cloned().collect();
            labels.sort_unstable();
            labels.dedup();
            labels.retain(|label| !rest.starts_with(label));
            labels.truncate(WIDEST);
            if !labels.is_empty() {
                widened.push(Widened { at, labels });
            }
        }
        widened
    }
}

impl Groups {
    fn add(&mut self, labels: Vec<Vec<String>>) {
        let group = self.groups.len();
        for first in labels.iter().filter_map(|label| label.first()) {
            let groups = self.starts.entry(first.clone()).or_default();
            if groups.last() != Some(&group) {
                groups.push(group);
            }
        }
        self.groups.push(labels);
    }
}

fn terms(analyzer: &Analyzer, label: &str) -> Vec<String> {
    analyzer.analyze(label, Purpose::Index).words.into_iter().map(|word| word.term).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widened(query: &str) -> Vec<(usize, Vec<String>)> {
        let locale: Locale = "en".parse().unwrap();
        let labels = |labels: &[&str]| {
            (locale.clone(), labels.iter().map(|label| (*label).to_owned()).collect())
        };
        let synonyms = Synonyms::new([
            labels(&["sextortion", "sexual extortion", "webcam blackmail"]),
            labels(&["blackmail", "extortion"]),
        ]);
        let analyzer = Analyzer::of(&locale);
        let found = synonyms.widen(analyzer.language(), &terms(&analyzer, query));
        let joined =
            |labels: Vec<Vec<String>>| labels.iter().map(|label| label.join(" ")).collect();
        found.into_iter().map(|Widened { at, labels }| (at, joined(labels))).collect()
    }

    #[test]
    fn a_label_in_a_query_brings_the_others_of_its_group() {
        let expected = |at, labels: &[&str]| {
            let analyzer = Analyzer::of(&"en".parse().unwrap());
            let label = |label: &&str| terms(&analyzer, label).join(" ");
            let mut labels: Vec<String> = labels.iter().map(label).collect();
            labels.sort_unstable();
            (at, labels)
        };
        assert_eq!(
            widened("help sextortion"),
            [expected(1, &["sexual extortion", "webcam blackmail"])]
        );
        assert_eq!(
            widened("Sexual extortion"),
            [expected(0, &["sextortion", "webcam blackmail"]), expected(1, &["blackmail"])]
        );
        assert_eq!(widened("webcam"), []);
    }
}
