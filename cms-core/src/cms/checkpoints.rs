//! The façade's proofs: signed checkpoints, proofs of what was published when, and the keys for them.

use super::Cms;
use crate::{
    access::Actor,
    commands::{CommandError, checkpoint_keys::CarryOn},
    proof::note::Verifier,
    queries::proofs::Proofs,
};

impl Cms {
    /// Answers questions for proof.
    pub fn proofs(&self) -> Proofs {
        Proofs::new(self.editing())
    }

    /// Makes a new key for checkpoints, which signs beside the one before.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn change_checkpoint_key(
        &self,
        actor: &Actor,
        origin: Option<String>,
    ) -> Result<Verifier, CommandError> {
        self.means().change_checkpoint_key(actor, origin).await
    }

    /// Retires a key for checkpoints.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn retire_checkpoint_key(&self, actor: &Actor, id: &str) -> Result<(), CommandError> {
        self.means().retire_checkpoint_key(actor, id).await
    }

    /// Carries on with the key of a store that this one was restored from.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn carry_on_checkpoints(
        &self,
        actor: &Actor,
        act: CarryOn,
    ) -> Result<Verifier, CommandError> {
        self.means().carry_on_checkpoints(actor, act).await
    }

    /// The newest key for checkpoints, to be kept in a safe place.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn reveal_checkpoint_key(&self, actor: &Actor) -> Result<String, CommandError> {
        self.means().reveal_checkpoint_key(actor).await
    }
}
