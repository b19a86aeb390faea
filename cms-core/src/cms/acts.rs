//! The façade's acts: one method each. An act is decided anew when what it rests on has moved, and answers
//! when whoever acted can read what they wrote.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::{ATTEMPTS, Cms, PATIENCE};
use crate::{
    access::Actor,
    clock::Timestamp,
    commands::{
        Accepted, CommandError,
        approve::Approve,
        configure_locale::ConfigureLocale,
        configure_site::ConfigureSite,
        create_entry::CreateEntry,
        discard::Discard,
        duplicate_entry::DuplicateEntry,
        move_entry::MoveEntry,
        publish::Publish,
        request_changes::RequestChanges,
        roll_back::RollBack,
        save_agency::SaveAgency,
        save_draft::SaveDraft,
        save_type::{SaveTypeError, TypePlan},
        schedule::ScheduleAct,
        submit::Submit,
        unpublish::Unpublish,
        unschedule::Unschedule,
    },
    followers::{ReadError, editing::reader::Overdue},
    id::{AgencyId, EntryId, OpId},
};

/// How late something that was scheduled may be before it is called overdue, in milliseconds: whoever looks next lets it
/// happen, and somebody looks twice a second.
const LATE: i64 = 10_000;
/// How many overdue things are counted.
const OVERDUE: usize = 1_000;

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

    /// Makes an entry with the drafts of another.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn duplicate_entry(
        &self,
        actor: &Actor,
        act: DuplicateEntry,
    ) -> Result<(EntryId, Accepted), CommandError> {
        let done = decided!(self, means => means.duplicate_entry(actor, act.clone()))?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Moves an entry to another agency.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn move_entry(
        &self,
        actor: &Actor,
        act: MoveEntry,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.move_entry(actor, act.clone()))?;
        Ok(self.seen(done).await)
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
        let bytes = self.bytes_of(entry)?;
        let done = decided!(self, means => means.erase(actor, entry))?;
        let done = self.seen(done).await;
        // What can't be let go of now is collected later.
        if let Err(error) = self.let_go(bytes).await {
            tracing::warn!(%error, %entry, "the bytes of an erased asset stay for now");
        }
        Ok(done)
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

    /// Adds a locale to the site, or changes one.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn configure_locale(
        &self,
        actor: &Actor,
        act: ConfigureLocale,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.configure_locale(actor, act.clone()))?;
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

    /// Submits a draft for review.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn submit(&self, actor: &Actor, act: Submit) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.submit(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Asks for changes of a draft.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn request_changes(
        &self,
        actor: &Actor,
        act: RequestChanges,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.request_changes(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Approves a draft.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn approve(&self, actor: &Actor, act: Approve) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.approve(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Discards a draft.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn discard(&self, actor: &Actor, act: Discard) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.discard(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Saves a revision that is equal to an old one.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn roll_back(&self, actor: &Actor, act: RollBack) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.roll_back(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Schedules a publication or a withdrawal.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn schedule(
        &self,
        actor: &Actor,
        act: ScheduleAct,
    ) -> Result<(OpId, Accepted), CommandError> {
        let done = decided!(self, means => means.schedule(actor, act.clone()))?;
        self.seen(done.1).await;
        self.look_at_due()?;
        Ok(done)
    }

    /// Takes a schedule back.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn unschedule(
        &self,
        actor: &Actor,
        act: Unschedule,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.unschedule(actor, act.clone()))?;
        let done = self.seen(done).await;
        self.look_at_due()?;
        Ok(done)
    }

    /// When something that was scheduled is to happen next, as far as is known here.
    pub fn next_due(&self) -> Option<Timestamp> {
        let at = self.0.next_due.load(Ordering::Acquire);
        (at != i64::MAX).then(|| Timestamp::from_millis(at))
    }

    /// Whether the time of something that was scheduled has come. Cheap: every request asks.
    pub fn is_due(&self) -> bool {
        self.next_due().is_some_and(|at| at <= self.clock().now())
    }

    /// Lets happen what was scheduled and whose time has come, and waits until readers see it. Answers how
    /// much that was.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses; it is tried again when somebody asks again.
    pub async fn apply_due(&self) -> Result<u64, CommandError> {
        let _one_at_a_time = self.0.applying.lock().await;
        let mut done = 0;
        while let Some(event) = decided!(self, means => means.apply_due())? {
            self.applied(event, PATIENCE).await;
            done += 1;
        }
        self.look_at_due()?;
        Ok(done)
    }

    /// What was to happen more than a few seconds ago and has not: the store refuses it.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn overdue(&self) -> Result<Overdue, ReadError> {
        self.editing().overdue(self.clock().now().plus_millis(-LATE), OVERDUE)
    }

    /// Looks when something is to happen next.
    pub(super) fn look_at_due(&self) -> Result<(), CommandError> {
        let next = self.editing().next_due()?.map_or(i64::MAX, |(at, _)| at.millis());
        self.0.next_due.store(next, Ordering::Release);
        Ok(())
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
