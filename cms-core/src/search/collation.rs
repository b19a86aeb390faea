//! Titles in the order that the readers of a language expect (Unicode Collation Algorithm, CLDR).
//!
//! A title is sorted by a key of bytes, made with the rules of each locale that the form serves: a French
//! title in a Swedish list is sorted as Swedes would. Keys of one locale can be compared anywhere, so the
//! order is the same however the forms are spread over segments.

use std::collections::HashMap;

use icu_collator::{CollatorBorrowed, options::CollatorOptions};

use crate::locale::Locale;

/// The bytes of a key that count; titles that differ only behind them are sorted by id.
pub(super) const MAX_KEY: usize = 240;
/// The characters of a title that count, so that a huge one costs no more.
const MAX_CHARS: usize = 200;

/// Collators by locale, made when they are first needed.
#[derive(Default)]
pub(super) struct Collators(HashMap<Locale, Option<CollatorBorrowed<'static>>>);

impl Collators {
    /// The key of a title for a locale's readers, each byte as the character of that number: columns hold
    /// text, and the order is the same.
    pub(super) fn title_key(&mut self, locale: &Locale, title: &str) -> String {
        let collator = self.0.entry(locale.clone()).or_insert_with(|| collator(locale));
        let title: String = title.chars().take(MAX_CHARS).collect();
        let mut key = Vec::new();
        match collator {
            // Writing to a vector cannot fail.
            Some(collator) => drop(collator.write_sort_key_to(&title, &mut key)),
            None => key.extend_from_slice(title.as_bytes()),
        }
        key.truncate(MAX_KEY);
        key.into_iter().map(char::from).collect()
    }
}

/// The bytes of a key that [`Collators::title_key`] made.
pub(super) fn key_bytes(key: &str) -> Vec<u8> {
    key.chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

/// The key as a column holds it.
pub(super) fn key_text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn collator(locale: &Locale) -> Option<CollatorBorrowed<'static>> {
    let tag = icu_locale::Locale::try_from_str(locale.as_str()).ok()?;
    CollatorBorrowed::try_new((&tag).into(), CollatorOptions::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'t>(locale: &str, titles: &[&'t str]) -> Vec<&'t str> {
        let locale = Locale::parse(locale).unwrap();
        let mut collators = Collators::default();
        let mut titles = titles.to_vec();
        titles.sort_by_key(|title| collators.title_key(&locale, title));
        titles
    }

    #[test]
    fn each_language_has_its_own_order() {
        assert_eq!(sorted("sv", &["ö", "z", "o"]), ["o", "z", "ö"]);
        assert_eq!(sorted("de", &["ö", "z", "o"]), ["o", "ö", "z"]);
        assert_eq!(sorted("es", &["nz", "ñ", "o"]), ["nz", "ñ", "o"]);
        assert_eq!(sorted("cs", &["i", "ch", "h", "c"]), ["c", "h", "ch", "i"]);
        assert_eq!(sorted("lt", &["k", "y", "i"]), ["i", "y", "k"]);
        assert_eq!(sorted("ru", &["яблоко", "Apple", "ёж"]), ["ёж", "яблоко", "Apple"]);
        assert_eq!(sorted("de-u-co-phonebk", &["Ad", "Ä", "Af"]), ["Ad", "Ä", "Af"]);
    }

    #[test]
    fn a_key_reads_back_from_its_column() {
        let bytes: Vec<u8> = (1..=255).collect();
        assert_eq!(key_bytes(&key_text(&bytes)), bytes);
        assert!(key_text(&[0x7f]) < key_text(&[0x80]) && key_text(&[0x80, 1]) < key_text(&[0xff]));
    }

    #[test]
    fn a_huge_title_has_a_short_key() {
        let key =
            Collators::default().title_key(&Locale::parse("ja").unwrap(), &"安全".repeat(100_000));
        assert_eq!(key_bytes(&key).len(), MAX_KEY);
    }
}
