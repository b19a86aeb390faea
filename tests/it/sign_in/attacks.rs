//! What an attacker does with what passes by.

use rocket::http::Method;
use serde_json::{Value, json};

use super::{Browser, CALLBACK, START, Site, account};
use crate::app::wait_for;

/// The value of a member of a query.
fn member<'a>(path: &'a str, name: &str) -> &'a str {
    let query = path.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

#[test]
fn an_answer_counts_once_in_time_and_in_the_browser_that_asked() {
    let Some(site) = Site::start() else { return };
    site.link();
    let set_out = || {
        let mut browser = Browser::default();
        let back = site.away(&mut browser, START);
        (browser, back)
    };
    // An altered state, and one that is another's.
    let (browser, back) = set_out();
    let (others, others_back) = set_out();
    let state = member(&back, "state");
    let altered = format!("{}{}", if state.starts_with('0') { "1" } else { "0" }, &state[1..]);
    for wrong in [altered.as_str(), member(&others_back, "state"), "", "%00"] {
        let mut browser = browser.clone();
        let answer = site.get(&mut browser, &back.replace(state, wrong));
        site.refused(&browser, &answer);
        assert!(browser.errand.is_none() || wrong.is_empty() || wrong == "%00");
    }
    // Another browser's cookie, none, two, or one with a character changed.
    let errand = browser.errand.clone().unwrap();
    let changed = format!("{}{}", if errand.starts_with('A') { "B" } else { "A" }, &errand[1..]);
    for wrong in [others.errand, None, Some(format!("{errand}; {errand}")), Some(changed)] {
        let mut browser = Browser { errand: wrong, session: None };
        let answer = site.get(&mut browser, &back);
        site.refused(&browser, &answer);
    }
    // What was begun with one provider does not end at another.
    let mut mixed = browser.clone();
    let answer = site.get(&mut mixed, &back.replace("/test/", "/other/"));
    site.refused(&mixed, &answer);
    let issuer = member(&back, "iss");
    let mut mixed = browser.clone();
    let answer = site.get(&mut mixed, &back.replace(issuer, "https%3A%2F%2Flogin.example.org"));
    site.refused(&mixed, &answer);
    // All of that used nothing up; then the answer counts, and not again.
    let mut in_time = browser.clone();
    assert_eq!(site.get(&mut in_time, &back).status, 200);
    let mut again = browser;
    let answer = site.get(&mut again, &back);
    site.refused(&again, &answer);
    // A code of another's, with one's own state: the verifier is not its own.
    let (mut mine, my_back) = set_out();
    let code = member(&others_back, "code");
    let answer = site.get(&mut mine, &my_back.replace(member(&my_back, "code"), code));
    site.refused(&mine, &answer);
    let (mut late, late_back) = set_out();
    site.clock.advance(10 * 60_000);
    let answer = site.get(&mut late, &late_back);
    site.refused(&late, &answer);
}

#[test]
fn a_token_counts_when_all_that_it_must_say_is_right() {
    let Some(site) = Site::start() else { return };
    site.link();
    let bends = [
        "nonce",
        "no-nonce",
        "audience",
        "audiences",
        "party",
        "issuer",
        "expired",
        "subject",
        "other-key",
        "shared-secret",
        "none",
        "no-token",
    ];
    for bend in bends {
        site.provider.control(&json!({ "account": "ana@there", "bend": bend }));
        let mut browser = Browser::default();
        let answer = site.sign_in(&mut browser);
        assert_eq!(answer.status, 401, "{bend}: {answer:?}");
        site.refused(&browser, &answer);
    }
    site.provider.control(&json!({ "account": "ana@there" }));
    let mut browser = Browser::default();
    assert_eq!(site.sign_in(&mut browser).status, 200);
}

#[test]
fn what_goes_to_the_provider_is_bound_to_this_server_and_this_request() {
    let Some(site) = Site::start() else { return };
    let address = |browser: &mut Browser| {
        let sent = site.get(browser, START);
        sent.header("location").unwrap().to_owned()
    };
    let (mut one, mut two) = (Browser::default(), Browser::default());
    let (first, second) = (address(&mut one), address(&mut two));
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(member(&first, name), member(&second, name), "{name}");
        assert!(!one.errand.as_ref().unwrap().contains(member(&first, name)), "{name}");
    }
    assert_eq!(member(&first, "code_challenge_method"), "S256");
    assert_eq!(member(&first, "response_type"), "code");
    assert_eq!(member(&first, "scope"), "openid");
    let redirect = CALLBACK.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(member(&first, "redirect_uri"), redirect);
    // Whoever asks says nothing about where the answer goes.
    let headers = [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example")];
    let sent = site.app.get_with(START, &headers);
    assert_eq!(member(sent.header("location").unwrap(), "redirect_uri"), redirect);
}

#[test]
fn a_session_that_was_planted_is_not_the_one_that_begins() {
    let Some(site) = Site::start() else { return };
    site.link();
    let mut attacker = Browser::default();
    assert_eq!(site.sign_in(&mut attacker).status, 200);
    let planted = attacker.session.clone();
    let mut victim = Browser { session: planted.clone(), errand: None };
    assert_eq!(site.sign_in(&mut victim).status, 200);
    assert_ne!(victim.session, planted);
    assert!(site.me(&victim).is_some());
    assert!(site.me(&attacker).is_none(), "what the browser was in before has ended");
    // A made-up one is not taken on.
    let made_up = format!("__Host-beacon-session=bcns_{}", "0".repeat(72));
    let mut victim = Browser { session: Some(made_up.clone()), errand: None };
    assert_eq!(site.sign_in(&mut victim).status, 200);
    assert_ne!(victim.session, Some(made_up));
}

#[test]
fn afterwards_a_browser_stays_on_this_site() {
    let Some(site) = Site::start() else { return };
    for bad in [
        "//evil.example",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x",
        "desk",
        "/%22%3E%3Cscript%3E",
    ] {
        let answer = site.app.get(&format!("{START}?return_to={bad}"));
        assert_eq!(answer.status, 400, "{bad}: {answer:?}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let body = json!({ "return_to": "//evil.example" });
    let answer = site.app.post(START, &body.to_string());
    assert_eq!(answer.faults(), [("/return_to".to_owned(), "not_a_local_path".to_owned())]);
    site.link();
    let mut browser = Browser::default();
    let back = site.away(&mut browser, &format!("{START}?return_to=/desk%2F%2Fevil.example"));
    let page = site.get(&mut browser, &back).text();
    assert!(page.contains("url=/desk//evil.example\""), "{page}");
}

#[test]
fn an_invitation_links_once_and_only_whom_its_holder_logs_in_as() {
    let Some(site) = Site::start() else { return };
    let administrator = site.app.cms.administrator().unwrap().unwrap();
    let invited = wait_for(site.app.cms.invite(&administrator, site.account)).unwrap();
    let secret = invited.secret.reveal().to_owned();
    let set_out = |browser: &mut Browser, text: &str| {
        site.send(browser, (Method::Post, START), &json!({ "invitation": text }))
    };
    let mut unset = Browser::default();
    let another_end = if secret.ends_with('0') { '1' } else { '0' };
    let altered = format!("{}{another_end}", &secret[..secret.len() - 1]);
    for wrong in [altered, "bcni_".to_owned(), site.app.token()] {
        assert_eq!(set_out(&mut unset, &wrong).status, 401, "{wrong}");
    }
    let (mut one, mut two) = (Browser::default(), Browser::default());
    let first = set_out(&mut one, &secret).json()["location"].as_str().unwrap().to_owned();
    let second = set_out(&mut two, &secret).json()["location"].as_str().unwrap().to_owned();
    let back = site.provider.visit(&first);
    assert_eq!(site.get(&mut one, &back).status, 200);
    site.provider.control(&json!({ "account": "eve@there" }));
    let back = site.provider.visit(&second);
    let answer = site.get(&mut two, &back);
    site.refused(&two, &answer);
    assert_eq!(set_out(&mut unset, &secret).status, 401, "it is used");
    let linked = wait_for(site.app.cms.editing().identities(site.account)).unwrap();
    assert_eq!(linked.len(), 1);
    // Another site's page can't set out for anybody with an invitation of its own.
    let headers = [("Origin", "https://evil.example"), ("Content-Type", "application/json")];
    let forged = site.app.send(Method::Post, START, &headers, "{}");
    assert_eq!(forged.code(), "forged-request");
    // Whoever is forgotten is forgotten here, too.
    wait_for(site.app.cms.erase_account(&administrator, site.account)).unwrap();
    assert!(wait_for(site.app.cms.editing().identities(site.account)).unwrap().is_empty());
    site.provider.control(&json!({ "account": "ana@there" }));
    let mut browser = Browser::default();
    let answer = site.sign_in(&mut browser);
    site.refused(&browser, &answer);
    assert_ne!(account(&site.app, "Ana", None), site.account);
    assert_eq!(
        site.send(&mut browser, (Method::Post, "/manage/v1/session/code"), &json!({ "code": "1" }))
            .status,
        401
    );
    assert_eq!(
        site.send(&mut browser, (Method::Get, "/manage/v1/sign-in/nobody"), &Value::Null).status,
        404
    );
}
