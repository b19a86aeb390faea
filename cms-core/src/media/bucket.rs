//! Blobs in a bucket of a server that speaks S3.
//!
//! What carries the requests is the caller's: this crate opens no connection by itself. Whoever has a client for HTTP
//! lends it as an [`HttpService`].

use std::{fmt, sync::Arc, time::Duration};

pub use object_store::client::{
    HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::{
    BackoffConfig, ClientOptions, RetryConfig,
    aws::AmazonS3Builder,
    client::{HttpClient, HttpConnector},
    path::Path,
    prefix::PrefixStore,
};

use super::{BlobError, Blobs};

/// The longest that a request is tried again after.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often a request that failed is tried again.
const RETRIES: usize = 3;

/// A bucket, and who asks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The server's address, such as `https://s3.example.org`; the bucket's name is a step of the path there. Amazon's own
    /// without.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// What all names begin with; nothing where the bucket is the store's alone.
    pub prefix: String,
    /// The id of the key that signs.
    pub key_id: String,
    /// The key.
    pub secret: String,
    /// What comes with a key that is lent for some time.
    pub session_token: Option<String>,
    /// How long a request is tried again, altogether.
    pub patience: Duration,
}

impl fmt::Debug for Bucket {
    /// Without what signs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// The client that was lent, whatever is wished of one.
#[derive(Debug)]
struct Lent(HttpClient);

impl HttpConnector for Lent {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

impl Blobs {
    /// Blobs in a bucket, which has to be there. Nothing is asked of it yet: a bucket that can't be reached keeps
    /// nobody from opening.
    ///
    /// # Errors
    /// [`BlobError::Unavailable`] when what is said of the bucket can't be.
    pub fn in_bucket(bucket: &Bucket, client: impl HttpService) -> Result<Self, BlobError> {
        let unusable = |error: object_store::Error| BlobError::Unavailable(error.to_string());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.key_id)
            .with_secret_access_key(&bucket.secret)
            // One by one: not every server that speaks S3 deletes many at once.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                backoff: BackoffConfig { max_backoff: LONGEST_PAUSE, ..BackoffConfig::default() },
                max_retries: RETRIES,
                retry_timeout: bucket.patience,
            })
            .with_http_connector(Lent(HttpClient::new(client)));
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(true);
        }
        if let Some(token) = &bucket.session_token {
            builder = builder.with_token(token);
        }
        let store = builder.build().map_err(unusable)?;
        let prefix = Path::parse(&bucket.prefix).map_err(|error| unusable(error.into()))?;
        Ok(Self::over(Arc::new(PrefixStore::new(store, prefix))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nobody;

    #[async_trait::async_trait]
    impl HttpService for Nobody {
        async fn call(&self, _: HttpRequest) -> Result<HttpResponse, HttpError> {
            Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other("nobody is there")))
        }
    }

    fn bucket() -> Bucket {
        Bucket {
            name: "assets".to_owned(),
            endpoint: Some("http://127.0.0.1:1".to_owned()),
            region: "us-east-1".to_owned(),
            prefix: "site".to_owned(),
            key_id: "an-id".to_owned(),
            secret: "top-secret".to_owned(),
            session_token: Some("a-token".to_owned()),
            patience: Duration::from_secs(1),
        }
    }

    #[test]
    fn what_signs_is_never_shown() {
        let blobs = Blobs::in_bucket(&bucket(), Nobody).unwrap();
        for shown in [format!("{blobs:?}"), format!("{:?}", bucket())] {
            assert!(!shown.contains("top-secret") && !shown.contains("a-token"), "{shown}");
        }
    }

    #[tokio::test]
    async fn a_bucket_that_nobody_answers_for_says_so() {
        let blobs = Blobs::in_bucket(&bucket(), Nobody).unwrap();
        let digest = crate::media::Digest::of(b"hello");
        for told in [blobs.put(digest, "hello".into()).await, blobs.get(digest).await.map(drop)] {
            let Err(BlobError::Unavailable(told)) = told else { panic!("{told:?}") };
            assert!(told.contains("nobody is there") && !told.contains("top-secret"), "{told}");
        }
        let bad = Bucket { prefix: "a//b".to_owned(), ..bucket() };
        assert!(Blobs::in_bucket(&bad, Nobody).is_err());
    }
}
