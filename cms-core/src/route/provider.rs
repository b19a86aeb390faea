//! Providers: the organisations that run routes, as partners' directories want to know them.

use serde::{Deserialize, Serialize};

use crate::{id::EntryId, locale::Locale};

/// An organisation in one locale, as readers get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// The entry.
    pub id: EntryId,
    /// Its key outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its slug.
    pub slug: String,
    /// The language of its texts.
    pub locale: Locale,
    /// What it is called.
    pub title: String,
    /// Its abbreviation or everyday name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What kind of body it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its own site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Where else it can be found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<ProviderLink>,
}

/// Where else an organisation can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderLink {
    /// What kind of place.
    pub kind: String,
    /// The address, or the name there.
    pub value: String,
}

impl Provider {
    /// The addresses of web pages among its links, with what each is.
    pub fn pages(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_page = |link: &&ProviderLink| super::number::check_link(&link.value).is_ok();
        self.links.iter().filter(is_page).map(|link| (link.kind.as_str(), link.value.as_str()))
    }
}
