//! The `cms` command: see `cli/` for what it does.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::run()
}
