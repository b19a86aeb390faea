//! The tables of HSDS 3.1, as far as routes fill them.
//!
//! Names and meaning are those of the specification (the Human Services Data Specification of Open Referral); what
//! there is nothing to say of is left out.

use serde::Serialize;

/// Text, where there is any.
type Text = Option<String>;

/// A service: a route.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Service {
    /// The entry's id.
    pub id: String,
    /// Who provides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Text,
    /// What it is called.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Text,
    /// Where it is on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Text,
    /// Where to write to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Text,
    /// That it works: what doesn't isn't published.
    pub status: &'static str,
    /// Whether there are interpreters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpretation_services: Text,
    /// What happens after getting in touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_process: Text,
    /// Whom it is for, and whom not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eligibility_description: Text,
    /// The lowest age, in years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_age: Option<u8>,
    /// The highest age, in years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_age: Option<u8>,
    /// When somebody last made sure that it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assured_date: Text,
    /// Who provides it, in short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
    /// All that lists leave out.
    #[serde(flatten)]
    pub more: Option<More>,
}

/// What a service has besides, when it is asked for in full.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct More {
    /// Where else it is on the web.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_urls: Vec<Url>,
    /// Its numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// When it is reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
    /// Where it works.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_areas: Vec<ServiceArea>,
    /// Where one can go or write to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_at_locations: Vec<ServiceAtLocation>,
    /// The languages spoken, written or signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// What costs nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cost_options: Vec<CostOption>,
    /// What it helps with, and whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// Who provides services.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Organization {
    /// The entry's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its abbreviation or everyday name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate_name: Text,
    /// What it does; the specification asks for one, so its name stands in where there is none.
    pub description: String,
    /// Its own site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Text,
    /// Where else it can be found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_websites: Vec<Url>,
    /// What it provides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
}

/// A further address on the web.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Url {
    /// Its own id.
    pub id: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Text,
    /// The address.
    pub url: String,
}

/// A number.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Phone {
    /// Its own id.
    pub id: String,
    /// The number, in international form where it has one.
    pub number: String,
    /// What it is for, in the words of RFC 6350.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What readers need to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Text,
    /// The languages spoken there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
}

/// When a channel is reached: each week, or only in words.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Schedule {
    /// Its own id.
    pub id: String,
    /// How often it repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freq: Option<&'static str>,
    /// On which days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byday: Text,
    /// When it opens, at the clock of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_at: Text,
    /// When it closes, at the clock of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Text,
    /// The offset of that clock from UTC in hours, where it is the same all year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<f32>,
    /// The whole rule, and whose clock it goes by.
    pub description: String,
    /// Which channel it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Text,
}

/// Where a service works.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ServiceArea {
    /// Its own id.
    pub id: String,
    /// The code of a country or of a part of one, or the name of a group.
    pub name: String,
    /// What the name is a code of.
    pub description: &'static str,
}

/// A service at a place.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ServiceAtLocation {
    /// Its own id.
    pub id: String,
    /// What readers need to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Text,
    /// The place.
    pub location: Location,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Location {
    /// Its own id.
    pub id: String,
    /// Whether one goes there or writes to it.
    pub location_type: &'static str,
    /// What it is called.
    pub name: String,
    /// The address as it is shown.
    pub description: String,
}

/// A language.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Language {
    /// Its own id.
    pub id: String,
    /// Its own name.
    pub name: String,
    /// ISO 639.
    pub code: String,
    /// Which channel, and in which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Text,
}

/// A cost.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CostOption {
    /// Its own id.
    pub id: String,
    /// Which channel.
    pub option: String,
    /// How much.
    pub amount: u8,
    /// The same in a word.
    pub amount_description: &'static str,
}

/// What a service is classified as.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Attribute {
    /// Its own id.
    pub id: String,
    /// The service.
    pub link_id: String,
    /// The term.
    pub taxonomy_term_id: String,
    /// What the term says of it.
    pub link_type: &'static str,
    /// That it is a service.
    pub link_entity: &'static str,
    /// The term itself.
    pub taxonomy_term: TaxonomyTerm,
}

/// A concern or an audience.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TaxonomyTerm {
    /// The entry's id.
    pub id: String,
    /// What routes call it.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The specification asks for one: the name again.
    pub description: String,
    /// The group that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Text,
    /// What it is one of.
    pub taxonomy: &'static str,
    /// The taxonomy.
    pub taxonomy_id: String,
    /// The language of its name.
    pub language: String,
}

/// A list of terms.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Taxonomy {
    /// Its own id.
    pub id: String,
    /// What it is called.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
}
