//! The façade's comments and reports: what is said of content, among colleagues and by readers.

use super::{ATTEMPTS, Cms, acts::decided};
use crate::{
    access::Actor,
    commands::{
        Accepted, CommandError,
        assign_comment::AssignComment,
        comment::MakeComment,
        report_page::{ReportPage, Reported},
        resolve_comment::ResolveComment,
    },
    id::{CommentId, TokenId},
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
}
