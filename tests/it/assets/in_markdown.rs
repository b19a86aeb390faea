//! Pictures as Markdown writes them, and the pictures of drafts in previews.

use cms_core::access::Act;
use rocket::http::Method;
use serde_json::{Value, json};

use super::{asset, describe, patch, upload};
use crate::{app::Answer, drawn::png, http_acts::desk::Desk};

/// Makes a published asset with a key; gives its path and digest.
fn keyed(desk: &Desk, key: &str, number: u32) -> (String, String) {
    let query = format!("?name=pier.png&key={key}");
    let made = upload(desk, &desk.token, &query, &png(200, 100, number)).json();
    let path = format!("asset/{}", made["id"].as_str().unwrap());
    describe(desk, &path, "A pier.");
    (path, made["file"]["digest"].as_str().unwrap().to_owned())
}

fn written(desk: &Desk, path: &str, body: &str) -> Answer {
    patch(desk, path, "*", &json!({ "title": "Pier", "body": body }))
}

fn page(desk: &Desk, body: &str) -> String {
    let page = desk.entry("guidance");
    patch(desk, &format!("{page}/en"), "\"0\"", &json!({ "title": "Pier", "body": body }));
    page
}

#[test]
fn a_picture_in_markdown_is_shown_with_the_texts_own_words() {
    let desk = Desk::new();
    let (asset, digest) = keyed(&desk, "places%2Fpier.png", 40);
    let page = page(
        &desk,
        "![Where to *wait*](asset:places/pier.png)\n\nSee ![](asset:places/pier.png) and `![x](asset:y)`.",
    );
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let body = desk.read(&page, "locale=en").json()["data"]["fields"]["body"].clone();
    let html = body["html"].as_str().unwrap();
    assert!(html.starts_with("<figure>\n<picture><source"), "{html}");
    assert!(html.contains("alt=\"Where to *wait*\""), "{html}");
    assert!(html.contains("alt=\"A pier.\""), "its own words, where none are given: {html}");
    assert!(html.contains("<code>![x](asset:y)</code>"), "{html}");
    let markdown = body["markdown"].as_str().unwrap();
    assert!(markdown.contains(&format!("](</media/{digest}/pier.png>)")), "{markdown}");
    assert!(!html.contains("asset:places") && !markdown.contains("asset:places"));

    // It is a use like any other: known, and refused to be taken away.
    let gone = json!({ "mode": "gone" });
    let refused = desk.act(&format!("{asset}/en"), "unpublish", "*", &gone);
    assert_eq!((refused.status, refused.code().as_str()), (409, "in-use"));

    // In a language in which nobody described it, the text's words do.
    let fr = format!("{page}/fr");
    patch(&desk, &fr, "\"0\"", &json!({ "title": "Jetée", "body": "![](asset:places/pier.png)" }));
    let refused = desk.act(&fr, "publish", "*", &Value::Null);
    assert_eq!(refused.faults(), [("/fields/body".to_owned(), "embed_undescribed".to_owned())]);
    written(&desk, &fr, "![Où attendre](asset:places/pier.png)");
    desk.done(&fr, "publish", "*", &Value::Null);
    let html = desk.read(&page, "locale=fr").json()["data"]["fields"]["body"]["html"].clone();
    assert!(html.as_str().unwrap().contains("alt=\"Où attendre\" width"), "{html}");
}

#[test]
fn a_picture_that_is_none_is_told_with_its_place() {
    let desk = Desk::new();
    let page = page(&desk, "Text.");
    let en = format!("{page}/en");
    for (body, code, line) in [
        ("a\n\n![x](asset:nowhere)", "embed_missing", "3"),
        ("![x](asset:)", "embed_no_target", "1"),
        ("a\nb ![x](asset:pier.png \"title\")", "embed_bad_target", "2"),
        ("![x](asset:pier", "embed_unclosed", "1"),
    ] {
        written(&desk, &en, body);
        let refused = desk.act(&en, "publish", "*", &Value::Null);
        assert_eq!(refused.faults(), [("/fields/body".to_owned(), code.to_owned())], "{body}");
        let detail = refused.problem()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(line), "{detail}");
    }
}

fn look(desk: &Desk, secret: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    let uri = format!("/manage/v1/preview{path}");
    desk.app.get_with(&uri, &[("Authorization", bearer.as_str())])
}

#[test]
fn a_preview_shows_drafts_pictures_to_whoever_may_see_them() {
    let desk = Desk::new();
    let (shown, digest) = asset(&desk, "draft.png", &png(200, 90, 41));
    patch(&desk, &format!("{shown}/en"), "*", &json!({ "alt": "A draft." }));
    let (_, other) = asset(&desk, "other.png", &png(200, 90, 42));
    let id = shown.split('/').nth(1).unwrap();
    let page = page(&desk, &format!("![Here](asset:{id})"));
    patch(&desk, &format!("{page}/shared"), "\"0\"", &json!({ "image": id }));
    let previews = format!("{page}/en/previews");
    let all = desk.ask((Method::Post, &previews), None, &Value::Null).json();
    let secret = all["secret"].as_str().unwrap();
    let seen = look(&desk, secret, "").json();
    let fields = &seen["data"]["fields"];
    assert_eq!(fields["image"]["alt"], "A draft.", "{seen}");
    assert!(fields["body"]["html"].as_str().unwrap().contains("alt=\"Here\""), "{seen}");
    let place = format!("/media/{digest}/draft.png");
    assert_eq!(fields["image"]["src"], place);
    assert_eq!(look(&desk, secret, &place).status, 200);
    assert_eq!(look(&desk, secret, &format!("/media/{digest}/160.webp")).status, 200);
    assert_eq!(look(&desk, secret, &format!("/media/{other}/other.png")).status, 404);
    assert_eq!(desk.app.get(&place).status, 404, "nobody else");

    // Who may write pages and read no assets shows none of them.
    let writer = desk.token_for(&[Act::Read, Act::Write], Some("guidance"), None);
    let theirs = desk.ask_as(&writer, (Method::Post, &previews), None, &Value::Null).json();
    let secret = theirs["secret"].as_str().unwrap();
    let seen = look(&desk, secret, "").json();
    assert_eq!(seen["data"]["fields"]["image"], Value::Null, "{seen}");
    assert_eq!(look(&desk, secret, &place).status, 404);
}
