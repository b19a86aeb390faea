//! Says that a reader's report is seen to: it is gone.

use super::{CommandError, Means};
use crate::{
    access::Actor,
    entry::report::{REPORT_CELLS, ReaderReport},
    event::Part,
    followers::ReadError,
    id::TokenId,
};

impl Means {
    /// Resolves a report. It takes what commenting on the page takes.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none that the actor may see.
    pub async fn resolve_report(&self, actor: &Actor, id: TokenId) -> Result<(), CommandError> {
        let missing = || CommandError::NotFound("report");
        let cell = format!("{REPORT_CELLS}{id}");
        let found = self.log.cell(&cell).await.map_err(ReadError::from)?.ok_or_else(missing)?;
        let report: ReaderReport = serde_json::from_slice(&found.value).map_err(|_| missing())?;
        self.discussed(actor, report.entry, &Part::Locale(report.locale))?;
        // Removed by another meanwhile is as good.
        self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
        tracing::info!(report = %id, entry = %report.entry, by = %actor.account, "a report was seen to");
        Ok(())
    }
}
