//! What was recalled: pages that caches and partners should let go of at once.

use rocket::{
    Request, Route, State, get,
    http::ContentType,
    response::{self, Responder},
    routes,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::{
    guards::{
        accept::AcceptsJson,
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_recalls]
}

/// What was recalled and has not come back.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecallList {
    /// Newest first.
    data: Vec<RecallDocument>,
}

/// A page to let go of.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecallDocument {
    /// The entry.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// In which locale.
    locale: String,
    /// The slug that it had.
    slug: String,
    /// When it was recalled.
    at: String,
    /// Why, for readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

/// The recalls as they go over the wire: asked anew each time.
pub(crate) struct Recalls(String);

impl<'r> Responder<'r, 'static> for Recalls {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = (ContentType::JSON, self.0).respond_to(request)?;
        answer.set_raw_header("Cache-Control", "no-cache");
        Ok(answer)
    }
}

/// What was recalled and has not come back, newest first.
#[utoipa::path(tag = "delivery", params(Nothing), responses((status = 200, body = RecallList)))]
#[get("/v1/recalls")]
pub(crate) async fn list_recalls(
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    desk: &State<Desk>,
) -> Result<Recalls, Problem> {
    let recalled = desk.ask(|delivery| Ok(delivery.recalls()?)).await?;
    let data = recalled.into_iter().map(|(id, locale, recalled)| RecallDocument {
        id: id.to_string(),
        type_name: recalled.type_name.to_string(),
        locale: locale.to_string(),
        slug: recalled.slug,
        at: recalled.at.to_string(),
        notice: recalled.notice,
    });
    let list = RecallList { data: data.collect() };
    Ok(Recalls(serde_json::to_string(&list).map_err(Problem::internal)?))
}
