//! "This is wrong": what a reader or a partner says of a page. Nothing of who said it. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{EntryId, TokenId},
    locale::Locale,
    violation::Violation,
};

/// The longest text, in characters.
pub const TEXT: usize = 1_000;
/// What the cells of reports start with; the id follows.
pub const REPORT_CELLS: &str = "reader-report/";
/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What is wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It says something that isn't so.
    Wrong,
    /// It was so once.
    Outdated,
    /// A number, an address or a link leads nowhere.
    DeadContact,
    /// It does harm to follow it.
    Harmful,
    /// It is hard to understand.
    Unclear,
    /// The translation says something else than it should.
    BadTranslation,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::Wrong,
        Self::Outdated,
        Self::DeadContact,
        Self::Harmful,
        Self::Unclear,
        Self::BadTranslation,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Outdated => "outdated",
            Self::DeadContact => "dead_contact",
            Self::Harmful => "harmful",
            Self::Unclear => "unclear",
            Self::BadTranslation => "bad_translation",
        }
    }
}

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderReport {
    /// Its id; random, so that it doesn't tell when it was made.
    pub id: TokenId,
    /// About which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// The revision that readers got then.
    pub revision: u32,
    /// What is wrong.
    pub reason: Reason,
    /// What was said of it.
    pub text: Option<String>,
    /// The day on which it came, and no more exactly: the instant could be looked up in others' logs.
    pub day: Timestamp,
}

/// The day of an instant.
pub fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis().div_euclid(DAY) * DAY)
}

/// What is wrong with a text.
pub fn check_text(text: &str) -> Option<Violation> {
    let length = text.chars().count();
    if !(1..=TEXT).contains(&length) || text.trim().is_empty() {
        return Some(Violation::new("/text", "text_length").with("min", 1).with("max", TEXT));
    }
    let mut letters = text.chars().enumerate();
    let (at, bad) = letters.find(|(_, letter)| letter.is_control() && *letter != '\n')?;
    let bad = format!("U+{:04X}", u32::from(bad));
    Some(
        Violation::new("/text", "control_character")
            .with("character", bad)
            .with("position", at + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_the_day_and_not_the_instant() {
        let at: Timestamp = "2026-11-25T23:59:59.999Z".parse().unwrap();
        assert_eq!(day_of(at).to_string(), "2026-11-25T00:00:00Z");
        let at: Timestamp = "1969-12-31T23:00:00Z".parse().unwrap();
        assert_eq!(day_of(at).to_string(), "1969-12-31T00:00:00Z");
    }

    #[test]
    fn a_text_is_bounded_and_plain() {
        for (text, code) in [
            ("", Some("text_length")),
            (" \n ", Some("text_length")),
            ("The number\nis dead.", None),
            ("a\u{7}b", Some("control_character")),
            ("a\r\nb", Some("control_character")),
        ] {
            assert_eq!(check_text(text).map(|wrong| wrong.code), code.map(Into::into), "{text:?}");
        }
        assert!(
            check_text(&"x".repeat(TEXT)).is_none() && check_text(&"x".repeat(TEXT + 1)).is_some()
        );
    }

    #[test]
    fn each_reason_has_one_name() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
