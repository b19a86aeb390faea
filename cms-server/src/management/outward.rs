//! All links in one report: those that leave the site, as somebody last found them, and those within it that lead nowhere.
#![expect(clippy::similar_names, reason = "they are a pair, and named as one")]

use cms_core::{
    event::Part,
    id::{AgencyId, EntryId},
    link::{Failure, Standing, State as LinkState},
    queries::{ReadError, external_links::Linked},
};
use rocket::{Route, State, get, post, routes, serde::json::Json};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    accounts::Agencies,
    administrator,
    entries::part_name,
    links::{self, may_read},
    place::Editor,
};
use crate::{
    delivery::Desk,
    guards::{
        bearer::Bearer,
        body::{Members, OptionalBody},
        query::{Nothing, Parameter, Query},
    },
    links::{Checker, RoundError},
    parameters,
    problem::{Code, Fault, Problem},
};

/// How many addresses one page looks at.
const STRETCH: usize = 1_000;
/// How many pages are named for each address.
const USERS: usize = 50;

parameters! {
    /// What the report of all links takes.
    pub LinkReport = [
        Parameter::choice("state", &["good", "moved", "guarded", "doubtful", "broken", "forbidden", "unknown"], "Only links that stand so."),
        Parameter::text("agency", 200, "Only links of pages that this agency, by its key, answers for."),
        Parameter::text("after", 2_100, "Only what comes after this: `next` of the page before."),
        Parameter::integer("limit", 1..=100, 50, "How many."),
    ]
}

/// The endpoints of this file that answer at once.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_links]
}

/// The endpoint that takes as long as other sites do.
pub(crate) fn patient_endpoints() -> Vec<Route> {
    routes![check_links]
}

/// A page that has a link.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkUser {
    /// The entry.
    id: String,
    /// Its type.
    #[serde(rename = "type")]
    type_name: String,
    /// The part that has it: a locale, or `shared`.
    part: String,
    /// The agency that answers for it.
    agency: String,
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkDocument {
    /// `external`, or `internal` when it leads to another entry.
    kind: &'static str,
    /// Where it leads: an address, or the entry's id.
    target: String,
    /// `good`, `moved`, `guarded` (it answers, but not to programs), `doubtful` (it fails, not yet for long), `broken`,
    /// `forbidden` (it leads into a private network), or `unknown` (nobody has looked yet).
    state: &'static str,
    /// Why it is broken or doubtful: `status`, `no_host`, `no_connection`, `insecure`, `timed_out`, `redirects` or
    /// `unreadable`; of an entry `erased`, `withdrawn` or `unpublished`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The status that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The address to write instead: it moved there for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<String>,
    /// Since when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<String>,
    /// When somebody last looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<String>,
    /// When somebody is to look again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_check: Option<String>,
    /// The pages that have it, of those that you may read: the first fifty.
    used_by: Vec<LinkUser>,
}

/// Links.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkList {
    /// Those that leave the site by their addresses, then those within it.
    data: Vec<LinkDocument>,
    /// To go on, as `after`; none at the end. A page may be empty and not be the last: it looks at a bounded stretch.
    next: Option<String>,
}

/// What is asked for.
struct Wanted<'a> {
    editor: &'a Editor,
    agencies: Agencies,
    agency: Option<AgencyId>,
    state: Option<LinkState>,
}

impl Wanted<'_> {
    /// A page with a link, if it is one to tell of.
    fn user(
        &self,
        desk: &Desk,
        (id, part): &(EntryId, Part),
    ) -> Result<Option<LinkUser>, ReadError> {
        let entry = desk.cms.editing().entry(*id)?;
        let entry = entry.filter(|entry| self.agency.is_none_or(|agency| entry.agency == agency));
        let entry = entry.filter(|entry| may_read(self.editor, entry, part));
        Ok(entry.map(|entry| LinkUser {
            id: id.to_string(),
            type_name: entry.type_name.to_string(),
            part: part_name(part),
            agency: self.agencies.key(entry.agency),
        }))
    }

    /// A link that leaves the site, if it is one to tell of.
    async fn outward(
        &self,
        desk: &Desk,
        linked: Linked,
    ) -> Result<Option<LinkDocument>, ReadError> {
        let standing = desk.cms.editing().link_standing(&linked.url).await?;
        let state = standing.as_ref().map_or(LinkState::Unknown, |standing| standing.state);
        if self.state.is_some_and(|wanted| wanted != state) {
            return Ok(None);
        }
        let mut used_by = Vec::new();
        for place in &linked.by {
            used_by.extend(self.user(desk, place)?);
        }
        Ok((!used_by.is_empty()).then(|| LinkDocument::of(linked.url, standing, used_by)))
    }
}

impl LinkDocument {
    fn of(target: String, standing: Option<Standing>, used_by: Vec<LinkUser>) -> Self {
        let state = standing.as_ref().map_or(LinkState::Unknown, |standing| standing.state);
        let mut told = Self {
            kind: "external",
            target,
            state: state.as_str(),
            reason: None,
            status: None,
            moved_to: None,
            failing_since: None,
            checked_at: None,
            next_check: None,
            used_by,
        };
        let Some(standing) = standing else { return told };
        told.reason = standing.failure.map(Failure::as_str);
        told.status = match standing.failure {
            Some(Failure::Status(status)) => Some(status),
            Some(_) | None => standing.guarded_by,
        };
        told.moved_to = standing.moved_to;
        told.failing_since = standing.failing_since.map(|at| at.to_string());
        told.checked_at = Some(standing.checked_at.to_string());
        told.next_check = Some(standing.next_at.to_string());
        told
    }
}

/// Links of published pages that leave the site, as somebody last found them, and references and embeds within it that lead
/// to what readers don't get (`broken`), in those parts that you may read.
#[utoipa::path(
    tag = "management",
    params(LinkReport),
    responses((status = 200, body = LinkList)),
    security(("token" = []))
)]
#[get("/manage/v1/links")]
pub(crate) async fn list_links(
    editor: Editor,
    query: Query<'_, LinkReport>,
    desk: &State<Desk>,
) -> Result<Json<LinkList>, Problem> {
    let agencies = Agencies::of(desk)?;
    let agency = query.text("agency").map(|key| agencies.with_key(key).ok_or("unknown_agency_key"));
    let agency = agency
        .transpose()
        .map_err(|code| Problem::parameters(vec![Fault::parameter("agency", code)]))?;
    let state = query.text("state").and_then(LinkState::named);
    let wanted = Wanted { editor: &editor, agencies, agency, state };
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(50);
    let mut list = LinkList { data: Vec::new(), next: None };
    let place = match query.text("after").map(|after| after.split_at_checked(1)) {
        None => Some(None),
        Some(Some(("x", url))) => Some(Some(url)),
        Some(Some(("i", _))) => None,
        Some(_) => {
            return Err(Problem::parameters(vec![Fault::parameter("after", "bad_cursor")]));
        }
    };
    if let Some(after) = place {
        outward(&wanted, desk, (after, limit), &mut list).await?;
        if list.next.is_some() {
            return Ok(Json(list));
        }
    }
    let after = query.text("after").and_then(|after| after.strip_prefix('i'));
    if state.is_none_or(|state| state == LinkState::Broken) {
        inward(&wanted, desk, (after.filter(|after| !after.is_empty()), limit), &mut list)?;
    }
    Ok(Json(list))
}

/// Adds links that leave the site.
async fn outward(
    wanted: &Wanted<'_>,
    desk: &Desk,
    (after, limit): (Option<&str>, usize),
    list: &mut LinkList,
) -> Result<(), Problem> {
    let found = desk.cms.delivery().linked(after, (STRETCH, USERS))?;
    let is_whole_stretch = found.len() == STRETCH;
    let mut last = None;
    for linked in found {
        if list.data.len() == limit {
            list.next = last;
            return Ok(());
        }
        last = Some(format!("x{}", linked.url));
        list.data.extend(wanted.outward(desk, linked).await?);
    }
    list.next =
        if is_whole_stretch { last } else { (list.data.len() == limit).then(|| "i".to_owned()) };
    Ok(())
}

/// Adds links within the site that lead nowhere.
fn inward(
    wanted: &Wanted<'_>,
    desk: &Desk,
    (after, limit): (Option<&str>, usize),
    list: &mut LinkList,
) -> Result<(), Problem> {
    let after = after.map(links::place).transpose()?;
    let (found, next) =
        links::broken(desk, after, limit.saturating_sub(list.data.len()), |place, _| {
            Ok(wanted.user(desk, place)?)
        })?;
    list.data.extend(found.into_iter().map(|(target, reason, user)| LinkDocument {
        kind: "internal",
        state: LinkState::Broken.as_str(),
        reason: Some(reason),
        ..LinkDocument::of(target.to_string(), None, vec![user])
    }));
    list.next = next.map(|next| format!("i{next}"));
    Ok(())
}

/// What a round of looking found.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinksChecked {
    /// How many links stand how now, of those that were looked at.
    found: Map<String, Value>,
}

/// Looks at the links whose time has come, or with `all` at all of them, as far as the configuration's bound goes; answers
/// when that is done. An administrator's act. One round goes on at a time, whichever node it is at.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = Option<Object>, description = "`all`: whether to look at links whose time hasn't come, too.", content_type = "application/json"),
    responses((status = 200, body = LinksChecked), (status = 409, description = "Another round is going on.")),
    security(("token" = []))
)]
#[post("/manage/v1/links/checks", data = "<body>")]
pub(crate) async fn check_links(
    bearer: Bearer,
    _query: Query<'_, Nothing>,
    checker: &State<Checker>,
    body: OptionalBody,
) -> Result<Json<LinksChecked>, Problem> {
    administrator(&bearer)?;
    let mut members = Members::of(body.0)?;
    let all = members.boolean("all");
    members.finish()?;
    let found = checker.round(all.unwrap_or(false)).await.map_err(|error| match error {
        RoundError::Elsewhere => Problem::new(Code::Conflict),
        RoundError::Blind(_) => Problem::internal(error),
        RoundError::Store(error) => error.into(),
    })?;
    let found = found.into_iter().map(|(state, count)| (state.as_str().to_owned(), count.into()));
    Ok(Json(LinksChecked { found: found.collect() }))
}
