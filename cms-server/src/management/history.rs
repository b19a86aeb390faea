//! The history of a part over HTTP: its revisions, one of them, and what changed between two.

use cms_core::{
    content_type::FieldKind,
    entry::diff::{Blocks, Difference, RunKind, diff},
    event::{EventBody, Fields},
    id::FieldName,
    markdown,
};
use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::place::{PartAddress, PartPlace};
use crate::{
    delivery::Desk,
    guards::query::{Nothing, Parameter, Query},
    parameters,
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_revisions, read_revision, compare_revisions]
}

parameters! {
    /// What the list of revisions takes.
    pub Listing = [
        Parameter::integer("limit", 1..=100, 20, "How many."),
        Parameter::integer("before", 1..=4_294_967_295, 1, "Only those below this number: the last of the page before."),
    ]
}

parameters! {
    /// What a comparison takes.
    pub Comparing = [
        Parameter::integer("from", 1..=4_294_967_295, 1, "The older revision.").required(),
        Parameter::integer("to", 1..=4_294_967_295, 1, "The newer revision.").required(),
    ]
}

/// A revision in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionSummary {
    /// Its number.
    revision: u32,
    /// When it was saved.
    saved_at: String,
    /// By which account.
    saved_by: String,
    /// What it means for translations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    change_class: Option<cms_core::event::ChangeClass>,
    /// What its author said of it to colleagues.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Whether it is what readers get.
    live: bool,
    /// Whether it is the draft.
    draft: bool,
}

/// The revisions of a part.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionList {
    /// Newest first.
    data: Vec<RevisionSummary>,
    /// The number to go on below, as `before`; none at the end.
    next: Option<u32>,
}

/// A revision, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionDocument {
    /// What the list says of it.
    #[serde(flatten)]
    summary: RevisionSummary,
    /// Its slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    /// All its fields.
    #[schema(value_type = Object)]
    fields: Fields,
}

/// What changed between two revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// The older.
    from: u32,
    /// The newer.
    to: u32,
    /// The fields that differ, by name.
    fields: Vec<FieldChange>,
}

/// A field that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldChange {
    /// Where, as a JSON Pointer into the fields.
    pointer: String,
    /// A text in runs: word by word what both have, or one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Vec<RunDocument>>,
    /// What it was, where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
    /// What it is, where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Value>,
}

/// A run of text.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDocument {
    /// `same`, `removed` or `added`.
    op: &'static str,
    /// The text.
    text: String,
}

/// The revisions of a part, newest first.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/revisions",
    params(PartAddress, Listing),
    responses((status = 200, body = RevisionList)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/revisions")]
pub(crate) fn list_revisions(
    place: PartPlace,
    query: Query<'_, Listing>,
    desk: &State<Desk>,
) -> Result<Json<RevisionList>, Problem> {
    place.readable()?;
    let number = |name| query.integer(name).and_then(|number| u32::try_from(number).ok());
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(20);
    let page = (number("before"), limit);
    let rows = desk.cms.editing().revisions(place.at.entry.id, &place.part, page)?;
    let next = rows.last().map(|(revision, _)| *revision).filter(|last| *last > 1);
    let data = rows.into_iter().map(|(revision, row)| RevisionSummary {
        revision,
        saved_at: row.at.to_string(),
        saved_by: row.actor.to_string(),
        change_class: row.change_class,
        note: row.note,
        live: is_live(&place, revision),
        draft: is_draft(&place, revision),
    });
    Ok(Json(RevisionList { data: data.collect(), next: next.filter(|_| limit > 0) }))
}

fn is_live(place: &PartPlace, revision: u32) -> bool {
    let head = place.at.entry.heads.get(&place.part);
    head.and_then(|head| head.published()).is_some_and(|live| live.saved.revision == revision)
}

fn is_draft(place: &PartPlace, revision: u32) -> bool {
    place.at.entry.heads.get(&place.part).is_some_and(|head| head.draft.revision == revision)
}

/// A revision of a part, whole.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/revisions/{revision}",
    params(PartAddress, ("revision" = u32, Path, description = "Its number."), Nothing),
    responses((status = 200, body = RevisionDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/revisions/<revision>")]
pub(crate) async fn read_revision(
    revision: &str,
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<RevisionDocument>, Problem> {
    place.readable()?;
    let number = revision.parse::<u32>().ok().filter(|number| number.to_string() == revision);
    let number = number.ok_or_else(|| Problem::new(Code::NotFound))?;
    let (event, saved) = saved(desk, &place, number).await?;
    let EventBody::RevisionSaved { fields, slug, change_class, note, .. } = saved else {
        return Err(Problem::new(Code::NotFound));
    };
    let summary = RevisionSummary {
        revision: number,
        saved_at: event.at.to_string(),
        saved_by: event.actor.to_string(),
        change_class,
        note,
        live: is_live(&place, number),
        draft: is_draft(&place, number),
    };
    Ok(Json(RevisionDocument { summary, slug, fields }))
}

/// What saved a revision.
async fn saved(
    desk: &Desk,
    place: &PartPlace,
    revision: u32,
) -> Result<(cms_core::event::Event, EventBody), Problem> {
    let missing = || Problem::new(Code::NotFound);
    let editing = desk.cms.editing();
    let event = editing.saved_by(place.at.entry.id, &place.part, revision)?.ok_or_else(missing)?;
    let mut event = editing.event(event).await?.ok_or_else(missing)?;
    let body = event.body.take().ok_or_else(missing)?;
    Ok((event, body))
}

async fn fields(desk: &Desk, place: &PartPlace, revision: u32) -> Result<Fields, Problem> {
    let (_, saved) = saved(desk, place, revision).await?;
    if let EventBody::RevisionSaved { fields, .. } = saved {
        return Ok(fields);
    }
    Err(Problem::new(Code::NotFound))
}

/// What changed between two revisions: field by field, and within texts word by word.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/diff",
    params(PartAddress, Comparing),
    responses((status = 200, body = Comparison)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/diff")]
pub(crate) async fn compare_revisions(
    place: PartPlace,
    query: Query<'_, Comparing>,
    desk: &State<Desk>,
) -> Result<Json<Comparison>, Problem> {
    place.readable()?;
    let number = |name| query.integer(name).and_then(|number| u32::try_from(number).ok());
    let (from, to) = (number("from").unwrap_or(0), number("to").unwrap_or(0));
    let (old, new) = (fields(desk, &place, from).await?, fields(desk, &place, to).await?);
    let content_type = desk.cms.editing().content_type(&place.at.entry.type_name)?;
    let (content_type, _) = content_type.ok_or_else(|| Problem::new(Code::NotFound))?;
    let cut = move |name: &FieldName| -> Option<Blocks> {
        let kind = &content_type.field(name)?.kind;
        matches!(kind, FieldKind::Markdown).then_some(markdown::blocks as Blocks)
    };
    // Long texts keep a thread busy for a while: not one that serves.
    let found = tokio::task::spawn_blocking(move || diff(&old, &new, cut)).await;
    let found = found.map_err(Problem::internal)?.into_iter().map(|field| {
        let (mut text, mut was, mut is) = (None, None, None);
        match field.change {
            Difference::Text(runs) => {
                let runs = runs.into_iter().map(|run| RunDocument {
                    op: match run.kind {
                        RunKind::Same => "same",
                        RunKind::Removed => "removed",
                        RunKind::Added => "added",
                    },
                    text: run.text,
                });
                text = Some(runs.collect());
            }
            Difference::Value { from, to } => (was, is) = (from, to),
        }
        FieldChange { pointer: field.pointer, text, from: was, to: is }
    });
    Ok(Json(Comparison { from, to, fields: found.collect() }))
}
