//! Spellings that readers don't tell apart: case, digits of any script, and the orthography of Arabic,
//! Persian, Hebrew, Greek, Indic scripts and the Latin alphabet.

use icu_casemap::CaseMapper;
use icu_normalizer::{
    ComposingNormalizerBorrowed as Composer, DecomposingNormalizerBorrowed as Decomposer,
};

/// Whose letters `I` and `i` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Casing {
    /// Everybody's.
    Root,
    /// Turkish and Azeri: `I` is the capital of `ı`, `İ` of `i`.
    Turkic,
}

impl Casing {
    /// The name for administrators.
    pub(super) const fn step(self) -> &'static str {
        match self {
            Self::Root => "case and digits",
            Self::Turkic => "case (Turkic) and digits",
        }
    }
}

/// A step that makes spellings alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// Alef with hamza or madda is alef, teh marbuta is heh, alef maksura is yeh; no vowel marks, no tatweel.
    Arabic,
    /// Persian, Urdu and their neighbours: the same, with their own yeh and kaf.
    Persian,
    /// No vowel points; final letters as others.
    Hebrew,
    /// Nukta letters as those without, candrabindu as anusvara, no joiners.
    Indic,
    /// `ё` is `е`.
    Yo,
    /// Serbian Cyrillic as Latin.
    Serbian,
    /// Traditional Chinese characters as simplified ones.
    Han,
    /// Katakana and hiragana stay apart; the long mark at the end of a word goes.
    Kana,
    /// Comma below and cedilla are one.
    Romanian,
}

/// Folds case and digits.
pub(super) fn case(word: &str, casing: Casing) -> String {
    if word.is_ascii() && casing == Casing::Root {
        return word.to_ascii_lowercase();
    }
    let folded = match casing {
        Casing::Root => CaseMapper::new().fold_string(word),
        Casing::Turkic => CaseMapper::new().fold_turkic_string(word),
    };
    let folded = Composer::new_nfkc().normalize(&folded).into_owned();
    if folded.chars().any(|c| !c.is_ascii() && c.is_numeric()) {
        return folded.chars().map(digit).collect();
    }
    folded
}

/// The zero of each script's decimal digits (`Nd`), in rising order.
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950,
];

/// A digit of any script as ASCII.
fn digit(c: char) -> char {
    let code = u32::from(c);
    let after = ZEROS.partition_point(|zero| *zero <= code);
    let zero = after.checked_sub(1).and_then(|at| ZEROS.get(at));
    zero.and_then(|zero| char::from_digit(code - zero, 10)).unwrap_or(c)
}

impl Fold {
    /// The name for administrators.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Arabic => "arabic",
            Self::Persian => "persian",
            Self::Hebrew => "hebrew",
            Self::Indic => "indic",
            Self::Yo => "yo",
            Self::Serbian => "cyrillic to latin",
            Self::Han => "traditional to simplified",
            Self::Kana => "long marks",
            Self::Romanian => "cedilla to comma",
        }
    }

    pub(super) fn apply(self, word: String) -> String {
        match self {
            Self::Arabic => word.chars().filter_map(arabic).collect(),
            Self::Persian => word.chars().filter_map(arabic).map(persian).collect(),
            Self::Hebrew => word.chars().filter_map(hebrew).collect(),
            Self::Indic => indic(&word),
            Self::Yo => word.replace('ё', "е"),
            Self::Serbian => serbian(&word),
            Self::Han => word.chars().map(super::han::simplified).collect(),
            Self::Kana => kana(word),
            Self::Romanian => word.replace('ş', "ș").replace('ţ', "ț"),
        }
    }
}

/// The light normalisation that Larkey, Ballesteros and Connell gave for Arabic retrieval (SIGIR 2002).
fn arabic(c: char) -> Option<char> {
    Some(match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' | 'ې' | 'ے' | 'ئ' => 'ي',
        'ؤ' => 'و',
        'ة' | 'ۀ' | 'ە' | 'ۂ' | 'ۃ' | 'ہ' | 'ھ' => 'ه',
        'ک' | 'ڪ' => 'ك',
        'ء'
        | '\u{0640}'
        | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{06D6}'..='\u{06ED}' => return None,
        other => other,
    })
}

fn persian(c: char) -> char {
    match c {
        'ي' => 'ی',
        'ك' => 'ک',
        other => other,
    }
}

fn hebrew(c: char) -> Option<char> {
    Some(match c {
        'ך' => 'כ',
        'ם' => 'מ',
        'ן' => 'נ',
        'ף' => 'פ',
        'ץ' => 'צ',
        '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}'..='\u{05C7}' => return None,
        other => other,
    })
}

/// Nukta (U+093C and its kin) and the choice between candrabindu and anusvara vary from writer to writer.
fn indic(word: &str) -> String {
    let split = Decomposer::new_nfkd().normalize(word);
    let folded = split.chars().filter_map(|c| {
        Some(match c {
            '\u{200D}' | '\u{093C}' | '\u{09BC}' | '\u{0A3C}' | '\u{0ABC}' | '\u{0B3C}'
            | '\u{0CBC}' => {
                return None;
            }
            '\u{0901}' => '\u{0902}',
            '\u{0981}' => '\u{0982}',
            '\u{0C01}' => '\u{0C02}',
            other => other,
        })
    });
    let folded: String = folded.collect();
    Composer::new_nfkc().normalize(&folded).into_owned()
}

/// Serbian Cyrillic in Vuk Karadžić's order, and the Latin letters that stand for it.
fn serbian(word: &str) -> String {
    const CYRILLIC: &str = "абвгдђежзијклљмнњопрстћуфхцчџш";
    const LATIN: &[&str] = &[
        "a", "b", "v", "g", "d", "đ", "e", "ž", "z", "i", "j", "k", "l", "lj", "m", "n", "nj", "o",
        "p", "r", "s", "t", "ć", "u", "f", "h", "c", "č", "dž", "š",
    ];
    let mut latin = String::with_capacity(word.len());
    for c in word.chars() {
        // Letters of other Cyrillic alphabets count as what they are made from.
        let base = if ('а'..='\u{052F}').contains(&c) { base(c) } else { c };
        match CYRILLIC.chars().position(|letter| letter == base).and_then(|at| LATIN.get(at)) {
            Some(letter) => latin.push_str(letter),
            None => latin.push(base),
        }
    }
    latin
}

/// A letter without its marks.
fn base(c: char) -> char {
    Decomposer::new_nfd().normalize_iter(std::iter::once(c)).next().unwrap_or(c)
}

fn kana(mut word: String) -> String {
    if word.ends_with('ー') && word.chars().count() > 3 {
        word.pop();
    }
    word
}

/// Latin, Greek and Cyrillic letters without their marks, and ligatures as letters.
pub(super) fn bare(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let split = Decomposer::new_nfkd().normalize(word);
    let mut bare = String::with_capacity(word.len());
    for c in split.chars() {
        match c {
            '\u{0300}'..='\u{036F}' => {}
            'ł' => bare.push('l'),
            'đ' | 'ð' => bare.push('d'),
            'ø' => bare.push('o'),
            'ı' => bare.push('i'),
            'æ' => bare.push_str("ae"),
            'œ' => bare.push_str("oe"),
            'ß' => bare.push_str("ss"),
            'þ' => bare.push_str("th"),
            other => bare.push(other),
        }
    }
    Composer::new_nfkc().normalize(&bare).into_owned()
}
