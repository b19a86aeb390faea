//! Previews: what a token shows, to whom, and for how long.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    http_acts::desk::Desk,
};

fn issue(desk: &Desk, path: &str, body: &Value) -> Answer {
    desk.ask((Method::Post, &format!("{path}/previews")), None, body)
}

/// Issues a token; gives its text and its id.
fn issued(desk: &Desk, path: &str, body: &Value) -> (String, String) {
    let answer = issue(desk, path, body);
    assert_eq!(answer.status, 201, "{answer:?}");
    let told = answer.json();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    (text("secret"), text("id"))
}

fn look(desk: &Desk, secret: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    desk.app.get_with("/manage/v1/preview", &[("Authorization", bearer.as_str())])
}

#[test]
fn a_preview_is_what_readers_get_once_it_is_published() {
    let desk = Desk::new();
    let (page, topic) = (desk.entry("guidance"), desk.entry("topic"));
    let (en, topic_en) = (format!("{page}/en"), format!("{topic}/en"));
    desk.ask((Method::Patch, &topic_en), Some("\"0\""), &json!({ "fields": { "title": "Scams" } }));
    desk.done(&topic_en, "publish", "\"1\"", &Value::Null);
    let topic = topic.split('/').nth(1).unwrap();
    let fields =
        json!({ "fields": { "title": "Draft", "body": format!("See {{{{entry:{topic}}}}}.") } });
    desk.ask((Method::Patch, &en), Some("\"0\""), &fields);
    let shared = json!({ "fields": { "topics": [topic] } });
    desk.ask((Method::Patch, &format!("{page}/shared")), Some("\"0\""), &shared);
    let (secret, _) = issued(&desk, &en, &Value::Null);
    let last = desk.app.cms.log().last();
    let shown = look(&desk, &secret);
    assert_eq!(shown.status, 200, "{shown:?}");
    for (name, value) in [
        ("cache-control", "private, no-store"),
        ("x-robots-tag", "noindex, nofollow, noarchive"),
        ("content-language", "en"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(shown.header(name), Some(value));
    }
    assert_eq!(shown.header("etag"), None);
    let shown = shown.json();
    assert_eq!(shown["data"]["fields"]["topics"][0]["title"], "Scams", "{shown}");
    assert_eq!(desk.app.cms.log().last(), last, "nothing has happened");
    assert_eq!(desk.read(&page, "locale=en").status, 404, "and no reader sees anything of it");
    desk.done(&en, "publish", "\"1\"", &Value::Null);
    let read = desk.read(&page, "locale=en&fallback=none").json();
    assert_eq!(shown, read);
    // A newer draft is shown beside what is live.
    desk.ask((Method::Patch, &en), Some("\"1\""), &json!({ "fields": { "title": "Newer" } }));
    assert_eq!(look(&desk, &secret).json()["data"]["fields"]["title"], "Newer");
    assert_eq!(desk.read(&page, "locale=en&fallback=none").json(), read);
}

#[test]
fn a_draft_is_shown_with_all_that_is_still_wrong_with_it() {
    let desk = Desk::new();
    let (page, hidden) = (desk.entry("guidance"), desk.entry("guidance"));
    desk.save(&format!("{hidden}/en"), "\"0\"", "Markerhidden");
    let en = format!("{page}/en");
    let id = hidden.split('/').nth(1).unwrap();
    let body = json!({ "fields": { "title": "Unfinished", "body": format!("See {{{{entry:{id}}}}}, and more.") } });
    desk.ask((Method::Patch, &en), Some("\"0\""), &body);
    let (secret, _) = issued(&desk, &en, &Value::Null);
    let shown = look(&desk, &secret);
    assert_eq!(shown.status, 200);
    assert!(
        shown.text().contains("and more") && !shown.text().contains("Markerhidden"),
        "{shown:?}"
    );
}

#[test]
fn a_release_is_previewed_page_by_page() {
    let desk = Desk::new();
    let (page, other) = (desk.entry("guidance"), desk.entry("guidance"));
    let (en, other_en) = (format!("{page}/en"), format!("{other}/en"));
    desk.save(&other_en, "\"0\"", "Other");
    let id = |entry: &str| entry.split('/').nth(1).unwrap().to_owned();
    let body = json!({ "fields": { "title": "Page", "body": format!("See {{{{entry:{}}}}}.", id(&other)) } });
    desk.ask((Method::Patch, &en), Some("\"0\""), &body);
    let bearer = format!("Bearer {}", desk.token);
    let post = |path: &str, body: &Value| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("If-Match", "*"),
        ];
        desk.app.send(
            Method::Post,
            &format!("/manage/v1/releases{path}"),
            &headers,
            &body.to_string(),
        )
    };
    let release = post("", &json!({ "name": "x" })).json()["id"].as_str().unwrap().to_owned();
    let bad = issue(&desk, &en, &json!({ "release": release }));
    assert_eq!(bad.faults(), [("/release".to_owned(), "not_in_release".to_owned())]);
    let items =
        json!({ "add": [{ "id": id(&page), "part": "en" }, { "id": id(&other), "part": "en" }] });
    assert_eq!(post(&format!("/{release}/items"), &items).status, 200);
    let (alone, _) = issued(&desk, &en, &Value::Null);
    let (together, _) = issued(&desk, &en, &json!({ "release": release }));
    assert!(!look(&desk, &alone).text().contains("Other"));
    assert!(look(&desk, &together).text().contains("Other"));
    assert_eq!(desk.read(&other, "locale=en").status, 404);
}

#[test]
fn a_token_is_good_for_its_own_preview_and_for_its_time() {
    let desk = Desk::new();
    let page = desk.entry("guidance");
    let en = format!("{page}/en");
    desk.save(&en, "\"0\"", "Draft");
    let now = desk.app.cms.clock().now();
    for at in [now, now.plus_millis(93 * 24 * 3_600_000)] {
        let refused = issue(&desk, &en, &json!({ "expires": at }));
        assert_eq!(refused.faults(), [("/expires".to_owned(), "time_out_of_range".to_owned())]);
    }
    let (secret, id) = issued(&desk, &en, &json!({ "expires": now.plus_millis(60_000) }));
    let (other, _) = issued(&desk, &en, &Value::Null);
    let listed = desk.ask((Method::Get, &format!("{en}/previews")), None, &Value::Null).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("secret"));
    // It signs nobody in, and no other token is one.
    let bearer = format!("Bearer {secret}");
    for path in ["/manage/v1/me", &format!("/manage/v1/entries/{en}"), "/manage/v1/accounts"] {
        let answer = desk.app.get_with(path, &[("Authorization", bearer.as_str())]);
        assert_eq!(answer.code(), "unauthorized", "{path}");
    }
    assert_eq!(look(&desk, &desk.token).code(), "unauthorized");
    let (head, tail) = secret.split_at(20);
    let altered = format!("{head}{}{}", if tail.starts_with('0') { '1' } else { '0' }, &tail[1..]);
    assert_eq!(look(&desk, &altered).code(), "unauthorized");
    assert_eq!(desk.app.get("/manage/v1/preview").code(), "unauthorized");
    assert_eq!(
        desk.app.get_with("/v1/entries/guidance", &[("Authorization", bearer.as_str())]).json()["data"],
        json!([])
    );
    desk.clock.advance(59_999);
    assert_eq!(look(&desk, &secret).status, 200);
    desk.clock.advance(1);
    assert_eq!(look(&desk, &secret).code(), "unauthorized");
    assert_eq!(look(&desk, &other).status, 200);
    let listed = desk.ask((Method::Get, &format!("{en}/previews")), None, &Value::Null).json();
    let [only] = listed["data"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    let revoke = format!("{en}/previews/{}", only["id"].as_str().unwrap());
    assert_eq!(desk.ask((Method::Delete, &revoke), None, &Value::Null).status, 204);
    assert_eq!(look(&desk, &other).code(), "unauthorized");
    assert_eq!(desk.ask((Method::Delete, &revoke), None, &Value::Null).status, 404);
    assert_ne!(only["id"], json!(id));
}

#[test]
fn a_token_shows_what_its_issuer_may_write() {
    use cms_core::commands::save_account::SetGrants;
    let desk = Desk::new();
    let page = desk.entry("guidance");
    let (en, fr) = (format!("{page}/en"), format!("{page}/fr"));
    desk.save(&en, "\"0\"", "Draft");
    desk.save(&fr, "\"0\"", "Brouillon");
    let writer = desk.token_for(&[Act::Read, Act::Write], Some("guidance"), Some("fr"));
    let reader = desk.token_for(&[Act::Read], Some("guidance"), None);
    let ask = |token: &str, path: &str| {
        desk.ask_as(token, (Method::Post, &format!("{path}/previews")), None, &Value::Null)
    };
    assert_eq!(ask(&reader, &fr).status, 403);
    assert_eq!(ask(&writer, &en).status, 404);
    assert_eq!(ask(&writer, &format!("{page}/shared")).status, 404);
    let made = ask(&writer, &fr).json();
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(look(&desk, secret).json()["data"]["fields"]["title"], "Brouillon");
    let account = made["created_by"].as_str().unwrap().parse().unwrap();
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    let act = SetGrants { account, grants: Vec::new() };
    wait_for(desk.app.cms.set_grants(&administrator, act)).unwrap();
    assert_eq!(
        look(&desk, secret).code(),
        "unauthorized",
        "their right is gone, and the token's with it"
    );
    // An erased entry is nowhere.
    let (secret, _) = issued(&desk, &en, &Value::Null);
    assert_eq!(desk.ask((Method::Delete, &page), None, &Value::Null).status, 200);
    assert_eq!(look(&desk, &secret).code(), "unauthorized");
}
