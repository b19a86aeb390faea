//! `cms release`: on a stopped store, and on a running server.

use serde_json::{Value, json};

use super::{Given, Running, json_of, no, run};

/// An entry with a draft in English, by a running server; gives `ENTRY/en`.
fn draft(running: &Running, token: &str, title: &str) -> String {
    super::store::runtime(1).unwrap().block_on(async {
        let client = reqwest::Client::new();
        let base = format!("{}/manage/v1/entries/guidance", running.url());
        let made = client.post(&base).bearer_auth(token).json(&json!({ "source_locale": "en" }));
        let made: Value = made.send().await.unwrap().json().await.unwrap();
        let id = made["id"].as_str().unwrap().to_owned();
        let saved = client.patch(format!("{base}/{id}/en")).bearer_auth(token);
        let body = json!({ "fields": { "title": title, "body": "Text." } });
        let saved = saved.header("If-Match", "\"0\"").json(&body).send().await.unwrap();
        assert!(saved.status().is_success());
        format!("{id}/en")
    })
}

#[test]
fn a_release_is_put_together_and_published() {
    let given = Given::with_content();
    let data = given.data();
    let token = json_of(&["token", "create", "tests", "--data", data]);
    let token = token["secret"].as_str().unwrap().to_owned();
    let release = {
        let running = Running::over(data);
        let asked = ["--url", &running.url(), "--token", &token].map(str::to_owned);
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let of = |args: &[&str]| [&["release"], args, &asked[..]].concat().join("\n");
        let ask = |args: &[&str]| json_of(&of(args).split('\n').collect::<Vec<_>>());
        let parts = ["One", "Two"].map(|title| draft(&running, &token, title));
        let release = ask(&["begin", "Friday"])["id"].as_str().unwrap().to_owned();
        let told = ask(&["add", &release, &parts[0], &parts[1]]);
        assert_eq!(told["items"].as_array().unwrap().len(), 2, "{told}");
        ask(&["check", &release]);
        let far = of(&["schedule", &release, "--at", "2099-01-01T00:00:00Z"]);
        assert!(no(&far.split('\n').collect::<Vec<_>>()).contains("/at"));
        let told = ask(&["remove", &release, &parts[1]]);
        assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
        release
    };
    let (outcome, said) = run(&["release", "show", &release, "--data", data]);
    outcome.unwrap();
    assert!(said.contains("Friday: open"), "{said}");
    let told = json_of(&["release", "publish", &release, "--data", data]);
    assert_eq!(told["state"], "published");
    assert!(no(&["release", "publish", &release, "--data", data]).contains("published"));
    let missing = "0190a0a0-0000-7000-8000-000000000000";
    assert!(no(&["release", "show", missing, "--data", data]).contains("no release"));
    assert_eq!(json_of(&["release", "list", "--data", data])["data"][0]["name"], "Friday");
}
