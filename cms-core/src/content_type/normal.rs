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
