//! The site as readers see it: its locales, types and agencies.

use std::{collections::BTreeMap, fmt, sync::Arc};

use quick_cache::sync::Cache;

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

/// The chains that are kept: of each locale that readers ask for, by the source of what they ask for.
const CHAINS: usize = 2_000;

/// The site, as of one moment.
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
    chains: Cache<(Locale, Locale), Arc<[Locale]>>,
}

impl fmt::Debug for SiteView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteView").field("locales", &self.locales).finish_non_exhaustive()
    }
}

impl SiteView {
    /// The locales that serve a reader of `asked` content that is written in `source`: see
    /// [`Locales::chain`], which an answer asks for each entry that it names.
    pub fn chain(&self, asked: &Locale, source: &Locale) -> Arc<[Locale]> {
        let key = (asked.clone(), source.clone());
        if let Some(chain) = self.chains.get(&key) {
            return chain;
        }
        let chain: Arc<[Locale]> = self.locales.chain(asked, source).into();
        self.chains.insert(key, Arc::clone(&chain));
        chain
    }

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
            chains: Cache::new(CHAINS),
        })
    }
}
