//! Releases: what is published together happens as one, or not at all.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    http_acts::desk::Desk,
};

/// Begins a release; gives its path.
fn begin(desk: &Desk, name: &str) -> String {
    let made = ask(desk, &desk.token, (Method::Post, ""), None, &json!({ "name": name }));
    assert_eq!(made.status, 201, "{made:?}");
    let location = made.header("location").unwrap().to_owned();
    location.trim_start_matches("/manage/v1/releases").to_owned()
}

fn ask(
    desk: &Desk,
    token: &str,
    (method, path): (Method, &str),
    tag: Option<&str>,
    body: &Value,
) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers =
        vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    headers.extend(tag.map(|tag| ("If-Match", tag)));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    desk.app.send(method, &format!("/manage/v1/releases{path}"), &headers, &body)
}

fn act(desk: &Desk, release: &str, act: &str, body: &Value) -> Answer {
    ask(desk, &desk.token, (Method::Post, &format!("{release}/{act}")), Some("*"), body)
}

fn done(desk: &Desk, release: &str, name: &str, body: &Value) -> Value {
    let answer = act(desk, release, name, body);
    assert_eq!(answer.status, 200, "{name}: {answer:?}");
    let told = answer.json();
    assert_eq!(answer.header("etag").unwrap(), format!("\"{}\"", told["version"]));
    told
}

fn item(entry: &str, part: &str) -> Value {
    json!({ "id": entry.split('/').nth(1).unwrap(), "part": part })
}

fn id(entry: &str) -> &str {
    entry.split('/').nth(1).unwrap()
}

/// Saves a page that embeds another.
fn save_embedding(desk: &Desk, path: &str, target: &str) {
    let text = format!("See {{{{entry:{}}}}}.", id(target));
    let body = json!({ "fields": { "title": "Embeds", "body": text } });
    let saved = desk.ask((Method::Patch, path), Some("\"0\""), &body);
    assert_eq!(saved.status, 200, "{saved:?}");
}

#[test]
fn what_needs_each_other_is_published_together() {
    let desk = Desk::new();
    let (page, target) = (desk.entry("guidance"), desk.entry("guidance"));
    let (page_en, target_en) = (format!("{page}/en"), format!("{target}/en"));
    desk.save(&target_en, "\"0\"", "Target");
    save_embedding(&desk, &page_en, &target);
    // Alone it cannot be published: what it embeds isn't there.
    assert_eq!(
        Desk::first_fault(&desk.act(&page_en, "publish", "\"1\"", &Value::Null)),
        "embed_unpublished"
    );
    let release = begin(&desk, "Friday");
    let told = done(&desk, &release, "items", &json!({ "add": [item(&page, "en")] }));
    assert_eq!((&told["items"][0]["revision"], &told["state"]), (&json!(1), &json!("open")));
    let refused = act(&desk, &release, "publish", &Value::Null);
    assert_eq!(
        refused.faults(),
        [("/items/0/fields/body".to_owned(), "embed_unpublished".to_owned())]
    );
    assert_eq!(refused.problem()["items"], json!([{ "index": 0, "id": id(&page), "part": "en" }]));
    done(&desk, &release, "items", &json!({ "add": [item(&target, "en")] }));
    let last = desk.app.cms.log().last();
    assert_eq!(act(&desk, &release, "check", &Value::Null).status, 204);
    assert_eq!(desk.app.cms.log().last(), last, "a look changes nothing");
    let told = done(&desk, &release, "publish", &Value::Null);
    assert_eq!(told["state"], "published");
    for entry in [&page, &target] {
        assert_eq!(desk.read(entry, "locale=en").status, 200);
    }
    // One command: its events stand side by side, and there are no others.
    let events = wait_for(desk.app.cms.log().events(last, 100)).unwrap();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event.op == events[0].op));
    for name in ["publish", "items", "discard", "unschedule", "check"] {
        let again =
            act(&desk, &release, name, &if name == "items" { json!({}) } else { Value::Null });
        assert_eq!(again.faults(), [(String::new(), "release_state".to_owned())], "{name}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_nothing_happens() {
    let desk = Desk::new();
    let pages: Vec<_> = (0..3).map(|_| desk.entry("guidance")).collect();
    let unpublished = desk.entry("guidance");
    desk.save(&format!("{unpublished}/en"), "\"0\"", "Not in it");
    desk.save(&format!("{}/en", pages[0]), "\"0\"", "Good");
    save_embedding(&desk, &format!("{}/en", pages[1]), &unpublished);
    desk.save(&format!("{}/fr", pages[2]), "\"0\"", "Un");
    let release = begin(&desk, "Friday");
    let add =
        json!({ "add": [item(&pages[0], "en"), item(&pages[1], "en"), item(&pages[2], "fr")] });
    done(&desk, &release, "items", &add);
    // Somebody goes on writing: what was looked at is not what would be published.
    desk.save(&format!("{}/fr", pages[2]), "\"1\"", "Deux");
    let last = desk.app.cms.log().last();
    let refused = act(&desk, &release, "publish", &Value::Null);
    assert_eq!(
        refused.faults(),
        [
            ("/items/1/fields/body".to_owned(), "embed_unpublished".to_owned()),
            ("/items/2".to_owned(), "newer_revision".to_owned()),
        ]
    );
    assert_eq!(desk.app.cms.log().last(), last);
    assert_eq!(desk.read(&pages[0], "locale=en").status, 404, "the good one waits for the others");
    let told = done(
        &desk,
        &release,
        "items",
        &json!({ "add": [item(&pages[2], "fr")], "remove": [item(&pages[1], "en")] }),
    );
    let revisions: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|it| &it["revision"]).collect();
    assert_eq!(revisions, [&json!(1), &json!(2)], "added again, it is the newest");
    done(&desk, &release, "publish", &Value::Null);
    assert_eq!(desk.read(&pages[2], "locale=fr").json()["data"]["fields"]["title"], "Deux");
}

#[test]
fn a_circle_that_a_release_would_close_is_found() {
    let desk = Desk::new();
    let (one, two) = (desk.entry("guidance"), desk.entry("guidance"));
    for (page, other) in [(&one, &two), (&two, &one)] {
        let body = json!({ "fields": { "title": "T", "body": format!("{{{{entry:{}.summary}}}}", id(other)), "summary": "x" } });
        let saved = desk.ask((Method::Patch, &format!("{page}/en")), Some("\"0\""), &body);
        assert_eq!(saved.status, 200, "{saved:?}");
    }
    let release = begin(&desk, "Circle");
    done(&desk, &release, "items", &json!({ "add": [item(&one, "en"), item(&two, "en")] }));
    let answer = act(&desk, &release, "publish", &Value::Null);
    // A summary is plain text, and closes none: both are there afterwards, each with the other's.
    assert_eq!(answer.status, 200, "{answer:?}");
    let (one, two) = (desk.entry("guidance"), desk.entry("guidance"));
    for (page, other) in [(&one, &two), (&two, &one)] {
        let body = json!({ "fields": { "title": "T", "body": format!("{{{{entry:{}.body}}}}", id(other)) } });
        desk.ask((Method::Patch, &format!("{page}/en")), Some("\"0\""), &body);
    }
    let release = begin(&desk, "Circle");
    done(&desk, &release, "items", &json!({ "add": [item(&one, "en"), item(&two, "en")] }));
    let answer = act(&desk, &release, "publish", &Value::Null);
    let codes: Vec<_> = answer.faults().into_iter().map(|(_, code)| code).collect();
    assert!(codes.len() == 2 && codes.iter().all(|code| code.starts_with("embed_")), "{codes:?}");
}

#[test]
fn what_is_shown_goes_away_together_with_what_shows_it() {
    let desk = Desk::new();
    let (page, target) = (desk.entry("guidance"), desk.entry("guidance"));
    let (page_en, target_en) = (format!("{page}/en"), format!("{target}/en"));
    desk.save(&target_en, "\"0\"", "Target");
    desk.done(&target_en, "publish", "\"1\"", &Value::Null);
    save_embedding(&desk, &page_en, &target);
    desk.done(&page_en, "publish", "\"1\"", &Value::Null);
    let gone =
        |entry: &str| json!({ "id": id(entry), "part": "en", "act": "unpublish", "mode": "gone" });
    let release = begin(&desk, "Away");
    done(&desk, &release, "items", &json!({ "add": [gone(&target)] }));
    let refused = act(&desk, &release, "publish", &Value::Null);
    assert_eq!(refused.faults(), [("/items/0".to_owned(), "shown_by_others".to_owned())]);
    done(&desk, &release, "items", &json!({ "add": [gone(&page)] }));
    done(&desk, &release, "publish", &Value::Null);
    for entry in [&page, &target] {
        assert_eq!(desk.read(entry, "locale=en").status, 410);
    }
}

#[test]
fn a_scheduled_release_happens_at_its_time_as_one() {
    let desk = Desk::new();
    let (page, topic) = (desk.entry("guidance"), desk.entry("topic"));
    let (page_en, topic_en) = (format!("{page}/en"), format!("{topic}/en"));
    desk.ask((Method::Patch, &topic_en), Some("\"0\""), &json!({ "fields": { "title": "Scams" } }));
    desk.save(&page_en, "\"0\"", "On Friday");
    let patch = json!({ "fields": { "topics": [id(&topic)] } });
    desk.ask((Method::Patch, &format!("{page}/shared")), Some("\"0\""), &patch);
    let release = begin(&desk, "Friday");
    let add = json!({ "add": [item(&page, "en"), item(&page, "shared"), item(&topic, "en")] });
    done(&desk, &release, "items", &add);
    let at = |after: i64| desk.app.cms.clock().now().plus_millis(after);
    let late = act(&desk, &release, "schedule", &json!({ "at": at(-1) }));
    assert_eq!(late.faults(), [("/at".to_owned(), "time_out_of_range".to_owned())]);
    let told =
        done(&desk, &release, "schedule", &json!({ "at": at(60_000), "zone": "Europe/Paris" }));
    assert_eq!((&told["state"], &told["zone"]), (&json!("scheduled"), &json!("Europe/Paris")));
    // Its parts stay as they are, and can't be taken out of it one by one.
    let standing = desk.ask((Method::Get, &page_en), None, &Value::Null).json();
    assert_eq!(standing["status"], "scheduled");
    let schedule = standing["schedules"][0].clone();
    assert_eq!(schedule["release"], told["id"]);
    let body = json!({ "schedule": schedule["id"] });
    assert_eq!(
        Desk::first_fault(&desk.act(&page_en, "unschedule", "\"1\"", &body)),
        "part_of_release"
    );
    let patch = json!({ "fields": { "title": "x" } });
    for path in [&page_en, &topic_en] {
        assert_eq!(
            Desk::first_fault(&desk.ask((Method::Patch, path), Some("\"1\""), &patch)),
            "is_scheduled"
        );
    }
    // Taken back and scheduled again, it waits for its time.
    done(&desk, &release, "unschedule", &Value::Null);
    assert_eq!(desk.ask((Method::Get, &page_en), None, &Value::Null).json()["status"], "draft");
    assert_eq!(desk.app.cms.next_due(), None);
    done(&desk, &release, "schedule", &json!({ "at": at(60_000) }));
    desk.clock.advance(59_999);
    assert_eq!(desk.read(&page, "locale=en").status, 404);
    desk.clock.advance(1);
    let read = desk.read(&page, "locale=en").json();
    assert_eq!(read["data"]["fields"]["topics"][0]["title"], "Scams", "{read}");
    assert_eq!(read["data"]["published_at"], json!(at(0)));
    let told = ask(&desk, &desk.token, (Method::Get, &release), None, &Value::Null).json();
    assert_eq!((&told["state"], &told["at"]), (&json!("published"), &json!(at(0))));
    assert_eq!(
        desk.ask((Method::Get, &page_en), None, &Value::Null).json()["schedules"],
        Value::Null
    );
    assert_eq!(desk.app.cms.next_due(), None);
    // Made again from the log, it is the same.
    let before = ask(&desk, &desk.token, (Method::Get, ""), None, &Value::Null).json();
    wait_for(desk.app.cms.rebuild(|_| ())).unwrap();
    assert_eq!(ask(&desk, &desk.token, (Method::Get, ""), None, &Value::Null).json(), before);
}

#[test]
fn a_release_that_cannot_happen_at_its_time_is_taken_back_as_a_whole() {
    let desk = Desk::new();
    let (page, good, target) =
        (desk.entry("guidance"), desk.entry("guidance"), desk.entry("guidance"));
    let target_en = format!("{target}/en");
    desk.save(&target_en, "\"0\"", "Target");
    desk.done(&target_en, "publish", "\"1\"", &Value::Null);
    save_embedding(&desk, &format!("{page}/en"), &target);
    desk.save(&format!("{good}/en"), "\"0\"", "Good");
    let release = begin(&desk, "Friday");
    done(&desk, &release, "items", &json!({ "add": [item(&good, "en"), item(&page, "en")] }));
    let at = desk.app.cms.clock().now().plus_millis(60_000);
    done(&desk, &release, "schedule", &json!({ "at": at }));
    // Meanwhile what it embeds is recalled, and an editor erases nothing else.
    desk.done(&target_en, "unpublish", "\"1\"", &json!({ "mode": "gone" }));
    desk.clock.advance(60_000);
    for entry in [&page, &good] {
        assert_eq!(desk.read(entry, "locale=en").status, 404);
    }
    let told = ask(&desk, &desk.token, (Method::Get, &release), None, &Value::Null).json();
    assert_eq!(told["state"], "open");
    assert_eq!(
        told["failed"],
        json!([{ "pointer": "/items/1/fields/body", "code": "embed_unpublished" }])
    );
    for entry in [&page, &good] {
        let standing = desk.ask((Method::Get, &format!("{entry}/en")), None, &Value::Null).json();
        assert_eq!((&standing["status"], &standing["schedules"]), (&json!("draft"), &Value::Null));
    }
    // Erased, it is no part of any release that could happen.
    let erased = desk.ask((Method::Delete, &page), None, &Value::Null);
    assert_eq!(erased.status, 200, "{erased:?}");
    let refused = act(&desk, &release, "publish", &Value::Null);
    assert_eq!(refused.faults(), [("/items/1".to_owned(), "unknown_revision".to_owned())]);
    done(&desk, &release, "items", &json!({ "remove": [item(&page, "en")] }));
    assert_eq!(done(&desk, &release, "publish", &Value::Null)["state"], "published");
}

#[test]
fn a_release_takes_the_right_to_publish_all_of_it_and_shows_what_one_may_read() {
    let desk = Desk::new();
    let page = desk.entry("guidance");
    for part in ["en", "fr"] {
        desk.save(&format!("{page}/{part}"), "\"0\"", part);
    }
    let french =
        desk.token_for(&[Act::Read, Act::Write, Act::Publish], Some("guidance"), Some("fr"));
    let reader = desk.token_for(&[Act::Read], Some("guidance"), Some("fr"));
    let other = desk.token_for(&[Act::Read, Act::Publish], Some("topic"), None);
    let begun = |token: &str| ask(&desk, token, (Method::Post, ""), None, &json!({ "name": "x" }));
    assert_eq!(begun(&reader).status, 403, "who may publish nothing begins none");
    let release = begin(&desk, "Both");
    for token in [&french, &reader, &other] {
        assert_eq!(
            ask(&desk, token, (Method::Get, &release), None, &Value::Null).status,
            404,
            "empty, it is its author's"
        );
    }
    done(&desk, &release, "items", &json!({ "add": [item(&page, "en"), item(&page, "fr")] }));
    let told = ask(&desk, &reader, (Method::Get, &release), None, &Value::Null).json();
    assert_eq!(
        (told["items"].as_array().unwrap().len(), &told["hidden"]),
        (1, &json!(1)),
        "{told}"
    );
    assert_eq!(ask(&desk, &other, (Method::Get, &release), None, &Value::Null).status, 404);
    let listed = |token: &str| {
        let list = ask(&desk, token, (Method::Get, ""), None, &Value::Null).json();
        list["data"].as_array().unwrap().len()
    };
    assert_eq!((listed(&french), listed(&other)), (1, 0));
    let as_french = |name: &str, body: &Value| {
        let path = format!("{release}/{name}");
        ask(&desk, &french, (Method::Post, &path), Some("*"), body)
    };
    for name in ["publish", "discard", "check"] {
        assert_eq!(as_french(name, &Value::Null).status, 403, "{name}");
    }
    let add = json!({ "add": [item(&page, "en")] });
    assert_eq!(
        as_french("items", &add).faults(),
        [("/add/0".to_owned(), "unknown_part".to_owned())]
    );
    let remove = json!({ "remove": [item(&page, "en")] });
    assert_eq!(
        as_french("items", &remove).faults(),
        [("/remove/0".to_owned(), "not_in_release".to_owned())]
    );
    assert_eq!(as_french("items", &json!({ "remove": [item(&page, "fr")] })).status, 200);
    assert_eq!(desk.read(&page, "locale=fr").status, 404);
}

#[test]
fn a_release_is_changed_by_who_has_seen_it() {
    let desk = Desk::new();
    let page = desk.entry("guidance");
    desk.save(&format!("{page}/en"), "\"0\"", "One");
    let release = begin(&desk, "Friday");
    let path = format!("{release}/items");
    let change =
        |tag: Option<&str>, body: &Value| ask(&desk, &desk.token, (Method::Post, &path), tag, body);
    let add = json!({ "add": [item(&page, "en")] });
    assert_eq!(change(None, &add).status, 428);
    assert_eq!(change(Some("\"7\""), &add).status, 412);
    assert_eq!(change(Some("\"1\""), &add).status, 200);
    assert_eq!(change(Some("\"1\""), &add).status, 412, "it has changed since");
    for (body, place, code) in [
        (json!({ "add": 1 }), "/add", "not_a_list"),
        (json!({ "add": [1] }), "/add/0", "not_an_object"),
        (json!({ "add": [{}] }), "/add/0/id", "required"),
        (json!({ "add": [{ "id": "x", "part": "en" }] }), "/add/0/id", "not_an_id"),
        (json!({ "add": [{ "id": id(&page), "part": "x_" }] }), "/add/0/part", "not_a_locale"),
        (json!({ "add": [{ "id": id(&page), "part": "th" }] }), "/add/0", "unknown_part"),
        (
            json!({ "add": [{ "id": id(&page), "part": "en", "revision": 9 }] }),
            "/add/0/revision",
            "newer_revision",
        ),
        (
            json!({ "add": [{ "id": id(&page), "part": "en", "extra": 9 }] }),
            "/add/0/extra",
            "unknown_member",
        ),
        (
            json!({ "add": [{ "id": id(&page), "part": "en", "act": "erase" }] }),
            "/add/0/act",
            "bad_scheduled_act",
        ),
        (json!({ "remove": [{ "id": id(&page), "part": "fr" }] }), "/remove/0", "not_in_release"),
        (json!({ "delete": [] }), "/delete", "unknown_member"),
    ] {
        let faults = change(Some("*"), &body).faults();
        assert!(faults.contains(&(place.to_owned(), code.to_owned())), "{body}: {faults:?}");
    }
    let empty = begin(&desk, "Empty");
    let refused = act(&desk, &empty, "publish", &Value::Null);
    assert_eq!(refused.faults(), [(String::new(), "empty_release".to_owned())]);
    assert_eq!(done(&desk, &empty, "discard", &Value::Null)["state"], "discarded");
    for bad in ["/x", "/0190a0a0-0000-7000-8000-000000000000"] {
        assert_eq!(ask(&desk, &desk.token, (Method::Get, bad), None, &Value::Null).status, 404);
    }
}
