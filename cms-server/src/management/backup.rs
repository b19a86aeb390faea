//! A consistent copy of the log, streamed: all of it, or what a folder elsewhere lacks.

use cms_core::store::sled::{BackupError, Held};
use rocket::{Route, State, get, http::ContentType, routes};

use super::{administrator, streamed::Streamed};
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What a backup takes.
    pub BackingUp = [
        Parameter::integer("after", 0..=i64::MAX, 0, "The last event that the folder holds already; `epoch` and `root` must come with it."),
        Parameter::integer("epoch", 0..=i64::MAX, 0, "The history that the folder holds."),
        Parameter::text("root", 64, "The root of the Merkle tree over what the folder holds, in hexadecimal."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![back_up]
}

/// A backup, or with `after`, `epoch` and `root` what is new since: for `cms backup --url`, which keeps it
/// in a folder. It ends with a digest of all of it; without that it was cut short.
#[utoipa::path(
    tag = "management",
    params(BackingUp),
    responses(
        (status = 200, body = String, content_type = "application/octet-stream"),
        (status = 410, description = "The folder holds another history: begin another folder."),
    ),
    security(("token" = []))
)]
#[get("/manage/v1/backup")]
pub(crate) async fn back_up(
    bearer: Bearer,
    query: Query<'_, BackingUp>,
    desk: &State<Desk>,
) -> Result<Streamed, Problem> {
    administrator(&bearer)?;
    let log = desk.cms.embedded().cloned().ok_or_else(|| Problem::new(Code::NotFound))?;
    let held = held(&query)?;
    if let Some(held) = held.clone() {
        let log = std::sync::Arc::clone(&log);
        let goes_on = tokio::task::spawn_blocking(move || log.goes_on_from(&held)).await;
        let goes_on = goes_on.map_err(Problem::internal)?;
        if !goes_on.map_err(|error| Problem::new(Code::Unavailable).because(error))? {
            return Err(Problem::new(Code::CursorExpired));
        }
    }
    Ok(Streamed::by(ContentType::Binary, move |out| {
        log.send_backup(held.as_ref(), out).map(drop)?;
        Ok::<_, BackupError>(())
    }))
}

/// What the folder holds, as the query says: all three parameters, or none.
fn held(query: &Query<'_, BackingUp>) -> Result<Option<Held>, Problem> {
    let number = |name| query.integer(name).and_then(|number| u64::try_from(number).ok());
    let (after, epoch, root) = (number("after"), number("epoch"), query.text("root"));
    if after.is_none() && epoch.is_none() && root.is_none() {
        return Ok(None);
    }
    let missing =
        [("after", after.is_none()), ("epoch", epoch.is_none()), ("root", root.is_none())];
    let mut faults: Vec<_> = missing
        .into_iter()
        .filter(|(_, is_missing)| *is_missing)
        .map(|(name, _)| Fault::parameter(name, "missing_parameter"))
        .collect();
    let bytes = root.and_then(|root| hex::decode(root).ok()?.try_into().ok());
    if root.is_some() && bytes.is_none() {
        faults.push(Fault::parameter("root", "malformed_parameter"));
    }
    match (after, epoch, bytes) {
        (Some(last), Some(epoch), Some(root)) if faults.is_empty() => {
            Ok(Some(Held { epoch, last, root }))
        }
        _ => Err(Problem::parameters(faults)),
    }
}
