//! Two versions of a content type, side by side: what of the difference could lose or invalidate data.
//!
//! What only adds passes without a word: new optional fields, more options, higher limits, other labels,
//! weights and filters, another policy.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value};

use super::{ChangeKind, ContentType, Field, TypeChange, reference::type_names};
use crate::id::TypeName;

/// The differences between two versions of one type that stored content has to be checked against, by
/// field. Empty: the new version takes all that the old one took.
pub fn compare(old: &ContentType, new: &ContentType) -> Vec<TypeChange> {
    let mut changes = Vec::new();
    for (name, before) in &old.fields {
        match new.fields.get(name) {
            None => changes.push(TypeChange {
                field: name.clone(),
                kind: ChangeKind::Removed,
                new: None,
            }),
            Some(after) => changes.extend(of_field(before, after)),
        }
    }
    let added = new.fields.iter().filter(|(name, _)| !old.fields.contains_key(*name));
    changes.extend(
        added
            .filter(|(_, field)| field.required)
            .map(|(_, field)| change(field, ChangeKind::Required)),
    );
    changes.sort_by(|one, other| one.field.cmp(&other.field));
    changes
}

fn change(new: &Arc<Field>, kind: ChangeKind) -> TypeChange {
    TypeChange { field: new.name.clone(), kind, new: Some(Arc::clone(new)) }
}

fn of_field(old: &Field, new: &Arc<Field>) -> Vec<TypeChange> {
    let mut kinds = Vec::new();
    if old.localized != new.localized {
        kinds.push(ChangeKind::LocalizedChanged { localized: new.localized });
    }
    let mut differences = Differences::default();
    differences.of(&old.schema, &new.schema);
    let moved = old.localized != new.localized || old.kind.as_str() != new.kind.as_str();
    if old.kind.as_str() == new.kind.as_str() {
        kinds.extend(differences.uses.map(|(from, to)| ChangeKind::KindChanged { from, to }));
        if !differences.keywords.is_empty() {
            kinds.push(ChangeKind::Narrowed { keywords: differences.keywords });
        }
        if !differences.types.is_empty() {
            kinds.push(ChangeKind::TypesNarrowed { removed: differences.types });
        }
    } else {
        kinds.push(ChangeKind::KindChanged { from: old.kind.as_str(), to: new.kind.as_str() });
    }
    // A required field that is another now, or elsewhere, may be missing as what and where it is to be.
    if new.required && (!old.required || moved) || differences.incomplete {
        kinds.push(ChangeKind::Required);
    }
    kinds.into_iter().map(|kind| change(new, kind)).collect()
}

/// What a new schema doesn't take that an old one took.
#[derive(Default)]
struct Differences {
    /// The keywords that refuse more.
    keywords: BTreeSet<String>,
    /// Whether more has to be there.
    incomplete: bool,
    /// The types that may no longer be referred to.
    types: BTreeSet<TypeName>,
    /// What became a use of another entry, or ceased to be one.
    uses: Option<(&'static str, &'static str)>,
}

impl Differences {
    fn of(&mut self, old: &Value, new: &Value) {
        let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else { return };
        let keywords: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for keyword in keywords {
            self.keyword(keyword, before.get(keyword), after.get(keyword));
        }
        self.reference(before, after);
    }

    fn keyword(&mut self, keyword: &str, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        match (keyword, old, new) {
            ("items", Some(old), Some(new)) => self.of(old, new),
            ("properties", Some(Value::Object(old)), Some(Value::Object(new))) => {
                self.properties(old, new);
            }
            ("type", Some(old), Some(new)) => {
                if (old.as_str(), new.as_str()) != (Some("integer"), Some("number")) {
                    self.keywords.insert(keyword.to_owned());
                }
            }
            ("required", _, Some(new)) => self.incomplete |= !holds_all(old, new),
            ("minItems" | "minLength" | "minProperties", _, Some(new)) => {
                self.incomplete |=
                    number(old).is_none_or(|old| number(Some(new)).is_some_and(|new| new > old));
            }
            _ => {
                if narrows(keyword, old, new) {
                    self.keywords.insert(keyword.to_owned());
                }
            }
        }
    }

    fn properties(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) {
        for (name, before) in old {
            match new.get(name) {
                Some(after) => self.of(before, after),
                None => drop(self.keywords.insert("properties".to_owned())),
            }
        }
    }

    fn reference(&mut self, old: &Map<String, Value>, new: &Map<String, Value>) {
        let kind = |schema: &Map<String, Value>| match (
            schema.get("x-reference"),
            schema.get("x-asset"),
        ) {
            (Some(_), _) => "reference",
            (None, Some(Value::Bool(true))) => "asset",
            (None, _) => "text",
        };
        let (before, after) = (kind(old), kind(new));
        if before != after {
            self.uses = Some((before, after));
        }
        let types = |schema: &Map<String, Value>| {
            schema.get("x-reference").map(type_names).unwrap_or_default()
        };
        if let ("reference", "reference") = (before, after) {
            let still = types(new);
            self.types.extend(types(old).into_iter().filter(|name| !still.contains(name)));
        }
    }
}

/// Whether a rule refuses what it took before.
fn narrows(keyword: &str, old: Option<&Value>, new: Option<&Value>) -> bool {
    let Some(new) = new else { return false };
    match keyword {
        "maxLength" | "maxItems" | "maxProperties" | "maximum" | "exclusiveMaximum" => {
            number(old).is_none_or(|old| number(Some(new)).is_some_and(|new| new < old))
        }
        "minimum" | "exclusiveMinimum" => {
            number(old).is_none_or(|old| number(Some(new)).is_some_and(|new| new > old))
        }
        // The old options must all be among the new ones.
        "enum" => old.is_none_or(|old| !holds_all(Some(new), old)),
        "uniqueItems" => *new == Value::Bool(true),
        "pattern" | "format" | "multipleOf" => true,
        // Words for people, and what lists and search do with the field.
        _ => false,
    }
}

fn number(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64)
}

/// Whether every item of `some` is in `all`.
fn holds_all(all: Option<&Value>, some: &Value) -> bool {
    let all = all.and_then(Value::as_array);
    let mut some = some.as_array().into_iter().flatten();
    some.all(|item| all.is_some_and(|all| all.contains(item)))
}
