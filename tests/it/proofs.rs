//! What outsiders can prove of the log, and what that doesn't tell them.

use base64_of as base64;
use cms_core::{
    event::{EventBody, Part},
    id::FieldName,
    proof::{
        checkpoint::Checkpoint,
        file::Proof,
        merkle,
        note::{Note, Verifier},
        shown::{NotShown, Shown},
    },
};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::{
    app::{App, wait_for},
    http_acts::desk::Desk,
};

fn keys(app: &App) -> Vec<Verifier> {
    let listed = app.get("/v1/checkpoint/keys").json();
    let keys = listed["data"].as_array().unwrap().iter();
    keys.map(|key| key["key"].as_str().unwrap().parse().unwrap()).collect()
}

fn checkpoint(app: &App) -> Checkpoint {
    let answer = app.get("/v1/checkpoint");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let note: Note = answer.text().parse().unwrap();
    Checkpoint::verified(&note, &keys(app)).unwrap()
}

fn proof(app: &App, path: &str) -> Shown {
    let answer = app.get(path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.text().parse::<Proof>().unwrap().check(&keys(app)).unwrap()
}

fn base64_of(text: &Value) -> merkle::Hash {
    // What proofs write and what checkpoints write are the same.
    let note = format!("a\n1\n{}\n", text.as_str().unwrap());
    note.parse::<Checkpoint>().unwrap().root
}

#[test]
fn a_publication_is_proved_with_its_revision_and_instant() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let (en, id) = (format!("{entry}/en"), entry.split('/').nth(1).unwrap().to_owned());
    let tag = desk.save(&en, "\"0\"", "One");
    assert_eq!(desk.app.get(&format!("/v1/proofs/{id}/en")).status, 404, "a draft has no proof");
    desk.clock.advance(1_000);
    desk.done(&en, "publish", &tag, &Value::Null);
    let shown = proof(&desk.app, &format!("/v1/proofs/{id}/en"));
    assert_eq!(shown.at, desk.app.cms.clock().now());
    let Some(EventBody::Published { entry: of, part, revision, .. }) = &shown.body else {
        panic!("{shown:?}");
    };
    assert_eq!((of.to_string(), *revision), (id.clone(), 1));
    assert!(matches!(part, Part::Locale(locale) if locale.as_str() == "en"));
    let by_number = proof(&desk.app, &format!("/v1/proofs/{}", shown.number));
    assert_eq!(by_number, shown);
    for path in ["/v1/proofs/0", "/v1/proofs/01", "/v1/proofs/999999", "/v1/proofs/x"] {
        assert_eq!(desk.app.get(path).code(), "not-found", "{path}");
    }
    for part in ["fr", "shared", "EN", "x_"] {
        assert_eq!(desk.app.get(&format!("/v1/proofs/{id}/{part}")).code(), "not-found", "{part}");
    }
    // Taken away, it has no proof as what readers get; that it was published can be proved for ever.
    desk.done(&en, "unpublish", &tag, &json!({ "mode": "gone" }));
    assert_eq!(desk.app.get(&format!("/v1/proofs/{id}/en")).status, 404);
    assert_eq!(proof(&desk.app, &format!("/v1/proofs/{}", shown.number)).body, shown.body);
    let taken = proof(&desk.app, &format!("/v1/proofs/{}", checkpoint(&desk.app).size));
    assert_eq!(taken.kind, "unpublished");
    // Erased, it is as if it had never been.
    assert_eq!(desk.ask((Method::Delete, &entry), None, &Value::Null).status, 200);
    assert_eq!(desk.app.get(&format!("/v1/proofs/{}", shown.number)).code(), "not-found");
}

#[test]
fn proofs_tell_outsiders_nothing_but_what_readers_saw() {
    let desk = Desk::new();
    let (entry, hidden) = (desk.entry("guidance"), desk.entry("guidance"));
    let (en, secret) = (format!("{entry}/en"), format!("{hidden}/en"));
    desk.save(&secret, "\"0\"", "Markerdraft");
    let hidden = hidden.split('/').nth(1).unwrap();
    let note = json!({ "fields": { "title": "One", "body": "Text." }, "note": "Markernote" });
    assert_eq!(desk.ask((Method::Patch, &en), Some("\"0\""), &note).status, 200);
    desk.done(&en, "submit", "\"1\"", &json!({ "note": "Markerreview" }));
    desk.done(&en, "publish", "\"1\"", &Value::Null);
    let gone = json!({ "mode": "withdrawn", "notice": "We are checking this." });
    desk.done(&en, "unpublish", "\"1\"", &gone);
    let account = desk.app.cms.administrator().unwrap().unwrap().account.to_string();
    let mut told = 0;
    for number in 1..=desk.app.cms.log().last() {
        let answer = desk.app.get(&format!("/v1/proofs/{number}"));
        let event = wait_for(desk.app.cms.editing().event(number)).unwrap().unwrap();
        let is_public =
            matches!(event.body, Some(EventBody::Published { .. } | EventBody::Unpublished { .. }));
        assert_eq!(answer.status == 200, is_public, "{event:?}");
        if !is_public {
            continue;
        }
        told += 1;
        let proof: Proof = answer.text().parse().unwrap();
        let text = String::from_utf8(proof.extra.clone()).unwrap();
        let op = event.op.to_string();
        for marker in ["Marker", hidden, account.as_str(), op.as_str()] {
            assert!(!text.contains(marker), "{marker}: {text}");
        }
    }
    assert_eq!(told, 2);
}

#[test]
fn a_proof_with_anything_changed_shows_nothing() {
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let (en, id) = (format!("{entry}/en"), entry.split('/').nth(1).unwrap().to_owned());
    let tag = desk.save(&en, "\"0\"", "One");
    desk.done(&en, "publish", &tag, &Value::Null);
    let keys = keys(&desk.app);
    let whole: Proof = desk.app.get(&format!("/v1/proofs/{id}/en")).text().parse().unwrap();
    let shown = whole.check(&keys).unwrap();
    let extra: Value = serde_json::from_slice(&whole.extra).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut extra = extra.clone();
        change(&mut extra);
        Proof { extra: extra.to_string().into_bytes(), ..whole.clone() }.check(&keys)
    };
    let replaced = |name: &'static str, from: &'static str, to: &'static str| {
        with(&|extra| {
            let text = extra[name].as_str().unwrap();
            assert!(text.contains(from), "{text}");
            extra[name] = text.replacen(from, to, 1).into();
        })
    };
    assert_eq!(replaced("body", "\"revision\":1", "\"revision\":2"), Err(NotShown::OtherBody));
    assert_eq!(replaced("leaf", "2026", "2025"), Err(NotShown::NotIncluded));
    assert_eq!(with(&|extra| extra["salt"] = "AAAA".into()), Err(NotShown::OtherBody));
    assert_eq!(with(&|extra| extra["salt"] = "!".into()), Err(NotShown::Extra));
    assert_eq!(with(&|extra| extra["more"] = true.into()), Err(NotShown::Extra));
    let without_body = with(&|extra| {
        let members = extra.as_object_mut().unwrap();
        members.remove("body");
        members.remove("salt");
    });
    assert_eq!(without_body, Ok(Shown { body: None, ..shown }));
    let moved = Proof { index: whole.index + 1, ..whole.clone() }.check(&keys);
    assert_eq!(moved, Err(NotShown::NotIncluded));
    let mut short = whole.clone();
    short.steps.pop();
    assert_eq!(short.check(&keys), Err(NotShown::NotIncluded));
    assert!(matches!(whole.check(&[]), Err(NotShown::Checkpoint(_))));
    let other = self::keys(&App::start());
    assert!(matches!(whole.check(&other), Err(NotShown::Checkpoint(_))));
}

#[test]
fn a_log_that_grew_is_shown_to_have_grown_alone() {
    let desk = Desk::new();
    let mut kept = vec![checkpoint(&desk.app)];
    let entry = desk.entry("guidance");
    let en = format!("{entry}/en");
    for revision in 0..6 {
        desk.save(&en, &format!("\"{revision}\""), &format!("Title {revision}"));
        kept.push(checkpoint(&desk.app));
    }
    for old in &kept {
        let told = desk.app.get(&format!("/v1/checkpoint/consistency?from={}", old.size)).json();
        let note: Note = told["checkpoint"].as_str().unwrap().parse().unwrap();
        let now = Checkpoint::verified(&note, &keys(&desk.app)).unwrap();
        assert_eq!((&now, &told["size"]), (kept.last().unwrap(), &json!(now.size)));
        let steps: Vec<_> = told["proof"].as_array().unwrap().iter().map(base64).collect();
        assert!(merkle::extends((old.size, &old.root), (now.size, &now.root), &steps));
        assert!(!merkle::extends((old.size, &[7; 32]), (now.size, &now.root), &steps));
    }
    let beyond = format!("/v1/checkpoint/consistency?from={}", kept.last().unwrap().size + 1);
    for (path, code) in [
        (beyond.as_str(), "out_of_range"),
        ("/v1/checkpoint/consistency", "missing_parameter"),
        ("/v1/checkpoint/consistency?from=-1", "out_of_range"),
    ] {
        assert_eq!(desk.app.get(path).faults(), [("from".to_owned(), code.to_owned())], "{path}");
    }
}

#[test]
fn the_content_of_a_revision_is_proved_by_those_who_may_read_it() {
    use cms_core::access::Act;
    let desk = Desk::new();
    let entry = desk.entry("guidance");
    let (en, fr) = (format!("{entry}/en"), format!("{entry}/fr"));
    desk.save(&en, "\"0\"", "One");
    let english = desk.app.cms.log().last();
    desk.save(&fr, "\"0\"", "Un");
    let french = desk.app.cms.log().last();
    let ask = |token: &str, number: u64| {
        let bearer = format!("Bearer {token}");
        let path = format!("/manage/v1/proofs/{number}");
        desk.app.get_with(&path, &[("Authorization", bearer.as_str())])
    };
    let reader = desk.token_for(&[Act::Read], Some("guidance"), Some("fr"));
    let shown = ask(&reader, french);
    let shown = shown.text().parse::<Proof>().unwrap().check(&keys(&desk.app)).unwrap();
    let Some(EventBody::RevisionSaved { fields, .. }) = &shown.body else { panic!("{shown:?}") };
    assert_eq!(fields[&FieldName::parse("title").unwrap()], "Un");
    for number in [english, 1, 2, 3, 0, french + 1_000] {
        assert_eq!(ask(&reader, number).code(), "not-found", "{number}");
    }
    assert_eq!(ask(&desk.token, 1).status, 200, "an administrator's");
    assert_eq!(ask(&desk.token_for(&[Act::Read], None, None), english).status, 200);
    assert_eq!(ask("bcn_x", french).status, 401);
}
