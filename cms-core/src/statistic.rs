//! Statistics: what the fields of a figure mean together. Pure.
//!
//! The schema says what each field looks like. A figure whose ages or dates run backwards is wrong as a draft;
//! what makes one less than trustworthy without being wrong is for [`lint`].

pub mod prose;

use chrono::{Datelike as _, NaiveDate};
use serde_json::Value;

use crate::{event::Fields, route::Country, violation::Violation};

/// What no draft of one part of a statistic may have.
pub fn check_draft(fields: &Fields) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let member = |field: &str, name: &str| fields.get(field).and_then(|value| value.get(name));
    let age = |name: &str| member("age_range", name).and_then(Value::as_u64);
    if let (Some(min), Some(max)) = (age("min"), age("max"))
        && min > max
    {
        let reversed = Violation::new("/age_range/min", "ages_reversed");
        wrong.push(reversed.with("min", min).with("max", max));
    }
    let day = |name: &str| member("period", name)?.as_str()?.parse::<NaiveDate>().ok();
    if let (Some(from), Some(to)) = (day("from"), day("to"))
        && from > to
    {
        let reversed = Violation::new("/period/from", "period_reversed");
        wrong.push(reversed.with("from", from).with("to", to));
    }
    let countries = member("geography", "countries").and_then(Value::as_array);
    for (index, code) in countries.into_iter().flatten().filter_map(Value::as_str).enumerate() {
        let looks_like_one = code.len() == 2 && code.bytes().all(|it| it.is_ascii_uppercase());
        if looks_like_one && code.parse::<Country>().is_err() {
            let pointer = format!("/geography/countries/{index}");
            wrong.push(Violation::new(pointer, "unknown_country").with("country", code));
        }
    }
    wrong
}

/// A source is old after so many years.
const OLD_YEARS: i64 = 5;

/// What makes a figure less than trustworthy without being wrong, in the draft of one part: a source that is old,
/// undated or known by way of others alone; no unit.
pub fn lint(fields: &Fields, is_shared: bool, today: NaiveDate) -> Vec<Violation> {
    let mut found = Vec::new();
    let says = |name: &str| {
        fields.get(name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
    };
    if !is_shared {
        if !says("unit") {
            found.push(Violation::new("/unit", "statistic_without_unit"));
        }
        return found;
    }
    let Some(source) = fields.get("primary_source") else { return found };
    match source.get("year").and_then(Value::as_i64) {
        None => found.push(Violation::new("/primary_source", "source_undated")),
        Some(year) if i64::from(today.year()) - year > OLD_YEARS => {
            found.push(Violation::new("/primary_source/year", "source_old").with("year", year));
        }
        Some(_) => {}
    }
    let is_read = source.get("url").and_then(Value::as_str).is_some();
    if fields.get("via").is_some_and(|via| !via.is_null()) && !is_read {
        found.push(Violation::new("/via", "source_second_hand"));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(value: Value) -> Vec<String> {
        let found = check_draft(&serde_json::from_value(value).unwrap());
        found.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
    }

    #[test]
    fn an_old_undated_or_second_hand_source_is_doubtful() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let told = |value: Value, is_shared: bool| {
            let found = lint(&serde_json::from_value(value).unwrap(), is_shared, today);
            found.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect::<Vec<_>>()
        };
        let source = |source: Value| json!({"value": 20, "primary_source": source});
        let good = json!({"title": "A study", "year": 2021, "url": "https://institute.example/"});
        assert_eq!(told(source(good), true), [] as [String; 0]);
        let old = json!({"title": "A study", "year": 2020});
        assert_eq!(told(source(old), true), ["/primary_source/year source_old"]);
        // "According to a Justice Department study cited by …": nobody has read the study.
        let cited = json!({
            "value": 20, "primary_source": {"title": "A Justice Department study"},
            "via": {"title": "A newspaper", "url": "https://news.example/"},
        });
        assert_eq!(
            told(cited, true),
            ["/primary_source source_undated", "/via source_second_hand"]
        );
        assert_eq!(told(json!({"claim": "One in five"}), false), ["/unit statistic_without_unit"]);
        assert_eq!(told(json!({"unit": "%"}), false), [] as [String; 0]);
    }

    #[test]
    fn ages_and_dates_run_forwards_and_places_are_there() {
        let wrong = json!({
            "age_range": {"min": 17, "max": 12}, "period": {"from": "2025-02-01", "to": "2025-01-31"},
            "geography": {"countries": ["GB", "XX", "gb"]},
        });
        assert_eq!(
            told(wrong),
            [
                "/age_range/min ages_reversed",
                "/period/from period_reversed",
                "/geography/countries/1 unknown_country",
            ]
        );
        let right = json!({
            "age_range": {"min": 12, "max": 12}, "period": {"from": "2025-01-01", "to": "2025-01-01"},
            "geography": {"countries": ["GB"], "groups": ["eu"]},
        });
        assert_eq!(told(right), [] as [String; 0]);
        assert_eq!(
            told(json!({"age_range": 3, "period": [], "geography": "GB"})),
            [] as [String; 0]
        );
    }
}
