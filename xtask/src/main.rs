//! `cargo xtask`: the project's chores, in Rust, so that they run wherever Beacon builds.
//!
//! This file reads the command line. What is checked stands in `checks`, what must be on the machine for it in
//! `tools`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner speaks to the terminal"
)]

mod checks;
mod process;
mod summary;
mod tally;
mod tools;
mod tree;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
cargo xtask test            install what the tests need, run every check that CI runs, show all that fails
cargo xtask test FILTER…    run only the tests whose names contain one FILTER

A check that lacks its tool is skipped with a word why; with CI set it fails.
CARGO_TARGET_DIR is respected; tools are kept in its folder `tools`.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((command, filters)) if command == "test" => test(filters),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the checks and says whether all of them passed.
fn test(filters: &[String]) -> anyhow::Result<bool> {
    if let Some(option) = filters.iter().find(|filter| filter.starts_with('-')) {
        anyhow::bail!(
            "{option} is no filter; for options of the test runner use `cargo test`\n\n{USAGE}"
        );
    }
    let workspace = Workspace::find()?;
    let reports = checks::run(&workspace, filters);
    println!("\n{}", summary::table(&reports));
    println!("{}", summary::closing_line(&reports));
    Ok(summary::all_passed(&reports, workspace.in_ci))
}
