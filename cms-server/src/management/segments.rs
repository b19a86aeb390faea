//! A translation beside its source over HTTP, segment by segment: what a translator looks at.

use cms_core::{
    event::ChangeClass,
    queries::side_by_side::{Row, SideBySide, side_by_side},
    segment::Unit,
    translation::{SegmentStatus, TranslationStatus},
};
use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::place::{PartAddress, PartPlace};
use crate::{
    delivery::Desk,
    guards::query::{Nothing, Query},
    problem::{Code, Problem},
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![compare_with_source]
}

/// A published translation beside its published source.
#[derive(Debug, Serialize, ToSchema)]
pub struct SideBySideDocument {
    /// The source's revision that readers get.
    source_revision: u32,
    /// The translation's revision that readers get.
    revision: u32,
    /// `current` or `outdated`.
    #[schema(value_type = String)]
    status: TranslationStatus,
    /// How many publications of the source changed what it says.
    behind: u32,
    /// The source's segments in order, then those that are gone from it.
    segments: Vec<SegmentDocument>,
    /// Segments of the translation that can't be told to say which of the source's: their text is made of others.
    unpaired: Vec<UnpairedDocument>,
}

/// A segment of the source, and what says it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentDocument {
    /// The text that it is in, as a JSON Pointer into the fields.
    pointer: String,
    /// Its place among that text's segments.
    place: usize,
    /// What it is: `heading`, `paragraph`, `list_item`, `cell`, …
    kind: &'static str,
    /// Whether there are words to translate.
    translatable: bool,
    /// What the source says; nothing once it is gone.
    source: Option<String>,
    /// What the source said that the translation was made of, where that is another text.
    previous: Option<String>,
    /// What the translation says.
    target: Option<String>,
    /// `current`, `outdated`, `missing` or `obsolete`.
    #[schema(value_type = String)]
    status: SegmentStatus,
    /// The weightiest class of the changes since.
    #[schema(value_type = Option<String>)]
    change_class: Option<ChangeClass>,
    /// When the first of them was published.
    since: Option<String>,
}

/// A segment of the translation.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnpairedDocument {
    /// The text that it is in, as a JSON Pointer into the fields.
    pointer: String,
    /// Its place among that text's segments.
    place: usize,
    /// What it says.
    target: String,
}

impl From<Row> for SegmentDocument {
    fn from(row: Row) -> Self {
        Self {
            pointer: row.pointer,
            place: row.place,
            kind: row.kind.as_str(),
            translatable: row.is_translatable,
            source: row.source,
            previous: row.previous,
            target: row.target,
            status: row.status,
            change_class: row.change_class,
            since: row.since.map(|at| at.to_string()),
        }
    }
}

impl From<Unit> for UnpairedDocument {
    fn from(unit: Unit) -> Self {
        Self { pointer: unit.pointer, place: unit.place, target: unit.segment.text }
    }
}

impl From<SideBySide> for SideBySideDocument {
    fn from(found: SideBySide) -> Self {
        Self {
            source_revision: found.source_revision,
            revision: found.revision,
            status: found.freshness.status,
            behind: found.freshness.behind,
            segments: found.rows.into_iter().map(SegmentDocument::from).collect(),
            unpaired: found.unpaired.into_iter().map(UnpairedDocument::from).collect(),
        }
    }
}

/// A published translation beside its published source: for each segment what the source says now, what it said when
/// it was translated, what the translation says, and whether that is current, outdated, missing or obsolete.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/segments",
    params(PartAddress, Nothing),
    responses((status = 200, body = SideBySideDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/segments")]
pub(crate) async fn compare_with_source(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Json<SideBySideDocument>, Problem> {
    place.readable()?;
    let locale = place.locale()?;
    let missing = || Problem::new(Code::NotFound);
    if locale == place.at.entry.source_locale {
        return Err(missing());
    }
    let (delivery, editing) = (desk.cms.delivery(), desk.cms.editing());
    let found = side_by_side(&delivery, &editing, (place.at.entry.id, &locale)).await?;
    Ok(Json(found.ok_or_else(missing)?.into()))
}
