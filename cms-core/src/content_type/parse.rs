//! From a schema file to a content type: everything that is wrong with the file, or the compiled type.

use std::{collections::BTreeMap, fmt, str::FromStr as _, sync::Arc};

use serde_json::Value;

use super::{
    ContentType, TranslationPolicy,
    compile::{self, is_set},
    expand,
    field::{Field, FieldKind},
    limit,
    vocabulary::{self, DIALECT},
};
use crate::{
    asset::OWN,
    id::{FieldName, TypeName},
    locale::Locale,
    quality::{Level, Levels},
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
    let mut fields = BTreeMap::new();
    for (name, schema) in schemas {
        match compile::field(&name, schema) {
            Ok(field) => drop(fields.insert(field.name.clone(), Arc::new(field))),
            Err(mut wrong) => found.append(&mut wrong),
        }
    }
    passed(found)?;
    passed(check_descriptions(&fields))?;
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
        safety_approvals: number(file, "x-safety-approvals"),
        emergency_approvals: number(file, "x-emergency-approvals"),
        must_have_locales: locales.filter_map(|tag| Locale::parse(tag.as_str()?).ok()).collect(),
        levels: levels(file),
        fields,
        slug_source,
        schema: file.clone(),
    })
}

/// The number that an annotation of the type has; 0 without it.
fn number(file: &Value, annotation: &str) -> usize {
    let number = file.get(annotation).and_then(Value::as_u64);
    number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// How much the findings of checks weigh.
fn levels(file: &Value) -> Levels {
    let mut levels = Levels::default();
    let said = file.get("x-checks").and_then(Value::as_object).into_iter().flatten();
    for (check, level) in said {
        if let (Ok(check), Some(level)) = (check.parse(), level.as_str().and_then(Level::parse)) {
            levels.set(check, level);
        }
    }
    levels
}

/// Nothing found is a pass.
pub(super) fn passed(found: Vec<Violation>) -> Result<(), Vec<Violation>> {
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

/// That what describes an asset names the field of one, and says of it what can be said.
fn check_descriptions(fields: &BTreeMap<FieldName, Arc<Field>>) -> Vec<Violation> {
    let mut found = Vec::new();
    for field in fields.values() {
        let Some(name) = &field.describes else { continue };
        let is_asset = fields.get(name).is_some_and(|asset| {
            !asset.localized && asset.kind == FieldKind::Asset { many: false }
        });
        let members = field.schema.get("properties").and_then(Value::as_object);
        let mut names = members.into_iter().flatten().map(|(name, _)| name.as_str());
        if !is_asset || !names.all(|name| OWN.contains(&name)) {
            let pointer = format!("/properties{}/x-describes", pointer_step(&field.name));
            found.push(Violation::new(pointer, "schema_describes_nothing").with("field", name));
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::content_type::samples::{any_json, file, parsed, refused, refused_field};
    use crate::quality::Check;

    /// What is wrong with a good file in which one member of the root is this.
    fn refused_root(member: &str, value: Value) -> Vec<String> {
        let mut file = file(json!({}));
        file[member] = value;
        refused(&file)
    }

    #[test]
    fn a_file_that_is_no_json_schema_is_refused_with_the_place() {
        for file in [json!(null), json!([]), json!("x"), json!({}), json!({"type": "object"})] {
            assert_eq!(refused(&file), [" schema_dialect"]);
        }
        assert_eq!(
            refused_root("$schema", json!("http://json-schema.org/draft-07/schema#")),
            ["/$schema schema_dialect"]
        );
        assert_eq!(refused_root("type", json!("thing")), ["/type schema_not_json_schema"]);
        assert_eq!(
            refused_field(json!({"type": "string", "maxLength": -1})),
            ["/properties/it/maxLength schema_not_json_schema"]
        );
        assert_eq!(
            refused_field(json!({"type": "string", "maxLength": "9"})),
            ["/properties/it/maxLength schema_not_json_schema"]
        );
        assert_eq!(
            refused_field(json!({"type": "string", "pattern": "("})),
            ["/properties/it schema_does_not_compile"]
        );
        assert_eq!(
            refused_field(json!({"type": "string", "pattern": "(?=x)"})),
            ["/properties/it schema_does_not_compile"]
        );
    }

    #[test]
    fn what_the_root_must_say_is_asked_for() {
        assert_eq!(refused_root("x-type", json!("No Name")), ["/x-type schema_bad_annotation"]);
        let mut nameless = file(json!({}));
        nameless.as_object_mut().unwrap().remove("x-type");
        assert_eq!(refused(&nameless), [" schema_no_type_name"]);
        assert_eq!(refused_root("type", json!("array")).first().unwrap(), " schema_no_items");
        assert_eq!(refused_root("additionalProperties", json!(true)), [" schema_open_object"]);
        assert_eq!(
            refused_root("required", json!(["title"])),
            ["/required schema_unsupported_keyword"]
        );
        assert_eq!(
            refused_root("x-translation-policy", json!("hide")),
            ["/x-translation-policy schema_bad_annotation"]
        );
        for wrong in [json!({"spelling": "off"}), json!({"same": "fatal"}), json!("off")] {
            assert_eq!(refused_root("x-checks", wrong), ["/x-checks schema_bad_annotation"]);
        }
        assert_eq!(
            refused_root("x-must-have-locales", json!(["english"])),
            ["/x-must-have-locales schema_bad_annotation"]
        );
        assert_eq!(
            refused_root("x-localized", json!(true)),
            ["/x-localized schema_misplaced_annotation"]
        );
    }

    #[test]
    fn a_type_has_a_title_that_is_localized_and_required() {
        assert_eq!(refused_root("properties", json!({})), ["/properties schema_no_title"]);
        for title in [
            json!({"type": "string", "x-localized": true}),
            json!({"type": "string", "x-required-for-publication": true}),
            json!({"type": "string", "x-markdown": true, "x-localized": true, "x-required-for-publication": true}),
        ] {
            assert_eq!(
                refused(&file(json!({"title": title}))),
                ["/properties/title schema_bad_title"]
            );
        }
    }

    #[test]
    fn slugs_have_one_source_and_it_is_the_title_unless_another_is_named() {
        let source = json!({"type": "string", "x-localized": true, "x-slug-source": true});
        let two = file(json!({"one": source, "two": source}));
        assert_eq!(refused(&two), ["/properties/two schema_two_slug_sources"]);
        assert_eq!(parsed(json!({"one": source})).slug_source().as_str(), "one");
        assert_eq!(parsed(json!({})).slug_source().as_str(), "title");
    }

    #[test]
    fn everything_wrong_with_a_file_is_told_at_once() {
        let found = refused(&file(
            json!({"one": {"type": "string", "x-a": 1}, "two": {"type": "number", "pattern": "x"}}),
        ));
        let expected = [
            "/properties/one/x-a schema_unknown_annotation",
            "/properties/two/pattern schema_misplaced_keyword",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_that_is_too_deep_or_too_large_is_refused() {
        let mut deep = json!({"type": "string"});
        for _ in 0..40 {
            deep = json!({"type": "array", "items": deep});
        }
        let no_schema = json!({"type": "array", "items": [[deep]]});
        for _ in 0..30 {
            deep = json!({"type": "array", "items": deep});
        }
        assert_eq!(refused_field(deep), [" too_deep"]);
        assert_eq!(refused_field(no_schema), ["/properties/it/items schema_not_json_schema"]);
        assert_eq!(
            refused_root("description", json!("x".repeat(MAX_SCHEMA_BYTES))),
            [" part_too_large"]
        );
    }

    #[test]
    fn the_annotations_of_a_type_are_read() {
        let mut file = file(json!({}));
        assert_eq!(
            ContentType::parse(&file).unwrap().translation_policy(),
            TranslationPolicy::Flag
        );
        file["title"] = json!("A sample");
        file["x-translation-policy"] = json!("withhold");
        file["x-four-eyes"] = json!(true);
        file["x-must-have-locales"] = json!(["en", "fr"]);
        file["x-checks"] = json!({"same": "off", "zero-width-space": "error"});
        let kind = ContentType::parse(&file).unwrap();
        assert_eq!(kind.levels().of(Check::Same), Level::Off);
        assert_eq!(kind.levels().of(Check::ZeroWidthSpace), Level::Error);
        assert_eq!(kind.levels().of(Check::EmbedToken), Check::EmbedToken.level());
        assert_eq!((kind.label(), kind.four_eyes()), ("A sample", true));
        assert_eq!(kind.translation_policy(), TranslationPolicy::Withhold);
        assert_eq!(
            kind.must_have_locales().iter().map(Locale::as_str).collect::<Vec<_>>(),
            ["en", "fr"]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_json_is_a_type_or_told_why_not(value in any_json()) {
            let mut defined = file(json!({"it": {"$ref": "#/$defs/a"}}));
            defined["$defs"] = json!({"a": value});
            for file in [file(json!({"it": value})), defined, value] {
                match ContentType::parse(&file) {
                    Ok(kind) => prop_assert_eq!(kind.schema(), &file),
                    Err(error) => prop_assert!(!error.violations.is_empty()),
                }
            }
        }
    }
}
