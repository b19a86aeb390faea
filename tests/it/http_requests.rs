//! What a request may be: methods, paths, queries, sizes, time.

use cms_server::config::{Config, Limits};
use rocket::http::Method;

use crate::app::App;

#[test]
fn a_method_that_a_path_has_not_is_refused_with_those_that_it_has() {
    let app = App::start();
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
        let answer = app.ask(method, "/healthz", &[]);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (405, "method-not-allowed"),
            "{method}"
        );
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"), "{method}");
    }
    let answer = app.get("/sample/posted");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("OPTIONS, POST")));
    assert_eq!(app.ask(Method::Post, "/nowhere", &[]).status, 404);
}

#[test]
fn options_names_the_methods() {
    let app = App::start();
    for path in ["/healthz", "/problems/not-found", "/docs/swagger-ui.css"] {
        let answer = app.ask(Method::Options, path, &[]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (204, Some("GET, HEAD, OPTIONS")),
            "{path}"
        );
        assert!(answer.body.is_empty() && answer.header("access-control-allow-methods").is_none());
    }
    assert_eq!(app.ask(Method::Options, "/nowhere", &[]).status, 404);
}

#[test]
fn an_unknown_path_is_a_problem() {
    let answer = App::start().get("/nowhere");
    assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=10"));
}

#[test]
fn all_faults_of_a_query_are_named_at_once() {
    let answer = App::start().get("/sample/search/x?draft=true&limit=0&q=a&q=b&locale=not_a_tag");
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid-parameters"));
    let expected = [
        ("draft", "unknown_parameter"),
        ("limit", "out_of_range"),
        ("q", "repeated_parameter"),
        ("locale", "not_a_locale"),
    ];
    assert_eq!(answer.faults(), expected.map(|(name, code)| (name.to_owned(), code.to_owned())));
    let range = answer.problem()["errors"][1]["detail"].as_str().unwrap().to_owned();
    assert!(range.contains('1') && range.contains("100"), "{range}");
}

#[test]
fn an_endpoint_without_parameters_refuses_every_one() {
    let app = App::start();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs/",
        "/problems",
        "/problems/gone",
    ] {
        let answer = app.get(&format!("{path}?surprise=1"));
        assert_eq!(
            answer.faults(),
            [("surprise".to_owned(), "unknown_parameter".to_owned())],
            "{path}"
        );
    }
}

#[test]
fn odd_percent_encodings_never_reach_a_handler() {
    let app = App::start();
    let ask = |path: &str| app.get(&format!("/sample/search/{path}"));
    assert_eq!(ask("caf%C3%A9").json()["name"], "café");
    assert_eq!(ask("a%2Fb").json()["name"], "a/b");
    assert_eq!(ask("a%252Fb").json()["name"], "a%2Fb");
    for path in ["%00", "%C0%AF", "%ED%A0%80", "%FF", "%2e%2e", "..", "%0d%0a"] {
        let answer = ask(path);
        assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-path"), "{path}");
    }
    for query in ["q=%00", "q=%FF", "q=%C0%80"] {
        let answer = ask(&format!("x?{query}"));
        assert_eq!(
            answer.faults(),
            [("q".to_owned(), "malformed_parameter".to_owned())],
            "{query}"
        );
    }
}

#[test]
fn one_thing_has_one_address() {
    let app = App::start();
    for path in ["//healthz", "/healthz/", "/sample//ready"] {
        assert_eq!(app.get(path).status, 404, "{path}");
    }
}

#[test]
fn an_address_over_the_limit_is_refused() {
    let app = App::start();
    for path in ["/healthz", "/nowhere"] {
        let answer = app.get(&format!("{path}?{}", "a".repeat(8 << 10)));
        assert_eq!((answer.status, answer.code().as_str()), (414, "uri-too-long"), "{path}");
    }
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let limits = Limits { body_bytes: 100, ..Config::default().limits };
    let app = App::with(&Config { limits, ..Config::default() });
    assert_eq!(app.post("/sample/posted", "[1]").json(), serde_json::json!([1]));
    let long = format!("\"{}\"", "a".repeat(200));
    let answer = app.post("/sample/posted", &long);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body-too-large"));
    let answer = app.ask(Method::Post, "/sample/posted", &[("Content-Length", "101")]);
    assert_eq!((answer.status, answer.code().as_str()), (413, "body-too-large"));
}

#[test]
fn a_handler_that_takes_too_long_is_given_up() {
    let answer = App::start().get("/sample/slow");
    assert_eq!((answer.status, answer.code().as_str()), (503, "timed-out"));
}

#[test]
fn a_panic_is_a_problem_and_the_server_lives() {
    let app = App::start();
    let answer = app.get("/sample/panic");
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
    assert!(!String::from_utf8_lossy(&answer.body).contains("on purpose"));
    assert_eq!(app.get("/healthz").status, 200);
}
