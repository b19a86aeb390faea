//! Checks of a translation against its source, segment by segment: what is most likely wrong with it.
//!
//! Pure. Each check has a stable name, the field's usual one where there is one, and says what it found as facts. How
//! much a finding weighs is the content type's to say ([`Levels`]): an error keeps a translation from being published,
//! a warning may be overridden with a reason.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $level:ident;)*) => {
        /// A check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum Check {
            $($(#[$doc])* $name,)*
        }

        impl Check {
            /// All checks.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name: never changes.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// How much a finding weighs where the content type says nothing.
            pub const fn level(self) -> Level {
                match self {
                    $(Self::$name => Level::$level,)*
                }
            }
        }
    };
}

checks! {
    /// The translation is the source, word for word.
    Same = "same", Warning;
    /// One begins with white space and the other doesn't.
    BeginSpace = "begin_space", Warning;
    /// One ends with white space and the other doesn't.
    EndSpace = "end_space", Warning;
    /// Two spaces where one is enough.
    DoubleSpace = "double_space", Warning;
    /// One ends with a full stop and the other doesn't.
    EndStop = "end_stop", Warning;
    /// One ends with a colon and the other doesn't.
    EndColon = "end_colon", Warning;
    /// One ends as a question and the other doesn't.
    EndQuestion = "end_question", Warning;
    /// One ends as an exclamation and the other doesn't.
    EndExclamation = "end_exclamation", Warning;
    /// One ends with an ellipsis and the other doesn't.
    EndEllipsis = "end_ellipsis", Warning;
    /// The space before a mark that French asks for isn't there.
    PunctuationSpacing = "punctuation_spacing", Warning;
    /// Letters of Arabic are stretched for show.
    Kashida = "kashida", Warning;
    /// There are zero-width spaces that the source doesn't have and the language has no use for.
    ZeroWidthSpace = "zero-width-space", Warning;
    /// It is much longer than the source, or than the field may be.
    MaxLength = "max-length", Warning;
    /// A word stands there twice in a row.
    Duplicate = "duplicate", Warning;
    /// Links or images of Markdown came or went.
    MdLink = "md-link", Error;
    /// Links to a label lead to another one.
    MdReflink = "md-reflink", Error;
    /// Marks of Markdown came or went.
    MdSyntax = "md-syntax", Warning;
    /// It is no address, or an address came or went.
    Url = "url", Warning;
    /// There is HTML that the source doesn't have, or that isn't safe.
    SafeHtml = "safe-html", Error;
    /// Code, tags or placeholders came or went.
    Placeholders = "placeholders", Error;
    /// The same source has several translations.
    Inconsistent = "inconsistent", Warning;
    /// Different sources have one translation.
    Reused = "reused", Warning;
    /// There is no translation, or nobody stands by it.
    Translated = "translated", Error;
    /// A term of the glossary isn't said as agreed.
    Glossary = "check_glossary", Warning;
    /// It begins with a character that a spreadsheet would take for a formula.
    ProhibitedInitialCharacter = "prohibited_initial_character", Warning;
    /// A telephone number came, went or changed.
    PhoneNumber = "phone-number", Error;
    /// A short number to call or write to came, went or changed.
    ShortCode = "short-code", Error;
    /// An embed came, went or changed.
    EmbedToken = "embed-token", Error;
    /// A number in figures came, went or changed.
    Figures = "figures", Warning;
    /// The source says *not* and the translation doesn't, or the other way round.
    Negation = "negation", Warning;
    /// A link leads to a page in another language.
    LinkLanguage = "link-language", Warning;
    /// Marks of direction aren't closed.
    Bidi = "bidi", Error;
    /// Most of its letters aren't of the language's script.
    Script = "script", Warning;
}

/// The text names no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a check: {0}")]
pub struct UnknownCheck(pub String);

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Check {
    type Err = UnknownCheck;

    fn from_str(name: &str) -> Result<Self, UnknownCheck> {
        let found = Self::ALL.iter().find(|check| check.as_str() == name);
        found.copied().ok_or_else(|| UnknownCheck(name.to_owned()))
    }
}

impl TryFrom<String> for Check {
    type Error = UnknownCheck;

    fn try_from(name: String) -> Result<Self, UnknownCheck> {
        name.parse()
    }
}

impl From<Check> for String {
    fn from(check: Check) -> Self {
        check.as_str().to_owned()
    }
}

/// How much a finding of a check weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It isn't told.
    Off,
    /// It is told, and may be overridden with a reason.
    Warning,
    /// It keeps the translation from being published.
    Error,
}

impl Level {
    /// All levels, from the lightest.
    pub const ALL: [Self; 3] = [Self::Off, Self::Warning, Self::Error];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// How much the findings weigh of those checks for which a content type says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Levels(BTreeMap<Check, Level>);

impl Levels {
    /// How much a finding of a check weighs.
    pub fn of(&self, check: Check) -> Level {
        self.0.get(&check).copied().unwrap_or_else(|| check.level())
    }

    /// Says how much a finding of a check weighs.
    pub fn set(&mut self, check: Check, level: Level) {
        self.0.insert(check, level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_a_name_of_its_own() {
        for check in Check::ALL {
            assert_eq!(check.as_str().parse(), Ok(*check));
        }
        assert_eq!(Check::ALL.len(), 33);
        assert!("spelling".parse::<Check>().is_err());
        for level in Level::ALL {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
    }

    #[test]
    fn a_type_says_otherwise_of_what_it_names_alone() {
        let mut levels = Levels::default();
        levels.set(Check::Same, Level::Off);
        assert_eq!(levels.of(Check::Same), Level::Off);
        assert_eq!(levels.of(Check::EmbedToken), Level::Error);
    }
}
