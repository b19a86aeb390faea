//! `Authorization: Bearer` (RFC 6750): who acts.
//!
//! Whatever is wrong with a token, the answer is the same 401: it never says whether there is such a
//! token, whose it was, or why it is good for nothing.

use cms_core::access::{
    Actor,
    token::{Kind, Secret, Token},
};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{
    delivery::Desk,
    problem::{Code, Problem},
};

/// Who acts, by a token that is good now.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The account, with what it may do.
    pub actor: Actor,
    /// The token that said so.
    pub token: Token,
}

/// Who asks for a token: with one that is to be exchanged, or as somebody who has one already.
#[derive(Debug, Clone)]
pub enum Applicant {
    /// A one-time token, which the exchange itself will check.
    Exchanging(Secret),
    /// Somebody with a token that is good now.
    Known(Bearer),
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Bearer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match authenticate(request).await {
            Ok(bearer) => Outcome::Success(bearer),
            Err(problem) => problem.outcome(request),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Applicant {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let applicant = match presented(request) {
            Ok(secret) if secret.kind() == Kind::OneTime => Ok(Self::Exchanging(secret)),
            Ok(_) => authenticate(request).await.map(Self::Known),
            Err(problem) => Err(problem),
        };
        match applicant {
            Ok(applicant) => Outcome::Success(applicant),
            Err(problem) => problem.outcome(request),
        }
    }
}

/// A token that has the form of one, whatever it is good for: for endpoints that look by themselves.
#[derive(Debug, Clone)]
pub(crate) struct Presented(pub(crate) Secret);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Presented {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match presented(request) {
            Ok(secret) => Outcome::Success(Self(secret)),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl Bearer {
    /// Who acts in this request.
    pub(crate) async fn of(request: &Request<'_>) -> Result<Self, Problem> {
        authenticate(request).await
    }
}

async fn authenticate(request: &Request<'_>) -> Result<Bearer, Problem> {
    let secret = presented(request)?;
    let desk = request.rocket().state::<Desk>();
    let desk = desk.ok_or_else(|| Problem::internal("the application has no desk"))?;
    let known = desk.cms.authenticate(&secret).await?;
    known.map(|(actor, token)| Bearer { actor, token }).ok_or_else(invalid)
}

/// The token in the request, if it has the form of one.
fn presented(request: &Request<'_>) -> Result<Secret, Problem> {
    let mut fields = request.headers().get("Authorization");
    let Some(field) = fields.next() else {
        return Err(refused("Bearer realm=\"beacon\""));
    };
    if fields.next().is_some() {
        return Err(invalid());
    }
    let (scheme, token) = field.split_once(' ').unwrap_or((field, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused("Bearer realm=\"beacon\""));
    }
    Secret::parse(token.trim_matches(' ')).map_err(|_| invalid())
}

/// The token is good for nothing.
pub(crate) fn invalid() -> Problem {
    refused("Bearer realm=\"beacon\", error=\"invalid_token\"")
}

fn refused(challenge: &'static str) -> Problem {
    Problem::new(Code::Unauthorized).header("WWW-Authenticate", challenge)
}
