//! Slugs: the readable names of entries in URLs, in the letters of their language.
//!
//! What a slug may be is fixed here; that it is unique is a claim in the log.
//!
//! ```
//! use cms_core::{locale::Locale, slug::Slug};
//!
//! let title = Slug::from_title("Qu’est-ce que l’hameçonnage ?", &Locale::parse("fr").unwrap());
//! assert_eq!(title.unwrap().as_str(), "qu-est-ce-que-l-hameçonnage");
//! assert!(Slug::parse("../drafts").is_err());
//! ```

mod title;

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use serde::{Deserialize, Serialize};

use crate::{id::NameError, locale::Locale};

/// The longest slug, in characters.
pub const MAX_CHARS: usize = 100;

/// A readable name in URLs: 1 to 100 characters in Unicode's composed form (NFC), words of lower-case
/// letters, marks and digits of any script, with single hyphens between them.
///
/// Nothing invisible is in it, no dot, slash or percent sign, and it can't be taken for an id (a UUID) or for
/// a reference by key (`key:…`), which share its place in URLs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(Arc<str>);

impl Slug {
    /// Reads a slug as it is: nothing is mended.
    ///
    /// # Errors
    /// [`NameError`] when the text breaks the rule given at the type.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        // Four bytes are the most that a character has; what is longer need not be looked at.
        let is_slug = text.len() <= 4 * MAX_CHARS
            && text.chars().count() <= MAX_CHARS
            && text.split('-').all(is_word)
            && !looks_like_uuid(text)
            && ComposingNormalizerBorrowed::new_nfc().is_normalized(text);
        if is_slug {
            Ok(Self(text.into()))
        } else {
            Err(NameError { kind: "slug", text: text.to_owned() })
        }
    }

    /// The slug that a title suggests, in the letters of its language; `None` when nothing of it is left.
    ///
    /// Lower case follows the locale (Turkish `I` is `ı`), accents and marks stay, and a long title is cut at
    /// a word's end, at 80 characters, so that a number has room after it.
    pub fn from_title(title: &str, locale: &Locale) -> Option<Self> {
        Self::parse(&title::suggest(title, locale)).ok()
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a character is in a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A letter or digit: a word may begin with it.
    Letter,
    /// A mark that belongs to the letter before it.
    Mark,
    /// A letter in upper or title case.
    Capital,
    /// Not to be seen: fillers, joiners, variation selectors, bidirectional controls.
    Invisible,
    /// Anything else.
    Other,
}

impl Kind {
    fn of(c: char) -> Self {
        if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) {
            return Self::Invisible;
        }
        let category = CodePointMapData::<GeneralCategory>::new().get(c);
        if category == GeneralCategory::UppercaseLetter
            || category == GeneralCategory::TitlecaseLetter
        {
            Self::Capital
        } else if GeneralCategoryGroup::Letter.contains(category)
            || category == GeneralCategory::DecimalNumber
        {
            Self::Letter
        } else if GeneralCategoryGroup::Mark.contains(category)
            && category != GeneralCategory::EnclosingMark
        {
            Self::Mark
        } else {
            Self::Other
        }
    }
}

fn is_word(word: &str) -> bool {
    let mut kinds = word.chars().map(Kind::of);
    kinds.next() == Some(Kind::Letter)
        && kinds.all(|kind| kind == Kind::Letter || kind == Kind::Mark)
}

/// Whether the text has a UUID's shape: hexadecimal in groups of 8, 4, 4, 4 and 12.
fn looks_like_uuid(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl FromStr for Slug {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slug_may_be_in_any_script() {
        for text in [
            "phishing",
            "a",
            "2026",
            "3-steps",
            "hameçonnage",
            "straße",
            "ısı",
            "التصيد-الاحتيالي",
            "ความปลอดภัย",
            "フィッシング詐欺",
            "साइबर-बदमाशी",
            "דיוג",
            "ქართული",
            "안전",
            "网络安全",
            "የልጆች",
            "ខ្មែរ",
            "١٢٣",
            &"a".repeat(100),
            &"ก".repeat(100),
        ] {
            assert_eq!(Slug::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_breaks_the_rule_is_refused() {
        for text in [
            "",
            "-",
            "-a",
            "a-",
            "a--b",
            "A",
            "Ab",
            "É",
            "ǅ",
            "a b",
            "a_b",
            "a.b",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "a%2fb",
            "%61",
            "a?b",
            "a#b",
            "key:a",
            "a:b",
            "a\0",
            "a\n",
            "e\u{301}",
            "\u{301}a",
            "a-\u{301}b",
            "a\u{20dd}",
            "a\u{200b}b",
            "a\u{200d}b",
            "a\u{200c}b",
            "a\u{ad}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{feff}",
            "a\u{fe0f}",
            "\u{3164}",
            "a\u{115f}",
            "a\u{34f}b",
            "\u{1f600}",
            "½",
            "a\u{e0001}",
            "a'b",
            "a’b",
            "𝐀",
            "0197e3a0-0000-7000-8000-000000000000",
            &"a".repeat(101),
            &"ก".repeat(101),
            &"\u{fdfa}".repeat(1_000_000),
        ] {
            assert!(Slug::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_slug_that_cannot_be_read_again(title in any::<String>(), tag in "en|tr|fr|fa|th") {
            if let Some(slug) = Slug::from_title(&title, &Locale::parse(&tag).unwrap()) {
                prop_assert_eq!(&Slug::parse(slug.as_str()).unwrap(), &slug);
                prop_assert!(slug.as_str().chars().count() <= 80);
            }
        }

        #[test]
        fn a_slug_suggests_itself(text in "[a-zéñ]{1,9}(-[a-z0-9ก-ฮ]{1,9}){0,5}") {
            let english = Locale::parse("en").unwrap();
            prop_assert_eq!(Slug::from_title(&text, &english), Slug::parse(&text).ok());
        }
    }
}
