//! Uploads that come in pieces and go on where they broke off.

use rocket::http::Method;
use serde_json::json;

use crate::{app::Answer, drawn::png, http_acts::desk::Desk};

fn send(desk: &Desk, method: Method, path: &str, offset: Option<usize>, bytes: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", desk.token);
    let offset = offset.map(|offset| offset.to_string());
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(offset.as_deref().map(|offset| ("Upload-Offset", offset)));
    if method == Method::Post && !bytes.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    desk.app.send_bytes((method, &format!("/manage/v1/{path}")), &headers, bytes)
}

fn begin(desk: &Desk, digest: &str, size: usize) -> Answer {
    let body = json!({ "digest": digest, "size": size }).to_string();
    send(desk, Method::Post, "uploads", None, body.as_bytes())
}

#[test]
fn an_upload_goes_on_where_it_broke_off_and_becomes_an_asset() {
    let desk = Desk::new();
    let bytes = png(30, 30, 30);
    let digest = cms_core::media::Digest::of(&bytes).to_string();
    let path = format!("uploads/{digest}");
    assert_eq!(send(&desk, Method::Get, &path, None, b"").status, 404);
    let begun = begin(&desk, &digest, bytes.len());
    assert_eq!((begun.status, begun.header("upload-offset")), (201, Some("0")), "{begun:?}");
    let first = send(&desk, Method::Patch, &path, Some(0), &bytes[..100]);
    assert_eq!((first.status, first.header("upload-offset")), (200, Some("100")), "{first:?}");
    let twice = send(&desk, Method::Patch, &path, Some(0), &bytes[..100]);
    assert_eq!((twice.status, twice.header("upload-offset")), (409, Some("100")));
    let early = send(&desk, Method::Post, &format!("assets?upload={digest}"), None, b"");
    assert_eq!((early.status, early.header("upload-offset")), (409, Some("100")), "{early:?}");
    let again = begin(&desk, &digest, bytes.len());
    assert_eq!(again.header("upload-offset"), Some("100"), "it is found again");
    assert_eq!(begin(&desk, &digest, 7).status, 409);
    let rest = send(&desk, Method::Patch, &path, Some(100), &bytes[100..]);
    assert_eq!(rest.header("upload-offset"), Some(bytes.len().to_string().as_str()));
    let made = send(&desk, Method::Post, &format!("assets?upload={digest}&name=a.png"), None, b"");
    assert_eq!((made.status, &made.json()["file"]["width"]), (201, &json!(30)), "{made:?}");
    assert_eq!(send(&desk, Method::Get, &path, None, b"").status, 404, "and is gone from here");
}

#[test]
fn what_is_not_what_was_said_is_thrown_away() {
    let desk = Desk::new();
    let bytes = png(30, 30, 31);
    let digest = cms_core::media::Digest::of(b"something else").to_string();
    begin(&desk, &digest, bytes.len());
    let path = format!("uploads/{digest}");
    let more = send(&desk, Method::Patch, &path, Some(0), &[&bytes[..], b"x"].concat());
    assert_eq!(more.status, 413, "{more:?}");
    let offset = send(&desk, Method::Get, &path, None, b"").json()["offset"].as_u64().unwrap();
    let rest = &bytes[usize::try_from(offset).unwrap()..];
    send(&desk, Method::Patch, &path, Some(usize::try_from(offset).unwrap()), rest);
    let refused = send(&desk, Method::Post, &format!("assets?upload={digest}"), None, b"");
    assert_eq!(refused.faults(), [(String::new(), "file_digest_differs".to_owned())]);
    assert_eq!(send(&desk, Method::Get, &path, None, b"").status, 404);
    for (body, pointer) in [
        (json!({ "digest": "abc", "size": 3 }), "/digest"),
        (json!({ "digest": digest, "size": 0 }), "/size"),
        (json!({ "digest": digest, "size": 3, "more": 1 }), "/more"),
    ] {
        let body = body.to_string();
        let refused = send(&desk, Method::Post, "uploads", None, body.as_bytes());
        assert_eq!(refused.faults()[0].0, pointer, "{refused:?}");
    }
    assert_eq!(send(&desk, Method::Patch, &path, None, b"x").status, 428);
}
