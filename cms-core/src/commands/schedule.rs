//! Schedules a publication or a withdrawal of a locale.
//!
//! A schedule is data: an event with a time in UTC. What is to be published stays as it is until then, and
//! nothing of it lies where readers could reach it.

use super::{Accepted, CommandError, Decision, Means, none_of, publish::Publish};
use crate::{
    access::{Act, Actor},
    clock::Timestamp,
    entry::Head,
    event::{Due, EventBody, Part, Stream, Withdrawal},
    id::{EntryId, OpId},
    locale::Locale,
    store::NewEvent,
    violation::Violation,
};

/// The furthest that something may be scheduled ahead, in milliseconds: ten years.
const FURTHEST: i64 = 10 * 366 * 24 * 60 * 60 * 1_000;
/// The most that may wait in one locale of an entry.
const WAITING: usize = 10;

/// What is to happen to a locale at a time.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Its newest revision is published.
    Publish,
    /// It is taken away.
    Unpublish(Withdrawal),
}

/// A schedule to make.
#[derive(Debug, Clone)]
pub struct ScheduleAct {
    /// Of which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// The newest revision that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// What is to happen.
    pub wanted: Wanted,
    /// When.
    pub at: Timestamp,
    /// The name of the time zone that it was chosen in, such as `Europe/Paris`; only for showing it.
    pub zone: Option<String>,
}

impl Means {
    /// Schedules. What is to be published must be publishable now.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong, a time that has passed among it.
    pub async fn schedule(
        &self,
        actor: &Actor,
        act: ScheduleAct,
    ) -> Result<(OpId, Accepted), CommandError> {
        let part = Part::Locale(act.locale.clone());
        let (entry, content_type, _) = self.entry(actor, Act::Publish, act.entry, &part)?;
        let head = entry.heads.get(&part).ok_or(CommandError::NotFound("revision"))?;
        let current = head.draft.revision;
        if act.expected.is_some_and(|expected| expected != current) {
            return Err(CommandError::Stale { current });
        }
        none_of(self.check_schedule(head, &act))?;
        let due = match act.wanted {
            Wanted::Publish => {
                let publish = Publish {
                    entry: entry.id,
                    part,
                    expected: None,
                    published_at: None,
                    change_class: None,
                };
                let expected = |_: EntryId| false;
                // Whether it could be published; that it can be then is looked at when its time comes.
                self.check_approved(&entry, &content_type, (&publish.part, head), None).await?;
                self.decide_publish(&entry, &content_type, &publish, &expected).await?;
                Due::Publish(current)
            }
            Wanted::Unpublish(withdrawal) => Due::Unpublish(withdrawal),
        };
        let schedule = OpId::generate(self.clock.now());
        let stream = Stream::Entry(entry.id, Part::Locale(act.locale.clone()));
        let decision = Decision {
            expectations: vec![(stream.clone(), head.last)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::Scheduled {
                    entry: entry.id,
                    locale: act.locale,
                    schedule,
                    at: act.at,
                    zone: act.zone,
                    due,
                },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok((schedule, Accepted { event: appended.last, revision: current }))
    }

    /// What is wrong with a time that something is to happen at.
    pub(super) fn check_time(&self, at: Timestamp, zone: Option<&str>) -> Vec<Violation> {
        let now = self.clock.now();
        let last = now.plus_millis(FURTHEST);
        let mut found = Vec::new();
        if at <= now || at > last {
            let range = Violation::new("/at", "time_out_of_range");
            found.push(range.with("min", now).with("max", last));
        }
        if zone.is_some_and(|zone| !is_zone(zone)) {
            found.push(Violation::new("/zone", "bad_zone"));
        }
        found
    }

    fn check_schedule(&self, head: &Head, act: &ScheduleAct) -> Vec<Violation> {
        let mut found = self.check_time(act.at, act.zone.as_deref());
        if head.schedules.iter().any(|schedule| schedule.at == act.at) {
            found.push(Violation::new("/at", "is_scheduled").with("at", act.at));
        }
        if head.schedules.len() >= WAITING {
            found.push(Violation::new("", "too_many_items").with("limit", WAITING));
        }
        match &act.wanted {
            Wanted::Publish if head.is_scheduled() => {
                found.extend(super::scheduled(head));
            }
            Wanted::Unpublish(_) if head.published().is_none() && !head.is_scheduled() => {
                found.push(Violation::new("", "not_published").with("tag", &act.locale));
            }
            Wanted::Publish | Wanted::Unpublish(_) => {}
        }
        found
    }
}

/// Whether a text has the form of the name of a time zone.
fn is_zone(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte))
}
