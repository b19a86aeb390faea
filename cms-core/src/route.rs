//! Routes: reporting and help routes as readers get them, and the look-up that finds the right ones. Pure.
//!
//! A [`Route`] says whom to contact, where, for what, and what to expect. The [`Directory`] holds all that are
//! published, in one locale, and is one file: `GET /v1/routes.json`. A [`Finder`] answers questions from a
//! directory alone, on a server or without one.
//!
//! ```
//! use cms_core::route::{Directory, Finder, Question};
//!
//! let file = r#"{"data": {"version": "", "locale": "en", "dir": "ltr", "texts": {},
//!     "concerns": [], "audiences": [], "routes": []}}"#;
//! let finder = Finder::new(Directory::parse(file.as_bytes()).unwrap().into());
//! let now = finder.moment("2026-11-24T21:00:00Z".parse().unwrap(), None);
//! let found = finder.look_up(&Question::default(), &now);
//! assert!(found.emergency.call_local_number && found.emergency.ask_for_country);
//! ```

use serde::{Deserialize, Serialize};

pub mod assurance;
pub mod check;
mod choices;
mod directory;
mod finder;
pub mod hours;
pub mod hsds;
pub mod json_ld;
mod look_up;
pub mod number;
pub mod place;
mod provider;
#[cfg(test)]
mod tests;
pub mod told;

pub use self::{
    assurance::Assurance,
    choices::{
        AcceptsImagery, ChannelKind, Cost, DialFrom, Identity, Interpreter, MayTrace, OperatorKind,
        Recorded, ShowsOnBill, Urgency,
    },
    directory::{Audience, Concern, Directory, Label, MAX_ROUTES, Texts},
    finder::{Finder, Moment},
    look_up::{Emergency, Fallback, Found, Hit, Question, QuestionError, Reason},
    place::{Country, Group, Level, Subdivision},
    provider::{Provider, ProviderLink},
};
use crate::{
    id::EntryId,
    locale::{Direction, Locale},
};

/// A route in one locale, as readers get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The entry.
    pub id: EntryId,
    /// Its key outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its slug.
    pub slug: String,
    /// The language of its texts.
    pub locale: Locale,
    /// Which way that runs.
    pub dir: Direction,
    /// Where all of it is.
    pub href: String,
    /// What it is called.
    pub title: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Who runs it.
    pub operator: Operator,
    /// Where it works.
    pub covers: Covers,
    /// What it helps with, each by its key or else its id; none means anything.
    #[serde(default)]
    pub concerns: Vec<String>,
    /// What it does not help with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<Exclusion>,
    /// Whom it is for, each by its key or else its id; none means anybody.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// The lowest age, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_min: Option<u8>,
    /// The highest age, in years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_max: Option<u8>,
    /// How to reach it.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// How soon it acts.
    #[serde(default)]
    pub urgency: Urgency,
    /// How long an answer takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_time: Option<ResponseTime>,
    /// What one has to say about oneself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What is known and kept of whoever gets in touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidentiality: Option<Confidentiality>,
    /// What stays between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidentiality_summary: Option<String>,
    /// When others are told all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confidentiality_exceptions: Vec<Exception>,
    /// What happens after getting in touch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what_happens_next: Vec<String>,
    /// What it can't help with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_for: Option<String>,
    /// Whether images may be sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepts_imagery: Option<AcceptsImagery>,
    /// When and how it was last made sure that it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assured: Option<Assured>,
    /// What comes first when nothing else decides.
    #[serde(default)]
    pub weight: i16,
}

/// Who runs a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// What kind of organisation.
    pub kind: OperatorKind,
    /// Which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
}

/// The organisation that runs a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// The entry.
    pub id: EntryId,
    /// What it is called.
    pub title: String,
}

/// Where a route works: in all of these.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Covers {
    /// Whole countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// Parts of countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subdivisions: Vec<Subdivision>,
    /// Groups of countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

/// A concern that a route does not help with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Which, by its key or else its id.
    pub concern: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A way to reach a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// What an embed calls it.
    pub id: String,
    /// What kind of way.
    pub kind: ChannelKind,
    /// The number, address or place as it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What to open: `tel:`, `sms:`, `mailto:` or `https:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// What it is called, to readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What readers need to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// From where it can be dialled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial_from: Option<DialFrom>,
    /// The number in international form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e164: Option<String>,
    /// A number that has no international form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortcode: Option<String>,
    /// The languages spoken or written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Locale>,
    /// The sign languages used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_languages: Vec<Locale>,
    /// Whether there are interpreters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<Interpreter>,
    /// When it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Rule>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Whether the bill shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows_on_bill: Option<ShowsOnBill>,
}

/// Opening hours as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// The IANA time zone.
    pub tz: String,
    /// The OpenStreetMap `opening_hours` rule.
    pub rule: String,
}

/// How long an answer takes, as ISO 8601 durations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseTime {
    /// Usually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typical: Option<String>,
    /// At most, as the operator promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<String>,
}

/// What is known and kept of whoever gets in touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confidentiality {
    /// Whether the address or number may be used to find somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_use_ip_or_phone: Option<MayTrace>,
    /// Whether calls and chats are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
}

/// When others are told all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// When.
    pub when: String,
    /// For example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// Who is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who_is_told: Option<String>,
}

/// When and how it was last made sure that a route works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assured {
    /// The day, `2026-11-24`.
    pub date: String,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl Route {
    /// Whether it is for emergencies: these come before all others.
    pub fn is_for_emergencies(&self) -> bool {
        self.urgency == Urgency::Emergency
            || self.channels.iter().any(|channel| channel.kind == ChannelKind::EmergencyCall)
    }
}

impl Covers {
    /// How near it is to a reader there; `None` where it does not work there.
    pub fn level(&self, country: Option<Country>, part: Option<&Subdivision>) -> Option<Level> {
        if part.is_some_and(|part| self.subdivisions.contains(part)) {
            return Some(Level::Subdivision);
        }
        if country.is_some_and(|country| self.countries.contains(&country)) {
            return Some(Level::Country);
        }
        let includes = |group: &Group| {
            *group != Group::Global && country.is_some_and(|country| group.includes(country))
        };
        if self.groups.iter().any(includes) {
            return Some(Level::Group);
        }
        self.groups.contains(&Group::Global).then_some(Level::Global)
    }

    /// The one country whose public holidays count: that of all that it names, if that is one.
    pub fn sole_country(&self) -> Option<Country> {
        let parts = self.subdivisions.iter().map(Subdivision::country);
        let mut named = self.countries.iter().copied().chain(parts);
        let first = named.next()?;
        named.all(|other| other == first).then_some(first)
    }
}

impl Channel {
    /// What to open: `tel:`, `sms:`, `mailto:` or `https:`; nothing where it is a place.
    pub fn link(&self) -> Option<String> {
        let value = self.value.as_deref();
        link(self.kind, value, dialled(value, self.e164.as_deref(), self.shortcode.as_deref()))
    }
}

/// The number that is dialled for what is shown: the short code where that is what is shown, otherwise the
/// international one, if there is any.
pub fn dialled<'n>(
    shown: Option<&str>,
    e164: Option<&'n str>,
    shortcode: Option<&'n str>,
) -> Option<&'n str> {
    let is_shown = |code: &&str| shown.map(digits).as_deref() == Some(&*digits(code));
    shortcode.filter(is_shown).or(e164).or(shortcode)
}

/// What is dialled of a number as it is written.
fn digits(text: &str) -> String {
    text.chars().filter(|c| is_dialled(*c)).collect()
}

/// What to open for a channel that shows `value` and is dialled as `number`.
pub fn link(kind: ChannelKind, value: Option<&str>, number: Option<&str>) -> Option<String> {
    let call = |scheme: &str| {
        let number = digits(&number::without_trunk(number.or(value)?));
        // RFC 3966 and RFC 5724 have no "#" as it stands.
        (!number.is_empty()).then(|| format!("{scheme}:{}", number.replace('#', "%23")))
    };
    let is_page = |value: &&str| value.starts_with("https://") || value.starts_with("http://");
    let page = || value.filter(is_page).map(str::to_owned);
    match kind {
        ChannelKind::EmergencyCall | ChannelKind::Phone => call("tel"),
        ChannelKind::Sms => call("sms"),
        ChannelKind::TextphoneRelay | ChannelKind::VideoSignLanguage => {
            page().or_else(|| call("tel"))
        }
        ChannelKind::Email => Some(format!("mailto:{}", value?)),
        ChannelKind::Webchat | ChannelKind::WebForm | ChannelKind::App | ChannelKind::Sealed => {
            page()
        }
        ChannelKind::Post | ChannelKind::InPerson => None,
    }
}

fn is_dialled(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '*' | '#')
}
