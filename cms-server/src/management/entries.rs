//! Entries and their drafts over HTTP: make, read, save, erase.

use std::{collections::BTreeMap, time::Duration};

use cms_core::{
    access::Act,
    commands::{Accepted, create_entry::CreateEntry, save_draft::SaveDraft},
    event::{ChangeClass, Fields, Part, Translates, Withdrawal},
    id::{AgencyId, ExternalKey, TypeName},
    locale::Locale,
};
use rocket::{
    Route, State, delete, get, patch, post,
    request::Request,
    response::{self, Responder},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    accounts::Agencies,
    once::Written,
    place::{Editor, EntryAddress, EntryPlace, PartAddress, PartPlace, PartWrite},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{JsonBody, Members, PatchBody},
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

pub mod listed;
mod merging;
mod patch;
pub mod standing;

use listed::AtInstant;
use merging::with_proposal;
pub(crate) use standing::Standing;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![create_entry, listed::list_entries, read_overview, erase_entry, read_draft, save_draft]
}

/// An entry with where each part stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    /// Its id.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// The key of the agency that answers for it.
    agency: String,
    /// Its key outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The language that it is written in.
    source_locale: String,
    /// Its parts that you may read: `shared` and locales.
    parts: BTreeMap<String, Standing>,
}

/// A draft: the newest revision of a part.
#[derive(Debug, Serialize, ToSchema)]
pub struct Draft {
    /// The entry.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// The part: a locale, or `shared`.
    part: String,
    /// All fields of the part.
    #[schema(value_type = Object)]
    fields: Fields,
    /// Its slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    /// What it means for translations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    change_class: Option<ChangeClass>,
    /// The source revision that it is a translation of; `null` when that text was never here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    translates: Option<Value>,
    /// What its author says of it to colleagues.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How it answers while it is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    withdrawal: Option<Withdrawal>,
    /// Where it stands.
    #[serde(flatten)]
    standing: Standing,
}

/// The name of a part in addresses.
pub(crate) fn part_name(part: &Part) -> String {
    match part {
        Part::Shared => "shared".to_owned(),
        Part::Locale(locale) => locale.to_string(),
    }
}

/// A draft with its tag.
#[derive(Debug)]
pub struct Tagged {
    draft: Json<Draft>,
    revision: u32,
}

impl<'r> Responder<'r, 'static> for Tagged {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = self.draft.respond_to(request)?;
        answer.set_raw_header("ETag", format!("\"{}\"", self.revision));
        Ok(answer)
    }
}

/// Makes an entry, empty: its first draft is saved next.
#[utoipa::path(
    tag = "management",
    params(("type_name" = String, Path, description = "The content type."), Nothing),
    request_body(content = Object, description = "`source_locale`, and perhaps `key` and `agency` (by its key).", content_type = "application/json"),
    responses((status = 201, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<type_name>", data = "<body>")]
pub(crate) async fn create_entry(
    type_name: &str,
    editor: Editor,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = editor.bearer.actor.clone();
    let work = async {
        let act = creation(desk, type_name, body.0.clone())?;
        let (id, accepted) = desk.cms.create_entry(&actor, act).await?;
        let location = format!("/manage/v1/entries/{type_name}/{id}");
        let mut written = accepted_as(desk, accepted, json!({ "id": id.to_string() })).await;
        if written.status == 200 {
            written.status = 201;
        }
        written.headers.push(("Location".to_owned(), location));
        Ok(written)
    };
    editor.once.run((desk, actor.account), Some(&body.0), work).await
}

fn creation(desk: &Desk, type_name: &str, body: Value) -> Result<CreateEntry, Problem> {
    let type_name = TypeName::parse(type_name).map_err(|_| Problem::new(Code::NotFound))?;
    let mut members = Members::of(Some(body))?;
    let source_locale =
        members.parsed("source_locale", "not_a_locale", |text| Locale::parse(text).ok());
    let source_locale = members.required("source_locale", source_locale);
    let key = members.parsed("key", "bad_key", |text| ExternalKey::parse(text).ok());
    let agencies = desk.cms.editing().agencies()?;
    let agency: Option<AgencyId> = members.parsed("agency", "unknown_agency_key", |text| {
        Some(agencies.values().find(|agency| agency.key.as_str() == text)?.id)
    });
    members.finish()?;
    let source_locale = source_locale.ok_or_else(|| Problem::new(Code::InvalidContent))?;
    Ok(CreateEntry { type_name, agency, source_locale, key })
}

/// The answer to an accepted act: 200, or 202 while this node has not applied it yet.
pub(crate) async fn accepted_as(desk: &Desk, accepted: Accepted, mut body: Value) -> Written {
    let is_applied = desk.cms.applied(accepted.event, Duration::ZERO).await;
    if let Some(members) = body.as_object_mut() {
        members.insert("event".to_owned(), json!(accepted.event));
        members.insert("applied".to_owned(), json!(is_applied));
    }
    let mut headers = vec![("Event".to_owned(), accepted.event.to_string())];
    if accepted.revision > 0 {
        headers.push(("ETag".to_owned(), format!("\"{}\"", accepted.revision)));
    }
    Written { status: if is_applied { 200 } else { 202 }, headers, body }
}

/// An entry with where each of its parts stands.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}",
    params(EntryAddress, Nothing),
    responses((status = 200, body = Overview)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>")]
pub(crate) fn read_overview(
    place: EntryPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<Overview>, Problem> {
    let entry = &place.entry;
    let parts = entry.heads.iter().filter(|(part, _)| place.may(Act::Read, part));
    Ok(Json(Overview {
        id: entry.id.to_string(),
        type_name: entry.type_name.to_string(),
        agency: Agencies::of(desk)?.key(entry.agency),
        key: entry.key.as_ref().map(ToString::to_string),
        source_locale: entry.source_locale.to_string(),
        parts: parts.map(|(part, head)| (part_name(part), Standing::of(head))).collect(),
    }))
}

/// Erases an entry in all its locales: its content leaves the store, and it is as if it had never been.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}",
    params(EntryAddress, Nothing),
    responses((status = 200, body = Object), (status = 409, description = "Others show it.")),
    security(("token" = []))
)]
#[delete("/manage/v1/entries/<_>/<_>")]
pub(crate) async fn erase_entry(
    place: EntryPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Written, Problem> {
    let (actor, id) = (place.editor.bearer.actor.clone(), place.entry.id);
    let work = async {
        let accepted = desk.cms.erase(&actor, id).await?;
        let body = json!({ "id": id.to_string(), "erased": true });
        Ok(accepted_as(desk, accepted, body).await)
    };
    place.editor.once.run((desk, actor.account), None, work).await
}

/// The draft of a part: its newest revision. With `as_of`, as it was then, or will be if what is scheduled happens.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}",
    params(PartAddress, AtInstant),
    responses((status = 200, body = Draft)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>")]
pub(crate) async fn read_draft(
    place: PartPlace,
    query: Query<'_, AtInstant>,
    desk: &State<Desk>,
) -> Result<Tagged, Problem> {
    let head = listed::head_as_asked(desk, &place, &query).await?;
    let (entry, saved) = (&place.at.entry, &head.draft);
    let draft = Draft {
        id: entry.id.to_string(),
        type_name: entry.type_name.to_string(),
        part: part_name(&place.part),
        fields: desk.cms.editing().fields(saved.event).await?,
        slug: saved.slug.clone(),
        change_class: saved.change_class,
        translates: saved.translates.as_ref().map(|translates| match translates {
            Translates::Revision(revision) => json!(revision),
            Translates::Unknown(_) => Value::Null,
        }),
        note: saved.note.clone(),
        withdrawal: head.withdrawal.clone(),
        standing: Standing::of(&head),
    };
    Ok(Tagged { draft: Json(draft), revision: saved.revision })
}

/// Saves a revision of a part: the one before, changed by a JSON Merge Patch (RFC 7396) of `fields`, and
/// perhaps with another `slug`, `change_class`, `translates` or `note`. `If-Match` names the revision that it
/// changes; `If-None-Match: *` begins a part that has none.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}",
    params(PartWrite, Nothing),
    request_body(content = Object, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, body = Object),
        (status = 412, description = "Somebody has saved since: `ETag` and `current` say which revision. `merge` is what both made of the one that `If-Match` names: `fields` as they could be saved, and `conflicts` where somebody has to say."),
        (status = 428, description = "`If-Match` is missing."),
    ),
    security(("token" = []))
)]
#[patch("/manage/v1/entries/<_>/<_>/<_>", data = "<body>")]
pub(crate) async fn save_draft(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: PatchBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = match place.expected(Act::Write) {
            Ok(expected) => expected,
            Err(problem) => return Err(with_proposal(desk, &place, &body.0, problem).await),
        };
        let head = place.at.entry.heads.get(&place.part);
        let before = match head {
            Some(head) => desk.cms.editing().fields(head.draft.event).await?,
            None => Fields::new(),
        };
        let act = patch::patched(&place, before, body.0.clone())?;
        let act = SaveDraft { expected: Some(expected), ..act };
        match desk.cms.save_draft(&actor, act).await {
            Ok(accepted) => answered(desk, &place, accepted).await,
            Err(error) => Err(with_proposal(desk, &place, &body.0, error.into()).await),
        }
    };
    place.at.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// The answer to an act on a part: where it stands now.
pub(crate) async fn answered(
    desk: &Desk,
    place: &PartPlace,
    accepted: Accepted,
) -> Result<Written, Problem> {
    let entry = desk.cms.editing().entry(place.at.entry.id)?;
    let head = entry.as_ref().and_then(|entry| entry.heads.get(&place.part));
    let body = match head {
        Some(head) => serde_json::to_value(Standing::of(head)).map_err(Problem::internal)?,
        None => json!({}),
    };
    Ok(accepted_as(desk, accepted, body).await)
}
