//! The forms in which services come: one, lists, pages, organisations with theirs, one a line, or tables that name
//! each other by id. All become services with all that is theirs in them.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{ReadError, items, text};

/// The tables whose rows belong to a service, and what a service calls them.
const OWN: [(&str, &str); 6] = [
    ("phone", "phones"),
    ("schedule", "schedules"),
    ("service_area", "service_areas"),
    ("language", "languages"),
    ("contact", "contacts"),
    ("url", "additional_urls"),
];

/// The file as one value; where it is one value a line, as their list.
pub(super) fn parse(file: &[u8]) -> Result<Value, ReadError> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let whole = match serde_json::from_slice(file) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let mut all = Vec::new();
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(value) => all.push(value),
            // A file whose first line is none is one value, and what is wrong with it is said of the whole.
            Err(_) if all.is_empty() => {
                return Err(ReadError::Json { line: whole.line(), error: whole });
            }
            Err(error) => return Err(ReadError::Json { line: index + 1, error }),
        }
    }
    if all.is_empty() {
        return Err(ReadError::Json { line: whole.line(), error: whole });
    }
    Ok(Value::Array(all))
}

/// All services in it.
pub(super) fn services(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| collect(one, found)),
        Value::Object(members) if members.contains_key("contents") => {
            items(value, "contents").for_each(|one| collect(one, found));
        }
        Value::Object(members) if members.contains_key("service") => found.extend(joined(value)),
        Value::Object(members) if members.contains_key("services") => {
            let mut organisation = members.clone();
            organisation.remove("services");
            let organisation = Value::Object(organisation);
            let is_named = text(&organisation, "name").is_some();
            for service in items(value, "services") {
                found.push(with(service, is_named.then_some(("organization", &organisation))));
            }
        }
        Value::Object(_) => found.push(value.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A service with one more member, where it has none of that name.
fn with(service: &Value, member: Option<(&str, &Value)>) -> Value {
    let mut service = service.clone();
    if let (Some(members), Some((name, value))) = (service.as_object_mut(), member) {
        members.entry(name).or_insert_with(|| value.clone());
    }
    service
}

/// The services of tables, each with the rows that name it.
fn joined(tables: &Value) -> Vec<Value> {
    let mut rows: HashMap<(&str, &str), Vec<&Value>> = HashMap::new();
    for (table, _) in OWN {
        for row in items(tables, table) {
            if let Some(service) = text(row, "service_id") {
                rows.entry((table, service)).or_default().push(row);
            }
        }
    }
    let by_id = |table: &'static str| {
        items(tables, table)
            .filter_map(|row| Some((text(row, "id")?, row)))
            .collect::<HashMap<_, _>>()
    };
    let (organisations, terms) = (by_id("organization"), by_id("taxonomy_term"));
    let mut attributes: HashMap<&str, Vec<Value>> = HashMap::new();
    for row in items(tables, "attribute") {
        let term = text(row, "taxonomy_term_id").and_then(|id| terms.get(id));
        if let (Some(of), Some(term)) = (text(row, "link_id"), term) {
            attributes.entry(of).or_default().push(json!({"taxonomy_term": term}));
        }
    }
    let whole = |service: &Value| {
        let mut members: Map<String, Value> = service.as_object().cloned().unwrap_or_default();
        let id = text(service, "id").unwrap_or_default();
        for (table, name) in OWN {
            if let Some(own) = rows.get(&(table, id)) {
                members.entry(name).or_insert_with(|| json!(own));
            }
        }
        if let Some(own) = attributes.get(id) {
            members.entry("attributes").or_insert_with(|| json!(own));
        }
        let organisation = text(service, "organization_id").and_then(|id| organisations.get(id));
        if let Some(organisation) = organisation {
            members.entry("organization").or_insert_with(|| (*organisation).clone());
        }
        Value::Object(members)
    };
    items(tables, "service").map(whole).collect()
}
