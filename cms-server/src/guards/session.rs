//! The cookie of a session, and whether a request is one of our own pages'.
//!
//! A browser sends the cookie with whatever it is made to send. So a request that may change something has the
//! session's token in a header, which no other site's page can know or send; and where it says which page it is from
//! (`Origin`), that page is ours.

use cms_core::access::{
    session::is_csrf_token,
    token::{Kind, Secret},
};
use rocket::{
    Request,
    http::Method,
    request::{FromRequest, Outcome},
};

use crate::{
    config::Config,
    problem::{Code, Problem},
};

/// The cookie's name. Its prefix keeps a browser from taking it from any other host, or without TLS.
pub const COOKIE: &str = "__Host-beacon-session";
/// The header field of the token against forged requests.
pub const CSRF: &str = "X-CSRF-Token";

/// The secret of a session, as a browser sends it. Whether it is good for anything isn't known yet.
#[derive(Debug, Clone)]
pub struct SessionCookie(pub Secret);

impl SessionCookie {
    /// The cookie in a request; none where it is malformed, or where there are several: one of them isn't ours.
    pub(crate) fn of(request: &Request<'_>) -> Option<Self> {
        let fields = request.headers().get("Cookie");
        let pairs = fields.flat_map(|field| field.split(';'));
        let mut own = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name.trim_matches(' ') == COOKIE).then_some(value.trim_matches(' '))
        });
        let value = own.next()?;
        if own.next().is_some() {
            return None;
        }
        let secret = Secret::parse(value).ok()?;
        (secret.kind() == Kind::Session).then_some(Self(secret))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SessionCookie {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match Self::of(request) {
            Some(cookie) => Outcome::Success(cookie),
            None => Outcome::Forward(rocket::http::Status::Unauthorized),
        }
    }
}

/// A request that says it is from one of our own pages, or doesn't say.
#[derive(Debug, Clone, Copy)]
pub struct FromPage;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FromPage {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match check_origin(request) {
            Ok(()) => Outcome::Success(Self),
            Err(problem) => problem.outcome(request),
        }
    }
}

/// Somebody who signs in, from one of our own pages or from no page.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The session that the browser was in.
    pub before: Option<Secret>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Newcomer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match check_origin(request) {
            Ok(()) => {
                let before = SessionCookie::of(request).map(|SessionCookie(secret)| secret);
                Outcome::Success(Self { before })
            }
            Err(problem) => problem.outcome(request),
        }
    }
}

/// Refuses what another site's page sends.
fn check_origin(request: &Request<'_>) -> Result<(), Problem> {
    let mut origins = request.headers().get("Origin");
    let Some(origin) = origins.next() else { return Ok(()) };
    let host = request.headers().get_one("Host").unwrap_or_default();
    let own = request.rocket().state::<Config>().map(|config| config.public_url.as_str());
    if origins.next().is_none() && is_own(origin, own.unwrap_or_default(), host) {
        Ok(())
    } else {
        Err(Problem::new(Code::ForgedRequest))
    }
}

/// Whether an origin is that of the public address, or the host that was asked.
fn is_own(origin: &str, public: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let (own_scheme, own) = public.split_once("://").unwrap_or_default();
    let own = own.split('/').next().unwrap_or_default();
    let is_same = |one: &str, other: &str| !one.is_empty() && one.eq_ignore_ascii_case(other);
    (is_same(scheme, own_scheme) && is_same(authority, own)) || is_same(authority, host)
}

/// Refuses a request in a session that may change something and isn't one of our own pages'.
pub(crate) fn check_forgery(request: &Request<'_>, token: &str) -> Result<(), Problem> {
    if matches!(request.method(), Method::Get | Method::Head | Method::Options) {
        return Ok(());
    }
    check_origin(request)?;
    let mut given = request.headers().get(CSRF);
    match (given.next(), given.next()) {
        (Some(given), None) if is_csrf_token(given, token) => Ok(()),
        _ => Err(Problem::new(Code::ForgedRequest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_ours_by_the_public_address_or_by_the_host_that_was_asked() {
        for (origin, public, host, expected) in [
            ("https://cms.example.org", "https://cms.example.org", "", true),
            ("https://cms.example.org", "https://cms.example.org/", "", true),
            ("https://cms.example.org", "https://cms.example.org/base", "", true),
            ("https://cms.example.org:8443", "https://cms.example.org", "", false),
            ("https://cms.example.or", "https://cms.example.org", "", false),
            ("https://", "https://cms.example.org", "", false),
            ("https:", "https://cms.example.org", "", false),
            ("://", "", "", false),
            ("", "https://cms.example.org", "", false),
            ("http://cms.example.org", "https://cms.example.org", "", false),
            ("null", "https://cms.example.org", "null", false),
            ("http://127.0.0.1:8000", "https://cms.example.org", "127.0.0.1:8000", true),
            ("http://evil.example", "https://cms.example.org", "127.0.0.1:8000", false),
            ("https://evil.example/127.0.0.1:8000", "https://x.example", "127.0.0.1:8000", false),
        ] {
            assert_eq!(is_own(origin, public, host), expected, "{origin} {public} {host}");
        }
    }
}
