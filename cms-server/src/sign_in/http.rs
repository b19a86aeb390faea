//! How providers are asked: with bounds on time and size, and without following anybody elsewhere.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect::Policy};

/// How long an answer may take altogether. A sign-in needs two at most, within the time of a handler.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// Bytes of an answer at most: documents, keys and tokens are a few thousand.
const LONGEST: usize = 256 << 10;

/// Asks providers.
#[derive(Debug, Clone)]
pub(super) struct Http(Client);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// It didn't come, or not whole.
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
    /// It is longer than any that is right.
    #[error("the answer is longer than {LONGEST} bytes")]
    TooLong,
    /// It can't be read as HTTP.
    #[error(transparent)]
    Malformed(#[from] openidconnect::http::Error),
}

impl Http {
    /// A client of its own.
    ///
    /// # Errors
    /// When the system's certificates can't be read.
    pub(super) fn make() -> Result<Self, HttpError> {
        let client = Client::builder()
            .redirect(Policy::none())
            // A connection that the provider has closed meanwhile would fail the one request that can't be repeated.
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .connect_timeout(CONNECT)
            .user_agent(concat!("beacon/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut whole = openidconnect::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            whole = whole.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len() + piece.len() > LONGEST {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&piece);
        }
        Ok(whole.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
