//! What is to be looked at again, and what readers say is wrong.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    http_acts::desk::Desk,
};

fn get(desk: &Desk, token: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    desk.app.get_with(&format!("/manage/v1/reports/{path}"), &[("Authorization", &bearer)])
}

/// Names the day on which an entry is to be looked at again.
fn review(desk: &Desk, entry: &str, tag: &str, day: &Value) {
    let body = json!({ "fields": { "review_due": day } });
    let saved = desk.ask((Method::Patch, &format!("{entry}/shared")), Some(tag), &body);
    assert_eq!(saved.status, 200, "{saved:?}");
}

fn id(entry: &str) -> &str {
    entry.split('/').nth(1).unwrap()
}

#[test]
fn what_is_due_and_overdue_is_listed_by_day_until_it_was_looked_at() {
    // It is 2026-09-21 there.
    let desk = Desk::new();
    let entries: Vec<_> = (0..4).map(|_| desk.entry("guidance")).collect();
    let days = ["2026-10-01", "2026-09-20", "2026-09-21", "2027-01-01"];
    for (entry, day) in entries.iter().zip(days) {
        review(&desk, entry, "\"0\"", &json!(day));
    }
    let rows = |query: &str| -> Vec<(String, String)> {
        let told = get(&desk, &desk.token, &format!("reviews{query}")).json();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let data = told["data"].as_array().unwrap();
        data.iter().map(|row| (text(row, "review_due"), text(row, "state"))).collect()
    };
    let row = |day: &str, state: &str| (day.to_owned(), state.to_owned());
    let expected =
        [row("2026-09-20", "overdue"), row("2026-09-21", "due"), row("2026-10-01", "due")];
    assert_eq!(rows(""), expected);
    assert_eq!(rows("?within=0"), expected[..2]);
    assert_eq!(rows("?within=200").len(), 4);
    let first = get(&desk, &desk.token, "reviews?limit=1").json();
    assert_eq!(first["data"].as_array().unwrap().len(), 1);
    let next = first["next"].as_str().unwrap();
    assert_eq!(rows(&format!("?after={next}")), expected[1..]);
    // Looked at: the next day is named, or none.
    review(&desk, &entries[1], "\"1\"", &json!("2028-01-01"));
    review(&desk, &entries[2], "\"1\"", &Value::Null);
    assert_eq!(rows(""), expected[2..]);
    // A draft that is given up takes its day with it.
    desk.save(&format!("{}/en", entries[0]), "\"0\"", "Page");
    desk.done(&format!("{}/shared", entries[0]), "publish", "\"1\"", &Value::Null);
    review(&desk, &entries[0], "\"1\"", &json!("2029-01-01"));
    assert!(rows("").is_empty());
    desk.done(&format!("{}/shared", entries[0]), "discard", "\"2\"", &Value::Null);
    assert_eq!(rows(""), expected[2..]);
    wait_for(desk.app.cms.rebuild(|_| {})).unwrap();
    assert_eq!(rows(""), expected[2..]);
    desk.ask((Method::Delete, &entries[0]), None, &Value::Null);
    assert!(rows("").is_empty());
}

#[test]
fn what_nobody_in_particular_answers_for_is_said_and_others_see_theirs_alone() {
    let desk = Desk::new();
    let (guidance, topic) = (desk.entry("guidance"), desk.entry("topic"));
    review(&desk, &guidance, "\"0\"", &json!("2026-09-22"));
    review(&desk, &topic, "\"0\"", &json!("2026-09-23"));
    let all = get(&desk, &desk.token, "reviews").json();
    assert_eq!(all["data"][0]["unowned"], true, "only an administrator may write it");
    let agencies = desk.app.cms.editing().agencies().unwrap();
    let agency = agencies.values().next().unwrap();
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    let grant = cms_core::access::Grant {
        acts: vec![Act::Read, Act::Write],
        agency: Some(agency.id),
        type_name: None,
        locale: None,
    };
    let act = cms_core::commands::save_account::CreateAccount {
        name: "Theirs".to_owned(),
        grants: vec![grant],
    };
    wait_for(desk.app.cms.create_account(&administrator, act)).unwrap();
    let all = get(&desk, &desk.token, &format!("reviews?agency={}", agency.key)).json();
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    assert_eq!(all["data"][0]["unowned"], false);
    let topics = desk.token_for(&[Act::Read], Some("topic"), None);
    let theirs = get(&desk, &topics, "reviews").json();
    assert_eq!(theirs["data"].as_array().unwrap().len(), 1);
    assert_eq!(theirs["data"][0]["id"], id(&topic));
    let french = desk.token_for(&[Act::Read], None, Some("fr"));
    assert_eq!(get(&desk, &french, "reviews").json()["data"], json!([]), "days are shared fields");
    for (query, parameter) in [
        ("?within=-1", "within"),
        ("?agency=nobody", "agency"),
        ("?after=x", "after"),
        ("?limit=0", "limit"),
        ("?state=due", "state"),
    ] {
        let answer = get(&desk, &desk.token, &format!("reviews{query}"));
        assert_eq!((answer.status, answer.faults()[0].0.as_str()), (400, parameter), "{query}");
    }
}

/// Reports a page as a reader; what else is sent says nothing.
fn report(desk: &Desk, path: &str, body: &Value) -> Answer {
    let headers = [
        ("Content-Type", "application/json"),
        ("User-Agent", "somebody-s-browser"),
        ("X-Real-IP", "192.0.2.1"),
        ("Cookie", "who=me"),
        ("Referer", "https://example.org/somebody"),
    ];
    desk.app.send(Method::Post, &format!("/v1/entries/{path}/reports"), &headers, &body.to_string())
}

/// A page in English.
fn page(desk: &Desk) -> String {
    let entry = desk.entry("guidance");
    desk.save(&format!("{entry}/en"), "\"0\"", "Page");
    desk.done(&format!("{entry}/en"), "publish", "\"1\"", &Value::Null);
    entry
}

#[test]
fn a_reader_s_report_reaches_those_who_answer_for_the_page_and_tells_nothing_of_the_reader() {
    let desk = Desk::new();
    let entry = page(&desk);
    let body =
        json!({ "locale": "en", "reason": "dead_contact", "text": "The number rings\nand rings." });
    let sent = report(&desk, &entry, &body);
    assert_eq!((sent.status, sent.json()), (202, json!({ "received": true })), "{sent:?}");
    assert_eq!(sent.header("set-cookie"), None);
    assert_eq!(sent.header("cache-control"), Some("no-store"));
    let listed = get(&desk, &desk.token, "readers").json();
    let told = &listed["data"][0];
    assert_eq!((&told["reason"], &told["text"]), (&body["reason"], &body["text"]));
    assert_eq!(
        (&told["entry"], &told["locale"], &told["revision"]),
        (&json!(id(&entry)), &json!("en"), &json!(1))
    );
    assert_eq!(told["day"], "2026-09-21");
    for (name, cell) in wait_for(desk.app.cms.log().cells("reader-report/")).unwrap() {
        let kept = format!("{name} {}", String::from_utf8_lossy(&cell.value));
        for trace in ["192.0.2", "somebody", "who=me", "T1"] {
            assert!(!kept.contains(trace), "{kept}");
        }
    }
    let events = desk.app.cms.log().last();
    report(&desk, &entry, &body);
    assert_eq!(desk.app.cms.log().last(), events, "what strangers write is not in the log");
    // Other than those who may write, review or publish it, nobody sees it.
    let seen = |token: &str| {
        let answer = get(&desk, token, "readers");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].as_array().unwrap().len()
    };
    let writer = desk.token_for(&[Act::Read, Act::Write], Some("guidance"), Some("en"));
    assert_eq!(seen(&writer), 2);
    for (acts, kind, tag) in [
        (&[Act::Read][..], None, None),
        (&[Act::Read, Act::Write], Some("topic"), None),
        (&[Act::Read, Act::Write], None, Some("fr")),
    ] {
        let token = desk.token_for(acts, kind, tag);
        assert_eq!(seen(&token), 0, "{acts:?} {kind:?} {tag:?}");
        let path = format!("/manage/v1/reports/readers/{}", told["id"].as_str().unwrap());
        let bearer = format!("Bearer {token}");
        let refused = desk.app.send(Method::Delete, &path, &[("Authorization", &bearer)], "");
        assert!([403, 404].contains(&refused.status), "{refused:?}");
    }
    let resolve = |token: &str| {
        let path = format!("/manage/v1/reports/readers/{}", told["id"].as_str().unwrap());
        let bearer = format!("Bearer {token}");
        desk.app.send(Method::Delete, &path, &[("Authorization", &bearer)], "").status
    };
    assert_eq!((resolve(&writer), resolve(&writer)), (204, 404));
    assert_eq!(seen(&desk.token), 1);
    desk.clock.advance(184 * 24 * 60 * 60 * 1_000);
    let later = desk.token_for(&[Act::Read, Act::Write], None, None);
    assert_eq!(seen(&later), 0, "after half a year it is gone");
}

#[test]
fn a_report_is_about_a_page_that_readers_get_and_says_one_of_a_few_things() {
    let desk = Desk::new();
    let entry = page(&desk);
    for (body, place, code) in [
        (json!({}), "/locale", "required"),
        (json!({ "locale": "x_", "reason": "wrong" }), "/locale", "not_a_locale"),
        (json!({ "locale": "en", "reason": "WRONG" }), "/reason", "unknown_reason"),
        (json!({ "locale": "en", "reason": "wrong", "text": "" }), "/text", "text_length"),
        (
            json!({ "locale": "en", "reason": "wrong", "text": "x".repeat(1_001) }),
            "/text",
            "text_length",
        ),
        (
            json!({ "locale": "en", "reason": "wrong", "text": "a\u{1b}[2J" }),
            "/text",
            "control_character",
        ),
        (json!({ "locale": "en", "reason": "wrong", "email": "a@b" }), "/email", "unknown_member"),
    ] {
        let faults = report(&desk, &entry, &body).faults();
        assert!(faults.contains(&(place.to_owned(), code.to_owned())), "{body}: {faults:?}");
    }
    let good = json!({ "locale": "en", "reason": "wrong" });
    let draft = desk.entry("guidance");
    desk.save(&format!("{draft}/en"), "\"0\"", "Draft");
    let unknown = "guidance/0190a0a0-0000-7000-8000-000000000000".to_owned();
    let of_other_type = entry.replace("guidance", "topic");
    for path in [draft, unknown, of_other_type, "guidance/page".to_owned(), "no-type/x".to_owned()]
    {
        // Neither a good nor a bad body tells whether there is a draft.
        for body in [&good, &json!({})] {
            let answer = report(&desk, &path, body);
            assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{path}");
        }
    }
    let in_french = json!({ "locale": "fr", "reason": "wrong" });
    assert_eq!(report(&desk, &entry, &in_french).status, 404);
    let headers = [("Content-Type", "text/plain")];
    let path = format!("/v1/entries/{entry}/reports");
    let form = desk.app.send(Method::Post, &path, &headers, &good.to_string());
    assert_eq!(form.status, 415);
}

#[test]
fn a_flood_of_reports_is_slowed_down_and_bounded() {
    let desk = Desk::new();
    let entry = page(&desk);
    let body = json!({ "locale": "en", "reason": "outdated" });
    for _ in 0..30 {
        assert_eq!(report(&desk, &entry, &body).status, 202);
    }
    let slowed = report(&desk, &entry, &body);
    assert_eq!((slowed.status, slowed.code().as_str()), (429, "too-many-requests"));
    assert_eq!(slowed.header("retry-after"), Some("2"));
    desk.clock.advance(60_000);
    for _ in 0..30 {
        assert_eq!(
            report(&desk, &entry, &body).status,
            202,
            "whether it is kept is nobody's business"
        );
    }
    let kept = get(&desk, &desk.token, "readers").json()["data"].as_array().unwrap().len();
    assert_eq!(kept, 50, "as many about one page as anybody will read");
    assert_eq!(desk.read(&entry, "locale=en").status, 200, "readers are answered meanwhile");
}
