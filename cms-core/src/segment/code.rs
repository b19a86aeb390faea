//! Inline codes: what in a segment isn't words, such as marks, addresses and embeds.

use std::ops::Range;

/// What a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeKind {
    /// A mark of emphasis.
    Emphasis,
    /// A mark of strong emphasis.
    Strong,
    /// A mark of what is struck out.
    Strike,
    /// A link's bracket, or its address.
    Link,
    /// An image's bracket, or its address.
    Image,
    /// Code.
    Code,
    /// A tag of HTML.
    Html,
    /// An address that stands for itself.
    Address,
    /// An embed.
    Embed,
    /// The number of a note.
    Note,
}

/// Whether a code opens or closes something, or stands alone. Partners have the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It opens.
    Open(usize),
    /// It closes.
    Close(usize),
    /// It stands alone.
    Alone,
}

impl Side {
    /// The number of the pair.
    pub const fn pair(self) -> Option<usize> {
        match self {
            Self::Open(pair) | Self::Close(pair) => Some(pair),
            Self::Alone => None,
        }
    }
}

/// A code in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineCode {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: CodeKind,
    /// Which side of what.
    pub side: Side,
}

impl InlineCode {
    /// One that stands alone.
    pub const fn alone(range: Range<usize>, kind: CodeKind) -> Self {
        Self { range, kind, side: Side::Alone }
    }
}

/// Codes that a translation lacks, and those that it has and its source doesn't.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Broken {
    /// Those of the source that it lacks, as they are written there; of a link or an image its kind alone.
    pub missing: Vec<String>,
    /// Those that the source doesn't have.
    pub surplus: Vec<String>,
}

/// How the codes of a translation differ from its source's, if they do. Each is a text and its codes.
///
/// Embeds, code, tags and the numbers of notes must be the same, in any order; links and images as many, since a
/// translation may lead to a page in its own language. Emphasis may come and go.
pub fn broken(
    (source, codes): (&str, &[InlineCode]),
    (target, target_codes): (&str, &[InlineCode]),
) -> Option<Broken> {
    let mut missing = keys(source, codes);
    let mut surplus = Vec::new();
    for key in keys(target, target_codes) {
        match missing.iter().position(|known| *known == key) {
            Some(at) => drop(missing.swap_remove(at)),
            None => surplus.push(key),
        }
    }
    missing.sort();
    (!missing.is_empty() || !surplus.is_empty()).then_some(Broken { missing, surplus })
}

/// What of a stretch of code a translation must have, too: all of it, or where it is words, such as the label of a
/// button, that there is one.
pub fn code_key(written: &str) -> String {
    let inside = written.trim_matches('`');
    let is_words = inside.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '\'');
    if is_words {
        "`…`".to_owned()
    } else {
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What of each code a translation must have, too.
fn keys(text: &str, codes: &[InlineCode]) -> Vec<String> {
    let key = |code: &InlineCode| match (code.kind, code.side) {
        (CodeKind::Emphasis | CodeKind::Strong | CodeKind::Strike, _)
        | (CodeKind::Link | CodeKind::Image, Side::Open(_)) => None,
        (CodeKind::Link | CodeKind::Address, _) => Some("link".to_owned()),
        (CodeKind::Image, _) => Some("image".to_owned()),
        (CodeKind::Code, _) => Some(code_key(text.get(code.range.clone()).unwrap_or_default())),
        (CodeKind::Html | CodeKind::Embed | CodeKind::Note, _) => {
            let written = text.get(code.range.clone()).unwrap_or_default();
            Some(written.split_whitespace().collect::<Vec<_>>().join(" "))
        }
    };
    codes.iter().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embed(text: &str) -> Vec<InlineCode> {
        let found = text.find("{{").map(|start| start..text.find("}}").unwrap() + 2);
        found.map(|range| InlineCode::alone(range, CodeKind::Embed)).into_iter().collect()
    }

    #[test]
    fn codes_must_be_there_in_any_order_and_links_may_lead_elsewhere() {
        let differ =
            |source: &str, target: &str| broken((source, &embed(source)), (target, &embed(target)));
        assert_eq!(differ("Call {{route:a}} now", "Maintenant {{route:a}}"), None);
        let broken_one = differ("Call {{route:a}}", "Appelez {{route:b}}").unwrap();
        assert_eq!(broken_one.missing, ["{{route:a}}"]);
        assert_eq!(broken_one.surplus, ["{{route:b}}"]);
        let link = |text: &str, end: usize| {
            let close = text.find(']').unwrap();
            vec![
                InlineCode { range: 0..1, kind: CodeKind::Link, side: Side::Open(1) },
                InlineCode { range: close..end, kind: CodeKind::Link, side: Side::Close(1) },
            ]
        };
        let (english, french) = ("[a](/en) b", "[a](/fr) b");
        let codes = (link(english, 8), link(french, 8));
        assert_eq!(broken((english, &codes.0), (french, &codes.1)), None);
        assert_eq!(broken((english, &codes.0), ("a b", &[])).unwrap().missing, ["link"]);
    }
}
