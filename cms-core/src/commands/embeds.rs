//! What is wrong with the embeds of a revision that is to be published, though each stands for an entry:
//! readers would find nothing there, or the text within itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    CommandError, Means,
    uses::{Embedded, Uses, bad_embed},
};
use crate::{
    content_type::{ContentType, FieldKind},
    embed::EmbedKind,
    entry::{self, Entry},
    event::{Fields, Part, Stream},
    id::{EntryId, FieldName},
    locale::Locale,
    violation::Violation,
};

impl Means {
    /// The embeds of what isn't published, of pieces that aren't there, and those by which a circle would
    /// close. `to_come` names entries that will be published by the same act.
    pub(super) async fn wrong_embeds(
        &self,
        (entry, locale): (&Entry, &Locale),
        uses: &mut Uses,
        to_come: &(dyn Fn(EntryId) -> bool + Sync),
    ) -> Result<Vec<Violation>, CommandError> {
        let mut wrong = Vec::new();
        let Uses { embedded, rests_on, .. } = uses;
        for embedded in embedded {
            let mut code = self.wrong_embed(entry, embedded, rests_on, to_come).await?;
            if code.is_none()
                && embedded.embed.token.kind == EmbedKind::Asset
                && embedded.embed.token.alt.is_none()
                && let Some(asset) = self.editing.entry(embedded.target)?
                && !self.is_described(&asset, locale).await?
            {
                code = Some("embed_undescribed");
            }
            if let Some(code) = code {
                wrong.push(bad_embed(&embedded.pointer, &embedded.embed, code));
            }
        }
        Ok(wrong)
    }

    async fn wrong_embed(
        &self,
        entry: &Entry,
        embedded: &Embedded,
        rests_on: &mut Vec<(EntryId, Stream, u64)>,
        to_come: &(dyn Fn(EntryId) -> bool + Sync),
    ) -> Result<Option<&'static str>, CommandError> {
        let Some(target) = self.editing.entry(embedded.target)? else {
            return Ok(Some("embed_missing"));
        };
        rests_on.extend(published_streams(&target));
        let is_own = target.id == entry.id;
        let will_be_there = is_own || to_come(target.id);
        if target.published_locales().next().is_none() && !will_be_there {
            return Ok(Some("embed_unpublished"));
        }
        let Some(piece) = &embedded.embed.token.piece else { return Ok(None) };
        if !will_be_there && !self.has_piece(&target, piece).await? {
            return Ok(Some("embed_missing_piece"));
        }
        let step = entry::Embedded { target: target.id, piece: piece.clone() };
        Ok(self.leads_to(step, entry.id, rests_on)?.then_some("embed_circle"))
    }

    /// Whether an entry that is published has a piece of this name.
    async fn has_piece(&self, target: &Entry, piece: &str) -> Result<bool, CommandError> {
        let (content_type, _) = self.content_type(&target.type_name)?;
        if embeddable(&content_type, piece).is_some() {
            return Ok(true);
        }
        match target.type_name.as_str() {
            "statistic" => Ok(piece == "value"),
            "route" => {
                let live = target.heads.get(&Part::Shared).and_then(|head| head.live.as_ref());
                let Some(live) = live else { return Ok(false) };
                let shared = self.editing.fields(live.saved.event).await?;
                Ok(channels(&shared).any(|id| id == piece))
            }
            _ => Ok(false),
        }
    }

    /// Whether a piece is of an entry, or holds embeds over any number of steps of it. Only Markdown
    /// holds embeds.
    fn leads_to(
        &self,
        from: entry::Embedded,
        to: EntryId,
        rests_on: &mut Vec<(EntryId, Stream, u64)>,
    ) -> Result<bool, CommandError> {
        let mut seen = BTreeSet::from([from.clone()]);
        let mut open = vec![from];
        while let Some(step) = open.pop() {
            let Some(entry) = self.editing.entry(step.target)? else { continue };
            let (content_type, _) = self.content_type(&entry.type_name)?;
            if !matches!(embeddable(&content_type, &step.piece), Some(FieldKind::Markdown)) {
                continue;
            }
            if step.target == to {
                return Ok(true);
            }
            rests_on.extend(published_streams(&entry));
            open.extend(entry.embeds().filter(|next| seen.insert((*next).clone())).cloned());
        }
        Ok(false)
    }
}

/// The streams of what is published of an entry, as they were when it was looked at: whoever takes some of
/// it away meanwhile wins.
pub(super) fn published_streams(entry: &Entry) -> impl Iterator<Item = (EntryId, Stream, u64)> {
    let published = entry.heads.iter().filter(|(_, head)| head.published().is_some());
    published.map(|(part, head)| (entry.id, Stream::Entry(entry.id, part.clone()), head.last))
}

/// The kind of the field that others can embed under this name.
fn embeddable<'a>(content_type: &'a ContentType, piece: &str) -> Option<&'a FieldKind> {
    let field = content_type.field(&FieldName::parse(piece).ok()?)?;
    field.embeddable.then_some(&field.kind)
}

/// The ids of a route's channels.
pub(super) fn channels(shared: &Fields) -> impl Iterator<Item = &str> {
    let channels = shared.get("channels").and_then(Value::as_array).into_iter().flatten();
    channels.filter_map(|channel| channel.get("id").and_then(Value::as_str))
}
