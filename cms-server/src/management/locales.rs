//! The site's locales over HTTP, as administrators set them.

use cms_core::{
    Cms,
    commands::configure_locale::{ConfigureLocale, Fallback},
    locale::{Locale, Locales, SiteLocale},
    queries::ReadError,
    violation::Violation,
};
use rocket::{Route, State, get, put, routes, serde::json::Json};
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
    routes![list_site_locales, configure_locale]
}

/// A locale of the site.
#[derive(Debug, Serialize, ToSchema)]
pub struct LocaleSetting {
    /// Its BCP 47 tag.
    tag: String,
    /// Its name in its own language.
    name: String,
    /// `ltr` or `rtl`.
    dir: String,
    /// Where to look next, as configured; `null` where it is the usual.
    fallback: Option<Vec<String>>,
    /// Where is looked in all.
    chain: Vec<String>,
    /// Whether it is the site's default.
    default: bool,
}

/// The locales of the site.
#[derive(Debug, Serialize, ToSchema)]
pub struct LocaleSettings {
    /// In the site's order.
    locales: Vec<LocaleSetting>,
}

/// What is to be another with a locale.
#[derive(Debug, ToSchema)]
pub struct LocaleChange {
    /// Its name in its own language.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    name: Option<String>,
    /// Where to look next, in order; `null` for the usual.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    fallback: Option<Vec<String>>,
    /// `true` to make it the site's default.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    default: Option<bool>,
}

impl LocaleSetting {
    fn of(known: &SiteLocale, locales: &Locales) -> Self {
        let tags = |tags: &[Locale]| tags.iter().map(ToString::to_string).collect();
        let default = locales.default_locale();
        Self {
            tag: known.tag.to_string(),
            name: known.name.clone(),
            dir: known.tag.direction().as_str().to_owned(),
            fallback: known.fallback.as_deref().map(tags),
            chain: tags(&locales.chain(&known.tag, default)),
            default: known.tag == *default,
        }
    }
}

impl LocaleSettings {
    /// The locales of a store's site: what the command line tells of them, too.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(cms: &Cms) -> Result<Self, ReadError> {
        let locales = cms.editing().locales()?;
        let told = |known| LocaleSetting::of(known, &locales);
        Ok(Self { locales: locales.all().iter().map(told).collect() })
    }
}

/// The site's locales, with where content comes from when it is missing in one. An administrator's question.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = LocaleSettings)), security(("token" = [])))]
#[get("/manage/v1/locales")]
pub(crate) fn list_site_locales(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<LocaleSettings>, Problem> {
    administrator(&bearer)?;
    Ok(Json(LocaleSettings::of(&desk.cms)?))
}

/// Adds a locale to the site, or changes what is given of one that is there. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("tag" = String, Path, description = "Its BCP 47 tag."), Nothing),
    request_body(content = LocaleChange, content_type = "application/json"),
    responses((status = 200, body = LocaleSettings)),
    security(("token" = []))
)]
#[put("/manage/v1/locales/<tag>", data = "<body>")]
pub(crate) async fn configure_locale(
    tag: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Done<LocaleSettings>, Problem> {
    administrator(&bearer)?;
    let locale = Locale::parse(tag).ok().filter(|locale| locale.as_str() == tag);
    let tag = locale.ok_or_else(|| Problem::new(Code::NotFound))?;
    let mut members = Members::of(Some(body.0))?;
    let name = members.text("name");
    let fallback = fallback(&mut members);
    let default = members.boolean("default").unwrap_or(false);
    members.finish()?;
    let act = ConfigureLocale { tag, name, fallback, default };
    let accepted = desk.cms.configure_locale(&bearer.actor, act).await?;
    Ok(Done { body: LocaleSettings::of(&desk.cms)?, event: accepted.event })
}

/// The fallback that a body gives: what there was where it says nothing, and the usual where it says `null`.
fn fallback(members: &mut Members) -> Fallback {
    let list = match members.take("fallback") {
        None => return Fallback::Kept,
        Some(Value::Null) => return Fallback::Usual,
        Some(Value::Array(list)) => list,
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            members.refuse(Violation::new("/fallback", "not_a_list"));
            return Fallback::Kept;
        }
    };
    let mut found = Vec::new();
    for (at, tag) in list.iter().enumerate() {
        match tag.as_str().and_then(|tag| Locale::parse(tag).ok()) {
            Some(locale) => found.push(locale),
            None => members.refuse(Violation::new(format!("/fallback/{at}"), "not_a_locale")),
        }
    }
    Fallback::Chain(found)
}
