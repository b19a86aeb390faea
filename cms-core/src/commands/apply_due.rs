//! Lets happen what was scheduled, once its time has come: whoever finds it, it happens once, since the
//! command's handle is the schedule's own.

use super::{CommandError, Decision, Means, publish::Publish, unpublish::Unpublish};
use crate::{
    access::Actor,
    entry::{Entry, Schedule},
    event::{Due, EventBody, Part, Stream},
    followers::editing::reader::NextDue,
    id::EntryId,
    locale::Locale,
    store::NewEvent,
    violation::Violation,
};

impl Means {
    /// Lets the soonest schedule happen, if its time has come, and answers the event. What cannot happen any
    /// more (a page that it embeds was taken away since) is taken back, with the reasons.
    ///
    /// # Errors
    /// [`CommandError`]: `Conflict` when something moved meanwhile; try again.
    pub async fn apply_due(&self) -> Result<Option<u64>, CommandError> {
        let Some((at, next)) = self.editing.next_due()? else { return Ok(None) };
        if at > self.clock.now() {
            return Ok(None);
        }
        let (id, locale) = match next {
            NextDue::Locale(id, locale) => (id, locale),
            NextDue::Release(release) => return self.apply_due_release(release).await.map(Some),
        };
        let part = Part::Locale(locale.clone());
        let entry = self.editing.entry(id)?.ok_or(CommandError::NotFound("entry"))?;
        let head = entry.heads.get(&part).ok_or(CommandError::NotFound("revision"))?;
        let mut own = head.schedules.iter().filter(|schedule| schedule.release.is_none());
        let schedule = own.next().ok_or(CommandError::NotFound("schedule"))?.clone();
        let decision = match self.decide_due(&entry, &locale, &schedule).await {
            Ok(decision) => decision,
            Err(CommandError::Invalid(failed)) => taken_back(&entry, &locale, &schedule, failed),
            Err(CommandError::InUse(_)) => {
                let failed = vec![Violation::new("", "still_in_use")];
                taken_back(&entry, &locale, &schedule, failed)
            }
            Err(other) => return Err(other),
        };
        let appended = self.append_as(schedule.id, schedule.actor, decision).await?;
        Ok(Some(appended.last))
    }

    async fn decide_due(
        &self,
        entry: &Entry,
        locale: &Locale,
        schedule: &Schedule,
    ) -> Result<Decision, CommandError> {
        match &schedule.due {
            Due::Publish(revision) => {
                let (content_type, type_last) = self.content_type(&entry.type_name)?;
                // The draft is free from its schedule now: what is asked is whether it can be published.
                let mut free = entry.clone();
                for head in free.heads.values_mut() {
                    head.schedules.retain(|other| other.id != schedule.id);
                }
                let act = Publish {
                    entry: entry.id,
                    part: Part::Locale(locale.clone()),
                    expected: Some(*revision),
                    published_at: None,
                    change_class: None,
                };
                let expected = |_: EntryId| false;
                let decided = self.decide_publish(&free, &content_type, &act, &expected).await;
                let mut decision = match decided {
                    Err(CommandError::Stale { current }) => {
                        let newer = Violation::new("", "newer_revision").with("revision", current);
                        return Err(CommandError::Invalid(vec![newer]));
                    }
                    other => other?,
                };
                decision.expectations.push((Stream::Type(entry.type_name.clone()), type_last));
                Ok(decision)
            }
            Due::Unpublish(withdrawal) => {
                let act = Unpublish {
                    entry: entry.id,
                    locale: locale.clone(),
                    expected: None,
                    withdrawal: withdrawal.clone(),
                    recall: false,
                };
                let actor = Actor { account: schedule.actor, grants: Vec::new() };
                Ok(self.decide_unpublish(&actor, entry, act).await?.1)
            }
        }
    }
}

/// What takes a schedule back that cannot happen, with the reasons.
fn taken_back(
    entry: &Entry,
    locale: &Locale,
    schedule: &Schedule,
    failed: Vec<Violation>,
) -> Decision {
    tracing::warn!(entry = %entry.id, %locale, "what was scheduled can't happen");
    let part = Part::Locale(locale.clone());
    let stream = Stream::Entry(entry.id, part.clone());
    Decision {
        expectations: vec![(stream.clone(), entry.last_of(&part))],
        events: vec![NewEvent {
            streams: vec![stream],
            body: EventBody::Unscheduled {
                entry: entry.id,
                locale: locale.clone(),
                schedule: schedule.id,
                failed,
            },
        }],
        ..Decision::default()
    }
}
