//! One page of a list: the first hits after a position.
//!
//! By publication, either way, a page is read off an end of each segment and costs the same however many
//! forms there are. By any other key every form that the filter lets through is looked at once.

use std::{
    collections::BinaryHeap,
    ops::{ControlFlow, Range},
};

use tantivy::{DocId, DocSet as _, fastfield::AliveBitSet};

use super::{
    Hit, IndexError, ListQuery, Position, Rank,
    matching::Matching,
    order::{SegmentKeys, SortOrder, Source},
    snapshot::{self, Columns, Segment, Snapshot},
};
use crate::filter::sort::MAX_SORT_KEYS;

/// The fewest forms that a step from the end looks at.
const MIN_STEP: DocId = 256;

/// A hit, with what it is sorted by.
struct Found<'s> {
    ranks: Vec<Rank>,
    entry: u128,
    form: DocId,
    columns: &'s Columns,
}

/// The hits of a page, and where the next one begins.
pub(super) fn page(
    snapshot: &Snapshot,
    matching: &Matching,
    query: &ListQuery,
) -> Result<(Vec<Hit>, Option<Position>), IndexError> {
    let order = SortOrder::new(query);
    if let Some(after) = query.after.as_ref().filter(|after| after.ranks.len() != order.len()) {
        return Err(IndexError::WrongPosition { found: after.ranks.len(), expected: order.len() });
    }
    let limit = query.limit.clamp(1, ListQuery::MAX_LIMIT);
    let mut found = Vec::new();
    let mut firsts = Vec::new();
    for segment in in_turn(snapshot, &order) {
        // One more than fits, to see whether there is a next page.
        let mut scan = Scan::new(segment, &order, query.after.as_ref(), limit + 1)?;
        scan.bound = nth(&mut firsts, limit);
        scan.run(matching, &order)?;
        firsts.extend(scan.top.iter().filter_map(|candidate| candidate.keys.first().copied()));
        scan.found(&order, &mut found)?;
    }
    found.sort_by(|left, right| {
        order.compare(&left.ranks, &right.ranks).then(left.entry.cmp(&right.entry))
    });
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| Position {
        ranks: last.ranks.clone(),
        entry: snapshot::entry_id(last.entry),
        seen: Vec::new(),
    });
    let hits = found.iter().filter_map(|hit| {
        let locale = hit.columns.locale(hit.form)?.clone();
        Some(Hit { entry: snapshot::entry_id(hit.entry), locale })
    });
    Ok((hits.collect(), next))
}

/// The segments in the order in which they are likely to hold the page. By publication, what earlier ones
/// gave bounds what later ones have to look at.
fn in_turn<'s>(snapshot: &'s Snapshot, order: &SortOrder) -> Vec<Segment<'s>> {
    let mut segments: Vec<_> =
        snapshot.segments().filter(|segment| segment.columns.forms() > 0).collect();
    match order.by_publication() {
        Some(true) => {
            segments.sort_by_key(|segment| std::cmp::Reverse(segment.columns.published(0)));
        }
        Some(false) => {
            segments.sort_by_key(|segment| segment.columns.published(segment.columns.forms() - 1));
        }
        None => {}
    }
    segments
}

/// The `n`-th smallest, counted from 0: what a form's first key must not exceed to be on the page.
fn nth(firsts: &mut [u128], n: usize) -> u128 {
    if firsts.len() > n { *firsts.select_nth_unstable(n).1 } else { u128::MAX }
}

/// A form that may be on the page; in the order of the list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    keys: SegmentKeys,
    entry: u128,
    form: DocId,
}

/// The search for one segment's first hits.
struct Scan<'s> {
    segment: Segment<'s>,
    sources: Vec<Source<'s>>,
    after: Option<(SegmentKeys, u128)>,
    size: usize,
    top: BinaryHeap<Candidate>,
    /// A form whose first key is above this is not on the page; only set where first keys of different
    /// segments compare.
    bound: u128,
}

impl<'s> Scan<'s> {
    fn new(
        segment: Segment<'s>,
        order: &SortOrder,
        after: Option<&Position>,
        size: usize,
    ) -> Result<Self, IndexError> {
        let sources = order.sources(segment)?;
        let after = after.map(|after| {
            let mut keys = [0; MAX_SORT_KEYS];
            for ((key, source), rank) in keys.iter_mut().zip(&sources).zip(&after.ranks) {
                *key = source.place(rank)?;
            }
            Ok::<_, IndexError>((keys, snapshot::entry_number(after.entry)))
        });
        let after = after.transpose()?;
        Ok(Self {
            segment,
            sources,
            after,
            size,
            top: BinaryHeap::with_capacity(size + 1),
            bound: u128::MAX,
        })
    }

    fn run(&mut self, matching: &Matching, order: &SortOrder) -> Result<(), IndexError> {
        let range = matching.range(self.segment);
        match order.by_publication() {
            Some(true) => self.forwards(matching, range),
            Some(false) => self.backwards(matching, range),
            None => {
                self.bound = u128::MAX;
                self.over(matching, range, false)
            }
        }
    }

    /// Newest first: from where the page begins until it is full.
    fn forwards(&mut self, matching: &Matching, mut range: Range<DocId>) -> Result<(), IndexError> {
        if let (Some((after, entry)), Some(source)) = (&self.after, self.sources.first()) {
            let (first, alone) = (after.first().copied().unwrap_or(0), self.sources.len() == 1);
            let columns = self.segment.columns;
            let start = columns.first_not(|form| {
                let key = source.key(form);
                key < first || (alone && key == first && columns.entry(form) <= *entry)
            });
            range.start = range.start.max(start);
        }
        self.over(matching, range, true)
    }

    /// Oldest first: growing steps from the end, each over the forms in front of the last one.
    fn backwards(
        &mut self,
        matching: &Matching,
        mut range: Range<DocId>,
    ) -> Result<(), IndexError> {
        if let (Some((after, _)), Some(source)) = (&self.after, self.sources.first()) {
            let first = after.first().copied().unwrap_or(0);
            range.end =
                range.end.min(self.segment.columns.first_not(|form| source.key(form) >= first));
        }
        let mut step = self.first_step(matching)?;
        while range.start < range.end {
            let start = range.end.saturating_sub(step).max(range.start);
            self.over(matching, start..range.end, false)?;
            range.end = start;
            step = step.saturating_mul(2);
            let next = start
                .checked_sub(1)
                .zip(self.sources.first())
                .map(|(form, source)| source.key(form));
            if next.is_none_or(|key| key > self.worst_first()) {
                break;
            }
        }
        Ok(())
    }

    /// Twice as many forms as a page takes on average.
    fn first_step(&self, matching: &Matching) -> Result<DocId, IndexError> {
        let hits =
            u64::from(matching.weight().scorer(self.segment.reader, 1.0)?.size_hint()).max(1);
        let forms = u64::from(self.segment.columns.forms());
        let wanted = u64::try_from(self.size).unwrap_or(u64::MAX).saturating_mul(2);
        Ok(DocId::try_from(forms.saturating_mul(wanted) / hits).unwrap_or(DocId::MAX).max(MIN_STEP))
    }

    /// Offers all living forms of a range; `sorted`: none after the first that is too late is on the page.
    fn over(
        &mut self,
        matching: &Matching,
        range: Range<DocId>,
        sorted: bool,
    ) -> Result<(), IndexError> {
        let mut forms = matching.weight().scorer(self.segment.reader, 1.0)?;
        let alive: Option<&AliveBitSet> = self.segment.reader.alive_bitset();
        if forms.doc() < range.start {
            forms.seek(range.start);
        }
        while forms.doc() < range.end {
            let form = forms.doc();
            let offered = alive.is_none_or(|alive| alive.is_alive(form)).then(|| self.offer(form));
            if sorted && offered == Some(ControlFlow::Break(())) {
                break;
            }
            forms.advance();
        }
        Ok(())
    }

    /// The largest first key that still may be on the page.
    fn worst_first(&self) -> u128 {
        let full = self.top.len() == self.size;
        let worst = self.top.peek().filter(|_| full).and_then(|worst| worst.keys.first().copied());
        worst.unwrap_or(u128::MAX).min(self.bound)
    }

    /// Takes a form onto the page if it belongs there. Breaks when its first key is too large.
    fn offer(&mut self, form: DocId) -> ControlFlow<()> {
        let mut keys = [0; MAX_SORT_KEYS];
        for (at, (key, source)) in keys.iter_mut().zip(&self.sources).enumerate() {
            *key = source.key(form);
            if at == 0 && *key > self.worst_first() {
                return ControlFlow::Break(());
            }
        }
        let entry = self.segment.columns.entry(form);
        if self.after.is_some_and(|after| (keys, entry) <= after) {
            return ControlFlow::Continue(());
        }
        let candidate = Candidate { keys, entry, form };
        if self.top.len() == self.size {
            if self.top.peek().is_some_and(|worst| candidate > *worst) {
                // Of one instant forms lie in the order of ids: behind this one they are larger still.
                return if self.sources.len() == 1 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                };
            }
            self.top.pop();
        }
        self.top.push(candidate);
        ControlFlow::Continue(())
    }

    fn found(self, order: &SortOrder, found: &mut Vec<Found<'s>>) -> Result<(), IndexError> {
        for Candidate { keys, entry, form } in self.top {
            let mut ranks = Vec::with_capacity(order.len());
            for (source, key) in self.sources.iter().zip(keys) {
                ranks.push(source.rank(key)?);
            }
            found.push(Found { ranks, entry, form, columns: self.segment.columns });
        }
        Ok(())
    }
}
