//! Where to turn, for editors: the look-up at any instant, and with the drafts of routes in it.

use std::sync::Arc;

use cms_core::{clock::Timestamp, route::Finder};
use rocket::{Route, State, get, routes, serde::json::Json};
use serde_json::{Value, json};

use crate::{
    delivery::{Desk, Languages, routes as published},
    guards::{
        bearer::Bearer,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Fault, Problem},
};

parameters! {
    /// What an editor's question for routes takes: a reader's, an instant, and whether drafts count.
    pub EditorsRoutes = [
        Parameter::locale(),
        Parameter::text("country", 2, "The country that the reader is in (ISO 3166-1, two letters)."),
        Parameter::text("subdivision", 6, "The part of it (ISO 3166-2)."),
        Parameter::text("concern", 200, "What it is about: the key, slug or id of a concern."),
        Parameter::text("audience", 200, "Who asks: the key, slug or id of an audience."),
        Parameter::text("languages", 300, "The languages that the reader speaks, BCP 47 tags with commas between; \
            the locale without it."),
        Parameter::choice("danger_now", &["true", "false"], "Whether somebody is in danger now: what is open comes first."),
        Parameter::text("tz", 60, "The reader's IANA time zone: openings are told at its clock, too."),
        Parameter::integer("limit", 1..=50, 10, "How many routes besides those for emergencies."),
        Parameter::text("at", 40, "The instant to answer for (RFC 3339); now without it."),
        Parameter::choice("drafts", &["true", "false"], "Whether drafts that you may read stand in the places of what is published."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![find_editors_routes]
}

/// Where to turn, at an instant, with what is published or with drafts: what readers are, or would be, told.
#[utoipa::path(
    tag = "management",
    params(EditorsRoutes),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[get("/manage/v1/routes")]
pub(crate) async fn find_editors_routes(
    bearer: Bearer,
    query: Query<'_, EditorsRoutes>,
    languages: Languages<'_>,
    desk: &State<Desk>,
) -> Result<Json<Value>, Problem> {
    let asked = desk.asked(query.locale("locale"), &languages)?;
    let (question, zone) =
        published::question(&query, &asked.locale).map_err(Problem::parameters)?;
    let at = match query.text("at").map(str::parse::<Timestamp>).transpose() {
        Ok(at) => at.unwrap_or_else(|| desk.cms.clock().now()),
        Err(_) => return Err(Problem::parameters(vec![Fault::parameter("at", "bad_time")])),
    };
    let locale = asked.locale.clone();
    let ready = desk.ask(move |delivery| Ok(delivery.directory(&locale)?)).await?;
    let directory = ready.finder().directory();
    let finder = if query.text("drafts") == Some("true") {
        let drafted = desk.cms.editing().with_drafts(&bearer.actor, directory).await?;
        Finder::new(Arc::new(drafted))
    } else {
        Finder::new(Arc::clone(directory))
    };
    published::check(&finder, &question).map_err(Problem::parameters)?;
    let moment = finder.moment(at, None);
    let found = finder.look_up(&question, &moment);
    Ok(Json(json!({"data": finder.tell(&found, &moment, zone), "at": at, "until": found.until})))
}
