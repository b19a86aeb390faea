//! Filters as they are written in a URL: `filter[topics]=a,b`, `filter[published_at][gte]=2026-01-01`.
//!
//! Everything that is wrong is told at once. A violation's pointer is the parameter's name.

use std::ops::Bound;

use super::{
    Condition, Fields, Filter, FilterValue, ListField, PUBLISHED_AT, SLUG, TITLE, ValueKind,
};
use crate::{clock::Timestamp, id::FieldName, violation::Violation};

/// The most values that one filter parameter may name.
pub const MAX_VALUES: usize = 100;

const DAY_MILLIS: i64 = 86_400_000;

impl Filter {
    /// Reads all parameters named `filter…`; others are not looked at.
    ///
    /// `filter[field]=a,b` asks for one of these values (a comma within a value is written `\,`, a
    /// backslash `\\`), `filter[field][op]=…` with `eq`, `in`, `gte`, `gt`, `lte`, `lt` or `exists` (`true`
    /// or `false`) as it says. A bare date stands for its first instant in UTC, and as `lte` or `gt` for
    /// its last.
    ///
    /// # Errors
    /// Every parameter that cannot be understood, with the reason.
    pub fn parse<'p>(
        pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
        fields: &Fields<'_>,
    ) -> Result<Self, Vec<Violation>> {
        let mut filter = Self::default();
        let mut violations = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (name, text) in pairs.into_iter().filter(|(name, _)| name.starts_with("filter")) {
            if !seen.insert(name) {
                violations.push(Violation::new(name, "filter_repeated"));
            } else if let Err(violation) = add(&mut filter, name, text, fields) {
                violations.push(violation);
            }
        }
        if violations.is_empty() { Ok(filter) } else { Err(violations) }
    }
}

/// What is known of a field: of what every form has, and else of the type's own.
pub(super) fn known<'t>(name: &FieldName, fields: &Fields<'t>) -> Option<ListField<'t>> {
    let (kind, filterable, sortable) = match name.as_str() {
        PUBLISHED_AT => (ValueKind::Time, true, true),
        TITLE => (ValueKind::Keyword, false, true),
        SLUG => (ValueKind::Keyword, true, false),
        _ => return fields(name),
    };
    Some(ListField { kind, options: &[], filterable, sortable })
}

/// What one parameter demands.
#[derive(Clone, Copy)]
enum Operator {
    In,
    Gte,
    Gt,
    Lte,
    Lt,
    Exists,
}

/// Splits `filter[field]` or `filter[field][operator]`.
fn split(name: &str) -> Result<(&str, Operator), Violation> {
    let malformed = || Violation::new(name, "filter_malformed");
    let inner = name
        .strip_prefix("filter[")
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or_else(malformed)?;
    let Some((field, operator)) = inner.split_once("][") else { return Ok((inner, Operator::In)) };
    let operator = match operator {
        "eq" | "in" => Operator::In,
        "gte" => Operator::Gte,
        "gt" => Operator::Gt,
        "lte" => Operator::Lte,
        "lt" => Operator::Lt,
        "exists" => Operator::Exists,
        other => {
            return Err(Violation::new(name, "filter_unknown_operator").with("operator", other));
        }
    };
    Ok((field, operator))
}

/// Adds what one parameter demands to the filter.
fn add(filter: &mut Filter, name: &str, text: &str, fields: &Fields<'_>) -> Result<(), Violation> {
    let (field, operator) = split(name)?;
    let unknown = || Violation::new(name, "filter_unknown_field").with("field", field);
    let field = FieldName::parse(field).map_err(|_| unknown())?;
    let known = known(&field, fields).ok_or_else(unknown)?;
    if !known.filterable {
        return Err(Violation::new(name, "filter_not_filterable").with("field", field));
    }
    let condition = filter.0.entry(field).or_insert_with(Condition::any);
    match operator {
        Operator::In => add_values(condition, name, text, known),
        Operator::Exists => match text {
            "true" | "false" if condition.exists.is_none() => {
                condition.exists = Some(text == "true");
                Ok(())
            }
            _ => Err(bad_value(name, text, ValueKind::Boolean)),
        },
        Operator::Gte | Operator::Gt | Operator::Lte | Operator::Lt => {
            add_bound(condition, (name, text), operator, known.kind)
        }
    }
}

fn add_values(
    condition: &mut Condition,
    name: &str,
    text: &str,
    field: ListField<'_>,
) -> Result<(), Violation> {
    if !condition.any_of.is_empty() {
        return Err(Violation::new(name, "filter_repeated"));
    }
    for value in values(text) {
        if condition.any_of.len() == MAX_VALUES {
            return Err(Violation::new(name, "filter_too_many_values").with("limit", MAX_VALUES));
        }
        if !field.options.is_empty() && !field.options.contains(&value) {
            let choices = field.options.join(", ");
            return Err(Violation::new(name, "not_a_choice").with("choices", choices));
        }
        let parsed = parse_value(&value, field.kind, false);
        condition.any_of.push(parsed.ok_or_else(|| bad_value(name, &value, field.kind))?);
    }
    Ok(())
}

fn add_bound(
    condition: &mut Condition,
    (name, text): (&str, &str),
    operator: Operator,
    kind: ValueKind,
) -> Result<(), Violation> {
    if matches!(kind, ValueKind::Keyword | ValueKind::Boolean) {
        return Err(Violation::new(name, "filter_not_ordered"));
    }
    let end_of_day = matches!(operator, Operator::Gt | Operator::Lte);
    let value = parse_value(text, kind, end_of_day).ok_or_else(|| bad_value(name, text, kind))?;
    let (lower, upper) = condition.range.get_or_insert((Bound::Unbounded, Bound::Unbounded));
    let is_lower = matches!(operator, Operator::Gte | Operator::Gt);
    let side = if is_lower { lower } else { upper };
    if *side != Bound::Unbounded {
        return Err(Violation::new(name, "filter_repeated"));
    }
    let open = matches!(operator, Operator::Gt | Operator::Lt);
    *side = if open { Bound::Excluded(value) } else { Bound::Included(value) };
    Ok(())
}

/// The values between commas that are not escaped.
fn values(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = Some(text.chars());
    std::iter::from_fn(move || {
        let chars = rest.as_mut()?;
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.push(chars.next().unwrap_or('\\')),
                Some(',') => return Some(value),
                Some(c) => value.push(c),
                None => {
                    rest = None;
                    return Some(value);
                }
            }
        }
    })
}

fn bad_value(name: &str, value: &str, kind: ValueKind) -> Violation {
    let kind = match kind {
        ValueKind::Keyword => "keyword",
        ValueKind::Boolean => "boolean",
        ValueKind::Integer => "integer",
        ValueKind::Number => "number",
        ValueKind::Time => "time",
    };
    let shown: String = value.chars().take(100).collect();
    Violation::new(name, "filter_bad_value").with("value", shown).with("kind", kind)
}

fn parse_value(text: &str, kind: ValueKind, end_of_day: bool) -> Option<FilterValue> {
    match kind {
        ValueKind::Keyword => ((1..=FilterValue::MAX_KEYWORD).contains(&text.len())
            && !text.contains('\0'))
        .then(|| FilterValue::Keyword(text.to_owned())),
        ValueKind::Boolean => {
            matches!(text, "true" | "false").then(|| FilterValue::Keyword(text.to_owned()))
        }
        ValueKind::Integer => text.parse().ok().map(FilterValue::Integer),
        ValueKind::Number => {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(FilterValue::Number)
        }
        ValueKind::Time => instant(text, end_of_day).map(FilterValue::Time),
    }
}

/// An RFC 3339 instant, or a date, which stands for its first or its last millisecond in UTC.
fn instant(text: &str, end_of_day: bool) -> Option<Timestamp> {
    if text.len() != "2026-11-23".len() {
        return text.parse().ok();
    }
    let first: Timestamp = format!("{text}T00:00:00Z").parse().ok()?;
    Some(if end_of_day { first.plus_millis(DAY_MILLIS - 1) } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &FieldName) -> Option<ListField<'static>> {
        let kind = match name.as_str() {
            "topics" | "body" => ValueKind::Keyword,
            "urgent" => ValueKind::Boolean,
            "level" => ValueKind::Integer,
            "share" => ValueKind::Number,
            "held_at" => ValueKind::Time,
            _ => return None,
        };
        let (filterable, sortable) = (name.as_str() != "body", kind == ValueKind::Integer);
        Some(ListField { kind, options: &[], filterable, sortable })
    }

    fn filter(pairs: &[(&str, &str)]) -> Filter {
        Filter::parse(pairs.iter().copied(), &fields).unwrap()
    }

    fn codes(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let violations = Filter::parse(pairs.iter().copied(), &fields).unwrap_err();
        violations.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    fn name(text: &str) -> FieldName {
        FieldName::parse(text).unwrap()
    }

    fn keyword(text: &str) -> FilterValue {
        FilterValue::Keyword(text.to_owned())
    }

    #[test]
    fn values_of_one_parameter_are_alternatives() {
        for parameter in ["filter[topics]", "filter[topics][in]", "filter[topics][eq]"] {
            let expected = Condition::one_of(vec![
                keyword("grooming"),
                keyword("scams, fraud"),
                keyword("\\"),
            ]);
            let parsed = filter(&[(parameter, "grooming,scams\\, fraud,\\\\"), ("limit", "x")]);
            assert_eq!(parsed, Filter::default().with(name("topics"), expected));
        }
    }

    #[test]
    fn both_bounds_of_a_range_are_one_condition() {
        let parsed = filter(&[("filter[level][gt]", "-2"), ("filter[level][lte]", "7")]);
        let range =
            (Bound::Excluded(FilterValue::Integer(-2)), Bound::Included(FilterValue::Integer(7)));
        assert_eq!(parsed.0[&name("level")], Condition { range: Some(range), ..Condition::any() });
    }

    #[test]
    fn a_bare_date_is_a_whole_day() {
        let parsed = filter(&[
            ("filter[published_at][gte]", "2026-11-23"),
            ("filter[published_at][lte]", "2026-11-23"),
        ]);
        let at = |text: &str| Bound::Included(FilterValue::Time(text.parse().unwrap()));
        let expected = (at("2026-11-23T00:00:00Z"), at("2026-11-23T23:59:59.999Z"));
        assert_eq!(parsed.0[&name("published_at")].range, Some(expected));
    }

    #[test]
    fn every_mistake_is_told_with_its_parameter() {
        let cases = [
            ("filter", "a", "filter_malformed"),
            ("filter[topics", "a", "filter_malformed"),
            ("filter[nothing]", "a", "filter_unknown_field"),
            ("filter[Topics]", "a", "filter_unknown_field"),
            ("filter[title]", "a", "filter_not_filterable"),
            ("filter[body]", "a", "filter_not_filterable"),
            ("filter[topics][like]", "a", "filter_unknown_operator"),
            ("filter[topics][gte]", "a", "filter_not_ordered"),
            ("filter[topics]", "", "filter_bad_value"),
            ("filter[topics]", "a,,b", "filter_bad_value"),
            ("filter[urgent]", "yes", "filter_bad_value"),
            ("filter[level]", "1.5", "filter_bad_value"),
            ("filter[share][lt]", "NaN", "filter_bad_value"),
            ("filter[share][lt]", "1e999", "filter_bad_value"),
            ("filter[held_at][lt]", "2026-13-01", "filter_bad_value"),
            ("filter[level][exists]", "1", "filter_bad_value"),
        ];
        for (parameter, value, code) in cases {
            assert_eq!(
                codes(&[(parameter, value)]),
                [(parameter.to_owned(), code.to_owned())],
                "{parameter}={value}"
            );
        }
        let all: Vec<_> =
            cases.iter().filter(|case| case.1 == "a").map(|case| (case.0, case.1)).collect();
        assert_eq!(codes(&all).len(), all.len());
    }

    #[test]
    fn a_parameter_or_bound_given_twice_is_refused() {
        for (first, second) in [
            ("filter[level]", "filter[level]"),
            ("filter[level]", "filter[level][in]"),
            ("filter[level][gte]", "filter[level][gt]"),
        ] {
            assert_eq!(
                codes(&[(first, "1"), (second, "1")])[0].1,
                "filter_repeated",
                "{first} {second}"
            );
        }
    }

    #[test]
    fn more_than_a_hundred_values_are_refused() {
        let hundred = vec!["a"; MAX_VALUES].join(",");
        assert_eq!(
            filter(&[("filter[topics]", &hundred)]).0[&name("topics")].any_of.len(),
            MAX_VALUES
        );
        assert_eq!(
            codes(&[("filter[topics]", &format!("{hundred},a"))])[0].1,
            "filter_too_many_values"
        );
    }

    #[test]
    fn a_keyword_outside_its_options_is_refused_with_them() {
        let options = ["call".to_owned(), "chat".to_owned()];
        let field = ListField {
            kind: ValueKind::Keyword,
            options: &options,
            filterable: true,
            sortable: false,
        };
        let fields = |_: &FieldName| Some(field);
        let parse = |value| Filter::parse([("filter[channel]", value)], &fields);
        assert!(parse("chat,call").is_ok());
        let violation = parse("chat,letter").unwrap_err().remove(0);
        assert_eq!(
            violation,
            Violation::new("filter[channel]", "not_a_choice").with("choices", "call, chat")
        );
    }
}
