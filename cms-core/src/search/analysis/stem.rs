//! Words cut down to what their forms share.
//!
//! Snowball's algorithms where there is one (<https://snowballstem.org>); [`light`] has ours.

mod light;

use frostem::{Algorithm, Stemmer};

/// How the words of a language are cut down.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stem {
    /// They stay as they are.
    None,
    /// By an algorithm of Snowball's.
    Snowball(Algorithm),
    /// By one of ours.
    Light(Light),
}

/// Our own, simple ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Light {
    /// Prefixed particles (and, the, in, to, from, that, as).
    Hebrew,
    /// Postpositions behind nouns and endings of the commonest verbs.
    Korean,
    /// Case and number of nouns.
    Bengali,
    /// Case and number of nouns.
    Telugu,
}

impl Stem {
    /// The name for administrators.
    pub(super) fn name(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Snowball(algorithm) => Some(format!("snowball {}", algorithm.name())),
            Self::Light(light) => Some(format!("light {light:?}").to_lowercase()),
        }
    }

    /// What a folded word is cut down to. Words with digits are codes and stay as they are.
    pub(super) fn apply(self, word: &str) -> String {
        if word.bytes().any(|b| b.is_ascii_digit()) {
            return word.to_owned();
        }
        match self {
            Self::None => word.to_owned(),
            Self::Snowball(algorithm) => Stemmer::new(algorithm).stem(word).into_owned(),
            Self::Light(Light::Hebrew) => light::hebrew(word).to_owned(),
            Self::Light(Light::Korean) => light::korean(word).to_owned(),
            Self::Light(Light::Bengali) => light::bengali(word).to_owned(),
            Self::Light(Light::Telugu) => light::telugu(word).to_owned(),
        }
    }
}
