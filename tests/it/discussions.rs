//! Comments and assignments: who may say what to whom, what is left after an erasure, and that no reader sees any of it.

use cms_core::{access::Act, id::AccountId};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    http_acts::desk::Desk,
};

/// The account that a token acts as.
fn account_of(desk: &Desk, token: &str) -> AccountId {
    let bearer = format!("Bearer {token}");
    let me = desk.app.get_with("/manage/v1/me", &[("Authorization", &bearer)]).json();
    me["account"].as_str().unwrap().parse().unwrap()
}

fn assigned(desk: &Desk, token: &str, query: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    desk.app.get_with(&format!("/manage/v1/assignments{query}"), &[("Authorization", &bearer)])
}

fn texts(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let data = answer.json()["data"].as_array().unwrap().clone();
    data.iter().map(|comment| comment["text"].as_str().unwrap().to_owned()).collect()
}

/// Comments on a part; gives the comment's id.
fn comment(desk: &Desk, token: &str, part: &str, body: &Value) -> String {
    let made = desk.ask_as(token, (Method::Post, &format!("{part}/comments")), None, body);
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_comment_is_made_answered_assigned_resolved_and_opened_again() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let fr = format!("{entry}/fr");
    let translator = desk.token_for(&[Act::Read, Act::Write], Some("guidance"), Some("fr"));
    let theirs = account_of(&desk, &translator);
    let body = json!({ "text": "Is this the word?", "segment": "body.3", "assignee": theirs.to_string(),
        "due": "2027-01-31T09:00:00Z" });
    let id = comment(&desk, &desk.token, &fr, &body);
    assert_eq!(texts(&assigned(&desk, &translator, "")), ["Is this the word?"]);
    let told = assigned(&desk, &translator, "").json()["data"][0].clone();
    assert_eq!(
        (&told["segment"], &told["due"], &told["part"]),
        (&json!("body.3"), &json!("2027-01-31T09:00:00Z"), &json!("fr"))
    );
    comment(&desk, &translator, &fr, &json!({ "text": "It is now.", "reply_to": id }));
    let list = |query: &str| {
        texts(&desk.ask_as(
            &translator,
            (Method::Get, &format!("{fr}/comments{query}")),
            None,
            &Value::Null,
        ))
    };
    assert_eq!(list(""), ["Is this the word?", "It is now."]);
    let act = |token: &str, act: &str, body: &Value| {
        desk.ask_as(token, (Method::Post, &format!("{fr}/comments/{id}/{act}")), None, body)
    };
    let resolved = act(&translator, "resolve", &Value::Null);
    assert_eq!(
        (resolved.status, &resolved.json()["resolved"]),
        (200, &json!(true)),
        "{resolved:?}"
    );
    assert_eq!(act(&translator, "resolve", &Value::Null).faults()[0].1, "comment_state");
    assert_eq!(list(""), ["It is now."]);
    assert_eq!(list("?state=resolved"), ["Is this the word?"]);
    assert_eq!(list("?state=all").len(), 2);
    assert_eq!(texts(&assigned(&desk, &translator, "")), [] as [&str; 0]);
    assert_eq!(act(&desk.token, "reopen", &Value::Null).status, 200);
    assert_eq!(texts(&assigned(&desk, &translator, "")).len(), 1);
    let me = account_of(&desk, &desk.token);
    assert_eq!(act(&translator, "assign", &json!({ "assignee": me.to_string() })).status, 200);
    assert_eq!(texts(&assigned(&desk, &translator, "")), [] as [&str; 0]);
    assert_eq!(texts(&assigned(&desk, &desk.token, "")).len(), 1);
    assert_eq!(texts(&assigned(&desk, &desk.token, &format!("?account={me}"))).len(), 1);
    assert_eq!(act(&translator, "assign", &json!({})).status, 200, "nobody's");
    assert_eq!(texts(&assigned(&desk, &desk.token, "")), [] as [&str; 0]);
    // Made again from the log it is the same.
    let before = list("?state=all");
    wait_for(desk.app.cms.rebuild(|_| {})).unwrap();
    assert_eq!(list("?state=all"), before);
}

#[test]
fn who_may_not_read_a_part_hears_nothing_of_what_is_said_about_it() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let (fr, th) = (format!("{entry}/fr"), format!("{entry}/th"));
    for part in ["en", "fr", "th"] {
        desk.save(&format!("{entry}/{part}"), "\"0\"", part);
    }
    let id = comment(&desk, &desk.token, &th, &json!({ "text": "Not for all." }));
    comment(&desk, &desk.token, &fr, &json!({ "text": "Pour tous." }));
    let french = desk.token_for(&[Act::Read, Act::Write], None, Some("fr"));
    let get = |token: &str, path: &str| desk.ask_as(token, (Method::Get, path), None, &Value::Null);
    assert_eq!(texts(&get(&french, &format!("{fr}/comments?parts=all"))), ["Pour tous."]);
    assert_eq!(get(&french, &format!("{th}/comments")).status, 404);
    for path in [format!("{th}/comments/{id}/resolve"), format!("{fr}/comments/{id}/resolve")] {
        let answer = desk.ask_as(&french, (Method::Post, &path), None, &Value::Null);
        assert_eq!(answer.status, 404, "{path}");
    }
    let reader = desk.token_for(&[Act::Read], None, None);
    assert_eq!(texts(&get(&reader, &format!("{fr}/comments?parts=all"))).len(), 2);
    let path = format!("{fr}/comments");
    let refused = desk.ask_as(&reader, (Method::Post, &path), None, &json!({ "text": "x" }));
    assert_eq!(refused.status, 403);
    let theirs = account_of(&desk, &french);
    for (body, place, code) in [
        (json!({}), "/text", "required"),
        (json!({ "text": " " }), "/text", "text_length"),
        (json!({ "text": "x".repeat(5_001) }), "/text", "text_length"),
        (json!({ "text": "x", "segment": "a\u{0}" }), "/segment", "text_length"),
        (json!({ "text": "x", "reply_to": id }), "/reply_to", "unknown_comment"),
        (json!({ "text": "x", "reply_to": "1" }), "/reply_to", "not_an_id"),
        (
            json!({ "text": "x", "assignee": "0190a0a0-0000-7000-8000-000000000000" }),
            "/assignee",
            "unknown_account",
        ),
        (json!({ "text": "x", "due": "Friday" }), "/due", "bad_time"),
        (json!({ "text": "x", "by": "me" }), "/by", "unknown_member"),
    ] {
        let answer = desk.ask((Method::Post, &path), None, &body);
        assert_eq!(answer.faults(), [(place.to_owned(), code.to_owned())], "{body}");
    }
    let body = json!({ "text": "x", "assignee": theirs.to_string() });
    let answer = desk.ask((Method::Post, &format!("{th}/comments")), None, &body);
    assert_eq!(answer.faults(), [("/assignee".to_owned(), "unknown_account".to_owned())]);
    let others = assigned(&desk, &french, &format!("?account={}", account_of(&desk, &desk.token)));
    assert_eq!(others.status, 403);
    assert_eq!(assigned(&desk, &french, "?account=x").status, 400);
}

#[test]
fn an_erased_entry_s_comments_leave_the_store_with_it() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    desk.save(&en, "\"0\"", "Page");
    let marker = "markerthatnobodyelsewrites";
    let me = account_of(&desk, &desk.token).to_string();
    comment(&desk, &desk.token, &en, &json!({ "text": marker, "assignee": me }));
    desk.done(&en, "publish", "\"1\"", &Value::Null);
    let page = desk.read(&entry, "locale=en");
    assert_eq!(page.status, 200);
    assert!(!page.text().contains(marker));
    let trail = |desk: &Desk| {
        let bearer = format!("Bearer {}", desk.token);
        let id = entry.split('/').nth(1).unwrap();
        desk.app
            .get_with(&format!("/manage/v1/audit?entry={id}"), &[("Authorization", &bearer)])
            .text()
    };
    let told = trail(&desk);
    assert!(told.contains("comment_made") && !told.contains(marker), "{told}");
    let erased = desk.ask((Method::Delete, &entry), None, &Value::Null);
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(texts(&assigned(&desk, &desk.token, "")), [] as [&str; 0]);
    let events = wait_for(desk.app.cms.log().events(0, 10_000)).unwrap();
    assert!(!format!("{events:?}").contains(marker));
    wait_for(desk.app.cms.rebuild(|_| {})).unwrap();
    assert_eq!(texts(&assigned(&desk, &desk.token, "")), [] as [&str; 0]);
}
