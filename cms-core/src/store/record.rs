//! An event as bytes: its header, which stays for ever, and its payload, which can be erased.
//!
//! A header is serialised once and kept as those bytes, so that no hash ever depends on serialising
//! again. It holds ids alone, and of the payload only a salted digest: after an erasure nothing is left
//! that a guess could be compared with.

use std::io::Read as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BODY_LIMIT, Hash};
use crate::{
    clock::Timestamp,
    event::{Event, EventBody, Stream},
    id::{AccountId, OpId},
};

/// Random bytes before each payload.
const SALT: usize = 16;

/// What is known of an event for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The events whose payloads went with this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) erases: Vec<u64>,
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
        serde_json::to_vec(self).map_err(|error| RecordError::Header(error.to_string()))
    }

    /// The header that these bytes are.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        serde_json::from_slice(bytes).map_err(|error| RecordError::Header(error.to_string()))
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
        let packed = zstd::bulk::compress(&json, 1).map_err(|error| refused(&error))?;
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
    let refused = |error: &dyn ToString| RecordError::Payload(error.to_string());
    let (salt, packed) =
        stored.split_first_chunk::<SALT>().ok_or_else(|| refused(&"it is cut short"))?;
    let decoder = zstd::stream::read::Decoder::new(packed).map_err(|error| refused(&error))?;
    let mut json = Vec::new();
    // One byte more than is ever stored, so that a damaged length cannot fill the memory.
    decoder.take(BODY_LIMIT as u64 + 1).read_to_end(&mut json).map_err(|error| refused(&error))?;
    if digest(salt, &json) == expected { Ok(json) } else { Err(RecordError::Digest) }
}

fn digest(salt: &[u8; SALT], json: &[u8]) -> String {
    let digest: Hash = Sha256::new().chain_update(salt).chain_update(json).finalize().into();
    hex::encode(digest)
}
