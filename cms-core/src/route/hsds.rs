//! Routes as a human-services directory reads them: HSDS 3.1. Pure.
//!
//! A route is a service with its phones, schedules, languages and areas; beside services stand the organisations that
//! provide them, and concerns and audiences as taxonomies.
//!
//! ```
//! use cms_core::route::{Directory, hsds};
//!
//! let file = r#"{"data": {"version": "", "locale": "en", "dir": "ltr", "texts": {}, "concerns": [],
//!     "audiences": [], "routes": [{"id": "0197e3a0-0000-7000-8000-000000000001", "slug": "line", "locale": "en",
//!     "dir": "ltr", "href": "", "title": "A line", "operator": {"kind": "other"},
//!     "covers": {"countries": ["FR"]}}]}}"#;
//! let directory = Directory::parse(file.as_bytes()).unwrap();
//! let package = hsds::Package::new(&directory, &[]);
//! assert_eq!(package.services[0].name, "A line");
//! assert_eq!(package.services[0].more.as_ref().unwrap().service_areas[0].name, "FR");
//! ```
//!
//! Nothing in it depends on the clock: `assured_date` is a day, and whether that is long ago is for who reads it.

mod draft;
mod schedule;
mod service;
pub mod tables;

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

pub use self::draft::{Drafts, Left, Options, ReadError, Reason, drafts};
use self::tables::{Organization, Service, Taxonomy, TaxonomyTerm, Url};
use super::{Audience, Concern, Directory, Provider};
use crate::id::EntryId;

/// The version of the specification.
pub const VERSION: &str = "3.1";

/// What the terms of a route are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Concerns,
    Audiences,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Concerns, Self::Audiences];

    const fn name(self) -> &'static str {
        match self {
            Self::Concerns => "concerns",
            Self::Audiences => "audiences",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Concerns => "What somebody is worried about, in two levels (CO:RE 4Cs).",
            Self::Audiences => "Who somebody is that asks.",
        }
    }

    fn id(self) -> String {
        derived("taxonomy", &[self.name()])
    }
}

/// All of it, in one locale, in the order of the directory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Package {
    /// The routes, each in full.
    pub services: Vec<Service>,
    /// The organisations, each without its services.
    pub organizations: Vec<Organization>,
    /// The taxonomies.
    pub taxonomies: Vec<Taxonomy>,
    /// Their terms.
    pub terms: Vec<TaxonomyTerm>,
}

impl Package {
    /// Makes it from a directory and the organisations of the same locale. Of an operator that isn't among those
    /// the name is told.
    pub fn new(directory: &Directory, providers: &[Provider]) -> Self {
        let language = directory.locale.language();
        let concerns = terms(&directory.concerns, &directory.concerns, language);
        let audiences = terms(&directory.audiences, &[], language);
        let by_name: HashMap<(Kind, &str), &TaxonomyTerm> = concerns
            .iter()
            .map(|term| ((Kind::Concerns, term.code.as_str()), term))
            .chain(audiences.iter().map(|term| ((Kind::Audiences, term.code.as_str()), term)))
            .collect();
        let organizations: Vec<Organization> = providers.iter().map(organization).collect();
        let known: HashMap<EntryId, &Organization> =
            providers.iter().map(|provider| provider.id).zip(&organizations).collect();
        let services = directory.routes.iter().map(|route| {
            let term = |kind: Kind, name: &str| by_name.get(&(kind, name)).copied();
            service::service(route, &known, &term)
        });
        Self {
            services: services.collect(),
            taxonomies: Kind::ALL.into_iter().map(taxonomy).collect(),
            terms: [concerns, audiences].concat(),
            organizations,
        }
    }

    /// An organisation with all that it provides, in full.
    pub fn organization(&self, id: &str) -> Option<Organization> {
        let found = self.organizations.iter().find(|it| it.id == id)?;
        let is_own = |service: &&Service| service.organization_id.as_deref() == Some(id);
        let without_organization =
            |service: &Service| Service { organization: None, ..service.clone() };
        let services = self.services.iter().filter(is_own).map(without_organization).collect();
        Some(Organization { services, ..found.clone() })
    }
}

impl Service {
    /// The same as lists have it: without what a service can have several of.
    #[must_use]
    pub fn in_short(&self) -> Self {
        Self { more: None, ..self.clone() }
    }

    /// Whether it is classified as a term, by the term's id.
    pub fn has_term(&self, id: &str) -> bool {
        let attributes = self.more.iter().flat_map(|more| &more.attributes);
        attributes.into_iter().any(|attribute| attribute.taxonomy_term_id == id)
    }
}

/// A concern or an audience.
trait Term {
    const KIND: Kind;
    fn parts(&self) -> (&str, EntryId, &str);
    fn parent(&self) -> Option<&str>;
}

impl Term for Concern {
    const KIND: Kind = Kind::Concerns;

    fn parts(&self) -> (&str, EntryId, &str) {
        (&self.name, self.id, &self.title)
    }

    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }
}

impl Term for Audience {
    const KIND: Kind = Kind::Audiences;

    fn parts(&self) -> (&str, EntryId, &str) {
        (&self.name, self.id, &self.title)
    }

    fn parent(&self) -> Option<&str> {
        None
    }
}

fn terms<T: Term>(all: &[T], parents: &[Concern], language: &str) -> Vec<TaxonomyTerm> {
    let term = |term: &T| {
        let (code, id, title) = term.parts();
        let parent = parents.iter().find(|it| Some(it.name.as_str()) == term.parent());
        TaxonomyTerm {
            id: id.to_string(),
            code: code.to_owned(),
            name: title.to_owned(),
            description: title.to_owned(),
            parent_id: parent.map(|parent| parent.id.to_string()),
            taxonomy: T::KIND.name(),
            taxonomy_id: T::KIND.id(),
            language: language.to_owned(),
        }
    };
    all.iter().map(term).collect()
}

fn taxonomy(kind: Kind) -> Taxonomy {
    Taxonomy { id: kind.id(), name: kind.name(), description: kind.description() }
}

fn organization(provider: &Provider) -> Organization {
    let id = provider.id.to_string();
    let page = |(kind, address): (&str, &str)| Url {
        id: derived(&id, &["website", kind, address]),
        label: Some(kind.to_owned()),
        url: address.to_owned(),
    };
    Organization {
        name: provider.title.clone(),
        alternate_name: provider.short_name.clone(),
        description: provider.summary.clone().unwrap_or_else(|| provider.title.clone()),
        website: provider.url.clone(),
        additional_websites: provider.pages().map(page).collect(),
        services: Vec::new(),
        id,
    }
}

/// An id for a part of something: the same for the same part, always (a UUID of version 8, RFC 9562).
fn derived(of: &str, part: &[&str]) -> String {
    let mut digest = Sha256::new_with_prefix(of);
    for step in part {
        digest.update([0]);
        digest.update(step);
    }
    let digest = digest.finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
