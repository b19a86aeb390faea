//! What lists can be asked for: filters, sort keys and facets, typed, and the values that they look at.
//!
//! Pure: a content type says which values a form has ([`FilterValue`]) and which of its fields may be
//! asked about ([`ListField`]); `search` answers. How these are written in a URL is in [`parse`].

use std::{collections::BTreeMap, ops::Bound};

use serde::{Deserialize, Serialize};

use crate::{clock::Timestamp, id::FieldName};

pub mod parse;
pub mod sort;

/// The instant of publication, which every form has: filterable and sortable in all types.
pub const PUBLISHED_AT: &str = "published_at";
/// The title, which every form has: sortable in all types, by the rules of the list's language.
pub const TITLE: &str = "title";
/// The slug, which every form has: filterable in all types.
pub const SLUG: &str = "slug";

/// One value of a field, as filters, sorts and facets see it.
///
/// A boolean is the keyword `true` or `false`, a reference the id of the entry that it names,
/// a date the instant at which it begins in UTC.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterValue {
    /// Compared byte by byte; at most [`FilterValue::MAX_KEYWORD`] bytes can be asked for.
    Keyword(String),
    /// A whole number.
    Integer(i64),
    /// A finite number; what is not finite is not indexed.
    Number(f64),
    /// An instant.
    Time(Timestamp),
}

impl FilterValue {
    /// The longest keyword, in bytes, that can be filtered by; longer ones are cut where they are counted.
    pub const MAX_KEYWORD: usize = 512;
}

/// Of which kind the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// [`FilterValue::Keyword`].
    Keyword,
    /// The keywords `true` and `false`.
    Boolean,
    /// [`FilterValue::Integer`].
    Integer,
    /// [`FilterValue::Number`].
    Number,
    /// [`FilterValue::Time`].
    Time,
}

/// What a list may do with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListField<'t> {
    /// Of which kind its values are.
    pub kind: ValueKind,
    /// The only keywords that it can have; any when empty.
    pub options: &'t [String],
    /// Whether it can be filtered by, and counted as a facet.
    pub filterable: bool,
    /// Whether it can be sorted by.
    pub sortable: bool,
}

/// What a list may do with the field of this name; `None`: no type that is asked for has it.
pub type Fields<'t> = dyn Fn(&FieldName) -> Option<ListField<'t>> + 't;

/// Which forms a list holds: those that meet the condition on every field named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter(pub BTreeMap<FieldName, Condition>);

/// What a field's values have to be. Every part that is set has to be met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// At least one value is among these; no demand when empty.
    pub any_of: Vec<FilterValue>,
    /// At least one value lies within these bounds. Only numbers and instants have a range.
    pub range: Option<(Bound<FilterValue>, Bound<FilterValue>)>,
    /// There is a value (`true`), or none (`false`).
    pub exists: Option<bool>,
}

impl Condition {
    /// No demand yet.
    pub const fn any() -> Self {
        Self { any_of: Vec::new(), range: None, exists: None }
    }

    /// One of these values.
    pub const fn one_of(values: Vec<FilterValue>) -> Self {
        Self { any_of: values, range: None, exists: None }
    }
}

impl Filter {
    /// This filter with one more condition, which replaces an earlier one on the same field.
    #[must_use]
    pub fn with(mut self, field: FieldName, condition: Condition) -> Self {
        self.0.insert(field, condition);
        self
    }

    /// This filter without what it demands of a field: what the counts of that field's facet are taken over.
    #[must_use]
    pub fn without(&self, field: &FieldName) -> Self {
        let rest = self.0.iter().filter(|(name, _)| *name != field);
        Self(rest.map(|(name, condition)| (name.clone(), condition.clone())).collect())
    }
}

/// By what a list is sorted. A form without a value comes last, in either direction; of several values
/// the smallest counts when ascending, the largest when descending. Ties are broken by the entry's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    /// A sortable field, [`PUBLISHED_AT`] or [`TITLE`].
    pub field: FieldName,
    /// Largest first.
    pub descending: bool,
}
