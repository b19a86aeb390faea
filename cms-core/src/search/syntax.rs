//! What a reader typed into a search box, taken apart: words, "phrases" and -exclusions.
//!
//! Pure, and never an error: what makes no sense as an operator is a word, and what makes no sense as a
//! word is nothing. There is no wildcard, no field name and no nesting, so nothing can explode.

use serde::Serialize;

/// How much of a query is looked at, in characters; what comes behind is left out.
pub const MAX_QUERY: usize = 10_000;
/// How many phrases, and how many exclusions, count; later ones are plain words, or nothing.
pub const MAX_OPERATORS: usize = 16;

/// What a reader is looking for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Wanted {
    /// The words that stand in no phrase, in order, with a space between.
    pub words: String,
    /// What has to stand there in just this order.
    pub phrases: Vec<String>,
    /// Words and phrases that must not stand there.
    pub excluded: Vec<String>,
}

impl Wanted {
    /// Whether nothing is looked for: what is only excluded finds nothing.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    /// All that is looked for, in one line.
    pub fn text(&self) -> String {
        let parts =
            std::iter::once(self.words.as_str()).chain(self.phrases.iter().map(String::as_str));
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Takes a query apart.
///
/// ```
/// use cms_core::search::syntax::parse;
///
/// let wanted = parse("help “fake profile” -game");
/// assert_eq!(wanted.words, "help");
/// assert_eq!(wanted.phrases, ["fake profile"]);
/// assert_eq!(wanted.excluded, ["game"]);
/// ```
pub fn parse(query: &str) -> Wanted {
    let text: Vec<char> = query.chars().take(MAX_QUERY).filter_map(seen).collect();
    let mut wanted = Wanted::default();
    let mut words: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at).copied() {
        if c.is_whitespace() || is_quote(&text, at) && closing(&text, at).is_none() {
            at += 1;
            continue;
        }
        let excludes =
            is_dash(c) && text.get(at + 1).is_some_and(|next| begins(&text, at + 1, *next));
        let start = if excludes { at + 1 } else { at };
        let quoted = is_quote(&text, start).then(|| closing(&text, start)).flatten();
        let end = quoted.unwrap_or_else(|| word_end(&text, start));
        let from = if quoted.is_some() { start + 1 } else { start };
        let piece = joined(text.get(from..end).unwrap_or_default());
        at = if quoted.is_some() { end + 1 } else { end };
        if !piece.chars().any(char::is_alphanumeric) {
            continue;
        }
        match (excludes, quoted.is_some()) {
            (true, _) if wanted.excluded.len() < MAX_OPERATORS => wanted.excluded.push(piece),
            (true, _) => {}
            (false, true) if wanted.phrases.len() < MAX_OPERATORS => wanted.phrases.push(piece),
            (false, _) => words.push(piece),
        }
    }
    wanted.words = words.join(" ");
    wanted
}

/// A character as it counts: marks that only turn the direction of writing are nothing, other controls a
/// space.
fn seen(c: char) -> Option<char> {
    match c {
        '\u{200e}'
        | '\u{200f}'
        | '\u{61c}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => None,
        c if c.is_control() => Some(' '),
        c => Some(c),
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2212}' | '\u{ff0d}' | '\u{2013}')
}

/// Whether a word or a phrase that can be excluded begins here.
fn begins(text: &[char], at: usize, c: char) -> bool {
    c.is_alphanumeric() || is_quote(text, at) && closing(text, at).is_some()
}

/// Whether a quotation mark stands here; between two letters of Hebrew it is part of an abbreviation.
fn is_quote(text: &[char], at: usize) -> bool {
    let hebrew = |place: Option<usize>| {
        place.and_then(|place| text.get(place)).is_some_and(|c| ('\u{5d0}'..='\u{5ea}').contains(c))
    };
    match text.get(at) {
        Some('"') => !(hebrew(at.checked_sub(1)) && hebrew(Some(at + 1))),
        Some(
            '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' | '＂' | '〝' | '〞',
        ) => true,
        Some(_) | None => false,
    }
}

/// Where the phrase that opens here ends: at the next quotation mark of any kind.
fn closing(text: &[char], open: usize) -> Option<usize> {
    (open + 1..text.len()).find(|at| is_quote(text, *at))
}

fn word_end(text: &[char], start: usize) -> usize {
    let ends = |at: &usize| {
        text.get(*at).is_none_or(|c| c.is_whitespace()) || *at > start && is_quote(text, *at)
    };
    (start..=text.len()).find(ends).unwrap_or(text.len())
}

/// Characters as text, with single spaces.
fn joined(chars: &[char]) -> String {
    let text: String = chars.iter().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(query: &str) -> (String, Vec<String>, Vec<String>) {
        let Wanted { words, phrases, excluded } = parse(query);
        (words, phrases, excluded)
    }

    fn of(words: &str, phrases: &[&str], excluded: &[&str]) -> (String, Vec<String>, Vec<String>) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        (words.to_owned(), owned(phrases), owned(excluded))
    }

    #[test]
    fn words_phrases_and_exclusions_are_told_apart() {
        assert_eq!(parts("  fake   shops "), of("fake shops", &[], &[]));
        assert_eq!(parts("a \"b c\" d"), of("a d", &["b c"], &[]));
        assert_eq!(parts("a -b -\"c d\""), of("a", &[], &["b", "c d"]));
        assert_eq!(parts("e-mail well-known"), of("e-mail well-known", &[], &[]));
        assert_eq!(parts("«faux profil» -jeu"), of("", &["faux profil"], &["jeu"]));
        assert_eq!(parts("「偽の店」 詐欺"), of("詐欺", &["偽の店"], &[]));
        assert_eq!(parts("+44 20 -116"), of("+44 20", &[], &["116"]));
    }

    #[test]
    fn what_makes_no_sense_is_left_out_or_taken_as_words() {
        assert_eq!(parts("\"a b"), of("a b", &[], &[]));
        assert_eq!(parts("a\"b c"), of("a b c", &[], &[]));
        assert_eq!(parts("\"\" - -- + * ? -\" ~ ( AND"), of("AND", &[], &[]));
        assert_eq!(parts("title:x* ~2 ^9"), of("title:x* ~2 ^9", &[], &[]));
        assert_eq!(parts("- a"), of("a", &[], &[]));
        assert_eq!(parts("צה\"ל ab"), of("צה\"ל ab", &[], &[]));
        assert!(parse("-a -\"b c\"").is_empty());
    }

    #[test]
    fn marks_of_direction_are_nothing() {
        assert_eq!(parts("\u{202e}abc\u{202c} \u{2067}-x\u{2069}"), of("abc", &[], &["x"]));
        assert_eq!(parts("a\0b\u{7}c"), of("a b c", &[], &[]));
    }

    #[test]
    fn a_huge_query_is_cut_and_its_operators_are_bounded() {
        assert_eq!(parse(&"x".repeat(50_000)).words.len(), MAX_QUERY);
        let many = parse(&"\"a b\" -c ".repeat(1_000));
        assert_eq!((many.phrases.len(), many.excluded.len()), (MAX_OPERATORS, MAX_OPERATORS));
        assert!(parse(&"\"-".repeat(5_000)).is_empty());
        assert!(parse(&"-".repeat(10_000)).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(query in "\\PC{0,80}|[-\"“” a\u{202e}«»\\*]{0,80}") {
            let wanted = parse(&query);
            let found = wanted.phrases.iter().chain(&wanted.excluded);
            for text in found {
                prop_assert!(text.chars().any(char::is_alphanumeric));
            }
            prop_assert!(wanted.text().len() <= query.len() + MAX_OPERATORS);
            // Words alone are words again.
            if wanted.phrases.is_empty() && wanted.excluded.is_empty() {
                prop_assert_eq!(parse(&wanted.words).words, wanted.words.clone());
            }
        }
    }
}
