//! The rules of the house that no compiler and no lint keeps, checked over all files of the repository.
//!
//! A fault is a sentence that names the file and says what to do. What a rule means by "code" is
//! source text without comments and literals (`code`); a sentence about sled may stand anywhere, its
//! name in code may not.

use std::collections::BTreeSet;

use code::{line_of, paths, strip, words};
use files::File;

mod code;
pub(crate) mod files;
mod floors;
mod links;

/// The one home of each engine's crate, below `cms-core/src`. Other members of the workspace do not
/// depend on engines at all.
const HOMES: &[(&str, &str)] = &[
    ("sled", "store"),
    ("tantivy", "search"),
    ("comrak", "markdown"),
    ("ammonia", "markdown"),
    ("image", "media"),
    ("jpeg_encoder", "media"),
    ("moxcms", "media"),
    ("object_store", "media"),
    ("ravif", "media"),
    ("re_rav1d", "media"),
    ("webp", "media"),
];

/// What the core leaves to the server: the environment, printing, HTTP. Time comes from a clock.
const NOT_IN_CORE: &[&str] = &[
    "std::env",
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "SystemTime::now",
    "rocket",
    "reqwest",
    "hyper",
    "axum",
];

/// Marks of work that is not done.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "#[ignore"];

/// The longest a file of code may be.
const MOST_LINES: usize = 500;

fn sources() -> impl Iterator<Item = &'static File> {
    files::all().iter().filter(|file| file.has_ending("rs"))
}

fn in_core(file: &File) -> bool {
    file.path.starts_with("cms-core/src/")
}

#[track_caller]
fn assert_none(faults: impl IntoIterator<Item = String>) {
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Each place in a file's code where one of `banned` stands.
fn mentions(file: &File, banned: &[&str], advice: &str) -> Vec<String> {
    let code = strip(&file.text);
    let found = banned.iter().flat_map(|banned| words(&code, banned).map(move |at| (at, banned)));
    found
        .map(|(at, banned)| format!("{}:{}: {banned}: {advice}", file.path, line_of(&code, at)))
        .collect()
}

fn engine_faults(file: &File) -> Vec<String> {
    let Some(path) = file.path.strip_prefix("cms-core/src/") else { return Vec::new() };
    let home_of_file = path.split(['/', '.']).next();
    let code = strip(&file.text);
    let mut faults = Vec::new();
    for (engine, home) in HOMES {
        if home_of_file != Some(home) {
            let advice = format!("only {home} may name {engine}; ask it for what you need");
            let places = paths(&code, engine).map(|at| line_of(&code, at));
            faults.extend(places.map(|line| format!("{}:{line}: {advice}", file.path)));
        }
    }
    faults
}

/// The engines that a member's manifest depends on, other than the core's and the list of versions.
fn engine_dependencies(file: &File) -> Vec<String> {
    let may = ["Cargo.toml", "cms-core/Cargo.toml"].contains(&file.path.as_str());
    if may || !file.path.ends_with("Cargo.toml") {
        return Vec::new();
    }
    let names = file.text.lines().filter_map(|line| line.split([' ', '.', '=']).next());
    let engines = names.filter(|name| HOMES.iter().any(|(engine, _)| engine == name));
    engines.map(|name| format!("{}: {name} is the core's own; ask the core", file.path)).collect()
}

fn core_faults(file: &File) -> Vec<String> {
    let clock = file.path == "cms-core/src/clock.rs";
    let banned: Vec<&str> = NOT_IN_CORE
        .iter()
        .filter(|word| !(clock && **word == "SystemTime::now"))
        .copied()
        .collect();
    mentions(
        file,
        &banned,
        "the core has no environment, no printing, no HTTP and no time of its own",
    )
}

/// Paths that exist on one machine only, as they would stand in a file.
fn machine_paths() -> [String; 4] {
    ["/wo~rk/", "/ho~me/", "/ro~ot/", "../sha~red"].map(|path| path.replace('~', ""))
}

fn machine_faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    for path in machine_paths() {
        for (at, _) in file.text.match_indices(&path) {
            // `https://example.org/home/` is an address, not a path of this machine.
            let before = file.text[..at].chars().next_back();
            if !before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '.' | '}'))
            {
                let line = line_of(&file.text, at);
                faults.push(format!("{}:{line}: {path} exists on one machine only", file.path));
            }
        }
    }
    faults
}

#[test]
fn each_file_of_the_integration_tests_is_named_in_main() {
    let main = files::named("tests/it/main.rs");
    let code = strip(&main.text);
    let named: BTreeSet<&str> = code
        .lines()
        .filter_map(|line| line.trim().strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert_none(files::all().iter().filter_map(|file| {
        let name = file.path.strip_prefix("tests/it/")?.strip_suffix(".rs")?;
        let forgotten = !name.contains('/') && name != "main" && !named.contains(name);
        forgotten
            .then(|| format!("{}: never runs: add `mod {name};` to tests/it/main.rs", file.path))
    }));
}

#[test]
fn each_engine_is_named_only_in_its_home() {
    assert_none(sources().flat_map(engine_faults));
    let planted =
        File::new("cms-core/src/commands/publish.rs", "//! .\nuse sled::Db;\nlet image = 1;");
    assert_eq!(engine_faults(&planted).len(), 1);
    let at_home = File::new("cms-core/src/store/sled.rs", "use sled::Db;");
    assert_none(engine_faults(&at_home));
    assert_none(files::all().iter().flat_map(engine_dependencies));
    let planted =
        File::new("cms-server/Cargo.toml", "[dependencies]\ntantivy = { version = \"1\" }");
    assert_eq!(engine_dependencies(&planted).len(), 1);
}

#[test]
fn the_core_knows_no_http_no_environment_no_printing_and_no_time() {
    assert_none(sources().filter(|file| in_core(file)).flat_map(core_faults));
    let planted = "use std::env; // println!\nfn f() { println!(\"rocket\"); SystemTime::now(); }";
    assert_eq!(core_faults(&File::new("cms-core/src/cms.rs", planted)).len(), 3);
    assert_eq!(core_faults(&File::new("cms-core/src/clock.rs", planted)).len(), 2);
}

#[test]
fn words_are_asked_for_with_their_locale_never_with_a_global_one() {
    let advice = "is global to the process: give `locale = …` with each `t!`";
    assert_none(sources().flat_map(|file| mentions(file, &["set_locale"], advice)));
}

#[test]
fn a_file_imports_only_from_floors_below_and_rooms_do_not_see_each_other() {
    assert_none(sources().flat_map(floors::faults));
}

#[test]
fn a_file_of_code_has_at_most_500_lines() {
    assert_none(sources().filter_map(|file| {
        let lines = file.text.lines().count();
        let advice = "split it by what its parts are for";
        (lines > MOST_LINES).then(|| format!("{}: {lines} lines: {advice}", file.path))
    }));
}

#[test]
fn each_source_file_says_first_what_it_is_for() {
    assert_none(sources().filter(|file| !file.text.starts_with("//! ")).map(|file| {
        format!(
            "{}: starts without `//!`: what is it for, what does it leave to others?",
            file.path
        )
    }));
}

#[test]
fn nothing_is_marked_as_unfinished() {
    let advice = "finish it or leave it out";
    assert_none(sources().flat_map(|file| mentions(file, UNFINISHED, advice)));
    let planted =
        File::new("a.rs", "#[ignore = \"slow\"]\nfn f() { todo!(); my_todo!() } // todo!()");
    assert_eq!(mentions(&planted, UNFINISHED, advice).len(), 2);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    assert_none(files::all().iter().flat_map(machine_faults));
    let [first, .., last] = machine_paths();
    assert_eq!(machine_faults(&File::new("a.md", &format!("see {first}x and {last}"))).len(), 2);
    assert_none(machine_faults(&File::new("a.md", &format!("https://example.org{first}"))));
}

#[test]
fn each_relative_link_of_a_page_leads_to_a_file() {
    assert_none(files::all().iter().filter(|file| file.has_ending("md")).flat_map(links::faults));
}

#[test]
fn the_versions_of_all_dependencies_are_committed() {
    assert!(files::tracked().contains("Cargo.lock"), "Cargo.lock is not tracked");
}

/// What is wrong with the names and titles of the decisions: a number each, in the name and in the title.
fn decision_faults(files: &[&File]) -> Vec<String> {
    let mut numbers = BTreeSet::new();
    let mut faults = Vec::new();
    for file in files {
        let name = file.path.trim_start_matches("docs/decisions/");
        let digits = name.split('-').next().unwrap_or_default();
        let number = digits.parse::<u32>().ok().filter(|_| digits.len() == 4);
        let Some(number) = number else {
            faults.push(format!("{}: its name begins with a number of four digits", file.path));
            continue;
        };
        if !numbers.insert(number) {
            faults.push(format!("{}: another decision has this number", file.path));
        }
        if !file.text.starts_with(&format!("# {number}. ")) {
            faults.push(format!("{}: its title begins with `# {number}. `", file.path));
        }
    }
    faults
}

#[test]
fn each_decision_has_a_number_of_its_own() {
    let decisions: Vec<_> = files::all()
        .iter()
        .filter(|file| file.path.starts_with("docs/decisions/") && file.has_ending("md"))
        .collect();
    assert!(decisions.len() > 5);
    assert_none(decision_faults(&decisions));
    let wrong = [
        File::new("docs/decisions/0001-a.md", "# 1. A"),
        File::new("docs/decisions/0001-b.md", "# 1. B"),
        File::new("docs/decisions/c.md", "# C"),
        File::new("docs/decisions/0002-d.md", "# D"),
    ];
    assert_eq!(decision_faults(&wrong.iter().collect::<Vec<_>>()).len(), 3);
}

/// Tables with a number that another one has: each would read the other's rows.
fn repeated_tables(files: &[&File]) -> Vec<String> {
    let mut numbers = BTreeSet::new();
    let mut faults = Vec::new();
    for file in files {
        for table in file.text.split("Table::new(").skip(1) {
            let number = table.split(',').next().unwrap_or_default().trim();
            if number.starts_with("0x") && !numbers.insert(number.to_owned()) {
                faults.push(format!("{}: another table has the number {number}", file.path));
            }
        }
    }
    faults
}

#[test]
fn each_table_has_a_number_of_its_own() {
    let followers: Vec<_> = files::all()
        .iter()
        .filter(|file| file.path.starts_with("cms-core/src/followers/") && file.has_ending("rs"))
        .collect();
    assert_none(repeated_tables(&followers));
    let wrong = File::new("a.rs", "Table::new(0x01, \"a\"); Table::new(\n    0x01, \"b\")");
    assert_eq!(repeated_tables(&[&wrong]).len(), 1);
}
