//! Releases over HTTP: publications and withdrawals that happen as one, or not at all.

use std::sync::Arc;

use cms_core::{
    commands::{
        Accepted, CommandError, change_release::ChangeRelease, publish_release::OnRelease,
        schedule_release::ScheduleRelease,
    },
    id::ReleaseId,
    release::Release,
};
use rocket::{
    Request, Route, State, get, post,
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use self::{changes::changes, told::ReleaseDocument};
use super::{
    entries::accepted_as,
    once::Written,
    place::{Editor, ReleaseWrite},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{JsonBody, Members, OptionalBody},
        if_match::IfMatch,
        query::{Nothing, Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

mod changes;
pub mod told;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![
        list_releases,
        begin_release,
        read_release,
        change_release,
        check_release,
        publish_release,
        schedule_release,
        unschedule_release,
        discard_release,
    ]
}

parameters! {
    /// What the list of releases takes.
    pub ReleaseListing = [
        Parameter::integer("limit", 1..=100, 20, "How many."),
        Parameter::text("after", 36, "Only those after this id: the last of the page before."),
    ]
}

/// A page of releases.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseList {
    /// In the order in which they were begun.
    data: Vec<ReleaseDocument>,
    /// What to go on after, as `after`; none at the end.
    next: Option<String>,
}

/// A release that the editor has to do with, and what a write says of its version.
pub(crate) struct ReleasePlace {
    editor: Editor,
    release: Release,
    document: Arc<Value>,
    if_match: IfMatch,
}

/// Where the id stands in a path: `/manage/v1/releases/ID`.
const ID: usize = 3;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ReleasePlace {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match Self::of(request).await {
            Ok(place) => Outcome::Success(place),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl ReleasePlace {
    async fn of(request: &Request<'_>) -> Result<Self, Problem> {
        let missing = || Problem::new(Code::NotFound);
        let editor = Editor::of(request).await?;
        let desk = super::place::desk(request)?;
        let text = request.param::<&str>(ID).and_then(Result::ok).ok_or_else(missing)?;
        let id = text.parse::<ReleaseId>().ok().filter(|id| id.to_string() == text);
        let release = desk.cms.editing().release(id.ok_or_else(missing)?)?.ok_or_else(missing)?;
        let document = ReleaseDocument::of(desk, &editor, release.clone()).await?;
        let document = serde_json::to_value(document.ok_or_else(missing)?);
        let document = Arc::new(document.map_err(Problem::internal)?);
        Ok(Self { editor, release, document, if_match: IfMatch::of(request) })
    }

    fn on(&self) -> Result<OnRelease, Problem> {
        let expected = Some(self.if_match.expected(self.release.version)?);
        Ok(OnRelease { release: self.release.id, expected })
    }

    async fn answered(&self, desk: &Desk, accepted: Accepted) -> Result<Written, Problem> {
        let release = desk.cms.editing().release(self.release.id)?;
        let document = match release {
            Some(release) => ReleaseDocument::of(desk, &self.editor, release).await?,
            None => None,
        };
        let body = serde_json::to_value(document).map_err(Problem::internal)?;
        let body = if body.is_null() { json!({}) } else { body };
        Ok(accepted_as(desk, accepted, body).await)
    }
}

/// A release with its tag.
pub(crate) struct TaggedRelease(ReleasePlace);

impl<'r> Responder<'r, 'static> for TaggedRelease {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = Json(&*self.0.document).respond_to(request)?;
        answer.set_raw_header("ETag", format!("\"{}\"", self.0.release.version));
        Ok(answer)
    }
}

/// The releases that you have to do with, those that have happened too.
#[utoipa::path(
    tag = "management",
    params(ReleaseListing),
    responses((status = 200, body = ReleaseList)),
    security(("token" = []))
)]
#[get("/manage/v1/releases")]
pub(crate) async fn list_releases(
    editor: Editor,
    query: Query<'_, ReleaseListing>,
    desk: &State<Desk>,
) -> Result<Json<ReleaseList>, Problem> {
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(20);
    let mut after = match query.text("after") {
        None => None,
        Some(text) => Some(
            text.parse::<ReleaseId>()
                .map_err(|_| Problem::parameters(vec![Fault::parameter("after", "not_an_id")]))?,
        ),
    };
    let mut data = Vec::new();
    // What one may not see is skipped, without telling how much that was.
    while data.len() < limit {
        let page = desk.cms.editing().releases(after, limit)?;
        let Some(last) = page.last() else {
            return Ok(Json(ReleaseList { data, next: None }));
        };
        after = Some(last.id);
        for release in page {
            let id = release.id;
            data.extend(ReleaseDocument::of(desk, &editor, release).await?);
            if data.len() == limit {
                after = Some(id);
                break;
            }
        }
    }
    let more = desk.cms.editing().releases(after, 1)?;
    Ok(Json(ReleaseList {
        data,
        next: after.filter(|_| !more.is_empty()).map(|id| id.to_string()),
    }))
}

/// Begins a release, empty.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = Object, description = "`name`.", content_type = "application/json"),
    responses((status = 201, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/releases", data = "<body>")]
pub(crate) async fn begin_release(
    editor: Editor,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = editor.bearer.actor.clone();
    let work = async {
        let mut members = Members::of(Some(body.0.clone()))?;
        let name = members.text("name");
        let name = members.required("name", name).unwrap_or_default();
        members.finish()?;
        let (id, accepted) = desk.cms.begin_release(&actor, name).await?;
        let mut written = accepted_as(desk, accepted, json!({ "id": id.to_string() })).await;
        if written.status == 200 {
            written.status = 201;
        }
        written.headers.push(("Location".to_owned(), format!("/manage/v1/releases/{id}")));
        Ok(written)
    };
    editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// A release.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}",
    params(("release" = String, Path, description = "Its id."), Nothing),
    responses((status = 200, body = ReleaseDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/releases/<_>")]
pub(crate) fn read_release(place: ReleasePlace, _query: Query<'_, Nothing>) -> TaggedRelease {
    TaggedRelease(place)
}

/// Adds items to a release, and takes items out: in one step.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}/items",
    params(ReleaseWrite, Nothing),
    request_body(content = Object, description = "`add`: a list of `id`, `part`, `act` (`publish` or `unpublish`), and `revision`, or `mode`, `notice`, `replacement`; `remove`: a list of `id`, `part`.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "The release now.")),
    security(("token" = []))
)]
#[post("/manage/v1/releases/<_>/items", data = "<body>")]
pub(crate) async fn change_release(
    place: ReleasePlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    let work = async {
        let on = place.on()?;
        let (add, remove) = changes(body.0.clone())?;
        let act = ChangeRelease { release: on.release, expected: on.expected, add, remove };
        let accepted = desk.cms.change_release(&actor, act).await?;
        place.answered(desk, accepted).await
    };
    place.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// Looks whether a release could happen now, and changes nothing: 204, or all that is wrong with each item.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}/check",
    params(ReleaseWrite, Nothing),
    responses((status = 204), (status = 422, description = "All that is wrong, with the place of each item.")),
    security(("token" = []))
)]
#[post("/manage/v1/releases/<_>/check")]
pub(crate) async fn check_release(
    place: ReleasePlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<response::status::NoContent, Problem> {
    desk.cms.check_release(&place.editor.bearer.actor, place.on()?).await?;
    Ok(response::status::NoContent)
}

/// Does an act that takes nothing.
async fn simply<'a, F>(
    place: &'a ReleasePlace,
    desk: &'a Desk,
    body: &'a OptionalBody,
    act: impl FnOnce(OnRelease) -> F + Send,
) -> Result<Written, Problem>
where
    F: Future<Output = Result<Accepted, CommandError>> + Send,
{
    let account = place.editor.bearer.actor.account;
    let work = async {
        let on = place.on()?;
        Members::of(body.0.clone())?.finish()?;
        let accepted = act(on).await?;
        place.answered(desk, accepted).await
    };
    place.editor.once.run((desk, account), body.0.as_ref(), work).await
}

/// Publishes and takes away all that a release holds, as one: if anything is wrong with any item, nothing happens.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}/publish",
    params(ReleaseWrite, Nothing),
    request_body(content = Option<Object>, description = "Nothing.", content_type = "application/json"),
    responses((status = 200, body = Object), (status = 422, description = "All that is wrong, with the place of each item.")),
    security(("token" = []))
)]
#[post("/manage/v1/releases/<_>/publish", data = "<body>")]
pub(crate) async fn publish_release(
    place: ReleasePlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    simply(&place, desk, &body, |on| desk.cms.publish_release(&actor, on)).await
}

/// Schedules a release. Until then its parts stay as they are.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}/schedule",
    params(ReleaseWrite, Nothing),
    request_body(content = Object, description = "`at` (RFC 3339), `zone`.", content_type = "application/json"),
    responses((status = 200, body = Object), (status = 422, description = "All that is wrong, with the place of each item.")),
    security(("token" = []))
)]
#[post("/manage/v1/releases/<_>/schedule", data = "<body>")]
pub(crate) async fn schedule_release(
    place: ReleasePlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    let work = async {
        let OnRelease { release, expected } = place.on()?;
        let mut members = Members::of(Some(body.0.clone()))?;
        let at = members.time("at");
        let at = members.required("at", at).unwrap_or_default();
        let zone = members.text("zone");
        members.finish()?;
        let act = ScheduleRelease { release, expected, at, zone };
        let accepted = desk.cms.schedule_release(&actor, act).await?;
        place.answered(desk, accepted).await
    };
    place.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// Takes the schedule of a release back: it is open again.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}/unschedule",
    params(ReleaseWrite, Nothing),
    request_body(content = Option<Object>, description = "Nothing.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/releases/<_>/unschedule", data = "<body>")]
pub(crate) async fn unschedule_release(
    place: ReleasePlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    simply(&place, desk, &body, |on| desk.cms.unschedule_release(&actor, on)).await
}

/// Gives a release up. Its drafts stay as they are.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/releases/{release}/discard",
    params(ReleaseWrite, Nothing),
    request_body(content = Option<Object>, description = "Nothing.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/releases/<_>/discard", data = "<body>")]
pub(crate) async fn discard_release(
    place: ReleasePlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    simply(&place, desk, &body, |on| desk.cms.discard_release(&actor, on)).await
}
