//! Signed checkpoints of the log, and proofs of what was published and when, for whoever asks.
//!
//! What a checkpoint tells is how many events there are, and nothing of them. What a proof of a publication tells is
//! what readers saw anyway: which part of which entry, which revision, when. Who did it, notes to colleagues and
//! drafts are behind salted digests. The content of a revision is opened for those who may read it
//! ([`Proofs::of_event`]), to be handed on as they decide.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use super::{Editing, ReadError};
use crate::{
    event::{EventBody, Part},
    id::EntryId,
    proof::{
        checkpoint::Checkpoint,
        file::Proof,
        keyring::{CELL, Keyring},
        merkle::Hash,
        note::Note,
        shown::Extra,
    },
    store::{Evidence, Log, LogError},
};

/// Answers questions for proof.
#[derive(Debug, Clone)]
pub struct Proofs {
    log: Arc<dyn Log>,
    editing: Editing,
}

/// That a log has only grown since a size.
#[derive(Debug, Clone)]
pub struct Consistency {
    /// The size now.
    pub size: u64,
    /// The proof (RFC 6962, section 2.1.2).
    pub steps: Vec<Hash>,
    /// The checkpoint at that size.
    pub checkpoint: Note,
}

impl Proofs {
    pub(crate) fn new(editing: Editing) -> Self {
        Self { log: Arc::clone(editing.log()), editing }
    }

    /// The keys that checkpoints are or were signed with.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read; so for all questions here.
    pub async fn keys(&self) -> Result<Keyring, ReadError> {
        let none = || LogError::Unavailable("checkpoints have no key yet".to_owned());
        let cell = self.log.cell(CELL).await?.ok_or_else(none)?;
        let damaged =
            |error: serde_json::Error| LogError::Damaged { number: 0, reason: error.to_string() };
        Ok(serde_json::from_slice(&cell.value).map_err(damaged)?)
    }

    /// How far the log has come, signed.
    ///
    /// # Errors
    /// As for all questions here.
    pub async fn checkpoint(&self) -> Result<Note, ReadError> {
        self.signed(self.log.last()).await
    }

    async fn signed(&self, size: u64) -> Result<Note, ReadError> {
        let signers = self.keys().await?.signers();
        let origin = signers.first().map(|signer| signer.verifier().name().to_owned());
        let origin = origin.unwrap_or_default();
        let root = self.log.root(size).await?;
        Ok(Checkpoint { origin, size, root }.sign(&signers))
    }

    /// That the log of now begins with its first `old` events; `None` when it has fewer.
    ///
    /// # Errors
    /// As for all questions here.
    pub async fn consistency(&self, old: u64) -> Result<Option<Consistency>, ReadError> {
        let size = self.log.last();
        if old > size {
            return Ok(None);
        }
        let steps = self.log.consistency(old, size).await?;
        Ok(Some(Consistency { size, steps, checkpoint: self.signed(size).await? }))
    }

    /// That an event is in the log, with its body: for those who may read it. `None` when there is none, or when it
    /// was erased.
    ///
    /// # Errors
    /// As for all questions here.
    pub async fn of_event(&self, number: u64) -> Result<Option<Proof>, ReadError> {
        let size = self.log.last();
        let evidence = self.log.evidence(number, size).await?;
        match evidence.filter(|evidence| evidence.opening.is_some()) {
            Some(evidence) => Ok(Some(self.proof(evidence, number, size).await?)),
            None => Ok(None),
        }
    }

    /// The same for an event by which something became public, or was taken away: for everyone.
    ///
    /// # Errors
    /// As for all questions here.
    pub async fn of_publication(&self, number: u64) -> Result<Option<Proof>, ReadError> {
        let size = self.log.last();
        match self.log.evidence(number, size).await?.filter(is_public) {
            Some(evidence) => Ok(Some(self.proof(evidence, number, size).await?)),
            None => Ok(None),
        }
    }

    async fn proof(&self, evidence: Evidence, number: u64, size: u64) -> Result<Proof, ReadError> {
        let text = |bytes| {
            let reason = "it is no text".to_owned();
            String::from_utf8(bytes).map_err(|_| LogError::Damaged { number, reason })
        };
        let opening = evidence.opening;
        let salt = opening.as_ref().map(|opening| BASE64.encode(opening.salt));
        let body = opening.map(|opening| text(opening.json)).transpose()?;
        let extra = Extra { leaf: text(evidence.leaf)?, salt, body };
        let damaged =
            |error: serde_json::Error| LogError::Damaged { number, reason: error.to_string() };
        let extra = serde_json::to_vec(&extra).map_err(damaged)?;
        let checkpoint = self.signed(size).await?;
        Ok(Proof { extra, index: number - 1, steps: evidence.proof, checkpoint })
    }

    /// The event that published what readers get of a part now. Shared fields are out as long as a locale is.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn published_by(&self, id: EntryId, part: &Part) -> Result<Option<u64>, ReadError> {
        let entry =
            self.editing.entry(id)?.filter(|entry| entry.published_locales().next().is_some());
        let head = entry.as_ref().and_then(|entry| entry.heads.get(part));
        Ok(head.and_then(|head| head.published()).map(|live| live.event))
    }
}

/// Whether an event may be shown to everyone: it made something public or took it away, and its leaf doesn't tell who
/// did it. (Stores made before version 2 of the layout have leaves that do.)
fn is_public(evidence: &Evidence) -> bool {
    let body = evidence.opening.as_ref().map(|opening| serde_json::from_slice(&opening.json));
    let is_sealed = serde_json::from_slice::<serde_json::Value>(&evidence.leaf)
        .is_ok_and(|leaf| leaf.get("actor").is_none());
    let told =
        matches!(body, Some(Ok(EventBody::Published { .. } | EventBody::Unpublished { .. })));
    is_sealed && told
}
