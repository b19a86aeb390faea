//! Routes and organisations as JSON-LD with the words of schema.org: for the pages of partners, so that search
//! engines and assistants show the number that is right. Pure.
//!
//! A route is a `GovernmentService` where police or a regulator runs it, and a `Service` otherwise. Nothing in it
//! depends on the clock.

use serde_json::{Map, Value, json};

use super::{
    Channel, ChannelKind, Covers, Directory, Group, OperatorKind, Provider, Route,
    hours::{Hours, Slot},
};
use crate::locale::Locale;

const CONTEXT: &str = "https://schema.org";

/// A route.
pub fn service(route: &Route, directory: &Directory, provider: Option<&Provider>) -> Value {
    let is_public = matches!(route.operator.kind, OperatorKind::Police | OperatorKind::Regulator);
    let known = provider.map(|provider| organisation_node(provider, route.operator.kind));
    let named = || {
        let operator = route.operator.organisation.as_ref()?;
        let kind = kind_of(route.operator.kind);
        Some(json!({"@type": kind, "@id": urn(operator.id), "name": operator.title}))
    };
    let topics = directory.concerns.iter().filter(|it| route.concerns.contains(&it.name));
    let topics: Vec<&str> = topics.map(|concern| concern.title.as_str()).collect();
    let processing = route.response_time.as_ref().and_then(|it| it.typical.as_deref());
    let country = route.covers.sole_country();
    let channel = |channel: &Channel| {
        let hours = channel.hours.as_ref();
        let hours = hours.and_then(|it| Hours::parse(&it.tz, &it.rule, country).ok());
        channel_node(channel, hours.as_ref(), processing)
    };
    let channels: Vec<Value> = route.channels.iter().filter_map(channel).collect();
    without_nothing(json!({
        "@context": CONTEXT,
        "@type": if is_public { "GovernmentService" } else { "Service" },
        "@id": urn(route.id),
        "name": route.title,
        "description": route.summary,
        "serviceType": topics,
        "provider": known.or_else(named),
        "areaServed": areas(&route.covers),
        "audience": audiences(route, directory),
        "availableChannel": channels,
    }))
}

/// An organisation, with the ways to reach it by its routes.
pub fn organisation(provider: &Provider, directory: &Directory) -> Value {
    let is_own = |route: &&Route| {
        route.operator.organisation.as_ref().is_some_and(|operator| operator.id == provider.id)
    };
    let own: Vec<&Route> = directory.routes.iter().filter(is_own).collect();
    let kind = own.first().map_or(OperatorKind::Other, |route| route.operator.kind);
    let mut node = organisation_node(provider, kind);
    let points = own.iter().flat_map(|route| {
        route.channels.iter().filter_map(|channel| {
            let country = route.covers.sole_country();
            let hours = channel.hours.as_ref();
            let hours = hours.and_then(|it| Hours::parse(&it.tz, &it.rule, country).ok());
            let areas = areas(&route.covers);
            contact_point(channel, hours.as_ref(), Some((&route.title, areas)))
        })
    });
    let points: Vec<Value> = points.collect();
    if let Some(members) = node.as_object_mut() {
        members.insert("@context".to_owned(), json!(CONTEXT));
        members.insert("contactPoint".to_owned(), json!(points));
    }
    without_nothing(node)
}

/// JSON that can stand in a `script` element of a page: it has no character that HTML or JavaScript reads
/// otherwise.
pub fn embeddable(value: &Value) -> String {
    let json = value.to_string();
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

fn urn(id: crate::id::EntryId) -> String {
    format!("urn:uuid:{id}")
}

const fn kind_of(kind: OperatorKind) -> &'static str {
    match kind {
        OperatorKind::Police | OperatorKind::Regulator => "GovernmentOrganization",
        OperatorKind::Hotline
        | OperatorKind::ChildHelpline
        | OperatorKind::VictimSupport
        | OperatorKind::Platform
        | OperatorKind::Other => "Organization",
    }
}

fn organisation_node(provider: &Provider, kind: OperatorKind) -> Value {
    let pages: Vec<&str> = provider.pages().map(|(_, address)| address).collect();
    without_nothing(json!({
        "@type": kind_of(kind),
        "@id": urn(provider.id),
        "name": provider.title,
        "alternateName": provider.short_name,
        "description": provider.summary,
        "url": provider.url,
        "sameAs": pages,
    }))
}

fn areas(covers: &Covers) -> Vec<Value> {
    let country = |it: &super::Country| json!({"@type": "Country", "name": it, "identifier": it});
    let part = |it: &super::Subdivision| json!({"@type": "AdministrativeArea", "name": it, "identifier": it});
    let group = |it: &Group| match it {
        Group::Eu => json!({"@type": "AdministrativeArea", "name": "European Union"}),
        Group::Eea => json!({"@type": "AdministrativeArea", "name": "European Economic Area"}),
        Group::Global => json!({"@type": "Place", "name": "Worldwide"}),
    };
    let countries = covers.countries.iter().map(country);
    let parts = covers.subdivisions.iter().map(part);
    countries.chain(parts).chain(covers.groups.iter().map(group)).collect()
}

fn audiences(route: &Route, directory: &Directory) -> Vec<Value> {
    let own = directory.audiences.iter().filter(|it| route.audiences.contains(&it.name));
    let node = |title: Option<&str>, min: Option<u8>, max: Option<u8>| {
        without_nothing(json!({
            "@type": "PeopleAudience", "audienceType": title, "suggestedMinAge": min, "suggestedMaxAge": max,
        }))
    };
    let mut all: Vec<Value> = own.map(|it| node(Some(&it.title), it.age_min, it.age_max)).collect();
    if all.is_empty() && (route.age_min.is_some() || route.age_max.is_some()) {
        all.push(node(None, route.age_min, route.age_max));
    }
    all
}

fn channel_node(
    channel: &Channel,
    hours: Option<&Hours>,
    processing: Option<&str>,
) -> Option<Value> {
    let mut node = Map::new();
    let mut add = |name: &str, value: Value| drop(node.insert(name.to_owned(), value));
    match channel.kind {
        ChannelKind::Sealed => return None,
        ChannelKind::EmergencyCall
        | ChannelKind::Phone
        | ChannelKind::TextphoneRelay
        | ChannelKind::VideoSignLanguage
        | ChannelKind::Sms
        | ChannelKind::Email => {
            let link = channel.link()?;
            let point = contact_point(channel, hours, None)?;
            match link.split(':').next() {
                Some("tel") => add("servicePhone", point),
                Some("sms") => add("serviceSmsNumber", point),
                // A channel of schema.org has no place for a mail address but this.
                Some(_) | None => add("serviceUrl", json!(link)),
            }
        }
        ChannelKind::Webchat | ChannelKind::WebForm | ChannelKind::App => {
            add("serviceUrl", json!(channel.link()?));
        }
        ChannelKind::Post => {
            add(
                "servicePostalAddress",
                json!({"@type": "PostalAddress", "streetAddress": channel.value}),
            );
        }
        ChannelKind::InPerson => {
            let place = json!({
                "@type": "Place", "address": channel.value,
                "openingHoursSpecification": specifications(hours),
            });
            add("serviceLocation", without_nothing(place));
        }
    }
    add("@type", json!("ServiceChannel"));
    add("name", json!(channel.label));
    add("description", json!(channel.note));
    add("availableLanguage", json!(languages(channel)));
    add("processingTime", json!(processing));
    Some(without_nothing(node.into()))
}

/// A number, a mail address or a page to get in touch; nothing for a place.
fn contact_point(
    channel: &Channel,
    hours: Option<&Hours>,
    of: Option<(&str, Vec<Value>)>,
) -> Option<Value> {
    if channel.kind == ChannelKind::Sealed {
        return None;
    }
    let link = channel.link()?;
    let (scheme, rest) = link.split_once(':')?;
    let number = rest.replace("%23", "#");
    let is_call = matches!(scheme, "tel" | "sms");
    let kind =
        if channel.kind == ChannelKind::EmergencyCall { "emergency" } else { "customer support" };
    let (title, areas) = of.map_or((None, None), |(title, areas)| (Some(title), Some(areas)));
    let name = match (title, channel.label.as_deref()) {
        (Some(title), Some(label)) => Some(format!("{title}: {label}")),
        (one, other) => one.or(other).map(str::to_owned),
    };
    Some(without_nothing(json!({
        "@type": "ContactPoint",
        "contactType": kind,
        "name": name,
        "description": channel.note,
        "telephone": is_call.then_some(number),
        "email": (scheme == "mailto").then_some(rest),
        "url": scheme.starts_with("http").then_some(&link),
        "areaServed": areas,
        "availableLanguage": languages(channel),
        "hoursAvailable": specifications(hours),
    })))
}

fn languages(channel: &Channel) -> Vec<&str> {
    channel.languages.iter().chain(&channel.sign_languages).map(Locale::as_str).collect()
}

/// The week, where every week is the same.
fn specifications(hours: Option<&Hours>) -> Vec<Value> {
    let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let one = |slot: &Slot| {
        let days = slot.days.iter().map(|day| match day {
            chrono::Weekday::Mon => "Monday",
            chrono::Weekday::Tue => "Tuesday",
            chrono::Weekday::Wed => "Wednesday",
            chrono::Weekday::Thu => "Thursday",
            chrono::Weekday::Fri => "Friday",
            chrono::Weekday::Sat => "Saturday",
            chrono::Weekday::Sun => "Sunday",
        });
        let days: Vec<_> = days.map(|day| format!("{CONTEXT}/{day}")).collect();
        // The last minute stands for the end of a day.
        let closes = time(slot.closes.min(24 * 60 - 1));
        json!({
            "@type": "OpeningHoursSpecification", "dayOfWeek": days,
            "opens": time(slot.opens), "closes": closes,
        })
    };
    hours.and_then(Hours::weekly).unwrap_or_default().iter().map(one).collect()
}

/// The members that say something.
fn without_nothing(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let says = |value: &Value| !value.is_null() && !value.as_array().is_some_and(Vec::is_empty);
    members.into_iter().filter(|(_, value)| says(value)).collect::<Map<_, _>>().into()
}
