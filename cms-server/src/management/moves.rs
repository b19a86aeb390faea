//! Moves of entries between agencies over HTTP.

use cms_core::{commands::move_entry::MoveEntry, id::AgencyId};
use rocket::{Route, State, post, routes};
use serde_json::json;

use super::{
    accounts::Agencies,
    entries::accepted_as,
    once::Written,
    place::{EntryAddress, EntryPlace},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![move_entry]
}

/// Moves an entry with all its parts to another agency. It takes the right to publish it at both.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/move",
    params(EntryAddress, Nothing),
    request_body(content = Object, description = "`agency`, by its key; and perhaps a `note`.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/move", data = "<body>")]
pub(crate) async fn move_entry(
    place: EntryPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    let work = async {
        let agencies = Agencies::of(desk)?;
        let mut members = Members::of(Some(body.0.clone()))?;
        let to: Option<AgencyId> =
            members.parsed("agency", "unknown_agency_key", |text| agencies.with_key(text));
        let to = members.required("agency", to);
        let note = members.text("note");
        members.finish()?;
        let to = to.ok_or_else(|| Problem::internal("a required member is missing"))?;
        let act = MoveEntry { entry: place.entry.id, to, note };
        let accepted = desk.cms.move_entry(&actor, act).await?;
        let told = json!({ "id": place.entry.id.to_string(), "agency": agencies.key(to) });
        Ok(accepted_as(desk, accepted, told).await)
    };
    place.editor.once.run((desk, actor.account), Some(&body.0), work).await
}
