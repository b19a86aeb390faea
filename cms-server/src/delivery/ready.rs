//! An answer whose bytes and header values were made before the request came: the hot path.
//!
//! What Rocket sends may borrow from the request for as long as the request lives. So the answer is put
//! into the request's own cache, and bytes and header values are borrowed from there: nothing is copied,
//! and no string is allocated. `If-None-Match` is answered here too, so that no endpoint can forget it.

use std::{borrow::Cow, io::Cursor, sync::Arc};

use rocket::{
    Request, Response,
    http::Status,
    response::{self, Responder},
};

use super::{
    Desk,
    coding::{Coded, CodedSet, Coding},
};
use crate::{
    guards::{codings::Codings, etags},
    problem::{Code, Problem},
};

/// Longer bodies are handed over in pieces of this many bytes.
const LARGEST_PIECE: usize = 64 << 10;

/// How long an answer is fresh, and how long a cache may go on with it afterwards, in seconds.
const MAX_AGE: i64 = 60;
const STALE_WHILE_REVALIDATE: i64 = 300;
const STALE_IF_ERROR: i64 = 86_400;

/// An answer that only has to be sent.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The bytes, in the coding that was chosen.
    pub body: Arc<Coded>,
    /// The header fields that were made with the bytes.
    pub head: Arc<Head>,
    /// `Cache-Control`: borrowed where nothing is due, since `max-age` then never changes.
    pub cache_control: Cow<'static, str>,
    /// `Vary`.
    pub vary: Vary,
    /// `Content-Location`: the address with its locale, where the locale was negotiated.
    pub content_location: Option<String>,
}

/// The header fields that were made with the bytes.
#[derive(Debug, Default)]
pub struct Head {
    /// `Content-Type`.
    pub content_type: Cow<'static, str>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Surrogate-Key`: what a cache in front can be told to forget, separated by spaces.
    pub surrogate_key: Option<String>,
    /// `Cache-Groups` (RFC 9875): the same keys as a list of strings.
    pub cache_groups: Option<String>,
    /// `Link` (RFC 8288), all of them in one field.
    pub link: Option<String>,
}

/// What besides its address an answer depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vary {
    /// The coding.
    Coding,
    /// The coding and, as no locale was named, the reader's languages.
    CodingAndLanguage,
}

impl Vary {
    const fn field(self) -> &'static str {
        match self {
            Self::Coding => "Accept-Encoding",
            Self::CodingAndLanguage => "Accept-Encoding, Accept-Language",
        }
    }
}

impl Ready {
    /// An answer from a set of codings: the best that the reader takes.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`] when the reader refuses all that there are.
    pub fn of(set: &CodedSet, accepted: Codings, head: &Arc<Head>) -> Result<Self, Problem> {
        let coding = accepted.best(|coding| set.offers(coding)).ok_or_else(|| {
            Problem::new(Code::NotAcceptable).with("offered", Coding::Identity.name())
        })?;
        let body = set.get(coding);
        // Bytes that a coding would have made longer go as they are; who refuses that gets nothing.
        if body.coding != coding && accepted.best(|other| other == body.coding).is_none() {
            return Err(Problem::new(Code::NotAcceptable).with("offered", Coding::Identity.name()));
        }
        Ok(Self {
            body: Arc::clone(body),
            head: Arc::clone(head),
            cache_control: Cow::Borrowed(
                "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400",
            ),
            vary: Vary::Coding,
            content_location: None,
        })
    }
}

/// `Cache-Control` where something that was scheduled happens before the usual times are over: no cache may
/// answer from before it afterwards. Whatever it is about, all answers are shortened: few things are scheduled
/// within a day, and to know which answers one touches is to render them.
fn freshness(request: &Request<'_>) -> Option<String> {
    let cms = &request.rocket().state::<Desk>()?.cms;
    let due = cms.next_due()?;
    let left = (due.millis() - cms.clock().now().millis()).max(0) / 1_000;
    (left < MAX_AGE + STALE_IF_ERROR).then(|| {
        let max_age = left.min(MAX_AGE);
        let revalidate = (left - max_age).min(STALE_WHILE_REVALIDATE);
        let error = (left - max_age).min(STALE_IF_ERROR);
        format!(
            "public, max-age={max_age}, stale-while-revalidate={revalidate}, stale-if-error={error}"
        )
    })
}

impl<'r> Responder<'r, 'r> for Ready {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let Self { body, head, cache_control, vary, content_location } =
            request.local_cache(|| self);
        let mut answer = Response::new();
        answer.set_raw_header("ETag", &*body.etag);
        match freshness(request) {
            Some(shorter) => answer.set_raw_header("Cache-Control", shorter),
            None => answer.set_raw_header("Cache-Control", &**cache_control),
        };
        answer.set_raw_header("Vary", vary.field());
        if let Some(location) = content_location {
            answer.set_raw_header("Content-Location", &**location);
        }
        if etags::reader_has(request, &body.etag) {
            answer.set_status(Status::NotModified);
            return Ok(answer);
        }
        answer.set_raw_header("Content-Type", &*head.content_type);
        answer.set_raw_header("Repr-Digest", &*body.repr_digest);
        if body.coding != Coding::Identity {
            answer.set_raw_header("Content-Encoding", body.coding.name());
        }
        let fields = [
            ("Content-Language", &head.content_language),
            ("Surrogate-Key", &head.surrogate_key),
            ("Cache-Groups", &head.cache_groups),
            ("Link", &head.link),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                answer.set_raw_header(name, &**value);
            }
        }
        answer.set_sized_body(body.bytes.len(), Cursor::new(&*body.bytes));
        // One byte more than there is: a buffer that is full makes Rocket allocate another to find the end.
        answer.set_max_chunk_size(body.bytes.len().saturating_add(1).min(LARGEST_PIECE));
        Ok(answer)
    }
}
