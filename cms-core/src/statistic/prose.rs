//! Figures in prose: shares such as "one in five" and "20 %" that stand in a text without a statistic behind them.
//!
//! Nobody can check such a figure, and it stays when a new study says otherwise. A paragraph that embeds a statistic
//! (`{{statistic:…}}`) is in order. What is found are shares of people and things in the eight languages that the
//! system speaks, and percentages in any: a hint for editors, never a reason to refuse.

mod shares;

use self::shares::{Shares, shares};
use crate::locale::Locale;

/// A figure that has no statistic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The line of its paragraph in the text, from 1.
    pub line: usize,
    /// The figure as it stands there.
    pub figure: String,
    /// Whether the paragraph says that it was found by somebody else than who is cited.
    pub is_second_hand: bool,
}

/// The most words between the first number and what joins it to the second: "un enfant sur cinq".
const MOST_BETWEEN: usize = 2;
/// A whole that people think in; above it, or below the part, it is a year or an amount.
const LARGEST_WHOLE: u32 = 1_000;
/// The longest figure that is told whole, in characters.
const LONGEST_FIGURE: usize = 100;
/// The most figures that are told of a text.
const MOST_FIGURES: usize = 50;

/// The figures of a text that have no statistic, in order.
pub fn figures(text: &str, locale: &Locale) -> Vec<Figure> {
    let shares = shares(locale.language());
    let mut found = Vec::new();
    for (line, paragraph) in paragraphs(text) {
        if paragraph.contains("{{statistic:") || paragraph.contains("{{ statistic:") {
            continue;
        }
        let lower = paragraph.to_lowercase();
        let is_second_hand = shares.cited.iter().any(|cited| lower.contains(cited));
        let all = percentages(&paragraph).into_iter().chain(in_words(&paragraph, shares));
        let short = |figure: String| figure.chars().take(LONGEST_FIGURE).collect::<String>();
        found.extend(all.map(|it| Figure { line, figure: short(it), is_second_hand }));
        if found.len() >= MOST_FIGURES {
            found.truncate(MOST_FIGURES);
            break;
        }
    }
    found
}

/// The paragraphs, each with its first line's number; lines of one are joined by spaces.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            is_open = false;
        } else if let Some((_, last)) = all.last_mut().filter(|_| is_open) {
            last.push(' ');
            last.push_str(line.trim());
        } else {
            all.push((index + 1, line.trim().to_owned()));
            is_open = true;
        }
    }
    all
}

/// What says "percent" after a number.
const PERCENT: [&str; 16] = [
    "%",
    "٪",
    "％",
    "‰",
    "percent",
    "per cent",
    "Prozent",
    "pour cent",
    "por ciento",
    "por cento",
    "パーセント",
    "بالمئة",
    "بالمائة",
    "في المئة",
    "في المائة",
    "เปอร์เซ็นต์",
];
/// What says it before one.
const PERCENT_BEFORE: &str = "ร้อยละ";

/// Numbers with a percent sign or word beside them.
fn percentages(text: &str) -> Vec<String> {
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}');
    let is_number = |c: char| c.is_numeric() || matches!(c, '.' | ',' | '٫' | '٬');
    let has_digit = |number: &str| number.chars().any(char::is_numeric);
    let mut found = Vec::new();
    for sign in PERCENT {
        for (at, _) in text.match_indices(sign) {
            let before = text.get(..at).unwrap_or_default().trim_end_matches(is_space);
            let number = before.len() - before.trim_end_matches(is_number).len();
            let start = before.len() - number;
            if before.get(start..).is_some_and(has_digit) {
                found.extend(text.get(start..at + sign.len()).map(str::to_owned));
            }
        }
    }
    for (at, _) in text.match_indices(PERCENT_BEFORE) {
        let after = text.get(at + PERCENT_BEFORE.len()..).unwrap_or_default();
        let number = after.trim_start_matches(is_space);
        let rest = number.trim_start_matches(is_number);
        let end = text.len() - rest.len();
        if number.get(..number.len() - rest.len()).is_some_and(has_digit) {
            found.extend(text.get(at..end).map(str::to_owned));
        }
    }
    found
}

/// So many of so many, in words or digits.
fn in_words(text: &str, shares: &Shares) -> Vec<String> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && !is_mark(c))
        .filter(|word| !word.is_empty())
        .collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let number = |at: usize| lower.get(at).and_then(|word| number(word, shares));
    let mut found = Vec::new();
    for first in 0..lower.len() {
        let Some(part) = number(first) else { continue };
        let joined = (1..=MOST_BETWEEN + 1).find_map(|gap| {
            let joiner = shares.between.iter().find(|between| {
                let steps = between.split(' ');
                steps.enumerate().all(|(index, step)| {
                    lower.get(first + gap + index).is_some_and(|word| word == step)
                })
            })?;
            let second = first + gap + joiner.split(' ').count();
            let whole = number(second)?;
            (whole > part && whole <= LARGEST_WHOLE).then_some(second)
        });
        if let Some(second) = joined {
            found.push(words.get(first..=second).unwrap_or_default().join(" "));
        }
    }
    found.extend(unspaced(text, shares));
    found
}

/// The same where words have no spaces between: the numbers stand against what joins them.
fn unspaced(text: &str, shares: &Shares) -> Vec<String> {
    let joiners = shares.between.iter().filter(|it| it.chars().all(|c| !c.is_ascii()));
    let mut found = Vec::new();
    for joiner in joiners {
        for (at, _) in text.match_indices(joiner) {
            let (Some(before), Some(after)) = (text.get(..at), text.get(at + joiner.len()..))
            else {
                continue;
            };
            let part = trailing(before, shares);
            let whole = leading(after, shares);
            if let (Some((first, _)), Some((second, _))) = (part, whole) {
                found.push(format!("{first}{joiner}{second}"));
            }
        }
    }
    found
}

/// The number that a text ends with.
fn trailing<'t>(text: &'t str, shares: &Shares) -> Option<(&'t str, u32)> {
    let digits = text.trim_end_matches(char::is_numeric);
    let last = text.get(digits.len()..).filter(|last| !last.is_empty());
    last.and_then(|last| Some((last, number(last, shares)?))).or_else(|| {
        let names = shares.numbers.iter().enumerate();
        let mut forms =
            names.flat_map(|(index, forms)| forms.iter().map(move |form| (index, form)));
        let (index, form) = forms.find(|(_, form)| text.ends_with(**form))?;
        Some((text.get(text.len() - form.len()..)?, u32::try_from(index + 1).ok()?))
    })
}

/// The number that a text begins with.
fn leading<'t>(text: &'t str, shares: &Shares) -> Option<(&'t str, u32)> {
    let rest = text.trim_start_matches(char::is_numeric);
    let first = text.get(..text.len() - rest.len()).filter(|first| !first.is_empty());
    first.and_then(|first| Some((first, number(first, shares)?))).or_else(|| {
        let names = shares.numbers.iter().enumerate();
        let mut forms =
            names.flat_map(|(index, forms)| forms.iter().map(move |form| (index, form)));
        let (index, form) = forms.find(|(_, form)| text.starts_with(**form))?;
        Some((text.get(..form.len())?, u32::try_from(index + 1).ok()?))
    })
}

/// Marks that belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// A number in digits of any script, or in words up to ten.
fn number(word: &str, shares: &Shares) -> Option<u32> {
    if word.chars().all(char::is_numeric) && !word.is_empty() && word.chars().count() <= 4 {
        let zeros = ['0', '٠', '۰', '๐', '０'];
        let digit = |c: char| {
            zeros.iter().find_map(|zero| {
                let value = u32::from(c).checked_sub(u32::from(*zero))?;
                (value < 10).then_some(value)
            })
        };
        return word.chars().try_fold(0, |sum, c| Some(sum * 10 + digit(c)?));
    }
    let index = shares.numbers.iter().position(|forms| forms.contains(&word))?;
    u32::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(language: &str, text: &str) -> Vec<String> {
        let locale = Locale::parse(language).unwrap();
        figures(text, &locale).into_iter().map(|it| it.figure).collect()
    }

    #[test]
    fn a_share_by_way_of_others_is_found_and_said_to_be_second_hand() {
        let text = "# Offenders\n\nAbout one in five children was approached online, according to a Justice Department\n\
            study cited by a newspaper.\n\nStay calm.";
        let found = figures(text, &Locale::english());
        let expected = Figure { line: 3, figure: "one in five".to_owned(), is_second_hand: true };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn shares_are_found_in_each_language() {
        for (language, text, expected) in [
            (
                "en",
                "Nearly 83% of them, and 20 per cent more; 4 out of 10.",
                vec!["83%", "20 per cent", "4 out of 10"],
            ),
            ("en", "Three teenagers out of every ten", vec!["Three teenagers out of every ten"]),
            ("fr", "Un enfant sur cinq, soit 20 %.", vec!["20 %", "Un enfant sur cinq"]),
            ("de", "Zwei von fünf, also 40 Prozent", vec!["40 Prozent", "Zwei von fünf"]),
            ("es", "Uno de cada cinco", vec!["Uno de cada cinco"]),
            ("pt-BR", "Uma criança em cada cinco", vec!["Uma criança em cada cinco"]),
            ("ja", "5人に1人、20パーセントです。", vec!["5人に1", "20パーセント"]),
            ("ar", "واحد من كل خمسة أطفال، أي ٢٠٪", vec!["٢٠٪", "واحد من كل خمسة"]),
            ("th", "เด็กหนึ่งในห้าคน คิดเป็น ร้อยละ 20", vec!["ร้อยละ 20", "หนึ่งในห้า"]),
            ("sv", "25 % av dem", vec!["25 %"]),
        ] {
            let mut found = told(language, text);
            found.sort();
            let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            expected.sort();
            assert_eq!(found, expected, "{language}: {text}");
        }
    }

    #[test]
    fn what_is_no_share_or_has_its_statistic_is_left_alone() {
        for (language, text) in [
            (
                "en",
                "Call 116 111 in 2026. Two in the morning. Ten in one. Page 3 of 12. One of the five lines.",
            ),
            ("en", "{{statistic:told.value}}: one in five."),
            ("en", ""),
            ("fr", "Appelle le 119, un service gratuit sur place."),
            ("de", "Eine Liste von Stellen"),
            ("ja", "友達に相談する。"),
            ("th", "โทรในวันนี้"),
        ] {
            assert_eq!(told(language, text), [] as [String; 0], "{language}: {text}");
        }
    }

    #[test]
    fn no_text_gives_more_figures_than_can_be_read() {
        assert_eq!(told("en", &"5 % a\n\n".repeat(10_000)).len(), MOST_FIGURES);
        assert_eq!(told("en", &"one in ".repeat(100_000)), [] as [String; 0]);
    }
}
