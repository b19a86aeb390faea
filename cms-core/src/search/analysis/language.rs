//! Which rules each language has: one table, which is also what an administrator is shown.
//!
//! A language that is not in the table gets the rules of its script, or Unicode's alone.

use frostem::Algorithm;

use super::{
    fold::{Casing, Fold},
    stem::{Light, Stem},
    words::Apostrophe,
};

/// What is done to the words of a language, in this order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) apostrophe: Apostrophe,
    pub(super) casing: Casing,
    pub(super) folds: &'static [Fold],
    pub(super) stem: Stem,
    /// Whether letters lose their marks once the word is cut down: where readers leave accents out.
    pub(super) bare: bool,
    /// Words with little meaning of their own, questions' words among them, by white space.
    pub(super) function_words: &'static str,
}

const DEFAULT: Rules = Rules {
    apostrophe: Apostrophe::Letter,
    casing: Casing::Root,
    folds: &[],
    stem: Stem::None,
    bare: false,
    function_words: "",
};

const FRENCH: Apostrophe = Apostrophe::Elision(&[
    "l", "d", "j", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "quelqu",
    "presqu",
]);
const CATALAN: Apostrophe = Apostrophe::Elision(&["l", "d", "m", "n", "s", "t"]);
const ITALIAN: Apostrophe = Apostrophe::Elision(&[
    "l", "un", "d", "c", "m", "t", "s", "v", "n", "gl", "all", "dall", "dell", "nell", "sull",
    "coll", "pell", "agl", "dagl", "degl", "negl", "sugl", "quell", "quest", "quant", "com", "dov",
    "cos", "anch", "senz", "tutt",
]);
const IRISH: Apostrophe = Apostrophe::Elision(&["d", "m", "b"]);

/// Folded and cut down by Snowball, marks off.
const fn european(algorithm: Algorithm, function_words: &'static str) -> Rules {
    Rules { stem: Stem::Snowball(algorithm), bare: true, function_words, ..DEFAULT }
}

/// The same where letters with marks are letters of their own.
const fn marked(algorithm: Algorithm, function_words: &'static str) -> Rules {
    Rules { bare: false, ..european(algorithm, function_words) }
}

const fn folded(folds: &'static [Fold], stem: Stem, function_words: &'static str) -> Rules {
    Rules { folds, stem, function_words, ..DEFAULT }
}

macro_rules! words {
    ($language:literal) => {
        include_str!(concat!("data/words/", $language, ".txt"))
    };
}

/// The rules of a language (its ISO 639 code) in a script.
pub(super) fn rules(language: &str, script: &str) -> Rules {
    use Algorithm as A;
    match language {
        "ar" => folded(&[Fold::Arabic], Stem::Snowball(A::Arabic), words!("ar")),
        "az" => Rules { casing: Casing::Turkic, apostrophe: Apostrophe::Ending, ..DEFAULT },
        "bn" | "as" => folded(&[Fold::Indic], Stem::Light(Light::Bengali), words!("bn")),
        "ca" => Rules { apostrophe: CATALAN, ..european(A::Catalan, words!("ca")) },
        "cs" => european(A::Czech, words!("cs")),
        "da" => marked(A::Danish, words!("da")),
        "de" => european(A::German, words!("de")),
        "el" => european(A::Greek, words!("el")),
        "en" => Rules { apostrophe: Apostrophe::Possessive, ..european(A::English, words!("en")) },
        "eo" => european(A::Esperanto, ""),
        "es" => european(A::Spanish, words!("es")),
        "et" => marked(A::Estonian, ""),
        "eu" => european(A::Basque, ""),
        "fa" | "prs" => folded(&[Fold::Persian], Stem::Snowball(A::Persian), words!("fa")),
        "fi" => marked(A::Finnish, words!("fi")),
        "fr" => Rules { apostrophe: FRENCH, ..european(A::French, words!("fr")) },
        "ga" => Rules { apostrophe: IRISH, ..european(A::Irish, "") },
        "he" | "yi" => folded(&[Fold::Hebrew], Stem::Light(Light::Hebrew), words!("he")),
        "hi" | "mr" => folded(&[Fold::Indic], Stem::Snowball(A::Hindi), words!("hi")),
        "hu" => european(A::Hungarian, words!("hu")),
        "hy" => european(A::Armenian, ""),
        "id" | "ms" => european(A::Indonesian, words!("id")),
        "it" => Rules { apostrophe: ITALIAN, ..european(A::Italian, words!("it")) },
        "ja" => folded(&[Fold::Kana], Stem::None, words!("ja")),
        "ko" => folded(&[], Stem::Light(Light::Korean), words!("ko")),
        "lt" => european(A::Lithuanian, ""),
        "nb" | "nn" => marked(A::Norwegian, words!("nb")),
        "ne" => folded(&[Fold::Indic], Stem::Snowball(A::Nepali), ""),
        "nl" => european(A::Dutch, words!("nl")),
        "pl" => european(A::Polish, words!("pl")),
        "pt" => european(A::Portuguese, words!("pt")),
        "ro" => Rules { folds: &[Fold::Romanian], ..european(A::Romanian, words!("ro")) },
        "ru" => folded(&[Fold::Yo], Stem::Snowball(A::Russian), words!("ru")),
        "sr" | "bs" | "hr" => Rules { folds: &[Fold::Serbian], ..european(A::Serbian, "") },
        "st" => european(A::Sesotho, ""),
        "sv" => marked(A::Swedish, words!("sv")),
        "sw" => Rules { function_words: words!("sw"), ..DEFAULT },
        "ta" => folded(&[Fold::Indic], Stem::Snowball(A::Tamil), ""),
        "te" => folded(&[Fold::Indic], Stem::Light(Light::Telugu), words!("te")),
        "th" => Rules { function_words: words!("th"), ..DEFAULT },
        "tr" => Rules {
            apostrophe: Apostrophe::Ending,
            casing: Casing::Turkic,
            ..marked(A::Turkish, words!("tr"))
        },
        "uk" => folded(&[], Stem::None, words!("uk")),
        "vi" => Rules { function_words: words!("vi"), ..DEFAULT },
        "zh" => folded(&[Fold::Han], Stem::None, words!("zh")),
        _ => by_script(script),
    }
}

fn by_script(script: &str) -> Rules {
    let folds: &'static [Fold] = match script {
        "Arab" => &[Fold::Persian],
        "Hebr" => &[Fold::Hebrew],
        "Deva" | "Beng" | "Guru" | "Gujr" | "Orya" | "Taml" | "Telu" | "Knda" | "Mlym" => {
            &[Fold::Indic]
        }
        "Hans" | "Hant" | "Hani" => &[Fold::Han],
        _ => &[],
    };
    Rules { folds, ..DEFAULT }
}
