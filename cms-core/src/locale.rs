//! Locales: BCP 47 tags in their canonical form, and what follows from one.
//!
//! A [`Locale`] is one tag; [`Locales`] are those of a site, with their fallback. Which subtags exist comes
//! from the IANA registry and what they mean (likely script, direction, parents) from ICU.
//!
//! ```
//! use cms_core::locale::Locale;
//!
//! let taiwan = Locale::parse("zh-tw").unwrap();
//! assert_eq!(taiwan.as_str(), "zh-TW");
//! assert!(taiwan.matches(&Locale::parse("zh-Hant").unwrap()));
//! assert!(Locale::parse("zh_TW").is_err());
//! ```

mod accept;
mod names;
mod site;
mod subtags;
mod tag;
#[cfg(test)]
mod tests;

use std::{
    borrow::Borrow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::{Arc, LazyLock},
};

use icu_locale::{
    DataLocale, LanguageIdentifier, LocaleDirectionality, LocaleExpander,
    fallback::{LocaleFallbackConfig, LocaleFallbackPriority, LocaleFallbacker},
    subtags::language,
};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};

pub use self::site::{Locales, SiteLocale};

/// The longest tag that is read, in bytes. The longest that RFC 5646 (section 4.4.1) expects has 35.
pub const MAX_LEN: usize = 100;

/// The parsed tags that are kept. A site has tens, and its readers ask for hundreds.
static PARSED: LazyLock<Cache<Box<str>, Locale>> = LazyLock::new(|| Cache::new(1_024));

/// A canonical, valid BCP 47 tag. Cloning is cheap; comparing and sorting go by the tag.
#[derive(Clone)]
pub struct Locale(Arc<Tag>);

struct Tag {
    text: Box<str>,
    /// Language, script, region and variants as given.
    id: LanguageIdentifier,
    /// The same with the likely script and region filled in: equal for tags that mean the same.
    full: LanguageIdentifier,
    /// Whether the tag says no more than `id` does.
    plain: bool,
    /// Whether there is a private use part.
    private: bool,
}

/// Why a text is no valid BCP 47 tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocaleError {
    /// It has more than [`MAX_LEN`] bytes.
    #[error("a language tag has at most {MAX_LEN} bytes")]
    TooLong,
    /// It breaks the grammar of RFC 5646.
    #[error("not a BCP 47 language tag: {tag:?}")]
    Malformed {
        /// The text as given.
        tag: String,
    },
    /// It is well formed, but this part of it is not registered with IANA.
    #[error("{subtag:?} in the language tag {tag:?} is not registered")]
    Unknown {
        /// The text as given.
        tag: String,
        /// The part that is not registered.
        subtag: String,
    },
}

/// Which way a script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Left to right, as Latin does.
    Ltr,
    /// Right to left, as Arabic does.
    Rtl,
}

impl Direction {
    /// `ltr` or `rtl`, as HTML's `dir` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

impl Locale {
    /// Reads a tag and makes it canonical: case, order, deprecated subtags (after CLDR, UTS 35).
    ///
    /// `_` is no separator, and every subtag must be registered with IANA or be for private use.
    ///
    /// # Errors
    /// [`LocaleError`] when the text is no valid tag.
    pub fn parse(text: &str) -> Result<Self, LocaleError> {
        if let Some(known) = PARSED.get(text) {
            return Ok(known);
        }
        let locale = Self::from_icu(&tag::canonical(text)?)?;
        PARSED.insert(text.into(), locale.clone());
        Ok(locale)
    }

    /// English: the language of a site that nobody has set up.
    pub fn english() -> Self {
        Self::from_id(icu_locale::langid!("en"))
    }

    fn from_icu(tag: &icu_locale::Locale) -> Result<Self, LocaleError> {
        let text = tag.to_string();
        // A replacement may be longer than what it replaces.
        if text.len() > MAX_LEN {
            return Err(LocaleError::TooLong);
        }
        Ok(Self(Arc::new(Tag {
            text: text.into(),
            id: tag.id.clone(),
            full: filled(tag.id.clone()),
            plain: tag.extensions.is_empty(),
            private: !tag.extensions.private.is_empty(),
        })))
    }

    fn from_id(id: LanguageIdentifier) -> Self {
        let text = id.to_string();
        PARSED.get(&*text).filter(|known| known.as_str() == text).unwrap_or_else(|| {
            Self(Arc::new(Tag {
                text: text.into(),
                full: filled(id.clone()),
                id,
                plain: true,
                private: false,
            }))
        })
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Language, script, region and variants, for ICU.
    pub(crate) fn id(&self) -> &LanguageIdentifier {
        &self.0.id
    }

    /// The language subtag; `und` where the tag names none.
    pub fn language(&self) -> &str {
        self.0.id.language.as_str()
    }

    /// The script, such as `Hant`: the tag's own or else the likely one; `None` where none is known.
    pub fn script(&self) -> Option<&str> {
        self.0.full.script.as_ref().map(icu_locale::subtags::Script::as_str)
    }

    /// The region, such as `CA` or `419`, where the tag names one.
    pub fn region(&self) -> Option<&str> {
        self.0.id.region.as_ref().map(icu_locale::subtags::Region::as_str)
    }

    /// Which way its script runs; left to right where that is unknown.
    pub fn direction(&self) -> Direction {
        let leftward = LocaleDirectionality::new_extended().is_right_to_left(&self.0.full);
        if leftward { Direction::Rtl } else { Direction::Ltr }
    }

    /// The name of the language in itself, such as `français canadien`; the tag where it is not known.
    ///
    /// From CLDR, in the case that CLDR has within a sentence. A region that CLDR has no name for is left out.
    pub fn own_name(&self) -> &str {
        let named = self.truncations().iter().find_map(|part| names::own_name(part.as_str()));
        named.unwrap_or_else(|| self.as_str())
    }

    /// The tag without extensions and private use, which don't choose content: `fr-CA` for `fr-CA-u-nu-latn`.
    #[must_use]
    pub fn matching(&self) -> Self {
        if self.0.plain { self.clone() } else { Self::from_id(self.0.id.clone()) }
    }

    /// Whether both ask for the same content: equal, extensions and private use apart, once the likely script
    /// and region are filled in. `zh-TW` is `zh-Hant`, `sr-RS` is `sr-Cyrl`, `pt` is `pt-BR` and not `pt-PT`.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.full == other.0.full
    }

    /// The locale and its ever shorter forms, for look-up (RFC 4647, section 3.4), never ending in another
    /// script: `zh-TW`, `zh-Hant` and not `zh`, which is written in another.
    ///
    /// Between a region and its language come the larger regions that CLDR has there: `es-MX`, `es-419`, `es`.
    pub fn truncations(&self) -> Vec<Self> {
        let mut all = vec![self.clone()];
        let mut add = |locale: Self| {
            if !all.contains(&locale) {
                all.push(locale);
            }
        };
        let mut id = self.0.id.clone();
        add(Self::from_id(id.clone()));
        while let Some(last) = id.variants.last().copied() {
            id.variants.remove(&last);
            add(Self::from_id(id.clone()));
        }
        for parent in parents(&id) {
            add(Self::from_id(parent));
        }
        all
    }
}

/// With the likely script and region. Bokmål counts as what `no` means.
fn filled(mut id: LanguageIdentifier) -> LanguageIdentifier {
    if id.language.is_unknown() {
        return id;
    }
    if id.language == language!("no") {
        id.language = language!("nb");
    }
    LocaleExpander::new_extended().maximize(&mut id);
    id
}

/// What CLDR falls back to from a language with or without script and region, while it is the same language.
fn parents(id: &LanguageIdentifier) -> Vec<LanguageIdentifier> {
    if id.language.is_unknown() {
        return Vec::new();
    }
    let mut config = LocaleFallbackConfig::default();
    config.priority = LocaleFallbackPriority::Language;
    let fallbacker = LocaleFallbacker::new();
    let mut steps = fallbacker.for_config(config).fallback_for(DataLocale::from(id));
    let mut parents = Vec::new();
    // Every step drops something, and four are the most in CLDR; the bound is for data to come.
    for _ in 0..8 {
        let parent = steps.step().get().into_locale().id;
        let same = parent.language == id.language || parent.language == language!("no");
        if parent.language.is_unknown() || !same {
            break;
        }
        parents.push(parent);
    }
    parents
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str()
    }
}

impl Eq for Locale {}

impl PartialOrd for Locale {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Locale {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Locale {
    // As the tag does: a map by locale is asked by tag too.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for Locale {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Locale {
    type Err = LocaleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Locale {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
