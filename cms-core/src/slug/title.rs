//! From a title to the text of a slug.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_segmenter::{WordSegmenter, options::WordBreakInvariantOptions};

use super::Kind;
use crate::locale::Locale;

/// The longest suggestion, in characters: shorter than a slug may be, so that a number has room after it.
const LENGTH: usize = 80;

/// The part of a title that is looked at, in characters.
const TITLE_CHARS: usize = 1_000;

/// Languages that write an apostrophe where two words meet (`l’ami`); in others it stands within one (`don’t`).
const ELIDING: [&str; 9] = ["br", "ca", "co", "fr", "fur", "it", "oc", "rm", "scn"];

/// Words in lower case with hyphens between them. It may still break the rule of slugs: be empty, or look
/// like an id.
pub(super) fn suggest(title: &str, locale: &Locale) -> String {
    let title: String = title.chars().take(TITLE_CHARS).collect();
    // Lower case first on composed text, since what a letter's lower case is may depend on what follows.
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&title).into_owned();
    let lower = CaseMapper::new().lowercase_to_string(&composed, locale.id()).into_owned();
    let words = joined(&wide_letters_made_plain(&lower), locale);
    shortened(&ComposingNormalizerBorrowed::new_nfc().normalize(&words)).to_owned()
}

/// Full-width Latin and half-width kana (U+FF00 to U+FFEF) as they are usually written: `ＳＮＳ` is `sns`.
fn wide_letters_made_plain(text: &str) -> String {
    let plain = ComposingNormalizerBorrowed::new_nfkc();
    let mut buffer = [0; 4];
    text.chars().fold(String::with_capacity(text.len()), |mut all, c| {
        match c {
            '\u{ff00}'..='\u{ffef}' => all.push_str(&plain.normalize(c.encode_utf8(&mut buffer))),
            _ => all.push(c),
        }
        all
    })
}

/// The words of a text with hyphens between them.
fn joined(text: &str, locale: &Locale) -> String {
    let mut words = String::with_capacity(text.len());
    let mut at_start = true;
    for c in text.chars() {
        match Kind::of(c) {
            Kind::Letter => {
                if at_start && !words.is_empty() {
                    words.push('-');
                }
                words.push(c);
                at_start = false;
            }
            Kind::Mark if !at_start => words.push(c),
            Kind::Mark => {}
            Kind::Invisible => at_start |= c == '\u{200c}' && locale.script() == Some("Arab"),
            Kind::Capital | Kind::Other => at_start |= !is_within_word(c, locale),
        }
    }
    words
}

/// Whether the character is left out without ending the word: an apostrophe, where it isn't between words.
fn is_within_word(c: char, locale: &Locale) -> bool {
    matches!(c, '\'' | '\u{2019}') && !ELIDING.contains(&locale.language())
}

/// Cut at the last end of a word before [`LENGTH`]; also where words aren't set apart, as in Thai.
fn shortened(words: &str) -> &str {
    let Some((end, next)) = words.char_indices().nth(LENGTH) else { return words };
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let break_before = segmenter.segment_str(words).take_while(|at| *at <= end).last().unwrap_or(0);
    // One word that is longer than all: cut it, but not between a letter and its marks.
    let cut = if break_before > 0 { break_before } else { start_of_letter(words, end, next) };
    words.get(..cut).unwrap_or_default().trim_end_matches('-')
}

/// Where the letter begins that the character at `end` belongs to.
fn start_of_letter(words: &str, end: usize, next: char) -> usize {
    let before = words.get(..end).unwrap_or_default();
    match Kind::of(next) {
        Kind::Mark => before.rfind(|c| Kind::of(c) != Kind::Mark).unwrap_or(0),
        Kind::Letter | Kind::Capital | Kind::Invisible | Kind::Other => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(title: &str, tag: &str) -> String {
        suggest(title, &Locale::parse(tag).unwrap())
    }

    #[test]
    fn a_title_keeps_the_letters_of_its_language() {
        for (tag, title, expected) in [
            ("en", "What is Grooming?", "what-is-grooming"),
            ("en", "  Don’t panic: 3 steps -- now!  ", "dont-panic-3-steps-now"),
            ("en", "Sexting & \"nudes\" (for parents)", "sexting-nudes-for-parents"),
            ("fr", "L’hameçonnage, c'est quoi ?", "l-hameçonnage-c-est-quoi"),
            ("fr", "É\u{301}te\u{301} À l'école", "é\u{301}té-à-l-école"),
            ("it", "L'adescamento", "l-adescamento"),
            ("uk", "Комп'ютер", "компютер"),
            ("de", "Größe & STRASSE", "größe-strasse"),
            ("el", "ΟΔΥΣΣΕΥΣ ΣΤΟ ΔΙΑΔΙΚΤΥΟ", "οδυσσευς-στο-διαδικτυο"),
            ("tr", "ISI ve İNTERNET", "ısı-ve-internet"),
            ("az", "XIZI", "xızı"),
            ("en", "ISI", "isi"),
            ("lt", "Į", "į"),
            ("ar", "ما هو الاستدراج؟", "ما-هو-الاستدراج"),
            ("ar", "مَا هُوَ", "مَا-هُوَ"),
            ("fa", "می\u{200c}شود", "می-شود"),
            ("ur", "آن لائن تحفظ", "آن-لائن-تحفظ"),
            ("he", "מהי דיוג?", "מהי-דיוג"),
            ("th", "ความปลอดภัยออนไลน์", "ความปลอดภัยออนไลน์"),
            ("th", "น้ำ", "น้ำ"),
            ("ja", "ＳＮＳのトラブル・相談", "snsのトラブル-相談"),
            ("ja", "ﾌｨｯｼﾝｸﾞ詐欺", "フィッシング詐欺"),
            ("hi", "साइबर बदमाशी क्या है?", "साइबर-बदमाशी-क्या-है"),
            ("hi", "क\u{94d}\u{200d}ष", "क\u{94d}ष"),
            ("zh-Hant", "網路霸凌：怎麼辦？", "網路霸凌-怎麼辦"),
            ("ko", "온라인 안전", "온라인-안전"),
            ("am", "የልጆች ደህንነት", "የልጆች-ደህንነት"),
            ("en", "soft\u{ad}hyphen zero\u{200b}width \u{202e}bidi", "softhyphen-zerowidth-bidi"),
            ("en", "../..//%2e%2e", "2e-2e"),
            ("en", "😀 ☎ !?", ""),
            ("en", "", ""),
        ] {
            assert_eq!(slug(title, tag), expected, "{tag} {title}");
        }
    }

    #[test]
    fn a_long_title_ends_with_a_whole_word() {
        let english = slug(&"What happens after you report ".repeat(10), "en");
        assert_eq!(
            english,
            "what-happens-after-you-report-what-happens-after-you-report-what-happens-after"
        );
        for (tag, sentence) in [
            ("th", "การรายงานเนื้อหาที่ไม่เหมาะสม"),
            ("ja", "被害にあったときの相談窓口について"),
            ("km", "សុវត្ថិភាពអនឡាញសម្រាប់កុមារ"),
        ] {
            let long = slug(&sentence.repeat(6), tag);
            let count = long.chars().count();
            assert!((60..=LENGTH).contains(&count), "{tag}: {count}");
            assert!(sentence.repeat(6).starts_with(&long), "{tag}: {long}");
        }
    }

    #[test]
    fn one_endless_word_is_cut_but_not_between_letter_and_mark() {
        assert_eq!(slug(&"a".repeat(10_000), "en"), "a".repeat(LENGTH));
        let marked = slug(&format!("{}q\u{307}{}", "a".repeat(LENGTH - 1), "a".repeat(9)), "en");
        assert_eq!(marked, "a".repeat(LENGTH - 1));
    }

    #[test]
    fn a_title_that_looks_like_an_id_suggests_nothing() {
        let english = Locale::parse("en").unwrap();
        assert_eq!(
            super::super::Slug::from_title("0197E3A0-0000-7000-8000-000000000000", &english),
            None
        );
        assert_eq!(super::super::Slug::from_title("?!", &english), None);
    }
}
