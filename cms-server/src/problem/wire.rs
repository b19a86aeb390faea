//! A problem as it goes over the wire: words in the reader's language, and the header fields.

use std::io::Cursor;

use cms_core::locale::Locale;
use rocket::{
    Request, Response,
    http::Status,
    response::{self, Responder},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Fault, Place, Problem};
use crate::{fairings::request_id::RequestId, message, metrics::Metrics};

/// An error, as RFC 9457 wants it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// A page about this kind of problem, relative to the server.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not-found")]
    pub kind: String,
    /// What kind of problem it is, in the reader's language.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong here, in the reader's language.
    pub detail: String,
    /// The kind again, as a name that never changes.
    pub code: String,
    /// This occurrence: `urn:uuid:` and the request's id, which the server's log has too.
    pub instance: String,
    /// All that is wrong with the request, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FaultDocument>,
    /// What else there is to say of this kind, such as the `current` revision, or what something is
    /// `used_by`.
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// One thing that is wrong with the request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultDocument {
    /// The query parameter that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The place in the body that it is in, as a JSON Pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which rule is broken, as a name that never changes.
    pub code: String,
    /// The same in the reader's language.
    pub detail: String,
}

impl FaultDocument {
    /// A fault in a language.
    pub(crate) fn new(fault: &Fault, language: &Locale) -> Self {
        let (mut parameter, mut pointer) = (None, None);
        match &fault.place {
            Place::Parameter(name) => parameter = Some(name.clone()),
            Place::Pointer(place) => pointer = Some(place.clone()),
        }
        Self {
            parameter,
            pointer,
            code: fault.code.to_string(),
            detail: message::violation(fault, language),
        }
    }
}

impl Problem {
    fn document(&self, language: &Locale, id: RequestId) -> ProblemDocument {
        let name = self.code.name();
        ProblemDocument {
            kind: format!("/problems/{name}"),
            title: message::problem_title(self.code, language),
            status: self.code.status(),
            detail: message::problem_detail(self.code, &self.facts, language),
            code: name.to_owned(),
            instance: format!("urn:uuid:{id}"),
            errors: self.faults.iter().map(|fault| FaultDocument::new(fault, language)).collect(),
            members: self.members.as_deref().cloned().unwrap_or_default(),
        }
    }

    /// The one line that the log gets: a fault of ours as an error, the reader's own at `debug`.
    fn log(&self, request: &Request<'_>, id: RequestId) {
        let endpoint = request.route().and_then(|route| route.name.as_deref()).unwrap_or("none");
        let (code, cause) = (self.code.name(), self.cause.as_deref().unwrap_or_default());
        if self.code.status() >= 500 {
            tracing::error!(%id, code, endpoint, cause, "a request failed");
        } else {
            tracing::debug!(%id, code, endpoint, cause, "a request was refused");
        }
        if let Some(metrics) = request.rocket().state::<Metrics>() {
            metrics.count_problem(self.code);
        }
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let id = RequestId::of(request);
        self.log(request, id);
        let reader = message::Reader::of(request);
        let body = serde_json::to_vec(&self.document(&reader.language, id))
            .map_err(|_| Status::InternalServerError)?;
        let mut answer = Response::build();
        answer
            .status(Status::new(self.code.status()))
            .raw_header("Content-Type", "application/problem+json")
            .raw_header("Content-Language", reader.language.to_string())
            .raw_header("Cache-Control", self.code.cache_control())
            .raw_header("X-Request-Id", id.to_string())
            .sized_body(body.len(), Cursor::new(body));
        if reader.negotiated {
            answer.raw_header("Vary", "Accept-Language");
        }
        for header in self.headers {
            answer.header(header);
        }
        answer.ok()
    }
}
