//! What comes with a browser that is on its way to a provider or back: its cookie, and the provider's answer.

use std::convert::Infallible;

use cms_core::commands::doors::SignInError;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use crate::{guards::percent, problem::Problem};

/// The cookie's name.
const COOKIE: &str = "__Host-beacon-sign-in";
/// `Lax`: it comes back from another site, as a page that is opened and nothing else.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
/// How long a browser keeps it, in seconds; what is sealed in it ends sooner or then.
const MAX_AGE: u32 = 600;
/// The longest code or state that is looked at, in bytes.
const LONGEST: usize = 4_096;

/// What the browser has kept; none where it has nothing, or several.
#[derive(Debug, Clone)]
pub(crate) struct Errand(pub(super) Option<String>);

impl Errand {
    /// Has the browser keep something.
    pub(super) fn cookie(kept: &str) -> String {
        format!("{COOKIE}={kept}; Max-Age={MAX_AGE}; {ATTRIBUTES}")
    }

    /// Takes away what the browser has kept.
    pub(super) fn without() -> String {
        format!("{COOKIE}=; Max-Age=0; {ATTRIBUTES}")
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Errand {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let fields = request.headers().get("Cookie");
        let pairs = fields.flat_map(|field| field.split(';'));
        let mut own = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name.trim_matches(' ') == COOKIE).then(|| value.trim_matches(' ').to_owned())
        });
        let kept = own.next();
        Outcome::Success(Self(kept.filter(|_| own.next().is_none())))
    }
}

/// A provider's answer, as it stands in the query. What else stands there is the provider's own, and is not looked at.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The code, or what the provider says went wrong.
    pub(super) code: Result<String, String>,
    /// What went there and came back.
    pub(super) state: String,
    /// Who says so (RFC 9207).
    pub(super) issuer: Option<String>,
}

impl Answer {
    /// Reads the query; none where a member that counts comes twice, is too long, or is missing.
    fn parse(raw: &str) -> Option<Self> {
        let one = |name: &str| -> Result<Option<String>, ()> {
            let mut values = raw.split('&').filter_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                (key == name).then_some(value)
            });
            let value = values.next();
            if values.next().is_some() || value.is_some_and(|value| value.len() > LONGEST) {
                return Err(());
            }
            value
                .map(|value| percent::decode_query(value).map(Into::into).map_err(|_| ()))
                .transpose()
        };
        let (state, issuer) = (one("state").ok()??, one("iss").ok()?);
        let code = match (one("error").ok()?, one("code").ok()?) {
            (None, Some(code)) if !code.is_empty() => Ok(code),
            (Some(error), _) => Err(error.escape_debug().take(100).collect()),
            (None, _) => return None,
        };
        Some(Self { code, state, issuer })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Answer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let query = request.uri().query().map_or("", |query| query.as_str());
        match Self::parse(query) {
            Some(answer) => Outcome::Success(answer),
            None => Problem::from(SignInError::Refused).outcome(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_one_state_and_either_a_code_or_an_error() {
        let answer =
            Answer::parse("code=a%2Fb&state=s&iss=https%3A%2F%2Fa.example&session_state=x");
        let answer = answer.unwrap();
        assert_eq!(answer.code, Ok("a/b".to_owned()));
        assert_eq!(
            (answer.state.as_str(), answer.issuer.as_deref()),
            ("s", Some("https://a.example"))
        );
        let denied = Answer::parse("error=access_denied&state=s&code=x").unwrap();
        assert_eq!(denied.code, Err("access_denied".to_owned()));
        for raw in [
            "",
            "code=x",
            "state=s",
            "code=&state=s",
            "code=x&code=y&state=s",
            "code=x&state=s&state=t",
            "code=%FF&state=s",
        ] {
            assert!(Answer::parse(raw).is_none(), "{raw}");
        }
        assert!(Answer::parse(&format!("state=s&code={}", "x".repeat(LONGEST + 1))).is_none());
    }
}
