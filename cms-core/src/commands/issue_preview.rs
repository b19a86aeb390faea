//! Issues a token that shows one draft as readers would get it: to somebody outside, for a while.
//!
//! It lies in a cell, as other tokens do, and is good as long as whoever issued it may write what it shows.

use std::collections::BTreeSet;

use super::{CommandError, Means, none_of};
use crate::{
    access::{
        Act, Actor, Scope, allows,
        token::{Kind, PREVIEW_CELLS, Preview, Secret},
    },
    asset,
    clock::Timestamp,
    content_type::ContentType,
    entry::Entry,
    event::{Due, Event, EventBody, Part, ReleaseItem, SavedAt},
    followers::ReadError,
    id::{EntryId, OpId, ReleaseId, TokenId},
    locale::Locale,
    store::CellValue,
    violation::Violation,
};

/// How long a token is good for when nobody says, in milliseconds: a week.
const USUAL: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The longest that one may be good for: about three months.
const LONGEST: i64 = 92 * 24 * 60 * 60 * 1_000;

/// A token to issue.
#[derive(Debug, Clone)]
pub struct IssuePreview {
    /// For which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// As it would be after this release, instead of after its own publication alone.
    pub release: Option<ReleaseId>,
    /// From when on it is good for nothing; a week from now when nobody says.
    pub expires: Option<Timestamp>,
}

impl Means {
    /// Issues a preview token, whose text is shown this once.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for a time that has passed, or a release that does nothing to the locale.
    pub async fn issue_preview(
        &self,
        actor: &Actor,
        act: IssuePreview,
    ) -> Result<(Preview, Secret), CommandError> {
        let part = Part::Locale(act.locale.clone());
        let (entry, _, _) = self.entry(actor, Act::Write, act.entry, &part)?;
        entry.heads.get(&part).ok_or(CommandError::NotFound("revision"))?;
        let now = self.clock.now();
        let last = now.plus_millis(LONGEST);
        let mut wrong = Vec::new();
        if act.expires.is_some_and(|expires| expires <= now || expires > last) {
            let range = Violation::new("/expires", "time_out_of_range");
            wrong.push(range.with("min", now).with("max", last));
        }
        if let Some(id) = act.release {
            let release = self.release(actor, id)?;
            let about = |item: &ReleaseItem| item.entry == entry.id && item.part == part;
            if !release.items.iter().any(about) {
                wrong.push(Violation::new("/release", "not_in_release"));
            }
        }
        none_of(wrong)?;
        let preview = Preview {
            id: TokenId::generate(now),
            entry: entry.id,
            locale: act.locale,
            release: act.release,
            created_by: actor.account,
            created_at: now,
            expires: act.expires.unwrap_or_else(|| now.plus_millis(USUAL)),
        };
        let secret = Secret::generate(Kind::Preview);
        let cell = format!("{PREVIEW_CELLS}{}", secret.digest(&self.key().await?));
        let value = serde_json::to_vec(&preview)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(preview.expires) };
        if !self.log.set_cell(&cell, 0, Some(value)).await.map_err(ReadError::from)? {
            return Err(CommandError::Unavailable("a random number came twice".to_owned()));
        }
        tracing::info!(token = %preview.id, entry = %preview.entry, by = %actor.account, "a preview token was issued");
        Ok((preview, secret))
    }

    /// What would happen if the draft, or the release, that a token shows were published now: whatever is still wrong
    /// with it. Nothing of it is accepted.
    pub(crate) async fn supposed_events(
        &self,
        preview: &Preview,
    ) -> Result<Vec<Event>, CommandError> {
        let own = ReleaseItem {
            entry: preview.entry,
            part: Part::Locale(preview.locale.clone()),
            due: Due::Publish(0),
        };
        let items = match preview.release {
            Some(id) => self.editing.release(id)?.ok_or(CommandError::NotFound("release"))?.items,
            None => vec![own],
        };
        let mut bodies = self.supposed_assets(preview, &items).await?;
        for item in &items {
            let Some(entry) = self.editing.entry(item.entry)? else { continue };
            match (&item.due, &item.part) {
                (Due::Publish(_), part) => {
                    bodies.extend(self.supposed_publication(&entry, part).await?);
                }
                (Due::Unpublish(withdrawal), Part::Locale(locale)) => {
                    bodies.push(EventBody::Unpublished {
                        entry: entry.id,
                        locale: locale.clone(),
                        withdrawal: withdrawal.clone(),
                        recall: false,
                    });
                }
                (Due::Unpublish(_), Part::Shared) => {}
            }
        }
        let (at, op) = (self.clock.now(), OpId::generate(self.clock.now()));
        let event = |(number, body)| {
            let (actor, streams) = (preview.created_by, Vec::new());
            Event { number, at, actor, op, streams, body: Some(body) }
        };
        Ok((self.log.last() + 1..).zip(bodies).map(event).collect())
    }

    /// What publishing the assets would say that these drafts show and that aren't published: those that whoever issued
    /// the token may read.
    async fn supposed_assets(
        &self,
        preview: &Preview,
        items: &[ReleaseItem],
    ) -> Result<Vec<EventBody>, CommandError> {
        let Some(actor) = self.editing.actor(preview.created_by)? else { return Ok(Vec::new()) };
        let mut shown = BTreeSet::new();
        for item in items.iter().filter(|item| matches!(item.due, Due::Publish(_))) {
            let Some(entry) = self.editing.entry(item.entry)? else { continue };
            let (content_type, _) = self.content_type(&entry.type_name)?;
            for head in
                [&item.part, &Part::Shared].into_iter().filter_map(|part| entry.heads.get(part))
            {
                let fields = self.editing.fields(head.draft.event).await?;
                shown.extend(self.uses(&content_type, &fields, &preview.locale).await?.targets);
            }
        }
        let mut bodies = Vec::new();
        for id in shown {
            let Some(asset) = self.editing.entry(id)? else { continue };
            let is_published = asset.published_locales().next().is_some();
            if asset.type_name.as_str() != asset::TYPE || is_published {
                continue;
            }
            for part in asset.heads.keys() {
                let Part::Locale(locale) = part else { continue };
                let (agency, type_name) = (Some(asset.agency), Some(&asset.type_name));
                if allows(&actor, Act::Read, &Scope { agency, type_name, locale: Some(locale) }) {
                    bodies.extend(self.supposed_publication(&asset, part).await?);
                }
            }
        }
        Ok(bodies)
    }

    /// What publishing the draft of a part would say, with the shared fields that it takes along.
    pub(crate) async fn supposed_publication(
        &self,
        entry: &Entry,
        part: &Part,
    ) -> Result<Vec<EventBody>, CommandError> {
        let (content_type, _) = self.content_type(&entry.type_name)?;
        let mut bodies = Vec::new();
        let shared = entry.heads.get(&Part::Shared);
        if *part != Part::Shared && shared.is_some_and(|head| head.live.is_none()) {
            bodies.extend(self.published(entry, &content_type, &Part::Shared).await?);
        }
        bodies.extend(self.published(entry, &content_type, part).await?);
        Ok(bodies)
    }

    /// What publishing the draft of a part would say.
    async fn published(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        part: &Part,
    ) -> Result<Option<EventBody>, CommandError> {
        let Some(head) = entry.heads.get(part) else { return Ok(None) };
        let fields = self.editing.fields(head.draft.event).await?;
        let embeds = match part {
            Part::Locale(locale) => self.uses(content_type, &fields, locale).await?.embeds,
            Part::Shared => std::collections::BTreeMap::new(),
        };
        let is_source = *part == Part::Locale(entry.source_locale.clone());
        let class = self.drafted(entry.id, (part, head))?.class;
        Ok(Some(EventBody::Published {
            entry: entry.id,
            part: part.clone(),
            revision: head.draft.revision,
            saved: SavedAt::Event(head.draft.event),
            embeds,
            published_at: None,
            change_class: class.filter(|_| is_source),
        }))
    }
}
