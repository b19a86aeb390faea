//! Publishes the newest revision of a locale, or of the shared fields.
//!
//! The first publication of a locale takes the shared fields along where they have never been
//! published; later changes of them are published by an act of their own, since all locales show them.

use super::{Accepted, CommandError, Decision, Means, chains, none_of, scheduled, uses::Uses};
use crate::{
    access::{Act, Actor},
    clock::Timestamp,
    content_type::ContentType,
    entry::{Entry, Head, Status},
    event::{ChangeClass, Claim, EventBody, Fields, Part, ReviewStep, SavedAt, Stream},
    id::EntryId,
    locale::Locale,
    markdown,
    quality::Level,
    segment::{self, align::align, facts},
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
    /// What the change of a source means for its translations. What was said of it when it was saved holds, too:
    /// the weightier of the two counts.
    pub change_class: Option<ChangeClass>,
}

impl Publish {
    /// Publishes whatever is there of a part.
    pub const fn new(entry: EntryId, part: Part) -> Self {
        Self { entry, part, expected: None, published_at: None, change_class: None }
    }
}

impl Means {
    /// Publishes.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` when somebody saved since, `Invalid` with all that is missing.
    pub async fn publish(&self, actor: &Actor, act: Publish) -> Result<Accepted, CommandError> {
        let (entry, content_type, type_last) =
            self.entry(actor, Act::Publish, act.entry, &act.part)?;
        if let Some(head) = entry.heads.get(&act.part) {
            let of = (&act.part, head);
            self.check_approved(&entry, &content_type, of, act.change_class).await?;
        }
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
        if let Some(violation) = scheduled(head) {
            return Err(CommandError::Invalid(vec![violation]));
        }
        if head.status == Status::Published {
            return Err(CommandError::Invalid(vec![
                Violation::new("", "already_published").with("revision", current),
            ]));
        }
        let fields = self.editing.fields(head.draft.event).await?;
        let shared = match entry.heads.get(&Part::Shared) {
            Some(shared) => self.editing.fields(shared.draft.event).await?,
            None => Fields::new(),
        };
        if let Part::Locale(locale) = &act.part {
            none_of(self.faults(entry, content_type, locale).await?)?;
        }
        let said = (act.published_at, self.change_class(entry, content_type, act, &fields).await?);
        let mut decision = Decision::default();
        self.check_chains((entry, content_type), (&act.part, &fields, &shared), &mut decision)
            .await?;
        match &act.part {
            Part::Locale(locale) => {
                let to_be = (locale, &fields, &shared);
                let uses = self.check_locale(entry, content_type, to_be, to_come).await?;
                self.take_shared_along(entry, content_type, &mut decision).await?;
                publish_part(entry, (&act.part, head), said, &uses, &mut decision);
                self.take_slug(entry, (locale, head), &mut decision).await?;
                let rests_on = uses.rests_on.into_iter().map(|(_, stream, last)| (stream, last));
                decision.expectations.extend(rests_on);
            }
            Part::Shared => {
                self.check_shared(entry, content_type, (&fields, &mut decision)).await?;
                publish_part(
                    entry,
                    (&act.part, head),
                    (None, None),
                    &Uses::default(),
                    &mut decision,
                );
            }
        }
        Ok(decision)
    }

    /// Publishes shared fields that never were, along with a locale. They have been approved like what is published
    /// by itself.
    async fn take_shared_along(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        decision: &mut Decision,
    ) -> Result<(), CommandError> {
        let shared = entry.heads.get(&Part::Shared).filter(|shared| shared.live.is_none());
        let Some(shared) = shared.map(|shared| (&Part::Shared, shared)) else { return Ok(()) };
        self.check_approved(entry, content_type, shared, None).await.map_err(at_shared)?;
        publish_part(entry, shared, (None, None), &Uses::default(), decision);
        Ok(())
    }

    /// What checks find in a translation that keeps it from readers: errors, each with its place and its segment.
    async fn faults(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        locale: &Locale,
    ) -> Result<Vec<Violation>, CommandError> {
        let told = self.editing.checked(entry, content_type, (locale, false)).await?;
        let errors = told.told.into_iter().filter(|told| told.level == Level::Error);
        Ok(errors.map(|told| told.violation("/fields")).collect())
    }

    /// What the publication of a source means for its translations, as far as anybody said it.
    ///
    /// That it is editorial is not taken from its author alone: nothing may speak against it, or somebody else has
    /// approved it.
    async fn change_class(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        act: &Publish,
        fields: &Fields,
    ) -> Result<Option<ChangeClass>, CommandError> {
        let source = Part::Locale(entry.source_locale.clone());
        if act.part != source {
            let meant = act.change_class.map(|_| Violation::new("/change_class", "not_the_source"));
            return none_of(meant.into_iter().collect()).map(|()| None);
        }
        let Some(head) = entry.heads.get(&source) else { return Ok(act.change_class) };
        let drafted = self.drafted(entry.id, (&source, head))?;
        let class = drafted.class.max(act.change_class);
        let Some(live) = head.live.as_ref().filter(|_| class == Some(ChangeClass::Editorial))
        else {
            return Ok(class);
        };
        let review = head.review.as_ref().filter(|review| review.step == ReviewStep::Approved);
        let others = review.iter().flat_map(|review| &review.approvals);
        if others.filter(|account| !drafted.authors.contains(account)).count() > 0 {
            return Ok(class);
        }
        let before = self.editing.fields(live.saved.event).await?;
        let [old, new] =
            [&before, fields].map(|fields| segment::units(content_type, fields, markdown::cut));
        let found = facts::against_editorial(
            (&old, &new),
            &align(&old, &new),
            entry.source_locale.language(),
            markdown::codes,
        );
        none_of(found.into_iter().map(|violation| violation.under("/fields")).collect())?;
        Ok(class)
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
        let mut uses = self.uses(content_type, fields, locale).await?;
        violations.extend(uses.bad_embeds.iter().cloned());
        violations.extend(self.wrong_embeds((entry, locale), &mut uses, to_come).await?);
        let assets = content_type.asset_uses(fields, shared);
        violations.extend(self.wrong_assets(&assets, locale, &mut uses.rests_on).await?);
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
        (shared, decision): (&Fields, &mut Decision),
    ) -> Result<(), CommandError> {
        let mut rests_on = Vec::new();
        let is_localized = |pointer: &str| {
            let mut localized = content_type.fields().filter(|field| field.localized);
            localized.any(|field| pointer.split('/').nth(1) == Some(field.name.as_str()))
        };
        let mut violations = Vec::new();
        // Within a release, that is what the locales are to be.
        let supposed = self.editing.entry(entry.id)?;
        for (locale, live) in supposed.as_ref().unwrap_or(entry).published_locales() {
            let localized = self.editing.fields(live.saved.event).await?;
            violations.extend(content_type.check_publication(&localized, shared));
            let mut assets = content_type.asset_uses(&localized, shared);
            // What stands in the locale's own fields is published already.
            assets.retain(|used| !is_localized(&used.pointer));
            violations.extend(self.wrong_assets(&assets, locale, &mut rests_on).await?);
        }
        let rests_on = rests_on.into_iter().map(|(_, stream, last)| (stream, last));
        decision.expectations.extend(rests_on);
        // An asset that nobody described there is told of, though its description isn't shared.
        violations.retain(|it| it.code == "alt_missing" || !is_localized(&it.pointer));
        violations.sort();
        violations.dedup();
        none_of(violations.into_iter().map(|violation| violation.under("/fields")).collect())
    }

    /// Refuses to close a chain of references or of redirects among what readers get, in the part and in
    /// shared fields that it takes along.
    async fn check_chains(
        &self,
        (entry, content_type): (&Entry, &ContentType),
        (part, fields, shared): (&Part, &Fields, &Fields),
        decision: &mut Decision,
    ) -> Result<(), CommandError> {
        let takes_along = entry.heads.get(&Part::Shared).is_some_and(|head| head.live.is_none());
        let along = (*part != Part::Shared && takes_along).then_some((&Part::Shared, shared));
        let mut circles = Vec::new();
        for (part, fields) in std::iter::once((part, fields)).chain(along) {
            let followed =
                self.follow_chains((entry, content_type), (part, fields), chains::live).await?;
            circles.extend(followed.circles.into_iter().map(|it| it.under("/fields")));
            decision.expectations.extend(followed.rests_on);
        }
        let shared = (*part == Part::Shared).then_some(fields).or(along.map(|(_, shared)| shared));
        if let Some(shared) = shared {
            let wrong = self.check_redirect(entry, shared).await?;
            circles.extend(wrong.into_iter().map(|it| it.under("/fields")));
        }
        none_of(circles)
    }
}

/// What is wrong with the shared fields that a locale takes along, with their place.
fn at_shared(error: CommandError) -> CommandError {
    let CommandError::Invalid(wrong) = error else { return error };
    CommandError::Invalid(wrong.into_iter().map(|it| it.under("/shared")).collect())
}

/// The event that publishes one part's newest revision.
fn publish_part(
    entry: &Entry,
    (part, head): (&Part, &Head),
    (published_at, change_class): (Option<Timestamp>, Option<ChangeClass>),
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
            change_class,
        },
    });
}
