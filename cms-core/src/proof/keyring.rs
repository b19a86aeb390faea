//! The keys that a log's checkpoints are signed with. Pure: they lie in a cell, see
//! [`commands::checkpoint_keys`](crate::commands::checkpoint_keys).

use serde::{Deserialize, Serialize};

use super::note::{Signer, Verifier};
use crate::clock::Timestamp;

/// The cell that they lie in.
pub const CELL: &str = "secret/checkpoint";

/// The keys, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring(Vec<Key>);

/// A key. What it signs with is gone once it is retired.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The text that its signatures are checked with.
    pub verifier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Since when it signs.
    pub since: Timestamp,
    /// Since when it doesn't any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Timestamp>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl Key {
    fn new(signer: &Signer, now: Timestamp) -> Self {
        let (verifier, secret) = (signer.verifier().to_string(), Some(signer.reveal()));
        Self { verifier, secret, since: now, retired: None }
    }

    fn signer(&self) -> Option<Signer> {
        Signer::parse(self.secret.as_deref()?).ok()
    }

    /// What tells it from others of its name, in hexadecimal.
    pub fn id(&self) -> Option<String> {
        Some(hex::encode(self.verifier.parse::<Verifier>().ok()?.id()))
    }
}

impl Keyring {
    /// With a first key.
    pub fn begin(signer: &Signer, now: Timestamp) -> Self {
        Self(vec![Key::new(signer, now)])
    }

    /// All keys, the newest first.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Those that sign now: the newest, and others of its name. Another name is another log's.
    pub fn signers(&self) -> Vec<Signer> {
        let all: Vec<_> = self.0.iter().filter_map(Key::signer).collect();
        let name = all.first().map(|first| first.verifier().name().to_owned());
        all.into_iter().filter(|one| Some(one.verifier().name()) == name.as_deref()).collect()
    }

    /// Adds a key, which is the newest from now on. A key that is there already becomes the newest.
    pub fn add(&mut self, signer: &Signer, now: Timestamp) {
        let key = Key::new(signer, now);
        self.0.retain(|known| known.verifier != key.verifier);
        self.0.insert(0, key);
    }

    /// Retires the key with this id: it signs no more. `false` when none that signs has it.
    pub fn retire(&mut self, id: &str, now: Timestamp) -> bool {
        let signs = |key: &&mut Key| key.secret.is_some() && key.id().as_deref() == Some(id);
        let Some(key) = self.0.iter_mut().find(signs) else { return false };
        key.secret = None;
        key.retired = Some(now);
        true
    }

    /// The text of the newest key that signs: a secret.
    pub fn reveal(&self) -> Option<&str> {
        self.0.iter().find_map(|key| key.secret.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_new_key_signs_beside_the_old_one_until_that_is_retired() {
        let (old, new) = (Signer::generate("a").unwrap(), Signer::generate("a").unwrap());
        let mut ring = Keyring::begin(&old, at(1));
        ring.add(&new, at(2));
        let names = |ring: &Keyring| {
            ring.signers().iter().map(|one| one.verifier().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(&ring), [new.verifier().to_string(), old.verifier().to_string()]);
        let id = hex::encode(old.verifier().id());
        assert!(ring.retire(&id, at(3)) && !ring.retire(&id, at(4)));
        assert_eq!(names(&ring), [new.verifier().to_string()]);
        let kept = serde_json::to_string(&ring).unwrap();
        assert!(!kept.contains(&old.reveal()) && kept.contains(&old.verifier().to_string()));
        assert!(!format!("{ring:?}").contains(&new.reveal()));
        assert_eq!(serde_json::from_str::<Keyring>(&kept).unwrap(), ring);
    }

    #[test]
    fn a_key_of_another_name_does_not_sign_for_this_log() {
        let (old, new) = (Signer::generate("a").unwrap(), Signer::generate("b").unwrap());
        let mut ring = Keyring::begin(&old, at(1));
        ring.add(&new, at(2));
        let [only] = ring.signers().try_into().unwrap();
        assert_eq!(only.verifier(), new.verifier());
        ring.add(&old, at(3));
        assert_eq!(ring.keys().len(), 2, "a key is there once");
        assert_eq!(ring.signers()[0].verifier(), old.verifier());
    }
}
