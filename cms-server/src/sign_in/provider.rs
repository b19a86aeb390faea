//! One provider: what it publishes of itself, kept for a while, and the two things that it is asked.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use cms_core::{
    access::{errand::Marks, vouching::Vouched},
    clock::Timestamp,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, TokenResponse as _,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType,
        CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm,
    },
};
use tokio::sync::{Mutex, Semaphore};

use super::{
    WordError,
    http::{Http, HttpError},
};
use crate::config::providers;

/// How long what a provider publishes is believed without another look.
const KEPT: Duration = Duration::from_hours(1);
/// How long a provider that didn't answer is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(3);
/// How many codes are redeemed at a time: whoever sends made-up ones has a provider asked no faster.
const TURNS: usize = 8;
/// The longest subject there may be, in bytes (OpenID Connect Core, section 2).
const LONGEST_SUBJECT: usize = 255;
/// Signatures that are believed: by keys that the provider alone has. Neither `none` nor the shared secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider.
#[derive(Debug)]
pub(super) struct Provider {
    settings: providers::Provider,
    redirect: String,
    home: String,
    http: Arc<OnceLock<Http>>,
    published: Mutex<Published>,
    turns: Semaphore,
}

/// What a provider publishes, as far as it is known.
#[derive(Debug, Default)]
struct Published {
    metadata: Option<(Arc<ProviderMetadataWithLogout>, Instant)>,
    failed: Option<(String, Instant)>,
}

fn unavailable(reason: impl std::fmt::Display) -> WordError {
    WordError::Unavailable(reason.to_string())
}

fn refused(reason: impl std::fmt::Display) -> WordError {
    WordError::Refused(reason.to_string())
}

impl Provider {
    pub(super) fn new(
        settings: &providers::Provider,
        (redirect, home): (String, String),
        http: Arc<OnceLock<Http>>,
    ) -> Self {
        Self {
            settings: settings.clone(),
            redirect,
            home,
            http,
            published: Mutex::default(),
            turns: Semaphore::new(TURNS),
        }
    }

    fn http(&self) -> Result<&Http, WordError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let made = Http::make().map_err(unavailable)?;
        Ok(self.http.get_or_init(|| made))
    }

    /// What the provider publishes of itself: as it was known, or asked for. Of many who want to know, one asks.
    async fn published(&self) -> Result<Arc<ProviderMetadataWithLogout>, WordError> {
        let mut published = self.published.lock().await;
        if let Some((metadata, at)) = &published.metadata
            && at.elapsed() < KEPT
        {
            return Ok(Arc::clone(metadata));
        }
        if let Some((reason, at)) = &published.failed
            && at.elapsed() < LEFT_ALONE
        {
            return Err(unavailable(reason));
        }
        self.look(&mut published).await
    }

    /// The same, asked for anew: a token is signed with a key that isn't known, since keys are exchanged.
    async fn published_anew(
        &self,
        known: &Arc<ProviderMetadataWithLogout>,
    ) -> Result<Arc<ProviderMetadataWithLogout>, WordError> {
        let mut published = self.published.lock().await;
        match &published.metadata {
            // Another has asked meanwhile.
            Some((metadata, _)) if !Arc::ptr_eq(metadata, known) => Ok(Arc::clone(metadata)),
            Some(_) | None => self.look(&mut published).await,
        }
    }

    async fn look(
        &self,
        published: &mut Published,
    ) -> Result<Arc<ProviderMetadataWithLogout>, WordError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(unavailable)?;
        let found = ProviderMetadataWithLogout::discover_async(issuer, self.http()?).await;
        match found {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                let kept = (Arc::clone(&metadata), Instant::now());
                *published = Published { metadata: Some(kept), failed: None };
                Ok(metadata)
            }
            Err(error) => {
                let reason = with_causes(&error);
                published.failed = Some((reason.clone(), Instant::now()));
                Err(unavailable(reason))
            }
        }
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> Result<Client, WordError> {
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.0.clone()));
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(unavailable)?;
        let client = client.set_redirect_uri(redirect);
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
        // Without a word a provider takes the secret in a header (Discovery, section 3).
        Ok(if takes(CoreClientAuthMethod::ClientSecretBasic) {
            client
        } else {
            client.set_auth_type(AuthType::RequestBody)
        })
    }

    /// Where a browser goes to sign in.
    pub(super) async fn address(&self, marks: &Marks) -> Result<String, WordError> {
        let metadata = self.published().await?;
        let client = self.client(&metadata)?;
        let verifier = PkceCodeVerifier::new(marks.verifier.clone());
        let (state, nonce) = (marks.state.clone(), marks.nonce.clone());
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid");
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let request = request
            .add_scopes(scopes.cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        let (address, _, _) = request.url();
        Ok(address.to_string())
    }

    /// What it says of whoever came back with this code.
    pub(super) async fn redeem(
        &self,
        (code, marks): (String, &Marks),
        now: Timestamp,
    ) -> Result<Vouched, WordError> {
        let _turn = self.turns.try_acquire().map_err(|_| WordError::Busy)?;
        let metadata = self.published().await?;
        let client = self.client(&metadata)?;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(unavailable)?;
        let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(marks.verifier.clone()));
        let answer = exchange.request_async(self.http()?).await.map_err(exchange_error)?;
        let token = answer.id_token().ok_or_else(|| refused("there is no ID token"))?;
        let nonce = Nonce::new(marks.nonce.clone());
        let claims = match check(&client, (token, &nonce), now) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let metadata = self.published_anew(&metadata).await?;
                let client = self.client(&metadata)?;
                check(&client, (token, &nonce), now)
                    .map_err(|error| refused(with_causes(&error)))?
            }
            other => other.map_err(|error| refused(with_causes(&error)))?,
        };
        // Where a token names whom it was made for, that is this server.
        if claims.authorized_party().is_some_and(|party| **party != self.settings.client_id) {
            return Err(refused("it was made for another party"));
        }
        let subject = claims.subject().as_str();
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
            return Err(refused("its subject is empty or too long"));
        }
        Ok(Vouched {
            issuer: self.settings.issuer.clone(),
            subject: subject.to_owned(),
            second_factor: self.saw_second_factor(&claims),
        })
    }

    fn saw_second_factor(&self, claims: &CoreIdTokenClaims) -> bool {
        let methods = claims.auth_method_refs();
        let by_method = methods.into_iter().flatten().any(|method| {
            self.settings.second_factor_amr.iter().any(|named| named.as_str() == method.as_str())
        });
        let class = claims.auth_context_ref();
        by_method
            || class.is_some_and(|class| {
                self.settings.second_factor_acr.iter().any(|named| named.as_str() == class.as_str())
            })
    }

    /// Where a browser goes to be signed out there as well (RP-Initiated Logout).
    pub(super) async fn farewell(&self) -> Option<String> {
        let metadata = self.published().await.ok()?;
        let end = metadata.additional_metadata().end_session_endpoint.clone()?;
        let home = PostLogoutRedirectUrl::new(format!("{}/", self.home)).ok()?;
        let request = LogoutRequest::from(end)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(home);
        Some(request.http_get_url().to_string())
    }
}

/// What a token says, if it is to be believed: signed by the provider, for this client, in time, for this request.
fn check(
    client: &Client,
    (token, nonce): (&CoreIdToken, &Nonce),
    now: Timestamp,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let now = move || DateTime::<Utc>::from_timestamp_millis(now.millis()).unwrap_or_default();
    let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(now);
    token.claims(&verifier, nonce).cloned()
}

/// Whose fault it is that a code wasn't redeemed: of whoever brought it, or of the provider, or of what it knows of us.
fn exchange_error(
    error: RequestTokenError<
        HttpError,
        openidconnect::StandardErrorResponse<CoreErrorResponseType>,
    >,
) -> WordError {
    match &error {
        RequestTokenError::ServerResponse(answer)
            if *answer.error() == CoreErrorResponseType::InvalidGrant =>
        {
            refused("the code is used, too old or another's")
        }
        RequestTokenError::ServerResponse(answer) => unavailable(answer),
        RequestTokenError::Request(_)
        | RequestTokenError::Parse(..)
        | RequestTokenError::Other(_) => unavailable(with_causes(&error)),
    }
}

/// An error with what led to it: the outermost alone says little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        told = format!("{told}: {next}");
        cause = next.source();
    }
    told
}
