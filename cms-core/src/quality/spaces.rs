//! White space, and characters that can't be seen.

use super::{Check, Finding, Sides};
use crate::locale::Locale;

/// Languages without spaces between words, where zero-width spaces say where a line may break.
const WITHOUT_SPACES: [&str; 8] = ["th", "lo", "km", "my", "bo", "dz", "ja", "zh"];

pub(super) fn check(sides: &Sides<'_>, found: &mut Vec<Finding>) {
    let (source, target) = (sides.raw.0, sides.raw.1);
    let begins = |text: &str| text.starts_with(char::is_whitespace);
    let ends = |text: &str| text.ends_with(char::is_whitespace);
    let rules = [
        (Check::BeginSpace, begins(source) != begins(target)),
        (Check::EndSpace, ends(source) != ends(target)),
        (Check::DoubleSpace, has_double(&sides.target) && !has_double(&sides.source)),
        (Check::PunctuationSpacing, lacks_space(&sides.target, sides.languages.1)),
        (Check::Kashida, is_stretched(&sides.target) && !is_stretched(&sides.source)),
        (Check::ZeroWidthSpace, has_hidden_space(sides)),
        (Check::Bidi, !is_balanced(target)),
        (
            Check::ProhibitedInitialCharacter,
            is_formula(target) && !is_formula(source) && sides.is_plain,
        ),
    ];
    found.extend(rules.iter().filter(|(_, broken)| *broken).map(|(check, _)| Finding::new(*check)));
}

/// Two spaces between words. Two at the end of a line break it, and begin none that would matter.
fn has_double(text: &str) -> bool {
    text.lines().any(|line| line.trim().contains("  "))
}

/// Whether a mark that stands behind a space in this language doesn't. In France all double marks do; in Canada the
/// colon and the quotation marks.
fn lacks_space(text: &str, locale: &Locale) -> bool {
    if !matches!(locale.language(), "fr" | "br") {
        return false;
    }
    let is_canadian = locale.region() == Some("CA");
    let is_double = |c: char| c == ':' || (!is_canadian && matches!(c, ';' | '!' | '?'));
    let (mut before, mut is_name) = (None, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let is_end = next.is_none_or(|next| next.is_whitespace() || super::shown::is_closer(next));
        let stands_close = |other: Option<char>| other.is_some_and(|c| !c.is_whitespace());
        let is_word =
            before.is_some_and(|c: char| c.is_alphanumeric() || matches!(c, ')' | '»' | '"' | '”'));
        // `:name:` stands for a picture.
        let closes_name = c == ':' && is_name;
        is_name = (c == ':' && !is_name) || (is_name && c != ':' && !c.is_whitespace());
        if is_double(c) && is_word && is_end && !closes_name {
            return true;
        }
        if (c == '«' && stands_close(next)) || (c == '»' && stands_close(before)) {
            return true;
        }
        before = Some(c);
    }
    false
}

/// Whether an Arabic word is drawn out between two of its letters. At the end of a letter that stands for a word it
/// has its place.
fn is_stretched(text: &str) -> bool {
    let is_letter =
        |c: &char| ('\u{620}'..='\u{6ff}').contains(c) && c.is_alphabetic() && *c != '\u{640}';
    let chars: Vec<char> = text.chars().collect();
    let runs = chars.chunk_by(|a, b| *a == *b);
    let mut at = 0;
    for run in runs {
        let (from, to) = (at, at + run.len());
        at = to;
        let before = from.checked_sub(1).and_then(|before| chars.get(before));
        if run.first() == Some(&'\u{640}')
            && before.is_some_and(is_letter)
            && chars.get(to).is_some_and(is_letter)
        {
            return true;
        }
    }
    false
}

fn has_hidden_space(sides: &Sides<'_>) -> bool {
    let has = |text: &str| text.contains(['\u{200b}', '\u{feff}']);
    has(sides.raw.1) && !has(sides.raw.0) && !WITHOUT_SPACES.contains(&sides.languages.1.language())
}

/// Whether each mark that turns the direction of writing is closed where its text ends, and none overrides it.
fn is_balanced(text: &str) -> bool {
    let (mut isolates, mut embeddings) = (0_i32, 0_i32);
    for c in text.chars() {
        match c {
            '\u{2066}'..='\u{2068}' => isolates += 1,
            '\u{2069}' => isolates -= 1,
            '\u{202a}' | '\u{202b}' => embeddings += 1,
            '\u{202c}' => embeddings -= 1,
            '\u{202d}' | '\u{202e}' => return false,
            _ => {}
        }
        if isolates < 0 || embeddings < 0 {
            return false;
        }
    }
    isolates == 0 && embeddings == 0
}

/// Whether a spreadsheet would take a text for a formula: a mark, and something to reckon with.
fn is_formula(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    match first {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => chars.next().is_some_and(|c| !c.is_whitespace() && !c.is_ascii_digit()),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, found_plain};
    use crate::quality::Check::{
        BeginSpace, Bidi, DoubleSpace, EndSpace, Kashida, ProhibitedInitialCharacter,
        PunctuationSpacing, ZeroWidthSpace,
    };

    #[test]
    fn spaces_at_the_ends_and_between_words_are_those_of_the_source() {
        for (target, language) in [("Halte", "fr"), ("قف", "ar"), ("停", "zh"), ("Стоп", "ru")]
        {
            let told = |target: &str| found("Stop", target, language);
            assert!(!told(target).contains(&BeginSpace) && !told(target).contains(&EndSpace));
            assert!(told(&format!(" {target}")).contains(&BeginSpace), "{target}");
            assert!(told(&format!("{target}\u{a0}")).contains(&EndSpace), "{target}");
            assert!(told(&format!("{target}  {target}")).contains(&DoubleSpace), "{target}");
            assert!(!told(&format!("{target} {target}  \n{target}")).contains(&DoubleSpace));
        }
        assert!(!found("A  b", "A  c", "fr").contains(&DoubleSpace), "the source has them, too");
    }

    #[test]
    fn french_puts_a_space_before_double_marks() {
        let told = |target: &str, language: &str| {
            found("Really?", target, language).contains(&PunctuationSpacing)
        };
        for (target, language) in [
            ("Vraiment ?", "fr"),
            ("Vraiment\u{202f}?", "fr"),
            ("À 10:30, oui\u{a0}: c'est «\u{a0}vrai\u{a0}» !", "fr"),
            ("Vraiment?", "fr-CA"),
            ("Voici\u{a0}:", "fr-CA"),
            ("Вправду?", "ru"),
            ("حقًا؟", "ar"),
            ("本当に？", "ja"),
            (":smile:", "fr"),
        ] {
            assert!(!told(target, language), "{target}");
        }
        for (target, language) in
            [("Vraiment?", "fr"), ("Oui!", "fr-BE"), ("Voici:", "fr-CA"), ("C'est «vrai».", "fr")]
        {
            assert!(told(target, language), "{target}");
        }
    }

    #[test]
    fn letters_are_not_stretched_and_nothing_is_hidden() {
        for (target, language) in
            [("مرحبـا", "ar"), ("ســلام", "fa"), ("اردـو", "ur"), ("ئـېـلان", "ug")]
        {
            assert!(found("Hello", target, language).contains(&Kashida), "{target}");
        }
        for (target, language) in
            [("عام 1445هـ", "ar"), ("مرحبا", "ar"), ("سلام", "fa"), ("Salut", "fr")]
        {
            assert!(!found("Hello", target, language).contains(&Kashida), "{target}");
        }
        for (target, language) in [
            ("Sal\u{200b}ut", "fr"),
            ("م\u{200b}ر", "ar"),
            ("При\u{200b}вет", "ru"),
            ("안\u{200b}녕", "ko"),
        ] {
            assert!(found("Hello", target, language).contains(&ZeroWidthSpace), "{target}");
        }
        for (target, language) in
            [("สวัส\u{200b}ดี", "th"), ("សួ\u{200b}ស្តី", "km"), ("می‌روم", "fa"), ("مرحبا", "ar")]
        {
            assert!(!found("Hello", target, language).contains(&ZeroWidthSpace), "{target}");
        }
    }

    #[test]
    fn marks_of_direction_are_closed() {
        for (target, language) in [
            ("اتصل \u{2066}+44 20\u{2069}", "ar"),
            ("התקשר \u{2066}112\u{2069}", "he"),
            ("Appelez", "fr"),
            ("\u{202b}متن\u{202c}", "fa"),
        ] {
            assert!(!found("Call", target, language).contains(&Bidi), "{target:?}");
        }
        for (target, language) in [
            ("اتصل \u{2066}+44 20", "ar"),
            ("התקשר 112\u{2069}", "he"),
            ("\u{202e}Appelez", "fr"),
            ("\u{202b}متن", "fa"),
        ] {
            assert!(found("Call", target, language).contains(&Bidi), "{target:?}");
        }
    }

    #[test]
    fn what_a_spreadsheet_would_reckon_with_is_told_of_plain_texts() {
        for (target, language) in [("=Stop", "fr"), ("@قف", "ar"), ("+停", "zh"), ("-Стоп", "ru")]
        {
            assert!(found_plain("Stop", target, language).contains(&ProhibitedInitialCharacter));
            assert!(!found("Stop", target, language).contains(&ProhibitedInitialCharacter));
        }
        for (target, language) in
            [("Halte", "fr"), ("قف", "ar"), ("+44 20", "zh"), ("- Стоп", "ru")]
        {
            assert!(!found_plain("Stop", target, language).contains(&ProhibitedInitialCharacter));
        }
    }
}
