//! References to other entries, assets among them, wherever in the fields they stand.
//!
//! Stored, a reference is the target's id. In an import line it is `key:` and the target's external key,
//! and it stays so for as long as the target isn't there.

use std::{collections::BTreeMap, str::FromStr as _};

use serde_json::{Map, Value};

use super::ContentType;
use crate::{
    asset::{self, Own},
    event::Fields,
    id::{EntryId, ExternalKey, FieldName, TypeName},
    violation::{Violation, pointer_step},
};

/// A reference found in fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'a> {
    /// Where it stands, as a JSON Pointer into the fields.
    pub pointer: String,
    /// The field that it stands in.
    pub field: &'a FieldName,
    /// The types that its target may have.
    pub types: &'a [TypeName],
    /// The target's id, or `key:` and its external key.
    pub value: String,
    /// Whether it is an asset, to be shown there.
    pub is_asset: bool,
}

/// An asset found in fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetUse {
    /// Where it stands, as a JSON Pointer into the fields.
    pub pointer: String,
    /// Its id, or `key:` and its external key.
    pub asset: String,
    /// What is said of it there, instead of its own words.
    pub own: Own,
}

/// Where in a field references and assets are; what holds neither is a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Leaf,
    Reference(Vec<TypeName>),
    /// The one type that an asset has.
    Asset(Vec<TypeName>),
    List(Box<Self>),
    Object(BTreeMap<String, Self>),
}

impl Shape {
    /// The shape of what a schema, without `$ref`s, describes.
    pub(super) fn of(schema: &Value) -> Self {
        if let Some(types) = schema.get("x-reference") {
            return Self::Reference(type_names(types));
        }
        if schema.get("x-asset").and_then(Value::as_bool) == Some(true) {
            return Self::Asset(TypeName::parse(asset::TYPE).ok().into_iter().collect());
        }
        if let Some(items) = schema.get("items") {
            let inside = Self::of(items);
            return if inside == Self::Leaf { Self::Leaf } else { Self::List(Box::new(inside)) };
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let members: BTreeMap<_, _> = properties
            .into_iter()
            .flatten()
            .map(|(name, member)| (name.clone(), Self::of(member)))
            .filter(|(_, shape)| *shape != Self::Leaf)
            .collect();
        if members.is_empty() { Self::Leaf } else { Self::Object(members) }
    }

    /// Calls `see` with each text that is a reference or an asset, and the shape that says which.
    fn visit<'a>(
        &'a self,
        value: &Value,
        pointer: String,
        see: &mut impl FnMut(&'a Self, String, &str),
    ) {
        match (self, value) {
            (Self::Reference(_) | Self::Asset(_), Value::String(text)) => see(self, pointer, text),
            (Self::List(inside), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    inside.visit(item, format!("{pointer}/{index}"), see);
                }
            }
            (Self::Object(shapes), Value::Object(members)) => {
                for (name, shape) in shapes {
                    if let Some(member) = members.get(name) {
                        shape.visit(member, format!("{pointer}{}", pointer_step(name)), see);
                    }
                }
            }
            // Another kind of value than the schema's: the check says so.
            (
                Self::Leaf | Self::Reference(_) | Self::Asset(_) | Self::List(_) | Self::Object(_),
                _,
            ) => {}
        }
    }

    /// Calls `see` with each reference and asset: its pointer, the types that its target may have, its text.
    pub(super) fn references<'a>(
        &'a self,
        value: &Value,
        pointer: String,
        see: &mut impl FnMut(String, &'a [TypeName], &str),
    ) {
        self.visit(value, pointer, &mut |shape, pointer, text| {
            if let Self::Reference(types) | Self::Asset(types) = shape {
                see(pointer, types, text);
            }
        });
    }

    /// Calls `see` with each asset: its pointer, its text, and what stands beside it says of it.
    fn assets(
        &self,
        value: &Value,
        (pointer, own): (String, &Own),
        see: &mut impl FnMut(String, &str, &Own),
    ) {
        match (self, value) {
            (Self::Asset(_), Value::String(text)) => see(pointer, text, own),
            (Self::List(inside), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    inside.assets(item, (format!("{pointer}/{index}"), &Own::default()), see);
                }
            }
            (Self::Object(shapes), Value::Object(members)) => {
                let own = Own::of(members);
                for (name, shape) in shapes {
                    if let Some(member) = members.get(name) {
                        let pointer = format!("{pointer}{}", pointer_step(name));
                        shape.assets(member, (pointer, &own), see);
                    }
                }
            }
            (
                Self::Leaf | Self::Reference(_) | Self::Asset(_) | Self::List(_) | Self::Object(_),
                _,
            ) => {}
        }
    }

    fn map(&self, value: &mut Value, with: &mut impl FnMut(&[TypeName], &str) -> Option<String>) {
        match (self, value) {
            (Self::Reference(types) | Self::Asset(types), Value::String(text)) => {
                if let Some(new) = with(types, text) {
                    *text = new;
                }
            }
            (Self::List(inside), Value::Array(items)) => {
                for item in items {
                    inside.map(item, with);
                }
            }
            (Self::Object(shapes), Value::Object(members)) => map_members(shapes, members, with),
            (
                Self::Leaf | Self::Reference(_) | Self::Asset(_) | Self::List(_) | Self::Object(_),
                _,
            ) => {}
        }
    }

    /// Adds what is wrong with the texts that should be references or assets.
    pub(super) fn check(&self, value: &Value, pointer: &str, found: &mut Vec<Violation>) {
        self.visit(value, pointer.to_owned(), &mut |shape, pointer, text| {
            let is_id = EntryId::from_str(text).is_ok();
            let is_key =
                || text.strip_prefix("key:").is_some_and(|key| ExternalKey::parse(key).is_ok());
            let is_asset = matches!(shape, Self::Asset(_));
            if !is_id && !is_key() {
                let code = if is_asset { "malformed_asset" } else { "malformed_reference" };
                found.push(Violation::new(pointer, code));
            }
        });
    }
}

fn map_members(
    shapes: &BTreeMap<String, Shape>,
    members: &mut Map<String, Value>,
    with: &mut impl FnMut(&[TypeName], &str) -> Option<String>,
) {
    for (name, shape) in shapes {
        if let Some(member) = members.get_mut(name) {
            shape.map(member, with);
        }
    }
}

/// The types that an `x-reference` names: one, or a list.
pub(super) fn type_names(annotation: &Value) -> Vec<TypeName> {
    let one = annotation.as_str().into_iter();
    let many = annotation.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.chain(many).filter_map(|name| TypeName::parse(name).ok()).collect()
}

impl ContentType {
    /// All references in the fields, in the order of their fields. Texts that are no references where
    /// one should be are given as they are.
    pub fn references(&self, fields: &Fields) -> Vec<Reference<'_>> {
        let mut found = Vec::new();
        for (name, value) in fields {
            let Some(field) = self.fields.get(name) else { continue };
            field.shape.visit(value, pointer_step(name), &mut |shape, pointer, text| {
                let (Shape::Reference(types) | Shape::Asset(types)) = shape else { return };
                found.push(Reference {
                    pointer,
                    field: &field.name,
                    types,
                    value: text.to_owned(),
                    is_asset: matches!(shape, Shape::Asset(_)),
                });
            });
        }
        found
    }

    /// All assets that an entry with these fields shows in a locale, with what it says of them.
    pub fn asset_uses(&self, localized: &Fields, shared: &Fields) -> Vec<AssetUse> {
        let mut found = Vec::new();
        for (name, value) in localized.iter().chain(shared) {
            let Some(field) = self.fields.get(name) else { continue };
            let told = self.described_by(name).and_then(|name| localized.get(&name)?.as_object());
            let told = told.map(Own::of);
            let at = (pointer_step(name), &Own::default());
            field.shape.assets(value, at, &mut |pointer, text, own| {
                let own = told.clone().unwrap_or_else(|| own.clone());
                found.push(AssetUse { pointer, asset: text.to_owned(), own });
            });
        }
        found
    }

    /// Replaces references by what `with` makes of the types that the target may have and the
    /// reference's text; `None` leaves it as it is.
    pub fn map_references(
        &self,
        fields: &mut Fields,
        mut with: impl FnMut(&[TypeName], &str) -> Option<String>,
    ) {
        for (name, value) in fields {
            if let Some(field) = self.fields.get(name) {
                field.shape.map(value, &mut with);
            }
        }
    }
}

/// References to types that aren't among `types`, each under the name of the type that has it: for
/// whoever loads a whole folder of schema files.
pub fn unknown_types<'a>(
    types: impl IntoIterator<Item = &'a ContentType> + Clone,
) -> Vec<(TypeName, Violation)> {
    let known: Vec<_> = types.clone().into_iter().map(ContentType::name).collect();
    let mut found = Vec::new();
    for kind in types {
        for field in kind.fields.values() {
            let pointer = format!("/properties{}", pointer_step(&field.name));
            let mut named = Vec::new();
            field.shape.types(&mut named);
            for name in named.into_iter().filter(|name| !known.contains(name)) {
                found.push((
                    kind.name.clone(),
                    Violation::new(&pointer, "schema_unknown_type").with("type", name),
                ));
            }
        }
    }
    found
}

impl Shape {
    /// Adds all types that are referred to.
    pub(super) fn types<'a>(&'a self, found: &mut Vec<&'a TypeName>) {
        match self {
            // An asset's type needs no naming: a site without it has no assets.
            Self::Leaf | Self::Asset(_) => {}
            Self::Reference(types) => found.extend(types),
            Self::List(inside) => inside.types(found),
            Self::Object(members) => members.values().for_each(|member| member.types(found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content_type::samples::{fields, parsed, shipped_type};

    fn route_fields() -> Fields {
        fields(json!({
            "operator": {"organisation": "key:org", "kind": "police"},
            "concerns": ["key:a", "key:b"],
            "excludes": [{"concern": "key:c"}, {"reason": "none"}],
            "weight": 3,
        }))
    }

    #[test]
    fn references_are_found_inside_structured_fields() {
        let route = shipped_type("route");
        let given = route_fields();
        let found: Vec<_> = route
            .references(&given)
            .into_iter()
            .map(|it| (it.pointer, it.field.to_string(), it.types.to_vec(), it.value))
            .collect();
        let concern = vec![TypeName::parse("concern").unwrap()];
        let organisation = vec![TypeName::parse("organisation").unwrap()];
        let expected = [
            ("/concerns/0", "concerns", &concern, "key:a"),
            ("/concerns/1", "concerns", &concern, "key:b"),
            ("/excludes/0/concern", "excludes", &concern, "key:c"),
            ("/operator/organisation", "operator", &organisation, "key:org"),
        ];
        let expected = expected.map(|(at, field, types, value)| {
            (at.into(), field.into(), types.clone(), value.into())
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn references_are_replaced_where_something_is_known_of_them() {
        let route = shipped_type("route");
        let mut given = route_fields();
        route.map_references(&mut given, |types, text| {
            let is_concern = types.iter().any(|name| name.as_str() == "concern");
            (is_concern && text != "key:b").then(|| text.replace("key:", "id-"))
        });
        let expected = fields(json!({
            "operator": {"organisation": "key:org", "kind": "police"},
            "concerns": ["id-a", "key:b"],
            "excludes": [{"concern": "id-c"}, {"reason": "none"}],
            "weight": 3,
        }));
        assert_eq!(given, expected);
    }

    #[test]
    fn a_reference_to_a_type_that_is_not_there_is_named() {
        let kind = parsed(
            json!({"near": {"type": "array", "items": {"type": "string", "x-reference": ["sample", "island"]}}}),
        );
        let found = unknown_types([&kind]);
        let violation =
            Violation::new("/properties/near", "schema_unknown_type").with("type", "island");
        assert_eq!(found, [(TypeName::parse("sample").unwrap(), violation)]);
    }
}
