//! Signing in with a device that shows codes.

use std::fmt::Write as _;

use cms_core::access::totp::TotpSecret;
use rocket::http::Method;
use serde_json::{Value, json};

use super::{Browser, PASSWORD, Person, altered};

#[test]
fn with_a_device_it_takes_a_code_that_is_new() {
    let person = Person::new();
    let browser = person.browser();
    let begin = |body: &Value| person.ask(&browser, (Method::Post, "device"), body);
    assert_eq!(begin(&json!({ "password": "wrong wrong wrong" })).status, 401);
    let answer = begin(&json!({ "password": PASSWORD }));
    assert_eq!(answer.status, 200, "{answer:?}");
    let uri = answer.json()["uri"].as_str().unwrap().to_owned();
    assert!(uri.contains("otpauth://totp/Beacon:Ana?secret="), "{uri}");
    let device = Device::of(answer.json()["secret"].as_str().unwrap());
    let now = || person.app().cms.clock().now().millis();
    let confirm =
        |code: &str| person.ask(&browser, (Method::Put, "device"), &json!({ "code": code }));
    assert_eq!(confirm("000000").faults(), [("/code".to_owned(), "wrong_code".to_owned())]);
    person.browser(); // Nothing has changed so far.
    assert_eq!(confirm(&device.code(now())).status, 204);
    let sign_in = |code: Option<&str>| {
        person.post("session", &json!({ "name": "Ana", "password": PASSWORD, "code": code }))
    };
    assert_eq!(sign_in(None).code(), "sign-in-refused");
    assert_eq!(sign_in(Some(&device.code(now()))).status, 401, "it was used to confirm");
    person.desk.clock.advance(30_000);
    let code = device.code(now());
    assert_eq!(sign_in(Some(&altered(&code, 3))).status, 401);
    Browser::of(&sign_in(Some(&code)));
    assert_eq!(sign_in(Some(&code)).status, 401, "no code is good twice");
    person.desk.clock.advance(90_000);
    assert_eq!(sign_in(Some(&code)).status, 401, "nor for long");
    // Whoever has lost it asks an administrator.
    let path = format!("accounts/{}/device", person.account);
    let bearer = format!("Bearer {}", person.desk.token);
    let headers = [("Authorization", bearer.as_str())];
    let forget = || person.send(Method::Delete, &path, &headers, &Value::Null).status;
    assert_eq!((forget(), forget()), (204, 404));
    let theirs = person.ask(&browser, (Method::Delete, &path), &Value::Null);
    assert_eq!(theirs.status, 403, "one's own device, too, is an administrator's to forget");
    person.browser();
}

/// A device, made from what it was given in base 32.
struct Device(TotpSecret);

impl Device {
    fn of(base32: &str) -> Self {
        let mut hex = String::new();
        let (mut bits, mut count) = (0_u32, 0);
        for letter in base32.bytes() {
            let value =
                if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
            bits = bits << 5 | u32::from(value);
            count += 5;
            if count >= 8 {
                count -= 8;
                write!(hex, "{:02x}", bits >> count & 0xff).unwrap();
            }
        }
        Self(serde_json::from_value(json!(hex)).unwrap())
    }

    fn code(&self, millis: i64) -> String {
        self.0.shown(cms_core::clock::Timestamp::from_millis(millis))
    }
}
