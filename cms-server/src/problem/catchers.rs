//! What answers when no handler did: Rocket's bare statuses become problems, 404 becomes 405 where
//! another method would do, and OPTIONS gets its answer.

use rocket::{
    Catcher, Request, Response, catch, catchers,
    http::{Method, Status},
    response::{self, Responder},
};

use super::{Code, Problem};
use crate::{
    config::Limits,
    endpoint,
    fairings::{headers, panics},
};

/// The catcher of everything.
pub fn catchers() -> Vec<Catcher> {
    catchers![answer_uncaught]
}

/// An answer that no handler made.
enum Uncaught {
    Problem(Problem),
    /// What OPTIONS asks for: the methods, as `Allow` has them.
    Methods(String),
}

#[catch(default)]
fn answer_uncaught(status: Status, request: &Request<'_>) -> Uncaught {
    if let Some(problem) = Problem::deposited(request) {
        return Uncaught::Problem(problem);
    }
    match status.code {
        404 => answer_unmatched(request),
        413 => {
            let limits = request.rocket().state::<Limits>();
            let max = limits.map_or(0, |limits| limits.body_bytes);
            Uncaught::Problem(endpoint::body_too_large(max))
        }
        500 => Uncaught::Problem(Problem::internal(panics::take().unwrap_or_default())),
        other => Uncaught::Problem(Problem::new(Code::of_status(other))),
    }
}

/// No endpoint has this path with this method.
fn answer_unmatched(request: &Request<'_>) -> Uncaught {
    if let Some(problem) = endpoint::refusal(request, None) {
        return Uncaught::Problem(problem);
    }
    let allow = endpoint::allowed(request);
    if allow.is_empty() {
        return Uncaught::Problem(Problem::new(Code::NotFound));
    }
    let allow = allow.join(", ");
    if request.method() == Method::Options {
        return Uncaught::Methods(allow);
    }
    let problem =
        Problem::new(Code::MethodNotAllowed).with("method", request.method()).with("allow", &allow);
    Uncaught::Problem(problem.header("Allow", allow))
}

impl<'r> Responder<'r, 'static> for Uncaught {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = match self {
            Self::Problem(problem) => problem.respond_to(request)?,
            Self::Methods(allow) => {
                let mut answer = Response::build().status(Status::NoContent).finalize();
                headers::preflight(request, &mut answer, &allow);
                answer.set_raw_header("Allow", allow);
                answer
            }
        };
        // Rocket runs no response fairing for a request that it could not read.
        headers::apply(request, &mut answer);
        Ok(answer)
    }
}
