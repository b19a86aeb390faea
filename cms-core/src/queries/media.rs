//! Which bytes readers may have: those of assets that are published, and renditions of them as they are offered.

use super::{Delivery, ReadError, answer::CacheKeys, picture::formats};
use crate::{
    asset::{Facts, Shared},
    followers::delivery::tables,
    id::EntryId,
    media::{Digest, Kind, Rendition},
};

/// Where an address of bytes leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaAddress {
    /// To bytes that are published.
    Found(MediaFound),
    /// To bytes that were published, and are withdrawn.
    Gone,
    /// Nowhere: the same for what was never published, what was erased, what isn't offered, and what never was.
    Unknown,
}

/// What an address of bytes leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFound {
    /// Of which asset the bytes are.
    pub digest: Digest,
    /// What is to be sent.
    pub what: MediaWhat,
    /// What an intermediary's copy must be dropped by.
    pub cache_keys: CacheKeys,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaWhat {
    /// The file as it was uploaded.
    Original(Box<Facts>),
    /// A rendition.
    Rendition(Rendition),
    /// The first of these that the reader takes.
    Best(Vec<Rendition>),
}

impl Delivery {
    /// What readers get at `/media/<digest>/<step>`.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn media(&self, digest: &str, step: &str) -> Result<MediaAddress, ReadError> {
        let Ok(parsed) = digest.parse::<Digest>() else { return Ok(MediaAddress::Unknown) };
        let (mut found, mut was_shown) = (None, false);
        let mut owners = Vec::new();
        for row in self.reader().scan(&tables::MEDIA, &digest.to_owned(), None) {
            let ((_, id), is_shown) = row?;
            if !is_shown {
                was_shown = true;
                continue;
            }
            owners.push(id);
            let Some(live) = self.reader().get(&tables::ASSETS, &id)? else { continue };
            found = found.or_else(|| self.what(&live.shared, step));
        }
        Ok(match found {
            Some(what) => {
                let cache_keys = keys_of(&owners);
                MediaAddress::Found(MediaFound { digest: parsed, what, cache_keys })
            }
            None if was_shown && owners.is_empty() => MediaAddress::Gone,
            None => MediaAddress::Unknown,
        })
    }

    /// The same of an asset that may not be published, for who may see it.
    pub fn drafted_media(&self, shared: &Shared, step: &str) -> Option<MediaFound> {
        let digest = shared.facts.digest.parse().ok()?;
        Some(MediaFound {
            digest,
            what: self.what(shared, step)?,
            cache_keys: CacheKeys::default(),
        })
    }

    /// What a step of an address means for one asset.
    fn what(&self, shared: &Shared, step: &str) -> Option<MediaWhat> {
        if step == shared.facts.name {
            return Some(MediaWhat::Original(Box::new(shared.facts.clone())));
        }
        let offer = &self.parts().offer;
        if let Ok(rendition) = step.parse::<Rendition>() {
            return offer.allows(shared, &rendition).then_some(MediaWhat::Rendition(rendition));
        }
        let mut offered: Vec<Rendition> = Vec::new();
        for kind in formats(shared) {
            let rendition = format!("{step}.{}", kind.extension()).parse::<Rendition>().ok()?;
            offered.extend(offer.allows(shared, &rendition).then_some(rendition));
        }
        (!offered.is_empty()).then_some(MediaWhat::Best(offered))
    }
}

fn keys_of(owners: &[EntryId]) -> CacheKeys {
    let mut keys = CacheKeys::default();
    keys.add_entries(owners);
    keys
}

/// The type of this name.
pub fn kind_of(media_type: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.media_type() == media_type)
}
