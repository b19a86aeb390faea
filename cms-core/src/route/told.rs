//! An answer as it is told: the same words and members on a server and without one.

use serde::Serialize;

use super::{
    Assurance, Fallback, Finder, Found, Hit, Level, Moment, Reason, Route,
    hours::{State, Zone, local_clock},
};
use crate::clock::Timestamp;

/// An answer, told.
#[derive(Debug, Serialize)]
pub struct Told<'f> {
    /// What to do in danger: before all else.
    pub emergency: ToldEmergency<'f>,
    /// The other routes, the best first.
    pub routes: Vec<ToldRoute<'f>>,
    /// What else to do, where no route quite fits.
    pub fallback: Option<ToldFallback<'f>>,
    /// The version of the directory that it was found in.
    pub data_version: &'f str,
}

/// What to do in danger.
#[derive(Debug, Serialize)]
pub struct ToldEmergency<'f> {
    /// The emergency routes of the place.
    pub routes: Vec<ToldRoute<'f>>,
    /// Where no emergency number of the place is known: what to do.
    pub text: Option<&'f str>,
    /// Where the country is not known: the question to ask.
    pub ask_for_country: Option<&'f str>,
}

/// What else to do.
#[derive(Debug, Serialize)]
pub struct ToldFallback<'f> {
    /// Why.
    pub reason: Fallback,
    /// What to tell the reader.
    pub text: &'f str,
}

/// A route in an answer.
#[derive(Debug, Serialize)]
pub struct ToldRoute<'f> {
    /// How near it is: a number of a wider level is not the country's own.
    pub match_level: Level,
    /// The sum of the reasons' points.
    pub score: u32,
    /// Why it is where it is.
    pub reasons: Vec<Reason>,
    /// Whether somebody made sure lately that it works.
    pub assurance: Assurance,
    /// Whether one of its channels is reached now; null where none says.
    pub open_now: Option<bool>,
    /// When the first of its channels opens, while none is open.
    pub opens_at: Option<ToldInstant>,
    /// What each channel with hours says.
    pub channels: Vec<ToldChannel<'f>>,
    /// The route.
    pub route: &'f Route,
}

/// Whether a channel is reached.
#[derive(Debug, Serialize)]
pub struct ToldChannel<'f> {
    /// Which.
    pub id: &'f str,
    /// Whether it is reached now; null where its hours don't know.
    pub open_now: Option<bool>,
    /// When it opens, while it isn't open.
    pub opens_at: Option<ToldInstant>,
    /// Until when it is open; null while it isn't, and where that is further off than a year.
    pub open_until: Option<ToldInstant>,
}

/// An instant, at several clocks.
#[derive(Debug, Serialize)]
pub struct ToldInstant {
    /// In UTC.
    pub utc: Timestamp,
    /// At the route's own clock, with its offset.
    pub local: String,
    /// The route's time zone.
    pub tz: &'static str,
    /// At the reader's clock, where the question names the reader's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

impl Finder {
    /// Tells an answer, with instants at the clock of the reader's zone, too.
    pub fn tell(&self, found: &Found, moment: &Moment, reader: Option<Zone>) -> Told<'_> {
        let texts = &self.directory.texts;
        let tell = |hits: &[Hit]| {
            hits.iter().filter_map(|hit| self.tell_hit(hit, moment, reader)).collect()
        };
        let emergency = &found.emergency;
        let fallback = |reason: Fallback| ToldFallback {
            reason,
            text: texts.fallback.get(reason.as_str()).map_or("", String::as_str),
        };
        Told {
            emergency: ToldEmergency {
                routes: tell(&emergency.routes),
                text: emergency.call_local_number.then_some(&*texts.call_local_number),
                ask_for_country: emergency.ask_for_country.then_some(&*texts.ask_for_country),
            },
            routes: tell(&found.routes),
            fallback: found.fallback.map(fallback),
            data_version: &self.directory.version,
        }
    }

    fn tell_hit(&self, hit: &Hit, moment: &Moment, reader: Option<Zone>) -> Option<ToldRoute<'_>> {
        let route = self.directory.routes.get(hit.route)?;
        let hours = &self.known.get(hit.route)?.hours;
        let instant = |channel: usize, at: Timestamp| {
            let zone = self.hours((*hours.get(channel)?)?)?.zone();
            Some(ToldInstant {
                utc: at,
                local: local_clock(zone, at),
                tz: zone.name(),
                reader: reader.map(|reader| local_clock(reader, at)),
            })
        };
        let channels = route.channels.iter().enumerate().filter_map(|(index, channel)| {
            let reading = moment.reading(*hours.get(index)?)?;
            let is_open = reading.state == State::Open;
            Some(ToldChannel {
                id: &channel.id,
                open_now: (reading.state != State::Unknown).then_some(is_open),
                opens_at: reading.opens_at.and_then(|at| instant(index, at)),
                open_until: reading.until.filter(|_| is_open).and_then(|at| instant(index, at)),
            })
        });
        Some(ToldRoute {
            match_level: hit.match_level,
            score: hit.score,
            reasons: hit.reasons.clone(),
            assurance: hit.assurance,
            open_now: hit.open_now,
            opens_at: hit.opens.and_then(|(channel, at)| instant(channel, at)),
            channels: channels.collect(),
            route,
        })
    }
}
