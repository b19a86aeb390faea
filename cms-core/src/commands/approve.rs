//! Approves a draft: a reviewer, who is not its author, holds it to be right.

use super::{Accepted, CommandError, Means};
use crate::{
    access::{Act, Actor},
    entry::Status,
    event::ReviewStep,
    violation::Violation,
};

pub use super::review::Reviewing as Approve;

impl Means {
    /// Approves a draft that is in review.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it is not in review, or when the actor wrote it.
    pub async fn approve(&self, actor: &Actor, act: Approve) -> Result<Accepted, CommandError> {
        let account = actor.account;
        self.review(actor, (Act::Review, ReviewStep::Approved), act, move |head| {
            let mut found = Vec::new();
            if head.status != Status::InReview {
                found.push(Violation::new("", "not_in_review"));
            }
            if head.draft.actor == account {
                found.push(Violation::new("", "author_approves"));
            }
            found
        })
        .await
    }
}
