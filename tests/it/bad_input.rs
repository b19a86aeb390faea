//! Bad input, tried as a stranger who means harm would: over HTTP and by import. Each is told with its place
//! and reason, in the reader's language, and the store stays as it was.

use cms_core::words;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::App,
    site::{Site, line, pair, pairs, shared, text, translated},
};

/// An import line with one member set to something else.
fn with(member: &str, value: Value) -> Value {
    let mut line = line("guidance", "a", &json!({"title": "A", "body": "b"}));
    line[member] = value;
    line
}

/// An import line with these fields.
fn of(fields: &Value) -> Value {
    line("guidance", "a", fields)
}

fn deep(levels: usize) -> String {
    format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
}

/// Bad lines, each with the place and reason that it is told.
fn bad_lines() -> Vec<(String, &'static str, &'static str)> {
    let good = with("slug", json!("a")).to_string();
    let long = "x".repeat(10 << 20);
    let mut cases = vec![
        ("{".to_owned(), "", "malformed_json"),
        ("null".to_owned(), "", "not_an_object"),
        ("[]".to_owned(), "", "not_an_object"),
        ("\"text\"".to_owned(), "", "not_an_object"),
        (good.replace("\"A\"", "\"\\ud800\""), "", "malformed_json"),
        (good.replace("\"A\"", "\"\\udc00\\ud800\""), "", "malformed_json"),
        (good.replace("\"A\"", "NaN"), "", "malformed_json"),
        (good.replace("\"A\"", "1e999"), "", "malformed_json"),
        (good.replace("\"A\"", "'A'"), "", "malformed_json"),
        (format!("{good}{good}"), "", "malformed_json"),
        (good.replace("\"A\"", &deep(2_000)), "", "malformed_json"),
        (good.replace("\"A\"", &deep(100)), "/fields/title", "too_deep"),
        (good.replace("\"A\"", &format!("\"{long}\"")), "/fields/title", "text_too_large"),
        (good.replace("\"b\"", &format!("\"{long}\"")), "/fields/body", "text_too_large"),
    ];
    let values = bad_members().into_iter().chain(bad_fields());
    cases.extend(values.map(|(line, pointer, code)| (line.to_string(), pointer, code)));
    cases
}

type Case = (Value, &'static str, &'static str);

/// Lines with a bad member.
fn bad_members() -> Vec<Case> {
    vec![
        (with("type", json!("nothing")), "/type", "unknown_type"),
        (with("type", json!("Guidance")), "/type", "bad_name"),
        (with("type", json!(7)), "/type", "not_a_string"),
        (with("type", Value::Null), "/type", "required"),
        (with("key", json!("")), "/key", "bad_key"),
        (with("key", json!("a b")), "/key", "bad_key"),
        (with("key", json!("k".repeat(201))), "/key", "bad_key"),
        (with("key", json!("a\u{0}")), "/key", "bad_key"),
        (with("locale", json!("xx")), "/locale", "bad_locale"),
        (with("locale", json!("fr_CA")), "/locale", "bad_locale"),
        (with("locale", json!("../fr")), "/locale", "bad_locale"),
        (with("locale", json!("f".repeat(5_000))), "/locale", "bad_locale"),
        (with("locale", json!(["fr"])), "/locale", "not_a_string"),
        (with("status", json!("live")), "/status", "bad_status"),
        (with("status", json!(true)), "/status", "not_a_string"),
        (with("slug", json!("../../etc/passwd")), "/slug", "bad_slug"),
        (with("slug", json!("a/b")), "/slug", "bad_slug"),
        (with("slug", json!("%2e%2e")), "/slug", "bad_slug"),
        (with("slug", json!("Capital")), "/slug", "bad_slug"),
        (with("slug", json!("a\u{202e}b")), "/slug", "bad_slug"),
        (with("slug", json!("a\u{0}")), "/slug", "bad_slug"),
        (with("slug", json!("s".repeat(101))), "/slug", "bad_slug"),
        (with("slug", json!("0197f0c8-1111-7000-8000-000000000000")), "/slug", "bad_slug"),
        (with("updated_at", json!("yesterday")), "/updated_at", "bad_time"),
        (with("updated_at", json!("2026-13-01T00:00:00Z")), "/updated_at", "bad_time"),
        (with("agency", json!("nobody")), "/agency", "unknown_agency"),
        (with("translates", json!("abc")), "/translates", "bad_digest"),
        (with("translates", json!("0".repeat(64))), "/translates", "source_translates_nothing"),
        (with("colour", json!("red")), "/colour", "unknown_member"),
        (with("fields", json!([])), "/fields", "not_an_object"),
        (with("fields", Value::Null), "/fields", "required"),
        (with("shared", json!("x")), "/shared", "not_an_object"),
    ]
}

/// Lines with a bad field.
fn bad_fields() -> Vec<Case> {
    vec![
        (with("shared", json!({"title": "A"})), "/shared/title", "field_is_localized"),
        (with("shared", json!({"age_min": "nine"})), "/shared/age_min", "wrong_kind"),
        (with("shared", json!({"age_min": -1})), "/shared/age_min", "number_too_small"),
        (with("shared", json!({"age_min": 1.5})), "/shared/age_min", "wrong_kind"),
        (with("shared", json!({"topics": ["x"]})), "/shared/topics/0", "malformed_reference"),
        (with("shared", json!({"topics": ["key:no"]})), "/shared/topics/0", "reference_unknown"),
        (with("shared", json!({"topics": {"0": "key:no"}})), "/shared/topics", "wrong_kind"),
        (
            with("shared", json!({"related": ["key:a", "key:a"]})),
            "/shared/related",
            "repeated_item",
        ),
        (with("shared", json!({"countries": ["gb"]})), "/shared/countries/0", "bad_pattern"),
        (of(&json!({"title": 7, "body": "b"})), "/fields/title", "wrong_kind"),
        (of(&json!({"title": "A\u{0}", "body": "b"})), "/fields/title", "control_character"),
        (of(&json!({"title": "A", "body": "b\u{8}"})), "/fields/body", "control_character"),
        (
            of(&json!({"title": "A", "body": "b", "age_min": 3})),
            "/fields/age_min",
            "field_is_shared",
        ),
        (of(&json!({"title": "A", "body": "b", "nothing": 3})), "/fields/nothing", "unknown_field"),
        (of(&json!({"title": "A", "body": "b", "../x~": 3})), "/fields/..~1x~0", "unknown_field"),
        (of(&json!({"title": "t".repeat(301), "body": "b"})), "/fields/title", "too_long"),
        (
            of(&json!({"title": "A", "body": "b", "steps": [{"text": "x"}]})),
            "/fields/steps/0",
            "required",
        ),
        (of(&json!({"body": "b"})), "/fields/title", "required"),
        (of(&json!({"title": "A", "body": "{{route:nowhere}}"})), "/fields/body", "embed_missing"),
    ]
}

#[test]
fn a_bad_line_is_told_with_its_place_and_leaves_nothing_behind() {
    let site = Site::new();
    for (line, pointer, code) in bad_lines() {
        let shown: String = line.chars().take(200).collect();
        let before = (site.export(true), site.cms.editing().locales().unwrap());
        let report = site.import_text(&line, false);
        assert_eq!((report.accepted, report.refused.len()), (0, 1), "{shown}");
        let found = pairs(&report.refused[0].violations);
        // `required` within a list of objects is told at the member that is missing.
        let is_told = found.iter().any(|(place, rule)| rule == code && place.starts_with(pointer));
        assert!(is_told, "{pointer} {code} in {found:?} of {shown}");
        assert_eq!(report.refused[0].line, 1);
        assert_eq!((site.export(true), site.cms.editing().locales().unwrap()), before, "{shown}");
    }
    // All of them at once keep nobody else from landing.
    let mut lines: Vec<String> = bad_lines().into_iter().map(|(line, ..)| line).collect();
    let bad = lines.len();
    lines.retain(|line| line.len() < 1 << 20);
    let kept = lines.len();
    lines.push(line("topic", "good", &json!({"title": "Good"})).to_string());
    let report = site.import_text(&lines.join("\n"), false);
    assert_eq!((bad - kept, report.accepted, report.refused.len()), (2, 1, kept));
}

#[test]
fn bytes_that_are_no_text_are_told_line_by_line() {
    struct Bytes(Vec<u8>);
    impl cms_core::commands::import::Lines for Bytes {
        fn open(&mut self) -> std::io::Result<Box<dyn std::io::BufRead + Send>> {
            Ok(Box::new(std::io::Cursor::new(self.0.clone())))
        }
    }
    let site = Site::new();
    let mut bytes = b"\xff\xfe\n\0\0\n".to_vec();
    bytes.extend(vec![b'x'; (16 << 20) + 1]);
    bytes.extend(format!("\n{}\n", line("topic", "good", &json!({"title": "Good"}))).bytes());
    let options = cms_core::commands::import::ImportOptions::default();
    let mut lines = Bytes(bytes);
    let importing =
        async { site.cms.import(&site.administrator, &mut lines, &options, &|_, _| ()).await };
    let report = crate::app::wait_for(importing).unwrap();
    let told: Vec<_> =
        report.refused.iter().map(|it| (it.line, it.violations[0].code.as_str())).collect();
    assert_eq!(told, [(1, "not_utf8"), (2, "malformed_json"), (3, "line_too_long")]);
    assert_eq!(report.accepted, 1);
}

#[test]
fn names_that_are_taken_and_chains_that_lead_back_are_told() {
    let site = Site::new();
    let page = |key: &str, parent: Option<&str>| {
        let parent = parent.map(|parent| format!("key:{parent}"));
        shared(line("page", key, &json!({"title": key, "body": "b"})), json!({"parent": parent}))
    };
    site.import(&[page("top", None), page("below", Some("top")), page("deep", Some("below"))]);
    let refused = |lines: &[Value]| -> Vec<(u64, (String, String))> {
        let report = site.import_text(&text(lines), false);
        let told = report.refused.into_iter();
        told.flat_map(|it| pairs(&it.violations).into_iter().map(move |found| (it.line, found)))
            .collect()
    };
    let circle = || pair("/shared/parent", "reference_circle");
    let unknown = || pair("/shared/parent", "reference_unknown");
    assert_eq!(refused(&[page("self", Some("self"))]), [(1, circle())]);
    assert_eq!(
        refused(&[page("one", Some("two")), page("two", Some("one"))]),
        [(1, circle()), (2, circle())]
    );
    assert_eq!(refused(&[page("top", Some("deep"))]), [(1, circle())], "through the store");
    let through_both =
        [page("top", Some("new")), page("new", Some("deep")), page("leaf", Some("new"))];
    assert_eq!(refused(&through_both), [(1, circle()), (2, circle()), (3, unknown())]);
    assert_eq!(
        refused(&[page("lost", Some("gone")), page("child", Some("lost"))]),
        [(1, unknown()), (2, unknown())]
    );
    let top = site.id("page", "top");
    let deep = site.id("page", "deep");
    let wrong = crate::site::wrong(site.try_save(top, "shared", &json!({"parent": deep})));
    assert_eq!(wrong, [pair("/fields/parent", "reference_circle")]);
    // Slugs: in one file, and in the store.
    let mut second = line("page", "other", &json!({"title": "T", "body": "b"}));
    second["slug"] = "same".into();
    let mut third = line("page", "third", &json!({"title": "T", "body": "b"}));
    third["slug"] = "same".into();
    assert_eq!(refused(&[second, third.clone()]), [(2, pair("/slug", "slug_taken"))]);
    assert_eq!(refused(&[third]), [(1, pair("/slug", "slug_taken"))]);
    let other_source = translated("page", "top", "fr", &json!({"title": "T", "body": "b"}));
    let mut other_source = other_source;
    other_source["source_locale"] = "fr".into();
    assert_eq!(refused(&[other_source]), [(1, pair("/source_locale", "source_locale_differs"))]);
    // Chains of translations are none: readers of every locale still get breadcrumbs that end.
    let list = site.json("/v1/entries/page?locale=en&include=parent.parent.parent&sort=title");
    assert_eq!(list["data"].as_array().unwrap().len(), 4);
}

#[test]
fn chains_that_close_only_among_what_readers_get_are_refused_at_publication() {
    let site = Site::new();
    let pages = ["a", "b"].map(|key| {
        let entry = site.create("page", key);
        site.save_and_publish(entry, "en", &json!({"title": key, "body": "b"}));
        entry
    });
    let [a, b] = pages;
    site.save(b, "shared", &json!({"parent": a}));
    site.publish(b, "shared");
    // As drafts go, b has no parent any more; for readers it has.
    site.save(b, "shared", &json!({"position": 1}));
    site.save(a, "shared", &json!({"parent": b}));
    assert_eq!(
        crate::site::wrong(site.try_publish(a, "shared")),
        [pair("/fields/parent", "reference_circle")]
    );
    site.publish(b, "shared");
    site.publish(a, "shared");
}

/// Requests that are refused, each with the status, and what is wrong where.
const BAD_REQUESTS: &[(&str, u16, &str, &str)] = &[
    ("/v1/entries/nothing", 404, "not-found", ""),
    ("/v1/entries/Guidance", 404, "not-found", ""),
    ("/v1/entries/guidance/../topic", 400, "malformed-path", ""),
    ("/v1/entries/guidance/%2e%2e", 400, "malformed-path", ""),
    ("/v1/entries/guidance/..%2f..%2fetc", 404, "not-found", ""),
    ("/v1/entries/guidance/%00", 400, "malformed-path", ""),
    ("/v1/entries/guidance/%C0%AF", 400, "malformed-path", ""),
    ("/v1/entries/guidance/%ED%A0%80", 400, "malformed-path", ""),
    ("/v1/entries/guidance/%", 400, "malformed-path", ""),
    ("/v1/entries/guidance/%zz", 400, "malformed-path", ""),
    ("/v1/entries/guidance/%252e%252e", 404, "not-found", ""),
    ("/v1/entries/guidance/key:", 404, "not-found", ""),
    ("/v1/entries/guidance/key:%20", 404, "not-found", ""),
    ("/v1/entries//guidance", 404, "not-found", ""),
    ("/v1/entries/guidance/", 404, "not-found", ""),
    ("/v1/entries/guidance?draft=true", 400, "draft", "unknown_parameter"),
    ("/v1/entries/guidance?status=draft", 400, "status", "unknown_parameter"),
    ("/v1/entries/guidance/a?preview=1", 400, "preview", "unknown_parameter"),
    ("/v1/entries/guidance?locale=fr&locale=en", 400, "locale", "repeated_parameter"),
    ("/v1/entries/guidance?locale=klingon", 400, "locale", "not_a_locale"),
    ("/v1/entries/guidance?locale=", 400, "locale", "not_a_locale"),
    ("/v1/entries/guidance?locale=%00", 400, "locale", "malformed_parameter"),
    ("/v1/entries/guidance?limit=0", 400, "limit", "out_of_range"),
    ("/v1/entries/guidance?limit=101", 400, "limit", "out_of_range"),
    ("/v1/entries/guidance?limit=1e2", 400, "limit", "not_an_integer"),
    ("/v1/entries/guidance?limit=%2B5", 400, "limit", "not_an_integer"),
    ("/v1/entries/guidance?count=all", 400, "count", "not_a_choice"),
    ("/v1/entries/guidance?sort=body", 400, "sort", "sort_unknown_field"),
    ("/v1/entries/guidance?sort=no_such", 400, "sort", "sort_unknown_field"),
    ("/v1/entries/guidance?sort=title,title", 400, "sort", "sort_repeated"),
    ("/v1/entries/guidance?filter[title]=x", 400, "filter[title]", "filter_not_filterable"),
    ("/v1/entries/guidance?filter[nothing]=x", 400, "filter[nothing]", "filter_unknown_field"),
    ("/v1/entries/guidance?filter[age_min]=x", 400, "filter[age_min]", "filter_bad_value"),
    (
        "/v1/entries/guidance?filter[age_min][like]=3",
        400,
        "filter[age_min][like]",
        "filter_unknown_operator",
    ),
    (
        "/v1/entries/guidance?filter[topics][gte]=3",
        400,
        "filter[topics][gte]",
        "filter_not_ordered",
    ),
    ("/v1/entries/guidance?filter[age_min=3", 400, "filter[age_min", "unknown_parameter"),
    ("/v1/entries/guidance?filter=age_min", 400, "filter", "unknown_parameter"),
    ("/v1/entries/guidance?facet=title", 400, "facet", "facet_not_filterable"),
    ("/v1/entries/guidance?fields=nothing", 400, "fields", "unknown_field"),
    ("/v1/entries/guidance?fields=title,..", 400, "fields", "unknown_field"),
    ("/v1/entries/guidance?include=title", 400, "include", "not_a_reference"),
    (
        "/v1/entries/guidance?include=related.related.related.related",
        400,
        "include",
        "not_a_reference",
    ),
    ("/v1/entries/guidance?cursor=x", 400, "cursor", "bad_cursor"),
    ("/v1/entries/guidance?cursor=%FF", 400, "cursor", "malformed_parameter"),
    ("/v1/changes?since=x", 400, "since", "bad_cursor"),
    ("/v1/changes?limit=1001", 400, "limit", "out_of_range"),
    ("/v1/feed.atom?type=nothing", 404, "not-found", ""),
    ("/v1/sitemap.xml?after=x", 400, "after", "not_an_id"),
    ("/v1/redirects?path=..", 400, "path", "redirect_bad_path"),
    ("/v1?a=1", 400, "a", "unknown_parameter"),
    ("/v1/types/nothing", 404, "not-found", ""),
];

#[test]
fn a_bad_request_is_told_with_its_place_in_the_reader_s_language() {
    let site = Site::new();
    site.import(&[line("guidance", "a", &json!({"title": "A", "body": "b"}))]);
    let mut others = Vec::new();
    for &(path, status, name, rule) in BAD_REQUESTS {
        let answer = site.get(path);
        let expected = if rule.is_empty() {
            (status, name.to_owned(), Vec::new())
        } else {
            (status, "invalid-parameters".to_owned(), vec![pair(name, rule)])
        };
        let told = (answer.status, answer.code(), answer.faults());
        if told != expected {
            others.push((path, told));
        }
        for tag in ["fr", "ar", "ja", "th", "es", "de", "pt-BR"] {
            let told = site.get_with(path, &[("Accept-Language", tag)]);
            let named = if path.contains("locale=fr&") { "fr" } else { tag };
            assert_eq!(told.header("content-language"), Some(named), "{path} in {tag}");
            let problem = told.problem();
            for fault in problem["errors"].as_array().into_iter().flatten() {
                let words = fault["detail"].as_str().unwrap();
                assert!(!words.contains("violation.") && !words.contains("%{"), "{path}: {words}");
            }
        }
    }
    assert_eq!(others, []);
    assert_eq!(site.get("/v1/entries/guidance/a?locale=en").status, 200, "and the server lives");
}

#[test]
fn a_cursor_is_good_for_its_own_list_and_server_alone() {
    let site = Site::new();
    let rows: Vec<_> = (0..5)
        .map(|n| {
            line("guidance", &format!("g-{n}"), &json!({"title": format!("G {n}"), "body": "b"}))
        })
        .collect();
    site.import(&rows);
    let page = site.json("/v1/entries/guidance?locale=en&limit=2&sort=title");
    let cursor = page["page"]["next"].as_str().unwrap().to_owned();
    let next = |rest: &str| site.get(&format!("/v1/entries/{rest}cursor={cursor}"));
    assert_eq!(next("guidance?locale=en&limit=2&sort=title&").status, 200);
    assert_eq!(
        next("guidance?locale=en&limit=4&sort=title&").status,
        200,
        "another length is the same list"
    );
    for other in [
        "guidance?locale=fr&sort=title&",
        "guidance?locale=en&sort=-title&",
        "guidance?locale=en&",
        "guidance?locale=en&sort=title&filter[age_min][gte]=1&",
        "guidance?locale=en&sort=title&fallback=none&",
        "page?locale=en&sort=title&",
    ] {
        assert_eq!(next(other).faults(), [pair("cursor", "bad_cursor")], "{other}");
    }
    let (_, changes) = site.changes(None);
    assert_eq!(
        site.get(&format!("/v1/entries/guidance?cursor={changes}")).faults(),
        [pair("cursor", "bad_cursor")]
    );
    // Of another server: this one's history is another.
    let elsewhere = Site::new();
    let told = elsewhere.get(&format!("/v1/changes?since={changes}"));
    assert_eq!((told.status, told.code().as_str()), (410, "cursor-expired"));
    assert!(told.header("link").unwrap().contains("/v1/changes"));
    for at in 0..changes.len() {
        let mut bent = changes.clone().into_bytes();
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        let told = site.get(&format!("/v1/changes?since={bent}"));
        assert!([400, 410].contains(&told.status), "{bent}: {}", told.status);
    }
}

#[test]
fn bodies_where_none_belong_and_methods_that_are_none_are_refused() {
    let app = App::start();
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
        let answer = app.ask(method, "/v1/entries/guidance/a", &[]);
        assert_eq!((answer.status, answer.code().as_str()), (405, "method-not-allowed"));
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    for (name, body) in [
        ("cut", "{\"a\":"),
        ("deep", &*deep(100_000)),
        ("surrogate", "{\"a\":\"\\ud800\"}"),
        ("text", "no JSON"),
        ("empty", ""),
    ] {
        let answer = app.post("/sample/posted", body);
        assert!([400, 422].contains(&answer.status), "{name}: {}", answer.status);
        answer.problem();
    }
    let huge = format!("\"{}\"", "x".repeat(10 << 20));
    assert!([400, 413].contains(&app.post("/sample/posted", &huge).status));
    assert_eq!(app.get("/healthz").status, 200);
}

#[test]
fn every_rule_that_content_can_break_has_words_for_each_reader() {
    let site = Site::new();
    for (line, ..) in bad_lines().into_iter().filter(|(line, ..)| line.len() < 1 << 20) {
        let report = site.import_text(&line, false);
        for violation in &report.refused[0].violations {
            for tag in ["en", "fr", "es", "ar", "ja", "th", "de", "pt-BR"] {
                let facts = violation.facts.iter().map(|(name, value)| (&**name, &**value));
                let words = words::text(
                    &crate::site::locale(tag),
                    &format!("violation.{}", violation.code),
                    &facts.collect::<Vec<_>>(),
                );
                assert!(
                    !words.contains("violation.") && !words.contains("%{"),
                    "{violation:?} {words}"
                );
            }
        }
    }
}
