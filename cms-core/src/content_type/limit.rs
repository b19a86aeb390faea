//! Limits that hold for every value of every type, whatever its schema says.
//!
//! They bound what one revision can cost, and keep out of the store what no reader can see or no
//! program can carry. A lone surrogate cannot occur: JSON with one is refused before it gets here.

use std::{borrow::Cow, io};

use serde_json::Value;

use crate::violation::{Violation, pointer_step};

/// The most bytes of one part's fields, as compact JSON.
pub const MAX_PART_BYTES: usize = 4 << 20;
/// The most bytes of one text.
pub const MAX_TEXT_BYTES: usize = 1 << 20;
/// The most levels of objects and lists within each other, the fields object not counted.
pub const MAX_DEPTH: usize = 32;
/// The most items of one list, and members of one object, unless its schema sets a lower limit.
pub const MAX_ITEMS: usize = 1_000;
/// The most violations that one check gives; what is beyond is found once these are mended.
pub const MAX_VIOLATIONS: usize = 100;

/// How much of a name that is wrong is said again.
const MAX_NAME: usize = 100;

/// Adds what is wrong with a value and all within it. False when it is so large or deep that nothing
/// more should be done with it.
pub(super) fn check(value: &Value, pointer: &str, found: &mut Vec<Violation>) -> bool {
    if deeper_than(value, MAX_DEPTH) {
        found.push(Violation::new(pointer, "too_deep").with("limit", MAX_DEPTH));
        return false;
    }
    let before = found.len();
    check_inside(value, pointer, found);
    found.iter().skip(before).all(|violation| violation.code == "control_character")
}

fn check_inside(value: &Value, pointer: &str, found: &mut Vec<Violation>) {
    if found.len() >= MAX_VIOLATIONS {
        return;
    }
    match value {
        Value::String(text) => found.extend(text_violation(text, pointer)),
        Value::Array(items) if items.len() > MAX_ITEMS => {
            found.push(Violation::new(pointer, "too_many_items").with("limit", MAX_ITEMS));
        }
        Value::Object(members) if members.len() > MAX_ITEMS => {
            found.push(Violation::new(pointer, "too_many_fields").with("limit", MAX_ITEMS));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_inside(item, &format!("{pointer}{}", pointer_step(index)), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.chars().nth(MAX_NAME).is_some() {
                    found.push(unknown_field(pointer, name));
                } else {
                    check_inside(member, &format!("{pointer}{}", pointer_step(name)), found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A name that no schema knows. One that is too long to be said again is told at its parent.
pub(super) fn unknown_field(parent: &str, name: &str) -> Violation {
    if name.chars().nth(MAX_NAME).is_some() {
        let start: String = name.chars().take(MAX_NAME).collect();
        return Violation::new(parent, "unknown_field").with("field", start + "…");
    }
    Violation::new(format!("{parent}{}", pointer_step(name)), "unknown_field").with("field", name)
}

fn text_violation(text: &str, pointer: &str) -> Option<Violation> {
    if text.len() > MAX_TEXT_BYTES {
        return Some(Violation::new(pointer, "text_too_large").with("limit", MAX_TEXT_BYTES));
    }
    let (position, c) = text.chars().enumerate().find(|(_, c)| is_refused(*c))?;
    Some(
        Violation::new(pointer, "control_character")
            .with("character", format!("U+{:04X}", u32::from(c)))
            .with("position", position + 1),
    )
}

/// Whether a text may not hold it: the control characters, but for line breaks and tabs.
fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

/// The text without the control characters that no field may hold: for whoever takes in text from
/// elsewhere and would rather lose them than be refused.
pub fn without_control_characters(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_refused) {
        Cow::Owned(text.chars().filter(|c| !is_refused(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether lists and objects lie more than `levels` deep within each other.
pub(super) fn deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => {
            levels == 0 || items.iter().any(|item| deeper_than(item, levels - 1))
        }
        Value::Object(members) => {
            levels == 0 || members.values().any(|member| deeper_than(member, levels - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// How many bytes a value has as compact JSON. It must not be too deep.
pub(super) fn json_bytes(value: &impl serde::Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_can_be_left_out_beforehand() {
        assert_eq!(without_control_characters("a\u{8}b\n\t\r\u{9f}c"), "ab\n\t\rc");
        assert!(matches!(without_control_characters("é\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_size_of_a_value_is_that_of_its_json() {
        let value = serde_json::json!({"é": ["\"", 1.5, null]});
        assert_eq!(json_bytes(&value), value.to_string().len());
    }
}
