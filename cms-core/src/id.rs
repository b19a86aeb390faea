//! The names that things go by: ids made here, and keys and names given by people.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;

/// The text is no UUID in its usual form (36 characters with hyphens).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID: {0}")]
pub struct IdError(pub String);

/// The text breaks the rule of the kind of name that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {text:?}")]
pub struct NameError {
    /// What it should have been, such as `type name`.
    pub kind: &'static str,
    /// The text as given.
    pub text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (UUID version 7, RFC 9562): ordered by the instant it was made at.
            pub fn generate(now: Timestamp) -> Self {
                let millis = u64::try_from(now.millis()).unwrap_or(0);
                let at = uuid::Timestamp::from_unix(
                    uuid::NoContext,
                    millis / 1000,
                    u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000,
                );
                Self(Uuid::new_v7(at))
            }

            /// The id with these sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes, which sort as the id does.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // The parser knows four spellings; one id has one name here.
                if text.len() != 36 {
                    return Err(IdError(text.to_owned()));
                }
                Uuid::parse_str(text).map(Self).map_err(|_| IdError(text.to_owned()))
            }
        }
    };
}

id! {
    /// One piece of content in all its locales.
    EntryId
}
id! {
    /// An agency that owns content.
    AgencyId
}
id! {
    /// Who acts: a person's account or a program's.
    AccountId
}
id! {
    /// A token that a program signs in with: not the secret itself.
    TokenId
}
id! {
    /// A set of publications that happen as one.
    ReleaseId
}
id! {
    /// Something that was said about an entry to colleagues.
    CommentId
}
id! {
    /// One accepted command: the caller's handle to learn what became of it.
    OpId
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads a name, or says that it breaks the rule.
            ///
            /// # Errors
            /// [`NameError`] when the text breaks the rule given at the type.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let rule: fn(&str) -> bool = $rule;
                if rule(text) { Ok(Self(text.into())) } else { Err(NameError { kind: $kind, text: text.to_owned() }) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 40
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

name! {
    /// The name of a content type: `[a-z][a-z0-9_]{0,39}`.
    TypeName, "type name", is_identifier
}
name! {
    /// The name of a field: `[a-z][a-z0-9_]{0,39}`.
    FieldName, "field name", is_identifier
}
name! {
    /// A stable key that the outside gave to an entry or an agency: 1 to 200 characters, with no white
    /// space, control or invisible format character. Unique for entries of one type.
    ExternalKey, "key", |text| {
        (1..=200).contains(&text.chars().count())
            && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(c))
    }
}

/// Characters that a reader cannot see and that make two names look alike.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_made_later_sorts_later() {
        let first = EntryId::generate(Timestamp::from_millis(1_000));
        let second = EntryId::generate(Timestamp::from_millis(2_000));
        assert!(first < second);
        assert_eq!(first.to_string().parse::<EntryId>().unwrap(), first);
    }

    #[test]
    fn an_id_has_one_spelling() {
        for text in [
            "",
            "0197",
            "{0197e3a0-0000-7000-8000-000000000000}",
            "0197e3a0000070008000000000000000",
        ] {
            assert!(text.parse::<EntryId>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_that_break_their_rule_are_refused() {
        for text in ["", "Guidance", "1st", "a-b", "é", &"a".repeat(41)] {
            assert!(TypeName::parse(text).is_err(), "{text}");
        }
        for text in ["", "a b", "a\u{200b}b", "a\0", &"é".repeat(201)] {
            assert!(ExternalKey::parse(text).is_err(), "{text:?}");
        }
        assert!(ExternalKey::parse("dfak/Account-Hijacking.md").is_ok());
    }
}
