//! The web origins whose scripts may read the delivery API.

use serde::{Deserialize, Serialize};

/// Every origin, or those of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Origins {
    /// Every origin: published content is public.
    Any,
    /// These only, as browsers send them: `https://www.example.org`.
    Only(Vec<String>),
}

/// An origin that no browser would send: scheme, host and perhaps a port, and nothing more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no web origin such as https://www.example.org")]
pub struct OriginError(String);

/// How it is written in the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Many(Vec<String>),
}

impl Origins {
    /// Whether scripts of this origin may read.
    pub fn allow(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(origins) => origins.iter().any(|allowed| allowed == origin),
        }
    }
}

impl TryFrom<Written> for Origins {
    type Error = OriginError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let origins = match written {
            Written::One(text) if text == "*" => return Ok(Self::Any),
            Written::One(text) => text.split(',').map(|origin| origin.trim().to_owned()).collect(),
            Written::Many(origins) => origins,
        };
        match origins.iter().find(|origin| !is_origin(origin)) {
            Some(wrong) => Err(OriginError(wrong.clone())),
            None => Ok(Self::Only(origins)),
        }
    }
}

impl From<Origins> for Written {
    fn from(origins: Origins) -> Self {
        match origins {
            Origins::Any => Self::One("*".to_owned()),
            Origins::Only(origins) => Self::Many(origins),
        }
    }
}

pub(super) fn is_origin(text: &str) -> bool {
    let host =
        text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_everyone_and_a_list_is_itself() {
        assert_eq!(Origins::try_from(Written::One("*".to_owned())).unwrap(), Origins::Any);
        let two =
            Origins::try_from(Written::One("https://a.example, http://localhost:3000".to_owned()))
                .unwrap();
        assert!(two.allow("https://a.example") && two.allow("http://localhost:3000"));
        assert!(!two.allow("https://b.example"));
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in [
            "",
            "a.example",
            "https://",
            "https://a.example/",
            "https://A.example",
            "null",
            "https://a b",
        ] {
            assert!(Origins::try_from(Written::One(text.to_owned())).is_err(), "{text:?}");
        }
    }
}
