//! The page that shows the OpenAPI document: Swagger UI, whose files are in the binary.

use std::sync::Arc;

use rocket::{
    Request, Response, get,
    http::Status,
    response::{self, Responder},
};
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use crate::{
    guards::query::{Nothing, Query},
    problem::{Code, Problem},
};

/// The page's scripts and styles are this server's own; it writes styles and draws icons by itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
pub(crate) struct Page(SwaggerFile<'static>);

/// Opens the page.
#[get("/docs")]
pub(crate) fn open_docs(_query: Query<'_, Nothing>) -> Result<Page, Problem> {
    file("index.html")
}

/// A file beside the page.
#[get("/docs/<name>")]
pub(crate) fn read_docs_file(name: &str, _query: Query<'_, Nothing>) -> Result<Page, Problem> {
    file(name)
}

fn file(name: &str) -> Result<Page, Problem> {
    // No validator elsewhere is asked about the document.
    let config = Config::new(["/openapi.json"]).validator_url("none");
    match serve(name, Arc::new(config)) {
        Ok(Some(file)) => Ok(Page(file)),
        Ok(None) => Err(Problem::new(Code::NotFound)),
        Err(error) => Err(Problem::internal(error)),
    }
}

impl<'r> Responder<'r, 'static> for Page {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        // Its files are named beside it, so its own address ends in a slash.
        if request.uri().path() == "/docs" {
            return Response::build()
                .status(Status::PermanentRedirect)
                .raw_header("Location", "/docs/")
                .ok();
        }
        Response::build_from(self.0.respond_to(request)?)
            .raw_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            .raw_header("Cache-Control", "public, max-age=3600")
            .ok()
    }
}
