//! Links within the site that lead nowhere: who refers to or embeds what readers don't get.

use cms_core::{
    access::{Act, Scope, allows},
    entry::Entry,
    event::Part,
    followers::editing::{
        Use,
        uses::{UsePlace, nowhere},
    },
    id::EntryId,
    locale::Locale,
};
use rocket::{Route, State, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{accounts::Agencies, entries::part_name, place::Editor};
use crate::{
    delivery::Desk,
    guards::query::{Parameter, Query},
    parameters,
    problem::{Fault, Problem},
};

/// How many uses one page looks at.
const STRETCH: usize = 2_000;

parameters! {
    /// What the report of links takes.
    pub LinkListing = [
        Parameter::text("after", 120, "Only what comes after this: `next` of the page before."),
        Parameter::integer("limit", 1..=100, 50, "How many."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_broken_links]
}

/// A link that leads nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrokenLink {
    /// The entry that has it.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// The part that has it: a locale, or `shared`.
    part: String,
    /// The agency that answers for it.
    agency: String,
    /// Whether the newest revision has it.
    draft: bool,
    /// Whether readers get a page that has it.
    live: bool,
    /// The entry that it leads to.
    target: String,
    /// `erased`, `withdrawn`, or `unpublished` when readers never got it.
    state: &'static str,
}

/// Links that lead nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrokenLinkList {
    /// By what they lead to.
    data: Vec<BrokenLink>,
    /// To go on, as `after`; none at the end. A page may be empty and not be the last: it looks at a bounded stretch.
    next: Option<String>,
}

pub(super) fn may_read(editor: &Editor, entry: &Entry, part: &Part) -> bool {
    let locale = match part {
        Part::Locale(locale) => Some(locale),
        Part::Shared => None,
    };
    let scope = Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale };
    allows(&editor.bearer.actor, Act::Read, &scope)
}

/// References and embeds that lead to what readers don't get, in those parts that you may read. While such a page is
/// published, readers see it without what it leads to.
#[utoipa::path(
    tag = "management",
    params(LinkListing),
    responses((status = 200, body = BrokenLinkList)),
    security(("token" = []))
)]
#[get("/manage/v1/reports/links")]
pub(crate) fn list_broken_links(
    editor: Editor,
    query: Query<'_, LinkListing>,
    desk: &State<Desk>,
) -> Result<Json<BrokenLinkList>, Problem> {
    let after = query.text("after").map(place).transpose()?;
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(50);
    let agencies = Agencies::of(desk)?;
    let row = |(id, part): &(EntryId, Part), kind: Use| -> Result<_, Problem> {
        let entry = desk.cms.editing().entry(*id)?.filter(|entry| may_read(&editor, entry, part));
        Ok(entry.map(|entry| (entry, part_name(part), kind)))
    };
    let (found, next) = broken(desk, after, limit, row)?;
    let told =
        |(target, state, (entry, part, kind)): (EntryId, _, (Entry, String, Use))| BrokenLink {
            id: entry.id.to_string(),
            type_name: entry.type_name.to_string(),
            part,
            agency: agencies.key(entry.agency),
            draft: kind.draft,
            live: kind.live,
            target: target.to_string(),
            state,
        };
    Ok(Json(BrokenLinkList { data: found.into_iter().map(told).collect(), next }))
}

/// A link that leads nowhere: to which entry, in which state that is, and what is told of who has it.
pub(super) type Nowhere<T> = (EntryId, &'static str, T);

/// Links within the site that lead nowhere: to what, in which state, and what `row` makes of who has them and how; none
/// where it is not to be told. With the place to go on after, if this is not the end.
pub(super) fn broken<T>(
    desk: &Desk,
    after: Option<UsePlace>,
    limit: usize,
    row: impl Fn(&(EntryId, Part), Use) -> Result<Option<T>, Problem>,
) -> Result<(Vec<Nowhere<T>>, Option<String>), Problem> {
    let editing = desk.cms.editing();
    let rows = editing.uses(after.as_ref(), STRETCH)?;
    let is_whole_stretch = rows.len() == STRETCH;
    // Where there is room for none, it goes on where it began.
    let mut last =
        after.map(|(target, user, part)| format!("{target}/{user}/{}", part_name(&part)));
    let mut found = Vec::new();
    let mut known: Option<(EntryId, Option<&'static str>)> = None;
    for ((target, user, part), kind) in rows {
        if found.len() >= limit {
            return Ok((found, Some(last.unwrap_or_default())));
        }
        let state = match known {
            Some((id, state)) if id == target => state,
            Some(_) | None => nowhere(editing.entry(target)?.as_ref()),
        };
        known = Some((target, state));
        last = Some(format!("{target}/{user}/{}", part_name(&part)));
        let Some(state) = state else { continue };
        found.extend(row(&(user, part), kind)?.map(|row| (target, state, row)));
    }
    Ok((found, last.filter(|_| is_whole_stretch)))
}

/// A place in the list.
pub(super) fn place(text: &str) -> Result<UsePlace, Problem> {
    let unknown = || Problem::parameters(vec![Fault::parameter("after", "bad_cursor")]);
    let mut steps = text.splitn(3, '/');
    let mut step = || steps.next().ok_or_else(unknown);
    let target = step()?.parse().map_err(|_| unknown())?;
    let user = step()?.parse().map_err(|_| unknown())?;
    let part = match step()? {
        "shared" => Part::Shared,
        tag => Part::Locale(Locale::parse(tag).map_err(|_| unknown())?),
    };
    Ok((target, user, part))
}
