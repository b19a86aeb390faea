//! What is wrong with fields, and what is missing for publication.
//!
//! A draft may be too little, never wrong: what a schema calls for and isn't there yet (`required`,
//! `minItems`, `minLength` …) counts only when it is to be published.

use serde_json::Value;

use super::{
    ContentType, Field,
    field::is_blank,
    limit::{self, MAX_PART_BYTES, MAX_VIOLATIONS},
    told,
};
use crate::{
    event::{Fields, Part},
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
        sorted(findings.wrong)
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
        let too_deep = findings.wrong.iter().any(|violation| violation.code == "too_deep");
        if !too_deep && limit::json_bytes(fields) > MAX_PART_BYTES {
            findings.wrong.push(Violation::new("", "part_too_large").with("limit", MAX_PART_BYTES));
        }
    }
}

fn sorted(mut found: Vec<Violation>) -> Vec<Violation> {
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
