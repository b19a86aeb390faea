//! Accounts, agencies and locales over HTTP: changed, closed, erased; and the last administrator stays.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

/// Asks the management API as somebody.
fn ask_as(desk: &Desk, token: &str, (method, path): (Method, &str), body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    desk.app.send(method, &format!("/manage/v1/{path}"), &headers, &body)
}

fn ask(desk: &Desk, door: (Method, &str), body: &Value) -> Answer {
    ask_as(desk, &desk.token, door, body)
}

/// An account with a token: its path, and the token.
fn account(desk: &Desk, name: &str, acts: &[&str]) -> (String, String) {
    let grants = if acts.is_empty() { json!([]) } else { json!([{ "acts": acts }]) };
    let body = json!({ "name": name, "grants": grants });
    let made = ask(desk, (Method::Post, "accounts"), &body);
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": "theirs", "account": id });
    let token = ask(desk, (Method::Post, "tokens"), &body).json();
    (format!("accounts/{id}"), token["secret"].as_str().unwrap().to_owned())
}

#[test]
fn a_closed_account_acts_no_more_until_it_is_opened_again() {
    let desk = Desk::new();
    let (path, token) = account(&desk, "Ana", &["read", "write"]);
    assert_eq!(ask_as(&desk, &token, (Method::Get, "me"), &Value::Null).status, 200);
    let closed = ask(&desk, (Method::Patch, &path), &json!({ "disabled": true }));
    assert_eq!((closed.status, &closed.json()["disabled"]), (200, &json!(true)), "{closed:?}");
    assert_eq!(ask_as(&desk, &token, (Method::Get, "me"), &Value::Null).status, 401);
    let issued = ask(
        &desk,
        (Method::Post, "tokens"),
        &json!({ "name": "another", "account": path.split('/').nth(1).unwrap() }),
    );
    assert_eq!(issued.status, 404, "nobody gets a token for a closed account");
    let opened = ask(&desk, (Method::Patch, &path), &json!({ "disabled": false, "name": "Anna" }));
    assert_eq!(opened.json()["name"], "Anna");
    assert_eq!(ask_as(&desk, &token, (Method::Get, "me"), &Value::Null).status, 200);
    for (body, place, code) in [
        (json!({ "disabled": 1 }), "/disabled", "wrong_kind"),
        (json!({ "name": " x" }), "/name", "text_length"),
        (json!({ "name": "administrator" }), "/name", "name_taken"),
        (json!({ "grants": [] }), "/grants", "unknown_member"),
    ] {
        let faults = ask(&desk, (Method::Patch, &path), &body).faults();
        assert_eq!(faults, [(place.to_owned(), code.to_owned())], "{body}");
    }
    // Its old name is free for another.
    account(&desk, "Ana", &[]);
}

#[test]
fn an_erased_account_leaves_its_id_and_not_its_name() {
    let desk = Desk::new();
    let name = "Somebody Withaname";
    let (path, token) = account(&desk, name, &["read", "write"]);
    let entry = desk.entry("guidance");
    let body = json!({ "fields": { "title": "T", "body": "B" } });
    let saved = desk.ask_as(&token, (Method::Patch, &format!("{entry}/en")), Some("\"0\""), &body);
    assert_eq!(saved.status, 200, "{saved:?}");
    let erased = ask(&desk, (Method::Delete, &path), &Value::Null);
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(ask(&desk, (Method::Get, &path), &Value::Null).status, 404);
    assert_eq!(ask_as(&desk, &token, (Method::Get, "me"), &Value::Null).status, 401);
    let id = path.split('/').nth(1).unwrap();
    let trail = ask(&desk, (Method::Get, "audit?limit=500"), &Value::Null).text();
    assert!(!trail.contains(name) && trail.contains(id), "{trail}");
    let tokens = ask(&desk, (Method::Get, "tokens"), &Value::Null).text();
    assert!(!tokens.contains(id), "{tokens}");
    assert_eq!(ask(&desk, (Method::Delete, &path), &Value::Null).status, 404);
    // Made again from the log, the view says the same, and the name is free.
    let before = desk.app.cms.editing().accounts().unwrap();
    crate::app::wait_for(desk.app.cms.rebuild(|_| {})).unwrap();
    assert_eq!(desk.app.cms.editing().accounts().unwrap(), before);
    account(&desk, name, &[]);
}

#[test]
fn the_last_administrator_can_neither_be_closed_nor_erased() {
    let desk = Desk::new();
    let me = ask(&desk, (Method::Get, "me"), &Value::Null).json();
    let own = format!("accounts/{}", me["account"].as_str().unwrap());
    let last = |answer: Answer| {
        assert_eq!(answer.faults(), [(String::new(), "last_administrator".to_owned())]);
    };
    last(ask(&desk, (Method::Patch, &own), &json!({ "disabled": true })));
    last(ask(&desk, (Method::Delete, &own), &Value::Null));
    let (other, token) = account(&desk, "Second", &["administer"]);
    // One that is closed is nobody to rely on.
    ask(&desk, (Method::Patch, &other), &json!({ "disabled": true }));
    last(ask(&desk, (Method::Patch, &own), &json!({ "disabled": true })));
    let grants = json!({ "grants": [] });
    let answer = ask(&desk, (Method::Put, &format!("{own}/grants")), &grants);
    assert_eq!(answer.faults(), [("/grants".to_owned(), "last_administrator".to_owned())]);
    ask(&desk, (Method::Patch, &other), &json!({ "disabled": false }));
    assert_eq!(ask(&desk, (Method::Delete, &own), &Value::Null).status, 200);
    let last_one = ask_as(&desk, &token, (Method::Delete, &other), &Value::Null);
    last(last_one);
}

#[test]
fn agencies_are_added_and_changed_by_administrators_and_seen_by_all_who_act() {
    let desk = Desk::new();
    let made = ask(
        &desk,
        (Method::Post, "agencies"),
        &json!({ "key": "helpline", "names": { "en": "Helpline", "fr": "Ligne d'aide" } }),
    );
    assert_eq!(made.status, 201, "{made:?}");
    let path = made.header("location").unwrap().trim_start_matches("/manage/v1/").to_owned();
    let changed = ask(&desk, (Method::Patch, &path), &json!({ "names": { "en": "The Helpline" } }));
    assert_eq!(changed.json()["names"], json!({ "en": "The Helpline" }));
    assert_eq!(changed.json()["key"], "helpline");
    let taken = ask(
        &desk,
        (Method::Post, "agencies"),
        &json!({ "key": "helpline", "names": { "en": "x" } }),
    );
    assert_eq!((taken.status, taken.code().as_str()), (409, "conflict"));
    for (body, place, code) in [
        (json!({ "names": { "en": "x" } }), "/key", "required"),
        (json!({ "key": "a b", "names": { "en": "x" } }), "/key", "bad_key"),
        (json!({ "key": "k" }), "/names", "required"),
        (json!({ "key": "k", "names": {} }), "/names", "too_few_fields"),
        (json!({ "key": "k", "names": ["x"] }), "/names", "not_an_object"),
        (json!({ "key": "k", "names": { "x_": "x" } }), "/names/x_", "not_a_locale"),
        (json!({ "key": "k", "names": { "en": 1 } }), "/names/en", "not_a_string"),
        (json!({ "key": "k", "names": { "en": "a\u{7}" } }), "/names/en", "text_length"),
        (json!({ "key": "k", "names": { "en": "x" }, "id": 1 }), "/id", "unknown_member"),
    ] {
        let faults = ask(&desk, (Method::Post, "agencies"), &body).faults();
        assert_eq!(faults, [(place.to_owned(), code.to_owned())], "{body}");
    }
    let editor = desk.token_for(&[Act::Read, Act::Write], None, None);
    let listed = ask_as(&desk, &editor, (Method::Get, "agencies"), &Value::Null);
    let keys: Vec<_> = listed.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agency| (agency["key"].clone(), agency["default"].clone()))
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[1], (json!("helpline"), json!(false)));
    assert_eq!(keys[0].1, json!(true));
    let refused = ask_as(&desk, &editor, (Method::Patch, &path), &json!({ "key": "mine" }));
    assert_eq!(refused.status, 403);
    let gone = "agencies/0190a0a0-0000-7000-8000-000000000000";
    assert_eq!(ask(&desk, (Method::Patch, gone), &json!({ "key": "x" })).status, 404);
}

#[test]
fn a_locale_is_set_alone_and_what_is_not_said_of_it_stays() {
    let desk = Desk::new();
    let set = ask(
        &desk,
        (Method::Put, "locales/ar"),
        &json!({ "name": "العربية", "fallback": ["fr", "en"] }),
    );
    assert_eq!(set.status, 200, "{set:?}");
    let of = |answer: &Answer, tag: &str| -> Value {
        let all = answer.json()["locales"].as_array().unwrap().clone();
        all.into_iter().find(|locale| locale["tag"] == tag).unwrap()
    };
    let arabic = of(&set, "ar");
    assert_eq!((&arabic["dir"], &arabic["default"]), (&json!("rtl"), &json!(false)));
    assert_eq!(arabic["chain"], json!(["ar", "fr", "en"]));
    let set = ask(&desk, (Method::Put, "locales/ar"), &json!({ "default": true }));
    let arabic = of(&set, "ar");
    assert_eq!(arabic["fallback"], json!(["fr", "en"]), "it stays");
    assert_eq!(arabic["default"], true);
    let set = ask(&desk, (Method::Put, "locales/ar"), &json!({ "fallback": null }));
    assert_eq!(of(&set, "ar")["fallback"], Value::Null);
    for (path, body, code) in [
        ("locales/fr", json!({ "fallback": "en" }), "not_a_list"),
        ("locales/fr", json!({ "fallback": ["x_"] }), "not_a_locale"),
        ("locales/fr", json!({ "fallback": ["es"] }), "unknown_locale"),
        ("locales/fr", json!({ "name": "" }), "text_length"),
        ("locales/fr", json!({ "default": "yes" }), "wrong_kind"),
    ] {
        let answer = ask(&desk, (Method::Put, path), &body);
        assert_eq!(Desk::first_fault(&answer), code, "{body}");
    }
    for tag in ["FR", "x_", "fr-fr"] {
        let answer = ask(&desk, (Method::Put, &format!("locales/{tag}")), &json!({}));
        assert_eq!(answer.status, 404, "a locale has one address: {tag}");
    }
    let editor = desk.token_for(&[Act::Publish], None, None);
    for door in [(Method::Get, "locales"), (Method::Put, "locales/fr")] {
        assert_eq!(ask_as(&desk, &editor, door, &json!({})).status, 403, "{door:?}");
    }
}
