//! What is wrong with a route, beyond what its type's schema says.
//!
//! The schema says what each field looks like; here is what the fields mean together. It works on fields as
//! they are stored, and leaves alone what the schema has refused already.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    ChannelKind, Country, Covers, Subdivision,
    hours::{Hours, HoursError},
    number::{self, ReachError},
};
use crate::{event::Fields, violation::Violation};

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
        check_reach(channel, &pointer, &covers, &mut wrong);
        check_hours(channel, &pointer, &covers, &mut wrong);
    }
    wrong
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
    let is_dear = |channel: &Value| {
        text(channel, "cost") == Some("premium")
            || text(channel, "e164").is_some_and(number::is_premium)
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

/// Whether a channel's number, link or address is what it looks like, and works where the route does.
fn check_reach(channel: &Value, pointer: &str, covers: &Covers, wrong: &mut Vec<Violation>) {
    let kind = channel.get("kind").cloned().unwrap_or_default();
    let Ok(kind) = serde_json::from_value::<ChannelKind>(kind) else { return };
    let value = text(channel, "value").filter(|value| !value.trim().is_empty());
    let shown = value.map(|value| check_value(kind, value));
    if let Some(Err(error)) = &shown {
        wrong.push(told(error, &format!("{pointer}/value")));
    }
    let is_number = |text: &&str| {
        text.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let Some(e164) = text(channel, "e164").filter(is_number) else { return };
    // A short code beside it is another number, so what is shown may be that one.
    let is_shortcode = |shown: &str| {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        text(channel, "shortcode").is_some_and(|code| digits(code) == digits(shown))
    };
    let shown = value.filter(|value| {
        shown == Some(Ok(())) && !value.starts_with("https") && !is_shortcode(value)
    });
    let named = if covers.groups.is_empty() { countries_of(covers) } else { Vec::new() };
    match number::check_e164(e164, shown, &named) {
        Ok(()) => {}
        Err(error @ ReachError::Differs) => wrong.push(told(&error, &format!("{pointer}/value"))),
        Err(error) => wrong.push(told(&error, &format!("{pointer}/e164"))),
    }
}

fn check_value(kind: ChannelKind, value: &str) -> Result<(), ReachError> {
    match kind {
        ChannelKind::EmergencyCall | ChannelKind::Phone | ChannelKind::Sms => {
            number::check_shown(value)
        }
        ChannelKind::TextphoneRelay | ChannelKind::VideoSignLanguage if !value.contains(':') => {
            number::check_shown(value)
        }
        ChannelKind::TextphoneRelay
        | ChannelKind::VideoSignLanguage
        | ChannelKind::Webchat
        | ChannelKind::WebForm
        | ChannelKind::App
        | ChannelKind::Sealed => number::check_link(value),
        ChannelKind::Email => number::check_email(value),
        ChannelKind::Post | ChannelKind::InPerson => {
            let lines = value.replace(['\n', '\r'], " ");
            if number::hides(&lines) { Err(ReachError::Hidden) } else { Ok(()) }
        }
    }
}

fn told(error: &ReachError, pointer: &str) -> Violation {
    match error {
        ReachError::NoNumber => Violation::new(pointer, "not_a_number"),
        ReachError::OtherCountry(of) => {
            Violation::new(pointer, "number_of_other_country").with("countries", of.join(", "))
        }
        ReachError::Differs => Violation::new(pointer, "number_differs"),
        ReachError::NumberCharacters => Violation::new(pointer, "number_characters"),
        ReachError::NoLink => Violation::new(pointer, "not_a_link"),
        ReachError::NoEmail => Violation::new(pointer, "not_an_email"),
        ReachError::Hidden => Violation::new(pointer, "hidden_characters"),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        serde_json::from_value(value).unwrap()
    }

    fn brief(found: Vec<Violation>) -> Vec<String> {
        found.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
    }

    fn told_of(shared: Value) -> Vec<String> {
        brief(check_draft(&fields(shared)))
    }

    /// What is told of one channel of a route for the United Kingdom.
    fn told_of_channel(channel: Value) -> Vec<String> {
        told_of(json!({"covers": {"countries": ["GB"]}, "channels": [channel]}))
    }

    #[test]
    fn places_are_those_that_there_are() {
        assert_eq!(
            told_of(json!({"covers": {
                "countries": ["FR", "XX", "uk"], "subdivisions": ["GB-WLS", "XX-1", "FR-75"], "groups": ["eu"],
            }})),
            [
                "/covers/countries/1 unknown_country",
                "/covers/subdivisions/0 subdivision_of_other_country",
                "/covers/subdivisions/1 unknown_country",
            ]
        );
        assert_eq!(told_of(json!({"covers": {"subdivisions": ["GB-WLS"]}})), [] as [String; 0]);
    }

    #[test]
    fn a_channel_gives_what_its_kind_can_use() {
        let cases = [
            ("phone", "javascript:alert(1)", "number_characters"),
            ("phone", "\u{202e}111 611", "hidden_characters"),
            ("sms", "text HELP to 12", "number_characters"),
            ("textphone_relay", "javascript:alert(1)", "not_a_link"),
            ("webchat", "javascript:alert(1)", "not_a_link"),
            ("web_form", "http://helpline.example/", "not_a_link"),
            ("app", "helpline.example", "not_a_link"),
            ("email", "help@helpline.example?subject=x", "not_an_email"),
            ("in_person", "1 High Street\u{202e}teertS", "hidden_characters"),
        ];
        for (kind, value, code) in cases {
            let found = told_of_channel(json!({"id": "a", "kind": kind, "value": value}));
            assert_eq!(found, [format!("/channels/0/value {code}")], "{kind} {value}");
        }
        for (kind, value) in [
            ("emergency_call", "999"),
            ("phone", "116 000"),
            ("textphone_relay", "18001 0800 000"),
            ("video_sign_language", "https://helpline.example/bsl"),
            ("post", "1 High Street\nAnytown"),
        ] {
            let found = told_of_channel(json!({"id": "a", "kind": kind, "value": value}));
            assert_eq!(found, [] as [String; 0], "{kind} {value}");
        }
    }

    #[test]
    fn only_numbers_of_the_plan_stand_in_e164() {
        let cases = [
            ("01632 960 001", "+441632960001", None),
            ("01632 960 002", "+441632960001", Some("/channels/0/value number_differs")),
            ("116 000", "+441632960001", Some("/channels/0/value number_differs")),
            ("01632 960 001", "+33199001122", Some("/channels/0/e164 number_of_other_country")),
            ("116 000", "+44116000", Some("/channels/0/e164 not_a_number")),
        ];
        for (value, e164, expected) in cases {
            let found =
                told_of_channel(json!({"id": "a", "kind": "phone", "value": value, "e164": e164}));
            assert_eq!(
                found,
                expected.map(str::to_owned).into_iter().collect::<Vec<_>>(),
                "{value} {e164}"
            );
        }
        let both = json!({"id": "a", "kind": "phone", "value": "116 000", "e164": "+441632960001", "shortcode": "116000"});
        assert_eq!(told_of_channel(both), [] as [String; 0]);
        let abroad = json!({"covers": {"groups": ["eu"]}, "channels": [{"id": "a", "kind": "phone", "e164": "+441632960001"}]});
        assert_eq!(told_of(abroad), [] as [String; 0]);
    }

    #[test]
    fn hours_can_be_read_and_have_a_clock() {
        let cases = [
            ("Europe/London", "24/7", None),
            ("Europe/London", "Mo-Fr 09:00-17:00; PH off", None),
            ("Europe/Atlantis", "24/7", Some("tz unknown_time_zone")),
            ("Europe/London", "nine to five", Some("rule hours_malformed")),
            ("Europe/London", "Mo-Fr off", Some("rule hours_never_open")),
            ("Europe/London", "Mo-Fr sunrise-sunset", Some("rule hours_need_place")),
            ("Europe/London", "SH off; Mo-Fr 09:00-17:00", Some("rule hours_school_holidays")),
        ];
        for (tz, rule, expected) in cases {
            let found = told_of_channel(
                json!({"id": "a", "kind": "phone", "hours": {"tz": tz, "rule": rule}}),
            );
            let expected = expected.map(|it| format!("/channels/0/hours/{it}"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{tz} {rule}");
        }
        let channel = json!({"id": "a", "kind": "phone", "hours": {"tz": "Europe/London", "rule": "Mo-Fr; PH off"}});
        for (covers, code) in [
            (json!({"groups": ["eu"]}), "hours_whose_holidays"),
            (json!({"countries": ["GB", "FR"]}), "hours_whose_holidays"),
            (json!({"countries": ["AQ"]}), "hours_unknown_holidays"),
        ] {
            let found = told_of(json!({"covers": covers, "channels": [channel]}));
            assert_eq!(found, [format!("/channels/0/hours/rule {code}")]);
        }
    }

    #[test]
    fn ages_exclusions_and_ids_agree_with_each_other() {
        let found = told_of(json!({
            "age_min": 18, "age_max": 12, "concerns": ["key:a"], "excludes": [{"concern": "key:b"}, {"concern": "key:a"}],
            "channels": [{"id": "a", "kind": "phone"}, {"id": "a", "kind": "sms"}],
        }));
        assert_eq!(
            found,
            [
                "/age_min ages_reversed",
                "/excludes/1/concern excluded_and_listed",
                "/channels/1/id repeated_channel"
            ]
        );
    }

    fn missing(localized: Value, shared: Value) -> Vec<String> {
        brief(check_publication(&fields(localized), &fields(shared)))
    }

    #[test]
    fn a_route_is_reached_by_something_that_is_no_sealed_report() {
        let sealed = json!({"id": "s", "kind": "sealed"});
        let phone = json!({"id": "p", "kind": "phone", "value": "116 000"});
        assert_eq!(
            missing(json!({}), json!({"channels": [sealed]})),
            ["/channels only_sealed", "/channels/0 sealed_without_keys"]
        );
        assert_eq!(
            missing(json!({}), json!({"channels": [phone, sealed]})),
            ["/channels/1 sealed_without_keys"]
        );
        let empty = json!({"channels": [{"id": "p", "kind": "phone", "value": " "}], "covers": {"countries": []}});
        assert_eq!(
            missing(json!({}), empty),
            ["/covers covers_nothing", "/channels/0/value required"]
        );
        let note = json!({"channel_notes": [{"channel": "p"}, {"channel": "q"}]});
        assert_eq!(
            missing(note, json!({"channels": [phone]})),
            ["/channel_notes/1/channel unknown_channel"]
        );
    }

    #[test]
    fn no_child_pays_a_premium() {
        let channels = json!([{"id": "p", "kind": "phone", "value": "116 000", "cost": "premium"}]);
        let told = ["/channels/0/cost premium_for_children"];
        assert_eq!(missing(json!({}), json!({"channels": channels})), told);
        assert_eq!(
            missing(json!({}), json!({"channels": channels, "age_min": 18})),
            [] as [String; 0]
        );
        let dear = json!([{"id": "p", "kind": "phone", "value": "09011234567", "e164": "+449011234567", "cost": "free"}]);
        assert_eq!(missing(json!({}), json!({"channels": dear})), told);
        // For listed audiences it depends on who they are.
        assert_eq!(
            missing(json!({}), json!({"channels": channels, "audiences": ["x"]})),
            [] as [String; 0]
        );
        assert_eq!(brief(check_cost_for_children(&fields(json!({"channels": channels})))), told);
        assert!(is_of_children(Some("child_u13"), None) && is_of_children(None, Some(17)));
        assert!(!is_of_children(Some("parent_carer"), None) && !is_of_children(None, Some(18)));
    }
}
