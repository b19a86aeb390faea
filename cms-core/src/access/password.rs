//! Passwords: which are taken, and how they are kept. Pure; slow on purpose, so its callers work off the async
//! threads, a few at a time.
//!
//! What is kept is Argon2id (RFC 9106) under a key of the store: who has read the cell has nothing to try words on
//! without the key. The figures are those that OWASP's password storage cheat sheet gives first.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};
use icu_normalizer::ComposingNormalizer;

use super::token::KEY;
use crate::violation::Violation;

/// The shortest password, in characters.
pub const SHORTEST: usize = 12;
/// The longest, in characters: enough for any sentence, and not enough to keep the machine busy.
pub const LONGEST: usize = 256;
/// Memory of one computation, in KiB.
const MEMORY: u32 = 19 * 1024;
/// How often it goes through that memory.
const PASSES: u32 = 2;

/// What is compared where there is no password: it takes the same time, and nobody's password gives it.
pub const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password could not be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(String);

/// All that keeps a text from being the password of the account with this name.
pub fn check(password: &str, name: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        found.push(
            Violation::new("/password", "text_length").with("min", SHORTEST).with("max", LONGEST),
        );
    }
    let (lower, name) = (password.to_lowercase(), name.to_lowercase());
    let first = password.chars().next();
    let is_one_letter = password.chars().all(|letter| Some(letter) == first);
    if (name.chars().count() >= 4 && lower.contains(&name)) || (length > 0 && is_one_letter) {
        found.push(Violation::new("/password", "password_guessable"));
    }
    found
}

/// The same text has one form, whatever keyboard it came from (NFC, as RFC 8265 has it).
fn prepared(password: &str) -> String {
    ComposingNormalizer::new_nfc().normalize(password).into_owned()
}

fn hasher(key: &[u8; KEY]) -> Result<Argon2<'_>, HashError> {
    let refused = |error: argon2::Error| HashError(error.to_string());
    let params = Params::new(MEMORY, PASSES, 1, None).map_err(refused)?;
    Argon2::new_with_secret(key, Algorithm::Argon2id, Version::V0x13, params).map_err(refused)
}

/// What is kept of a password, in the PHC string format.
///
/// # Errors
/// [`HashError`] when the machine has not the memory.
pub fn hash(password: &str, key: &[u8; KEY]) -> Result<String, HashError> {
    let refused = |error: argon2::password_hash::Error| HashError(error.to_string());
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(refused)?;
    let hash = hasher(key)?.hash_password(prepared(password).as_bytes(), &salt);
    Ok(hash.map_err(refused)?.to_string())
}

/// Whether a password is the one of which this was kept.
pub fn matches(password: &str, kept: &str, key: &[u8; KEY]) -> bool {
    // What is longer than any password is none, and costs no more than one.
    let password: String = password.chars().take(LONGEST + 1).collect();
    let (Ok(kept), Ok(hasher)) = (PasswordHash::new(kept), hasher(key)) else { return false };
    hasher.verify_password(prepared(&password).as_bytes(), &kept).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [u8; KEY] = [1; KEY];

    #[test]
    fn a_password_matches_what_was_kept_of_it_and_no_other_does() {
        let kept = hash("a quiet place by the sea", &ONE).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(matches("a quiet place by the sea", &kept, &ONE));
        assert!(!matches("a quiet place by the Sea", &kept, &ONE));
        assert!(!matches("a quiet place by the sea", &kept, &[2; KEY]), "nor under another key");
        assert!(!matches("a quiet place by the sea", "no hash", &ONE));
        assert_ne!(kept, hash("a quiet place by the sea", &ONE).unwrap(), "each has its salt");
        // Composed and decomposed: the same to whoever types it.
        let kept = hash("caf\u{e9} caf\u{e9} caf\u{e9}", &ONE).unwrap();
        assert!(matches("cafe\u{301} cafe\u{301} cafe\u{301}", &kept, &ONE));
    }

    #[test]
    fn the_decoy_costs_what_a_password_costs_and_matches_nothing() {
        let cost = |kept: &str| {
            let kept = PasswordHash::new(kept).unwrap();
            let (name, params) = (kept.algorithm.to_string(), Params::try_from(&kept).unwrap());
            (name, kept.version, params, kept.hash.unwrap().len())
        };
        assert_eq!(cost(DECOY), cost(&hash("a quiet place by the sea", &ONE).unwrap()));
        assert!(!matches("", DECOY, &ONE) && !matches("a quiet place by the sea", DECOY, &ONE));
    }

    #[test]
    fn a_password_is_long_and_is_not_the_name() {
        let codes = |password: &str| -> Vec<_> {
            check(password, "Anna Lind").into_iter().map(|wrong| wrong.code).collect()
        };
        for (password, wrong) in [
            ("a quiet place", &[][..]),
            ("", &["text_length"]),
            ("short words", &["text_length"]),
            ("anna lind's words", &["password_guessable"]),
            ("aaaaaaaaaaaaaa", &["password_guessable"]),
            ("静かな海辺の小さな家の窓", &[]),
        ] {
            assert_eq!(codes(password), wrong, "{password}");
        }
        assert_eq!(codes(&"ab".repeat(129)), ["text_length"]);
    }
}
