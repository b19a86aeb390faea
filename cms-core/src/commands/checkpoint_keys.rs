//! The keys that checkpoints are signed with: made at the first start, changed, retired, and carried over to a
//! store that was restored. Administrators' acts.
//!
//! They lie in a cell and not in the log: a backup that is restored elsewhere signs with a key of its own. Whoever
//! wants to go on with the old one brings it, and a checkpoint that it signed: the log must go on from there, so that
//! no key ever signs two histories.

use super::{CommandError, Means, none_of};
use crate::{
    access::Actor,
    followers::ReadError,
    proof::{
        checkpoint::Checkpoint,
        keyring::{CELL, Keyring},
        note::{Note, Signer, Verifier},
    },
    store::{CellValue, LogError},
    violation::Violation,
};

/// How often the cell is tried when others change it at the same time.
const ATTEMPTS: usize = 5;

/// A key to carry on with.
#[derive(Debug, Clone)]
pub struct CarryOn {
    /// Its text: a secret.
    pub secret: String,
    /// A checkpoint that it signed: the newest one that anybody has seen.
    pub checkpoint: String,
}

impl Means {
    /// Makes the first key, where there is none. Its name, which is the log's, is random: an operator may choose
    /// another one with a key of their own.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn begin_checkpoints(&self) -> Result<(), CommandError> {
        if self.log.cell(CELL).await.map_err(ReadError::from)?.is_some() {
            return Ok(());
        }
        let name = format!("beacon/{}", hex::encode(rand::random::<[u8; 8]>()));
        let signer = Signer::generate(&name).map_err(impossible)?;
        // Whoever sets it first has set it for all.
        self.set_ring(0, &Keyring::begin(&signer, self.clock.now())).await?;
        Ok(())
    }

    /// Makes a new key, which signs beside the one before until that is retired. With another `origin` it is another
    /// log to all who check, and the key before doesn't sign any more.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for an origin that no key can have as its name.
    pub async fn change_checkpoint_key(
        &self,
        actor: &Actor,
        origin: Option<String>,
    ) -> Result<Verifier, CommandError> {
        Self::check_administrator(actor)?;
        let ring = self.ring().await?.0;
        let before = ring.signers().first().map(|signer| signer.verifier().name().to_owned());
        let name = origin.or(before).unwrap_or_default();
        let bad = |_| vec![Violation::new("/origin", "bad_origin").with("value", &name)];
        let signer = Signer::generate(&name).map_err(bad).map_err(CommandError::Invalid)?;
        self.change(|ring| {
            ring.add(&signer, self.clock.now());
            Ok(())
        })
        .await?;
        tracing::info!(key = %signer.verifier(), by = %actor.account, "checkpoints have a new key");
        Ok(signer.verifier())
    }

    /// Retires a key: it signs no more, and what it signed stays good.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` for an unknown key, `Invalid` for the only one that signs.
    pub async fn retire_checkpoint_key(&self, actor: &Actor, id: &str) -> Result<(), CommandError> {
        Self::check_administrator(actor)?;
        self.change(|ring| {
            if !ring.retire(id, self.clock.now()) {
                return Err(CommandError::NotFound("key"));
            }
            if ring.signers().is_empty() {
                return Err(CommandError::Invalid(vec![Violation::new("", "last_key")]));
            }
            Ok(())
        })
        .await
    }

    /// Carries on with a key of a store that this one was restored from.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when the key or the checkpoint is none, or when this log is not one that goes on
    /// from that checkpoint.
    pub async fn carry_on_checkpoints(
        &self,
        actor: &Actor,
        act: CarryOn,
    ) -> Result<Verifier, CommandError> {
        Self::check_administrator(actor)?;
        let mut wrong = Vec::new();
        let signer = Signer::parse(act.secret.trim());
        if signer.is_err() {
            wrong.push(Violation::new("/secret", "bad_signing_key"));
        }
        let note = act.checkpoint.parse::<Note>();
        let Ok(signer) = signer else { return Err(CommandError::Invalid(wrong)) };
        let keys = [signer.verifier()];
        let seen = note.ok().and_then(|note| Checkpoint::verified(&note, &keys).ok());
        match seen {
            None => wrong.push(Violation::new("/checkpoint", "bad_checkpoint")),
            Some(seen) => {
                let goes_on = seen.size <= self.log.last()
                    && self.log.root(seen.size).await.map_err(ReadError::from)? == seen.root;
                if !goes_on {
                    wrong.push(
                        Violation::new("/checkpoint", "other_history").with("size", seen.size),
                    );
                }
            }
        }
        none_of(wrong)?;
        self.change(|ring| {
            ring.add(&signer, self.clock.now());
            Ok(())
        })
        .await?;
        Ok(signer.verifier())
    }

    /// The newest key's text, to be kept in a safe place: who has it can sign for this log.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn reveal_checkpoint_key(&self, actor: &Actor) -> Result<String, CommandError> {
        Self::check_administrator(actor)?;
        let (ring, _) = self.ring().await?;
        ring.reveal().map(str::to_owned).ok_or(CommandError::NotFound("key"))
    }

    async fn change(
        &self,
        mut change: impl FnMut(&mut Keyring) -> Result<(), CommandError> + Send,
    ) -> Result<(), CommandError> {
        for _ in 0..ATTEMPTS {
            let (mut ring, generation) = self.ring().await?;
            change(&mut ring)?;
            if self.set_ring(generation, &ring).await? {
                return Ok(());
            }
        }
        Err(CommandError::Unavailable("the keys are changed all the time".to_owned()))
    }

    async fn ring(&self) -> Result<(Keyring, u64), CommandError> {
        let cell = self.log.cell(CELL).await.map_err(ReadError::from)?;
        let cell = cell.ok_or(CommandError::NotFound("key"))?;
        let damaged =
            |error: serde_json::Error| LogError::Damaged { number: 0, reason: error.to_string() };
        let ring = serde_json::from_slice(&cell.value).map_err(damaged).map_err(ReadError::from)?;
        Ok((ring, cell.generation))
    }

    async fn set_ring(&self, generation: u64, ring: &Keyring) -> Result<bool, CommandError> {
        let value = serde_json::to_vec(ring).map_err(impossible)?;
        let value = CellValue { value, expires: None };
        Ok(self.log.set_cell(CELL, generation, Some(value)).await.map_err(ReadError::from)?)
    }
}

fn impossible(error: impl std::fmt::Display) -> CommandError {
    CommandError::Unavailable(error.to_string())
}
