//! What commands print: results on standard output, complaints and notes on standard error. A pipe that
//! nobody reads any more is no error.

use std::{
    fmt,
    io::{self, Write as _},
    time::Duration,
};

use cms_core::{locale::Locale, violation::Violation};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;

/// Prints a line of a result.
#[cfg(not(test))]
pub(crate) fn say(line: impl fmt::Display) {
    writeln!(io::stdout(), "{line}").ok();
}

#[cfg(test)]
pub(crate) use super::tests::say;

/// Prints something for the person who looks on, which is no result.
pub(crate) fn note(line: impl fmt::Display) {
    writeln!(io::stderr(), "{line}").ok();
}

/// Says why a command failed.
pub(crate) fn complain(failure: &Failure, as_json: bool) {
    let text = match failure {
        Failure::Failed(error) => format!("{error:#}"),
        Failure::Config(_) | Failure::No(_) => failure.to_string(),
    };
    if as_json {
        note(serde_json::json!({ "error": text }));
    } else {
        note(format_args!("cms: {text}"));
    }
}

/// A violation with its place, in words.
pub(crate) fn said(violation: &Violation) -> String {
    let facts: Vec<_> =
        violation.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let words =
        cms_core::words::text(&Locale::english(), &format!("violation.{}", violation.code), &facts);
    let place = if violation.pointer.is_empty() { "/" } else { &violation.pointer };
    format!("{place}: {words} ({})", violation.code)
}

/// A progress bar with a rate, on the terminal; `what` is counted.
pub(crate) fn bar(what: &str, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = format!("{{bar:40}} {{pos}}/{{len}} {what}, {{per_sec}}, {{eta}} left {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
