//! A field of a content type: its kind, its annotations and its compiled rules.

use serde_json::Value;

use super::reference::Shape;
use crate::id::{FieldName, TypeName};

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Plain text.
    Text,
    /// Markdown, which is rendered when it is published; always localized.
    Markdown,
    /// The address of a web page, http or https.
    Url,
    /// One of some words.
    Enum {
        /// The words, in the file's order.
        options: Vec<String>,
    },
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Another entry, or several.
    Reference {
        /// Of which types it may be.
        types: Vec<TypeName>,
        /// Whether it is a list.
        many: bool,
    },
    /// An upload, or several, by id.
    Asset {
        /// Whether it is a list.
        many: bool,
    },
    /// A list of texts.
    List {
        /// The words that the texts are chosen from, if they are.
        options: Option<Vec<String>>,
    },
    /// Objects and lists within each other, as the field's own schema says.
    Structured,
}

impl FieldKind {
    /// The kind's name, for facts.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Url => "url",
            Self::Enum { .. } => "enum",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Reference { many: false, .. } => "reference",
            Self::Reference { many: true, .. } => "references",
            Self::Asset { many: false } => "asset",
            Self::Asset { many: true } => "assets",
            Self::List { .. } => "list",
            Self::Structured => "structured",
        }
    }
}

/// One field of a content type.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an annotation of its own in the schema file"
)]
pub struct Field {
    /// Its name.
    pub name: FieldName,
    /// What it is for, to editors; may be empty.
    pub description: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether each locale has its own; otherwise all locales share it.
    pub localized: bool,
    /// Whether an entry can't be published without it.
    pub required: bool,
    /// Whether slugs are made from it.
    pub slug_source: bool,
    /// How much a hit in it counts in search, 1 to 10; absent: it isn't searched.
    pub weight: Option<u8>,
    /// Whether its texts are questions that the entry is to be the first answer to.
    pub pins: bool,
    /// Whether lists can be filtered by it.
    pub filterable: bool,
    /// Whether lists can be sorted by it.
    pub sortable: bool,
    /// Whether it can be embedded in the Markdown of other entries.
    pub embeddable: bool,
    /// The asset field of which it says something instead of the asset's own words.
    pub describes: Option<FieldName>,
    /// Its schema, without `$ref`s.
    pub(super) schema: Value,
    /// The same, compiled.
    pub(super) rules: jsonschema::Validator,
    /// Where in it references and assets are.
    pub(super) shape: Shape,
}

/// Whether a value says nothing: absent, null, blank text, an empty list or object.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
