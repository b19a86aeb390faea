//! Lists: entries of some types for readers of a locale, filtered, sorted, counted.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    Delivery, ReadError,
    answer::{Answer, CacheKeys},
    delivery::Item,
    fill::{Filler, Wanted},
    shapes::{self, ResolutionShape},
    site::SiteView,
};
use crate::{
    content_type::FieldKind,
    filter::{Filter, FilterValue, SortKey},
    followers::delivery::{
        generations::Source,
        live::{LiveEntry, LiveLocale},
        tables,
    },
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
    search::{Facets, Hit, ListQuery, Position},
};

/// A question for a list.
#[derive(Debug, Clone)]
pub struct ListQuestion<'a> {
    /// Of which types: at least one.
    pub types: &'a [TypeName],
    /// In which locale.
    pub locale: &'a Locale,
    /// Whether other locales may stand in.
    pub fallback: bool,
    /// Which of them. A reference is filtered by the target's id, key or slug.
    pub filter: Filter,
    /// In which order; newest first without.
    pub sort: Vec<SortKey>,
    /// How many: 1 to 100.
    pub limit: usize,
    /// After which place: the cursor of an earlier page.
    pub after: Option<&'a str>,
    /// The fields whose values are counted.
    pub facets: Vec<FieldName>,
    /// Whether all are counted.
    pub count: bool,
    /// The fields wanted; all but the long ones without a list.
    pub fields: Option<&'a [FieldName]>,
    /// The reference fields whose targets are wanted, too.
    pub include: &'a [Vec<FieldName>],
}

/// A list, ready to send.
#[derive(Debug)]
pub struct ListFound {
    /// The answer.
    pub answer: Answer,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor is of another list, or was changed on its way.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// The view or the index cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Delivery {
    /// Lists entries.
    ///
    /// # Errors
    /// [`ListError`]: a cursor of another list, or the view or the index cannot be read.
    pub fn list(&self, question: &ListQuestion<'_>) -> Result<ListFound, ListError> {
        let site = self.site()?;
        let locale = effective(&site, question.locale);
        let mut stamp = site.stamp.clone();
        for type_name in question.types.iter().chain(&named_types(question, &site)) {
            self.generations().stamp(Source::Type(type_name), &mut stamp);
        }
        let query = self.query(question, &locale, &site)?;
        let page =
            self.parts().index.list(&query).map_err(|error| ReadError::Index(error.to_string()))?;
        let mut body = b"{\"data\":[".to_vec();
        let mut seen = Vec::new();
        let _steady = self.reader().steady();
        let mut first = true;
        for hit in &page.hits {
            let Some(item) = self.item(hit, question.fields, &site)? else { continue };
            if !std::mem::take(&mut first) {
                body.push(b',');
            }
            body.extend_from_slice(&item.body);
            body.extend_from_slice(b",\"resolution\":");
            let by_policy = self.is_by_policy(hit, &locale)?;
            let resolution = ResolutionShape::of(question.locale, &hit.locale);
            shapes::write(&resolution.by_policy(by_policy), &mut body);
            body.push(b'}');
            seen.extend_from_slice(&item.seen);
            stamp.merge(&item.stamp);
        }
        body.push(b']');
        if !question.include.is_empty() {
            let from: Vec<_> = page.hits.iter().map(|hit| hit.entry).collect();
            let included = self.included(&from, question.include, &site, &locale)?;
            body.extend_from_slice(b",\"included\":");
            body.extend_from_slice(&included.body);
            seen.extend(included.seen);
            stamp.merge(&included.stamp);
        }
        let next = page.next.as_ref().map(|place| place.to_cursor(&query));
        let chain = site.chain(question.locale, &site.default_locale);
        let tail = json!({
            "page": {"next": next, "count": page.count},
            "facets": self.facets(&page.facets, question.types, &site, &locale)?,
            "resolution": ResolutionShape::of(question.locale, &locale).along(&chain),
        });
        let tail = tail.to_string();
        body.push(b',');
        body.extend_from_slice(tail.strip_prefix('{').unwrap_or(&tail).as_bytes());
        let cache_keys = list_keys(&seen, question.types, &locale);
        Ok(ListFound { answer: Answer { body, locale, cache_keys, stamp }, next })
    }

    /// The question as the index is asked it.
    fn query(
        &self,
        question: &ListQuestion<'_>,
        locale: &Locale,
        site: &SiteView,
    ) -> Result<ListQuery, ListError> {
        let mut query = ListQuery {
            types: question.types.to_vec(),
            locale: locale.clone(),
            exact: !question.fallback,
            filter: self.by_id(&question.filter, question.types, site)?,
            sort: question.sort.clone(),
            limit: question.limit,
            after: None,
            facets: question.facets.clone(),
            count: question.count,
        };
        if let Some(cursor) = question.after {
            let after = Position::from_cursor(cursor, &query).map_err(|_| ListError::BadCursor)?;
            query.after = Some(after);
        }
        Ok(query)
    }

    /// An item of a list, but for its resolution and closing brace. `None` when it was taken away since
    /// the index was written.
    pub(super) fn item(
        &self,
        hit: &Hit,
        fields: Option<&[FieldName]>,
        site: &SiteView,
    ) -> Result<Option<Arc<Item>>, ReadError> {
        let key = (hit.entry, hit.locale.clone());
        if fields.is_none()
            && let Some(item) = self.parts().items.get(&key)
            && self.generations().is_current(&item.stamp)
        {
            return Ok(Some(item));
        }
        let mut filler = Filler::new(self, site, &hit.locale);
        let Some(entry) = filler.entry(hit.entry)? else { return Ok(None) };
        let Some(live) = entry.readable_in(&hit.locale) else { return Ok(None) };
        let wanted = fields.map_or(Wanted::Short, Wanted::Named);
        let mut body = Vec::new();
        filler.data(&entry, live, wanted, &mut body)?;
        let item = Arc::new(Item { body, seen: filler.seen, stamp: filler.stamp });
        if fields.is_none() {
            self.parts().items.insert(key, Arc::clone(&item));
        }
        Ok(Some(item))
    }

    /// Whether a hit stands where a translation would, which the type's policy holds back.
    pub(super) fn is_by_policy(&self, hit: &Hit, locale: &Locale) -> Result<bool, ReadError> {
        if hit.locale == *locale {
            return Ok(false);
        }
        let entry = self.live(hit.entry)?;
        let own = entry.as_ref().and_then(|entry| entry.published_in(locale));
        Ok(own.is_some_and(LiveLocale::is_replaced))
    }

    /// The filter with references by id, however the reader named their targets.
    pub(super) fn by_id(
        &self,
        filter: &Filter,
        types: &[TypeName],
        site: &SiteView,
    ) -> Result<Filter, ReadError> {
        let mut by_id = filter.clone();
        for (name, condition) in &mut by_id.0 {
            let targets = reference_types(name, types, site);
            for value in &mut condition.any_of {
                if let FilterValue::Keyword(text) = value
                    && let Some(id) = self.named(text, &targets)?
                {
                    *text = id.to_string();
                }
            }
        }
        Ok(by_id)
    }

    /// The entry of one of these types that goes by this key, or by this slug in some locale.
    fn named(&self, name: &str, types: &[TypeName]) -> Result<Option<EntryId>, ReadError> {
        if types.is_empty() || name.parse::<EntryId>().is_ok() {
            return Ok(None);
        }
        for type_name in types {
            let key = name.strip_prefix("key:").unwrap_or(name);
            if let Some(id) =
                self.reader().get(&tables::KEYS, &(type_name.clone(), key.to_owned()))?
            {
                return Ok(Some(id));
            }
            let prefix = (type_name.clone(), name.to_owned());
            for row in self.reader().scan(&tables::SLUGS, &prefix, None) {
                if let Some(id) = row?.1.live {
                    return Ok(Some(id));
                }
            }
        }
        Ok(None)
    }

    /// The counts of each facet; of references with what their targets are called.
    pub(super) fn facets(
        &self,
        counted: &Facets,
        types: &[TypeName],
        site: &SiteView,
        locale: &Locale,
    ) -> Result<Value, ReadError> {
        let mut facets = Map::new();
        for (name, values) in counted {
            let is_reference = !reference_types(name, types, site).is_empty();
            let mut counts = Vec::new();
            for (value, count) in values {
                let id = value.parse::<EntryId>().ok().filter(|_| is_reference);
                let target = id.map(|id| self.live(id)).transpose()?.flatten();
                let called = target.as_deref().and_then(|entry| called(entry, site, locale));
                match called {
                    Some((key, slug, title)) => counts.push(json!({
                        "value": value, "count": count, "key": key, "slug": slug, "title": title,
                    })),
                    // What a reference leads to isn't published: readers don't hear of it.
                    None if is_reference => {}
                    None => counts.push(json!({"value": value, "count": count})),
                }
            }
            facets.insert(name.as_str().to_owned(), counts.into());
        }
        Ok(facets.into())
    }
}

/// The site's locale that a list is made for.
pub(super) fn effective(site: &SiteView, asked: &Locale) -> Locale {
    site.locales
        .look_up(asked)
        .map_or_else(|| site.default_locale.clone(), |locale| locale.tag.clone())
}

fn called(
    entry: &LiveEntry,
    site: &SiteView,
    locale: &Locale,
) -> Option<(Option<String>, String, String)> {
    let chain = site.chain(locale, &entry.source_locale);
    let (_, live) = entry.mention(&chain)?;
    Some((entry.key.as_ref().map(ToString::to_string), live.slug.clone(), live.title.clone()))
}

/// The types that a reference field of these types leads to; none where it is no reference.
fn reference_types(name: &FieldName, types: &[TypeName], site: &SiteView) -> Vec<TypeName> {
    let fields = types.iter().filter_map(|type_name| site.types.get(type_name)?.field(name));
    fields
        .flat_map(|field| match &field.kind {
            FieldKind::Reference { types, .. } => types.clone(),
            FieldKind::Text
            | FieldKind::Markdown
            | FieldKind::Url
            | FieldKind::Enum { .. }
            | FieldKind::Date
            | FieldKind::DateTime
            | FieldKind::Boolean
            | FieldKind::Integer
            | FieldKind::Number
            | FieldKind::Asset { .. }
            | FieldKind::List { .. }
            | FieldKind::Structured => Vec::new(),
        })
        .collect()
}

/// The types of what the list's filters and facets name: a list depends on what those are called.
fn named_types(question: &ListQuestion<'_>, site: &SiteView) -> Vec<TypeName> {
    let fields = question.filter.0.keys().chain(&question.facets);
    fields.flat_map(|field| reference_types(field, question.types, site)).collect()
}

/// The names of a list to caches: its types in its locale, and its entries.
pub(super) fn list_keys(seen: &[EntryId], types: &[TypeName], locale: &Locale) -> CacheKeys {
    let mut coarse = CacheKeys::default();
    for type_name in types {
        coarse.add('t', format!("{type_name}\0{locale}").as_bytes());
    }
    let mut fine = coarse.clone();
    fine.add_entries(seen);
    fine.or_coarser(coarse)
}
