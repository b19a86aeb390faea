//! Opening hours as a week: for formats that know days of the week and two times, and nothing else.
//!
//! Only a rule that is the same every week has one. Public holidays are no part of it, since they differ from year
//! to year: whoever shows a week shows the whole rule beside it.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use opening_hours::Context;
use opening_hours_syntax::rules::{
    RuleKind,
    day::{DaySelector, WeekDayRange},
};

use super::Hours;

/// Minutes in a day.
const DAY: u16 = 24 * 60;

/// Days of the week with the same opening.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The days on which it opens.
    pub days: Vec<Weekday>,
    /// When, in minutes from midnight by the wall clock.
    pub opens: u16,
    /// When it closes: 1,440 is midnight; no more than `opens` is on the next day.
    pub closes: u16,
}

impl Slot {
    /// Whether it is open round the clock on its days.
    pub fn is_whole_days(&self) -> bool {
        self.opens == 0 && self.closes == DAY
    }
}

impl Hours {
    /// The week, where every week is the same but for public holidays.
    pub fn weekly(&self) -> Option<Vec<Slot>> {
        let rules = &self.rule.get_expression().rules;
        let is_weekly = |rule: &DaySelector| {
            let named = rule.weekday.iter().all(is_every_week);
            named && rule.year.is_empty() && rule.monthday.is_empty() && rule.week.is_empty()
        };
        let is_known = rules.iter().all(|rule| rule.kind != RuleKind::Unknown);
        if !is_known || !rules.iter().all(|rule| is_weekly(&rule.day_selector)) {
            return None;
        }
        let plain = self.rule.clone().with_context(Context::default());
        // A week without a change of clocks; that of no country has a holiday here, for no country is given.
        let monday = NaiveDate::from_ymd_opt(2026, 3, 2)?;
        let mut week: Vec<Vec<(u16, u16)>> = Vec::new();
        for ahead in 0..7 {
            let open = plain.schedule_at(monday.checked_add_days(Days::new(ahead))?);
            let open = open.into_iter().filter(|part| part.kind == RuleKind::Open);
            let minutes = open.map(|part| {
                let range = part.range;
                (range.start.mins_from_midnight(), range.end.mins_from_midnight().min(DAY))
            });
            week.push(minutes.collect());
        }
        Some(slots(monday, &week))
    }
}

/// Whether it means each week, and no date of one year.
fn is_every_week(range: &WeekDayRange) -> bool {
    match range {
        WeekDayRange::Fixed { offset, nth_from_start, nth_from_end, .. } => {
            *offset == 0 && [nth_from_start, nth_from_end].into_iter().flatten().all(|nth| *nth)
        }
        WeekDayRange::Holiday { .. } => true,
    }
}

/// Puts together what midnight has cut, and days that open and close alike.
fn slots(monday: NaiveDate, week: &[Vec<(u16, u16)>]) -> Vec<Slot> {
    let of = |day: usize| week.get(day % 7).map_or(&[][..], Vec::as_slice);
    let runs_over = |day: usize| of(day).iter().any(|(opens, closes)| *closes == DAY && *opens > 0);
    let ends_early =
        |day: usize| of(day).iter().find(|(opens, closes)| *opens == 0 && *closes < DAY).copied();
    let mut slots: Vec<Slot> = Vec::new();
    let dates = monday.iter_days().take(7).map(|date| date.weekday());
    for (day, weekday) in dates.enumerate() {
        for (opens, closes) in of(day).iter().copied() {
            let is_rest = opens == 0 && closes < DAY && runs_over(day + 6);
            if is_rest {
                continue;
            }
            let next = ends_early(day + 1).filter(|_| closes == DAY && opens > 0);
            let closes = next.map_or(closes, |(_, end)| end);
            match slots.iter_mut().find(|slot| (slot.opens, slot.closes) == (opens, closes)) {
                Some(slot) => slot.days.push(weekday),
                None => slots.push(Slot { days: vec![weekday], opens, closes }),
            }
        }
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rule: &str) -> Option<String> {
        let hours = Hours::parse("Europe/Paris", rule, "FR".parse().ok()).unwrap();
        let slot = |slot: &Slot| {
            let days: Vec<_> = slot.days.iter().map(ToString::to_string).collect();
            let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
            format!("{} {}-{}", days.join(","), time(slot.opens), time(slot.closes))
        };
        Some(hours.weekly()?.iter().map(slot).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn a_rule_that_is_the_same_every_week_is_a_week() {
        let cases = [
            ("Mo-Fr 09:00-17:00", "Mon,Tue,Wed,Thu,Fri 09:00-17:00"),
            (
                "Mo-Fr 09:00-12:00,13:00-17:00; PH off",
                "Mon,Tue,Wed,Thu,Fri 09:00-12:00; Mon,Tue,Wed,Thu,Fri 13:00-17:00",
            ),
            ("24/7", "Mon,Tue,Wed,Thu,Fri,Sat,Sun 00:00-24:00"),
            ("Fr,Sa 20:00-02:00", "Fri,Sat 20:00-02:00"),
            ("Mo-Su 08:00-22:00; We off", "Mon,Tue,Thu,Fri,Sat,Sun 08:00-22:00"),
            ("Su 22:00-03:00", "Sun 22:00-03:00"),
            ("Mo 00:00-24:00; Tu 00:00-06:00", "Mon 00:00-24:00; Tue 00:00-06:00"),
        ];
        for (rule, expected) in cases {
            assert_eq!(told(rule).as_deref(), Some(expected), "{rule}");
        }
    }

    #[test]
    fn what_differs_from_week_to_week_has_none() {
        for rule in [
            "Jun-Aug Mo-Fr 09:00-17:00",
            "2027 Mo-Fr 09:00-17:00",
            "week 1-20 Mo 09:00-10:00",
            "Mo[1] 09:00-17:00",
            "Mo-Fr 09:00-17:00; Dec 25 off",
            "Mo-Fr 09:00-17:00 unknown",
        ] {
            assert_eq!(told(rule), None, "{rule}");
        }
    }
}
