//! The places of the management API: an entry by its type and its id or key, and a part of it.
//!
//! Whatever is wrong with a request, what its sender may not read isn't there: who asks, and where, is found
//! out before anything else of the request is looked at.

use std::time::Duration;

use cms_core::{
    access::{Act, Scope, allows},
    entry::{Entry, Head},
    event::Part,
    id::{EntryId, ExternalKey, TypeName},
    locale::Locale,
};
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};

use utoipa::openapi::{
    RefOr, Required,
    path::ParameterBuilder,
    schema::{ObjectBuilder, Schema, Type},
};

use super::once::Once;
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        if_match::IfMatch,
        query::{Described, IntoParams, Where},
    },
    problem::{Code, Problem},
};

/// How long a read waits for the event that it must know of.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the type stands in a path: `/manage/v1/entries/TYPE/ID/PART`.
const TYPE: usize = 3;

/// Who acts, on a server that has seen what they wrote: a request may send back the `Event` that an answer
/// had, and is answered when this node has applied it.
#[derive(Debug, Clone)]
pub(crate) struct Editor {
    pub(crate) bearer: Bearer,
    pub(crate) once: Once,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Editor {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match Self::of(request).await {
            Ok(editor) => Outcome::Success(editor),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl Editor {
    pub(crate) async fn of(request: &Request<'_>) -> Result<Self, Problem> {
        let bearer = Bearer::of(request).await?;
        let once = Once::of(request)?;
        if let Some(event) = request.headers().get_one("Event") {
            let event = event.parse::<u64>().map_err(|_| Problem::new(Code::MalformedRequest))?;
            if !desk(request)?.cms.applied(event, PATIENCE).await {
                let problem = Problem::new(Code::NotReady).header("Retry-After", "1");
                return Err(problem.with("followers", format!("event {event}")));
            }
        }
        Ok(Self { bearer, once })
    }
}

pub(crate) fn desk<'r>(request: &'r Request<'_>) -> Result<&'r Desk, Problem> {
    let desk = request.rocket().state::<Desk>();
    desk.ok_or_else(|| Problem::internal("the application has no desk"))
}

fn missing() -> Problem {
    Problem::new(Code::NotFound)
}

/// An entry that the actor has to do with.
#[derive(Debug, Clone)]
pub(crate) struct EntryPlace {
    pub(crate) editor: Editor,
    pub(crate) entry: Entry,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for EntryPlace {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let place = match Self::of(request).await {
            Ok(place) if place.is_visible() => Ok(place),
            Ok(_) => Err(missing()),
            Err(problem) => Err(problem),
        };
        match place {
            Ok(place) => Outcome::Success(place),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl EntryPlace {
    /// The entry that the path names, whoever asks.
    async fn of(request: &Request<'_>) -> Result<Self, Problem> {
        let editor = Editor::of(request).await?;
        let type_name = step(request, TYPE).and_then(|name| TypeName::parse(name).ok());
        let type_name = type_name.ok_or_else(missing)?;
        let name = step(request, TYPE + 1).ok_or_else(missing)?;
        let editing = desk(request)?.cms.editing();
        let id = if let Some(key) = name.strip_prefix("key:") {
            let key = ExternalKey::parse(key).map_err(|_| missing())?;
            editing.entry_by_key(&type_name, &key)?.ok_or_else(missing)?
        } else {
            // One entry has one address: ids are written as they are given out.
            let id = name.parse::<EntryId>().ok().filter(|id| id.to_string() == name);
            id.ok_or_else(missing)?
        };
        let entry = editing.entry(id)?.filter(|entry| entry.type_name == type_name);
        Ok(Self { editor, entry: entry.ok_or_else(missing)? })
    }

    /// Whether the actor may read something of it, or erase it.
    fn is_visible(&self) -> bool {
        let parts = self.entry.heads.keys().chain([&Part::Shared]);
        parts.into_iter().any(|part| self.may(Act::Read, part))
            || self.may(Act::Erase, &Part::Shared)
    }

    /// Whether the actor may do this to a part.
    pub(crate) fn may(&self, act: Act, part: &Part) -> bool {
        let locale = match part {
            Part::Locale(locale) => Some(locale),
            Part::Shared => None,
        };
        let (agency, type_name) = (Some(self.entry.agency), Some(&self.entry.type_name));
        allows(&self.editor.bearer.actor, act, &Scope { agency, type_name, locale })
    }
}

/// A part of an entry that the actor has to do with, and what a write says of the revision that it changes.
#[derive(Debug, Clone)]
pub(crate) struct PartPlace {
    pub(crate) at: EntryPlace,
    pub(crate) part: Part,
    if_match: IfMatch,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PartPlace {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let place = match Self::of(request).await {
            Ok(place) if place.is_visible() => Ok(place),
            Ok(_) => Err(missing()),
            Err(problem) => Err(problem),
        };
        match place {
            Ok(place) => Outcome::Success(place),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl PartPlace {
    async fn of(request: &Request<'_>) -> Result<Self, Problem> {
        let at = EntryPlace::of(request).await?;
        let part = match step(request, TYPE + 2).ok_or_else(missing)? {
            "shared" => Part::Shared,
            tag => {
                let locale = Locale::parse(tag).map_err(|_| missing())?;
                // One part has one address.
                if locale.as_str() != tag {
                    return Err(missing());
                }
                Part::Locale(locale)
            }
        };
        Ok(Self { at, part, if_match: IfMatch::of(request) })
    }

    fn is_visible(&self) -> bool {
        Act::ALL.into_iter().any(|act| self.at.may(act, &self.part))
    }

    /// The part's head, for who may read it.
    pub(crate) fn readable(&self) -> Result<&Head, Problem> {
        let head = self.at.entry.heads.get(&self.part).ok_or_else(missing)?;
        if self.at.may(Act::Read, &self.part) { Ok(head) } else { Err(missing()) }
    }

    /// The revision that a write changes, for who may do it: 0 where there is none yet.
    ///
    /// # Errors
    /// 403 or 404 for who may not; then 428 and 412.
    pub(crate) fn expected(&self, act: Act) -> Result<u32, Problem> {
        if !self.at.may(act, &self.part) {
            let may_read = self.at.may(Act::Read, &self.part);
            return Err(Problem::new(if may_read { Code::Forbidden } else { Code::NotFound }));
        }
        let head = self.at.entry.heads.get(&self.part);
        self.if_match.expected(head.map_or(0, |head| head.draft.revision))
    }

    /// The one revision that a write says it changes, whether it is the newest or not.
    pub(crate) fn named(&self) -> Option<u32> {
        self.if_match.named()
    }

    /// The locale, for acts that know no shared fields.
    pub(crate) fn locale(&self) -> Result<Locale, Problem> {
        match &self.part {
            Part::Locale(locale) => Ok(locale.clone()),
            Part::Shared => Err(missing()),
        }
    }
}

/// The address of a part, for the OpenAPI document.
pub(crate) struct PartAddress;

/// The address of an entry, for the OpenAPI document.
pub(crate) struct EntryAddress;

/// The address of a part and what a write says of it, for the OpenAPI document.
pub(crate) struct PartWrite;

/// The address of a release and what a write says of it, for the OpenAPI document.
pub(crate) struct ReleaseWrite;

impl IntoParams for EntryAddress {
    fn into_params(_: impl Fn() -> Option<Where>) -> Vec<Described> {
        vec![
            described("type_name", Where::Path, "The content type."),
            described("id", Where::Path, "The entry's id, or `key:` and its key."),
        ]
    }
}

impl IntoParams for PartAddress {
    fn into_params(place: impl Fn() -> Option<Where>) -> Vec<Described> {
        let mut all = EntryAddress::into_params(place);
        all.push(described("part", Where::Path, "A locale, or `shared`."));
        all
    }
}

impl IntoParams for PartWrite {
    fn into_params(place: impl Fn() -> Option<Where>) -> Vec<Described> {
        let mut all = PartAddress::into_params(place);
        all.push(described("If-Match", Where::Header, "The newest revision, as `ETag` has it."));
        all.push(described("Idempotency-Key", Where::Header, ONCE));
        all
    }
}

impl IntoParams for ReleaseWrite {
    fn into_params(_: impl Fn() -> Option<Where>) -> Vec<Described> {
        vec![
            described("release", Where::Path, "The release's id."),
            described("If-Match", Where::Header, "Its version, as `ETag` has it."),
            described("Idempotency-Key", Where::Header, ONCE),
        ]
    }
}

/// What `Idempotency-Key` does.
const ONCE: &str = "With it, the same request sent twice is done once and answered alike.";

fn described(name: &str, place: Where, about: &str) -> Described {
    let required = if place == Where::Path { Required::True } else { Required::False };
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(about))
        .schema(Some(RefOr::T(Schema::Object(text))))
        .build()
}

/// A step of the request's path, decoded.
fn step<'r>(request: &'r Request<'_>, at: usize) -> Option<&'r str> {
    request.param::<&str>(at)?.ok()
}
