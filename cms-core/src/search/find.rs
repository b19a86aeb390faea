//! Answers a question: its plan in each language, the best hits, and the passage of each that is shown.

use std::{collections::BTreeSet, sync::Arc};

use tantivy::{DocAddress, DocId, TantivyDocument, query::BooleanQuery, schema::Value as _};

use super::{
    Index, IndexError, ListQuery, SearchHit, SearchPage, SearchQuery,
    analysis::Analyzer,
    best::{self, Found},
    counts,
    marker::Marker,
    matching::Matching,
    plan::{Little, Plan},
    snapshot::{self, Snapshot},
    text::{Analyzers, Shown, Stored},
};
use crate::{
    filter::Filter,
    locale::Locale,
    search::{
        Embedded, Hit,
        layout::{Layout, keys},
    },
};

/// In how many languages, from the reader's own on, unknown words are measured.
const MEASURED: usize = 3;
/// With fewer hits than this in the reader's language, likeness counts as well.
const FEW: u64 = 20;

impl Index {
    /// Answers a question from the state of the last commit.
    ///
    /// # Errors
    /// [`IndexError::WrongPosition`] for a position of another question, [`IndexError::Failed`] when the
    /// index cannot be read. No text is an error.
    pub fn search(&self, query: &SearchQuery) -> Result<SearchPage, IndexError> {
        let snapshot = self.snapshot();
        let mut plans = self.plans(&snapshot, query)?;
        if query.wanted.is_empty() {
            plans.clear();
        }
        if query.list.sort.is_empty() {
            self.by_relevance(&snapshot, query, plans)
        } else {
            self.by_keys(&snapshot, query, plans)
        }
    }

    /// The question in each language that the index has, in the order in which hits are wanted.
    fn plans(&self, snapshot: &Snapshot, query: &SearchQuery) -> Result<Vec<Plan>, IndexError> {
        let mut others: Vec<&Locale> =
            snapshot.segments().flat_map(|segment| segment.columns.locales()).collect();
        others.sort_unstable();
        others.dedup();
        let wanted = query.chain.iter().filter(|locale| others.binary_search(locale).is_ok());
        let mut languages: Vec<(Arc<Analyzer>, Vec<Locale>)> = Vec::new();
        let mut analyzers = self.analyzers();
        for locale in wanted.chain(others.iter().copied()) {
            let analyzer = Analyzers::of(&mut analyzers, locale);
            let known =
                languages.iter_mut().find(|(known, _)| known.language() == analyzer.language());
            match known {
                Some((_, locales)) if locales.contains(locale) => {}
                Some((_, locales)) => locales.push(locale.clone()),
                None => languages.push((analyzer, vec![locale.clone()])),
            }
        }
        drop(analyzers);
        let little = match languages.first() {
            Some((own, _)) => Little::of(own, &query.wanted.words),
            None => Little::default(),
        };
        let plan = |(at, language)| {
            Plan::new(snapshot, self.layout(), (query, &little), language, at < MEASURED)
        };
        languages.into_iter().enumerate().map(plan).collect()
    }

    fn by_relevance(
        &self,
        snapshot: &Snapshot,
        query: &SearchQuery,
        mut plans: Vec<Plan>,
    ) -> Result<SearchPage, IndexError> {
        let layout = self.layout();
        let mut page = best::page(snapshot, layout, (query, &plans))?;
        if page.in_first < FEW {
            plans.iter_mut().take(1).for_each(Plan::widen_by_grams);
            page = best::page(snapshot, layout, (query, &plans))?;
        }
        let (_, own) = counts::free_and_own(&query.list);
        let others = |filter: &Filter| self.matching(snapshot, (&query.list, filter), &plans);
        page.facets.extend(counts::own_facets(own, &query.list, others, snapshot)?);
        let hits = page.found.iter().map(|found| self.hit(snapshot, found, &plans));
        Ok(SearchPage {
            hits: hits.collect::<Result<_, _>>()?,
            next: page.next,
            count: page.count,
            facets: page.facets,
            meant: plans
                .first_mut()
                .map(|plan| std::mem::take(&mut plan.meant))
                .unwrap_or_default(),
            markers: markers(plans),
        })
    }

    /// The same hits in the order of a list.
    fn by_keys(
        &self,
        snapshot: &Snapshot,
        query: &SearchQuery,
        mut plans: Vec<Plan>,
    ) -> Result<SearchPage, IndexError> {
        let list = ListQuery { count: true, ..query.list.clone() };
        let matching = |filter: &Filter| self.matching(snapshot, (&list, filter), &plans);
        let page = counts::counted(snapshot, &list, matching)?;
        let hits = page.hits.into_iter().map(|hit| {
            let own = |plan: &Plan| plan.locales.contains(&hit.locale);
            let marker = plans.iter().position(own).unwrap_or(usize::MAX);
            let (passage, shows) = match (place(snapshot, self.layout(), &hit)?, plans.get(marker))
            {
                (Some(place), Some(plan)) => self.passage(snapshot, place, plan)?,
                _ => Passed::default(),
            };
            Ok(SearchHit { hit, pinned: false, passage, shows, marker })
        });
        let hits = hits.collect::<Result<_, IndexError>>()?;
        Ok(SearchPage {
            hits,
            next: page.next,
            count: page.count.unwrap_or_default(),
            facets: page.facets,
            meant: plans
                .first_mut()
                .map(|plan| std::mem::take(&mut plan.meant))
                .unwrap_or_default(),
            markers: markers(plans),
        })
    }

    /// All that answers in any language, unscored.
    fn matching(
        &self,
        snapshot: &Snapshot,
        (list, filter): (&ListQuery, &Filter),
        plans: &[Plan],
    ) -> Result<Matching, IndexError> {
        let layout = self.layout();
        let answers = plans.iter().map(|plan| plan.own_answers(layout, &list.types));
        let answers = Box::new(BooleanQuery::union(answers.collect()));
        Matching::new(snapshot, layout, (list, filter), Some(answers))
    }

    fn hit(
        &self,
        snapshot: &Snapshot,
        found: &Found,
        plans: &[Plan],
    ) -> Result<SearchHit, IndexError> {
        let segment = snapshot.segments().nth(found.segment);
        let locale = segment.and_then(|segment| segment.columns.locale(found.form).cloned());
        let locale = locale.ok_or_else(|| IndexError::Failed {
            reason: "the column locale is damaged".to_owned(),
        })?;
        let (passage, shows) = match plans.get(found.plan()) {
            Some(plan) => self.passage(snapshot, (found.segment, found.form), plan)?,
            None => Passed::default(),
        };
        let hit = Hit { entry: snapshot::entry_id(found.entry()), locale };
        Ok(SearchHit { hit, pinned: found.is_pinned(), passage, shows, marker: found.plan() })
    }

    /// The passage of a form that answers a question best.
    fn passage(
        &self,
        snapshot: &Snapshot,
        (segment, form): (usize, DocId),
        plan: &Plan,
    ) -> Result<Passed, IndexError> {
        let segment = u32::try_from(segment).unwrap_or(u32::MAX);
        let stored: TantivyDocument = snapshot.searcher.doc(DocAddress::new(segment, form))?;
        let stored = stored.get_first(self.layout().passages).and_then(|value| value.as_bytes());
        let (passages, shows): Stored =
            stored.and_then(|bytes| postcard::from_bytes(bytes).ok()).unwrap_or_default();
        Ok((best_passage(plan, passages, &shows), shows))
    }
}

/// Where the form of a hit lies.
fn place(
    snapshot: &Snapshot,
    layout: &Layout,
    hit: &Hit,
) -> Result<Option<(usize, DocId)>, IndexError> {
    let term = layout.term(&keys::entry(hit.entry));
    for (at, segment) in snapshot.segments().enumerate() {
        let index = segment.reader.inverted_index(term.field())?;
        let Some(info) = index.get_term_info(&term)? else { continue };
        let forms = segment.living(&index, &info, usize::MAX)?;
        let own = |form: &DocId| segment.columns.locale(*form) == Some(&hit.locale);
        if let Some(form) = forms.into_iter().find(own) {
            return Ok(Some((at, form)));
        }
    }
    Ok(None)
}

/// A passage, and what shows in it and around it.
type Passed = (Option<String>, Vec<Embedded>);

/// The passage that says most of what was asked, itself or by what shows there; the first one where none says
/// anything.
fn best_passage(plan: &Plan, passages: Vec<Shown>, shows: &[Embedded]) -> Option<String> {
    let wanted = if shows.is_empty() { BTreeSet::new() } else { plan.givers() };
    let is_wanted = |mark: char| {
        let embedded = Embedded::place(mark).and_then(|place| shows.get(place));
        embedded.is_some_and(|embedded| wanted.contains(&embedded.entry))
    };
    let mut best: Option<(f32, String)> = None;
    for passage in passages {
        let marks = passage.marks.iter().filter_map(|mark| plan.marks.get(mark));
        let shows_it = !wanted.is_empty() && passage.text.contains(is_wanted);
        let said = marks.sum::<f32>() + if shows_it { 1.0 } else { 0.0 };
        if best.as_ref().is_none_or(|(most, _)| said > *most) {
            best = Some((said, passage.text));
        }
    }
    best.map(|(_, text)| text)
}

fn markers(plans: Vec<Plan>) -> Vec<Marker> {
    plans.into_iter().map(|plan| Marker::new(plan.analyzer, plan.terms)).collect()
}
