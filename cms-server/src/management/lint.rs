//! What is doubtful in a draft, over HTTP: figures without a statistic, sources that are old or second-hand.

use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::place::{PartAddress, PartPlace};
use crate::{
    delivery::Desk,
    guards::query::{Nothing, Query},
    message::Reader,
    problem::{Code, Fault, Problem, wire::FaultDocument},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![lint_part]
}

/// What is doubtful in a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct Findings {
    /// Each with its place; none where there is nothing to say.
    data: Vec<FaultDocument>,
}

/// What is doubtful in the draft of a part without being wrong: shares and percentages in prose that embed no
/// statistic, sources that are old, undated or cited by way of others. Nothing of it keeps a draft from being published.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/lint",
    params(PartAddress, Nothing),
    responses((status = 200, body = Findings)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/lint")]
pub(crate) async fn lint_part(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    reader: Reader,
    desk: &State<Desk>,
) -> Result<Json<Findings>, Problem> {
    place.readable()?;
    let actor = &place.at.editor.bearer.actor;
    let of = (place.at.entry.id, &place.part);
    let found = desk.cms.editing().lint(actor, of, desk.cms.clock().now()).await?;
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    let data = found.into_iter().map(|it| FaultDocument::new(&Fault::from(it), &reader.language));
    Ok(Json(Findings { data: data.collect() }))
}
