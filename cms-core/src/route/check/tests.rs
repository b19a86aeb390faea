//! What is told of routes that can't be right, one rule at a time.

use serde_json::json;

use super::*;

fn fields(value: Value) -> Fields {
    serde_json::from_value(value).unwrap()
}

fn brief(found: Vec<Violation>) -> Vec<String> {
    found.into_iter().map(|it| format!("{} {}", it.pointer, it.code)).collect()
}

fn told_of(shared: Value) -> Vec<String> {
    brief(check_draft(&fields(shared)))
}

/// What is told of one channel of a route for the United Kingdom.
fn told_of_channel(channel: Value) -> Vec<String> {
    told_of(json!({"covers": {"countries": ["GB"]}, "channels": [channel]}))
}

#[test]
fn places_are_those_that_there_are() {
    assert_eq!(
        told_of(json!({"covers": {
            "countries": ["FR", "XX", "uk"], "subdivisions": ["GB-WLS", "XX-1", "FR-75"], "groups": ["eu"],
        }})),
        [
            "/covers/countries/1 unknown_country",
            "/covers/subdivisions/0 subdivision_of_other_country",
            "/covers/subdivisions/1 unknown_country",
        ]
    );
    assert_eq!(told_of(json!({"covers": {"subdivisions": ["GB-WLS"]}})), [] as [String; 0]);
}

#[test]
fn a_channel_gives_what_its_kind_can_use() {
    let cases = [
        ("phone", "javascript:alert(1)", "number_characters"),
        ("phone", "\u{202e}111 611", "hidden_characters"),
        ("sms", "text HELP to 12", "number_characters"),
        ("textphone_relay", "javascript:alert(1)", "not_a_link"),
        ("webchat", "javascript:alert(1)", "not_a_link"),
        ("web_form", "http://helpline.example/", "not_a_link"),
        ("app", "helpline.example", "not_a_link"),
        ("email", "help@helpline.example?subject=x", "not_an_email"),
        ("in_person", "1 High Street\u{202e}teertS", "hidden_characters"),
    ];
    for (kind, value, code) in cases {
        let found = told_of_channel(json!({"id": "a", "kind": kind, "value": value}));
        assert_eq!(found, [format!("/channels/0/value {code}")], "{kind} {value}");
    }
    for (kind, value) in [
        ("emergency_call", "999"),
        ("phone", "116 000"),
        ("textphone_relay", "18001 0800 000"),
        ("video_sign_language", "https://helpline.example/bsl"),
        ("post", "1 High Street\nAnytown"),
    ] {
        let found = told_of_channel(json!({"id": "a", "kind": kind, "value": value}));
        assert_eq!(found, [] as [String; 0], "{kind} {value}");
    }
}

#[test]
fn only_numbers_of_the_plan_stand_in_e164() {
    let cases = [
        ("01632 960 001", "+441632960001", None),
        ("01632 960 002", "+441632960001", Some("/channels/0/value number_differs")),
        ("116 000", "+441632960001", Some("/channels/0/value number_differs")),
        ("01632 960 001", "+33199001122", Some("/channels/0/e164 number_of_other_country")),
        ("116 000", "+44116000", Some("/channels/0/e164 not_a_number")),
    ];
    for (value, e164, expected) in cases {
        let found =
            told_of_channel(json!({"id": "a", "kind": "phone", "value": value, "e164": e164}));
        assert_eq!(
            found,
            expected.map(str::to_owned).into_iter().collect::<Vec<_>>(),
            "{value} {e164}"
        );
    }
    let both = json!({"id": "a", "kind": "phone", "value": "116 000", "e164": "+441632960001", "shortcode": "116000"});
    assert_eq!(told_of_channel(both), [] as [String; 0]);
    let abroad = json!({"covers": {"groups": ["eu"]}, "channels": [{"id": "a", "kind": "phone", "e164": "+441632960001"}]});
    assert_eq!(told_of(abroad), [] as [String; 0]);
}

#[test]
fn hours_can_be_read_and_have_a_clock() {
    let cases = [
        ("Europe/London", "24/7", None),
        ("Europe/London", "Mo-Fr 09:00-17:00; PH off", None),
        ("Europe/Atlantis", "24/7", Some("tz unknown_time_zone")),
        ("Europe/London", "nine to five", Some("rule hours_malformed")),
        ("Europe/London", "Mo-Fr off", Some("rule hours_never_open")),
        ("Europe/London", "Mo-Fr sunrise-sunset", Some("rule hours_need_place")),
        ("Europe/London", "SH off; Mo-Fr 09:00-17:00", Some("rule hours_school_holidays")),
    ];
    for (tz, rule, expected) in cases {
        let found =
            told_of_channel(json!({"id": "a", "kind": "phone", "hours": {"tz": tz, "rule": rule}}));
        let expected = expected.map(|it| format!("/channels/0/hours/{it}"));
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{tz} {rule}");
    }
    let channel = json!({"id": "a", "kind": "phone", "hours": {"tz": "Europe/London", "rule": "Mo-Fr; PH off"}});
    for (covers, code) in [
        (json!({"groups": ["eu"]}), "hours_whose_holidays"),
        (json!({"countries": ["GB", "FR"]}), "hours_whose_holidays"),
        (json!({"countries": ["AQ"]}), "hours_unknown_holidays"),
    ] {
        let found = told_of(json!({"covers": covers, "channels": [channel]}));
        assert_eq!(found, [format!("/channels/0/hours/rule {code}")]);
    }
}

#[test]
fn ages_exclusions_and_ids_agree_with_each_other() {
    let found = told_of(json!({
        "age_min": 18, "age_max": 12, "concerns": ["key:a"], "excludes": [{"concern": "key:b"}, {"concern": "key:a"}],
        "channels": [{"id": "a", "kind": "phone"}, {"id": "a", "kind": "sms"}],
    }));
    assert_eq!(
        found,
        [
            "/age_min ages_reversed",
            "/excludes/1/concern excluded_and_listed",
            "/channels/1/id repeated_channel"
        ]
    );
}

fn missing(localized: Value, shared: Value) -> Vec<String> {
    brief(check_publication(&fields(localized), &fields(shared)))
}

#[test]
fn a_route_is_reached_by_something_that_is_no_sealed_report() {
    let sealed = json!({"id": "s", "kind": "sealed"});
    let phone = json!({"id": "p", "kind": "phone", "value": "116 000"});
    assert_eq!(
        missing(json!({}), json!({"channels": [sealed]})),
        [
            "/channels only_sealed",
            "/confidentiality_exceptions sealed_without_exceptions",
            "/channels/0 sealed_without_keys"
        ]
    );
    assert_eq!(
        missing(
            json!({"confidentiality_exceptions": [{"when": "A life is in danger"}]}),
            json!({"channels": [phone, sealed]})
        ),
        ["/channels/1 sealed_without_keys"]
    );
    let empty = json!({"channels": [{"id": "p", "kind": "phone", "value": " "}], "covers": {"countries": []}});
    assert_eq!(missing(json!({}), empty), ["/covers covers_nothing", "/channels/0/value required"]);
    let note = json!({"channel_notes": [{"channel": "p"}, {"channel": "q"}]});
    assert_eq!(
        missing(note, json!({"channels": [phone]})),
        ["/channel_notes/1/channel unknown_channel"]
    );
}

#[test]
fn no_child_pays_a_premium() {
    let channels = json!([{"id": "p", "kind": "phone", "value": "116 000", "cost": "premium"}]);
    let told = ["/channels/0/cost premium_for_children"];
    assert_eq!(missing(json!({}), json!({"channels": channels})), told);
    assert_eq!(missing(json!({}), json!({"channels": channels, "age_min": 18})), [] as [String; 0]);
    let dear = json!([{"id": "p", "kind": "phone", "value": "09011234567", "e164": "+449011234567", "cost": "free"}]);
    assert_eq!(missing(json!({}), json!({"channels": dear})), told);
    // The number itself says so, where it is dialled.
    let dialled = json!([{"id": "p", "kind": "phone", "value": "0901 123 4567", "cost": "free"}]);
    let there = json!({"channels": dialled, "covers": {"countries": ["GB"]}});
    assert_eq!(missing(json!({}), there), told);
    // For listed audiences it depends on who they are.
    assert_eq!(
        missing(json!({}), json!({"channels": channels, "audiences": ["x"]})),
        [] as [String; 0]
    );
    assert_eq!(brief(check_cost_for_children(&fields(json!({"channels": channels})))), told);
    assert!(is_of_children(Some("child_u13"), None) && is_of_children(None, Some(17)));
    assert!(!is_of_children(Some("parent_carer"), None) && !is_of_children(None, Some(18)));
}

#[test]
fn what_is_shown_is_what_is_dialled() {
    let cases = [
        // The short code is dialled, whatever stands in the international field.
        (json!({"value": "116 000", "shortcode": "116000"}), None),
        (json!({"value": "116 001", "shortcode": "116000"}), Some("value number_differs")),
        (json!({"value": "+33 1 99 00 11 22"}), Some("value number_of_other_country")),
        (json!({"value": "+44 1632 960 001"}), None),
        (json!({"value": "+44 (0)1632 960 001"}), None),
        (json!({"value": "+44 116 000"}), Some("value not_a_number")),
        (json!({"value": "+"}), Some("value number_characters")),
    ];
    for (channel, expected) in cases {
        let mut whole = json!({"id": "a", "kind": "phone"});
        whole.as_object_mut().unwrap().extend(channel.as_object().unwrap().clone());
        let expected = expected.map(|it| format!("/channels/0/{it}"));
        assert_eq!(told_of_channel(whole), expected.into_iter().collect::<Vec<_>>(), "{channel}");
    }
}

#[test]
fn an_emergency_call_has_an_entry_of_its_own_and_a_place() {
    let call = json!([{"id": "a", "kind": "emergency_call", "value": "999"}]);
    let mixed = json!({"urgency": "hours", "covers": {"countries": ["GB"]}, "channels": call});
    assert_eq!(told_of(mixed.clone()), ["/urgency emergency_not_marked"]);
    let everywhere =
        json!({"urgency": "emergency", "covers": {"groups": ["eu", "global"]}, "channels": call});
    assert_eq!(told_of(everywhere), ["/covers/groups emergency_everywhere"]);
    let own = json!({"urgency": "emergency", "covers": {"countries": ["GB"]}, "channels": call});
    assert_eq!(told_of(own.clone()), [] as [String; 0]);
    assert!(is_for_emergencies(&fields(own)) && is_for_emergencies(&fields(mixed)));
    assert!(!is_for_emergencies(&fields(
        json!({"urgency": "hours", "channels": [{"kind": "phone"}]})
    )));
}

#[test]
fn a_channel_has_one_note() {
    let notes = json!({"channel_notes": [{"channel": "a"}, {"channel": "b"}, {"channel": "a"}]});
    assert_eq!(told_of(notes), ["/channel_notes/2/channel repeated_channel"]);
}

#[test]
fn nobody_has_made_sure_on_a_day_to_come() {
    let today = "2026-11-24".parse().unwrap();
    let assured = |date: &str| fields(json!({"assured": {"date": date}}));
    // It is tomorrow already somewhere.
    for fine in ["2020-02-29", "2026-11-24", "2026-11-25", "soon"] {
        assert_eq!(check_assured(&assured(fine), today), None, "{fine}");
    }
    assert_eq!(check_assured(&fields(json!({})), today), None);
    let wrong = check_assured(&assured("2026-11-26"), today).unwrap();
    assert_eq!(
        (wrong.pointer.as_str(), wrong.code.as_str()),
        ("/assured/date", "assured_in_future")
    );
}
