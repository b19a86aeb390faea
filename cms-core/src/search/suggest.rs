//! What completes a beginning: titles from any of their words on, and phrases of titles and headings.

use std::collections::BTreeMap;

use tantivy::{DocId, postings::TermInfo};

use super::{
    Hit, Index, IndexError,
    analysis::{Analyzer, Purpose},
    layout::keys::{self, Completion},
    snapshot::{self, Segment, Snapshot},
    typing,
};
use crate::locale::Locale;

/// How many terms of one segment are looked at: one letter may begin a hundred thousand titles.
const LOOKED_AT: usize = 4_000;
/// In how many forms a phrase has to stand.
const FREQUENT: u64 = 2;
/// How much of what is typed counts, in characters.
const LONGEST: usize = 100;

/// What may complete a beginning.
#[derive(Debug, Default)]
pub struct Completions {
    /// Entries whose titles go on with it, the nearest first.
    pub titles: Vec<Hit>,
    /// Phrases that go on with it, the commonest first.
    pub phrases: Vec<String>,
    /// Where neither is there: the beginning as it may have been meant.
    pub meant: Option<String>,
}

impl Index {
    /// What completes a beginning for readers of a locale, at most `limit` of each kind.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn complete(
        &self,
        typed: &str,
        locale: &Locale,
        limit: usize,
    ) -> Result<Completions, IndexError> {
        let snapshot = self.snapshot();
        let typed: String = typed.chars().take(LONGEST).collect();
        let analyzer = self.analyzer(locale);
        let words = analyzer.analyze(&typed, Purpose::Index).words;
        let mut beginning = typing::compared(&words);
        if beginning.is_empty() {
            return Ok(Completions::default());
        }
        if typed.ends_with(char::is_whitespace) {
            beginning.push(' ');
        }
        let look = Look { index: self, snapshot: &snapshot, locale, beginning: &beginning };
        let (titles, phrases) = (look.titles(limit)?, look.phrases(limit)?);
        let meant = if titles.is_empty() && phrases.is_empty() {
            self.corrected(&snapshot, &analyzer, &typed)?
        } else {
            None
        };
        Ok(Completions { titles, phrases, meant })
    }

    /// The text with its unknown words as they may have been meant; `None` when there is no better one.
    fn corrected(
        &self,
        snapshot: &Snapshot,
        analyzer: &Analyzer,
        text: &str,
    ) -> Result<Option<String>, IndexError> {
        let mut corrected = String::new();
        let (mut done, mut changed) = (0, false);
        for word in analyzer.analyze(text, Purpose::Index).words {
            let typed = [word.form.as_str(), word.term.as_str()];
            let meant = typing::meant(snapshot, self.layout(), analyzer.language(), typed)?;
            if let Some(best) = meant.first().filter(|best| best.distance > 0)
                && let Some(before) = text.get(done..word.start)
            {
                corrected.push_str(before);
                corrected.push_str(&best.written);
                (done, changed) = (word.end, true);
            }
        }
        corrected.push_str(text.get(done..).unwrap_or_default());
        Ok(changed.then_some(corrected))
    }
}

/// A look at what goes on with a beginning.
struct Look<'a> {
    index: &'a Index,
    snapshot: &'a Snapshot,
    locale: &'a Locale,
    beginning: &'a str,
}

impl Look<'_> {
    fn titles(&self, limit: usize) -> Result<Vec<Hit>, IndexError> {
        let mut near: Vec<(String, usize, TermInfo)> = Vec::new();
        for (at, segment) in self.snapshot.segments().enumerate() {
            self.each(Completion::Title, segment, &mut |rest, term| {
                near.push((rest.to_owned(), at, term.clone()));
            })?;
        }
        near.sort_by(|(left, ..), (right, ..)| left.len().cmp(&right.len()).then(left.cmp(right)));
        let mut titles: Vec<Hit> = Vec::new();
        for (_, at, term) in near {
            let Some(segment) = self.snapshot.segments().nth(at) else { continue };
            let index = segment.reader.inverted_index(self.index.layout().terms())?;
            let forms = segment.living(&index, &term, limit)?;
            for hit in forms.into_iter().filter_map(|form| hit(segment, form)) {
                if !titles.contains(&hit) {
                    titles.push(hit);
                }
            }
            if titles.len() >= limit {
                break;
            }
        }
        titles.truncate(limit);
        Ok(titles)
    }

    fn phrases(&self, limit: usize) -> Result<Vec<String>, IndexError> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for segment in self.snapshot.segments() {
            let index = segment.reader.inverted_index(self.index.layout().terms())?;
            let mut found = Vec::new();
            self.each(Completion::Phrase, segment, &mut |rest, term| {
                if let Some((_, written)) = rest.split_once('\0') {
                    found.push((written.to_owned(), term.clone()));
                }
            })?;
            for (written, term) in found {
                // Where nothing is dead, the dictionary's count is right and costs nothing.
                let living = if segment.reader.has_deletes() {
                    let most = usize::try_from(FREQUENT).unwrap_or(usize::MAX);
                    u64::try_from(segment.living(&index, &term, most)?.len()).unwrap_or_default()
                } else {
                    u64::from(term.doc_freq)
                };
                *counts.entry(written).or_default() += living;
            }
        }
        let mut frequent: Vec<_> =
            counts.into_iter().filter(|(_, count)| *count >= FREQUENT).collect();
        frequent.sort_by(|left, right| {
            right.1.cmp(&left.1).then(left.0.len().cmp(&right.0.len())).then(left.0.cmp(&right.0))
        });
        Ok(frequent.into_iter().take(limit).map(|(written, _)| written).collect())
    }

    /// Calls back with what follows the beginning in each completion of a kind.
    fn each(
        &self,
        kind: Completion,
        segment: Segment<'_>,
        give: &mut dyn FnMut(&str, &TermInfo),
    ) -> Result<(), IndexError> {
        let index = segment.reader.inverted_index(self.index.layout().terms())?;
        let first = keys::completion(kind, self.locale, self.beginning);
        let mut terms = index.terms().range().ge(&first).into_stream()?;
        let mut left = LOOKED_AT;
        while left > 0 && terms.advance() {
            left -= 1;
            let Some(rest) = terms.key().strip_prefix(first.as_slice()) else { break };
            if let Ok(rest) = std::str::from_utf8(rest) {
                give(rest, terms.value());
            }
        }
        Ok(())
    }
}

fn hit(segment: Segment<'_>, form: DocId) -> Option<Hit> {
    let locale = segment.columns.locale(form)?.clone();
    Some(Hit { entry: snapshot::entry_id(segment.columns.entry(form)), locale })
}
