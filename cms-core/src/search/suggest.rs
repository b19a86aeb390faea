//! What completes a beginning: titles from any of their words on, and phrases of titles and headings.

use std::collections::{BTreeSet, HashMap};

use tantivy::{DocId, postings::TermInfo};

use super::{
    Hit, Index, IndexError,
    analysis::{Analyzer, Purpose},
    layout::keys::{self, Completion},
    snapshot::{self, Segment, Snapshot},
    typing,
};
use crate::locale::Locale;

/// How many terms of all segments together are looked at: one letter may begin a hundred thousand titles.
const LOOKED_AT: usize = 6_000;
/// How many of one segment at least.
const LOOKED_AT_IN_ONE: usize = 200;
/// How many of the best are looked at more closely, for each that is wanted: an entry may be there twice, or dead.
const CLOSELY: usize = 8;
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
        let mut nearest = Nearest { most: limit * CLOSELY, kept: BTreeSet::new() };
        let mut terms: Vec<TermInfo> = Vec::new();
        for (at, segment) in self.snapshot.segments().enumerate() {
            self.each(Completion::Title, segment, &mut |rest, term| {
                if nearest.takes(rest) {
                    nearest.add(rest, (at, terms.len()));
                    terms.push(term.clone());
                }
            })?;
        }
        let mut titles: Vec<Hit> = Vec::new();
        for (_, _, (at, term)) in nearest.kept {
            let found = self.snapshot.segments().nth(at).zip(terms.get(term));
            let Some((segment, term)) = found else { continue };
            let index = segment.reader.inverted_index(self.index.layout().terms())?;
            let forms = segment.living(&index, term, limit)?;
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
        let mut places: HashMap<String, Vec<(usize, TermInfo)>> = HashMap::new();
        for (at, segment) in self.snapshot.segments().enumerate() {
            self.each(Completion::Phrase, segment, &mut |rest, term| {
                if let Some((_, written)) = rest.split_once('\0') {
                    places.entry(written.to_owned()).or_default().push((at, term.clone()));
                }
            })?;
        }
        // The dictionary's counts cost nothing; dead forms are among them.
        let mut counted: Vec<_> = places
            .into_iter()
            .map(|(written, places)| {
                let count = places.iter().map(|(_, term)| u64::from(term.doc_freq)).sum();
                (count, written, places)
            })
            .filter(|(count, ..): &(u64, _, _)| *count >= FREQUENT)
            .collect();
        let commonest = |left: &(u64, String, _), right: &(u64, String, _)| {
            let lengths = left.1.len().cmp(&right.1.len());
            right.0.cmp(&left.0).then(lengths).then(left.1.cmp(&right.1))
        };
        let close = limit * CLOSELY;
        if counted.len() > close {
            counted.select_nth_unstable_by(close, commonest);
            counted.truncate(close);
        }
        for (count, _, places) in &mut counted {
            *count = self.living(places)?;
        }
        counted.retain(|(count, ..)| *count >= FREQUENT);
        counted.sort_by(commonest);
        Ok(counted.into_iter().take(limit).map(|(_, written, _)| written).collect())
    }

    /// In how many living forms the terms at these places stand; where some are dead, no more are counted than
    /// tell a frequent phrase.
    fn living(&self, places: &[(usize, TermInfo)]) -> Result<u64, IndexError> {
        let mut count = 0;
        for (at, term) in places {
            let Some(segment) = self.snapshot.segments().nth(*at) else { continue };
            count += if segment.reader.has_deletes() {
                let index = segment.reader.inverted_index(self.index.layout().terms())?;
                let most = usize::try_from(FREQUENT).unwrap_or(usize::MAX);
                u64::try_from(segment.living(&index, term, most)?.len()).unwrap_or_default()
            } else {
                u64::from(term.doc_freq)
            };
        }
        Ok(count)
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
        let share = LOOKED_AT / self.snapshot.segments().count().max(1);
        let mut left = share.max(LOOKED_AT_IN_ONE);
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

/// The completions that add least to a beginning: by what they add, each with its place.
struct Nearest {
    most: usize,
    kept: BTreeSet<(usize, String, (usize, usize))>,
}

impl Nearest {
    /// Whether it is nearer than the farthest of those that are kept.
    fn takes(&self, rest: &str) -> bool {
        self.kept.len() < self.most
            || self
                .kept
                .last()
                .is_some_and(|(length, last, _)| (rest.len(), rest) < (*length, last.as_str()))
    }

    fn add(&mut self, rest: &str, place: (usize, usize)) {
        self.kept.insert((rest.len(), rest.to_owned(), place));
        if self.kept.len() > self.most {
            self.kept.pop_last();
        }
    }
}

fn hit(segment: Segment<'_>, form: DocId) -> Option<Hit> {
    let locale = segment.columns.locale(form)?.clone();
    Some(Hit { entry: snapshot::entry_id(segment.columns.entry(form)), locale })
}
