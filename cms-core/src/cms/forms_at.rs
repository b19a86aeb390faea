//! The façade's look back and ahead: an entry as readers got it at an instant, or will.

use std::sync::Arc;

use super::{Cms, previews::unreadable};
use crate::{
    access::Actor,
    clock::Timestamp,
    commands::CommandError,
    entry::Entry,
    event::{Due, Event, EventBody, Part},
    followers::{FollowError, supposing},
    id::OpId,
    locale::Locale,
    queries::{
        entry::{EntryFound, EntryQuestion},
        form_at::{Past, TooMuch},
    },
    violation::Violation,
};

impl Cms {
    /// What readers got of an entry in a locale at an instant, with what its page showed as that was then.
    ///
    /// For an instant to come it is what they will get if what is scheduled happens and nothing else does. Locales, agencies
    /// and content types are those of today. It is made from the events of the entry and of what it shows, beside the
    /// views: nobody else sees anything of it.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when more leads up to it than is looked through.
    pub async fn form_at(
        &self,
        actor: &Actor,
        (entry, locale): (&Entry, &Locale),
        at: Timestamp,
    ) -> Result<EntryFound, CommandError> {
        let past = if at < self.clock().now() {
            let past = self.editing().past(actor, (entry, locale), at).await?;
            past.map_err(|TooMuch| {
                CommandError::Invalid(vec![Violation::new("", "too_much_history")])
            })?
        } else {
            let events = self.events_to_come(actor, (entry, locale), at).await?;
            Past { entries: Vec::new(), events }
        };
        let (log, derived) = (Arc::clone(&self.0.log), self.0.derived.load_full());
        let (id, type_name, locale) = (entry.id, entry.type_name.clone(), locale.clone());
        let found = tokio::task::spawn_blocking(move || {
            let reader = supposing(&log, &derived.view, (&past.entries, past.events));
            derived.delivery.supposing(reader.map_err(unreadable)?).entry(&EntryQuestion {
                type_name: &type_name,
                name: &id.to_string(),
                locale: &locale,
                explicit: true,
                fallback: false,
                fields: None,
                include: &[],
            })
        });
        let stopped =
            |error: tokio::task::JoinError| unreadable(FollowError::Machine(error.to_string()));
        Ok(found.await.map_err(stopped)??)
    }

    /// What is scheduled, as the events that it will make.
    async fn events_to_come(
        &self,
        actor: &Actor,
        about: (&Entry, &Locale),
        at: Timestamp,
    ) -> Result<Vec<Event>, CommandError> {
        let (editing, means) = (self.editing(), self.means());
        let mut events = Vec::new();
        let mut number = self.0.log.last();
        for (id, part, schedule) in editing.to_come(actor, about, at)? {
            let Some(entry) = editing.entry(id)? else { continue };
            let bodies = match (schedule.due, &part) {
                (Due::Publish(_), _) => means.supposed_publication(&entry, &part).await?,
                (Due::Unpublish(withdrawal), Part::Locale(locale)) => {
                    let locale = locale.clone();
                    vec![EventBody::Unpublished { entry: id, locale, withdrawal, recall: false }]
                }
                (Due::Unpublish(_), Part::Shared) => Vec::new(),
            };
            for body in bodies {
                number += 1;
                let (at, op) = (schedule.at, OpId::generate(schedule.at));
                let actor = schedule.actor;
                events.push(Event { number, at, actor, op, streams: Vec::new(), body: Some(body) });
            }
        }
        Ok(events)
    }
}
