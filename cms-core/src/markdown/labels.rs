//! The words that rendering adds to an author's text, in the text's language.

use comrak::nodes::AlertType;

use crate::locale::Locale;

/// The words for one locale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labels<'l>(
    #[expect(dead_code, reason = "words by locale come with the `words` module")]
    Option<&'l Locale>,
);

impl<'l> Labels<'l> {
    /// The words for a text in this locale.
    pub(super) const fn new(locale: Option<&'l Locale>) -> Self {
        Self(locale)
    }

    /// The title of an alert that has none of its own.
    #[expect(clippy::unused_self, reason = "words by locale come with the `words` module")]
    pub(super) fn alert(self, kind: AlertType) -> String {
        kind.default_title().to_owned()
    }

    /// What the link from a footnote back to its reference says to those who can't see the arrow.
    #[expect(clippy::unused_self, reason = "words by locale come with the `words` module")]
    pub(super) fn footnote_back(self, number: &str) -> String {
        format!("Back to reference {number}")
    }
}
