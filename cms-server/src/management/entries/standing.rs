//! Where a part of an entry stands: its revisions, its review, and what is to happen to it.

use cms_core::{
    entry::{Head, Schedule, Status},
    event::Due,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a part stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// `draft`, `in_review`, `approved`, `scheduled`, `published` or `unpublished`.
    #[schema(value_type = String)]
    status: Status,
    /// The newest revision.
    revision: u32,
    /// The revision that readers get.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_revision: Option<u32>,
    /// When the newest revision was saved.
    saved_at: String,
    /// By which account.
    saved_by: String,
    /// The last step of its review.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewDocument>,
    /// What is to happen, soonest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schedules: Vec<ScheduleDocument>,
}

/// The last step of a review.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewDocument {
    /// `submitted`, `changes_requested` or `approved`.
    #[schema(value_type = String)]
    step: cms_core::event::ReviewStep,
    /// When.
    at: String,
    /// By which account.
    by: String,
    /// What was said to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Something that is to happen.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleDocument {
    /// Its id.
    id: String,
    /// `publish` or `unpublish`.
    act: &'static str,
    /// When, in UTC.
    at: String,
    /// The time zone that it was chosen in.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// Who wants it.
    by: String,
    /// The release that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
}

impl ScheduleDocument {
    fn of(schedule: &Schedule) -> Self {
        Self {
            id: schedule.id.to_string(),
            act: match schedule.due {
                Due::Publish(_) => "publish",
                Due::Unpublish(_) => "unpublish",
            },
            at: schedule.at.to_string(),
            zone: schedule.zone.clone(),
            by: schedule.actor.to_string(),
            release: schedule.release.map(|release| release.to_string()),
        }
    }
}

impl Standing {
    /// Where a part stands.
    pub(crate) fn of(head: &Head) -> Self {
        Self {
            status: head.status,
            revision: head.draft.revision,
            live_revision: head.published().map(|live| live.saved.revision),
            saved_at: head.draft.at.to_string(),
            saved_by: head.draft.actor.to_string(),
            review: head.review.as_ref().map(|review| ReviewDocument {
                step: review.step,
                at: review.at.to_string(),
                by: review.actor.to_string(),
                note: review.note.clone(),
            }),
            schedules: head.schedules.iter().map(ScheduleDocument::of).collect(),
        }
    }
}
