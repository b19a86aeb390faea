//! What goes into the index and what is asked of it: plain types, without tantivy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    filter::{Filter, FilterValue, PUBLISHED_AT, SortKey},
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
};

/// A published form, as the index sees it: one entry in one locale.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexForm {
    /// Of which content type.
    pub type_name: TypeName,
    /// The form's own locale.
    pub locale: Locale,
    /// The locales of the site for which this form is the answer, the form's own among them. No two forms
    /// of one entry serve the same locale.
    pub serves: Vec<Locale>,
    /// Its slug.
    pub slug: String,
    /// Its title, by which it is sorted.
    pub title: String,
    /// The instant of publication that readers see.
    pub published_at: Timestamp,
    /// The values of the type's filterable and sortable fields; a field with several values comes several
    /// times.
    pub values: Vec<(FieldName, FilterValue)>,
}

/// A question for a list of entries.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Of which types: at least one.
    pub types: Vec<TypeName>,
    /// For readers of which of the site's locales.
    pub locale: Locale,
    /// Leaves out what is served from another locale.
    pub exact: bool,
    /// Which of them.
    pub filter: Filter,
    /// In which order; none is `-published_at`.
    pub sort: Vec<SortKey>,
    /// How many at most: 1 to [`ListQuery::MAX_LIMIT`].
    pub limit: usize,
    /// Those after this hit of an earlier page.
    pub after: Option<Position>,
    /// The fields whose values are to be counted, each as if the filter made no demand on it.
    pub facets: Vec<FieldName>,
    /// Whether to count all that the filter lets through.
    pub count: bool,
}

impl ListQuery {
    /// The most hits that one page can have.
    pub const MAX_LIMIT: usize = 100;

    /// The first twenty entries of a type, newest first.
    pub fn newest(type_name: TypeName, locale: Locale) -> Self {
        Self {
            types: vec![type_name],
            locale,
            exact: false,
            filter: Filter::default(),
            sort: Vec::new(),
            limit: 20,
            after: None,
            facets: Vec::new(),
            count: false,
        }
    }

    /// The sort keys that apply.
    pub(super) fn order(&self) -> Vec<SortKey> {
        if !self.sort.is_empty() {
            return self.sort.clone();
        }
        let field = FieldName::parse(PUBLISHED_AT).ok();
        field.map(|field| SortKey { field, descending: true }).into_iter().collect()
    }
}

/// The answer to a [`ListQuery`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPage {
    /// The entries, in order.
    pub hits: Vec<Hit>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
    /// How many there are on all pages, if that was asked.
    pub count: Option<u64>,
    /// For each facet asked for, its values and how many entries have each: most first, then by value; at
    /// most [`ListPage::MAX_FACET_VALUES`].
    pub facets: Facets,
}

/// The values of each facet, with how many entries have them.
pub type Facets = BTreeMap<FieldName, Vec<(String, u64)>>;

impl ListPage {
    /// The most values that are given for a facet.
    pub const MAX_FACET_VALUES: usize = 100;
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub entry: EntryId,
    /// The locale of the form that serves the list's locale: another one where it falls back.
    pub locale: Locale,
}

/// A place in a sorted list: that of a hit, whether or not it still is there.
///
/// It holds what the hit was sorted by and its id, so an entry that comes or goes between two pages
/// neither repeats another one nor hides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The hit's value for each sort key.
    pub ranks: Vec<Rank>,
    /// The hit's entry.
    pub entry: EntryId,
}

/// A value as a list is sorted by it: numbers and instants, then texts, then nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// A number or an instant, as an integer of the same order.
    Number(i64),
    /// A keyword's bytes, or a title's collation key.
    Text(Vec<u8>),
    /// The form has no value.
    Missing,
}
