//! Approves a draft: a reviewer, who has not written on it, holds it to be right.

use super::{Accepted, CommandError, Means};
use crate::{
    access::{Act, Actor},
    entry::Status,
    event::ReviewStep,
    violation::Violation,
};

pub use super::review::Reviewing as Approve;

impl Means {
    /// Approves a draft that is in review, or that needs more approvals than it has. Nobody approves what they wrote,
    /// nor the same draft twice: who wrote on it since readers last got something is an author, also where somebody else
    /// saved last.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it is not in review, or when the actor wrote on it or has approved it.
    pub async fn approve(&self, actor: &Actor, act: Approve) -> Result<Accepted, CommandError> {
        let account = actor.account;
        let (entry, content_type, _) = self.entry(actor, Act::Review, act.entry, &act.part)?;
        let head = entry.heads.get(&act.part).ok_or(CommandError::NotFound("revision"))?;
        let drafted = self.drafted(entry.id, (&act.part, head))?;
        let needed = self.approvals(&entry, &content_type, &drafted).await?;
        self.review(actor, (Act::Review, ReviewStep::Approved), act, move |head| {
            let mut found = Vec::new();
            let approvals = head.review.iter().flat_map(|review| &review.approvals);
            let (count, has_approved) =
                (approvals.clone().count(), approvals.clone().any(|by| *by == account));
            let needs_more = head.status == Status::Approved && count < needed;
            if has_approved {
                found.push(Violation::new("", "approved_already"));
            } else if head.status != Status::InReview && !needs_more {
                found.push(Violation::new("", "not_in_review"));
            }
            if drafted.authors.contains(&account) {
                found.push(Violation::new("", "author_approves"));
            }
            found
        })
        .await
    }
}
