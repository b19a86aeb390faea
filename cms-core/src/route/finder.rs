//! A directory made ready for questions: hours parsed once, names as numbers, routes by country.
//!
//! What the clock changes is apart, in a [`Moment`]: it is read once, and serves every question until the
//! first opening, closing or ageing.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;

use super::{
    Assurance, Channel, Country, Directory, Group, Interpreter, Route, Rule, Subdivision,
    hours::{Hours, Reading},
};
use crate::{clock::Timestamp, locale::Locale};

/// Thirty days, in milliseconds.
const MONTH: i64 = 30 * 86_400_000;

/// A directory made ready for questions.
#[derive(Debug)]
pub struct Finder {
    pub(super) directory: Arc<Directory>,
    pub(super) known: Vec<Known>,
    /// Routes that name a country, a part of it, or a group that it is in.
    pub(super) by_country: HashMap<Country, Vec<usize>>,
    /// Routes that work everywhere and don't name this country.
    pub(super) global: Vec<usize>,
    /// Concerns by key, id and slug.
    pub(super) concerns: HashMap<String, usize>,
    /// The group of each concern.
    pub(super) parents: Vec<Option<usize>>,
    /// Audiences by key, id and slug.
    pub(super) audiences: HashMap<String, usize>,
    pub(super) languages: Vec<Locale>,
    hours: Vec<Hours>,
}

/// What a question needs to know of a route, with numbers for names.
#[derive(Debug)]
pub(super) struct Known {
    /// What it helps with; without a list, anything.
    pub(super) concerns: Option<Vec<usize>>,
    pub(super) excludes: Vec<usize>,
    /// Whom it is for; without a list, anybody.
    pub(super) audiences: Option<Vec<usize>>,
    pub(super) languages: Vec<usize>,
    pub(super) interprets: bool,
    /// The hours of each channel.
    pub(super) hours: Vec<Option<usize>>,
    pub(super) lets_stay_unknown: bool,
    pub(super) is_for_emergencies: bool,
    checked: Option<NaiveDate>,
}

/// What the clock says about a directory at an instant.
#[derive(Debug)]
pub struct Moment {
    at: Timestamp,
    /// The first instant at which anything may be otherwise.
    until: Timestamp,
    readings: Vec<Reading>,
    pub(super) assurance: Vec<(Assurance, Option<Timestamp>)>,
}

impl Moment {
    /// The instant.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What hours say, by their number.
    pub(super) fn reading(&self, hours: Option<usize>) -> Option<&Reading> {
        self.readings.get(hours?)
    }

    /// Whether it says at another instant what it says at its own.
    pub fn holds(&self, at: Timestamp) -> bool {
        (self.at..self.until).contains(&at)
    }
}

/// Numbers for things, each thing once.
struct Numbered<T>(HashMap<T, usize>, Vec<T>);

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn new() -> Self {
        Self(HashMap::new(), Vec::new())
    }

    fn number(&mut self, thing: &T) -> usize {
        if let Some(number) = self.0.get(thing) {
            return *number;
        }
        let number = self.1.len();
        self.0.insert(thing.clone(), number);
        self.1.push(thing.clone());
        number
    }
}

impl Finder {
    /// Makes a directory ready. Hours that don't parse count as unknown.
    pub fn new(directory: Arc<Directory>) -> Self {
        let mut finder = Self {
            known: Vec::with_capacity(directory.routes.len()),
            by_country: HashMap::new(),
            global: Vec::new(),
            concerns: HashMap::new(),
            parents: Vec::new(),
            audiences: HashMap::new(),
            languages: Vec::new(),
            hours: Vec::new(),
            directory: Arc::clone(&directory),
        };
        finder.name_all();
        let mut languages = Numbered::new();
        let mut rules = Numbered::new();
        for (index, route) in directory.routes.iter().enumerate() {
            finder.place(index, route);
            let known = finder.known(route, &mut languages, &mut rules);
            finder.known.push(known);
        }
        finder.languages = languages.1;
        finder.hours = rules.1;
        finder
    }

    /// The directory.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// What the clock says at an instant. What still holds of an earlier moment is taken over.
    pub fn moment(&self, at: Timestamp, before: Option<&Moment>) -> Moment {
        let earlier = |index: usize| {
            let before = before.filter(|before| before.at <= at)?;
            let reading = before.readings.get(index)?;
            reading.until.is_some_and(|until| at < until).then_some(*reading)
        };
        let read =
            |(index, hours): (usize, &Hours)| earlier(index).unwrap_or_else(|| hours.read(at));
        let readings: Vec<Reading> = self.hours.iter().enumerate().map(read).collect();
        let assurance: Vec<_> =
            self.known.iter().map(|known| Assurance::at(known.checked, at)).collect();
        let changes = readings.iter().filter_map(|reading| reading.until);
        let changes = changes.chain(assurance.iter().filter_map(|(_, until)| *until));
        // Hours look a year ahead, so what they say of now is read again well before that.
        let until = changes.min().unwrap_or(at.plus_millis(MONTH)).min(at.plus_millis(MONTH));
        Moment { at, until, readings, assurance }
    }

    pub(super) fn hours(&self, number: usize) -> Option<&Hours> {
        self.hours.get(number)
    }

    /// Gives concerns and audiences their numbers, by whatever they may be called.
    fn name_all(&mut self) {
        let directory = Arc::clone(&self.directory);
        for (number, concern) in directory.concerns.iter().enumerate() {
            // A key wins over a slug that is spelled the same.
            self.concerns.entry(concern.slug.clone()).or_insert(number);
            self.concerns.insert(concern.id.to_string(), number);
        }
        for (number, concern) in directory.concerns.iter().enumerate() {
            self.concerns.insert(concern.name.clone(), number);
        }
        let parent = |name: &Option<String>| self.concerns.get(name.as_deref()?).copied();
        self.parents = directory.concerns.iter().map(|concern| parent(&concern.parent)).collect();
        for (number, audience) in directory.audiences.iter().enumerate() {
            self.audiences.entry(audience.slug.clone()).or_insert(number);
            self.audiences.insert(audience.id.to_string(), number);
        }
        for (number, audience) in directory.audiences.iter().enumerate() {
            self.audiences.insert(audience.name.clone(), number);
        }
    }

    /// Files a route under each country that it covers.
    fn place(&mut self, index: usize, route: &Route) {
        if route.covers.groups.contains(&Group::Global) {
            self.global.push(index);
            return;
        }
        let parts = route.covers.subdivisions.iter().map(Subdivision::country);
        let mut countries: Vec<Country> =
            route.covers.countries.iter().copied().chain(parts).collect();
        for group in &route.covers.groups {
            countries.extend(Country::all().filter(|country| group.includes(*country)));
        }
        countries.sort_unstable();
        countries.dedup();
        for country in countries {
            self.by_country.entry(country).or_default().push(index);
        }
    }

    fn known(
        &self,
        route: &Route,
        languages: &mut Numbered<Locale>,
        rules: &mut Numbered<Hours>,
    ) -> Known {
        let numbers = |names: &[String], of: &HashMap<String, usize>| {
            names.iter().filter_map(|name| of.get(name).copied()).collect::<Vec<_>>()
        };
        let listed = |names: &[String], of: &HashMap<String, usize>| {
            (!names.is_empty()).then(|| numbers(names, of))
        };
        let excluded: Vec<String> = route.excludes.iter().map(|it| it.concern.clone()).collect();
        let country = route.covers.sole_country();
        let mut hours = |channel: &Channel| {
            let Rule { tz, rule } = channel.hours.as_ref()?;
            Hours::parse(tz, rule, country).ok().map(|hours| rules.number(&hours))
        };
        let spoken = |channel: &Channel| {
            [channel.languages.clone(), channel.sign_languages.clone()].concat()
        };
        let mut numbered: Vec<usize> =
            route.channels.iter().flat_map(spoken).map(|tag| languages.number(&tag)).collect();
        numbered.sort_unstable();
        numbered.dedup();
        Known {
            concerns: listed(&route.concerns, &self.concerns),
            excludes: numbers(&excluded, &self.concerns),
            audiences: listed(&route.audiences, &self.audiences),
            languages: numbered,
            interprets: route.channels.iter().any(|channel| {
                matches!(channel.interpreter, Some(Interpreter::OnRequest | Interpreter::Always))
            }),
            hours: route.channels.iter().map(&mut hours).collect(),
            lets_stay_unknown: route.identity.is_some_and(super::Identity::lets_stay_unknown),
            is_for_emergencies: route.is_for_emergencies(),
            checked: route.assured.as_ref().and_then(|assured| assured.date.parse().ok()),
        }
    }
}
