//! The bytes that revisions of assets name: those that must stay, whatever becomes of the drafts.

use serde_json::Value;

use super::{BLOBS, BLOBS_OF, reader::Editing};
use crate::{
    access::{Act, Actor, Scope, allows},
    asset::{self, Shared},
    entry::Entry,
    event::{Fields, Part},
    followers::ReadError,
    id::EntryId,
    store::view::{Batch, ViewError},
};

/// Notes the bytes that a saved revision names.
pub(super) fn saved(
    batch: &mut Batch<'_>,
    (entry, part): (&Entry, &Part),
    fields: &Fields,
) -> Result<(), ViewError> {
    if *part != Part::Shared || entry.type_name.as_str() != asset::TYPE {
        return Ok(());
    }
    let Some(digest) = fields.get("digest").and_then(Value::as_str) else { return Ok(()) };
    batch.put(&BLOBS, &(digest.to_owned(), entry.id), &())?;
    batch.put(&BLOBS_OF, &(entry.id, digest.to_owned()), &())
}

/// Forgets the bytes of an asset.
pub(super) fn erased(batch: &mut Batch<'_>, id: EntryId) -> Result<(), ViewError> {
    for (key, ()) in batch.scan(&BLOBS_OF, &id)? {
        batch.remove(&BLOBS_OF, &key);
        let (_, digest) = key;
        batch.remove(&BLOBS, &(digest, id));
    }
    Ok(())
}

impl Editing {
    /// The assets of which some revision has these bytes.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn assets_with(&self, digest: &str) -> Result<Vec<EntryId>, ReadError> {
        let rows = self.reader.scan(&BLOBS, &digest.to_owned(), None);
        Ok(rows.map(|row| row.map(|((_, id), ())| id)).collect::<Result<_, _>>()?)
    }

    /// What the newest draft of an asset says that all its languages share, to who may read that.
    ///
    /// # Errors
    /// As for all questions here.
    pub async fn drafted_asset(
        &self,
        actor: &Actor,
        id: EntryId,
    ) -> Result<Option<Shared>, ReadError> {
        let Some(entry) = self.entry(id)?.filter(|entry| entry.type_name.as_str() == asset::TYPE)
        else {
            return Ok(None);
        };
        let (agency, type_name) = (Some(entry.agency), Some(&entry.type_name));
        let may = allows(actor, Act::Read, &Scope { agency, type_name, locale: None });
        let Some(head) = entry.heads.get(&Part::Shared).filter(|_| may) else { return Ok(None) };
        Ok(Shared::of(&self.fields(head.draft.event).await?))
    }

    /// The digests of all bytes that revisions of an asset have.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn blobs_of(&self, id: EntryId) -> Result<Vec<String>, ReadError> {
        let rows = self.reader.scan(&BLOBS_OF, &id, None);
        Ok(rows.map(|row| row.map(|((_, digest), ())| digest)).collect::<Result<_, _>>()?)
    }

    /// At most `limit` digests of bytes that some revision has, in their order, after one of them.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn blobs(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, ReadError> {
        let mut found: Vec<String> = Vec::new();
        // The last id there is: on behind all rows of a digest.
        let after = after.map(|digest| (digest.to_owned(), EntryId::from_bytes([0xff; 16])));
        for row in self.reader.scan(&BLOBS, &(), after.as_ref()) {
            let ((digest, _), ()) = row?;
            if found.last() != Some(&digest) {
                if found.len() == limit {
                    break;
                }
                found.push(digest);
            }
        }
        Ok(found)
    }
}
