//! Which forms a list holds: the query's scope and filter as the index understands them.
//!
//! Nothing here looks at scores. A span of time of publication is no clause: forms lie in that order, so it
//! is a range of each segment, found by bisection.

use std::ops::{Bound, Range};

use tantivy::{
    DocId, Term,
    query::{
        BooleanQuery, ConstScoreQuery, EmptyQuery, EnableScoring, Occur, Query, RangeQuery,
        TermQuery, Weight,
    },
    schema::IndexRecordOption,
};

use super::{
    IndexError, ListQuery,
    layout::{self, Coded, Kind, Layout, keys},
    snapshot::{Segment, Snapshot},
};
use crate::{
    filter::{Condition, Filter, FilterValue, PUBLISHED_AT, SLUG},
    id::FieldName,
};

type Clause = Box<dyn Query>;
type Span = (Bound<i64>, Bound<i64>);

/// The forms that meet a filter.
pub(super) struct Matching {
    weight: Box<dyn Weight>,
    published: Span,
}

impl Matching {
    /// The forms that a query asks for, with another filter than its own; of those only the ones that
    /// answer `text`, if there is one.
    pub(super) fn new(
        snapshot: &Snapshot,
        layout: &Layout,
        (query, filter): (&ListQuery, &Filter),
        text: Option<Clause>,
    ) -> Result<Self, IndexError> {
        let (mut clauses, published) = clauses(layout, query, filter);
        clauses.extend(text.map(|text| (Occur::Must, text)));
        let whole: Clause = match clauses.as_slice() {
            [(_, only)] => only.box_clone(),
            _ => Box::new(BooleanQuery::new(clauses)),
        };
        let weight = whole.weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))?;
        Ok(Self { weight, published })
    }

    /// The forms that a query asks for and that answer `text`, with the scores that it gives.
    pub(super) fn scored(
        layout: &Layout,
        query: &ListQuery,
        text: Clause,
        scoring: EnableScoring<'_>,
    ) -> Result<Self, IndexError> {
        let (clauses, published) = clauses(layout, query, &query.filter);
        let silent = |(occur, clause): (Occur, Clause)| match occur {
            Occur::MustNot => (occur, clause),
            Occur::Must | Occur::Should => {
                (occur, Box::new(ConstScoreQuery::new(clause, 0.0)) as Clause)
            }
        };
        let clauses = clauses.into_iter().map(silent).chain([(Occur::Must, text)]);
        let weight = BooleanQuery::new(clauses.collect()).weight(scoring)?;
        Ok(Self { weight, published })
    }

    pub(super) fn weight(&self) -> &dyn Weight {
        self.weight.as_ref()
    }

    /// Whether every form that the weight finds is meant.
    pub(super) fn is_unbounded(&self) -> bool {
        self.published == (Bound::Unbounded, Bound::Unbounded)
    }

    /// The forms of a segment that lie in the span of time asked for.
    pub(super) fn range(&self, segment: Segment<'_>) -> Range<DocId> {
        let columns = segment.columns;
        let start = match self.published.1 {
            Bound::Included(latest) => columns.first_not(|form| columns.published(form) > latest),
            Bound::Excluded(end) => columns.first_not(|form| columns.published(form) >= end),
            Bound::Unbounded => 0,
        };
        let end = match self.published.0 {
            Bound::Included(first) => columns.first_not(|form| columns.published(form) >= first),
            Bound::Excluded(before) => columns.first_not(|form| columns.published(form) > before),
            Bound::Unbounded => columns.forms(),
        };
        start..end
    }
}

/// What a scope and a filter demand, and the span of time that is left.
fn clauses(layout: &Layout, query: &ListQuery, filter: &Filter) -> (Vec<(Occur, Clause)>, Span) {
    let scope = query.types.iter().map(|name| keys::scope(name, &query.locale, query.exact));
    let mut clauses = vec![(Occur::Must, any(scope.map(|key| term(layout, &key))))];
    let mut published = (Bound::Unbounded, Bound::Unbounded);
    for (field, condition) in &filter.0 {
        match field.as_str() {
            PUBLISHED_AT => published = add_published(layout, condition, &mut clauses),
            SLUG => add_slug(layout, condition, &mut clauses),
            _ => add_condition(layout, field, condition, &mut clauses),
        }
    }
    (clauses, published)
}

fn term(layout: &Layout, key: &[u8]) -> Clause {
    Box::new(TermQuery::new(layout.term(key), IndexRecordOption::Basic))
}

fn any(clauses: impl IntoIterator<Item = Clause>) -> Clause {
    let mut clauses: Vec<Clause> = clauses.into_iter().collect();
    match (clauses.pop(), clauses.is_empty()) {
        (None, _) => Box::new(EmptyQuery),
        (Some(only), true) => only,
        (Some(last), false) => {
            clauses.push(last);
            Box::new(BooleanQuery::union(clauses))
        }
    }
}

fn add_condition(
    layout: &Layout,
    field: &FieldName,
    condition: &Condition,
    clauses: &mut Vec<(Occur, Clause)>,
) {
    if !condition.any_of.is_empty() {
        let values = condition.any_of.iter().filter_map(layout::coded);
        let terms = values.map(|(kind, value)| term(layout, &keys::value(field, kind, &value)));
        clauses.push((Occur::Must, any(terms)));
    }
    if let Some((lower, upper)) = &condition.range {
        clauses.push((Occur::Must, range(layout, field, lower, upper)));
    }
    if let Some(exists) = condition.exists {
        let occur = if exists { Occur::Must } else { Occur::MustNot };
        clauses.push((occur, term(layout, &keys::exists(field))));
    }
}

/// The forms with a number or an instant in a range. Bounds of two kinds, or of keywords, hold nothing.
fn range(
    layout: &Layout,
    field: &FieldName,
    lower: &Bound<FilterValue>,
    upper: &Bound<FilterValue>,
) -> Clause {
    let kinds = [lower, upper].map(|bound| match bound {
        Bound::Included(value) | Bound::Excluded(value) => {
            Some(layout::coded(value).map(|(kind, _)| kind))
        }
        Bound::Unbounded => None,
    });
    let kind = match kinds {
        [Some(Some(lower)), Some(Some(upper))] if lower == upper => lower,
        [Some(Some(only)), None] | [None, Some(Some(only))] => only,
        [None, None] => return term(layout, &keys::exists(field)),
        _ => return Box::new(EmptyQuery),
    };
    let Some(columns) = layout.values(kind).filter(|_| kind != Kind::Keyword) else {
        return Box::new(EmptyQuery);
    };
    let bound = |bound: &Bound<FilterValue>| {
        number(bound).map(|number| {
            let mut term = Term::from_field_json_path(columns, field.as_str(), false);
            term.append_type_and_fast_value(number);
            term
        })
    };
    Box::new(RangeQuery::new(bound(lower), bound(upper)))
}

fn number(bound: &Bound<FilterValue>) -> Bound<i64> {
    let number = |value: &FilterValue| match layout::coded(value) {
        Some((_, Coded::Number(number))) => Some(number),
        Some((_, Coded::Text(_))) | None => None,
    };
    match bound {
        Bound::Included(value) => number(value).map_or(Bound::Unbounded, Bound::Included),
        Bound::Excluded(value) => number(value).map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// Adds what is asked of the instant of publication, and answers the span of time that is left.
fn add_published(
    layout: &Layout,
    condition: &Condition,
    clauses: &mut Vec<(Occur, Clause)>,
) -> Span {
    if !condition.any_of.is_empty() {
        let instants = condition.any_of.iter().filter_map(|value| match value {
            FilterValue::Time(at) => {
                Some(Bound::Included(Term::from_field_i64(layout.published, at.millis())))
            }
            FilterValue::Keyword(_) | FilterValue::Integer(_) | FilterValue::Number(_) => None,
        });
        let at = instants.map(|at| Box::new(RangeQuery::new(at.clone(), at)) as Clause);
        clauses.push((Occur::Must, any(at)));
    }
    if condition.exists == Some(false) {
        clauses.push((Occur::Must, Box::new(EmptyQuery)));
    }
    condition.range.as_ref().map_or((Bound::Unbounded, Bound::Unbounded), |(lower, upper)| {
        (number(lower), number(upper))
    })
}

fn add_slug(layout: &Layout, condition: &Condition, clauses: &mut Vec<(Occur, Clause)>) {
    if !condition.any_of.is_empty() {
        let slugs = condition.any_of.iter().filter_map(|value| match value {
            FilterValue::Keyword(slug) => Some(term(layout, &keys::slug(slug))),
            FilterValue::Integer(_) | FilterValue::Number(_) | FilterValue::Time(_) => None,
        });
        clauses.push((Occur::Must, any(slugs)));
    }
    if condition.exists == Some(false) || condition.range.is_some() {
        clauses.push((Occur::Must, Box::new(EmptyQuery)));
    }
}
