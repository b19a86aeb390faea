//! What each language's text becomes, and what holds for any text.

use proptest::prelude::*;

use super::*;

fn analyzer(locale: &str) -> Arc<Analyzer> {
    Analyzer::of(&Locale::parse(locale).unwrap())
}

/// Compares the terms of a text, function words left out.
#[track_caller]
fn check(locale: &str, text: &str, terms: &str) {
    let analysis = analyzer(locale).analyze(text, Purpose::Index);
    let found = analysis.words.iter().filter(|word| !word.function);
    let found: Vec<&str> = found.map(|word| word.term.as_str()).collect();
    assert_eq!(found.join(" "), terms, "{locale}: {text}");
}

/// Compares what two spellings become.
#[track_caller]
fn check_alike(locale: &str, one: &str, other: &str) {
    let terms = |text: &str| -> Vec<String> {
        let words = analyzer(locale).analyze(text, Purpose::Index).words;
        words.into_iter().map(|word| word.term).collect()
    };
    assert_eq!(terms(one), terms(other), "{locale}");
    assert!(!terms(one).is_empty(), "{one:?} has words");
}

#[test]
fn european_languages_are_cut_down_and_lose_their_accents() {
    check("en", "The victims' reports: it's the CHILD’s account!", "victim report child account");
    check(
        "fr",
        "L’hameçonnage et les réseaux sociaux d'aujourd'hui",
        "hameconnag reseau social aujourdhui",
    );
    check_alike("fr", "reseaux", "réseaux");
    check_alike("fr-CA", "l’école", "école");
    check("de", "Die Straße der Bücher", "strass buch");
    check("es", "¿Cómo denuncio una amenaza?", "denunci amenaz");
    check("it", "dell'infanzia nell’informazione", "infanz inform");
    check("ca", "l'assetjament d’infants", "assetj inf");
    check_alike("pt-BR", "denúncias", "denuncias");
    check_alike("ro", "poliţia şi", "poliția și");
    check_alike("el", "ΒΊΑΣ", "βίας");
    check_alike("ru", "Учёба", "учеба");
    check_alike("sr", "Љубав", "ljubav");
}

#[test]
fn nordic_letters_are_letters_of_their_own() {
    let terms = |text: &str| analyzer("sv").analyze(text, Purpose::Index).words[0].term.clone();
    assert_ne!(terms("höra"), terms("hora"));
    check("nb", "Hvem er barnevernet?", "barnevern");
    check("fi", "EU:n lapset", "eu n laps");
}

#[test]
fn turkish_has_two_letters_i_and_names_with_endings() {
    check_alike("tr", "ISPARTA", "ısparta");
    check_alike("tr", "İstanbul'da", "istanbul");
    check_alike("az", "İŞ", "iş");
    check_alike("en", "INTERNET", "internet");
}

#[test]
fn arabic_script_has_one_spelling() {
    check_alike("ar", "الإِبْلاغ", "الابلاغ");
    check_alike("ar", "حمايـــة", "حمايه");
    check_alike("ar", "١١٦", "116");
    check_alike("fa", "كودكي", "کودکی");
    check_alike("fa", "می‌شود", "می شود");
    check_alike("ur", "۱۲۳", "123");
}

#[test]
fn hebrew_loses_points_prefixes_and_final_letters() {
    check_alike("he", "שָׁלוֹם", "שלום");
    check_alike("he", "והמשטרה", "משטרה");
    check_alike("he", "צה״ל", "צה\"ל");
}

#[test]
fn indic_scripts_keep_their_vowels() {
    check_alike("hi", "ज़रूरत", "जरूरत");
    check_alike("hi", "१०९८", "1098");
    assert_eq!(analyzer("te").analyze("గ్రామం", Purpose::Index).words[0].form, "గ్రామం");
    check_alike("bn", "শিশুদের", "শিশু");
    check_alike("ta", "௧௨", "12");
}

#[test]
fn scripts_without_spaces_are_cut_by_dictionary() {
    check("th", "แจ้งความออนไลน์", "แจ้ง ออนไลน์");
    assert!(analyzer("zh").analyze("网络诈骗", Purpose::Index).words.len() > 1);
    check_alike("zh-Hant", "網絡釣魚", "网络钓鱼");
    check_alike("zh-Hans", "個人資料", "个人资料");
    for (locale, text) in [
        ("ja", "個人情報の保護"),
        ("km", "សួស្តីពិភពលោក"),
        ("lo", "ພາສາລາວ"),
        ("my", "မြန်မာနိုင်ငံတွင် ကလေးများ"),
    ] {
        assert!(analyzer(locale).analyze(text, Purpose::Index).words.len() > 1, "{locale}");
    }
    check_alike("ja", "ﾊﾟｽﾜｰﾄﾞ", "パスワード");
}

#[test]
fn korean_loses_its_particles() {
    check_alike("ko", "학교에서", "학교");
    check("ko", "피해자는 경찰에 신고했다", "피해자 경찰 신고");
}

#[test]
fn codes_numbers_and_addresses_are_found_as_typed() {
    check("en", "CVE-2024-3094, 4chan & P2P", "cve 2024 3094 4chan p2p");
    check("de", "1.000 Euro, 12.5. und 1,5", "1000 euro 12 5 1 5");
    check("en", "mail report@example.org", "mail report exampl org");
    check("th", "โทร ๑๒๓", "โทร 123");
}

#[test]
fn locales_of_one_language_share_their_terms() {
    assert_eq!(analyzer("fr").language(), analyzer("fr-CA").language());
    assert_eq!(analyzer("zh-Hans").language(), analyzer("zh-TW").language());
    assert_eq!(analyzer("no").language().as_str(), "nb");
    assert_ne!(analyzer("fr").language().term("a"), analyzer("en").language().term("a"));
}

#[test]
fn an_unknown_language_has_the_rules_of_its_script() {
    check_alike("ks", "كتاب", "کتاب");
    check("haw", "ʻŌlelo HAWAIʻI", "ōlelo hawaii");
    assert_eq!(analyzer("haw").steps(), ["nfkc", "words", "case and digits", "grams"]);
}

#[test]
fn questions_words_mean_little() {
    for (locale, question) in [
        ("en", "how many"),
        ("fr", "qu'est-ce que"),
        ("ar", "لماذا"),
        ("th", "อะไร"),
        ("tr", "nasıl"),
        ("ja", "何"),
        ("zh-Hant", "什麼"),
        ("he", "איך"),
        ("el", "ΠΏΣ"),
        ("el", "ποσα"),
        ("pt-BR", "não"),
        ("hi", "कौन"),
    ] {
        let words = analyzer(locale).analyze(question, Purpose::Query).words;
        assert!(words.iter().all(|word| word.function), "{locale}: {words:?}");
    }
}

#[test]
fn grams_cross_what_a_dictionary_cuts_and_stay_within_other_words() {
    let grams = |locale: &str, text: &str| -> Vec<String> {
        let grams = analyzer(locale).analyze(text, Purpose::Index).grams;
        grams.into_iter().map(|gram| gram.term).collect()
    };
    assert_eq!(grams("en", "Résumé a"), ["_res", "resu", "esum", "sume", "ume_", "_a_"]);
    assert!(grams("zh", "网络诈骗").contains(&"络诈".to_owned()));
    assert!(!grams("zh", "网络 诈骗").contains(&"络诈".to_owned()));
}

const LOCALES: &[&str] = &[
    "en", "fr", "de", "tr", "ar", "fa", "he", "hi", "th", "zh", "ja", "ko", "sr", "ro", "und",
    "haw",
];

proptest! {
    #[test]
    fn words_stand_in_the_text_in_order(
        text in any::<String>(), at in 0..LOCALES.len()
    ) {
        let analysis = analyzer(LOCALES[at]).analyze(&text, Purpose::Index);
        let mut last = 0;
        for (position, word) in analysis.words.iter().enumerate() {
            prop_assert!(text.get(word.start..word.end).is_some_and(|part| !part.is_empty()));
            prop_assert!(word.start >= last && word.position as usize == position);
            prop_assert!(!word.term.is_empty() && !word.form.is_empty());
            last = word.start;
        }
        for gram in &analysis.grams {
            prop_assert!(text.get(gram.start..gram.end).is_some() && !gram.term.is_empty());
        }
    }

    #[test]
    fn what_is_folded_stays_as_it_is(word in "[\\p{L}\\p{N}]{1,12}", at in 0..LOCALES.len()) {
        let analyzer = analyzer(LOCALES[at]);
        for word in analyzer.analyze(&word, Purpose::Index).words {
            let again = analyzer.analyze(&word.form, Purpose::Index).words;
            let forms: String = again.iter().map(|word| word.form.as_str()).collect();
            prop_assert_eq!(forms, word.form);
        }
    }
}

#[test]
fn a_huge_word_is_one_short_term() {
    let flood = format!("a{}", "\u{301}".repeat(1 << 18));
    for text in ["x".repeat(10 << 20), "e\u{301}".repeat(1 << 18), flood] {
        let words = analyzer("en").analyze(&text, Purpose::Query).words;
        assert!(words.len() == 1 && words[0].term.chars().count() <= words::MAX_CHARS);
        assert_eq!((words[0].start, words[0].end), (0, text.len()));
    }
    for (locale, letter) in [("th", "ก"), ("zh", "安"), ("ar", "ب"), ("my", "က")] {
        let text = letter.repeat(1 << 15);
        let analysis = analyzer(locale).analyze(&text, Purpose::Index);
        assert!(analysis.words.iter().all(|word| word.term.len() <= 4 * words::MAX_CHARS));
    }
}
