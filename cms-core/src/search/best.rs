//! The best answers to a question: hits by language, pins, and score, page by page.
//!
//! A hit's place follows from, in this order: how near its language is to the reader's; whether editors
//! pinned it to this question; whether it has what was typed, or only what means the same; its score;
//! its entry's id. The score is that of the text, with up to [`FRESH`] of it more for what is new.
//!
//! Scores move when other entries come and go, so a page goes on with the best hits that no page before has
//! shown, not behind a score: of the first [`MAX_SEEN`] hits, one that answers all the while comes exactly
//! once, whatever is published meanwhile. Beyond them the place of the last hit counts as well, and one
//! whose score passes it between two pages is passed over.

use std::{
    collections::{BinaryHeap, HashSet},
    ops::Range,
};

use tantivy::{
    DocId, DocSet as _, TERMINATED,
    query::{EnableScoring, Scorer, Weight},
    schema::IndexRecordOption,
};

use super::{
    Facets, IndexError, ListQuery, Position, Rank, SearchQuery,
    counts::{self, Tallies},
    layout::Layout,
    matching::Matching,
    plan::Plan,
    snapshot::{self, Segment, Snapshot},
};

/// The values in a position.
pub(super) const RANKS: usize = 4;
/// How much of its score a form gains that was published just now; half of it after a year.
const FRESH: f32 = 0.1;
/// How many hits of earlier pages are told one by one.
pub(super) const MAX_SEEN: usize = 600;
/// The bits of a score that are left out when hits are compared: sums differ there by their order.
const COARSE: u32 = 8;
const YEAR: f32 = 365.25 * 86_400_000.0;

/// What hits are sorted by: smaller comes first.
type Key = (u8, bool, bool, u32, u128);

/// A hit and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    key: Key,
    pub(super) segment: usize,
    pub(super) form: DocId,
}

impl Found {
    /// Which of the plans it answers.
    pub(super) fn plan(&self) -> usize {
        usize::from(self.key.0)
    }

    pub(super) fn is_pinned(&self) -> bool {
        !self.key.1
    }

    pub(super) fn entry(&self) -> u128 {
        self.key.4
    }
}

/// The pages before, as far as they are known.
#[derive(Debug, Default)]
struct Before {
    /// Marks of the hits, the first first, and the same to be looked up.
    marks: Vec<u32>,
    seen: HashSet<u32>,
    /// The furthest of them.
    edge: Option<Key>,
}

impl Before {
    fn of(position: Option<&Position>) -> Result<Self, IndexError> {
        let Some(position) = position else { return Ok(Self::default()) };
        let wrong = || IndexError::WrongPosition { found: position.ranks.len(), expected: RANKS };
        Ok(Self {
            marks: position.seen.clone(),
            seen: position.seen.iter().copied().collect(),
            edge: Some(key_of(position).ok_or_else(wrong)?),
        })
    }

    /// Whether a hit is none of theirs.
    fn lets(&self, key: Key) -> bool {
        let beyond = self.marks.len() < MAX_SEEN || self.edge.is_none_or(|edge| key > edge);
        beyond && !self.seen.contains(&mark(key.4))
    }

    /// The place behind these and the hits of one more page.
    fn and(mut self, page: &[Found]) -> Option<Position> {
        self.marks.extend(page.iter().map(|found| mark(found.entry())));
        let forgotten = self.marks.len().saturating_sub(MAX_SEEN);
        let furthest = page.iter().map(|found| found.key).chain(self.edge).max();
        let (tier, unpinned, unlike, score, entry) = furthest?;
        let numbers = [i64::from(tier), i64::from(unpinned), i64::from(unlike), i64::from(score)];
        Some(Position {
            ranks: numbers.map(Rank::Number).to_vec(),
            entry: snapshot::entry_id(entry),
            seen: self.marks.split_off(forgotten),
        })
    }
}

/// A short mark of an entry: among so few, different ones hardly ever have the same.
fn mark(entry: u128) -> u32 {
    crc32fast::hash(&entry.to_be_bytes())
}

fn key_of(position: &Position) -> Option<Key> {
    let mut numbers = position.ranks.iter().map(|rank| match rank {
        Rank::Number(number) => Some(*number),
        Rank::Text(_) | Rank::Missing => None,
    });
    let mut next = || numbers.next().flatten();
    let tier = u8::try_from(next()?).ok()?;
    let (unpinned, unlike) = (next()? != 0, next()? != 0);
    let score = u32::try_from(next()?).ok()?;
    Some((tier, unpinned, unlike, score, snapshot::entry_number(position.entry)))
}

/// One page, and what was counted on the way.
pub(super) struct Page {
    pub(super) found: Vec<Found>,
    pub(super) next: Option<Position>,
    pub(super) count: u64,
    /// How many of them in the first language.
    pub(super) in_first: u64,
    /// Of fields that the filter makes no demand on.
    pub(super) facets: Facets,
}

/// The hits of a page, best first.
pub(super) fn page(
    snapshot: &Snapshot,
    layout: &Layout,
    (query, plans): (&SearchQuery, &[Plan]),
) -> Result<Page, IndexError> {
    let list = &query.list;
    let before = Before::of(list.after.as_ref())?;
    let limit = list.limit.clamp(1, ListQuery::MAX_LIMIT);
    let newest = snapshot.segments().filter(|segment| segment.columns.forms() > 0);
    let newest = newest.map(|segment| segment.columns.published(0)).max().unwrap_or_default();
    let (free, _) = counts::free_and_own(list);
    let mut tallies = Tallies::new(free);
    let mut search = Search { before, size: limit + 1, top: BinaryHeap::new(), count: 0, newest };
    let mut in_first = None;
    for (tier, plan) in (0..u8::MAX).zip(plans) {
        let statistics = plan.statistics(snapshot, layout);
        let scoring =
            EnableScoring::enabled_from_statistics_provider(&statistics, &snapshot.searcher);
        let matching = Matching::scored(layout, list, plan.answers(layout), scoring)?;
        let exact = if plan.is_widened() {
            Some(
                plan.query(layout, false)
                    .weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))?,
            )
        } else {
            None
        };
        for (at, segment) in snapshot.segments().enumerate() {
            tallies.open(segment)?;
            let place = Place { tier, segment, at };
            search.segment((&matching, exact.as_deref()), (layout, plan), place, &mut tallies)?;
        }
        in_first.get_or_insert(search.count);
    }
    let mut found = std::mem::take(&mut search.top).into_sorted_vec();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more { search.before.and(&found) } else { None };
    let in_first = in_first.unwrap_or_default();
    Ok(Page { found, next, count: search.count, in_first, facets: tallies.finish()? })
}

/// A segment as one language's turn comes to it.
#[derive(Clone, Copy)]
struct Place<'s> {
    tier: u8,
    segment: Segment<'s>,
    at: usize,
}

struct Search {
    before: Before,
    size: usize,
    top: BinaryHeap<Found>,
    count: u64,
    newest: i64,
}

impl Search {
    fn segment(
        &mut self,
        (matching, exact): (&Matching, Option<&dyn Weight>),
        (layout, plan): (&Layout, &Plan),
        place: Place<'_>,
        tallies: &mut Tallies,
    ) -> Result<(), IndexError> {
        let Segment { reader, columns } = place.segment;
        let own: Vec<bool> =
            columns.locales().iter().map(|locale| plan.locales.contains(locale)).collect();
        if !own.contains(&true) {
            return Ok(());
        }
        let Range { start, end } = matching.range(place.segment);
        let mut forms = matching.weight().scorer(reader, 1.0)?;
        let mut exact = exact.map(|exact| exact.scorer(reader, 1.0)).transpose()?;
        let pinned = pinned(layout, plan, place.segment)?;
        let alive = reader.alive_bitset();
        if forms.doc() < start {
            forms.seek(start);
        }
        while forms.doc() < end {
            let form = forms.doc();
            let is_own = own.get(columns.locale_at(form)).copied().unwrap_or(false);
            if is_own && alive.is_none_or(|alive| alive.is_alive(form)) {
                self.count += 1;
                tallies.add(form);
                let score = self.freshened(forms.score(), columns.published(form));
                let unlike = exact.as_deref_mut().is_some_and(|exact| !stands(exact, form));
                let key = (
                    place.tier,
                    !pinned.contains(&form),
                    unlike,
                    u32::MAX - (score.to_bits() >> COARSE),
                    columns.entry(form),
                );
                self.offer(Found { key, segment: place.at, form });
            }
            forms.advance();
        }
        Ok(())
    }

    fn offer(&mut self, found: Found) {
        let full = self.top.len() == self.size;
        if full && self.top.peek().is_some_and(|worst| found.key >= worst.key)
            || !self.before.lets(found.key)
        {
            return;
        }
        if full {
            self.top.pop();
        }
        self.top.push(found);
    }

    /// The score with what being new is worth. Age is counted from the newest form, not from now, so that
    /// the same index always gives the same order.
    #[expect(clippy::cast_precision_loss, reason = "an age need not be exact")]
    fn freshened(&self, score: f32, published: i64) -> f32 {
        let age = self.newest.saturating_sub(published).max(0) as f32 / YEAR;
        score.max(0.0) * (1.0 + FRESH * (-age).exp2())
    }
}

/// Whether a form is among those of a scorer, which is moved there.
fn stands(scorer: &mut dyn Scorer, form: DocId) -> bool {
    if scorer.doc() < form {
        scorer.seek(form);
    }
    scorer.doc() == form
}

/// The forms of a segment that are pinned to the question.
fn pinned(
    layout: &Layout,
    plan: &Plan,
    segment: Segment<'_>,
) -> Result<HashSet<DocId>, IndexError> {
    let mut pinned = HashSet::new();
    let term = plan.pinned(layout);
    let index = segment.reader.inverted_index(term.field())?;
    if let Some(mut forms) = index.read_postings(&term, IndexRecordOption::Basic)? {
        while forms.doc() != TERMINATED {
            pinned.insert(forms.doc());
            forms.advance();
        }
    }
    Ok(pinned)
}
