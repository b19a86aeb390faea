//! Marks what was looked for in what is shown. What comes out is HTML: nothing but `<mark>` is an element.

use std::{collections::BTreeSet, sync::Arc};

use super::analysis::{Analyzer, Purpose};

/// Marks words in texts of one language.
pub(super) struct Marker {
    analyzer: Arc<Analyzer>,
    terms: BTreeSet<String>,
}

impl std::fmt::Debug for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Marker").field("analyzer", &self.analyzer).finish_non_exhaustive()
    }
}

impl Marker {
    pub(super) fn new(analyzer: Arc<Analyzer>, terms: BTreeSet<String>) -> Self {
        Self { analyzer, terms }
    }

    /// The text as HTML, with the words marked.
    pub(super) fn marked(&self, text: &str) -> String {
        let mut html = String::with_capacity(text.len() + 32);
        let mut done = 0;
        let words = self.analyzer.analyze(text, Purpose::Index).words;
        for word in words.iter().filter(|word| self.terms.contains(&word.term)) {
            // Parts of a compound may lie within each other: the first counts.
            if let (Some(before), Some(found)) =
                (text.get(done..word.start), text.get(word.start..word.end))
            {
                push_escaped(&mut html, before);
                html.push_str("<mark>");
                push_escaped(&mut html, found);
                html.push_str("</mark>");
                done = word.end;
            }
        }
        push_escaped(&mut html, text.get(done..).unwrap_or_default());
        html
    }
}

/// A text as HTML that says just this text.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_escaped(&mut html, text);
    html
}

fn push_escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marker(locale: &str, looked_for: &str) -> Marker {
        let analyzer = Analyzer::of(&locale.parse().unwrap());
        let words = analyzer.analyze(looked_for, Purpose::Query).words;
        let terms = words.into_iter().map(|word| word.term).collect();
        Marker::new(analyzer, terms)
    }

    #[test]
    fn words_are_marked_in_any_form_and_the_rest_is_escaped() {
        let marked =
            marker("en", "threatening script").marked("They <script>threaten</script> & \"you\"");
        assert_eq!(
            marked,
            "They &lt;<mark>script</mark>&gt;<mark>threaten</mark>&lt;/<mark>script</mark>&gt; &amp; &quot;you&quot;"
        );
        assert_eq!(marker("fr", "chantage").marked("Du chantage."), "Du <mark>chantage</mark>.");
    }

    proptest! {
        #[test]
        fn without_its_marks_a_marked_text_is_the_escaped_text(text in "[a-c<>&\"' ]{0,40}|\\PC{0,40}") {
            let marked = marker("en", "a b").marked(&text);
            let plain = marked.replace("<mark>", "").replace("</mark>", "");
            prop_assert_eq!(plain, escaped(&text));
        }
    }
}
