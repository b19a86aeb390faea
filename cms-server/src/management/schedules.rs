//! Schedules over HTTP: what is to happen to a locale, and when.

use cms_core::{
    access::Act,
    commands::{
        schedule::{ScheduleAct, Wanted},
        unschedule::Unschedule,
    },
    id::OpId,
};
use rocket::{Route, State, post, routes};

use super::{
    acts::withdrawal,
    entries::answered,
    once::Written,
    place::{PartPlace, PartWrite},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{Members, OptionalBody},
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![schedule_act, unschedule_act]
}

/// What is to happen, as the body says.
fn wanted(place: &PartPlace, body: &OptionalBody) -> Result<ScheduleAct, Problem> {
    let mut members = Members::of(body.0.clone())?;
    let what = members.parsed("act", "bad_scheduled_act", |text| {
        ["publish", "unpublish"].into_iter().find(|act| *act == text)
    });
    let what = members.required("act", what);
    let at = members.time("at");
    let at = members.required("at", at).unwrap_or_default();
    let zone = members.text("zone");
    let wanted = if what == Some("unpublish") {
        Wanted::Unpublish(withdrawal(&mut members))
    } else {
        Wanted::Publish
    };
    members.finish()?;
    let (entry, locale) = (place.at.entry.id, place.locale()?);
    Ok(ScheduleAct { entry, locale, expected: None, wanted, at, zone })
}

/// Schedules a publication of the newest revision, or a withdrawal, at a time. Until then the draft stays as it
/// is, and nothing of it is where readers could reach it.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/schedule",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`act` (`publish` or `unpublish`), `at` (RFC 3339), `zone`; for `unpublish` also `mode`, `notice`, `replacement`.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/schedule", data = "<body>")]
pub(crate) async fn schedule_act(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        place.locale()?;
        let expected = Some(place.expected(Act::Publish)?);
        let act = ScheduleAct { expected, ..wanted(&place, &body)? };
        let accepted = desk.cms.schedule(&actor, act).await?.1;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Takes a schedule back.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/unschedule",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`schedule`: its id.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/unschedule", data = "<body>")]
pub(crate) async fn unschedule_act(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let locale = place.locale()?;
        place.expected(Act::Publish)?;
        let mut members = Members::of(body.0.clone())?;
        let schedule = members.parsed("schedule", "not_an_id", |text| text.parse::<OpId>().ok());
        let schedule = members.required("schedule", schedule);
        members.finish()?;
        let schedule = schedule.unwrap_or(OpId::from_bytes([0; 16]));
        let act = Unschedule { entry: place.at.entry.id, locale, schedule };
        let accepted = desk.cms.unschedule(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}
