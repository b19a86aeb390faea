//! From one property of a schema file to a field: its kind, its annotations and its compiled rules.

use std::str::FromStr as _;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::{
    annotation::Annotation,
    field::{Field, FieldKind},
    filter,
    parse::passed,
    reference::{Shape, type_names},
};
use crate::{
    clock::Timestamp,
    id::FieldName,
    locale::Locale,
    violation::{Violation, pointer_step},
};

/// Whether an annotation is there and true.
pub(super) fn is_set(schema: &Value, annotation: &str) -> bool {
    schema.get(annotation).and_then(Value::as_bool).unwrap_or(false)
}

/// The field that a schema, without `$ref`s, describes; or what is wrong with it.
pub(super) fn field(name: &str, schema: Value) -> Result<Field, Vec<Violation>> {
    let pointer = format!("/properties{}", pointer_step(name));
    let at = |code| Violation::new(&pointer, code);
    let field_name =
        FieldName::parse(name).map_err(|_| vec![at("schema_bad_name").with("name", name)])?;
    let kind = kind(&schema);
    let localized = is_set(&schema, "x-localized");
    let misplaced = schema.as_object().into_iter().flatten().filter_map(|(keyword, value)| {
        let suits =
            Annotation::parse(keyword)?.suits(&kind, localized) || *value == Value::Bool(false);
        (!suits).then(|| {
            let at = Violation::new(format!("{pointer}/{keyword}"), "schema_unsuitable_annotation");
            at.with("annotation", keyword).with("kind", kind.as_str())
        })
    });
    passed(misplaced.collect())?;
    let weight = schema.get("x-search-weight").and_then(Value::as_u64);
    Ok(Field {
        name: field_name,
        description: schema
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        localized,
        required: is_set(&schema, "x-required-for-publication"),
        slug_source: is_set(&schema, "x-slug-source"),
        weight: weight.and_then(|weight| u8::try_from(weight).ok()),
        pins: is_set(&schema, "x-search-pin"),
        filterable: is_set(&schema, "x-filterable"),
        sortable: is_set(&schema, "x-sortable"),
        embeddable: is_set(&schema, "x-embeddable"),
        describes: schema
            .get("x-describes")
            .and_then(Value::as_str)
            .and_then(|name| FieldName::parse(name).ok()),
        rules: compile(&schema).ok_or_else(|| vec![at("schema_does_not_compile")])?,
        shape: Shape::of(&schema),
        kind,
        schema,
    })
}

/// What kind of field a schema, without `$ref`s, describes.
fn kind(schema: &Value) -> FieldKind {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    match text("type").unwrap_or_default() {
        "boolean" => FieldKind::Boolean,
        "integer" => FieldKind::Integer,
        "number" => FieldKind::Number,
        "array" => match schema.get("items").map(kind) {
            Some(FieldKind::Reference { types, .. }) => FieldKind::Reference { types, many: true },
            Some(FieldKind::Asset { .. }) => FieldKind::Asset { many: true },
            Some(FieldKind::Enum { options }) => FieldKind::List { options: Some(options) },
            Some(FieldKind::Text | FieldKind::Url | FieldKind::Date | FieldKind::DateTime) => {
                FieldKind::List { options: None }
            }
            Some(
                FieldKind::Markdown
                | FieldKind::Boolean
                | FieldKind::Integer
                | FieldKind::Number
                | FieldKind::List { .. }
                | FieldKind::Structured,
            )
            | None => FieldKind::Structured,
        },
        "string" if is_set(schema, "x-markdown") => FieldKind::Markdown,
        "string" if is_set(schema, "x-asset") => FieldKind::Asset { many: false },
        "string" => match (schema.get("x-reference"), schema.get("enum"), text("format")) {
            (Some(types), _, _) => FieldKind::Reference { types: type_names(types), many: false },
            (None, Some(options), _) => FieldKind::Enum { options: texts(options) },
            (None, None, Some("date")) => FieldKind::Date,
            (None, None, Some("date-time")) => FieldKind::DateTime,
            (None, None, Some("uri")) => FieldKind::Url,
            (None, None, Some(_) | None) => FieldKind::Text,
        },
        _ => FieldKind::Structured,
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Compiles a schema. Formats are checked, patterns run in linear time, and nothing is fetched.
fn compile(schema: &Value) -> Option<Validator> {
    jsonschema::draft202012::options()
        .offline()
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(PatternOptions::regex())
        .with_format("date", |text: &str| filter::day(text).is_some())
        .with_format("date-time", |text: &str| Timestamp::from_str(text).is_ok())
        .with_format("uri", is_web_address)
        .with_format("language-tag", |text: &str| Locale::parse(text).is_ok())
        .build(schema)
        .ok()
}

/// Whether it is the address of a web page, as it may stand in a link: http or https, a host, no user
/// or password (which serve to deceive), nothing that would have to be escaped.
fn is_web_address(text: &str) -> bool {
    let is_plain = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    text.chars().all(is_plain)
        && url::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::content_type::samples::parsed;

    #[test]
    fn each_kind_of_field_is_recognised() {
        let cases = [
            (json!({"type": "string"}), "text"),
            (json!({"type": "string", "format": "email"}), "text"),
            (json!({"type": "string", "x-markdown": true, "x-localized": true}), "markdown"),
            (json!({"type": "string", "format": "uri"}), "url"),
            (json!({"type": "string", "enum": ["a"]}), "enum"),
            (json!({"type": "string", "format": "date"}), "date"),
            (json!({"type": "string", "format": "date-time"}), "datetime"),
            (json!({"type": "boolean"}), "boolean"),
            (json!({"type": "integer", "enum": [1, 2]}), "integer"),
            (json!({"type": "number"}), "number"),
            (json!({"type": "string", "x-reference": "page"}), "reference"),
            (
                json!({"type": "array", "items": {"type": "string", "x-reference": ["page", "faq"]}}),
                "references",
            ),
            (json!({"type": "string", "x-asset": true}), "asset"),
            (json!({"type": "array", "items": {"type": "string", "x-asset": true}}), "assets"),
            (json!({"type": "array", "items": {"type": "string", "enum": ["a"]}}), "list"),
            (json!({"type": "array", "items": {"type": "integer"}}), "structured"),
            (
                json!({"type": "object", "additionalProperties": false, "properties": {}}),
                "structured",
            ),
        ];
        for (schema, kind) in cases {
            let parsed = parsed(json!({"it": schema}));
            assert_eq!(parsed.field(&"it".parse().unwrap()).unwrap().kind.as_str(), kind);
        }
    }
}
