//! The audit trail: who did what, when, and who may know.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

fn trail(desk: &Desk, token: &str, query: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    desk.app.get_with(&format!("/manage/v1/audit{query}"), &[("Authorization", bearer.as_str())])
}

fn kinds(answer: &Answer) -> Vec<String> {
    let told = answer.json();
    let events = told["data"].as_array().unwrap().iter();
    events.map(|event| event["what"]["event"].as_str().unwrap_or("erased").to_owned()).collect()
}

#[test]
fn the_trail_of_an_entry_is_complete_and_in_order() {
    let desk = Desk::new();
    let (entry, other) = (desk.entry("guidance"), desk.entry("guidance"));
    let (en, id) = (format!("{entry}/en"), entry.split('/').nth(1).unwrap().to_owned());
    desk.save(&format!("{other}/en"), "\"0\"", "Another");
    let tag = desk.save(&en, "\"0\"", "Markertitle");
    desk.clock.advance(86_400_000);
    desk.done(&en, "submit", &tag, &json!({ "note": "Please look." }));
    desk.done(&en, "publish", &tag, &Value::Null);
    desk.done(&en, "unpublish", &tag, &json!({ "mode": "gone" }));
    let of_entry = format!("?entry={id}");
    let all = trail(&desk, &desk.token, &of_entry);
    assert_eq!(
        kinds(&all),
        ["entry_created", "revision_saved", "reviewed", "published", "unpublished"]
    );
    assert!(
        !all.text().contains("Markertitle"),
        "content is in the revisions, for those who may read them"
    );
    assert!(all.text().contains("Please look."));
    assert_eq!(all.json()["next"], Value::Null);
    // By period.
    let day = desk.app.cms.clock().now();
    let from = format!("{of_entry}&from={}", day.plus_millis(-1));
    assert_eq!(kinds(&trail(&desk, &desk.token, &from)), ["reviewed", "published", "unpublished"]);
    let to = format!("{of_entry}&to={day}");
    assert_eq!(kinds(&trail(&desk, &desk.token, &to)), ["entry_created", "revision_saved"]);
    // By account.
    let account = desk.app.cms.administrator().unwrap().unwrap().account;
    let own = trail(&desk, &desk.token, &format!("{of_entry}&actor={account}"));
    assert_eq!(own.json(), all.json());
    let nobody = "0190a0a0-0000-7000-8000-000000000000";
    assert_eq!(
        kinds(&trail(&desk, &desk.token, &format!("?actor={nobody}"))),
        Vec::<String>::new()
    );
    // Page by page it is the same.
    let (mut after, mut paged) = (json!(0), Vec::new());
    while !after.is_null() {
        let page = trail(&desk, &desk.token, &format!("{of_entry}&limit=2&after={after}")).json();
        paged.extend(page["data"].as_array().unwrap().clone());
        after = page["next"].clone();
    }
    assert_eq!(json!(paged), all.json()["data"]);
    // Erased, it stays that something happened, when and by whom, and nothing of what.
    assert_eq!(desk.ask((Method::Delete, &entry), None, &Value::Null).status, 200);
    let left = trail(&desk, &desk.token, &of_entry);
    assert_eq!(
        kinds(&left),
        ["erased", "erased", "erased", "erased", "erased", "erased"].map(str::to_owned)
    );
    assert!(!left.text().contains("Please look."), "{left:?}");
}

#[test]
fn others_than_administrators_see_what_they_may_read_of_an_entry() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let id = entry.split('/').nth(1).unwrap();
    desk.save(&format!("{entry}/en"), "\"0\"", "One");
    desk.save(&format!("{entry}/fr"), "\"0\"", "Un");
    let french = desk.token_for(&[Act::Read], Some("guidance"), Some("fr"));
    let topics = desk.token_for(&[Act::Read, Act::Write], Some("topic"), None);
    let seen = trail(&desk, &french, &format!("?entry={id}"));
    assert_eq!(kinds(&seen), ["revision_saved"]);
    assert_eq!(seen.json()["data"][0]["about"], json!([{ "id": id, "part": "fr" }]));
    assert_eq!(trail(&desk, &french, "").status, 403);
    assert_eq!(trail(&desk, &topics, &format!("?entry={id}")).status, 404);
    let missing = "?entry=0190a0a0-0000-7000-8000-000000000000";
    assert_eq!(trail(&desk, &french, missing).status, 404);
    assert_eq!(trail(&desk, "bcn_x", missing).status, 401);
    for (query, name, code) in [
        ("?entry=x", "entry", "not_an_id"),
        ("?actor=x", "actor", "not_an_id"),
        ("?from=Friday", "from", "bad_time"),
        ("?limit=0", "limit", "out_of_range"),
        ("?draft=1", "draft", "unknown_parameter"),
    ] {
        assert_eq!(trail(&desk, &desk.token, query).faults(), [(name.to_owned(), code.to_owned())]);
    }
}
