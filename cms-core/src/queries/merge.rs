//! What two people made of one revision, put together: for whoever comes second.

use super::{Editing, ReadError};
use crate::{
    content_type::FieldKind,
    entry::{
        Entry, Saved,
        merge::{Merge, merge},
    },
    event::{Fields, Part},
    id::FieldName,
    markdown,
};

/// A proposal, with the revision that is there now.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The revision that is there now.
    pub theirs: Saved,
    /// What came of it.
    pub merge: Merge,
}

impl Editing {
    /// Puts `mine`, which was made from `base`, together with what is there now; `None` when there is nothing.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn propose(
        &self,
        entry: &Entry,
        part: &Part,
        (base, mine): (Fields, Fields),
    ) -> Result<Option<Proposal>, ReadError> {
        let Some(now) = self.entry(entry.id)?.and_then(|mut entry| entry.heads.remove(part)) else {
            return Ok(None);
        };
        let Some((content_type, _)) = self.content_type(&entry.type_name)? else { return Ok(None) };
        let theirs = self.fields(now.draft.event).await?;
        // Long texts keep a thread busy for a while: not one that serves.
        let work = move || {
            let cut = |name: &FieldName, text: &str| {
                let field = content_type.field(name);
                let is_markdown = field.is_some_and(|field| field.kind == FieldKind::Markdown);
                let blocks = || markdown::blocks(text).into_iter().map(str::to_owned).collect();
                is_markdown.then(blocks)
            };
            merge(&base, &theirs, &mine, &cut)
        };
        let merged = tokio::task::spawn_blocking(work).await.ok();
        Ok(merged.map(|merge| Proposal { theirs: now.draft, merge }))
    }
}
