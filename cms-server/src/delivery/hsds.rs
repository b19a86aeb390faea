//! Routes and organisations as HSDS 3.1, the format of human-services directories: partners' programs read services,
//! organisations and taxonomies page by page.
//!
//! The bodies are those of the specification, with nothing round them; the language is in `Content-Language`.

use cms_core::{
    locale::Locale,
    queries::services::Services,
    route::hsds::{self, Package},
};
use rocket::{Route, State, get, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Desk, cache::Prepared, entries::Wishes, hot, ready::Ready};
use crate::{
    config::Config,
    guards::query::{Parameter, Parameters, Query},
    parameters,
    problem::{Code, Problem},
};

parameters! {
    /// What one thing takes, and what has no pages.
    pub InLocale = [Parameter::locale()]
}

parameters! {
    /// What a list takes.
    pub Paged = [
        Parameter::locale(),
        Parameter::integer("page", 1..=100_000, 1, "Which page, from 1."),
        Parameter::integer("per_page", 1..=500, 50, "How many on a page."),
    ]
}

parameters! {
    /// What the list of services takes.
    pub ServicesPaged = [
        Parameter::locale(),
        Parameter::integer("page", 1..=100_000, 1, "Which page, from 1."),
        Parameter::integer("per_page", 1..=500, 50, "How many on a page."),
        Parameter::choice("full", &["true", "false"], "Whether each service comes with all that is its own."),
        Parameter::id("organization_id", "Only the services of this organisation."),
        Parameter::id("taxonomy_term_id", "Only the services that are classified as this concern or audience."),
    ]
}

/// Where the version of the specification is described.
const PROFILE: &str = "https://docs.openreferral.org/en/3.1/";

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    hot::shortened(routes![
        read_hsds,
        list_services,
        read_service,
        list_organizations,
        read_organization,
        list_taxonomies,
        read_taxonomy,
        list_taxonomy_terms,
        read_taxonomy_term,
    ])
}

/// A page of a list, as the specification has it.
#[derive(Serialize)]
struct Listed<T> {
    total_items: usize,
    total_pages: usize,
    page_number: usize,
    size: usize,
    first_page: bool,
    last_page: bool,
    empty: bool,
    contents: Vec<T>,
}

impl<T> Listed<T> {
    /// The page that a query asks for. One past the end is empty.
    fn of<P: Parameters>(all: Vec<T>, query: &Query<'_, P>) -> Self {
        let number = |name: &str, usual: usize| {
            let given = query.integer(name).and_then(|number| usize::try_from(number).ok());
            given.unwrap_or(usual).max(1)
        };
        let (page_number, per_page) = (number("page", 1), number("per_page", 50));
        let total_items = all.len();
        let total_pages = total_items.div_ceil(per_page);
        let skipped = (page_number - 1).saturating_mul(per_page);
        let contents: Vec<T> = all.into_iter().skip(skipped).take(per_page).collect();
        Self {
            total_items,
            total_pages,
            page_number,
            size: contents.len(),
            first_page: page_number == 1,
            last_page: page_number >= total_pages,
            empty: contents.is_empty(),
            contents,
        }
    }
}

/// Answers from the services in the reader's locale, or from what was answered before.
pub(super) async fn answered(
    desk: &State<Desk>,
    named: Option<&Locale>,
    wishes: &Wishes<'_>,
    body: impl FnOnce(&Services) -> Option<Value>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(named, &wishes.languages)?;
    let question = wishes.question(&asked);
    if let Some(ready) = desk.answers.get(question, wishes.codings, &desk.delivery()) {
        return Ok(ready);
    }
    let locale = asked.locale.clone();
    let services = desk.ask(move |delivery| Ok(delivery.services(&locale)?)).await?;
    let body = body(&services).ok_or_else(|| Problem::new(Code::NotFound))?;
    let answer = services.answer_of(&body);
    let location = (!asked.explicit).then(|| wishes.address(wishes.path, &answer.locale));
    desk.answers.keep(question, wishes.codings, Prepared::new(answer, None, location))
}

/// What is told of something, as the wire has it.
fn told(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// One of a list, by its id.
fn one<'p, T: Serialize>(
    all: &'p [T],
    id: &str,
    id_of: impl Fn(&'p T) -> &'p str,
) -> Option<Value> {
    all.iter().find(|it| id_of(it) == id).map(|it| told(it))
}

/// What this API is: its version, the specification, and its description.
#[utoipa::path(tag = "delivery", params(InLocale), responses((status = 200, body = Object), (status = 304)))]
#[get("/hsds")]
pub(crate) async fn read_hsds(
    query: Query<'_, InLocale>,
    wishes: Wishes<'_>,
    config: &State<Config>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let base = config.public_url.trim_end_matches('/');
    let about = json!({
        "version": hsds::VERSION, "profile": PROFILE, "openapi_url": format!("{base}/openapi.json"),
    });
    answered(desk, query.locale("locale"), &wishes, |_| Some(about)).await
}

/// Published routes as HSDS services, page by page; with `full`, each with all that is its own.
#[utoipa::path(tag = "delivery", params(ServicesPaged), responses((status = 200, body = Object), (status = 304)))]
#[get("/hsds/services")]
pub(crate) async fn list_services(
    query: Query<'_, ServicesPaged>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let is_full = query.text("full") == Some("true");
    let page = |package: &Package| {
        let of = query.text("organization_id");
        let term = query.text("taxonomy_term_id");
        let found = package.services.iter().filter(|service| {
            of.is_none_or(|id| service.organization_id.as_deref() == Some(id))
                && term.is_none_or(|id| service.has_term(id))
        });
        let page = Listed::of(found.collect(), &query);
        let contents = page.contents.iter();
        let contents = contents.map(|it| if is_full { told(it) } else { told(&it.in_short()) });
        let mut whole = told(&page);
        if let Some(members) = whole.as_object_mut() {
            members.insert("contents".to_owned(), contents.collect());
        }
        whole
    };
    answered(desk, query.locale("locale"), &wishes, |services| Some(page(services.package()))).await
}

/// A published route as an HSDS service, with all that is its own.
#[utoipa::path(
    tag = "delivery",
    params(("id" = String, Path, description = "The id of a route."), InLocale),
    responses((status = 200, body = Object), (status = 304), (status = 404))
)]
#[get("/hsds/services/<id>")]
pub(crate) async fn read_service(
    id: &str,
    query: Query<'_, InLocale>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let found = |services: &Services| one(&services.package().services, id, |it| &it.id);
    answered(desk, query.locale("locale"), &wishes, found).await
}

/// Published organisations, page by page.
#[utoipa::path(tag = "delivery", params(Paged), responses((status = 200, body = Object), (status = 304)))]
#[get("/hsds/organizations")]
pub(crate) async fn list_organizations(
    query: Query<'_, Paged>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let page = |services: &Services| {
        Some(told(&Listed::of(services.package().organizations.iter().collect(), &query)))
    };
    answered(desk, query.locale("locale"), &wishes, page).await
}

/// An organisation with the services that it provides.
#[utoipa::path(
    tag = "delivery",
    params(("id" = String, Path, description = "The id of an organisation."), InLocale),
    responses((status = 200, body = Object), (status = 304), (status = 404))
)]
#[get("/hsds/organizations/<id>")]
pub(crate) async fn read_organization(
    id: &str,
    query: Query<'_, InLocale>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let found = |services: &Services| services.package().organization(id).map(|it| told(&it));
    answered(desk, query.locale("locale"), &wishes, found).await
}

/// The taxonomies that services are classified by: concerns and audiences.
#[utoipa::path(tag = "delivery", params(Paged), responses((status = 200, body = Object), (status = 304)))]
#[get("/hsds/taxonomies")]
pub(crate) async fn list_taxonomies(
    query: Query<'_, Paged>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let page = |services: &Services| {
        Some(told(&Listed::of(services.package().taxonomies.iter().collect(), &query)))
    };
    answered(desk, query.locale("locale"), &wishes, page).await
}

/// A taxonomy.
#[utoipa::path(
    tag = "delivery",
    params(("id" = String, Path, description = "The id of a taxonomy."), InLocale),
    responses((status = 200, body = Object), (status = 304), (status = 404))
)]
#[get("/hsds/taxonomies/<id>")]
pub(crate) async fn read_taxonomy(
    id: &str,
    query: Query<'_, InLocale>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let found = |services: &Services| one(&services.package().taxonomies, id, |it| &it.id);
    answered(desk, query.locale("locale"), &wishes, found).await
}

/// Concerns and audiences as terms, page by page.
#[utoipa::path(tag = "delivery", params(Paged), responses((status = 200, body = Object), (status = 304)))]
#[get("/hsds/taxonomy_terms")]
pub(crate) async fn list_taxonomy_terms(
    query: Query<'_, Paged>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let page = |services: &Services| {
        Some(told(&Listed::of(services.package().terms.iter().collect(), &query)))
    };
    answered(desk, query.locale("locale"), &wishes, page).await
}

/// A concern or an audience as a term.
#[utoipa::path(
    tag = "delivery",
    params(("id" = String, Path, description = "The id of a concern or an audience."), InLocale),
    responses((status = 200, body = Object), (status = 304), (status = 404))
)]
#[get("/hsds/taxonomy_terms/<id>")]
pub(crate) async fn read_taxonomy_term(
    id: &str,
    query: Query<'_, InLocale>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let found = |services: &Services| one(&services.package().terms, id, |it| &it.id);
    answered(desk, query.locale("locale"), &wishes, found).await
}
