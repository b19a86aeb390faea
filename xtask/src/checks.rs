//! The checks, in the order in which they run: quick ones first, the tests last. CI runs this list and no other.
//!
//! Warnings are denied by Clippy's and rustdoc's own arguments and never by `RUSTFLAGS`, so that all steps share
//! what was compiled.

use std::{
    env,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    process,
    summary::{Outcome, Report},
    tally::Tally,
    tools::Tools,
    tree::Tree,
    workspace::Workspace,
};

/// What the test harness reads: how many tests run at a time.
const TEST_THREADS: &str = "RUST_TEST_THREADS";
/// Most tests wait for the disk or for a deadline, and leave a core to others meanwhile.
const TESTS_PER_CORE: usize = 3;

/// Runs every check, or with filters only the tests that they name; goes on after a failure.
pub(crate) fn run(workspace: &Workspace, filters: &[String]) -> Vec<Report> {
    let before = Tree::read(workspace);
    let mut run = Run { workspace, tools: None, reports: Vec::new() };
    run.check("set up", |run| Ok(run.set_up()));
    if filters.is_empty() {
        run.check("format", |run| passes(&mut run.workspace.cargo(&["fmt", "--all", "--check"])));
        run.check("typos", |run| run.checker("typos", &["--config", "typos.toml", "."]));
        run.check("deny", |run| {
            run.checker("cargo-deny", &["--locked", "check", "bans", "licenses", "sources"])
        });
        run.check("clippy", clippy);
        run.check("doc", doc);
    }
    run.tests(filters);
    if filters.is_empty() {
        run.check("clean tree", |run| clean_tree(run.workspace, before));
    }
    run.reports
}

/// One run through the list.
struct Run<'a> {
    workspace: &'a Workspace,
    tools: Option<Tools>,
    reports: Vec<Report>,
}

impl Run<'_> {
    fn check(&mut self, name: &'static str, act: impl FnOnce(&mut Self) -> Result<Outcome>) {
        println!("\n=== {name} ===");
        let started = Instant::now();
        let outcome = act(self).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        self.report(name, outcome, started.elapsed(), None);
    }

    fn report(
        &mut self,
        name: &'static str,
        outcome: Outcome,
        took: Duration,
        tally: Option<Tally>,
    ) {
        if let Outcome::Failed(detail) | Outcome::Skipped(detail) = &outcome {
            println!("{name}: {detail}");
        }
        self.reports.push(Report { name, outcome, took, tally });
    }

    fn set_up(&mut self) -> Outcome {
        let tools = Tools::set_up(self.workspace);
        let missing = tools.missing.join("; ");
        self.tools = Some(tools);
        if missing.is_empty() { Outcome::Passed } else { Outcome::Skipped(missing) }
    }

    /// Runs a prebuilt checker, or says that it is not there.
    fn checker(&mut self, name: &str, arguments: &[&str]) -> Result<Outcome> {
        let Some(program) = self.tools.as_ref().and_then(|tools| tools.checker(name)) else {
            return Ok(Outcome::Skipped(format!("{name} is missing")));
        };
        passes(self.workspace.command(&program.to_string_lossy()).args(arguments))
    }

    /// All tests, doctests and examples of the workspace; the harness's own lines are shown as they come.
    fn tests(&mut self, filters: &[String]) {
        println!("\n=== test ===");
        let started = Instant::now();
        let mut command = self.workspace.cargo_with_many_files(&[
            "test",
            "--workspace",
            "--no-fail-fast",
            "--locked",
            "--",
        ]);
        command.args(filters);
        if env::var_os(TEST_THREADS).is_none() {
            command.env(TEST_THREADS, (cores() * TESTS_PER_CORE).to_string());
        }
        if let Some(tools) = &self.tools {
            tools.tell(&mut command);
        }
        let mut tally = Tally::default();
        let outcome = match process::watched(&mut command, |line| tally.see(line)) {
            Ok(status) if !status.success() => Outcome::Failed(format!("ended with {status}")),
            Ok(_) if tally == Tally::default() => Outcome::Failed("no test ran".to_owned()),
            Ok(_) => Outcome::Passed,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        self.report("test", outcome, started.elapsed(), Some(tally));
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn clippy(run: &mut Run<'_>) -> Result<Outcome> {
    passes(&mut run.workspace.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

fn doc(run: &mut Run<'_>) -> Result<Outcome> {
    let mut doc = run.workspace.cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
    ]);
    passes(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn clean_tree(workspace: &Workspace, before: Result<Tree>) -> Result<Outcome> {
    let before = match before {
        Ok(before) => before,
        Err(error) => return Ok(Outcome::Skipped(format!("no git checkout: {error:#}"))),
    };
    let fault = Tree::read(workspace)?.fault(&before, workspace.in_ci);
    Ok(fault.map_or(Outcome::Passed, Outcome::Failed))
}

/// Runs a command with its output shown.
fn passes(command: &mut Command) -> Result<Outcome> {
    println!("$ {}", process::name_of(command));
    let status = process::watched(command, |_| {})?;
    Ok(if status.success() {
        Outcome::Passed
    } else {
        Outcome::Failed(format!("ended with {status}"))
    })
}
