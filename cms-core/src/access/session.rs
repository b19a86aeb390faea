//! Sessions: how a person at a browser says who they are, once they have signed in. Pure.
//!
//! The secret lies in a cookie that no script can read; what is kept is its digest under the store's key, as of
//! tokens. The token against forged requests (CSRF) follows from the secret under the same key: it needs no keeping,
//! and who has the one can't make the other.

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::token::{KEY, Secret};
use crate::{
    clock::Timestamp,
    id::{AccountId, TokenId},
};

/// What the cells of sessions start with; the digest follows.
pub const SESSION_CELLS: &str = "session/";
/// What the cells of invitations start with; the digest follows.
pub const INVITATION_CELLS: &str = "invitation/";
/// The most sessions that an account has at a time.
pub const MOST: usize = 20;
/// How exactly the last use of a session is kept, in milliseconds, at most.
const USED_EVERY: i64 = 60_000;

/// How long a session is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request, in milliseconds.
    pub idle: i64,
    /// Altogether, in milliseconds.
    pub absolute: i64,
}

impl Default for SessionLimits {
    /// Half an hour without a request, and half a day altogether.
    fn default() -> Self {
        Self { idle: 30 * 60 * 1_000, absolute: 12 * 60 * 60 * 1_000 }
    }
}

/// What is kept of a session, beside its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, for lists and the log; it opens nothing.
    pub id: TokenId,
    /// Who signed in.
    pub account: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is good for nothing, however it is used.
    pub expires: Timestamp,
    /// How long it is good for without a request, in milliseconds.
    pub idle: i64,
    /// When it was last used, about.
    pub used: Timestamp,
    /// Which provider vouched for them, by its name in the configuration; none where it was a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Session {
    /// One that begins now.
    pub fn begun(account: AccountId, now: Timestamp, limits: SessionLimits) -> Self {
        Self {
            id: TokenId::generate(now),
            account,
            created_at: now,
            expires: now.plus_millis(limits.absolute),
            idle: limits.idle,
            used: now,
            provider: None,
        }
    }

    /// From when on it is good for nothing if nobody uses it.
    pub fn ends(&self) -> Timestamp {
        self.expires.min(self.used.plus_millis(self.idle))
    }

    /// Whether it is good now.
    pub fn is_good(&self, now: Timestamp) -> bool {
        now < self.ends()
    }

    /// Whether a use now is to be noted: not each request, but often enough for the idle limit to be right.
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        now.millis() - self.used.millis() >= USED_EVERY.min(self.idle / 10)
    }
}

/// An invitation to choose a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// For which account.
    pub account: AccountId,
    /// By whom.
    pub created_by: AccountId,
    /// From when on it is good for nothing.
    pub expires: Timestamp,
}

/// The token against forged requests that belongs to a session's secret, in hexadecimal.
pub fn csrf_token(secret: &Secret, key: &[u8; KEY]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(b"csrf\n");
    mac.update(secret.reveal().as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Whether this is the token against forged requests. Digests are compared: how long that takes says nothing of where
/// the texts differ.
pub fn is_csrf_token(given: &str, token: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::token::Kind;

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_at_the_latest_at_its_limit() {
        let at = Timestamp::from_millis;
        let limits = SessionLimits { idle: 1_000, absolute: 5_000 };
        let mut session = Session::begun(AccountId::from_bytes([1; 16]), at(0), limits);
        assert!(session.is_good(at(999)) && !session.is_good(at(1_000)));
        assert!(!session.is_worth_noting(at(99)) && session.is_worth_noting(at(100)));
        session.used = at(4_500);
        assert!(session.is_good(at(4_999)) && !session.is_good(at(5_000)));
    }

    #[test]
    fn a_token_against_forged_requests_belongs_to_one_session_and_one_store() {
        let (one, two) = (Secret::generate(Kind::Session), Secret::generate(Kind::Session));
        let token = csrf_token(&one, &[1; KEY]);
        assert!(is_csrf_token(&token, &csrf_token(&one, &[1; KEY])));
        assert!(!is_csrf_token(&token, &csrf_token(&two, &[1; KEY])));
        assert!(!is_csrf_token(&token, &csrf_token(&one, &[2; KEY])));
        assert_ne!(token, one.digest(&[1; KEY]), "it is not what is kept");
        for wrong in ["", token.get(..62).unwrap(), &format!("{token}00"), "x"] {
            assert!(!is_csrf_token(wrong, &token), "{wrong}");
        }
    }
}
