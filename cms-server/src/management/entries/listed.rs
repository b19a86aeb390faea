//! Entries of a type as editors see them, and parts of them as they were at an instant or will be.

use cms_core::{
    access::{Act, Scope, allows},
    clock::Timestamp,
    entry::Head,
    id::{EntryId, TypeName},
};
use rocket::{State, get, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::Standing;
use crate::{
    delivery::Desk,
    guards::query::{Parameter, Parameters, Query},
    management::place::{Editor, PartPlace},
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What a part takes.
    pub AtInstant = [
        Parameter::text("as_of", 40, "As it was at this instant (RFC 3339), or will be if what is scheduled happens."),
    ]
}

parameters! {
    /// What the list of a type takes.
    pub TypeListing = [
        Parameter::locale().required(),
        Parameter::text("as_of", 40, "As it was at this instant (RFC 3339), or will be if what is scheduled happens."),
        Parameter::text("after", 36, "Only entries after this id: `next` of the page before."),
        Parameter::integer("limit", 1..=100, 20, "How many are looked at."),
    ]
}

/// An entry in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedEntry {
    /// Its id.
    id: String,
    /// Its key outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The slug of its newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    /// The title of its newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Where it stands in the locale.
    #[serde(flatten)]
    standing: Standing,
}

/// A page of entries.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedEntries {
    /// Those that you may read, in the order in which they were made.
    data: Vec<ListedEntry>,
    /// To go on, as `after`; none at the end. A page may be empty and not be the last.
    next: Option<String>,
}

/// The instant that a query names; now without one.
pub(in crate::management) fn instant<P: Parameters>(
    query: &Query<'_, P>,
    now: Timestamp,
) -> Result<Timestamp, Problem> {
    let Some(text) = query.text("as_of") else { return Ok(now) };
    let parsed = text.parse().map_err(|_| Fault::parameter("as_of", "bad_time"));
    parsed.map_err(|fault| Problem::parameters(vec![fault]))
}

/// A part's head at the instant that is asked for, for who may read it.
pub(super) async fn head_as_asked(
    desk: &Desk,
    place: &PartPlace,
    query: &Query<'_, AtInstant>,
) -> Result<Head, Problem> {
    let head = place.readable()?;
    if query.text("as_of").is_none() {
        return Ok(head.clone());
    }
    let now = desk.cms.clock().now();
    let at = instant(query, now)?;
    let found = desk.cms.editing().head_at(&place.at.entry, &place.part, at, now).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound))
}

/// The entries of a type in a locale, with where each stands; with `as_of`, as they were then, or will be.
#[utoipa::path(
    tag = "management",
    params(("type_name" = String, Path, description = "The content type."), TypeListing),
    responses((status = 200, body = ListedEntries)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<type_name>")]
pub(crate) async fn list_entries(
    type_name: &str,
    editor: Editor,
    query: Query<'_, TypeListing>,
    desk: &State<Desk>,
) -> Result<Json<ListedEntries>, Problem> {
    let missing = || Problem::new(Code::NotFound);
    let editing = desk.cms.editing();
    let type_name = TypeName::parse(type_name).map_err(|_| missing())?;
    editing.content_type(&type_name)?.ok_or_else(missing)?;
    let locale = query.locale("locale").ok_or_else(missing)?;
    let now = desk.cms.clock().now();
    let at = instant(&query, now)?;
    let after = query.text("after").map(str::parse::<EntryId>).transpose();
    let after =
        after.map_err(|_| Problem::parameters(vec![Fault::parameter("after", "not_an_id")]))?;
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(20);
    let page = (after, limit);
    let (found, next) = editing.entries_at((&type_name, locale), page, (at, now)).await?;
    let mut data = Vec::new();
    for then in found {
        let scope = Scope {
            agency: Some(then.entry.agency),
            type_name: Some(&type_name),
            locale: Some(locale),
        };
        if !allows(&editor.bearer.actor, Act::Read, &scope) {
            continue;
        }
        let fields = editing.fields(then.head.draft.event).await?;
        let title = fields.iter().find(|(name, _)| name.as_str() == "title");
        data.push(ListedEntry {
            id: then.entry.id.to_string(),
            key: then.entry.key.as_ref().map(ToString::to_string),
            slug: then.head.draft.slug.clone(),
            title: title.and_then(|(_, title)| title.as_str()).map(str::to_owned),
            standing: Standing::of(&then.head),
        });
    }
    Ok(Json(ListedEntries { data, next: next.map(|id| id.to_string()) }))
}
