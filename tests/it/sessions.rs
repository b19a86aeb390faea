//! Signing in at a browser, over the real router: who gets in, for how long, and what another site's page can do.

use cms_core::{
    access::{Act, Grant},
    commands::save_account::CreateAccount,
    id::AccountId,
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{Answer, App, wait_for},
    http_acts::desk::Desk,
};

mod devices;

const PASSWORD: &str = "a quiet place by the sea";

/// A person with a password, and whoever asks.
struct Person {
    desk: Desk,
    account: AccountId,
}

/// A browser in a session.
struct Browser {
    cookie: String,
    csrf: String,
}

impl Person {
    fn new() -> Self {
        let desk = Desk::new();
        let administrator = desk.app.cms.administrator().unwrap().unwrap();
        let acts = vec![Act::Read, Act::Write];
        let grants = vec![Grant { acts, agency: None, type_name: None, locale: None }];
        let act = CreateAccount { name: "Ana".to_owned(), grants };
        let (account, _) = wait_for(desk.app.cms.create_account(&administrator, act)).unwrap();
        let person = Self { desk, account };
        let invitation = person.invitation();
        let chosen =
            person.post("invitation", &json!({ "invitation": invitation, "password": PASSWORD }));
        assert_eq!(chosen.status, 204, "{chosen:?}");
        person
    }

    fn app(&self) -> &App {
        &self.desk.app
    }

    fn invitation(&self) -> String {
        let administrator = self.app().cms.administrator().unwrap().unwrap();
        let invited = wait_for(self.app().cms.invite(&administrator, self.account)).unwrap();
        invited.secret.reveal().to_owned()
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Answer {
        let mut all = vec![("Content-Type", "application/json")];
        all.extend(headers);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.app().send(method, &format!("/manage/v1/{path}"), &all, &body)
    }

    /// Posts without saying who it is.
    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::Post, path, &[], body)
    }

    fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.post("session", &json!({ "name": name, "password": password }))
    }

    fn browser(&self) -> Browser {
        Browser::of(&self.sign_in("Ana", PASSWORD))
    }

    /// Asks as a page of ours would.
    fn ask(&self, browser: &Browser, (method, path): (Method, &str), body: &Value) -> Answer {
        let headers = [("Cookie", browser.cookie.as_str()), ("X-CSRF-Token", &browser.csrf)];
        self.send(method, path, &headers, body)
    }

    fn me(&self, cookie: &str) -> u16 {
        self.send(Method::Get, "me", &[("Cookie", cookie)], &Value::Null).status
    }
}

impl Browser {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let field = answer.header("set-cookie").unwrap();
        let (cookie, attributes) = field.split_once("; ").unwrap();
        assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
        assert!(cookie.starts_with("__Host-beacon-session=bcns_"), "{cookie}");
        let csrf = answer.json()["csrf_token"].as_str().unwrap().to_owned();
        assert!(!cookie.contains(&csrf));
        Self { cookie: cookie.to_owned(), csrf }
    }
}

/// A text with one character changed.
fn altered(text: &str, at: usize) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    letters[at] = if letters[at] == '0' { '1' } else { '0' };
    letters.into_iter().collect()
}

#[test]
fn a_person_signs_in_writes_and_signs_out() {
    let person = Person::new();
    let answer = person.sign_in("Ana", PASSWORD);
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let browser = Browser::of(&answer);
    let me = person.send(Method::Get, "me", &[("Cookie", &browser.cookie)], &Value::Null);
    let me = me.json();
    assert_eq!(me["account"], person.account.to_string());
    assert_eq!((&me["session"]["csrf_token"], &me["token"]), (&json!(browser.csrf), &Value::Null));
    let made =
        person.ask(&browser, (Method::Post, "entries/guidance"), &json!({ "source_locale": "en" }));
    assert_eq!(made.status, 201, "{made:?}");
    let other = person.browser();
    assert_ne!(other.cookie, browser.cookie);
    let out = person.ask(&browser, (Method::Delete, "session"), &Value::Null);
    assert_eq!(out.status, 204, "{out:?}");
    let gone = out.header("set-cookie").unwrap();
    assert!(gone.starts_with("__Host-beacon-session=; Max-Age=0; Path=/; Secure"), "{gone}");
    assert_eq!((person.me(&browser.cookie), person.me(&other.cookie)), (401, 200));
    let again = person.ask(&browser, (Method::Delete, "session"), &Value::Null);
    assert_eq!(again.status, 401);
    // Everywhere.
    let third = person.browser();
    let out = person.ask(&third, (Method::Delete, "sessions"), &Value::Null);
    assert_eq!(out.status, 204, "{out:?}");
    assert_eq!((person.me(&other.cookie), person.me(&third.cookie)), (401, 401));
}

#[test]
fn whatever_is_wrong_the_answer_is_the_same() {
    let person = Person::new();
    let administrator = person.app().cms.administrator().unwrap().unwrap();
    let act = CreateAccount { name: "No password yet".to_owned(), grants: Vec::new() };
    wait_for(person.app().cms.create_account(&administrator, act)).unwrap();
    let told = |answer: &Answer| {
        let mut problem = answer.problem();
        problem.as_object_mut().unwrap().remove("instance");
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        (problem, headers)
    };
    let first = person.sign_in("Ana", "another quiet place");
    assert_eq!((first.status, first.code().as_str()), (401, "sign-in-refused"));
    for (name, password) in [
        ("Nobody", PASSWORD),
        ("No password yet", PASSWORD),
        ("No password yet", ""),
        ("ana", PASSWORD),
        ("Ana ", PASSWORD),
        ("Ana\0", PASSWORD),
        ("", ""),
        ("Ana", "a quiet place by the se"),
        ("Ana", "a quiet place by the sea "),
        ("An\u{301}a", &"x".repeat(100_000)),
    ] {
        let answer = person.sign_in(name, password);
        assert_eq!(told(&answer), told(&first), "{name} {password:.30}");
    }
    let faults = person.post("session", &json!({ "name": 1, "pass": "x" })).faults();
    let expected =
        [("/name", "not_a_string"), ("/password", "required"), ("/pass", "unknown_member")];
    let expected = expected.map(|(place, code)| (place.to_owned(), code.to_owned()));
    assert_eq!(faults, expected);
}

#[test]
fn guessing_takes_longer_each_time_for_names_that_are_none_too() {
    let person = Person::new();
    for name in ["Ana", "Nobody"] {
        for _ in 0..5 {
            assert_eq!(person.sign_in(name, "wrong wrong wrong").status, 401);
        }
        let waits: Vec<_> = (0..4)
            .map(|_| {
                let answer = person.sign_in(name, "wrong wrong wrong");
                assert_eq!((answer.status, answer.code().as_str()), (429, "too-many-requests"));
                let seconds: i64 = answer.header("retry-after").unwrap().parse().unwrap();
                person.desk.clock.advance(seconds * 1_000);
                assert_eq!(person.sign_in(name, "wrong wrong wrong").status, 401);
                seconds
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8], "{name}");
    }
    // Being right doesn't help before the time has come, and afterwards all is forgotten.
    assert_eq!(person.sign_in("Ana", PASSWORD).status, 429);
    person.desk.clock.advance(16_000);
    person.browser();
    for _ in 0..4 {
        assert_eq!(person.sign_in("Ana", "wrong wrong wrong").status, 401);
    }
    person.browser();
}

#[test]
fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_half_a_day() {
    let person = Person::new();
    let (idle, minute) = (30 * 60_000, 60_000);
    let browser = person.browser();
    person.desk.clock.advance(idle - 1);
    assert_eq!(person.me(&browser.cookie), 200, "used in time");
    person.desk.clock.advance(idle - 1);
    assert_eq!(person.me(&browser.cookie), 200, "and again");
    person.desk.clock.advance(idle);
    assert_eq!(person.me(&browser.cookie), 401);
    let browser = person.browser();
    for _ in 0..(12 * 60 / 20 - 1) {
        person.desk.clock.advance(20 * minute);
        assert_eq!(person.me(&browser.cookie), 200);
    }
    person.desk.clock.advance(20 * minute - 1);
    assert_eq!(person.me(&browser.cookie), 200);
    person.desk.clock.advance(1);
    assert_eq!(person.me(&browser.cookie), 401, "however it is used");
}

#[test]
fn a_page_of_another_site_can_write_nothing() {
    let person = Person::new();
    let (browser, other) = (person.browser(), person.browser());
    let cookie = ("Cookie", browser.cookie.as_str());
    let csrf = ("X-CSRF-Token", browser.csrf.as_str());
    let body = json!({ "source_locale": "en" });
    let write = |headers: &[(&'static str, &str)]| {
        let answer = person.send(Method::Post, "entries/guidance", headers, &body);
        if answer.status != 201 {
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "forged-request"),
                "{headers:?}"
            );
        }
        answer.status == 201
    };
    assert!(write(&[cookie, csrf]));
    assert!(!write(&[cookie]));
    assert!(!write(&[cookie, ("X-CSRF-Token", "")]));
    assert!(!write(&[cookie, ("X-CSRF-Token", &other.csrf)]), "another session's");
    assert!(!write(&[cookie, csrf, csrf]), "twice");
    for at in [0, 31, 63] {
        assert!(!write(&[cookie, ("X-CSRF-Token", &altered(&browser.csrf, at))]));
    }
    let secret = browser.cookie.split_once('=').unwrap().1;
    assert!(!write(&[cookie, ("X-CSRF-Token", secret)]));
    for origin in ["https://evil.example", "null", "http://127.0.0.1:80000", "http://127.0.0.1", ""]
    {
        assert!(!write(&[cookie, csrf, ("Origin", origin)]), "{origin}");
    }
    assert!(write(&[cookie, csrf, ("Origin", "http://127.0.0.1:8000")]));
    assert!(write(&[
        cookie,
        csrf,
        ("Origin", "https://cms.example.org"),
        ("Host", "cms.example.org")
    ]));
    // Reading needs no token; signing in from another's page is refused, too.
    assert_eq!(person.me(&browser.cookie), 200);
    let credentials = json!({ "name": "Ana", "password": PASSWORD });
    let headers = [("Origin", "https://evil.example")];
    let refused = person.send(Method::Post, "session", &headers, &credentials);
    assert_eq!((refused.status, refused.code().as_str()), (403, "forged-request"));
    // No form can send it: the body must say that it is JSON.
    let form = person.app().send(
        Method::Post,
        "/manage/v1/session",
        &[("Content-Type", "text/plain")],
        &credentials.to_string(),
    );
    assert_eq!(form.status, 415);
}

#[test]
fn a_session_that_was_there_before_is_not_the_one_after_signing_in() {
    let person = Person::new();
    let before = person.browser();
    let headers = [("Cookie", before.cookie.as_str())];
    let credentials = json!({ "name": "Ana", "password": PASSWORD });
    let after = Browser::of(&person.send(Method::Post, "session", &headers, &credentials));
    assert_ne!(after.cookie, before.cookie);
    assert_eq!((person.me(&before.cookie), person.me(&after.cookie)), (401, 200));
    // Nobody can choose the secret, nor set a second cookie beside it.
    let chosen = format!("__Host-beacon-session=bcns_{}", "0".repeat(72));
    let headers = [("Cookie", chosen.as_str())];
    let given = Browser::of(&person.send(Method::Post, "session", &headers, &credentials));
    assert_ne!(given.cookie, chosen);
    let both = format!("{}; {}", after.cookie, given.cookie);
    assert_eq!(person.me(&both), 401);
    for at in 22..after.cookie.len() {
        assert_eq!(person.me(&altered(&after.cookie, at)), 401, "{at}");
    }
}

#[test]
fn what_opens_one_door_opens_no_other() {
    let person = Person::new();
    let browser = person.browser();
    let secret = browser.cookie.split_once('=').unwrap().1.to_owned();
    let invitation = person.invitation();
    let token = person.desk.token.clone();
    let bearer = |text: &str| {
        let field = format!("Bearer {text}");
        person.send(Method::Get, "me", &[("Authorization", &field)], &Value::Null).status
    };
    assert_eq!((bearer(&secret), bearer(&invitation), bearer(&token)), (401, 401, 200));
    let cookie = |text: &str| person.me(&format!("__Host-beacon-session={text}"));
    assert_eq!((cookie(&secret), cookie(&invitation), cookie(&token)), (200, 401, 401));
    for other in [&secret, &token, &"x".to_owned()] {
        let body = json!({ "invitation": other, "password": "another quiet place" });
        let answer = person.post("invitation", &body);
        assert_eq!((answer.status, answer.code().as_str()), (401, "sign-in-refused"));
    }
    // Where there is an Authorization, it alone counts.
    let headers = [("Authorization", "Bearer x"), ("Cookie", browser.cookie.as_str())];
    assert_eq!(person.send(Method::Get, "me", &headers, &Value::Null).status, 401);
    // The store has neither a secret nor a password.
    let cells = wait_for(person.app().cms.log().cells("")).unwrap();
    assert!(cells.len() > 3);
    for (name, cell) in cells {
        let kept = format!("{name} {}", String::from_utf8_lossy(&cell.value));
        for text in [&secret, &invitation, &browser.csrf, &PASSWORD.to_owned()] {
            assert!(!kept.contains(text), "{name}");
        }
    }
    let events = wait_for(person.app().cms.log().events(0, 10_000)).unwrap();
    let log = format!("{events:?}");
    assert!(!log.contains("argon2") && !log.contains("session/"));
}

#[test]
fn an_invitation_is_good_for_one_choice_and_ends_all_sessions() {
    let person = Person::new();
    let browser = person.browser();
    let first = person.invitation();
    let second = person.invitation();
    let choose = |invitation: &str, password: &str| {
        person.post("invitation", &json!({ "invitation": invitation, "password": password }))
    };
    assert_eq!(choose(&first, "another quiet place").status, 401, "the newer took its place");
    assert_eq!(choose(&altered(&second, 40), "another quiet place").status, 401);
    for (password, code) in [
        ("short", "text_length"),
        ("aaaaaaaaaaaaaaaa", "password_guessable"),
        (&"x y".repeat(100), "text_length"),
    ] {
        let answer = choose(&second, password);
        assert_eq!(answer.faults(), [("/password".to_owned(), code.to_owned())], "{password}");
    }
    assert_eq!(choose(&second, "another quiet place").status, 204, "as good as before");
    assert_eq!(choose(&second, "another quiet place").status, 401, "once");
    assert_eq!(person.me(&browser.cookie), 401);
    assert_eq!(person.sign_in("Ana", PASSWORD).status, 401);
    Browser::of(&person.sign_in("Ana", "another quiet place"));
    let late = person.invitation();
    person.desk.clock.advance(3 * 24 * 60 * 60 * 1_000);
    assert_eq!(choose(&late, "a third quiet place").status, 401);
}

#[test]
fn a_password_is_changed_by_who_knows_it_and_other_sessions_end() {
    let person = Person::new();
    let (browser, other) = (person.browser(), person.browser());
    let change = |current: &str, password: &str| {
        let body = json!({ "current": current, "password": password });
        person.ask(&browser, (Method::Put, "password"), &body)
    };
    assert_eq!(change("wrong wrong wrong", "another quiet place").code(), "sign-in-refused");
    assert_eq!(change(PASSWORD, "short").status, 422);
    assert_eq!(change(PASSWORD, "another quiet place").status, 204);
    assert_eq!((person.me(&browser.cookie), person.me(&other.cookie)), (200, 401));
    Browser::of(&person.sign_in("Ana", "another quiet place"));
    // A session that was left open is no way to try passwords.
    let statuses: Vec<_> =
        (0..7).map(|_| change("wrong wrong wrong", "x y z x y z x").status).collect();
    assert_eq!(statuses[..5], [401; 5]);
    assert_eq!(statuses[5..], [429; 2]);
}

#[test]
fn nothing_of_it_opens_to_nobody() {
    let person = Person::new();
    let account = format!("accounts/{}", person.account);
    for (method, path) in [
        (Method::Get, "session".to_owned()),
        (Method::Delete, "session".to_owned()),
        (Method::Delete, "sessions".to_owned()),
        (Method::Put, "password".to_owned()),
        (Method::Post, "device".to_owned()),
        (Method::Put, "device".to_owned()),
        (Method::Post, format!("{account}/invitations")),
        (Method::Delete, format!("{account}/sessions")),
        (Method::Delete, format!("{account}/device")),
    ] {
        let answer = person.send(method, &path, &[], &json!({}));
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{path}");
        if path.starts_with("accounts") {
            let theirs = person.ask(&person.browser(), (method, &path), &json!({}));
            assert_eq!(theirs.status, 403, "{path}");
        }
    }
}

#[test]
fn a_closed_or_erased_account_s_sessions_end_for_good() {
    let person = Person::new();
    let browser = person.browser();
    let bearer = format!("Bearer {}", person.desk.token);
    let headers = [("Authorization", bearer.as_str())];
    let path = format!("accounts/{}", person.account);
    let close = |disabled: bool| {
        person.send(Method::Patch, &path, &headers, &json!({ "disabled": disabled })).status
    };
    assert_eq!(close(true), 200);
    assert_eq!((person.me(&browser.cookie), person.sign_in("Ana", PASSWORD).status), (401, 401));
    assert_eq!(close(false), 200);
    assert_eq!(person.me(&browser.cookie), 401, "it doesn't come back");
    let browser = person.browser();
    assert_eq!(person.send(Method::Delete, &path, &headers, &Value::Null).status, 200);
    assert_eq!((person.me(&browser.cookie), person.sign_in("Ana", PASSWORD).status), (401, 401));
    let id = person.account.to_string();
    for (name, cell) in wait_for(person.app().cms.log().cells("")).unwrap() {
        assert!(
            !name.contains(&id) && !String::from_utf8_lossy(&cell.value).contains(&id),
            "{name}"
        );
    }
}

#[test]
fn an_account_has_a_bounded_number_of_sessions() {
    let person = Person::new();
    let mut browsers = Vec::new();
    for _ in 0..22 {
        person.desk.clock.advance(1_000);
        browsers.push(person.browser());
    }
    let good: Vec<_> = browsers.iter().map(|browser| person.me(&browser.cookie) == 200).collect();
    assert_eq!(good.iter().filter(|good| **good).count(), 20);
    assert!(!good[0] && !good[1] && good[21], "the oldest go");
}
