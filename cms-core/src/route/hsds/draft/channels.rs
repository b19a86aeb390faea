//! The ways to reach a service: phones, e-mail, pages, places.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Reading, Reason, clean, hours, items, text};
use crate::{
    locale::Locale,
    route::{Country, number},
};

/// The schema refuses what is more.
const MOST: usize = 50;

/// Channels, and what readers are told of each.
#[derive(Default)]
pub(super) struct Channels {
    pub(super) all: Vec<Map<String, Value>>,
    pub(super) notes: Vec<Value>,
}

impl Channels {
    /// Adds one, under an id that no other has.
    fn add(
        &mut self,
        stem: &str,
        mut channel: Map<String, Value>,
        note: (Option<&str>, Option<&str>),
    ) {
        if self.all.len() >= MOST {
            return;
        }
        let is_taken = |id: &str| self.all.iter().any(|it| it.get("id") == Some(&json!(id)));
        let mut id = stem.to_owned();
        let mut number = 1;
        while is_taken(&id) {
            number += 1;
            id = format!("{stem}-{number}");
        }
        channel.insert("id".to_owned(), json!(id));
        self.all.push(channel);
        let (label, note) = (note.0.map(|it| clean(it, 200)), note.1.map(|it| clean(it, 1_000)));
        if label.is_some() || note.is_some() {
            let said = [("channel", Some(id)), ("label", label), ("note", note)].into_iter();
            let said = said.filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
            self.notes.push(Value::Object(said.collect()));
        }
    }
}

fn channel(kind: &str, value: &str) -> Map<String, Value> {
    [("kind".to_owned(), json!(kind)), ("value".to_owned(), json!(value))].into_iter().collect()
}

impl Reading<'_> {
    /// All of them. Numbers without a country's code are of `country`, or of the options'.
    pub(super) fn channels(&mut self, country: Option<Country>) -> Channels {
        let mut found = Channels::default();
        self.phones((self.service, ""), country, &mut found);
        let contacts: Vec<&Value> = items(self.service, "contacts").collect();
        for (index, contact) in contacts.into_iter().enumerate() {
            let place = format!("/contacts/{index}");
            self.phones((contact, &place), country, &mut found);
            self.email((contact, &place), &mut found);
        }
        self.email((self.service, ""), &mut found);
        self.pages(&mut found);
        self.places(&mut found);
        self.languages(&mut found);
        self.hours(country, &mut found);
        found
    }

    fn phones(
        &mut self,
        (of, place): (&Value, &str),
        country: Option<Country>,
        found: &mut Channels,
    ) {
        let country = country.or(self.options.country);
        for (index, phone) in items(of, "phones").enumerate() {
            let pointer = format!("{place}/phones/{index}");
            let number = text(phone, "number").unwrap_or_default().trim_matches(['"', '\'', ' ']);
            let (stem, kind) = match text(phone, "type").unwrap_or("voice") {
                "text" => ("text", "sms"),
                "textphone" => ("textphone", "textphone_relay"),
                "video" => ("video", "video_sign_language"),
                "fax" | "pager" => continue,
                _ => ("phone", "phone"),
            };
            if number::check_shown(number).is_err() {
                self.leave(pointer, Reason::NoNumber);
                continue;
            }
            let mut one = channel(kind, number);
            if let Some(e164) = number::e164(number, country) {
                one.insert("e164".to_owned(), json!(e164));
            } else if number.starts_with('+') {
                self.leave(pointer, Reason::NoNumber);
                continue;
            }
            let languages = tags(items(phone, "languages"));
            one.extend(languages.map(|tags| ("languages".to_owned(), tags)));
            let extension = phone.get("extension").filter(|it| it.is_number());
            let extension = extension.map(|it| format!("ext. {it}"));
            let said = [text(phone, "description"), extension.as_deref()];
            let said: Vec<&str> = said.into_iter().flatten().collect();
            let said = said.join("\n");
            found.add(stem, one, (None, Some(said.as_str()).filter(|it| !it.is_empty())));
        }
    }

    fn email(&mut self, (of, place): (&Value, &str), found: &mut Channels) {
        let Some(email) = text(of, "email") else { return };
        if number::check_email(email).is_ok() {
            found.add(
                "email",
                channel("email", email),
                (text(of, "name").filter(|_| !place.is_empty()), None),
            );
        } else {
            self.leave(format!("{place}/email"), Reason::NoEmail);
        }
    }

    fn pages(&mut self, found: &mut Channels) {
        let service = self.service;
        let own = text(service, "url").map(|url| (url, None, "/url".to_owned()));
        let further = items(service, "additional_urls").enumerate().filter_map(|(index, it)| {
            Some((text(it, "url")?, text(it, "label"), format!("/additional_urls/{index}")))
        });
        let mut seen = BTreeSet::new();
        for (address, label, pointer) in own.into_iter().chain(further) {
            if number::check_link(address).is_err() {
                self.leave(pointer, Reason::NoLink);
            } else if seen.insert(address) {
                found.add("web", channel("web_form", address), (label, None));
            }
        }
    }

    fn places(&mut self, found: &mut Channels) {
        for place in items(self.service, "service_at_locations") {
            let Some(location) = place.get("location") else { continue };
            let kind = match text(location, "location_type") {
                Some("physical") => "in_person",
                Some("postal") => "post",
                Some(_) | None => continue,
            };
            let members = [
                "attention",
                "address_1",
                "address_2",
                "city",
                "region",
                "state_province",
                "postal_code",
                "country",
            ];
            let address = items(location, "addresses").next().map(|address| {
                let lines = members.into_iter().filter_map(|name| text(address, name));
                lines.collect::<Vec<_>>().join("\n")
            });
            let address = address.or_else(|| text(location, "description").map(str::to_owned));
            let address = address.map(|it| clean(&it, 2_000)).filter(|it| !it.is_empty());
            let seen = address.filter(|it| !number::hides(&it.replace(['\n', '\r'], " ")));
            if let Some(address) = seen {
                let note = (text(location, "name"), text(place, "description"));
                found.add("place", channel(kind, &address), note);
            }
        }
    }

    /// The service's languages, for channels that have none of their own; and its interpreters.
    fn languages(&mut self, found: &mut Channels) {
        let languages = tags(items(self.service, "languages"));
        let interprets = text(self.service, "interpretation_services").is_some();
        for channel in &mut found.all {
            if let Some(tags) = &languages {
                channel.entry("languages").or_insert_with(|| tags.clone());
            }
            if interprets && channel.get("kind") == Some(&json!("phone")) {
                channel.insert("interpreter".to_owned(), json!("on_request"));
            }
        }
    }

    /// The service's hours, for channels at whose other end is a person.
    fn hours(&mut self, country: Option<Country>, found: &mut Channels) {
        let schedules: Vec<&Value> = items(self.service, "schedules").collect();
        if schedules.is_empty() {
            return;
        }
        match hours::hours(&schedules, self.options, country) {
            Ok(hours) => {
                let answered =
                    ["phone", "sms", "textphone_relay", "video_sign_language", "in_person"];
                let is_answered = |channel: &&mut Map<String, Value>| {
                    let kind = channel.get("kind").and_then(Value::as_str);
                    kind.is_some_and(|kind| answered.contains(&kind))
                };
                for channel in found.all.iter_mut().filter(is_answered) {
                    channel.insert("hours".to_owned(), hours.clone());
                }
            }
            Err(reason) => self.leave("/schedules", reason),
        }
    }
}

/// The tags of languages, each once; none where there is none.
fn tags<'v>(languages: impl Iterator<Item = &'v Value>) -> Option<Value> {
    let tags: BTreeSet<String> = languages
        .filter_map(|it| Locale::parse(text(it, "code")?).ok())
        .map(|tag| tag.to_string())
        .collect();
    (!tags.is_empty()).then(|| json!(tags))
}
