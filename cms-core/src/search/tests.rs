//! The index against a list kept by hand: whatever is put in, taken out and asked for, both answer alike.

mod lists;
mod model;
mod storage;
mod text;

use crate::{
    clock::Timestamp,
    filter::{Condition, Filter, FilterValue, SortKey},
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
    search::{FormText, Index, IndexForm, ListQuery, Pace, Writer},
};

fn type_name(text: &str) -> TypeName {
    TypeName::parse(text).unwrap()
}

fn locale(text: &str) -> Locale {
    Locale::parse(text).unwrap()
}

fn field(text: &str) -> FieldName {
    FieldName::parse(text).unwrap()
}

fn entry(number: u8) -> EntryId {
    EntryId::from_bytes([number; 16])
}

fn keyword(text: &str) -> FilterValue {
    FilterValue::Keyword(text.to_owned())
}

fn time(millis: i64) -> FilterValue {
    FilterValue::Time(Timestamp::from_millis(millis))
}

/// A guidance form in English that serves English readers.
fn form(title: &str, published_at: i64, values: &[(&str, FilterValue)]) -> IndexForm {
    IndexForm {
        type_name: type_name("guidance"),
        locale: locale("en"),
        serves: vec![locale("en")],
        slug: title.to_lowercase(),
        title: title.to_owned(),
        published_at: Timestamp::from_millis(published_at),
        values: values.iter().map(|(name, value)| (field(name), value.clone())).collect(),
        searched: true,
        text: FormText::default(),
        shows: Vec::new(),
        gives: Vec::new(),
    }
}

/// A form in one locale that serves these.
fn serving(form: IndexForm, own: &str, serves: &[&str]) -> IndexForm {
    IndexForm {
        locale: locale(own),
        serves: serves.iter().map(|tag| locale(tag)).collect(),
        ..form
    }
}

fn guidance(tag: &str) -> ListQuery {
    ListQuery::newest(type_name("guidance"), locale(tag))
}

fn sorted_by(text: &str) -> ListQuery {
    let key = |part: &str| SortKey {
        field: field(part.trim_start_matches('-')),
        descending: part.starts_with('-'),
    };
    ListQuery { sort: text.split(',').map(key).collect(), ..guidance("en") }
}

fn filtered(name: &str, condition: Condition) -> ListQuery {
    ListQuery { filter: Filter::default().with(field(name), condition), ..guidance("en") }
}

/// An index with these entries, numbered from 1; a commit after each, so that there are several segments.
fn index(forms: &[IndexForm]) -> (Index, Writer) {
    let index = Index::in_memory().unwrap();
    let mut writer = index.writer(Pace::Steady).unwrap();
    for (number, form) in (1..).zip(forms) {
        writer.replace_entry(entry(number), std::slice::from_ref(form)).unwrap();
        writer.commit(u64::from(number)).unwrap();
    }
    (index, writer)
}

/// The first bytes of the ids of a page's hits.
fn ids(index: &Index, query: &ListQuery) -> Vec<u8> {
    index.list(query).unwrap().hits.iter().map(|hit| hit.entry.as_bytes()[0]).collect()
}

/// The same over all pages.
fn all_ids(index: &Index, query: &ListQuery) -> Vec<u8> {
    let mut query = query.clone();
    let mut ids = Vec::new();
    loop {
        let page = index.list(&query).unwrap();
        assert!(page.hits.len() <= query.limit);
        ids.extend(page.hits.iter().map(|hit| hit.entry.as_bytes()[0]));
        let Some(next) = page.next else { return ids };
        let cursor = next.to_cursor(&query);
        query.after = Some(super::Position::from_cursor(&cursor, &query).unwrap());
    }
}
