//! What happens to one account over HTTP: it is looked at, renamed, closed, opened, erased.

use cms_core::{
    commands::{rename_account::RenameAccount, switch_account::SwitchAccount},
    id::AccountId,
};
use rocket::{Route, State, delete, get, patch, routes, serde::json::Json};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{AccountDocument, Agencies};
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    management::{Done, administrator},
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_account, change_account, erase_account]
}

/// What is to be another with an account.
#[derive(Debug, ToSchema)]
pub struct AccountChange {
    /// Its name.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    name: Option<String>,
    /// Whether it is closed, so that nobody acts as it.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    disabled: Option<bool>,
}

/// The account of this id, if there is one.
pub(super) fn known(desk: &Desk, id: &str) -> Result<(AccountId, AccountDocument), Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let account = desk.cms.editing().account(id)?.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok((id, AccountDocument::of(id, account, &Agencies::of(desk)?)))
}

/// An account. An administrator's question.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 200, body = AccountDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/accounts/<id>")]
pub(crate) fn read_account(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<AccountDocument>, Problem> {
    administrator(&bearer)?;
    Ok(Json(known(desk, id)?.1))
}

/// Gives an account another name, closes it, or opens it again. An administrator's act; the last administrator stays
/// one.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    request_body(content = AccountChange, content_type = "application/json"),
    responses((status = 200, body = AccountDocument)),
    security(("token" = []))
)]
#[patch("/manage/v1/accounts/<id>", data = "<body>")]
pub(crate) async fn change_account(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Done<AccountDocument>, Problem> {
    administrator(&bearer)?;
    let (account, before) = known(desk, id)?;
    let mut members = Members::of(Some(body.0))?;
    let name = members.text("name").filter(|name| *name != before.name);
    let disabled = members.boolean("disabled").filter(|it| *it != before.disabled);
    members.finish()?;
    let mut event = 0;
    if let Some(name) = name {
        let act = RenameAccount { account, name };
        event = desk.cms.rename_account(&bearer.actor, act).await?.event;
    }
    if let Some(disabled) = disabled {
        let act = SwitchAccount { account, disabled };
        event = desk.cms.switch_account(&bearer.actor, act).await?.event;
    }
    Ok(Done { body: known(desk, id)?.1, event })
}

/// Erases an account: its name leaves the store. What it did stays, under its id alone. An administrator's act; the last
/// administrator stays one.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[delete("/manage/v1/accounts/<id>")]
pub(crate) async fn erase_account(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Done<Value>, Problem> {
    administrator(&bearer)?;
    let id: AccountId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let accepted = desk.cms.erase_account(&bearer.actor, id).await?;
    let body = json!({ "id": id.to_string(), "erased": true });
    Ok(Done { body, event: accepted.event })
}
