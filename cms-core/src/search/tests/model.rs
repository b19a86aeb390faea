//! A property test: random entries, replaced and removed in random commits, against a list kept by hand.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    ops::{Bound, RangeBounds as _},
};

use proptest::{collection, option, prelude::*, sample};

use super::*;
use crate::search::{Facets, collation::Collators};

const LOCALES: [&str; 3] = ["en", "fr", "sv"];
const FIELDS: [&str; 4] = ["topics", "level", "share", "held_at"];

type Entries = BTreeMap<u8, Vec<IndexForm>>;

fn value() -> impl Strategy<Value = (FieldName, FilterValue)> {
    prop_oneof![
        "[a-d]|ä".prop_map(|text| (field("topics"), FilterValue::Keyword(text))),
        (-2..4i64).prop_map(|number| (field("level"), FilterValue::Integer(number))),
        (-3..3i32)
            .prop_map(|number| (field("share"), FilterValue::Number(f64::from(number) / 2.0))),
        (0..4i64).prop_map(|at| (field("held_at"), time(at * 1_000))),
    ]
}

fn forms() -> impl Strategy<Value = Vec<IndexForm>> {
    let one = ("[a-cöz]{0,3}", 0..5i64, collection::vec(value(), 0..6));
    let owners = collection::vec(option::weighted(0.8, 0..LOCALES.len()), LOCALES.len());
    (collection::vec(one, LOCALES.len()), owners, any::<bool>()).prop_map(
        |(all, owners, is_page)| {
            let name = if is_page { "page" } else { "guidance" };
            let forms = LOCALES.iter().enumerate().zip(all).map(
                |((at, own), (title, published_at, values))| {
                    let serves = owners
                        .iter()
                        .zip(LOCALES)
                        .filter(|(owner, _)| **owner == Some(at))
                        .map(|(_, tag)| locale(tag));
                    let (type_name, serves) = (type_name(name), serves.collect());
                    IndexForm {
                        type_name,
                        serves,
                        values,
                        ..serving(form(&title, published_at, &[]), own, &[])
                    }
                },
            );
            forms.filter(|form| !form.serves.is_empty()).collect()
        },
    )
}

fn bound(values: BoxedStrategy<FilterValue>) -> impl Strategy<Value = Bound<FilterValue>> {
    prop_oneof![
        Just(Bound::Unbounded),
        values.clone().prop_map(Bound::Included),
        values.prop_map(Bound::Excluded),
    ]
}

fn condition() -> impl Strategy<Value = (FieldName, Condition)> {
    let published = (0..5i64).prop_map(|at| (field("published_at"), time(at)));
    prop_oneof![4 => value(), 1 => published].prop_flat_map(|(name, example)| {
        let like = match example {
            FilterValue::Keyword(_) => "[a-e]".prop_map(FilterValue::Keyword).boxed(),
            FilterValue::Integer(_) => (-3..5i64).prop_map(FilterValue::Integer).boxed(),
            FilterValue::Number(_) => {
                (-4..4i32).prop_map(|n| FilterValue::Number(f64::from(n) / 2.0)).boxed()
            }
            FilterValue::Time(_) if name.as_str() == "published_at" => {
                (0..5i64).prop_map(time).boxed()
            }
            FilterValue::Time(_) => (0..4i64).prop_map(|at| time(at * 1_000)).boxed(),
        };
        let is_ordered = !matches!(example, FilterValue::Keyword(_));
        let range = option::weighted(0.5, (bound(like.clone()), bound(like.clone())));
        let exists = option::weighted(0.2, any::<bool>());
        (Just(name), collection::vec(like, 0..3), range, exists).prop_map(
            move |(name, any_of, range, exists)| {
                let range = range.filter(|_| is_ordered);
                (name, Condition { any_of, range, exists })
            },
        )
    })
}

fn query() -> impl Strategy<Value = ListQuery> {
    let fields = FIELDS.into_iter().chain(["published_at", "title"]).collect::<Vec<_>>();
    let sort = sample::subsequence(fields, 0..=3).prop_shuffle();
    let descending = collection::vec(any::<bool>(), 3);
    let facets = sample::subsequence(FIELDS.to_vec(), 0..=2);
    let filter = collection::btree_map(Just(()), condition(), 0..=1);
    let more = option::weighted(0.4, condition());
    (
        0..LOCALES.len(),
        any::<bool>(),
        filter,
        more,
        (sort, descending),
        (1..5usize, facets, 1..=3usize),
    )
        .prop_map(
            |(at, exact, filter, more, (sort, descending), (limit, facets, type_count))| {
                let filter = Filter(filter.into_values().chain(more).collect());
                let key =
                    |(name, descending): (&str, bool)| SortKey { field: field(name), descending };
                let types =
                    ["guidance", "page", "nothing"].into_iter().take(type_count).map(type_name);
                ListQuery {
                    types: types.collect(),
                    exact: exact && limit == 2,
                    filter,
                    sort: sort.into_iter().zip(descending).map(key).collect(),
                    limit,
                    facets: facets.into_iter().map(field).collect(),
                    count: true,
                    ..guidance(LOCALES[at])
                }
            },
        )
}

fn values_of(form: &IndexForm, name: &FieldName) -> Vec<FilterValue> {
    match name.as_str() {
        "published_at" => vec![FilterValue::Time(form.published_at)],
        _ => form
            .values
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.clone())
            .collect(),
    }
}

fn meets(form: &IndexForm, filter: &Filter) -> bool {
    filter.0.iter().all(|(name, condition)| {
        let values = values_of(form, name);
        (condition.any_of.is_empty() || values.iter().any(|value| condition.any_of.contains(value)))
            && condition
                .range
                .as_ref()
                .is_none_or(|range| values.iter().any(|value| range.contains(value)))
            && condition.exists.is_none_or(|exists| exists != values.is_empty())
    })
}

fn chosen<'e>(
    entries: &'e Entries,
    query: &ListQuery,
    filter: &Filter,
) -> Vec<(u8, &'e IndexForm)> {
    let all = entries.iter().flat_map(|(id, forms)| forms.iter().map(|form| (*id, form)));
    let is_meant = |form: &IndexForm| {
        let is_served = if query.exact {
            form.locale == query.locale
        } else {
            form.serves.contains(&query.locale)
        };
        is_served && query.types.contains(&form.type_name) && meets(form, filter)
    };
    all.filter(|(_, form)| is_meant(form)).collect()
}

fn compare(left: &IndexForm, right: &IndexForm, key: &SortKey, tag: &Locale) -> Ordering {
    let value = |form: &IndexForm| {
        if key.field.as_str() == "title" {
            // Without a form for this locale there is no key in its language.
            let served = form.serves.contains(tag);
            return served
                .then(|| FilterValue::Keyword(Collators::default().title_key(tag, &form.title)));
        }
        let values = values_of(form, &key.field).into_iter();
        let order = |left: &FilterValue, right: &FilterValue| left.partial_cmp(right).unwrap();
        if key.descending { values.max_by(order) } else { values.min_by(order) }
    };
    match (value(left), value(right)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(left), Some(right)) if key.descending => right.partial_cmp(&left).unwrap(),
        (Some(left), Some(right)) => left.partial_cmp(&right).unwrap(),
    }
}

fn expected_ids(entries: &Entries, query: &ListQuery) -> Vec<u8> {
    let mut forms = chosen(entries, query, &query.filter);
    let keys = query.order();
    forms.sort_by(|(left_id, left), (right_id, right)| {
        let by_keys = keys.iter().fold(Ordering::Equal, |order, key| {
            order.then_with(|| compare(left, right, key, &query.locale))
        });
        by_keys.then(left_id.cmp(right_id))
    });
    forms.into_iter().map(|(id, _)| id).collect()
}

fn expected_facets(entries: &Entries, query: &ListQuery) -> Facets {
    let facet = |name: &FieldName| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (_, form) in chosen(entries, query, &query.filter.without(name)) {
            let texts: BTreeSet<String> = values_of(form, name).iter().map(text).collect();
            for text in texts {
                *counts.entry(text).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        (name.clone(), counts)
    };
    query.facets.iter().map(facet).collect()
}

fn text(value: &FilterValue) -> String {
    match value {
        FilterValue::Keyword(text) => text.clone(),
        FilterValue::Integer(number) => number.to_string(),
        FilterValue::Number(number) => number.to_string(),
        FilterValue::Time(at) => at.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_as_a_list_kept_by_hand(
        commits in collection::vec(collection::vec((1..30u8, forms()), 1..12), 1..5),
        queries in collection::vec(query(), 40),
    ) {
        let index = Index::in_memory().unwrap();
        let mut writer = index.writer(Pace::Steady).unwrap();
        let mut entries = Entries::new();
        for (number, commit) in (1..).zip(commits) {
            for (id, forms) in commit {
                writer.replace_entry(entry(id), &forms).unwrap();
                entries.insert(id, forms);
            }
            writer.commit(number).unwrap();
        }
        for query in queries {
            let expected = expected_ids(&entries, &query);
            let page = index.list(&query).unwrap();
            prop_assert_eq!(all_ids(&index, &query), expected.clone(), "{:?}", query);
            prop_assert_eq!(page.count, Some(expected.len() as u64), "{:?}", query);
            prop_assert_eq!(page.facets, expected_facets(&entries, &query), "{:?}", query);
        }
    }
}
