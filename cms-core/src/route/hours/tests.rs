//! Opening hours against cases written out by hand: zones, midnight, daylight saving, holidays.

use super::*;

fn hours(zone: &str, rule: &str) -> Hours {
    Hours::parse(zone, rule, Some("FR".parse().unwrap())).unwrap()
}

/// The state, its end and the next opening, as short texts.
fn read(zone: &str, rule: &str, at: &str) -> (State, String, String) {
    let reading = hours(zone, rule).read(at.parse().unwrap());
    let text = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    (reading.state, text(reading.until), text(reading.opens_at))
}

/// Each case: zone, rule, instant; whether it is open, until when, and when it opens.
#[track_caller]
fn expect(cases: &[(&str, &str, &str, State, &str, &str)]) {
    for (zone, rule, at, state, until, opens) in cases {
        let expected = (*state, (*until).to_owned(), (*opens).to_owned());
        assert_eq!(read(zone, rule, at), expected, "{zone} {rule} {at}");
    }
}

#[test]
fn office_hours_open_and_close() {
    use State::{Closed, Open};
    // 27 November 2026 is a Friday.
    let rule = "Mo-Fr 09:00-17:00";
    expect(&[
        (
            "Europe/London",
            rule,
            "2026-11-27T08:59:59Z",
            Closed,
            "2026-11-27T09:00:00Z",
            "2026-11-27T09:00:00Z",
        ),
        ("Europe/London", rule, "2026-11-27T09:00:00Z", Open, "2026-11-27T17:00:00Z", "-"),
        ("Europe/London", rule, "2026-11-27T16:59:59.999Z", Open, "2026-11-27T17:00:00Z", "-"),
        (
            "Europe/London",
            rule,
            "2026-11-27T17:00:00Z",
            Closed,
            "2026-11-30T09:00:00Z",
            "2026-11-30T09:00:00Z",
        ),
        ("Asia/Tokyo", rule, "2026-11-27T00:00:00Z", Open, "2026-11-27T08:00:00Z", "-"),
        ("America/New_York", rule, "2026-11-27T14:00:00Z", Open, "2026-11-27T22:00:00Z", "-"),
        (
            "Asia/Kathmandu",
            rule,
            "2026-11-27T03:14:59Z",
            Closed,
            "2026-11-27T03:15:00Z",
            "2026-11-27T03:15:00Z",
        ),
    ]);
}

#[test]
fn all_day_every_day_has_no_end() {
    expect(&[
        ("Europe/London", "24/7", "2026-11-27T08:00:00Z", State::Open, "-", "-"),
        ("Asia/Tokyo", "Mo-Su 00:00-24:00", "2026-11-27T08:00:00Z", State::Open, "-", "-"),
    ]);
}

#[test]
fn a_night_goes_over_midnight() {
    use State::{Closed, Open};
    // From Friday evening to Saturday morning, and from Saturday evening to Sunday morning.
    let rule = "Fr,Sa 20:00-02:00";
    expect(&[
        ("Europe/Paris", rule, "2026-11-27T22:59:00Z", Open, "2026-11-28T01:00:00Z", "-"),
        ("Europe/Paris", rule, "2026-11-27T23:30:00Z", Open, "2026-11-28T01:00:00Z", "-"),
        (
            "Europe/Paris",
            rule,
            "2026-11-28T01:00:00Z",
            Closed,
            "2026-11-28T19:00:00Z",
            "2026-11-28T19:00:00Z",
        ),
        ("Europe/Paris", rule, "2026-11-29T00:59:00Z", Open, "2026-11-29T01:00:00Z", "-"),
        // Sunday evening is closed until Friday.
        (
            "Europe/Paris",
            rule,
            "2026-11-29T20:00:00Z",
            Closed,
            "2026-12-04T19:00:00Z",
            "2026-12-04T19:00:00Z",
        ),
        // Open through midnight, day after day: no change there.
        (
            "Europe/Paris",
            "Mo-Su 08:00-24:00; Sa 00:00-24:00",
            "2026-11-27T20:00:00Z",
            Open,
            "2026-11-28T23:00:00Z",
            "-",
        ),
    ]);
}

#[test]
fn an_hour_that_daylight_saving_skips_is_not_there() {
    use State::{Closed, Open};
    // In Paris the clock goes from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    expect(&[
        // 02:30 never comes: it opens when the clock shows 03:00.
        (
            "Europe/Paris",
            "02:30-05:00",
            "2026-03-29T00:59:00Z",
            Closed,
            "2026-03-29T01:00:00Z",
            "2026-03-29T01:00:00Z",
        ),
        ("Europe/Paris", "02:30-05:00", "2026-03-29T01:00:00Z", Open, "2026-03-29T03:00:00Z", "-"),
        // 00:00-04:00 is three hours long.
        ("Europe/Paris", "00:00-04:00", "2026-03-28T23:00:00Z", Open, "2026-03-29T02:00:00Z", "-"),
        // Wholly within what is skipped: not open that day.
        (
            "Europe/Paris",
            "02:15-02:45",
            "2026-03-29T00:00:00Z",
            Closed,
            "2026-03-30T00:15:00Z",
            "2026-03-30T00:15:00Z",
        ),
        // The next morning's nine is an hour earlier in UTC.
        (
            "Europe/Paris",
            "09:00-17:00",
            "2026-03-28T16:00:00Z",
            Closed,
            "2026-03-29T07:00:00Z",
            "2026-03-29T07:00:00Z",
        ),
    ]);
}

#[test]
fn an_hour_that_daylight_saving_repeats_is_there_twice() {
    use State::{Closed, Open};
    // In Paris the clock goes from 03:00 back to 02:00 on 25 October 2026, at 01:00 UTC.
    expect(&[
        (
            "Europe/Paris",
            "02:30-05:00",
            "2026-10-25T00:29:00Z",
            Closed,
            "2026-10-25T00:30:00Z",
            "2026-10-25T00:30:00Z",
        ),
        // Half past two, then two again: closed for half an hour more.
        ("Europe/Paris", "02:30-05:00", "2026-10-25T00:30:00Z", Open, "2026-10-25T01:00:00Z", "-"),
        (
            "Europe/Paris",
            "02:30-05:00",
            "2026-10-25T01:00:00Z",
            Closed,
            "2026-10-25T01:30:00Z",
            "2026-10-25T01:30:00Z",
        ),
        ("Europe/Paris", "02:30-05:00", "2026-10-25T01:30:00Z", Open, "2026-10-25T04:00:00Z", "-"),
        ("Europe/Paris", "22:00-02:30", "2026-10-24T23:00:00Z", Open, "2026-10-25T00:30:00Z", "-"),
        (
            "Europe/Paris",
            "22:00-02:30",
            "2026-10-25T00:30:00Z",
            Closed,
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:00:00Z",
        ),
        // Lord Howe's clock goes back half an hour.
        (
            "Australia/Lord_Howe",
            "09:00-17:00",
            "2026-04-04T06:30:00Z",
            Closed,
            "2026-04-04T22:30:00Z",
            "2026-04-04T22:30:00Z",
        ),
    ]);
}

#[test]
fn public_holidays_are_the_country_s() {
    use State::{Closed, Open};
    // 14 July 2026 is a Tuesday, and a holiday in France.
    let rule = "Mo-Fr 09:00-17:00; PH off";
    expect(&[
        (
            "Europe/Paris",
            rule,
            "2026-07-13T15:00:00Z",
            Closed,
            "2026-07-15T07:00:00Z",
            "2026-07-15T07:00:00Z",
        ),
        (
            "Europe/Paris",
            rule,
            "2026-07-14T10:00:00Z",
            Closed,
            "2026-07-15T07:00:00Z",
            "2026-07-15T07:00:00Z",
        ),
        ("Europe/Paris", rule, "2026-07-15T10:00:00Z", Open, "2026-07-15T15:00:00Z", "-"),
    ]);
    let errors = [
        ("Mo-Fr 09:00-17:00; PH off", None, HoursError::WhoseHolidays),
        ("SH 10:00-12:00", Some("FR"), HoursError::SchoolHolidays),
    ];
    for (rule, country, error) in errors {
        let country = country.map(|code| code.parse().unwrap());
        assert_eq!(Hours::parse("Europe/Paris", rule, country), Err(error));
    }
}

#[test]
fn what_a_rule_does_not_know_is_unknown() {
    expect(&[(
        "Europe/Paris",
        "Mo-Su 09:00-12:00, Mo-Su 12:00-14:00 unknown",
        "2026-11-27T11:30:00Z",
        State::Unknown,
        "2026-11-27T13:00:00Z",
        "2026-11-28T08:00:00Z",
    )]);
}

#[test]
fn what_lies_further_off_than_a_year_is_not_told() {
    expect(&[
        (
            "Europe/Paris",
            "2030 Jan 01 10:00-12:00",
            "2026-11-27T00:00:00Z",
            State::Closed,
            "-",
            "-",
        ),
        (
            "Europe/Paris",
            "2020-2021 Mo-Fr 10:00-12:00",
            "2026-11-27T00:00:00Z",
            State::Closed,
            "-",
            "-",
        ),
    ]);
}

#[test]
fn a_reading_says_what_every_minute_says() {
    // Over both changes of the clock, the minutes one by one against the readings.
    for (zone, rule) in [
        ("Europe/Paris", "Mo-Fr 09:00-12:30,14:00-18:00; Sa 22:00-03:30; Su 02:30-02:45"),
        ("America/St_Johns", "Mo-Su 00:01-02:00,23:00-26:00"),
        ("Africa/Casablanca", "Mo-Su 02:15-02:45,09:00-17:00"),
    ] {
        let hours = hours(zone, rule);
        for start in [
            "2026-02-12T00:00:00Z",
            "2026-03-07T00:00:00Z",
            "2026-03-27T00:00:00Z",
            "2026-10-23T00:00:00Z",
        ] {
            let start: Timestamp = start.parse().unwrap();
            let minute = |number: i64| start.plus_millis(number * 60_000);
            let mut reading = hours.read(start);
            for number in 0..4 * 1_440 {
                let at = minute(number);
                if reading.until.is_some_and(|until| at >= until) {
                    assert_eq!(reading.until, Some(at), "{zone}: a change lies on its minute");
                    reading = hours.read(at);
                }
                assert_eq!(hours.state(at), reading.state, "{zone} {at}");
            }
        }
    }
}
