//! What the drafts of an import lack before they could be published: what an editor has to do next.

use super::{Import, ImportError, Line, land};
use crate::{
    commands::CommandError,
    content_type::normalise,
    event::Part,
    id::{EntryId, ExternalKey, TypeName},
    violation::Violation,
};

/// The most drafts that are told of.
const MOST: usize = 10_000;

/// A draft that landed, or had landed before, and can't be published as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unready {
    /// The number of its line in the source, from 1.
    pub line: u64,
    /// The type of its entry.
    pub type_name: TypeName,
    /// The entry's key.
    pub key: ExternalKey,
    /// What publishing it would be refused for, with pointers as an act of publishing tells them.
    pub violations: Vec<Violation>,
}

impl Import<'_> {
    /// Notes what a draft lacks, if that is wanted.
    pub(super) async fn note_missing(
        &mut self,
        (number, id): (u64, EntryId),
        line: &Line,
    ) -> Result<(), ImportError> {
        let is_wanted = self.tells_missing && !line.is_published;
        if !is_wanted || self.report.unready.len() >= MOST {
            return Ok(());
        }
        let violations = self.missing(id, line).await?;
        if !violations.is_empty() {
            let (type_name, key) = (line.type_name.clone(), line.key.clone());
            self.report.unready.push(Unready { line: number, type_name, key, violations });
        }
        Ok(())
    }

    async fn missing(&self, id: EntryId, line: &Line) -> Result<Vec<Violation>, ImportError> {
        let means = self.means;
        let entry = means.editing.entry(id)?.ok_or(CommandError::NotFound("entry"))?;
        let content_type = self.types.get(&line.type_name).ok_or(CommandError::NotFound("type"))?;
        let mut fields = line.fields.clone();
        land::resolve(self, content_type, &mut fields)?;
        let shared = match (&line.shared, entry.heads.get(&Part::Shared)) {
            (Some(shared), _) => {
                let mut shared = shared.clone();
                land::resolve(self, content_type, &mut shared)?;
                normalise(shared)
            }
            (None, Some(head)) => means.editing.fields(head.draft.event).await?,
            (None, None) => crate::event::Fields::new(),
        };
        let fields = normalise(fields);
        let to_come = |id: EntryId| self.to_come.contains(&id);
        let of = (&line.locale, &fields, &shared);
        match means.check_locale(&entry, content_type, of, &to_come).await {
            Ok(_) => Ok(Vec::new()),
            Err(CommandError::Invalid(violations)) => Ok(violations),
            Err(other) => Err(other.into()),
        }
    }
}
