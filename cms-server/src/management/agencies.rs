//! Agencies over HTTP: who answers for content.

use std::collections::BTreeMap;

use cms_core::{
    commands::save_agency::SaveAgency,
    followers::editing::Agency,
    id::{AgencyId, ExternalKey},
    locale::Locale,
    violation::{Violation, pointer_step},
};
use rocket::{
    Route, State, get, patch, post, response::status::Created, routes, serde::json::Json,
};
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
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_agencies, create_agency, change_agency]
}

/// An agency.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyDocument {
    /// Its id.
    id: String,
    /// Its key.
    key: String,
    /// Its own name, by locale.
    names: BTreeMap<String, String>,
    /// Whether an entry is its where nobody says whose it is.
    default: bool,
}

/// The agencies.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgencyList {
    /// In the order of their keys.
    data: Vec<AgencyDocument>,
}

/// What an agency is made with, or what is to be another with it.
#[derive(Debug, ToSchema)]
pub struct AgencyRequest {
    /// Its key: unique.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    key: String,
    /// Its own name, by locale.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    names: BTreeMap<String, String>,
}

impl AgencyDocument {
    fn of(agency: Agency, default: AgencyId) -> Self {
        let names = agency.names.into_iter().map(|(locale, name)| (locale.to_string(), name));
        Self {
            id: agency.id.to_string(),
            key: agency.key.to_string(),
            names: names.collect(),
            default: agency.id == default,
        }
    }
}

/// The names in a body, if it has any.
fn names(members: &mut Members) -> Option<BTreeMap<Locale, String>> {
    let given = match members.value("names")? {
        Value::Object(given) => given,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            members.refuse(Violation::new("/names", "not_an_object"));
            return None;
        }
    };
    let mut found = BTreeMap::new();
    for (tag, name) in given {
        let place = format!("/names{}", pointer_step(&tag));
        match (Locale::parse(&tag), name.as_str()) {
            (Ok(locale), Some(name)) => drop(found.insert(locale, name.to_owned())),
            (Err(_), _) => members.refuse(Violation::new(place, "not_a_locale")),
            (Ok(_), None) => members.refuse(Violation::new(place, "not_a_string")),
        }
    }
    Some(found)
}

fn key(members: &mut Members) -> Option<ExternalKey> {
    members.parsed("key", "bad_key", |text| ExternalKey::parse(text).ok())
}

fn told(desk: &Desk, id: AgencyId) -> Result<AgencyDocument, Problem> {
    let editing = desk.cms.editing();
    let site = editing.site()?.ok_or_else(|| Problem::internal("there is no site"))?;
    let agency = editing.agencies()?.remove(&id).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(AgencyDocument::of(agency, site.default_agency))
}

/// All agencies.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = AgencyList)), security(("token" = [])))]
#[get("/manage/v1/agencies")]
pub(crate) fn list_agencies(
    _bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<AgencyList>, Problem> {
    let editing = desk.cms.editing();
    let site = editing.site()?.ok_or_else(|| Problem::internal("there is no site"))?;
    let all = editing.agencies()?.into_values();
    let all = all.map(|agency| AgencyDocument::of(agency, site.default_agency));
    let mut data: Vec<_> = all.collect();
    data.sort_by(|left, right| left.key.cmp(&right.key));
    Ok(Json(AgencyList { data }))
}

/// Adds an agency. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = AgencyRequest, content_type = "application/json"),
    responses((status = 201, body = AgencyDocument), (status = 409, description = "Another has the key.")),
    security(("token" = []))
)]
#[post("/manage/v1/agencies", data = "<body>")]
pub(crate) async fn create_agency(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Created<Done<AgencyDocument>>, Problem> {
    administrator(&bearer)?;
    let mut members = Members::of(Some(body.0))?;
    let key = key(&mut members);
    let key = members.required("key", key);
    let names = names(&mut members);
    let names = members.required("names", names).unwrap_or_default();
    members.finish()?;
    let key = key.ok_or_else(|| Problem::internal("a required member is missing"))?;
    let act = SaveAgency { agency: None, key, names };
    let (id, accepted) = desk.cms.save_agency(&bearer.actor, act).await?;
    let body = told(desk, id)?;
    let location = format!("/manage/v1/agencies/{id}");
    Ok(Created::new(location).body(Done { body, event: accepted.event }))
}

/// Changes an agency's key, or its names: those that are given replace all that there were. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The agency's id."), Nothing),
    request_body(content = AgencyRequest, content_type = "application/json"),
    responses((status = 200, body = AgencyDocument), (status = 409, description = "Another has the key.")),
    security(("token" = []))
)]
#[patch("/manage/v1/agencies/<id>", data = "<body>")]
pub(crate) async fn change_agency(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Done<AgencyDocument>, Problem> {
    administrator(&bearer)?;
    let missing = || Problem::new(Code::NotFound);
    let id: AgencyId = id.parse().map_err(|_| missing())?;
    let before = desk.cms.editing().agencies()?.remove(&id).ok_or_else(missing)?;
    let mut members = Members::of(Some(body.0))?;
    let key = key(&mut members).unwrap_or(before.key);
    let names = names(&mut members).unwrap_or(before.names);
    members.finish()?;
    let act = SaveAgency { agency: Some(id), key, names };
    let (_, accepted) = desk.cms.save_agency(&bearer.actor, act).await?;
    Ok(Done { body: told(desk, id)?, event: accepted.event })
}
