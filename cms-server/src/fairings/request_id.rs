//! The id of a request: random, and made only when something needs it.
//!
//! Problems carry it (`instance` and `X-Request-Id`) and so does the line in the log, so that a reader
//! can quote it. Good answers don't: they are the same for every reader, and caches keep them.

use std::fmt;

use rocket::Request;
use uuid::Uuid;

/// An id that says nothing about who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The id of this request: always the same, made at the first call.
    pub fn of(request: &Request<'_>) -> Self {
        *request.local_cache(|| Self(Uuid::now_v7()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
