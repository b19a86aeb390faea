//! Partners' keys: a share of one's own on the delivery API, and nothing besides.

use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

fn manage(desk: &Desk, (method, path): (Method, &str), body: &Value) -> Answer {
    let bearer = format!("Bearer {}", desk.token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    desk.app.send(method, &format!("/manage/v1/{path}"), &headers, &body)
}

/// A key: its text and its path.
fn key(desk: &Desk, per_minute: u32) -> (String, String) {
    let body = json!({ "partner": "A helpline's site", "per_minute": per_minute });
    let made = manage(desk, (Method::Post, "partner-keys"), &body);
    assert_eq!(made.status, 201, "{made:?}");
    let path = made.header("location").unwrap().trim_start_matches("/manage/v1/").to_owned();
    (made.json()["secret"].as_str().unwrap().to_owned(), path)
}

fn get(desk: &Desk, path: &str, secret: &str) -> Answer {
    let field = format!("Bearer {secret}");
    desk.app.get_with(path, &[("Authorization", &field)])
}

#[test]
fn a_partner_has_a_share_of_its_own_and_is_told_when_it_is_used_up() {
    let desk = Desk::new();
    let ((one, _), (two, _)) = (key(&desk, 3), key(&desk, 3));
    let first = get(&desk, "/v1/types", &one);
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit"), None, "caches keep it for everybody");
    desk.clock.advance(20_000);
    assert_eq!(get(&desk, "/v1/locales", &one).status, 200);
    // What is missing counts, too.
    assert_eq!(get(&desk, "/v1/entries/guidance/nothing", &one).status, 404);
    let refused = get(&desk, "/v1/types", &one);
    assert_eq!((refused.status, refused.code().as_str()), (429, "too-many-requests"));
    assert_eq!(refused.header("retry-after"), Some("40"));
    assert_eq!(refused.header("ratelimit"), Some("\"minute\";r=0;t=40"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"minute\";q=3;w=60"));
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    assert_eq!(get(&desk, "/v1/types", &two).status, 200, "another's share is another's");
    let anonymous = desk.app.get("/v1/types");
    assert_eq!(anonymous.status, 200);
    assert_eq!(anonymous.body, first.body, "a key shows nothing that isn't public");
    assert_eq!(anonymous.header("etag"), first.header("etag"));
    desk.clock.advance(40_000);
    assert_eq!(get(&desk, "/v1/types", &one).status, 200);
}

#[test]
fn a_key_that_is_good_for_nothing_is_refused_and_opens_no_other_door() {
    let desk = Desk::new();
    let (good, path) = key(&desk, 100);
    let mut altered = good.clone();
    let last = altered.pop().unwrap();
    altered.push(if last == '0' { '1' } else { '0' });
    let another_store_s = key(&Desk::new(), 100).0;
    for bad in [altered.as_str(), &another_store_s, "bcnk_", "bcnk_ x"] {
        let answer = get(&desk, "/v1/types", bad);
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{bad}");
    }
    // It is for reading what is public, and nothing else.
    for door in ["/manage/v1/me", "/manage/v1/preview", "/manage/v1/accounts"] {
        assert_eq!(get(&desk, door, &good).status, 401, "{door}");
    }
    // What is no partner's key is none of delivery's business.
    for other in [desk.token.as_str(), "x"] {
        assert_eq!(get(&desk, "/v1/types", other).status, 200, "{other}");
    }
    let listed = manage(&desk, (Method::Get, "partner-keys"), &Value::Null);
    assert_eq!(listed.json()["data"].as_array().unwrap().len(), 1);
    assert!(!listed.text().contains("bcnk_"));
    assert_eq!(manage(&desk, (Method::Delete, &path), &Value::Null).status, 204);
    assert_eq!(manage(&desk, (Method::Delete, &path), &Value::Null).status, 404);
    assert_eq!(get(&desk, "/v1/types", &good).status, 401);
    let (late, _) = key(&desk, 100);
    desk.clock.advance(367 * 24 * 60 * 60 * 1_000);
    assert_eq!(get(&desk, "/v1/types", &late).status, 401);
}

#[test]
fn keys_are_an_administrator_s_to_give() {
    let desk = Desk::new();
    let editor = desk.token_for(&[cms_core::access::Act::Publish], None, None);
    let bearer = format!("Bearer {editor}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    for (method, path) in [
        (Method::Get, "/manage/v1/partner-keys"),
        (Method::Post, "/manage/v1/partner-keys"),
        (Method::Delete, "/manage/v1/partner-keys/0190a0a0-0000-7000-8000-000000000000"),
    ] {
        let answer = desk.app.send(method, path, &headers, r#"{"partner":"x"}"#);
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(desk.app.send(method, path, &[], "{}").status, 401, "{path}");
    }
    for (body, place, code) in [
        (json!({}), "/partner", "required"),
        (json!({ "partner": "" }), "/partner", "text_length"),
        (json!({ "partner": "x", "per_minute": 0 }), "/per_minute", "out_of_range"),
        (json!({ "partner": "x", "per_minute": -1 }), "/per_minute", "wrong_kind"),
        (
            json!({ "partner": "x", "expires": "2001-01-01T00:00:00Z" }),
            "/expires",
            "time_out_of_range",
        ),
        (json!({ "partner": "x", "scope": "all" }), "/scope", "unknown_member"),
    ] {
        let faults = manage(&desk, (Method::Post, "partner-keys"), &body).faults();
        assert_eq!(faults, [(place.to_owned(), code.to_owned())], "{body}");
    }
}
