//! What is wrong with a route, beyond what its type's schema says.
//!
//! The schema says what each field looks like; here is what the fields mean together. It works on fields as
//! they are stored, and leaves alone what the schema has refused already.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value;

use super::{
    Country, Covers, Group, Subdivision, Urgency,
    hours::{Hours, HoursError},
    number,
};
use crate::{event::Fields, violation::Violation};

mod reach;
#[cfg(test)]
mod tests;

/// The schema refuses what is more.
const MOST_CHANNELS: usize = 50;
/// The longest rule for hours, in bytes; the schema refuses what is longer.
const LONGEST_RULE: usize = 4_000;

/// What no draft of one part of a route may have.
pub fn check_draft(fields: &Fields) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let covers = covers(fields, &mut wrong);
    check_ages(fields, &mut wrong);
    check_exclusions(fields, &mut wrong);
    let mut ids = BTreeSet::new();
    for (index, channel) in items(fields, "channels").enumerate().take(MOST_CHANNELS) {
        let pointer = format!("/channels/{index}");
        if let Some(id) = text(channel, "id").filter(|id| !ids.insert(*id)) {
            wrong.push(Violation::new(format!("{pointer}/id"), "repeated_channel").with("id", id));
        }
        reach::check(channel, &pointer, &covers, &mut wrong);
        check_hours(channel, &pointer, &covers, &mut wrong);
    }
    check_emergency(fields, &covers, &mut wrong);
    check_notes(fields, &mut wrong);
    wrong
}

/// Whether a route is one for emergencies: it says so, or has an emergency call.
pub fn is_for_emergencies(shared: &Fields) -> bool {
    let says_so = shared.get("urgency").and_then(Value::as_str) == Some("emergency");
    says_so || items(shared, "channels").any(is_emergency_call)
}

/// A day of assurance that has not come yet anywhere on earth: nobody made sure of it on that day.
pub fn check_assured(shared: &Fields, today: NaiveDate) -> Option<Violation> {
    let assured = shared.get("assured")?;
    let date: NaiveDate = text(assured, "date")?.parse().ok()?;
    let latest = today.succ_opt()?;
    (date > latest).then(|| Violation::new("/assured/date", "assured_in_future").with("date", date))
}

/// An emergency number is an entry of its own, and nowhere is it everybody's.
fn check_emergency(fields: &Fields, covers: &Covers, wrong: &mut Vec<Violation>) {
    if !items(fields, "channels").any(is_emergency_call) {
        return;
    }
    let urgency = fields.get("urgency").cloned().unwrap_or_default();
    if serde_json::from_value::<Urgency>(urgency).is_ok_and(|it| it != Urgency::Emergency) {
        wrong.push(Violation::new("/urgency", "emergency_not_marked"));
    }
    if covers.groups.contains(&Group::Global) {
        wrong.push(Violation::new("/covers/groups", "emergency_everywhere"));
    }
}

/// One note for each channel: of two nobody would know which readers get.
fn check_notes(fields: &Fields, wrong: &mut Vec<Violation>) {
    let mut noted = BTreeSet::new();
    for (index, note) in items(fields, "channel_notes").enumerate() {
        if let Some(id) = text(note, "channel").filter(|id| !noted.insert(*id)) {
            let pointer = format!("/channel_notes/{index}/channel");
            wrong.push(Violation::new(pointer, "repeated_channel").with("id", id));
        }
    }
}

fn is_emergency_call(channel: &Value) -> bool {
    text(channel, "kind") == Some("emergency_call")
}

/// What keeps a route from being published, besides what is wrong with its drafts.
pub fn check_publication(localized: &Fields, shared: &Fields) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let covers = shared.get("covers").and_then(Value::as_object);
    if covers.is_some_and(|covers| !covers.is_empty() && covers.values().all(is_empty_list)) {
        wrong.push(Violation::new("/covers", "covers_nothing"));
    }
    let channels: Vec<&Value> = items(shared, "channels").collect();
    let is_sealed = |channel: &&&Value| text(channel, "kind") == Some("sealed");
    if !channels.is_empty() && channels.iter().all(|channel| is_sealed(&channel)) {
        wrong.push(Violation::new("/channels", "only_sealed"));
    }
    let says_who_is_told = items(localized, "confidentiality_exceptions").next().is_some();
    if channels.iter().any(|channel| is_sealed(&channel)) && !says_who_is_told {
        wrong.push(Violation::new("/confidentiality_exceptions", "sealed_without_exceptions"));
    }
    for (index, channel) in channels.iter().enumerate() {
        if is_sealed(&channel) {
            // A report that nobody can open would be lost: there are no key sets for routes yet.
            wrong.push(Violation::new(format!("/channels/{index}"), "sealed_without_keys"));
        } else if text(channel, "value").is_none_or(|value| value.trim().is_empty()) {
            let missing = Violation::new(format!("/channels/{index}/value"), "required");
            wrong.push(missing.with("field", "value"));
        }
    }
    for (index, note) in items(localized, "channel_notes").enumerate() {
        let named = text(note, "channel").unwrap_or_default();
        if !channels.iter().any(|channel| text(channel, "id") == Some(named)) {
            let pointer = format!("/channel_notes/{index}/channel");
            wrong.push(Violation::new(pointer, "unknown_channel").with("id", named));
        }
    }
    let is_for_anybody = items(shared, "audiences").next().is_none();
    let is_for_adults = shared.get("age_min").and_then(Value::as_u64).is_some_and(|age| age >= 18);
    if is_for_anybody && !is_for_adults {
        wrong.extend(check_cost_for_children(shared));
    }
    wrong
}

/// What is wrong with the channels of a route that is for children, too: none may cost more than usual.
pub fn check_cost_for_children(shared: &Fields) -> Vec<Violation> {
    let country = covers(shared, &mut Vec::new()).sole_country();
    let is_dear = |channel: &Value| {
        text(channel, "cost") == Some("premium")
            || text(channel, "e164").is_some_and(|it| number::is_premium(it, None))
            || text(channel, "value").is_some_and(|it| number::is_premium(it, country))
    };
    let dear = items(shared, "channels").enumerate().filter(|(_, channel)| is_dear(channel));
    dear.map(|(index, _)| Violation::new(format!("/channels/{index}/cost"), "premium_for_children"))
        .collect()
}

/// Whether an audience is one of children, by its key or else its highest age.
pub fn is_of_children(key: Option<&str>, age_max: Option<u64>) -> bool {
    key.is_some_and(|key| key.starts_with("child_")) || age_max.is_some_and(|age| age < 18)
}

/// Where it works, as far as that can be read.
fn covers(fields: &Fields, wrong: &mut Vec<Violation>) -> Covers {
    let mut read = Covers::default();
    let Some(covers) = fields.get("covers") else { return read };
    let is_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase());
    for (index, code) in texts(covers, "countries") {
        match code.parse::<Country>() {
            Ok(country) => read.countries.push(country),
            Err(_) if code.len() == 2 && is_code(code) => {
                let pointer = format!("/covers/countries/{index}");
                wrong.push(Violation::new(pointer, "unknown_country").with("country", code));
            }
            Err(_) => {}
        }
    }
    for (index, code) in texts(covers, "subdivisions") {
        let pointer = format!("/covers/subdivisions/{index}");
        if let Ok(part) = code.parse::<Subdivision>() {
            if !read.countries.is_empty() && !read.countries.contains(&part.country()) {
                let other = Violation::new(pointer, "subdivision_of_other_country");
                wrong.push(other.with("country", part.country()));
            }
            read.subdivisions.push(part);
            continue;
        }
        let country = code.split('-').next().unwrap_or_default();
        if country.len() == 2 && is_code(country) && country.parse::<Country>().is_err() {
            wrong.push(Violation::new(pointer, "unknown_country").with("country", country));
        }
    }
    read.groups = texts(covers, "groups")
        .filter_map(|(_, name)| serde_json::from_value(name.into()).ok())
        .collect();
    read
}

fn check_ages(fields: &Fields, wrong: &mut Vec<Violation>) {
    let age = |name: &str| fields.get(name).and_then(Value::as_u64);
    if let (Some(min), Some(max)) = (age("age_min"), age("age_max"))
        && min > max
    {
        wrong.push(Violation::new("/age_min", "ages_reversed").with("min", min).with("max", max));
    }
}

fn check_exclusions(fields: &Fields, wrong: &mut Vec<Violation>) {
    let listed: Vec<&str> = items(fields, "concerns").filter_map(Value::as_str).collect();
    for (index, excluded) in items(fields, "excludes").enumerate() {
        if text(excluded, "concern").is_some_and(|concern| listed.contains(&concern)) {
            let pointer = format!("/excludes/{index}/concern");
            wrong.push(Violation::new(pointer, "excluded_and_listed"));
        }
    }
}

fn check_hours(channel: &Value, pointer: &str, covers: &Covers, wrong: &mut Vec<Violation>) {
    let Some(hours) = channel.get("hours") else { return };
    let (Some(zone), Some(rule)) = (text(hours, "tz"), text(hours, "rule")) else { return };
    if rule.len() > LONGEST_RULE {
        return;
    }
    let Err(error) = Hours::parse(zone, rule, covers.sole_country()) else { return };
    let rule = format!("{pointer}/hours/rule");
    wrong.push(match error {
        HoursError::UnknownZone(zone) => {
            Violation::new(format!("{pointer}/hours/tz"), "unknown_time_zone").with("zone", zone)
        }
        HoursError::Syntax => Violation::new(rule, "hours_malformed"),
        HoursError::NeverOpen => Violation::new(rule, "hours_never_open"),
        HoursError::WhoseHolidays => Violation::new(rule, "hours_whose_holidays"),
        HoursError::UnknownHolidays(country) => {
            Violation::new(rule, "hours_unknown_holidays").with("country", country)
        }
        HoursError::SchoolHolidays => Violation::new(rule, "hours_school_holidays"),
        HoursError::NeedsPlace => Violation::new(rule, "hours_need_place"),
    });
}

/// The countries that it names, whole or in part.
fn countries_of(covers: &Covers) -> Vec<Country> {
    let parts = covers.subdivisions.iter().map(Subdivision::country);
    covers.countries.iter().copied().chain(parts).collect()
}

fn items<'f>(fields: &'f Fields, name: &str) -> impl Iterator<Item = &'f Value> {
    fields.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn texts<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = (usize, &'v str)> {
    let items = value.get(name).and_then(Value::as_array).into_iter().flatten();
    items.enumerate().filter_map(|(index, item)| Some((index, item.as_str()?)))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_none_or(Vec::is_empty)
}
