//! The façade's glossary: out as a file, in as drafts.

use std::{collections::BTreeSet, io};

use super::{
    ATTEMPTS, Cms,
    acts::decided,
    translations::import::{File, ImportTranslationError},
};
use crate::{
    access::Actor,
    commands::{
        Accepted, CommandError,
        import_glossary::{GlossaryReport, ImportGlossary},
    },
    exchange::terms::{self, Format},
    locale::Locale,
    queries::{glossary_export::export_glossary, translation_export::ExportError},
};

impl Cms {
    /// Writes the newest drafts of the terms that the actor may read, in some locales or in all; answers how many terms.
    ///
    /// # Errors
    /// [`ExportError`]; what was written until then is no whole file.
    pub async fn export_glossary<W: io::Write + Send>(
        &self,
        actor: &Actor,
        locales: &BTreeSet<Locale>,
        out: (Format, W),
    ) -> Result<(u64, W), ExportError> {
        export_glossary(&self.editing(), actor, locales, out).await
    }

    /// Takes a glossary in: each term whose draft would be another is saved, one append each.
    ///
    /// # Errors
    /// [`ImportTranslationError`]; where the file can't be read, or something in it is wrong, nothing of it was taken.
    pub async fn import_glossary(
        &self,
        actor: &Actor,
        (file, format): (&mut dyn File, Format),
        act: &ImportGlossary,
    ) -> Result<GlossaryReport, ImportTranslationError> {
        let found = terms::read(file.open()?, format)?;
        let plan = self.means().plan_glossary(actor, act, &found).await?;
        drop(found);
        let mut report = GlossaryReport::default();
        for planned in plan {
            report.terms += 1;
            match (planned.is_done(), planned.is_new()) {
                (true, _) => report.unchanged += 1,
                (false, true) => report.created += 1,
                (false, false) => report.changed += 1,
            }
            if !planned.is_done() && !act.dry_run {
                let note = act.note.as_deref();
                report.event = decided!(self, means => means.save_term(actor, &planned, note))?;
            }
        }
        if report.event > 0 {
            self.seen(Accepted { event: report.event, revision: 0 }).await;
        }
        Ok(report)
    }
}
