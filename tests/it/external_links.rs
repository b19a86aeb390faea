//! Links that leave the site, looked at on loopback: what is asked and how gently, when one is broken, who is told, and
//! where this server refuses to look.

use std::sync::Arc;

use cms_core::{
    access::{Act, Grant},
    clock::ManualClock,
    commands::{issue_token::IssueToken, save_account::CreateAccount},
    id::AgencyId,
};
use cms_server::config::Config;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, wait_for};

mod elsewhere;

use elsewhere::Elsewhere;

const HOUR: i64 = 60 * 60 * 1_000;

struct Desk {
    app: App,
    clock: Arc<ManualClock>,
    token: String,
}

impl Desk {
    /// A site that may look at these networks.
    fn allowing(networks: &[&str]) -> Self {
        let mut config = Config::default();
        config.links.pause_millis = 0;
        config.links.allow_networks = networks.iter().map(|text| (*text).to_owned()).collect();
        let clock = App::clock();
        let app = App::configured(&config, &clock);
        let token = app.token();
        Self { app, clock, token }
    }

    fn ask_as(&self, token: &str, (method, path): (Method, &str), body: &Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("If-Match", "*"),
        ];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.app.send(method, &format!("/manage/v1/{path}"), &headers, &body)
    }

    fn ask(&self, at: (Method, &str), body: &Value) -> Answer {
        self.ask_as(&self.token, at, body)
    }

    fn done(&self, at: (Method, &str), body: &Value) -> Value {
        let answer = self.ask(at, body);
        assert!(answer.status < 300, "{answer:?}");
        answer.json()
    }

    /// A page with this text; gives its path.
    fn page(&self, text: &str) -> String {
        let made = self.done((Method::Post, "entries/guidance"), &json!({ "source_locale": "en" }));
        let path = format!("entries/guidance/{}/en", made["id"].as_str().unwrap());
        self.save(&path, text);
        path
    }

    fn save(&self, path: &str, text: &str) {
        let body = json!({ "fields": { "title": "Page", "body": text } });
        let bearer = format!("Bearer {}", self.token);
        let seen = self.ask((Method::Get, path), &Value::Null);
        let tag = if seen.status == 200 { seen.header("etag").unwrap() } else { "\"0\"" };
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("If-Match", tag),
        ];
        let path = format!("/manage/v1/{path}");
        let saved = self.app.send(Method::Patch, &path, &headers, &body.to_string());
        assert_eq!(saved.status, 200, "{saved:?}");
    }

    fn publish(&self, path: &str) {
        self.done((Method::Post, &format!("{path}/publish")), &Value::Null);
    }

    /// Looks at what is due; gives how many stand how.
    fn check(&self) -> Value {
        self.done((Method::Post, "links/checks"), &Value::Null)["found"].clone()
    }

    fn links(&self, query: &str) -> Vec<Value> {
        let list = self.done((Method::Get, &format!("links?{query}")), &Value::Null);
        list["data"].as_array().unwrap().clone()
    }

    /// Where links lead that stand so.
    fn targets(&self, state: &str) -> Vec<String> {
        let links = self.links(&format!("state={state}"));
        links.iter().map(|link| link["target"].as_str().unwrap().to_owned()).collect()
    }
}

/// A site with pages of all kinds.
fn pages_of_all_kinds() -> Elsewhere {
    let site = Elsewhere::start();
    for (path, answers) in [
        ("/good", vec!["HEAD 200"]),
        ("/headless", vec!["HEAD 405", "GET 206"]),
        ("/liar", vec!["HEAD 404", "GET 200 endless"]),
        ("/moved", vec!["HEAD 301 /good"]),
        ("/resting", vec!["HEAD 302 /good"]),
        ("/circle", vec!["HEAD 302 /circle"]),
        ("/away", vec!["HEAD 302 ftp://example.org/"]),
        ("/private", vec!["HEAD 403", "GET 403"]),
        ("/gone", vec!["HEAD 404", "GET 404"]),
        ("/garbage", vec!["HEAD garbage"]),
    ] {
        site.answer(path, &answers);
    }
    site
}

/// Why links are doubtful: the last step of each address, the reason and the status.
fn doubts(desk: &Desk) -> Vec<(String, Value, Value)> {
    let told = |link: &Value| {
        let path = link["target"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        (path, link["reason"].clone(), link["status"].clone())
    };
    desk.links("state=doubtful").iter().map(told).collect()
}

#[test]
fn links_of_published_pages_are_looked_at_and_told_as_they_stand() {
    let site = pages_of_all_kinds();
    let desk = Desk::allowing(&["127.0.0.1"]);
    let links: String =
        site.paths().iter().map(|path| format!("[x]({})\n\n", site.url(path))).collect();
    let closed = Elsewhere::closed();
    let page = desk
        .page(&format!("{links}[x]({closed}) [x](/local) [x](mailto:a@example.org) [x](#here)"));
    assert_eq!(desk.check(), json!({}), "drafts are nobody's business elsewhere");
    assert!(desk.links("").is_empty());
    desk.publish(&page);
    assert_eq!(desk.targets("unknown").len(), 11);
    assert_eq!(site.seen(), Vec::<String>::new(), "saving and publishing ask nobody");
    assert_eq!(desk.check(), json!({ "good": 4, "moved": 1, "guarded": 1, "doubtful": 5 }));
    assert_eq!(desk.targets("moved"), [site.url("/moved")]);
    assert_eq!(desk.links("state=moved")[0]["moved_to"], site.url("/good"));
    let guarded = &desk.links("state=guarded")[0];
    assert_eq!(
        (&guarded["target"], &guarded["status"]),
        (&json!(site.url("/private")), &json!(403))
    );
    let reasons = doubts(&desk);
    for (path, reason, status) in [
        ("circle", "redirects", Value::Null),
        ("away", "redirects", Value::Null),
        ("gone", "status", json!(404)),
        ("garbage", "unreadable", Value::Null),
        ("closed", "no_connection", Value::Null),
    ] {
        let told = (path.to_owned(), json!(reason), status);
        assert!(reasons.contains(&told), "{told:?} in {reasons:?}");
    }
    // Gently: the head first, one byte where there is none, and nothing of ours but a name and where to ask.
    let seen = site.seen();
    assert!(seen.iter().any(
        |request| request.starts_with("GET /headless") && request.contains("range: bytes=0-0")
    ));
    assert_eq!(seen.iter().filter(|request| request.starts_with("HEAD /circle")).count(), 6);
    for request in &seen {
        assert!(request.contains("user-agent: beacon-links/"), "{request}");
        assert!(request.contains("(+http://127.0.0.1:8000)"), "{request}");
        for trace in ["cookie", "authorization", "referer"] {
            assert!(!request.contains(&format!("{trace}:")), "{request}");
        }
    }
    assert_eq!(desk.check(), json!({}), "nothing is due again so soon");
    assert_eq!(site.seen().len(), seen.len());
    // What no page has any more isn't looked at.
    desk.save(&page, "No links.");
    desk.publish(&page);
    assert!(desk.links("").is_empty());
    desk.clock.advance(30 * 24 * HOUR);
    assert_eq!(desk.check(), json!({}));
}

#[test]
fn a_link_is_broken_after_days_and_good_at_once() {
    let site = Elsewhere::start();
    site.answer("/page", &["HEAD 500", "GET 500"]);
    let desk = Desk::allowing(&["127.0.0.1"]);
    let page = desk.page(&format!("[x]({})", site.url("/page")));
    desk.publish(&page);
    let mut states = Vec::new();
    for hours in [0, 6, 24, 24] {
        desk.clock.advance(hours * HOUR);
        states.push(desk.check());
    }
    let doubtful = json!({ "doubtful": 1 });
    assert_eq!(states, [doubtful.clone(), doubtful.clone(), doubtful, json!({ "broken": 1 })]);
    let broken = desk.links("state=broken&agency=default");
    assert_eq!(broken.len(), 1);
    let id = page.split('/').nth(2).unwrap();
    assert_eq!(
        broken[0]["used_by"],
        json!([{ "id": id, "type": "guidance", "part": "en", "agency": "default" }])
    );
    assert!(
        broken[0]["failing_since"].as_str().unwrap() < broken[0]["checked_at"].as_str().unwrap()
    );
    assert_eq!(
        desk.ask((Method::Get, "links?agency=nobody"), &Value::Null).faults()[0].1,
        "unknown_agency_key"
    );
    site.answer("/page", &["HEAD 200"]);
    desk.clock.advance(7 * 24 * HOUR);
    assert_eq!(desk.check(), json!({ "good": 1 }));
    assert!(desk.targets("broken").is_empty());
}

#[test]
fn an_author_cannot_make_this_server_ask_its_neighbours() {
    let site = Elsewhere::start();
    site.answer("/secret", &["HEAD 200"]);
    let desk = Desk::allowing(&[]);
    let port = site.port;
    let links = [
        site.url("/secret"),
        format!("http://localhost:{port}/secret"),
        format!("http://2130706433:{port}/secret"),
        format!("http://[::ffff:127.0.0.1]:{port}/secret"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://[fd00::1]/".to_owned(),
    ];
    let text: String = links.iter().map(|link| format!("<{link}>\n\n")).collect();
    desk.publish(&desk.page(&text));
    let found = desk.check();
    assert_eq!(found, json!({ "forbidden": desk.targets("forbidden").len() }), "{found}");
    assert!(desk.targets("forbidden").len() >= 4, "{:?}", desk.links(""));
    assert_eq!(site.seen(), Vec::<String>::new());
    // Nor by a site that it may ask.
    let desk = Desk::allowing(&["127.0.0.1"]);
    site.answer("/on", &[&format!("HEAD 302 http://127.0.0.2:{port}/secret")]);
    desk.publish(&desk.page(&format!("<{}>", site.url("/on"))));
    assert_eq!(desk.check(), json!({ "forbidden": 1 }));
    assert_eq!(site.seen().len(), 1);
}

#[test]
fn one_node_looks_at_a_time_and_an_administrator_says_when() {
    let desk = Desk::allowing(&[]);
    let cms = &desk.app.cms;
    let round = wait_for(cms.begin_link_round()).unwrap().unwrap();
    let busy = desk.ask((Method::Post, "links/checks"), &Value::Null);
    assert_eq!((busy.status, busy.code().as_str()), (409, "conflict"));
    // A node that died keeps nobody from it for ever; one that lives says so.
    desk.clock.advance(100_000);
    assert!(wait_for(cms.keep_link_round(round)).unwrap());
    desk.clock.advance(100_000);
    assert_eq!(desk.ask((Method::Post, "links/checks"), &Value::Null).status, 409);
    desk.clock.advance(20_000);
    assert_eq!(desk.check(), json!({}));
    assert!(!wait_for(cms.keep_link_round(round)).unwrap(), "its turn is over");
    let reader = reader(&desk, None);
    assert_eq!(desk.ask_as(&reader, (Method::Post, "links/checks"), &Value::Null).status, 403);
    assert_eq!(desk.app.post("/manage/v1/links/checks", "").status, 401);
    let body = json!({ "all": "yes" });
    assert_eq!(desk.ask((Method::Post, "links/checks"), &body).faults()[0].0, "/all");
}

/// A token for an account that may read what an agency answers for, or all.
fn reader(desk: &Desk, agency: Option<AgencyId>) -> String {
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    let grants = vec![Grant { acts: vec![Act::Read], agency, type_name: None, locale: None }];
    let act = CreateAccount { name: format!("{agency:?}"), grants };
    let (account, _) = wait_for(desk.app.cms.create_account(&administrator, act)).unwrap();
    let act = IssueToken { account, name: "theirs".to_owned(), expires: None };
    let issued = wait_for(desk.app.cms.issue_token(&administrator, act)).unwrap();
    issued.secret.reveal().to_owned()
}

#[test]
fn all_links_are_in_one_report_page_by_page_for_who_may_read_them() {
    let site = Elsewhere::start();
    let desk = Desk::allowing(&["127.0.0.1"]);
    let unpublished = desk.page("Nothing.");
    let embed = format!("See {{{{entry:{}}}}}.", unpublished.split('/').nth(2).unwrap());
    for number in 0..3 {
        site.answer(&format!("/{number}"), &["HEAD 200"]);
        desk.publish(&desk.page(&format!("<{}>", site.url(&format!("/{number}")))));
    }
    let _embedding = desk.page(&embed);
    let all = desk.links("");
    let kinds: Vec<&str> = all.iter().map(|link| link["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["external", "external", "external", "internal"]);
    assert_eq!((&all[3]["state"], &all[3]["reason"]), (&json!("broken"), &json!("unpublished")));
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = desk.done((Method::Get, &format!("links?limit=1{after}")), &Value::Null);
        found.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        let next: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        after = format!("&after={next}");
    }
    assert_eq!(found, all);
    let body = json!({ "key": "other", "names": { "en": "Other" } });
    let other = desk.done((Method::Post, "agencies"), &body)["id"].as_str().unwrap().to_owned();
    let other = other.parse::<AgencyId>().unwrap();
    let stranger = reader(&desk, Some(other));
    assert_eq!(
        desk.ask_as(&stranger, (Method::Get, "links"), &Value::Null).json()["data"],
        json!([])
    );
    let reader = reader(&desk, None);
    assert_eq!(
        desk.ask_as(&reader, (Method::Get, "links"), &Value::Null).json()["data"],
        json!(all)
    );
    for query in ["after=y", "after=i/x", "state=fine", "limit=0"] {
        assert_eq!(
            desk.ask((Method::Get, &format!("links?{query}")), &Value::Null).status,
            400,
            "{query}"
        );
    }
}
