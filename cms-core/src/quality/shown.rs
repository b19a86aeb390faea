//! A segment's text as its readers see it, well enough for checks: without marks, each code that stands for something
//! as one character.

use crate::segment::code::{CodeKind, InlineCode};

/// Stands for an embed, code or an address.
pub(super) const OBJECT: char = '\u{fffc}';

/// The words of a text, as its readers see them. Marks of emphasis and links are gone; embeds, code and addresses are an object
/// replacement character each.
pub fn shown(text: &str, codes: &[InlineCode]) -> String {
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    for code in codes {
        shown.push_str(text.get(from..code.range.start).unwrap_or_default());
        match code.kind {
            CodeKind::Embed | CodeKind::Code | CodeKind::Address => shown.push(OBJECT),
            CodeKind::Emphasis
            | CodeKind::Strong
            | CodeKind::Strike
            | CodeKind::Link
            | CodeKind::Image
            | CodeKind::Html
            | CodeKind::Note => {}
        }
        from = code.range.end;
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    unescaped(&shown)
}

/// The text without the backslashes that take a mark's meaning away.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_escape = c == '\\' && chars.peek().is_some_and(char::is_ascii_punctuation);
        if !is_escape {
            plain.push(c);
        } else if let Some(next) = chars.next() {
            plain.push(next);
        }
    }
    plain
}

/// What may stand behind the mark that ends a sentence: closing quotation marks and brackets, marks of direction, and
/// what Markdown has left of emphasis.
pub(super) fn is_closer(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\'' | '”' | '’' | '“' | '‘' | '»' | '«' | '›' | '‹' | ')' | ']' | '}' | '）' | '】' | '」'
                | '』' | '》' | '〉' | '*' | '_' | '~' | '`' | '\u{200b}' | '\u{200c}' | '\u{200d}'
                | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
                | '\u{fe0f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::code::Side;

    #[test]
    fn marks_are_gone_and_objects_are_one_character() {
        let text = "Call **now** {{route:a}}\\*";
        let code = |range, kind| InlineCode { range, kind, side: Side::Alone };
        let codes = [
            code(5..7, CodeKind::Strong),
            code(10..12, CodeKind::Strong),
            code(13..24, CodeKind::Embed),
        ];
        assert_eq!(shown(text, &codes), "Call now \u{fffc}*");
        assert!(is_closer('»') && !is_closer('.'));
    }
}
