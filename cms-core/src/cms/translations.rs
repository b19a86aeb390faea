//! The façade's translations: what goes out and comes back as files, the memory, and what fills gaps.

use std::{io, time::Duration};

use self::{
    import::{File, ImportTranslation, ImportTranslationError, Report, batches},
    pretranslate::{Filled, Pretranslate, PretranslateError, Sources},
};
use super::{ATTEMPTS, Cms, PATIENCE, acts::decided};
use crate::{
    access::Actor,
    commands::{
        Accepted, CommandError,
        import_memory::{self, ImportMemory},
    },
    exchange::{
        Languages,
        tmx::{self, Pair as TmxPair, TmxWriter},
    },
    id::AgencyId,
    locale::Locale,
    queries::{
        ReadError,
        aids::{self, Aids},
        memory::Recollection,
        segments::SegmentTable,
        translation_export::{
            Counts, ExportError, Format, From, Wanted, coded, export_translations,
        },
    },
    segment::SegmentKind,
    translation::{machine::Provider, memory::Direction},
};

pub mod import;
pub mod pretranslate;

impl Cms {
    /// What was translated before.
    pub fn recollection(&self) -> Recollection {
        self.derived().recollection.clone()
    }

    /// What helps with each row of a translation into a locale: what was translated before, and what things are called.
    /// Asks the index often: not on a thread that serves readers.
    ///
    /// # Errors
    /// [`ReadError`] when the index, the view or the log can't be read.
    pub async fn aids(
        &self,
        actor: &Actor,
        table: &SegmentTable,
        locale: &Locale,
    ) -> Result<Vec<Aids>, ReadError> {
        let (memory, glossary) = (self.recollection(), self.editing().glossary().await?);
        let from = aids::From { memory: &memory, glossary: &glossary };
        let languages = Languages { source: table.source_locale.clone(), target: locale.clone() };
        aids::aids(from, actor, table, &languages)
    }

    /// Waits until the memory knows an event; `false` when the limit came first.
    pub async fn remembered(&self, event: u64, limit: Duration) -> bool {
        let derived = self.0.derived.load_full();
        derived.memory.passed(event, limit).await
    }

    /// Writes the segments of translations that are wanted and that the actor may read.
    ///
    /// # Errors
    /// [`ExportError`]; what was written until then is no whole file.
    pub async fn export_translations<W: io::Write + Send>(
        &self,
        actor: &Actor,
        wanted: &Wanted,
        (format, out): (Format, W),
    ) -> Result<(Counts, W), ExportError> {
        let (delivery, editing, memory) = (self.delivery(), self.editing(), self.recollection());
        let glossary = editing.glossary().await?;
        let from =
            From { delivery: &delivery, editing: &editing, memory: &memory, glossary: &glossary };
        export_translations(from, actor, wanted, (format, out)).await
    }

    /// Takes in a file of segments that comes back: entry by entry, whatever still fits.
    ///
    /// # Errors
    /// [`ImportTranslationError`]; where the file can't be read, nothing of it was taken.
    pub async fn import_translation(
        &self,
        actor: &Actor,
        file: &mut dyn File,
        act: &ImportTranslation,
    ) -> Result<Report, ImportTranslationError> {
        let languages = self.means().check_translation((file, act.format))?;
        let mut report = Report { languages: Some(languages.clone()), ..Report::default() };
        let delivery = self.delivery();
        let mut batches = batches(file.open()?, act.format);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            let of = (&batch, &languages, act);
            let done = decided!(self, means => means.import_translation(&delivery, actor, of));
            let done = done?;
            if done.event > 0 {
                self.seen(Accepted { event: done.event, revision: 0 }).await;
            }
            report.add(done);
        }
        Ok(report)
    }

    /// Fills a translation's gaps from the memory and, if one is given, from a machine.
    ///
    /// # Errors
    /// [`PretranslateError`]: nothing was saved.
    pub async fn pretranslate(
        &self,
        actor: &Actor,
        act: &Pretranslate,
        provider: Option<&dyn Provider>,
    ) -> Result<Filled, PretranslateError> {
        let (delivery, memory) = (self.delivery(), self.recollection());
        let sources = Sources { delivery: &delivery, memory: &memory, provider };
        let mut attempt = 1;
        loop {
            match self.means().pretranslate(sources, actor, act).await {
                Err(PretranslateError::Command(CommandError::Conflict(_)))
                    if attempt < ATTEMPTS =>
                {
                    attempt += 1;
                    self.caught_up_with_log().await;
                }
                Ok(filled) => {
                    if filled.event > 0 {
                        self.seen(Accepted { event: filled.event, revision: 0 }).await;
                    }
                    return Ok(filled);
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// Writes what the actor may see of the memory of a direction, as TMX; answers how many pairs.
    ///
    /// # Errors
    /// [`ExportError`]; what was written until then is no whole file.
    pub fn export_memory<W: io::Write>(
        &self,
        actor: &Actor,
        direction: &Direction,
        out: W,
    ) -> Result<(u64, W), ExportError> {
        let memory = self.recollection();
        let mut tmx = TmxWriter::new(out, &direction.source, &direction.target)?;
        let (mut pairs, mut failed) = (0, None);
        let read = memory.index().each(direction, &mut |pair| {
            let outcome = memory.may_see(actor, direction, &pair).map_err(ExportError::from);
            let outcome = outcome.and_then(|may| {
                if may {
                    pairs += 1;
                    tmx.pair(&TmxPair {
                        context: Some(memory.told(&pair)),
                        source: coded(SegmentKind::Paragraph, &pair.source),
                        target: coded(SegmentKind::Paragraph, &pair.target),
                        at: Some(pair.at),
                    })?;
                }
                Ok(())
            });
            failed = outcome.err();
            failed.is_none()
        });
        read.map_err(|error| ReadError::Index(error.to_string()))?;
        match failed {
            Some(error) => Err(error),
            None => Ok((pairs, tmx.finish()?)),
        }
    }

    /// Takes a TMX of elsewhere into an agency's memory; answers how many pairs, and the last event.
    ///
    /// # Errors
    /// [`ImportTranslationError`]; where the file can't be read, nothing of it was taken.
    pub async fn import_memory(
        &self,
        actor: &Actor,
        file: &mut dyn File,
        act: &ImportMemory,
    ) -> Result<(u64, u64), ImportTranslationError> {
        self.means().check_memory(actor, act)?;
        // Once to its end, before anything of it is taken.
        let languages = (&act.direction.source, &act.direction.target);
        tmx::read(file.open()?, languages, &mut |_| Ok(()))?;
        let (mut count, mut event) = (0, 0);
        let mut pieces = import_memory::pieces(file.open()?, &act.direction);
        while let Some(piece) = pieces.recv().await {
            let piece = piece?;
            if piece.is_empty() {
                continue;
            }
            count += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            event = self.means().import_memory(actor, act, piece).await?;
        }
        if event > 0 {
            self.seen(Accepted { event, revision: 0 }).await;
        }
        Ok((count, event))
    }

    /// Takes what was imported for an agency under a name out of the memory; answers the event.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn forget_memory(
        &self,
        actor: &Actor,
        (agency, name): (AgencyId, &str),
    ) -> Result<u64, CommandError> {
        let of = (agency, name);
        let event = decided!(self, means => means.forget_memory(actor, of))?;
        self.seen(Accepted { event, revision: 0 }).await;
        Ok(event)
    }

    /// Waits until the memory knows all that was accepted so far, as long as it goes on; `false` when it has stopped.
    pub async fn all_remembered(&self) -> bool {
        let last = self.0.log.last();
        let mut before = u64::MAX;
        loop {
            if self.remembered(last, PATIENCE).await {
                return true;
            }
            let derived = self.0.derived.load_full();
            let progress = derived.memory.progress();
            if progress.applied == before || progress.failed.is_some() {
                return false;
            }
            before = progress.applied;
        }
    }
}
