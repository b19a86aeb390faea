//! Directories of partners taken in as drafts, and where readers would be told to turn with them.

use std::fs;

use serde_json::json;

use super::{json_of, run};

/// A store, as the arguments that name it.
fn store(folder: &tempfile::TempDir) -> String {
    folder.path().join("store").to_str().unwrap().to_owned()
}

#[test]
fn services_of_a_partner_are_taken_in_as_drafts_and_what_they_lack_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.json");
    let services = json!([
        {"id": "s-1", "name": "Harbour", "status": "active", "phones": [{"id": "p", "number": "0117 496 0123"}, {"id": "q", "number": "?"}],
         "organization": {"id": "o-1", "name": "Harbour Trust", "description": "Harbour Trust"}},
        {"id": "s-2", "name": "Closed", "status": "defunct"},
    ]);
    fs::write(&file, services.to_string()).unwrap();
    let (data, file) = (store(&folder), file.to_str().unwrap().to_owned());
    let import = ["--data", &data, "import", "--format", "hsds", "--country", "GB", &file];
    let (outcome, said) = run(&import);
    outcome.unwrap();
    for expected in [
        "service s-1: /phones/1: it is no number that can be dialled",
        "1 services aren't active, and were left out",
        "not ready: route hsds/service/s-1: /fields/identity required",
        "1 drafts can't be published as they are",
        "2 lines: 2 landed",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let report = json_of(&import);
    assert_eq!(
        (&report["unchanged"], &report["unready"][0]["key"]),
        (&json!(2), &json!("hsds/service/s-1"))
    );
    // Readers don't get it; with drafts one sees where they would be told to turn.
    let told = json_of(&["--data", &data, "routes", "--country", "GB,FR", "--drafts"]);
    let first = &told["countries"][0][1]["routes"][0];
    assert_eq!(
        (&first["route"]["title"], &first["match_level"]),
        (&json!("Harbour"), &json!("country"))
    );
    assert_eq!(first["route"]["operator"]["organisation"]["title"], "Harbour Trust");
    assert_eq!(told["countries"][1][1]["fallback"]["reason"], "nothing_found");
    let published = json_of(&["--data", &data, "routes", "--country", "GB"]);
    assert_eq!(published["countries"][0][1]["routes"], json!([]));
    let (outcome, said) = run(&["--data", &data, "routes", "--country", "GB", "--drafts"]);
    outcome.unwrap();
    assert!(said.contains("| GB | ") && said.contains("Harbour (country, overdue)"), "{said}");
    for wrong in [
        vec!["--data", &*data, "routes", "--country", "XX"],
        vec!["--data", &*data, "routes", "--country", "GB", "--concern", "boredom"],
        vec!["--data", &*data, "import", "--format", "hsds", "/nowhere.json"],
    ] {
        assert!(run(&wrong).0.is_err(), "{wrong:?}");
    }
}

#[test]
fn organisations_of_a_directory_are_drafts_with_routes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("organisations.jsonl");
    let organisation = |id: &str, name: &str, more: serde_json::Value| {
        let mut line =
            json!({"id": id, "locale": "en-GB", "name": name, "country": "GB", "archived": false});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line.to_string()
    };
    let lines = [
        organisation(
            "a",
            "Here",
            json!({"regions": ["Wales"], "channels": [{"type": "url", "value": "https://here.example/"}]}),
        ),
        organisation(
            "b",
            "Plain",
            json!({"regions": [], "channels": [{"type": "url", "value": "http://plain.example/"}]}),
        ),
        organisation("c", "Gone", json!({"archived": true})),
    ];
    fs::write(&file, lines.join("\n")).unwrap();
    let (data, file) = (store(&folder), file.to_str().unwrap().to_owned());
    let report = json_of(&["--data", &data, "import", "--format", "corpus-jsonl", &file]);
    assert_eq!((&report["accepted"], &report["refused"]), (&json!(5), &json!([])));
    let lacking = |index: usize| {
        let unready = &report["unready"][index];
        let errors = unready["errors"].as_array().unwrap().iter();
        let places: Vec<_> = errors.map(|it| it["pointer"].as_str().unwrap().to_owned()).collect();
        (unready["key"].as_str().unwrap().to_owned(), places)
    };
    assert_eq!(lacking(0), ("a-route".to_owned(), vec!["/fields/identity".to_owned()]));
    let both = ["/fields/channels", "/fields/identity"].map(str::to_owned).to_vec();
    assert_eq!(lacking(1), ("b-route".to_owned(), both));
}

#[test]
fn no_page_shows_the_number_before_once_another_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = store(&folder);
    let args =
        ["--data", &data, "bench", "embeds", "--pages", "30", "--changes", "3", "--reads", "40"];
    let (outcome, said) = run(&args);
    outcome.unwrap();
    assert!(said.contains("0 of 123 answers had the number before"), "{said}");
}
