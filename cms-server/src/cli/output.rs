//! What commands print: results on standard output, complaints on standard error. A pipe that nobody
//! reads any more is no error.

use std::{
    fmt,
    io::{self, Write as _},
};

use super::Failure;

/// Prints a line of a result.
pub(crate) fn say(line: impl fmt::Display) {
    writeln!(io::stdout(), "{line}").ok();
}

/// Says why a command failed.
pub(crate) fn complain(failure: &Failure, as_json: bool) {
    let text = match failure {
        Failure::Failed(error) => format!("{error:#}"),
        Failure::Config(_) | Failure::No(_) => failure.to_string(),
    };
    if as_json {
        writeln!(io::stderr(), "{}", serde_json::json!({ "error": text })).ok();
    } else {
        writeln!(io::stderr(), "cms: {text}").ok();
    }
}
