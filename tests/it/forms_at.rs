//! What readers got of a page at an instant, and what they will get.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

fn form(desk: &Desk, path: &str, instant: impl std::fmt::Display) -> Answer {
    desk.ask((Method::Get, &format!("{path}/form?as_of={instant}")), None, &Value::Null)
}

/// The title and the body's text.
fn told(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert_eq!(answer.header("x-robots-tag"), Some("noindex, nofollow, noarchive"));
    let fields = &answer.json()["data"]["fields"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&fields["title"]), text(&fields["body"]["html"]))
}

fn save(desk: &Desk, path: &str, title: &str, body: &str) {
    let body = json!({ "fields": { "title": title, "body": body } });
    let saved = desk.ask((Method::Patch, path), Some("*"), &body);
    assert_eq!(saved.status, 200, "{saved:?}");
}

#[test]
fn a_page_is_shown_as_readers_got_it_with_what_it_showed_then() {
    let desk = Desk::new();
    let now = || desk.app.cms.clock().now();
    let (shown, page) = (desk.entry("guidance"), desk.entry("guidance"));
    let (shown_en, page_en) = (format!("{shown}/en"), format!("{page}/en"));
    let embed = format!("See {{{{entry:{}}}}}.", shown.split('/').nth(1).unwrap());
    desk.save(&shown_en, "\"0\"", "Shown first");
    let body = json!({ "fields": { "title": "One", "body": embed } });
    assert_eq!(desk.ask((Method::Patch, &page_en), Some("\"0\""), &body).status, 200);
    desk.done(&shown_en, "publish", "*", &Value::Null);
    let unpublished = now();
    desk.clock.advance(1_000);
    desk.done(&page_en, "publish", "*", &Value::Null);
    let first = now();
    let live = desk.read(&page, "locale=en").json();
    desk.clock.advance(1_000);
    save(&desk, &shown_en, "Shown later", "Text.");
    desk.done(&shown_en, "publish", "*", &Value::Null);
    let second = now();
    desk.clock.advance(1_000);
    save(&desk, &page_en, "Two", &embed);
    desk.done(&page_en, "publish", "*", &Value::Null);
    let third = now();
    desk.clock.advance(1_000);
    save(&desk, &page_en, "DRAFT", &embed);
    assert_eq!(form(&desk, &page_en, unpublished).status, 404, "readers got nothing yet");
    let at_first = form(&desk, &page_en, first);
    let (title, text) = told(&at_first);
    assert!(title == "One" && text.contains("Shown first"), "{title} {text}");
    // To the letter what they got, but for where it is asked: the embed's title, the dates, the slug.
    assert_eq!(at_first.json()["data"], live["data"]);
    let (title, text) = told(&form(&desk, &page_en, second));
    assert!(title == "One" && text.contains("Shown later"), "{title} {text}");
    for instant in [third, now()] {
        let (title, text) = told(&form(&desk, &page_en, instant));
        assert!(title == "Two" && text.contains("Shown later"), "{title} {text}");
    }
    let answer = form(&desk, &page_en, "x");
    assert_eq!(answer.faults(), [("as_of".to_owned(), "bad_time".to_owned())]);
    // Nothing of all that was written, and readers get what they got.
    assert_eq!(desk.read(&page, "locale=en").json()["data"]["fields"]["title"], "Two");
    desk.done(&page_en, "unpublish", "*", &json!({ "mode": "gone" }));
    let gone = now();
    desk.clock.advance(1_000);
    assert_eq!(form(&desk, &page_en, gone).status, 410);
    assert_eq!(told(&form(&desk, &page_en, third)).0, "Two");
    assert_eq!(desk.read(&page, "locale=en").status, 410);
}

#[test]
fn a_page_is_shown_as_readers_will_get_it() {
    let desk = Desk::new();
    let now = || desk.app.cms.clock().now();
    let (shown, page) = (desk.entry("guidance"), desk.entry("guidance"));
    let (shown_en, page_en) = (format!("{shown}/en"), format!("{page}/en"));
    let embed = format!("See {{{{entry:{}}}}}.", shown.split('/').nth(1).unwrap());
    desk.save(&shown_en, "\"0\"", "Shown now");
    desk.done(&shown_en, "publish", "*", &Value::Null);
    let body = json!({ "fields": { "title": "To come", "body": embed } });
    assert_eq!(desk.ask((Method::Patch, &page_en), Some("\"0\""), &body).status, 200);
    save(&desk, &shown_en, "Shown on Friday", "Text.");
    let (monday, friday, sunday) =
        (now().plus_millis(10_000), now().plus_millis(20_000), now().plus_millis(30_000));
    let schedule = |path: &str, body: &Value| drop(desk.done(path, "schedule", "*", body));
    schedule(&page_en, &json!({ "act": "publish", "at": monday }));
    schedule(&shown_en, &json!({ "act": "publish", "at": friday }));
    schedule(
        &page_en,
        &json!({ "act": "unpublish", "at": sunday, "mode": "withdrawn", "notice": "Over." }),
    );
    let last = desk.app.cms.log().last();
    assert_eq!(form(&desk, &page_en, now()).status, 404);
    let (title, text) = told(&form(&desk, &page_en, monday));
    assert!(title == "To come" && text.contains("Shown now"), "{title} {text}");
    let (_, text) = told(&form(&desk, &page_en, friday));
    assert!(text.contains("Shown on Friday"), "{text}");
    let withdrawn = form(&desk, &page_en, sunday).json();
    assert_eq!(withdrawn["data"]["withdrawal"]["notice"], "Over.");
    assert_eq!(desk.app.cms.log().last(), last, "nothing has happened");
    let expected = form(&desk, &page_en, friday).json();
    desk.clock.advance(10_000);
    assert_eq!(desk.read(&page, "locale=en").status, 200);
    desk.clock.advance(10_000);
    let live = desk.read(&page, "locale=en").json();
    assert_eq!(expected["data"]["fields"], live["data"]["fields"]);
    assert_eq!(expected["data"]["published_at"], live["data"]["published_at"]);
}

#[test]
fn it_shows_nothing_to_who_may_not_read_it() {
    let desk = Desk::new();
    let page = desk.entry("guidance");
    let en = format!("{page}/en");
    desk.save(&en, "\"0\"", "One");
    desk.done(&en, "publish", "*", &Value::Null);
    let ask = |token: &str, path: &str| {
        desk.ask_as(token, (Method::Get, path), None, &Value::Null).status
    };
    let french = desk.token_for(&[Act::Read], Some("guidance"), Some("fr"));
    assert_eq!(ask(&french, &format!("{en}/form")), 404);
    let english = desk.token_for(&[Act::Read], Some("guidance"), Some("en"));
    assert_eq!(ask(&english, &format!("{en}/form")), 200);
    assert_eq!(ask(&english, &format!("{page}/shared/form")), 404);
    assert_eq!(desk.app.get(&format!("/manage/v1/entries/{en}/form")).status, 401);
}
