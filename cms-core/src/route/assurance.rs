//! Assurance: how long ago somebody made sure that a route works, and what follows from it.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Up to so many days after the check a route is fresh.
const FRESH_DAYS: u64 = 180;
/// After so many days it is overdue.
const AGEING_DAYS: u64 = 365;

/// Whether somebody made sure lately that a route works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// In the last 180 days.
    Fresh,
    /// In the last 365 days.
    Ageing,
    /// Longer ago, or never, or on a day that has not come: it ranks below every other.
    Overdue,
}

impl Assurance {
    /// What it is at an instant, and when that changes. Days begin at midnight in UTC.
    pub fn at(checked: Option<NaiveDate>, at: Timestamp) -> (Self, Option<Timestamp>) {
        let Some(checked) = checked else { return (Self::Overdue, None) };
        let after = |days: u64| {
            let day = checked.checked_add_days(Days::new(days + 1))?;
            Some(Timestamp::from_millis(
                day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis(),
            ))
        };
        // A day is there before it is there in UTC, and no earlier than that: a check to come is none yet.
        let begin = checked.pred_opt().map(|day| {
            Timestamp::from_millis(
                day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis(),
            )
        });
        if let Some(begin) = begin.filter(|begin| at < *begin) {
            return (Self::Overdue, Some(begin));
        }
        for (state, end) in [(Self::Fresh, after(FRESH_DAYS)), (Self::Ageing, after(AGEING_DAYS))] {
            if end.is_none_or(|end| at < end) {
                return (state, end);
            }
        }
        (Self::Overdue, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ages_at_midnight_after_its_last_fresh_day() {
        let checked = NaiveDate::from_ymd_opt(2026, 1, 1);
        let cases = [
            ("2025-12-30T23:59:59.999Z", Assurance::Overdue, Some("2025-12-31T00:00:00Z")),
            ("2025-12-31T00:00:00Z", Assurance::Fresh, Some("2026-07-01T00:00:00Z")),
            ("2026-01-01T00:00:00Z", Assurance::Fresh, Some("2026-07-01T00:00:00Z")),
            // 30 June is the 180th day after 1 January.
            ("2026-06-30T23:59:59.999Z", Assurance::Fresh, Some("2026-07-01T00:00:00Z")),
            ("2026-07-01T00:00:00Z", Assurance::Ageing, Some("2027-01-02T00:00:00Z")),
            ("2027-01-01T23:59:59.999Z", Assurance::Ageing, Some("2027-01-02T00:00:00Z")),
            ("2027-01-02T00:00:00Z", Assurance::Overdue, None),
        ];
        for (at, state, until) in cases {
            let until = until.map(|until| until.parse().unwrap());
            assert_eq!(Assurance::at(checked, at.parse().unwrap()), (state, until), "{at}");
        }
    }

    #[test]
    fn what_was_never_checked_is_overdue() {
        assert_eq!(Assurance::at(None, Timestamp::from_millis(0)), (Assurance::Overdue, None));
    }
}
