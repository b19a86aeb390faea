//! What is here: the API's index, the site's locales and its content types.

use std::collections::BTreeMap;

use cms_core::{locale::Locale, queries::answer::Answer};
use rocket::{Route, State, get, routes};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, cache::Prepared, known_type, ready::Ready};
use crate::{
    guards::{
        accept::AcceptsJson,
        codings::Codings,
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_index, list_locales, list_types, read_type]
}

/// What is here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Index {
    /// The tags of the site's locales.
    locales: Vec<String>,
    /// The locale that stands in where nothing else does.
    default_locale: String,
    /// The names of the content types.
    types: Vec<String>,
    /// Where to go on.
    links: Vec<Link>,
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
pub struct Link {
    /// What is there (RFC 8288).
    rel: &'static str,
    /// Where it is.
    href: &'static str,
}

/// The locales of the site.
#[derive(Debug, Serialize, ToSchema)]
pub struct LocaleList {
    /// In the site's own order.
    data: Vec<SiteLocale>,
}

/// A locale of the site.
#[derive(Debug, Serialize, ToSchema)]
pub struct SiteLocale {
    /// Its BCP 47 tag.
    tag: String,
    /// Its name in its own language.
    name: String,
    /// `ltr` or `rtl`.
    dir: &'static str,
    /// Where content comes from when it is missing in this locale, this locale first.
    fallback: Vec<String>,
    /// Whether it is the site's default.
    default: bool,
    /// How many entries of each type are published in it.
    published: BTreeMap<String, u64>,
}

/// The content types.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypeList {
    /// By name.
    data: Vec<TypeSummary>,
}

/// A content type.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypeSummary {
    /// Its name.
    name: String,
    /// What editors call it.
    label: String,
    /// What it is for.
    description: String,
    /// Where the JSON Schema of its delivered form is.
    href: String,
}

/// What is here: locales, types, and where to go on.
#[utoipa::path(tag = "delivery", params(Nothing), responses((status = 200, body = Index), (status = 304)))]
#[get("/v1")]
pub(crate) fn read_index(
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    codings: Codings,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let site = desk.delivery().site()?;
    let index = Index {
        locales: site.locales.all().iter().map(|locale| locale.tag.to_string()).collect(),
        default_locale: site.default_locale.to_string(),
        types: site.types.keys().map(ToString::to_string).collect(),
        links: vec![
            Link { rel: "service-desc", href: "/openapi.json" },
            Link { rel: "service-doc", href: "/docs/" },
            Link { rel: "status", href: "/readyz" },
            Link { rel: "locales", href: "/v1/locales" },
            Link { rel: "types", href: "/v1/types" },
            Link { rel: "redirects", href: "/v1/redirects" },
            Link { rel: "routes", href: "/v1/routes" },
            Link { rel: "directory", href: "/v1/routes.json" },
            Link { rel: "changes", href: "/v1/changes" },
            Link { rel: "stream", href: "/v1/stream" },
            Link { rel: "recalls", href: "/v1/recalls" },
        ],
    };
    let link = "</openapi.json>; rel=\"service-desc\", </readyz>; rel=\"status\"".to_owned();
    answer(&index, Some(link), codings, &site.default_locale)
}

/// The locales of the site, with how many entries are published in each.
#[utoipa::path(tag = "delivery", params(Nothing), responses((status = 200, body = LocaleList), (status = 304)))]
#[get("/v1/locales")]
pub(crate) async fn list_locales(
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    codings: Codings,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let site = desk.delivery().site()?;
    let counts = desk.ask(|delivery| Ok(delivery.counts()?)).await?;
    let locale = |locale: &cms_core::event::SiteLocale| SiteLocale {
        tag: locale.tag.to_string(),
        name: locale.name.clone(),
        dir: locale.tag.direction().as_str(),
        fallback: site
            .locales
            .chain(&locale.tag, &site.default_locale)
            .iter()
            .map(ToString::to_string)
            .collect(),
        default: locale.tag == site.default_locale,
        published: counts
            .iter()
            .filter(|((counted, _), _)| *counted == locale.tag)
            .map(|((_, type_name), count)| (type_name.to_string(), *count))
            .collect(),
    };
    let list = LocaleList { data: site.locales.all().iter().map(locale).collect() };
    answer(&list, None, codings, &site.default_locale)
}

/// The content types.
#[utoipa::path(tag = "delivery", params(Nothing), responses((status = 200, body = TypeList), (status = 304)))]
#[get("/v1/types")]
pub(crate) fn list_types(
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    codings: Codings,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let site = desk.delivery().site()?;
    let summary = |kind: &cms_core::content_type::ContentType| TypeSummary {
        name: kind.name().to_string(),
        label: kind.label().to_owned(),
        description: kind.description().to_owned(),
        href: format!("/v1/types/{}", kind.name()),
    };
    let list = TypeList { data: site.types.values().map(|kind| summary(kind)).collect() };
    answer(&list, None, codings, &site.default_locale)
}

/// The JSON Schema of a type's delivered form.
#[utoipa::path(
    tag = "delivery",
    params(("type_name" = String, Path, description = "The content type."), Nothing),
    responses((status = 200, body = Object), (status = 304), (status = 404))
)]
#[get("/v1/types/<type_name>")]
pub(crate) fn read_type(
    type_name: &str,
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    codings: Codings,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let site = desk.delivery().site()?;
    let name = known_type(&site, type_name)?;
    let schema = site.types.get(&name).map(|kind| kind.delivered_schema());
    answer(&schema, None, codings, &site.default_locale)
}

fn answer(
    body: &impl Serialize,
    link: Option<String>,
    codings: Codings,
    locale: &Locale,
) -> Result<Ready, Problem> {
    let body = serde_json::to_vec(body).map_err(Problem::internal)?;
    Prepared::new(Answer::of(body, locale.clone()), link, None).ready(codings)
}
