//! What the tests of all checks share: a reader of codes, well enough for them.
#![expect(
    clippy::string_slice,
    reason = "the texts of these tests are cut where their marks stand"
)]

use super::*;
use crate::segment::code::{CodeKind, Side};

/// The checks that find something in a translation of an English paragraph.
pub(super) fn found(source: &str, target: &str, language: &str) -> Vec<Check> {
    told(SegmentKind::Paragraph, source, target, language)
}

/// The same for a text that is no Markdown.
pub(super) fn found_plain(source: &str, target: &str, language: &str) -> Vec<Check> {
    told(SegmentKind::Plain, source, target, language)
}

fn told(kind: SegmentKind, source: &str, target: &str, language: &str) -> Vec<Check> {
    let [source, target] = [source, target].map(|text| Segment::new(kind, text));
    let [source_codes, target_codes] = [&source, &target].map(codes);
    let pair = Pair {
        source: (&source, &source_codes),
        target: (&target, &target_codes),
        locales: (&Locale::english(), &Locale::parse(language).unwrap()),
        glossary: &Glossary::default(),
    };
    check(&pair).into_iter().map(|finding| finding.check).collect()
}

/// Links, embeds, code, tags and strong emphasis, each within one line and none within another: the real reader is
/// `markdown`'s.
pub(super) fn codes(segment: &Segment) -> Vec<InlineCode> {
    let text = segment.text.as_str();
    if segment.kind == SegmentKind::Plain {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (open, close, kind) in [
        ("{{", "}}", CodeKind::Embed),
        ("`", "`", CodeKind::Code),
        ("<", ">", CodeKind::Html),
        ("**", "**", CodeKind::Strong),
        ("](", ")", CodeKind::Link),
        ("][", "]", CodeKind::Link),
    ] {
        let mut from = 0;
        while let Some(at) = text[from..].find(open).map(|at| from + at) {
            let inner = at + open.len();
            let Some(end) = text[inner..].find(close).map(|end| inner + end) else { break };
            from = end + close.len();
            let words = &text[inner..end];
            if kind == CodeKind::Strong {
                if words.trim() == words {
                    let pair = found.len();
                    let side = |range, side| InlineCode { range, kind, side };
                    found.push(side(at..inner, Side::Open(pair)));
                    found.push(side(end..from, Side::Close(pair)));
                }
            } else if kind == CodeKind::Link {
                if let Some(start) = text[..at].rfind('[') {
                    let pair = found.len();
                    let side = |range, side| InlineCode { range, kind, side };
                    found.push(side(start..start + 1, Side::Open(pair)));
                    found.push(side(at..from, Side::Close(pair)));
                }
            } else {
                found.push(InlineCode::alone(at..from, kind));
            }
        }
    }
    found.sort_by_key(|code| code.range.start);
    found
}
#[test]
fn each_check_has_a_name_of_its_own() {
    for check in Check::ALL {
        assert_eq!(check.as_str().parse(), Ok(*check));
    }
    assert_eq!(Check::ALL.len(), 33);
    assert!("spelling".parse::<Check>().is_err());
    for level in Level::ALL {
        assert_eq!(Level::parse(level.as_str()), Some(level));
    }
}

#[test]
fn a_type_says_otherwise_of_what_it_names_alone() {
    let mut levels = Levels::default();
    levels.set(Check::Same, Level::Off);
    assert_eq!(levels.of(Check::Same), Level::Off);
    assert_eq!(levels.of(Check::EmbedToken), Level::Error);
}
