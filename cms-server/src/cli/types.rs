//! `cms types`: the content types of a store, and what schema files would do to them.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    commands::save_type::{Effect, SaveTypeError, TypePlan},
    content_type::{ChangeKind, ContentType, TypeChange},
    event::Part,
};
use serde_json::{Value, json};

use super::{Failure, Global, output, store};

/// List content types, check schema files, or see what a change would lose before it is made.
///
/// A store takes its types from `--schemas DIR` (or from the program) at each start; nothing here changes
/// any.
#[derive(Debug, Args)]
pub(crate) struct Types {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the types of the store.
    List,
    /// Check that files are content types; needs no store.
    Check {
        /// The schema files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Say what saving files would do to the store's types, and which content would be lost or become
    /// invalid. Changes nothing. Ends with 3 when one would be refused.
    Plan {
        /// The schema files; those of `--schemas` without.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

impl Types {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        match &self.act {
            Act::List => opened(global, |cms| Box::pin(async move { list(&cms, global.json) })),
            Act::Check { files } => check(files, global.json),
            Act::Plan { files } => {
                let files = match (&global.schemas, files.is_empty()) {
                    (Some(folder), true) => store::schema_files(folder)?,
                    (None, true) => {
                        return Err(Failure::No("no schema file is named".to_owned()));
                    }
                    (_, false) => files.clone(),
                };
                opened(global, |cms| Box::pin(async move { plan(&cms, &files, global.json).await }))
            }
        }
    }
}

type Work<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

fn opened<'a>(global: &'a Global, work: impl FnOnce(Cms) -> Work<'a>) -> Result<(), Failure> {
    store::check_exists(&global.data)?;
    store::runtime(2)?.block_on(async {
        let cms = store::open_as_it_is(global).await?;
        work(cms).await
    })
}

fn list(cms: &Cms, as_json: bool) -> Result<(), Failure> {
    let types = cms.editing().content_types().context("the types can't be read")?;
    if as_json {
        let all: Vec<_> = types
            .values()
            .map(|kind| {
                let fields: Vec<_> = kind.fields().map(|field| field.name.to_string()).collect();
                json!({ "name": kind.name(), "label": kind.label(), "fields": fields })
            })
            .collect();
        output::say(json!({ "types": all }));
        return Ok(());
    }
    for kind in types.values() {
        output::say(format_args!(
            "{}: {}, {} fields",
            kind.name(),
            kind.label(),
            kind.fields().count()
        ));
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<Value, Failure> {
    let text = fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
    serde_json::from_slice(&text)
        .map_err(|error| Failure::No(format!("{} is not JSON: {error}", path.display())))
}

fn check(files: &[PathBuf], as_json: bool) -> Result<(), Failure> {
    let mut wrong = 0;
    let mut report = Vec::new();
    for path in files {
        match ContentType::parse(&read(path)?) {
            Ok(kind) => {
                report.push(json!({ "file": path, "type": kind.name(), "errors": [] }));
                if !as_json {
                    output::say(format_args!(
                        "{}: {} is a content type",
                        path.display(),
                        kind.name()
                    ));
                }
            }
            Err(error) => {
                wrong += 1;
                report.push(json!({ "file": path, "errors": error.violations }));
                if !as_json {
                    for violation in &error.violations {
                        output::say(format_args!(
                            "{}: {}",
                            path.display(),
                            output::said(violation)
                        ));
                    }
                }
            }
        }
    }
    if as_json {
        output::say(json!({ "files": report }));
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(Failure::No(format!("{wrong} of {} files are no content types", files.len())))
    }
}

async fn plan(cms: &Cms, files: &[PathBuf], as_json: bool) -> Result<(), Failure> {
    let administrator = store::administrator(cms)?;
    let mut refused = 0;
    let mut report = Vec::new();
    for path in files {
        let plan = match cms.plan_type(&administrator, &read(path)?).await {
            Ok(plan) => plan,
            Err(SaveTypeError::Schema(error)) => {
                let first = error.violations.first().map(output::said).unwrap_or_default();
                return Err(Failure::No(format!(
                    "{} is no content type: {first}; `cms types check` says all that is wrong",
                    path.display()
                )));
            }
            Err(other) => return Err(anyhow::Error::new(other).into()),
        };
        refused += usize::from(!plan.hits.is_empty());
        if as_json {
            report.push(as_value(&plan));
        } else {
            tell(&plan);
        }
    }
    if as_json {
        output::say(json!({ "types": report }));
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failure::No(format!("{refused} of {} types would be refused", files.len())))
    }
}

fn effect(plan: &TypePlan) -> &'static str {
    match (plan.effect, plan.hits.is_empty()) {
        (Effect::Nothing, _) => "unchanged",
        (Effect::Added, _) => "added",
        (Effect::Changed, true) => "changed",
        (Effect::Changed, false) => "refused",
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Shared => "shared".to_owned(),
        Part::Locale(locale) => locale.to_string(),
    }
}

fn as_value(plan: &TypePlan) -> Value {
    let hits: Vec<_> = plan
        .hits
        .iter()
        .map(|hit| {
            json!({
                "entry": hit.entry.to_string(), "part": part(&hit.part),
                "revision": hit.revision, "error": hit.violation,
            })
        })
        .collect();
    let changes: Vec<_> = plan
        .changes
        .iter()
        .map(|change| json!({ "field": change.field, "change": described(change) }))
        .collect();
    json!({ "type": plan.name, "effect": effect(plan), "changes": changes, "hits": hits })
}

fn tell(plan: &TypePlan) {
    output::say(format_args!("{}: {}", plan.name, effect(plan)));
    for change in &plan.changes {
        output::say(format_args!("  {}: {}", change.field, described(change)));
    }
    for hit in &plan.hits {
        output::say(format_args!(
            "  entry {} {}, revision {}: {}",
            hit.entry,
            part(&hit.part),
            hit.revision,
            output::said(&hit.violation)
        ));
    }
}

/// A change in words.
fn described(change: &TypeChange) -> String {
    match &change.kind {
        ChangeKind::Removed => "it is gone".to_owned(),
        ChangeKind::KindChanged { from, to } => format!("it changes from {from} to {to}"),
        ChangeKind::LocalizedChanged { localized: true } => "it becomes localized".to_owned(),
        ChangeKind::LocalizedChanged { localized: false } => "all locales will share it".to_owned(),
        ChangeKind::Narrowed { keywords } => {
            let keywords: Vec<_> = keywords.iter().map(String::as_str).collect();
            format!("it takes less than it did ({})", keywords.join(", "))
        }
        ChangeKind::Required => "it becomes required for publication".to_owned(),
        ChangeKind::TypesNarrowed { removed } => {
            let removed: Vec<_> = removed.iter().map(ToString::to_string).collect();
            format!("it may no longer refer to {}", removed.join(", "))
        }
    }
}
