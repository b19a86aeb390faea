//! From a schema file to a content type: everything that is wrong with the file, or the compiled type.

use std::{collections::BTreeMap, fmt, str::FromStr as _, sync::Arc};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::{
    ContentType, TranslationPolicy,
    annotation::Annotation,
    expand,
    field::{Field, FieldKind},
    limit,
    reference::{Shape, type_names},
    vocabulary::{self, DIALECT},
};
use crate::{
    clock::Timestamp,
    id::{FieldName, TypeName},
    locale::Locale,
    violation::{Violation, pointer_step},
};

/// The most levels of a schema file.
const MAX_SCHEMA_DEPTH: usize = 64;
/// The most bytes of a schema file, as compact JSON.
const MAX_SCHEMA_BYTES: usize = 256 << 10;

/// The file is no content type: every reason, each with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SchemaError {
    /// What is wrong; never empty.
    pub violations: Vec<Violation>,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a content type:")?;
        for violation in &self.violations {
            write!(f, " {} at {:?};", violation.code, violation.pointer)?;
        }
        Ok(())
    }
}

pub(super) fn parse(file: &Value) -> Result<ContentType, SchemaError> {
    parse_or_violations(file).map_err(|mut violations| {
        violations.sort();
        violations.dedup();
        violations.truncate(limit::MAX_VIOLATIONS);
        SchemaError { violations }
    })
}

fn parse_or_violations(file: &Value) -> Result<ContentType, Vec<Violation>> {
    // Each step needs what the one before makes sure of.
    check_size(file)?;
    check_dialect(file)?;
    passed(vocabulary::check(file))?;
    let schemas = expand::fields(file)?;
    let name =
        file.get("x-type").and_then(Value::as_str).and_then(|name| TypeName::parse(name).ok());
    let name = name.ok_or_else(|| vec![Violation::new("", "schema_no_type_name")])?;
    let mut found = Vec::new();
    if file.get("type").and_then(Value::as_str) != Some("object") {
        found.push(Violation::new("/type", "schema_type_not_an_object"));
    }
    let mut fields = BTreeMap::new();
    for (name, schema) in schemas {
        match field(&name, schema) {
            Ok(field) => drop(fields.insert(field.name.clone(), Arc::new(field))),
            Err(mut wrong) => found.append(&mut wrong),
        }
    }
    passed(found)?;
    let slug_source = check_title(&fields)?;
    let text = |keyword: &str| file.get(keyword).and_then(Value::as_str);
    let locales = file.get("x-must-have-locales").and_then(Value::as_array).into_iter().flatten();
    Ok(ContentType {
        label: text("title").unwrap_or(name.as_str()).to_owned(),
        name,
        description: text("description").unwrap_or_default().to_owned(),
        translation_policy: text("x-translation-policy")
            .and_then(|policy| TranslationPolicy::from_str(policy).ok())
            .unwrap_or_default(),
        four_eyes: is_set(file, "x-four-eyes"),
        must_have_locales: locales.filter_map(|tag| Locale::parse(tag.as_str()?).ok()).collect(),
        fields,
        slug_source,
        schema: file.clone(),
    })
}

fn passed(found: Vec<Violation>) -> Result<(), Vec<Violation>> {
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn check_size(file: &Value) -> Result<(), Vec<Violation>> {
    if limit::deeper_than(file, MAX_SCHEMA_DEPTH) {
        return Err(vec![Violation::new("", "too_deep").with("limit", MAX_SCHEMA_DEPTH)]);
    }
    if limit::json_bytes(file) > MAX_SCHEMA_BYTES {
        return Err(vec![Violation::new("", "part_too_large").with("limit", MAX_SCHEMA_BYTES)]);
    }
    Ok(())
}

/// That the file is a JSON Schema of the right dialect at all.
fn check_dialect(file: &Value) -> Result<(), Vec<Violation>> {
    if file.get("$schema").and_then(Value::as_str) != Some(DIALECT) {
        let pointer = if file.get("$schema").is_some() { "/$schema" } else { "" };
        return Err(vec![Violation::new(pointer, "schema_dialect").with("expected", DIALECT)]);
    }
    let meta = jsonschema::draft202012::meta::validator();
    let violation = |error: jsonschema::ValidationError<'_>| {
        Violation::new(error.instance_path().as_str(), "schema_not_json_schema")
            .with("keyword", error.kind().keyword())
    };
    passed(meta.iter_errors(file).take(limit::MAX_VIOLATIONS).map(violation).collect())
}

/// That there is a title and one source of slugs, which is given back.
fn check_title(fields: &BTreeMap<FieldName, Arc<Field>>) -> Result<FieldName, Vec<Violation>> {
    let Some(title) = fields.get("title") else {
        return Err(vec![Violation::new("/properties", "schema_no_title")]);
    };
    let mut found = Vec::new();
    if !(title.kind == FieldKind::Text && title.localized && title.required) {
        found.push(Violation::new("/properties/title", "schema_bad_title"));
    }
    let mut sources = fields.values().filter(|field| field.slug_source);
    let source = sources.next().unwrap_or(title).name.clone();
    for second in sources {
        let pointer = format!("/properties{}", pointer_step(&second.name));
        found.push(Violation::new(pointer, "schema_two_slug_sources").with("first", &source));
    }
    passed(found).map(|()| source)
}

fn is_set(schema: &Value, annotation: &str) -> bool {
    schema.get(annotation).and_then(Value::as_bool).unwrap_or(false)
}

fn field(name: &str, schema: Value) -> Result<Field, Vec<Violation>> {
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
        filterable: is_set(&schema, "x-filterable"),
        sortable: is_set(&schema, "x-sortable"),
        embeddable: is_set(&schema, "x-embeddable"),
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
        .with_format("date", |text: &str| super::filter::day(text).is_some())
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
