//! The management door over the real router: who gets in, what they may do, and what is answered to those
//! who may not.

use cms_core::{
    access::{Act, Grant},
    clock::Timestamp,
    commands::{issue_token::IssueToken, save_account::CreateAccount},
    search::analysis::{Analyzer, Purpose},
};
use rocket::http::Method;
use serde_json::json;

use crate::app::{Answer, App, wait_for};

const LINES: &str = r#"{"type":"topic","key":"t","source_locale":"en","locale":"en","status":"published","fields":{"title":"Scams"}}
{"type":"topic","key":"t","source_locale":"en","locale":"me-ME","status":"published","fields":{"title":"Prevare"}}
"#;

/// All that is behind the door.
const DOORS: [(Method, &str); 19] = [
    (Method::Get, "/manage/v1/me"),
    (Method::Get, "/manage/v1/tokens"),
    (Method::Post, "/manage/v1/tokens"),
    (Method::Delete, "/manage/v1/tokens/0190a0a0-0000-7000-8000-000000000000"),
    (Method::Get, "/manage/v1/accounts"),
    (Method::Post, "/manage/v1/accounts"),
    (Method::Put, "/manage/v1/accounts/0190a0a0-0000-7000-8000-000000000000/grants"),
    (Method::Get, "/manage/v1/accounts/0190a0a0-0000-7000-8000-000000000000"),
    (Method::Patch, "/manage/v1/accounts/0190a0a0-0000-7000-8000-000000000000"),
    (Method::Delete, "/manage/v1/accounts/0190a0a0-0000-7000-8000-000000000000"),
    (Method::Post, "/manage/v1/agencies"),
    (Method::Patch, "/manage/v1/agencies/0190a0a0-0000-7000-8000-000000000000"),
    (Method::Get, "/manage/v1/locales"),
    (Method::Put, "/manage/v1/locales/fr"),
    (Method::Post, "/manage/v1/imports"),
    (Method::Get, "/manage/v1/export"),
    (Method::Get, "/manage/v1/backup"),
    (Method::Post, "/manage/v1/rebuilds"),
    (Method::Get, "/manage/v1/search/analyze?text=a&locale=en"),
];

/// A token for an account that may do these acts, everywhere.
fn token_for(app: &App, acts: &[Act]) -> String {
    let administrator = app.cms.administrator().unwrap().unwrap();
    let grant = Grant { acts: acts.to_vec(), agency: None, type_name: None, locale: None };
    let grants = if acts.is_empty() { Vec::new() } else { vec![grant] };
    let name = format!("{acts:?}");
    let act = CreateAccount { name: name.clone(), grants };
    let (account, _) = wait_for(app.cms.create_account(&administrator, act)).unwrap();
    let act = IssueToken { account, name, expires: None };
    let issued = wait_for(app.cms.issue_token(&administrator, act)).unwrap();
    issued.secret.reveal().to_owned()
}

fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

fn ask(app: &App, (method, path): (Method, &str), token: &str, body: &str) -> Answer {
    let (name, value) = bearer(token);
    app.send(method, path, &[(name, &value), ("Content-Type", "application/json")], body)
}

#[test]
fn nothing_opens_without_a_good_token() {
    let app = App::start();
    let good = app.token();
    let mut altered = good.clone();
    let last = altered.pop().unwrap();
    altered.push(if last == '0' { '1' } else { '0' });
    let another_store_s = App::start().token();
    for door in DOORS {
        for (field, is_about_token) in [
            (None, false),
            (Some("Basic YTpi".to_owned()), false),
            (Some("Bearer".to_owned()), true),
            (Some("Bearer ".to_owned()), true),
            (Some(format!("Bearer {altered}")), true),
            (Some(format!("Bearer {another_store_s}")), true),
            (Some(format!("Bearer {good} {good}")), true),
            (Some(format!("Bearer {}", good.to_uppercase())), true),
        ] {
            let headers: Vec<_> =
                field.iter().map(|field| ("Authorization", field.as_str())).collect();
            let answer = app.send(door.0, door.1, &headers, "");
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{door:?}");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
            assert_eq!(challenge.contains("invalid_token"), is_about_token, "{field:?}");
            assert_eq!(answer.header("cache-control"), Some("private, no-store"));
            assert_eq!(answer.header("access-control-allow-origin"), None);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("bcn"), "{text}");
        }
    }
}

#[test]
fn a_token_is_as_good_as_its_time_and_its_account_s_rights() {
    let clock = App::clock();
    let app = App::at(&clock);
    let administrator = app.cms.administrator().unwrap().unwrap();
    let expires = Some(app.cms.clock().now().plus_millis(60_000));
    let act = IssueToken { account: administrator.account, name: "short".to_owned(), expires };
    let short = wait_for(app.cms.issue_token(&administrator, act)).unwrap();
    let short = short.secret.reveal();
    assert_eq!(ask(&app, DOORS[0], short, "").status, 200);
    clock.advance(59_999);
    assert_eq!(ask(&app, DOORS[0], short, "").status, 200);
    clock.advance(1);
    assert_eq!(ask(&app, DOORS[0], short, "").status, 401);

    let act = IssueToken {
        account: administrator.account,
        name: "late".to_owned(),
        expires: Some(Timestamp::from_millis(0)),
    };
    assert!(wait_for(app.cms.issue_token(&administrator, act)).is_err());
}

#[test]
fn who_is_no_administrator_may_ask_who_they_are_and_nothing_else_here() {
    let app = App::start();
    for acts in [&[][..], &[Act::Read], &[Act::Write, Act::Review, Act::Publish, Act::Erase]] {
        let token = token_for(&app, acts);
        let me = ask(&app, DOORS[0], &token, "");
        assert_eq!((me.status, me.header("cache-control")), (200, Some("private, no-store")));
        let told = me.json();
        let told = told["grants"][0]["acts"].as_array().map_or(0, Vec::len);
        assert_eq!(told, acts.len());
        for door in &DOORS[1..DOORS.len() - 1] {
            let answer = ask(&app, *door, &token, r#"{"name":"x"}"#);
            let is_of_a_token = door.0 == Method::Delete && door.1.contains("/tokens/");
            let expected = if is_of_a_token { 404 } else { 403 };
            assert_eq!(answer.status, expected, "{door:?}");
        }
    }
}

#[test]
fn whoever_may_do_anything_sees_how_search_reads_a_text() {
    let app = App::start();
    let path = "/manage/v1/search/analyze?locale=tr&text=I%C5%9EIKLARI&purpose=query";
    let nobody = ask(&app, (Method::Get, path), &token_for(&app, &[]), "");
    assert_eq!(nobody.status, 403);
    let token = token_for(&app, &[Act::Read]);
    let answer = ask(&app, (Method::Get, path), &token, "");
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("private, no-store")));
    let shown = answer.json();
    let analyzer = Analyzer::of(&"tr".parse().unwrap());
    assert_eq!(
        shown,
        json!(analyzer.explain("IŞIKLARI", Purpose::Query)),
        "as the command line shows it"
    );
    assert_eq!(
        (&shown["language"], &shown["words"][0]["form"]),
        (&json!("tr"), &json!("ışıkları"))
    );
    assert!(shown["steps"].as_array().unwrap().contains(&json!("stem snowball turkish")));
    for (query, parameter) in [
        ("text=a", "locale"),
        ("locale=tr", "text"),
        ("locale=tr&text=a&x=1", "x"),
        ("locale=tr&text=a&purpose=draft", "purpose"),
        ("locale=!&text=a", "locale"),
    ] {
        let answer =
            ask(&app, (Method::Get, &format!("/manage/v1/search/analyze?{query}")), &token, "");
        assert_eq!((answer.status, answer.faults()[0].0.as_str()), (400, parameter), "{query}");
    }
}

#[test]
fn a_first_token_is_good_for_one_exchange_and_nothing_else() {
    let app = App::start();
    let offered = wait_for(app.cms.offer_first_token()).unwrap().unwrap();
    let again = wait_for(app.cms.offer_first_token()).unwrap().unwrap();
    let (before, first) = (offered.secret.reveal(), again.secret.reveal());
    for door in DOORS.into_iter().filter(|door| door.1 != "/manage/v1/tokens") {
        assert_eq!(ask(&app, door, first, "").status, 401, "{door:?}");
    }
    assert_eq!(ask(&app, DOORS[1], first, "").status, 401);
    assert_eq!(ask(&app, DOORS[2], before, r#"{"name":"mine"}"#).status, 401, "it was replaced");
    // What is wrong with the request doesn't use the token up.
    let bad = ask(&app, DOORS[2], first, r#"{"name":"","account":"x","expires":"soon"}"#);
    assert_eq!(bad.status, 422);
    let faults = bad.faults();
    assert!(faults.contains(&("/account".to_owned(), "unknown_member".to_owned())), "{faults:?}");
    assert!(faults.contains(&("/expires".to_owned(), "bad_time".to_owned())), "{faults:?}");
    assert_eq!(ask(&app, DOORS[2], first, r#"{"name":""}"#).status, 422);
    let made = ask(&app, DOORS[2], first, r#"{"name":"mine"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("cache-control"), Some("private, no-store"));
    let own = made.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(ask(&app, DOORS[2], first, r#"{"name":"mine"}"#).status, 401);
    assert_eq!(ask(&app, DOORS[0], &own, "").status, 200);
    assert!(wait_for(app.cms.offer_first_token()).unwrap().is_none(), "it was claimed");

    let id = made.json()["id"].as_str().unwrap().to_owned();
    let list = ask(&app, DOORS[1], &own, "");
    let text = String::from_utf8(list.body).unwrap();
    assert!(text.contains(&id) && !text.contains(&own[4..20]), "{text}");
    let path = format!("/manage/v1/tokens/{id}");
    assert_eq!(ask(&app, (Method::Delete, &path), &own, "").status, 204);
    assert_eq!(ask(&app, DOORS[0], &own, "").status, 401);
}

#[test]
fn accounts_are_made_with_rights_that_exist() {
    let app = App::start();
    let token = app.token();
    let wrong = json!({
        "name": " x\u{7} ",
        "grants": [
            { "acts": ["read", "fly", "read"], "agency": "nobody", "type": "unheard_of" },
            { "acts": [], "locale": "xx-", "role": "king" },
            7,
        ],
        "admin": true,
    });
    let answer = ask(&app, DOORS[5], &token, &wrong.to_string());
    assert_eq!(answer.status, 422);
    let faults = answer.faults();
    for expected in [
        ("/grants/0/acts", "unknown_act"),
        ("/grants/0/acts", "repeated_item"),
        ("/grants/0/agency", "unknown_agency_key"),
        ("/grants/1/locale", "not_a_locale"),
        ("/grants/1/role", "unknown_member"),
        ("/grants/2", "not_an_object"),
        ("/admin", "unknown_member"),
    ] {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(faults.contains(&expected), "{expected:?} in {faults:?}");
    }
    let wrong = r#"{"name":"x","grants":[{"acts":[]},{"acts":["read"],"type":"unheard_of","locale":"th"}]}"#;
    let faults = ask(&app, DOORS[5], &token, wrong).faults();
    for expected in [
        ("/grants/0/acts", "too_few_items"),
        ("/grants/1/type", "unknown_type"),
        ("/grants/1/locale", "unknown_locale"),
    ] {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(faults.contains(&expected), "{expected:?} in {faults:?}");
    }
    let good = r#"{"name":"editor","grants":[{"acts":["read","write"],"agency":"default","type":"page"}]}"#;
    let made = ask(&app, DOORS[5], &token, good);
    assert_eq!(made.status, 201);
    assert!(made.header("event").is_some());
    assert_eq!(ask(&app, DOORS[5], &token, good).faults()[0].1, "name_taken");
    let me = ask(&app, DOORS[0], &token, "").json();
    let path = format!("/manage/v1/accounts/{}/grants", me["account"].as_str().unwrap());
    let refused = ask(&app, (Method::Put, &path), &token, r#"{"grants":[]}"#);
    assert_eq!(refused.faults(), [("/grants".to_owned(), "last_administrator".to_owned())]);
    let path = format!("/manage/v1/accounts/{}/grants", made.json()["id"].as_str().unwrap());
    let administer = r#"{"grants":[{"acts":["administer"]}]}"#;
    assert_eq!(ask(&app, (Method::Put, &path), &token, administer).status, 200);
}

#[test]
fn lines_come_in_and_go_out_through_the_door() {
    let app = App::start();
    let (name, value) = bearer(&app.token());
    let headers = [(name, value.as_str()), ("Content-Type", "application/jsonl")];
    let import = |query: &str, body: &str| {
        app.send(Method::Post, &format!("/manage/v1/imports{query}"), &headers, body)
    };
    let atomic = import("?atomic=true&locale=en", LINES);
    assert_eq!(atomic.code(), "invalid-parameters");
    let atomic = import("?atomic=true", LINES).json();
    assert_eq!((&atomic["kept_out"], &atomic["accepted"]), (&json!(true), &json!(0)));
    assert_eq!(atomic["refused"][0]["line"], 2);
    assert_eq!(atomic["refused"][0]["errors"][0]["code"], "bad_locale");
    let mapped = import("?map_locale%5Bme-ME%5D=sr-ME", LINES).json();
    assert_eq!((&mapped["accepted"], &mapped["refused"]), (&json!(2), &json!([])), "{mapped}");
    assert_eq!(import("?map_locale%5Bme-ME%5D=_", LINES).code(), "invalid-parameters");

    let export = app.send(Method::Get, "/manage/v1/export", &headers[..1], "");
    assert_eq!(export.header("content-type"), Some("application/jsonl"));
    let text = String::from_utf8(export.body).unwrap();
    assert_eq!(text.lines().count(), 3, "two lines and the empty one that is the end: {text}");
    assert!(text.ends_with("\n\n"));
    let again = import("", &text).json();
    assert_eq!(again["lines"], 2, "the end is no line");
    let backup = app.send(Method::Get, "/manage/v1/backup", &headers[..1], "");
    assert!(backup.body.starts_with(b"beacon backup 1\n"));
    let half = app.send(Method::Get, "/manage/v1/backup?after=1", &headers[..1], "");
    assert_eq!(half.faults().len(), 2, "{half:?}");
    let other = format!("/manage/v1/backup?after=1&epoch=1&root={}", "0".repeat(64));
    assert_eq!(app.send(Method::Get, &other, &headers[..1], "").code(), "cursor-expired");
}

#[test]
fn a_body_is_taken_when_it_is_of_the_right_kind_and_size() {
    let app = App::start();
    let (name, value) = bearer(&app.token());
    let send = |kind: &str, body: &str| {
        app.send(
            Method::Post,
            "/manage/v1/accounts",
            &[(name, value.as_str()), ("Content-Type", kind)],
            body,
        )
    };
    assert_eq!(
        send("application/x-www-form-urlencoded", "name=x").code(),
        "unsupported-media-type"
    );
    assert_eq!(send("text/plain", "{}").code(), "unsupported-media-type");
    let broken = send("application/json", "{\"name\": \n x}");
    assert_eq!((broken.status, broken.code().as_str()), (400, "malformed-json"));
    assert_eq!(send("application/json", "").code(), "malformed-json");
    assert_eq!(send("application/json", &"[".repeat(100_000)).code(), "malformed-json");
    assert_eq!(
        send("application/json", "[]").faults(),
        [(String::new(), "not_an_object".to_owned())]
    );
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(3 << 20));
    assert_eq!(send("application/json", &long).code(), "body-too-large");
    let lines = [(name, value.as_str()), ("Content-Type", "text/plain")];
    assert_eq!(
        app.send(Method::Post, "/manage/v1/imports", &lines, "").code(),
        "unsupported-media-type"
    );
}

#[test]
fn a_rebuild_serves_the_same_bytes_and_none_that_were_overtaken() {
    let app = App::start();
    let (name, value) = bearer(&app.token());
    let headers = [(name, value.as_str()), ("Content-Type", "application/jsonl")];
    let line = |title: &str| {
        format!(
            r#"{{"type":"topic","key":"t","source_locale":"en","locale":"en","slug":"scams","status":"published","fields":{{"title":"{title}"}}}}"#
        )
    };
    let import = |title: &str| {
        let done = app.send(Method::Post, "/manage/v1/imports", &headers, &line(title));
        assert_eq!(done.json()["accepted"], 1, "{done:?}");
    };
    import("One");
    let questions = [
        "/v1/entries/topic/scams?locale=en",
        "/v1/entries/topic?locale=en&count=exact",
        "/v1/locales",
        "/v1/types",
    ];
    assert!(wait_for(app.cms.settled()));
    let ask = || {
        questions.map(|question| {
            let answer = app.get(question);
            assert_eq!(answer.status, 200, "{question}");
            (answer.header("etag").unwrap().to_owned(), answer.body)
        })
    };
    let before = ask();
    let folder =
        |app: &App| std::fs::read_to_string(app.cms.dir().join("derived/current")).unwrap();
    let served = folder(&app);
    let rebuilt = app.send(Method::Post, "/manage/v1/rebuilds", &headers[..1], "");
    assert_eq!(rebuilt.json()["events"], app.cms.log().last(), "{rebuilt:?}");
    assert_ne!(folder(&app), served);
    assert_eq!(ask(), before);
    // As many changes as there were before: no kept answer may look current by its number.
    for title in ["Two", "Three", "Four"] {
        import(title);
        let told = app.get(questions[0]).json();
        assert_eq!(told["data"]["fields"]["title"], title);
    }
}
