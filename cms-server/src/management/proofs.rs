//! Proof of any event, with what happened, for those who may read that.

use cms_core::{
    access::{Act, Scope, allows},
    event::{Part, Stream},
};
use rocket::{Route, State, get, http::ContentType, routes};

use super::place::Editor;
use crate::{
    delivery::Desk,
    guards::query::{Nothing, Query},
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![prove_any_event]
}

/// That an event is in the log, with its body: also of those that are not public, such as the one that saved a
/// revision, with its fields and its author's note. For administrators, and for those who may read all of the entry's
/// parts that it touches.
#[utoipa::path(
    tag = "management",
    params(("event" = u64, Path, description = "The event's number."), Nothing),
    responses((status = 200, body = String, content_type = "text/plain")),
    security(("token" = []))
)]
#[get("/manage/v1/proofs/<event>")]
pub(crate) async fn prove_any_event(
    event: &str,
    editor: Editor,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<(ContentType, String), Problem> {
    let missing = || Problem::new(Code::NotFound);
    let number = event.parse::<u64>().ok().filter(|number| number.to_string() == event);
    let number = number.ok_or_else(missing)?;
    if !editor.bearer.actor.is_administrator() && !may_read(desk, &editor, number).await? {
        return Err(missing());
    }
    let proof = desk.cms.proofs().of_event(number).await?.ok_or_else(missing)?;
    Ok((ContentType::Plain, proof.to_string()))
}

/// Whether an event is about parts of entries alone, all of which the actor may read.
async fn may_read(desk: &Desk, editor: &Editor, number: u64) -> Result<bool, Problem> {
    let editing = desk.cms.editing();
    let Some(event) = editing.event(number).await? else { return Ok(false) };
    let mut about = false;
    for stream in &event.streams {
        match stream {
            Stream::Entry(id, part) => {
                let Some(entry) = editing.entry(*id)? else { return Ok(false) };
                let locale = match part {
                    Part::Locale(locale) => Some(locale),
                    Part::Shared => None,
                };
                let (agency, type_name) = (Some(entry.agency), Some(&entry.type_name));
                let scope = Scope { agency, type_name, locale };
                if !allows(&editor.bearer.actor, Act::Read, &scope) {
                    return Ok(false);
                }
                about = true;
            }
            // That a part uses an entry is in the part's own fields.
            Stream::Uses(_) => {}
            Stream::Agency(_)
            | Stream::Account(_)
            | Stream::Type(_)
            | Stream::Site
            | Stream::Release(_)
            | Stream::Discussion(_)
            | Stream::Memory(_) => {
                return Ok(false);
            }
        }
    }
    Ok(about)
}
