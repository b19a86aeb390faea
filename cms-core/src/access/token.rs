//! Tokens: how a program says who it is. Pure: where they are kept is the business of acts and questions.
//!
//! A token's text is a prefix that tells people and scanners what it is, 32 random bytes, and a checksum
//! that tells a typo from a guess before anything is looked up. The text is shown once. What is kept is
//! its digest under a key of the store, so that who reads the store cannot sign in.

use std::fmt;

use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{
    clock::Timestamp,
    id::{AccountId, EntryId, ReleaseId, TokenId},
    locale::Locale,
};

/// Random bytes in a token.
const RANDOM: usize = 32;
/// Bytes of the key that digests are made with.
pub const KEY: usize = 32;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To be exchanged, once, for a token of one's own; for nothing else.
    OneTime,
    /// To act with, as often as one likes.
    Service,
    /// To see one draft as readers would; for nothing else.
    Preview,
    /// To act in a browser, from a cookie; for nothing else.
    Session,
    /// To choose a password, once; for nothing else.
    Invitation,
    /// To read what is public with a share of one's own; for nothing else.
    Partner,
}

impl Kind {
    /// All kinds.
    const ALL: [Self; 6] = [
        Self::OneTime,
        Self::Service,
        Self::Preview,
        Self::Session,
        Self::Invitation,
        Self::Partner,
    ];

    /// What the text of such a one begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::OneTime => "bcn1_",
            Self::Service => "bcn_",
            Self::Preview => "bcnp_",
            Self::Session => "bcns_",
            Self::Invitation => "bcni_",
            Self::Partner => "bcnk_",
        }
    }
}

/// The text is no token: it has another form, or its checksum is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no token")]
pub struct NoToken;

/// A token's text. It is shown to its owner once and never kept; its `Debug` doesn't show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: Kind,
    text: String,
}

impl Secret {
    /// A new one.
    pub fn generate(kind: Kind) -> Self {
        let random: [u8; RANDOM] = rand::random();
        let stem = format!("{}{}", kind.prefix(), hex::encode(random));
        Self { kind, text: format!("{stem}{:08x}", crc32fast::hash(stem.as_bytes())) }
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`NoToken`] without a word on why: whoever has a token needs none.
    pub fn parse(text: &str) -> Result<Self, NoToken> {
        let (kind, rest) = Kind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))
            .ok_or(NoToken)?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if rest.len() != 2 * RANDOM + 8 || !rest.bytes().all(is_hex) {
            return Err(NoToken);
        }
        let (stem, checksum) = text.split_at_checked(text.len() - 8).ok_or(NoToken)?;
        if format!("{:08x}", crc32fast::hash(stem.as_bytes())) == checksum {
            Ok(Self { kind, text: text.to_owned() })
        } else {
            Err(NoToken)
        }
    }

    /// What it is good for.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The text, to be shown to its owner.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The digest that it is kept and found by (HMAC-SHA-256, RFC 2104), in hexadecimal.
    pub fn digest(&self, key: &[u8; KEY]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
            unreachable!("HMAC takes keys of any length")
        };
        mac.update(self.text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What is kept of a token, beside its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id, for lists and for revoking it.
    pub id: TokenId,
    /// What it is good for.
    pub kind: Kind,
    /// Whose it is: who has it acts as this account.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: AccountId,
    /// From when on it is good for nothing.
    pub expires: Timestamp,
}

/// What is kept of a preview token, beside its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Its id, for lists and for revoking it.
    pub id: TokenId,
    /// Which entry it shows.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// As it would be after this release, instead of after its own publication alone.
    pub release: Option<ReleaseId>,
    /// Who issued it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires: Timestamp,
}

/// The cell that holds the key of all digests.
pub const KEY_CELL: &str = "secret/tokens";
/// The cell that says that an administrator has a token: no start offers another one.
pub const CLAIMED_CELL: &str = "token-claimed";
/// What the cells of tokens start with; the digest follows.
pub const TOKEN_CELLS: &str = "token/";

/// What the cells of preview tokens start with; the digest follows.
pub const PREVIEW_CELLS: &str = "preview/";

/// The cell that says when a token was last used.
pub fn used_cell(id: TokenId) -> String {
    format!("token-used/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for kind in Kind::ALL {
            let secret = Secret::generate(kind);
            assert_eq!(Secret::parse(secret.reveal()), Ok(secret.clone()));
            assert_eq!(secret.kind(), kind);
            let shown = format!("{secret:?}");
            let part = secret.reveal().get(5..20).unwrap();
            assert!(!shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn a_token_with_any_other_character_anywhere_is_none() {
        let secret = Secret::generate(Kind::Service);
        let text = secret.reveal();
        let letters: Vec<char> = text.chars().collect();
        for at in 0..letters.len() {
            for other in ['0', 'f', 'A', '_', ' ', '\0', 'é'] {
                let mut altered = letters.clone();
                altered[at] = other;
                let altered: String = altered.into_iter().collect();
                assert!(altered == text || Secret::parse(&altered).is_err(), "{altered}");
            }
            let short: String = letters[..at].iter().collect();
            assert!(Secret::parse(&short).is_err());
        }
        assert!(Secret::parse(&text.to_uppercase()).is_err());
        assert!(Secret::parse(&format!("{text} ")).is_err());
        assert!(Secret::parse(&text.replace("bcn_", "bcn1_")).is_err(), "a kind can't be changed");
    }

    #[test]
    fn a_digest_depends_on_the_key_and_is_the_standard_s() {
        let secret = Secret::generate(Kind::Service);
        assert_ne!(secret.digest(&[1; KEY]), secret.digest(&[2; KEY]));
        // RFC 4231, test case 2, through the same construction.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac.finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
