//! Schedules: what happens at its time and not before, and what is taken back.

use rocket::http::Method;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::app::wait_for;

#[test]
fn what_is_scheduled_happens_at_its_time_and_not_before() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let tag = desk.save(&en, "\"0\"", "On Friday");
    let at = |after: i64| desk.app.cms.clock().now().plus_millis(after);
    for (body, code) in [
        (json!({ "act": "publish", "at": at(-1) }), "time_out_of_range"),
        (json!({ "act": "publish", "at": at(0) }), "time_out_of_range"),
        (json!({ "act": "publish", "at": "2300-01-01T00:00:00Z" }), "time_out_of_range"),
        (json!({ "act": "publish", "at": "Friday" }), "bad_time"),
        (json!({ "act": "erase", "at": at(1) }), "bad_scheduled_act"),
        (json!({ "act": "publish", "at": at(1), "zone": "a b" }), "bad_zone"),
        (json!({ "act": "unpublish", "at": at(1), "mode": "gone" }), "not_published"),
        (json!({ "at": at(1) }), "required"),
        (json!({ "act": "publish", "at": at(1), "notice": "x" }), "unknown_member"),
    ] {
        assert_eq!(Desk::first_fault(&desk.act(&en, "schedule", &tag, &body)), code, "{body}");
    }
    let (publish, withdraw) = (at(3_600_000), at(7_200_000));
    let body = json!({ "act": "publish", "at": publish, "zone": "Europe/Paris" });
    let standing = desk.done(&en, "schedule", &tag, &body);
    assert_eq!(standing["status"], "scheduled");
    assert_eq!(standing["schedules"][0]["zone"], "Europe/Paris");
    let body = json!({ "act": "unpublish", "at": withdraw, "mode": "gone" });
    desk.done(&en, "schedule", &tag, &body);
    // Until its time it stays as it is.
    let patch = json!({ "fields": { "title": "x" } });
    assert_eq!(
        Desk::first_fault(&desk.ask((Method::Patch, &en), Some(&tag), &patch)),
        "is_scheduled"
    );
    assert_eq!(Desk::first_fault(&desk.act(&en, "publish", &tag, &Value::Null)), "is_scheduled");
    assert_eq!(
        desk.app.get("/v1/types").header("cache-control"),
        Some("public, max-age=60, stale-while-revalidate=300, stale-if-error=3540")
    );
    desk.clock.advance(3_600_000 - 10_000);
    assert_eq!(desk.read(&entry, "locale=en").status, 404, "not yet");
    assert_eq!(
        desk.app.get("/v1/types").header("cache-control"),
        Some("public, max-age=10, stale-while-revalidate=0, stale-if-error=0")
    );
    desk.clock.advance(9_999);
    assert_eq!(desk.read(&entry, "locale=en").status, 404, "not a millisecond before");
    desk.clock.advance(1);
    let page = desk.read(&entry, "locale=en");
    assert_eq!(page.status, 200, "the first read finds it, whatever the timer does");
    assert_eq!(page.json()["data"]["published_at"], json!(publish));
    let changes = desk.app.get("/v1/changes").json();
    let ops: Vec<_> =
        changes["data"].as_array().unwrap().iter().map(|item| item["op"].clone()).collect();
    assert_eq!(ops, ["published"], "once: {changes}");
    desk.clock.advance(10_000_000);
    assert_eq!(desk.read(&entry, "locale=en&fallback=none").status, 410);
    assert_eq!(desk.app.cms.next_due(), None);
    let last = desk.app.cms.log().last();
    assert_eq!(wait_for(desk.app.cms.apply_due()).unwrap(), 0);
    assert_eq!(desk.app.cms.log().last(), last, "applying it twice does nothing");
}

#[test]
fn a_schedule_is_taken_back_or_fails_with_its_reasons() {
    let desk = Desk::new();
    let (used, page) = (desk.entry("guidance"), desk.entry("guidance"));
    let (used_en, page_en) = (format!("{used}/en"), format!("{page}/en"));
    let tag = desk.save(&used_en, "\"0\"", "Used");
    desk.done(&used_en, "publish", &tag, &Value::Null);
    let id = used.split('/').nth(1).unwrap();
    let body = json!({ "fields": { "title": "User", "body": format!("See {{{{entry:{id}}}}}.") } });
    desk.ask((Method::Patch, &page_en), Some("\"0\""), &body);
    let at = desk.app.cms.clock().now().plus_millis(1_000);
    let schedule = json!({ "act": "publish", "at": at });
    let standing = desk.done(&page_en, "schedule", "\"1\"", &schedule);
    let id = standing["schedules"][0]["id"].clone();
    let back = desk.done(&page_en, "unschedule", "\"1\"", &json!({ "schedule": id }));
    assert_eq!((&back["status"], &back["schedules"]), (&json!("draft"), &Value::Null));
    assert_eq!(desk.act(&page_en, "unschedule", "\"1\"", &json!({ "schedule": id })).status, 404);
    desk.done(&page_en, "schedule", "\"1\"", &schedule);
    // What it embeds goes away meanwhile.
    desk.done(&used_en, "unpublish", &tag, &json!({ "mode": "gone" }));
    desk.clock.advance(5_000);
    assert_eq!(desk.read(&page, "locale=en").status, 404);
    let draft = desk.ask((Method::Get, &page_en), None, &Value::Null).json();
    assert_eq!((&draft["status"], &draft["schedules"]), (&json!("draft"), &Value::Null), "{draft}");
    assert_eq!(desk.app.cms.next_due(), None);
}
