//! What a browser holds while its person is away at a provider, or still owes a code. Pure.
//!
//! It lies in a cookie, sealed under the store's key: nobody makes or changes one, any node reads it, and however
//! many set out, nothing is kept here. The state, the nonce and the verifier that go to the provider follow from its
//! random part under the same key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::token::KEY;
use crate::{
    clock::Timestamp,
    id::{AccountId, TokenId},
};

/// How long somebody may be away, in milliseconds.
const AWAY_FOR: i64 = 10 * 60 * 1_000;
/// How long somebody may take to show a code, in milliseconds.
const OWED_FOR: i64 = 5 * 60 * 1_000;
/// The longest sealed text that is looked at, in bytes: what a browser keeps in one cookie.
const LONGEST: usize = 4_096;
/// The longest path to come back to, in bytes.
const LONGEST_PATH: usize = 1_000;

/// Somebody who went to a provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// To which, by its name in the configuration.
    pub provider: String,
    /// Where to go on afterwards.
    pub return_to: ReturnPath,
    /// The text of an invitation, where the subject is to be linked.
    pub invitation: Option<String>,
    /// The session that the browser was in, which ends when another begins.
    pub before: Option<TokenId>,
    /// Until when.
    pub expires: Timestamp,
    random: [u8; 32],
}

/// Somebody whom a provider vouched for, and who has to show a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owing {
    /// By which provider.
    pub provider: String,
    /// The account.
    pub account: AccountId,
    /// The session that the browser was in.
    pub before: Option<TokenId>,
    /// Until when.
    pub expires: Timestamp,
}

/// What goes to a provider and has to come back.
#[derive(Clone, PartialEq, Eq)]
pub struct Marks {
    /// The `state` of the request: binds the answer to this browser.
    pub state: String,
    /// The `nonce`: binds the token to this request.
    pub nonce: String,
    /// The verifier of PKCE (RFC 7636): binds the code to this server.
    pub verifier: String,
}

/// A path within this site: what comes after signing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnPath(String);

/// The text is no path within this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no path within the site")]
pub struct NoPath;

impl ReturnPath {
    /// Reads a path, with a query if it likes. A browser reads `//host` and `/\host` as other sites, and leaves out
    /// tabs and line ends: such texts are refused, not mended.
    ///
    /// # Errors
    /// [`NoPath`]
    pub fn parse(text: &str) -> Result<Self, NoPath> {
        let is_plain =
            |byte: u8| matches!(byte, b'!'..=b'~') && !matches!(byte, b'\\' | b'"' | b'<' | b'>');
        let is_local = text.starts_with('/') && !text.starts_with("//");
        if is_local && text.len() <= LONGEST_PATH && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoPath)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnPath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl TryFrom<String> for ReturnPath {
    type Error = NoPath;

    fn try_from(text: String) -> Result<Self, NoPath> {
        Self::parse(&text)
    }
}

impl From<ReturnPath> for String {
    fn from(path: ReturnPath) -> Self {
        path.0
    }
}

impl std::fmt::Debug for Away {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Away").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marks").finish_non_exhaustive()
    }
}

impl Away {
    /// Somebody who sets out now.
    pub fn beginning(provider: &str, return_to: ReturnPath, now: Timestamp) -> Self {
        Self {
            provider: provider.to_owned(),
            return_to,
            invitation: None,
            before: None,
            expires: now.plus_millis(AWAY_FOR),
            random: rand::random(),
        }
    }

    /// What goes with them.
    pub fn marks(&self, key: &[u8; KEY]) -> Marks {
        let mark = |name: &str| hex::encode(mac(name, &self.random, key).finalize().into_bytes());
        Marks { state: mark("state"), nonce: mark("nonce"), verifier: mark("verifier") }
    }

    /// Whether an answer with this `state` is the answer to this request. Digests are compared: how long that takes
    /// says nothing of where the texts differ.
    pub fn is_answered_by(&self, state: &str, key: &[u8; KEY]) -> bool {
        Sha256::digest(state) == Sha256::digest(self.marks(key).state)
    }

    /// As a browser keeps it.
    pub fn seal(&self, key: &[u8; KEY]) -> String {
        seal("away", self, key)
    }

    /// What a browser has kept, if it is one that was sealed here and is good now.
    pub fn open(text: &str, key: &[u8; KEY], now: Timestamp) -> Option<Self> {
        open("away", text, key).filter(|away: &Self| now < away.expires)
    }
}

impl Owing {
    /// Somebody who has to show a code from now on.
    pub fn beginning(away: &Away, account: AccountId, now: Timestamp) -> Self {
        let expires = now.plus_millis(OWED_FOR);
        Self { provider: away.provider.clone(), account, before: away.before, expires }
    }

    /// As a browser keeps it.
    pub fn seal(&self, key: &[u8; KEY]) -> String {
        seal("owing", self, key)
    }

    /// What a browser has kept, if it is one that was sealed here and is good now.
    pub fn open(text: &str, key: &[u8; KEY], now: Timestamp) -> Option<Self> {
        open("owing", text, key).filter(|owing: &Self| now < owing.expires)
    }
}

/// What is authenticated has its use in it: what was sealed for one cannot stand in for another.
fn mac(label: &str, bytes: &[u8], key: &[u8; KEY]) -> Hmac<Sha256> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(b"errand ");
    mac.update(label.as_bytes());
    mac.update(b"\n");
    mac.update(bytes);
    mac
}

fn seal<T: Serialize>(label: &str, value: &T, key: &[u8; KEY]) -> String {
    let Ok(bytes) = serde_json::to_vec(value) else { unreachable!("texts and numbers make JSON") };
    let tag = mac(label, &bytes, key).finalize().into_bytes();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(tag))
}

fn open<T: DeserializeOwned>(label: &str, text: &str, key: &[u8; KEY]) -> Option<T> {
    if text.len() > LONGEST {
        return None;
    }
    let (bytes, tag) = text.split_once('.')?;
    let (bytes, tag) = (URL_SAFE_NO_PAD.decode(bytes).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
    mac(label, &bytes, key).verify_slice(&tag).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: ([u8; KEY], [u8; KEY]) = ([1; KEY], [2; KEY]);

    fn away() -> Away {
        let path = ReturnPath::parse("/desk?tab=mine").unwrap();
        Away::beginning("agency", path, Timestamp::from_millis(0))
    }

    #[test]
    fn what_was_sealed_opens_here_in_time_and_for_its_use() {
        let (away, now) = (away(), Timestamp::from_millis(1));
        let text = away.seal(&KEYS.0);
        assert_eq!(Away::open(&text, &KEYS.0, now), Some(away.clone()));
        assert_eq!(Away::open(&text, &KEYS.1, now), None);
        assert_eq!(Away::open(&text, &KEYS.0, away.expires), None);
        assert_eq!(Owing::open(&text, &KEYS.0, now), None);
        let owing = Owing::beginning(&away, AccountId::from_bytes([9; 16]), now);
        let owed = owing.seal(&KEYS.0);
        assert_eq!(Owing::open(&owed, &KEYS.0, now), Some(owing.clone()));
        assert_eq!(Owing::open(&owed, &KEYS.0, owing.expires), None);
        assert_eq!(Away::open(&owed, &KEYS.0, now), None);
    }

    #[test]
    fn one_altered_character_closes_it() {
        let text = away().seal(&KEYS.0);
        let now = Timestamp::from_millis(1);
        for at in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(Away::open(&altered, &KEYS.0, now).is_none(), "{at}");
        }
        for text in ["", ".", "a.b", &"a".repeat(LONGEST + 1)] {
            assert!(Away::open(text, &KEYS.0, now).is_none());
        }
    }

    #[test]
    fn marks_differ_from_each_other_and_by_whoever_sets_out() {
        let (one, other) = (away(), away());
        let marks = one.marks(&KEYS.0);
        assert!(marks.state != marks.nonce && marks.nonce != marks.verifier);
        assert!(one.is_answered_by(&marks.state, &KEYS.0));
        assert!(!other.is_answered_by(&marks.state, &KEYS.0));
        assert!(!one.is_answered_by(&marks.nonce, &KEYS.0) && !one.is_answered_by("", &KEYS.0));
        // RFC 7636, section 4.1: 43 to 128 unreserved characters.
        assert_eq!(marks.verifier.len(), 64);
        assert!(!one.seal(&KEYS.0).contains(&marks.verifier));
    }

    #[test]
    fn a_path_to_come_back_to_is_within_the_site() {
        for good in ["/", "/desk", "/desk?next=//evil.example", "/a/%2F%2Fevil", "/a#b"] {
            assert_eq!(ReturnPath::parse(good).unwrap().as_str(), good);
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for bad in [
            "",
            "desk",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x",
            " /desk",
            "/a b",
            "/\u{e9}",
            "/\"><script>",
            long.as_str(),
        ] {
            assert_eq!(ReturnPath::parse(bad), Err(NoPath), "{bad:?}");
        }
    }
}
