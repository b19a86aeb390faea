//! The bytes over the wire: for ever the same, in parts, in the type that suits the reader, and safe to open.

use rocket::http::Method;
use serde_json::{Value, json};

use super::{asset, describe, patch};
use crate::{drawn::png, http_acts::desk::Desk};

fn published() -> (Desk, String, String) {
    let desk = Desk::new();
    let (asset, digest) = asset(&desk, "pier.png", &png(400, 300, 20));
    describe(&desk, &asset, "A pier.");
    (desk, asset, digest)
}

#[test]
fn bytes_are_kept_for_ever_and_sent_in_parts() {
    let (desk, _, digest) = published();
    let address = format!("/media/{digest}/pier.png");
    let whole = desk.app.get(&address);
    assert_eq!(whole.status, 200);
    for (name, value) in [
        ("cache-control", "public, max-age=31536000, immutable"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(whole.header(name), Some(value));
    }
    let size = whole.body.len();
    assert_eq!(whole.header("content-length"), Some(size.to_string().as_str()));
    let tag = whole.header("etag").unwrap().to_owned();
    assert_eq!(tag, format!("\"{digest}\""));
    let part = desk.app.get_with(&address, &[("Range", "bytes=5-9")]);
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[5..10]));
    assert_eq!(part.header("content-range"), Some(format!("bytes 5-9/{size}").as_str()));
    let end = desk.app.get_with(&address, &[("Range", "bytes=-4")]);
    assert_eq!((end.status, &end.body[..]), (206, &whole.body[size - 4..]));
    let same = [("Range", "bytes=5-9"), ("If-Range", tag.as_str())];
    assert_eq!(desk.app.get_with(&address, &same).status, 206);
    let other = desk.app.get_with(&address, &[("Range", "bytes=5-9"), ("If-Range", "\"x\"")]);
    assert_eq!((other.status, other.body.len()), (200, size));
    let beyond = desk.app.get_with(&address, &[("Range", "bytes=99999999-")]);
    assert_eq!(beyond.code(), "range-not-satisfiable");
    assert_eq!(beyond.header("content-range"), Some(format!("bytes */{size}").as_str()));
    let known = desk.app.get_with(&address, &[("If-None-Match", tag.as_str())]);
    assert_eq!((known.status, known.body.len()), (304, 0));
    let head = desk.app.ask(Method::Head, &address, &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(size.to_string().as_str()));
    let posted = desk.app.post(&address, "");
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
}

#[test]
fn a_rendition_comes_in_the_type_that_is_asked_for_or_that_suits_best() {
    let (desk, _, digest) = published();
    let named = desk.app.get(&format!("/media/{digest}/160.webp"));
    assert_eq!((named.status, named.header("content-type")), (200, Some("image/webp")));
    assert_eq!(named.header("vary"), None);
    let again = desk.app.get(&format!("/media/{digest}/160.webp"));
    assert_eq!((&again.body, again.header("etag")), (&named.body, named.header("etag")));
    let best = |accept: &str| {
        let answer = desk.app.get_with(&format!("/media/{digest}/160"), &[("Accept", accept)]);
        assert_eq!((answer.status, answer.header("vary")), (200, Some("Accept")), "{answer:?}");
        answer.header("content-type").unwrap().to_owned()
    };
    assert_eq!(best("image/webp,*/*;q=0.8"), "image/webp");
    assert_eq!(best("*/*"), "image/jpeg");
}

#[test]
fn nobody_orders_work_at_will() {
    let (desk, asset, digest) = published();
    for step in [
        "161.webp",
        "0160.webp",
        "160.gif",
        "160x90-cover-f1.1.webp",
        "160-c0.0.500.500.webp",
        "160x91-cover.webp",
        "other.png",
        "PIER.png",
        "160.webp%20",
        "..%2fpier.png",
    ] {
        let status = desk.app.get(&format!("/media/{digest}/{step}")).status;
        assert!([400, 404].contains(&status), "{step}: {status}");
    }
    assert_eq!(desk.app.get(&format!("/media/{}/pier.png", digest.to_uppercase())).status, 404);
    assert_eq!(desk.app.get(&format!("/media/{digest}/160.webp?w=9")).status, 400);
    assert_eq!(desk.app.get(&format!("/media/{digest}/160x90-cover.webp")).status, 200);

    // Where the asset says how it is cut, it is cut so and not otherwise.
    let cut = json!({ "focal_point": { "x": 0.25, "y": 0.5 }, "crop": { "x": 0, "y": 0, "width": 0.5, "height": 1 } });
    let saved = patch(&desk, &format!("{asset}/shared"), "*", &cut);
    assert_eq!(saved.status, 200, "{saved:?}");
    desk.done(&format!("{asset}/shared"), "publish", "*", &Value::Null);
    assert_eq!(desk.app.get(&format!("/media/{digest}/160x90-cover.webp")).status, 404);
    let id = asset.split('/').nth(1).unwrap();
    let told = desk.app.get(&format!("/v1/assets/{id}?locale=en")).json();
    let wide = told["data"]["shapes"]["wide"].as_array().unwrap().last().unwrap();
    let address = wide["srcset"].as_str().unwrap().split(' ').next().unwrap();
    assert!(address.ends_with("160x90-cover-f250.500-c0.0.500.1000.jpg"), "{address}");
    let made = desk.app.get(address);
    assert_eq!((made.status, made.header("content-type")), (200, Some("image/jpeg")), "{made:?}");
}

#[test]
fn an_asset_is_told_with_its_words_in_the_best_language() {
    let (desk, asset, digest) = published();
    let id = asset.split('/').nth(1).unwrap();
    let told = desk.app.get(&format!("/v1/assets/{id}?locale=fr"));
    assert_eq!((told.status, told.header("content-language")), (200, Some("en")));
    let told = told.json();
    assert_eq!(told["resolution"]["reason"], "fallback");
    let shown = &told["data"]["asset"];
    assert_eq!((&shown["alt"], &shown["locale"]), (&json!("A pier."), &json!("en")));
    assert_eq!(shown["src"], format!("/media/{digest}/pier.png"));
    assert_eq!(told["data"]["fields"]["alt"], "A pier.");
    assert_eq!(desk.app.get(&format!("/v1/assets/{id}?locale=fr&fallback=none")).status, 404);
    let draft = super::asset(&desk, "draft.png", &png(8, 8, 21)).0;
    let draft = draft.split('/').nth(1).unwrap();
    assert_eq!(desk.app.get(&format!("/v1/assets/{draft}?locale=en")).status, 404);
}

#[test]
fn what_a_browser_should_not_open_is_sent_to_be_saved() {
    let desk = Desk::new();
    let captions = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n";
    let (asset, digest) = asset(&desk, "words.vtt", captions);
    // Nothing is seen in captions, so nobody has to say what.
    desk.done(&format!("{asset}/en"), "publish", "*", &Value::Null);
    let sent = desk.app.get(&format!("/media/{digest}/words.vtt"));
    assert_eq!((sent.status, sent.header("content-type")), (200, Some("text/vtt; charset=utf-8")));
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><circle r=\"4\"/></svg>";
    let (drawing, digest) = super::asset(&desk, "a%C3%A9.svg", svg);
    describe(&desk, &drawing, "A circle.");
    let sent = desk.app.get(&format!("/media/{digest}/a%C3%A9.svg"));
    assert_eq!(sent.status, 200, "{sent:?}");
    let disposition = sent.header("content-disposition").unwrap();
    assert_eq!(disposition, "attachment; filename=\"a_.svg\"; filename*=UTF-8''a%C3%A9.svg");
    assert!(sent.header("content-security-policy").unwrap().contains("sandbox"));
}

#[test]
fn a_preview_shows_the_bytes_of_its_draft_and_nothing_else() {
    let (desk, _, public) = published();
    let (draft, digest) = asset(&desk, "draft.png", &png(200, 90, 22));
    patch(&desk, &format!("{draft}/en"), "*", &json!({ "alt": "A draft." }));
    let issued = desk.ask((Method::Post, &format!("{draft}/en/previews")), None, &Value::Null);
    let secret = issued.json()["secret"].as_str().unwrap().to_owned();
    let look = |secret: &str, place: &str| {
        let bearer = format!("Bearer {secret}");
        let uri = format!("/manage/v1/preview/media/{place}");
        desk.app.get_with(&uri, &[("Authorization", bearer.as_str())])
    };
    let seen = look(&secret, &format!("{digest}/draft.png"));
    assert_eq!((seen.status, seen.header("cache-control")), (200, Some("private, no-store")));
    assert_eq!(look(&secret, &format!("{digest}/160.webp")).status, 200);
    assert_eq!(look(&secret, &format!("{digest}/pier.png")).status, 404);
    assert_eq!(look(&secret, &format!("{public}/pier.png")).status, 200, "what everybody has, too");
    assert_eq!(look("bcnp_nothing", &format!("{digest}/draft.png")).status, 401);
    assert_eq!(desk.app.get(&format!("/media/{digest}/draft.png")).status, 404);
}
