//! Problems: every error on the wire, as RFC 9457 wants it.
//!
//! [`Code`] is the one table of what can go wrong, with the status of each; `locales/` has the words
//! under `problem.<code>.title` and `problem.<code>.detail`. A problem is facts until it is answered:
//! only [`wire`] turns it into text, in the language of the reader. [`catchers`] answers for what no
//! handler saw.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use cms_core::violation::Violation;
use rocket::{
    Request,
    http::{Header, Status},
    outcome::Outcome,
};
use serde_json::{Map, Value};

pub mod catalogue;
pub mod catchers;
pub mod wire;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal,)*) => {
        /// What can go wrong, by a name that never changes once published.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All codes, in the order of their statuses.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// The request can't be read as HTTP, or its method isn't known.
    MalformedRequest = 400 "malformed-request",
    /// The path isn't well encoded, or has steps such as `..` in it.
    MalformedPath = 400 "malformed-path",
    /// The body is no JSON.
    MalformedJson = 400 "malformed-json",
    /// One or more query parameters are unknown, repeated or out of their range: see `errors`.
    InvalidParameters = 400 "invalid-parameters",
    /// Who asks isn't known.
    Unauthorized = 401 "unauthorized",
    /// Name, password or code are wrong; or an invitation is.
    SignInRefused = 401 "sign-in-refused",
    /// Who asks may not do this.
    Forbidden = 403 "forbidden",
    /// A second factor is demanded, and the account has none that was shown.
    SecondFactorRequired = 403 "second-factor-required",
    /// A browser sends it, and it doesn't show that it is one of our own pages'.
    ForgedRequest = 403 "forged-request",
    /// There is nothing here.
    NotFound = 404 "not-found",
    /// It is published, but not in a locale that may stand in: see `Link`.
    TranslationUnavailable = 404 "translation-unavailable",
    /// What is here can't be asked with this method; `Allow` has those that it can.
    MethodNotAllowed = 405 "method-not-allowed",
    /// What is here isn't to be had in a form that `Accept` or `Accept-Encoding` allows.
    NotAcceptable = 406 "not-acceptable",
    /// The request took too long to arrive.
    RequestTimeout = 408 "request-timeout",
    /// Another change came first.
    Conflict = 409 "conflict",
    /// Others show it, and there is nothing to take its place.
    InUse = 409 "in-use",
    /// There was something here, and it is gone for good.
    Gone = 410 "gone",
    /// The cursor is of an earlier history of this server: read everything again.
    CursorExpired = 410 "cursor-expired",
    /// What is there isn't what `If-Match` names.
    PreconditionFailed = 412 "precondition-failed",
    /// The body is larger than this server takes.
    BodyTooLarge = 413 "body-too-large",
    /// Path and query together are longer than this server takes.
    UriTooLong = 414 "uri-too-long",
    /// The body isn't of a kind that can be read here.
    UnsupportedMediaType = 415 "unsupported-media-type",
    /// The part that `Range` names isn't there.
    RangeNotSatisfiable = 416 "range-not-satisfiable",
    /// The body was read and breaks rules: see `errors`.
    InvalidContent = 422 "invalid-content",
    /// The `Idempotency-Key` belongs to another request.
    KeyReused = 422 "key-reused",
    /// The request must say what it changes, by `If-Match`.
    PreconditionRequired = 428 "precondition-required",
    /// Too many requests in a short time.
    TooManyRequests = 429 "too-many-requests",
    /// The header fields are larger than this server takes.
    HeadersTooLarge = 431 "headers-too-large",
    /// A fault of this server.
    Internal = 500 "internal",
    /// This server can't answer for now.
    Unavailable = 503 "unavailable",
    /// It may have been done or not: read it again before doing it again.
    OutcomeUnknown = 503 "outcome-unknown",
    /// The provider of sign-in doesn't answer, or not as one would.
    ProviderUnavailable = 503 "provider-unavailable",
    /// The answer took longer than this server allows.
    TimedOut = 503 "timed-out",
    /// This server lives but hasn't caught up with the log.
    NotReady = 503 "not-ready",
}

impl Code {
    /// The code of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The code that says best what a bare status says.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 => Self::RequestTimeout,
            409 => Self::Conflict,
            410 => Self::Gone,
            412 => Self::PreconditionFailed,
            413 => Self::BodyTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            416 => Self::RangeNotSatisfiable,
            422 => Self::InvalidContent,
            428 => Self::PreconditionRequired,
            429 => Self::TooManyRequests,
            431 => Self::HeadersTooLarge,
            503 => Self::Unavailable,
            400..500 => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }

    /// How long a cache may keep the problem: not at all, but for what is not here, which a CDN may
    /// answer by itself for a short while.
    pub const fn cache_control(self) -> &'static str {
        match self.status() {
            404 | 410 => "public, max-age=10",
            _ => "no-store",
        }
    }
}

/// Where in a request a fault lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a query parameter of this name.
    Parameter(String),
    /// In the body, as a JSON Pointer (RFC 6901).
    Pointer(String),
}

/// One thing that is wrong, for the problem's `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// Which rule; `locales/` has the sentence under `violation.<code>`.
    pub code: Cow<'static, str>,
    /// The values that the sentence names.
    pub facts: BTreeMap<String, String>,
}

impl Fault {
    /// A fault in a query parameter.
    pub fn parameter(name: impl Into<String>, code: &'static str) -> Self {
        Self { place: Place::Parameter(name.into()), code: code.into(), facts: BTreeMap::new() }
    }

    /// Adds a value that the sentence names.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        Self {
            place: Place::Pointer(violation.pointer),
            code: violation.code.into(),
            facts: violation.facts,
        }
    }
}

/// An error on its way to the reader.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    facts: Vec<(&'static str, String)>,
    faults: Vec<Fault>,
    headers: Vec<Header<'static>>,
    /// Boxed, for few have any and every answer's error has room for it.
    members: Option<Box<Map<String, Value>>>,
    cause: Option<String>,
}

impl Problem {
    /// A problem with nothing more to say than its code does.
    pub fn new(code: Code) -> Self {
        let (facts, faults, headers) = (Vec::new(), Vec::new(), Vec::new());
        Self { code, facts, faults, headers, members: None, cause: None }
    }

    /// The query's faults, all of them.
    pub fn parameters(faults: Vec<Fault>) -> Self {
        Self { faults, ..Self::new(Code::InvalidParameters) }
    }

    /// A fault of this server. The cause goes to the log and not to the reader.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal).because(cause)
    }

    /// Adds a value that the words name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// Adds what is wrong in the request.
    #[must_use]
    pub fn faults(mut self, faults: impl IntoIterator<Item = impl Into<Fault>>) -> Self {
        self.faults.extend(faults.into_iter().map(Into::into));
        self
    }

    /// Adds a header field to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push(Header::new(name, value));
        self
    }

    /// Adds a member of its own to the document (RFC 9457, section 3.2).
    #[must_use]
    pub fn member(mut self, name: &str, value: Value) -> Self {
        self.members.get_or_insert_default().insert(name.to_owned(), value);
        self
    }

    /// What the log says of it, and the reader doesn't see.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// What it is.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Ends a guard with this problem: Rocket knows only a status there, so the problem waits in the
    /// request for the catcher.
    pub fn outcome<S, F>(self, request: &Request<'_>) -> Outcome<S, (Status, ()), F> {
        Outcome::Error((self.deposit(request), ()))
    }

    /// Leaves the problem in the request for the catcher of the status that this answers.
    pub fn deposit(self, request: &Request<'_>) -> Status {
        let status = Status::new(self.code.status());
        request.local_cache(|| Deposit(Some(self)));
        status
    }

    /// The problem that a guard or the frame of an endpoint left in the request.
    fn deposited(request: &Request<'_>) -> Option<Self> {
        request.local_cache(|| Deposit(None)).0.clone()
    }
}

/// What a guard leaves for the catcher.
struct Deposit(Option<Problem>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_name_of_its_own() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.name()), Some(*code));
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }

    #[test]
    fn a_bare_status_keeps_its_class() {
        for status in 400..600 {
            assert_eq!(Code::of_status(status).status() / 100, status / 100, "{status}");
        }
        for code in Code::ALL {
            assert_eq!(Code::of_status(code.status()).status(), code.status(), "{code:?}");
        }
    }
}
