//! Entries as they were at an instant, and as they will be.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

fn at(desk: &Desk, path: &str, instant: impl std::fmt::Display) -> Answer {
    desk.ask((Method::Get, &format!("{path}?as_of={instant}")), None, &Value::Null)
}

#[test]
fn a_part_is_read_as_it_was_and_as_it_will_be() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let now = || desk.app.cms.clock().now();
    let begun = now();
    desk.clock.advance(1_000);
    desk.save(&en, "\"0\"", "One");
    let one = now();
    desk.clock.advance(1_000);
    desk.done(&en, "publish", "\"1\"", &Value::Null);
    desk.clock.advance(1_000);
    desk.save(&en, "\"1\"", "Two");
    let two = now();
    desk.clock.advance(1_000);
    desk.done(&en, "unpublish", "\"2\"", &json!({ "mode": "gone" }));
    let gone = now();
    desk.clock.advance(1_000);
    assert_eq!(at(&desk, &en, begun).status, 404, "there was nothing yet");
    let told = |answer: Answer| {
        assert_eq!(answer.status, 200, "{answer:?}");
        let told = answer.json();
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        (
            told["fields"]["title"].as_str().unwrap().to_owned(),
            text("status"),
            told["live_revision"].clone(),
        )
    };
    let as_told =
        |title: &str, status: &str, live: Value| (title.to_owned(), status.to_owned(), live);
    assert_eq!(told(at(&desk, &en, one)), as_told("One", "draft", Value::Null));
    assert_eq!(told(at(&desk, &en, one.plus_millis(1_500))), as_told("One", "published", json!(1)));
    assert_eq!(told(at(&desk, &en, two)), as_told("Two", "draft", json!(1)));
    assert_eq!(told(at(&desk, &en, gone)), as_told("Two", "draft", Value::Null));
    // To come: what is scheduled.
    let (publish, withdraw) = (now().plus_millis(10_000), now().plus_millis(20_000));
    desk.done(&en, "schedule", "\"2\"", &json!({ "act": "publish", "at": publish }));
    desk.done(
        &en,
        "schedule",
        "\"2\"",
        &json!({ "act": "unpublish", "at": withdraw, "mode": "gone" }),
    );
    let before = desk.app.cms.log().last();
    assert_eq!(
        told(at(&desk, &en, publish.plus_millis(-1))),
        as_told("Two", "scheduled", Value::Null)
    );
    assert_eq!(told(at(&desk, &en, publish)), as_told("Two", "published", json!(2)));
    assert_eq!(told(at(&desk, &en, withdraw)), as_told("Two", "unpublished", Value::Null));
    assert_eq!(desk.app.cms.log().last(), before, "nothing has happened");
    assert_eq!(desk.read(&entry, "locale=en").status, 410);
    assert_eq!(at(&desk, &en, "Friday").faults(), [("as_of".to_owned(), "bad_time".to_owned())]);
    // What was said came about.
    desk.clock.advance(10_000);
    assert_eq!(desk.read(&entry, "locale=en").status, 200);
}

#[test]
fn a_type_is_listed_as_it_was_page_by_page_for_who_may_read_it() {
    let desk = Desk::new();
    let now = || desk.app.cms.clock().now();
    let mut instants = Vec::new();
    for number in 0..5 {
        let entry = desk.entry("guidance");
        desk.save(&format!("{entry}/en"), "\"0\"", &format!("Page {number}"));
        if number == 3 {
            desk.save(&format!("{entry}/fr"), "\"0\"", "Trois");
        }
        instants.push(now());
        desk.clock.advance(1_000);
    }
    let list = |token: &str, query: &str| {
        desk.ask_as(token, (Method::Get, &format!("guidance?{query}")), None, &Value::Null)
    };
    let titles = |query: &str| {
        let (mut after, mut found) = (String::new(), Vec::new());
        loop {
            let page = list(&desk.token, &format!("{query}&limit=2{after}")).json();
            found.extend(
                page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["title"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else { return found };
            after = format!("&after={next}");
        }
    };
    for (at, count) in instants.iter().zip(1..) {
        let expected: Vec<_> = (0..count).map(|number| format!("Page {number}")).collect();
        assert_eq!(titles(&format!("locale=en&as_of={at}")), expected);
    }
    assert_eq!(titles("locale=en").len(), 5);
    assert_eq!(titles("locale=fr"), ["Trois"]);
    let french = desk.token_for(&[Act::Read], Some("guidance"), Some("fr"));
    assert_eq!(list(&french, "locale=en").json()["data"], json!([]));
    assert_eq!(list(&french, "locale=fr").json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        list(&desk.token, "").faults(),
        [("locale".to_owned(), "missing_parameter".to_owned())]
    );
    assert_eq!(
        list(&desk.token, "locale=en&after=x").faults(),
        [("after".to_owned(), "not_an_id".to_owned())]
    );
    let unknown = desk.ask((Method::Get, "nothing?locale=en"), None, &Value::Null);
    assert_eq!(unknown.status, 404);
}
