//! Cuts a source at its top-level blocks: what one author changes as a whole, and two can change side by side.

use comrak::Arena;

use super::dialect::{self, Dialect, MAX_BYTES};

/// The blocks of a source, in order; together they are the source. One that can't be parsed within bounds is cut at
/// its empty lines.
pub fn blocks(source: &str) -> Vec<&str> {
    let starts = if source.len() <= MAX_BYTES { first_lines(source) } else { None };
    match starts {
        Some(starts) => cut(source, &starts),
        None => cut(source, &after_empty_lines(source)),
    }
}

/// The lines, from 1, on which a block begins.
fn first_lines(source: &str) -> Option<Vec<usize>> {
    let parsed = std::panic::catch_unwind(|| {
        let arena = Arena::new();
        let root = dialect::parse(&arena, source, &Dialect::Beacon.options())?;
        let lines = root.children().map(|block| block.data().sourcepos.start.line);
        Some(lines.collect::<Vec<_>>())
    });
    // Footnotes stand at the end of the tree, wherever they are written.
    let mut lines = parsed.ok()??;
    lines.sort_unstable();
    lines.dedup();
    Some(lines)
}

fn after_empty_lines(source: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut was_empty = true;
    for (at, line) in lines(source).into_iter().enumerate() {
        let is_empty = line.trim().is_empty();
        if was_empty && !is_empty {
            found.push(at + 1);
        }
        was_empty = is_empty;
    }
    found
}

/// The lines of a source with their endings, as CommonMark counts them.
fn lines(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let end = rest.find(['\n', '\r']).map_or(rest.len(), |at| {
            let is_pair = rest.get(at..).is_some_and(|ending| ending.starts_with("\r\n"));
            at + if is_pair { 2 } else { 1 }
        });
        let (line, after) = rest.split_at(end);
        found.push(line);
        rest = after;
    }
    found
}

fn cut<'a>(source: &'a str, starts: &[usize]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    for (number, line) in (1..).zip(lines(source)) {
        if at > from && starts.binary_search(&number).is_ok() {
            found.extend(source.get(from..at));
            from = at;
        }
        at += line.len();
    }
    found.extend(source.get(from..).filter(|rest| !rest.is_empty()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_cut_where_its_blocks_begin() {
        for (source, expected) in [
            ("", &[][..]),
            ("a\nb", &["a\nb"]),
            ("a\n\nb\r\n\r\nc\r", &["a\n\n", "b\r\n\r\n", "c\r"]),
            ("# a\nb\n- c\n\n- d\n\ne", &["# a\n", "b\n", "- c\n\n- d\n\n", "e"]),
            ("```\na\n\nb\n```\n\nc\n", &["```\na\n\nb\n```\n\n", "c\n"]),
            ("a[^x]\n\n[^x]: note\n\nb\n", &["a[^x]\n\n", "[^x]: note\n\n", "b\n"]),
            ("\n\na\n\n[x]: /y\n\nb", &["\n\n", "a\n\n[x]: /y\n\n", "b"]),
            ("> a\n> b\n\n|a|\n|-|\n|b|\n", &["> a\n> b\n\n", "|a|\n|-|\n|b|\n"]),
        ] {
            assert_eq!(blocks(source), expected, "{source:?}");
        }
    }

    #[test]
    fn the_blocks_are_the_source_whatever_it_is() {
        for source in [
            "a\r\rb\n\r",
            "<div>\n\na\n",
            "é\n\n\u{2028}ü",
            &"> ".repeat(3_000),
            &"a\n\n".repeat(400_000),
        ] {
            assert_eq!(blocks(source).concat(), source);
        }
        assert_eq!(blocks(&"a\n\n".repeat(400_000)).len(), 400_000);
    }
}
