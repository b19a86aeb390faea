//! Asks for changes of a draft: a reviewer wants it otherwise, and says how.

use super::{Accepted, CommandError, Means};
use crate::{
    access::{Act, Actor},
    entry::Status,
    event::ReviewStep,
    violation::Violation,
};

pub use super::review::Reviewing as RequestChanges;

impl Means {
    /// Asks for changes of a draft that is in review or was approved. It takes a note: a no without a reason
    /// helps nobody.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` without a note, or when it is not in review.
    pub async fn request_changes(
        &self,
        actor: &Actor,
        act: RequestChanges,
    ) -> Result<Accepted, CommandError> {
        let has_note = act.note.is_some();
        self.review(actor, (Act::Review, ReviewStep::ChangesRequested), act, |head| {
            let mut found = Vec::new();
            if !matches!(head.status, Status::InReview | Status::Approved) {
                found.push(Violation::new("", "not_in_review"));
            }
            if !has_note {
                found.push(Violation::new("/note", "required").with("field", "note"));
            }
            found
        })
        .await
    }
}
