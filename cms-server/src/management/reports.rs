//! Reports for those who answer for content: what is to be looked at again, and what readers say is wrong.

use std::collections::BTreeSet;

use cms_core::{
    access::{Act, Actor, Scope, allows},
    clock::Timestamp,
    entry::{Entry, report::ReaderReport},
    event::Part,
    followers::editing::Account,
    id::{AgencyId, EntryId, TokenId},
};
use rocket::{Route, State, delete, get, response::status::NoContent, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{accounts::Agencies, place::Editor};
use crate::{
    delivery::Desk,
    guards::query::{Nothing, Parameter, Query},
    parameters,
    problem::{Code, Fault, Problem},
};

/// The most rows that one page of reviews looks at.
const STRETCH: usize = 1_000;
/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// The characters of a day, such as `2027-09-01`.
const DAY_TEXT: usize = 10;

parameters! {
    /// What the report of reviews takes.
    pub ReviewListing = [
        Parameter::integer("within", 0..=3_650, 30, "Days from now: what is to be looked at by then, and what is overdue."),
        Parameter::text("agency", 200, "Only what this agency answers for, by its key."),
        Parameter::text("after", 47, "Only what comes after this: `next` of the page before."),
        Parameter::integer("limit", 1..=100, 50, "How many."),
    ]
}

parameters! {
    /// What the list of readers' reports takes.
    pub ReaderListing = [
        Parameter::text("agency", 200, "Only about what this agency answers for, by its key."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_reviews, list_reader_reports, resolve_report]
}

/// An entry that is to be looked at again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewRow {
    /// The entry.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// Its key outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The agency that answers for it.
    agency: String,
    /// The day.
    review_due: String,
    /// `due`, or `overdue` when the day has passed.
    state: &'static str,
    /// Whether nobody has been given the agency's content to write: only those who may write everywhere will see to it.
    unowned: bool,
}

/// What is to be looked at again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewList {
    /// The first day first.
    data: Vec<ReviewRow>,
    /// To go on, as `after`; none at the end. A page may be empty and not be the last: it looks at a bounded stretch.
    next: Option<String>,
}

/// What a reader said of a page. Nothing is known of who it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReaderReportDocument {
    /// Its id.
    id: String,
    /// The entry.
    entry: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// The agency that answers for it.
    agency: String,
    /// The locale.
    locale: String,
    /// The revision that readers got then.
    revision: u32,
    /// `wrong`, `outdated`, `dead_contact`, `harmful`, `unclear` or `bad_translation`.
    reason: &'static str,
    /// What was said of it, as a stranger wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The day on which it came.
    day: String,
}

/// What readers said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReaderReportList {
    /// The oldest first.
    data: Vec<ReaderReportDocument>,
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(DAY_TEXT).collect()
}

/// The agency that a query names.
fn asked_agency(agencies: &Agencies, key: Option<&str>) -> Result<Option<AgencyId>, Problem> {
    let unknown = || Problem::parameters(vec![Fault::parameter("agency", "unknown_agency_key")]);
    key.map(|key| agencies.with_key(key).ok_or_else(unknown)).transpose()
}

/// Whether an actor may do one of these to a part.
fn may(actor: &Actor, acts: &[Act], entry: &Entry, part: &Part) -> bool {
    let locale = match part {
        Part::Locale(locale) => Some(locale),
        Part::Shared => None,
    };
    let scope = Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale };
    acts.iter().any(|act| allows(actor, *act, &scope))
}

/// The agencies whose content somebody has been given to write.
fn owned<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> BTreeSet<AgencyId> {
    let open = accounts.into_iter().filter(|account| !account.disabled);
    let grants = open.flat_map(|account| &account.grants);
    grants
        .filter(|grant| grant.acts.contains(&Act::Write))
        .filter_map(|grant| grant.agency)
        .collect()
}

/// What is to be looked at again soon or should have been, by the day that an entry's shared fields name as
/// `review_due`: of those entries whose shared fields you may read.
#[utoipa::path(
    tag = "management",
    params(ReviewListing),
    responses((status = 200, body = ReviewList)),
    security(("token" = []))
)]
#[get("/manage/v1/reports/reviews")]
pub(crate) fn list_reviews(
    editor: Editor,
    query: Query<'_, ReviewListing>,
    desk: &State<Desk>,
) -> Result<Json<ReviewList>, Problem> {
    let agencies = Agencies::of(desk)?;
    let agency = asked_agency(&agencies, query.text("agency"))?;
    let after = query.text("after").map(place).transpose()?;
    let now = desk.cms.clock().now();
    let until = day(now.plus_millis(query.integer("within").unwrap_or(30) * DAY));
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(50);
    let editing = desk.cms.editing();
    let owned = owned(editing.accounts()?.values());
    let rows = editing.reviews(after.as_ref(), STRETCH)?;
    let is_whole_stretch = rows.len() == STRETCH;
    let (mut data, mut last) = (Vec::new(), None);
    for (due, id) in rows {
        if due > until {
            return Ok(Json(ReviewList { data, next: None }));
        }
        if data.len() >= limit {
            return Ok(Json(ReviewList { data, next: last }));
        }
        last = Some(format!("{due}/{id}"));
        let Some(entry) = editing.entry(id)? else { continue };
        let is_asked = agency.is_none_or(|agency| agency == entry.agency);
        if !is_asked || !may(&editor.bearer.actor, &[Act::Read], &entry, &Part::Shared) {
            continue;
        }
        data.push(ReviewRow {
            id: id.to_string(),
            type_name: entry.type_name.to_string(),
            key: entry.key.as_ref().map(ToString::to_string),
            agency: agencies.key(entry.agency),
            state: if due < day(now) { "overdue" } else { "due" },
            unowned: !owned.contains(&entry.agency),
            review_due: due,
        });
    }
    Ok(Json(ReviewList { data, next: last.filter(|_| is_whole_stretch) }))
}

/// A place in the list of reviews.
fn place(text: &str) -> Result<(String, EntryId), Problem> {
    let unknown = || Problem::parameters(vec![Fault::parameter("after", "bad_cursor")]);
    let (day, id) = text.split_once('/').ok_or_else(unknown)?;
    Ok((day.to_owned(), id.parse().map_err(|_| unknown())?))
}

/// What readers and partners say is wrong: about those pages that you may write, review or publish.
#[utoipa::path(
    tag = "management",
    params(ReaderListing),
    responses((status = 200, body = ReaderReportList)),
    security(("token" = []))
)]
#[get("/manage/v1/reports/readers")]
pub(crate) async fn list_reader_reports(
    editor: Editor,
    query: Query<'_, ReaderListing>,
    desk: &State<Desk>,
) -> Result<Json<ReaderReportList>, Problem> {
    let agencies = Agencies::of(desk)?;
    let agency = asked_agency(&agencies, query.text("agency"))?;
    let editing = desk.cms.editing();
    let actor = &editor.bearer.actor;
    let mut data = Vec::new();
    for report in editing.reader_reports(desk.cms.clock().now()).await? {
        let Some(entry) = editing.entry(report.entry)? else { continue };
        let part = Part::Locale(report.locale.clone());
        let is_theirs = may(actor, &[Act::Read], &entry, &part)
            && may(actor, &[Act::Write, Act::Review, Act::Publish], &entry, &part);
        if is_theirs && agency.is_none_or(|agency| agency == entry.agency) {
            data.push(told(report, &entry, &agencies));
        }
    }
    Ok(Json(ReaderReportList { data }))
}

fn told(report: ReaderReport, entry: &Entry, agencies: &Agencies) -> ReaderReportDocument {
    ReaderReportDocument {
        id: report.id.to_string(),
        entry: report.entry.to_string(),
        type_name: entry.type_name.to_string(),
        agency: agencies.key(entry.agency),
        locale: report.locale.to_string(),
        revision: report.revision,
        reason: report.reason.as_str(),
        text: report.text,
        day: day(report.day),
    }
}

/// Says that a report is seen to: it is gone.
#[utoipa::path(
    tag = "management",
    params(("id" = String, Path, description = "The report's id."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/reports/readers/<id>")]
pub(crate) async fn resolve_report(
    id: &str,
    editor: Editor,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<NoContent, Problem> {
    let id: TokenId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    desk.cms.resolve_report(&editor.bearer.actor, id).await?;
    Ok(NoContent)
}
