//! The glossary over HTTP: out as TBX-Basic or CSV, in as drafts of terms.

use std::{collections::BTreeSet, io::Write as _};

use cms_core::{
    cms::translations::import::File,
    commands::import_glossary::{GlossaryReport, ImportGlossary},
    exchange::terms::Format,
    locale::Locale,
    queries::translation_export::ExportError,
};
use rocket::{Data, Route, State, get, http::ContentType, post, routes};
use serde::Serialize;
use tokio::runtime::Handle;
use utoipa::ToSchema;

use super::{
    Done,
    exchange::refused,
    imports::Spooled,
    place::Editor,
    streamed::{Streamed, wait_for},
};
use crate::{
    config::Limits,
    delivery::Desk,
    guards::query::{Parameter, Query},
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What an export of the glossary takes.
    pub ExportingTerms = [
        Parameter::choice("format", &["tbx", "csv"], "`tbx` for TBX-Basic (ISO 30042), `csv` for a row for each wording; `tbx` without it."),
        Parameter::text("locales", 2_000, "Only these locales, with commas between them."),
    ]
}

parameters! {
    /// What an import of a glossary takes.
    pub ImportingTerms = [
        Parameter::choice("format", &["tbx", "csv"], "What the file is; without it that is found by its beginning."),
        Parameter::text("locales", 2_000, "Only these locales of the file, with commas between them; without it one that the site lacks is refused."),
        Parameter::text("from", 100, "The locale that new terms are written in first; without it the site's default."),
        Parameter::text("agency", 200, "Whose new terms are, by its key; without it the site's default agency's."),
        Parameter::text("prefix", 100, "What stands before the file's ids in the keys of terms, so that files of several sources stay apart."),
        Parameter::choice("dry_run", &["true", "false"], "Whether it is only told what would become of the file."),
        Parameter::text("note", 2_000, "What is said of it to colleagues."),
    ]
}

/// The endpoint that answers as others do.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![export_glossary]
}

/// The endpoint that takes a whole file.
pub(crate) fn endpoints_of_files() -> Vec<Route> {
    routes![import_glossary]
}

/// The newest drafts of the terms that one may read, for other tools.
#[utoipa::path(
    tag = "management",
    params(ExportingTerms),
    responses((status = 200, body = String, content_type = "application/x-tbx+xml")),
    security(("token" = []))
)]
#[get("/manage/v1/glossary")]
pub(crate) fn export_glossary(
    editor: Editor,
    query: Query<'_, ExportingTerms>,
    desk: &State<Desk>,
) -> Result<Streamed, Problem> {
    let locales = locales(query.text("locales"))?;
    let (kind, format) = match query.text("format") {
        Some("csv") => (ContentType::CSV, Format::Csv),
        Some(_) | None => (ContentType::new("application", "x-tbx+xml"), Format::Tbx),
    };
    let (cms, actor, runtime) = (desk.cms.clone(), editor.bearer.actor, Handle::current());
    Ok(Streamed::by(kind, move |out| {
        let _runtime = runtime.enter();
        wait_for(cms.export_glossary(&actor, &locales, (format, &mut *out)))?;
        Ok::<_, ExportError>(out.flush()?)
    }))
}

/// What became of a glossary.
#[derive(Debug, Serialize, ToSchema)]
pub struct GlossaryDocument {
    /// Terms in the file.
    terms: u64,
    /// Terms that were made.
    created: u64,
    /// Terms that were there, and of which something was saved.
    changed: u64,
    /// Terms that say what they said.
    unchanged: u64,
}

impl From<GlossaryReport> for GlossaryDocument {
    fn from(report: GlossaryReport) -> Self {
        let GlossaryReport { terms, created, changed, unchanged, event: _ } = report;
        Self { terms, created, changed, unchanged }
    }
}

/// Takes a glossary in, TBX-Basic (version 2 or 3) or CSV: what it says becomes drafts of terms, to be reviewed and
/// published as all are. A file in which something is wrong changes nothing: all of it is told, with the lines. The same
/// file twice changes nothing.
#[utoipa::path(
    tag = "management",
    params(ImportingTerms),
    request_body(content = String, content_type = "application/x-tbx+xml"),
    responses((status = 200, body = GlossaryDocument)),
    security(("token" = []))
)]
#[post("/manage/v1/glossary", data = "<body>")]
pub(crate) async fn import_glossary(
    editor: Editor,
    query: Query<'_, ImportingTerms>,
    desk: &State<Desk>,
    limits: &State<Limits>,
    body: Data<'_>,
) -> Result<Done<GlossaryDocument>, Problem> {
    let act = act(&query, desk)?;
    let mut file = Spooled::take(body, limits.import_bytes).await?;
    let format = match query.text("format") {
        Some("csv") => Format::Csv,
        Some(_) => Format::Tbx,
        None => {
            recognised(&mut file).map_err(|error| Problem::new(Code::Unavailable).because(error))?
        }
    };
    let (cms, actor, runtime) = (desk.cms.clone(), editor.bearer.actor, Handle::current());
    let import = move || {
        runtime.block_on(async { cms.import_glossary(&actor, (&mut file, format), &act).await })
    };
    // Reading and comparing keep a thread busy: not one that serves readers.
    let done = tokio::task::spawn_blocking(import).await.map_err(Problem::internal)?;
    let report = done.map_err(refused)?;
    Ok(Done { event: report.event, body: report.into() })
}

fn act(query: &Query<'_, ImportingTerms>, desk: &Desk) -> Result<ImportGlossary, Problem> {
    let mut faults = Vec::new();
    let editing = desk.cms.editing();
    let agencies = editing.agencies()?;
    let agency = query.text("agency").and_then(|key| {
        let known = agencies.values().find(|agency| agency.key.as_str() == key);
        if known.is_none() {
            faults.push(Fault::parameter("agency", "unknown_agency_key"));
        }
        known.map(|agency| agency.id)
    });
    let site = editing.locales()?;
    let source = query.text("from").and_then(|tag| {
        let found = Locale::parse(tag).ok();
        let known = found.filter(|tag| site.all().iter().any(|known| known.tag == *tag));
        if known.is_none() {
            faults.push(Fault::parameter("from", "unknown_locale").with("tag", tag));
        }
        known
    });
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    Ok(ImportGlossary {
        agency,
        source,
        prefix: query.text("prefix").unwrap_or_default().to_owned(),
        locales: locales(query.text("locales"))?,
        dry_run: query.text("dry_run") == Some("true"),
        note: query.text("note").map(str::to_owned),
    })
}

fn locales(listed: Option<&str>) -> Result<BTreeSet<Locale>, Problem> {
    let tags = listed.into_iter().flat_map(|tags| tags.split(','));
    let wrong = |_| Problem::parameters(vec![Fault::parameter("locales", "not_a_locale")]);
    tags.map(|tag| Locale::parse(tag.trim()).map_err(wrong)).collect()
}

/// What a file is, by its beginning: XML begins with an angle bracket, whatever it is coded in.
///
/// # Errors
/// [`std::io::Error`] when it can't be read.
pub fn recognised(file: &mut dyn File) -> std::io::Result<Format> {
    let mut begins = file.open()?;
    let bytes = begins.fill_buf()?;
    let first = bytes.iter().find(|byte| byte.is_ascii_graphic());
    Ok(if first == Some(&b'<') { Format::Tbx } else { Format::Csv })
}
