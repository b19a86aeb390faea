//! Comments over HTTP: what colleagues say to each other about an entry, and who is to see to it.

use cms_core::{
    access::Act,
    commands::{
        assign_comment::AssignComment, comment::MakeComment, resolve_comment::ResolveComment,
    },
    followers::editing::discussion::Comment,
    id::{AccountId, CommentId},
};
use rocket::{Route, State, get, post, routes, serde::json::Json};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    entries::{accepted_as, part_name},
    once::Written,
    place::{Editor, EntryPlace, PartAddress, PartPlace},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{JsonBody, Members, OptionalBody},
        query::{Nothing, Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

/// The most assignments that a list has.
const MOST: usize = 500;

parameters! {
    /// What the list of comments takes.
    pub CommentListing = [
        Parameter::choice("state", &["open", "resolved", "all"], "Which; the open ones without."),
        Parameter::choice("parts", &["all"], "Those about all parts that you may read, too."),
    ]
}

parameters! {
    /// What the list of assignments takes.
    pub AssignmentListing = [
        Parameter::text("account", 36, "Whose: your own without; anybody's for administrators."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![
        make_comment,
        list_comments,
        assign_comment,
        resolve_comment,
        reopen_comment,
        list_assignments
    ]
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentDocument {
    /// Its id.
    id: String,
    /// The entry.
    entry: String,
    /// The part: a locale, or `shared` for the entry as a whole.
    part: String,
    /// The segment of the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<String>,
    /// What was said.
    text: String,
    /// By which account.
    by: String,
    /// When.
    at: String,
    /// The comment that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    /// Who is to see to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// By when.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    /// Who held it to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at: Option<String>,
}

/// Comments.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentList {
    /// In the order in which they were made.
    data: Vec<CommentDocument>,
}

impl From<Comment> for CommentDocument {
    fn from(comment: Comment) -> Self {
        Self {
            id: comment.id.to_string(),
            entry: comment.entry.to_string(),
            part: part_name(&comment.part),
            segment: comment.segment,
            text: comment.text,
            by: comment.by.to_string(),
            at: comment.at.to_string(),
            reply_to: comment.reply_to.map(|id| id.to_string()),
            assignee: comment.assignee.map(|id| id.to_string()),
            due: comment.due.map(|at| at.to_string()),
            resolved_by: comment.resolved.map(|(by, _)| by.to_string()),
            resolved_at: comment.resolved.map(|(_, at)| at.to_string()),
        }
    }
}

fn account(members: &mut Members, name: &str) -> Option<AccountId> {
    members.parsed(name, "not_an_id", |text| text.parse().ok())
}

/// Says something about a part: to colleagues, and to nobody else.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/comments",
    params(PartAddress, Nothing),
    request_body(content = Object, description = "`text`, and perhaps `segment`, `reply_to`, `assignee` (an account) and `due`.", content_type = "application/json"),
    responses((status = 201, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/comments", data = "<body>")]
pub(crate) async fn make_comment(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let mut members = Members::of(Some(body.0.clone()))?;
        let text = members.text("text");
        let text = members.required("text", text).unwrap_or_default();
        let act = MakeComment {
            entry: place.at.entry.id,
            part: place.part.clone(),
            segment: members.text("segment"),
            text,
            reply_to: members.parsed("reply_to", "not_an_id", |text| text.parse().ok()),
            assignee: account(&mut members, "assignee"),
            due: members.time("due"),
        };
        members.finish()?;
        let (id, accepted) = desk.cms.comment(&actor, act).await?;
        let mut written = accepted_as(desk, accepted, json!({ "id": id.to_string() })).await;
        if written.status == 200 {
            written.status = 201;
        }
        Ok(written)
    };
    place.at.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// What was said about a part, or about all parts that you may read.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/comments",
    params(PartAddress, CommentListing),
    responses((status = 200, body = CommentList)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/comments")]
pub(crate) fn list_comments(
    place: PartPlace,
    query: Query<'_, CommentListing>,
    desk: &State<Desk>,
) -> Result<Json<CommentList>, Problem> {
    if !place.at.may(Act::Read, &place.part) {
        return Err(Problem::new(Code::NotFound));
    }
    let state = query.text("state").unwrap_or("open");
    let is_all = query.text("parts").is_some();
    let mut all = desk.cms.editing().comments(place.at.entry.id)?;
    all.retain(|comment| {
        let is_wanted = match state {
            "all" => true,
            "resolved" => comment.resolved.is_some(),
            _ => comment.resolved.is_none(),
        };
        is_wanted
            && (is_all || comment.part == place.part)
            && place.at.may(Act::Read, &comment.part)
    });
    Ok(Json(CommentList { data: all.into_iter().map(Into::into).collect() }))
}

/// The comment of a path, for who may read it.
fn known(desk: &Desk, place: &PartPlace, id: &str) -> Result<CommentId, Problem> {
    let missing = || Problem::new(Code::NotFound);
    let id: CommentId = id.parse().map_err(|_| missing())?;
    let comment = desk.cms.editing().comment(place.at.entry.id, id)?.ok_or_else(missing)?;
    let is_there = comment.part == place.part && place.at.may(Act::Read, &comment.part);
    if is_there { Ok(id) } else { Err(missing()) }
}

/// Says who is to see to a comment, and by when; without an assignee, nobody is.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/comments/{comment}/assign",
    params(PartAddress, ("comment" = String, Path, description = "The comment's id."), Nothing),
    request_body(content = Object, description = "`assignee` (an account), and perhaps `due`.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/comments/<comment>/assign", data = "<body>")]
pub(crate) async fn assign_comment(
    comment: &str,
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let comment = known(desk, &place, comment)?;
        let mut members = Members::of(Some(body.0.clone()))?;
        let assignee = account(&mut members, "assignee");
        let due = members.time("due");
        members.finish()?;
        let act = AssignComment { entry: place.at.entry.id, comment, assignee, due };
        let accepted = desk.cms.assign_comment(&actor, act).await?;
        Ok(accepted_as(desk, accepted, json!({ "id": comment.to_string() })).await)
    };
    place.at.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// Says that a comment is seen to.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/comments/{comment}/resolve",
    params(PartAddress, ("comment" = String, Path, description = "The comment's id."), Nothing),
    request_body(content = Option<Object>, description = "Nothing.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/comments/<comment>/resolve", data = "<body>")]
pub(crate) async fn resolve_comment(
    comment: &str,
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    turn(desk, &place, comment, (&body, true)).await
}

/// Says that a comment isn't seen to after all.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/comments/{comment}/reopen",
    params(PartAddress, ("comment" = String, Path, description = "The comment's id."), Nothing),
    request_body(content = Option<Object>, description = "Nothing.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/comments/<comment>/reopen", data = "<body>")]
pub(crate) async fn reopen_comment(
    comment: &str,
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    turn(desk, &place, comment, (&body, false)).await
}

async fn turn(
    desk: &Desk,
    place: &PartPlace,
    comment: &str,
    (body, resolved): (&OptionalBody, bool),
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let comment = known(desk, place, comment)?;
        Members::of(body.0.clone())?.finish()?;
        let act = ResolveComment { entry: place.at.entry.id, comment, resolved };
        let accepted = desk.cms.resolve_comment(&actor, act).await?;
        let told = json!({ "id": comment.to_string(), "resolved": resolved });
        Ok(accepted_as(desk, accepted, told).await)
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// The open comments that somebody is to see to: you, or as an administrator anybody.
#[utoipa::path(
    tag = "management",
    params(AssignmentListing),
    responses((status = 200, body = CommentList)),
    security(("token" = []))
)]
#[get("/manage/v1/assignments")]
pub(crate) fn list_assignments(
    editor: Editor,
    query: Query<'_, AssignmentListing>,
    desk: &State<Desk>,
) -> Result<Json<CommentList>, Problem> {
    let own = editor.bearer.actor.account;
    let account = match query.text("account") {
        None => own,
        Some(text) => text
            .parse::<AccountId>()
            .map_err(|_| Problem::parameters(vec![Fault::parameter("account", "not_an_id")]))?,
    };
    if account != own && !editor.bearer.actor.is_administrator() {
        return Err(Problem::new(Code::Forbidden));
    }
    let editing = desk.cms.editing();
    let mut found = Vec::new();
    for comment in editing.assignments(account, MOST)? {
        // Rights may have been taken away since.
        let Some(entry) = editing.entry(comment.entry)? else { continue };
        let place = EntryPlace { editor: editor.clone(), entry };
        if place.may(Act::Read, &comment.part) {
            found.push(comment.into());
        }
    }
    Ok(Json(CommentList { data: found }))
}
