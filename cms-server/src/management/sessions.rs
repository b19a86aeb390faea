//! Sessions over HTTP: a person signs in at a browser, and out.
//!
//! The cookie is the browser's alone (`HttpOnly`), goes to this host alone (`__Host-`), over TLS alone (`Secure`), and
//! from this site's own pages alone (`SameSite=Strict`). A page that writes sends the session's token besides.

use cms_core::{
    access::session::SessionLimits,
    commands::{
        doors::SignInError,
        sign_in::{SignIn, SignedIn},
    },
    id::AccountId,
};
use rocket::{
    Request, Response, Route, State, delete, get,
    http::Status,
    post,
    response::{self, Responder, status::NoContent},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    config::Config,
    delivery::Desk,
    guards::{
        bearer::{Bearer, Proof},
        body::{JsonBody, Members},
        query::{Nothing, Query},
        session::{COOKIE, Newcomer, SessionCookie},
    },
    management::{administrator, sign_in::Lobby},
    problem::{Code, Problem},
};

/// The longest text that is looked at as a name, a password or a code, in characters.
const LONGEST: usize = 1_000;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![sign_in, read_session, sign_out, sign_out_everywhere, end_sessions]
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionDocument {
    /// Its id.
    id: String,
    /// Who signed in.
    account: String,
    /// When.
    created_at: String,
    /// When it ends, however it is used.
    expires: String,
    /// When it ends if nobody uses it.
    ends: String,
    /// To be sent as `X-CSRF-Token` with all that isn't only read.
    csrf_token: String,
}

/// What one signs in with.
#[derive(Debug, ToSchema)]
pub struct SignInRequest {
    /// The account's name.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    name: String,
    /// Its password.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    password: String,
    /// What its device shows, where it has one.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    code: Option<String>,
}

/// An answer that sets or takes away the cookie.
#[derive(Debug)]
pub struct WithCookie {
    status: Status,
    cookies: Vec<String>,
    body: Option<Told>,
}

/// What such an answer tells.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Told {
    Session(SessionDocument),
    Farewell(FarewellDocument),
}

/// Where a browser goes on that was signed out here, and was signed in by a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct FarewellDocument {
    /// The provider's address, which ends the session there; it is for the person to say whether it should.
    location: String,
}

impl<'r> Responder<'r, 'static> for WithCookie {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = match self.body {
            Some(body) => Json(body).respond_to(request)?,
            None => Response::new(),
        };
        answer.set_status(self.status);
        for cookie in self.cookies {
            answer.adjoin_raw_header("Set-Cookie", cookie);
        }
        Ok(answer)
    }
}

impl WithCookie {
    /// Takes the cookie away.
    fn without() -> Self {
        let cookie = format!("{COOKIE}=; Max-Age=0; {ATTRIBUTES}");
        Self { status: Status::NoContent, cookies: vec![cookie], body: None }
    }

    /// Gives the cookie of a session that began.
    pub(super) fn of(signed_in: &SignedIn) -> Self {
        let body = SessionDocument::of(&signed_in.session, &signed_in.csrf);
        let cookies = vec![Self::cookie(signed_in)];
        Self { status: Status::Created, cookies, body: Some(Told::Session(body)) }
    }

    /// The cookie of a session that began.
    pub(super) fn cookie(signed_in: &SignedIn) -> String {
        format!("{COOKIE}={}; {ATTRIBUTES}", signed_in.secret.reveal())
    }

    /// Sets or takes away another besides.
    pub(super) fn and(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Says where to go on.
    fn to(self, location: Option<String>) -> Self {
        let Some(location) = location else { return self };
        let body = Some(Told::Farewell(FarewellDocument { location }));
        Self { status: Status::Ok, body, ..self }
    }
}

/// What a browser is told of the cookie. It ends with the browser; the server's own limits end it sooner.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

impl SessionDocument {
    pub(crate) fn of(session: &cms_core::access::session::Session, csrf: &str) -> Self {
        Self {
            id: session.id.to_string(),
            account: session.account.to_string(),
            created_at: session.created_at.to_string(),
            expires: session.expires.to_string(),
            ends: session.ends().to_string(),
            csrf_token: csrf.to_owned(),
        }
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => {
                Self::new(Code::SignInRefused).header("WWW-Authenticate", "Bearer realm=\"beacon\"")
            }
            SignInError::Wait { millis } => {
                let seconds = millis.max(0).unsigned_abs().div_ceil(1_000).max(1);
                Self::new(Code::TooManyRequests).header("Retry-After", seconds.to_string())
            }
            SignInError::NoSecondFactor => Self::new(Code::SecondFactorRequired),
            SignInError::Busy => Self::new(Code::TooManyRequests).header("Retry-After", "1"),
            SignInError::Command(error) => error.into(),
        }
    }
}

/// A text of a body, cut where it is longer than any that is right.
pub(super) fn secret_text(members: &mut Members, name: &str) -> Option<String> {
    members.text(name).map(|text| text.chars().take(LONGEST).collect())
}

/// Signs in: by name and password, and by a code where the account has a device. The answer has the session's cookie,
/// a new one each time, and its token for writing. Whatever is wrong, the answer is the same.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = SignInRequest, content_type = "application/json"),
    responses(
        (status = 201, body = SessionDocument),
        (status = 401, description = "Name, password or code are wrong."),
        (status = 429, description = "It was wrong too often: `Retry-After`."),
    )
)]
#[post("/manage/v1/session", data = "<body>")]
pub(crate) async fn sign_in(
    newcomer: Newcomer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    config: &State<Config>,
    body: JsonBody,
) -> Result<WithCookie, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let name = secret_text(&mut members, "name");
    let name = members.required("name", name).unwrap_or_default();
    let password = secret_text(&mut members, "password");
    let password = members.required("password", password).unwrap_or_default();
    let code = secret_text(&mut members, "code");
    members.finish()?;
    let limits = SessionLimits::from(&config.sessions);
    let signed_in = desk.cms.sign_in(SignIn { name, password, code, limits }).await?;
    // What the browser had before opens nothing any more.
    if let Some(secret) = newcomer.before {
        desk.cms.sign_out(&secret).await?;
    }
    Ok(WithCookie::of(&signed_in))
}

/// The session that this browser is in.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = SessionDocument)), security(("session" = [])))]
#[get("/manage/v1/session")]
pub(crate) fn read_session(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
) -> Result<Json<SessionDocument>, Problem> {
    match &bearer.proof {
        Proof::Session(session, csrf) => Ok(Json(SessionDocument::of(session, csrf))),
        Proof::Token(_) => Err(Problem::new(Code::NotFound)),
    }
}

/// Signs out: the session is good for nothing from the next request on. Whoever was signed in by a provider is told where
/// to sign out there.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    responses(
        (status = 200, body = FarewellDocument, description = "It was a provider's word that signed in."),
        (status = 204),
    ),
    security(("session" = []))
)]
#[delete("/manage/v1/session")]
pub(crate) async fn sign_out(
    bearer: Bearer,
    cookie: Option<SessionCookie>,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    lobby: &State<Lobby>,
) -> Result<WithCookie, Problem> {
    let (Proof::Session(session, _), Some(SessionCookie(secret))) = (&bearer.proof, cookie) else {
        return Err(Problem::new(Code::NotFound));
    };
    desk.cms.sign_out(&secret).await?;
    let farewell = match &session.provider {
        Some(provider) => lobby.providers.farewell(provider).await,
        None => None,
    };
    Ok(WithCookie::without().to(farewell))
}

/// Signs out everywhere: all of one's sessions end.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 204)), security(("token" = [])))]
#[delete("/manage/v1/sessions")]
pub(crate) async fn sign_out_everywhere(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<WithCookie, Problem> {
    desk.cms.sign_out_everywhere(&bearer.actor, bearer.actor.account, None).await?;
    Ok(WithCookie::without())
}

/// Ends all sessions of an account. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/accounts/<id>/sessions")]
pub(crate) async fn end_sessions(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    administrator(&bearer)?;
    let id: AccountId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    desk.cms.sign_out_everywhere(&bearer.actor, id, None).await?;
    Ok(NoContent)
}
