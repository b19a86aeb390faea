//! When a channel is reached, as HSDS has it: a week, where every week is the same, and always the rule in words.
//!
//! HSDS knows no time zones, only offsets, and daylight saving has two. Times are those of the clock of the place,
//! as directories show them; an offset is told where it is the same all year; and the words name the zone.

use chrono::{Offset as _, TimeZone as _, Weekday};

use super::{derived, tables::Schedule};
use crate::route::{
    Channel, Country,
    hours::{Hours, Slot, Zone},
};

/// The schedules of a channel: one for each opening of the week.
pub(super) fn schedules(
    service: &str,
    channel: &Channel,
    country: Option<Country>,
) -> Vec<Schedule> {
    let Some(rule) = &channel.hours else { return Vec::new() };
    let whole = Schedule {
        id: derived(service, &["schedule", &channel.id]),
        description: format!("{} ({})", rule.rule, rule.tz),
        notes: Some(channel.label.clone().unwrap_or_else(|| channel.id.clone())),
        ..Schedule::default()
    };
    let Ok(hours) = Hours::parse(&rule.tz, &rule.rule, country) else { return vec![whole] };
    let Some(week) = hours.weekly().filter(|week| !week.is_empty()) else { return vec![whole] };
    let offset = constant_offset(hours.zone());
    let one = |(index, slot): (usize, &Slot)| Schedule {
        id: derived(service, &["schedule", &channel.id, &index.to_string()]),
        freq: Some("WEEKLY"),
        byday: Some(days(slot)),
        opens_at: Some(time(slot.opens, offset)),
        closes_at: Some(time(slot.closes, offset)),
        #[expect(clippy::cast_precision_loss, reason = "an offset is a few quarters of an hour")]
        timezone: offset.map(|minutes| minutes as f32 / 60.0),
        ..whole.clone()
    };
    week.iter().enumerate().map(one).collect()
}

fn days(slot: &Slot) -> String {
    let day = |day: &Weekday| day.to_string().chars().take(2).collect::<String>().to_uppercase();
    slot.days.iter().map(day).collect::<Vec<_>>().join(",")
}

/// A time of the clock, `HH:MM`; the end of a day is its last minute, for which the format has a name.
fn time(minutes: u16, offset: Option<i32>) -> String {
    let shown = minutes.min(24 * 60 - 1);
    let zone = offset.map_or_else(String::new, |offset| {
        let sign = if offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
    });
    format!("{:02}:{:02}{zone}", shown / 60, shown % 60)
}

/// The offset of a zone in minutes, where it was the same in every month of these years.
fn constant_offset(zone: Zone) -> Option<i32> {
    let at = |year: i32, month: u32| {
        let day = chrono::NaiveDate::from_ymd_opt(year, month, 15)?;
        let noon = day.and_hms_opt(12, 0, 0)?;
        Some(zone.offset_from_utc_datetime(&noon).fix().local_minus_utc() / 60)
    };
    let mut months = (2024..=2026).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let first = at(2024, 1)?;
    months.all(|(year, month)| at(year, month) == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(tz: &str, rule: &str) -> Vec<String> {
        let channel = json!({"id": "phone", "kind": "phone", "hours": {"tz": tz, "rule": rule}});
        let channel: Channel = serde_json::from_value(channel).unwrap();
        let brief = |it: Schedule| {
            let week =
                [it.byday, it.opens_at, it.closes_at].map(Option::unwrap_or_default).join(" ");
            format!(
                "{week}{}|{}",
                it.timezone.map_or_else(String::new, |it| format!(" {it}")),
                it.description
            )
        };
        schedules("x", &channel, "JP".parse().ok()).into_iter().map(brief).collect()
    }

    #[test]
    fn a_week_is_told_with_its_offset_where_it_has_one() {
        let paris = "Mo-Fr 09:00-12:00,13:00-17:30 (Europe/Paris)";
        assert_eq!(
            told("Europe/Paris", "Mo-Fr 09:00-12:00,13:00-17:30"),
            [
                format!("MO,TU,WE,TH,FR 09:00 12:00|{paris}"),
                format!("MO,TU,WE,TH,FR 13:00 17:30|{paris}"),
            ]
        );
        assert_eq!(
            told("Asia/Tokyo", "Sa 22:00-02:00; PH off"),
            ["SA 22:00+09:00 02:00+09:00 9|Sa 22:00-02:00; PH off (Asia/Tokyo)"]
        );
        assert_eq!(
            told("Asia/Kolkata", "24/7"),
            ["MO,TU,WE,TH,FR,SA,SU 00:00+05:30 23:59+05:30 5.5|24/7 (Asia/Kolkata)"]
        );
        assert_eq!(
            told("America/St_Johns", "Dec 24 10:00-12:00"),
            ["  |Dec 24 10:00-12:00 (America/St_Johns)"]
        );
        assert_eq!(told("Europe/Paris", "no rule"), ["  |no rule (Europe/Paris)"]);
    }
}
