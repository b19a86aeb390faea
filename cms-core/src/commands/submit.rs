//! Submits a draft for review: its author holds it to be done.

use super::{Accepted, CommandError, Means};
use crate::{
    access::{Act, Actor},
    entry::Status,
    event::ReviewStep,
    violation::Violation,
};

pub use super::review::Reviewing as Submit;

impl Means {
    /// Submits a draft.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it is no draft that waits for nothing.
    pub async fn submit(&self, actor: &Actor, act: Submit) -> Result<Accepted, CommandError> {
        self.review(actor, (Act::Write, ReviewStep::Submitted), act, |head| match head.status {
            Status::Draft => Vec::new(),
            Status::InReview
            | Status::Approved
            | Status::Scheduled
            | Status::Published
            | Status::Unpublished => vec![Violation::new("", "not_a_draft")],
        })
        .await
    }
}
