//! Which subtags exist: the IANA language subtag registry, compiled in (`data/README.md`).
//!
//! It says what is registered, deprecated or not. What replaces a deprecated subtag is left to ICU, whose
//! data follow CLDR.

use std::sync::LazyLock;

use icu_locale::subtags::{Language, Region, Script, Variant};

/// The registered subtags of each kind, sorted.
#[derive(Default)]
struct Registry {
    languages: Vec<Language>,
    extlangs: Vec<(Language, Language)>,
    scripts: Vec<Script>,
    regions: Vec<Region>,
    variants: Vec<Variant>,
    grandfathered: Vec<(&'static str, &'static str)>,
}

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| Registry::read(include_str!("data/subtags.txt")));

impl Registry {
    fn read(text: &'static str) -> Self {
        let mut registry = Self::default();
        let mut section = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else {
                line.split(' ').for_each(|word| registry.add(section, word));
            }
        }
        registry.sort();
        registry
    }

    /// Adds a word of the file. A word that ICU cannot read would be lost: a test counts them.
    fn add(&mut self, section: &str, word: &'static str) {
        match section {
            "language" => self.languages.extend(word.parse::<Language>().ok()),
            "extlang" => self.extlangs.extend(
                word.split_once('-')
                    .and_then(|(prefix, tag)| Some((prefix.parse().ok()?, tag.parse().ok()?))),
            ),
            "script" => self.scripts.extend(word.parse::<Script>().ok()),
            "region" => self.regions.extend(word.parse::<Region>().ok()),
            "variant" => self.variants.extend(word.parse::<Variant>().ok()),
            _ => self.grandfathered.extend(word.split_once('=')),
        }
    }

    fn sort(&mut self) {
        self.languages.sort_unstable();
        self.extlangs.sort_unstable();
        self.scripts.sort_unstable();
        self.regions.sort_unstable();
        self.variants.sort_unstable();
        self.grandfathered.sort_unstable();
    }
}

/// Whether this language may be named: registered, or private use (`qaa` to `qtz`).
pub(super) fn is_language(language: Language) -> bool {
    REGISTRY.languages.binary_search(&language).is_ok()
        || ("qaa"..="qtz").contains(&language.as_str())
}

/// Whether this extended language is registered below that language, as `yue` is below `zh`.
pub(super) fn is_extlang(prefix: Language, extlang: Language) -> bool {
    REGISTRY.extlangs.binary_search(&(prefix, extlang)).is_ok()
}

/// Whether this script may be named: registered, or private use (`Qaaa` to `Qabx`).
pub(super) fn is_script(script: Script) -> bool {
    REGISTRY.scripts.binary_search(&script).is_ok() || ("Qaaa"..="Qabx").contains(&script.as_str())
}

/// Whether this region may be named: registered, or private use (`QM` to `QZ`, `XA` to `XZ`).
pub(super) fn is_region(region: Region) -> bool {
    let text = region.as_str();
    REGISTRY.regions.binary_search(&region).is_ok()
        || (region.is_alphabetic()
            && (("QM"..="QZ").contains(&text) || ("XA"..="XZ").contains(&text)))
}

/// Whether this variant is registered.
pub(super) fn is_variant(variant: Variant) -> bool {
    REGISTRY.variants.binary_search(&variant).is_ok()
}

/// What replaces a whole tag that was registered before tags had a grammar (`i-klingon`); `tag` in lower case.
pub(super) fn grandfathered(tag: &str) -> Option<&'static str> {
    let table = &REGISTRY.grandfathered;
    table
        .binary_search_by_key(&tag, |(old, _)| old)
        .ok()
        .and_then(|at| table.get(at))
        .map(|(_, new)| *new)
}

/// All registered languages, for tests that go through them.
#[cfg(test)]
pub(super) fn languages() -> &'static [Language] {
    &REGISTRY.languages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_file_is_read() {
        let words = |section: &str| {
            let text = include_str!("data/subtags.txt");
            let (_, rest) = text.split_once(&format!("[{section}]\n")).unwrap();
            rest.split("\n[").next().unwrap().split_whitespace().count()
        };
        assert_eq!(REGISTRY.languages.len(), words("language"));
        assert_eq!(REGISTRY.extlangs.len(), words("extlang"));
        assert_eq!(REGISTRY.scripts.len(), words("script"));
        assert_eq!(REGISTRY.regions.len(), words("region"));
        assert_eq!(REGISTRY.variants.len(), words("variant"));
        assert_eq!(REGISTRY.grandfathered.len(), 26);
        assert!(REGISTRY.languages.len() > 8_000);
    }

    #[test]
    fn private_use_ranges_end_where_the_registry_says() {
        for (text, private) in
            [("qaa", true), ("qtz", true), ("qua", true), ("quz", true), ("qzz", false)]
        {
            assert_eq!(is_language(text.parse().unwrap()), private, "{text}");
        }
        for (text, private) in [("Qaaa", true), ("Qabx", true), ("Qaby", false)] {
            assert_eq!(is_script(text.parse().unwrap()), private, "{text}");
        }
        for (text, private) in
            [("QL", false), ("QM", true), ("XA", true), ("XZ", true), ("ZZ", true), ("840", false)]
        {
            assert_eq!(is_region(text.parse().unwrap()), private, "{text}");
        }
    }
}
