//! Generations: counters that tell a cache which of its answers have been overtaken.
//!
//! Whatever an answer was made from has a slot here; the follower counts the slot up whenever it
//! changes that thing. Two things may share a slot: then an answer is made again for nothing, and is
//! never kept for too long.

use std::{
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::id::{EntryId, TypeName};

/// How many slots there are; half a mebibyte.
const SLOTS: usize = 1 << 16;

/// The counters of everything that answers are made from.
#[derive(Debug)]
pub struct Generations {
    slots: Box<[AtomicU64]>,
}

/// Something that answers are made from.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Source<'a> {
    /// An entry, in all its locales.
    Entry(EntryId),
    /// Who answers to a slug.
    Slug(&'a TypeName, &'a str),
    /// Which entries of a type there are, and how they sort and filter, in any locale.
    Type(&'a TypeName),
    /// The site, its agencies and its types.
    Site,
}

/// What an answer was made from, and the generations of that before it was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp(Vec<(u16, u64)>);

impl Stamp {
    /// Adds what another answer was made from; where both have a slot, the older generation stays.
    pub fn merge(&mut self, other: &Self) {
        for (slot, generation) in &other.0 {
            match self.0.iter_mut().find(|(own, _)| own == slot) {
                Some((_, own)) => *own = (*own).min(*generation),
                None => self.0.push((*slot, *generation)),
            }
        }
    }
}

/// How many sets of counters this process has made.
static SETS: AtomicU64 = AtomicU64::new(0);

impl Default for Generations {
    /// Each set counts from a place of its own, so that no answer made from other derived data, before a
    /// rebuild, ever looks current.
    fn default() -> Self {
        let first = SETS.fetch_add(1, Ordering::Relaxed) << 40;
        Self { slots: std::iter::repeat_with(|| AtomicU64::new(first)).take(SLOTS).collect() }
    }
}

impl Generations {
    /// Counts up: answers made from this are overtaken.
    pub fn raise(&self, source: Source<'_>) {
        if let Some(slot) = self.slots.get(usize::from(slot(source))) {
            slot.fetch_add(1, Ordering::Release);
        }
    }

    /// Adds a source to a stamp, at its present generation.
    pub fn stamp(&self, source: Source<'_>, stamp: &mut Stamp) {
        let slot = slot(source);
        if !stamp.0.iter().any(|(stamped, _)| *stamped == slot) {
            stamp.0.push((slot, self.generation(slot)));
        }
    }

    /// Whether nothing that an answer was made from has changed since.
    pub fn is_current(&self, stamp: &Stamp) -> bool {
        stamp.0.iter().all(|(slot, generation)| self.generation(*slot) == *generation)
    }

    fn generation(&self, slot: u16) -> u64 {
        self.slots.get(usize::from(slot)).map_or(0, |slot| slot.load(Ordering::Acquire))
    }
}

/// The locale plays no part in a slot: an entry's forms show its other locales, too.
fn slot(source: Source<'_>) -> u16 {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    u16::try_from(hasher.finish() >> 48).unwrap_or_default()
}

/// What an applied event changed, for the caches.
#[derive(Debug, Default)]
pub struct Touched {
    /// Entries.
    pub entries: Vec<EntryId>,
    /// Slugs, with the types that they are unique in.
    pub slugs: Vec<(TypeName, String)>,
    /// Types whose lists changed.
    pub types: Vec<TypeName>,
    /// Whether the site, an agency or a type changed.
    pub site: bool,
}

impl Touched {
    /// Counts up all that was touched.
    pub fn raise(&self, generations: &Generations) {
        for entry in &self.entries {
            generations.raise(Source::Entry(*entry));
        }
        for (type_name, slug) in &self.slugs {
            generations.raise(Source::Slug(type_name, slug));
        }
        for type_name in &self.types {
            generations.raise(Source::Type(type_name));
        }
        if self.site {
            generations.raise(Source::Site);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_until_something_in_it_is_raised() {
        let generations = Generations::default();
        let (one, other) = (EntryId::from_bytes([1; 16]), EntryId::from_bytes([2; 16]));
        let mut stamp = Stamp::default();
        generations.stamp(Source::Entry(one), &mut stamp);
        generations.stamp(Source::Site, &mut stamp);
        assert!(generations.is_current(&stamp));
        generations.raise(Source::Entry(other));
        assert!(generations.is_current(&stamp));
        generations.raise(Source::Entry(one));
        assert!(!generations.is_current(&stamp));
    }

    #[test]
    fn a_stamp_of_other_counters_is_never_current() {
        let (old, new) = (Generations::default(), Generations::default());
        let mut stamp = Stamp::default();
        old.stamp(Source::Site, &mut stamp);
        for _ in 0..3 {
            assert!(!new.is_current(&stamp));
            new.raise(Source::Site);
        }
    }
}
