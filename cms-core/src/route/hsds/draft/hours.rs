//! Schedules as one rule of opening hours.
//!
//! A description that ends with a rule and its zone in brackets, as this program writes it, is taken as it stands.
//! Otherwise weekly openings become a rule in the zone that whoever imports has named.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Options, Reason, text};
use crate::route::{Country, hours::Hours};

const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// The hours that schedules say, as a channel has them.
pub(super) fn hours(
    schedules: &[&Value],
    options: &Options,
    country: Option<Country>,
) -> Result<Value, Reason> {
    let parses = |tz: &str, rule: &str| Hours::parse(tz, rule, country).is_ok();
    let told = schedules.iter().find_map(|schedule| {
        let (rule, tz) = text(schedule, "description")?.strip_suffix(')')?.rsplit_once(" (")?;
        parses(tz, rule).then(|| json!({"tz": tz, "rule": rule}))
    });
    if let Some(told) = told {
        return Ok(told);
    }
    let rule = weekly(schedules).ok_or(Reason::NoHours)?;
    let tz = options.zone.ok_or(Reason::NoZone)?.name();
    if parses(tz, &rule) { Ok(json!({"tz": tz, "rule": rule})) } else { Err(Reason::NoHours) }
}

/// The rule of a week; none where a schedule is not one of every week.
fn weekly(schedules: &[&Value]) -> Option<String> {
    let mut days: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for schedule in schedules {
        let every_week = text(schedule, "freq").is_none_or(|freq| freq == "WEEKLY")
            && schedule.get("interval").and_then(Value::as_u64).is_none_or(|weeks| weeks == 1)
            && ["bymonthday", "byyearday", "byweekno", "until", "count"]
                .into_iter()
                .all(|name| schedule.get(name).is_none_or(Value::is_null));
        if !every_week {
            return None;
        }
        let span = format!(
            "{}-{}",
            time(text(schedule, "opens_at")?)?,
            ending(&time(text(schedule, "closes_at")?)?)
        );
        for day in text(schedule, "byday")?.split(',') {
            let is_it = |known: &&str| known.eq_ignore_ascii_case(day.trim());
            let spans = days.entry(DAYS.iter().position(is_it)?).or_default();
            if !spans.contains(&span) {
                spans.push(span.clone());
            }
        }
    }
    let mut alike: Vec<(Vec<&str>, String)> = Vec::new();
    for (day, mut spans) in days {
        spans.sort();
        let (name, spans) = (*DAYS.get(day)?, spans.join(","));
        match alike.iter_mut().find(|(_, other)| *other == spans) {
            Some((days, _)) => days.push(name),
            None => alike.push((vec![name], spans)),
        }
    }
    let rules: Vec<String> =
        alike.into_iter().map(|(days, spans)| format!("{} {spans}", days.join(","))).collect();
    (!rules.is_empty()).then(|| rules.join("; "))
}

/// The hour and minute of a time; seconds and offsets left off.
fn time(text: &str) -> Option<String> {
    let short = text.get(..5)?;
    let (hour, minute) = short.split_once(':')?;
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

/// The last minute of a day stands for its end.
fn ending(time: &str) -> &str {
    if matches!(time, "23:59" | "00:00") { "24:00" } else { time }
}
