//! Moves between agencies: who may, what changes for readers, and what stands in the audit trail.

use cms_core::{
    access::{Act, Grant},
    commands::{issue_token::IssueToken, save_account::CreateAccount, save_agency::SaveAgency},
    id::{AgencyId, ExternalKey},
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::wait_for, http_acts::desk::Desk};

/// Another agency than the site's own.
fn other_agency(desk: &Desk, key: &str) -> AgencyId {
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    let names = [("en".parse().unwrap(), key.to_owned())].into_iter().collect();
    let act = SaveAgency { agency: None, key: ExternalKey::parse(key).unwrap(), names };
    wait_for(desk.app.cms.save_agency(&administrator, act)).unwrap().0
}

/// A token for somebody with these acts at these agencies.
fn token_at(desk: &Desk, acts: &[Act], agencies: &[AgencyId]) -> String {
    let administrator = desk.app.cms.administrator().unwrap().unwrap();
    let grant = |agency: &AgencyId| Grant {
        acts: acts.to_vec(),
        agency: Some(*agency),
        type_name: None,
        locale: None,
    };
    let name = format!("somebody {}", desk.app.cms.log().last());
    let act = CreateAccount { name, grants: agencies.iter().map(grant).collect() };
    let (account, _) = wait_for(desk.app.cms.create_account(&administrator, act)).unwrap();
    let act = IssueToken { account, name: "theirs".to_owned(), expires: None };
    let issued = wait_for(desk.app.cms.issue_token(&administrator, act)).unwrap();
    issued.secret.reveal().to_owned()
}

#[test]
fn a_moved_entry_is_the_other_agency_s_for_readers_editors_and_the_trail() {
    let desk = Desk::new();
    let there = other_agency(&desk, "helpline");
    let own = desk.app.cms.editing().site().unwrap().unwrap().default_agency;
    let entry = desk.entry("guidance");
    for part in ["en", "fr"] {
        let path = format!("{entry}/{part}");
        let tag = desk.save(&path, "\"0\"", part);
        desk.done(&path, "publish", &tag, &Value::Null);
    }
    let before = desk.read(&entry, "locale=fr");
    let cursor =
        desk.app.get("/v1/changes?limit=100").json()["page"]["next"].as_str().unwrap().to_owned();
    let path = format!("{entry}/move");
    let moved =
        desk.ask((Method::Post, &path), None, &json!({ "agency": "helpline", "note": "Theirs." }));
    assert_eq!(moved.status, 200, "{moved:?}");
    assert_eq!(moved.json()["agency"], "helpline");
    let after = desk.read(&entry, "locale=fr");
    assert_ne!(before.json()["data"]["agency"]["key"], json!("helpline"), "{}", before.text());
    assert_eq!(after.json()["data"]["agency"]["key"], json!("helpline"), "{}", after.text());
    assert_ne!(before.header("etag"), after.header("etag"));
    let overview = desk.ask((Method::Get, &entry), None, &Value::Null).json();
    assert_eq!(overview["agency"], "helpline");
    let changes = desk.app.get(&format!("/v1/changes?since={cursor}&limit=100")).json();
    let told: Vec<_> = changes["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["op"].as_str().unwrap(), change["locale"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("changed", "en"), ("changed", "fr")]);
    // Drafts go on from where they were, and a part that has none yet can be begun.
    desk.save(&format!("{entry}/en"), "\"1\"", "Newer");
    desk.ask((Method::Patch, &format!("{entry}/shared")), Some("\"0\""), &json!({ "fields": {} }));
    let id = entry.split('/').nth(1).unwrap();
    let bearer = format!("Bearer {}", desk.token);
    let trail =
        desk.app.get_with(&format!("/manage/v1/audit?entry={id}"), &[("Authorization", &bearer)]);
    let what = trail.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["what"].clone())
        .find(|what| what["event"] == "entry_moved")
        .unwrap();
    assert_eq!(
        (&what["from"], &what["to"], &what["note"]),
        (&json!(own.to_string()), &json!(there.to_string()), &json!("Theirs."))
    );
    // Its former people see nothing of it any more.
    let theirs = token_at(&desk, &[Act::Read, Act::Write, Act::Publish], &[own]);
    let asked = desk.ask_as(&theirs, (Method::Get, &entry), None, &Value::Null);
    assert_eq!(asked.status, 404);
    let now = token_at(&desk, &[Act::Read, Act::Write, Act::Publish], &[there]);
    assert_eq!(desk.ask_as(&now, (Method::Get, &entry), None, &Value::Null).status, 200);
}

#[test]
fn a_move_takes_the_right_to_publish_at_both_agencies() {
    let desk = Desk::new();
    let there = other_agency(&desk, "helpline");
    let own = desk.app.cms.editing().site().unwrap().unwrap().default_agency;
    let entry = desk.entry("guidance");
    desk.save(&format!("{entry}/en"), "\"0\"", "Text");
    let body = json!({ "agency": "helpline" });
    let path = format!("{entry}/move");
    for (acts, agencies, status) in [
        (&[Act::Publish, Act::Read][..], &[own][..], 403),
        (&[Act::Publish, Act::Read], &[there], 404),
        (&[Act::Read, Act::Write, Act::Review, Act::Erase], &[own, there], 403),
        (&[Act::Administer], &[own, there], 404),
    ] {
        let token = token_at(&desk, acts, agencies);
        let answer = desk.ask_as(&token, (Method::Post, &path), None, &body);
        assert_eq!(answer.status, status, "{acts:?} {agencies:?}: {answer:?}");
    }
    let told = || desk.ask((Method::Get, &entry), None, &Value::Null).json()["agency"].clone();
    assert_ne!(told(), "helpline");
    let both = token_at(&desk, &[Act::Publish, Act::Read], &[own, there]);
    for (body, place, code) in [
        (json!({}), "/agency", "required"),
        (json!({ "agency": "nobody" }), "/agency", "unknown_agency_key"),
        (json!({ "agency": there.to_string() }), "/agency", "unknown_agency_key"),
        (json!({ "agency": "helpline", "note": "" }), "/note", "text_length"),
        (json!({ "agency": "helpline", "to": "x" }), "/to", "unknown_member"),
    ] {
        let answer = desk.ask_as(&both, (Method::Post, &path), None, &body);
        assert_eq!(answer.faults(), [(place.to_owned(), code.to_owned())], "{body}");
    }
    let answer = desk.ask_as(&both, (Method::Post, &path), None, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let again = desk.ask_as(&both, (Method::Post, &path), None, &body);
    assert_eq!(again.faults(), [("/agency".to_owned(), "same_agency".to_owned())]);
}

#[test]
fn what_is_scheduled_is_taken_back_before_a_move() {
    let desk = Desk::new();
    other_agency(&desk, "helpline");
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    let tag = desk.save(&en, "\"0\"", "On Friday");
    let at = desk.app.cms.clock().now().plus_millis(3_600_000);
    let standing = desk.done(&en, "schedule", &tag, &json!({ "act": "publish", "at": at }));
    let body = json!({ "agency": "helpline" });
    let path = format!("{entry}/move");
    let refused = desk.ask((Method::Post, &path), None, &body);
    assert_eq!(refused.faults(), [(String::new(), "is_scheduled".to_owned())]);
    let schedule = standing["schedules"][0]["id"].as_str().unwrap();
    desk.done(&en, "unschedule", &tag, &json!({ "schedule": schedule }));
    assert_eq!(desk.ask((Method::Post, &path), None, &body).status, 200);
    // The same request, sent twice, is done once.
    let bearer = format!("Bearer {}", desk.token);
    let back = desk.app.cms.editing().agencies().unwrap();
    let back = back.values().find(|agency| agency.key.as_str() != "helpline").unwrap().key.clone();
    let body = json!({ "agency": back }).to_string();
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "once"),
    ];
    let path = format!("/manage/v1/entries/{path}");
    let first = desk.app.send(Method::Post, &path, &headers, &body);
    let second = desk.app.send(Method::Post, &path, &headers, &body);
    assert_eq!((first.status, second.status), (200, 200), "{second:?}");
    assert_eq!(first.header("event"), second.header("event"));
}
