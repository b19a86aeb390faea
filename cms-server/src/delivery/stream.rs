//! The changes as they happen: server-sent events (HTML Living Standard, section 9.2).

use std::time::Duration;

use rocket::{
    Request, Route, State, get,
    request::{FromRequest, Outcome},
    response::stream::{Event, EventStream},
    routes,
};

use super::{
    Desk,
    changes::{Item, place, told},
    cursor,
};
use crate::{
    guards::query::{Parameter, Query},
    parameters,
    problem::Problem,
};

parameters! {
    /// What the stream takes.
    pub From = [Parameter::text("since", 1_000, "The cursor to begin after; what happens from now on without it.")]
}

/// How many pages are asked for at a time.
const STEP: usize = 200;
/// How long nothing may be said, so that connections are not taken for dead.
const SILENCE: Duration = Duration::from_secs(15);

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![stream_changes]
}

/// Where a reader whose connection broke goes on.
pub(crate) struct LastEventId<'r>(Option<&'r str>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LastEventId<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self(
            request.headers().get_one("Last-Event-ID").filter(|id| !id.is_empty()),
        ))
    }
}

/// The changes as they happen. The id of an event is a cursor; `Last-Event-ID` goes on from there.
#[utoipa::path(
    tag = "delivery",
    params(From),
    responses((status = 200, description = "Events named `change`, each with a changed page.",
        body = String, content_type = "text/event-stream"))
)]
#[get("/v1/stream")]
pub(crate) async fn stream_changes(
    query: Query<'_, From>,
    last: LastEventId<'_>,
    desk: &State<Desk>,
    mut shutdown: rocket::Shutdown,
) -> Result<EventStream![Event], Problem> {
    let desk = desk.inner().clone();
    let mut since = match last.0.or(query.text("since")) {
        Some(text) => place(Some(text), "since", &desk)?,
        None => desk.delivery().end().await?,
    };
    // A cursor of another history is refused before the stream begins.
    drop(told(&desk, &since, 1).await?);
    Ok(EventStream! {
        yield Event::retry(Duration::from_secs(3));
        loop {
            let Ok(changes) = told(&desk, &since, STEP).await else { break };
            for page in &changes.pages {
                let Ok(data) = serde_json::to_string(&Item::of(page)) else { continue };
                yield Event::data(data).event("change").id(cursor::of_changes(&page.place));
            }
            since = changes.next;
            if !changes.is_end {
                continue;
            }
            let more = desk.cms.applied(since.cursor.number + 1, SILENCE);
            tokio::select! {
                more = more => if !more { yield Event::comment("still here"); },
                () = &mut shutdown => break,
            }
        }
    })
}
