//! The system's own words (`locales/`), in the reader's language. The only user of `t!` here.
//!
//! The language is an argument, never the process's: [`rust_i18n::set_locale`] is not for servers. Which of
//! the languages a reader gets is decided as it is for content ([`Locales`]), not by the macro's own fallback,
//! which knows no scripts. A sentence that a language lacks comes in English.

use std::{borrow::Cow, sync::LazyLock};

use icu_plurals::{PluralCategory, PluralRules};
use rust_i18n::t;

use crate::locale::{Direction, Locale, Locales, SiteLocale};

/// The languages that `locales/` has, English first: it is the default.
static LANGUAGES: LazyLock<Locales> = LazyLock::new(|| {
    let english = Locale::english();
    let tags = rust_i18n::available_locales!();
    let mut all: Vec<Locale> = tags.iter().filter_map(|tag| Locale::parse(tag).ok()).collect();
    all.sort_by_key(|tag| (*tag != english, tag.clone()));
    let all = all.into_iter().map(|tag| SiteLocale {
        name: tag.own_name().to_owned(),
        tag,
        fallback: None,
    });
    Locales::new(english, all.collect())
});

/// The languages that there are words in. Their default is English; [`Locales::look_up`] tells which of them
/// suits a reader, and [`Locales::negotiate`] which suits a request.
pub fn languages() -> &'static Locales {
    &LANGUAGES
}

/// The language of the words for readers of this locale.
pub fn language(reader: &Locale) -> &'static Locale {
    LANGUAGES.look_up(reader).map_or(LANGUAGES.default_locale(), |found| &found.tag)
}

/// The sentence of this key in the reader's language, with its `%{name}`s filled; the key itself when no
/// language has it.
///
/// In languages that are written from right to left the values are put into isolates (U+2068 and U+2069), so
/// that a Latin word or a number doesn't turn the sentence about.
pub fn text(reader: &Locale, key: &str, values: &[(&str, &str)]) -> String {
    let language = language(reader);
    filled(&sentence(language, key), language, values)
}

/// The sentence of this key for so many things: of `key.one`, `key.other` and so on the one that the reader's
/// language wants (CLDR's plural rules), with the number as `%{count}`.
pub fn counted(reader: &Locale, key: &str, count: u64, values: &[(&str, &str)]) -> String {
    let language = language(reader);
    let wanted = format!("{key}.{}", plural(language, count));
    let found = Some(sentence(language, &wanted)).filter(|found| *found != wanted);
    let found = found.unwrap_or_else(|| sentence(language, &format!("{key}.other")));
    let number = count.to_string();
    let values: Vec<(&str, &str)> = values.iter().copied().chain([("count", &*number)]).collect();
    filled(&found, language, &values)
}

/// The sentence in this language or else in English; the key when neither has it.
fn sentence(language: &Locale, key: &str) -> String {
    let found: Cow<'_, str> = t!(key, locale = language.as_str());
    if found == key { t!(key, locale = "en").into_owned() } else { found.into_owned() }
}

fn filled(sentence: &str, language: &Locale, values: &[(&str, &str)]) -> String {
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let isolate = |value: &str| match language.direction() {
        Direction::Ltr => value.to_owned(),
        Direction::Rtl => format!("\u{2068}{value}\u{2069}"),
    };
    let values: Vec<String> = values.iter().map(|(_, value)| isolate(value)).collect();
    rust_i18n::replace_patterns(sentence, &names, &values)
}

/// The suffix of the plural form for so many.
fn plural(language: &Locale, count: u64) -> &'static str {
    let rules = PluralRules::try_new_cardinal(language.id().into());
    match rules.map_or(PluralCategory::Other, |rules| rules.category_for(count)) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Locale {
        Locale::parse(text).unwrap()
    }

    #[test]
    fn a_reader_gets_the_nearest_language_or_english() {
        for (reader, expected) in [
            ("en-GB", "en"),
            ("fr-CA", "fr"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("ar-EG-u-nu-latn", "ar"),
            ("ja-JP", "ja"),
            ("sw", "en"),
            // Arabic in Latin letters is no help to who reads those.
            ("ar-Latn", "en"),
            ("und", "en"),
        ] {
            assert_eq!(language(&tag(reader)).as_str(), expected, "{reader}");
        }
    }

    #[test]
    fn a_value_is_isolated_where_writing_runs_from_right_to_left() {
        let values = [("min", "1"), ("max", "100")];
        let english = text(&tag("en"), "violation.out_of_range", &values);
        assert!(english.contains('1') && !english.contains('\u{2068}'), "{english}");
        let arabic = text(&tag("ar-EG"), "violation.out_of_range", &values);
        assert!(arabic.contains("\u{2068}100\u{2069}"), "{arabic}");
    }

    #[test]
    fn a_value_is_not_read_for_placeholders() {
        let filled = filled("%{a} and %{b}", &tag("en"), &[("a", "%{b}"), ("b", "%{a}")]);
        assert_eq!(filled, "%{b} and %{a}");
    }

    #[test]
    fn a_key_without_words_comes_back() {
        assert_eq!(text(&tag("fr"), "violation.no_such_code", &[]), "violation.no_such_code");
    }

    #[test]
    fn plural_forms_follow_the_language() {
        for (language, count, expected) in [
            ("en", 0, "other"),
            ("en", 1, "one"),
            ("fr", 0, "one"),
            ("ar", 0, "zero"),
            ("ar", 2, "two"),
            ("ar", 3, "few"),
            ("ar", 11, "many"),
            ("ja", 1, "other"),
        ] {
            assert_eq!(plural(&tag(language), count), expected, "{language} {count}");
        }
    }
}
