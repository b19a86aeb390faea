//! Publishes the newest revision of a locale, or of the shared fields.
//!
//! The first publication of a locale takes the shared fields along where they have never been
//! published; later changes of them are published by an act of their own, since all locales show them.

use super::{Accepted, CommandError, Decision, Means, none_of, uses::Uses};
use crate::{
    access::{Act, Actor},
    clock::Timestamp,
    content_type::ContentType,
    entry::{Entry, Head, Status},
    event::{Claim, EventBody, Fields, Part, SavedAt, Stream},
    id::EntryId,
    locale::Locale,
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// What to publish.
#[derive(Debug, Clone)]
pub struct Publish {
    /// Of which entry.
    pub entry: EntryId,
    /// Which part.
    pub part: Part,
    /// The newest revision that the publisher has seen; `None` publishes whatever is there.
    pub expected: Option<u32>,
    /// The date to show, for content that was published elsewhere before.
    pub published_at: Option<Timestamp>,
}

impl Means {
    /// Publishes.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` when somebody saved since, `Invalid` with all that is missing.
    pub async fn publish(&self, actor: &Actor, act: Publish) -> Result<Accepted, CommandError> {
        let (entry, content_type, type_last) =
            self.entry(actor, Act::Publish, act.entry, &act.part)?;
        let expected = |_: EntryId| false;
        let mut decision = self.decide_publish(&entry, &content_type, &act, &expected).await?;
        decision.expectations.push((Stream::Type(entry.type_name.clone()), type_last));
        let revision = entry.heads.get(&act.part).map_or(0, |head| head.draft.revision);
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision })
    }

    /// Decides, without appending. `to_come` names entries that are not published yet and will be by
    /// the same act, so that embedding them is no mistake.
    pub(crate) async fn decide_publish(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        act: &Publish,
        to_come: &(dyn Fn(EntryId) -> bool + Sync),
    ) -> Result<Decision, CommandError> {
        let head = entry.heads.get(&act.part).ok_or(CommandError::NotFound("revision"))?;
        let current = head.draft.revision;
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        if head.status == Status::Published {
            return Err(CommandError::Invalid(vec![
                Violation::new("", "already_published").with("revision", current),
            ]));
        }
        let fields = self.editing.fields(head.draft.event).await?;
        let shared_head = entry.heads.get(&Part::Shared);
        let shared = match shared_head {
            Some(shared) => self.editing.fields(shared.draft.event).await?,
            None => Fields::new(),
        };
        let mut decision = Decision::default();
        match &act.part {
            Part::Locale(locale) => {
                let uses = self
                    .check_locale(entry, content_type, (locale, &fields, &shared), to_come)
                    .await?;
                if let Some(shared) = shared_head.filter(|shared| shared.live.is_none()) {
                    publish_part(
                        entry,
                        (&Part::Shared, shared),
                        None,
                        &Uses::default(),
                        &mut decision,
                    );
                }
                publish_part(entry, (&act.part, head), act.published_at, &uses, &mut decision);
                for target in uses.embeds.values() {
                    self.expect_target(*target, &mut decision)?;
                }
            }
            Part::Shared => {
                self.check_shared(entry, content_type, &fields).await?;
                publish_part(entry, (&act.part, head), None, &Uses::default(), &mut decision);
            }
        }
        Ok(decision)
    }

    /// All that is wrong with publishing a locale: required fields, and embeds of what isn't there.
    pub(super) async fn check_locale(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        (locale, fields, shared): (&Locale, &Fields, &Fields),
        to_come: &(dyn Fn(EntryId) -> bool + Sync),
    ) -> Result<Uses, CommandError> {
        let mut violations = content_type.check_publication(fields, shared);
        let uses = self.uses(content_type, fields, locale).await?;
        violations.extend(uses.bad_embeds.iter().cloned());
        for (token, target) in &uses.embeds {
            let target_entry = self.editing.entry(*target)?;
            let is_published =
                target_entry.is_some_and(|entry| entry.published_locales().next().is_some());
            if !is_published && !to_come(*target) {
                violations.push(Violation::new("", "embed_unpublished").with("text", token));
            }
        }
        violations.extend(self.circles(entry, &uses)?);
        let violations =
            violations.into_iter().map(|violation| violation.under("/fields")).collect();
        none_of(violations)?;
        Ok(uses)
    }

    /// What in shared fields keeps them from being shown in the locales that are published: none of those may
    /// lose what it needs.
    async fn check_shared(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        shared: &Fields,
    ) -> Result<(), CommandError> {
        let mut violations = Vec::new();
        for (_, live) in entry.published_locales() {
            let localized = self.editing.fields(live.saved.event).await?;
            violations.extend(content_type.check_publication(&localized, shared));
        }
        let is_localized = |pointer: &str| {
            let mut localized = content_type.fields().filter(|field| field.localized);
            localized.any(|field| pointer.split('/').nth(1) == Some(field.name.as_str()))
        };
        violations.retain(|violation| !is_localized(&violation.pointer));
        violations.sort();
        violations.dedup();
        none_of(violations.into_iter().map(|violation| violation.under("/fields")).collect())
    }

    /// Publication rests on what it embeds being published: an act that takes that away meanwhile wins.
    fn expect_target(&self, target: EntryId, decision: &mut Decision) -> Result<(), CommandError> {
        let Some(entry) = self.editing.entry(target)? else { return Ok(()) };
        for (part, head) in entry.heads.iter().filter(|(_, head)| head.published().is_some()) {
            decision.expectations.push((Stream::Entry(target, part.clone()), head.last));
        }
        Ok(())
    }
}

/// The event that publishes one part's newest revision.
fn publish_part(
    entry: &Entry,
    (part, head): (&Part, &Head),
    published_at: Option<Timestamp>,
    uses: &Uses,
    decision: &mut Decision,
) {
    let stream = Stream::Entry(entry.id, part.clone());
    decision.expectations.push((stream.clone(), head.last));
    let mut streams = vec![stream];
    streams.extend(head.draft.uses.iter().map(|target| Stream::Uses(*target)));
    if let (Part::Locale(locale), Some(live)) = (part, &head.live) {
        // The slug that readers knew goes to history, where it leads here until another takes it.
        let claim =
            |slug: &String| Claim::Slug(entry.type_name.clone(), locale.clone(), slug.clone());
        let former = live.saved.slug.iter().filter(|slug| head.draft.slug.as_ref() != Some(slug));
        decision
            .claims
            .extend(former.map(|slug| ClaimChange::Release(claim(slug), *entry.id.as_bytes())));
    }
    decision.events.push(NewEvent {
        streams,
        body: EventBody::Published {
            entry: entry.id,
            part: part.clone(),
            revision: head.draft.revision,
            saved: SavedAt::Event(head.draft.event),
            embeds: uses.embeds.clone(),
            published_at,
        },
    });
}
