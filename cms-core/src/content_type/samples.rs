//! What the tests of content types share: small types, fields, any JSON at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::ContentType;
use crate::{event::Fields, locale::Locale, violation::Violation, words};

/// A schema file with a title and these properties.
pub(super) fn file(properties: Value) -> Value {
    let mut file = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "x-type": "sample",
        "type": "object",
        "additionalProperties": false,
        "properties": {"title": {"type": "string", "x-localized": true, "x-required-for-publication": true}}
    });
    let Value::Object(more) = properties else { panic!("properties are an object") };
    file["properties"].as_object_mut().unwrap().extend(more);
    file
}

pub(super) fn parsed(properties: Value) -> ContentType {
    ContentType::parse(&file(properties)).unwrap()
}

pub(super) fn shipped_type(name: &str) -> ContentType {
    let (_, text) = super::shipped().into_iter().find(|(kind, _)| kind.as_str() == name).unwrap();
    ContentType::parse(&serde_json::from_str(text).unwrap()).unwrap()
}

pub(super) fn fields(value: Value) -> Fields {
    serde_json::from_value(value).unwrap()
}

pub(super) fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

/// Violations as `pointer code`; each must have a sentence with room for all its facts.
pub(super) fn brief(found: Vec<Violation>) -> Vec<String> {
    let brief = |violation: Violation| {
        let facts: Vec<_> =
            violation.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let key = format!("violation.{}", violation.code);
        let sentence = words::text(&locale("en"), &key, &facts);
        assert!(
            sentence != key && !sentence.contains("%{"),
            "{key} has no good sentence: {sentence}"
        );
        format!("{} {}", violation.pointer, violation.code)
    };
    found.into_iter().map(brief).collect()
}

/// What is wrong with a file, as `pointer code`.
pub(super) fn refused(file: &Value) -> Vec<String> {
    brief(ContentType::parse(file).expect_err("a file to be refused").violations)
}

/// What is wrong with a file that has a title and this field.
pub(super) fn refused_field(schema: Value) -> Vec<String> {
    refused(&file(json!({"it": schema})))
}

/// JSON of any shape, with a liking for the words that schemas and routes are made of.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "type",
            "string",
            "object",
            "array",
            "properties",
            "items",
            "$ref",
            "#/$defs/a",
            "$defs",
            "x-reference",
            "x-localized",
            "enum",
            "format",
            "date",
            "pattern",
            "(",
            "maxLength",
            "required",
            "page",
            "channels",
            "concern",
            "key:a",
            "kind",
            "phone",
            "entry",
            "0197e3a0-0000-7000-8000-000000000001",
            "\r\n",
            "",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word.clone(), inside), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}
