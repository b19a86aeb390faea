//! Embeds: tokens in Markdown such as `{{route:ceop.phone}}` that are filled from another entry when
//! a form is read, and the pieces that rendered text is kept in until then.
//!
//! The grammar (white space is spaces and tabs, and has no meaning):
//!
//! ```text
//! embed  = "{{" [space] kind ":" target [ "." piece ] [space] "}}"
//! kind   = "route" | "statistic" | "entry"
//! target = bare | '"' quoted '"'        an id, a slug or an external key; at most 200 characters
//! bare   = any characters but white space, control characters and  . " { } | < > \ `
//! quoted = any characters but white space, control characters and    " { } | < > \ `
//! piece  = a lower-case letter, then up to 39 of: a-z 0-9 _ -
//! ```
//!
//! A key with a dot in it is quoted: `{{entry:"dfak/page.md".title}}`. A key that holds one of the
//! characters that quoting doesn't cover can't be named in an embed; the entry's id or slug can.
//! A backslash before the braces makes them plain text, as it does for all punctuation in Markdown.
//! A picture of an asset may be written as Markdown writes pictures, too: `![alt](asset:KEY)`.
//!
//! Which of a text's tokens are filled depends on where they stand (not in code, not in a link's
//! address): `markdown` decides that.

pub(crate) mod picture;

use std::{fmt, ops::Range, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::violation::Violation;

/// The most characters of a target.
const TARGET_LIMIT: usize = 200;
/// How far the closing braces may be, in bytes: more than any valid token needs.
const TOKEN_LIMIT: usize = 1_000;

/// What kind of entry a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedKind {
    /// A reporting or help route, or one of its channels.
    Route,
    /// A figure with its source.
    Statistic,
    /// Any entry: its title as a link, or one of its fields.
    Entry,
    /// An asset: shown with its words, or linked to where it is no picture.
    Asset,
}

impl EmbedKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Route, Self::Statistic, Self::Entry, Self::Asset];

    /// The kind's word in a token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Statistic => "statistic",
            Self::Entry => "entry",
            Self::Asset => "asset",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A token, parsed. Its [`Display`](fmt::Display) is the canonical spelling, braces included, without words of its own.
///
/// ```
/// use cms_core::embed::EmbedToken;
///
/// let token: EmbedToken = "{{ entry:\"dfak/page.md\".title }}".parse().unwrap();
/// assert_eq!((token.target.as_str(), token.piece.as_deref()), ("dfak/page.md", Some("title")));
/// assert_eq!(token.to_string(), "{{entry:\"dfak/page.md\".title}}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EmbedToken {
    /// What kind of entry.
    pub kind: EmbedKind,
    /// Which entry: an id, a slug or an external key.
    pub target: String,
    /// Which part of it: a channel of a route, a field of an entry. Absent: the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    /// What is seen in a picture, in this place's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

/// Why something that looks like an embed can't be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The word before the colon is no kind of embed.
    #[error("no such kind of embed")]
    UnknownKind,
    /// Nothing stands after the kind.
    #[error("an embed names its target after a colon")]
    NoTarget,
    /// The target holds a character that it may not, or is too long.
    #[error("not a target of an embed")]
    BadTarget,
    /// What stands after the dot is no name of a channel or field.
    #[error("not a piece of an embed")]
    BadPiece,
    /// The closing braces are missing on the line.
    #[error("the embed is not closed on its line")]
    Unclosed,
    /// It stands in a link's address, a title or an image's description, where nothing is filled.
    #[error("an embed is not filled here")]
    Misplaced,
}

impl EmbedError {
    /// The code of the violation that this is.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownKind => "embed_unknown_kind",
            Self::NoTarget => "embed_no_target",
            Self::BadTarget => "embed_bad_target",
            Self::BadPiece => "embed_bad_piece",
            Self::Unclosed => "embed_unclosed",
            Self::Misplaced => "embed_misplaced",
        }
    }
}

/// A token in a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbedUse {
    /// The token.
    pub token: EmbedToken,
    /// The line of its first brace, from 1.
    pub line: usize,
    /// The column of its first brace, in characters, from 1.
    pub column: usize,
}

/// Something in a text that looks like an embed and can't be filled, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEmbed {
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub error: EmbedError,
    /// The line of its first brace, from 1.
    pub line: usize,
    /// The column of its first brace, in characters, from 1.
    pub column: usize,
}

impl BadEmbed {
    /// The violation at `pointer` that this is, with the facts `text`, `line` and `column`.
    pub fn violation(&self, pointer: &str) -> Violation {
        Violation::new(pointer, self.error.code())
            .with("text", &self.text)
            .with("line", self.line)
            .with("column", self.column)
    }
}

/// A part of a rendered text: as it is, or a hole that the reader of the form fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Goes out as it is.
    Text(String),
    /// Is filled from another entry.
    Embed {
        /// From which, and with what of it.
        token: EmbedToken,
        /// Whether the hole stands where a paragraph would, so that a block fits and a mere value needs
        /// a paragraph of its own; otherwise it stands within running text, where no block may be.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        block: bool,
    },
}

/// Joins pieces to a text, with each hole filled by `with`, which is given the token and whether a
/// block fits, and gives text that is safe where it lands (escaped HTML or Markdown).
pub fn fill(pieces: &[Piece], mut with: impl FnMut(&EmbedToken, bool) -> String) -> String {
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Embed { token, block } => filled.push_str(&with(token, *block)),
        }
    }
    filled
}

impl fmt::Display for EmbedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.target.contains('.') { "\"" } else { "" };
        write!(f, "{{{{{}:{quote}{}{quote}", self.kind.as_str(), self.target)?;
        if let Some(piece) = &self.piece {
            write!(f, ".{piece}")?;
        }
        f.write_str("}}")
    }
}

impl FromStr for EmbedToken {
    type Err = EmbedError;

    /// Reads a token, braces included.
    fn from_str(text: &str) -> Result<Self, EmbedError> {
        let inside = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        parse_inside(inside.ok_or(EmbedError::Unclosed)?)
    }
}

fn parse_inside(inside: &str) -> Result<EmbedToken, EmbedError> {
    let inside = inside.trim_matches(is_space);
    let (kind, rest) = inside.split_once(':').unwrap_or((inside, ""));
    let kind = EmbedKind::parse(kind).ok_or(EmbedError::UnknownKind)?;
    if rest.is_empty() {
        return Err(EmbedError::NoTarget);
    }
    let (target, piece) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let (target, after) = quoted.split_once('"').ok_or(EmbedError::BadTarget)?;
            match after.strip_prefix('.') {
                Some(piece) => (target, Some(piece)),
                None if after.is_empty() => (target, None),
                None => return Err(EmbedError::BadTarget),
            }
        }
        None => match rest.split_once('.') {
            Some((target, piece)) => (target, Some(piece)),
            None => (rest, None),
        },
    };
    if !is_target(target) {
        return Err(EmbedError::BadTarget);
    }
    if !piece.is_none_or(is_piece) {
        return Err(EmbedError::BadPiece);
    }
    Ok(EmbedToken { kind, target: target.to_owned(), piece: piece.map(str::to_owned), alt: None })
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_target(text: &str) -> bool {
    (1..=TARGET_LIMIT).contains(&text.chars().count())
        && text.chars().all(|c| {
            !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '"' | '{' | '}' | '|' | '<' | '>' | '\\' | '`')
        })
}

fn is_piece(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
        })
}

/// Everything in a text that is an embed or looks like one, in order, as byte ranges. Where it stands
/// (code, an address) is not considered.
pub(crate) fn occurrences(text: &str) -> Vec<(Range<usize>, Result<EmbedToken, EmbedError>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("{{")).map(|at| from + at) {
        let occurrence = if is_escaped(text, start) { None } else { occurrence_at(text, start) };
        from = occurrence.as_ref().map_or(start + 1, |(range, _)| range.end);
        found.extend(occurrence);
    }
    found
}

/// Whether an odd number of backslashes stands before `at`.
pub(crate) fn is_escaped(text: &str, at: usize) -> bool {
    text.as_bytes().iter().take(at).rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn occurrence_at(
    text: &str,
    start: usize,
) -> Option<(Range<usize>, Result<EmbedToken, EmbedError>)> {
    let inside = text.get(start + 2..)?;
    let word_start = inside.trim_start_matches(is_space);
    let word_length = word_start.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, after) = word_start.split_at_checked(word_length)?;
    let is_kind = EmbedKind::ALL.iter().any(|kind| kind.as_str().eq_ignore_ascii_case(word));
    let has_target =
        after.strip_prefix(':').is_some_and(|rest| !rest.starts_with(char::is_whitespace));
    if word.is_empty() || !(is_kind || has_target) {
        return None;
    }
    let mut limit = inside.len().min(TOKEN_LIMIT);
    while !inside.is_char_boundary(limit) {
        limit -= 1;
    }
    let line = inside.get(..limit)?.split(['\n', '\r', '{']).next()?;
    match line.find("}}").and_then(|length| line.get(..length)) {
        Some(token) => Some((start..start + token.len() + 4, parse_inside(token))),
        // A word of everyday language that the braces happen to stand before is no slip of the pen.
        None if has_target && is_kind => {
            Some((start..start + 2 + (inside.len() - after.len()) + 1, Err(EmbedError::Unclosed)))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(EmbedKind, &str, Option<&str>), EmbedError>) {
        let parsed = text.parse::<EmbedToken>();
        let seen = parsed
            .as_ref()
            .map(|t| (t.kind, t.target.as_str(), t.piece.as_deref()))
            .map_err(|e| *e);
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn a_token_names_kind_target_and_piece() {
        check("{{route:ceop}}", Ok((EmbedKind::Route, "ceop", None)));
        check("{{route:ceop.phone-uk}}", Ok((EmbedKind::Route, "ceop", Some("phone-uk"))));
        check("{{ statistic:reports_2024 }}", Ok((EmbedKind::Statistic, "reports_2024", None)));
        check(
            "{{entry:ความเป็นส่วนตัว.title}}",
            Ok((EmbedKind::Entry, "ความเป็นส่วนตัว", Some("title"))),
        );
        check("{{entry:a/b:c+d}}", Ok((EmbedKind::Entry, "a/b:c+d", None)));
    }

    #[test]
    fn a_target_with_dots_is_quoted() {
        check("{{entry:\"dfak/page.md\"}}", Ok((EmbedKind::Entry, "dfak/page.md", None)));
        check(
            "{{entry:\"dfak/page.md\".title}}",
            Ok((EmbedKind::Entry, "dfak/page.md", Some("title"))),
        );
        check("{{entry:dfak/page.md}}", Ok((EmbedKind::Entry, "dfak/page", Some("md"))));
    }

    #[test]
    fn what_breaks_the_grammar_says_how() {
        check("{{rout:ceop}}", Err(EmbedError::UnknownKind));
        check("{{Route:ceop}}", Err(EmbedError::UnknownKind));
        check("{{route}}", Err(EmbedError::NoTarget));
        check("{{route:}}", Err(EmbedError::NoTarget));
        check("{{route:.phone}}", Err(EmbedError::BadTarget));
        check("{{route:a b}}", Err(EmbedError::BadTarget));
        check("{{route:\"a}}", Err(EmbedError::BadTarget));
        check("{{route:\"a\"b}}", Err(EmbedError::BadTarget));
        check(&format!("{{{{route:{}}}}}", "é".repeat(201)), Err(EmbedError::BadTarget));
        check("{{route:ceop.}}", Err(EmbedError::BadPiece));
        check("{{route:ceop.Phone}}", Err(EmbedError::BadPiece));
        check("{{route:ceop.a.b}}", Err(EmbedError::BadPiece));
        check("route:ceop", Err(EmbedError::Unclosed));
    }

    #[test]
    fn a_token_has_one_canonical_spelling() {
        for text in ["{{route:ceop}}", "{{entry:\"a.md\".title}}", "{{statistic:x.source}}"] {
            assert_eq!(text.parse::<EmbedToken>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_text_gives_its_embeds_and_what_looks_like_one() {
        let seen = |text: &str| -> Vec<(String, Option<EmbedError>)> {
            occurrences(text)
                .into_iter()
                .map(|(range, found)| (text.get(range).unwrap().to_owned(), found.err()))
                .collect()
        };
        assert_eq!(
            seen("é {{route:a}}{{entry:b}} c"),
            [("{{route:a}}".into(), None), ("{{entry:b}}".into(), None)]
        );
        assert_eq!(seen("{{{{route:a}}}}"), [("{{route:a}}".into(), None)]);
        assert_eq!(seen("{{ROUTE:a}}"), [("{{ROUTE:a}}".into(), Some(EmbedError::UnknownKind))]);
        assert_eq!(seen("{{video:a}}"), [("{{video:a}}".into(), Some(EmbedError::UnknownKind))]);
        assert_eq!(seen("{{route:a\n}}"), [("{{route:".into(), Some(EmbedError::Unclosed))]);
        assert_eq!(seen("{{route}}"), [("{{route}}".into(), Some(EmbedError::NoTarget))]);
        assert_eq!(seen("\\\\{{route:a}}").len(), 1);
        for plain in [
            "\\{{route:a}}",
            "{{ page.title }}",
            "{{}}",
            "{{",
            "{{routes}}",
            "{{ key: value }}",
            "{ {route:a}}",
        ] {
            assert_eq!(seen(plain), [], "{plain}");
        }
    }

    #[test]
    fn a_text_of_braces_alone_is_read_in_linear_time() {
        assert_eq!(occurrences(&"{".repeat(1_000_000)), []);
        assert_eq!(occurrences(&"{{route:".repeat(100_000)).len(), 100_000);
    }

    #[test]
    fn pieces_are_stored_as_json_and_come_back() {
        let token: EmbedToken = "{{route:ceop.phone}}".parse().unwrap();
        let pieces = vec![Piece::Text("Call ".into()), Piece::Embed { token, block: false }];
        let json = serde_json::to_string(&pieces).unwrap();
        assert_eq!(
            json,
            r#"[{"text":"Call "},{"embed":{"token":{"kind":"route","target":"ceop","piece":"phone"}}}]"#
        );
        assert_eq!(serde_json::from_str::<Vec<Piece>>(&json).unwrap(), pieces);
        assert_eq!(fill(&pieces, |token, _| token.target.to_uppercase()), "Call CEOP");
    }
}
