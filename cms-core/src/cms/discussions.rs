//! The façade's comments, reports and segments: what is said of content, among colleagues, by readers and by translators.

use super::{ATTEMPTS, Cms, acts::decided};
use crate::{
    access::Actor,
    commands::{
        Accepted, CommandError,
        assign_comment::AssignComment,
        comment::MakeComment,
        report_page::{ReportPage, Reported},
        resolve_comment::ResolveComment,
        save_segments::{SaveSegments, Saved},
    },
    id::{CommentId, TokenId},
    queries::{
        ReadError,
        segments::{Asked, SegmentTable, segments},
    },
};

impl Cms {
    /// Says something about an entry to colleagues.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn comment(
        &self,
        actor: &Actor,
        act: MakeComment,
    ) -> Result<(CommentId, Accepted), CommandError> {
        let done = decided!(self, means => means.comment(actor, act.clone()))?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Says who is to see to a comment.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn assign_comment(
        &self,
        actor: &Actor,
        act: AssignComment,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.assign_comment(actor, act))?;
        Ok(self.seen(done).await)
    }

    /// Resolves a comment, or opens it again.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn resolve_comment(
        &self,
        actor: &Actor,
        act: ResolveComment,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.resolve_comment(actor, act))?;
        Ok(self.seen(done).await)
    }

    /// Keeps what a reader says is wrong with a page.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn report_page(&self, act: ReportPage) -> Result<Reported, CommandError> {
        self.means().report_page(&self.0.reports, act).await
    }

    /// Says that a reader's report is seen to.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none that the actor may see.
    pub async fn resolve_report(&self, actor: &Actor, id: TokenId) -> Result<(), CommandError> {
        self.means().resolve_report(actor, id).await
    }

    /// Saves segments of a translation.
    ///
    /// # Errors
    /// [`CommandError`]; segments that are refused are no error: they are in the answer.
    pub async fn save_segments(
        &self,
        actor: &Actor,
        act: SaveSegments,
    ) -> Result<Saved, CommandError> {
        let done = decided!(self, means => means.save_segments(actor, act.clone()))?;
        self.seen(Accepted { event: done.event, revision: done.revision }).await;
        Ok(done)
    }

    /// A translation beside its source, segment by segment. Who may ask is the caller's business.
    ///
    /// # Errors
    /// [`ReadError`] when the view or the log cannot be read.
    pub async fn segments(&self, asked: Asked<'_>) -> Result<Option<SegmentTable>, ReadError> {
        segments((&self.delivery(), &self.editing()), asked).await
    }
}
