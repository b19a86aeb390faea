//! What lists can ask of a type: the values of its fields in the shapes that an index compares, and what
//! may be done with each field.

use std::str::FromStr as _;

use chrono::NaiveDate;
use serde_json::Value;

use super::{ContentType, Field, FieldKind};
use crate::{
    clock::Timestamp,
    event::Fields,
    filter::{FilterValue, ListField, ValueKind},
    id::FieldName,
};

impl ContentType {
    /// The values that lists filter and sort these fields by: one for each, and one for each item of a
    /// list. What isn't of the field's kind gives none.
    pub fn filter_values(&self, fields: &Fields) -> Vec<(FieldName, FilterValue)> {
        let mut found = Vec::new();
        for (name, value) in fields {
            let listed = self.fields.get(name).filter(|field| field.filterable || field.sortable);
            let Some(field) = listed else {
                continue;
            };
            let values = match value {
                Value::Array(items) => items.as_slice(),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Object(_) => std::slice::from_ref(value),
            };
            found.extend(
                values.iter().filter_map(|value| Some((name.clone(), field.filter_value(value)?))),
            );
        }
        found
    }

    /// What a list may do with the field of this name; `None` when there is no such field or it has no
    /// values to compare.
    pub fn list_field(&self, name: &FieldName) -> Option<ListField<'_>> {
        self.fields.get(name)?.list_field()
    }
}

impl Field {
    /// What a value of the field, or an item of it, is filtered and sorted by.
    pub fn filter_value(&self, value: &Value) -> Option<FilterValue> {
        match &self.kind {
            FieldKind::Text
            | FieldKind::Enum { .. }
            | FieldKind::Reference { .. }
            | FieldKind::List { .. } => {
                value.as_str().map(|text| FilterValue::Keyword(text.to_owned()))
            }
            FieldKind::Boolean => value.as_bool().map(|is| FilterValue::Keyword(is.to_string())),
            FieldKind::Date | FieldKind::DateTime => {
                instant(value.as_str()?).map(FilterValue::Time)
            }
            FieldKind::Integer => whole(value).map(FilterValue::Integer),
            FieldKind::Number => value.as_f64().map(FilterValue::Number),
            FieldKind::Markdown
            | FieldKind::Url
            | FieldKind::Asset { .. }
            | FieldKind::Structured => None,
        }
    }

    fn list_field(&self) -> Option<ListField<'_>> {
        let (kind, options) = match &self.kind {
            FieldKind::Enum { options } | FieldKind::List { options: Some(options) } => {
                (ValueKind::Keyword, options.as_slice())
            }
            FieldKind::Text | FieldKind::Reference { .. } | FieldKind::List { options: None } => {
                (ValueKind::Keyword, [].as_slice())
            }
            FieldKind::Boolean => (ValueKind::Boolean, [].as_slice()),
            FieldKind::Date | FieldKind::DateTime => (ValueKind::Time, [].as_slice()),
            FieldKind::Integer => (ValueKind::Integer, [].as_slice()),
            FieldKind::Number => (ValueKind::Number, [].as_slice()),
            FieldKind::Markdown
            | FieldKind::Url
            | FieldKind::Asset { .. }
            | FieldKind::Structured => return None,
        };
        let Self { filterable, sortable, .. } = *self;
        Some(ListField { kind, options, filterable, sortable })
    }
}

/// The instant at which a day starts in UTC, or an instant.
fn instant(text: &str) -> Option<Timestamp> {
    match day(text) {
        Some(day) => {
            let start = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
            Some(Timestamp::from_millis(start))
        }
        None => Timestamp::from_str(text).ok(),
    }
}

/// A day as RFC 3339 writes it, `2026-03-01`, and in no other way.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let looks_right =
        text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| looks_right)
}

/// The whole number that a JSON number is: 7 and 7.0 are the same.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers that an i64 holds exactly are cast"
)]
fn whole(value: &Value) -> Option<i64> {
    let exact =
        |number: f64| (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64);
    value.as_i64().or_else(|| exact(value.as_f64()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::content_type::{
        ContentType,
        samples::{fields, parsed},
    };

    fn keyword(text: &str) -> FilterValue {
        FilterValue::Keyword(text.to_owned())
    }

    fn sample() -> ContentType {
        parsed(json!({
            "word": {"type": "string", "enum": ["a", "b"], "x-filterable": true, "x-sortable": true},
            "near": {"type": "array", "items": {"type": "string", "x-reference": "page"}, "x-filterable": true},
            "tags": {"type": "array", "items": {"type": "string"}, "x-filterable": true},
            "yes": {"type": "boolean", "x-filterable": true},
            "day": {"type": "string", "format": "date", "x-filterable": true, "x-sortable": true},
            "at": {"type": "string", "format": "date-time", "x-filterable": true},
            "whole": {"type": "integer", "x-filterable": true},
            "number": {"type": "number", "x-filterable": true},
            "name": {"type": "string", "x-sortable": true},
            "silent": {"type": "integer"},
        }))
    }

    #[test]
    fn each_filterable_value_is_given_in_the_shape_that_an_index_compares() {
        let given = fields(json!({
            "word": "a", "near": ["x", "y"], "tags": ["t"], "yes": true, "day": "1970-01-02",
            "at": "1970-01-01T01:00:00+01:00", "whole": 7.0, "number": 2.5, "name": "n", "silent": 1,
        }));
        let found = sample().filter_values(&given);
        let found: Vec<_> =
            found.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let expected = [
            ("at", FilterValue::Time(Timestamp::from_millis(0))),
            ("day", FilterValue::Time(Timestamp::from_millis(86_400_000))),
            ("name", keyword("n")),
            ("near", keyword("x")),
            ("near", keyword("y")),
            ("number", FilterValue::Number(2.5)),
            ("tags", keyword("t")),
            ("whole", FilterValue::Integer(7)),
            ("word", keyword("a")),
            ("yes", keyword("true")),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn each_field_says_what_lists_may_do_with_it() {
        let kind = sample();
        let cases = [
            ("word", Some((ValueKind::Keyword, 2, true, true))),
            ("near", Some((ValueKind::Keyword, 0, true, false))),
            ("tags", Some((ValueKind::Keyword, 0, true, false))),
            ("yes", Some((ValueKind::Boolean, 0, true, false))),
            ("day", Some((ValueKind::Time, 0, true, true))),
            ("at", Some((ValueKind::Time, 0, true, false))),
            ("whole", Some((ValueKind::Integer, 0, true, false))),
            ("number", Some((ValueKind::Number, 0, true, false))),
            ("name", Some((ValueKind::Keyword, 0, false, true))),
            ("silent", Some((ValueKind::Integer, 0, false, false))),
            ("nothing", None),
        ];
        for (name, expected) in cases {
            let field = kind.list_field(&name.parse().unwrap());
            let found = field
                .map(|field| (field.kind, field.options.len(), field.filterable, field.sortable));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn whole_numbers_that_do_not_fit_are_not_filtered_by() {
        for number in [json!(1e300), json!(u64::MAX), json!(0.5)] {
            assert_eq!(whole(&number), None);
        }
    }
}
