//! Says something to colleagues about a part of an entry, or about one of its segments; and perhaps whom it is for.

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::{Act, Actor, Scope, allows},
    clock::Timestamp,
    entry::Entry,
    event::{EventBody, Part, Stream},
    id::{AccountId, CommentId, EntryId},
    store::NewEvent,
    violation::Violation,
};

/// The longest comment, in characters.
const TEXT: usize = 5_000;
/// The longest name of a segment, in characters.
const SEGMENT: usize = 200;
/// The most comments about one entry.
const MOST: usize = 1_000;

/// A comment to make.
#[derive(Debug, Clone)]
pub struct MakeComment {
    /// About which entry.
    pub entry: EntryId,
    /// About which part; the shared fields stand for the entry as a whole.
    pub part: Part,
    /// About which segment of the part.
    pub segment: Option<String>,
    /// What is said.
    pub text: String,
    /// The comment that it answers.
    pub reply_to: Option<CommentId>,
    /// Who is to see to it.
    pub assignee: Option<AccountId>,
    /// By when.
    pub due: Option<Timestamp>,
}

/// What a part is, for rights.
fn scope<'a>(entry: &'a Entry, part: &'a Part) -> Scope<'a> {
    let locale = match part {
        Part::Locale(locale) => Some(locale),
        Part::Shared => None,
    };
    Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale }
}

impl Means {
    /// Comments. It takes the right to read the part, and to write or review it.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong.
    pub async fn comment(
        &self,
        actor: &Actor,
        act: MakeComment,
    ) -> Result<(CommentId, Accepted), CommandError> {
        let entry = self.discussed(actor, act.entry, &act.part)?;
        let discussion = self.discussion_as_known(act.entry).await?;
        none_of(self.wrong_with(&entry, &act)?)?;
        let comment = CommentId::generate(self.clock.now());
        // Whoever erases the entry erases all of its comments.
        let whole = Stream::Entry(entry.id, Part::Shared);
        let decision = Decision {
            expectations: vec![discussion.clone(), (whole, entry.last_of(&Part::Shared))],
            events: vec![NewEvent {
                streams: vec![discussion.0],
                body: EventBody::CommentMade {
                    comment,
                    entry: act.entry,
                    part: act.part,
                    segment: act.segment,
                    text: act.text,
                    reply_to: act.reply_to,
                    assignee: act.assignee,
                    due: act.due,
                },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok((comment, Accepted { event: appended.last, revision: 0 }))
    }

    /// The entry, for an actor who may take part in what is said about this part of it.
    pub(super) fn discussed(
        &self,
        actor: &Actor,
        id: EntryId,
        part: &Part,
    ) -> Result<Entry, CommandError> {
        let entry = self.editing.entry(id)?.ok_or(CommandError::NotFound("entry"))?;
        let scope = scope(&entry, part);
        if !allows(actor, Act::Read, &scope) {
            return Err(CommandError::NotFound("entry"));
        }
        let may = |act| allows(actor, act, &scope);
        if ![Act::Write, Act::Review, Act::Publish].into_iter().any(may) {
            return Err(CommandError::Forbidden);
        }
        Ok(entry)
    }

    /// The stream of what is said about an entry, with its last event, which the view has to know of.
    pub(super) async fn discussion_as_known(
        &self,
        id: EntryId,
    ) -> Result<(Stream, u64), CommandError> {
        let stream = Stream::Discussion(id);
        let last = self.last_of(&stream).await?;
        if self.editing.applied()? < last {
            return Err(CommandError::Conflict(stream));
        }
        Ok((stream, last))
    }

    /// What is wrong with somebody as the one who is to see to something.
    pub(super) fn wrong_assignee(
        &self,
        entry: &Entry,
        part: &Part,
        assignee: Option<AccountId>,
    ) -> Result<Option<Violation>, CommandError> {
        let Some(assignee) = assignee else { return Ok(None) };
        let actor = self.editing.actor(assignee)?;
        let may = actor.is_some_and(|actor| allows(&actor, Act::Read, &scope(entry, part)));
        // Who may not read it looks as if they weren't there.
        Ok((!may).then(|| Violation::new("/assignee", "unknown_account")))
    }

    fn wrong_with(&self, entry: &Entry, act: &MakeComment) -> Result<Vec<Violation>, CommandError> {
        let mut found = Vec::new();
        if !(1..=TEXT).contains(&act.text.chars().count()) || act.text.trim().is_empty() {
            found.push(Violation::new("/text", "text_length").with("min", 1).with("max", TEXT));
        }
        if let Some(segment) = &act.segment {
            let length = segment.chars().count();
            if !(1..=SEGMENT).contains(&length) || segment.chars().any(char::is_control) {
                let wrong = Violation::new("/segment", "text_length");
                found.push(wrong.with("min", 1).with("max", SEGMENT));
            }
        }
        let others = self.editing.comments(act.entry)?;
        if others.len() >= MOST {
            found.push(Violation::new("", "too_many_items").with("limit", MOST));
        }
        let is_there = |reply: &CommentId| {
            others.iter().any(|other| other.id == *reply && other.part == act.part)
        };
        if act.reply_to.as_ref().is_some_and(|reply| !is_there(reply)) {
            found.push(Violation::new("/reply_to", "unknown_comment"));
        }
        found.extend(self.wrong_assignee(entry, &act.part, act.assignee)?);
        Ok(found)
    }
}
