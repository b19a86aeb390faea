//! Sort keys and facets as they are written in a URL: `sort=-published_at,title`, `facet=topics,audiences`.

use super::{Fields, SortKey, parse::known};
use crate::{id::FieldName, violation::Violation};

/// The most fields that a list may be sorted by.
pub const MAX_SORT_KEYS: usize = 4;
/// The most facets that may be counted at once.
pub const MAX_FACETS: usize = 10;

impl SortKey {
    /// Reads the value of `sort`: fields separated by commas, each with a `-` in front for largest first.
    ///
    /// # Errors
    /// Every key that cannot be understood, with the reason.
    pub fn parse_all(text: &str, fields: &Fields<'_>) -> Result<Vec<Self>, Vec<Violation>> {
        let mut keys: Vec<Self> = Vec::new();
        let mut violations = Vec::new();
        for part in text.split(',').take(MAX_SORT_KEYS + 1) {
            match sort_key(part, fields) {
                Ok(key) if keys.iter().any(|other| other.field == key.field) => {
                    violations
                        .push(Violation::new("sort", "sort_repeated").with("field", key.field));
                }
                Ok(key) => keys.push(key),
                Err(violation) => violations.push(violation),
            }
        }
        if text.split(',').count() > MAX_SORT_KEYS {
            violations.push(Violation::new("sort", "sort_too_many").with("limit", MAX_SORT_KEYS));
        }
        if violations.is_empty() { Ok(keys) } else { Err(violations) }
    }
}

/// Reads the value of `facet`: fields separated by commas.
///
/// # Errors
/// Every field that cannot be counted, with the reason.
pub fn facets(text: &str, fields: &Fields<'_>) -> Result<Vec<FieldName>, Vec<Violation>> {
    let mut facets = Vec::new();
    let mut violations = Vec::new();
    for part in text.split(',').take(MAX_FACETS + 1) {
        match FieldName::parse(part).ok().and_then(|name| Some((fields(&name)?, name))) {
            Some((field, name)) if field.filterable => {
                if facets.contains(&name) {
                    violations.push(Violation::new("facet", "facet_repeated").with("field", name));
                } else {
                    facets.push(name);
                }
            }
            Some((_, name)) => {
                violations
                    .push(Violation::new("facet", "facet_not_filterable").with("field", name));
            }
            None => {
                violations.push(Violation::new("facet", "facet_unknown_field").with("field", part));
            }
        }
    }
    if text.split(',').count() > MAX_FACETS {
        violations.push(Violation::new("facet", "facet_too_many").with("limit", MAX_FACETS));
    }
    if violations.is_empty() { Ok(facets) } else { Err(violations) }
}

fn sort_key(part: &str, fields: &Fields<'_>) -> Result<SortKey, Violation> {
    let (text, descending) = part.strip_prefix('-').map_or((part, false), |rest| (rest, true));
    let unknown = || Violation::new("sort", "sort_unknown_field").with("field", text);
    let field = FieldName::parse(text).map_err(|_| unknown())?;
    if known(&field, fields).ok_or_else(unknown)?.sortable {
        Ok(SortKey { field, descending })
    } else {
        Err(Violation::new("sort", "sort_not_sortable").with("field", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{ListField, ValueKind};

    fn fields(name: &FieldName) -> Option<ListField<'static>> {
        let (filterable, sortable) = match name.as_str() {
            "level" => (true, true),
            "topics" | "share" | "held_at" => (true, false),
            "body" => (false, false),
            _ => return None,
        };
        Some(ListField { kind: ValueKind::Keyword, options: &[], filterable, sortable })
    }

    fn name(text: &str) -> FieldName {
        FieldName::parse(text).unwrap()
    }

    #[test]
    fn sort_keys_are_read_in_order() {
        let keys = SortKey::parse_all("-published_at,title,level", &fields).unwrap();
        let shown: Vec<_> = keys.iter().map(|key| (key.field.as_str(), key.descending)).collect();
        assert_eq!(shown, [("published_at", true), ("title", false), ("level", false)]);
        for (text, code) in [
            ("", "sort_unknown_field"),
            ("--level", "sort_unknown_field"),
            ("topics", "sort_not_sortable"),
            ("level,-level", "sort_repeated"),
            ("level,title,published_at,share,held_at", "sort_not_sortable"),
        ] {
            assert_eq!(SortKey::parse_all(text, &fields).unwrap_err()[0].code, code, "{text}");
        }
        let many = SortKey::parse_all(&"level,".repeat(5_000), &fields).unwrap_err();
        assert_eq!(many.last().unwrap().code, "sort_too_many");
    }

    #[test]
    fn facets_are_filterable_fields() {
        assert_eq!(facets("topics,level", &fields).unwrap(), [name("topics"), name("level")]);
        for (text, code) in [
            ("", "facet_unknown_field"),
            ("body", "facet_not_filterable"),
            ("published_at", "facet_unknown_field"),
            ("topics,topics", "facet_repeated"),
        ] {
            assert_eq!(facets(text, &fields).unwrap_err()[0].code, code, "{text}");
        }
        assert_eq!(
            facets(&"topics,".repeat(1_000), &fields).unwrap_err().last().unwrap().code,
            "facet_too_many"
        );
    }
}
