//! Assets over the real router: taken in, described, published, shown, replaced, withdrawn.

use std::fs;

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, wait_for},
    drawn::{png, png_that_tells},
    http_acts::desk::Desk,
};

mod in_markdown;
mod resumed;
mod served;

/// Sends a file.
pub fn upload(desk: &Desk, token: &str, query: &str, bytes: &[u8]) -> Answer {
    let bearer = format!("Bearer {token}");
    let uri = format!("/manage/v1/assets{query}");
    desk.app.send_bytes((Method::Post, &uri), &[("Authorization", &bearer)], bytes)
}

/// Makes an asset; gives its path among entries and its digest.
pub fn asset(desk: &Desk, name: &str, bytes: &[u8]) -> (String, String) {
    let made = upload(desk, &desk.token, &format!("?name={name}"), bytes);
    assert_eq!(made.status, 201, "{made:?}");
    let told = made.json();
    let id = told["id"].as_str().unwrap();
    let location = format!("/manage/v1/entries/asset/{id}");
    assert_eq!(made.header("location"), Some(location.as_str()));
    (format!("asset/{id}"), told["file"]["digest"].as_str().unwrap().to_owned())
}

fn patch(desk: &Desk, path: &str, tag: &str, fields: &Value) -> Answer {
    desk.ask((Method::Patch, path), Some(tag), &json!({ "fields": fields }))
}

/// Describes an asset in English and publishes it.
pub fn describe(desk: &Desk, path: &str, alt: &str) {
    let saved = patch(desk, &format!("{path}/en"), "*", &json!({ "alt": alt }));
    assert_eq!(saved.status, 200, "{saved:?}");
    desk.done(&format!("{path}/en"), "publish", "*", &Value::Null);
}

/// A published page that shows an asset; gives its path.
pub fn page_with(desk: &Desk, asset: &str) -> String {
    let page = desk.entry("guidance");
    let id = asset.split('/').nth(1).unwrap();
    patch(desk, &format!("{page}/shared"), "\"0\"", &json!({ "image": id }));
    patch(desk, &format!("{page}/en"), "\"0\"", &json!({ "title": "Pier", "body": "Text." }));
    page
}

#[test]
fn an_asset_is_described_published_and_shown() {
    let desk = Desk::new();
    let bytes = png_that_tells(40, 30, 1, "GPS 51.5N 0.1W");
    let (asset, digest) = asset(&desk, "On%20the%20pier.JPEG", &bytes);
    let draft = desk.ask((Method::Get, &format!("{asset}/shared")), None, &Value::Null).json();
    let file = &draft["fields"];
    assert_eq!(file["name"], "On-the-pier.png", "named by what it is: {file}");
    assert_eq!((&file["width"], &file["height"]), (&json!(40), &json!(30)));
    assert_eq!(file["media_type"], "image/png");
    let titled = desk.ask((Method::Get, &format!("{asset}/en")), None, &Value::Null).json();
    assert_eq!(titled["fields"]["title"], "On the pier");

    // Nobody sees it before somebody has said what is seen in it.
    let address = format!("/media/{digest}/On-the-pier.png");
    assert_eq!(desk.app.get(&address).status, 404);
    let refused = desk.act(&format!("{asset}/en"), "publish", "*", &Value::Null);
    assert_eq!(refused.faults(), [("/fields/alt".to_owned(), "alt_missing".to_owned())]);
    let page = page_with(&desk, &asset);
    let refused = desk.act(&format!("{page}/en"), "publish", "*", &Value::Null);
    assert_eq!(refused.faults(), [("/fields/image".to_owned(), "asset_unpublished".to_owned())]);

    describe(&desk, &asset, "A pier in the evening.");
    let sent = desk.app.get(&address);
    assert_eq!((sent.status, sent.header("content-type")), (200, Some("image/png")));
    assert!(!sent.text().contains("GPS"), "what the device wrote is gone");
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let shown = desk.read(&page, "locale=en").json();
    let image = &shown["data"]["fields"]["image"];
    assert_eq!(image["alt"], "A pier in the evening.");
    assert_eq!(image["src"], address);
    assert_eq!(
        (&image["width"], &image["height"], &image["locale"]),
        (&json!(40), &json!(30), &json!("en"))
    );
    let srcset = image["srcset"].as_str().unwrap();
    let first = srcset.split(' ').next().unwrap();
    assert_eq!(desk.app.get(first).status, 200, "{srcset}");
}

#[test]
fn a_page_is_refused_in_a_language_in_which_nobody_described_its_picture_unless_it_does() {
    let desk = Desk::new();
    let (asset, _) = asset(&desk, "a.png", &png(8, 8, 2));
    describe(&desk, &asset, "A pier.");
    let page = page_with(&desk, &asset);
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let fr = format!("{page}/fr");
    patch(&desk, &fr, "\"0\"", &json!({ "title": "Jetée", "body": "Texte." }));
    let refused = desk.act(&fr, "publish", "*", &Value::Null);
    assert_eq!(refused.faults(), [("/fields/image".to_owned(), "picture_undescribed".to_owned())]);
    assert!(refused.text().contains("in fr"), "{refused:?}");

    // The page says it itself: what is seen, or that it is only for show.
    let own = json!({ "image_text": { "alt": "Une jetée.", "caption": "Ici." } });
    patch(&desk, &fr, "*", &own);
    desk.done(&fr, "publish", "*", &Value::Null);
    let image = desk.read(&page, "locale=fr").json()["data"]["fields"]["image"].clone();
    assert_eq!((&image["alt"], &image["caption"]), (&json!("Une jetée."), &json!("Ici.")));
    assert_eq!(desk.read(&page, "locale=en").json()["data"]["fields"]["image"]["alt"], "A pier.");
    patch(
        &desk,
        &fr,
        "*",
        &json!({ "image_text": { "alt": null, "caption": null, "decorative": true } }),
    );
    desk.done(&fr, "publish", "*", &Value::Null);
    let image = desk.read(&page, "locale=fr").json()["data"]["fields"]["image"].clone();
    assert_eq!((&image["alt"], &image["decorative"]), (&json!(""), &json!(true)));

    // Or the picture is described in that language.
    patch(&desk, &fr, "*", &json!({ "image_text": null }));
    assert_eq!(desk.act(&fr, "publish", "*", &Value::Null).status, 422);
    let asset_fr = format!("{asset}/fr");
    patch(&desk, &asset_fr, "\"0\"", &json!({ "title": "Jetée", "alt": "Une jetée au soir." }));
    desk.done(&asset_fr, "publish", "*", &Value::Null);
    desk.done(&fr, "publish", "*", &Value::Null);
    let image = desk.read(&page, "locale=fr").json()["data"]["fields"]["image"].clone();
    assert_eq!((&image["alt"], &image["locale"]), (&json!("Une jetée au soir."), &json!("fr")));
}

#[test]
fn a_decorative_picture_needs_no_words_and_stays_so_while_it_has_none() {
    let desk = Desk::new();
    let (asset, _) = asset(&desk, "a.png", &png(8, 8, 3));
    patch(&desk, &format!("{asset}/shared"), "*", &json!({ "decorative": true }));
    desk.done(&format!("{asset}/en"), "publish", "*", &Value::Null);
    patch(&desk, &format!("{asset}/shared"), "*", &json!({ "decorative": false }));
    let refused = desk.act(&format!("{asset}/shared"), "publish", "*", &Value::Null);
    assert_eq!(refused.faults(), [("/fields/alt".to_owned(), "alt_missing".to_owned())]);
}

#[test]
fn another_file_keeps_the_id_and_makes_every_page_another_once_it_is_published() {
    let desk = Desk::new();
    let (asset, old) = asset(&desk, "a.png", &png(8, 8, 4));
    describe(&desk, &asset, "A pier.");
    let page = page_with(&desk, &asset);
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let tag = |query: &str| desk.read(&page, query).header("etag").unwrap().to_owned();
    let before = tag("locale=en");
    let id = asset.split('/').nth(1).unwrap();
    let bearer = format!("Bearer {}", desk.token);
    let put = |tag: Option<&str>, bytes: &[u8]| {
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(tag.map(|tag| ("If-Match", tag)));
        let uri = format!("/manage/v1/assets/{id}/content");
        desk.app.send_bytes((Method::Put, &uri), &headers, bytes)
    };
    let other = png(9, 9, 5);
    assert_eq!(put(None, &other).status, 428);
    assert_eq!(put(Some("\"7\""), &other).status, 412);
    let done = put(Some("\"1\""), &other);
    assert_eq!((done.status, done.header("etag")), (200, Some("\"2\"")), "{done:?}");
    let new = done.json()["file"]["digest"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    assert_eq!(
        put(Some("\"2\""), &other).json()["existing"],
        true,
        "the same again changes nothing"
    );
    assert_eq!(tag("locale=en"), before, "it is a draft still");
    assert_eq!(desk.app.get(&format!("/media/{new}/a.png")).status, 404);
    desk.done(&format!("{asset}/shared"), "publish", "*", &Value::Null);
    assert_ne!(tag("locale=en"), before);
    assert_eq!(desk.app.get(&format!("/media/{new}/a.png")).status, 200);
    let gone = desk.app.get(&format!("/media/{old}/a.png"));
    assert_eq!((gone.status, gone.code().as_str()), (410, "gone"), "gone at once");
    assert_eq!(desk.app.get(&format!("/media/{old}/640.webp")).status, 410);
    let image = desk.read(&page, "locale=en").json()["data"]["fields"]["image"].clone();
    assert_eq!((&image["id"], &image["width"]), (&json!(id), &json!(9)));

    // An old revision's file is still there to go back to.
    let back = json!({ "revision": 1 });
    desk.done(&format!("{asset}/shared"), "roll-back", "*", &back);
    desk.done(&format!("{asset}/shared"), "publish", "*", &Value::Null);
    assert_eq!(desk.app.get(&format!("/media/{old}/a.png")).status, 200);
}

#[test]
fn what_the_file_is_nobody_sets_by_hand() {
    let desk = Desk::new();
    let (asset, _) = asset(&desk, "a.png", &png(8, 8, 6));
    let wrong = json!({ "width": 900, "digest": "0".repeat(64) });
    let refused = patch(&desk, &format!("{asset}/shared"), "*", &wrong);
    let expected =
        ["/fields/digest", "/fields/width"].map(|at| (at.to_owned(), "asset_given".to_owned()));
    assert_eq!(refused.faults(), expected);
    let empty = desk.entry("asset");
    let facts =
        json!({ "digest": "0".repeat(64), "media_type": "image/png", "bytes": 3, "name": "a.png" });
    assert_eq!(patch(&desk, &format!("{empty}/shared"), "\"0\"", &facts).status, 422);
}

#[test]
fn an_asset_that_is_shown_is_neither_withdrawn_nor_erased() {
    let desk = Desk::new();
    let (asset, digest) = asset(&desk, "a.png", &png(8, 8, 7));
    describe(&desk, &asset, "A pier.");
    let page = page_with(&desk, &asset);
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let gone = json!({ "mode": "gone" });
    let refused = desk.act(&format!("{asset}/en"), "unpublish", "*", &gone);
    assert_eq!((refused.status, refused.code().as_str()), (409, "in-use"));
    assert_eq!(desk.ask((Method::Delete, &asset), None, &Value::Null).status, 409);
    desk.done(&format!("{page}/en"), "unpublish", "*", &gone);
    // What all its locales share still names it, for when one of them is published again.
    assert_eq!(desk.act(&format!("{asset}/en"), "unpublish", "*", &gone).status, 409);
    assert_eq!(desk.ask((Method::Delete, &page), None, &Value::Null).status, 200);
    desk.done(&format!("{asset}/en"), "unpublish", "*", &gone);
    let address = format!("/media/{digest}/a.png");
    assert_eq!(desk.app.get(&address).status, 410, "gone at once");
    let blobs = &desk.app.cms.vault().blobs;
    let size = || wait_for(blobs.size(digest.parse().unwrap())).unwrap();
    assert!(size().is_some(), "and kept for history");
    assert_eq!(desk.ask((Method::Delete, &asset), None, &Value::Null).status, 200);
    assert_eq!(size(), None, "erased with its asset");
    assert_eq!(desk.app.get(&address).status, 404, "as if it had never been");
}

#[test]
fn the_same_file_again_is_the_same_asset_and_an_erased_ones_bytes_stay_while_another_has_them() {
    let desk = Desk::new();
    let bytes = png(8, 8, 8);
    let (first, digest) = asset(&desk, "a.png", &bytes);
    let again = upload(&desk, &desk.token, "?name=b.png", &bytes);
    assert_eq!((again.status, &again.json()["existing"]), (200, &json!(true)));
    assert_eq!(format!("asset/{}", again.json()["id"].as_str().unwrap()), first);
    let keyed = upload(&desk, &desk.token, "?name=b.png&key=another", &bytes);
    assert_eq!(keyed.status, 201, "a key of its own makes another asset");
    assert_eq!(desk.ask((Method::Delete, &first), None, &Value::Null).status, 200);
    let size = wait_for(desk.app.cms.vault().blobs.size(digest.parse().unwrap())).unwrap();
    assert!(size.is_some());
}

#[test]
fn what_is_no_file_of_a_known_kind_leaves_nothing() {
    let desk = Desk::new();
    let last = desk.app.cms.log().last();
    let mut cut = png(8, 8, 9);
    cut.truncate(60);
    for (bytes, code) in [
        (&b""[..], "empty_file"),
        (b"MZ\x90\0 a program", "unknown_file_type"),
        (b"<html><script>1</script></html>", "unknown_file_type"),
        (&cut, "file_truncated"),
    ] {
        let refused = upload(&desk, &desk.token, "?name=picture.png", bytes);
        assert_eq!(refused.status, 422, "{refused:?}");
        assert_eq!(refused.faults(), [(String::new(), code.to_owned())]);
        let detail = refused.problem()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(!detail.contains("violation.") && !detail.contains("%{"), "{detail}");
    }
    assert_eq!(desk.app.cms.log().last(), last);
    assert_eq!(wait_for(desk.app.cms.vault().blobs.list()).unwrap(), []);
}

#[test]
fn names_are_words_whatever_is_sent() {
    let desk = Desk::new();
    for (number, (query, name)) in [
        ("?name=..%2F..%2Fetc%2Fpasswd", "passwd.png"),
        ("?name=%E2%80%AEgnp.exe", "gnp.png"),
        ("?name=640.webp", "640.png"),
        ("", "file.png"),
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = png(8, 8, 100 + u32::try_from(number).unwrap());
        let made = upload(&desk, &desk.token, query, &bytes);
        assert_eq!(made.status, 201, "{made:?}");
        let told = made.json()["file"]["name"].as_str().unwrap().to_owned();
        assert!(told.ends_with(name), "{query}: {told}");
        assert!(told.parse::<cms_core::media::Rendition>().is_err(), "{told}");
    }
    assert_eq!(upload(&desk, &desk.token, "?name=a%00b.png", &png(8, 8, 99)).status, 400);
}

#[test]
fn who_may_not_see_an_asset_finds_none() {
    let desk = Desk::new();
    let bytes = png(8, 8, 10);
    let (asset, _) = asset(&desk, "a.png", &bytes);
    let id = asset.split('/').nth(1).unwrap();
    let look = |token: &str| {
        let bearer = format!("Bearer {token}");
        let uri = format!("/manage/v1/assets/{id}/content");
        desk.app.get_with(&uri, &[("Authorization", bearer.as_str())])
    };
    let stranger = desk.token_for(&[Act::Read, Act::Write], Some("page"), None);
    assert_eq!(look(&stranger).status, 404);
    assert_eq!(upload(&desk, &stranger, "?name=a.png", &bytes).status, 404);
    let reader = desk.token_for(&[Act::Read], Some("asset"), None);
    let seen = look(&reader);
    assert_eq!((seen.status, seen.header("cache-control")), (200, Some("private, no-store")));
    assert_eq!(upload(&desk, &reader, "?name=a.png", &bytes).status, 403);
    let other = desk.app.post("/manage/v1/assets", "x");
    assert_eq!(other.status, 401);
}

#[test]
fn a_picture_in_a_text_is_a_figure_with_its_words() {
    let desk = Desk::new();
    let (asset, digest) = asset(&desk, "pier.png", &png(20, 10, 11));
    let id = asset.split('/').nth(1).unwrap();
    let page = desk.entry("guidance");
    let body = format!("Look:\n\n{{{{asset:{id}}}}}\n\nHere {{{{asset:{id}}}}} too.");
    patch(&desk, &format!("{page}/en"), "\"0\"", &json!({ "title": "Pier", "body": body }));
    let refused = desk.act(&format!("{page}/en"), "publish", "*", &Value::Null);
    assert!(refused.faults().iter().all(|(_, code)| code == "embed_unpublished"), "{refused:?}");
    patch(&desk, &format!("{asset}/en"), "*", &json!({ "caption": "In <May>", "credit": "Ana" }));
    describe(&desk, &asset, "A \"pier\".");
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let shown = desk.read(&page, "locale=en").json();
    let html = shown["data"]["fields"]["body"]["html"].as_str().unwrap();
    for piece in [
        "<figure>".to_owned(),
        format!("src=\"/media/{digest}/pier.png\""),
        "alt=\"A &quot;pier&quot;.\"".to_owned(),
        "width=\"20\" height=\"10\"".to_owned(),
        "loading=\"lazy\"".to_owned(),
        "<source type=\"image/webp\"".to_owned(),
        "<figcaption>In &lt;May&gt; · Ana</figcaption>".to_owned(),
    ] {
        assert!(html.contains(&piece), "{piece}: {html}");
    }
    assert_eq!(html.matches("<figure>").count(), 1, "within a line there is the picture alone");
    let fr = format!("{page}/fr");
    patch(&desk, &fr, "\"0\"", &json!({ "title": "Jetée", "body": body }));
    let refused = desk.act(&fr, "publish", "*", &Value::Null);
    let undescribed = ("/fields/body".to_owned(), "embed_undescribed".to_owned());
    assert_eq!(refused.faults(), [undescribed.clone(), undescribed]);
}

#[test]
fn a_store_that_refuses_the_bytes_leaves_no_half_of_an_asset() {
    let desk = Desk::new();
    let bytes = png(8, 8, 12);
    let taken = cms_core::media::take_in(&bytes, &cms_core::media::Limits::default()).unwrap();
    let shard = &taken.digest.to_string()[..2];
    let shard = desk.app.cms.dir().join("media/blobs").join(shard);
    fs::remove_dir(&shard).unwrap();
    fs::write(&shard, "no folder").unwrap();
    let last = desk.app.cms.log().last();
    let refused = upload(&desk, &desk.token, "?name=a.png", &bytes);
    assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"));
    assert_eq!(desk.app.cms.log().last(), last);
    fs::remove_file(&shard).unwrap();
    fs::create_dir(&shard).unwrap();
    assert_eq!(upload(&desk, &desk.token, "?name=a.png", &bytes).status, 201, "and goes on");
}
