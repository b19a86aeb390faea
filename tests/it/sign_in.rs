//! Signing in by OpenID Connect, with a real provider in a process of its own: who gets in, and what an attacker can do
//! with all that passes by.

use std::sync::Arc;

use cms_core::{
    access::{Act, Grant},
    clock::{ManualClock, Timestamp},
    commands::{save_account::CreateAccount, switch_account::SwitchAccount},
    id::{AccountId, AgencyId},
};
use cms_server::config::{Config, providers};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, wait_for};

mod attacks;
mod provider;
mod second_factors;

use provider::{CALLBACK, Provider, SECRET};

const START: &str = "/manage/v1/sign-in/test";
const PASSWORD: &str = "a quiet place by the sea";

/// A site with a provider, and an account of its default agency's that is linked to nobody.
struct Site {
    app: App,
    clock: Arc<ManualClock>,
    provider: Provider,
    account: AccountId,
}

/// What a browser has kept.
#[derive(Debug, Default, Clone)]
struct Browser {
    errand: Option<String>,
    session: Option<String>,
}

fn settings(provider: &Provider) -> providers::Provider {
    serde_json::from_value(json!({
        "title": "Agency sign-in", "issuer": provider.issuer(), "client_id": "beacon", "client_secret": SECRET,
        "agencies": ["default"], "second_factor_amr": ["otp"], "second_factor_acr": ["urn:two"],
    }))
    .unwrap()
}

impl Site {
    fn start() -> Option<Self> {
        Self::with(|_| {})
    }

    /// With settings that differ.
    fn with(change: impl FnOnce(&mut providers::Provider)) -> Option<Self> {
        let provider = Provider::start()?;
        let mut settings = settings(&provider);
        change(&mut settings);
        let mut config = Config::default();
        config.sign_in.providers.insert("test".to_owned(), settings.clone());
        config.sign_in.providers.insert("other".to_owned(), settings);
        // The provider's tokens have the time of the machine.
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(provider.now())));
        let app = App::configured(&config, &clock);
        let agency = app.cms.editing().site().unwrap().unwrap().default_agency;
        let account = account(&app, "Ana", Some(agency));
        provider.control(&json!({ "account": "ana@there" }));
        Some(Self { app, clock, provider, account })
    }

    /// Sends what a browser would, and keeps what it would keep.
    fn send(&self, browser: &mut Browser, (method, path): (Method, &str), body: &Value) -> Answer {
        let kept: Vec<&str> =
            [&browser.errand, &browser.session].into_iter().flatten().map(String::as_str).collect();
        let kept = kept.join("; ");
        let mut headers = vec![("Content-Type", "application/json")];
        if !kept.is_empty() {
            headers.push(("Cookie", &kept));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.app.send(method, path, &headers, &body);
        for field in answer.headers.get("set-cookie").into_iter().flatten() {
            let (pair, attributes) = field.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let (slot, site) = match name {
                "__Host-beacon-sign-in" => (&mut browser.errand, "Lax"),
                "__Host-beacon-session" => (&mut browser.session, "Strict"),
                other => panic!("{other}"),
            };
            assert!(
                attributes.ends_with(&format!("Path=/; Secure; HttpOnly; SameSite={site}")),
                "{field}"
            );
            *slot = (!value.is_empty()).then(|| pair.to_owned());
        }
        answer
    }

    fn get(&self, browser: &mut Browser, path: &str) -> Answer {
        self.send(browser, (Method::Get, path), &Value::Null)
    }

    /// Sets out, logs in there, and gives the path that the browser comes back to.
    fn away(&self, browser: &mut Browser, start: &str) -> String {
        let sent = self.get(browser, start);
        assert_eq!(sent.status, 303, "{sent:?}");
        assert_eq!(sent.header("cache-control"), Some("private, no-store"));
        self.provider.visit(sent.header("location").unwrap())
    }

    /// The same with an invitation.
    fn invited(&self, browser: &mut Browser) -> String {
        let administrator = self.app.cms.administrator().unwrap().unwrap();
        let invited = wait_for(self.app.cms.invite(&administrator, self.account)).unwrap();
        let body =
            json!({ "invitation": invited.secret.reveal(), "return_to": "/desk?tab=mine&all=1" });
        let sent = self.send(browser, (Method::Post, START), &body);
        assert_eq!(sent.status, 200, "{sent:?}");
        self.provider.visit(sent.json()["location"].as_str().unwrap())
    }

    /// Links the account to whom the provider logs in.
    fn link(&self) {
        let mut browser = Browser::default();
        let back = self.invited(&mut browser);
        let arrived = self.get(&mut browser, &back);
        assert_eq!(arrived.status, 200, "{arrived:?}");
    }

    /// Goes there and back.
    fn sign_in(&self, browser: &mut Browser) -> Answer {
        let back = self.away(browser, START);
        self.get(browser, &back)
    }

    /// Whom the browser acts as; none where it is in no session.
    fn me(&self, browser: &Browser) -> Option<Value> {
        let answer = self.get(&mut browser.clone(), "/manage/v1/me");
        (answer.status == 200).then(|| answer.json())
    }

    /// That nobody got in.
    #[track_caller]
    fn refused(&self, browser: &Browser, answer: &Answer) {
        assert_eq!((answer.status, answer.code().as_str()), (401, "sign-in-refused"), "{answer:?}");
        assert!(browser.session.is_none() && self.me(browser).is_none());
    }
}

/// Makes an account that may read and write for an agency, or everywhere.
fn account(app: &App, name: &str, agency: Option<AgencyId>) -> AccountId {
    let administrator = app.cms.administrator().unwrap().unwrap();
    let acts = vec![Act::Read, Act::Write];
    let grants = vec![Grant { acts, agency, type_name: None, locale: None }];
    let act = CreateAccount { name: name.to_owned(), grants };
    wait_for(app.cms.create_account(&administrator, act)).unwrap().0
}

#[test]
fn whoever_was_invited_signs_in_by_a_provider_from_then_on() {
    let Some(site) = Site::start() else { return };
    let listed = site.app.get("/manage/v1/sign-in").json();
    assert_eq!(listed["code_owed"], false);
    assert_eq!(
        listed["data"][1],
        json!({ "name": "test", "title": "Agency sign-in", "href": START })
    );
    let mut browser = Browser::default();
    let back = site.invited(&mut browser);
    assert!(browser.errand.is_some() && browser.session.is_none());
    let arrived = site.get(&mut browser, &back);
    assert_eq!(arrived.status, 200, "{arrived:?}");
    assert!(arrived.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(arrived.header("cache-control"), Some("private, no-store"));
    assert!(arrived.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let page = arrived.text();
    assert!(page.contains("content=\"0; url=/desk?tab=mine&amp;all=1\""), "{page}");
    assert!(browser.errand.is_none(), "what it had on the way is taken away");
    let me = site.me(&browser).unwrap();
    assert_eq!(me["account"], site.account.to_string());
    let csrf = me["session"]["csrf_token"].as_str().unwrap();
    let cookie = browser.session.clone().unwrap();
    // From here on it is a session like any other.
    let make = |headers: &[(&'static str, &str)]| {
        let mut all = vec![("Cookie", cookie.as_str()), ("Content-Type", "application/json")];
        all.extend(headers);
        site.app.send(
            Method::Post,
            "/manage/v1/entries/guidance",
            &all,
            r#"{"source_locale":"en"}"#,
        )
    };
    assert_eq!(make(&[]).code(), "forged-request");
    assert_eq!(make(&[("X-CSRF-Token", csrf)]).status, 201);
    let mut second = Browser::default();
    let again = site.sign_in(&mut second);
    assert!(again.text().contains("content=\"0; url=/\""), "{again:?}");
    assert_ne!(second.session, browser.session);
    let out = site.app.ask(
        Method::Delete,
        "/manage/v1/session",
        &[("Cookie", &cookie), ("X-CSRF-Token", csrf)],
    );
    let farewell = out.json()["location"].as_str().unwrap().to_owned();
    assert!(
        farewell.starts_with(&format!("{}/session/end?", site.provider.issuer())),
        "{farewell}"
    );
    assert!(
        farewell.contains("client_id=beacon") && farewell.contains("post_logout_redirect_uri=")
    );
    assert!(site.me(&browser).is_none() && site.me(&second).is_some());
    site.clock.advance(31 * 60_000);
    assert!(site.me(&second).is_none(), "nobody used it for half an hour");
}

#[test]
fn a_provider_says_who_somebody_is_and_never_what_they_may() {
    let Some(site) = Site::start() else { return };
    // The same person at the provider, with an address that looks like somebody's: linked to nobody, in as nobody.
    let mut browser = Browser::default();
    let answer = site.sign_in(&mut browser);
    site.refused(&browser, &answer);
    site.link();
    site.provider.control(&json!({ "account": "Ana" }));
    let answer = site.sign_in(&mut browser);
    site.refused(&browser, &answer);
    // One subject is one account's, whoever is invited.
    site.provider.control(&json!({ "account": "ana@there" }));
    let agency = site.app.cms.editing().site().unwrap().unwrap().default_agency;
    let other = Site { account: account(&site.app, "Ben", Some(agency)), ..site };
    let back = other.invited(&mut browser);
    let answer = other.get(&mut browser, &back);
    other.refused(&browser, &answer);
    assert!(wait_for(other.app.cms.editing().identities(other.account)).unwrap().is_empty());
}

#[test]
fn a_provider_signs_in_accounts_within_its_reach_and_no_others() {
    let Some(mut site) = Site::start() else { return };
    site.link();
    let administrator = site.app.cms.administrator().unwrap().unwrap();
    let switch = |disabled| {
        let act = SwitchAccount { account: site.account, disabled };
        wait_for(site.app.cms.switch_account(&administrator, act)).unwrap();
    };
    let mut browser = Browser::default();
    switch(true);
    let answer = site.sign_in(&mut browser);
    site.refused(&browser, &answer);
    switch(false);
    assert_eq!(site.sign_in(&mut browser).status, 200);
    wait_for(site.app.cms.unlink_account(&administrator, site.account)).unwrap();
    assert!(site.me(&browser).is_none(), "its sessions end with its links");
    let mut browser = Browser::default();
    let answer = site.sign_in(&mut browser);
    site.refused(&browser, &answer);
    // An account of all agencies is beyond a provider of one, invited or not.
    site.account = account(&site.app, "Cem", None);
    let back = site.invited(&mut browser);
    let answer = site.get(&mut browser, &back);
    site.refused(&browser, &answer);
    site.account = administrator.account;
    let back = site.invited(&mut browser);
    let answer = site.get(&mut browser, &back);
    site.refused(&browser, &answer);
}

#[test]
fn while_a_provider_is_down_passwords_go_on() {
    let Some(mut site) = Site::start() else { return };
    site.link();
    let administrator = site.app.cms.administrator().unwrap().unwrap();
    let invited = wait_for(site.app.cms.invite(&administrator, site.account)).unwrap();
    let body = json!({ "invitation": invited.secret.reveal(), "password": PASSWORD });
    assert_eq!(site.app.post("/manage/v1/invitation", &body.to_string()).status, 204);
    // Somebody is on the way when it goes down; what it publishes is known for a while.
    let mut browser = Browser::default();
    let back = site.away(&mut browser, START);
    site.provider.stop();
    let answer = site.get(&mut browser, &back);
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "provider-unavailable"),
        "{answer:?}"
    );
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(!answer.text().contains("127.0.0.1"), "the log alone says where: {}", answer.text());
    // One that was never asked yet.
    let sent = site.app.get("/manage/v1/sign-in/other");
    assert_eq!((sent.status, sent.code().as_str()), (503, "provider-unavailable"));
    assert_eq!(site.app.get("/manage/v1/sign-in").status, 200);
    let body = json!({ "name": "Ana", "password": PASSWORD });
    assert_eq!(site.app.post("/manage/v1/session", &body.to_string()).status, 201);
    // It comes back with other keys than those that are known.
    site.provider.start_again();
    site.provider.control(&json!({ "account": "ana@there" }));
    let mut browser = Browser::default();
    let answer = site.sign_in(&mut browser);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(site.me(&browser).is_some());
}
