//! What changed since a place: pages, oldest change first, and where to go on.

use std::time::Duration;

use cms_core::queries::changes::{ChangedPage, Changes, ChangesError, Place};
use rocket::{
    Request, Response, Route, Shutdown, State, get,
    http::ContentType,
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
};
use serde::Serialize;

use super::{Desk, cursor};
use crate::{
    guards::{
        accept::AcceptsJson,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What the changes take.
    pub Since = [
        Parameter::text("since", 1_000, "The cursor of an earlier answer; from the beginning without it."),
        Parameter::integer("limit", 1..=1000, 100, "How many pages, about: those of one entry come together."),
    ]
}

/// The longest that a reader may wait for something to happen, in seconds.
pub(crate) const LONGEST_WAIT: u64 = 30;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_changes]
}

/// How long the reader is ready to wait (RFC 7240, `Prefer: wait=`), in whole seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(Option<u64>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Patience {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let mut preferences = request.headers().get("Prefer").flat_map(|field| field.split(','));
        // Of a preference that is given twice, the first counts.
        Outcome::Success(Self(preferences.find_map(wait_of)))
    }
}

/// The seconds of a `wait` preference, whatever its case and spacing.
fn wait_of(preference: &str) -> Option<u64> {
    let (name, value) = preference.split_once('=')?;
    let value = value.split(';').next()?.trim().trim_matches('"');
    value.parse().ok().filter(|_| name.trim().eq_ignore_ascii_case("wait"))
}

#[derive(Debug, Serialize)]
struct Wire<'a> {
    data: Vec<Item<'a>>,
    page: Page,
}

#[derive(Debug, Serialize)]
struct Page {
    next: String,
    end: bool,
}

/// A changed page with its own cursor.
#[derive(Debug, Serialize)]
pub(crate) struct Item<'a> {
    #[serde(flatten)]
    page: &'a ChangedPage,
    cursor: String,
}

impl<'a> Item<'a> {
    pub(crate) fn of(page: &'a ChangedPage) -> Self {
        Self { page, cursor: cursor::of_changes(&page.place) }
    }
}

/// Changes as they go over the wire. Never kept by caches: they are read once by each reader.
pub(crate) struct Told {
    body: String,
    next: String,
    waited: Option<u64>,
}

impl<'r> Responder<'r, 'static> for Told {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = Response::build();
        answer
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-cache")
            .raw_header("Link", format!("</v1/changes?since={}>; rel=\"next\"", self.next));
        if let Some(waited) = self.waited {
            answer.raw_header("Preference-Applied", format!("wait={waited}"));
        }
        answer.sized_body(self.body.len(), std::io::Cursor::new(self.body)).ok()
    }
}

/// Pages that changed since a place. With `Prefer: wait=30` the answer comes when there is something, or
/// after that many seconds.
#[utoipa::path(
    tag = "delivery",
    params(Since),
    responses(
        (status = 200, description = "Changed pages, oldest change first.", body = Object),
        (status = 410, description = "The cursor is of an earlier history: read everything again."),
    )
)]
#[get("/v1/changes")]
pub(crate) async fn list_changes(
    query: Query<'_, Since>,
    _json: AcceptsJson,
    patience: Patience,
    end: Shutdown,
    desk: &State<Desk>,
) -> Result<Told, Problem> {
    let since = place(query.text("since"), "since", desk)?;
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let mut changes = told(desk, &since, limit).await?;
    let waited = patience.0.map(|wait| wait.min(LONGEST_WAIT));
    if let Some(wait) = waited.filter(|_| changes.pages.is_empty() && changes.is_end) {
        let patient = happened(desk, &mut changes, limit);
        tokio::select! {
            happened = tokio::time::timeout(Duration::from_secs(wait), patient) => {
                happened.unwrap_or(Ok(()))?;
            }
            () = end => {}
        }
    }
    let next = cursor::of_changes(&changes.next);
    let wire = Wire {
        data: changes.pages.iter().map(Item::of).collect(),
        page: Page { next: next.clone(), end: changes.is_end },
    };
    let body = serde_json::to_string(&wire).map_err(Problem::internal)?;
    Ok(Told { body, next, waited })
}

/// Waits until something happens that readers hear of: of the events that there are, most are not.
async fn happened(desk: &Desk, changes: &mut Changes, limit: usize) -> Result<(), Problem> {
    while changes.pages.is_empty() {
        let next = changes.next.cursor.number + 1;
        desk.cms.applied(next, Duration::from_secs(LONGEST_WAIT)).await;
        *changes = told(desk, &changes.next, limit).await?;
    }
    Ok(())
}

/// The place that a reader gives, or the beginning.
pub(crate) fn place(text: Option<&str>, parameter: &str, desk: &Desk) -> Result<Place, Problem> {
    match text {
        None => Ok(desk.delivery().beginning()),
        Some(text) => cursor::to_changes(text)
            .map_err(|_| Problem::parameters(vec![Fault::parameter(parameter, "bad_cursor")])),
    }
}

/// Asks for changes off the threads that serve.
pub(crate) async fn told(desk: &Desk, since: &Place, limit: usize) -> Result<Changes, Problem> {
    let delivery = desk.delivery();
    let since = since.clone();
    let handle = tokio::runtime::Handle::current();
    let asked =
        tokio::task::spawn_blocking(move || handle.block_on(delivery.changes(&since, limit))).await;
    asked.map_err(Problem::internal)?.map_err(|error| match error {
        ChangesError::Expired => {
            Problem::new(Code::CursorExpired).header("Link", "</v1/changes>; rel=\"first\"")
        }
        ChangesError::Read(error) => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_read_in_every_spelling_that_rfc_7240_has() {
        for (preference, seconds) in [
            ("wait=30", Some(30)),
            (" Wait = 5 ", Some(5)),
            ("wait=\"7\"", Some(7)),
            ("wait=7; foo", Some(7)),
            ("respond-async", None),
            ("wait", None),
            ("wait=-1", None),
            ("waiter=3", None),
            ("wait=99999999999999999999", None),
        ] {
            assert_eq!(wait_of(preference), seconds, "{preference}");
        }
    }
}
