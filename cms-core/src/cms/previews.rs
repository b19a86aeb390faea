//! The façade's previews: a draft as readers would get it, for whoever has a token for it.

use std::sync::Arc;

use super::Cms;
use crate::{
    access::{
        Actor,
        token::{Preview, Secret},
    },
    commands::{CommandError, issue_preview::IssuePreview},
    entry::Entry,
    followers::{FollowError, supposing},
    id::{EntryId, TokenId},
    locale::Locale,
    queries::{
        Delivery, ReadError,
        entry::{EntryFound, EntryQuestion},
        media::{MediaAddress, MediaFound},
    },
    store::LogError,
};

impl Cms {
    /// Issues a preview token.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn issue_preview(
        &self,
        actor: &Actor,
        act: IssuePreview,
    ) -> Result<(Preview, Secret), CommandError> {
        self.means().issue_preview(actor, act).await
    }

    /// Revokes a preview token.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn revoke_preview(
        &self,
        actor: &Actor,
        at: (EntryId, &Locale),
        id: TokenId,
    ) -> Result<(), CommandError> {
        self.means().revoke_preview(actor, at, id).await
    }

    /// What a preview token shows: what readers would get, had the draft been published just now, embeds and
    /// references as they are live. `None` when the token is good for nothing.
    ///
    /// # Errors
    /// [`CommandError`] when the store cannot be read.
    pub async fn preview(&self, secret: &Secret) -> Result<Option<EntryFound>, CommandError> {
        self.previewing(secret, |delivery, entry, locale| {
            delivery.entry(&EntryQuestion {
                type_name: &entry.type_name,
                name: &entry.id.to_string(),
                locale,
                explicit: true,
                fallback: false,
                fields: None,
                include: &[],
            })
        })
        .await
    }

    /// What a preview token shows of bytes: those that readers would get, had the draft been published just now.
    ///
    /// # Errors
    /// [`CommandError`] when the store cannot be read.
    pub async fn preview_media(
        &self,
        secret: &Secret,
        (digest, step): (String, String),
    ) -> Result<Option<MediaFound>, CommandError> {
        let look = move |delivery: &Delivery, _: &Entry, _: &Locale| delivery.media(&digest, &step);
        Ok(match self.previewing(secret, look).await? {
            Some(MediaAddress::Found(found)) => Some(found),
            Some(MediaAddress::Gone | MediaAddress::Unknown) | None => None,
        })
    }

    /// Asks readers' tables as they would be. `None` when the token is good for nothing.
    async fn previewing<T: Send + 'static>(
        &self,
        secret: &Secret,
        question: impl FnOnce(&Delivery, &Entry, &Locale) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<Option<T>, CommandError> {
        let editing = self.editing();
        let Some(preview) = editing.preview(secret, self.clock().now()).await? else {
            return Ok(None);
        };
        let Some(entry) = editing.entry(preview.entry)? else { return Ok(None) };
        let events = self.means().supposed_events(&preview).await?;
        let (log, derived) = (Arc::clone(&self.0.log), self.0.derived.load_full());
        let shown = tokio::task::spawn_blocking(move || {
            let reader = supposing(&log, &derived.view, (&[], events)).map_err(unreadable)?;
            question(&derived.delivery.supposing(reader), &entry, &preview.locale)
        });
        let stopped =
            |error: tokio::task::JoinError| unreadable(FollowError::Machine(error.to_string()));
        Ok(Some(shown.await.map_err(stopped)??))
    }
}

pub(super) fn unreadable(error: FollowError) -> ReadError {
    match error {
        FollowError::Log(error) => error.into(),
        FollowError::View(error) => error.into(),
        FollowError::Index(reason) => ReadError::Index(reason),
        FollowError::Machine(reason) => LogError::Unavailable(reason).into(),
    }
}
