//! Accounts over HTTP: who may act, and what.

use std::collections::BTreeMap;

use cms_core::{
    access::{Act, Grant},
    commands::save_account::{CreateAccount, SetGrants},
    followers::editing::{Account, Agency},
    id::{AccountId, AgencyId, ExternalKey, TypeName},
    locale::Locale,
    violation::Violation,
};
use rocket::{Route, State, get, post, put, response::status::Created, routes, serde::json::Json};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Done, administrator};
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::Problem,
};

pub mod changes;

/// The endpoints of this file, and of what happens to one account.
pub(crate) fn endpoints() -> Vec<Route> {
    [routes![list_accounts, create_account, set_grants], changes::endpoints()].concat()
}

/// What an account may do, within a scope. An absent part of the scope means everywhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantDocument {
    /// `read`, `write`, `review`, `publish`, `erase`, `administer`.
    acts: Vec<&'static str>,
    /// The key of the agency whose entries it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    /// The content type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_name: Option<String>,
    /// The locale.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountDocument {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What it may do.
    grants: Vec<GrantDocument>,
    /// Whether it is closed: nobody acts as it.
    disabled: bool,
}

impl AccountDocument {
    fn of(id: AccountId, account: Account, agencies: &Agencies) -> Self {
        Self {
            id: id.to_string(),
            name: account.name,
            grants: account.grants.iter().map(|grant| agencies.told(grant)).collect(),
            disabled: account.disabled,
        }
    }
}

/// The accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountList {
    /// Oldest first.
    data: Vec<AccountDocument>,
}

/// The agencies, for the keys that grants name them by.
pub(crate) struct Agencies(BTreeMap<AgencyId, Agency>);

impl Agencies {
    pub(crate) fn of(desk: &Desk) -> Result<Self, Problem> {
        Ok(Self(desk.cms.editing().agencies()?))
    }

    /// An agency's key.
    pub(crate) fn key(&self, id: AgencyId) -> String {
        self.0.get(&id).map_or_else(|| id.to_string(), |agency| agency.key.to_string())
    }

    /// The agency with this key.
    pub(crate) fn with_key(&self, key: &str) -> Option<AgencyId> {
        Some(self.0.values().find(|agency| agency.key.as_str() == key)?.id)
    }

    /// A grant as it goes over the wire.
    pub(crate) fn told(&self, grant: &Grant) -> GrantDocument {
        GrantDocument {
            acts: grant.acts.iter().map(|act| act.as_str()).collect(),
            agency: grant.agency.map(|id| self.key(id)),
            type_name: grant.type_name.as_ref().map(ToString::to_string),
            locale: grant.locale.as_ref().map(ToString::to_string),
        }
    }

    /// The grants in a body, or what is wrong with them.
    fn read(&self, members: &mut Members) -> Vec<Grant> {
        let items = match members.value("grants") {
            Some(Value::Array(items)) => items,
            None => Vec::new(),
            Some(_) => {
                let wrong = Violation::new("/grants", "wrong_kind").with("expected", "list");
                members.refuse(wrong);
                Vec::new()
            }
        };
        let read = |(at, item)| self.grant(item, &format!("/grants/{at}"), members);
        items.into_iter().enumerate().filter_map(read).collect()
    }

    fn grant(&self, item: Value, place: &str, members: &mut Members) -> Option<Grant> {
        let Value::Object(mut item) = item else {
            members.refuse(Violation::new(place, "not_an_object"));
            return None;
        };
        let mut refuse = |code, name: &str| {
            members.refuse(Violation::new(format!("{place}/{name}"), code));
        };
        let mut acts = Vec::new();
        for act in item.remove("acts").as_ref().and_then(Value::as_array).into_iter().flatten() {
            match Act::ALL.into_iter().find(|known| act.as_str() == Some(known.as_str())) {
                Some(act) if acts.contains(&act) => refuse("repeated_item", "acts"),
                Some(act) => acts.push(act),
                None => refuse("unknown_act", "acts"),
            }
        }
        let mut text = |name: &str| item.remove(name).filter(|value| !value.is_null());
        let (agency, type_name, locale) = (text("agency"), text("type"), text("locale"));
        let as_text = |value: &Value| value.as_str().map(str::to_owned);
        let agency = agency.and_then(|value| {
            let key = as_text(&value).and_then(|text| ExternalKey::parse(&text).ok());
            let found = self.0.values().find(|agency| Some(&agency.key) == key.as_ref());
            if found.is_none() {
                refuse("unknown_agency_key", "agency");
            }
            found.map(|agency| agency.id)
        });
        let type_name = type_name.and_then(|value| {
            let name = as_text(&value).and_then(|text| TypeName::parse(&text).ok());
            if name.is_none() {
                refuse("not_a_string", "type");
            }
            name
        });
        let locale = locale.and_then(|value| {
            let locale = as_text(&value).and_then(|text| Locale::parse(&text).ok());
            if locale.is_none() {
                refuse("not_a_locale", "locale");
            }
            locale
        });
        for name in item.keys() {
            refuse("unknown_member", name);
        }
        Some(Grant { acts, agency, type_name, locale })
    }
}

/// What an account is made with.
#[derive(Debug, ToSchema)]
pub struct AccountRequest {
    /// Its name: unique.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    name: String,
    /// What it may do.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    grants: Vec<GrantDocument>,
}

/// What an account may do from now on.
#[derive(Debug, ToSchema)]
pub struct GrantsRequest {
    /// All that it may do.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    grants: Vec<GrantDocument>,
}

/// All accounts. An administrator's question.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = AccountList)), security(("token" = [])))]
#[get("/manage/v1/accounts")]
pub(crate) fn list_accounts(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<AccountList>, Problem> {
    administrator(&bearer)?;
    let agencies = Agencies::of(desk)?;
    let accounts = desk.cms.editing().accounts()?;
    let told = |(id, account)| AccountDocument::of(id, account, &agencies);
    let data = accounts.into_iter().map(told);
    Ok(Json(AccountList { data: data.collect() }))
}

/// Makes an account. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = AccountRequest, content_type = "application/json"),
    responses((status = 201, body = AccountDocument)),
    security(("token" = []))
)]
#[post("/manage/v1/accounts", data = "<body>")]
pub(crate) async fn create_account(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Created<Done<AccountDocument>>, Problem> {
    administrator(&bearer)?;
    let agencies = Agencies::of(desk)?;
    let mut members = Members::of(Some(body.0))?;
    let name = members.text("name");
    let name = members.required("name", name).unwrap_or_default();
    let grants = agencies.read(&mut members);
    members.finish()?;
    let told = grants.iter().map(|grant| agencies.told(grant)).collect();
    let act = CreateAccount { name: name.clone(), grants };
    let (id, accepted) = desk.cms.create_account(&bearer.actor, act).await?;
    let body = AccountDocument { id: id.to_string(), name, grants: told, disabled: false };
    let location = format!("/manage/v1/accounts/{id}");
    Ok(Created::new(location).body(Done { body, event: accepted.event }))
}

/// Sets what an account may do, replacing what it could. An administrator's act; the last administrator
/// stays one.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    request_body(content = GrantsRequest, content_type = "application/json"),
    responses((status = 200, body = AccountDocument)),
    security(("token" = []))
)]
#[put("/manage/v1/accounts/<id>/grants", data = "<body>")]
pub(crate) async fn set_grants(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Done<AccountDocument>, Problem> {
    administrator(&bearer)?;
    let (account, _) = changes::known(desk, id)?;
    let agencies = Agencies::of(desk)?;
    let mut members = Members::of(Some(body.0))?;
    let grants = agencies.read(&mut members);
    members.finish()?;
    let accepted = desk.cms.set_grants(&bearer.actor, SetGrants { account, grants }).await?;
    Ok(Done { body: changes::known(desk, id)?.1, event: accepted.event })
}
