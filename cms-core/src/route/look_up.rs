//! The look-up: which routes suit a question, in which order, and why.
//!
//! Emergency routes come first, always. Of the others those that cover the reader's place are scored: the
//! concern exactly 8, its group 5, anything 2; the audience 4; a language 3, an interpreter 1; open now 2; no
//! name needed 1; checked lately 1. Equal scores go to the nearer route, then by the editors' weight, then by
//! slug. Overdue routes come after all others. Routes for other concerns or other people are left out as long
//! as there is any that fits. The answer is never empty: where no route is left, it says what to do.

use std::cmp::Reverse;

use serde::Serialize;

use super::{
    Assurance, Country, Finder, Level, Moment, Subdivision,
    finder::Known,
    hours::{Reading, State},
};
use crate::{clock::Timestamp, locale::Locale};

/// The most emergency routes in an answer.
const MOST_EMERGENCY: usize = 10;

/// What somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The country that they are in.
    pub country: Option<Country>,
    /// The part of it.
    pub subdivision: Option<Subdivision>,
    /// What worries them: a concern's key, id or slug.
    pub concern: Option<String>,
    /// Who they are: an audience's key, id or slug.
    pub audience: Option<String>,
    /// The languages that they read or speak.
    pub languages: Vec<Locale>,
    /// Whether somebody is in danger now.
    pub danger_now: bool,
    /// The most routes wanted.
    pub limit: usize,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            country: None,
            subdivision: None,
            concern: None,
            audience: None,
            languages: Vec::new(),
            danger_now: false,
            limit: 20,
        }
    }
}

/// What in a question means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// There is no such concern in the directory.
    #[error("no such concern")]
    UnknownConcern,
    /// There is no such audience in the directory.
    #[error("no such audience")]
    UnknownAudience,
    /// The part is one of another country.
    #[error("a part of another country")]
    OtherCountry,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What to do in danger.
    pub emergency: Emergency,
    /// The other routes, the best first.
    pub routes: Vec<Hit>,
    /// What else to do, where no route quite fits.
    pub fallback: Option<Fallback>,
    /// When the clock changes something of this.
    pub until: Option<Timestamp>,
}

/// What to do in danger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emergency {
    /// The emergency routes of the place.
    pub routes: Vec<Hit>,
    /// Whether to say "call your local emergency number": none is known here.
    pub call_local_number: bool,
    /// Whether the country would help.
    pub ask_for_country: bool,
}

/// Why the routes found may not be what was hoped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// No route is left at all.
    NothingFound,
    /// The country is not known, so only routes that work everywhere are here.
    CountryUnknown,
    /// None is for this concern or these people; these are for others.
    NothingFitting,
    /// None is of the country itself.
    NothingInCountry,
}

impl Fallback {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::NothingFound, Self::CountryUnknown, Self::NothingFitting, Self::NothingInCountry];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingFound => "nothing_found",
            Self::CountryUnknown => "country_unknown",
            Self::NothingFitting => "nothing_fitting",
            Self::NothingInCountry => "nothing_in_country",
        }
    }
}

/// A reason why a route is where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is for just this concern.
    Concern,
    /// It is for the group of this concern, or for one in this group.
    ConcernGroup,
    /// It is for anything.
    AnyConcern,
    /// It is for other concerns: nothing else was there.
    OtherConcern,
    /// It is for these people.
    Audience,
    /// It is for other people: nothing else was there.
    OtherAudience,
    /// It is reached in one of the languages.
    Language,
    /// It has interpreters.
    Interpreter,
    /// It is open now.
    OpenNow,
    /// It needs no name.
    NoNameNeeded,
    /// Somebody made sure lately that it works.
    FreshlyAssured,
    /// Nobody made sure of it for more than a year.
    Overdue,
}

impl Reason {
    /// What it counts.
    pub const fn points(self) -> u32 {
        match self {
            Self::Concern => 8,
            Self::ConcernGroup => 5,
            Self::Audience => 4,
            Self::Language => 3,
            Self::AnyConcern | Self::OpenNow => 2,
            Self::Interpreter | Self::NoNameNeeded | Self::FreshlyAssured => 1,
            Self::OtherConcern | Self::OtherAudience | Self::Overdue => 0,
        }
    }
}

/// A route in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its place in the directory.
    pub route: usize,
    /// How near it is.
    pub match_level: Level,
    /// The sum of its reasons' points.
    pub score: u32,
    /// Why it is where it is.
    pub reasons: Vec<Reason>,
    /// Whether somebody made sure lately that it works.
    pub assurance: Assurance,
    /// Whether one of its channels is reached now; `None` where no channel says.
    pub open_now: Option<bool>,
    /// The channel that opens first, and when, while none is open.
    pub opens: Option<(usize, Timestamp)>,
}

/// A question with numbers for names.
struct Asked<'q> {
    question: &'q Question,
    country: Option<Country>,
    concern: Option<usize>,
    parent: Option<usize>,
    audience: Option<usize>,
    ages: Option<(u8, u8)>,
    /// Whether each of the directory's languages is one of the reader's.
    languages: Vec<bool>,
}

/// A route on its way into an answer.
struct Candidate {
    route: usize,
    level: Level,
    /// Bits of [`Reason`].
    reasons: u16,
    fits: bool,
    open: Option<bool>,
}

const fn bit(reason: Reason) -> u16 {
    1 << reason as u16
}

const REASONS: [Reason; 12] = [
    Reason::Concern,
    Reason::ConcernGroup,
    Reason::AnyConcern,
    Reason::OtherConcern,
    Reason::Audience,
    Reason::OtherAudience,
    Reason::Language,
    Reason::Interpreter,
    Reason::OpenNow,
    Reason::NoNameNeeded,
    Reason::FreshlyAssured,
    Reason::Overdue,
];

impl Candidate {
    fn reasons(&self) -> impl Iterator<Item = Reason> {
        REASONS.into_iter().filter(|reason| self.reasons & bit(*reason) != 0)
    }

    fn score(&self) -> u32 {
        self.reasons().map(Reason::points).sum()
    }
}

impl Finder {
    /// Answers a question whose names are all known; an unknown concern or audience counts as none. Use
    /// [`check`](Self::check) first to refuse such questions.
    pub fn look_up(&self, question: &Question, moment: &Moment) -> Found {
        let asked = self.asked(question);
        let mut until = None;
        let (emergency, mut others): (Vec<_>, Vec<_>) = self
            .covering(&asked)
            .filter_map(|(route, level)| self.candidate(&asked, moment, (route, level), &mut until))
            .partition(|candidate| self.is_for_emergencies(candidate));
        let any_fits = others.iter().any(|candidate| candidate.fits);
        others.retain(|candidate| candidate.fits == any_fits);
        let fallback = fallback(&asked, &others, any_fits);
        let emergency = self.best(emergency, question, moment, MOST_EMERGENCY);
        let is_near = |hit: &Hit| hit.match_level <= Level::Group;
        Found {
            routes: self.best(others, question, moment, question.limit),
            emergency: Emergency {
                call_local_number: !emergency.iter().any(is_near),
                ask_for_country: asked.country.is_none(),
                routes: emergency,
            },
            fallback,
            until,
        }
    }

    /// Refuses a question that names what there isn't.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn check(&self, question: &Question) -> Result<(), Vec<QuestionError>> {
        let mut wrong = Vec::new();
        if question.concern.as_ref().is_some_and(|name| !self.concerns.contains_key(name)) {
            wrong.push(QuestionError::UnknownConcern);
        }
        if question.audience.as_ref().is_some_and(|name| !self.audiences.contains_key(name)) {
            wrong.push(QuestionError::UnknownAudience);
        }
        let part = question.subdivision.as_ref().map(Subdivision::country);
        if let (Some(country), Some(part)) = (question.country, part)
            && country != part
        {
            wrong.push(QuestionError::OtherCountry);
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn asked<'q>(&self, question: &'q Question) -> Asked<'q> {
        let concern = question.concern.as_ref().and_then(|name| self.concerns.get(name)).copied();
        let audience =
            question.audience.as_ref().and_then(|name| self.audiences.get(name)).copied();
        let is_read = |spoken: &Locale| {
            question.languages.iter().any(|read| read.language() == spoken.language())
        };
        let ages = audience.and_then(|number| self.directory.audiences.get(number));
        Asked {
            question,
            country: question.country.or_else(|| Some(question.subdivision.as_ref()?.country())),
            concern,
            parent: concern.and_then(|number| self.parents.get(number).copied().flatten()),
            audience,
            ages: ages.map(|it| (it.age_min.unwrap_or(0), it.age_max.unwrap_or(u8::MAX))),
            languages: self.languages.iter().map(is_read).collect(),
        }
    }

    /// The routes that work where the reader is, and how near they are.
    fn covering(&self, asked: &Asked<'_>) -> impl Iterator<Item = (usize, Level)> {
        let (country, part) = (asked.country, asked.question.subdivision.as_ref());
        let named = country.and_then(|country| self.by_country.get(&country));
        let all = named.into_iter().flatten().chain(&self.global);
        all.filter_map(move |index| {
            let route = self.directory.routes.get(*index)?;
            Some((*index, route.covers.level(country, part)?))
        })
    }

    /// Scores a route; `None` where it does not help with the concern. `until` becomes the first instant at
    /// which the clock changes any.
    fn candidate(
        &self,
        asked: &Asked<'_>,
        moment: &Moment,
        (route, level): (usize, Level),
        until: &mut Option<Timestamp>,
    ) -> Option<Candidate> {
        let known = self.known.get(route)?;
        let mut sooner = |other: Option<Timestamp>| {
            *until = (*until).into_iter().chain(other).min();
        };
        if asked.concern.is_some_and(|concern| known.excludes.contains(&concern))
            || asked.parent.is_some_and(|parent| known.excludes.contains(&parent))
        {
            return None;
        }
        let (assurance, ages_at) = moment.assurance.get(route).copied()?;
        sooner(ages_at);
        let readings = || known.hours.iter().filter_map(|hours| moment.reading(*hours));
        readings().for_each(|reading| sooner(reading.until));
        let open = is_open(readings());
        let mut reasons = concern_reason(known, asked, &self.parents).map_or(0, bit);
        reasons |= self.audience_reason(route, known, asked).map_or(0, bit);
        if known.languages.iter().any(|tag| asked.languages.get(*tag) == Some(&true)) {
            reasons |= bit(Reason::Language);
        } else if known.interprets && !asked.question.languages.is_empty() {
            reasons |= bit(Reason::Interpreter);
        }
        for (holds, reason) in [
            (open == Some(true), Reason::OpenNow),
            (known.lets_stay_unknown, Reason::NoNameNeeded),
            (assurance == Assurance::Fresh, Reason::FreshlyAssured),
            (assurance == Assurance::Overdue, Reason::Overdue),
        ] {
            reasons |= if holds { bit(reason) } else { 0 };
        }
        let fits = reasons & (bit(Reason::OtherConcern) | bit(Reason::OtherAudience)) == 0;
        Some(Candidate { route, level, reasons, fits, open })
    }

    fn audience_reason(&self, route: usize, known: &Known, asked: &Asked<'_>) -> Option<Reason> {
        let audience = asked.audience?;
        let (min, max) = asked.ages.unwrap_or((0, u8::MAX));
        let of = self.directory.routes.get(route)?;
        let is_of_age = of.age_min.unwrap_or(0) <= max && min <= of.age_max.unwrap_or(u8::MAX);
        match &known.audiences {
            Some(listed) if is_of_age && listed.contains(&audience) => Some(Reason::Audience),
            None if is_of_age => None,
            Some(_) | None => Some(Reason::OtherAudience),
        }
    }

    fn is_for_emergencies(&self, candidate: &Candidate) -> bool {
        self.known.get(candidate.route).is_some_and(|known| known.is_for_emergencies)
    }

    /// The best so many, in order.
    fn best(
        &self,
        mut all: Vec<Candidate>,
        question: &Question,
        moment: &Moment,
        limit: usize,
    ) -> Vec<Hit> {
        let key = |it: &Candidate| {
            let overdue = it.reasons & bit(Reason::Overdue) != 0;
            let too_late = question.danger_now && it.open != Some(true);
            let weight = self.directory.routes.get(it.route).map_or(0, |route| route.weight);
            // The directory is sorted by slug.
            (overdue, too_late, Reverse(it.score()), it.level, Reverse(weight), it.route)
        };
        if all.len() > limit && limit > 0 {
            all.select_nth_unstable_by_key(limit - 1, key);
        }
        all.truncate(limit);
        all.sort_by_cached_key(key);
        all.iter().map(|candidate| self.hit(candidate, moment)).collect()
    }

    fn hit(&self, candidate: &Candidate, moment: &Moment) -> Hit {
        let hours = self.known.get(candidate.route).map_or(&[][..], |known| &known.hours);
        let opening = |(channel, hours): (usize, &Option<usize>)| {
            Some((moment.reading(*hours)?.opens_at?, channel))
        };
        let first = hours.iter().enumerate().filter_map(opening).min();
        let assurance = moment.assurance.get(candidate.route).map_or(Assurance::Overdue, |it| it.0);
        Hit {
            route: candidate.route,
            match_level: candidate.level,
            score: candidate.score(),
            reasons: candidate.reasons().collect(),
            assurance,
            open_now: candidate.open,
            opens: first
                .filter(|_| candidate.open != Some(true))
                .map(|(at, channel)| (channel, at)),
        }
    }
}

fn concern_reason(known: &Known, asked: &Asked<'_>, parents: &[Option<usize>]) -> Option<Reason> {
    let concern = asked.concern?;
    let Some(listed) = &known.concerns else { return Some(Reason::AnyConcern) };
    let is_within = |other: &usize| parents.get(*other).copied().flatten() == Some(concern);
    Some(if listed.contains(&concern) {
        Reason::Concern
    } else if asked.parent.is_some_and(|parent| listed.contains(&parent))
        || listed.iter().any(is_within)
    {
        Reason::ConcernGroup
    } else {
        Reason::OtherConcern
    })
}

/// Whether any channel is open; `None` where none says.
fn is_open<'m>(readings: impl Iterator<Item = &'m Reading>) -> Option<bool> {
    let mut open = None;
    for reading in readings {
        match reading.state {
            State::Open => return Some(true),
            State::Closed => open = Some(false),
            State::Unknown => {}
        }
    }
    open
}

fn fallback(asked: &Asked<'_>, others: &[Candidate], any_fits: bool) -> Option<Fallback> {
    if others.is_empty() {
        Some(Fallback::NothingFound)
    } else if asked.country.is_none() {
        Some(Fallback::CountryUnknown)
    } else if !any_fits {
        Some(Fallback::NothingFitting)
    } else {
        let is_near = |candidate: &Candidate| candidate.level <= Level::Country;
        (!others.iter().any(is_near)).then_some(Fallback::NothingInCountry)
    }
}
