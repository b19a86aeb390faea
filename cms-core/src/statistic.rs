//! Statistics: what the fields of a figure mean together. Pure.
//!
//! The schema says what each field looks like. A figure whose ages or dates run backwards is wrong as a draft;
//! what makes one less than trustworthy without being wrong is for a lint.

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
    let day = |name: &str| member("period", name)?.as_str()?.parse::<chrono::NaiveDate>().ok();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(value: Value) -> Vec<String> {
        let found = check_draft(&serde_json::from_value(value).unwrap());
        found.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
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
