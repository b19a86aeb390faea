//! Tokens over HTTP: who am I, which tokens there are, and how one gets one.

use cms_core::{
    access::token::{Kind, Secret},
    commands::{
        CommandError,
        issue_token::{IssueToken, Issued},
    },
    id::{AccountId, TokenId},
    queries::tokens::KnownToken,
};
use rocket::{
    Route, State, delete, get, post,
    response::status::{Created, NoContent},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    accounts::{Agencies, GrantDocument},
    administrator,
    sessions::SessionDocument,
};
use crate::{
    delivery::Desk,
    guards::{
        bearer::{Applicant, Bearer, Proof, invalid},
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_me, list_tokens, issue_token, revoke_token]
}

/// Who acts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// The account.
    account: String,
    /// What the account may do.
    grants: Vec<GrantDocument>,
    /// The token, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenDocument>,
    /// The session, where a browser asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionDocument>,
}

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenDocument {
    /// Its id.
    id: String,
    /// Whose it is.
    account: String,
    /// What its owner calls it.
    name: String,
    /// When it was made.
    created_at: String,
    /// By which account.
    created_by: String,
    /// From when on it is good for nothing.
    expires: String,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<String>,
    /// Whether it is still to be exchanged, and good for nothing else.
    one_time: bool,
}

impl TokenDocument {
    fn of(known: KnownToken) -> Self {
        let KnownToken { token, last_used } = known;
        Self {
            id: token.id.to_string(),
            account: token.account.to_string(),
            name: token.name,
            created_at: token.created_at.to_string(),
            created_by: token.created_by.to_string(),
            expires: token.expires.to_string(),
            last_used: last_used.map(|at| at.to_string()),
            one_time: token.kind == Kind::OneTime,
        }
    }
}

/// The tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenList {
    /// Oldest first.
    data: Vec<TokenDocument>,
}

/// A new token.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewToken {
    /// Its text, for `Authorization: Bearer`. It is shown this once.
    secret: String,
    /// What it is.
    #[serde(flatten)]
    token: TokenDocument,
}

impl NewToken {
    fn of(issued: Issued) -> Self {
        let secret = issued.secret.reveal().to_owned();
        Self {
            secret,
            token: TokenDocument::of(KnownToken { token: issued.token, last_used: None }),
        }
    }
}

/// What a token is asked for with.
#[derive(Debug, ToSchema)]
pub struct TokenRequest {
    /// What its owner calls it.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    name: String,
    /// For which account; in exchange for a one-time token it is that token's.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    account: Option<String>,
    /// From when on it is good for nothing; 90 days from now without it.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    expires: Option<String>,
}

/// Who I am, and what I may do.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = Me)), security(("token" = [])))]
#[get("/manage/v1/me")]
pub(crate) fn read_me(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<Me>, Problem> {
    let agencies = Agencies::of(desk)?;
    let grants = bearer.actor.grants.iter().map(|grant| agencies.told(grant)).collect();
    let (token, session) = match bearer.proof {
        Proof::Token(token) => {
            (Some(TokenDocument::of(KnownToken { token, last_used: None })), None)
        }
        Proof::Session(session, csrf) => (None, Some(SessionDocument::of(&session, &csrf))),
    };
    Ok(Json(Me { account: bearer.actor.account.to_string(), grants, token, session }))
}

/// All tokens, without their texts. An administrator's question.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = TokenList)), security(("token" = [])))]
#[get("/manage/v1/tokens")]
pub(crate) async fn list_tokens(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<TokenList>, Problem> {
    administrator(&bearer)?;
    let tokens = desk.cms.editing().tokens().await?;
    Ok(Json(TokenList { data: tokens.into_iter().map(TokenDocument::of).collect() }))
}

/// Issues a token: for a one-time token, which is used up by it, or as an administrator for any account.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = TokenRequest, content_type = "application/json"),
    responses((status = 201, body = NewToken)),
    security(("token" = []))
)]
#[post("/manage/v1/tokens", data = "<body>")]
pub(crate) async fn issue_token(
    applicant: Applicant,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Created<Json<NewToken>>, Problem> {
    let issued = match applicant {
        Applicant::Exchanging(secret) => exchange(desk, &secret, body).await?,
        Applicant::Known(bearer) => issue(desk, &bearer, body).await?,
    };
    let location = format!("/manage/v1/tokens/{}", issued.token.id);
    Ok(Created::new(location).body(Json(NewToken::of(issued))))
}

async fn exchange(desk: &Desk, one_time: &Secret, body: JsonBody) -> Result<Issued, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let name = members.text("name");
    let name = members.required("name", name).unwrap_or_default();
    let expires = members.time("expires");
    members.finish()?;
    match desk.cms.exchange_token(one_time, name, expires).await {
        Err(CommandError::NotFound(_)) => Err(invalid()),
        other => Ok(other?),
    }
}

async fn issue(desk: &Desk, bearer: &Bearer, body: JsonBody) -> Result<Issued, Problem> {
    administrator(bearer)?;
    let mut members = Members::of(Some(body.0))?;
    let name = members.text("name");
    let name = members.required("name", name).unwrap_or_default();
    let account = members.parsed("account", "not_an_id", |text| text.parse::<AccountId>().ok());
    let expires = members.time("expires");
    if let Some(account) = account
        && desk.cms.editing().account(account)?.is_none()
    {
        members.refuse(cms_core::violation::Violation::new("/account", "unknown_account"));
    }
    members.finish()?;
    let account = account.unwrap_or(bearer.actor.account);
    Ok(desk.cms.issue_token(&bearer.actor, IssueToken { account, name, expires }).await?)
}

/// Revokes a token: from the next request on it is good for nothing. One's own, or as an administrator any.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The token's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/tokens/<id>")]
pub(crate) async fn revoke_token(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    let id: TokenId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    desk.cms.revoke_token(&bearer.actor, id).await?;
    Ok(NoContent)
}
