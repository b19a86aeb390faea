//! What colleagues say to each other about an entry, and who is to see to it.

use serde::{Deserialize, Serialize};

use super::{Editing as Room, reader::Editing};
use crate::{
    clock::Timestamp,
    event::{Event, EventBody, Part},
    followers::ReadError,
    id::{AccountId, CommentId, EntryId},
    store::view::{Batch, Table, ViewError},
};

/// Comments by entry.
pub const COMMENTS: Table<Room, (EntryId, CommentId), Comment> =
    Table::new(0x21, "editing.comments");
/// Open comments by who is to see to them.
pub const ASSIGNED: Table<Room, (AccountId, EntryId, CommentId), ()> =
    Table::new(0x22, "editing.assigned");

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// About which entry.
    pub entry: EntryId,
    /// About which part; the shared fields stand for the entry as a whole.
    pub part: Part,
    /// About which segment of the part.
    pub segment: Option<String>,
    /// What was said.
    pub text: String,
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// The event that made it: two of one millisecond have no order by their ids.
    pub made: u64,
    /// The comment that it answers.
    pub reply_to: Option<CommentId>,
    /// Who is to see to it.
    pub assignee: Option<AccountId>,
    /// By when.
    pub due: Option<Timestamp>,
    /// Who held it to be done, and when.
    pub resolved: Option<(AccountId, Timestamp)>,
}

impl Comment {
    /// The row of who is to see to it, while it is open.
    fn assignment(&self) -> Option<(AccountId, EntryId, CommentId)> {
        let assignee = self.assignee.filter(|_| self.resolved.is_none())?;
        Some((assignee, self.entry, self.id))
    }

    /// The comment as one of its events leaves it.
    fn after(before: Option<Self>, event: &Event) -> Option<Self> {
        let body = event.body.as_ref()?;
        if let EventBody::CommentMade {
            comment,
            entry,
            part,
            segment,
            text,
            reply_to,
            assignee,
            due,
        } = body
        {
            return Some(Self {
                id: *comment,
                entry: *entry,
                part: part.clone(),
                segment: segment.clone(),
                text: text.clone(),
                by: event.actor,
                at: event.at,
                made: event.number,
                reply_to: *reply_to,
                assignee: *assignee,
                due: *due,
                resolved: None,
            });
        }
        let before = before?;
        if let EventBody::CommentAssigned { assignee, due, .. } = body {
            return Some(Self { assignee: *assignee, due: *due, ..before });
        }
        if let EventBody::CommentResolved { resolved, .. } = body {
            let resolved = resolved.then_some((event.actor, event.at));
            return Some(Self { resolved, ..before });
        }
        Some(before)
    }
}

/// Takes an event about a comment into the tables.
pub(super) fn changed(
    batch: &mut Batch<'_>,
    event: &Event,
    key: (EntryId, CommentId),
) -> Result<(), ViewError> {
    let before = batch.get(&COMMENTS, &key)?;
    if let Some(row) = before.as_ref().and_then(Comment::assignment) {
        batch.remove(&ASSIGNED, &row);
    }
    let Some(comment) = Comment::after(before, event) else { return Ok(()) };
    if let Some(row) = comment.assignment() {
        batch.put(&ASSIGNED, &row, &())?;
    }
    batch.put(&COMMENTS, &key, &comment)
}

/// Takes all comments about an entry away.
pub(super) fn erased(batch: &mut Batch<'_>, entry: EntryId) -> Result<(), ViewError> {
    for (key, comment) in batch.scan(&COMMENTS, &entry)? {
        if let Some(row) = comment.assignment() {
            batch.remove(&ASSIGNED, &row);
        }
        batch.remove(&COMMENTS, &key);
    }
    Ok(())
}

impl Editing {
    /// All comments about an entry, in the order in which they were made.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn comments(&self, entry: EntryId) -> Result<Vec<Comment>, ReadError> {
        let rows = self.reader.scan(&COMMENTS, &entry, None);
        let mut comments: Vec<Comment> =
            rows.map(|row| row.map(|(_, comment)| comment)).collect::<Result<_, _>>()?;
        comments.sort_by_key(|comment| comment.made);
        Ok(comments)
    }

    /// A comment about an entry.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn comment(
        &self,
        entry: EntryId,
        comment: CommentId,
    ) -> Result<Option<Comment>, ReadError> {
        Ok(self.reader.get(&COMMENTS, &(entry, comment))?)
    }

    /// At most `limit` open comments that somebody is to see to.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn assignments(&self, account: AccountId, limit: usize) -> Result<Vec<Comment>, ReadError> {
        let mut found = Vec::new();
        for row in self.reader.scan(&ASSIGNED, &account, None).take(limit) {
            let ((_, entry, comment), ()) = row?;
            found.extend(self.comment(entry, comment)?);
        }
        Ok(found)
    }
}
