//! The JSON Schema of what readers get of an entry of a type: the `data` of the delivery API's answers.
//!
//! It is open: the API may add members within its version, and readers should let them pass.

use serde_json::{Map, Value, json};

use super::{ContentType, vocabulary::DIALECT};

impl ContentType {
    /// The JSON Schema 2020-12 of an entry's delivered form, with Markdown rendered and references
    /// resolved. A withdrawn entry has its title alone, and a `withdrawal`.
    pub fn delivered_schema(&self) -> Value {
        let properties: Map<_, _> = self
            .fields
            .values()
            .map(|field| (field.name.as_str().to_owned(), delivered(&field.schema)))
            .collect();
        let mut required: Vec<_> = self
            .fields
            .values()
            .filter(|field| field.required)
            .map(|it| it.name.as_str())
            .collect();
        required.sort_unstable();
        let nullable =
            |definition: &str| json!({ "anyOf": [{ "$ref": definition }, { "type": "null" }] });
        json!({
            "$schema": DIALECT,
            "title": self.label,
            "description": self.description,
            "type": "object",
            "required": ["id", "type", "slug", "locale", "dir", "fields", "alternates"],
            "properties": {
                "id": { "$ref": "#/$defs/id" },
                "type": { "const": self.name },
                "key": { "type": ["string", "null"] },
                "slug": { "type": "string" },
                "locale": { "$ref": "#/$defs/locale" },
                "dir": { "enum": ["ltr", "rtl"] },
                "agency": nullable("#/$defs/agency"),
                "revision": { "type": "integer", "minimum": 1 },
                "published_at": { "$ref": "#/$defs/instant" },
                "first_published_at": { "$ref": "#/$defs/instant" },
                "reviewed_at": nullable("#/$defs/day"),
                "review_due": nullable("#/$defs/day"),
                "fields": { "type": "object", "required": ["title"], "properties": properties },
                "translation": { "$ref": "#/$defs/translation" },
                "alternates": { "type": "array", "items": { "$ref": "#/$defs/alternate" } },
                "withdrawal": { "$ref": "#/$defs/withdrawal" }
            },
            "if": { "not": { "required": ["withdrawal"] } },
            "then": {
                "required": ["agency", "revision", "published_at", "first_published_at", "translation"],
                "properties": { "fields": { "required": required } }
            },
            "$defs": definitions()
        })
    }
}

/// What readers get in place of a value that is described by this schema.
fn delivered(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    if members.get("x-markdown") == Some(&Value::Bool(true)) {
        return described(members, "markdown");
    }
    if members.contains_key("x-reference") {
        return described(members, "reference_or_none");
    }
    if members.get("x-asset") == Some(&Value::Bool(true)) {
        return described(members, "asset_or_none");
    }
    // The targets that aren't published are left out of a list, so it may be shorter than it was.
    let holds_references =
        members.get("items").is_some_and(|items| items.get("x-reference").is_some());
    let mut written = Map::new();
    for (keyword, value) in members {
        let value = match (keyword.as_str(), value) {
            (keyword, _) if keyword.starts_with("x-") => continue,
            ("minItems" | "uniqueItems" | "items", _) if holds_references => continue,
            // Readers should let members pass that a later version of the type adds.
            ("additionalProperties", _) => continue,
            // This one is ours, and annotates at most.
            ("format", Value::String(format)) if format == "language-tag" => continue,
            ("items", items) => delivered(items),
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), delivered(schema))).collect()
            }
            _ => value.clone(),
        };
        written.insert(keyword.clone(), value);
    }
    if holds_references {
        written.insert("items".to_owned(), json!({ "$ref": "#/$defs/reference" }));
    }
    Value::Object(written)
}

fn described(members: &Map<String, Value>, definition: &str) -> Value {
    let mut written = json!({ "$ref": format!("#/$defs/{definition}") });
    if let (Some(description), Some(object)) = (members.get("description"), written.as_object_mut())
    {
        object.insert("description".to_owned(), description.clone());
    }
    written
}

/// The parts that the delivered forms of all types have in common.
fn definitions() -> Value {
    let mut definitions = json!({
        "id": { "type": "string", "format": "uuid" },
        "locale": { "description": "A BCP 47 tag.", "type": "string" },
        "instant": { "type": "string", "format": "date-time" },
        "day": { "type": "string", "format": "date" },
        "agency": object(&["id", "key", "name"], json!({
            "id": { "$ref": "#/$defs/id" },
            "key": { "type": "string" },
            "name": { "description": "In the locale, where the agency has one.", "type": "string" }
        })),
        "translation": object(&["source_locale", "status", "behind"], json!({
            "source_locale": { "$ref": "#/$defs/locale" },
            "status": { "enum": ["source", "current", "outdated"] },
            "behind": { "description": "How many publications of the source changed what it says.", "type": "integer", "minimum": 0 },
            "change_class": { "enum": ["editorial", "substantive", "safety", null] },
            "outdated_since": { "anyOf": [{ "$ref": "#/$defs/instant" }, { "type": "null" }] },
            "policy": {
                "description": "What readers get of it, once a change of safety has outdated it.",
                "enum": ["flag", "fallback", "withhold", null]
            },
            "withheld": {
                "description": "The fields that readers don't get of it.",
                "type": "array", "items": { "type": "string" }
            }
        })),
        "alternate": object(&["locale", "slug", "href"], link(json!({}))),
        "withdrawal": object(&["at"], json!({
            "at": { "$ref": "#/$defs/instant" },
            "notice": { "type": ["string", "null"] },
            "replacement": { "anyOf": [
                object(&["type", "slug", "locale", "href"], link(json!({ "type": { "type": "string" } }))),
                { "type": "null" }
            ] }
        }))
    });
    if let (Some(all), Value::Object(more)) = (definitions.as_object_mut(), field_definitions()) {
        all.extend(more);
    }
    definitions
}

/// What Markdown fields and references are delivered as.
fn field_definitions() -> Value {
    json!({
        "markdown": object(&["markdown", "html", "headings", "reading_minutes"], json!({
            "markdown": { "description": "With its embeds filled.", "type": "string" },
            "html": { "description": "Sanitised, with its embeds filled.", "type": "string" },
            "headings": { "type": "array", "items": object(&["level", "id", "text"], json!({
                "level": { "type": "integer", "minimum": 1, "maximum": 6 },
                "id": { "description": "The anchor in the HTML.", "type": "string" },
                "text": { "type": "string" }
            })) },
            "reading_minutes": { "type": "integer", "minimum": 0 }
        })),
        "reference": object(&["id", "type", "slug", "title", "locale"], json!({
            "id": { "$ref": "#/$defs/id" },
            "type": { "type": "string" },
            "slug": { "type": "string" },
            "title": { "type": "string" },
            "locale": { "$ref": "#/$defs/locale" }
        })),
        "reference_or_none": {
            "description": "Null while the target isn't published.",
            "anyOf": [{ "$ref": "#/$defs/reference" }, { "type": "null" }]
        },
        "asset": asset_definition(),
        "asset_or_none": {
            "description": "Null while it isn't published.",
            "anyOf": [{ "$ref": "#/$defs/asset" }, { "type": "null" }]
        }
    })
}

/// What an asset is delivered as, where it is shown.
fn asset_definition() -> Value {
    let text = json!({ "type": ["string", "null"] });
    let pixels = json!({ "type": ["integer", "null"], "minimum": 1 });
    let srcset = "Its renditions as `srcset` has them: an address and a width each.";
    object(
        &["id", "media_type", "src", "bytes", "alt", "decorative", "locale", "dir"],
        json!({
            "id": { "$ref": "#/$defs/id" },
            "key": text,
            "media_type": { "type": "string" },
            "src": { "description": "The bytes as they were uploaded.", "type": "string", "format": "uri-reference" },
            "bytes": { "type": "integer", "minimum": 1 },
            "width": pixels, "height": pixels,
            "alt": { "description": "For who can't see it; empty where it says nothing.", "type": "string" },
            "decorative": { "description": "Whether it says nothing here.", "type": "boolean" },
            "caption": text, "credit": text, "licence": text, "content_warning": text,
            "locale": { "$ref": "#/$defs/locale" },
            "dir": { "enum": ["ltr", "rtl"] },
            "dominant_colour": { "type": ["string", "null"], "pattern": "^#[0-9a-f]{6}$" },
            "placeholder": text,
            "focal_point": {},
            "srcset": { "description": srcset, "type": ["string", "null"] },
            "sources": { "type": "array", "items": object(&["type", "srcset"], json!({
                "type": { "description": "A media type that takes fewer bytes.", "type": "string" },
                "srcset": { "description": srcset, "type": "string" }
            })) }
        }),
    )
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

/// Where an entry is found, and what else is said of it.
fn link(more: Value) -> Value {
    let mut members = json!({
        "locale": { "$ref": "#/$defs/locale" },
        "slug": { "type": "string" },
        "href": { "type": "string", "format": "uri-reference" }
    });
    if let (Some(members), Value::Object(more)) = (members.as_object_mut(), more) {
        members.extend(more);
    }
    members
}
