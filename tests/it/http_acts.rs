//! Editors' acts over the real router: drafts, reviews, publications, withdrawals, history, `schedules`; who may
//! do what, and what is answered to requests that are late, hostile or sent twice.

use cms_core::access::Act;
use desk::Desk;
use rocket::http::Method;
use serde_json::{Value, json};

pub mod desk;
mod schedules;

#[test]
fn an_entry_goes_from_draft_to_readers_and_away_again() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let (en, fr) = (format!("{entry}/en"), format!("{entry}/fr"));
    assert_eq!(desk.ask((Method::Get, &en), None, &Value::Null).status, 404, "no draft yet");
    let first = desk.save(&en, "\"0\"", "Phishing");
    assert_eq!(first, "\"1\"");
    let draft = desk.ask((Method::Get, &en), None, &Value::Null);
    assert_eq!((draft.status, draft.header("etag")), (200, Some("\"1\"")));
    let told = draft.json();
    assert_eq!((&told["status"], &told["slug"]), (&json!("draft"), &json!("phishing")), "{told}");
    assert_eq!(desk.read(&entry, "locale=en").status, 404, "no reader sees a draft");

    let standing = desk.done(&en, "publish", &first, &Value::Null);
    assert_eq!((&standing["status"], &standing["live_revision"]), (&json!("published"), &json!(1)));
    let page = desk.read(&entry, "locale=en").json();
    assert_eq!(page["data"]["fields"]["title"], "Phishing");

    // A translation is saved and published alone.
    let begun = desk.ask((Method::Patch, &fr), None, &json!({ "fields": { "title": "x" } }));
    assert_eq!(begun.code(), "precondition-required");
    let french = desk.save(&fr, "\"0\"", "Hameçonnage");
    assert_eq!(desk.ask((Method::Get, &fr), None, &Value::Null).json()["translates"], 1);
    desk.done(&fr, "publish", &french, &Value::Null);

    // A newer draft changes nothing for readers, and can be given up.
    let second = desk.save(&en, &first, "Phishing, today");
    assert_eq!(desk.read(&entry, "locale=en").json()["data"]["fields"]["title"], "Phishing");
    let standing = desk.done(&en, "discard", &second, &Value::Null);
    assert_eq!((&standing["status"], &standing["revision"]), (&json!("published"), &json!(1)));
    assert_eq!(
        Desk::first_fault(&desk.act(&en, "discard", "\"1\"", &Value::Null)),
        "nothing_to_discard"
    );
    let third = desk.save(&en, "\"1\"", "Phishing, again");
    assert_eq!(third, "\"3\"", "a number is never used twice");

    let notice = json!({ "mode": "withdrawn", "notice": "We are checking this." });
    let standing = desk.done(&en, "unpublish", &third, &notice);
    assert_eq!(standing["status"], "draft");
    let page = desk.read(&entry, "locale=en&fallback=none").json();
    assert_eq!(page["data"]["withdrawal"]["notice"], "We are checking this.", "{page}");
    assert_eq!(desk.read(&entry, "locale=fr").json()["data"]["locale"], "fr");
    assert_eq!(Desk::first_fault(&desk.act(&en, "unpublish", &third, &notice)), "not_published");
    desk.done(&en, "publish", &third, &Value::Null);
    desk.done(&en, "unpublish", &third, &json!({ "mode": "gone" }));
    assert_eq!(desk.read(&entry, "locale=en&fallback=none").status, 410);

    let overview = desk.ask((Method::Get, &entry), None, &Value::Null).json();
    assert_eq!(overview["parts"]["fr"]["status"], "published", "{overview}");
    assert_eq!(overview["parts"]["en"]["status"], "unpublished");
    let erased = desk.ask((Method::Delete, &entry), None, &Value::Null);
    assert_eq!(erased.status, 200, "{erased:?}");
    for path in [&entry, &en, &fr] {
        assert_eq!(desk.ask((Method::Get, path), None, &Value::Null).status, 404, "{path}");
    }
    assert_eq!(desk.read(&entry, "locale=fr").status, 404);
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let body = json!({
        "fields": { "title": "One", "summary": "Short.", "body": "Long." },
        "slug": "one", "change_class": "safety", "note": "First try.",
    });
    desk.ask((Method::Patch, &en), Some("\"0\""), &body);
    let patch = json!({ "fields": { "summary": null, "body": "Longer." } });
    let patched = desk.ask((Method::Patch, &en), Some("\"1\""), &patch);
    assert_eq!(patched.header("etag"), Some("\"2\""), "{patched:?}");
    let draft = desk.ask((Method::Get, &en), None, &Value::Null).json();
    assert_eq!(draft["fields"], json!({ "title": "One", "body": "Longer." }));
    assert_eq!((&draft["slug"], &draft["note"]), (&json!("one"), &Value::Null), "{draft}");

    for (patch, faults) in [
        (json!({ "fields": { "titel": "x" } }), vec![("/fields/titel", "unknown_field")]),
        (json!({ "fields": { "Ti tle": "x" } }), vec![("/fields/Ti tle", "unknown_field")]),
        (
            json!({ "fields": { "topics": ["key:t"] } }),
            vec![("/fields/topics", "field_is_shared"), ("/fields/topics/0", "reference_unknown")],
        ),
        (
            json!({ "fields": [{ "op": "remove", "path": "/title" }] }),
            vec![("/fields", "not_an_object")],
        ),
        (json!({ "fields": null }), vec![("/fields", "not_an_object")]),
        (
            json!({ "status": "published", "revision": 9 }),
            vec![("/revision", "unknown_member"), ("/status", "unknown_member")],
        ),
        (
            json!({ "slug": "../etc", "fields": { "title": 7 } }),
            vec![("/fields/title", "wrong_kind"), ("/slug", "bad_slug")],
        ),
        (
            json!({ "change_class": "huge", "translates": 99 }),
            vec![("/change_class", "bad_change_class"), ("/translates", "unknown_revision")],
        ),
        (json!({ "fields": { "title": "a\u{0}b" } }), vec![("/fields/title", "control_character")]),
        (json!({ "note": "" }), vec![("/note", "text_length")]),
    ] {
        let refused = desk.ask((Method::Patch, &en), Some("\"2\""), &patch);
        assert_eq!(refused.status, 422, "{patch}: {refused:?}");
        let mut found = refused.faults();
        found.sort();
        let faults: Vec<_> =
            faults.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect();
        assert_eq!(found, faults, "{patch}");
    }
    let long = "x".repeat(3 << 20);
    let refused = desk.ask((Method::Patch, &en), Some("\"2\""), &json!({ "note": long }));
    assert_eq!(refused.code(), "body-too-large");
    let after = desk.ask((Method::Get, &en), None, &Value::Null);
    assert_eq!(after.header("etag"), Some("\"2\""), "nothing was saved");
    assert_eq!(after.json(), draft);
}

#[test]
fn of_two_who_change_the_same_the_second_hears_of_the_first() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let first = desk.save(&en, "\"0\"", "One");
    let second = desk.save(&en, &first, "Two");
    for tag in [first.as_str(), "\"0\"", "\"99\"", "W/\"2\"", "2", "\"2 \""] {
        let late =
            desk.ask((Method::Patch, &en), Some(tag), &json!({ "fields": { "title": "x" } }));
        assert_eq!((late.status, late.header("etag")), (412, Some("\"2\"")), "{tag}");
        assert_eq!(late.problem()["current"]["revision"], 2);
        for act in ["publish", "submit", "discard", "unpublish", "roll-back", "schedule"] {
            assert_eq!(desk.act(&en, act, tag, &Value::Null).status, 412, "{act} {tag}");
        }
    }
    for act in ["publish", "submit", "approve", "discard", "unpublish", "recall", "roll-back"] {
        let vague = desk.ask((Method::Post, &format!("{en}/{act}")), None, &Value::Null);
        assert_eq!(vague.code(), "precondition-required", "{act}");
    }
    assert_eq!(desk.save(&en, &format!("\"1\", {second}"), "Three"), "\"3\"");
    assert_eq!(desk.save(&en, "*", "Four"), "\"4\"");
}

#[test]
fn a_review_goes_its_way_and_the_author_does_not_approve() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let tag = desk.save(&en, "\"0\"", "One");
    let reviewer = desk.token_for(&[Act::Read, Act::Review], None, None);
    let review = |act: &str, body: &Value| {
        desk.ask_as(&reviewer, (Method::Post, &format!("{en}/{act}")), Some(&tag), body)
    };
    assert_eq!(Desk::first_fault(&review("approve", &Value::Null)), "not_in_review");
    let standing = desk.done(&en, "submit", &tag, &json!({ "note": "Please look." }));
    assert_eq!(standing["status"], "in_review");
    assert_eq!(standing["review"]["note"], "Please look.");
    assert_eq!(Desk::first_fault(&desk.act(&en, "submit", &tag, &Value::Null)), "not_a_draft");
    assert_eq!(Desk::first_fault(&desk.act(&en, "approve", &tag, &Value::Null)), "author_approves");
    assert_eq!(Desk::first_fault(&review("request-changes", &Value::Null)), "required");
    assert_eq!(review("submit", &Value::Null).code(), "forbidden", "a reviewer doesn't write");
    assert_eq!(review("publish", &Value::Null).code(), "forbidden");
    let asked = review("request-changes", &json!({ "note": "Kinder, please." }));
    assert_eq!(asked.json()["status"], "draft");
    assert_eq!(asked.json()["review"]["step"], "changes_requested");
    desk.done(&en, "submit", &tag, &Value::Null);
    assert_eq!(review("approve", &Value::Null).json()["status"], "approved");
    // What was approved is this revision: another is a draft again.
    let tag = desk.save(&en, &tag, "Two");
    let draft = desk.ask((Method::Get, &en), None, &Value::Null).json();
    assert_eq!((&draft["status"], &draft["review"]), (&json!("draft"), &Value::Null));
    desk.done(&en, "publish", &tag, &Value::Null);
}

#[test]
fn what_one_may_not_see_is_not_there_and_what_one_may_not_do_is_refused() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let (en, fr) = (format!("{entry}/en"), format!("{entry}/fr"));
    let tag = desk.save(&en, "\"0\"", "Secret plan");
    desk.save(&fr, "\"0\"", "Plan secret");
    let nobody = desk.token_for(&[Act::Read], Some("page"), None);
    let french = desk.token_for(&[Act::Read, Act::Write], None, Some("fr"));
    let reader = desk.token_for(&[Act::Read], None, None);
    let everything = [
        (Method::Get, ""),
        (Method::Patch, ""),
        (Method::Get, "/revisions"),
        (Method::Get, "/revisions/1"),
        (Method::Get, "/diff?from=1&to=1"),
        (Method::Post, "/publish"),
        (Method::Post, "/submit"),
        (Method::Post, "/recall"),
        (Method::Post, "/schedule"),
    ];
    for (method, rest) in everything {
        let body = if method == Method::Get { Value::Null } else { json!({}) };
        for (token, path) in [(&nobody, &en), (&french, &en), (&french, &format!("{entry}/shared"))]
        {
            let hidden = desk.ask_as(token, (method, &format!("{path}{rest}")), Some(&tag), &body);
            assert_eq!(hidden.code(), "not-found", "{method} {path}{rest}");
            assert!(!String::from_utf8_lossy(&hidden.body).contains("Secret"));
        }
        let seen = desk.ask_as(&reader, (method, &format!("{en}{rest}")), Some(&tag), &body);
        assert_eq!(seen.status, if method == Method::Get { 200 } else { 403 }, "{method} {rest}");
    }
    // A translator sees the entry, and of its parts the one that is theirs.
    let overview = desk.ask_as(&french, (Method::Get, &entry), None, &Value::Null).json();
    let parts: Vec<_> = overview["parts"].as_object().unwrap().keys().collect();
    assert_eq!(parts, ["fr"]);
    let saved = json!({ "fields": { "title": "Plan" } });
    assert_eq!(desk.ask_as(&french, (Method::Patch, &fr), Some("\"1\""), &saved).status, 200);
    assert_eq!(desk.ask_as(&french, (Method::Delete, &entry), None, &Value::Null).status, 404);
    assert_eq!(desk.ask_as(&reader, (Method::Delete, &entry), None, &Value::Null).status, 403);
    let made = json!({ "source_locale": "en" });
    assert_eq!(desk.ask_as(&reader, (Method::Post, "guidance"), None, &made).status, 403);
    assert_eq!(desk.ask_as(&nobody, (Method::Post, "guidance"), None, &made).status, 404);

    // Paths that only look like the entry's.
    let id = entry.split('/').nth(1).unwrap();
    for path in [
        format!("page/{id}/en"),
        format!("Guidance/{id}/en"),
        format!("guidance/{}/en", id.to_uppercase()),
        format!("guidance/{{{id}}}/en"),
        format!("guidance/urn:uuid:{id}/en"),
        format!("guidance/{}/en", id.replace('-', "")),
        format!("guidance/key:{id}/en"),
        format!("guidance/{id}/EN"),
        format!("guidance/{id}/en-"),
        format!("guidance/{id}/Shared"),
        format!("guidance/{id}%00/en"),
        format!("guidance/{id}/en/revisions/01"),
        format!("guidance/{id}/en/revisions/-1"),
        format!("guidance/{id}/en/revisions/4294967296"),
    ] {
        let answer = desk.ask((Method::Get, &path), None, &Value::Null);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
    }
}

#[test]
fn the_history_tells_all_and_rolls_back() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    desk.save(&en, "\"0\"", "Call 116 111");
    desk.clock.advance(60_000);
    let body = json!({ "fields": { "title": "Call 116 000" }, "note": "New number.", "change_class": "safety" });
    desk.ask((Method::Patch, &en), Some("\"1\""), &body);
    desk.done(&en, "publish", "\"2\"", &Value::Null);
    let list = desk.ask((Method::Get, &format!("{en}/revisions")), None, &Value::Null).json();
    assert_eq!((&list["data"][0]["revision"], &list["next"]), (&json!(2), &Value::Null), "{list}");
    assert_eq!(
        (&list["data"][0]["note"], &list["data"][0]["live"]),
        (&json!("New number."), &json!(true))
    );
    assert_eq!(list["data"][0]["change_class"], "safety");
    assert!(list["data"][1]["saved_at"].as_str() < list["data"][0]["saved_at"].as_str());
    let page =
        desk.ask((Method::Get, &format!("{en}/revisions?limit=1")), None, &Value::Null).json();
    assert_eq!(page["next"], 2);
    let page =
        desk.ask((Method::Get, &format!("{en}/revisions?limit=1&before=2")), None, &Value::Null);
    assert_eq!(page.json()["data"][0]["revision"], 1);

    let one = desk.ask((Method::Get, &format!("{en}/revisions/1")), None, &Value::Null).json();
    assert_eq!(one["fields"]["title"], "Call 116 111");
    let diff =
        desk.ask((Method::Get, &format!("{en}/diff?from=1&to=2")), None, &Value::Null).json();
    assert_eq!(
        diff["fields"],
        json!([{ "pointer": "/title", "text": [
            { "op": "same", "text": "Call 116 " },
            { "op": "removed", "text": "111" },
            { "op": "added", "text": "000" },
        ]}])
    );
    assert_eq!(
        desk.ask((Method::Get, &format!("{en}/diff?from=1&to=9")), None, &Value::Null).status,
        404
    );
    assert_eq!(
        desk.ask((Method::Get, &format!("{en}/diff?from=1")), None, &Value::Null).status,
        400
    );

    let back = desk.act(&en, "roll-back", "\"2\"", &json!({ "revision": 1 }));
    assert_eq!(back.header("etag"), Some("\"3\""), "{back:?}");
    let draft = desk.ask((Method::Get, &en), None, &Value::Null).json();
    assert_eq!((&draft["fields"], &draft["status"]), (&one["fields"], &json!("draft")));
    assert_eq!(desk.act(&en, "roll-back", "\"3\"", &json!({ "revision": 9 })).status, 404);
    for body in [
        json!({}),
        json!({ "revision": "1" }),
        json!({ "revision": -1 }),
        json!({ "revision": 1, "x": 1 }),
    ] {
        assert_eq!(desk.act(&en, "roll-back", "\"3\"", &body).status, 422, "{body}");
    }
}

#[test]
fn what_is_in_use_is_not_taken_away_unless_it_is_recalled() {
    let desk = Desk::new();
    let (used, page) = (desk.entry("guidance"), desk.entry("guidance"));
    let (used_en, page_en) = (format!("{used}/en"), format!("{page}/en"));
    let tag = desk.save(&used_en, "\"0\"", "Used");
    desk.done(&used_en, "publish", &tag, &Value::Null);
    let id = used.split('/').nth(1).unwrap();
    let body = json!({ "fields": { "title": "User", "body": format!("See {{{{entry:{id}}}}}.") } });
    assert_eq!(desk.ask((Method::Patch, &page_en), Some("\"0\""), &body).status, 200);
    desk.done(&page_en, "publish", "\"1\"", &Value::Null);

    let refused = desk.act(&used_en, "unpublish", &tag, &json!({ "mode": "gone" }));
    assert_eq!((refused.status, refused.code().as_str()), (409, "in-use"));
    assert_eq!(refused.problem()["used_by"][0]["id"], page.split('/').nth(1).unwrap());
    assert_eq!(desk.ask((Method::Delete, &used), None, &Value::Null).code(), "in-use");
    let publisher = desk.token_for(&[Act::Read, Act::Publish], None, Some("fr"));
    assert_eq!(
        desk.ask_as(
            &publisher,
            (Method::Post, &format!("{used_en}/unpublish")),
            Some(&tag),
            &json!({ "mode": "gone" })
        )
        .status,
        404
    );

    assert_eq!(desk.app.get("/v1/recalls").json()["data"], json!([]));
    let notice = json!({ "mode": "withdrawn", "notice": "The number was wrong." });
    desk.done(&used_en, "recall", &tag, &notice);
    let recalls = desk.app.get("/v1/recalls");
    assert_eq!(recalls.header("cache-control"), Some("no-cache"));
    let recalled = &recalls.json()["data"][0];
    assert_eq!((&recalled["id"], &recalled["slug"]), (&json!(id), &json!("used")), "{recalled}");
    assert_eq!(recalled["notice"], "The number was wrong.");
    assert!(desk.read(&used, "locale=en&fallback=none").json()["data"]["withdrawal"].is_object());
    desk.done(&used_en, "publish", &tag, &Value::Null);
    assert_eq!(desk.app.get("/v1/recalls").json()["data"], json!([]), "it came back");
    for body in [
        json!({}),
        json!({ "mode": "hidden" }),
        json!({ "mode": "gone", "notice": "x" }),
        json!({ "mode": "gone", "replacement": "x" }),
    ] {
        assert_eq!(desk.act(&used_en, "unpublish", &tag, &body).status, 422, "{body}");
    }
}

#[test]
fn shared_fields_are_saved_and_published_once_for_all_locales() {
    let desk = Desk::new();
    let (topic, entry) = (desk.entry("topic"), desk.entry("guidance"));
    let topic_en = format!("{topic}/en");
    desk.ask((Method::Patch, &topic_en), Some("\"0\""), &json!({ "fields": { "title": "Scams" } }));
    desk.done(&topic_en, "publish", "\"1\"", &Value::Null);
    let (en, shared) = (format!("{entry}/en"), format!("{entry}/shared"));
    let tag = desk.save(&en, "\"0\"", "One");
    desk.done(&en, "publish", &tag, &Value::Null);
    let id = topic.split('/').nth(1).unwrap();
    let patch = json!({ "fields": { "topics": [id] } });
    let saved = desk.ask((Method::Patch, &shared), Some("\"0\""), &patch);
    assert_eq!(saved.status, 200, "{saved:?}");
    assert_eq!(desk.read(&entry, "locale=en").json()["data"]["fields"]["topics"], Value::Null);
    desk.done(&shared, "publish", "\"1\"", &Value::Null);
    let page = desk.read(&entry, "locale=en").json();
    assert_eq!(page["data"]["fields"]["topics"][0]["title"], "Scams", "{page}");
    for act in ["unpublish", "recall", "schedule", "unschedule"] {
        assert_eq!(
            desk.act(&shared, act, "\"1\"", &json!({ "mode": "gone" })).status,
            404,
            "{act}"
        );
    }
    let missing = json!({ "fields": { "topics": ["0190a0a0-0000-7000-8000-000000000000"] } });
    let refused = desk.ask((Method::Patch, &shared), Some("\"1\""), &missing);
    assert_eq!(refused.faults(), [("/fields/topics/0".to_owned(), "reference_unknown".to_owned())]);
}

#[test]
fn a_write_that_is_sent_twice_is_done_once() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let bearer = format!("Bearer {}", desk.token);
    let send = |key: &str, tag: &str, body: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("If-Match", tag),
            ("Idempotency-Key", key),
        ];
        desk.app.send(Method::Patch, &format!("/manage/v1/entries/{en}"), &headers, body)
    };
    let body = r#"{"fields":{"title":"One"}}"#;
    let first = send("a", "\"0\"", body);
    let second = send("a", "\"0\"", body);
    assert_eq!(first.status, 200);
    for field in ["etag", "event"] {
        assert_eq!(second.header(field), first.header(field), "{field}");
    }
    assert_eq!((second.status, second.json()), (first.status, first.json()));
    let overview = desk.ask((Method::Get, &entry), None, &Value::Null).json();
    assert_eq!(overview["parts"]["en"]["revision"], 1, "done once");
    assert_eq!(send("a", "\"0\"", r#"{"fields":{"title":"Two"}}"#).code(), "key-reused");
    assert_eq!(send("a", "\"1\"", body).code(), "key-reused");
    assert_eq!(send("b", "\"0\"", body).status, 412, "another key is another request");
    // A refusal is no answer to keep: mended, it goes through with the same key.
    assert_eq!(send("c", "\"1\"", r#"{"fields":{"title":7}}"#).status, 422);
    assert_eq!(send("c", "\"1\"", r#"{"fields":{"title":"Two"}}"#).status, 200);
    assert_eq!(send("", "\"2\"", body).status, 400);
    assert_eq!(send(&"k".repeat(300), "\"2\"", body).status, 400);
    desk.clock.advance(25 * 60 * 60 * 1_000);
    assert_eq!(send("a", "\"0\"", body).status, 412, "after a day the key is forgotten");
}

#[test]
fn a_read_waits_for_the_event_that_it_must_know_of() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    desk.save(&en, "\"0\"", "One");
    let last = desk.app.cms.log().last().to_string();
    let bearer = format!("Bearer {}", desk.token);
    let ask = |event: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Event", event)];
        desk.app.send(Method::Get, &format!("/manage/v1/entries/{en}"), &headers, "")
    };
    assert_eq!(ask(&last).status, 200);
    assert_eq!(ask("soon").status, 400);
    assert_eq!(ask("-1").status, 400);
}
