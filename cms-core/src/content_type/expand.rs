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
