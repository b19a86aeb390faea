//! Published assets: what the forms of others show of them, and whose bytes readers may have.

use std::collections::BTreeMap;

use super::{
    Context,
    live::LiveEntry,
    tables::{ASSETS, LiveAsset, MEDIA},
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
        Some(_) | None => remove(batch, entry.id),
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
    if live.texts.is_empty() { remove(batch, id) } else { batch.put(&ASSETS, &id, &live) }
}

fn set(batch: &mut Batch<'_>, id: EntryId, live: &LiveAsset) -> Result<(), ViewError> {
    remove(batch, id)?;
    batch.put(&MEDIA, &(live.shared.facts.digest.clone(), id), &())?;
    batch.put(&ASSETS, &id, live)
}

/// Takes an asset away, and its bytes.
pub(super) fn remove(batch: &mut Batch<'_>, id: EntryId) -> Result<(), ViewError> {
    if let Some(before) = batch.get(&ASSETS, &id)? {
        batch.remove(&MEDIA, &(before.shared.facts.digest, id));
        batch.remove(&ASSETS, &id);
    }
    Ok(())
}
