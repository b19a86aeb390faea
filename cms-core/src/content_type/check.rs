//! What is wrong with fields, and what is missing for publication.
//!
//! A draft may be too little, never wrong: what a schema calls for and isn't there yet (`required`,
//! `minItems`, `minLength` …) counts only when it is to be published.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ContentType, Field,
    field::is_blank,
    limit::{self, MAX_PART_BYTES, MAX_VIOLATIONS},
    told,
};
use crate::{
    asset,
    event::{Fields, Part},
    route, statistic,
    violation::{Violation, pointer_step},
};

/// What a check found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What no revision may have.
    pub(super) wrong: Vec<Violation>,
    /// What only a draft may lack.
    pub(super) missing: Vec<Violation>,
}

impl ContentType {
    /// Everything that is wrong with a draft of one part, at most [`MAX_VIOLATIONS`], sorted by pointer.
    ///
    /// A null is as good as absent. References may be ids or `key:` and an external key; that their
    /// targets exist is for the caller to check.
    pub fn check_draft(&self, part: &Part, fields: &Fields) -> Vec<Violation> {
        let mut findings = Findings::default();
        self.check_part(matches!(part, Part::Locale(_)), fields, &mut findings);
        self.check_meaning(fields, &mut findings.wrong);
        sorted(findings.wrong)
    }

    /// Everything that keeps a locale of an entry from being published, at most [`MAX_VIOLATIONS`],
    /// sorted by pointer: what [`check_draft`](Self::check_draft) says of both parts, and what is
    /// missing. No field is in both parts, so the pointers are unambiguous.
    pub fn check_publication(&self, localized: &Fields, shared: &Fields) -> Vec<Violation> {
        let mut findings = Findings::default();
        self.check_part(true, localized, &mut findings);
        self.check_part(false, shared, &mut findings);
        for field in self.fields.values().filter(|field| field.required) {
            let part = if field.localized { localized } else { shared };
            if part.get(&field.name).is_none_or(is_blank) {
                findings.missing.push(required(&pointer_step(&field.name), field.name.as_str()));
            }
        }
        findings.wrong.append(&mut findings.missing);
        self.check_meaning(localized, &mut findings.wrong);
        self.check_meaning(shared, &mut findings.wrong);
        if self.name.as_str() == "route" {
            findings.wrong.extend(route::check::check_publication(localized, shared));
        }
        if self.name.as_str() == asset::TYPE {
            findings.wrong.extend(asset::check_publication(localized, shared));
        }
        sorted(findings.wrong)
    }

    /// What the fields of a type mean together, where the library knows the type.
    fn check_meaning(&self, fields: &Fields, wrong: &mut Vec<Violation>) {
        match self.name.as_str() {
            "route" => wrong.extend(route::check::check_draft(fields)),
            "statistic" => wrong.extend(statistic::check_draft(fields)),
            _ => {}
        }
    }

    fn check_part(&self, localized: bool, fields: &Fields, findings: &mut Findings) {
        for (name, value) in fields {
            let pointer = pointer_step(name);
            match self.fields.get(name) {
                None => findings.wrong.push(limit::unknown_field("", name.as_str())),
                Some(field) if field.localized != localized => {
                    let code =
                        if field.localized { "field_is_localized" } else { "field_is_shared" };
                    findings.wrong.push(Violation::new(&pointer, code).with("field", name));
                }
                Some(field) => field.check(value, findings),
            }
        }
        // What is too deep to be written out is told of as such, or as unknown.
        let too_deep = fields.values().any(|value| limit::deeper_than(value, limit::MAX_DEPTH));
        if !too_deep && limit::json_bytes(fields) > MAX_PART_BYTES {
            findings.wrong.push(Violation::new("", "part_too_large").with("limit", MAX_PART_BYTES));
        }
    }
}

/// In order, each once. Of what has the wrong kind or is missing nothing else is said.
fn sorted(mut found: Vec<Violation>) -> Vec<Violation> {
    let says_all =
        |violation: &&Violation| matches!(violation.code.as_str(), "wrong_kind" | "required");
    let settled: BTreeMap<_, _> =
        found.iter().filter(says_all).map(|it| (it.pointer.clone(), it.code.clone())).collect();
    found.retain(|violation| {
        settled.get(&violation.pointer).is_none_or(|code| *code == violation.code)
    });
    found.sort();
    found.dedup();
    found.truncate(MAX_VIOLATIONS);
    found
}

pub(super) fn required(pointer: &str, field: &str) -> Violation {
    Violation::new(pointer, "required").with("field", field)
}

impl Field {
    /// Adds what is wrong with a value of the field, and what is missing in it.
    pub(super) fn check(&self, value: &Value, findings: &mut Findings) {
        let pointer = pointer_step(&self.name);
        // Too large or deep for anything more to be said of it.
        if value.is_null() || !limit::check(value, &pointer, &mut findings.wrong) {
            return;
        }
        self.shape.check(value, &pointer, &mut findings.wrong);
        for error in self.rules.iter_errors(value).take(MAX_VIOLATIONS) {
            told::told(&error, &pointer, findings);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::content_type::{
        normalise,
        samples::{any_json, brief, fields, locale, parsed, shipped_type},
    };

    /// What a draft of the shared fields is told, as `pointer code`.
    fn told(kind: &ContentType, value: Value) -> Vec<String> {
        brief(kind.check_draft(&Part::Shared, &fields(value)))
    }

    #[test]
    fn a_draft_may_be_too_little_and_never_wrong() {
        let route = shipped_type("route");
        assert_eq!(
            told(&route, json!({"channels": [], "covers": {}, "operator": {}})),
            [] as [String; 0]
        );
        assert_eq!(
            told(&route, json!({"channels": [{"kind": "fax"}]})),
            ["/channels/0/kind not_allowed_value"]
        );
    }

    #[test]
    fn everything_missing_is_told_at_once() {
        let missing = shipped_type("redirect").check_publication(&Fields::new(), &Fields::new());
        assert_eq!(
            brief(missing),
            ["/from required", "/status required", "/title required", "/to required"]
        );
    }

    #[test]
    fn a_field_in_the_wrong_part_is_told() {
        let page = shipped_type("page");
        assert_eq!(told(&page, json!({"title": "About"})), ["/title field_is_localized"]);
        let found = page.check_draft(&Part::Locale(locale("fr")), &fields(json!({"position": 1})));
        assert_eq!(brief(found), ["/position field_is_shared"]);
    }

    #[test]
    fn a_null_is_as_good_as_absent() {
        assert_eq!(told(&shipped_type("page"), json!({"position": null})), [] as [String; 0]);
    }

    #[test]
    fn each_kind_refuses_what_is_of_another() {
        let kind = parsed(json!({
            "text": {"type": "string"}, "url": {"type": "string", "format": "uri"},
            "day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
            "yes": {"type": "boolean"}, "whole": {"type": "integer"}, "number": {"type": "number"},
            "word": {"type": "string", "enum": ["a", "b"]}, "words": {"type": "array", "items": {"type": "string"}},
            "one": {"type": "string", "x-reference": "page"}, "picture": {"type": "string", "x-asset": true},
        }));
        let cases = [
            ("text", json!(1), "wrong_kind"),
            ("url", json!("//x"), "bad_format"),
            ("url", json!("https://a b/"), "bad_format"),
            ("url", json!("https://user@host/"), "bad_format"),
            ("url", json!("data:text/html,x"), "bad_format"),
            ("day", json!("2026-02-30"), "bad_format"),
            ("day", json!("2026-2-3"), "bad_format"),
            ("at", json!("2026-02-03T10:00:00"), "bad_format"),
            ("yes", json!("true"), "wrong_kind"),
            ("whole", json!(1.5), "wrong_kind"),
            ("number", json!("1"), "wrong_kind"),
            ("word", json!("c"), "not_allowed_value"),
            ("word", json!(1), "wrong_kind"),
            ("words", json!("a"), "wrong_kind"),
            ("one", json!("page"), "malformed_reference"),
            ("one", json!("key:"), "malformed_reference"),
            ("picture", json!("a.png"), "malformed_asset"),
            ("picture", json!("key:"), "malformed_asset"),
        ];
        for (field, value, code) in cases {
            assert_eq!(
                told(&kind, json!({field: value})),
                [format!("/{field} {code}")],
                "{field}: {value}"
            );
        }
        let right = json!({
            "text": "é\n\t", "url": "https://例え.example/ü?q=1#f", "day": "2024-02-29", "at": "2026-02-03T10:00:00+09:00",
            "yes": false, "whole": 7.0, "number": 0.1, "word": "b", "words": [],
            "one": "key:dfak/page.md", "picture": "0197e3a0-0000-7000-8000-000000000001",
        });
        assert_eq!(told(&kind, right), [] as [String; 0]);
    }

    #[test]
    fn limits_hold_whatever_the_schema_says() {
        let kind = parsed(json!({
            "text": {"type": "string"}, "other": {"type": "string"},
            "words": {"type": "array", "items": {"type": "string"}},
        }));
        let mut deep = json!("x");
        for _ in 0..=limit::MAX_DEPTH {
            deep = json!([deep]);
        }
        let too_large = "x".repeat(limit::MAX_TEXT_BYTES + 1);
        let large = vec!["y".repeat(limit::MAX_TEXT_BYTES - 10); 4];
        let cases = [
            (json!({"text": too_large}), "/text text_too_large"),
            (json!({"words": deep}), "/words too_deep"),
            (json!({"words": vec!["x"; limit::MAX_ITEMS + 1]}), "/words too_many_items"),
            (json!({"words": large, "other": "z".repeat(40)}), " part_too_large"),
            (json!({"text": "a\u{7}b"}), "/text control_character"),
            (json!({"text": "a\u{85}b"}), "/text control_character"),
            (json!({"words": [{"é".repeat(101): 1}]}), "/words/0 unknown_field"),
        ];
        for (value, expected) in cases {
            assert_eq!(told(&kind, value), [expected]);
        }
    }

    #[test]
    fn no_check_gives_more_violations_than_can_be_read() {
        let kind =
            parsed(json!({"words": {"type": "array", "items": {"type": "string", "enum": ["a"]}}}));
        assert_eq!(
            told(&kind, json!({"words": vec!["x"; limit::MAX_ITEMS]})).len(),
            MAX_VIOLATIONS
        );
    }

    #[test]
    fn names_with_slashes_and_tildes_are_escaped_in_pointers() {
        let found = told(&shipped_type("route"), json!({"covers": {"a/b~c": 1}}));
        assert_eq!(found, ["/covers/a~1b~0c unknown_field"]);
    }

    static TYPES: LazyLock<Vec<ContentType>> = LazyLock::new(|| {
        ["route", "statistic", "organisation", "redirect"].map(shipped_type).into()
    });

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_value_in_any_field_is_told_without_a_panic(value in any_json()) {
            for kind in &*TYPES {
                let every: Fields = kind.fields().map(|field| (field.name.clone(), value.clone())).collect();
                prop_assert!(kind.check_publication(&every, &every).len() <= MAX_VIOLATIONS);
                prop_assert!(kind.references(&every).iter().all(|found| found.pointer.starts_with('/')));
                prop_assert!(kind.filter_values(&every).iter().all(|(name, _)| every.contains_key(name)));
                let stored = normalise(every.clone());
                prop_assert_eq!(normalise(stored.clone()), stored);
                kind.map_references(&mut every.clone(), |_, text| Some(text.to_uppercase()));
            }
        }
    }
}
