//! Writes out the `$ref`s of a schema file, so that all that comes after has whole schemas to look at.
//!
//! A file refers to its own `$defs` and to nothing else: nothing is ever fetched.

use serde_json::{Map, Value};

use crate::violation::{Violation, pointer_step};

/// The most schemas of a file, written out: many times what a hand-written one has.
const MAX_SCHEMAS: usize = 5_000;

/// The fields' schemas by name, without `$ref`s.
pub(super) fn fields(file: &Value) -> Result<Map<String, Value>, Vec<Violation>> {
    let empty = Map::new();
    let definitions = file.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    let properties = file.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let mut writer = Writer { definitions, open: Vec::new(), schemas: 0, found: Vec::new() };
    let fields = writer.named(properties, "/properties");
    if writer.schemas > MAX_SCHEMAS {
        writer.found = vec![Violation::new("", "schema_too_large").with("limit", MAX_SCHEMAS)];
    }
    if writer.found.is_empty() { Ok(fields) } else { Err(writer.found) }
}

struct Writer<'a> {
    definitions: &'a Map<String, Value>,
    /// The definitions that are being written out.
    open: Vec<&'a str>,
    schemas: usize,
    found: Vec<Violation>,
}

impl<'a> Writer<'a> {
    fn schema(&mut self, schema: &'a Value, pointer: &str) -> Value {
        self.schemas += 1;
        let Some(members) = schema.as_object() else { return schema.clone() };
        if self.schemas > MAX_SCHEMAS {
            return Value::Null;
        }
        let mut written = match members.get("$ref") {
            Some(reference) => self.definition(reference, &format!("{pointer}/$ref")),
            None => Map::new(),
        };
        for (keyword, value) in members.iter().filter(|(keyword, _)| *keyword != "$ref") {
            let at = || format!("{pointer}{}", pointer_step(keyword));
            let value = match (keyword.as_str(), value) {
                ("items", items) => self.schema(items, &at()),
                ("properties", Value::Object(properties)) => {
                    Value::Object(self.named(properties, &at()))
                }
                _ => value.clone(),
            };
            // What stands beside a `$ref` is said of this use of the definition.
            written.insert(keyword.clone(), value);
        }
        Value::Object(written)
    }

    fn named(&mut self, schemas: &'a Map<String, Value>, pointer: &str) -> Map<String, Value> {
        let mut written = Map::new();
        for (name, schema) in schemas {
            written.insert(
                name.clone(),
                self.schema(schema, &format!("{pointer}{}", pointer_step(name))),
            );
        }
        written
    }

    fn definition(&mut self, reference: &'a Value, pointer: &str) -> Map<String, Value> {
        let reference = reference.as_str().unwrap_or_default();
        let mut refuse = |code| {
            self.found.push(Violation::new(pointer, code).with("reference", reference));
            Map::new()
        };
        if !reference.starts_with('#') {
            return refuse("schema_remote_reference");
        }
        let Some((name, schema)) = reference
            .strip_prefix("#/$defs/")
            .and_then(|name| Some((name, self.definitions.get(name)?)))
        else {
            return refuse("schema_unknown_reference");
        };
        if self.open.contains(&name) {
            return refuse("schema_cyclic_reference");
        }
        self.open.push(name);
        let written = self.schema(schema, &format!("/$defs/{name}"));
        self.open.pop();
        match written {
            Value::Object(members) => members,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::content_type::{
        ContentType, FieldKind,
        samples::{file, refused},
    };

    #[test]
    fn a_reference_to_a_definition_of_the_file_is_written_out() {
        let mut file = file(
            json!({"home": {"$ref": "#/$defs/place", "x-filterable": true, "description": "Where from."}}),
        );
        file["$defs"] = json!({"place": {"type": "string", "enum": ["here", "there"], "description": "A place."}});
        let kind = ContentType::parse(&file).unwrap();
        let home = kind.field(&"home".parse().unwrap()).unwrap();
        assert_eq!(home.kind, FieldKind::Enum { options: vec!["here".into(), "there".into()] });
        assert_eq!((home.filterable, home.description.as_str()), (true, "Where from."));
        assert_eq!(*kind.schema(), file);
    }

    #[test]
    fn references_that_cannot_be_written_out_are_refused_and_nothing_is_fetched() {
        let with = |reference: &str| {
            let mut file = file(json!({"it": {"$ref": reference}}));
            let again = json!({"$ref": "#/$defs/loop"});
            file["$defs"] = json!({"loop": {"type": "array", "items": again}});
            refused(&file)
        };
        for remote in
            ["https://example.org/schema.json", "file:///etc/passwd", "other.json#/$defs/a"]
        {
            assert_eq!(with(remote), ["/properties/it/$ref schema_remote_reference"]);
        }
        for unknown in ["#", "#/$defs/none", "#/properties/title", "#anchor"] {
            assert_eq!(with(unknown), ["/properties/it/$ref schema_unknown_reference"]);
        }
        assert_eq!(with("#/$defs/loop"), ["/$defs/loop/items/$ref schema_cyclic_reference"]);
    }

    #[test]
    fn a_file_that_grows_without_bound_when_written_out_is_refused() {
        let mut definitions = serde_json::Map::new();
        definitions.insert("d0".into(), json!({"type": "string"}));
        for level in 1..30 {
            let below = json!({"$ref": format!("#/$defs/d{}", level - 1)});
            let object = json!({"type": "object", "additionalProperties": false, "properties": {"a": below, "b": below}});
            definitions.insert(format!("d{level}"), object);
        }
        let mut file = file(json!({"it": {"$ref": "#/$defs/d29"}}));
        file["$defs"] = definitions.into();
        assert_eq!(refused(&file), [" schema_too_large"]);
    }
}
