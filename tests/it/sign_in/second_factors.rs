//! Codes besides a provider's word: where the account has a device, or the site always wants a second factor.

use cms_core::access::vouching::SecondFactor;
use cms_server::config::providers;
use rocket::http::Method;
use serde_json::json;

use super::{Browser, PASSWORD, Site};
use crate::app::{Answer, wait_for};

/// A device that belongs to the account, which gets a password for it.
fn enrol(site: &Site) -> impl Fn() -> String + use<'_> {
    let administrator = site.app.cms.administrator().unwrap().unwrap();
    let cms = &site.app.cms;
    let invited = wait_for(cms.invite(&administrator, site.account)).unwrap();
    wait_for(cms.accept_invitation(&invited.secret, PASSWORD.to_owned())).unwrap();
    let actor = cms.editing().actor(site.account).unwrap().unwrap();
    let begun = wait_for(cms.begin_device(&actor, (PASSWORD.to_owned(), None))).unwrap();
    let shown = move || begun.0.shown(site.app.cms.clock().now());
    wait_for(cms.confirm_device(&actor, &shown())).unwrap();
    site.clock.advance(30_000);
    shown
}

fn show(site: &Site, browser: &mut Browser, code: &str) -> Answer {
    site.send(browser, (Method::Post, "/manage/v1/session/code"), &json!({ "code": code }))
}

#[test]
fn an_account_with_a_device_shows_a_code_unless_the_provider_saw_one() {
    let Some(site) = Site::start() else { return };
    site.link();
    let shown = enrol(&site);
    let mut browser = Browser::default();
    let arrived = site.sign_in(&mut browser);
    assert_eq!(arrived.status, 200, "{arrived:?}");
    assert!(browser.session.is_none() && browser.errand.is_some());
    assert_eq!(site.get(&mut browser, "/manage/v1/sign-in").json()["code_owed"], true);
    // What it keeps is good for a code and for nothing else.
    let mut stray = browser.clone();
    let answer = site.get(&mut stray, "/manage/v1/sign-in/test/callback?code=x&state=y");
    site.refused(&stray, &answer);
    let code = shown();
    let wrong = format!("{}{}", if code.starts_with('0') { "1" } else { "0" }, &code[1..]);
    let answer = show(&site, &mut browser.clone(), &wrong);
    site.refused(&browser, &answer);
    let mut owed = browser.clone();
    let answer = show(&site, &mut browser, &code);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(browser.errand.is_none());
    let me = site.me(&browser).unwrap();
    assert_eq!(me["account"], site.account.to_string());
    assert_eq!(me["session"]["csrf_token"], answer.json()["csrf_token"]);
    assert_eq!(show(&site, &mut owed.clone(), &code).status, 401, "no code is good twice");
    site.clock.advance(5 * 60_000);
    assert_eq!(show(&site, &mut owed, &shown()).status, 401, "nor is it owed for ever");
    for seen in [json!({ "amr": ["pwd", "otp"] }), json!({ "acr": "urn:two" })] {
        let mut state = seen.clone();
        state["account"] = json!("ana@there");
        site.provider.control(&state);
        let mut browser = Browser::default();
        assert_eq!(site.sign_in(&mut browser).status, 200);
        assert!(site.me(&browser).is_some(), "{seen}");
    }
    site.provider.control(&json!({ "account": "ana@there", "amr": ["pwd"] }));
    let mut browser = Browser::default();
    site.sign_in(&mut browser);
    assert!(site.me(&browser).is_none());
}

#[test]
fn codes_are_not_to_be_tried_out() {
    let Some(site) = Site::start() else { return };
    site.link();
    let _device = enrol(&site);
    let mut browser = Browser::default();
    site.sign_in(&mut browser);
    let answers: Vec<u16> =
        (0..8).map(|_| show(&site, &mut browser.clone(), "000000").status).collect();
    assert_eq!(answers.first(), Some(&401));
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
}

#[test]
fn where_a_second_factor_is_always_wanted_an_account_without_one_stays_out() {
    let change = |settings: &mut providers::Provider| settings.second_factor = SecondFactor::Always;
    let Some(site) = Site::with(change) else { return };
    let mut browser = Browser::default();
    let back = site.invited(&mut browser);
    let answer = site.get(&mut browser, &back);
    assert_eq!((answer.status, answer.code().as_str()), (403, "second-factor-required"));
    assert!(browser.session.is_none());
    site.provider.control(&json!({ "account": "ana@there", "amr": ["otp"] }));
    assert_eq!(site.sign_in(&mut browser).status, 200);
    assert!(site.me(&browser).is_some());
}
