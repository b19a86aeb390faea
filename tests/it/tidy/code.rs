//! Source text as rules look at it: without comments and literals, word by word.

/// The code alone: each byte of a comment or a literal becomes a space, so that places stay.
pub fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = out.chars().next_back();
        let length = blank_length(rest, before);
        if length > 0 {
            blank(&mut out, &rest[..length]);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// The length of the comment or literal that starts here; 0 if none does.
fn blank_length(rest: &str, before: Option<char>) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('r') && !before.is_some_and(|c| c.is_alphanumeric() && c != 'b' || c == '_')
    {
        return raw_string(rest);
    }
    if rest.starts_with('\'') { character(rest) } else { 0 }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Up to the next quote that no backslash hides.
fn quoted(rest: &str, quote: char) -> usize {
    let mut hidden = false;
    for (at, found) in rest.char_indices().skip(1) {
        match found {
            _ if hidden => hidden = false,
            '\\' => hidden = true,
            _ if found == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#` and so on; 0 for a name that starts with an r.
fn raw_string(rest: &str) -> usize {
    let marks = rest[1..].chars().take_while(|found| *found == '#').count();
    let open = 1 + marks;
    if !rest[open..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(marks));
    rest[open + 1..].find(&close).map_or(rest.len(), |at| open + 1 + at + close.len())
}

/// `'x'` and `'\n'`; 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut following = rest.chars().skip(1);
    match (following.next(), following.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(inner), Some('\'')) => 2 + inner.len_utf8(),
        _ => 0,
    }
}

fn blank(out: &mut String, literal: &str) {
    for byte in literal.bytes() {
        out.push(if byte == b'\n' { '\n' } else { ' ' });
    }
}

/// Where a word or a path stands by itself, not as a part of a longer name.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let longer_before = before.is_some_and(is_name);
        let longer_after = word.ends_with(is_name) && after.is_some_and(is_name);
        !longer_before && !longer_after
    })
}

/// Where a crate is named in a path: `sled::…`, `use sled`, `::sled`.
pub fn paths<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    words(code, name).filter(move |at| {
        let before = code[..*at].trim_end();
        let after = code[at + name.len()..].trim_start();
        after.starts_with("::") || before.ends_with("use") || before.ends_with("extern crate")
    })
}

/// The line of a place, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn is_name(found: char) -> bool {
    found.is_alphanumeric() || found == '_'
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a // b\n/* c /* d */ e */ f \"g\\\"h\" r#\"i\"j\"# 'k' '\\'' b\"l\" 'm: for<'n> ör";
    let kept: Vec<String> = strip(text).split_whitespace().map(str::to_owned).collect();
    assert_eq!(kept, ["a", "f", "b", "'m:", "for<'n>", "ör"]);
    assert_eq!(strip(text).len(), text.len());
}

#[test]
fn a_word_is_not_a_part_of_a_longer_name() {
    assert_eq!(words("sled sledge _sled todo! my_todo!", "sled").count(), 1);
    assert_eq!(words("todo! my_todo! todo!()", "todo!").count(), 2);
    assert_eq!(paths("use sled; sled::Db; let sled = 1; x.sled", "sled").count(), 2);
}
