//! The errors of the schema library, told in our codes.
//!
//! Its English sentences never get out: each error becomes a violation whose code is ours and stable, with
//! the values that the rule is about.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

use super::{
    check::{Findings, required},
    limit::{self, MAX_VIOLATIONS},
};
use crate::violation::{Violation, pointer_step};

/// Adds what an error in a value says; `field` is the pointer of the value.
pub(super) fn told(error: &ValidationError<'_>, field: &str, findings: &mut Findings) {
    let pointer = format!("{field}{}", error.instance_path().as_str());
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        let unknown =
            unexpected.iter().take(MAX_VIOLATIONS).map(|name| limit::unknown_field(&pointer, name));
        findings.wrong.extend(unknown);
    } else if let Some(violation) = missing(error.kind(), &pointer) {
        findings.missing.push(violation);
    } else {
        findings.wrong.push(wrong(error.kind(), &pointer));
    }
}

/// What a draft may still lack.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "four of the library's many kinds are meant, now and later"
)]
fn missing(kind: &ValidationErrorKind, pointer: &str) -> Option<Violation> {
    let (code, limit) = match kind {
        ValidationErrorKind::MinItems { limit } => ("too_few_items", limit),
        ValidationErrorKind::MinLength { limit } => ("too_short", limit),
        ValidationErrorKind::MinProperties { limit } => ("too_few_fields", limit),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            return Some(required(&format!("{pointer}{}", pointer_step(name)), name));
        }
        _ => return None,
    };
    Some(Violation::new(pointer, code).with("limit", limit))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest are errors of keywords that the vocabulary lacks"
)]
fn wrong(kind: &ValidationErrorKind, pointer: &str) -> Violation {
    use ValidationErrorKind as E;
    let at = |code| Violation::new(pointer, code);
    match kind {
        E::MaxItems { limit } => at("too_many_items").with("limit", limit),
        E::MaxLength { limit } => at("too_long").with("limit", limit),
        E::MaxProperties { limit } => at("too_many_fields").with("limit", limit),
        E::Maximum { limit } => at("number_too_large").with("limit", limit),
        E::Minimum { limit } => at("number_too_small").with("limit", limit),
        E::ExclusiveMaximum { limit } => at("number_not_below").with("limit", limit),
        E::ExclusiveMinimum { limit } => at("number_not_above").with("limit", limit),
        E::MultipleOf { multiple_of } => at("not_a_multiple").with("of", multiple_of),
        E::Enum { options } => at("not_allowed_value").with("allowed", listed(options)),
        E::Pattern { pattern } => at("bad_pattern").with("pattern", pattern),
        E::Format { format } => at("bad_format").with("format", format),
        E::Type { kind: TypeKind::Single(kind) } => at("wrong_kind").with("expected", kind),
        E::UniqueItems => at("repeated_item"),
        _ => at("not_valid"),
    }
}

/// The options of an enum, as a reader can choose among them.
fn listed(options: &Value) -> String {
    let word = |option: &Value| option.as_str().map_or_else(|| option.to_string(), str::to_owned);
    options.as_array().into_iter().flatten().map(word).collect::<Vec<_>>().join(", ")
}
