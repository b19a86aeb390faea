//! "This is wrong": what a reader or a partner says of a page. It reaches those who answer for it.
//!
//! Nothing about the sender is looked at or kept; how fast reports may come is one limit for all.

use cms_core::{
    commands::report_page::{ReportPage, Reported},
    entry::report::Reason,
    id::{EntryId, TypeName},
    locale::Locale,
};
use rocket::{
    Route, State, http::Status, post, response::status::Custom, routes, serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::{
    guards::{
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![report_page]
}

/// What is wrong with a page.
#[derive(Debug, ToSchema)]
pub struct PageReport {
    /// The locale of the page.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    locale: String,
    /// `wrong`, `outdated`, `dead_contact`, `harmful`, `unclear` or `bad_translation`.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    reason: String,
    /// In words: at most 1,000 characters. Nobody answers; it is no way to ask for help.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    text: Option<String>,
}

/// It was received.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportReceived {
    /// Always `true`.
    received: bool,
}

/// Says that something is wrong with a page, to those who answer for it. Nothing is kept of who says it.
#[utoipa::path(
    tag = "delivery",
    params(
        ("type_name" = String, Path, description = "The content type."),
        ("id" = String, Path, description = "The entry's id."),
        Nothing
    ),
    request_body(content = PageReport, content_type = "application/json"),
    responses(
        (status = 202, body = ReportReceived),
        (status = 429, description = "Too many come, from whomever: `Retry-After`."),
    )
)]
#[post("/v1/entries/<type_name>/<id>/reports", data = "<body>")]
pub(crate) async fn report_page(
    type_name: &str,
    id: &str,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Custom<Json<ReportReceived>>, Problem> {
    let missing = || Problem::new(Code::NotFound);
    let type_name = TypeName::parse(type_name).map_err(|_| missing())?;
    let entry: EntryId = id.parse().map_err(|_| missing())?;
    if !desk.delivery().is_published(entry, &type_name)? {
        return Err(missing());
    }
    let mut members = Members::of(Some(body.0))?;
    let locale = members.parsed("locale", "not_a_locale", |text| Locale::parse(text).ok());
    let locale = members.required("locale", locale);
    let reason = members.parsed("reason", "unknown_reason", |text| {
        Reason::ALL.into_iter().find(|reason| reason.as_str() == text)
    });
    let reason = members.required("reason", reason);
    let text = members.text("text");
    members.finish()?;
    let (Some(locale), Some(reason)) = (locale, reason) else {
        return Err(Problem::internal("a required member is missing"));
    };
    match desk.cms.report_page(ReportPage { entry, locale, reason, text }).await? {
        // Whether there is room for it is nobody's business who sends it.
        Reported::Kept | Reported::Enough => {
            Ok(Custom(Status::Accepted, Json(ReportReceived { received: true })))
        }
        Reported::Wait(millis) => {
            let seconds = millis.max(0).unsigned_abs().div_ceil(1_000).max(1);
            Err(Problem::new(Code::TooManyRequests).header("Retry-After", seconds.to_string()))
        }
    }
}
