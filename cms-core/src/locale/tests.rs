//! Vectors for single tags: grammar, registry, canonical form, and what follows from it.

use proptest::prelude::*;

use super::*;

fn tag(text: &str) -> Locale {
    Locale::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn assert_canonical(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(tag(text).as_str(), *expected, "{text}");
    }
}

#[test]
fn case_order_and_deprecated_subtags_are_made_canonical() {
    assert_canonical(&[
        ("EN", "en"),
        ("fR-cA", "fr-CA"),
        ("ZH-hANT-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-rozaj-biske-1994", "sl-1994-biske-rozaj"),
        ("de-ch-1901", "de-CH-1901"),
        ("de-1996-1901", "de-1901-1996"),
        // Deprecated languages, regions and variants.
        ("iw", "he"),
        ("iw-IL", "he-IL"),
        ("in", "id"),
        ("ji", "yi"),
        ("jw", "jv"),
        ("mo", "ro"),
        ("mo-MD", "ro-MD"),
        ("tl", "fil"),
        ("sh", "sr-Latn"),
        ("sh-ME", "sr-Latn-ME"),
        ("no", "no"),
        ("aam", "aas"),
        ("en-BU", "en-MM"),
        ("de-DD", "de-DE"),
        ("sr-CS", "sr-RS"),
        ("ru-SU", "ru-RU"),
        ("hy-arevela", "hy"),
        ("hy-arevmda", "hyw"),
        ("ja-Latn-hepburn-heploc", "ja-Latn-alalc97"),
    ]);
}

#[test]
fn extended_and_grandfathered_languages_are_replaced() {
    assert_canonical(&[
        ("zh-cmn", "zh"),
        ("cmn", "zh"),
        ("zh-cmn-Hans-CN", "zh-Hans-CN"),
        ("zh-yue", "yue"),
        ("zh-yue-HK", "yue-HK"),
        ("zh-gan", "gan"),
        ("ar-arb", "ar"),
        ("sgn-ase", "ase"),
        ("sgn-US", "ase"),
        // Registered whole, before tags had a grammar.
        ("i-klingon", "tlh"),
        ("I-KLINGON", "tlh"),
        ("art-lojban", "jbo"),
        ("i-navajo", "nv"),
        ("no-bok", "nb"),
        ("zh-min-nan", "nan"),
        ("zh-min", "nan-x-zh-min"),
        ("zh-guoyu", "zh"),
        ("en-GB-oed", "en-GB-oxendict"),
        ("sgn-BE-FR", "sfb"),
        ("i-default", "en-x-i-default"),
        ("cel-gaulish", "xtg"),
    ]);
}

#[test]
fn extensions_and_private_use_are_kept_in_canonical_form() {
    assert_canonical(&[
        ("en-U-NU-latn-ca-buddhist", "en-u-ca-buddhist-nu-latn"),
        ("en-u-kn-true", "en-u-kn"),
        ("da-u-ca-gregory-ca-buddhist", "da-u-ca-gregory"),
        ("en-u-attr-co-phonebk", "en-u-attr-co-phonebk"),
        ("en-t-DE-m0-und", "en-t-de-m0-und"),
        ("en-u-ca-buddhist-t-de", "en-t-de-u-ca-buddhist"),
        ("en-x-ABC-d", "en-x-abc-d"),
        ("x-whatever", "und-x-whatever"),
        ("X-a-1", "und-x-a-1"),
        ("qaa-Qaaa-QM", "qaa-Qaaa-QM"),
        ("sq-XK", "sq-XK"),
        ("und", "und"),
        ("mul", "mul"),
        ("zxx", "zxx"),
    ]);
}

#[test]
fn a_malformed_tag_is_refused() {
    for text in [
        "",
        " ",
        "-",
        "e",
        "en-",
        "-en",
        "en--US",
        "en_US",
        "en US",
        " en",
        "en\n",
        "en\0",
        "é",
        "en-é",
        "１２",
        "en-U",
        "abcdefghi",
        "en-abcdefghi",
        "en-US-Latn",
        "en-Latn-Cyrl",
        "en-US-GB",
        "en-1901-US",
        "de-1901-1901",
        "en-u",
        "en-u-",
        "en-u-x-foo",
        "en-u-nu-latn-u-ca-buddhist",
        "en-x",
        "x",
        "x-",
        "x-abcdefghi",
        "i",
        "i-",
        "1en",
        "123",
        "en-t-",
        "en-t",
        "*",
        "en-*",
        "C.UTF-8",
        "en.UTF-8",
        "en@euro",
    ] {
        assert!(
            matches!(Locale::parse(text), Err(LocaleError::Malformed { .. })),
            "{text:?}: {:?}",
            Locale::parse(text)
        );
    }
}

#[test]
fn a_subtag_that_is_not_registered_is_refused_by_name() {
    for (text, subtag) in [
        ("me-ME", "me"),
        ("xx-YY", "xx"),
        ("en-UK", "UK"),
        ("en-YY", "YY"),
        ("en-Abcd", "Abcd"),
        ("en-998", "998"),
        ("en-840", "840"),
        ("eng", "eng"),
        ("english", "english"),
        ("root", "root"),
        ("POSIX", "POSIX"),
        ("de-fakevar", "fakevar"),
        ("en-yue", "yue"),
        ("zh-abc", "abc"),
        ("i-unheardof", "i"),
        ("en-a-bbb", "a"),
        ("en-0-abc", "0"),
        ("qzz", "qzz"),
    ] {
        let expected = if subtag == "i" {
            LocaleError::Malformed { tag: text.to_owned() }
        } else {
            LocaleError::Unknown { tag: text.to_owned(), subtag: subtag.to_owned() }
        };
        assert_eq!(Locale::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn a_tag_has_at_most_a_hundred_bytes_also_when_canonical() {
    let longest = format!("en-x{}", "-abcdefg".repeat(12));
    assert_eq!(longest.len(), MAX_LEN);
    assert_eq!(tag(&longest).as_str(), longest);
    assert_eq!(Locale::parse(&format!("{longest}h")), Err(LocaleError::TooLong));
    assert_eq!(Locale::parse(&longest.replace("en-", "sh-")), Err(LocaleError::TooLong));
    assert_eq!(Locale::parse(&"a".repeat(10_000_000)), Err(LocaleError::TooLong));
}

#[test]
fn every_registered_language_stays_as_it_is_once_canonical() {
    for language in subtags::languages() {
        let canonical = tag(language.as_str());
        assert_eq!(tag(canonical.as_str()), canonical, "{language}");
    }
}

#[test]
fn parts_are_told() {
    for (text, language, script, region, direction) in [
        ("fr-CA", "fr", Some("Latn"), Some("CA"), Direction::Ltr),
        ("zh-TW", "zh", Some("Hant"), Some("TW"), Direction::Ltr),
        ("zh", "zh", Some("Hans"), None, Direction::Ltr),
        ("ar", "ar", Some("Arab"), None, Direction::Rtl),
        ("iw-IL", "he", Some("Hebr"), Some("IL"), Direction::Rtl),
        ("ur", "ur", Some("Arab"), None, Direction::Rtl),
        ("fa-AF", "fa", Some("Arab"), Some("AF"), Direction::Rtl),
        ("pa-PK", "pa", Some("Arab"), Some("PK"), Direction::Rtl),
        ("pa", "pa", Some("Guru"), None, Direction::Ltr),
        ("az-Arab", "az", Some("Arab"), None, Direction::Rtl),
        ("ckb", "ckb", Some("Arab"), None, Direction::Rtl),
        ("dv", "dv", Some("Thaa"), None, Direction::Rtl),
        ("yi", "yi", Some("Hebr"), None, Direction::Rtl),
        ("ff-Adlm", "ff", Some("Adlm"), None, Direction::Rtl),
        ("ar-Latn", "ar", Some("Latn"), None, Direction::Ltr),
        ("es-419", "es", Some("Latn"), Some("419"), Direction::Ltr),
        ("und-Arab", "und", Some("Arab"), None, Direction::Rtl),
        ("und", "und", None, None, Direction::Ltr),
        ("qaa", "qaa", None, None, Direction::Ltr),
    ] {
        let locale = tag(text);
        assert_eq!(locale.language(), language, "{text}");
        assert_eq!(locale.script(), script, "{text}");
        assert_eq!(locale.region(), region, "{text}");
        assert_eq!(locale.direction(), direction, "{text}");
    }
}

#[test]
fn tags_that_mean_the_same_match() {
    for (one, other) in [
        ("zh-TW", "zh-Hant-TW"),
        ("zh-TW", "zh-Hant"),
        ("zh", "zh-Hans-CN"),
        ("sr-RS", "sr-Cyrl"),
        ("sh", "sr-Latn"),
        ("pt", "pt-BR"),
        ("en", "en-US"),
        ("fr-CA-u-nu-latn", "fr-CA"),
        ("fr-CA-x-foo", "fr-CA"),
        ("no", "nb-NO"),
        ("iw", "he-IL"),
    ] {
        assert!(tag(one).matches(&tag(other)), "{one} {other}");
        assert!(tag(other).matches(&tag(one)), "{other} {one}");
    }
    for (one, other) in [
        ("zh-TW", "zh-Hans"),
        ("zh-TW", "zh"),
        ("zh-HK", "zh-TW"),
        ("sr-RS", "sr-Latn"),
        ("pt-BR", "pt-PT"),
        ("en-GB", "en"),
        ("no", "nn"),
        ("de", "de-1901"),
        ("und-Latn", "en"),
        ("yue", "zh"),
    ] {
        assert!(!tag(one).matches(&tag(other)), "{one} {other}");
    }
}

#[test]
fn matching_leaves_extensions_and_private_use_out() {
    for (text, expected) in [
        ("fr-CA-u-nu-latn", "fr-CA"),
        ("fr-CA-x-a-b", "fr-CA"),
        ("de-CH-1901-u-co-phonebk-x-a", "de-CH-1901"),
        ("ja-t-it", "ja"),
        ("x-a", "und"),
        ("th", "th"),
    ] {
        assert_eq!(tag(text).matching().as_str(), expected, "{text}");
    }
}

#[test]
fn truncations_get_shorter_and_keep_the_script() {
    for (text, expected) in [
        ("fr", "fr"),
        ("fr-CA", "fr-CA fr"),
        ("fr-CA-u-nu-latn", "fr-CA-u-nu-latn fr-CA fr"),
        ("zh-TW", "zh-TW zh-Hant"),
        ("zh-Hant-HK", "zh-Hant-HK zh-Hant"),
        ("zh-Hans-SG", "zh-Hans-SG zh"),
        ("zh", "zh"),
        ("sr-Latn-RS", "sr-Latn-RS sr-Latn"),
        ("sr-ME", "sr-ME sr-Latn"),
        ("uz-AF", "uz-AF uz-Arab"),
        ("pa-PK", "pa-PK pa-Arab"),
        ("es-MX", "es-MX es-419 es"),
        ("en-AU", "en-AU en-001 en"),
        ("pt-AO", "pt-AO pt-PT pt"),
        ("nb-NO", "nb-NO nb no"),
        ("hi-Latn", "hi-Latn"),
        ("de-CH-1901", "de-CH-1901 de-CH de"),
        ("sl-IT-nedis-rozaj", "sl-IT-nedis-rozaj sl-IT-nedis sl-IT sl"),
        ("x-a", "und-x-a und"),
    ] {
        let truncations = tag(text).truncations();
        let texts: Vec<_> = truncations.iter().map(Locale::as_str).collect();
        assert_eq!(texts.join(" "), expected, "{text}");
    }
}

#[test]
fn languages_are_named_in_themselves() {
    for (text, expected) in [
        ("en", "English"),
        ("fr", "français"),
        ("fr-CA", "français canadien"),
        ("fr-CA-u-nu-latn", "français canadien"),
        ("es", "español"),
        ("es-419", "español latinoamericano"),
        ("pt-BR", "português (Brasil)"),
        ("pt-PT", "português europeu"),
        ("de", "Deutsch"),
        ("it", "italiano"),
        ("nl", "Nederlands"),
        ("ar", "العربية"),
        ("he", "עברית"),
        ("fa", "فارسی"),
        ("fa-AF", "دری"),
        ("ur", "اردو"),
        ("ps", "پښتو"),
        ("ja", "日本語"),
        ("ko", "한국어"),
        ("th", "ไทย"),
        ("zh", "中文"),
        ("zh-TW", "繁體中文"),
        ("zh-Hans", "简体中文"),
        ("hi", "हिन्दी"),
        ("bn", "বাংলা"),
        ("ru", "русский"),
        ("uk", "українська"),
        ("el", "Ελληνικά"),
        ("cy", "Cymraeg"),
        ("ga", "Gaeilge"),
        ("mi", "Māori"),
        ("vi", "Tiếng Việt"),
        ("id", "Indonesia"),
        ("tr", "Türkçe"),
        ("pl", "polski"),
        ("sw", "Kiswahili"),
        ("am", "አማርኛ"),
        ("ka", "ქართული"),
        // CLDR has nothing for these: the language without its region, or the tag.
        ("fr-AQ", "français"),
        ("tlh", "tlh"),
        ("x-a", "und-x-a"),
    ] {
        assert_eq!(tag(text).own_name(), expected, "{text}");
    }
    assert!(names::tags().filter(|tag| !tag.contains('-')).count() >= 60);
}

#[test]
fn every_named_tag_is_valid() {
    for text in names::tags() {
        assert!(Locale::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn a_locale_is_its_tag_in_json_and_in_maps() {
    let locale: Locale = serde_json::from_str("\"IW\"").unwrap();
    assert_eq!(serde_json::to_string(&locale).unwrap(), "\"he\"");
    assert!(serde_json::from_str::<Locale>("\"me-ME\"").is_err());
    let map = std::collections::HashMap::from([(locale, 1)]);
    assert_eq!(map.get("he"), Some(&1));
}

#[test]
fn a_cached_tag_is_the_same_as_a_new_one() {
    let first = tag("mt-MT");
    let second = tag("mt-MT");
    assert!(Arc::ptr_eq(&first.0, &second.0));
}

proptest! {
    #[test]
    fn what_parses_is_displayed_as_what_parses_to_it(
        text in "[a-zA-Z]{2,3}(-[A-Za-z]{3,4})?(-[A-Za-z]{2}|-[0-9]{3})?(-[a-z0-9]{5,8})?(-[utx](-[a-z0-9]{2,8}){1,4}){0,2}"
    ) {
        if let Ok(locale) = Locale::parse(&text) {
            prop_assert_eq!(&Locale::parse(locale.as_str()).unwrap(), &locale);
            for shorter in locale.truncations() {
                prop_assert_eq!(Locale::parse(shorter.as_str()).unwrap(), shorter);
            }
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        if let Ok(locale) = Locale::parse(&text) {
            prop_assert!(!locale.own_name().is_empty());
        }
    }
}
