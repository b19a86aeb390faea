//! What readers say is wrong, for those who answer for it.

use super::{Editing, ReadError};
use crate::{
    clock::Timestamp,
    entry::report::{REPORT_CELLS, ReaderReport},
};

impl Editing {
    /// All reports that are kept, the oldest day first. Who may see which is for whoever asks to say.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn reader_reports(&self, now: Timestamp) -> Result<Vec<ReaderReport>, ReadError> {
        let mut found = Vec::new();
        for (_, cell) in self.log().cells(REPORT_CELLS).await? {
            let report = serde_json::from_slice::<ReaderReport>(&cell.value).ok();
            found.extend(report.filter(|_| cell.expires.is_none_or(|at| now < at)));
        }
        found.sort_by_key(|report| (report.day, report.id));
        Ok(found)
    }
}
