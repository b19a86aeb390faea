//! Which segments of two revisions are the same: equal text first, then similar text in the same order.
//!
//! So a paragraph that is moved, put in or edited is that one, and its neighbours stay what they are. Takes
//! time in proportion to the texts' length, whatever was changed.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::Range,
};

use super::{SegmentDigest, Unit};

/// What a segment was in the older revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The same, in the same order among the others.
    Same(usize),
    /// The same, at another place.
    Moved(usize),
    /// Another text.
    Changed(usize),
    /// Nothing.
    New,
}

impl Match {
    /// The place that it had.
    pub const fn before(self) -> Option<usize> {
        match self {
            Self::Same(before) | Self::Moved(before) | Self::Changed(before) => Some(before),
            Self::New => None,
        }
    }
}

/// How the segments of a newer revision follow from those of an older one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alignment {
    /// For each segment of the newer, in order, what it was.
    pub matches: Vec<Match>,
    /// The places of those of the older that are gone.
    pub gone: Vec<usize>,
}

impl Alignment {
    /// Whether no segment is another than before.
    pub fn is_same(&self) -> bool {
        self.gone.is_empty() && self.matches.iter().all(|found| matches!(found, Match::Same(_)))
    }
}

/// How much of their text two segments must share to be one that was edited, in thousandths.
const SIMILAR: u32 = 500;
/// How many pairs between two segments that stayed are compared at most; beyond that, place by place.
const PAIRS: usize = 4_096;

/// Aligns the segments of two revisions. Segments of different fields are never the same.
pub fn align(old: &[Unit], new: &[Unit]) -> Alignment {
    let mut matches = vec![Match::New; new.len()];
    let mut is_gone = vec![true; old.len()];
    for (old_range, new_range) in by_field(old, new) {
        let aligned = Part { old, new, old_range, new_range }.aligned();
        for (place, found) in aligned {
            if let Some(gone) = found.before().and_then(|before| is_gone.get_mut(before)) {
                *gone = false;
            }
            if let Some(to) = matches.get_mut(place) {
                *to = found;
            }
        }
    }
    let gone = is_gone.iter().enumerate().filter(|(_, gone)| **gone).map(|(place, _)| place);
    Alignment { matches, gone: gone.collect() }
}

/// The stretches of both that belong to one field. Units come in the order of their fields' names.
fn by_field(old: &[Unit], new: &[Unit]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut parts = Vec::new();
    let (mut old_from, mut new_from) = (0, 0);
    while let Some(field) = new.get(new_from).map(|unit| &unit.field) {
        let end = |units: &[Unit], from: usize| {
            let own = units.iter().skip(from).take_while(|unit| unit.field == *field);
            from + own.count()
        };
        let before = old.iter().skip(old_from).take_while(|unit| unit.field < *field).count();
        let old_start = old_from + before;
        let (old_end, new_end) = (end(old, old_start), end(new, new_from));
        parts.push((old_start..old_end, new_from..new_end));
        (old_from, new_from) = (old_end, new_end);
    }
    parts
}

/// The segments of one field in both revisions.
struct Part<'a> {
    old: &'a [Unit],
    new: &'a [Unit],
    old_range: Range<usize>,
    new_range: Range<usize>,
}

impl Part<'_> {
    fn aligned(&self) -> Vec<(usize, Match)> {
        let equal = self.equal();
        let stayed = in_order(&equal);
        let mut found: Vec<_> = equal
            .iter()
            .zip(&stayed)
            .map(|((new, old), stayed)| {
                (*new, if *stayed { Match::Same(*old) } else { Match::Moved(*old) })
            })
            .collect();
        let is_new = |place: &usize| equal.binary_search_by_key(place, |(new, _)| *new).is_err();
        let mut matched: Vec<usize> = equal.iter().map(|(_, old)| *old).collect();
        matched.sort_unstable();
        let is_left = |place: &usize| matched.binary_search(place).is_err();
        let anchors =
            equal.iter().zip(&stayed).filter(|(_, stayed)| **stayed).map(|(pair, _)| *pair);
        let (mut new_from, mut old_from) = (self.new_range.start, self.old_range.start);
        for (new_to, old_to) in anchors.chain([(self.new_range.end, self.old_range.end)]) {
            let new: Vec<_> = (new_from..new_to).filter(is_new).collect();
            let old: Vec<_> = (old_from..old_to).filter(is_left).collect();
            let similar = self.similar(&old, &new);
            found.extend(similar.into_iter().map(|(new, old)| (new, Match::Changed(old))));
            (new_from, old_from) = (new_to + 1, old_to + 1);
        }
        found
    }

    /// The pairs of equal text, newer and older place, in the order of the newer: the first with the first.
    fn equal(&self) -> Vec<(usize, usize)> {
        let mut known: HashMap<SegmentDigest, VecDeque<usize>> = HashMap::new();
        for place in self.old_range.clone() {
            if let Some(unit) = self.old.get(place) {
                known.entry(unit.segment.digest()).or_default().push_back(place);
            }
        }
        let pair = |place: usize| {
            let digest = self.new.get(place)?.segment.digest();
            Some((place, known.get_mut(&digest)?.pop_front()?))
        };
        self.new_range.clone().filter_map(pair).collect()
    }

    /// Pairs of similar text among those between two that stayed, in order; where as many are left on both sides
    /// and are of the same kinds, place by place.
    fn similar(&self, old: &[usize], new: &[usize]) -> Vec<(usize, usize)> {
        if old.is_empty() || new.is_empty() {
            return Vec::new();
        }
        let grams = |units: &[Unit], places: &[usize]| -> Vec<Vec<u64>> {
            let text = |place: &usize| units.get(*place).map_or("", |unit| &unit.segment.text);
            places.iter().map(|place| grams(text(place))).collect()
        };
        let (old_grams, new_grams) = (grams(self.old, old), grams(self.new, new));
        let pairs = if old.len().saturating_mul(new.len()) <= PAIRS {
            best_in_order(&old_grams, &new_grams)
        } else {
            place_by_place(&old_grams, &new_grams)
        };
        let mut found: Vec<_> = pairs
            .into_iter()
            .filter_map(|(at_old, at_new)| Some((*new.get(at_new)?, *old.get(at_old)?)))
            .collect();
        self.replaced(old, new, &mut found);
        found
    }

    /// Adds those that stand where another stood, between pairs that were found.
    fn replaced(&self, old: &[usize], new: &[usize], found: &mut Vec<(usize, usize)>) {
        let kind = |units: &[Unit], place: usize| units.get(place).map(|unit| unit.segment.kind);
        let anchors: Vec<_> = found.iter().copied().chain([(usize::MAX, usize::MAX)]).collect();
        let (mut new_from, mut old_from) = (0, 0);
        for (new_to, old_to) in anchors {
            let between = |places: &[usize], from: usize, to: usize| -> Vec<usize> {
                places.iter().copied().filter(|place| (from..to).contains(place)).collect()
            };
            let (olds, news) = (between(old, old_from, old_to), between(new, new_from, new_to));
            let pairs = news.iter().zip(&olds);
            if olds.len() == news.len()
                && pairs.clone().all(|(new, old)| kind(self.new, *new) == kind(self.old, *old))
            {
                found.extend(pairs.map(|(new, old)| (*new, *old)));
            }
            (new_from, old_from) = (new_to.saturating_add(1), old_to.saturating_add(1));
        }
        found.sort_unstable();
    }
}

/// Which of some pairs, in the order of the first places, are also in the order of the second: as many as can be.
fn in_order(pairs: &[(usize, usize)]) -> Vec<bool> {
    // The last pair of the shortest ends of rising runs, by length, and before each pair the one that it follows.
    let mut ends: Vec<usize> = Vec::new();
    let mut follows: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |at: &usize| pairs.get(*at).map_or(0, |pair| pair.1);
    for (at, (_, value)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| second(end) < *value);
        follows.push(length.checked_sub(1).and_then(|before| ends.get(before).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stayed = vec![false; pairs.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        if let Some(stayed) = stayed.get_mut(at) {
            *stayed = true;
        }
        next = follows.get(at).copied().flatten();
    }
    stayed
}

/// The pairs, in order on both sides, that are most similar together.
fn best_in_order(old: &[Vec<u64>], new: &[Vec<u64>]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut best = vec![0_u32; (old.len() + 1) * width];
    let alike: Vec<u32> =
        old.iter().flat_map(|a| new.iter().map(move |b| likeness(a, b))).collect();
    let at = |cells: &[u32], row: usize, column: usize, width: usize| {
        cells.get(row * width + column).copied().unwrap_or(0)
    };
    let joined = |row: usize, column: usize| {
        Some(at(&alike, row, column, new.len())).filter(|alike| *alike >= SIMILAR)
    };
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            let pair = joined(row, column)
                .map_or(0, |alike| alike + at(&best, row + 1, column + 1, width));
            let without = at(&best, row + 1, column, width).max(at(&best, row, column + 1, width));
            if let Some(cell) = best.get_mut(row * width + column) {
                *cell = pair.max(without);
            }
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < old.len() && column < new.len() {
        let here = at(&best, row, column, width);
        let pair = joined(row, column).map(|alike| alike + at(&best, row + 1, column + 1, width));
        if pair == Some(here) {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if here == at(&best, row + 1, column, width) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

fn place_by_place(old: &[Vec<u64>], new: &[Vec<u64>]) -> Vec<(usize, usize)> {
    let pairs = old.iter().zip(new).enumerate();
    pairs.filter(|(_, (a, b))| likeness(a, b) >= SIMILAR).map(|(at, _)| (at, at)).collect()
}

/// How much two texts share, in thousandths of what they have.
pub fn similarity(old: &str, new: &str) -> u32 {
    likeness(&grams(old), &grams(new))
}

/// Hashes of the text's runs of three characters, sorted.
fn grams(text: &str) -> Vec<u64> {
    let chars: Vec<char> = format!("  {} ", text.trim()).chars().collect();
    let mut grams: Vec<u64> = chars
        .windows(3)
        .map(|run| {
            let mut hasher = DefaultHasher::new();
            run.hash(&mut hasher);
            hasher.finish()
        })
        .collect();
    grams.sort_unstable();
    grams
}

/// Twice what both have, by what each has.
fn likeness(old: &[u64], new: &[u64]) -> u32 {
    let (mut a, mut b) = (old.iter().peekable(), new.iter().peekable());
    let mut both = 0_u64;
    while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                both += 1;
                a.next();
                b.next();
            }
        }
    }
    let all = u64::try_from(old.len() + new.len()).unwrap_or(u64::MAX).max(1);
    u32::try_from(2_000 * both / all).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::{Segment, SegmentKind};

    fn units(texts: &[&str]) -> Vec<Unit> {
        let unit = |(place, text): (usize, &&str)| Unit {
            field: "body".parse().unwrap(),
            pointer: "/body".to_owned(),
            place,
            segment: Segment::new(SegmentKind::Paragraph, text),
        };
        texts.iter().enumerate().map(unit).collect()
    }

    fn aligned(old: &[&str], new: &[&str]) -> Alignment {
        align(&units(old), &units(new))
    }

    const FIVE: [&str; 5] = [
        "Tell an adult whom you trust what has happened.",
        "Do not answer, and do not pay anything to anybody.",
        "Keep the messages: they are evidence later on.",
        "Block the account, and report it to the service.",
        "It is not your fault, whatever they say to you.",
    ];

    #[test]
    fn what_is_put_in_taken_out_moved_or_edited_is_that_one_alone() {
        use Match::{Changed, Moved, New, Same};
        let [one, two, three, four, five] = FIVE;
        let inserted =
            aligned(&FIVE, &[one, two, "Something else altogether, at 9.", three, four, five]);
        assert_eq!(inserted.matches, [Same(0), Same(1), New, Same(2), Same(3), Same(4)]);
        let removed = aligned(&FIVE, &[one, two, four, five]);
        assert_eq!(
            (removed.matches, removed.gone),
            (vec![Same(0), Same(1), Same(3), Same(4)], vec![2])
        );
        let moved = aligned(&FIVE, &[five, one, two, three, four]);
        assert_eq!(moved.matches, [Moved(4), Same(0), Same(1), Same(2), Same(3)]);
        let edited = aligned(
            &FIVE,
            &[one, "Do not answer, and do not pay anything to them.", three, four, five],
        );
        assert_eq!(edited.matches, [Same(0), Changed(1), Same(2), Same(3), Same(4)]);
        let rewritten = aligned(&FIVE, &[one, "X", three, four, five]);
        assert_eq!(rewritten.matches[1], Changed(1), "what stands in its place is it");
    }

    #[test]
    fn an_edit_beside_an_insertion_is_still_found() {
        let [one, two, three, ..] = FIVE;
        let found = aligned(
            &[one, two, three],
            &[
                one,
                "A new step: close the window.",
                "Do not answer, and pay nothing to anybody.",
                three,
            ],
        );
        assert_eq!(found.matches, [Match::Same(0), Match::New, Match::Changed(1), Match::Same(2)]);
    }

    #[test]
    fn other_fields_have_other_segments() {
        let mut old = units(&["A", "B"]);
        old[0].field = "abstract".parse().unwrap();
        let new = units(&["A"]);
        assert_eq!(align(&old, &new).gone, [0]);
        assert_eq!(align(&new, &[]).gone, [0]);
        assert_eq!(align(&[], &new).matches, [Match::New]);
    }

    #[test]
    fn a_wholly_new_text_of_thousands_of_segments_takes_no_time() {
        let text = |from: usize| -> Vec<String> {
            (from..from + 5_000).map(|n| format!("Paragraph {n}")).collect()
        };
        let (old, new) = (text(0), text(10_000));
        let texts = |all: &[String]| units(&all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(align(&texts(&old), &texts(&new)).matches.len(), 5_000);
    }

    proptest! {
        /// One change outdates one segment.
        #[test]
        fn one_change_is_one_match(texts in proptest::collection::vec("[a-e]{1,3}( [a-z]{1,6}){2,8}", 2..12), at in 0_usize..100, to in 0_usize..100) {
            let old: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (at, to) = (at % old.len(), to % old.len());
            let others = |found: &Alignment| found.matches.iter().filter(|it| !matches!(it, Match::Same(_))).count();
            let mut moved = old.clone();
            let one = moved.remove(at);
            moved.insert(to, one);
            let found = aligned(&old, &moved);
            prop_assert!(found.gone.is_empty() && others(&found) <= 1, "{found:?}");
            let mut inserted = old.clone();
            inserted.insert(to, "Z 1 2 3 4 5 6 7");
            let found = aligned(&old, &inserted);
            prop_assert!(found.gone.is_empty() && others(&found) == 1, "{found:?}");
            let mut edited = old.clone();
            let longer = format!("{} z", edited[at]);
            edited[at] = &longer;
            let found = aligned(&old, &edited);
            prop_assert!(others(&found) <= 2 && found.matches[at].before().is_some() || old.iter().filter(|text| **text == old[at]).count() > 1, "{found:?}");
            if old.iter().filter(|text| **text == old[at]).count() == 1 {
                prop_assert_eq!(others(&found), 1);
            }
        }

        /// Each older segment is one newer segment at most, and what is not gone is matched.
        #[test]
        fn all_segments_are_accounted_for(old in proptest::collection::vec("[ab]{1,3}", 0..20), new in proptest::collection::vec("[ab]{1,3}", 0..20)) {
            let texts = |all: &[String]| units(&all.iter().map(String::as_str).collect::<Vec<_>>());
            let found = align(&texts(&old), &texts(&new));
            let mut before: Vec<_> = found.matches.iter().filter_map(|it| it.before()).chain(found.gone.iter().copied()).collect();
            before.sort_unstable();
            prop_assert_eq!(before, (0..old.len()).collect::<Vec<_>>());
            prop_assert_eq!(found.matches.len(), new.len());
        }
    }
}
