//! Duplicates: what comes along, what doesn't, and who may.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::http_acts::desk::Desk;

#[test]
fn a_duplicate_has_the_drafts_and_nothing_else_of_the_other() {
    let desk = Desk::new();
    let topic = desk.entry("topic");
    desk.ask(
        (Method::Patch, &format!("{topic}/en")),
        Some("\"0\""),
        &json!({ "fields": { "title": "Scams" } }),
    );
    let body = json!({ "source_locale": "en", "key": "original" });
    let made = desk.ask((Method::Post, "guidance"), None, &body).json();
    let entry = format!("guidance/{}", made["id"].as_str().unwrap());
    let shared = json!({ "fields": { "topics": [topic.split('/').nth(1).unwrap()] } });
    desk.ask((Method::Patch, &format!("{entry}/shared")), Some("\"0\""), &shared);
    for (part, title) in [("en", "One"), ("fr", "Un"), ("th", "หนึ่ง")] {
        desk.save(&format!("{entry}/{part}"), "\"0\"", title);
    }
    desk.done(&format!("{entry}/en"), "publish", "\"1\"", &Value::Null);
    desk.save(&format!("{entry}/en"), "\"1\"", "One, newer");
    let path = format!("{entry}/duplicates");
    let made = desk.ask((Method::Post, &path), None, &json!({ "locales": ["en", "fr"] }));
    assert_eq!(made.status, 201, "{made:?}");
    let copy =
        made.header("location").unwrap().trim_start_matches("/manage/v1/entries/").to_owned();
    let told = desk.ask((Method::Get, &copy), None, &Value::Null).json();
    assert_eq!((&told["key"], &told["source_locale"]), (&Value::Null, &json!("en")));
    let parts: Vec<_> = told["parts"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(parts, ["en", "fr", "shared"]);
    let english = desk.ask((Method::Get, &format!("{copy}/en")), None, &Value::Null).json();
    assert_eq!(
        (&english["fields"]["title"], &english["slug"]),
        (&json!("One, newer"), &Value::Null)
    );
    assert_eq!((&english["status"], &english["revision"]), (&json!("draft"), &json!(1)));
    let french = desk.ask((Method::Get, &format!("{copy}/fr")), None, &Value::Null).json();
    assert_eq!(french["translates"], 1);
    let shared = desk.ask((Method::Get, &format!("{copy}/shared")), None, &Value::Null).json();
    assert_eq!(shared["fields"]["topics"][0], topic.split('/').nth(1).unwrap());
    assert_eq!(desk.read(&copy, "locale=en").status, 404);
    // Saved again, it has a slug of its own; and both go their own ways.
    desk.save(&format!("{copy}/en"), "\"1\"", "One, newer");
    desk.done(&format!("{copy}/en"), "publish", "\"2\"", &Value::Null);
    let slug = |entry: &str| desk.read(entry, "locale=en").json()["data"]["slug"].clone();
    assert_ne!(slug(&copy), slug(&entry));
    let used = desk.ask((Method::Delete, &topic), None, &Value::Null);
    assert_eq!(used.status, 409, "the copy uses what the other used: {used:?}");
    // In French alone it is written in French.
    let made = desk.ask((Method::Post, &path), None, &json!({ "locales": ["fr"] })).json();
    let told = desk.ask(
        (Method::Get, &format!("guidance/{}", made["id"].as_str().unwrap())),
        None,
        &Value::Null,
    );
    assert_eq!(told.json()["source_locale"], "fr");
}

#[test]
fn a_duplicate_takes_the_right_to_read_the_one_and_to_write_the_other() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    for part in ["en", "fr"] {
        desk.save(&format!("{entry}/{part}"), "\"0\"", part);
    }
    let path = format!("{entry}/duplicates");
    let ask = |token: &str, body: &Value| desk.ask_as(token, (Method::Post, &path), None, body);
    let both = json!({ "locales": ["en", "fr"] });
    let reader = desk.token_for(&[Act::Read], Some("guidance"), None);
    assert_eq!(ask(&reader, &both).status, 403);
    let other = desk.token_for(&[Act::Read, Act::Write], Some("topic"), None);
    assert_eq!(ask(&other, &both).status, 404);
    let french = desk.token_for(&[Act::Read, Act::Write], Some("guidance"), Some("fr"));
    assert_eq!(
        ask(&french, &json!({ "locales": ["fr"] })).status,
        404,
        "an entry is no one locale's"
    );
    let writer = desk.token_for(&[Act::Read, Act::Write], Some("guidance"), None);
    assert_eq!(ask(&writer, &both).status, 201);
    for (body, place, code) in [
        (json!({}), "/locales", "required"),
        (json!({ "locales": [] }), "/locales", "locales_once"),
        (json!({ "locales": ["en", "en"] }), "/locales", "locales_once"),
        (json!({ "locales": ["th"] }), "/locales/0", "unknown_locale"),
        (json!({ "locales": ["x_"] }), "/locales/0", "not_a_locale"),
        (json!({ "locales": "en" }), "/locales", "not_a_list"),
        (json!({ "locales": ["en"], "agency": "nobody" }), "/agency", "unknown_agency_key"),
        (json!({ "locales": ["en"], "key": "x" }), "/key", "unknown_member"),
    ] {
        let faults = ask(&desk.token, &body).faults();
        assert_eq!(faults, [(place.to_owned(), code.to_owned())], "{body}");
    }
}
