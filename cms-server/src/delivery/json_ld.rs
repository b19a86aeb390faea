//! A route or an organisation as JSON-LD with the words of schema.org, safe to stand in a `script` element of a
//! partner's page as it is.

use cms_core::route::json_ld::embeddable;
use rocket::{
    Request, Route, State, get,
    http::MediaType,
    request::{FromRequest, Outcome},
    routes,
};

use super::{Desk, Languages, cache::Prepared, ready::Ready};
use crate::{
    guards::{
        accept,
        codings::Codings,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Code, Problem},
};

parameters! {
    /// What it takes.
    pub LinkedData = [Parameter::locale()]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_json_ld]
}

/// A reader who takes JSON-LD, or JSON.
#[derive(Debug)]
pub(crate) struct LinkedReader<'r> {
    codings: Codings,
    languages: Languages<'r>,
    path: &'r str,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LinkedReader<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let plain = accept::check(request, &MediaType::JSON, "application/json");
        let linked = MediaType::new("application", "ld+json");
        match plain.or_else(|_| accept::check(request, &linked, MEDIA_TYPE)) {
            Ok(()) => Outcome::Success(Self {
                codings: Codings::parse(request.headers().get("Accept-Encoding")),
                languages: Languages(request.headers().get_one("Accept-Language").unwrap_or("")),
                path: request.uri().path().as_str(),
            }),
            Err(problem) => problem.outcome(request),
        }
    }
}

const MEDIA_TYPE: &str = "application/ld+json";

/// A route or an organisation as JSON-LD (schema.org), escaped so that it can stand in a page's `script` element.
#[utoipa::path(
    tag = "delivery",
    params(
        ("type_name" = String, Path, description = "`route` or `organisation`."),
        ("name" = String, Path, description = "A slug, an id, or `key:` and an external key."),
        LinkedData
    ),
    responses((status = 200, body = Object, content_type = "application/ld+json"), (status = 304), (status = 404))
)]
#[get("/v1/json-ld/<type_name>/<name>")]
pub(crate) async fn read_json_ld(
    type_name: &str,
    name: &str,
    query: Query<'_, LinkedData>,
    reader: LinkedReader<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &reader.languages)?;
    let (locale, name, is_route) = (asked.locale.clone(), name.to_owned(), type_name == "route");
    if !is_route && type_name != "organisation" {
        return Err(Problem::new(Code::NotFound));
    }
    let answer = desk
        .ask(move |delivery| {
            let services = delivery.services(&locale)?;
            let found = if is_route {
                services.route_as_json_ld(&name)
            } else {
                services.organisation_as_json_ld(&name)
            };
            let found = found.ok_or_else(|| Problem::new(Code::NotFound))?;
            Ok(services.answer(embeddable(&found).into_bytes()))
        })
        .await?;
    let location = (!asked.explicit).then(|| format!("{}?locale={}", reader.path, answer.locale));
    Prepared::new(answer, None, location).of_type(MEDIA_TYPE).ready(reader.codings)
}
