//! What keeps assets from being shown where they are used: that they aren't published, or that nobody has said in the
//! page's language what is seen in them.

use super::{CommandError, Means, embeds::published_streams};
use crate::{
    asset::Shared,
    content_type::AssetUse,
    entry::Entry,
    event::{Part, Stream},
    id::EntryId,
    locale::Locale,
    violation::Violation,
};

impl Means {
    /// The assets that can't be shown to readers in a locale, each with its place.
    pub(super) async fn wrong_assets(
        &self,
        uses: &[AssetUse],
        locale: &Locale,
        rests_on: &mut Vec<(EntryId, Stream, u64)>,
    ) -> Result<Vec<Violation>, CommandError> {
        let mut wrong = Vec::new();
        for used in uses {
            let id = used.asset.parse::<EntryId>().ok();
            let asset = id.map(|id| self.editing.entry(id)).transpose()?.flatten();
            let at = |code| Violation::new(&used.pointer, code).with("id", &used.asset);
            let Some(asset) = asset.filter(|asset| asset.published_locales().next().is_some())
            else {
                wrong.push(at("asset_unpublished"));
                continue;
            };
            rests_on.extend(published_streams(&asset));
            if !used.own.describes() && !self.is_described(&asset, locale).await? {
                wrong.push(at("picture_undescribed").with("tag", locale));
            }
        }
        Ok(wrong)
    }

    /// Whether readers of a locale can be told what is seen in an asset, or there is nothing to tell. What is
    /// published of it was checked.
    pub(super) async fn is_described(
        &self,
        asset: &Entry,
        locale: &Locale,
    ) -> Result<bool, CommandError> {
        if asset.published_locales().any(|(published, _)| published == locale) {
            return Ok(true);
        }
        let live = asset.heads.get(&Part::Shared).and_then(|head| head.live.as_ref());
        let Some(live) = live else { return Ok(true) };
        let shared = Shared::of(&self.editing.fields(live.saved.event).await?);
        Ok(shared.is_none_or(|shared| shared.decorative || !shared.facts.is_picture()))
    }
}
