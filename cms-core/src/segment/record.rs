//! What a translation keeps of each segment: what it says, of which text, how far it has come, and where it came from.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::SegmentDigest;
use crate::quality::Check;

/// The name of a source's segment: it stays the same when the segment is edited or moved, or its neighbours are.
///
/// It follows from the source's revisions ([`super::ids`]); no event carries it for the source itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SegmentId([u8; 8]);

/// The text is no name of a segment: sixteen hexadecimal digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a segment: {0}")]
pub struct BadSegmentId(String);

impl SegmentId {
    /// The id with these eight bytes.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentId({self})")
    }
}

impl FromStr for SegmentId {
    type Err = BadSegmentId;

    fn from_str(text: &str) -> Result<Self, BadSegmentId> {
        let bad = || BadSegmentId(text.to_owned());
        let mut bytes = [0; 8];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| bad())?;
        // One id has one name.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(bad());
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for SegmentId {
    type Error = BadSegmentId;

    fn try_from(text: String) -> Result<Self, BadSegmentId> {
        text.parse()
    }
}

impl From<SegmentId> for String {
    fn from(id: SegmentId) -> Self {
        id.to_string()
    }
}

/// How far a segment of a translation has come. The names are those of XLIFF 2.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// Nobody has translated it: it says nothing, or what was proposed and nobody has looked at.
    #[default]
    Initial,
    /// Its translator holds it to be done.
    Translated,
    /// A reviewer holds it to be right.
    Reviewed,
    /// It is not to be touched any more.
    Final,
}

impl SegmentState {
    /// All states, from the first to the last.
    pub const ALL: [Self; 4] = [Self::Initial, Self::Translated, Self::Reviewed, Self::Final];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Translated => "translated",
            Self::Reviewed => "reviewed",
            Self::Final => "final",
        }
    }

    /// The state with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it takes a reviewer to say so.
    pub const fn is_reviewed(self) -> bool {
        matches!(self, Self::Reviewed | Self::Final)
    }
}

/// Where a segment's words came from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Somebody wrote them.
    #[default]
    Human,
    /// The translation memory had them.
    Memory,
    /// A machine made them.
    Machine,
    /// They came in a file.
    Import,
}

impl Origin {
    /// All origins.
    pub const ALL: [Self; 4] = [Self::Human, Self::Memory, Self::Machine, Self::Import];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Memory => "memory",
            Self::Machine => "machine",
            Self::Import => "import",
        }
    }

    /// The origin with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == name)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
    fn is_human(&self) -> bool {
        *self == Self::Human
    }
}

/// Why what a check warns of is right here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The check.
    pub check: Check,
    /// Why, for colleagues.
    pub reason: String,
}

/// What a revision of a translation keeps of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// The source's segment.
    pub id: SegmentId,
    /// The text of the revision that its words stand in, as a JSON Pointer into the fields. None once the source no
    /// longer has the segment: then its words are kept for when it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The text that it translates.
    pub of: SegmentDigest,
    /// What it says; empty for a gap.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// How far it has come.
    pub state: SegmentState,
    /// Where its words came from.
    #[serde(default, skip_serializing_if = "Origin::is_human")]
    pub origin: Origin,
    /// The revision of the translation that brought its words: who saved that, and when, translated it.
    pub revision: u32,
    /// The revision in which somebody held it to be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<u32>,
    /// What of it was warned of and is right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
}

impl SegmentRecord {
    /// Whether it says something that somebody stands by.
    pub fn is_translated(&self) -> bool {
        self.state != SegmentState::Initial && !self.target.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_name() {
        let id = SegmentId::from_bytes([0, 1, 2, 3, 4, 5, 6, 0xab]);
        assert_eq!(id.to_string(), "00010203040506ab");
        assert_eq!("00010203040506ab".parse(), Ok(id));
        for wrong in ["", "00010203040506AB", "00010203040506a", "body.3"] {
            assert!(wrong.parse::<SegmentId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_record_says_what_it_must_and_no_more() {
        let record = SegmentRecord {
            id: SegmentId::from_bytes([1; 8]),
            pointer: Some("/title".to_owned()),
            of: SegmentDigest::of("Stop"),
            target: "Halte".to_owned(),
            state: SegmentState::Translated,
            origin: Origin::Human,
            revision: 3,
            reviewed: None,
            overrides: Vec::new(),
        };
        let told = serde_json::to_value(&record).unwrap();
        let names: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["id", "of", "pointer", "revision", "state", "target"]);
        assert_eq!(serde_json::from_value::<SegmentRecord>(told).unwrap(), record);
        for state in SegmentState::ALL {
            assert_eq!(SegmentState::parse(state.as_str()), Some(state));
        }
        for origin in Origin::ALL {
            assert_eq!(Origin::parse(origin.as_str()), Some(origin));
        }
    }
}
