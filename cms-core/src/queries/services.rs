//! Routes and organisations for partners' directories: made from what is published, kept until any of that changes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Delivery, ReadError,
    answer::{Answer, CacheKeys},
    directory::{Ready, TYPES, Told},
};
use crate::{
    followers::delivery::generations::Stamp,
    id::TypeName,
    locale::Locale,
    route::{Provider, Route, hsds::Package, json_ld},
};

/// What is ready for partners, by locale.
#[derive(Debug, Default)]
pub(super) struct Kept(RwLock<HashMap<Locale, Arc<Services>>>);

/// Routes and organisations in one locale, as partners' directories read them.
#[derive(Debug)]
pub struct Services {
    directory: Arc<Ready>,
    providers: Vec<Provider>,
    package: Package,
    stamp: Stamp,
}

impl Delivery {
    /// The services of the site's locale that suits a reader best.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn services(&self, asked: &Locale) -> Result<Arc<Services>, ReadError> {
        // Read before the organisations: what changes meanwhile makes this one outdated.
        let directory = self.directory(asked)?;
        let all = &self.parts().services;
        let locale = directory.finder().directory().locale.clone();
        let kept = all.0.read().get(&locale).map(Arc::clone);
        if let Some(kept) = kept.filter(|kept| Arc::ptr_eq(&kept.directory, &directory)) {
            return Ok(kept);
        }
        let site = self.site()?;
        let organisation = TypeName::parse("organisation").ok();
        let told = self.told_entries(&site, &locale, organisation.as_ref())?;
        let mut providers: Vec<Provider> = told.into_iter().filter_map(provider).collect();
        providers.sort_by(|a, b| (&a.slug, a.id).cmp(&(&b.slug, b.id)));
        let package = Package::new(directory.finder().directory(), &providers);
        let stamp = directory.stamp().clone();
        let services = Arc::new(Services { directory, providers, package, stamp });
        let mut kept = all.0.write();
        kept.retain(|_, services| self.generations().is_current(&services.stamp));
        kept.insert(locale, Arc::clone(&services));
        Ok(services)
    }
}

impl Services {
    /// All of it as HSDS.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// A route as JSON-LD, by its slug, id or key.
    pub fn route_as_json_ld(&self, name: &str) -> Option<Value> {
        let directory = self.directory.finder().directory();
        let is_it = |route: &&Route| is_named(name, (&route.slug, route.id, route.key.as_deref()));
        let route = directory.routes.iter().find(is_it)?;
        let operator = route.operator.organisation.as_ref().map(|operator| operator.id);
        let provider = self.providers.iter().find(|provider| Some(provider.id) == operator);
        Some(json_ld::service(route, directory, provider))
    }

    /// An organisation as JSON-LD, by its slug, id or key.
    pub fn organisation_as_json_ld(&self, name: &str) -> Option<Value> {
        let is_it = |it: &&Provider| is_named(name, (&it.slug, it.id, it.key.as_deref()));
        let provider = self.providers.iter().find(is_it)?;
        Some(json_ld::organisation(provider, self.directory.finder().directory()))
    }

    /// An answer from it.
    pub fn answer(&self, body: Vec<u8>) -> Answer {
        let locale = self.directory.finder().directory().locale.clone();
        let mut cache_keys = CacheKeys::default();
        for type_name in TYPES {
            cache_keys.add('t', format!("{type_name}\0{locale}").as_bytes());
        }
        Answer { body, locale, cache_keys, stamp: self.stamp.clone() }
    }

    /// An answer that says just this.
    pub fn answer_of(&self, value: &impl Serialize) -> Answer {
        // What is all text and numbers can be written.
        self.answer(serde_json::to_vec(value).unwrap_or_default())
    }
}

fn is_named(name: &str, (slug, id, key): (&str, crate::id::EntryId, Option<&str>)) -> bool {
    name == slug
        || name == id.to_string()
        || name.strip_prefix("key:").is_some_and(|it| Some(it) == key)
}

/// An organisation as readers get it. `None` when its fields are not those of one.
fn provider(told: Told) -> Option<Provider> {
    let mut fields = told.fields;
    let head = json!({"id": told.id, "key": told.key, "slug": told.slug, "locale": told.locale});
    fields.extend(head.as_object().cloned().unwrap_or_default());
    serde_json::from_value(fields.into()).ok()
}
