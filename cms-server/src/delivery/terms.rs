//! The terms of a list or a search: which entries, in which order, how many, and what of them.

use cms_core::{
    content_type::ContentType,
    filter::{self, Filter, SortKey},
    id::FieldName,
    violation::Violation,
};

use crate::{
    guards::query::{Parameters, Query},
    problem::{Fault, Place},
};

/// The parameters that lists and searches have in common, parsed.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) fallback: bool,
    pub(super) filter: Filter,
    pub(super) sort: Vec<SortKey>,
    pub(super) limit: usize,
    pub(super) after: Option<String>,
    pub(super) facets: Vec<FieldName>,
    pub(super) fields: Option<Vec<FieldName>>,
}

impl Terms {
    /// Reads them for entries of these types, and tells all that is wrong.
    pub(super) fn of<P: Parameters>(
        query: &Query<'_, P>,
        types: &[&ContentType],
    ) -> (Self, Vec<Fault>) {
        let known = |name: &FieldName| types.iter().find_map(|kind| kind.list_field(name));
        let mut faults = Vec::new();
        let mut told = |parameter: &str, violations: Vec<Violation>| {
            faults.extend(
                violations.into_iter().map(|violation| parameter_fault(parameter, violation)),
            );
        };
        let named: Vec<_> = query
            .family("filter")
            .map(|(member, text)| (format!("filter[{member}]"), text))
            .collect();
        let pairs = named.iter().map(|(name, text)| (name.as_str(), *text));
        let filter =
            Filter::parse(pairs, &known).map_err(|wrong| told("filter", wrong)).unwrap_or_default();
        let sort =
            query.text("sort").map_or(Ok(Vec::new()), |text| SortKey::parse_all(text, &known));
        let sort = sort.map_err(|wrong| told("sort", wrong)).unwrap_or_default();
        let facets =
            query.text("facet").map_or(Ok(Vec::new()), |text| filter::sort::facets(text, &known));
        let facets = facets.map_err(|wrong| told("facet", wrong)).unwrap_or_default();
        let wanted = query.text("fields").map(|text| fields(text, types)).transpose();
        let fields = wanted.map_err(|wrong| faults.extend(wrong)).unwrap_or_default();
        let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok());
        let terms = Self {
            fallback: query.text("fallback").is_none(),
            filter,
            sort,
            limit: limit.unwrap_or(20),
            after: query.text("cursor").map(str::to_owned),
            facets,
            fields,
        };
        (terms, faults)
    }
}

/// A violation of a query parameter: its pointer is the parameter's name, where it has one.
fn parameter_fault(parameter: &str, violation: Violation) -> Fault {
    let name = if violation.pointer.is_empty() { parameter.to_owned() } else { violation.pointer };
    Fault { place: Place::Parameter(name), code: violation.code.into(), facts: violation.facts }
}

/// Field names with commas between, each of a field that some type has.
pub(super) fn fields(text: &str, types: &[&ContentType]) -> Result<Vec<FieldName>, Vec<Fault>> {
    let mut names = Vec::new();
    let mut faults = Vec::new();
    for part in text.split(',') {
        match FieldName::parse(part) {
            Ok(name) if types.iter().any(|content_type| content_type.field(&name).is_some()) => {
                names.push(name);
            }
            Ok(_) | Err(_) => {
                faults.push(Fault::parameter("fields", "unknown_field").with("field", part));
            }
        }
    }
    if faults.is_empty() { Ok(names) } else { Err(faults) }
}
