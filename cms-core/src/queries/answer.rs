//! An answer: bytes that can be sent as they are, with what a cache needs to know of them.

use sha2::{Digest as _, Sha256};

use crate::{followers::delivery::generations::Stamp, id::EntryId, locale::Locale};

/// What a reader gets.
#[derive(Debug)]
pub struct Answer {
    /// JSON, in UTF-8.
    pub body: Vec<u8>,
    /// The language of the content.
    pub locale: Locale,
    /// What an intermediary's copy must be dropped by.
    pub cache_keys: CacheKeys,
    /// What it was made from.
    pub(crate) stamp: Stamp,
}

impl Answer {
    /// An answer about the site rather than about content.
    pub fn of(body: Vec<u8>, locale: Locale) -> Self {
        let mut cache_keys = CacheKeys::default();
        cache_keys.add('s', b"site");
        Self { body, locale, cache_keys, stamp: Stamp::default() }
    }
}

/// Names by which caches drop copies, each at most twelve characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheKeys(Vec<String>);

/// The most that the names may take up together, in bytes, with a space between each two.
const KEYS_LIMIT: usize = 3_000;

impl CacheKeys {
    /// Adds the name of something, made from what identifies it.
    pub fn add(&mut self, kind: char, identity: &[u8]) {
        let digest = Sha256::digest(identity);
        self.push(kind, digest.get(..8).unwrap_or_default());
    }

    /// Adds the names of entries, each once.
    pub fn add_entries(&mut self, entries: &[EntryId]) {
        let mut entries = entries.to_vec();
        entries.sort_unstable();
        entries.dedup();
        for entry in entries {
            // The second half of an id is random: as good as a digest.
            self.push('e', entry.as_bytes().get(8..).unwrap_or_default());
        }
    }

    fn push(&mut self, kind: char, eight_bytes: &[u8]) {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let mut key = String::with_capacity(12);
        key.push(kind);
        URL_SAFE_NO_PAD.encode_string(eight_bytes, &mut key);
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    /// All names, or the coarse ones alone where all would be too long: a list that is cut would leave
    /// copies behind that nothing drops.
    #[must_use]
    pub fn or_coarser(self, coarse: Self) -> Self {
        let length: usize = self.0.iter().map(|key| key.len() + 1).sum();
        if length > KEYS_LIMIT { coarse } else { self }
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_cache_keys_give_way_to_coarser_ones() {
        let mut fine = CacheKeys::default();
        let entry = |index: u128| EntryId::from_bytes(index.to_be_bytes());
        fine.add_entries(&(0..500).chain(0..500).map(entry).collect::<Vec<_>>());
        assert_eq!(fine.iter().count(), 500);
        assert!(fine.iter().all(|key| key.len() <= 12));
        let mut coarse = CacheKeys::default();
        coarse.add('t', b"guidance");
        assert_eq!(fine.or_coarser(coarse.clone()), coarse);
    }
}
