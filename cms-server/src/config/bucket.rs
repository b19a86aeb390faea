//! A bucket for the bytes of assets, and the client that its requests go by.

use std::{env, error::Error as _, io, time::Duration};

use cms_core::media::{
    Blobs,
    bucket::{
        Bucket, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
    },
};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};

use super::{ConfigError, providers::Hidden};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// A bucket of a server that speaks S3. Without a name the bytes of assets lie in the store's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3 {
    /// The bucket's name; it has to be there.
    pub bucket: String,
    /// The server's address, such as `https://s3.example.org`; Amazon's own where it is empty.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// What all names begin with, where the bucket isn't this site's alone: `beacon/site`.
    pub prefix: String,
    /// The id of the key that signs; `AWS_ACCESS_KEY_ID` of the environment where it is empty.
    pub access_key_id: String,
    /// The key; `AWS_SECRET_ACCESS_KEY` of the environment where it is empty.
    pub secret_access_key: Hidden,
    /// What comes with a key that is lent for some time; `AWS_SESSION_TOKEN` of the environment where it is empty.
    pub session_token: Hidden,
    /// Seconds that a request is tried again, and that the server may be silent within one.
    pub timeout_seconds: u64,
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            prefix: String::new(),
            access_key_id: String::new(),
            secret_access_key: Hidden(String::new()),
            session_token: Hidden(String::new()),
            timeout_seconds: 5,
        }
    }
}

impl S3 {
    /// Takes what signs from the variables that other programs take it from, too.
    pub(super) fn fill(&mut self) {
        if self.bucket.is_empty() {
            return;
        }
        let fill = |value: &mut String, name: &str| {
            if value.is_empty() {
                *value = env::var(name).unwrap_or_default();
            }
        };
        // A token goes with its key: one of another key signs nothing.
        if self.access_key_id.is_empty() {
            fill(&mut self.session_token.0, "AWS_SESSION_TOKEN");
        }
        fill(&mut self.access_key_id, "AWS_ACCESS_KEY_ID");
        fill(&mut self.secret_access_key.0, "AWS_SECRET_ACCESS_KEY");
    }

    /// Whether the bucket can be one.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let no = |key: &str, reason: &str| {
            let key = format!("media.s3.{key}");
            Err(ConfigError { key, reason: reason.to_owned() })
        };
        if self.bucket.is_empty() {
            return if *self == Self::default() { Ok(()) } else { no("bucket", "it is missing") };
        }
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_');
        if self.bucket.len() > 255 || !self.bucket.to_lowercase().bytes().all(is_plain) {
            return no("bucket", "it is no bucket's name");
        }
        let is_address = |text: &str| {
            reqwest::Url::parse(text).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.has_host()
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.query().is_none()
            })
        };
        if !self.endpoint.is_empty() && !is_address(&self.endpoint) {
            return no("endpoint", "an address is taken that begins with http:// or https://");
        }
        if self.region.is_empty() {
            return no("region", "it is missing");
        }
        let mut steps = self.prefix.split('/');
        let is_step = |step: &str| !matches!(step, "" | "." | "..");
        if !self.prefix.is_empty() && !steps.all(is_step) {
            return no("prefix", "steps are taken with / between them, such as beacon/site");
        }
        if self.access_key_id.is_empty() {
            return no(
                "access_key_id",
                "it is missing, in AWS_ACCESS_KEY_ID of the environment, too",
            );
        }
        if self.secret_access_key.0.is_empty() {
            let reason = "it is missing, in AWS_SECRET_ACCESS_KEY of the environment, too";
            return no("secret_access_key", reason);
        }
        if (1..=300).contains(&self.timeout_seconds) {
            return Ok(());
        }
        no("timeout_seconds", "1 to 300 are taken")
    }

    /// The bytes of assets in the bucket; none without one.
    pub(super) fn blobs(&self) -> Result<Option<Blobs>, ConfigError> {
        if self.bucket.is_empty() {
            return Ok(None);
        }
        let unusable = |reason: String| ConfigError { key: "media.s3".to_owned(), reason };
        let patience = Duration::from_secs(self.timeout_seconds);
        let bucket = Bucket {
            name: self.bucket.clone(),
            endpoint: Some(self.endpoint.clone()).filter(|endpoint| !endpoint.is_empty()),
            region: self.region.clone(),
            prefix: self.prefix.clone(),
            key_id: self.access_key_id.clone(),
            secret: self.secret_access_key.0.clone(),
            session_token: Some(self.session_token.0.clone()).filter(|token| !token.is_empty()),
            patience,
        };
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT.min(patience))
            .read_timeout(patience)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let client = Client(client.map_err(|error| unusable(error.to_string()))?);
        let blobs = Blobs::in_bucket(&bucket, client);
        Ok(Some(blobs.map_err(|error| unusable(error.to_string()))?))
    }
}

/// This program's client for HTTP, lent to the bucket.
#[derive(Debug, Clone)]
struct Client(reqwest::Client);

#[rocket::async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string().parse::<reqwest::Url>();
        let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut asked = reqwest::Request::new(parts.method, url);
        *asked.headers_mut() = parts.headers;
        *asked.body_mut() = Some(match body.as_bytes() {
            Some(bytes) => bytes.clone().into(),
            None => reqwest::Body::wrap(body),
        });
        let answer = self.0.execute(asked).await.map_err(failed)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = reqwest::Body::from(answer).map_err(failed);
        let mut told = HttpResponse::new(HttpResponseBody::new(body));
        *told.status_mut() = status;
        *told.headers_mut() = headers;
        Ok(told)
    }
}

/// Why there is no answer, and so whether the question is put again.
fn failed(error: reqwest::Error) -> HttpError {
    let mut cause = error.source();
    let mut broke_off = error.is_request() || error.is_body();
    while let Some(found) = cause {
        broke_off |= found.is::<io::Error>();
        cause = found.source();
    }
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if broke_off {
        HttpErrorKind::Interrupted
    } else {
        HttpErrorKind::Unknown
    };
    HttpError::new(kind, error.without_url())
}
