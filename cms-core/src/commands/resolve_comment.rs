//! Says that a comment is seen to, or that it isn't after all.

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::Actor,
    event::EventBody,
    id::{CommentId, EntryId},
    store::NewEvent,
    violation::Violation,
};

/// A comment to resolve or to open again.
#[derive(Debug, Clone, Copy)]
pub struct ResolveComment {
    /// Of which entry.
    pub entry: EntryId,
    /// Which.
    pub comment: CommentId,
    /// Whether it is seen to.
    pub resolved: bool,
}

impl Means {
    /// Resolves a comment, or opens it again. It takes what making one takes.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when it is so already.
    pub async fn resolve_comment(
        &self,
        actor: &Actor,
        act: ResolveComment,
    ) -> Result<Accepted, CommandError> {
        let ResolveComment { entry, comment, resolved } = act;
        let known = self.editing.comment(entry, comment)?;
        let known = known.ok_or(CommandError::NotFound("comment"))?;
        self.discussed(actor, entry, &known.part)?;
        let discussion = self.discussion_as_known(entry).await?;
        if known.resolved.is_some() == resolved {
            none_of(vec![Violation::new("", "comment_state")])?;
        }
        let decision = Decision {
            expectations: vec![discussion.clone()],
            events: vec![NewEvent {
                streams: vec![discussion.0],
                body: EventBody::CommentResolved { comment, entry, resolved },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }
}
