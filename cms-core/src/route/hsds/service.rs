//! A route as a service.

use std::collections::{BTreeMap, HashMap};

use super::{
    Kind, derived, schedule,
    tables::{
        Attribute, CostOption, Language, Location, More, Organization, Phone, Service, ServiceArea,
        ServiceAtLocation, TaxonomyTerm, Url,
    },
};
use crate::{
    id::EntryId,
    locale::Locale,
    route::{Channel, ChannelKind, Cost, Group, Interpreter, Route},
    words,
};

/// Finds a term by what routes call it.
type Terms<'a> = &'a dyn Fn(Kind, &str) -> Option<&'a TaxonomyTerm>;

/// A route in full.
pub(super) fn service(
    route: &Route,
    known: &HashMap<EntryId, &Organization>,
    term: Terms<'_>,
) -> Service {
    let id = route.id.to_string();
    let organization = route.operator.organisation.as_ref().map(|operator| {
        known.get(&operator.id).map_or_else(
            || Organization {
                id: operator.id.to_string(),
                name: operator.title.clone(),
                description: operator.title.clone(),
                ..Organization::default()
            },
            |known| (*known).clone(),
        )
    });
    let pages: Vec<(&Channel, String)> = route.channels.iter().filter_map(page).collect();
    let email = |channel: &&Channel| channel.kind == ChannelKind::Email;
    let audiences = route.audiences.iter().filter_map(|name| term(Kind::Audiences, name));
    let eligible: Vec<&str> = audiences.map(|term| term.name.as_str()).collect();
    let eligibility = [eligible.join(", "), route.not_for.clone().unwrap_or_default()];
    Service {
        organization_id: organization.as_ref().map(|it| it.id.clone()),
        name: route.title.clone(),
        description: route.summary.clone(),
        url: pages.first().map(|(_, address)| address.clone()),
        email: route.channels.iter().find(email).and_then(|channel| channel.value.clone()),
        status: "active",
        interpretation_services: interpreters(route),
        application_process: lines(&route.what_happens_next),
        eligibility_description: lines(&eligibility),
        minimum_age: route.age_min,
        maximum_age: route.age_max,
        assured_date: route.assured.as_ref().map(|assured| assured.date.clone()),
        organization,
        more: Some(more(route, &id, &pages, term)),
        id,
    }
}

fn more(route: &Route, id: &str, pages: &[(&Channel, String)], term: Terms<'_>) -> More {
    let country = route.covers.sole_country();
    let further = pages.iter().skip(1).map(|(channel, address)| Url {
        id: derived(id, &["url", &channel.id]),
        label: Some(name_of(channel)),
        url: address.clone(),
    });
    let is_free = |channel: &&Channel| channel.cost == Some(Cost::Free);
    let free = route.channels.iter().filter(is_free).map(|channel| CostOption {
        id: derived(id, &["cost", &channel.id]),
        option: name_of(channel),
        amount: 0,
        amount_description: "free",
    });
    let concerns = route.concerns.iter().filter_map(|name| term(Kind::Concerns, name));
    let audiences = route.audiences.iter().filter_map(|name| term(Kind::Audiences, name));
    let attribute = |term: &TaxonomyTerm| Attribute {
        id: derived(id, &["attribute", &term.id]),
        link_id: id.to_owned(),
        taxonomy_term_id: term.id.clone(),
        link_type: if term.taxonomy == Kind::Concerns.name() {
            "service_focus"
        } else {
            "service_eligibility"
        },
        link_entity: "service",
        taxonomy_term: term.clone(),
    };
    More {
        additional_urls: further.collect(),
        phones: route.channels.iter().filter_map(|channel| phone(id, channel)).collect(),
        schedules: route
            .channels
            .iter()
            .flat_map(|channel| schedule::schedules(id, channel, country))
            .collect(),
        service_areas: areas(id, route),
        service_at_locations: route.channels.iter().filter_map(|it| place(id, it)).collect(),
        languages: languages(id, route.channels.iter()),
        cost_options: free.collect(),
        attributes: concerns.chain(audiences).map(attribute).collect(),
    }
}

/// What a channel is called: its label, or else its id.
fn name_of(channel: &Channel) -> String {
    channel.label.clone().unwrap_or_else(|| channel.id.clone())
}

/// The texts that say something, one a line.
fn lines(texts: &[String]) -> Option<String> {
    let said: Vec<&str> =
        texts.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

fn page(channel: &Channel) -> Option<(&Channel, String)> {
    match channel.kind {
        ChannelKind::Webchat
        | ChannelKind::WebForm
        | ChannelKind::App
        | ChannelKind::TextphoneRelay
        | ChannelKind::VideoSignLanguage => {
            let address = channel.link().filter(|link| link.starts_with("http"))?;
            Some((channel, address))
        }
        ChannelKind::EmergencyCall
        | ChannelKind::Phone
        | ChannelKind::Sms
        | ChannelKind::Email
        | ChannelKind::Post
        | ChannelKind::InPerson
        | ChannelKind::Sealed => None,
    }
}

fn phone(id: &str, channel: &Channel) -> Option<Phone> {
    let kind = match channel.kind {
        ChannelKind::EmergencyCall | ChannelKind::Phone => "voice",
        ChannelKind::Sms => "text",
        ChannelKind::TextphoneRelay => "textphone",
        ChannelKind::VideoSignLanguage => "video",
        ChannelKind::Webchat
        | ChannelKind::WebForm
        | ChannelKind::Email
        | ChannelKind::App
        | ChannelKind::Post
        | ChannelKind::InPerson
        | ChannelKind::Sealed => return None,
    };
    // What the link dials is the number that works; as it is shown where there is no link.
    let link = channel.link()?;
    let (_, number) =
        link.split_once(':').filter(|(scheme, _)| matches!(*scheme, "tel" | "sms"))?;
    let said = [channel.label.clone(), channel.note.clone()].map(Option::unwrap_or_default);
    Some(Phone {
        id: derived(id, &["phone", &channel.id]),
        number: number.replace("%23", "#"),
        kind,
        description: lines(&said),
        languages: languages(id, std::iter::once(channel)),
    })
}

fn place(id: &str, channel: &Channel) -> Option<ServiceAtLocation> {
    let location_type = match channel.kind {
        ChannelKind::InPerson => "physical",
        ChannelKind::Post => "postal",
        ChannelKind::EmergencyCall
        | ChannelKind::Phone
        | ChannelKind::Sms
        | ChannelKind::TextphoneRelay
        | ChannelKind::VideoSignLanguage
        | ChannelKind::Webchat
        | ChannelKind::WebForm
        | ChannelKind::Email
        | ChannelKind::App
        | ChannelKind::Sealed => return None,
    };
    Some(ServiceAtLocation {
        id: derived(id, &["service_at_location", &channel.id]),
        description: channel.note.clone(),
        location: Location {
            id: derived(id, &["location", &channel.id]),
            location_type,
            name: name_of(channel),
            description: channel.value.clone()?,
        },
    })
}

fn areas(id: &str, route: &Route) -> Vec<ServiceArea> {
    let covers = &route.covers;
    let countries = covers.countries.iter().map(|it| (it.to_string(), "ISO 3166-1 alpha-2"));
    let parts = covers.subdivisions.iter().map(|it| (it.to_string(), "ISO 3166-2"));
    let group = |group: &Group| match group {
        Group::Eu => ("EU".to_owned(), "The European Union"),
        Group::Eea => ("EEA".to_owned(), "The European Economic Area"),
        Group::Global => ("global".to_owned(), "Everywhere"),
    };
    let area = |(name, description): (String, &'static str)| ServiceArea {
        id: derived(id, &["service_area", &name]),
        name,
        description,
    };
    countries.chain(parts).chain(covers.groups.iter().map(group)).map(area).collect()
}

/// The languages of channels, each once.
fn languages<'c>(id: &str, channels: impl Iterator<Item = &'c Channel>) -> Vec<Language> {
    let mut found: BTreeMap<&Locale, Vec<&Channel>> = BTreeMap::new();
    let mut scope = String::new();
    for channel in channels {
        for tag in channel.languages.iter().chain(&channel.sign_languages) {
            found.entry(tag).or_default().push(channel);
        }
        scope.push_str(&channel.id);
        scope.push(' ');
    }
    let language = |(tag, channels): (&Locale, Vec<&Channel>)| {
        let names: Vec<String> = channels.into_iter().map(name_of).collect();
        Language {
            id: derived(id, &["language", &scope, tag.as_str()]),
            name: tag.own_name().to_owned(),
            code: tag.language().to_owned(),
            note: lines(&names),
        }
    };
    found.into_iter().map(language).collect()
}

/// Whether there are interpreters, in the language of the route.
fn interpreters(route: &Route) -> Option<String> {
    let best = route.channels.iter().filter_map(|channel| channel.interpreter).max()?;
    let word = match best {
        Interpreter::None => return None,
        Interpreter::OnRequest => "on_request",
        Interpreter::Always => "always",
    };
    Some(words::text(&route.locale, &format!("route.interpreter.{word}"), &[]))
}
