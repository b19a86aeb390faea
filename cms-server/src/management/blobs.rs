//! The bytes that revisions of assets name, for copies of a site: an administrator's to read and to bring.

use rocket::{Route, State, get, put, routes, serde::json::Json};
use serde_json::{Value, json};

use super::{administrator, assets::Arrived, uploads::digest_of};
use crate::{
    delivery::{Desk, media::Media},
    guards::{
        bearer::Bearer,
        query::{Nothing, Parameter, Query},
    },
    parameters,
    problem::Problem,
};

/// How many are listed at most.
const MOST: usize = 1_000;

parameters! {
    /// What a list of bytes takes.
    pub Listing = [
        Parameter::text("after", 64, "The digest to go on after."),
        Parameter::integer("limit", 1..=1_000, 1_000, "How many."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_blobs, read_blob, keep_blob]
}

/// The digests of all bytes that some revision of an asset names, in their order; `next` is where to go on.
#[utoipa::path(
    tag = "management",
    params(Listing),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[get("/manage/v1/media")]
pub(crate) fn list_blobs(
    bearer: Bearer,
    query: Query<'_, Listing>,
    desk: &State<Desk>,
) -> Result<Json<Value>, Problem> {
    administrator(&bearer)?;
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(MOST);
    let digests = desk.cms.editing().blobs(query.text("after"), limit)?;
    let next = digests.last().filter(|_| digests.len() == limit).cloned();
    Ok(Json(json!({ "data": digests, "page": { "next": next } })))
}

/// The bytes under a digest, published or not.
#[utoipa::path(
    tag = "management",
    params(("digest" = String, Path, description = "The digest."), Nothing),
    responses((status = 200, body = String, content_type = "application/octet-stream")),
    security(("token" = []))
)]
#[get("/manage/v1/media/<digest>")]
pub(crate) async fn read_blob(
    digest: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Media, Problem> {
    administrator(&bearer)?;
    Media::of_bytes(digest_of(digest)?, desk).await
}

/// Keeps the bytes of an asset that is to be imported, under their digest: those that this server would have made of
/// the file itself.
#[utoipa::path(
    tag = "management",
    params(("digest" = String, Path, description = "The digest."), Nothing),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = Object), (status = 422, description = "The file is refused, or is another.")),
    security(("token" = []))
)]
#[put("/manage/v1/media/<digest>", data = "<body>")]
pub(crate) async fn keep_blob(
    digest: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: Arrived,
) -> Result<Json<Value>, Problem> {
    administrator(&bearer)?;
    let digest = digest_of(digest)?;
    let kept = desk.cms.keep_bytes(&bearer.actor, digest, body.bytes).await?;
    Ok(Json(json!({ "digest": digest.to_string(), "kept": kept })))
}
