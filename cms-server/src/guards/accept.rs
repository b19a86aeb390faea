//! `Accept` (RFC 9110, section 12.5.1): whether the reader takes what the endpoint has.

use rocket::{
    Request,
    http::MediaType,
    request::{FromRequest, Outcome},
};

use crate::problem::{Code, Problem};

/// The reader takes JSON. Most say nothing or `*/*`.
#[derive(Debug, Clone, Copy)]
pub struct AcceptsJson;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AcceptsJson {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match check(request, &MediaType::JSON, "application/json") {
            Ok(()) => Outcome::Success(Self),
            Err(problem) => problem.outcome(request),
        }
    }
}

/// Whether the reader takes this media type.
///
/// # Errors
/// [`Code::NotAcceptable`] with the type that there is.
pub fn check(
    request: &Request<'_>,
    offered: &MediaType,
    name: &'static str,
) -> Result<(), Problem> {
    let field = request.headers().get_one("Accept");
    if field.is_none_or(|field| field == "*/*" || field == name) || takes(request, offered) {
        return Ok(());
    }
    Err(Problem::new(Code::NotAcceptable).with("offered", name))
}

/// Whether the most specific of the ranges that fit has a weight above zero. A header that can't be
/// parsed counts as absent.
fn takes(request: &Request<'_>, offered: &MediaType) -> bool {
    let Some(accept) = request.accept() else { return true };
    let fits = |range: &MediaType| {
        (range.top() == "*" || range.top() == offered.top())
            && (range.sub() == "*" || range.sub() == offered.sub())
    };
    accept
        .iter()
        .filter(|range| fits(range.media_type()))
        .max_by_key(|range| range.media_type().specificity())
        .is_some_and(|range| range.weight_or(1.0) > 0.0)
}
