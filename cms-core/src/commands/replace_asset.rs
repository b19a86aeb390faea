//! Gives an asset another file. It keeps its id, its words and everyone who shows it; readers get the other file when
//! the asset's shared fields are published.

use std::sync::Arc;

use super::{Accepted, CommandError, Means, save_draft::SaveDraft, vault::named};
use crate::{
    access::{Act, Actor},
    asset::{self, Facts, GIVEN},
    content_type::ContentType,
    entry::Entry,
    event::{Fields, Part, Stream},
    id::EntryId,
    media::Taken,
};

/// The file that an asset is to have.
#[derive(Debug, Clone)]
pub struct ReplaceAsset {
    /// Of which asset.
    pub entry: EntryId,
    /// The newest revision of its shared fields that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// What it was called; without one, as the one before.
    pub name: Option<String>,
}

impl Means {
    /// Refuses who may not give this asset another file, or has seen an older one, before anybody looks at the file.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` when somebody saved since.
    pub fn may_replace(&self, actor: &Actor, act: &ReplaceAsset) -> Result<(), CommandError> {
        self.replaced(actor, act).map(drop)
    }

    /// Replaces an asset's file by one that is kept already. The same file again changes nothing.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` when somebody saved since.
    pub async fn replace_asset(
        &self,
        actor: &Actor,
        act: ReplaceAsset,
        taken: &Taken,
    ) -> Result<(Facts, Option<Accepted>), CommandError> {
        let (entry, content_type, type_last, current) = self.replaced(actor, &act)?;
        let mut fields = match entry.heads.get(&Part::Shared) {
            Some(head) => self.editing.fields(head.draft.event).await?,
            None => Fields::new(),
        };
        let known = asset::Shared::of(&fields).map(|shared| shared.facts);
        let name = act.name.or_else(|| known.as_ref().map(|known| known.name.clone()));
        let facts = named(taken, &name.unwrap_or_default());
        if known.as_ref() == Some(&facts) {
            return Ok((facts, None));
        }
        fields.retain(|name, _| !GIVEN.contains(&name.as_str()));
        fields.extend(facts.fields());
        let save = SaveDraft {
            expected: Some(current),
            ..SaveDraft::new(act.entry, Part::Shared, fields)
        };
        let (revision, mut decision) = self.decide_save(&entry, &content_type, save).await?;
        decision.expectations.push((Stream::Type(entry.type_name.clone()), type_last));
        let appended = self.append(actor, decision).await?;
        Ok((facts, Some(Accepted { event: appended.last, revision })))
    }

    /// The asset, its type with the last event of that, and the newest revision of its shared fields.
    fn replaced(
        &self,
        actor: &Actor,
        act: &ReplaceAsset,
    ) -> Result<(Entry, Arc<ContentType>, u64, u32), CommandError> {
        let (entry, content_type, type_last) =
            self.entry(actor, Act::Write, act.entry, &Part::Shared)?;
        if entry.type_name.as_str() != asset::TYPE {
            return Err(CommandError::NotFound("asset"));
        }
        let current = entry.heads.get(&Part::Shared).map_or(0, |head| head.draft.revision);
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        Ok((entry, content_type, type_last, current))
    }
}
