//! Commands as a person or a script uses them: arguments in, outcome and output out. Those that ask a
//! running server ask a real one, on loopback.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use clap::Parser as _;
use cms_server::{config::Config, launch};
use rocket::fairing::AdHoc;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Cms, Failure, Global, act, store};

mod administer;
mod audit;
mod directories;
mod media;
mod release;
mod translation;

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What commands print in tests goes here.
pub(crate) fn say(line: impl fmt::Display) {
    SAID.with_borrow_mut(|said| writeln!(said, "{line}").unwrap());
}

/// Runs a command line; gives the outcome and what was printed.
fn run(args: &[&str]) -> (Result<(), Failure>, String) {
    SAID.take();
    let cms = Cms::try_parse_from([&["cms"], args].concat()).unwrap();
    (act(&cms), SAID.take())
}

/// Runs a command that goes well, with `--json`.
fn json_of(args: &[&str]) -> Value {
    let (outcome, said) = run(&[args, &["--json"]].concat());
    outcome.unwrap();
    serde_json::from_str(&said).unwrap_or(Value::Null)
}

/// What a command complains of, when the answer is no.
fn no(args: &[&str]) -> String {
    match run(args).0 {
        Err(Failure::No(reason)) => reason,
        other => panic!("{args:?}: {other:?}"),
    }
}

/// What a command complains of, when it doesn't work.
fn failed(args: &[&str]) -> String {
    match run(args).0 {
        Err(Failure::Failed(error)) => format!("{error:#}"),
        other => panic!("{args:?}: {other:?}"),
    }
}

/// What all commands take, for a store in a folder.
fn global_of(data: &Path) -> Global {
    Global { data: data.to_owned(), schemas: None, config: None, json: false }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Three lines: a page in two languages, and a topic that it refers to.
fn lines() -> String {
    let line = |value: Value| format!("{value}\n");
    line(json!({
        "type": "topic", "key": "t", "source_locale": "en", "locale": "en", "status": "published",
        "fields": { "title": "Scams" }
    })) + &line(json!({
        "type": "guidance", "key": "g", "source_locale": "en", "locale": "en", "status": "published",
        "shared": { "topics": ["key:t"] }, "fields": { "title": "Phishing", "body": "Don't **click**." }
    })) + &line(json!({
        "type": "guidance", "key": "g", "source_locale": "en", "locale": "fr", "status": "published",
        "fields": { "title": "Hameçonnage", "body": "Ne cliquez pas." }
    }))
}

/// A folder with a store in it, and files to import.
struct Given {
    folder: TempDir,
}

impl Given {
    fn new() -> Self {
        let given = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(given.path("lines.jsonl"), lines()).unwrap();
        given
    }

    fn with_content() -> Self {
        let given = Self::new();
        let report = json_of(&["import", text(&given.path("lines.jsonl")), "--data", given.data()]);
        assert_eq!(report["accepted"], 3, "{report}");
        given
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> &str {
        Box::leak(text(&self.path("data")).to_owned().into_boxed_str())
    }
}

/// A server over a store, on a port of its own.
struct Running {
    address: SocketAddr,
    shutdown: rocket::Shutdown,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    fn over(data: &str) -> Self {
        let data = PathBuf::from(data);
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
            store::runtime(2).unwrap().block_on(async {
                let cms = store::open_as_it_is(&global_of(&data)).await.unwrap();
                let liftoff = AdHoc::on_liftoff("Tell", move |rocket| {
                    let address = (rocket.config().address, rocket.config().port).into();
                    tell.send((address, rocket.shutdown())).unwrap();
                    Box::pin(async {})
                });
                let rocket = cms_server::rocket(&config, &cms).unwrap().attach(liftoff);
                launch::launch(rocket).await.unwrap();
            });
        });
        let (address, shutdown) = told.recv().unwrap();
        Self { address, shutdown, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn files_of(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|item| item.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_command_that_only_looks_makes_no_store() {
    let given = Given::new();
    for args in [
        &["verify"][..],
        &["backup", "b"],
        &["export", "e"],
        &["compact"],
        &["rebuild"],
        &["types", "list"],
        &["locales", "list"],
        &["token", "list"],
        &["account", "list"],
        &["audit", "verify"],
        &["audit", "checkpoint"],
        &["audit", "prove", "1"],
        &["audit", "keys", "list"],
        &["audit", "list"],
    ] {
        let folder = text(&given.path("e")).to_owned();
        let args: Vec<_> =
            args.iter().map(|arg| if *arg == "e" { folder.as_str() } else { *arg }).collect();
        let reason = no(&[&args[..], &["--data", given.data()]].concat());
        assert!(reason.contains("there is no store"), "{args:?}: {reason}");
    }
    assert!(!Path::new(given.data()).exists());
}

#[test]
fn a_store_is_verified_backed_up_compacted_and_restored() {
    let given = Given::with_content();
    let (backup, other) = (given.path("backup"), given.path("other"));
    let sound = json_of(&["verify", "--data", given.data()]);
    assert_eq!((&sound["damage"], &sound["faults"]), (&json!([]), &json!([])), "{sound}");
    assert_eq!((&sound["entries"], &sound["heads"]), (&json!(2), &json!(4)), "{sound}");

    let first = json_of(&["backup", text(&backup), "--data", given.data()]);
    assert_eq!((&first["first"], &first["last"]), (&json!(1), &sound["events"]));
    let again = json_of(&["backup", text(&backup), "--data", given.data()]);
    assert_eq!(again["bytes"], 0);

    let compacted = json_of(&["compact", "--data", given.data()]);
    assert_eq!(compacted["events"], sound["events"]);
    let restored = json_of(&["restore", text(&backup), "--data", text(&other)]);
    assert_eq!((&restored["root"], &restored["epoch"]), (&sound["root"], &json!(2)));
    let reason = no(&["restore", text(&backup), "--data", text(&other)]);
    assert!(reason.contains("is not empty"), "{reason}");
    let reason = no(&["restore", text(&given.path("nowhere")), "--data", text(&given.path("x"))]);
    assert!(reason.contains("holds no backup"), "{reason}");

    for folder in [given.data(), text(&other)] {
        let after = json_of(&["verify", "--data", folder]);
        assert_eq!((&after["root"], &after["faults"]), (&sound["root"], &json!([])));
    }
    for (folder, into) in [(given.data(), "one"), (text(&other), "two")] {
        json_of(&["export", text(&given.path(into)), "--data", folder]);
    }
    assert_eq!(files_of(&given.path("one")), files_of(&given.path("two")));
}

#[test]
fn damage_is_named_and_the_answer_is_no() {
    let given = Given::with_content();
    let events = fs::read_dir(Path::new(given.data()).join("log")).unwrap();
    let mut events = events.map(|item| item.unwrap().path());
    let events = events.find(|path| text(path).contains("events-")).unwrap();
    let file = events.join("db");
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(6).position(|window| window == b"{\"numb").unwrap();
    bytes[at + 3] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (outcome, _) = run(&["verify", "--data", given.data()]);
    let Err(Failure::No(reason)) = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("damaged"), "{reason}");
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    let given = Given::with_content();
    let running = Running::over(given.data());
    let into = given.path("into");
    for args in [
        &["verify"][..],
        &["backup", text(&into)],
        &["compact"],
        &["export", text(&into)],
        &["rebuild"],
        &["token", "list"],
        &["import", text(&given.path("lines.jsonl"))],
    ] {
        let reason = failed(&[args, &["--data", given.data()]].concat());
        let expected =
            "another process has the store: stop it, or ask the server that has it with --url";
        assert!(reason.contains(expected) && reason.contains("in use"), "{args:?}: {reason}");
    }
    assert!(reqwest_ready(&running), "the server goes on");
}

fn reqwest_ready(running: &Running) -> bool {
    run(&["health", "--url", &running.url()]).0.is_ok()
}

#[test]
fn a_running_server_imports_exports_and_backs_up() {
    let given = Given::with_content();
    let token = json_of(&["token", "create", "tests", "--data", given.data()]);
    let token = token["secret"].as_str().unwrap().to_owned();
    json_of(&["export", text(&given.path("before")), "--data", given.data()]);
    let backup = given.path("backup");
    let root = {
        let running = Running::over(given.data());
        let asked = ["--url", &running.url(), "--token", &token].map(str::to_owned);
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        let ask = |args: &[&str]| json_of(&[args, &asked].concat());

        let again = ask(&["import", text(&given.path("lines.jsonl"))]);
        assert_eq!((&again["accepted"], &again["unchanged"]), (&json!(0), &json!(3)), "{again}");
        ask(&["export", text(&given.path("there"))]);
        assert_eq!(files_of(&given.path("before")), files_of(&given.path("there")));

        let first = ask(&["backup", text(&backup)]);
        assert_eq!(first["first"], 1);
        let more = given.path("more.jsonl");
        let line = json!({
            "type": "topic", "key": "u", "source_locale": "en", "locale": "en",
            "status": "published", "fields": { "title": "Privacy" }
        });
        fs::write(&more, format!("{line}\n{{\"type\":\"nothing\"}}\n")).unwrap();
        let reason = no(&[&["import", text(&more)], &asked[..]].concat());
        assert_eq!(reason, "1 of 2 lines were refused");
        let second = ask(&["backup", text(&backup)]);
        assert_eq!(second["first"], json!(first["last"].as_u64().unwrap() + 1));
        assert!(second["last"].as_u64() > second["first"].as_u64(), "{second}");
        let idle = ask(&["backup", text(&backup)]);
        assert_eq!(idle["bytes"], 0);
        ask(&["rebuild"]);

        let bad = ["--url", &running.url(), "--token", "bcn_not-a-token"].map(str::to_owned);
        let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
        let reason = no(&[&["export", text(&given.path("x"))], &bad[..]].concat());
        assert!(reason.starts_with("Who are you?"), "{reason}");
        second["last"].clone()
    };
    let other = given.path("other");
    let restored = json_of(&["restore", text(&backup), "--data", text(&other)]);
    assert_eq!(restored["events"], root);
    for (folder, into) in [(given.data(), "one"), (text(&other), "two")] {
        json_of(&["export", text(&given.path(into)), "--data", folder]);
    }
    assert_eq!(files_of(&given.path("one")), files_of(&given.path("two")));
    assert_eq!(json_of(&["token", "list", "--data", text(&other)])["data"], json!([]));
}

#[test]
fn another_history_is_not_added_to_a_backup() {
    let (one, two) = (Given::with_content(), Given::with_content());
    let token = json_of(&["token", "create", "tests", "--data", two.data()]);
    let backup = one.path("backup");
    json_of(&["backup", text(&backup), "--data", one.data()]);
    let reason = no(&["backup", text(&backup), "--data", two.data()]);
    assert!(reason.contains("of another history"), "{reason}");
    let running = Running::over(two.data());
    let secret = token["secret"].as_str().unwrap();
    let reason = no(&["backup", text(&backup), "--url", &running.url(), "--token", secret]);
    assert!(reason.contains("restored from an older state"), "{reason}");
}

#[test]
fn the_first_token_is_exchanged_once() {
    let given = Given::with_content();
    let first = store::runtime(1).unwrap().block_on(async {
        let cms = store::open_as_it_is(&global_of(Path::new(given.data()))).await.unwrap();
        cms.offer_first_token().await.unwrap().unwrap().secret.reveal().to_owned()
    });
    let running = Running::over(given.data());
    let create = ["token", "create", "my own", "--url", &running.url(), "--token", &first]
        .map(str::to_owned);
    let create: Vec<&str> = create.iter().map(String::as_str).collect();
    let own = json_of(&create);
    let reason = no(&create);
    assert!(reason.starts_with("Who are you?"), "{reason}");
    let own = own["secret"].as_str().unwrap();
    let ask = |args: &[&str]| json_of(&[args, &["--url", &running.url(), "--token", own]].concat());
    let account = ask(&["account", "create", "translator", "--grant", "acts=read,write locale=fr"]);
    assert_eq!(account["grants"], json!([{ "acts": ["read", "write"], "locale": "fr" }]));
    let id = account["id"].as_str().unwrap();
    let theirs = ask(&["token", "create", "theirs", "--account", id]);
    assert_eq!(theirs["account"], account["id"]);
    let listed = ask(&["token", "list"]);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2, "{listed}");
    assert!(listed["data"][0]["last_used"].is_string(), "{listed}");
    ask(&["token", "revoke", theirs["id"].as_str().unwrap()]);
    assert_eq!(ask(&["token", "list"])["data"].as_array().unwrap().len(), 1);
}

#[test]
fn a_type_is_tried_before_it_is_changed() {
    let given = Given::with_content();
    let schema = given.path("topic.json");
    let shipped = cms_core::content_type::shipped();
    let (_, topic) =
        shipped.iter().find(|(_, file)| file.contains("\"x-type\": \"topic\"")).unwrap();
    fs::write(&schema, topic).unwrap();
    let check = json_of(&["types", "check", text(&schema)]);
    assert_eq!(check["files"][0]["type"], "topic");
    let plan = json_of(&["types", "plan", text(&schema), "--data", given.data()]);
    assert_eq!(plan["types"][0]["effect"], "unchanged");

    let mut narrower: Value = serde_json::from_str(topic).unwrap();
    narrower["properties"]["title"]["maxLength"] = json!(3);
    fs::write(&schema, narrower.to_string()).unwrap();
    let (outcome, said) = run(&["types", "plan", text(&schema), "--data", given.data(), "--json"]);
    assert!(matches!(outcome, Err(Failure::No(_))), "{outcome:?}");
    let plan: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(plan["types"][0]["effect"], "refused");
    assert_eq!(plan["types"][0]["hits"][0]["error"]["code"], "too_long");
    let list = json_of(&["types", "list", "--data", given.data()]);
    assert!(list["types"].as_array().unwrap().len() >= 10, "nothing was changed: {list}");

    fs::write(&schema, "{}").unwrap();
    let reason = no(&["types", "check", text(&schema)]);
    assert_eq!(reason, "1 of 1 files are no content types");
}

fn set<'a>(data: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["locales", "set"], args, &["--data", data]].concat()
}

#[test]
fn locales_get_chains_and_bad_ones_are_refused() {
    let given = Given::with_content();
    let data = given.data();
    let listed = json_of(&set(data, &["fr-CA", "--fallback", "fr,en"]));
    let quebec = &listed["locales"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(quebec["chain"], json!(["fr-CA", "fr", "en"]));
    let reason = no(&set(data, &["fr", "--fallback", "fr-CA"]));
    assert!(reason.contains("leads back"), "{reason}");
    let listed =
        json_of(&set(data, &["fr-CA", "--usual-fallback", "--name", "français québécois"]));
    let quebec = listed["locales"].as_array().unwrap().last().unwrap();
    assert_eq!(quebec["fallback"], Value::Null);
    assert_eq!(quebec["name"], "français québécois");
    let wrong = Cms::try_parse_from(["cms", "locales", "set", "klingon_"]);
    assert!(wrong.is_err());
}

#[test]
fn search_explains_what_a_text_becomes() {
    let thai = json_of(&["search", "explain", "--locale", "th", "แจ้งความ ๑๒๓"]);
    assert_eq!(thai["language"], "th");
    assert_eq!(thai["words"].as_array().unwrap().last().unwrap()["term"], "123");
    let (outcome, said) = run(&["search", "explain", "--locale", "fr", "--query", "l’école"]);
    outcome.unwrap();
    assert!(said.contains("stem snowball french") && said.contains("école → ecol"), "{said}");
}

#[test]
fn a_bench_of_search_ranks_the_passages_of_a_set() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let passages =
        "{\"id\":\"a\",\"text\":\"Report it.\"}\n{\"id\":\"b\",\"text\":\"Block it.\"}\n";
    fs::write(path("passages.jsonl"), passages).unwrap();
    fs::write(path("queries.jsonl"), "{\"id\":\"q\",\"text\":\"How do I block?\"}\n").unwrap();
    let (set, out) = (folder.path().display().to_string(), path("run").display().to_string());
    run(&["bench", "search", "--set", &set, "--locale", "en", "--out", &out]).0.unwrap();
    let line = fs::read_to_string(out).unwrap();
    assert_eq!(line, "{\"query_id\":\"q\",\"ranked\":[\"b\"]}\n");
    let missing = path("missing").display().to_string();
    let (outcome, _) =
        run(&["bench", "search", "--set", &missing, "--locale", "en", "--out", &missing]);
    assert!(matches!(outcome, Err(Failure::Failed(_))));
}
