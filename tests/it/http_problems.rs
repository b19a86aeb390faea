//! Problems and header fields: what every answer has, errors too.

use cms_core::{queries::Overdue, violation::Violation};
use cms_server::{
    config::{Config, Origins},
    health::Progress,
    problem::{Code, Fault},
};
use rocket::http::Method;

use crate::app::{Answer, App};

/// One answer of each kind, good and bad.
fn answers(app: &App) -> Vec<(&'static str, Answer)> {
    let paths = [
        "/healthz",
        "/openapi.json",
        "/docs/",
        "/docs",
        "/sample/ready",
        "/problems",
        "/nowhere",
        "/healthz?a=1",
    ];
    let mut answers: Vec<_> = paths.into_iter().map(|path| (path, app.get(path))).collect();
    answers.push(("panic", app.get("/sample/panic")));
    answers.push(("405", app.ask(Method::Post, "/healthz", &[])));
    answers.push(("options", app.ask(Method::Options, "/healthz", &[])));
    answers.push((
        "413",
        app.ask(Method::Post, "/sample/posted", &[("Content-Length", "999999999999")]),
    ));
    answers
}

#[test]
fn security_header_fields_are_on_every_answer() {
    for (name, answer) in answers(&App::start()) {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{name}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"), "{name}");
        assert!(
            answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"),
            "{name}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{name}");
        assert_eq!(answer.header("server"), None, "{name}");
    }
}

#[test]
fn what_says_nothing_about_caches_is_not_for_them() {
    let app = App::start();
    for (path, kept) in [
        ("/healthz", "no-store"),
        ("/metrics", "no-store"),
        ("/healthz?a=1", "no-store"),
        ("/sample/panic", "no-store"),
        ("/nowhere", "public, max-age=10"),
        ("/problems", "public, max-age=300"),
    ] {
        assert_eq!(app.get(path).header("cache-control"), Some(kept), "{path}");
    }
}

#[test]
fn no_answer_sets_a_cookie() {
    for (name, answer) in answers(&App::start()) {
        assert_eq!(answer.header("set-cookie"), None, "{name}");
    }
}

#[test]
fn management_is_not_for_pages_of_other_origins() {
    let answer =
        App::start().get_with("/manage/v1/anything", &[("Origin", "https://elsewhere.example")]);
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn a_preflight_says_what_may_be_sent() {
    let asks = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")];
    let answer = App::start().ask(Method::Options, "/sample/ready", &asks);
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, HEAD, OPTIONS"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("If-None-Match"));
    assert_eq!(answer.header("access-control-max-age"), Some("86400"));
}

#[test]
fn only_listed_origins_may_read_when_there_is_a_list() {
    let cors_origins = Origins::Only(vec!["https://a.example".to_owned()]);
    let app = App::with(&Config { cors_origins, ..Config::default() });
    for path in ["/sample/ready", "/nowhere"] {
        let listed = app.get_with(path, &[("Origin", "https://a.example")]);
        assert_eq!(
            listed.header("access-control-allow-origin"),
            Some("https://a.example"),
            "{path}"
        );
        for headers in [&[("Origin", "https://b.example")][..], &[]] {
            let other = app.get_with(path, headers);
            assert_eq!(other.header("access-control-allow-origin"), None, "{path}");
            assert_eq!(
                other.headers["vary"].iter().filter(|field| *field == "Origin").count(),
                1,
                "{path}"
            );
        }
    }
}

#[test]
fn words_are_in_the_reader_s_language() {
    let app = App::start();
    let title = |answer: &Answer| answer.problem()["title"].as_str().unwrap().to_owned();
    let english = app.get("/nowhere");
    assert_eq!(
        (english.header("content-language"), english.header("vary")),
        (Some("en"), Some("Accept-Language"))
    );
    let mut titles = vec![title(&english)];
    for tag in ["ar", "de", "es", "fr", "ja", "pt-BR", "th"] {
        let answer = app.get(&format!("/nowhere?locale={tag}"));
        assert_eq!((answer.header("content-language"), answer.header("vary")), (Some(tag), None));
        titles.push(title(&answer));
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 8, "{titles:?}");
}

#[test]
fn accept_language_counts_when_no_locale_is_named() {
    let app = App::start();
    for (field, language) in
        [("fr-CA", "fr"), ("xx, es;q=0.5, fr;q=0.7", "fr"), ("*", "en"), ("fr;q=0, ;;", "en")]
    {
        let answer = app.get_with("/nowhere", &[("Accept-Language", field)]);
        assert_eq!(answer.header("content-language"), Some(language), "{field}");
    }
    let both = app.get_with("/nowhere?locale=es-MX", &[("Accept-Language", "fr")]);
    assert_eq!(both.header("content-language"), Some("es"));
}

#[test]
fn every_kind_of_problem_has_words_and_a_page() {
    let app = App::start();
    let kinds = app.get("/problems").json();
    assert_eq!(kinds["problems"].as_array().unwrap().len(), Code::ALL.len());
    for code in Code::ALL {
        let kind = app.get(&format!("/problems/{}?locale=fr", code.name()));
        assert_eq!((kind.status, kind.header("content-language")), (200, Some("fr")), "{code:?}");
        let title = kind.json()["title"].as_str().unwrap().to_owned();
        assert!(!title.is_empty() && !title.contains("problem."), "{title}");
    }
    assert_eq!(app.get("/problems/no-such-problem").code(), "not-found");
}

#[test]
fn a_violation_of_the_core_keeps_its_pointer() {
    let fault = Fault::from(Violation::new("/fields/title", "required").with("field", "title"));
    assert_eq!(fault.place, cms_server::problem::Place::Pointer("/fields/title".to_owned()));
}

#[test]
fn a_server_that_lags_is_alive_and_not_ready() {
    let app = App::start();
    assert_eq!(app.get("/readyz").json(), serde_json::json!({ "ready": true, "followers": [] }));
    let progress =
        |name: &str, applied| Progress { follower: name.to_owned(), applied, last: 5_000 };
    *app.followers.0.lock().unwrap() = vec![progress("delivery", 5_000), progress("search", 10)];
    let answer = app.get("/readyz");
    assert_eq!((answer.status, answer.code().as_str()), (503, "not-ready"));
    let detail = answer.problem()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("search") && !detail.contains("delivery"), "{detail}");
    assert_eq!(app.get("/healthz").status, 200);
    let figures = String::from_utf8(app.get("/metrics").body).unwrap();
    assert!(figures.contains("cms_follower_lag_events{follower=\"search\"} 4990"), "{figures}");
}

#[test]
fn what_is_overdue_is_a_warning_and_a_figure_and_no_reason_to_be_out_of_service() {
    let app = App::start();
    assert!(app.get("/metrics").text().contains("cms_overdue_schedules 0"));
    let since = "2026-01-05T08:00:00Z".parse().unwrap();
    *app.followers.1.lock().unwrap() = Overdue { count: 2, since: Some(since) };
    let answer = app.get("/readyz");
    assert_eq!(answer.status, 200);
    let warning = serde_json::json!({
        "code": "overdue-schedules", "count": 2, "since": "2026-01-05T08:00:00Z",
    });
    assert_eq!(answer.json()["warnings"], serde_json::json!([warning]));
    assert!(app.get("/metrics").text().contains("cms_overdue_schedules 2"));
}

#[test]
fn figures_count_by_endpoint_and_class_and_name_nobody() {
    let app = App::start();
    app.get_with("/healthz", &[("User-Agent", "somebody"), ("X-Real-IP", "192.0.2.1")]);
    app.get("/problems/secret-name");
    let figures = String::from_utf8(app.get("/metrics").body).unwrap();
    for expected in [
        "cms_http_answers{endpoint=\"check_health\",class=\"2xx\"} 1",
        "cms_http_answers{endpoint=\"read_problem\",class=\"4xx\"} 1",
        "cms_http_problems{code=\"not-found\"} 1",
        "cms_http_seconds_bucket{endpoint=\"check_health\",le=\"+Inf\"} 1",
    ] {
        assert!(figures.contains(expected), "{expected}\n{figures}");
    }
    for secret in ["somebody", "192.0.2.1", "secret-name"] {
        assert!(!figures.contains(secret), "{secret}");
    }
}
