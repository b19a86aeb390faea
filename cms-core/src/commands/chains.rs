//! References that make chains: a field that refers to one entry of the entry's own type, such as the
//! page above or the figure that is replaced. A chain that leads back to itself has no beginning, and is
//! refused where it would close.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{CommandError, Means};
use crate::{
    content_type::{ContentType, Field, FieldKind},
    entry::{Entry, Head, Saved},
    event::{Fields, Part, Stream},
    id::EntryId,
    violation::{Violation, pointer_step},
};

/// The fields by which entries of a type make chains.
pub(super) fn links(content_type: &ContentType) -> impl Iterator<Item = &Field> {
    content_type.fields().filter(|field| match &field.kind {
        FieldKind::Reference { types, many: false } => types.contains(content_type.name()),
        FieldKind::Reference { .. }
        | FieldKind::Text
        | FieldKind::Markdown
        | FieldKind::Url
        | FieldKind::Enum { .. }
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::Boolean
        | FieldKind::Integer
        | FieldKind::Number
        | FieldKind::Asset { .. }
        | FieldKind::List { .. }
        | FieldKind::Structured => false,
    })
}

/// What a chain is followed through: what is there, and what it rests on.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// The fields by which a chain would close.
    pub(super) circles: Vec<Violation>,
    /// The streams of all links, with the last event of each.
    pub(super) rests_on: Vec<(Stream, u64)>,
}

impl Means {
    /// Follows the chains that begin with these fields of a part, through others' newest revisions, or
    /// through what readers get of them.
    pub(super) async fn follow_chains(
        &self,
        (entry, content_type): (&Entry, &ContentType),
        (part, fields): (&Part, &Fields),
        state: fn(&Head) -> Option<&Saved>,
    ) -> Result<Followed, CommandError> {
        let mut followed = Followed::default();
        for link in links(content_type) {
            let target = |fields: &Fields| {
                fields.get(&link.name).and_then(Value::as_str)?.parse::<EntryId>().ok()
            };
            let mut seen = BTreeSet::new();
            let mut next = target(fields);
            while let Some(id) = next.filter(|id| seen.insert(*id)) {
                if id == entry.id {
                    followed.circles.push(
                        Violation::new(pointer_step(&link.name), "reference_circle")
                            .with("field", &link.name),
                    );
                    break;
                }
                let Some(other) = self.editing.entry(id)? else { break };
                let stream = Stream::Entry(id, part.clone());
                followed.rests_on.push((stream, other.last_of(part)));
                let Some(saved) = other.heads.get(part).and_then(state) else { break };
                next = target(&self.editing.fields(saved.event).await?);
            }
        }
        Ok(followed)
    }
}

/// The newest revision.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside `live`, which may find nothing")]
pub(super) fn draft(head: &Head) -> Option<&Saved> {
    Some(&head.draft)
}

/// What readers get.
pub(super) fn live(head: &Head) -> Option<&Saved> {
    head.published().map(|live| &live.saved)
}
