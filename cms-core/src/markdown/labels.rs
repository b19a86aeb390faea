//! The words that rendering adds to an author's text, in the text's language.

use comrak::nodes::AlertType;

use crate::{locale::Locale, words};

/// The title of an alert that has none of its own.
pub(super) fn alert(locale: &Locale, kind: AlertType) -> String {
    let key = match kind {
        AlertType::Note => "markdown.alert.note",
        AlertType::Tip => "markdown.alert.tip",
        AlertType::Important => "markdown.alert.important",
        AlertType::Warning => "markdown.alert.warning",
        AlertType::Caution => "markdown.alert.caution",
    };
    words::text(locale, key, &[])
}

/// What the link from a footnote back to its reference says to those who can't see the arrow.
pub(super) fn footnote_back(locale: &Locale, number: &str) -> String {
    words::text(locale, "markdown.footnote_back", &[("number", number)])
}
