//! Which translations a command is about.

use std::collections::BTreeSet;

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    Cms,
    exchange::Languages,
    id::{EntryId, TypeName},
    locale::Locale,
    queries::translation_export,
};

use crate::cli::Failure;

/// Which translations a command is about.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The locale that is translated into.
    #[arg(long, value_name = "TAG")]
    to: Locale,
    /// The locale that is translated; without it the site's default.
    #[arg(long, value_name = "TAG")]
    from: Option<Locale>,
    /// Only entries of this type.
    #[arg(long = "type", value_name = "TYPE")]
    type_name: Option<TypeName>,
    /// Only entries of this agency, by its key.
    #[arg(long)]
    agency: Option<String>,
    /// Only these entries, by their ids.
    #[arg(long = "entry", value_name = "ID")]
    entries: Vec<EntryId>,
}

impl Wanted {
    /// What is meant, in a store.
    pub(crate) fn of(&self, cms: &Cms, open: bool) -> Result<translation_export::Wanted, Failure> {
        let editing = cms.editing();
        let locales = editing.locales().context("the store can't be read")?;
        let known = |tag: &Locale| locales.all().iter().any(|site| site.tag == *tag);
        let source = self.from.clone().unwrap_or_else(|| locales.default_locale().clone());
        for tag in [&source, &self.to] {
            if !known(tag) {
                return Err(Failure::No(format!("{tag} is none of the site's locales")));
            }
        }
        let agencies = editing.agencies().context("the store can't be read")?;
        let agency = match &self.agency {
            None => None,
            Some(key) => {
                let found = agencies.values().find(|agency| agency.key.as_str() == key);
                let missing = || Failure::No(format!("there is no agency with the key {key}"));
                Some(found.ok_or_else(missing)?.id)
            }
        };
        Ok(translation_export::Wanted {
            languages: Languages { source, target: self.to.clone() },
            type_name: self.type_name.clone(),
            agency,
            entries: self.entries.iter().copied().collect::<BTreeSet<_>>(),
            open,
        })
    }

    /// The same as a query of a server.
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("to", self.to.to_string())];
        query.extend(self.from.iter().map(|tag| ("from", tag.to_string())));
        query.extend(self.type_name.iter().map(|name| ("type", name.to_string())));
        query.extend(self.agency.iter().map(|key| ("agency", key.clone())));
        if !self.entries.is_empty() {
            let ids: Vec<_> = self.entries.iter().map(ToString::to_string).collect();
            query.push(("entries", ids.join(",")));
        }
        query
    }
}
