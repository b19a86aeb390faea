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

/// How long an answer is fresh, and how long after that a cache may still use it, in seconds.
const FRESH: i64 = 60;
const WHILE_REVALIDATING: i64 = 300;
const IF_ERROR: i64 = 86_400;

/// `Cache-Control` of an answer that only an act changes.
const USUAL: &str = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400";

/// `Cache-Control` of an answer that the clock changes in so many milliseconds: no cache uses it longer.
fn lifetime(millis: i64) -> String {
    let left = (millis / 1_000).max(0);
    let fresh = FRESH.min(left);
    let more = |seconds: i64| seconds.min(left - fresh);
    format!(
        "public, max-age={fresh}, stale-while-revalidate={}, stale-if-error={}",
        more(WHILE_REVALIDATING),
        more(IF_ERROR)
    )
}

/// An answer that only has to be sent.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The bytes, in the coding that was chosen.
    pub body: Arc<Coded>,
    /// The header fields that were made with the bytes.
    pub head: Arc<Head>,
    /// For how many milliseconds it holds, where the clock changes it: no cache uses it longer.
    pub holds: Option<i64>,
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
            holds: None,
            vary: Vary::Coding,
            content_location: None,
        })
    }
}

impl Ready {
    /// The memory that it takes, in bytes, about.
    pub fn weight(&self) -> usize {
        let head = [
            &self.head.content_language,
            &self.head.surrogate_key,
            &self.head.cache_groups,
            &self.head.link,
            &self.content_location,
        ];
        let fields: usize = head.into_iter().flatten().map(String::len).sum();
        // What the structures themselves take, tags and digests included.
        self.body.bytes.len() + fields + 700
    }
}

/// For how many milliseconds an answer holds that by itself holds for `own`: less, where something that was scheduled
/// happens before. Whatever that is about, all answers are shortened: few things are scheduled within a day, and to
/// know which answers one touches is to render them.
fn holds(request: &Request<'_>, own: Option<i64>) -> Option<i64> {
    let until_due = || {
        let cms = &request.rocket().state::<Desk>()?.cms;
        Some(cms.next_due()?.millis() - cms.clock().now().millis())
    };
    let usual = (FRESH + IF_ERROR) * 1_000;
    own.into_iter().chain(until_due()).min().filter(|millis| *millis < usual)
}

impl<'r> Responder<'r, 'r> for Ready {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let Self { body, head, holds: own, vary, content_location } = request.local_cache(|| self);
        let mut answer = Response::new();
        answer.set_raw_header("ETag", &*body.etag);
        match holds(request, *own) {
            Some(millis) => answer.set_raw_header("Cache-Control", lifetime(millis)),
            None => answer.set_raw_header("Cache-Control", USUAL),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cache_uses_an_answer_longer_than_it_holds() {
        for (millis, expected) in [
            (-5, (0, 0, 0)),
            (999, (0, 0, 0)),
            (30_500, (30, 0, 0)),
            (90_000, (60, 30, 30)),
            (600_000, (60, 300, 540)),
            (i64::MAX, (60, 300, 86_400)),
        ] {
            let (fresh, revalidating, error) = expected;
            assert_eq!(
                lifetime(millis),
                format!(
                    "public, max-age={fresh}, stale-while-revalidate={revalidating}, stale-if-error={error}"
                )
            );
        }
    }
}
