//! An event as bytes: its header, which stays for ever, and its payload, which can be erased.
//!
//! A header is serialised once and kept as those bytes, so that no hash ever depends on serialising
//! again. It holds ids alone, and of the payload only a salted digest: after an erasure nothing is left
//! that a guess could be compared with.
//!
//! A header is two lines. The first is the leaf of the Merkle tree, and may be shown to anybody: the number,
//! the instant, the kind, and salted digests of the payload and of the second line. The second says who did
//! it, by which command, and what it touches. Layouts before version 2 had one line with all of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BODY_LIMIT, Hash, Opening, SALT, merkle, packed};
use crate::{
    clock::Timestamp,
    event::{Event, EventBody, Stream},
    id::{AccountId, OpId},
};

/// What is known of an event for ever.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) actor: AccountId,
    pub(super) op: OpId,
    pub(super) streams: Vec<Stream>,
    /// The name of the body's variant.
    pub(super) kind: String,
    /// SHA-256 of the salt and the body's JSON, in hexadecimal.
    pub(super) payload: String,
    /// How many names its command changed; in the command's first event.
    #[serde(default)]
    pub(super) names: u64,
    /// The events whose payloads its command erased; in the command's first event.
    #[serde(default)]
    pub(super) erases: Vec<u64>,
}

/// The first line of a header: what anybody may see.
#[derive(Serialize, Deserialize)]
struct Leaf<'a> {
    number: u64,
    at: Timestamp,
    kind: Cow<'a, str>,
    payload: Cow<'a, str>,
    /// SHA-256 of the second line, in hexadecimal.
    rest: String,
}

/// The second line of a header.
#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    /// Random bytes, in hexadecimal: without them, whoever knows the ids could tell who did it.
    salt: Cow<'a, str>,
    actor: AccountId,
    op: OpId,
    streams: Cow<'a, [Stream]>,
    #[serde(default, skip_serializing_if = "is_zero")]
    names: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    erases: Vec<u64>,
}

/// What separates the lines. JSON has none within.
const BREAK: u8 = b'\n';

/// The bytes of a header that are its event's leaf in the tree.
pub(super) fn leaf_bytes(header: &[u8]) -> &[u8] {
    header.split(|byte| *byte == BREAK).next().unwrap_or(header)
}

/// The hash of a header's leaf.
pub(super) fn leaf(header: &[u8]) -> Hash {
    merkle::leaf(leaf_bytes(header))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Why bytes are no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    /// The body is longer than [`BODY_LIMIT`] or has no JSON form.
    #[error("its body cannot be stored: {0}")]
    Body(String),
    /// The header's bytes do not parse.
    #[error("its header does not parse: {0}")]
    Header(String),
    /// The payload's bytes do not unpack or parse.
    #[error("its payload does not parse: {0}")]
    Payload(String),
    /// The payload is not the one that the header was made for.
    #[error("its payload does not have the digest that its header says")]
    Digest,
}

impl Header {
    /// Its bytes, to be kept as they are.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        self.to_bytes_with(rand::random())
    }

    fn to_bytes_with(&self, salt: [u8; SALT]) -> Result<Vec<u8>, RecordError> {
        let refused = |error: serde_json::Error| RecordError::Header(error.to_string());
        let rest = Rest {
            salt: hex::encode(salt).into(),
            actor: self.actor,
            op: self.op,
            streams: self.streams.as_slice().into(),
            names: self.names,
            erases: self.erases.clone(),
        };
        let rest = serde_json::to_vec(&rest).map_err(refused)?;
        let leaf = Leaf {
            number: self.number,
            at: self.at,
            kind: self.kind.as_str().into(),
            payload: self.payload.as_str().into(),
            rest: hex::encode(Sha256::digest(&rest)),
        };
        let mut bytes = serde_json::to_vec(&leaf).map_err(refused)?;
        bytes.push(BREAK);
        bytes.extend_from_slice(&rest);
        Ok(bytes)
    }

    /// The header that these bytes are.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let refused = |error: serde_json::Error| RecordError::Header(error.to_string());
        let first = leaf_bytes(bytes);
        let Some(rest) = bytes.get(first.len() + 1..) else {
            return serde_json::from_slice(bytes).map_err(refused);
        };
        let leaf: Leaf<'_> = serde_json::from_slice(first).map_err(refused)?;
        if leaf.rest != hex::encode(Sha256::digest(rest)) {
            return Err(RecordError::Header("its second line is not that of its first".to_owned()));
        }
        let rest: Rest<'_> = serde_json::from_slice(rest).map_err(refused)?;
        Ok(Self {
            number: leaf.number,
            at: leaf.at,
            actor: rest.actor,
            op: rest.op,
            streams: rest.streams.into_owned(),
            kind: leaf.kind.into_owned(),
            payload: leaf.payload.into_owned(),
            names: rest.names,
            erases: rest.erases,
        })
    }

    /// The event, with its body unless that was erased.
    pub(super) fn into_event(self, payload: Option<&[u8]>) -> Result<Event, RecordError> {
        let body = payload.map(|stored| open(stored, &self.payload)).transpose()?;
        let Self { number, at, actor, op, streams, .. } = self;
        Ok(Event { number, at, actor, op, streams, body })
    }
}

/// A body made ready to be stored.
#[derive(Debug, Clone)]
pub(super) struct Payload {
    /// What the header says of it.
    pub(super) digest: String,
    /// The name of the body's variant.
    pub(super) kind: String,
    /// The salt, then the body's JSON, compressed (Zstandard).
    pub(super) stored: Vec<u8>,
}

impl Payload {
    /// Salts, hashes and compresses a body.
    pub(super) fn seal(body: &EventBody) -> Result<Self, RecordError> {
        let refused = |error: &dyn ToString| RecordError::Body(error.to_string());
        let json = serde_json::to_vec(body).map_err(|error| refused(&error))?;
        if json.len() > BODY_LIMIT {
            return Err(refused(&format!("{} bytes, at most {BODY_LIMIT}", json.len())));
        }
        let Kind { event } = serde_json::from_slice(&json).map_err(|error| refused(&error))?;
        let salt: [u8; SALT] = rand::random();
        let mut stored = salt.to_vec();
        let packed = packed::pack(&json).map_err(|error| refused(&error))?;
        stored.extend_from_slice(&packed);
        Ok(Self { digest: digest(&salt, &json), kind: event, stored })
    }
}

/// The variant's name, as [`EventBody`] writes it.
#[derive(Deserialize)]
struct Kind {
    event: String,
}

/// The body in a stored payload, if it has the digest.
fn open(stored: &[u8], expected: &str) -> Result<EventBody, RecordError> {
    let json = unpack(stored, expected)?;
    serde_json::from_slice(&json).map_err(|error| RecordError::Payload(error.to_string()))
}

/// The JSON in a stored payload, if it has the digest.
pub(super) fn unpack(stored: &[u8], expected: &str) -> Result<Vec<u8>, RecordError> {
    opening(stored, expected).map(|opening| opening.json)
}

/// The salt and the JSON in a stored payload, if they have the digest.
pub(super) fn opening(stored: &[u8], expected: &str) -> Result<Opening, RecordError> {
    let refused = |error: &dyn ToString| RecordError::Payload(error.to_string());
    let (salt, frame) =
        stored.split_first_chunk::<SALT>().ok_or_else(|| refused(&"it is cut short"))?;
    let json = packed::unpack(frame, BODY_LIMIT).map_err(|error| refused(&error))?;
    if digest(salt, &json) == expected {
        Ok(Opening { salt: *salt, json })
    } else {
        Err(RecordError::Digest)
    }
}

fn digest(salt: &[u8; SALT], json: &[u8]) -> String {
    let digest: Hash = Sha256::new().chain_update(salt).chain_update(json).finalize().into();
    hex::encode(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EntryId;

    fn body() -> EventBody {
        EventBody::AccountCreated {
            account: AccountId::from_bytes([3; 16]),
            name: "maud@example.org".to_owned(),
            administrator: true,
        }
    }

    fn header(payload: &Payload) -> Header {
        Header {
            number: 12,
            at: Timestamp::from_millis(1_790_000_000_000),
            actor: AccountId::from_bytes([1; 16]),
            op: OpId::from_bytes([2; 16]),
            streams: vec![Stream::Uses(EntryId::from_bytes([4; 16]))],
            kind: payload.kind.clone(),
            payload: payload.digest.clone(),
            names: 0,
            erases: Vec::new(),
        }
    }

    #[test]
    fn a_header_tells_nothing_of_the_body_but_its_kind() {
        let payload = Payload::seal(&body()).unwrap();
        let text = String::from_utf8(header(&payload).to_bytes().unwrap()).unwrap();
        assert!(text.contains("account_created") && !text.contains("maud"), "{text}");
    }

    #[test]
    fn a_leaf_tells_neither_who_did_it_nor_what_it_touches() {
        let header = header(&Payload::seal(&body()).unwrap());
        let (one, two) = (header.to_bytes().unwrap(), header.to_bytes().unwrap());
        let text = String::from_utf8(leaf_bytes(&one).to_vec()).unwrap();
        let told = [header.actor.to_string(), header.op.to_string(), "uses".to_owned()];
        assert!(told.iter().all(|told| !text.contains(told)), "{text}");
        assert_ne!(leaf_bytes(&one), leaf_bytes(&two), "no guess can be compared with it");
    }

    #[test]
    fn a_second_line_belongs_to_its_first_alone() {
        let header = header(&Payload::seal(&body()).unwrap());
        let (one, two) = (header.to_bytes().unwrap(), header.to_bytes().unwrap());
        let at = leaf_bytes(&one).len();
        let mixed = [leaf_bytes(&one), &two[at..]].concat();
        assert!(matches!(Header::parse(&mixed), Err(RecordError::Header(_))));
    }

    #[test]
    fn the_bytes_of_a_header_are_pinned() {
        let payload =
            Payload { digest: "ab".to_owned(), kind: "erased".to_owned(), stored: Vec::new() };
        let mut header = header(&payload);
        header.names = 1;
        header.erases = vec![3, 4];
        let rest = r#"{"salt":"05050505050505050505050505050505","actor":"01010101-0101-0101-0101-010101010101","op":"02020202-0202-0202-0202-020202020202","streams":[{"uses":"04040404-0404-0404-0404-040404040404"}],"names":1,"erases":[3,4]}"#;
        let digest = hex::encode(Sha256::digest(rest));
        let leaf = format!(
            r#"{{"number":12,"at":"2026-09-21T14:13:20Z","kind":"erased","payload":"ab","rest":"{digest}"}}"#
        );
        let bytes = header.to_bytes_with([5; SALT]).unwrap();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), format!("{leaf}\n{rest}"));
        assert_eq!(leaf_bytes(&bytes), leaf.as_bytes());
        assert_eq!(Header::parse(&bytes), Ok(header));
    }

    #[test]
    fn a_header_of_one_line_is_read_and_is_its_own_leaf() {
        let payload =
            Payload { digest: "ab".to_owned(), kind: "erased".to_owned(), stored: Vec::new() };
        let text = r#"{"number":12,"at":"2026-09-21T14:13:20Z","actor":"01010101-0101-0101-0101-010101010101","op":"02020202-0202-0202-0202-020202020202","streams":[{"uses":"04040404-0404-0404-0404-040404040404"}],"kind":"erased","payload":"ab"}"#;
        assert_eq!(Header::parse(text.as_bytes()), Ok(header(&payload)));
        assert_eq!(leaf_bytes(text.as_bytes()), text.as_bytes());
    }

    #[test]
    fn the_same_body_never_has_the_same_digest() {
        let (one, two) = (Payload::seal(&body()).unwrap(), Payload::seal(&body()).unwrap());
        assert_ne!(one.digest, two.digest);
        assert_ne!(one.stored[..SALT], two.stored[..SALT]);
    }

    #[test]
    fn a_payload_opens_under_its_own_header_alone() {
        let (one, two) = (Payload::seal(&body()).unwrap(), Payload::seal(&body()).unwrap());
        assert_eq!(header(&one).into_event(Some(&one.stored)).unwrap().body, Some(body()));
        assert_eq!(header(&one).into_event(Some(&two.stored)), Err(RecordError::Digest));
        assert_eq!(header(&one).into_event(None).unwrap().body, None);
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_payload_is_an_error() {
        let payload = Payload::seal(&body()).unwrap();
        for at in 0..payload.stored.len() {
            for bit in 0..8 {
                let mut stored = payload.stored.clone();
                stored[at] ^= 1 << bit;
                // A bit of zstd's frame header may mean nothing; the body is the same then.
                if let Ok(event) = header(&payload).into_event(Some(&stored)) {
                    assert_eq!(event.body, Some(body()));
                }
            }
            assert!(header(&payload).into_event(Some(&payload.stored[..at])).is_err());
        }
    }

    #[test]
    fn a_body_over_the_limit_is_refused() {
        let name = "x".repeat(BODY_LIMIT);
        let body = EventBody::AccountCreated {
            account: AccountId::from_bytes([3; 16]),
            name,
            administrator: false,
        };
        assert!(matches!(Payload::seal(&body), Err(RecordError::Body(_))));
    }

    #[test]
    fn a_payload_that_unpacks_to_more_than_the_limit_is_refused() {
        let mut stored = vec![0; SALT];
        stored.extend(zstd::bulk::compress(&vec![b' '; 2 * BODY_LIMIT], 1).unwrap());
        assert!(unpack(&stored, "").is_err());
    }
}
