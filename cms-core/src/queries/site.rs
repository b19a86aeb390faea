//! The site as readers see it: its locales, types and agencies.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    content_type::ContentType,
    followers::delivery::{
        generations::Stamp,
        tables::{self, Agency},
    },
    id::{AgencyId, TypeName},
    locale::{Locale, Locales},
    store::view::{Reader, ViewError},
};

/// The site, as of one moment.
#[derive(Debug)]
pub struct SiteView {
    /// Its locales.
    pub locales: Locales,
    /// Where content without a better choice comes from.
    pub default_locale: Locale,
    /// Its content types.
    pub types: BTreeMap<TypeName, Arc<ContentType>>,
    /// Its agencies.
    pub agencies: BTreeMap<AgencyId, Agency>,
    pub(crate) stamp: Stamp,
}

impl SiteView {
    /// Reads it. A site that was never set up has English, and nothing else.
    pub(crate) fn load(reader: &Reader<tables::Delivery>, stamp: Stamp) -> Result<Self, ViewError> {
        let site = reader.get(&tables::SITE, &())?;
        let (default_locale, locales) = match site {
            Some(site) => (site.default_locale, site.locales),
            None => (Locale::english(), Vec::new()),
        };
        let mut types = BTreeMap::new();
        for row in reader.scan(&tables::TYPES, &(), None) {
            let (name, schema) = row?;
            let parsed = serde_json::from_str(&schema)
                .ok()
                .and_then(|schema| ContentType::parse(&schema).ok());
            let damaged = || ViewError::Damaged {
                table: "delivery.types",
                reason: format!("{name} does not parse"),
            };
            types.insert(name.clone(), Arc::new(parsed.ok_or_else(damaged)?));
        }
        let agencies = reader.scan(&tables::AGENCIES, &(), None).collect::<Result<_, _>>()?;
        Ok(Self {
            locales: Locales::new(default_locale.clone(), locales),
            default_locale,
            types,
            agencies,
            stamp,
        })
    }
}
