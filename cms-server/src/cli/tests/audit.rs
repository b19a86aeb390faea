//! `cms audit`: what is proved with a store, and checked without one.

use std::{fs, path::Path};

use cms_core::{
    event::Part,
    id::{ExternalKey, TypeName},
    locale::Locale,
};
use serde_json::{Value, json};

use super::{Given, Running, failed, global_of, json_of, no, run, store, text};
use crate::cli::Failure;

fn key(data: &str) -> String {
    let listed = json_of(&["audit", "keys", "list", "--data", data]);
    listed["data"][0]["key"].as_str().unwrap().to_owned()
}

fn checkpoint(given: &Given, data: &str, name: &str) -> String {
    let path = given.path(name);
    let said = json_of(&["audit", "checkpoint", "--data", data]);
    fs::write(&path, said["checkpoint"].as_str().unwrap()).unwrap();
    text(&path).to_owned()
}

/// The id of the imported page, and the number of the event that published its French.
fn page(given: &Given) -> (String, u64) {
    store::runtime(1).unwrap().block_on(async {
        let cms = store::open_as_it_is(&global_of(Path::new(given.data()))).await.unwrap();
        let (guidance, key) =
            (TypeName::parse("guidance").unwrap(), ExternalKey::parse("g").unwrap());
        let entry = cms.editing().entry_by_key(&guidance, &key).unwrap().unwrap();
        let french = Part::Locale(Locale::parse("fr").unwrap());
        let number = cms.proofs().published_by(entry, &french).unwrap().unwrap();
        (entry.to_string(), number)
    })
}

#[test]
fn a_proof_is_checked_without_a_store_and_a_changed_one_shows_nothing() {
    let given = Given::with_content();
    let (entry, number) = page(&given);
    let (when, what) = (given.path("when.tlog-proof"), given.path("what.tlog-proof"));
    let part = format!("{entry}/fr");
    let prove = ["audit", "prove", &part, "--json", "--data", given.data(), "--out"];
    run(&[&prove[..], &[text(&when)]].concat()).0.unwrap();
    run(&[&prove[..], &[text(&what), "--content"]].concat()).0.unwrap();
    let key = key(given.data());
    let shown = json_of(&["audit", "check", text(&when), text(&what), "--key", &key]);
    let [published, saved] = [&shown["data"][0], &shown["data"][1]];
    assert_eq!((&published["event"], &published["kind"]), (&json!(number), &json!("published")));
    assert_eq!(saved["body"]["fields"]["title"], "Hameçonnage", "{saved}");
    let distance = &published["body"]["saved"];
    let before = distance["before"].as_u64().map_or(0, |before| number - before);
    assert_eq!(distance["event"].as_u64().unwrap_or(before), saved["event"].as_u64().unwrap());

    let whole = fs::read_to_string(&what).unwrap();
    for (from, to) in [("index ", "index 1"), ("extra e", "extra f"), ("\u{2014} b", "\u{2014} c")]
    {
        assert!(whole.contains(from), "{from}");
        fs::write(&what, whole.replacen(from, to, 1)).unwrap();
        let (outcome, said) = run(&["audit", "check", text(&what), "--key", &key, "--json"]);
        assert!(matches!(outcome, Err(Failure::No(_))), "{from}: {outcome:?}");
        assert!(said.contains("\"valid\":false"), "{said}");
    }
    let other = self::key(Given::with_content().data());
    let reason = no(&["audit", "check", text(&when), "--key", &other]);
    assert_eq!(reason, "1 of 1 proofs show nothing");
    let reason = failed(&["audit", "check", text(&given.path("nowhere")), "--key", &key]);
    assert!(reason.contains("can't be read"), "{reason}");
}

#[test]
fn a_running_server_proves_the_same() {
    let given = Given::with_content();
    let (entry, number) = page(&given);
    let key = key(given.data());
    let token = json_of(&["token", "create", "tests", "--data", given.data()]);
    let running = Running::over(given.data());
    let asked = ["--url", &running.url(), "--token", token["secret"].as_str().unwrap()];
    let out = given.path("proof");
    let part = format!("{entry}/fr");
    let number_text = number.to_string();
    for (args, kind) in [
        (&[part.as_str()][..], "published"),
        (&[part.as_str(), "--content"], "revision_saved"),
        (&[number_text.as_str()], "published"),
        (&["1"], "account_created"),
    ] {
        let args = [&["audit", "prove", "--json"], args, &["--out", text(&out)], &asked].concat();
        run(&args).0.unwrap();
        let shown = json_of(&["audit", "check", text(&out), "--key", &key]);
        assert_eq!(shown["data"][0]["kind"], kind, "{shown}");
    }
    let said: Value = json_of(&[&["audit", "checkpoint"], &asked[..]].concat());
    assert!(said["checkpoint"].as_str().unwrap().starts_with("beacon/"), "{said}");
}

#[test]
fn a_store_goes_on_from_its_own_checkpoints_alone() {
    let (given, other) = (Given::with_content(), Given::with_content());
    let (data, kept) = (given.data(), checkpoint(&given, given.data(), "kept"));
    let verify = |data: &str, kept: &str, key: &str| {
        run(&["audit", "verify", "--data", data, "--checkpoint", kept, "--key", key, "--json"])
    };
    run(&["import", text(&given.path("lines.jsonl")), "--data", data]).0.unwrap();
    let (outcome, said) = verify(data, &kept, &key(data));
    outcome.unwrap();
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["goes_on"], &told["damage"]), (&json!(true), &json!([])), "{told}");
    assert_eq!(told["root"].as_str().unwrap().len(), 64);
    // Another store, as if this one had been changed and signed again.
    let theirs = checkpoint(&other, other.data(), "theirs");
    let Err(Failure::No(reason)) = verify(data, &theirs, &key(other.data())).0 else {
        panic!("another store's checkpoint was taken for its own");
    };
    assert_eq!(reason, "the log does not go on from the checkpoint");
    let Err(Failure::No(reason)) = verify(data, &kept, &key(other.data())).0 else {
        panic!("a checkpoint was trusted by another's key");
    };
    assert!(reason.contains("none of the keys"), "{reason}");
}

#[test]
fn keys_are_changed_retired_and_carried_over_a_restore() {
    let given = Given::with_content();
    let data = given.data();
    let (kept, saved, backup) =
        (checkpoint(&given, data, "kept"), given.path("key"), given.path("b"));
    json_of(&["audit", "keys", "save", text(&saved), "--data", data]);
    let secret = fs::read_to_string(&saved).unwrap();
    assert!(secret.starts_with("PRIVATE+KEY+beacon/"));
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&saved).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    failed(&["audit", "keys", "save", text(&saved), "--data", data]);
    json_of(&["backup", text(&backup), "--data", data]);

    let first = key(data);
    let id = |key: &str| key.split('+').nth(1).unwrap().to_owned();
    let reason = no(&["audit", "keys", "retire", &id(&first), "--data", data]);
    assert!(reason.contains("only key"), "{reason}");
    let changed = json_of(&["audit", "keys", "change", "--data", data]);
    let second = changed["data"][0]["key"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    for key in [&first, &second] {
        let note = checkpoint(&given, data, "both");
        run(&["audit", "verify", "--data", data, "--checkpoint", &note, "--key", key]).0.unwrap();
    }
    let retired = json_of(&["audit", "keys", "retire", &id(&first), "--data", data]);
    assert!(retired["data"][1]["retired"].is_string(), "{retired}");
    let note = checkpoint(&given, data, "second");
    let args = ["audit", "verify", "--data", data, "--checkpoint", &note, "--key", &first];
    assert!(matches!(run(&args).0, Err(Failure::No(_))), "a retired key signs no more");
    let reason = no(&["audit", "keys", "change", "--origin", "a b", "--data", data]);
    assert!(reason.contains("no white space"), "{reason}");

    // A restored store is another log, until it shows that it goes on from where the key was.
    let other = given.path("other");
    json_of(&["restore", text(&backup), "--data", text(&other)]);
    let own = key(text(&other));
    assert_ne!(own.split('+').next(), first.split('+').next());
    let carry = |data: &str, kept: &str| {
        run(&["audit", "keys", "carry-on", text(&saved), "--checkpoint", kept, "--data", data]).0
    };
    let stranger = Given::with_content();
    let Err(Failure::No(reason)) = carry(stranger.data(), &kept) else {
        panic!("a key was carried over to another history");
    };
    assert!(reason.contains("doesn't go on"), "{reason}");
    let Err(Failure::No(reason)) = carry(text(&other), &note) else {
        panic!("a checkpoint of another key was taken");
    };
    assert!(reason.contains("isn't a checkpoint"), "{reason}");
    carry(text(&other), &kept).unwrap();
    assert_eq!(key(text(&other)), first);
}

#[test]
fn the_trail_is_the_same_on_a_store_and_on_its_server() {
    let given = Given::with_content();
    let (entry, number) = page(&given);
    let token = json_of(&["token", "create", "tests", "--data", given.data()]);
    let of_entry = ["audit", "list", "--entry", &entry];
    let own = json_of(&[&of_entry[..], &["--data", given.data()]].concat());
    let all = json_of(&["audit", "list", "--data", given.data()]);
    let events = own["data"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| event["event"] == number && event["what"]["event"] == "published")
    );
    assert!(events.iter().all(|event| !event.to_string().contains("Hameçonnage")), "no content");
    assert!(all["data"].as_array().unwrap().len() > events.len());
    let nobody = "0190a0a0-0000-7000-8000-000000000000";
    let none = json_of(&["audit", "list", "--actor", nobody, "--data", given.data()]);
    assert_eq!(none["data"], json!([]));
    let early = json_of(&["audit", "list", "--to", "2001-01-01T00:00:00Z", "--data", given.data()]);
    assert_eq!(early["data"], json!([]));
    let (_, said) = run(&[&of_entry[..], &["--data", given.data()]].concat());
    assert!(said.contains("published") && said.contains(&format!("{entry}/fr")), "{said}");
    let running = Running::over(given.data());
    let asked = ["--url", &running.url(), "--token", token["secret"].as_str().unwrap()];
    assert_eq!(json_of(&[&of_entry[..], &asked].concat()), own);
}
