//! A pair of the translation memory: what was said, how it was translated, and where that is from. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{AccountId, AgencyId, EntryId},
    locale::Locale,
    segment::SegmentDigest,
};

/// A text and its translation, once somebody had approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What was said.
    pub source: String,
    /// How it was translated.
    pub target: String,
    /// The words of what was said, without its codes: what likeness is measured by.
    pub words: String,
    /// What stands around it ([`context`]), where that is known.
    pub context: Option<SegmentDigest>,
    /// Where it is from.
    pub from: Provenance,
    /// When it was approved.
    pub at: Timestamp,
}

/// Where a pair is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Provenance {
    /// An entry's translation.
    Entry {
        /// Which entry.
        entry: EntryId,
        /// The text, as a JSON Pointer into its fields.
        pointer: String,
        /// The translation's revision.
        revision: u32,
        /// Who published or approved it.
        by: AccountId,
    },
    /// A memory of elsewhere that was imported.
    Imported {
        /// Whose it is.
        agency: AgencyId,
        /// What it is called.
        name: String,
    },
}

/// The languages of a pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Direction {
    /// What was translated.
    pub source: Locale,
    /// Into what.
    pub target: Locale,
}

/// The digest of what stands around a segment: its field, the segment before it and the one after it.
pub fn context(field: &str, before: Option<&str>, after: Option<&str>) -> SegmentDigest {
    let around = [field, before.unwrap_or_default(), after.unwrap_or_default()];
    SegmentDigest::of(&around.map(|text| SegmentDigest::of(text).to_string()).join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_the_field_and_both_neighbours() {
        let here = context("body", Some("a"), Some("b"));
        assert_eq!(here, context("body", Some(" a "), Some("b")), "however it is wrapped");
        for other in [
            context("summary", Some("a"), Some("b")),
            context("body", Some("b"), Some("a")),
            context("body", None, Some("b")),
            context("body", Some("a b"), None),
        ] {
            assert_ne!(here, other);
        }
    }
}
