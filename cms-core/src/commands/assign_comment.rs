//! Says who is to see to a comment, and by when; or that nobody is.

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::Actor,
    clock::Timestamp,
    event::EventBody,
    id::{AccountId, CommentId, EntryId},
    store::NewEvent,
};

/// An assignment.
#[derive(Debug, Clone, Copy)]
pub struct AssignComment {
    /// Of which entry.
    pub entry: EntryId,
    /// Which comment.
    pub comment: CommentId,
    /// To whom; nobody without.
    pub assignee: Option<AccountId>,
    /// By when.
    pub due: Option<Timestamp>,
}

impl Means {
    /// Assigns a comment. It takes what making one takes.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for somebody who isn't there or may not read it.
    pub async fn assign_comment(
        &self,
        actor: &Actor,
        act: AssignComment,
    ) -> Result<Accepted, CommandError> {
        let AssignComment { entry: id, comment, assignee, due } = act;
        let known = self.editing.comment(id, comment)?;
        let known = known.ok_or(CommandError::NotFound("comment"))?;
        let entry = self.discussed(actor, id, &known.part)?;
        let discussion = self.discussion_as_known(id).await?;
        none_of(self.wrong_assignee(&entry, &known.part, assignee)?.into_iter().collect())?;
        let decision = Decision {
            expectations: vec![discussion.clone()],
            events: vec![NewEvent {
                streams: vec![discussion.0],
                body: EventBody::CommentAssigned { comment, entry: id, assignee, due },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }
}
