//! Bodies of JSON: read within the limit, parsed, and taken apart member by member.
//!
//! What a member may be is said where it is read; what is wrong is told all at once, each with its
//! pointer, and members that nobody asked for are refused.

use std::io;

use cms_core::{
    clock::Timestamp,
    violation::{Violation, pointer_step},
};
use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit as _},
    http::MediaType,
};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use crate::{
    config::Limits,
    endpoint,
    problem::{Code, Problem},
};

/// A body of JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonBody(pub Value);

/// A body of JSON that may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionalBody(pub Option<Value>);

/// A JSON Merge Patch (RFC 7396): `application/merge-patch+json`, or plain JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchBody(pub Value);

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data, &[JSON]).await {
            Ok(Some(value)) => Outcome::Success(Self(value)),
            Ok(None) => malformed(1, 1).outcome(request),
            Err(problem) => problem.outcome(request),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for OptionalBody {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data, &[JSON]).await {
            Ok(value) => Outcome::Success(Self(value)),
            Err(problem) => problem.outcome(request),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for PatchBody {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        match read(request, data, &[("application", "merge-patch+json"), JSON]).await {
            Ok(Some(value)) => Outcome::Success(Self(value)),
            Ok(None) => malformed(1, 1).outcome(request),
            Err(problem) => problem.outcome(request),
        }
    }
}

const JSON: (&str, &str) = ("application", "json");

/// The value in a body; `None` when there is no body at all.
async fn read(
    request: &Request<'_>,
    data: Data<'_>,
    kinds: &[(&str, &str)],
) -> Result<Option<Value>, Problem> {
    let max = request.rocket().state::<Limits>().map_or(0, |limits| limits.body_bytes);
    let body = data.open(max.bytes()).into_bytes().await;
    let body = body.map_err(|error| Problem::new(Code::MalformedRequest).because(error))?;
    if !body.is_complete() {
        return Err(endpoint::body_too_large(max));
    }
    let body = body.into_inner();
    if body.is_empty() {
        return Ok(None);
    }
    if !is_of(request, kinds) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    serde_json::from_slice(&body).map(Some).map_err(|error| malformed(error.line(), error.column()))
}

/// Whether the request says that its body is of one of these kinds.
pub(crate) fn is_of(request: &Request<'_>, kinds: &[(&str, &str)]) -> bool {
    let Some(kind) = request.content_type() else { return false };
    let kind: &MediaType = kind.media_type();
    kinds.iter().any(|(top, sub)| kind.top() == *top && kind.sub() == *sub)
}

/// A body on disk, for those that are larger than memory should be.
pub(crate) async fn spooled(body: Data<'_>, max: u64) -> Result<NamedTempFile, Problem> {
    let failed = |error: io::Error| Problem::new(Code::Unavailable).because(error);
    let spool = tokio::task::spawn_blocking(NamedTempFile::new).await;
    let spool = spool.map_err(Problem::internal)?.map_err(failed)?;
    let taken = body.open(max.bytes()).into_file(spool.path()).await.map_err(failed)?;
    if taken.is_complete() { Ok(spool) } else { Err(endpoint::body_too_large(max)) }
}

fn malformed(line: usize, column: usize) -> Problem {
    Problem::new(Code::MalformedJson).with("line", line).with("column", column)
}

/// The members of an object, taken one by one; what is left at the end was not asked for.
#[derive(Debug)]
pub struct Members {
    members: Map<String, Value>,
    wrong: Vec<Violation>,
}

impl Members {
    /// The members of a body; without a body there are none.
    ///
    /// # Errors
    /// When the body is no object.
    pub fn of(value: Option<Value>) -> Result<Self, Problem> {
        match value {
            Some(Value::Object(members)) => Ok(Self { members, wrong: Vec::new() }),
            None => Ok(Self { members: Map::new(), wrong: Vec::new() }),
            Some(_) => {
                let wrong = Violation::new("", "not_an_object");
                Err(Problem::new(Code::InvalidContent).faults([wrong]))
            }
        }
    }

    /// A member as it stands, `null` too.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    /// A member; `null` is as good as absent.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.take(name).filter(|value| !value.is_null())
    }

    /// A member of text, read by `parse`; `code` is what is wrong when that cannot.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        code: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        match self.value(name)? {
            Value::String(text) => {
                let parsed = parse(&text);
                if parsed.is_none() {
                    self.wrong.push(Violation::new(pointer_step(name), code).with("value", text));
                }
                parsed
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => {
                self.refuse(Violation::new(pointer_step(name), "not_a_string"));
                None
            }
        }
    }

    /// A member of text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.parsed(name, "not_a_string", |text| Some(text.to_owned()))
    }

    /// Yes or no.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.value(name)? {
            Value::Bool(said) => Some(said),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                let wrong = Violation::new(pointer_step(name), "wrong_kind");
                self.refuse(wrong.with("expected", "boolean"));
                None
            }
        }
    }

    /// An instant.
    pub fn time(&mut self, name: &str) -> Option<Timestamp> {
        self.parsed(name, "bad_time", |text| text.parse().ok())
    }

    /// Says that a member must be there, unless something is wrong with it already.
    pub fn required<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        let pointer = pointer_step(name);
        if value.is_none() && !self.wrong.iter().any(|wrong| wrong.pointer.starts_with(&pointer)) {
            self.refuse(Violation::new(pointer, "required"));
        }
        value
    }

    /// Adds something that is wrong.
    pub fn refuse(&mut self, violation: Violation) {
        self.wrong.push(violation);
    }

    /// All that is wrong, and what is left that nobody asked for.
    pub fn wrong(self) -> Vec<Violation> {
        let Self { members, mut wrong } = self;
        wrong.extend(
            members.keys().map(|name| Violation::new(pointer_step(name), "unknown_member")),
        );
        wrong
    }

    /// Whether nothing is wrong, and nothing is left that nobody asked for.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn finish(self) -> Result<(), Problem> {
        let wrong = self.wrong();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Problem::new(Code::InvalidContent).faults(wrong))
        }
    }
}
