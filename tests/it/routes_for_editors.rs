//! Routes as editors look them up, what is doubtful in their drafts, and what the clock alone changes for readers.

use std::{fs, path::Path};

use cms_core::{commands::issue_token::IssueToken, id::EntryId};
use rocket::http::Header;
use serde_json::{Value, json};

use crate::{
    app::wait_for,
    routes::{NOW, Site, Text},
};

/// A token of the administrator's.
fn token(site: &Site) -> String {
    let account = site.administrator().account;
    let act = IssueToken { account, name: "test".to_owned(), expires: None };
    let issued = wait_for(site.cms.issue_token(&site.administrator(), act)).unwrap();
    issued.secret.reveal().to_owned()
}

/// What an editor is answered, in a language.
fn ask(site: &Site, token: &str, uri: &str, language: &'static str) -> (u16, Value) {
    let request = site
        .client
        .get(uri.to_owned())
        .header(Header::new("Authorization", format!("Bearer {token}")))
        .header(Header::new("Accept-Language", language));
    let answer = request.dispatch();
    (answer.status().code, answer.into_json().unwrap_or_default())
}

fn route(key: &str, more: &Value) -> String {
    let mut shared = json!({
        "operator": {"kind": "other"}, "covers": {"countries": ["IS"]}, "identity": "anonymous_ok",
        "assured": {"date": "2026-11-01"},
        "channels": [{"id": "phone", "kind": "phone", "value": "116 000", "languages": ["en"],
            "hours": {"tz": "Atlantic/Reykjavik", "rule": "Mo-Fr 09:00-17:00"}}],
    });
    shared.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "type": "route", "key": key, "source_locale": "en", "locale": "en", "status": "published", "shared": shared,
        "fields": {"title": key},
    })
    .to_string()
}

fn keys(told: &Value) -> Vec<String> {
    let hits = told["data"]["routes"].as_array().unwrap();
    hits.iter().map(|it| it["route"]["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_editor_looks_up_at_any_instant_and_with_drafts() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let (draft, line) = (route("iceland-draft", &json!({})), route("iceland", &json!({})));
    let draft = draft.replace("\"published\"", "\"draft\"");
    assert_eq!(site.import(&mut Text(format!("{draft}\n{line}"))).refused, []);
    let token = token(&site);
    let uri = "/manage/v1/routes?locale=en&country=IS&limit=50";
    let open = |at: &str| {
        let (status, told) = ask(&site, &token, &format!("{uri}&at={at}"), "en");
        assert_eq!(status, 200);
        let hits = told["data"]["routes"].as_array().unwrap();
        let own = hits.iter().find(|it| it["route"]["key"] == "iceland").unwrap();
        own["open_now"].clone()
    };
    assert_eq!(ask(&site, &token, uri, "en").1["data"]["routes"][0]["route"]["key"], "iceland");
    assert_eq!(
        (open("2026-11-24T10:00:00Z"), open("2026-11-28T10:00:00Z")),
        (json!(true), json!(false))
    );
    let with_drafts = ask(&site, &token, &format!("{uri}&drafts=true"), "en").1;
    assert_eq!(keys(&with_drafts)[..2], ["iceland", "iceland-draft"]);
    assert!(!keys(&ask(&site, &token, uri, "en").1).contains(&"iceland-draft".to_owned()));
    for (wrong, parameter) in [
        ("at=soon", "at"),
        ("at=2026-11-24", "at"),
        ("country=XX", "country"),
        ("drafts=1", "drafts"),
    ] {
        let (status, told) = ask(&site, &token, &format!("/manage/v1/routes?{wrong}"), "en");
        assert_eq!((status, &told["errors"][0]["parameter"]), (400, &json!(parameter)), "{wrong}");
    }
    assert_eq!(ask(&site, "nobody", uri, "en").0, 401);
    assert_eq!(
        site.get("/v1/routes?locale=en&drafts=true").status,
        400,
        "no reader can name a draft"
    );
}

#[test]
fn figures_without_a_statistic_are_told_in_the_editor_s_language() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::with_demo(folder.path());
    let line = json!({
        "type": "guidance", "key": "doubtful", "source_locale": "en", "locale": "en", "status": "published",
        "fields": {
            "title": "Offenders online",
            "body": "One in five children was approached, according to a Justice Department study cited by a paper.\n\n\
                {{statistic:kept-it-secret.value}} told nobody, that is 3 out of 10.\n\nCall at 9 in the morning.",
        },
    });
    assert_eq!(site.import(&mut Text(line.to_string())).refused, []);
    let told_of = |entry: EntryId, kind: &str, part: &str, language: &'static str| {
        let (status, told) = ask(
            &site,
            &token(&site),
            &format!("/manage/v1/entries/{kind}/{entry}/{part}/lint"),
            language,
        );
        assert_eq!(status, 200, "{told}");
        told["data"].as_array().unwrap().clone()
    };
    let doubtful = site.by_key("guidance", "doubtful");
    let found = told_of(doubtful, "guidance", "en", "en");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["pointer"], &found[0]["code"]),
        (&json!("/fields/body"), &json!("figure_second_hand"))
    );
    assert!(found[0]["detail"].as_str().unwrap().starts_with("\"One in five\" in line 1"));
    let in_german = told_of(doubtful, "guidance", "en", "de");
    assert!(in_german[0]["detail"].as_str().unwrap().starts_with("„One in five“ in Zeile 1"));
    // The demo's statistics are in order today, and old in seven years.
    let statistic = site.by_key("statistic", "kept-it-secret");
    assert_eq!(told_of(statistic, "statistic", "shared", "en"), [] as [Value; 0]);
    assert_eq!(told_of(statistic, "statistic", "en", "en"), [] as [Value; 0]);
    site.clock.advance(7 * 366 * 86_400_000);
    assert_eq!(told_of(statistic, "statistic", "shared", "en")[0]["code"], "source_old");
    let uri = format!("/manage/v1/entries/guidance/{doubtful}/en/lint");
    assert_eq!(ask(&site, "nobody", &uri, "en").0, 401);
    assert_eq!(
        ask(&site, &token(&site), &format!("/manage/v1/entries/guidance/{doubtful}/fr/lint"), "en")
            .0,
        404
    );
}

#[test]
fn what_is_overdue_falls_behind_by_the_clock_alone_and_no_cache_says_otherwise_longer() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::open(folder.path(), NOW);
    // Fresh until 24 November of the next year; the other is checked later, and is lighter.
    let heavy = route(
        "heavy",
        &json!({"assured": {"date": "2025-11-24"}, "weight": 50, "channels": [{"id": "m", "kind": "email", "value": "a@b.example"}]}),
    );
    let light = route(
        "light",
        &json!({"assured": {"date": "2026-06-10"}, "channels": [{"id": "m", "kind": "email", "value": "a@b.example"}]}),
    );
    assert_eq!(site.import(&mut Text(format!("{heavy}\n{light}"))).refused, []);
    let uri = "/v1/routes?locale=en&country=IS";
    let events = site.cms.log().last();
    let told = |expected: [&str; 2], marks: [&str; 2]| {
        let found = site.get(uri);
        let json = found.json();
        assert_eq!(keys(&json), expected);
        let hits = json["data"]["routes"].as_array().unwrap();
        let own: Vec<_> = hits.iter().map(|it| it["assurance"].as_str().unwrap()).collect();
        assert_eq!(own, marks);
        found
    };
    // 365 days after the check it ends at midnight: fourteen hours from now.
    site.clock.advance(14 * 3_600_000 - 45_000);
    let before = told(["light", "heavy"], ["fresh", "ageing"]);
    assert_eq!(
        before.cache_control,
        "public, max-age=45, stale-while-revalidate=0, stale-if-error=0"
    );
    let file = site.get("/v1/routes.json?locale=en").etag;
    site.clock.advance(44_999);
    told(["light", "heavy"], ["fresh", "ageing"]);
    site.clock.advance(1);
    let after = told(["light", "heavy"], ["fresh", "overdue"]);
    assert_ne!(before.etag, after.etag);
    assert_eq!(site.get("/v1/routes.json?locale=en").etag, file, "the file tells dates, not marks");
    // The only one left is shown still, and says so.
    site.clock.advance(400 * 86_400_000);
    told(["heavy", "light"], ["overdue", "overdue"]);
    assert_eq!(site.cms.log().last(), events, "nobody wrote anything");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &to.join(item.file_name()));
        } else {
            fs::copy(item.path(), to.join(item.file_name())).unwrap();
        }
    }
}

#[test]
fn two_nodes_of_one_log_give_the_same_files_with_the_same_tags() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let uris = [
        "/v1/routes.json?locale=en",
        "/v1/routes.json?locale=ar",
        "/hsds/services?locale=fr&full=true&per_page=500",
        "/v1/json-ld/route/key:talkline-gb?locale=ja",
        "/v1/routes?locale=en&country=GB&concern=conduct.hate",
    ];
    let site = Site::with_demo(folder.path());
    let first: Vec<_> = uris.iter().map(|uri| (site.get(uri).etag, site.get(uri).bytes)).collect();
    drop(site);
    // Another node has the log, and makes all else of it.
    copy(&folder.path().join("log"), &other.path().join("log"));
    for folder in [folder.path(), other.path()] {
        let site = Site::open(folder, NOW);
        assert!(wait_for(site.cms.settled()));
        for (uri, (etag, bytes)) in uris.iter().zip(&first) {
            let told = site.get(uri);
            assert_eq!((&told.etag, &told.bytes), (etag, bytes), "{uri}");
        }
    }
}
