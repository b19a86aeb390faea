//! Files of assets on the command line: taken in, taken elsewhere, kept and let go of.
#![expect(
    clippy::string_slice,
    reason = "the texts of these tests are cut where their marks stand"
)]

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{Failure, Given, Running, failed, json_of, no, run, text};

/// A drawing that no other number gives.
fn drawing(number: u32) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"30\"><circle cx=\"9\" cy=\"9\" r=\"{number}\"/></svg>"
    )
}

/// A folder with two described drawings, captions, and a file that is none of these.
fn folder(given: &Given) -> String {
    let folder = given.path("pictures");
    fs::create_dir_all(folder.join("more")).unwrap();
    fs::write(folder.join("pier.svg"), drawing(1)).unwrap();
    let said =
        json!({ "alt": { "en": "A pier.", "fr": "Une jetée." }, "title": { "fr": "Jetée" } });
    fs::write(folder.join("pier.svg.json"), said.to_string()).unwrap();
    fs::write(folder.join("more/line.svg"), drawing(2)).unwrap();
    fs::write(folder.join("more/line.svg.json"), json!({ "decorative": true }).to_string())
        .unwrap();
    fs::write(folder.join("more/words.vtt"), "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n")
        .unwrap();
    text(&folder).to_owned()
}

fn import(given: &Given, folder: &str) -> Value {
    json_of(&["media", "import", folder, "--publish", "--data", given.data()])
}

/// Adds French, and takes the folder in.
fn given_assets() -> (Given, String) {
    let given = Given::new();
    let page = json!({
        "type": "page", "key": "p", "source_locale": "en", "locale": "en", "status": "published", "slug": "p",
        "shared": { "image": "key:pier.svg" }, "fields": { "title": "Page", "body": "{{asset:\"pier.svg\"}}" }
    });
    let french = json!({
        "type": "topic", "key": "t", "source_locale": "en", "locale": "fr", "status": "draft", "slug": "t",
        "fields": { "title": "Escroqueries" }
    });
    fs::write(given.path("fr.jsonl"), format!("{french}\n")).unwrap();
    fs::write(given.path("page.jsonl"), format!("{page}\n")).unwrap();
    json_of(&["import", text(&given.path("fr.jsonl")), "--data", given.data()]);
    let folder = folder(&given);
    let done = import(&given, &folder);
    assert_eq!((&done["made"], &done["refused"]), (&json!(3), &json!([])), "{done}");
    let report = json_of(&["import", text(&given.path("page.jsonl")), "--data", given.data()]);
    assert_eq!(report["accepted"], 1, "{report}");
    (given, folder)
}

/// All files below a folder, with what is in them.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_of_pictures_is_taken_in_once_and_again_only_where_it_changed() {
    let (given, folder) = given_assets();
    let again = import(&given, &folder);
    assert_eq!(
        (&again["unchanged"], &again["made"], &again["changed"]),
        (&json!(3), &json!(0), &json!(0))
    );
    fs::write(given.path("pictures/pier.svg"), drawing(7)).unwrap();
    fs::write(given.path("pictures/bad.png"), "no picture").unwrap();
    let (outcome, said) =
        run(&["media", "import", &folder, "--publish", "--json", "--data", given.data()]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert!(outcome.is_err());
    assert_eq!((&told["changed"], &told["unchanged"]), (&json!(1), &json!(2)), "{told}");
    assert_eq!(told["refused"][0]["file"], "bad.png");
    let (_, listed) = run(&["media", "list", "--data", given.data()]);
    assert!(listed.contains("pier.svg en,fr") && listed.ends_with("3 assets\n"), "{listed}");
}

#[test]
fn what_is_exported_with_its_files_comes_back_the_same() {
    let (given, _) = given_assets();
    let [first, second] = ["first", "second"].map(|name| given.path(name));
    let export = |data: &str, to: &Path| json_of(&["export", text(to), "--data", data]);
    assert_eq!(export(given.data(), &first)["files"], 3);
    assert_eq!(export(given.data(), &first)["files"], 0, "what is there is not copied again");
    let copy = given.path("copy");
    let lines: Vec<_> = ["asset", "page"].map(|name| first.join(format!("{name}.jsonl"))).into();
    let lines: Vec<&str> = lines.iter().map(|path| text(path)).collect();
    let report = json_of(&[&["import"], &lines[..], &["--data", text(&copy)]].concat());
    assert_eq!(report["refused"], json!([]), "{report}");
    export(text(&copy), &second);
    let only = |all: Vec<(String, Vec<u8>)>| -> Vec<_> {
        all.into_iter().filter(|(name, _)| name != "topic.jsonl").collect()
    };
    assert_eq!(only(contents(&first)), only(contents(&second)));

    // Without its file a line is refused, and so is a page that would show nothing.
    fs::remove_dir_all(first.join("media")).unwrap();
    let bare = given.path("bare");
    let (outcome, said) =
        run(&[&["import"], &lines[..], &["--json", "--data", text(&bare)]].concat());
    assert!(
        outcome.is_err() && said.contains("blob_missing") && said.contains("asset_unpublished"),
        "{said}"
    );
}

#[test]
fn a_backup_has_the_files_and_a_restored_store_is_whole() {
    let (given, folder) = given_assets();
    let backup = given.path("backup");
    let write_backup = || json_of(&["backup", text(&backup), "--data", given.data()]);
    assert_eq!(write_backup()["files"], 3);
    fs::write(given.path("pictures/new.svg"), drawing(9)).unwrap();
    fs::write(given.path("pictures/new.svg.json"), r#"{"decorative": true}"#).unwrap();
    import(&given, &folder);
    assert_eq!(write_backup()["files"], 1, "only what is new");
    let copy = given.path("copy");
    let restored = json_of(&["restore", text(&backup), "--data", text(&copy)]);
    assert_eq!(restored["files"], 4, "{restored}");
    let sound = json_of(&["verify", "--data", text(&copy)]);
    assert_eq!((&sound["files"], &sound["files_missing"]), (&json!(4), &json!([])), "{sound}");

    // A file that is lost or another than it was is named.
    let kept = contents(&copy.join("media/blobs"));
    let place = |name: &str| copy.join("media/blobs").join(&name[..2]).join(name);
    fs::remove_file(place(&kept[0].0)).unwrap();
    fs::write(place(&kept[1].0), "other").unwrap();
    let (outcome, said) = run(&["verify", "--data", text(&copy)]);
    assert!(outcome.is_err());
    assert!(said.contains(&format!("file {}: missing", kept[0].0)), "{said}");
    assert!(said.contains(&format!("file {}: damaged", kept[1].0)), "{said}");
    fs::write(backup.join("media").join(&kept[0].0), "other").unwrap();
    let told = no(&["restore", text(&backup), "--data", text(&given.path("third"))]);
    assert!(told.contains("damaged"), "{told}");
}

#[test]
fn only_bytes_that_no_revision_names_are_let_go_of() {
    let (given, folder) = given_assets();
    fs::write(given.path("pictures/pier.svg"), drawing(8)).unwrap();
    import(&given, &folder);
    let stray = given.path("data/media/blobs/ba");
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    fs::write(stray.join(digest), "abc").unwrap();
    let collect =
        |more: &[&str]| json_of(&[&["media", "collect"], more, &["--data", given.data()]].concat());
    let young = collect(&[]);
    assert_eq!(
        (&young["young"], &young["named"]),
        (&json!(1), &json!(4)),
        "replaced files are named by history"
    );
    let dry = collect(&["--older-than", "0", "--dry-run"]);
    assert_eq!(dry["removed"], json!([{ "digest": digest, "bytes": 3 }]));
    assert!(stray.join(digest).exists());
    collect(&["--older-than", "0"]);
    assert!(!stray.join(digest).exists());
    assert_eq!(json_of(&["verify", "--data", given.data()])["files_missing"], json!([]));
}

#[test]
fn a_folder_is_taken_in_by_a_running_server_as_by_a_store() {
    let (given, folder) = given_assets();
    let token = json_of(&["token", "create", "pictures", "--data", given.data()]);
    let secret = token["secret"].as_str().unwrap();
    let running = Running::over(given.data());
    let url = running.url();
    let asked = ["--publish", "--url", &url, "--token", secret];
    let send = || json_of(&[&["media", "import", &folder][..], &asked].concat());
    assert_eq!(send()["unchanged"], 3, "the server has all of it");

    fs::write(given.path("pictures/pier.svg"), drawing(7)).unwrap();
    fs::write(given.path("pictures/more/line.svg.json"), r#"{"alt": {"fr": "Une ligne."}}"#)
        .unwrap();
    // Larger than a piece.
    let padding = "% Nothing is said here.\n".repeat(250_000);
    let leaflet = format!("%PDF-1.7\n1 0 obj<</A/B>>endobj\n{padding}startxref\n9\n%%EOF\n");
    fs::write(given.path("pictures/leaflet.pdf"), leaflet).unwrap();
    let done = send();
    let told = ["made", "changed", "unchanged"].map(|name| done[name].as_u64().unwrap());
    assert_eq!(told, [1, 2, 1], "{done}");
    assert_eq!(send()["unchanged"], 4);

    fs::write(given.path("pictures/bad.png"), "no picture").unwrap();
    let (outcome, said) = run(&[&["media", "import", &folder, "--json"][..], &asked].concat());
    let told: Value = serde_json::from_str(&said).unwrap();
    assert!(outcome.is_err());
    assert_eq!(told["refused"][0]["file"], "bad.png", "{told}");
    let wrong = no(&["media", "import", &folder, "--url", &url, "--token", "nobody"]);
    assert!(wrong.contains("refused"), "{wrong}");
    drop(running);

    let (_, listed) = run(&["media", "list", "--data", given.data()]);
    assert!(listed.contains("application/pdf") && listed.ends_with("4 assets\n"), "{listed}");
    assert!(listed.contains("pier.svg en,fr") && listed.contains("line.svg en,fr"), "{listed}");
    assert_eq!(json_of(&["verify", "--data", given.data()])["files_missing"], json!([]));
}

#[test]
fn commands_keep_bytes_where_the_configuration_says() {
    let (given, folder) = given_assets();
    let config = given.path("cms.toml");
    let bucket =
        "[media.s3]\nbucket = 'assets'\nendpoint = 'http://127.0.0.1:9'\ntimeout_seconds = 1\n";
    let with = |more: &str| {
        fs::write(&config, format!("{bucket}{more}")).unwrap();
        ["--config", text(&config), "--data", given.data()]
    };
    let keys = "access_key_id = 'an-id'\nsecret_access_key = 'top-secret'\n";
    let (outcome, _) = run(&[&["verify"][..], &with("region = ''\n")].concat());
    assert!(matches!(outcome, Err(Failure::Config(_))), "{outcome:?}");
    // Nobody is there: it says so, and nothing of the folder is taken for it.
    let told = failed(&[&["verify"][..], &with(keys)].concat());
    assert!(told.contains("can't be reached") && !told.contains("top-secret"), "{told}");
    fs::write(given.path("pictures/new.svg"), drawing(9)).unwrap();
    let args = [&["media", "import", &folder, "--json"][..], &with(keys)].concat();
    let (outcome, said) = run(&args);
    assert!(outcome.is_err() && said.contains("can't be reached"), "{said}");
    assert!(!said.contains("top-secret"), "{said}");
    let (_, listed) = run(&["media", "list", "--data", given.data()]);
    assert!(listed.ends_with("3 assets\n"), "{listed}");
}
