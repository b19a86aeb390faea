//! `cms translation`: on a stopped store, and on a running server.

use std::fs;

use serde_json::{Value, json};

use super::{Given, Running, json_of, no, run, text};

#[test]
fn the_state_of_translations_is_told_as_a_table_as_json_and_as_csv() {
    let given = Given::with_content();
    let data = given.data();
    let here = json_of(&["translation", "status", "--data", data]);
    let rows = here["data"].as_array().unwrap();
    let sum = |name: &str| rows.iter().filter_map(|row| row[name].as_u64()).sum::<u64>();
    assert!(sum("entries") > 0, "{here}");
    assert_eq!(
        sum("entries"),
        sum("current") + sum("outdated") + sum("outdated_by_safety") + sum("missing")
    );
    let (outcome, said) = run(&["translation", "status", "--data", data]);
    outcome.unwrap();
    assert!(said.starts_with("locale "), "{said}");
    let (outcome, csv) = run(&["translation", "status", "--csv", "--data", data]);
    outcome.unwrap();
    assert_eq!(csv.trim_end().lines().count(), rows.len() + 1);

    let token = json_of(&["token", "create", "tests", "--data", data]);
    let token = token["secret"].as_str().unwrap().to_owned();
    let running = Running::over(data);
    let url = running.url();
    let there = json_of(&["translation", "status", "--url", &url, "--token", &token]);
    assert_eq!(there, here);
    let locale = rows[0]["locale"].as_str().unwrap();
    let one =
        ["translation", "status", "--locale", locale, "--url", &url, "--token", token.as_str()];
    let is_of_it = |row: &Value| row["locale"] == locale;
    assert!(json_of(&one)["data"].as_array().unwrap().iter().all(is_of_it));
}

#[test]
fn a_glossary_goes_out_and_in_and_a_memory_is_forgotten_here_and_there() {
    let given = Given::with_content();
    let data = given.data();
    let token = json_of(&["token", "create", "tests", "--data", data]);
    let token = token["secret"].as_str().unwrap().to_owned();
    let [csv, tbx, bad, tmx] =
        ["a.csv", "a.tbx", "bad.csv", "old.tmx"].map(|name| given.path(name));
    fs::write(&csv, "key,locale,term\na,en,victim\na,fr,victime\n").unwrap();
    fs::write(&bad, "key,locale,term\na,en,victim\na,xx,victime\n").unwrap();
    let unit = "<tu><tuv xml:lang=\"en\"><seg>Stop</seg></tuv><tuv xml:lang=\"fr\"><seg>Halte</seg></tuv></tu>";
    let memory = format!("<tmx version=\"1.4\"><header/><body>{unit}</body></tmx>");
    fs::write(&tmx, memory).unwrap();
    let round = |asked: &[&str], created: u64| {
        let ask = |args: &[&str]| json_of(&[&["translation"], args, asked].concat());
        let dry = ask(&["glossary", "import", text(&csv), "--dry-run"]);
        assert_eq!(dry["created"], created, "{dry}");
        let report = ask(&["glossary", "import", text(&csv)]);
        assert_eq!(
            (&report["terms"], &report["created"]),
            (&json!(1), &json!(created)),
            "{report}"
        );
        let out = ask(&["glossary", "export", "--out", text(&tbx)]);
        assert_eq!(out["terms"], 1);
        let back = ask(&["glossary", "import", text(&tbx)]);
        assert_eq!(back["unchanged"], 1, "{back}");
        let reason = no(&[&["translation", "glossary", "import", text(&bad)], asked].concat());
        assert!(reason.contains("/lines/3: xx isn't one of"), "{reason}");
        assert_eq!(ask(&["remember", text(&tmx), "--to", "fr", "--name", "a/b c"])["pairs"], 1);
        // The memory follows in its own time.
        for _ in 0..500 {
            if ask(&["memories"])["data"].as_array().is_some_and(|all| !all.is_empty()) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(ask(&["memories"])["data"][0]["name"], "a/b c");
        assert_eq!(ask(&["forget", "a/b c"])["forgotten"], "a/b c");
        let reason = no(&[&["translation", "forget", "never"], asked].concat());
        assert!(reason.contains("never"), "{reason}");
    };
    round(&["--data", data], 1);
    let running = Running::over(data);
    round(&["--url", &running.url(), "--token", &token], 0);
}
