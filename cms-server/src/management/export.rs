//! The content as import lines, streamed.

use std::io::{self, Write as _};

use cms_core::queries::{ReadError, export::ExportLine};
use rocket::{Route, State, get, http::ContentType, routes};
use tokio::runtime::Handle;

use super::{
    administrator,
    streamed::{Streamed, wait_for},
};
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        query::{Parameter, Query},
    },
    parameters,
    problem::Problem,
};

parameters! {
    /// What an export takes.
    pub Exporting = [
        Parameter::choice("drafts", &["true", "false"], "Whether drafts come along; they don't without it."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![export_content]
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// The content as import lines: one JSON object a line, by type, key and locale, the same bytes for the same
/// content. An empty line is the end: without it the export was cut short.
#[utoipa::path(
    tag = "management",
    params(Exporting),
    responses((status = 200, body = String, content_type = "application/jsonl")),
    security(("token" = []))
)]
#[get("/manage/v1/export")]
pub(crate) fn export_content(
    bearer: Bearer,
    query: Query<'_, Exporting>,
    desk: &State<Desk>,
) -> Result<Streamed, Problem> {
    administrator(&bearer)?;
    let (editing, drafts) = (desk.cms.editing(), query.text("drafts") == Some("true"));
    let runtime = Handle::current();
    Ok(Streamed::by(ContentType::new("application", "jsonl"), move |out| {
        let _runtime = runtime.enter();
        let mut write = |line: ExportLine| Ok(writeln!(out, "{}", line.text)?);
        wait_for(editing.export::<ExportError>(drafts, &mut write))?;
        out.write_all(b"\n")?;
        Ok::<_, ExportError>(out.flush()?)
    }))
}
