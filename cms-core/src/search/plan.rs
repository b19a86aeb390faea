//! What a question comes to in one language: the terms to look up, what else they may have meant, and
//! the query over the parts of the text.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use tantivy::{
    Term,
    query::{
        BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, TermQuery,
    },
    schema::IndexRecordOption,
};

use super::{
    IndexError, SearchQuery,
    analysis::{Analysis, Analyzer, Purpose, Word},
    codes,
    layout::{
        Layout,
        keys::{self, Given},
    },
    ranking::{self, MAX_GRAMS, Statistics},
    showing::Showing,
    snapshot::Snapshot,
    statistics,
    steady::Steady,
    syntax::Wanted,
    text::{self, PARTS},
    typing,
};
use crate::{
    id::{EntryId, TypeName},
    locale::Locale,
};

/// How many different words of a query count.
const MAX_WORDS: usize = 32;
/// How many unknown words are measured against those of the site.
const MAX_MEASURED: usize = 6;
/// From how many telling words on a question is a sentence: a form may say the same in other words.
const LONG: usize = 3;
/// How many tenths of a question's grams let a form answer without any of its words: of a sentence, and of a
/// few words where these find little.
const MOST_OF_LONG: usize = 3;
const MOST: usize = 7;
/// How much a hit in each part counts: title, headings, summary, body.
const PART_WEIGHTS: [f32; PARTS] = [4.0, 2.0, 2.0, 1.0];
/// How much a word counts that may have been meant, by its distance.
const MEANT_WEIGHTS: [f32; 3] = [1.0, 0.9, 0.6];
/// How much a label counts that says the same.
const SYNONYM_WEIGHT: f32 = 0.5;
/// What a word is worth that shows on a page and is not its own.
const SHOWN_SCORE: f32 = 1.0;
/// What a number is worth that was found however it is grouped.
const CODE_SCORE: f32 = 20.0;

type Clause = Box<dyn Query>;

/// One word of the question and what may stand for it.
#[derive(Debug)]
struct Group {
    term: String,
    /// Where the site doesn't have it: terms that it may have been meant to be, each with its weight.
    meant: Vec<(String, f32)>,
    /// What means the same: terms, in a row where there are several.
    others: Vec<Vec<String>>,
    /// The pages on which it shows of other entries.
    showing: Showing,
}

/// A question in one language.
pub(super) struct Plan {
    pub(super) analyzer: Arc<Analyzer>,
    /// The locales whose forms are in this language.
    pub(super) locales: Vec<Locale>,
    /// What was looked for, by [`text::mark`], with how much it tells.
    pub(super) marks: HashMap<u16, f32>,
    /// The same as terms, to be marked in what is shown.
    pub(super) terms: BTreeSet<String>,
    /// Words that the site doesn't have, as typed, and what was meant most likely.
    pub(super) meant: Vec<(String, String)>,
    pub(super) pin: Vec<u8>,
    groups: Vec<Group>,
    /// Words that mean little: they weigh in, and let no form answer.
    asides: Vec<String>,
    phrases: Vec<Vec<String>>,
    /// What must not stand there, nor show.
    excluded: Vec<(Vec<String>, Showing)>,
    /// The rarest runs of letters, each as a weighed clause, and how many there are in all.
    grams: (Vec<Clause>, usize),
    /// Whether forms answer, too, that have most of the grams and not the words.
    by_grams: bool,
    codes: Vec<(String, Showing)>,
}

impl Plan {
    /// Takes a question apart in the language of these locales; `measures`: unknown words are measured.
    /// What means little in the reader's own language means little in any.
    pub(super) fn new(
        snapshot: &Snapshot,
        layout: &Layout,
        (query, little): (&SearchQuery, &Little),
        (analyzer, locales): (Arc<Analyzer>, Vec<Locale>),
        measures: bool,
    ) -> Result<Self, IndexError> {
        let wanted = &query.wanted;
        let Analysis { words, grams } = analyzer.analyze(&wanted.words, Purpose::Query);
        let mut plan = Self {
            pin: keys::pin(analyzer.language(), &text::question(&analyzer, &wanted.text())),
            analyzer,
            locales,
            marks: HashMap::new(),
            terms: BTreeSet::new(),
            meant: Vec::new(),
            groups: Vec::new(),
            asides: Vec::new(),
            phrases: Vec::new(),
            excluded: Vec::new(),
            grams: (Vec::new(), grams.len()),
            by_grams: false,
            codes: Vec::new(),
        };
        plan.add_operators(snapshot, layout, wanted)?;
        let (telling, asides) = little.part(words);
        plan.add_words(snapshot, layout, &telling, (&wanted.words, measures))?;
        plan.add_asides(asides);
        let [.., whole] = statistics::fields(layout);
        let statistics = plan.statistics(snapshot, layout);
        plan.grams.0 = ranking::gram_clauses(plan.analyzer.language(), &grams, whole, &statistics)?;
        plan.add_synonyms(query);
        plan.add_marks(snapshot, layout)?;
        Ok(plan)
    }

    /// Adds phrases, exclusions and numbers.
    fn add_operators(
        &mut self,
        snapshot: &Snapshot,
        layout: &Layout,
        wanted: &Wanted,
    ) -> Result<(), IndexError> {
        let analyzer = Arc::clone(&self.analyzer);
        let terms_of = |text: &String| -> Vec<String> {
            let words = analyzer.analyze(text, Purpose::Index).words;
            words.into_iter().map(|word| word.term).take(MAX_WORDS).collect()
        };
        self.phrases = wanted.phrases.iter().map(terms_of).collect();
        self.phrases.retain(|phrase| !phrase.is_empty());
        for terms in wanted.excluded.iter().map(terms_of).filter(|terms| !terms.is_empty()) {
            // Where several words of a phrase show, nobody knows in which order.
            let showing = match terms.as_slice() {
                [only] => Showing::of(snapshot, layout, &self.locales, Given::Word(only))?,
                _ => Showing::default(),
            };
            self.excluded.push((terms, showing));
        }
        for code in codes::asked(&wanted.text()) {
            let showing = Showing::of(snapshot, layout, &self.locales, Given::Code(&code))?;
            self.codes.push((code, showing));
        }
        Ok(())
    }

    fn add_words(
        &mut self,
        snapshot: &Snapshot,
        layout: &Layout,
        words: &[Word],
        (question, measures): (&str, bool),
    ) -> Result<(), IndexError> {
        let mut unknown = 0;
        for word in words {
            if self.groups.len() == MAX_WORDS {
                break;
            }
            if self.groups.iter().any(|group| group.term == word.term) {
                continue;
            }
            let mut meant = Vec::new();
            let showing = Showing::of(snapshot, layout, &self.locales, Given::Word(&word.term))?;
            if measures
                && unknown < MAX_MEASURED
                && typing::tolerance(&word.form) > 0
                && showing.is_empty()
                && self.forms(snapshot, layout, &word.term)? == 0
            {
                unknown += 1;
                let language = self.analyzer.language();
                let near = typing::meant(snapshot, layout, language, [&word.form, &word.term])?;
                if let (Some(best), Some(typed)) =
                    (near.first(), question.get(word.start..word.end))
                {
                    self.meant.push((typed.to_owned(), best.written.clone()));
                }
                let weighed = near.into_iter().map(|near| {
                    let weight = MEANT_WEIGHTS.get(usize::from(near.distance));
                    (near.term, weight.copied().unwrap_or_default())
                });
                meant = weighed.collect();
            }
            let (term, others) = (word.term.clone(), Vec::new());
            self.groups.push(Group { term, meant, others, showing });
        }
        Ok(())
    }

    fn add_asides(&mut self, words: Vec<Word>) {
        for Word { term, .. } in words {
            if self.asides.len() < MAX_WORDS && !self.asides.contains(&term) {
                self.asides.push(term);
            }
        }
    }

    fn add_synonyms(&mut self, query: &SearchQuery) {
        let Some(synonyms) = &query.synonyms else { return };
        let terms: Vec<String> = self.groups.iter().map(|group| group.term.clone()).collect();
        for widened in synonyms.widen(self.analyzer.language(), &terms) {
            if let Some(group) = self.groups.get_mut(widened.at) {
                group.others.extend(widened.labels);
            }
        }
    }

    fn add_marks(&mut self, snapshot: &Snapshot, layout: &Layout) -> Result<(), IndexError> {
        let others = self.groups.iter().flat_map(|group| {
            group.meant.iter().map(|(term, _)| term).chain(group.others.iter().flatten())
        });
        let all = self.groups.iter().map(|group| &group.term).chain(others);
        self.terms = all.chain(self.phrases.iter().flatten()).cloned().collect();
        for term in &self.terms {
            let forms = self.forms(snapshot, layout, term)?;
            // A rare word says more about a passage than a common one.
            let digits = u8::try_from(forms.checked_ilog2().unwrap_or(0)).unwrap_or(u8::MAX);
            let tells = 1.0 / (f32::from(digits) + 1.0);
            self.marks.insert(text::mark(term), tells);
        }
        Ok(())
    }

    /// In how many forms a term stands, counted once for each part.
    fn forms(&self, snapshot: &Snapshot, layout: &Layout, term: &str) -> Result<u64, IndexError> {
        let term = self.analyzer.language().term(term);
        let counts = layout
            .words
            .iter()
            .map(|field| snapshot.searcher.doc_freq(&Term::from_field_text(*field, &term)));
        Ok(counts.sum::<tantivy::Result<u64>>()?)
    }

    /// The entries that show on pages with what was looked for.
    pub(super) fn givers(&self) -> BTreeSet<EntryId> {
        let groups = self.groups.iter().map(|group| &group.showing);
        let codes = self.codes.iter().map(|(_, showing)| showing);
        groups.chain(codes).flat_map(|showing| showing.givers.iter().copied()).collect()
    }

    /// What is usual in this language.
    pub(super) fn statistics<'s>(&self, snapshot: &'s Snapshot, layout: &Layout) -> Statistics<'s> {
        statistics::of(snapshot, layout, &self.locales)
    }

    /// Whether anything is looked for besides what was typed.
    pub(super) fn is_widened(&self) -> bool {
        self.groups.iter().any(|group| !group.others.is_empty())
    }

    /// Lets forms answer, too, that have most of the grams and not the words: for where words find little.
    pub(super) fn widen_by_grams(&mut self) {
        self.by_grams = true;
    }

    /// The forms that answer, with their scores; `widened`: also by what means the same. A word that the site
    /// doesn't have is answered by those that it may have been meant to be: there is no better answer.
    pub(super) fn query(&self, layout: &Layout, widened: bool) -> Clause {
        let mut groups: Vec<(Occur, Clause)> = Vec::new();
        for group in &self.groups {
            let own = self.row(layout, std::slice::from_ref(&group.term), 1.0);
            let meant = group.meant.iter();
            let meant =
                meant.map(|(term, weight)| self.row(layout, std::slice::from_ref(term), *weight));
            let others = group.others.iter().filter(|_| widened);
            let others = others.map(|terms| self.row(layout, terms, SYNONYM_WEIGHT));
            let showing = group.showing.query(SHOWN_SCORE);
            let ways = std::iter::once(own).chain(showing).chain(meant).chain(others);
            groups.push((Occur::Should, union(ways)));
        }
        let mut ways: Vec<Clause> = Vec::new();
        if !groups.is_empty() {
            ways.push(Box::new(BooleanQuery::new(groups)));
        }
        let (grams, all) = &self.grams;
        let is_long = self.groups.len() >= LONG;
        let tenths = if is_long { MOST_OF_LONG } else { MOST };
        let least = (all.min(&MAX_GRAMS) * tenths).div_ceil(10).max(1);
        if (self.by_grams || is_long) && widened && grams.len() >= least {
            let most = grams.iter().map(|gram| (Occur::Should, gram.box_clone())).collect();
            let most = BooleanQuery::with_minimum_required_clauses(most, least);
            ways.push(Box::new(ConstScoreQuery::new(Box::new(most), 0.0)));
        }
        let codes = self.codes.iter().flat_map(|(code, showing)| {
            let term = TermQuery::new(layout.term(&keys::code(code)), IndexRecordOption::Basic);
            let own: Clause = Box::new(ConstScoreQuery::new(Box::new(term), CODE_SCORE));
            std::iter::once(own).chain(showing.query(CODE_SCORE))
        });
        ways.extend(codes);
        let found = self.with_phrases(layout, ways);
        if widened {
            let asides = self
                .asides
                .iter()
                .map(|word| self.row(layout, std::slice::from_ref(word), ranking::FUNCTION));
            optional(found, grams.iter().map(|gram| gram.box_clone()).chain(asides).collect())
        } else {
            found
        }
    }

    /// All phrases have to be there; words that stand beside them only weigh in.
    fn with_phrases(&self, layout: &Layout, ways: Vec<Clause>) -> Clause {
        if self.phrases.is_empty() && ways.is_empty() {
            return Box::new(EmptyQuery);
        }
        let mut clauses: Vec<(Occur, Clause)> = Vec::new();
        for phrase in &self.phrases {
            clauses.push((Occur::Must, self.row(layout, phrase, 1.5)));
        }
        if !ways.is_empty() {
            let occur = if self.phrases.is_empty() { Occur::Must } else { Occur::Should };
            clauses.push((occur, union(ways)));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    /// All that answers: what has the words, and what is pinned to the question; without what is excluded.
    pub(super) fn answers(&self, layout: &Layout) -> Clause {
        let pinned = TermQuery::new(self.pinned(layout), IndexRecordOption::Basic);
        let pinned = Box::new(ConstScoreQuery::new(Box::new(pinned), 0.0));
        let answers = union([self.query(layout, true), pinned]);
        let excluded = self.excluded.iter().flat_map(|(terms, showing)| {
            std::iter::once(self.row(layout, terms, 1.0)).chain(showing.query(0.0))
        });
        let steady = |clause| (Occur::MustNot, Box::new(Steady(clause)) as Clause);
        let excluded = excluded.map(steady);
        Box::new(BooleanQuery::new(
            std::iter::once((Occur::Must, answers)).chain(excluded).collect(),
        ))
    }

    /// The same, of forms of these types in this language alone, for where languages are not told apart.
    pub(super) fn own_answers(&self, layout: &Layout, types: &[TypeName]) -> Clause {
        let scopes = types.iter().flat_map(|name| {
            self.locales.iter().map(move |locale| keys::scope(name, locale, true))
        });
        let scopes = scopes.map(|key| -> Clause {
            Box::new(TermQuery::new(layout.term(&key), IndexRecordOption::Basic))
        });
        Box::new(BooleanQuery::intersection(vec![union(scopes), self.answers(layout)]))
    }

    /// The forms that are pinned to this question.
    pub(super) fn pinned(&self, layout: &Layout) -> Term {
        layout.term(&self.pin)
    }

    /// Terms in a row, in any part of the text.
    fn row(&self, layout: &Layout, terms: &[String], weight: f32) -> Clause {
        let language = self.analyzer.language();
        let parts = layout.words.into_iter().zip(PART_WEIGHTS).map(|(field, part)| {
            let terms = terms.iter().map(|term| Term::from_field_text(field, &language.term(term)));
            boosted(in_a_row(terms.collect()), part * weight)
        });
        union(parts)
    }
}

/// The stretches of a question that mean little in the reader's own language.
#[derive(Debug, Default)]
pub(super) struct Little(HashSet<(usize, usize)>);

impl Little {
    /// Of a question, as the reader's language has it.
    pub(super) fn of(analyzer: &Analyzer, question: &str) -> Self {
        let words = analyzer.analyze(question, Purpose::Query).words;
        Self(words.iter().filter(|word| word.function).map(|word| (word.start, word.end)).collect())
    }

    /// The words that tell something, and those that don't; all tell where none would.
    fn part(&self, words: Vec<Word>) -> (Vec<Word>, Vec<Word>) {
        let little = |word: &Word| word.function || self.0.contains(&(word.start, word.end));
        if words.iter().all(little) {
            return (words, Vec::new());
        }
        words.into_iter().partition(|word| !little(word))
    }
}

fn in_a_row(mut terms: Vec<Term>) -> Clause {
    if terms.len() > 1 {
        return Box::new(PhraseQuery::new(terms));
    }
    match terms.pop() {
        Some(only) => Box::new(TermQuery::new(only, IndexRecordOption::WithFreqs)),
        None => Box::new(EmptyQuery),
    }
}

fn boosted(query: Clause, weight: f32) -> Clause {
    Box::new(BoostQuery::new(query, weight))
}

fn union(queries: impl IntoIterator<Item = Clause>) -> Clause {
    Box::new(BooleanQuery::union(queries.into_iter().collect()))
}

fn optional(must: Clause, should: Vec<Clause>) -> Clause {
    if should.is_empty() {
        return must;
    }
    let should = should.into_iter().map(|query| (Occur::Should, query));
    Box::new(BooleanQuery::new(std::iter::once((Occur::Must, must)).chain(should).collect()))
}
