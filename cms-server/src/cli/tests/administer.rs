//! `cms account`, `grant`, `agency` and `locales`: on a stopped store, and on a running server.

use serde_json::{Value, json};

use super::{Given, Running, json_of, no, run};

/// Asks in turn; each act is a command line, with what its answer must have.
fn go_through(ask: &dyn Fn(&[&str]) -> Value, refused: &dyn Fn(&[&str]) -> String) {
    let made = ask(&["agency", "add", "helpline", "--name", "en=Helpline"]);
    assert_eq!((&made["key"], &made["default"]), (&json!("helpline"), &json!(false)));
    let changed = ask(&["agency", "change", "helpline", "--name", "fr=Ligne", "--to", "line"]);
    assert_eq!(changed["names"], json!({ "en": "Helpline", "fr": "Ligne" }));
    assert!(refused(&["agency", "change", "helpline", "--to", "x"]).contains("no agency helpline"));
    assert!(!refused(&["agency", "add", "line", "--name", "en=Another"]).is_empty());
    let listed = ask(&["agency", "list"]);
    assert_eq!(listed["data"][1]["key"], "line");

    let grant = "acts=read,write agency=line";
    let made = ask(&["user", "create", "Ana", "--grant", grant]);
    let id = made["id"].as_str().unwrap().to_owned();
    let first = json!({ "acts": ["read", "write"], "agency": "line" });
    assert_eq!((&made["grants"], &made["disabled"]), (&json!([first]), &json!(false)));
    let more = ask(&["grant", "add", &id, "--grant", "acts=review locale=en", "--grant", grant]);
    let second = json!({ "acts": ["review"], "locale": "en" });
    assert_eq!(more["grants"], json!([first, second]), "what it has it has once");
    let less = ask(&["grant", "remove", &id, "--grant", grant]);
    assert_eq!(less["grants"], json!([second]));
    assert!(refused(&["grant", "remove", &id, "--grant", grant]).contains("no such grant"));
    assert_eq!(ask(&["grant", "list", &id])["grants"], json!([second]));
    assert_eq!(ask(&["account", "rename", &id, "Anna"])["name"], "Anna");
    assert_eq!(ask(&["account", "disable", &id])["disabled"], true);
    assert_eq!(ask(&["account", "enable", &id])["disabled"], false);
    let all = ask(&["account", "list"]);
    assert_eq!(all["data"][1]["name"], "Anna");
    let administrator = all["data"][0]["id"].as_str().unwrap();
    assert!(refused(&["account", "disable", administrator]).contains("administer"));
    let invited = ask(&["account", "invite", &id]);
    assert!(invited["secret"].as_str().unwrap().starts_with("bcni_"), "{invited}");
    assert_eq!(ask(&["account", "sign-out", &id]), Value::Null);
    assert!(!refused(&["account", "forget-device", &id]).is_empty(), "there is none");
    assert_eq!(ask(&["account", "erase", &id])["erased"], true);
    assert!(!refused(&["account", "erase", &id]).is_empty());

    let key = ask(&["partner", "create", "A site", "--per-minute", "60"]);
    assert!(key["secret"].as_str().unwrap().starts_with("bcnk_"), "{key}");
    assert_eq!(ask(&["partner", "list"])["data"][0]["per_minute"], 60);
    let key = key["id"].as_str().unwrap();
    assert_eq!(ask(&["partner", "revoke", key]), Value::Null);
    assert!(!refused(&["partner", "revoke", key]).is_empty());

    let set = ask(&["locale", "set", "fr", "--fallback", "en"]);
    assert_eq!(set["locales"].as_array().unwrap().last().unwrap()["fallback"], json!(["en"]));
    let set = ask(&["locale", "set", "fr", "--name", "Français"]);
    let french = set["locales"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&french["name"], &french["fallback"]), (&json!("Français"), &json!(["en"])));
    let set = ask(&["locale", "set", "fr", "--usual-fallback"]);
    assert_eq!(set["locales"].as_array().unwrap().last().unwrap()["fallback"], Value::Null);
    assert!(refused(&["locale", "set", "fr", "--fallback", "vo"]).contains("/locales"));
    assert!(ask(&["locale", "list"])["locales"].as_array().unwrap().len() > 1);
}

#[test]
fn a_stopped_store_is_administered() {
    let given = Given::with_content();
    let data = given.data();
    let with = |args: &[&str]| -> Vec<String> {
        args.iter().copied().chain(["--data", data]).map(str::to_owned).collect()
    };
    let borrowed = |args: &[String]| args.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let ask = |args: &[&str]| json_of(&borrowed(&with(args)).split('\n').collect::<Vec<_>>());
    let refused = |args: &[&str]| no(&borrowed(&with(args)).split('\n').collect::<Vec<_>>());
    go_through(&ask, &refused);
    let (outcome, said) = run(&["agency", "list", "--data", data]);
    outcome.unwrap();
    assert!(said.contains("line: en: Helpline, fr: Ligne"), "{said}");
    let (outcome, said) = run(&["locale", "list", "--data", data]);
    outcome.unwrap();
    assert!(said.contains("en English (default): en (usual)"), "{said}");
}

#[test]
fn a_running_server_is_administered_alike() {
    let given = Given::with_content();
    let data = given.data();
    let token = json_of(&["token", "create", "tests", "--data", data]);
    let token = token["secret"].as_str().unwrap().to_owned();
    let running = Running::over(data);
    let url = running.url();
    let with = |args: &[&str]| -> String {
        let all = args.iter().copied().chain(["--url", &url, "--token", &token]);
        all.collect::<Vec<_>>().join("\n")
    };
    let ask = |args: &[&str]| json_of(&with(args).split('\n').collect::<Vec<_>>());
    let refused = |args: &[&str]| no(&with(args).split('\n').collect::<Vec<_>>());
    go_through(&ask, &refused);
}
