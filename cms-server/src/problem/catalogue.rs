//! What each `type` of a problem leads to: the kinds of problems, in the reader's language.

use rocket::{Route, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Code, Problem};
use crate::{
    guards::{
        accept::AcceptsJson,
        query::{Parameter, Query},
    },
    message::{self, Reader, Worded},
    parameters,
};

parameters! {
    /// What the catalogue takes.
    pub InLanguage = [Parameter::locale()]
}

/// A kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kind {
    /// Its name, which never changes.
    code: String,
    /// The HTTP status that it comes with.
    status: u16,
    /// What it is, in the reader's language.
    title: String,
}

/// All kinds of problems.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kinds {
    /// In the order of their statuses.
    problems: Vec<Kind>,
}

impl Kind {
    fn new(code: Code, reader: &Reader) -> Self {
        let title = message::problem_title(code, &reader.language);
        Self { code: code.name().to_owned(), status: code.status(), title }
    }
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_problems, read_problem]
}

/// All kinds of problems that this API may answer with.
#[utoipa::path(tag = "documentation", params(InLanguage), responses((status = 200, body = Kinds)))]
#[get("/problems")]
pub(crate) fn list_problems(
    _query: Query<'_, InLanguage>,
    _json: AcceptsJson,
    reader: Reader,
) -> Worded<Json<Kinds>> {
    let problems = Code::ALL.iter().map(|code| Kind::new(*code, &reader)).collect();
    Worded { body: Json(Kinds { problems }), reader }
}

/// One kind of problem: where the `type` of a problem leads.
#[utoipa::path(
    tag = "documentation",
    params(("code" = String, Path, description = "Its name."), InLanguage),
    responses((status = 200, body = Kind))
)]
#[get("/problems/<code>")]
pub(crate) fn read_problem(
    code: &str,
    _query: Query<'_, InLanguage>,
    _json: AcceptsJson,
    reader: Reader,
) -> Result<Worded<Json<Kind>>, Problem> {
    let code = Code::named(code).ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Worded { body: Json(Kind::new(code, &reader)), reader })
}
