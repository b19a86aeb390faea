//! Checks of a translation against its source, segment by segment: what is most likely wrong with it.
//!
//! Pure. Each check has a stable name, the field's usual one where there is one, and says what it found as facts. How
//! much a finding weighs is the content type's to say ([`Levels`]): an error keeps a translation from being published,
//! a warning may be overridden with a reason.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    glossary::Glossary,
    locale::Locale,
    segment::{Segment, SegmentKind, code::InlineCode, facts::Facts},
    violation::Violation,
};

mod ends;
mod entry;
mod numbers;
mod shown;
mod spaces;
mod structure;
pub mod terms;
#[cfg(test)]
mod tests;
mod together;
mod words;

pub use self::{
    entry::{Findings, Told, Work, check_translation},
    shown::shown,
};

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $code:literal, $level:ident;)*) => {
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

            /// The code of the violation that a finding is.
            const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
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
    Same = "same", "quality_same", Warning;
    /// One begins with white space and the other doesn't.
    BeginSpace = "begin_space", "quality_begin_space", Warning;
    /// One ends with white space and the other doesn't.
    EndSpace = "end_space", "quality_end_space", Warning;
    /// Two spaces where one is enough.
    DoubleSpace = "double_space", "quality_double_space", Warning;
    /// One ends with a full stop and the other doesn't.
    EndStop = "end_stop", "quality_end_stop", Warning;
    /// One ends with a colon and the other doesn't.
    EndColon = "end_colon", "quality_end_colon", Warning;
    /// One ends as a question and the other doesn't.
    EndQuestion = "end_question", "quality_end_question", Warning;
    /// One ends as an exclamation and the other doesn't.
    EndExclamation = "end_exclamation", "quality_end_exclamation", Warning;
    /// One ends with an ellipsis and the other doesn't.
    EndEllipsis = "end_ellipsis", "quality_end_ellipsis", Warning;
    /// The space before a mark that French asks for isn't there.
    PunctuationSpacing = "punctuation_spacing", "quality_punctuation_spacing", Warning;
    /// Letters of Arabic are stretched for show.
    Kashida = "kashida", "quality_kashida", Warning;
    /// There are zero-width spaces that the source doesn't have and the language has no use for.
    ZeroWidthSpace = "zero-width-space", "quality_zero_width_space", Warning;
    /// It is much longer than the source, or than the field may be.
    MaxLength = "max-length", "quality_max_length", Warning;
    /// A word stands there twice in a row.
    Duplicate = "duplicate", "quality_duplicate", Warning;
    /// Links or images of Markdown came or went.
    MdLink = "md-link", "quality_md_link", Error;
    /// Links to a label lead to another one.
    MdReflink = "md-reflink", "quality_md_reflink", Error;
    /// Marks of Markdown came or went.
    MdSyntax = "md-syntax", "quality_md_syntax", Warning;
    /// It is no address, or an address came or went.
    Url = "url", "quality_url", Warning;
    /// There is HTML that the source doesn't have, or that isn't safe.
    SafeHtml = "safe-html", "quality_safe_html", Error;
    /// Code, tags or placeholders came or went.
    Placeholders = "placeholders", "quality_placeholders", Error;
    /// The same source has several translations.
    Inconsistent = "inconsistent", "quality_inconsistent", Warning;
    /// Different sources have one translation.
    Reused = "reused", "quality_reused", Warning;
    /// There is no translation, or nobody stands by it.
    Translated = "translated", "quality_translated", Error;
    /// A term of the glossary isn't said as agreed, or something is said that is to be avoided.
    Glossary = "check_glossary", "quality_check_glossary", Warning;
    /// It begins with a character that a spreadsheet would take for a formula.
    ProhibitedInitialCharacter = "prohibited_initial_character", "quality_prohibited_initial_character", Warning;
    /// A telephone number came, went or changed.
    PhoneNumber = "phone-number", "quality_phone_number", Error;
    /// A short number to call or write to came, went or changed.
    ShortCode = "short-code", "quality_short_code", Error;
    /// An embed came, went or changed.
    EmbedToken = "embed-token", "quality_embed_token", Error;
    /// A number in figures came, went or changed.
    Figures = "figures", "quality_figures", Warning;
    /// The source says *not* and the translation doesn't, or the other way round.
    Negation = "negation", "quality_negation", Warning;
    /// A link leads to a page in another language.
    LinkLanguage = "link-language", "quality_link_language", Warning;
    /// Marks of direction aren't closed.
    Bidi = "bidi", "quality_bidi", Error;
    /// Most of its letters aren't of the language's script.
    Script = "script", "quality_script", Warning;
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

/// A segment and its translation.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The source, and its codes.
    pub source: (&'a Segment, &'a [InlineCode]),
    /// The translation, and its codes.
    pub target: (&'a Segment, &'a [InlineCode]),
    /// The source's locale, and the translation's.
    pub locales: (&'a Locale, &'a Locale),
    /// What the site calls things.
    pub glossary: &'a Glossary,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// What the source has and the translation hasn't, where that can be named.
    pub missing: Vec<String>,
    /// What the translation has and the source hasn't.
    pub surplus: Vec<String>,
}

/// How much of what is missing or too much is named, in characters.
const NAMED: usize = 200;

impl Finding {
    const fn new(check: Check) -> Self {
        Self { check, missing: Vec::new(), surplus: Vec::new() }
    }

    fn listing(mut self, missing: &[String], surplus: &[String]) -> Self {
        self.missing = missing.to_vec();
        self.surplus = surplus.to_vec();
        self
    }

    /// The finding as a broken rule, at this place.
    pub fn violation(&self, pointer: &str) -> Violation {
        let list = |all: &[String]| match all.join(", ") {
            none if none.is_empty() => "–".to_owned(),
            some => some.chars().take(NAMED).collect(),
        };
        Violation::new(pointer, self.check.code())
            .with("missing", list(&self.missing))
            .with("surplus", list(&self.surplus))
    }
}

/// A pair, made ready for its checks.
struct Sides<'a> {
    /// Source and translation as they are written.
    raw: (&'a str, &'a str),
    codes: (&'a [InlineCode], &'a [InlineCode]),
    /// The source as its readers see it.
    source: String,
    /// The translation as its readers see it.
    target: String,
    languages: (&'a Locale, &'a Locale),
    facts: (Facts, Facts),
    /// Whether it is no Markdown.
    is_plain: bool,
}

impl<'a> Sides<'a> {
    fn of(pair: &Pair<'a>) -> Self {
        let (of, to) = pair.locales;
        let facts = |side: (&Segment, &[InlineCode]), locale: &Locale| {
            Facts::of(side.0, side.1, locale.language())
        };
        Self {
            raw: (&pair.source.0.text, &pair.target.0.text),
            codes: (pair.source.1, pair.target.1),
            source: shown(&pair.source.0.text, pair.source.1),
            target: shown(&pair.target.0.text, pair.target.1),
            languages: pair.locales,
            facts: (facts(pair.source, of), facts(pair.target, to)),
            is_plain: pair.source.0.kind == SegmentKind::Plain,
        }
    }
}

/// What is most likely wrong with a translation of a segment: what each check finds, in no order of weight.
pub fn check(pair: &Pair<'_>) -> Vec<Finding> {
    let sides = Sides::of(pair);
    let mut found = Vec::new();
    words::check(&sides, &mut found);
    ends::check(&sides, &mut found);
    spaces::check(&sides, &mut found);
    structure::check(&sides, &mut found);
    numbers::check(&sides, &mut found);
    terms::check(&sides, pair.glossary, &mut found);
    found
}
