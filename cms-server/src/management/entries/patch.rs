//! The body of a save: a JSON Merge Patch of a draft's fields, and what is said besides.

use cms_core::{
    commands::save_draft::SaveDraft,
    event::{Fields, Part, Translates},
    id::FieldName,
    violation::{Violation, pointer_step},
};
use serde_json::{Map, Value, json};

use crate::{
    guards::body::Members,
    management::{acts::change_class, place::PartPlace},
    problem::Problem,
};

/// The revision to save: the fields of before, patched.
pub(super) fn patched(
    place: &PartPlace,
    before: Fields,
    patch: Value,
) -> Result<SaveDraft, Problem> {
    let mut members = Members::of(Some(patch))?;
    let mut fields = json!(before);
    match members.take("fields") {
        None => {}
        Some(patch @ Value::Object(_)) => merge(&mut fields, patch),
        Some(_) => members.refuse(Violation::new("/fields", "not_an_object")),
    }
    let mut parsed = Fields::new();
    for (name, value) in fields.as_object_mut().map(std::mem::take).unwrap_or_default() {
        match name.parse::<FieldName>() {
            Ok(name) => drop(parsed.insert(name, value)),
            Err(_) => members.refuse(
                Violation::new(format!("/fields{}", pointer_step(&name)), "unknown_field")
                    .with("field", name),
            ),
        }
    }
    let slug = members.text("slug");
    let note = members.text("note");
    let change_class = change_class(&mut members);
    let translates = members.value("translates").and_then(|value| {
        let revision = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let source = Part::Locale(place.at.entry.source_locale.clone());
        let newest = place.at.entry.heads.get(&source).map_or(0, |head| head.newest);
        let revision = revision.filter(|revision| (1..=newest).contains(revision));
        if revision.is_none() {
            members.refuse(Violation::new("/translates", "unknown_revision"));
        }
        revision.map(Translates::Revision)
    });
    members.finish()?;
    let save = SaveDraft::new(place.at.entry.id, place.part.clone(), parsed);
    Ok(SaveDraft { slug, note, change_class, translates, ..save })
}

/// Applies a JSON Merge Patch (RFC 7396, section 2).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(members) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn a_merge_patch_does_what_its_standard_says() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let read = |text| serde_json::from_str::<Value>(text).unwrap();
            let mut merged = read(target);
            merge(&mut merged, read(patch));
            assert_eq!(merged, read(expected), "{target} {patch}");
        }
    }
}
