//! `cms translation`: how far the translations are, what is wrong with them, what goes out to translators and comes
//! back, what fills gaps.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use cms_core::{Cms, id::AgencyId, queries::coverage::Coverage};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
};

mod check;
mod export;
mod forget;
mod glossary;
mod import;
mod look;
mod pretranslate;
mod remember;
mod wanted;

/// See how far the translations are, and what is wrong with them; send them to translators who work elsewhere, and take
/// them back.
#[derive(Debug, Args)]
pub(crate) struct TranslationCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Tell, for each locale, type and agency, what is translated, outdated and missing.
    Status(Status),
    /// Check translations against their sources, segment by segment.
    Check(check::Checking),
    /// Write segments for translators: XLIFF 2.1, PO, or the translation memory as TMX.
    Export(export::Export),
    /// Take in files that come back: XLIFF or PO. What no longer fits is told, and keeps nothing else out.
    Import(import::Import),
    /// Fill gaps from the translation memory, and from a machine: drafts that nobody has looked at.
    Pretranslate(pretranslate::Pretranslate),
    /// Show what was translated before that is like a text.
    Memory(look::Look),
    /// Take a TMX of elsewhere into the translation memory.
    Remember(remember::Remember),
    /// Show what was taken into the translation memory from elsewhere.
    Memories,
    /// Take what was remembered under a name out of the translation memory, and out of the log.
    Forget(forget::Forget),
    /// Write the site's terms, or take terms in: TBX-Basic or CSV.
    Glossary(glossary::GlossaryCommand),
}

#[derive(Debug, Args)]
struct Status {
    /// Only translations into this locale.
    #[arg(long)]
    locale: Option<String>,
    /// Only entries of this type.
    #[arg(long = "type")]
    type_name: Option<String>,
    /// Only entries of this agency, by its key.
    #[arg(long)]
    agency: Option<String>,
    /// Answer with CSV, for spreadsheets.
    #[arg(long)]
    csv: bool,
}

/// The columns of the report after the names, with what they are called in the table.
const COLUMNS: [(&str, &str); 9] = [
    ("entries", "entries"),
    ("per_cent", "%"),
    ("current", "current"),
    ("outdated", "outdated"),
    ("outdated_by_safety", "safety"),
    ("held_back", "held back"),
    ("missing", "missing"),
    ("must_have", "must have"),
    ("segments", "segments"),
];
const NAMES: [&str; 3] = ["locale", "type", "agency"];

impl TranslationCommand {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        match &self.act {
            Act::Status(status) => status.run(global, server),
            Act::Check(checking) => checking.run(global, server.as_ref()),
            Act::Export(export) => export.run(server.as_ref(), global),
            Act::Import(import) => import.run(server.as_ref(), global),
            Act::Pretranslate(act) => act.run(server.as_ref(), global),
            Act::Memory(look) => look.run(server.as_ref(), global),
            Act::Remember(act) => act.run(server.as_ref(), global),
            Act::Memories => forget::list(server.as_ref(), global),
            Act::Forget(act) => act.run(server.as_ref(), global),
            Act::Glossary(act) => act.run(server.as_ref(), global),
        }
    }
}

impl Status {
    fn run(&self, global: &Global, server: Option<Server>) -> Result<(), Failure> {
        let report = store::runtime(2)?.block_on(async {
            if let Some(server) = server {
                ask(&server).await
            } else {
                store::check_exists(&global.data)?;
                look(&store::open_as_it_is(global).await?)
            }
        })?;
        let rows: Vec<&Value> =
            report.get("data").and_then(Value::as_array).into_iter().flatten().collect();
        let rows: Vec<&Value> = rows.into_iter().filter(|row| self.wants(row)).collect();
        if global.json {
            output::say(json!({ "data": rows }));
        } else if self.csv {
            table(&rows, |cells| cells.join(","));
        } else {
            table(&rows, aligned);
        }
        Ok(())
    }

    fn wants(&self, row: &Value) -> bool {
        let is = |name: &str, wanted: Option<&String>| {
            wanted.is_none_or(|wanted| row.get(name).and_then(Value::as_str) == Some(wanted))
        };
        is("locale", self.locale.as_ref())
            && is("type", self.type_name.as_ref())
            && is("agency", self.agency.as_ref())
    }
}

async fn ask(server: &Server) -> Result<Value, Failure> {
    server.json(Method::GET, "/manage/v1/translations/status", None).await
}

fn look(cms: &Cms) -> Result<Value, Failure> {
    let failed = anyhow::Error::from;
    let agencies = cms.editing().agencies().map_err(failed)?;
    let keys: BTreeMap<AgencyId, String> =
        agencies.values().map(|agency| (agency.id, agency.key.to_string())).collect();
    let found = cms.delivery().coverage().map_err(anyhow::Error::from)?;
    let row = |(key, found): (&cms_core::queries::coverage::CoverageKey, &Coverage)| {
        let agency = keys.get(&key.agency).cloned().unwrap_or_default();
        cms_server::management::translations::CoverageDocument::of(key, agency, found)
    };
    Ok(json!({ "data": found.iter().map(row).collect::<Vec<_>>() }))
}

/// Prints the rows under a line of names.
fn table(rows: &[&Value], line: fn(&[String]) -> String) {
    let heads = NAMES.into_iter().chain(COLUMNS.map(|(_, head)| head)).chain(["oldest"]);
    output::say(line(&heads.map(str::to_owned).collect::<Vec<_>>()));
    let names = NAMES.into_iter().chain(COLUMNS.map(|(name, _)| name)).chain(["oldest"]);
    let names: Vec<&str> = names.collect();
    for row in rows {
        let cell = |name: &&str| match row.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        output::say(line(&names.iter().map(cell).collect::<Vec<_>>()));
    }
}

/// Cells in columns: names to the left, numbers to the right.
fn aligned(cells: &[String]) -> String {
    let cell = |(at, cell): (usize, &String)| match at {
        0 => format!("{cell:<10}"),
        1 | 2 => format!("{cell:<14}"),
        3..=11 => format!("{cell:>9}"),
        _ => cell.clone(),
    };
    let line = cells.iter().enumerate().map(cell).collect::<Vec<_>>().join(" ");
    line.trim_end().to_owned()
}
