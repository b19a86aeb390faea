//! What keeps drafts from being published, one line each, and how many lack what.

use std::collections::BTreeMap;

use cms_core::commands::import::ImportReport;
use serde_json::{Value, json};

use crate::cli::output;

/// A draft's key, and what it lacks, as places with codes.
type Lacking = (String, Vec<String>);

/// For `--json`.
pub(super) fn as_json(report: &ImportReport) -> Value {
    let told = report.unready.iter().map(|unready| {
        json!({
            "line": unready.line, "type": unready.type_name, "key": unready.key, "errors": unready.violations,
        })
    });
    told.collect()
}

/// Says what an import of this process reports.
pub(super) fn say(report: &ImportReport) {
    let lacking = report.unready.iter().map(|unready| {
        let each = unready.violations.iter().map(|it| format!("{} {}", it.pointer, it.code));
        (format!("{} {}", unready.type_name, unready.key), each.collect())
    });
    say_all(lacking.collect());
}

/// Says what a server's import reports.
pub(super) fn say_told(report: &Value) {
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let unready = report.get("unready").and_then(Value::as_array).into_iter().flatten();
    let lacking = unready.map(|unready| {
        let errors = unready.get("errors").and_then(Value::as_array).into_iter().flatten();
        let each = errors.map(|it| format!("{} {}", text(it, "pointer"), text(it, "code")));
        (format!("{} {}", text(unready, "type"), text(unready, "key")), each.collect())
    });
    say_all(lacking.collect());
}

fn say_all(lacking: Vec<Lacking>) {
    if lacking.is_empty() {
        return;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, each) in &lacking {
        output::say(format_args!("not ready: {key}: {}", each.join(", ")));
        for it in each {
            *counts.entry(it).or_default() += 1;
        }
    }
    output::say(format_args!(
        "{} drafts can't be published as they are; they lack:",
        lacking.len()
    ));
    for (what, count) in counts {
        output::say(format_args!("  {count} {what}"));
    }
}
