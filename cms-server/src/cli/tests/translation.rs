//! `cms translation`: on a stopped store, and on a running server.

use serde_json::Value;

use super::{Given, Running, json_of, run};

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
