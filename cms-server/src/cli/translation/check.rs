//! `cms translation check`: what checks find in translations, one by one, and how often by check.
#![expect(clippy::struct_excessive_bools, reason = "they are flags of a command line")]

use std::collections::BTreeMap;

use clap::Args;
use cms_core::{Cms, id::EntryId, locale::Locale, quality::Check, queries::checks::Wanted};
use cms_server::{management::checks::CheckReport, message::Reader};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::{
    Failure, Global, output,
    remote::Server,
    store::{self, administrator},
};

/// How much of a text is shown, in characters.
const SHOWN: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct Checking {
    /// Only translations into this locale.
    #[arg(long)]
    locale: Option<String>,
    /// Only those of entries of this type.
    #[arg(long = "type")]
    type_name: Option<String>,
    /// Only those of this entry, by its id.
    #[arg(long)]
    entry: Option<String>,
    /// Only what keeps a translation from being published.
    #[arg(long)]
    errors: bool,
    /// Check what readers get, instead of the newest drafts.
    #[arg(long)]
    live: bool,
    /// Tell how often each check finds something, and not each finding.
    #[arg(long)]
    summary: bool,
    /// Fail if there is an error.
    #[arg(long)]
    strict: bool,
}

impl Checking {
    pub(super) fn run(&self, global: &Global, server: Option<&Server>) -> Result<(), Failure> {
        let report = store::runtime(2)?.block_on(async {
            if let Some(server) = server {
                server.json(Method::GET, &self.path(), None).await
            } else {
                store::check_exists(&global.data)?;
                self.look(&store::open_as_it_is(global).await?).await
            }
        })?;
        let found = |level: &str| {
            let data = report.get("data").and_then(Value::as_array).into_iter().flatten();
            data.filter(|it| it.get("level").and_then(Value::as_str) == Some(level)).count()
        };
        if global.json {
            output::say(if self.summary { summary(&report) } else { report.clone() });
        } else {
            self.tell(&report);
        }
        match found("error") {
            errors if errors > 0 && self.strict => {
                Err(anyhow::anyhow!("{errors} errors in translations").into())
            }
            _ => Ok(()),
        }
    }

    fn path(&self) -> String {
        let mut query = vec![];
        let texts = [("into", &self.locale), ("type", &self.type_name), ("entry", &self.entry)];
        for (name, text) in texts {
            query.extend(text.iter().map(|text| format!("{name}={text}")));
        }
        query.extend(self.errors.then(|| "level=error".to_owned()));
        query.extend(self.live.then(|| "target=live".to_owned()));
        format!("/manage/v1/translations/checks?{}", query.join("&"))
    }

    async fn look(&self, cms: &Cms) -> Result<Value, Failure> {
        let failed = |what: &str| Failure::from(anyhow::anyhow!("{what}"));
        let locale = self.locale.as_deref().map(Locale::parse).transpose();
        let entry = self.entry.as_deref().map(str::parse::<EntryId>).transpose();
        let type_name = self.type_name.as_deref().map(str::parse).transpose();
        let wanted = Wanted {
            locale: locale.map_err(|_| failed("--locale: not a BCP 47 language tag"))?,
            type_name: type_name.map_err(|_| failed("--type: not the name of a type"))?,
            entry: entry.map_err(|_| failed("--entry: not an id"))?,
            live: self.live,
        };
        let (reader, mut report) = (Reader::english(), CheckReport::without_limit());
        let mut take = |checked| report.take(&checked, self.errors, &reader);
        let actor = administrator(cms)?;
        let done = cms.editing().check_translations(&actor, &wanted, &mut take).await;
        done.map_err(anyhow::Error::from)?;
        serde_json::to_value(report).map_err(|error| anyhow::Error::from(error).into())
    }

    fn tell(&self, report: &Value) {
        let findings = report.get("data").and_then(Value::as_array).into_iter().flatten();
        if !self.summary {
            findings.for_each(tell_one);
        }
        let told = summary(report);
        let count = |name: &str| told.get(name).and_then(Value::as_u64).unwrap_or(0);
        output::say(format!(
            "{:<30}{:>9}{:>9}{:>12}",
            "check", "errors", "warnings", "of segments"
        ));
        for row in told.get("checks").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
            let number = |name: &str| row.get(name).and_then(Value::as_u64).unwrap_or(0);
            output::say(format!(
                "{:<30}{:>9}{:>9}{:>12}",
                text("check"),
                number("errors"),
                number("warnings"),
                text("share")
            ));
        }
        output::say(format!(
            "{} segments in {} translations; {} errors, {} warnings",
            count("segments"),
            count("translations"),
            count("errors"),
            count("warnings")
        ));
    }
}

fn tell_one(finding: &Value) {
    let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
    let short = |name: &str| {
        let line = text(name).split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = line.chars().take(SHOWN).collect();
        if cut.len() < line.len() { cut + "…" } else { cut }
    };
    let key = if text("key").is_empty() { text("entry") } else { text("key") };
    output::say(format!(
        "{} {}/{} {} {}: {} ({})",
        text("level"),
        text("type"),
        key,
        text("locale"),
        text("pointer"),
        text("detail"),
        text("check")
    ));
    output::say(format!("    {}\n    {}", short("source"), short("target")));
    if !text("overridden").is_empty() {
        output::say(format!("    overridden: {}", text("overridden")));
    }
}

/// How often each check found something.
fn summary(report: &Value) -> Value {
    let segments = report.get("segments").and_then(Value::as_u64).unwrap_or(0);
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for finding in report.get("data").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
        let [errors, warnings] = counts.entry(text("check")).or_default();
        let is_error = text("level") == "error";
        *errors += u64::from(is_error);
        *warnings += u64::from(!is_error);
    }
    let row = |check: &&Check| {
        let [errors, warnings] = counts.get(check.as_str()).copied()?;
        let share = share(errors + warnings, segments);
        Some(json!({
            "check": check.as_str(), "errors": errors, "warnings": warnings, "share": share,
        }))
    };
    let checks: Vec<Value> = Check::ALL.iter().filter_map(|check| row(&check)).collect();
    let sum = |at: usize| counts.values().filter_map(|count| count.get(at)).sum::<u64>();
    json!({
        "translations": report.get("translations"), "segments": segments, "checks": checks,
        "errors": sum(0), "warnings": sum(1),
    })
}

/// A share in per cent, with two places.
fn share(part: u64, whole: u64) -> String {
    let hundredths = (10_000 * part).checked_div(whole).unwrap_or(0);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}
