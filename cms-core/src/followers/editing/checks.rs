//! What the checks find in a translation, as it was saved.

use super::{reader::Editing, segments::SourceRevision};
use crate::{
    content_type::ContentType,
    entry::Entry,
    event::{Part, Translates},
    followers::ReadError,
    locale::Locale,
    markdown,
    quality::{Findings, Work, check_translation},
};

impl Editing {
    /// What is told of a translation: of its newest revision, or of the one that readers get. Each segment is held
    /// against the text that it is of, so that being outdated is no fault of it; nothing is told of what is of a text
    /// that nobody here knows.
    ///
    /// # Errors
    /// As for all questions here, and when the log cannot be read.
    pub async fn checked(
        &self,
        entry: &Entry,
        kind: &ContentType,
        (locale, live): (&Locale, bool),
    ) -> Result<Findings, ReadError> {
        if *locale == entry.source_locale {
            return Ok(Findings::default());
        }
        let translation = self.translation(entry, kind, (locale, live)).await?;
        if translation.revision == 0 {
            return Ok(Findings::default());
        }
        let of = match translation.translates {
            Some(Translates::Revision(of)) => Some(of),
            Some(Translates::Unknown(_)) | None => None,
        };
        let base = self.source_at(entry, kind, of).await?;
        let head = entry.heads.get(&Part::Locale(entry.source_locale.clone()));
        let shown =
            head.map(|head| head.published().map_or(head.draft.revision, |it| it.saved.revision));
        let shown = self.source_at(entry, kind, shown.filter(|shown| Some(*shown) != of)).await?;
        let glossary = self.glossary().await?;
        let sources: Vec<_> = shown.iter().chain(&base).map(|it| &it.source).collect();
        Ok(check_translation(&Work {
            sources: &sources,
            whole: base.as_ref().map(|base| &base.source),
            said: &translation.said,
            locales: (&entry.source_locale, locale),
            levels: kind.levels(),
            glossary: &glossary,
            codes: markdown::codes,
        }))
    }

    async fn source_at(
        &self,
        entry: &Entry,
        kind: &ContentType,
        revision: Option<u32>,
    ) -> Result<Option<SourceRevision>, ReadError> {
        match revision {
            Some(revision) => self.source_revision(entry, kind, revision).await,
            None => Ok(None),
        }
    }
}
