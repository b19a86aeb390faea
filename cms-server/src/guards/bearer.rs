//! `Authorization: Bearer` (RFC 6750), or the cookie of a session: who acts.
//!
//! Whatever is wrong with a token or a cookie, the answer is the same 401: it never says whether there is such a
//! one, whose it was, or why it is good for nothing. Where there is an `Authorization`, it alone counts.

use cms_core::access::{
    Actor,
    session::Session,
    token::{Kind, Secret, Token},
};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{
    delivery::Desk,
    guards::session::{SessionCookie, check_forgery},
    problem::{Code, Problem},
};

/// Who acts, by a token or in a session that is good now.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The account, with what it may do.
    pub actor: Actor,
    /// What said so.
    pub proof: Proof,
}

/// What says who acts.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A program's token.
    Token(Token),
    /// A browser's session, with its token against forged requests. A request that may change something has that.
    Session(Session, String),
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
        let one_time = presented(request).ok().filter(|secret| secret.kind() == Kind::OneTime);
        let applicant = match one_time {
            Some(secret) => Ok(Self::Exchanging(secret)),
            None => authenticate(request).await.map(Self::Known),
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
    let desk = request.rocket().state::<Desk>();
    let desk = desk.ok_or_else(|| Problem::internal("the application has no desk"))?;
    if !request.headers().contains("Authorization")
        && let Some(SessionCookie(secret)) = SessionCookie::of(request)
    {
        let known = desk.cms.session(&secret).await?.ok_or_else(invalid)?;
        check_forgery(request, &known.csrf)?;
        let proof = Proof::Session(known.session, known.csrf);
        return Ok(Bearer { actor: known.actor, proof });
    }
    let known = desk.cms.authenticate(&presented(request)?).await?;
    let (actor, token) = known.ok_or_else(invalid)?;
    Ok(Bearer { actor, proof: Proof::Token(token) })
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
