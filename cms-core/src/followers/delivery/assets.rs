//! Published assets: what the forms of others show of them, and whose bytes readers may have.

use std::collections::BTreeMap;

use super::{
    Context,
    live::LiveEntry,
    tables::{ASSETS, LiveAsset, MEDIA, SHOWN_BYTES},
};
use crate::{
    asset::{self, Shared, Texts},
    id::EntryId,
    locale::Locale,
    store::view::{Batch, ViewError},
};

/// Sets what readers get of an asset, from what is published of it; of other entries nothing.
pub(super) fn put(
    batch: &mut Batch<'_>,
    entry: &LiveEntry,
    with: &Context<'_>,
) -> Result<(), ViewError> {
    if entry.type_name.as_str() != asset::TYPE {
        return Ok(());
    }
    let shared = entry.shared.and_then(|(_, saved)| with.content(saved));
    let shared = shared.and_then(|content| Shared::of(&content.fields));
    let mut texts = BTreeMap::new();
    for (locale, live) in entry.published() {
        let content = with.content(live.saved);
        let said = content.map(|content| Texts::of(&content.fields)).unwrap_or_default();
        texts.insert(locale.clone(), said);
    }
    match shared {
        Some(shared) if !texts.is_empty() => set(batch, entry.id, &LiveAsset { shared, texts }),
        Some(_) | None => withdraw(batch, entry.id),
    }
}

/// Takes away the words in a locale, and the bytes with the last.
pub(super) fn take_away(
    batch: &mut Batch<'_>,
    id: EntryId,
    locale: &Locale,
) -> Result<(), ViewError> {
    let Some(mut live) = batch.get(&ASSETS, &id)? else { return Ok(()) };
    live.texts.remove(locale);
    if live.texts.is_empty() { withdraw(batch, id) } else { batch.put(&ASSETS, &id, &live) }
}

fn set(batch: &mut Batch<'_>, id: EntryId, live: &LiveAsset) -> Result<(), ViewError> {
    withdraw(batch, id)?;
    let digest = live.shared.facts.digest.clone();
    batch.put(&SHOWN_BYTES, &(id, digest.clone()), &())?;
    batch.put(&MEDIA, &(digest, id), &true)?;
    batch.put(&ASSETS, &id, live)
}

/// Takes an asset away, and its bytes: that readers had them is remembered.
fn withdraw(batch: &mut Batch<'_>, id: EntryId) -> Result<(), ViewError> {
    if let Some(before) = batch.get(&ASSETS, &id)? {
        batch.put(&MEDIA, &(before.shared.facts.digest, id), &false)?;
        batch.remove(&ASSETS, &id);
    }
    Ok(())
}

/// Takes an asset and its bytes away as if they had never been.
pub(super) fn forget(batch: &mut Batch<'_>, id: EntryId) -> Result<(), ViewError> {
    for (key, ()) in batch.scan(&SHOWN_BYTES, &id)? {
        batch.remove(&MEDIA, &(key.1.clone(), id));
        batch.remove(&SHOWN_BYTES, &key);
    }
    batch.remove(&ASSETS, &id);
    Ok(())
}
