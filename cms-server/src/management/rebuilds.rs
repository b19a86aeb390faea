//! Makes all derived data again from the log, while the old serves.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rocket::{Route, State, post, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::administrator;
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![rebuild]
}

/// What was made again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rebuilt {
    /// How many events it was made from.
    events: u64,
}

/// Makes views and index again from the log, and answers when they serve. Readers notice nothing.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    responses((status = 200, body = Rebuilt)),
    security(("token" = []))
)]
#[post("/manage/v1/rebuilds")]
pub(crate) async fn rebuild(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<Rebuilt>, Problem> {
    administrator(&bearer)?;
    let events = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&events);
    let rebuilt = desk.cms.rebuild(move |event| heard.store(event, Ordering::Relaxed)).await;
    rebuilt.map_err(Problem::internal)?;
    Ok(Json(Rebuilt { events: events.load(Ordering::Relaxed) }))
}
