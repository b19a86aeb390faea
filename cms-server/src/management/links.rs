//! Links within the site that lead nowhere: who refers to or embeds what readers don't get.

use cms_core::{
    access::{Act, Scope, allows},
    entry::Entry,
    event::Part,
    followers::editing::uses::UsePlace,
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

/// What is wrong with an entry as something that a link leads to.
fn state_of(target: Option<&Entry>) -> Option<&'static str> {
    let Some(target) = target else { return Some("erased") };
    if target.published_locales().next().is_some() {
        return None;
    }
    let was_there = target.once_published_locales().next().is_some();
    Some(if was_there { "withdrawn" } else { "unpublished" })
}

fn may_read(editor: &Editor, entry: &Entry, part: &Part) -> bool {
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
    let (editing, agencies) = (desk.cms.editing(), Agencies::of(desk)?);
    let rows = editing.uses(after.as_ref(), STRETCH)?;
    let is_whole_stretch = rows.len() == STRETCH;
    let (mut data, mut last) = (Vec::new(), None);
    let mut known: Option<(EntryId, Option<&'static str>)> = None;
    for ((target, user, part), kind) in rows {
        if data.len() >= limit {
            return Ok(Json(BrokenLinkList { data, next: last }));
        }
        last = Some(format!("{target}/{user}/{}", part_name(&part)));
        let state = match known {
            Some((id, state)) if id == target => state,
            Some(_) | None => state_of(editing.entry(target)?.as_ref()),
        };
        known = Some((target, state));
        let Some(state) = state else { continue };
        let Some(entry) = editing.entry(user)?.filter(|entry| may_read(&editor, entry, &part))
        else {
            continue;
        };
        data.push(BrokenLink {
            id: user.to_string(),
            type_name: entry.type_name.to_string(),
            part: part_name(&part),
            agency: agencies.key(entry.agency),
            draft: kind.draft,
            live: kind.live,
            target: target.to_string(),
            state,
        });
    }
    Ok(Json(BrokenLinkList { data, next: last.filter(|_| is_whole_stretch) }))
}

/// A place in the list.
fn place(text: &str) -> Result<UsePlace, Problem> {
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
