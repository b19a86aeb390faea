//! `cms export`: the content as import lines, one file for each type.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    id::TypeName,
    queries::{ReadError, export::ExportLine},
};

use super::{Failure, Global, output, store};

/// Write all content as import lines: one file for each type, the same bytes for the same content.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The directory to write to; made if it isn't there.
    directory: PathBuf,
    /// Drafts, too: those that are newer than what readers get, and those that readers never got.
    #[arg(long)]
    drafts: bool,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl Export {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        fs::create_dir_all(&self.directory)
            .with_context(|| format!("{} can't be made", self.directory.display()))?;
        let lines = store::runtime(2)?.block_on(async {
            let cms = store::open(&global.data, global).await?;
            Ok::<_, Failure>(self.write(&cms).await.context("the export stopped")?)
        })?;
        output::say(format_args!("{lines} lines written to {}", self.directory.display()));
        Ok(())
    }

    async fn write(&self, cms: &cms_core::Cms) -> Result<u64, ExportError> {
        let mut lines = 0;
        let mut file: Option<(TypeName, BufWriter<File>)> = None;
        let mut write = |line: ExportLine| -> Result<(), ExportError> {
            if file.as_ref().is_none_or(|(name, _)| *name != line.type_name) {
                if let Some((_, mut done)) = file.take() {
                    done.flush()?;
                }
                let path = self.directory.join(format!("{}.jsonl", line.type_name));
                file = Some((line.type_name, BufWriter::new(File::create(path)?)));
            }
            if let Some((_, file)) = &mut file {
                writeln!(file, "{}", line.text)?;
            }
            lines += 1;
            Ok(())
        };
        cms.editing().export(self.drafts, &mut write).await?;
        if let Some((_, mut done)) = file {
            done.flush()?;
        }
        Ok(lines)
    }
}
