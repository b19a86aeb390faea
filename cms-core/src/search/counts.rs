//! Counts: how many forms a filter lets through, and how many of them have each value of a field.
//!
//! Both are exact, over every living form that the filter lets through.

use std::collections::HashMap;

use tantivy::{
    DocId, DocSet as _,
    columnar::{Column, StrColumn},
};

use super::{
    Facets, IndexError, ListPage, ListQuery,
    layout::Kind,
    matching::Matching,
    snapshot::{self, Segment, Snapshot},
    top,
};
use crate::{filter::Filter, id::FieldName};

/// A page of a list with its counts; `matching` gives the forms that a filter lets through.
pub(super) fn counted(
    snapshot: &Snapshot,
    query: &ListQuery,
    matching: impl Fn(&Filter) -> Result<Matching, IndexError>,
) -> Result<ListPage, IndexError> {
    let own = matching(&query.filter)?;
    let (hits, next) = top::page(snapshot, &own, query)?;
    let mut page = ListPage { hits, next, count: None, facets: Facets::new() };
    let (free, filtered) = free_and_own(query);
    if !free.is_empty() {
        let (count, facets) = tally(snapshot, &own, &free)?;
        (page.count, page.facets) = (query.count.then_some(count), facets);
    } else if query.count {
        page.count = Some(count(snapshot, &own)?);
    }
    page.facets.extend(own_facets(filtered, query, matching, snapshot)?);
    Ok(page)
}

/// How many forms are let through.
fn count(snapshot: &Snapshot, matching: &Matching) -> Result<u64, IndexError> {
    let mut count = 0;
    for segment in snapshot.segments() {
        count += if matching.is_unbounded() {
            u64::from(matching.weight().count(segment.reader)?)
        } else {
            each(matching, segment, |_| {})?
        };
    }
    Ok(count)
}

/// How many forms are let through, and how many have each value of each of these fields.
fn tally(
    snapshot: &Snapshot,
    matching: &Matching,
    fields: &[FieldName],
) -> Result<(u64, Facets), IndexError> {
    let mut tallies = Tallies::new(fields.to_vec());
    let mut count = 0;
    for segment in snapshot.segments() {
        tallies.open(segment)?;
        count += each(matching, segment, |form| tallies.add(form))?;
    }
    Ok((count, tallies.finish()?))
}

/// The facets that a query asks for: those whose field the filter makes no demand on, and the others.
pub(super) fn free_and_own(query: &ListQuery) -> (Vec<FieldName>, Vec<FieldName>) {
    let free = |field: &FieldName| !query.filter.0.contains_key(field);
    query.facets.iter().cloned().partition(free)
}

/// The counts of the facets that the filter makes a demand on, each as if it made none.
pub(super) fn own_facets(
    own: Vec<FieldName>,
    query: &ListQuery,
    matching: impl Fn(&Filter) -> Result<Matching, IndexError>,
    snapshot: &Snapshot,
) -> Result<Facets, IndexError> {
    let mut facets = Facets::new();
    for field in own {
        let others = matching(&query.filter.without(&field))?;
        facets.extend(tally(snapshot, &others, &[field])?.1);
    }
    Ok(facets)
}

/// The counts of some fields, segment by segment.
pub(super) struct Tallies {
    fields: Vec<FieldName>,
    totals: Vec<HashMap<String, u64>>,
    /// Of the segment that is looked at.
    open: Vec<Tally>,
}

impl Tallies {
    pub(super) fn new(fields: Vec<FieldName>) -> Self {
        Self { totals: vec![HashMap::new(); fields.len()], fields, open: Vec::new() }
    }

    /// Begins with a segment.
    pub(super) fn open(&mut self, segment: Segment<'_>) -> Result<(), IndexError> {
        self.close()?;
        let tallies = self.fields.iter().map(|field| Tally::new(segment, field));
        self.open = tallies.collect::<Result<_, IndexError>>()?;
        Ok(())
    }

    /// Counts a form of the segment.
    pub(super) fn add(&mut self, form: DocId) {
        self.open.iter_mut().for_each(|tally| tally.add(form));
    }

    fn close(&mut self) -> Result<(), IndexError> {
        for (tally, total) in self.open.drain(..).zip(&mut self.totals) {
            tally.into_total(total)?;
        }
        Ok(())
    }

    /// The values of each field, most first.
    pub(super) fn finish(mut self) -> Result<Facets, IndexError> {
        self.close()?;
        Ok(self.fields.into_iter().zip(self.totals.into_iter().map(most_first)).collect())
    }
}

/// Calls back for each living form, and answers how many there were.
fn each(
    matching: &Matching,
    segment: Segment<'_>,
    mut visit: impl FnMut(DocId),
) -> Result<u64, IndexError> {
    let range = matching.range(segment);
    let alive = segment.reader.alive_bitset();
    let mut forms = matching.weight().scorer(segment.reader, 1.0)?;
    if forms.doc() < range.start {
        forms.seek(range.start);
    }
    let mut count = 0;
    while forms.doc() < range.end {
        let form = forms.doc();
        if alive.is_none_or(|alive| alive.is_alive(form)) {
            visit(form);
            count += 1;
        }
        forms.advance();
    }
    Ok(count)
}

/// The counts of one field in one segment.
struct Tally {
    texts: Option<(StrColumn, Vec<u32>)>,
    numbers: Vec<(Kind, Column<i64>, HashMap<i64, u64>)>,
}

impl Tally {
    fn new(segment: Segment<'_>, field: &FieldName) -> Result<Self, IndexError> {
        let Segment { reader, columns } = segment;
        let texts = columns.texts(reader, &Kind::Keyword.column(field))?;
        let texts = texts
            .map(|texts| (texts.num_terms(), texts))
            .map(|(terms, texts)| (texts, vec![0; terms]));
        let numbers = Kind::NUMERIC.into_iter().filter_map(|kind| {
            let column = columns.numbers(reader, &kind.column(field)).transpose()?;
            Some(column.map(|column| (kind, column, HashMap::new())))
        });
        Ok(Self { texts, numbers: numbers.collect::<Result<_, _>>()? })
    }

    fn add(&mut self, form: DocId) {
        if let Some((texts, counts)) = &mut self.texts {
            for ord in texts.ords().values_for_doc(form) {
                if let Some(count) = usize::try_from(ord).ok().and_then(|ord| counts.get_mut(ord)) {
                    *count += 1;
                }
            }
        }
        for (_, numbers, counts) in &mut self.numbers {
            for number in numbers.values_for_doc(form) {
                *counts.entry(number).or_default() += 1;
            }
        }
    }

    fn into_total(self, total: &mut HashMap<String, u64>) -> Result<(), IndexError> {
        if let Some((texts, counts)) = self.texts {
            for (ord, count) in (0..).zip(counts).filter(|(_, count)| *count > 0) {
                *total.entry(snapshot::text(&texts, ord)?).or_default() += u64::from(count);
            }
        }
        for (kind, _, counts) in self.numbers {
            for (number, count) in counts {
                *total.entry(kind.text(number)).or_default() += count;
            }
        }
        Ok(())
    }
}

fn most_first(total: HashMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = total.into_iter().collect();
    let order = |left: &(String, u64), right: &(String, u64)| {
        right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0))
    };
    if counts.len() > ListPage::MAX_FACET_VALUES {
        counts.select_nth_unstable_by(ListPage::MAX_FACET_VALUES, order);
        counts.truncate(ListPage::MAX_FACET_VALUES);
    }
    counts.sort_unstable_by(order);
    counts
}
