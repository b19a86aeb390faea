//! The façade's acts: one method each. An act is decided anew when what it rests on has moved, and answers
//! when whoever acted can read what they wrote.

use serde_json::Value;

use super::{ATTEMPTS, Cms, PATIENCE};
use crate::{
    access::Actor,
    commands::{
        Accepted, CommandError,
        configure_site::ConfigureSite,
        create_entry::CreateEntry,
        publish::Publish,
        save_agency::SaveAgency,
        save_draft::SaveDraft,
        save_type::{SaveTypeError, TypePlan},
        unpublish::Unpublish,
    },
    id::{AgencyId, EntryId},
};

/// Decides an act, anew when what it rests on moved meanwhile. (No function: the future of an async closure
/// cannot be said to be `Send`.)
macro_rules! decided {
    ($cms:expr, $means:ident => $act:expr) => {{
        let mut attempt = 1;
        loop {
            let $means = $cms.means();
            match $act.await {
                Err(CommandError::Conflict(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                    $cms.caught_up_with_log().await;
                }
                other => break other,
            }
        }
    }};
}

pub(super) use decided;

impl Cms {
    /// Makes an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn create_entry(
        &self,
        actor: &Actor,
        act: CreateEntry,
    ) -> Result<(EntryId, Accepted), CommandError> {
        let done = decided!(self, means => means.create_entry(actor, act.clone()))?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Saves a revision of one part of an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn save_draft(
        &self,
        actor: &Actor,
        act: SaveDraft,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.save_draft(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Publishes the newest revision of one part of an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn publish(&self, actor: &Actor, act: Publish) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.publish(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Takes a locale of an entry away from readers.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn unpublish(&self, actor: &Actor, act: Unpublish) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.unpublish(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Erases an entry.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn erase(&self, actor: &Actor, entry: EntryId) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.erase(actor, entry))?;
        Ok(self.seen(done).await)
    }

    /// Adds or changes an agency.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn save_agency(
        &self,
        actor: &Actor,
        act: SaveAgency,
    ) -> Result<(AgencyId, Accepted), CommandError> {
        let done = decided!(self, means => means.save_agency(actor, act.clone()))?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Sets the site's locales and default agency.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn configure_site(
        &self,
        actor: &Actor,
        act: ConfigureSite,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.configure_site(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Adds or changes a content type; `None` when it is there already, unchanged.
    ///
    /// # Errors
    /// [`SaveTypeError`]
    pub async fn save_type(
        &self,
        actor: &Actor,
        schema: &Value,
    ) -> Result<Option<Accepted>, SaveTypeError> {
        let done = self.means().save_type(actor, schema).await?;
        if let Some(accepted) = done {
            self.seen(accepted).await;
        }
        Ok(done)
    }

    /// What saving a content type would do, without doing it.
    ///
    /// # Errors
    /// [`SaveTypeError`]
    pub async fn plan_type(
        &self,
        actor: &Actor,
        schema: &Value,
    ) -> Result<TypePlan, SaveTypeError> {
        self.means().plan_type(actor, schema).await
    }

    /// Waits, within bounds, until what is known here is all that was accepted.
    pub(super) async fn caught_up_with_log(&self) {
        let derived = self.0.derived.load_full();
        derived.following.passed(self.0.log.last(), PATIENCE).await;
    }

    /// Waits, within bounds, until whoever acted can read what they wrote.
    pub(super) async fn seen(&self, accepted: Accepted) -> Accepted {
        if !self.applied(accepted.event, PATIENCE).await {
            tracing::warn!(event = accepted.event, "accepted, but not applied here yet");
        }
        accepted
    }
}
