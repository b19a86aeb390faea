//! Counts: how many forms a filter lets through, and how many of them have each value of a field.
//!
//! Both are exact, over every living form that the filter lets through.

use std::collections::HashMap;

use tantivy::{
    DocId, DocSet as _,
    columnar::{Column, StrColumn},
};

use super::{
    Facets, IndexError, ListPage,
    layout::Kind,
    matching::Matching,
    snapshot::{self, Segment, Snapshot},
};
use crate::id::FieldName;

/// How many forms are let through.
pub(super) fn count(snapshot: &Snapshot, matching: &Matching) -> Result<u64, IndexError> {
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
pub(super) fn tally(
    snapshot: &Snapshot,
    matching: &Matching,
    fields: &[FieldName],
) -> Result<(u64, Facets), IndexError> {
    let mut totals = vec![HashMap::new(); fields.len()];
    let mut count = 0;
    for segment in snapshot.segments() {
        let columns = fields.iter().map(|field| Tally::new(segment, field));
        let mut tallies = columns.collect::<Result<Vec<_>, IndexError>>()?;
        count +=
            each(matching, segment, |form| tallies.iter_mut().for_each(|tally| tally.add(form)))?;
        for (tally, total) in tallies.into_iter().zip(&mut totals) {
            tally.into_total(total)?;
        }
    }
    Ok((count, fields.iter().cloned().zip(totals.into_iter().map(most_first)).collect()))
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
