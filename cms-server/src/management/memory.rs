//! The translation memory over HTTP: what was translated before that is like a text.

use cms_core::{
    Cms,
    access::Actor,
    commands::import_memory::ImportMemory,
    entry::diff::{Run, RunKind},
    id::AgencyId,
    locale::Locale,
    queries::{
        ReadError,
        memory::{Sought, difference},
    },
    search::memory::Likely,
    translation::memory::Direction,
};
use rocket::{
    Data, Route, State, delete, get, post, response::status::NoContent, routes, serde::json::Json,
};
use serde::Serialize;
use tokio::runtime::Handle;
use utoipa::ToSchema;

use super::{Done, exchange::refused, imports::Spooled, place::Editor};
use crate::{
    config::Limits,
    delivery::Desk,
    guards::query::{Nothing, Parameter, Query},
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What a look-up takes.
    pub LookingUp = [
        Parameter::text("source", 5_000, "The text, as Markdown.").required(),
        Parameter::text("to", 100, "The locale that is translated into.").required(),
        Parameter::text("from", 100, "The locale of the text; without it the site's default."),
        Parameter::integer("limit", 1..=20, 5, "How many matches are given at most."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![look_up_memory, list_memory_imports, forget_memory]
}

/// The endpoint that takes a whole file.
pub(crate) fn endpoints_of_files() -> Vec<Route> {
    routes![import_memory]
}

parameters! {
    /// What taking in a memory takes.
    pub Remembering = [
        Parameter::text("to", 100, "The locale that was translated into.").required(),
        Parameter::text("from", 100, "The locale that was translated; without it the site's default."),
        Parameter::text("name", 200, "What the memory is called.").required(),
        Parameter::text("agency", 200, "Whose it is, by its key; without it the site's default agency's."),
    ]
}

/// What became of a memory.
#[derive(Debug, Serialize, ToSchema)]
pub struct RememberedDocument {
    /// Pairs that were taken.
    pairs: u64,
}

/// Takes a TMX of elsewhere into the memory of an agency: who may read something of the agency gets its matches. The same
/// file twice changes nothing that is found.
#[utoipa::path(
    tag = "management",
    params(Remembering),
    request_body(content = String, content_type = "application/x-tmx+xml"),
    responses((status = 200, body = RememberedDocument)),
    security(("token" = []))
)]
#[post("/manage/v1/memory", data = "<body>")]
pub(crate) async fn import_memory(
    editor: Editor,
    query: Query<'_, Remembering>,
    desk: &State<Desk>,
    limits: &State<Limits>,
    body: Data<'_>,
) -> Result<Done<RememberedDocument>, Problem> {
    let ask = |name: &str| query.text(name);
    let direction = direction(desk, &ask)?;
    let editing = desk.cms.editing();
    let agency = match query.text("agency") {
        Some(key) => {
            let agencies = editing.agencies()?;
            agencies.values().find(|agency| agency.key.as_str() == key).map(|agency| agency.id)
        }
        None => editing.site()?.map(|site| site.default_agency),
    };
    let unknown = || Problem::parameters(vec![Fault::parameter("agency", "unknown_agency_key")]);
    let name = query.text("name").unwrap_or_default().to_owned();
    let act = ImportMemory { agency: agency.ok_or_else(unknown)?, name, direction };
    let mut file = Spooled::take(body, limits.import_bytes).await?;
    let (cms, actor, runtime) = (desk.cms.clone(), editor.bearer.actor, Handle::current());
    let import =
        move || runtime.block_on(async { cms.import_memory(&actor, &mut file, &act).await });
    // Reading keeps a thread busy: not one that serves readers.
    let done = tokio::task::spawn_blocking(import).await.map_err(Problem::internal)?;
    let (pairs, event) = done.map_err(refused)?;
    Ok(Done { body: RememberedDocument { pairs }, event })
}

/// What was imported into the memory.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportsDocument {
    /// By agency and name.
    data: Vec<ImportDocument>,
}

/// What was imported under a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportDocument {
    /// Whose it is: the agency's key.
    agency: String,
    /// What it is called.
    name: String,
    /// How many pairs of it there are.
    pairs: u64,
}

impl ImportsDocument {
    /// What an actor may see of it.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the view can't be read.
    pub fn of(cms: &Cms, actor: &Actor) -> Result<Self, ReadError> {
        let agencies = cms.editing().agencies()?;
        let told = |((agency, name), pairs): ((AgencyId, String), u64)| ImportDocument {
            agency: agencies
                .get(&agency)
                .map_or_else(|| agency.to_string(), |it| it.key.to_string()),
            name,
            pairs,
        };
        Ok(Self { data: cms.recollection().imports(actor)?.into_iter().map(told).collect() })
    }
}

/// What was imported into the memory, by agency and name; of agencies of which one may read something.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    responses((status = 200, body = ImportsDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/memory/imports")]
pub(crate) async fn list_memory_imports(
    editor: Editor,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<ImportsDocument>, Problem> {
    let (cms, actor) = (desk.cms.clone(), editor.bearer.actor);
    desk.ask(move |_| Ok(Json(ImportsDocument::of(&cms, &actor)?))).await
}

/// Takes what was imported for an agency under a name out of the memory, and out of the log: it needs the right to erase
/// what is of the agency, whatever the type and the locale.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/memory/imports/{agency}/{name}",
    params(
        ("agency" = String, Path, description = "Whose it is: the agency's key."),
        ("name" = String, Path, description = "What it is called."),
        Nothing,
    ),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/memory/imports/<agency>/<name>")]
pub(crate) async fn forget_memory(
    editor: Editor,
    agency: &str,
    name: &str,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    let agencies = desk.cms.editing().agencies()?;
    let known = agencies.values().find(|known| known.key.as_str() == agency);
    let known = known.ok_or_else(|| Problem::new(Code::NotFound))?;
    desk.cms.forget_memory(&editor.bearer.actor, (known.id, name)).await?;
    Ok(NoContent)
}

/// The matches of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchesDocument {
    /// The likest first.
    data: Vec<MatchDocument>,
}

/// A text that was translated before.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchDocument {
    /// How like, in per cent: 101 for the same text in the same context, 100 for the same text, less for one that is like
    /// it.
    percent: u8,
    /// What was said.
    source: String,
    /// How it was translated.
    target: String,
    /// Where it is from: an entry and a place in it, or the name of a memory that was imported.
    origin: String,
    /// When it was approved.
    at: String,
    /// How what was said differs from the text, piece by piece.
    diff: Vec<PieceDocument>,
}

/// A piece of both texts, or of one.
#[derive(Debug, Serialize, ToSchema)]
pub struct PieceDocument {
    /// `same`, `removed` (what was said has it) or `added` (the text has it).
    kind: &'static str,
    /// What it says.
    text: String,
}

impl From<Run> for PieceDocument {
    fn from(run: Run) -> Self {
        let kind = match run.kind {
            RunKind::Same => "same",
            RunKind::Removed => "removed",
            RunKind::Added => "added",
        };
        Self { kind, text: run.text }
    }
}

impl MatchDocument {
    /// A match of a text.
    pub fn of(likely: Likely, text: &str, origin: String) -> Self {
        let diff = difference(&likely.pair.source, text).into_iter().map(PieceDocument::from);
        Self {
            percent: likely.percent,
            diff: diff.collect(),
            source: likely.pair.source,
            target: likely.pair.target,
            at: likely.pair.at.to_string(),
            origin,
        }
    }
}

/// What was translated before that is like a text, with how much and where it differs. Only what one may see.
#[utoipa::path(
    tag = "management",
    params(LookingUp),
    responses((status = 200, body = MatchesDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/memory")]
pub(crate) async fn look_up_memory(
    editor: Editor,
    query: Query<'_, LookingUp>,
    desk: &State<Desk>,
) -> Result<Json<MatchesDocument>, Problem> {
    let ask = |name: &str| query.text(name);
    let direction = direction(desk, &ask)?;
    let text = query.text("source").unwrap_or_default().to_owned();
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(5);
    let (memory, actor) = (desk.cms.recollection(), editor.bearer.actor);
    desk.ask(move |_| {
        let found = memory.like(&actor, &Sought::text(direction, &text), limit)?;
        let told = |likely: Likely| {
            let origin = memory.told(&likely.pair);
            MatchDocument::of(likely, &text, origin)
        };
        Ok(Json(MatchesDocument { data: found.into_iter().map(told).collect() }))
    })
    .await
}

/// The languages that a query asks for: those of the site.
pub(super) fn direction<'q>(
    desk: &Desk,
    ask: &dyn Fn(&str) -> Option<&'q str>,
) -> Result<Direction, Problem> {
    let locales = desk.cms.editing().locales()?;
    let mut faults = Vec::new();
    let mut known = |name: &'static str, tag: &str| {
        let found = Locale::parse(tag).ok();
        let found = found.filter(|tag| locales.all().iter().any(|site| site.tag == *tag));
        if found.is_none() {
            faults.push(Fault::parameter(name, "unknown_locale").with("tag", tag));
        }
        found
    };
    let target = known("to", ask("to").unwrap_or_default());
    let source = match ask("from") {
        Some(tag) => known("from", tag),
        None => Some(locales.default_locale().clone()),
    };
    match (source, target) {
        (Some(source), Some(target)) => Ok(Direction { source, target }),
        (_, _) => Err(Problem::parameters(faults)),
    }
}
