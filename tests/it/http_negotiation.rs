//! Conditional requests, codings, media types and HEAD, on bytes that were made ready.

use rocket::http::Method;

use crate::app::App;

#[test]
fn the_coding_is_the_best_that_the_reader_takes() {
    let app = App::start();
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", Some("zstd")),
        ("gzip, deflate, br", Some("br")),
        ("gzip", Some("gzip")),
        ("gzip;q=0.9, br;q=0.5", Some("gzip")),
        ("deflate", None),
        ("gzip;q=0", None),
        ("identity", None),
        ("*;q=0.5, zstd;q=0", Some("br")),
    ] {
        let answer = app.get_with("/sample/ready", &[("Accept-Encoding", accepted)]);
        assert_eq!((answer.status, answer.header("content-encoding")), (200, coding), "{accepted}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{accepted}");
        assert_eq!(
            answer.header("content-length"),
            Some(&*answer.body.len().to_string()),
            "{accepted}"
        );
    }
    let refused = app.get_with("/sample/ready", &[("Accept-Encoding", "identity;q=0")]);
    assert_eq!((refused.status, refused.code().as_str()), (406, "not-acceptable"));
}

#[test]
fn each_coding_has_a_validator_and_a_digest_of_its_own() {
    let app = App::start();
    let answers = ["zstd", "br", "gzip", "identity"].map(|coding| {
        app.get_with("/sample/ready", &[("Accept-Encoding", &format!("{coding}, identity;q=0.1"))])
    });
    for name in ["etag", "repr-digest"] {
        let mut values: Vec<_> =
            answers.iter().map(|answer| answer.header(name).unwrap().to_owned()).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 4, "{name}");
    }
}

#[test]
fn what_the_reader_has_is_not_sent_again() {
    let app = App::start();
    let etag = app.get("/sample/ready").header("etag").unwrap().to_owned();
    for field in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let answer = app.get_with("/sample/ready", &[("If-None-Match", &field)]);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{field}");
        assert_eq!(answer.header("etag"), Some(&*etag), "{field}");
        assert!(
            answer.header("cache-control").is_some() && answer.header("vary").is_some(),
            "{field}"
        );
        assert!(
            answer.header("content-type").is_none() && answer.header("content-length").is_none(),
            "{field}"
        );
    }
    for (field, coding) in [("\"other\"", "identity"), (&*etag, "gzip")] {
        let headers = [("If-None-Match", field), ("Accept-Encoding", coding)];
        assert_eq!(app.get_with("/sample/ready", &headers).status, 200, "{field} {coding}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let app = App::start();
    for path in ["/sample/ready", "/openapi.json", "/healthz", "/nowhere", "/healthz?a=1"] {
        let (get, head) = (app.get(path), app.ask(Method::Head, path, &[]));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for (name, value) in &get.headers {
            if name != "x-request-id" {
                assert_eq!(head.headers.get(name), Some(value), "{path} {name}");
            }
        }
    }
}

#[test]
fn a_reader_who_takes_no_json_is_told_so() {
    let app = App::start();
    for (field, status) in [
        ("application/json", 200),
        ("application/*", 200),
        ("text/html, */*;q=0.1", 200),
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
        ("image/*", 406),
    ] {
        for path in ["/openapi.json", "/problems", "/problems/gone"] {
            assert_eq!(app.get_with(path, &[("Accept", field)]).status, status, "{path} {field}");
        }
    }
}
