//! Passwords and devices over HTTP: whoever was invited chooses a password; whoever has one changes it, and enrols a
//! device that shows codes.

use cms_core::{
    access::token::{Kind, Secret},
    commands::choose_password::ChangePassword,
    id::AccountId,
};
use rocket::{
    Route, State, delete, post, put,
    response::status::{Created, NoContent},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{administrator, sessions::secret_text};
use crate::{
    delivery::Desk,
    guards::{
        bearer::{Bearer, Proof},
        body::{JsonBody, Members},
        query::{Nothing, Query},
        session::FromPage,
    },
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![
        invite_person,
        accept_invitation,
        change_password,
        begin_device,
        confirm_device,
        forget_device,
    ]
}

/// An invitation to choose a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationDocument {
    /// For which account.
    account: String,
    /// Its text, for the person alone. It is shown this once.
    secret: String,
    /// From when on it is good for nothing.
    expires: String,
}

/// What a device takes. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceDocument {
    /// The shared secret, in base 32.
    secret: String,
    /// The same as an address, to be shown as a QR code.
    uri: String,
}

/// A choice by an invitation.
#[derive(Debug, ToSchema)]
pub struct InvitationChoice {
    /// The invitation's text.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    invitation: String,
    /// The password: at least twelve characters.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    password: String,
}

/// A change by whoever knows the password before.
#[derive(Debug, ToSchema)]
pub struct PasswordChange {
    /// The password before.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    current: String,
    /// The new one: at least twelve characters.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    password: String,
    /// What the device shows, where there is one.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    code: Option<String>,
}

/// Invites the person of an account to choose a password. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 201, body = InvitationDocument)),
    security(("token" = []))
)]
#[post("/manage/v1/accounts/<id>/invitations")]
pub(crate) async fn invite_person(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Created<Json<InvitationDocument>>, Problem> {
    administrator(&bearer)?;
    let account: AccountId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let invited = desk.cms.invite(&bearer.actor, account).await?;
    let body = InvitationDocument {
        account: account.to_string(),
        secret: invited.secret.reveal().to_owned(),
        expires: invited.invitation.expires.to_string(),
    };
    Ok(Created::new("/manage/v1/invitation").body(Json(body)))
}

/// Chooses a password by an invitation, which is used up by it. All sessions of the account end.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = InvitationChoice, content_type = "application/json"),
    responses((status = 204), (status = 401, description = "The invitation is unknown, used or too old."))
)]
#[post("/manage/v1/invitation", data = "<body>")]
pub(crate) async fn accept_invitation(
    _page: FromPage,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<NoContent, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let invitation = secret_text(&mut members, "invitation");
    let invitation = members.required("invitation", invitation).unwrap_or_default();
    let password = secret_text(&mut members, "password");
    let password = members.required("password", password).unwrap_or_default();
    members.finish()?;
    let refused = || Problem::from(cms_core::commands::doors::SignInError::Refused);
    let secret = Secret::parse(&invitation).map_err(|_| refused())?;
    if secret.kind() != Kind::Invitation {
        return Err(refused());
    }
    desk.cms.accept_invitation(&secret, password).await?;
    Ok(NoContent)
}

/// Changes one's own password. One's other sessions end.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = PasswordChange, content_type = "application/json"),
    responses((status = 204), (status = 401, description = "The password before or the code is wrong.")),
    security(("token" = []))
)]
#[put("/manage/v1/password", data = "<body>")]
pub(crate) async fn change_password(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<NoContent, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let current = secret_text(&mut members, "current");
    let current = members.required("current", current).unwrap_or_default();
    let password = secret_text(&mut members, "password");
    let password = members.required("password", password).unwrap_or_default();
    let code = secret_text(&mut members, "code");
    members.finish()?;
    let session = match &bearer.proof {
        Proof::Session(session, _) => Some(session.id),
        Proof::Token(_) => None,
    };
    let act = ChangePassword { current, password, code, session };
    desk.cms.change_password(&bearer.actor, act).await?;
    Ok(NoContent)
}

/// Begins to enrol a device that shows codes (RFC 6238). Nothing changes until it has shown that it works.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = Object, description = "`password`; and `code`, where there is a device already.", content_type = "application/json"),
    responses((status = 200, body = DeviceDocument), (status = 401, description = "The password or the code is wrong.")),
    security(("token" = []))
)]
#[post("/manage/v1/device", data = "<body>")]
pub(crate) async fn begin_device(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Json<DeviceDocument>, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let password = secret_text(&mut members, "password");
    let password = members.required("password", password).unwrap_or_default();
    let code = secret_text(&mut members, "code");
    members.finish()?;
    let begun = desk.cms.begin_device(&bearer.actor, (password, code.as_deref())).await?;
    Ok(Json(DeviceDocument { secret: begun.0.reveal(), uri: begun.1 }))
}

/// Finishes enrolling a device, by a code that it shows: from then on it takes one to sign in.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = Object, description = "`code`: what the device shows.", content_type = "application/json"),
    responses((status = 204)),
    security(("token" = []))
)]
#[put("/manage/v1/device", data = "<body>")]
pub(crate) async fn confirm_device(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<NoContent, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let code = secret_text(&mut members, "code");
    let code = members.required("code", code).unwrap_or_default();
    members.finish()?;
    desk.cms.confirm_device(&bearer.actor, &code).await?;
    Ok(NoContent)
}

/// Forgets the device of an account, for somebody who has lost it. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/accounts/<id>/device")]
pub(crate) async fn forget_device(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    administrator(&bearer)?;
    let account: AccountId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    desk.cms.forget_device(&bearer.actor, account).await?;
    Ok(NoContent)
}
