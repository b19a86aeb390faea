//! Services of partners' directories as drafts: what is taken over, what is left off, what is missing then.

use std::{collections::BTreeMap, fmt::Write as _};

use cms_core::{
    commands::import::{ImportOptions, ImportReport},
    locale::Locale,
    route::{
        Country,
        hsds::{Drafts, Options, ReadError, Reason, drafts},
    },
};
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    routes::{Site, Text},
};

fn options() -> Options {
    Options {
        locale: Locale::parse("en").unwrap(),
        country: None,
        zone: None,
        concerns: BTreeMap::new(),
    }
}

fn british() -> Options {
    let concerns = [("SH-1".to_owned(), "conduct.cyberbullying".to_owned())].into();
    let country = "GB".parse::<Country>().ok();
    Options { country, zone: "Europe/London".parse().ok(), concerns, ..options() }
}

fn read(value: &Value, options: &Options) -> Drafts {
    drafts(value.to_string().as_bytes(), options).unwrap()
}

/// A service of a fictitious directory, with a little of everything.
fn counselling() -> Value {
    json!({
        "id": "ac148810-0000-4000-8000-000000000001", "name": "Harbour Counselling", "status": "active",
        "description": "Talking, for young people.", "url": "https://harbour.example/talk",
        "email": "talk@harbour.example", "minimum_age": 12.0, "maximum_age": 18, "assured_date": "2026-05-04T00:00:00Z",
        "application_process": "Write or call.\nSomebody answers.\n\n", "interpretation_services": "In Urdu",
        "organization": {"id": "d9d5e0f5-0000-4000-8000-000000000001", "name": "Harbour", "description": "Harbour",
            "website": "https://harbour.example/", "additional_websites": [{"id": "x", "url": "https://social.example/harbour"}]},
        "phones": [
            {"id": "p1", "number": "\"01632 960 001\"", "type": "voice", "extension": 12, "languages": [{"id": "l", "code": "cy"}]},
            {"id": "p2", "number": "+44 7700 900111", "type": "text"},
            {"id": "p3", "number": "116 000"}, {"id": "p4", "number": "01632 960 002", "type": "fax"},
            {"id": "p5", "number": "call me"}, {"id": "p6", "number": "\u{202e}100 069 23610"}
        ],
        "schedules": [
            {"id": "s1", "freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "09:00:00", "closes_at": "12:00"},
            {"id": "s2", "freq": "WEEKLY", "byday": "mo,tu", "opens_at": "13:00", "closes_at": "23:59"}
        ],
        "service_areas": [{"id": "a1", "name": "GB-WLS"}, {"id": "a2", "name": "The whole valley"}],
        "languages": [{"id": "l1", "code": "en"}, {"id": "l2", "code": "??"}],
        "service_at_locations": [{"id": "sal", "location": {"id": "loc", "location_type": "physical", "name": "The office",
            "addresses": [{"id": "ad", "address_1": "1 Example Square", "city": "Harrowby", "state_province": "",
                "postal_code": "ZZ1 1ZZ", "country": "GB", "address_type": "physical"}]}}],
        "attributes": [{"id": "at", "taxonomy_term": {"id": "t1", "code": "SH-1", "name": "Bullying"}},
            {"id": "au", "taxonomy_term": {"id": "t2", "code": "other", "name": "Other"}}]
    })
}

#[test]
fn a_service_becomes_a_draft_with_what_it_says() {
    let found = read(&counselling(), &british());
    let [organisation, route] = found.lines.as_slice() else { panic!("{:?}", found.lines) };
    assert_eq!(
        (&organisation["type"], &organisation["status"]),
        (&json!("organisation"), &json!("draft"))
    );
    assert_eq!(organisation["key"], "hsds/organization/d9d5e0f5-0000-4000-8000-000000000001");
    assert_eq!(organisation["shared"]["url"], "https://harbour.example/");
    assert_eq!(organisation["fields"]["summary"], Value::Null, "its name is no description");
    assert_eq!(
        (&route["type"], &route["status"], &route["locale"]),
        (&json!("route"), &json!("draft"), &json!("en"))
    );
    let shared = &route["shared"];
    assert_eq!(
        shared["operator"]["organisation"],
        format!("key:{}", organisation["key"].as_str().unwrap())
    );
    assert_eq!(shared["covers"], json!({"subdivisions": ["GB-WLS"]}));
    assert_eq!(shared["concerns"], json!(["key:conduct.cyberbullying"]));
    assert_eq!((&shared["age_min"], &shared["age_max"]), (&json!(12), &json!(18)));
    assert_eq!(shared["assured"], json!({"date": "2026-05-04"}));
    let hours = json!({"tz": "Europe/London", "rule": "Mo,Tu 09:00-12:00,13:00-24:00; We,Th,Fr 09:00-12:00"});
    let expected = [
        json!({"id": "phone", "kind": "phone", "value": "01632 960 001", "languages": ["cy"], "interpreter": "on_request", "hours": hours}),
        json!({"id": "text", "kind": "sms", "value": "+44 7700 900111", "languages": ["en"], "hours": hours}),
        json!({"id": "phone-2", "kind": "phone", "value": "116 000", "languages": ["en"], "interpreter": "on_request", "hours": hours}),
        json!({"id": "email", "kind": "email", "value": "talk@harbour.example", "languages": ["en"]}),
        json!({"id": "web", "kind": "web_form", "value": "https://harbour.example/talk", "languages": ["en"]}),
        json!({"id": "place", "kind": "in_person", "value": "1 Example Square\nHarrowby\nZZ1 1ZZ\nGB", "languages": ["en"], "hours": hours}),
    ];
    let channels = shared["channels"].as_array().unwrap();
    assert_eq!(channels.len(), expected.len(), "{channels:?}");
    for (channel, expected) in channels.iter().zip(&expected) {
        let mut channel = channel.clone();
        let e164 = channel.as_object_mut().unwrap().remove("e164");
        assert_eq!(channel, *expected);
        assert!(e164.is_none_or(|it| it.as_str().unwrap().starts_with("+44")));
    }
    assert_eq!(
        route["fields"]["what_happens_next"],
        json!(["Write or call.", "Somebody answers."])
    );
    assert_eq!(route["fields"]["channel_notes"][0], json!({"channel": "phone", "note": "ext. 12"}));
    let left: Vec<_> = found.left.iter().map(|it| (it.pointer.as_str(), it.reason)).collect();
    assert_eq!(
        left,
        [
            ("/service_areas/1", Reason::NoArea),
            ("/phones/4", Reason::NoNumber),
            ("/phones/5", Reason::NoNumber),
        ]
    );
}

#[test]
fn services_come_in_many_forms() {
    let one = json!({"id": "a", "name": "One", "status": "active", "organization": {"id": "o", "name": "Org"}});
    let inactive = json!({"id": "b", "name": "Two", "status": "defunct"});
    let of_organisation = json!({"id": "o", "name": "Org", "services": [{"id": "a", "name": "One", "status": "active"}, inactive]});
    let tables = json!({
        "organization": [{"id": "o", "name": "Org"}],
        "service": [{"id": "a", "name": "One", "status": "active", "organization_id": "o"}, inactive],
        "phone": [{"id": "p", "service_id": "a", "number": "116 000"}, {"id": "q", "service_id": "z", "number": "1"}],
        "taxonomy_term": [{"id": "t", "code": "SH-1"}], "attribute": [{"id": "x", "link_id": "a", "taxonomy_term_id": "t"}],
    });
    for form in [
        json!([one, inactive]),
        json!({"total_items": 2, "contents": [one, inactive]}),
        json!([of_organisation]),
        of_organisation,
        tables.clone(),
    ] {
        let found = read(&form, &british());
        let keys: Vec<_> = found.lines.iter().map(|it| it["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["hsds/organization/o", "hsds/service/a"], "{form}");
        assert_eq!(found.inactive, 1, "{form}");
    }
    let joined = read(&tables, &british());
    assert_eq!(joined.lines[1]["shared"]["channels"][0]["value"], "116 000");
    assert_eq!(joined.lines[1]["shared"]["concerns"], json!(["key:conduct.cyberbullying"]));
    let lines = format!("\u{feff}{one}\n\n{inactive}\n");
    assert_eq!(drafts(lines.as_bytes(), &options()).unwrap().lines.len(), 2);
}

#[test]
fn what_is_no_directory_is_refused_and_what_is_odd_is_left_off() {
    for bad in ["", "nothing", "{\"id\": 1", "\u{0}"] {
        assert!(
            matches!(drafts(bad.as_bytes(), &options()), Err(ReadError::Json { .. })),
            "{bad:?}"
        );
    }
    for empty in ["[]", "null", "[1, \"two\", [null]]", "{\"contents\": {}}", "{\"service\": 3}"] {
        assert!(
            matches!(drafts(empty.as_bytes(), &options()), Err(ReadError::NoServices)),
            "{empty}"
        );
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(drafts(deep.as_bytes(), &options()), Err(ReadError::Json { .. })));
    let broken = "{\"id\": \"a\", \"name\": \"A\"}\n{\"id\": ";
    assert!(matches!(drafts(broken.as_bytes(), &options()), Err(ReadError::Json { line: 2, .. })));
    let odd = json!([
        {"id": 3, "name": "A"}, {"name": "B", "status": "active"},
        {"id": "c", "name": ["C"], "phones": "none"},
        {"id": "d", "name": "D\u{7}", "description": "x".repeat(5_000), "phones": [[], 4, {"number": 7}], "minimum_age": -1,
         "maximum_age": 1e300, "url": "javascript:alert(1)", "email": "a b@x", "assured_date": "yesterday",
         "schedules": [{"id": "s", "freq": "MONTHLY", "opens_at": "9", "byday": "2MO"}],
         "additional_urls": [{"url": "http://plain.example/"}]},
    ]);
    let found = read(&odd, &options());
    let [line] = found.lines.as_slice() else { panic!("{:?}", found.lines) };
    assert_eq!(line["shared"], json!({"operator": {"kind": "other"}}));
    assert_eq!(line["fields"]["title"], "D");
    assert_eq!(line["fields"]["summary"].as_str().unwrap().chars().count(), 2_000);
    let left: Vec<_> = found
        .left
        .iter()
        .map(|it| format!("{} {} {:?}", it.service, it.pointer, it.reason))
        .collect();
    assert_eq!(
        left,
        [
            " /  Nameless".replace("/  ", " "),
            "  Nameless".to_owned(),
            "c  Nameless".to_owned(),
            "d /phones/0 NoNumber".to_owned(),
            "d /phones/1 NoNumber".to_owned(),
            "d /phones/2 NoNumber".to_owned(),
            "d /email NoEmail".to_owned(),
            "d /url NoLink".to_owned(),
            "d /additional_urls/0 NoLink".to_owned(),
            "d /schedules NoHours".to_owned(),
            "d /description Cut".to_owned(),
        ]
    );
}

fn import(site: &Site, lines: &[Value]) -> ImportReport {
    let text = lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").unwrap();
        text
    });
    let options = ImportOptions { missing: true, ..ImportOptions::default() };
    let mut lines = Text(text);
    let report = wait_for(async {
        site.cms.import(&site.administrator(), &mut lines, &options, &|_, _| ()).await
    });
    let report = report.unwrap();
    assert!(wait_for(site.cms.settled()));
    report
}

/// What each draft lacks.
fn unready(report: &ImportReport) -> Vec<String> {
    let told = report.unready.iter().map(|it| {
        let each: Vec<_> =
            it.violations.iter().map(|it| format!("{} {}", it.pointer, it.code)).collect();
        format!("{}: {}", it.key, each.join(", "))
    });
    told.collect()
}

#[test]
fn an_import_tells_what_is_missing_before_a_draft_could_be_published() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let bare = json!({"id": "bare", "name": "Bare", "status": "active"});
    let services = json!([counselling(), bare]);
    let lines = read(&services, &british()).lines;
    let report = import(&site, &lines);
    assert_eq!(report.refused, []);
    assert_eq!((report.accepted, report.entries_created), (3, 3));
    let expected = [
        "hsds/service/ac148810-0000-4000-8000-000000000001: /fields/identity required",
        "hsds/service/bare: /fields/channels required, /fields/identity required",
    ];
    assert_eq!(unready(&report), expected);
    // The same again changes nothing, and tells the same.
    let again = import(&site, &lines);
    assert_eq!((again.accepted, again.unchanged), (0, 3));
    assert_eq!(unready(&again), expected);
    // Readers see nothing of it.
    let told = String::from_utf8(site.get("/v1/routes.json?locale=en").bytes).unwrap();
    assert!(!told.contains("Harbour") && !told.contains("hsds/"));
    assert_eq!(site.get("/v1/routes?locale=en&country=GB").status, 200);
}

#[test]
fn what_is_exported_can_be_taken_in_again_as_drafts() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let page = site.get("/hsds/services?locale=en&full=true&per_page=500").bytes;
    let found = drafts(&page, &options()).unwrap();
    assert!(found.left.iter().all(|it| it.reason == Reason::NoNumber), "{:?}", found.left);
    let report = import(&site, &found.lines);
    assert_eq!(report.refused, []);
    let line = found
        .lines
        .iter()
        .find(|it| {
            it["fields"]["title"] == "Talkline, United Kingdom"
                || it["key"] == format!("hsds/service/{}", site.by_key("route", "talkline-gb"))
        })
        .unwrap();
    assert_eq!(line["shared"]["covers"], json!({"countries": ["GB"]}));
    let phone = &line["shared"]["channels"][0];
    assert_eq!((&phone["kind"], &phone["value"]), (&json!("phone"), &json!("+448081570111")));
    assert_eq!(phone["hours"]["tz"], "Europe/London");
    let missing = unready(&report);
    assert!(missing.iter().all(|it| it.contains("/fields/identity required")), "{missing:?}");
}
