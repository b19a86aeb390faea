//! Previews: a draft as readers would get it, for whoever has a token for it. The token stands in a header, never in an
//! address, and no address of readers leads to a draft.

use cms_core::{
    access::{Act, token::Preview},
    commands::issue_preview::IssuePreview,
    id::{ReleaseId, TokenId},
    queries::entry::EntryFound,
};
use rocket::{
    Request, Route, State, delete, get,
    http::ContentType,
    post,
    response::{
        self, Responder,
        status::{Created, NoContent},
    },
    routes,
    serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    entries::{
        listed::{AtInstant, instant},
        part_name,
    },
    place::{PartAddress, PartPlace},
};
use crate::{
    delivery::{
        Desk,
        media::{Media, Takes},
    },
    guards::{
        bearer::{Presented, invalid},
        body::{Members, OptionalBody},
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![
        list_previews,
        issue_preview,
        revoke_preview,
        read_preview,
        read_preview_media,
        read_form
    ]
}

/// A preview token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewDocument {
    /// Its id, for revoking it.
    id: String,
    /// The release that it is shown as a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    /// When it was issued.
    created_at: String,
    /// By which account.
    created_by: String,
    /// From when on it is good for nothing.
    expires: String,
}

/// A new preview token.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewPreview {
    /// Its text, for `Authorization: Bearer` at `/manage/v1/preview`. It is shown this once.
    secret: String,
    /// What it is.
    #[serde(flatten)]
    preview: PreviewDocument,
}

/// The preview tokens of a locale.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewList {
    /// Those that are good now, oldest first.
    data: Vec<PreviewDocument>,
}

impl PreviewDocument {
    fn of(preview: &Preview) -> Self {
        Self {
            id: preview.id.to_string(),
            release: preview.release.map(|release| release.to_string()),
            created_at: preview.created_at.to_string(),
            created_by: preview.created_by.to_string(),
            expires: preview.expires.to_string(),
        }
    }
}

/// Refuses who may not write here.
fn writer(place: &PartPlace) -> Result<(), Problem> {
    if place.at.may(Act::Write, &place.part) {
        Ok(())
    } else {
        let may_read = place.at.may(Act::Read, &place.part);
        Err(Problem::new(if may_read { Code::Forbidden } else { Code::NotFound }))
    }
}

/// The preview tokens of a locale that are good now, without their texts.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/previews",
    params(PartAddress, Nothing),
    responses((status = 200, body = PreviewList)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/previews")]
pub(crate) async fn list_previews(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<PreviewList>, Problem> {
    writer(&place)?;
    let now = desk.cms.clock().now();
    let all = desk.cms.editing().previews(place.at.entry.id, &place.locale()?, now).await?;
    Ok(Json(PreviewList { data: all.iter().map(PreviewDocument::of).collect() }))
}

/// Issues a token that shows the draft of a locale as readers would get it, to whoever has it: for a week, or until
/// `expires`. It is good as long as you may write there.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/previews",
    params(PartAddress, Nothing),
    request_body(content = Option<Object>, description = "`expires` (RFC 3339); `release`, to show it as it would be after that.", content_type = "application/json"),
    responses((status = 201, body = NewPreview)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/previews", data = "<body>")]
pub(crate) async fn issue_preview(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Created<Json<NewPreview>>, Problem> {
    writer(&place)?;
    let (entry, locale) = (place.at.entry.id, place.locale()?);
    let mut members = Members::of(body.0)?;
    let expires = members.time("expires");
    let release = members.parsed("release", "not_an_id", |text| text.parse::<ReleaseId>().ok());
    members.finish()?;
    let act = IssuePreview { entry, locale, release, expires };
    let (preview, secret) = desk.cms.issue_preview(&place.at.editor.bearer.actor, act).await?;
    let (type_name, part) = (&place.at.entry.type_name, part_name(&place.part));
    let location = format!("/manage/v1/entries/{type_name}/{entry}/{part}/previews/{}", preview.id);
    let body =
        NewPreview { secret: secret.reveal().to_owned(), preview: PreviewDocument::of(&preview) };
    Ok(Created::new(location).body(Json(body)))
}

/// Revokes a preview token: from the next request on it is good for nothing.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/previews/{preview}",
    params(PartAddress, ("preview" = String, Path, description = "The token's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/entries/<_>/<_>/<_>/previews/<preview>")]
pub(crate) async fn revoke_preview(
    preview: &str,
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    writer(&place)?;
    let id: TokenId = preview.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let actor = &place.at.editor.bearer.actor;
    desk.cms.revoke_preview(actor, (place.at.entry.id, &place.locale()?), id).await?;
    Ok(NoContent)
}

/// A draft as readers would get it: for nobody else's eyes, and for no index.
pub(crate) struct Shown {
    body: Vec<u8>,
    language: String,
}

impl<'r> Responder<'r, 'static> for Shown {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = (ContentType::JSON, self.body).respond_to(request)?;
        answer.set_raw_header("Cache-Control", "private, no-store");
        answer.set_raw_header("X-Robots-Tag", "noindex, nofollow, noarchive");
        answer.set_raw_header("Content-Language", self.language);
        Ok(answer)
    }
}

/// What a preview token shows: the answer that readers would get at `/v1/entries`, had the draft been published just
/// now, with embeds and references as they are live. The token says of which entry and locale.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    responses((status = 200, body = Object), (status = 401, description = "The token is unknown, revoked or expired.")),
    security(("token" = []))
)]
#[get("/manage/v1/preview")]
pub(crate) async fn read_preview(
    presented: Presented,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Shown, Problem> {
    shown(desk.cms.preview(&presented.0).await?.ok_or_else(invalid)?)
}

/// What readers would get, for whoever may see it before them or after.
fn shown(found: EntryFound) -> Result<Shown, Problem> {
    match found {
        EntryFound::Entry(answer) | EntryFound::Withdrawn(answer) => {
            Ok(Shown { body: answer.body, language: answer.locale.to_string() })
        }
        EntryFound::Gone { .. } => Err(Problem::new(Code::Gone)),
        EntryFound::Moved { .. } | EntryFound::NotTranslated { .. } | EntryFound::Unknown => {
            Err(Problem::new(Code::NotFound))
        }
    }
}

/// The bytes of what a preview token shows: an asset's own draft, or those of a release.
#[utoipa::path(
    tag = "management",
    params(
        ("digest" = String, Path, description = "The digest of the asset's bytes."),
        ("step" = String, Path, description = "The file's name, or a rendition's."),
        Nothing
    ),
    responses((status = 200, body = String, content_type = "application/octet-stream")),
    security(("token" = []))
)]
#[get("/manage/v1/preview/media/<digest>/<step>")]
pub(crate) async fn read_preview_media(
    digest: &str,
    step: &str,
    presented: Presented,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Media, Problem> {
    let place = (digest.to_owned(), step.to_owned());
    let found = desk.cms.preview_media(&presented.0, place).await?;
    let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Media::of(found, Takes::NOTHING, desk).await?.privately())
}

/// What readers got of a locale at an instant, or will get if what is scheduled happens: the answer of `/v1/entries`, with
/// what it shows as that was then. Locales, agencies and types are today's. Without `as_of`, what they get now.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/form",
    params(PartAddress, AtInstant),
    responses(
        (status = 200, body = Object),
        (status = 404, description = "They got nothing of it."),
        (status = 410, description = "It was gone."),
        (status = 422, description = "More leads up to it than is looked through."),
    ),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/form")]
pub(crate) async fn read_form(
    place: PartPlace,
    query: Query<'_, AtInstant>,
    desk: &State<Desk>,
) -> Result<Shown, Problem> {
    place.readable()?;
    let at = instant(&query, desk.cms.clock().now())?;
    let about = (&place.at.entry, &place.locale()?);
    shown(desk.cms.form_at(&place.at.editor.bearer.actor, about, at).await?)
}
