//! The names of a source's segments, from its revisions.
//!
//! A segment that is new is named after its field and its text, so that the names of a first revision need no keeping,
//! and what is taken out and put back later is the same again. From then on it keeps its name through edits and moves,
//! by [`super::align`].

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::{Unit, align::align, record::SegmentId};

/// The names of the segments of a first revision.
pub fn first(units: &[Unit]) -> Vec<SegmentId> {
    following((&[], &[]), units)
}

/// The names of a revision's segments, from those of the revision that it was made of.
pub fn following((old, ids): (&[Unit], &[SegmentId]), new: &[Unit]) -> Vec<SegmentId> {
    let alignment = align(old, new);
    let kept = |at: usize| {
        let before = alignment.matches.get(at)?.before()?;
        ids.get(before).copied()
    };
    let mut taken: HashSet<SegmentId> = ids.iter().copied().collect();
    let mut found = Vec::with_capacity(new.len());
    for (at, unit) in new.iter().enumerate() {
        let id = kept(at).unwrap_or_else(|| fresh(unit, &taken));
        taken.insert(id);
        found.push(id);
    }
    found
}

/// A name that nobody has.
fn fresh(unit: &Unit, taken: &HashSet<SegmentId>) -> SegmentId {
    let digest = unit.segment.digest().to_string();
    let mut number = 0_u64;
    loop {
        let mut hasher = Sha256::new();
        hasher.update(unit.field.as_str());
        hasher.update([0]);
        hasher.update(&digest);
        hasher.update(number.to_be_bytes());
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(hasher.finalize()) {
            *to = from;
        }
        let id = SegmentId::from_bytes(bytes);
        if !taken.contains(&id) {
            return id;
        }
        number += 1;
    }
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

    const FOUR: [&str; 4] = [
        "Tell an adult whom you trust what has happened.",
        "Do not answer, and do not pay anything to anybody.",
        "Keep the messages: they are evidence later on.",
        "Block the account, and report it to the service.",
    ];

    #[test]
    fn a_segment_keeps_its_name_through_edits_and_moves_and_its_neighbours_keep_theirs() {
        let old = units(&FOUR);
        let ids = first(&old);
        let [one, two, three, four] = FOUR;
        let edited = "Do not answer, and do not pay anything to them.";
        let then = units(&[four, one, "A new paragraph, of all things.", edited, three]);
        let names = following((&old, &ids), &then);
        assert_eq!([names[0], names[1], names[3], names[4]], [ids[3], ids[0], ids[1], ids[2]]);
        assert!(!ids.contains(&names[2]));
        // What was edited is that one still when its first text comes back beside it.
        let later = following((&then, &names), &units(&[four, one, edited, two, three]));
        assert_eq!(later[2], ids[1]);
        assert_ne!(later[3], ids[1]);
        assert_eq!(later.iter().collect::<HashSet<_>>().len(), 5);
    }

    #[test]
    fn what_was_taken_out_has_its_name_again_when_it_comes_back() {
        let (old, without) = (units(&FOUR), units(&FOUR[1..]));
        let ids = first(&old);
        let fewer = following((&old, &ids), &without);
        assert_eq!(fewer, ids[1..]);
        assert_eq!(following((&without, &fewer), &old), ids);
    }

    #[test]
    fn the_same_text_in_two_places_has_two_names_and_so_has_that_of_two_fields() {
        let mut all = units(&["Stop.", "Stop.", "Stop."]);
        all[0].field = "abstract".parse().unwrap();
        let ids = first(&all);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 3);
    }

    proptest! {
        #[test]
        fn no_two_segments_of_a_revision_share_a_name(revisions in proptest::collection::vec(proptest::collection::vec("[ab]{1,2}", 0..8), 1..6)) {
            let (mut old, mut ids): (Vec<Unit>, Vec<SegmentId>) = (Vec::new(), Vec::new());
            for texts in &revisions {
                let new = units(&texts.iter().map(String::as_str).collect::<Vec<_>>());
                ids = following((&old, &ids), &new);
                old = new;
                prop_assert_eq!(ids.len(), old.len());
                prop_assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
            }
        }
    }
}
