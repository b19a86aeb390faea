//! What texts are compared by: words, and in Markdown what means something as a whole.

use icu_segmenter::{WordSegmenter, options::WordBreakInvariantOptions};

/// The longest stretch that is one piece, in bytes: what isn't closed by then is words like others.
const LONGEST: usize = 4_000;

/// A text cut at the borders of its words.
pub(super) fn words(text: &str) -> Vec<&str> {
    let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let borders: Vec<usize> = segmenter.segment_str(text).collect();
    borders
        .iter()
        .zip(borders.iter().skip(1))
        .filter_map(|(start, end)| text.get(*start..*end))
        .collect()
}

/// Markdown cut at the borders of its words, but for what half of would mean something else: an embed, the address of a
/// link, an address in angle brackets, a tag, a code span.
pub(super) fn markdown(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match whole(rest) {
            Some(length) => {
                found.extend(words(text.get(plain..at).unwrap_or_default()));
                found.extend(rest.get(..length));
                at += length;
                plain = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found.extend(words(text.get(plain..).unwrap_or_default()));
    found
}

/// The length of what is one piece at the beginning of a text.
fn whole(text: &str) -> Option<usize> {
    let until = |start: usize, end: &str| {
        let found = text.get(start..)?.find(end).map(|at| start + at + end.len());
        found.filter(|length| *length <= LONGEST)
    };
    let is_one_line =
        |length: &usize| text.get(..*length).is_some_and(|piece| !piece.contains('\n'));
    match text.as_bytes() {
        [b'{', b'{', ..] => until(2, "}}").filter(is_one_line),
        [b']', b'(', ..] => address(text).filter(|length| *length <= LONGEST),
        [b'<', b'/' | b'a'..=b'z' | b'A'..=b'Z', ..] => until(1, ">").filter(is_one_line),
        [b'`', ..] => {
            let fence = text.bytes().take_while(|byte| *byte == b'`').count();
            until(fence, text.get(..fence)?)
        }
        _ => None,
    }
}

/// The length of `](address)`, brackets within the address included.
fn address(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1),
            b')' => depth = depth.checked_sub(1)?,
            b'\n' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_as_a_whole_is_one_piece() {
        for (text, piece) in [
            ("call {{route:ceop.phone}} now", "{{route:ceop.phone}}"),
            ("see [this page](https://a.example/b_(c)?d) first", "](https://a.example/b_(c)?d)"),
            ("see <https://a.example/b> first", "<https://a.example/b>"),
            ("type `rm -r x` never", "`rm -r x`"),
            ("type ``a ` b`` never", "``a ` b``"),
            ("a <kbd class=\"x\">key</kbd>", "<kbd class=\"x\">"),
        ] {
            let pieces = markdown(text);
            assert!(pieces.contains(&piece), "{pieces:?}");
            assert_eq!(pieces.concat(), text);
        }
    }

    #[test]
    fn what_is_not_closed_is_words_and_nothing_is_lost() {
        for text in
            ["{{ a", "](b", "a < b > c", "`a", "](a\nb)", "é`ü`{{", "", "{{a\nb}}", "]()", "``"]
        {
            assert_eq!(markdown(text).concat(), text);
        }
        assert!(markdown("](b c").len() > 2);
        let long = format!("{{{{{}}}}}", "a ".repeat(LONGEST));
        assert!(markdown(&long).len() > 1_000);
    }
}
