//! Partners' keys over HTTP: which there are, and how a partner gets one.

use cms_core::{
    access::partner::PartnerKey, commands::issue_partner_key::IssuePartnerKey, id::TokenId,
    violation::Violation,
};
use rocket::{
    Route, State, delete, get, post,
    response::status::{Created, NoContent},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::administrator;
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_partner_keys, issue_partner_key, revoke_partner_key]
}

/// A partner's key, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerKeyDocument {
    /// Its id.
    id: String,
    /// What the partner is called.
    partner: String,
    /// How many requests it may make in a minute.
    per_minute: u32,
    /// When it was made.
    created_at: String,
    /// By which account.
    created_by: String,
    /// From when on it is good for nothing.
    expires: String,
}

impl PartnerKeyDocument {
    /// A key as it is told.
    pub fn of(key: &PartnerKey) -> Self {
        Self {
            id: key.id.to_string(),
            partner: key.partner.clone(),
            per_minute: key.per_minute,
            created_at: key.created_at.to_string(),
            created_by: key.created_by.to_string(),
            expires: key.expires.to_string(),
        }
    }
}

/// Partners' keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerKeyList {
    /// Oldest first.
    data: Vec<PartnerKeyDocument>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewPartnerKey {
    /// Its text, for `Authorization: Bearer` on `/v1`. It is shown this once.
    secret: String,
    /// What it is.
    #[serde(flatten)]
    key: PartnerKeyDocument,
}

/// What a key is asked for with.
#[derive(Debug, ToSchema)]
pub struct PartnerKeyRequest {
    /// What the partner is called.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    partner: String,
    /// How many requests it may make in a minute; 600 without it.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    per_minute: Option<u32>,
    /// From when on it is good for nothing; a year from now without it.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    expires: Option<String>,
}

/// All partners' keys, without their texts. An administrator's question.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = PartnerKeyList)), security(("token" = [])))]
#[get("/manage/v1/partner-keys")]
pub(crate) async fn list_partner_keys(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<PartnerKeyList>, Problem> {
    administrator(&bearer)?;
    let keys = desk.cms.editing().partner_keys().await?;
    Ok(Json(PartnerKeyList { data: keys.iter().map(PartnerKeyDocument::of).collect() }))
}

/// Issues a key for a partner. It gives no right to anything that isn't public: requests with it have a share of their
/// own. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = PartnerKeyRequest, content_type = "application/json"),
    responses((status = 201, body = NewPartnerKey)),
    security(("token" = []))
)]
#[post("/manage/v1/partner-keys", data = "<body>")]
pub(crate) async fn issue_partner_key(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Created<Json<NewPartnerKey>>, Problem> {
    administrator(&bearer)?;
    let mut members = Members::of(Some(body.0))?;
    let partner = members.text("partner");
    let partner = members.required("partner", partner).unwrap_or_default();
    let expires = members.time("expires");
    let per_minute = members.value("per_minute").map(|value| {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            let wrong = Violation::new("/per_minute", "wrong_kind").with("expected", "integer");
            members.refuse(wrong);
        }
        number.unwrap_or_default()
    });
    members.finish()?;
    let act = IssuePartnerKey { partner, per_minute, expires };
    let issued = desk.cms.issue_partner_key(&bearer.actor, act).await?;
    let location = format!("/manage/v1/partner-keys/{}", issued.key.id);
    let secret = issued.secret.reveal().to_owned();
    let body = NewPartnerKey { secret, key: PartnerKeyDocument::of(&issued.key) };
    Ok(Created::new(location).body(Json(body)))
}

/// Revokes a partner's key: from the next request on it is good for nothing. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The key's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/partner-keys/<id>")]
pub(crate) async fn revoke_partner_key(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    administrator(&bearer)?;
    let id: TokenId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    desk.cms.revoke_partner_key(&bearer.actor, id).await?;
    Ok(NoContent)
}
