//! How a channel is reached: whether its number, link or address is what it looks like.

use serde_json::Value;

use super::{countries_of, text};
use crate::{
    route::{
        ChannelKind, Covers,
        number::{self, ReachError},
    },
    violation::Violation,
};

/// Whether a channel's number, link or address is what it looks like, and works where the route does.
pub(super) fn check(channel: &Value, pointer: &str, covers: &Covers, wrong: &mut Vec<Violation>) {
    let kind = channel.get("kind").cloned().unwrap_or_default();
    let Ok(kind) = serde_json::from_value::<ChannelKind>(kind) else { return };
    let value = text(channel, "value").filter(|value| !value.trim().is_empty());
    let shown = value.map(|value| check_value(kind, value));
    if let Some(Err(error)) = &shown {
        wrong.push(told(error, &format!("{pointer}/value")));
    }
    let shown = value.filter(|value| shown == Some(Ok(())) && is_dialled(kind, value));
    check_number(channel, (pointer, shown), covers, wrong);
}

/// Whether what is shown is what is dialled, and a number of where the route works.
fn check_number(
    channel: &Value,
    (pointer, shown): (&str, Option<&str>),
    covers: &Covers,
    wrong: &mut Vec<Violation>,
) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let shortcode = text(channel, "shortcode");
    // A short code is shown as it is; beside it the international number may be another.
    let shows_shortcode = |shown: &str| shortcode.is_some_and(|code| digits(code) == digits(shown));
    let shown = shown.filter(|shown| !shows_shortcode(shown));
    let is_number = |text: &&str| {
        text.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let named = if covers.groups.is_empty() { countries_of(covers) } else { Vec::new() };
    let (checked, place) = match (text(channel, "e164").filter(is_number), shown) {
        (Some(e164), _) => (number::check_e164(e164, shown, &named), "e164"),
        (None, Some(_)) if shortcode.is_some() => (Err(ReachError::Differs), "value"),
        // In international form it says itself of which country it is.
        (None, Some(shown)) if shown.trim_start().starts_with('+') => {
            (number::check_e164(&number::without_trunk(shown), None, &named), "value")
        }
        (None, _) => return,
    };
    if let Err(error) = checked {
        let place = if error == ReachError::Differs { "value" } else { place };
        wrong.push(told(&error, &format!("{pointer}/{place}")));
    }
}

/// Whether what a channel shows is a number.
fn is_dialled(kind: ChannelKind, value: &str) -> bool {
    match kind {
        ChannelKind::EmergencyCall | ChannelKind::Phone | ChannelKind::Sms => true,
        ChannelKind::TextphoneRelay | ChannelKind::VideoSignLanguage => !value.contains(':'),
        ChannelKind::Webchat
        | ChannelKind::WebForm
        | ChannelKind::Email
        | ChannelKind::App
        | ChannelKind::Post
        | ChannelKind::InPerson
        | ChannelKind::Sealed => false,
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
