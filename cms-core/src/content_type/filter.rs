//! What lists filter and sort by: fields' values in the few shapes that an index compares.

use std::str::FromStr as _;

use chrono::NaiveDate;
use serde_json::Value;

use super::{ContentType, Field, FieldKind};
use crate::{clock::Timestamp, event::Fields, id::FieldName};

/// A value to filter or sort by.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum FilterValue {
    /// A word that is equal or not: of an enum or a list, a reference's id, `true` or `false`; for
    /// sorting, a text.
    Token(String),
    /// A whole number; of days and instants, the milliseconds since 1970-01-01T00:00:00Z, so that a day
    /// can be compared with an instant.
    Integer(i64),
    /// A number.
    Number(f64),
}

impl ContentType {
    /// The values that lists filter these fields by: one for each, and one for each item of a list.
    /// What isn't of the field's kind gives none.
    pub fn filter_values(&self, fields: &Fields) -> Vec<(FieldName, FilterValue)> {
        let mut found = Vec::new();
        for (name, value) in fields {
            let Some(field) = self.fields.get(name).filter(|field| field.filterable) else {
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

    /// The values that lists sort these fields by: one for each sortable field that is there. Texts are
    /// given as they are; how they sort is a matter of the locale.
    pub fn sort_values(&self, fields: &Fields) -> Vec<(FieldName, FilterValue)> {
        let sortable = |(name, value)| {
            let field = self.fields.get(name).filter(|field| field.sortable)?;
            Some((FieldName::clone(name), field.filter_value(value)?))
        };
        fields.iter().filter_map(sortable).collect()
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
                value.as_str().map(|text| FilterValue::Token(text.to_owned()))
            }
            FieldKind::Boolean => value.as_bool().map(|is| FilterValue::Token(is.to_string())),
            FieldKind::Date | FieldKind::DateTime => {
                instant(value.as_str()?).map(FilterValue::Integer)
            }
            FieldKind::Integer => whole(value).map(FilterValue::Integer),
            FieldKind::Number => value.as_f64().map(FilterValue::Number),
            FieldKind::Markdown
            | FieldKind::Url
            | FieldKind::Asset { .. }
            | FieldKind::Structured => None,
        }
    }

    /// What the text of a query's parameter stands for when the field is compared with it. A day and an
    /// instant may stand for each other.
    pub fn parse_filter(&self, text: &str) -> Option<FilterValue> {
        match &self.kind {
            FieldKind::Integer => text.parse().ok().map(FilterValue::Integer),
            FieldKind::Number => {
                text.parse().ok().filter(|number: &f64| number.is_finite()).map(FilterValue::Number)
            }
            FieldKind::Boolean => {
                text.parse::<bool>().ok().map(|is| FilterValue::Token(is.to_string()))
            }
            FieldKind::Enum { options } | FieldKind::List { options: Some(options) } => {
                options.iter().find(|option| *option == text).cloned().map(FilterValue::Token)
            }
            FieldKind::Text
            | FieldKind::Markdown
            | FieldKind::Url
            | FieldKind::Date
            | FieldKind::DateTime
            | FieldKind::Reference { .. }
            | FieldKind::Asset { .. }
            | FieldKind::List { options: None }
            | FieldKind::Structured => self.filter_value(&Value::from(text)),
        }
    }
}

/// The milliseconds at which a day starts, or of an instant.
fn instant(text: &str) -> Option<i64> {
    match day(text) {
        Some(day) => Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()),
        None => Timestamp::from_str(text).ok().map(Timestamp::millis),
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

    fn token(text: &str) -> FilterValue {
        FilterValue::Token(text.to_owned())
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
            ("at", FilterValue::Integer(0)),
            ("day", FilterValue::Integer(86_400_000)),
            ("near", token("x")),
            ("near", token("y")),
            ("number", FilterValue::Number(2.5)),
            ("tags", token("t")),
            ("whole", FilterValue::Integer(7)),
            ("word", token("a")),
            ("yes", token("true")),
        ];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn sort_values_are_those_of_sortable_fields() {
        let found = sample().sort_values(&fields(
            json!({"name": "n", "day": "1970-01-02", "whole": 1, "word": "b"}),
        ));
        let found: Vec<_> =
            found.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let expected =
            [("day", FilterValue::Integer(86_400_000)), ("name", token("n")), ("word", token("b"))];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn a_parameter_is_read_as_the_field_stores_it() {
        let kind = sample();
        let cases = [
            ("word", "a", Some(token("a"))),
            ("word", "c", None),
            ("yes", "true", Some(token("true"))),
            ("yes", "1", None),
            ("day", "1970-01-02", Some(FilterValue::Integer(86_400_000))),
            ("day", "1970-01-02T00:00:00Z", Some(FilterValue::Integer(86_400_000))),
            ("at", "yesterday", None),
            ("whole", "7", Some(FilterValue::Integer(7))),
            ("whole", "7.5", None),
            ("number", "inf", None),
            ("number", "2.5", Some(FilterValue::Number(2.5))),
            ("tags", "anything", Some(token("anything"))),
        ];
        for (name, text, expected) in cases {
            let field = kind.field(&name.parse().unwrap()).unwrap();
            assert_eq!(field.parse_filter(text), expected, "{name}={text}");
        }
    }

    #[test]
    fn whole_numbers_that_do_not_fit_are_not_filtered_by() {
        for number in [json!(1e300), json!(u64::MAX), json!(0.5)] {
            assert_eq!(whole(&number), None);
        }
    }
}
