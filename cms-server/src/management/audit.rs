//! The audit trail over HTTP: who did what, when.

use cms_core::{
    access::{Act, Scope, allows},
    clock::Timestamp,
    event::{Event, Part, Stream},
    id::{AccountId, EntryId},
    queries::audit::AuditQuestion,
};
use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{entries::part_name, place::Editor};
use crate::{
    delivery::Desk,
    guards::query::{Parameter, Query},
    parameters,
    problem::{Code, Fault, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_events]
}

parameters! {
    /// What the audit trail takes.
    pub Trail = [
        Parameter::text("entry", 36, "Only what was done to this entry."),
        Parameter::text("actor", 36, "Only what this account did."),
        Parameter::text("from", 40, "Not before this instant (RFC 3339)."),
        Parameter::text("to", 40, "Before this instant (RFC 3339)."),
        Parameter::integer("after", 0..=i64::MAX, 0, "Only events after this one: `next` of the page before."),
        Parameter::integer("limit", 1..=500, 100, "How many."),
    ]
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventDocument {
    /// The event's number.
    event: u64,
    /// When.
    at: String,
    /// By which account.
    actor: String,
    /// By which command: its events are next to each other.
    command: String,
    /// The parts of entries that it is about.
    about: Vec<AboutDocument>,
    /// What happened, without the content of fields; nothing once it was erased.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Object>)]
    what: Value,
    /// Whether what happened was erased.
    erased: bool,
}

/// A part of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct AboutDocument {
    /// The entry.
    id: String,
    /// A locale, or `shared`.
    part: String,
}

/// A page of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventList {
    /// In the order in which they happened.
    data: Vec<EventDocument>,
    /// To go on, as `after`; none at the end. A page may be empty and not be the last: it looks at a bounded stretch.
    next: Option<u64>,
}

/// What a body says, without content: that is in the revisions.
pub(crate) fn without_content(event: &Event) -> Value {
    let mut what = event.body.as_ref().and_then(|body| serde_json::to_value(body).ok());
    if let Some(members) = what.as_mut().and_then(Value::as_object_mut) {
        for name in ["fields", "schema", "line", "text"] {
            members.remove(name);
        }
    }
    what.unwrap_or_default()
}

impl EventDocument {
    /// An event as the trail tells it.
    pub fn of(event: &Event) -> Self {
        let about = event.streams.iter().filter_map(|stream| match stream {
            Stream::Entry(id, part) => {
                Some(AboutDocument { id: id.to_string(), part: part_name(part) })
            }
            Stream::Uses(_)
            | Stream::Agency(_)
            | Stream::Account(_)
            | Stream::Type(_)
            | Stream::Site
            | Stream::Release(_)
            | Stream::Discussion(_)
            | Stream::Memory(_) => None,
        });
        Self {
            event: event.number,
            at: event.at.to_string(),
            actor: event.actor.to_string(),
            command: event.op.to_string(),
            about: about.collect(),
            what: without_content(event),
            erased: event.body.is_none(),
        }
    }
}

/// Who did what, when: of an entry, of an account, in a period. All of it for administrators; others ask for an entry,
/// and get what is about its parts that they may read.
#[utoipa::path(
    tag = "management",
    params(Trail),
    responses((status = 200, body = EventList)),
    security(("token" = []))
)]
#[get("/manage/v1/audit")]
pub(crate) async fn list_events(
    editor: Editor,
    query: Query<'_, Trail>,
    desk: &State<Desk>,
) -> Result<Json<EventList>, Problem> {
    let mut faults = Vec::new();
    let entry: Option<EntryId> = parsed(&query, ("entry", "not_an_id"), &mut faults);
    let actor: Option<AccountId> = parsed(&query, ("actor", "not_an_id"), &mut faults);
    let from: Option<Timestamp> = parsed(&query, ("from", "bad_time"), &mut faults);
    let to: Option<Timestamp> = parsed(&query, ("to", "bad_time"), &mut faults);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let is_administrator = editor.bearer.actor.is_administrator();
    if !is_administrator && entry.is_none() {
        return Err(Problem::new(Code::Forbidden));
    }
    let after = query.integer("after").and_then(|after| u64::try_from(after).ok()).unwrap_or(0);
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let question = AuditQuestion { entry, actor, from, to, after, limit };
    let mut page = desk.cms.editing().audit(&question).await?;
    if let Some(id) = entry.filter(|_| !is_administrator) {
        let known = desk.cms.editing().entry(id)?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let may = |part: &Part| {
            let locale = match part {
                Part::Locale(locale) => Some(locale),
                Part::Shared => None,
            };
            let (agency, type_name) = (Some(known.agency), Some(&known.type_name));
            allows(&editor.bearer.actor, Act::Read, &Scope { agency, type_name, locale })
        };
        if !known.heads.keys().chain([&Part::Shared]).any(may) {
            return Err(Problem::new(Code::NotFound));
        }
        page.events.retain(|event| {
            event.streams.iter().all(|stream| match stream {
                Stream::Entry(other, part) => *other == id && may(part),
                Stream::Uses(_) => true,
                // Who may read the shared fields may read all that is said.
                Stream::Discussion(other) => *other == id && may(&Part::Shared),
                Stream::Agency(_)
                | Stream::Account(_)
                | Stream::Type(_)
                | Stream::Site
                | Stream::Release(_)
                | Stream::Memory(_) => false,
            })
        });
    }
    Ok(Json(EventList {
        data: page.events.iter().map(EventDocument::of).collect(),
        next: page.next,
    }))
}

fn parsed<T: std::str::FromStr>(
    query: &Query<'_, Trail>,
    (name, code): (&'static str, &'static str),
    faults: &mut Vec<Fault>,
) -> Option<T> {
    let text = query.text(name)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        faults.push(Fault::parameter(name, code));
    }
    parsed
}
