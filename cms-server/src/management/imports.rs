//! Takes in lines over HTTP: with the options and the report of `cms import`.

use std::{
    fs,
    io::{self, BufRead, BufReader},
};

use cms_core::{
    access::Actor,
    cms::translations::import::File,
    commands::import::{ImportError, ImportOptions, ImportReport, Lines},
    locale::Locale,
    violation::Violation,
};
use rocket::{
    Data, Request, Route, State, post,
    request::{FromRequest, Outcome},
    routes,
};
use serde::Serialize;
use tempfile::NamedTempFile;
use utoipa::ToSchema;

use super::{Done, administrator};
use crate::{
    config::Limits,
    delivery::Desk,
    guards::{
        bearer::Bearer,
        body::{is_of, spooled},
        query::{Parameter, Query},
    },
    message::Reader,
    parameters,
    problem::{Code, Fault, Problem, wire::FaultDocument},
};

parameters! {
    /// What an import takes.
    pub Importing = [
        Parameter::choice("atomic", &["true", "false"], "Whether one line that is refused keeps all out; it doesn't without it."),
        Parameter::choice("missing", &["true", "false"], "Whether the report tells what keeps each draft from being published."),
        Parameter::family("map_locale", 100, "Locales to read as others: `map_locale[me-ME]=sr-ME`."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![import_lines]
}

/// An administrator who sends lines, and the language that the report is for.
#[derive(Debug)]
pub(crate) struct Sender {
    actor: Actor,
    language: Locale,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Sender {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let bearer = match Bearer::from_request(request).await {
            Outcome::Success(bearer) => bearer,
            Outcome::Error(refused) => return Outcome::Error(refused),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        if let Err(problem) = administrator(&bearer) {
            return problem.outcome(request);
        }
        let kinds = ["jsonl", "x-ndjson", "json"].map(|sub| ("application", sub));
        if is_of(request, &kinds) {
            let language = Reader::of(request).language;
            Outcome::Success(Self { actor: bearer.actor, language })
        } else {
            Problem::new(Code::UnsupportedMediaType).outcome(request)
        }
    }
}

/// What became of the lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// Lines read, blank ones apart.
    lines: u64,
    /// Lines that landed.
    accepted: u64,
    /// Lines that had landed before.
    unchanged: u64,
    /// Lines that did not land.
    refused: Vec<RefusedLine>,
    /// Entries that were made.
    entries_created: u64,
    /// Locales that the site did not have, and has now.
    locales_added: Vec<String>,
    /// Whether all were kept out because one was refused.
    kept_out: bool,
    /// With `missing`: drafts that can't be published as they are, of very many the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unready: Vec<UnreadyLine>,
}

/// A draft that can't be published as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadyLine {
    /// The number of its line, from 1.
    line: u64,
    /// The type of its entry.
    #[serde(rename = "type")]
    type_name: String,
    /// The entry's key.
    key: String,
    /// What publishing it would be refused for.
    errors: Vec<FaultDocument>,
}

/// A line that did not land.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedLine {
    /// Its number, from 1.
    line: u64,
    /// What is wrong with it.
    errors: Vec<FaultDocument>,
}

impl Report {
    fn of(report: ImportReport, language: &Locale) -> Self {
        let told = |violations: Vec<Violation>| -> Vec<FaultDocument> {
            let faults = violations.into_iter().map(Fault::from);
            faults.map(|fault| FaultDocument::new(&fault, language)).collect()
        };
        let refused = report
            .refused
            .into_iter()
            .map(|refused| RefusedLine { line: refused.line, errors: told(refused.violations) });
        let unready = report.unready.into_iter().map(|unready| UnreadyLine {
            line: unready.line,
            type_name: unready.type_name.to_string(),
            key: unready.key.to_string(),
            errors: told(unready.violations),
        });
        Self {
            lines: report.lines,
            accepted: report.accepted,
            unchanged: report.unchanged,
            refused: refused.collect(),
            entries_created: report.entries_created,
            locales_added: report.locales_added.iter().map(ToString::to_string).collect(),
            kept_out: report.kept_out,
            unready: unready.collect(),
        }
    }
}

/// Takes in lines, each a revision: published or not, resumable, and the same lines twice change nothing.
/// Lines that are refused are in the report; the others have landed all the same, unless with `atomic`.
#[utoipa::path(
    tag = "management",
    params(Importing),
    request_body(content = String, content_type = "application/jsonl"),
    responses((status = 200, body = Report)),
    security(("token" = []))
)]
#[post("/manage/v1/imports", data = "<body>")]
pub(crate) async fn import_lines(
    sender: Sender,
    query: Query<'_, Importing>,
    desk: &State<Desk>,
    limits: &State<Limits>,
    body: Data<'_>,
) -> Result<Done<Report>, Problem> {
    let options = options(&query)?;
    let mut lines = Spooled::take(body, limits.import_bytes).await?;
    let (cms, actor) = (desk.cms.clone(), sender.actor);
    let runtime = tokio::runtime::Handle::current();
    let import = move || {
        runtime.block_on(async {
            let report = cms.import(&actor, &mut lines, &options, &|_, _| ()).await;
            report.map(|report| (report, cms.log().last()))
        })
    };
    // Reading, rendering and comparing keep a thread busy: not one that serves readers.
    let imported = tokio::task::spawn_blocking(import).await.map_err(Problem::internal)?;
    let (report, event) = imported.map_err(refused)?;
    Ok(Done { body: Report::of(report, &sender.language), event })
}

fn options(query: &Query<'_, Importing>) -> Result<ImportOptions, Problem> {
    let mut options = ImportOptions {
        atomic: query.text("atomic") == Some("true"),
        missing: query.text("missing") == Some("true"),
        ..ImportOptions::default()
    };
    let mut faults = Vec::new();
    for (from, to) in query.family("map_locale") {
        match Locale::parse(to) {
            Ok(to) => drop(options.locale_map.insert(from.to_owned(), to)),
            Err(_) => {
                faults.push(Fault::parameter(format!("map_locale[{from}]"), "not_a_locale"));
            }
        }
    }
    if faults.is_empty() { Ok(options) } else { Err(Problem::parameters(faults)) }
}

fn refused(error: ImportError) -> Problem {
    match error {
        ImportError::Command(error) => error.into(),
        ImportError::Source(_) | ImportError::Lagging => {
            Problem::new(Code::Unavailable).because(error)
        }
    }
}

/// The lines on disk: an import reads them more than once.
pub(super) struct Spooled(NamedTempFile);

impl Spooled {
    /// Takes a body, up to so many bytes.
    pub(super) async fn take(body: Data<'_>, max: u64) -> Result<Self, Problem> {
        spooled(body, max).await.map(Self)
    }
}

impl File for Spooled {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Lines::open(self)
    }
}

impl Lines for Spooled {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(BufReader::with_capacity(1 << 18, fs::File::open(self.0.path())?)))
    }
}
