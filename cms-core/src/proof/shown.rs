//! What a proof file shows of an event, checked without a store.
//!
//! The file's extra data is a JSON object: `leaf`, the text that is the leaf of the tree; `salt` and `body`,
//! which have the digest that the leaf says. A leaf tells the number, the instant and the kind of an event;
//! only its body tells what it is about.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    checkpoint::{Checkpoint, CheckpointError},
    file::Proof,
    merkle,
    note::Verifier,
};
use crate::{clock::Timestamp, event::EventBody};

/// The extra data of our proof files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The text that is the leaf.
    pub leaf: String,
    /// The salt before the body, in base 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The body, as the JSON text that the digest was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The parts of a leaf that are looked at here.
#[derive(Debug, Deserialize)]
struct Leaf {
    number: u64,
    at: Timestamp,
    kind: String,
    payload: String,
}

/// What a proof shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The log, as far as it had come.
    pub checkpoint: Checkpoint,
    /// The event's number.
    pub number: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// Its kind, such as `published`.
    pub kind: String,
    /// What happened, where the file tells it.
    pub body: Option<EventBody>,
}

/// Why a proof shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// The checkpoint is not to be trusted.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The extra data is not that of an event of this system.
    #[error("it does not say of which event it is")]
    Extra,
    /// The leaf is not where the proof says.
    #[error("the event is not in the log that the checkpoint is of")]
    NotIncluded,
    /// The body is not that of the leaf.
    #[error("what it says of the event is not what the log has")]
    OtherBody,
}

impl Proof {
    /// Checks it with the keys that are trusted.
    ///
    /// # Errors
    /// [`NotShown`]
    pub fn check(&self, keys: &[Verifier]) -> Result<Shown, NotShown> {
        let checkpoint = Checkpoint::verified(&self.checkpoint, keys)?;
        let extra: Extra = serde_json::from_slice(&self.extra).map_err(|_| NotShown::Extra)?;
        let leaf: Leaf = serde_json::from_str(&extra.leaf).map_err(|_| NotShown::Extra)?;
        let hash = merkle::leaf(extra.leaf.as_bytes());
        let Checkpoint { size, root, .. } = &checkpoint;
        let is_there = merkle::includes(root, *size, self.index, &hash, &self.steps);
        if !is_there || leaf.number.checked_sub(1) != Some(self.index) {
            return Err(NotShown::NotIncluded);
        }
        let body = match (extra.salt, extra.body) {
            (None, None) => None,
            (Some(salt), Some(body)) => Some(opened(&salt, &body, &leaf.payload)?),
            (Some(_), None) | (None, Some(_)) => return Err(NotShown::Extra),
        };
        let Leaf { number, at, kind, .. } = leaf;
        Ok(Shown { checkpoint, number, at, kind, body })
    }
}

/// The body, if it has the digest.
fn opened(salt: &str, body: &str, digest: &str) -> Result<EventBody, NotShown> {
    let salt = BASE64.decode(salt).map_err(|_| NotShown::Extra)?;
    // A salt of another length could move the border between it and the body.
    if salt.len() != 16
        || hex::encode(Sha256::new().chain_update(salt).chain_update(body).finalize()) != digest
    {
        return Err(NotShown::OtherBody);
    }
    serde_json::from_str(body).map_err(|_| NotShown::Extra)
}
