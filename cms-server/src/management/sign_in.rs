//! Signing in by a provider's word (OpenID Connect), over HTTP. Afterwards a browser is in a session like any other.
//!
//! A browser sets out with a sealed cookie and comes back with it, or is refused. That cookie is `SameSite=Lax`, for it
//! comes back from another site; the session's is `Strict`, so coming back ends in a page of ours that goes on by
//! itself: what a redirect from another site leads to would not be sent it.

use cms_core::{
    access::{
        errand::ReturnPath,
        session::SessionLimits,
        token::{Kind, Secret},
        vouching::{Identity, Terms},
    },
    commands::{
        doors::SignInError,
        sign_in_by_provider::{Admitted, SetOut},
    },
    id::AccountId,
    violation::Violation,
    words,
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

use super::{
    accounts::Agencies,
    administrator,
    sessions::{WithCookie, secret_text},
};
use crate::{
    config::Config,
    delivery::Desk,
    guards::{
        bearer::Bearer,
        body::{JsonBody, Members},
        query::{Nothing, Parameter, Query},
        session::Newcomer,
    },
    message::Reader,
    parameters,
    problem::{Code, Fault, Problem},
    sign_in::{Providers, WordError},
};

mod errand;

use errand::{Answer, Errand};

parameters! {
    /// What setting out takes.
    pub SettingOut = [
        Parameter::text("return_to", 1_000, "A path of this site to go on with afterwards; `/` without."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![
        list_providers,
        set_out,
        set_out_invited,
        come_back,
        show_code,
        list_identities,
        unlink_account,
    ]
}

/// Where people arrive: the desk behind it, and who may vouch for them.
#[derive(Debug, Clone)]
pub(crate) struct Lobby {
    desk: Desk,
    /// The providers.
    pub(crate) providers: Providers,
    limits: SessionLimits,
}

/// A provider of sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderDocument {
    /// Its name in addresses.
    name: String,
    /// What people read.
    title: String,
    /// Where a browser goes to sign in by it.
    href: String,
}

/// The providers of sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderList {
    /// By their names.
    data: Vec<ProviderDocument>,
    /// Whether somebody was vouched for in this browser and has to show a code: `POST /manage/v1/session/code`.
    code_owed: bool,
}

/// A link of an account to a provider's subject. Which subject, nobody knows.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityDocument {
    /// The provider's issuer identifier.
    issuer: String,
    /// When it was linked.
    linked_at: String,
}

/// The links of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityList {
    /// The oldest first.
    data: Vec<IdentityDocument>,
}

/// Where a browser goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Onward {
    /// The provider's address, for this browser alone.
    location: String,
}

/// How to set out with an invitation.
#[derive(Debug, ToSchema)]
pub struct InvitedRequest {
    /// The text of an invitation: whom the provider means is linked to its account.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    invitation: Option<String>,
    /// A path of this site to go on with afterwards; `/` without.
    #[expect(dead_code, reason = "for the OpenAPI document: bodies are read member by member")]
    return_to: Option<String>,
}

/// An answer that gives a browser something to keep while it is away.
#[derive(Debug)]
pub struct Departure {
    kept: String,
    location: String,
    /// Whether the browser is sent there, or told where.
    sent: bool,
}

impl<'r> Responder<'r, 'static> for Departure {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = if self.sent {
            let mut answer = Response::new();
            answer.set_status(Status::SeeOther);
            answer.set_raw_header("Location", self.location);
            answer
        } else {
            Json(Onward { location: self.location }).respond_to(request)?
        };
        answer.adjoin_raw_header("Set-Cookie", Errand::cookie(&self.kept));
        Ok(answer)
    }
}

/// The page at which a browser arrives from a provider: it goes on by itself.
#[derive(Debug)]
pub struct Arrival {
    return_to: ReturnPath,
    admitted: Admitted,
    reader: Reader,
}

/// The page does nothing but go on.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl<'r> Responder<'r, 'static> for Arrival {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let text = |key| words::text(&self.reader.language, key, &[]);
        // A path has no character that means something in an attribute, but for this one.
        let path = self.return_to.as_str().replace('&', "&amp;");
        let language = &self.reader.language;
        let page = format!(
            "<!doctype html><html lang=\"{language}\" dir=\"{}\"><meta charset=\"utf-8\">\
             <meta http-equiv=\"refresh\" content=\"0; url={path}\"><title>{}</title>\
             <p><a href=\"{path}\">{}</a></p></html>\n",
            language.direction().as_str(),
            text("page.signed-in.title"),
            text("page.signed-in.continue"),
        );
        let mut answer = response::content::RawHtml(page).respond_to(request)?;
        answer.set_raw_header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        answer.set_raw_header("Content-Language", language.to_string());
        match &self.admitted {
            Admitted::In(signed_in) => {
                answer.adjoin_raw_header("Set-Cookie", WithCookie::cookie(signed_in));
                answer.adjoin_raw_header("Set-Cookie", Errand::without());
            }
            Admitted::Owing(kept) => answer.adjoin_raw_header("Set-Cookie", Errand::cookie(kept)),
        }
        Ok(answer)
    }
}

impl From<WordError> for Problem {
    fn from(error: WordError) -> Self {
        tracing::warn!(%error, "a provider of sign-in");
        match error {
            WordError::Unavailable(reason) => {
                Self::new(Code::ProviderUnavailable).header("Retry-After", "5").because(reason)
            }
            WordError::Refused(_) => SignInError::Refused.into(),
            WordError::Busy => SignInError::Busy.into(),
        }
    }
}

impl Lobby {
    /// A lobby before a desk.
    pub(crate) fn of(desk: &Desk, config: &Config) -> Self {
        let limits = SessionLimits::from(&config.sessions);
        Self { desk: desk.clone(), providers: Providers::of(config), limits }
    }

    /// On which terms a provider's word is taken.
    fn terms(&self, name: &str) -> Result<Terms, Problem> {
        let agencies = Agencies::of(&self.desk)?;
        let terms = self.providers.terms(name, |key| agencies.with_key(key));
        terms.ok_or_else(|| Problem::new(Code::NotFound))
    }

    async fn depart(&self, act: SetOut, sent: bool) -> Result<Departure, Problem> {
        if !self.providers.contains(&act.provider) {
            return Err(Problem::new(Code::NotFound));
        }
        let provider = act.provider.clone();
        let (kept, marks) = self.desk.cms.set_out(act).await?;
        let location = self.providers.address(&provider, &marks).await?;
        Ok(Departure { kept, location, sent })
    }

    async fn arrive(
        &self,
        (provider, terms): (&str, &Terms),
        kept: &str,
        answer: Answer,
    ) -> Result<(ReturnPath, Admitted), Problem> {
        let cms = &self.desk.cms;
        let returned = cms.come_back(kept, (provider, &answer.state)).await?;
        // RFC 9207: where the answer names who gives it, it is who was asked.
        if answer.issuer.is_some() && answer.issuer.as_deref() != self.providers.issuer(provider) {
            return Err(WordError::Refused("it is another issuer's".to_owned()).into());
        }
        let code = answer.code.map_err(WordError::Refused)?;
        let now = cms.clock().now();
        let vouched = self.providers.redeem(provider, (code, &returned.marks), now).await?;
        let admitted = cms.admit((&returned.away, &vouched), terms, self.limits).await?;
        Ok((returned.away.return_to, admitted))
    }
}

/// The providers by which one may sign in besides with a password.
#[utoipa::path(tag = "management", params(Nothing), responses((status = 200, body = ProviderList)))]
#[get("/manage/v1/sign-in")]
pub(crate) async fn list_providers(
    errand: Errand,
    _query: Query<'_, Nothing>,
    lobby: &State<Lobby>,
) -> Result<Json<ProviderList>, Problem> {
    let told = |(name, title): (&str, &str)| ProviderDocument {
        name: name.to_owned(),
        title: title.to_owned(),
        href: format!("/manage/v1/sign-in/{name}"),
    };
    let data = lobby.providers.titles().map(told).collect();
    let code_owed = match errand.0 {
        Some(kept) => lobby.desk.cms.owing(&kept).await?.is_some(),
        None => false,
    };
    Ok(Json(ProviderList { data, code_owed }))
}

/// Sets out to sign in: sends the browser to the provider.
#[utoipa::path(
    tag = "management",
    params(("provider" = String, Path, description = "The provider's name."), SettingOut),
    responses(
        (status = 303, description = "To the provider."),
        (status = 503, description = "The provider doesn't answer."),
    )
)]
#[get("/manage/v1/sign-in/<provider>")]
pub(crate) async fn set_out(
    provider: &str,
    newcomer: Newcomer,
    query: Query<'_, SettingOut>,
    lobby: &State<Lobby>,
) -> Result<Departure, Problem> {
    let return_to = query.text("return_to").map(ReturnPath::parse).transpose();
    let return_to = return_to.map_err(|_| {
        Problem::parameters(vec![Fault::parameter("return_to", "not_a_local_path")])
    })?;
    let act = SetOut {
        provider: provider.to_owned(),
        return_to: return_to.unwrap_or_default(),
        invitation: None,
        before: newcomer.before,
    };
    lobby.depart(act, true).await
}

/// Sets out with an invitation: whom the provider means is linked to the account that was invited, and the invitation is
/// used up. The answer says where the browser goes.
#[utoipa::path(
    tag = "management",
    params(("provider" = String, Path, description = "The provider's name."), Nothing),
    request_body(content = InvitedRequest, content_type = "application/json"),
    responses(
        (status = 200, body = Onward),
        (status = 401, description = "The invitation is unknown, used or too old."),
        (status = 503, description = "The provider doesn't answer."),
    )
)]
#[post("/manage/v1/sign-in/<provider>", data = "<body>")]
pub(crate) async fn set_out_invited(
    provider: &str,
    newcomer: Newcomer,
    _query: Query<'_, Nothing>,
    lobby: &State<Lobby>,
    body: JsonBody,
) -> Result<Departure, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let invitation = secret_text(&mut members, "invitation");
    let return_to = members.text("return_to").map(|text| ReturnPath::parse(&text)).transpose();
    if return_to.is_err() {
        members.refuse(Violation::new("/return_to", "not_a_local_path"));
    }
    members.finish()?;
    let invitation = match invitation.as_deref().map(Secret::parse) {
        None => None,
        Some(Ok(secret)) if secret.kind() == Kind::Invitation => Some(secret),
        Some(Ok(_) | Err(_)) => return Err(SignInError::Refused.into()),
    };
    let act = SetOut {
        provider: provider.to_owned(),
        return_to: return_to.ok().flatten().unwrap_or_default(),
        invitation,
        before: newcomer.before,
    };
    lobby.depart(act, false).await
}

/// Comes back from the provider. On success the browser is in a session, or owes a code, and goes on to where it
/// wanted; whatever is wrong, the answer is the same.
#[utoipa::path(
    tag = "management",
    params(("provider" = String, Path, description = "The provider's name.")),
    responses(
        (status = 200, description = "A page that goes on by itself.", content_type = "text/html", body = String),
        (status = 401, description = "It is not what was asked for, or it lets in nobody."),
        (status = 503, description = "The provider doesn't answer."),
    )
)]
#[get("/manage/v1/sign-in/<provider>/callback")]
pub(crate) async fn come_back(
    provider: &str,
    errand: Errand,
    answer: Answer,
    lobby: &State<Lobby>,
    reader: Reader,
) -> Result<Arrival, Problem> {
    let terms = lobby.terms(provider)?;
    let kept = errand.0.ok_or(SignInError::Refused)?;
    let arrived = lobby.arrive((provider, &terms), &kept, answer).await;
    // Whatever came of it, the browser doesn't come back with the same again.
    let arrived = arrived.map_err(|problem| problem.header("Set-Cookie", Errand::without()));
    let (return_to, admitted) = arrived?;
    Ok(Arrival { return_to, admitted, reader })
}

/// Shows the code that is owed after a provider vouched for somebody: begins the session.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = Object, description = "`code`: what the device shows.", content_type = "application/json"),
    responses(
        (status = 201, body = super::sessions::SessionDocument),
        (status = 401, description = "The code is wrong, or none is owed here."),
        (status = 429, description = "It was wrong too often: `Retry-After`."),
    )
)]
#[post("/manage/v1/session/code", data = "<body>")]
pub(crate) async fn show_code(
    _newcomer: Newcomer,
    errand: Errand,
    lobby: &State<Lobby>,
    body: JsonBody,
) -> Result<WithCookie, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let code = secret_text(&mut members, "code");
    let code = members.required("code", code).unwrap_or_default();
    members.finish()?;
    let kept = errand.0.ok_or(SignInError::Refused)?;
    let cms = &lobby.desk.cms;
    let owing = cms.owing(&kept).await?.ok_or(SignInError::Refused)?;
    let terms = lobby.terms(&owing.provider)?;
    let signed_in = cms.show_code((&owing, &code), &terms, lobby.limits).await?;
    Ok(WithCookie::of(&signed_in).and(Errand::without()))
}

/// The providers by which somebody signs in to an account. An administrator's question.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 200, body = IdentityList)),
    security(("token" = []))
)]
#[get("/manage/v1/accounts/<id>/identities")]
pub(crate) async fn list_identities(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<IdentityList>, Problem> {
    administrator(&bearer)?;
    let missing = || Problem::new(Code::NotFound);
    let id: AccountId = id.parse().map_err(|_| missing())?;
    let editing = desk.cms.editing();
    editing.account(id)?.ok_or_else(missing)?;
    let told = |identity: Identity| IdentityDocument {
        issuer: identity.issuer,
        linked_at: identity.linked_at.to_string(),
    };
    let data = editing.identities(id).await?.into_iter().map(told).collect();
    Ok(Json(IdentityList { data }))
}

/// Ends an account's links to providers, and its sessions: nobody is signed in to it by a provider's word until somebody
/// is invited anew. An administrator's act.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The account's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/accounts/<id>/identities")]
pub(crate) async fn unlink_account(
    id: &str,
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    administrator(&bearer)?;
    let id: AccountId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    desk.cms.unlink_account(&bearer.actor, id).await?;
    Ok(NoContent)
}
