//! A release as it goes over the wire: as much of it as the editor may read.

use cms_core::{
    access::{Act, Scope, allows},
    event::{Due, EventBody, Part, ReleaseItem},
    release::{Release, ReleaseState},
    violation::Violation,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    delivery::Desk,
    management::{entries::part_name, place::Editor},
    problem::Problem,
};

/// A release.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseDocument {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// `open`, `scheduled`, `published` or `discarded`.
    state: &'static str,
    /// Grows with each change: what `If-Match` names.
    version: u32,
    /// When it was begun.
    created_at: String,
    /// By which account.
    created_by: String,
    /// When it is to happen, has happened, or was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The time zone that it was scheduled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// What it does, as far as you may read it.
    items: Vec<ReleaseItemDocument>,
    /// How many more items there are.
    #[serde(skip_serializing_if = "is_zero")]
    hidden: usize,
    /// What kept it from happening when its time had come, with pointers into its items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailureDocument>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What a release does to a part of an entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseItemDocument {
    /// Its place among the items, from 0.
    index: usize,
    /// The entry.
    id: String,
    /// A locale, or `shared`.
    part: String,
    /// `publish` or `unpublish`.
    act: &'static str,
    /// The revision that is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
    /// How the locale answers once it is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    withdrawal: Option<cms_core::event::Withdrawal>,
}

/// A reason why a release did not happen.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureDocument {
    /// Where.
    pointer: String,
    /// Which rule.
    code: String,
}

fn may_read(desk: &Desk, editor: &Editor, item: &ReleaseItem) -> Result<bool, Problem> {
    let actor = &editor.bearer.actor;
    let Some(entry) = desk.cms.editing().entry(item.entry)? else {
        return Ok(actor.is_administrator());
    };
    let locale = match &item.part {
        Part::Locale(locale) => Some(locale),
        Part::Shared => None,
    };
    let (agency, type_name) = (Some(entry.agency), Some(&entry.type_name));
    Ok(allows(actor, Act::Read, &Scope { agency, type_name, locale }))
}

impl ReleaseDocument {
    /// A release, as far as the editor may see it; `None` when that is nothing.
    pub(super) async fn of(
        desk: &Desk,
        editor: &Editor,
        release: Release,
    ) -> Result<Option<Self>, Problem> {
        let mut items = Vec::new();
        for (index, item) in release.items.iter().enumerate() {
            if may_read(desk, editor, item)? {
                items.push(ReleaseItemDocument::of(index, item));
            }
        }
        let actor = &editor.bearer.actor;
        let is_own = actor.is_administrator() || release.created_by == actor.account;
        if items.is_empty() && !is_own {
            return Ok(None);
        }
        let (at, zone) = match &release.state {
            ReleaseState::Open => (None, None),
            ReleaseState::Scheduled { at, zone, .. } => (Some(*at), zone.clone()),
            ReleaseState::Published { at, .. } | ReleaseState::Discarded { at } => {
                (Some(*at), None)
            }
        };
        let mut failed = Vec::new();
        if let Some(number) = release.failed
            && let Some(event) = desk.cms.editing().event(number).await?
            && let Some(EventBody::ReleaseUnscheduled { failed: reasons, .. }) = event.body
        {
            let told = |reason: &Violation| {
                let mut steps = reason.pointer.split('/').skip(1);
                let index =
                    (steps.next() == Some("items")).then(|| steps.next()?.parse().ok()).flatten();
                index.is_none_or(|index: usize| items.iter().any(|item| item.index == index))
            };
            failed.extend(
                reasons
                    .into_iter()
                    .filter(told)
                    .map(|reason| FailureDocument { pointer: reason.pointer, code: reason.code }),
            );
        }
        Ok(Some(Self {
            id: release.id.to_string(),
            name: release.name,
            state: release.state.as_str(),
            version: release.version,
            created_at: release.created_at.to_string(),
            created_by: release.created_by.to_string(),
            at: at.map(|at| at.to_string()),
            zone,
            hidden: release.items.len() - items.len(),
            items,
            failed,
        }))
    }
}

impl ReleaseItemDocument {
    fn of(index: usize, item: &ReleaseItem) -> Self {
        let (act, revision, withdrawal) = match &item.due {
            Due::Publish(revision) => ("publish", Some(*revision), None),
            Due::Unpublish(withdrawal) => ("unpublish", None, Some(withdrawal.clone())),
        };
        let (id, part) = (item.entry.to_string(), part_name(&item.part));
        Self { index, id, part, act, revision, withdrawal }
    }
}
