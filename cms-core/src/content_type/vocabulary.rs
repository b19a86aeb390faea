//! Whether a schema file keeps to the vocabulary: the keywords of JSON Schema that mean something here,
//! each where it has an effect, and the annotations, each where it may stand.
//!
//! A keyword that JSON Schema would silently ignore (a misspelling, a `maxLength` on a list) is refused:
//! a rule that looks as if it held and doesn't is worse than none. Combinators (`anyOf`, `if`, `not` …)
//! are not in the vocabulary, since all that could be said of a value that breaks one is that it fits
//! nothing.

use serde_json::{Map, Value};

use super::annotation::{Annotation, Place};
use crate::{
    id::FieldName,
    violation::{Violation, pointer_step},
};

/// The dialect that a file must name.
pub(super) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The formats that are checked.
const FORMATS: [&str; 6] = ["date", "date-time", "uri", "email", "duration", "language-tag"];

/// What a keyword is to a schema of some `type`.
enum Fit {
    Means,
    MeansNothingHere,
    Unsupported,
}

/// Everything in the file that the vocabulary doesn't have.
pub(super) fn check(file: &Value) -> Vec<Violation> {
    let mut walk = Walk { found: Vec::new() };
    walk.schema(file, "", Place::Type);
    if let Some(definitions) = file.get("$defs").and_then(Value::as_object) {
        walk.named(definitions, "/$defs", Place::Inside);
    }
    walk.found
}

struct Walk {
    found: Vec<Violation>,
}

impl Walk {
    fn schema(&mut self, schema: &Value, pointer: &str, place: Place) {
        let Some(members) = schema.as_object() else {
            self.found.push(Violation::new(pointer, "schema_not_an_object"));
            return;
        };
        for (keyword, value) in members {
            let at = format!("{pointer}{}", pointer_step(keyword));
            if keyword.starts_with("x-") {
                self.annotation(keyword, value, at, place);
            } else {
                self.keyword(keyword, members, at, place);
            }
        }
        if members.contains_key("$ref") {
            return;
        }
        self.shape(members, pointer);
        let inside = if place == Place::Type { Place::Field } else { Place::Inside };
        if let Some(properties) = members.get("properties").and_then(Value::as_object) {
            self.named(properties, &format!("{pointer}/properties"), inside);
        }
        if let Some(items) = members.get("items") {
            self.schema(items, &format!("{pointer}/items"), Place::Inside);
        }
    }

    fn named(&mut self, schemas: &Map<String, Value>, pointer: &str, place: Place) {
        for (name, schema) in schemas {
            let at = format!("{pointer}{}", pointer_step(name));
            if FieldName::parse(name).is_err() {
                self.found.push(Violation::new(&at, "schema_bad_name").with("name", name));
            }
            self.schema(schema, &at, place);
        }
    }

    fn annotation(&mut self, keyword: &str, value: &Value, at: String, place: Place) {
        let code = match Annotation::parse(keyword) {
            None => "schema_unknown_annotation",
            Some(Annotation::Localized) if place == Place::Inside => "schema_nested_localized",
            Some(annotation) if !annotation.may_stand(place) => "schema_misplaced_annotation",
            Some(annotation) if !annotation.takes(value) => "schema_bad_annotation",
            Some(_) => return,
        };
        self.found.push(Violation::new(at, code).with("annotation", keyword));
    }

    fn keyword(&mut self, keyword: &str, members: &Map<String, Value>, at: String, place: Place) {
        let kind = members.get("type").and_then(Value::as_str);
        let code = match fit(keyword, kind, members.contains_key("$ref"), place) {
            Fit::Means => return,
            Fit::MeansNothingHere => "schema_misplaced_keyword",
            Fit::Unsupported => "schema_unsupported_keyword",
        };
        self.found.push(Violation::new(at, code).with("keyword", keyword));
    }

    /// What a schema must have besides: one type, and what its type needs to be closed.
    fn shape(&mut self, members: &Map<String, Value>, pointer: &str) {
        let mut wrong = |code| self.found.push(Violation::new(pointer, code));
        let kind = members.get("type").and_then(Value::as_str);
        match kind {
            None | Some("null") => wrong("schema_no_type"),
            Some("array") if !members.contains_key("items") => wrong("schema_no_items"),
            Some("object") if members.get("additionalProperties") != Some(&Value::Bool(false)) => {
                wrong("schema_open_object");
            }
            Some(_) => {}
        }
        if members
            .get("format")
            .and_then(Value::as_str)
            .is_some_and(|format| !FORMATS.contains(&format))
        {
            wrong("schema_unknown_format");
        }
        let options = members.get("enum").and_then(Value::as_array);
        let fits = |option: &Value| {
            if kind == Some("string") { option.is_string() } else { option.is_i64() }
        };
        if options.is_some_and(|options| options.is_empty() || !options.iter().all(fits)) {
            wrong("schema_bad_options");
        }
        // What a text stands for leaves no room for other rules about it.
        let says = |name: &str| members.get(name).is_some_and(|value| *value != Value::Bool(false));
        let meanings = ["x-markdown", "x-reference", "x-asset", "enum", "format"];
        if meanings.into_iter().filter(|name| says(name)).count() > 1 {
            wrong("schema_two_meanings");
        }
        if ["x-markdown", "x-reference", "x-asset"].into_iter().any(says) && kind != Some("string")
        {
            wrong("schema_meaning_of_no_text");
        }
    }
}

fn fit(keyword: &str, kind: Option<&str>, refers: bool, place: Place) -> Fit {
    let for_kinds: &[&str] = match keyword {
        "$comment" | "title" | "description" | "$ref" => return Fit::Means,
        "$schema" | "$id" | "$defs" if place == Place::Type => return Fit::Means,
        // The root says what is required with an annotation, since drafts needn't be complete.
        "required" | "minProperties" | "maxProperties" if place == Place::Type => {
            return Fit::Unsupported;
        }
        "type" | "examples" => &["string", "integer", "number", "boolean", "array", "object"],
        "enum" => &["string", "integer"],
        "format" | "pattern" | "minLength" | "maxLength" => &["string"],
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            &["integer", "number"]
        }
        "items" | "minItems" | "maxItems" | "uniqueItems" => &["array"],
        "properties" | "required" | "additionalProperties" | "minProperties" | "maxProperties" => {
            &["object"]
        }
        _ => return Fit::Unsupported,
    };
    let fits = !refers && kind.is_none_or(|kind| for_kinds.contains(&kind));
    if fits { Fit::Means } else { Fit::MeansNothingHere }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content_type::samples::{file, refused, refused_field};

    #[test]
    fn a_keyword_that_would_have_no_effect_is_refused() {
        let cases = [
            (json!({"type": "string", "maxlength": 3}), "/maxlength schema_unsupported_keyword"),
            (
                json!({"type": "array", "items": {"type": "string"}, "maxLength": 3}),
                "/maxLength schema_misplaced_keyword",
            ),
            (
                json!({"type": "string", "anyOf": [{"maxLength": 3}]}),
                "/anyOf schema_unsupported_keyword",
            ),
            (json!({"type": "string", "default": "x"}), "/default schema_unsupported_keyword"),
            (json!({"type": "string", "format": "hostname"}), " schema_unknown_format"),
            (json!({"description": "anything"}), " schema_no_type"),
            (json!({"type": ["string", "null"]}), " schema_no_type"),
            (json!({"type": "array"}), " schema_no_items"),
            (json!({"type": "object", "properties": {}}), " schema_open_object"),
            (json!({"type": "string", "enum": []}), " schema_bad_options"),
            (json!({"type": "string", "enum": ["a", 1]}), " schema_bad_options"),
            (json!(true), " schema_not_an_object"),
        ];
        for (schema, expected) in cases {
            assert_eq!(
                refused_field(schema.clone()),
                [format!("/properties/it{expected}")],
                "{schema}"
            );
        }
        let inner = json!({"type": "object", "additionalProperties": false, "properties": {"Bad Name": {"type": "string"}}});
        assert_eq!(refused_field(inner), ["/properties/it/properties/Bad Name schema_bad_name"]);
        assert_eq!(
            refused(&file(json!({"a-b": {"type": "string"}}))),
            ["/properties/a-b schema_bad_name"]
        );
    }

    #[test]
    fn an_annotation_stands_where_it_means_something() {
        let text = |annotation: &str, value: Value| json!({"type": "string", annotation: value});
        let inside =
            |annotation: &str| json!({"type": "array", "items": text(annotation, json!(true))});
        let cases = [
            (text("x-localised", json!(true)), "/x-localised schema_unknown_annotation"),
            (text("x-localized", json!("yes")), "/x-localized schema_bad_annotation"),
            (text("x-type", json!("page")), "/x-type schema_misplaced_annotation"),
            (inside("x-localized"), "/items/x-localized schema_nested_localized"),
            (inside("x-markdown"), "/items/x-markdown schema_misplaced_annotation"),
            (inside("x-filterable"), "/items/x-filterable schema_misplaced_annotation"),
            (text("x-search-weight", json!(0)), "/x-search-weight schema_bad_annotation"),
            (text("x-search-weight", json!(11)), "/x-search-weight schema_bad_annotation"),
            (text("x-reference", json!([])), "/x-reference schema_bad_annotation"),
            (text("x-reference", json!("Page")), "/x-reference schema_bad_annotation"),
            (text("x-reference", json!(["page", "page"])), "/x-reference schema_bad_annotation"),
            (json!({"type": "integer", "x-reference": "page"}), " schema_meaning_of_no_text"),
            (
                json!({"type": "array", "items": {"type": "string"}, "x-reference": "page"}),
                " schema_meaning_of_no_text",
            ),
            (
                json!({"type": "string", "x-reference": "page", "x-asset": true}),
                " schema_two_meanings",
            ),
            (
                json!({"type": "string", "x-reference": "page", "format": "uri"}),
                " schema_two_meanings",
            ),
            (text("x-markdown", json!(true)), "/x-markdown schema_unsuitable_annotation"),
            (text("x-slug-source", json!(true)), "/x-slug-source schema_unsuitable_annotation"),
            (text("x-filterable", json!(true)), "/x-filterable schema_unsuitable_annotation"),
            (
                json!({"type": "boolean", "x-search-weight": 1}),
                "/x-search-weight schema_unsuitable_annotation",
            ),
            (
                json!({"type": "boolean", "x-embeddable": true}),
                "/x-embeddable schema_unsuitable_annotation",
            ),
            (
                json!({"type": "string", "x-reference": "page", "x-sortable": true}),
                "/x-sortable schema_unsuitable_annotation",
            ),
        ];
        for (schema, expected) in cases {
            assert_eq!(
                refused_field(schema.clone()),
                [format!("/properties/it{expected}")],
                "{schema}"
            );
        }
    }
}
