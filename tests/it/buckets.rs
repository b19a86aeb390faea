//! The bytes of assets in a bucket: all that a folder does, and a server that fails half-way.
//!
//! `MOTO` names the folder that moto is installed in; `cargo xtask test` says so.

use cms_core::{cms::CollectBytes, media::Digest};
use cms_server::config::{Config, Media, S3, providers::Hidden};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    assets::{asset, describe, upload},
    drawn::png,
    http_acts::desk::Desk,
};

mod moto;

use moto::{Between, Moto, Trouble};

fn config(endpoint: &str) -> Config {
    let s3 = S3 {
        bucket: "assets".to_owned(),
        endpoint: endpoint.to_owned(),
        prefix: "site/one".to_owned(),
        access_key_id: "an-id".to_owned(),
        secret_access_key: Hidden("top-secret".to_owned()),
        timeout_seconds: 1,
        ..S3::default()
    };
    let plain = Config::default();
    Config { media: Media { s3, ..plain.media }, ..plain }
}

/// A published picture in a bucket; gives its path and digest.
fn published(desk: &Desk, number: u32) -> (String, String) {
    let (path, digest) = asset(desk, "pier.png", &png(200, 150, number));
    describe(desk, &path, "A pier.");
    (path, digest)
}

#[test]
fn a_bucket_does_all_that_a_folder_does() {
    let Some(moto) = Moto::start() else { return };
    let config = config(&format!("http://{}", moto.address));
    assert!(!format!("{config:?}").contains("top-secret"));
    let desk = Desk::with(&config);
    let (path, digest) = published(&desk, 1);
    let name = format!("site/one/blobs/{}/{digest}", &digest[..2]);
    assert_eq!(moto.names(), [name]);

    // Whole, in parts, and made smaller, to somebody who has not read it before, too.
    let address = format!("/media/{digest}/pier.png");
    let whole = desk.app.get(&address);
    assert_eq!(whole.status, 200, "{whole:?}");
    let fresh = config.media_options().unwrap().blobs.unwrap();
    let parsed: Digest = digest.parse().unwrap();
    let part = wait_for(fresh.get_range(parsed, 5, 10)).unwrap().unwrap();
    assert_eq!(part, &whole.body[5..10]);
    assert_eq!(wait_for(fresh.get(Digest::of(b"none"))), Ok(None));
    let ranged = desk.app.get_with(&address, &[("Range", "bytes=-4")]);
    assert_eq!((ranged.status, &ranged.body[..]), (206, &whole.body[whole.body.len() - 4..]));
    let small = desk.app.get(&format!("/media/{digest}/160.webp"));
    assert_eq!((small.status, small.header("content-type")), (200, Some("image/webp")));
    let kept = format!("site/one/renditions/{}/{digest}/", &digest[..2]);
    assert!(moto.names().iter().any(|name| name.starts_with(&kept)), "{:?}", moto.names());

    // For copies of the site, checks of it, and what nothing names.
    let bearer = format!("Bearer {}", desk.token);
    let copied =
        desk.app.get_with(&format!("/manage/v1/media/{digest}"), &[("Authorization", &bearer)]);
    assert_eq!((copied.status, copied.body), (200, whole.body));
    wait_for(fresh.put(Digest::of(b"stray"), "stray".into())).unwrap();
    let sound = wait_for(desk.app.cms.look_at_bytes(&|_| ())).unwrap();
    assert_eq!((sound.files, sound.missing.len(), sound.damaged.len()), (1, 0, 0));
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    let act = CollectBytes { dry_run: false, stay: -100_000_000_000_000 };
    let collected = wait_for(desk.app.cms.collect_bytes(&administrator, act)).unwrap();
    assert_eq!(collected.removed, [(Digest::of(b"stray"), 5)]);
    assert_eq!(collected.named, 1);

    // Erased is erased, with all that was made of it.
    desk.done(&format!("{path}/en"), "unpublish", "*", &json!({ "mode": "gone" }));
    let erased = desk.ask((Method::Delete, &path), None, &Value::Null);
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(moto.names(), Vec::<String>::new());
}

#[test]
fn a_bucket_that_fails_half_way_keeps_nothing_in_part_and_holds_nobody_else_up() {
    let Some(moto) = Moto::start() else { return };
    let between = Between::before(moto.address);
    let desk = Desk::with(&config(&format!("http://{}", between.address)));
    let (_, digest) = published(&desk, 2);
    let address = format!("/media/{digest}/pier.png");
    let page = desk.entry("guidance");
    desk.save(&format!("{page}/en"), "\"0\"", "Pier");
    desk.done(&format!("{page}/en"), "publish", "*", &Value::Null);
    let picture = png(300, 200, 3);
    for trouble in [
        Trouble::CutQuestion(100),
        Trouble::CutAnswer(0),
        Trouble::Error,
        Trouble::Silence,
        // Short questions pass: only the file's own is cut.
        Trouble::CutQuestion(40_000),
    ] {
        between.make(trouble);
        let events = desk.app.cms.log().last();
        let refused = upload(&desk, &desk.token, "?name=new.png", &picture);
        assert_eq!((refused.status, refused.code().as_str()), (503, "unavailable"), "{trouble:?}");
        assert!(!refused.text().contains("top-secret"), "{refused:?}");
        assert_eq!(desk.app.cms.log().last(), events, "{trouble:?}: no asset in part");
        let unread = desk.app.get(&format!("/media/{digest}/160.jpg"));
        let passes = trouble == Trouble::CutQuestion(40_000);
        assert!(unread.status == 503 || passes, "{trouble:?}: {unread:?}");
        assert_eq!(desk.read(&page, "locale=en").status, 200, "{trouble:?}");
    }

    // A part of an answer is never taken for all of it.
    let whole = png(200, 150, 2);
    for bytes in [10, 400, 9_000] {
        between.make(Trouble::CutAnswer(bytes));
        let fresh = config(&format!("http://{}", between.address)).media_options().unwrap();
        let read = wait_for(fresh.blobs.unwrap().get(digest.parse().unwrap()));
        assert!(
            read.is_err(),
            "{bytes}: {} of {} bytes",
            read.unwrap().unwrap().len(),
            whole.len()
        );
    }

    between.make(Trouble::No);
    assert_eq!(desk.app.get(&address).status, 200);
    let made = upload(&desk, &desk.token, "?name=new.png", &picture);
    assert!(made.status == 201, "{made:?}");
    let named = moto.names();
    let blobs: Vec<_> = named.iter().filter(|name| name.contains("/blobs/")).collect();
    assert_eq!(blobs.len(), 2, "{blobs:?}");
}
