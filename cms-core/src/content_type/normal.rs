//! The one form in which fields are stored, whatever way they were written.
//!
//! Absent, null and empty mean the same and are stored as absent; line breaks are stored as line feeds.
//! That is all. Text isn't brought into a Unicode normal form: NFC would replace characters that people
//! write their names with (the CJK compatibility ideographs), and what readers get is what was
//! written. Slugs and the search index fold for themselves.

use serde_json::Value;

use super::limit::MAX_DEPTH;
use crate::event::Fields;

/// Brings fields into the form in which they are stored. Done twice, it changes nothing more.
///
/// Of objects, members that are null or empty are left out, at any depth; what becomes empty by that is
/// left out too. Items of lists stay, since their places count.
pub fn normalise(fields: Fields) -> Fields {
    fields.into_iter().filter_map(|(name, value)| Some((name, kept(value, MAX_DEPTH)?))).collect()
}

/// The value, unless it says nothing. What lies deeper than a field may stays as it is, to be refused.
fn kept(value: Value, levels: usize) -> Option<Value> {
    let value = stored(value, levels);
    let says_nothing = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    (!says_nothing).then_some(value)
}

fn stored(value: Value, levels: usize) -> Value {
    let Some(below) = levels.checked_sub(1) else { return value };
    match value {
        Value::String(text) if text.contains('\r') => {
            text.replace("\r\n", "\n").replace('\r', "\n").into()
        }
        Value::Array(items) => items.into_iter().map(|item| stored(item, below)).collect(),
        Value::Object(members) => members
            .into_iter()
            .filter_map(|(name, member)| Some((name, kept(member, below)?)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content_type::samples::fields;

    #[test]
    fn absent_null_and_empty_are_stored_as_absent() {
        let given = json!({
            "title": "", "summary": null, "steps": [], "to": {"entry": null, "url": {"a": ""}}, "position": 0,
            "archived": false, "links": [{"kind": "x", "value": null}, "", null],
        });
        let stored = json!({"position": 0, "archived": false, "links": [{"kind": "x"}, "", null]});
        assert_eq!(normalise(fields(given)), fields(stored));
    }

    #[test]
    fn line_breaks_are_stored_as_line_feeds_and_letters_as_they_were() {
        let given = json!({"body": "a\r\nb\rc\n", "list": ["e\u{301}\r\n", "\u{fa19}"]});
        assert_eq!(
            normalise(fields(given)),
            fields(json!({"body": "a\nb\nc\n", "list": ["e\u{301}\n", "\u{fa19}"]}))
        );
    }
}
