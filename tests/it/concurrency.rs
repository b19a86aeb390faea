//! Two who edit one entry: the second gets the first's revision and a proposal, and nobody's words are lost.

use cms_core::{
    Cms,
    access::{Act, Actor},
    commands::{CommandError, create_entry::CreateEntry, save_draft::SaveDraft},
    event::{Fields, Part},
    id::{EntryId, TypeName},
    locale::Locale,
};
use rocket::{http::Method, tokio};
use serde_json::{Value, json};

use crate::{
    app::{Answer, open, wait_for},
    http_acts::desk::Desk,
};

fn save(desk: &Desk, path: &str, tag: &str, fields: &Value) -> Answer {
    desk.ask((Method::Patch, path), Some(tag), &json!({ "fields": fields }))
}

#[test]
fn whoever_comes_second_gets_what_both_made_put_together() {
    let desk = Desk::new();
    let en = format!("{}/en", desk.entry("guidance"));
    let body = "# Stop\n\nKeep the messages.\n\n- Tell somebody.\n- Block them.\n";
    save(&desk, &en, "\"0\"", &json!({ "title": "Sextortion", "summary": "Old.", "body": body }));
    let theirs = "# Stop now\n\nKeep the messages.\n\n- Tell somebody.\n- Block them.\n";
    let note = json!({ "fields": { "summary": "New.", "body": theirs }, "note": "Shorter." });
    assert_eq!(desk.ask((Method::Patch, &en), Some("\"1\""), &note).status, 200);
    let mine = "# Stop\n\nKeep the messages.\n\n- Tell somebody.\n- Block them.\n\nIt is not your fault.\n";
    let second =
        save(&desk, &en, "\"1\"", &json!({ "title": "Sextortion: what to do", "body": mine }));
    assert_eq!((second.status, second.code().as_str()), (412, "precondition-failed"));
    assert_eq!(second.header("etag"), Some("\"2\""));
    let problem = second.problem();
    assert_eq!(
        (&problem["current"]["revision"], &problem["current"]["note"]),
        (&json!(2), &json!("Shorter."))
    );
    let me = desk.app.cms.administrator().unwrap().unwrap().account.to_string();
    assert_eq!(problem["current"]["saved_by"], json!(me));
    let merge = &problem["merge"];
    assert_eq!((&merge["base"], &merge["joined"]), (&json!(1), &json!(["/body"])));
    assert_eq!(merge["conflicts"], json!([]));
    let expected = json!({
        "title": "Sextortion: what to do",
        "summary": "New.",
        "body": "# Stop now\n\nKeep the messages.\n\n- Tell somebody.\n- Block them.\n\nIt is not your fault.",
    });
    assert_eq!(merge["fields"], expected);
    // It was a proposal: nothing is saved until somebody does.
    let draft = desk.ask((Method::Get, &en), None, &Value::Null).json();
    assert_eq!((&draft["revision"], &draft["fields"]["title"]), (&json!(2), &json!("Sextortion")));
    let saved = save(&desk, &en, "\"2\"", &merge["fields"]);
    assert_eq!(saved.status, 200, "{saved:?}");
}

#[test]
fn what_both_changed_is_told_with_all_three_block_by_block() {
    let desk = Desk::new();
    let en = format!("{}/en", desk.entry("guidance"));
    save(&desk, &en, "\"0\"", &json!({ "title": "A", "body": "One.\n\nTwo.\n\nThree." }));
    save(&desk, &en, "\"1\"", &json!({ "title": "B", "body": "One.\n\nTwo, theirs.\n\nThree." }));
    let mine = json!({ "title": "C", "body": "One.\n\nTwo, mine.\n\nThree.\n\nFour." });
    let merge = save(&desk, &en, "\"1\"", &mine).problem()["merge"].clone();
    let expected = json!([
        {
            "pointer": "/body",
            "base": "One.\n\nTwo.\n\nThree.",
            "theirs": "One.\n\nTwo, theirs.\n\nThree.",
            "mine": "One.\n\nTwo, mine.\n\nThree.\n\nFour.",
            "blocks": [
                { "agreed": "One." },
                { "base": "Two.", "theirs": "Two, theirs.", "mine": "Two, mine." },
                { "agreed": "Three." },
                { "agreed": "Four." },
            ],
        },
        { "pointer": "/title", "base": "A", "theirs": "B", "mine": "C" },
    ]);
    assert_eq!(merge["conflicts"], expected);
    assert_eq!(merge["fields"]["title"], "B", "until somebody says, what is saved stays");
}

#[test]
fn a_proposal_is_made_only_from_a_revision_that_there_was_and_for_who_may_read() {
    let desk = Desk::new();
    let en = format!("{}/en", desk.entry("guidance"));
    save(&desk, &en, "\"0\"", &json!({ "title": "A", "body": "a" }));
    save(&desk, &en, "\"1\"", &json!({ "title": "B" }));
    let fields = json!({ "fields": { "title": "C" } });
    let merge_of = |tag: &str, body: &Value| {
        let answer = desk.ask((Method::Patch, &en), Some(tag), body);
        assert_eq!(answer.status, 412, "{tag}: {answer:?}");
        answer.problem()["merge"].clone()
    };
    for tag in ["\"3\"", "\"99\"", "\"x\"", "\"01\"", "W/\"1\"", "\"1\", \"3\""] {
        assert_eq!(merge_of(tag, &fields), Value::Null, "{tag}");
    }
    for body in [json!({ "fields": 1 }), json!({ "nothing": 1 }), json!({ "fields": { "No!": 1 } })]
    {
        assert_eq!(merge_of("\"1\"", &body), Value::Null, "{body}");
    }
    // Two who begin a part that nobody has.
    assert_eq!(merge_of("\"0\"", &fields)["conflicts"][0]["theirs"], "B");
    let blind = desk.token_for(&[Act::Write], None, None);
    let answer = desk.ask_as(&blind, (Method::Patch, &en), Some("\"1\""), &fields);
    assert!(answer.status == 404 || answer.problem()["merge"].is_null(), "{answer:?}");
    assert!(!answer.text().contains("\"B\""), "{answer:?}");
}

#[test]
fn a_lease_tells_who_is_editing_and_keeps_nobody_from_it() {
    let desk = Desk::new();
    let en = format!("{}/en", desk.entry("guidance"));
    save(&desk, &en, "\"0\"", &json!({ "title": "A", "body": "a" }));
    let lease = format!("{en}/lease");
    let other = desk.token_for(&[Act::Read, Act::Write], None, None);
    let ask = |token: &str, method: Method| {
        let answer = desk.ask_as(token, (method, &lease), None, &Value::Null);
        assert!(answer.status < 300, "{answer:?}");
        answer
    };
    let own = |answer: &Answer| -> Vec<bool> {
        let data = answer.json()["data"].as_array().unwrap().clone();
        data.iter().map(|lease| lease["own"].as_bool().unwrap()).collect()
    };
    assert!(own(&ask(&desk.token, Method::Get)).is_empty());
    assert_eq!(own(&ask(&desk.token, Method::Put)), [true]);
    desk.clock.advance(60_000);
    assert_eq!(own(&ask(&other, Method::Put)), [false, true]);
    let saved = desk.ask_as(&other, (Method::Patch, &en), Some("\"1\""), &json!({ "note": "x" }));
    assert_eq!(saved.status, 200, "a lease is advice: {saved:?}");
    desk.clock.advance(60_000);
    assert_eq!(own(&ask(&desk.token, Method::Get)), [false], "it ended by itself");
    assert_eq!(ask(&other, Method::Delete).status, 204);
    assert!(own(&ask(&desk.token, Method::Get)).is_empty());
    let reader = desk.token_for(&[Act::Read], None, None);
    assert!(own(&ask(&reader, Method::Get)).is_empty());
    let refused = desk.ask_as(&reader, (Method::Put, &lease), None, &Value::Null);
    assert_eq!(refused.status, 403);
    let french = desk.token_for(&[Act::Read, Act::Write], None, Some("fr"));
    assert_eq!(desk.ask_as(&french, (Method::Put, &lease), None, &Value::Null).status, 404);
    // A part that nobody has begun can be edited, too.
    let path = lease.replace("/en/", "/th/");
    assert_eq!(desk.ask((Method::Put, &path), None, &Value::Null).status, 200);
}

/// Saves as somebody who looks at the newest revision first, and looks again when another was quicker. Gives the revision.
async fn save_as_seen(cms: &Cms, actor: &Actor, entry: EntryId, title: &str) -> u32 {
    let part = Part::Locale(Locale::parse("en").unwrap());
    loop {
        let head = cms.editing().entry(entry).unwrap().unwrap();
        let newest = head.heads.get(&part).map_or(0, |head| head.newest);
        let fields = Fields::from([("title".parse().unwrap(), title.into())]);
        let act =
            SaveDraft { expected: Some(newest), ..SaveDraft::new(entry, part.clone(), fields) };
        match cms.save_draft(actor, act).await {
            Ok(accepted) => return accepted.revision,
            Err(CommandError::Stale { .. } | CommandError::Conflict(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn of_sixteen_who_save_one_entry_at_once_none_loses_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let cms = open(folder.path());
    let actor = cms.administrator().unwrap().unwrap();
    let act = CreateEntry {
        type_name: TypeName::parse("guidance").unwrap(),
        agency: None,
        source_locale: Locale::parse("en").unwrap(),
        key: None,
    };
    let saved = wait_for(async {
        let entry = cms.create_entry(&actor, act).await.unwrap().0;
        let editors: Vec<_> = (0..16)
            .map(|editor| {
                let (cms, actor) = (cms.clone(), actor.clone());
                tokio::spawn(async move {
                    let mut saved = Vec::new();
                    for number in 0..5 {
                        let title = format!("Editor {editor}, text {number}");
                        let revision = save_as_seen(&cms, &actor, entry, &title).await;
                        saved.push((revision, title));
                    }
                    saved
                })
            })
            .collect();
        let mut saved = Vec::new();
        for editor in editors {
            saved.extend(editor.await.unwrap());
        }
        let part = Part::Locale(Locale::parse("en").unwrap());
        let mut kept = Vec::new();
        for (number, row) in cms.editing().revisions(entry, &part, (None, 1_000)).unwrap() {
            let fields = cms.editing().fields(row.event).await.unwrap();
            kept.push((number, fields["title"].as_str().unwrap().to_owned()));
        }
        kept.sort();
        saved.sort();
        assert_eq!(saved, kept, "what was acknowledged is what there is");
        saved
    });
    let numbers: Vec<u32> = saved.iter().map(|(revision, _)| *revision).collect();
    assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
}
