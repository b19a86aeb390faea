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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        content_type::samples::{brief, fields, locale, parsed, shipped_type},
        event::Part,
    };

    fn changes(old: Value, new: Value) -> Vec<TypeChange> {
        compare(&parsed(json!({"it": old})), &parsed(json!({"it": new})))
    }

    /// The violation that a change sees in stored shared fields.
    fn seen(change: &TypeChange, stored: Value) -> Option<String> {
        let found =
            change.needs_check(&fields(stored), &Part::Shared, &|_| TypeName::parse("faq").ok());
        brief(found.into_iter().collect()).pop()
    }

    #[test]
    fn a_type_is_as_good_as_itself() {
        for name in ["route", "guidance", "statistic", "redirect"] {
            assert!(compare(&shipped_type(name), &shipped_type(name)).is_empty());
        }
    }

    #[test]
    fn what_only_adds_passes_without_a_word() {
        let object = |properties: Value| json!({"type": "object", "additionalProperties": false, "properties": properties});
        let cases = [
            (json!({"type": "string", "maxLength": 5}), json!({"type": "string", "maxLength": 6})),
            (json!({"type": "string", "maxLength": 5}), json!({"type": "string"})),
            (json!({"type": "string", "pattern": "^a"}), json!({"type": "string"})),
            (
                json!({"type": "string", "enum": ["a"]}),
                json!({"type": "string", "enum": ["b", "a"]}),
            ),
            (
                json!({"type": "integer", "minimum": 5}),
                json!({"type": "integer", "minimum": 4, "x-sortable": true}),
            ),
            (
                json!({"type": "string", "title": "A"}),
                json!({"type": "string", "title": "B", "x-search-weight": 3}),
            ),
            (
                json!({"type": "string", "x-reference": "page"}),
                json!({"type": "string", "x-reference": ["faq", "page"]}),
            ),
            (
                object(json!({"a": {"type": "integer"}})),
                object(json!({"a": {"type": "number"}, "b": {"type": "string"}})),
            ),
            (
                json!({"type": "array", "maxItems": 2, "uniqueItems": true, "items": {"type": "string"}}),
                json!({"type": "array", "maxItems": 3, "items": {"type": "string"}}),
            ),
            (
                json!({"type": "string", "x-required-for-publication": true}),
                json!({"type": "string"}),
            ),
        ];
        for (old, new) in cases {
            assert!(changes(old.clone(), new.clone()).is_empty(), "{old} → {new}");
        }
        assert!(
            compare(&parsed(json!({})), &parsed(json!({"more": {"type": "string"}}))).is_empty()
        );
    }

    #[test]
    fn a_removed_field_is_refused_where_it_holds_something() {
        let found = compare(&parsed(json!({"it": {"type": "string"}})), &parsed(json!({})));
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((change.field.as_str(), &change.kind), ("it", &ChangeKind::Removed));
        assert_eq!(seen(change, json!({"it": "a"})).unwrap(), "/it field_removed");
        assert_eq!(seen(change, json!({"it": null})), None);
        assert_eq!(seen(change, json!({})), None);
    }

    #[test]
    fn another_kind_is_refused_where_the_value_does_not_fit_it() {
        let found = changes(json!({"type": "string"}), json!({"type": "integer"}));
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(change.kind, ChangeKind::KindChanged { from: "text", to: "integer" });
        assert_eq!(seen(change, json!({"it": "a"})).unwrap(), "/it kind_changed");
        let found = changes(json!({"type": "string"}), json!({"type": "string", "enum": ["a"]}));
        assert_eq!(seen(&found[0], json!({"it": "a"})), None);
        assert_eq!(seen(&found[0], json!({"it": "b"})).unwrap(), "/it kind_changed");
    }

    #[test]
    fn a_text_never_silently_becomes_a_reference_or_ceases_to_be_one() {
        let (text, reference) =
            (json!({"type": "string"}), json!({"type": "string", "x-reference": "page"}));
        let list = |items: &Value| json!({"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"a": items}}});
        for (old, new) in [(&text, &reference), (&reference, &text)] {
            let found = changes(old.clone(), new.clone());
            assert_eq!(seen(&found[0], json!({"it": "key:a"})).unwrap(), "/it kind_changed");
            let found = changes(list(old), list(new));
            assert_eq!(
                seen(&found[0], json!({"it": [{"a": "key:a"}]})).unwrap(),
                "/it kind_changed"
            );
        }
    }

    #[test]
    fn a_narrower_rule_is_refused_where_the_value_breaks_it() {
        let cases = [
            (
                json!({"type": "string"}),
                json!({"type": "string", "maxLength": 2}),
                "maxLength",
                json!("abc"),
                json!("ab"),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "pattern": "^a"}),
                "pattern",
                json!("b"),
                json!("a"),
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                json!({"type": "string", "enum": ["a"]}),
                "enum",
                json!("b"),
                json!("a"),
            ),
            (
                json!({"type": "integer", "maximum": 9}),
                json!({"type": "integer", "maximum": 8}),
                "maximum",
                json!(9),
                json!(8),
            ),
            (
                json!({"type": "integer"}),
                json!({"type": "integer", "minimum": 1}),
                "minimum",
                json!(0),
                json!(1),
            ),
            (
                json!({"type": "number"}),
                json!({"type": "number", "multipleOf": 2}),
                "multipleOf",
                json!(3),
                json!(4),
            ),
        ];
        for (old, new, keyword, breaks, fits) in cases {
            let found = changes(old, new);
            let [change] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!(change.kind, ChangeKind::Narrowed { keywords: [keyword.to_owned()].into() });
            assert!(!change.concerns_published_only());
            assert!(seen(change, json!({"it": breaks})).unwrap().starts_with("/it "));
            assert_eq!(seen(change, json!({"it": fits})), None);
        }
    }

    #[test]
    fn a_narrower_rule_inside_a_structured_field_is_found() {
        let list = |member: Value| json!({"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": member}});
        let old = list(json!({"a": {"type": "string"}, "b": {"type": "string"}}));
        let found = changes(old.clone(), list(json!({"a": {"type": "string"}})));
        assert_eq!(
            seen(&found[0], json!({"it": [{"a": "x"}, {"b": "y"}]})).unwrap(),
            "/it/1/b unknown_field"
        );
        let found = changes(
            old,
            list(json!({"a": {"type": "string", "maxLength": 1}, "b": {"type": "integer"}})),
        );
        assert_eq!(
            found[0].kind,
            ChangeKind::Narrowed { keywords: ["maxLength".to_owned(), "type".to_owned()].into() }
        );
    }

    #[test]
    fn a_field_that_moves_between_shared_and_localized_is_refused_where_it_holds_something() {
        let found =
            changes(json!({"type": "string"}), json!({"type": "string", "x-localized": true}));
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(change.kind, ChangeKind::LocalizedChanged { localized: true });
        assert_eq!(seen(change, json!({"it": "a"})).unwrap(), "/it field_is_localized");
        let found =
            changes(json!({"type": "string", "x-localized": true}), json!({"type": "string"}));
        let localized = Part::Locale(locale("en"));
        let told =
            found[0].needs_check(&fields(json!({"it": "a"})), &localized, &|_| None).unwrap();
        assert_eq!(told.code, "field_is_shared");
    }

    #[test]
    fn what_is_newly_required_is_asked_of_published_parts_alone() {
        let required = json!({"type": "string", "x-required-for-publication": true});
        for found in [
            changes(json!({"type": "string"}), required.clone()),
            compare(&parsed(json!({})), &parsed(json!({"it": required}))),
        ] {
            let [change] = found.as_slice() else { panic!("{found:?}") };
            assert!(change.concerns_published_only());
            assert_eq!(seen(change, json!({})).unwrap(), "/it required");
            assert_eq!(seen(change, json!({"it": "a"})), None);
            assert_eq!(
                change.needs_check(&fields(json!({})), &Part::Locale(locale("en")), &|_| None),
                None
            );
        }
    }

    #[test]
    fn what_is_newly_required_inside_a_field_is_asked_of_published_parts_alone() {
        let object = |required: Value| {
            json!({
                "type": "object", "additionalProperties": false, "properties": {"a": {"type": "string"}}, "required": required
            })
        };
        let found = changes(object(json!([])), object(json!(["a"])));
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert!(change.concerns_published_only());
        assert_eq!(seen(change, json!({"it": {}})).unwrap(), "/it/a required");
        assert_eq!(seen(change, json!({})), None);
    }

    #[test]
    fn fewer_types_to_refer_to_are_refused_where_a_target_is_of_a_removed_one() {
        let to = |types: Value| json!({"type": "array", "items": {"type": "string", "x-reference": types}});
        let found = changes(to(json!(["page", "faq"])), to(json!("page")));
        let [change] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            change.kind,
            ChangeKind::TypesNarrowed { removed: [TypeName::parse("faq").unwrap()].into() }
        );
        assert_eq!(
            seen(change, json!({"it": ["a", "b"]})).unwrap(),
            "/it/0 reference_type_not_allowed"
        );
        let still_page = |_: &str| TypeName::parse("page").ok();
        assert_eq!(
            change.needs_check(&fields(json!({"it": ["a"]})), &Part::Shared, &still_page),
            None
        );
    }
}
