//! Pictures as Markdown writes them, `![what is seen](asset:KEY)`: embeds of assets that bring words of their own.
//!
//! The target stands between angle brackets where it holds a bracket: `![](<asset:a(1).png>)`. No title, no line end
//! and no embed stands within. What isn't written so is left to Markdown.

use std::ops::Range;

use super::{EmbedError, EmbedKind, EmbedToken, TOKEN_LIMIT, is_escaped, is_target};

/// What addresses of assets begin with.
const SCHEME: &str = "asset:";

/// A picture that was found, as a byte range, or what is wrong with it.
pub(crate) type Found = (Range<usize>, Result<EmbedToken, EmbedError>);

/// The pictures of assets in a text, in order. Where they stand (code, a heading) is not considered.
pub(crate) fn pictures(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("![")).map(|at| from + at) {
        let picture = if is_escaped(text, start) { None } else { picture_at(text, start) };
        from = picture.as_ref().map_or(start + 2, |(range, _)| range.end);
        found.extend(picture);
    }
    found
}

fn picture_at(text: &str, start: usize) -> Option<Found> {
    let inside = text.get(start + 2..)?;
    let (alt, length) = alt_of(inside)?;
    let after = inside.get(length..)?.strip_prefix("](")?;
    let (target, closing) = match after.strip_prefix('<') {
        Some(bracketed) => (bracketed, ">)"),
        None => (after, ")"),
    };
    let scheme = target.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME))?;
    let target = target.get(scheme.len()..)?;
    let mut limit = target.len().min(TOKEN_LIMIT);
    while !target.is_char_boundary(limit) {
        limit -= 1;
    }
    let line = target.get(..limit)?.split(['\n', '\r']).next()?;
    let end = line.find(closing);
    let (target, token) = match end.and_then(|end| line.get(..end)) {
        None => ("", Err(EmbedError::Unclosed)),
        Some("") => ("", Err(EmbedError::NoTarget)),
        Some(target) if !is_target(target) => (target, Err(EmbedError::BadTarget)),
        Some(target) => {
            let (kind, piece) = (EmbedKind::Asset, None);
            let alt = Some(alt).filter(|alt| !alt.is_empty());
            (target, Ok(EmbedToken { kind, target: target.to_owned(), piece, alt }))
        }
    };
    let opening = text.len() - after.len() + usize::from(closing.len() > 1) + SCHEME.len();
    let closing = if token == Err(EmbedError::Unclosed) { 0 } else { closing.len() };
    Some((start..opening + target.len() + closing, token))
}

/// What stands between the brackets, without its backslashes, and its length as it is written.
fn alt_of(text: &str) -> Option<(String, usize)> {
    let mut alt = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            ']' => return Some((alt.trim().to_owned(), at)),
            '[' | '\n' | '\r' => return None,
            '{' if chars.peek().is_some_and(|(_, next)| *next == '{') => return None,
            _ if at > TOKEN_LIMIT => return None,
            '\\' => {
                let escaped = chars.next_if(|(_, next)| next.is_ascii_punctuation());
                alt.push(escaped.map_or('\\', |(_, escaped)| escaped));
            }
            _ => alt.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The target and what is said of it.
    type Seen = Result<(String, Option<String>), EmbedError>;

    fn seen(text: &str) -> Vec<(&str, Seen)> {
        pictures(text)
            .into_iter()
            .map(|(range, token)| {
                (text.get(range).unwrap(), token.map(|token| (token.target, token.alt)))
            })
            .collect()
    }

    #[test]
    fn a_picture_names_its_asset_and_says_what_is_seen() {
        let good =
            |target: &str, alt: Option<&str>| Ok((target.to_owned(), alt.map(str::to_owned)));
        for (text, found) in [
            ("![A pier](asset:pier.jpg)", good("pier.jpg", Some("A pier"))),
            ("![](asset:a/b.jpg)", good("a/b.jpg", None)),
            ("![é \\]\\\\x](<asset:a(1).png>)", good("a(1).png", Some("é ]\\x"))),
            ("![a](ASSET:b)", good("b", Some("a"))),
        ] {
            assert_eq!(seen(text), [(text, found.clone())]);
            assert_eq!(seen(&format!("x {text} y")), [(text, found)]);
        }
        assert_eq!(seen("![a](asset:b)![c](asset:d)").len(), 2);
    }

    #[test]
    fn what_cannot_be_one_says_how_and_what_is_none_is_left_alone() {
        let wrong = |text: &str| seen(text).first().map(|(_, found)| found.clone().unwrap_err());
        assert_eq!(wrong("![a](asset:)"), Some(EmbedError::NoTarget));
        assert_eq!(wrong("![a](asset:b \"title\")"), Some(EmbedError::BadTarget));
        assert_eq!(wrong("![a](asset:b\nc)"), Some(EmbedError::Unclosed));
        assert_eq!(wrong("![a](asset:b"), Some(EmbedError::Unclosed));
        for none in [
            "[a](asset:b)",
            "\\![a](asset:b)",
            "![a](/b)",
            "![a][asset:b]",
            "![a\nb](asset:c)",
            "![{{route:a}}](asset:b)",
            "![",
            "![a]",
            "![a](ass",
        ] {
            assert_eq!(seen(none), [], "{none}");
        }
    }

    #[test]
    fn a_text_of_brackets_alone_is_read_in_good_time() {
        assert_eq!(pictures(&"![".repeat(300_000)), []);
        assert_eq!(pictures(&"![a](asset:".repeat(20_000)).len(), 20_000);
    }
}
