//! Opening hours: an OpenStreetMap `opening_hours` rule at the clock of an IANA time zone.
//!
//! The crate `opening-hours` says what the wall clock's day looks like; which instant that is, over changes
//! of daylight saving too, is worked out here: a rule holds by the wall clock, whatever that shows.

#[cfg(test)]
mod tests;
mod weekly;

use std::fmt;

use chrono::{DateTime, Days, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
pub use chrono_tz::Tz as Zone;
use opening_hours::{Context, ContextHolidays, OpeningHours, localization::Country as Calendar};
use opening_hours_syntax::rules::{
    RuleKind,
    day::{HolidayKind, WeekDayRange},
    time::Time,
};
use serde::{Deserialize, Serialize};

pub use self::weekly::Slot;
use super::place::Country;
use crate::clock::Timestamp;

/// How far ahead a change is looked for, in days: a year and a week.
const HORIZON: u32 = 373;

/// When a channel is reached.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Hours {
    zone: Zone,
    rule: OpeningHours,
    /// Whether it says the same at all times.
    constant: bool,
}

/// Why hours can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// There is no such time zone.
    #[error("{0:?} is no IANA time zone")]
    UnknownZone(String),
    /// The rule does not parse.
    #[error("not an opening_hours rule")]
    Syntax,
    /// The rule never opens.
    #[error("the rule never opens")]
    NeverOpen,
    /// The rule names public holidays, and it isn't known whose.
    #[error("public holidays are those of one country")]
    WhoseHolidays,
    /// The rule names public holidays of a country whose aren't known.
    #[error("the public holidays of {0} aren't known")]
    UnknownHolidays(Country),
    /// The rule names school holidays, which differ from place to place.
    #[error("school holidays aren't known")]
    SchoolHolidays,
    /// The rule names sunrise or the like, which need a place.
    #[error("sunrise and sunset need a place")]
    NeedsPlace,
}

/// Whether a channel is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is.
    Open,
    /// It isn't.
    Closed,
    /// The rule says itself that it doesn't know.
    Unknown,
}

/// What the hours say at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whether it is open.
    pub state: State,
    /// Until when all of this holds; `None` where that is further off than a year.
    pub until: Option<Timestamp>,
    /// When it opens next, while it isn't open.
    pub opens_at: Option<Timestamp>,
}

impl Hours {
    /// Reads a rule. Public holidays in it are those of `country`.
    ///
    /// # Errors
    /// [`HoursError`]
    pub fn parse(zone: &str, rule: &str, country: Option<Country>) -> Result<Self, HoursError> {
        let zone = zone.parse().map_err(|_| HoursError::UnknownZone(zone.to_owned()))?;
        let rule: OpeningHours = rule.parse().map_err(|_| HoursError::Syntax)?;
        let sequences = &rule.get_expression().rules;
        if sequences.iter().all(|sequence| sequence.kind == RuleKind::Closed) {
            return Err(HoursError::NeverOpen);
        }
        let times = || sequences.iter().flat_map(|sequence| &sequence.time_selector.spans);
        let varies = |time: &Time| matches!(time, Time::Variable(_));
        if times().any(|span| varies(&span.range.start) || varies(&span.range.end)) {
            return Err(HoursError::NeedsPlace);
        }
        let holidays = |wanted: HolidayKind| {
            let days = sequences.iter().flat_map(|sequence| &sequence.day_selector.weekday);
            days.into_iter()
                .any(|day| matches!(day, WeekDayRange::Holiday { kind, .. } if *kind == wanted))
        };
        if holidays(HolidayKind::School) {
            return Err(HoursError::SchoolHolidays);
        }
        if !holidays(HolidayKind::Public) {
            let constant = rule.normalize().get_expression().is_constant();
            return Ok(Self { zone, rule, constant });
        }
        let country = country.ok_or(HoursError::WhoseHolidays)?;
        let (everywhere, somewhere) = calendars(country)?;
        let context = Context::default().with_holidays(everywhere).with_holidays_unknown(somewhere);
        Ok(Self { zone, rule: rule.with_context(context), constant: false })
    }

    /// The zone whose clock the rule goes by.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// An instant as the zone's clock shows it, with its offset (RFC 3339).
    pub fn clock(&self, at: Timestamp) -> String {
        local_clock(self.zone, at)
    }

    /// What the hours say at an instant.
    pub fn read(&self, at: Timestamp) -> Reading {
        let state = self.state(at);
        if self.constant {
            return Reading { state, until: None, opens_at: None };
        }
        let until = self.next(at, |other| other != state);
        let opens_at = match state {
            State::Open => None,
            State::Closed | State::Unknown => {
                let from = until.filter(|until| self.state(*until) == State::Open);
                from.or_else(|| self.next(at, |other| other == State::Open))
            }
        };
        Reading { state, until, opens_at }
    }

    fn state(&self, at: Timestamp) -> State {
        let Some((wall, _)) = self.wall(at) else { return State::Unknown };
        self.stretches(wall)
            .find(|(start, end, _)| (*start..*end).contains(&wall))
            .map_or(State::Closed, |found| found.2)
    }

    /// The first instant after `at` whose state is wanted, within the horizon.
    fn next(&self, at: Timestamp, wanted: impl Fn(State) -> bool) -> Option<Timestamp> {
        let mut from = at;
        for _ in 0..HORIZON {
            let (wall, offset) = self.wall(from)?;
            let to = self.same_offset(from, offset);
            let wall_end = wall + TimeDelta::milliseconds(to.millis() - from.millis());
            for (start, end, state) in self.stretches(wall) {
                if end > wall && start < wall_end && wanted(state) {
                    let ahead = start.max(wall) - wall;
                    return Some(from.plus_millis(ahead.num_milliseconds()));
                }
            }
            from = to;
        }
        None
    }

    /// The wall clock, and its offset from UTC in seconds.
    fn wall(&self, at: Timestamp) -> Option<(NaiveDateTime, i32)> {
        let utc = DateTime::<Utc>::from_timestamp_millis(at.millis())?.naive_utc();
        let offset = self.zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
        Some((utc.checked_add_signed(TimeDelta::seconds(offset.into()))?, offset))
    }

    /// The end of the stretch of at most a day from `from` on in which the offset stays the same.
    fn same_offset(&self, from: Timestamp, offset: i32) -> Timestamp {
        const SECOND: i64 = 1_000;
        let is_same = |at: Timestamp| self.wall(at).is_none_or(|(_, other)| other == offset);
        let (mut same, mut other) = (0, 86_400);
        if is_same(from.plus_millis(other * SECOND)) {
            return from.plus_millis(other * SECOND);
        }
        while other - same > 1 {
            let middle = i64::midpoint(same, other);
            if is_same(from.plus_millis(middle * SECOND)) { same = middle } else { other = middle }
        }
        // Offsets change at whole seconds.
        let next = from.plus_millis(other * SECOND);
        next.plus_millis(-next.millis().rem_euclid(SECOND))
    }

    /// The states of the wall clock's day and of the next, in order, without holes.
    fn stretches(
        &self,
        wall: NaiveDateTime,
    ) -> impl Iterator<Item = (NaiveDateTime, NaiveDateTime, State)> {
        let days = [Some(wall.date()), wall.date().checked_add_days(Days::new(1))];
        days.into_iter().flatten().flat_map(|day| {
            let midnight = day.and_time(chrono::NaiveTime::MIN);
            let instant = move |minutes: u16| midnight + TimeDelta::minutes(minutes.into());
            self.rule.schedule_at(day).into_iter().map(move |part| {
                let state = match part.kind {
                    RuleKind::Open => State::Open,
                    RuleKind::Closed => State::Closed,
                    RuleKind::Unknown => State::Unknown,
                };
                (
                    instant(part.range.start.mins_from_midnight()),
                    instant(part.range.end.mins_from_midnight()),
                    state,
                )
            })
        })
    }
}

/// An instant as a zone's clock shows it, with its offset (RFC 3339).
pub fn local_clock(zone: Zone, at: Timestamp) -> String {
    DateTime::<Utc>::from_timestamp_millis(at.millis())
        .map(|utc| utc.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::Secs, false))
        .unwrap_or_default()
}

/// The public holidays of a country, and those of parts of it only.
fn calendars(country: Country) -> Result<(ContextHolidays, ContextHolidays), HoursError> {
    let calendar: Calendar =
        country.as_str().parse().map_err(|_| HoursError::UnknownHolidays(country))?;
    Ok((calendar.holidays(), calendar.holidays_regional()))
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.rule, self.zone)
    }
}
