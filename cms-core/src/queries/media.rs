//! Which bytes readers may have: those of assets that are published, and renditions of them as they are offered.

use super::{Delivery, ReadError, answer::CacheKeys};
use crate::{
    asset::{Facts, Shared},
    followers::delivery::tables,
    id::EntryId,
    media::{Digest, Kind, Rendition},
};

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
    /// What readers get at `/media/<digest>/<step>`; `None` for all that isn't published, or isn't offered.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn media(&self, digest: &str, step: &str) -> Result<Option<MediaFound>, ReadError> {
        let Ok(parsed) = digest.parse::<Digest>() else { return Ok(None) };
        let mut found = None;
        let mut owners = Vec::new();
        for row in self.reader().scan(&tables::MEDIA, &digest.to_owned(), None) {
            let ((_, id), ()) = row?;
            owners.push(id);
            let Some(live) = self.reader().get(&tables::ASSETS, &id)? else { continue };
            found = found.or_else(|| self.what(&live.shared, step));
        }
        Ok(found.map(|what| MediaFound { digest: parsed, what, cache_keys: keys_of(&owners) }))
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
        let mut formats: Vec<Rendition> = Vec::new();
        for kind in offer.formats(shared) {
            let rendition = format!("{step}.{}", kind.extension()).parse::<Rendition>().ok()?;
            formats.extend(offer.allows(shared, &rendition).then_some(rendition));
        }
        (!formats.is_empty()).then_some(MediaWhat::Best(formats))
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
