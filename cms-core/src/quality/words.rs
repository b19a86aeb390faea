//! The words themselves: untranslated, doubled, of another script, too many, or without a *not*.

use icu_properties::{CodePointMapData, props::Script};

use super::{Check, Finding, Sides, shown::OBJECT};
use crate::{locale::Locale, segment::facts};

/// Languages that double words on purpose, and those that write none apart.
const DOUBLING: [&str; 26] = [
    "tr", "az", "hi", "mr", "bn", "kn", "te", "ta", "ml", "gu", "pa", "ur", "ne", "si", "id", "ms",
    "vi", "tl", "th", "lo", "km", "my", "ja", "zh", "ko", "fa",
];
/// Words that stand twice in a row for good reason.
const TWICE: [&str; 22] = [
    "nous", "vous", "die", "das", "der", "sie", "that", "had", "dat", "je", "zijn", "den", "det",
    "som", "si", "lo", "la", "se", "was", "ist", "in", "is",
];
/// How many letters a text needs for its script to be told.
const LETTERS: usize = 12;

pub(super) fn check(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let is_same = is_same(sides);
    let rules = [
        (Check::Same, is_same),
        (Check::MaxLength, is_too_long(sides)),
        (Check::Script, !is_same && is_of_other_script(sides)),
    ];
    found.extend(rules.iter().filter(|(_, broken)| *broken).map(|(check, _)| Finding::new(*check)));
    if !is_same {
        found.extend(doubled(sides));
        found.extend(negated(sides));
    }
}

/// Two words or more that are the source's: one alone may be a name. Between variants of one language that is as it
/// should be.
fn is_same(sides: &Sides<'_>) -> bool {
    let (of, to) = sides.languages;
    let words = |text: &str| -> Vec<String> {
        let is_word = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() > 1;
        text.split_whitespace().filter(is_word).map(str::to_lowercase).collect()
    };
    let source = words(&sides.source);
    of.language() != to.language() && source.len() > 1 && source == words(&sides.target)
}

/// More characters than any language takes for what the source says.
fn is_too_long(sides: &Sides<'_>) -> bool {
    let [source, target] = [&sides.source, &sides.target].map(|text| text.chars().count());
    target > 80 + 5 * source
}

/// A word that stands twice in a row, and not in the source.
fn doubled(sides: &Sides<'_>) -> Option<Finding> {
    if DOUBLING.contains(&sides.languages.1.language()) {
        return None;
    }
    let word = doubled_word(&sides.target)?;
    let is_meant = TWICE.contains(&word.as_str()) || doubled_word(&sides.source).is_some();
    (!is_meant).then(|| Finding::new(Check::Duplicate).listing(&[], &[word]))
}

fn doubled_word(text: &str) -> Option<String> {
    let mut before: Option<String> = None;
    for word in text.split_whitespace() {
        let is_word = word.chars().all(char::is_alphabetic) && word.chars().count() > 1;
        // Punctuation behind a word parts it from the next, not from the one before.
        let bare = word.trim_end_matches(|c: char| !c.is_alphabetic());
        if !bare.is_empty() && before.as_deref() == Some(&bare.to_lowercase()) {
            return before;
        }
        before = is_word.then(|| word.to_lowercase());
    }
    None
}

/// One side says *not* and the other doesn't.
fn negated(sides: &Sides<'_>) -> Option<Finding> {
    let (of, to) = sides.languages;
    if !facts::knows(of.language()) || !facts::knows(to.language()) {
        return None;
    }
    let (source, target) = (sides.facts.0.negations(), sides.facts.1.negations());
    ((source == 0) != (target == 0)).then(|| Finding::new(Check::Negation))
}

/// Whether hardly any of its letters are of the scripts that its language is written in.
fn is_of_other_script(sides: &Sides<'_>) -> bool {
    let scripts = scripts(sides.languages.1);
    let known = CodePointMapData::<Script>::new();
    let (mut letters, mut own) = (0_usize, 0_usize);
    for c in sides.target.chars().filter(|c| c.is_alphabetic() && *c != OBJECT) {
        letters += 1;
        own += usize::from(scripts.contains(&known.get(c)));
    }
    !scripts.is_empty() && letters >= LETTERS && own * 4 < letters
}

/// The scripts that a language is written in; none where it isn't known.
fn scripts(locale: &Locale) -> &'static [Script] {
    // What a tag says goes before what is usual.
    let said = locale.as_str().split('-').skip(1).find(|part| part.len() == 4);
    let script = match said.filter(|part| part.chars().all(char::is_alphabetic)) {
        Some(script) => script,
        None => usual_script(locale),
    };
    match script {
        "Latn" => &[Script::Latin],
        "Cyrl" => &[Script::Cyrillic],
        "Grek" => &[Script::Greek],
        "Arab" => &[Script::Arabic],
        "Hebr" => &[Script::Hebrew],
        "Deva" => &[Script::Devanagari],
        "Beng" => &[Script::Bengali],
        "Knda" => &[Script::Kannada],
        "Taml" => &[Script::Tamil],
        "Telu" => &[Script::Telugu],
        "Thai" => &[Script::Thai],
        "Hans" | "Hant" | "Hani" => &[Script::Han, Script::Bopomofo],
        "Jpan" => &[Script::Han, Script::Hiragana, Script::Katakana],
        "Kore" => &[Script::Hangul, Script::Han],
        "Armn" => &[Script::Armenian],
        "Geor" => &[Script::Georgian],
        "Ethi" => &[Script::Ethiopic],
        "Khmr" => &[Script::Khmer],
        "Mymr" => &[Script::Myanmar],
        _ => &[],
    }
}

/// The script that a language is usually written in.
fn usual_script(locale: &Locale) -> &'static str {
    match locale.language() {
        "ru" | "uk" | "bg" | "mk" | "be" | "kk" | "ky" | "tg" | "mn" => "Cyrl",
        "el" => "Grek",
        "ar" | "fa" | "ur" | "ps" | "ckb" | "sd" | "ug" => "Arab",
        "he" | "yi" => "Hebr",
        "hi" | "mr" | "ne" | "sa" => "Deva",
        "bn" | "as" => "Beng",
        "kn" => "Knda",
        "ta" => "Taml",
        "te" => "Telu",
        "th" => "Thai",
        "zh" | "yue" => "Hani",
        "ja" => "Jpan",
        "ko" => "Kore",
        "hy" => "Armn",
        "ka" => "Geor",
        "am" | "ti" => "Ethi",
        "km" => "Khmr",
        "my" => "Mymr",
        "en" | "fr" | "es" | "de" | "it" | "pt" | "nl" | "pl" | "sv" | "da" | "nb" | "no"
        | "nn" | "fi" | "et" | "lv" | "lt" | "cs" | "sk" | "sl" | "hr" | "hu" | "ro" | "tr"
        | "id" | "ms" | "vi" | "tl" | "cy" | "ga" | "ca" | "eu" | "gl" | "is" | "mt" | "sq"
        | "sw" => "Latn",
        // Serbian is written in two; of others it isn't known.
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::found;
    use crate::quality::Check::{self, Duplicate, MaxLength, Negation, Same, Script};

    fn told(check: Check, source: &str, right: [(&str, &str); 4], wrong: [(&str, &str); 4]) {
        for (target, language) in right {
            assert!(!found(source, target, language).contains(&check), "{check}: {target}");
        }
        for (target, language) in wrong {
            assert!(found(source, target, language).contains(&check), "{check}: {target}");
        }
    }

    #[test]
    fn what_is_not_translated_is_told_and_a_name_is_not() {
        let source = "Tell somebody you trust.";
        told(
            Same,
            source,
            [("Parlez-en.", "fr"), ("تحدث.", "ar"), ("告诉别人。", "zh"), (source, "en-GB")],
            [(source, "fr"), (source, "ar"), ("tell  somebody you trust.", "zh"), (source, "ru")],
        );
        assert!(!found("Signal", "Signal", "fr").contains(&Same));
    }

    #[test]
    fn a_word_twice_is_told_where_the_language_doesn_t_double() {
        told(
            Duplicate,
            "Tell somebody.",
            [
                ("Nous nous parlons.", "fr"),
                ("धीरे धीरे बताएँ।", "hi"),
                ("Скажите, скажите.", "ru"),
                ("أخبر أحدا", "ar"),
            ],
            [
                ("Parlez à à quelqu'un de de confiance.", "fr"),
                ("Πες το σε σε κάποιον.", "el"),
                ("Скажите кому кому-нибудь кому кому.", "ru"),
                ("أخبر أخبر أحدا", "ar"),
            ],
        );
    }

    #[test]
    fn a_not_that_came_or_went_is_told() {
        told(
            Negation,
            "Do not pay.",
            [
                ("Ne payez pas.", "fr"),
                ("لا تدفع.", "ar"),
                ("不要付款。", "zh"),
                ("Не платите.", "ru"),
            ],
            [("Payez.", "fr"), ("ادفع.", "ar"), ("付款吧。", "zh"), ("Платите.", "ru")],
        );
        assert!(found("Pay.", "Ne payez pas.", "fr").contains(&Negation));
        assert!(!found("Do not pay.", "Talwch.", "cy").contains(&Negation), "nobody knows Welsh");
    }

    #[test]
    fn letters_are_of_the_language_s_script() {
        told(
            Script,
            "Tell somebody whom you trust.",
            [
                ("Расскажите кому-нибудь.", "ru"),
                ("誰かに話してください、信頼できる人に。", "ja"),
                ("أخبر شخصا تثق به", "ar"),
                ("Ispričaj nekome.", "sr"),
            ],
            [
                ("Rasskazhite komu-nibud.", "ru"),
                ("Dareka ni hanashite kudasai.", "ja"),
                ("Akhbir shakhsan tathiq bih", "ar"),
                ("Расскажите кому-нибудь.", "fr"),
            ],
        );
    }

    #[test]
    fn a_text_many_times_as_long_is_told() {
        let long = |word: &str| word.repeat(60);
        for (word, language) in
            [("mot ", "fr"), ("كلمة ", "ar"), ("слово ", "ru"), ("言葉言葉", "ja")]
        {
            assert!(found("Stop.", &long(word), language).contains(&MaxLength));
            assert!(!found("Stop.", word, language).contains(&MaxLength));
        }
    }
}
