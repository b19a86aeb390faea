//! Terms on their way into the index: those of one field as one text, which [`Terms`] writes and
//! [`Reader`], the field's tokenizer, takes apart again.
//!
//! tantivy takes ready-made tokens as well, but hands them from thread to thread as JSON; and a text costs
//! one allocation where tokens cost one each.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::analysis::LanguageKey;

/// The name under which [`Reader`] is registered.
pub(super) const READER: &str = "terms";

/// Ends a term, and the prefix of all of them. No word has it.
const END: char = '\u{1}';
/// Stands behind the number of places that are left free before a term. No word has it.
const FREE: char = '\u{2}';

/// The terms of a field, all of one language, in the order of their places.
#[derive(Debug)]
pub(super) struct Terms {
    text: String,
    /// The place of the next term, unless it says otherwise.
    next: usize,
    is_empty: bool,
}

impl Terms {
    /// None yet, of this language.
    pub(super) fn of(language: &LanguageKey) -> Self {
        Self { text: language.term("") + "\u{1}", next: 0, is_empty: true }
    }

    /// None yet, under a prefix of their own.
    pub(super) fn under(prefix: &str) -> Self {
        Self { text: format!("{prefix}\u{1}"), next: 0, is_empty: true }
    }

    /// Adds a term at the next place.
    pub(super) fn push(&mut self, term: &str) {
        self.add(term, self.next);
    }

    /// Adds a term at a place; not before the last one's.
    pub(super) fn add(&mut self, term: &str, place: usize) {
        // Both are ASCII, and so bytes of their own.
        if term.bytes().any(|byte| matches!(byte, 1 | 2)) {
            return;
        }
        let free = place.saturating_sub(self.next);
        if free > 0 {
            self.text.push_str(&free.to_string());
            self.text.push(FREE);
        }
        self.text.push_str(term);
        self.text.push(END);
        self.next += free + 1;
        self.is_empty = false;
    }

    /// The text, if there is any term.
    pub(super) fn into_text(self) -> Option<String> {
        (!self.is_empty).then_some(self.text)
    }
}

/// The tokenizer of the fields that take [`Terms`].
#[derive(Debug, Clone, Default)]
pub(super) struct Reader(Token);

impl Tokenizer for Reader {
    type TokenStream<'a> = Reading<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Reading<'a> {
        let (prefix, rest) = text.split_once(END).unwrap_or_default();
        self.0.reset();
        self.0.text.push_str(prefix);
        Reading { rest, prefix: prefix.len(), next: 0, token: &mut self.0 }
    }
}

/// A text that is taken apart.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    rest: &'a str,
    prefix: usize,
    next: usize,
    token: &'a mut Token,
}

impl TokenStream for Reading<'_> {
    fn advance(&mut self) -> bool {
        let Some((term, rest)) = self.rest.split_once(END) else { return false };
        self.rest = rest;
        let (free, term) = match term.split_once(FREE) {
            Some((free, term)) => (free.parse().unwrap_or(0), term),
            None => (0, term),
        };
        self.token.text.truncate(self.prefix);
        self.token.text.push_str(term);
        self.token.position = self.next + free;
        self.next = self.token.position + 1;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{locale::Locale, search::analysis::Analyzer};

    #[test]
    fn terms_come_back_with_their_language_at_their_places() {
        let language = Analyzer::of(&Locale::parse("th").unwrap()).language().clone();
        let mut terms = Terms::of(&language);
        terms.push("a");
        terms.push("b c");
        terms.add("d", 18);
        terms.add("\u{1}", 19);
        terms.push("e");
        let text = terms.into_text().unwrap();
        let mut reader = Reader::default();
        let mut stream = reader.token_stream(&text);
        let mut read = Vec::new();
        while stream.advance() {
            read.push((stream.token().text.clone(), stream.token().position));
        }
        let expected = [("a", 0), ("b c", 1), ("d", 18), ("e", 19)];
        assert_eq!(read, expected.map(|(term, place)| (language.term(term), place)));
        assert_eq!(Terms::of(&language).into_text(), None);
    }
}
