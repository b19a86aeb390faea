//! `cms export`: the content as import lines, one file for each type.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    asset,
    id::TypeName,
    queries::{ReadError, export::ExportLine},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global,
    blobs::{self, Side},
    output,
    remote::{AnswerBody, Remote, Server},
    store,
};

/// Write all content as import lines: one file for each type, the same bytes for the same content; and the files of
/// assets beside them, in `media/`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The directory to write to; made if it isn't there.
    directory: PathBuf,
    /// Drafts, too: those that are newer than what readers get, and those that readers never got.
    #[arg(long)]
    drafts: bool,
    #[command(flatten)]
    remote: Remote,
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
        let server = self.remote.server()?;
        let (lines, copied) = store::runtime(2)?.block_on(async {
            if let Some(server) = server {
                let lines = self.fetch(&server).await?;
                let copied = self.copy_files(Side::Server(&server), global.json).await?;
                return Ok::<_, Failure>((lines, copied));
            }
            store::check_exists(&global.data)?;
            let cms = store::open(&global.data, global).await?;
            let mut files = Files::new(&self.directory);
            let mut write = |line: ExportLine| files.write(line.type_name.as_str(), &line.text);
            cms.editing()
                .export::<ExportError>(self.drafts, &mut write)
                .await
                .context("the export stopped")?;
            let lines = files.finish().context("the export stopped")?;
            let actor = store::administrator(&cms)?;
            let copied = self.copy_files(Side::Store(&cms, &actor), global.json).await?;
            Ok((lines, copied))
        })?;
        if global.json {
            output::say(json!({ "lines": lines, "files": copied, "directory": self.directory }));
        } else {
            output::say(format_args!("{lines} lines written to {}", self.directory.display()));
            if copied > 0 {
                output::say(format_args!(
                    "{copied} files of assets written beside them, in media/"
                ));
            }
        }
        Ok(())
    }

    /// Copies the files that the lines name and that aren't there yet.
    async fn copy_files(&self, from: Side<'_>, as_json: bool) -> Result<u64, Failure> {
        let lines = self.directory.join(format!("{}.jsonl", asset::TYPE));
        blobs::copy_out(from, &blobs::named(&[lines]), &self.directory, as_json).await
    }

    /// Fetches the lines of a running server.
    async fn fetch(&self, server: &Server) -> Result<u64, Failure> {
        let path = if self.drafts { "/manage/v1/export?drafts=true" } else { "/manage/v1/export" };
        let answer = server.ask(Method::GET, path, |request| request).await?;
        let body = BufReader::new(AnswerBody::of(answer));
        let mut files = Files::new(&self.directory);
        let write = move || -> anyhow::Result<u64> {
            for line in body.lines() {
                let line = line.context("the export was cut short")?;
                if line.is_empty() {
                    return Ok(files.finish()?);
                }
                let value: Value = serde_json::from_str(&line).context("a line is no JSON")?;
                let name = value.get("type").and_then(Value::as_str).map(TypeName::parse);
                let name = name.and_then(Result::ok).context("a line has no type")?;
                files.write(name.as_str(), &line)?;
            }
            anyhow::bail!("the export was cut short: its end is missing")
        };
        let written = tokio::task::spawn_blocking(write).await.context("the export stopped")?;
        Ok(written?)
    }
}

/// One file for each type, one after the other.
struct Files {
    directory: PathBuf,
    open: Option<(String, BufWriter<File>)>,
    lines: u64,
}

impl Files {
    fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), open: None, lines: 0 }
    }

    fn write(&mut self, type_name: &str, line: &str) -> Result<(), ExportError> {
        if self.open.as_ref().is_none_or(|(name, _)| name != type_name) {
            self.close()?;
            let path = self.directory.join(format!("{type_name}.jsonl"));
            self.open = Some((type_name.to_owned(), BufWriter::new(File::create(path)?)));
        }
        if let Some((_, file)) = &mut self.open {
            writeln!(file, "{line}")?;
        }
        self.lines += 1;
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |(_, mut file)| file.flush())
    }

    /// How many lines were written.
    fn finish(mut self) -> Result<u64, ExportError> {
        self.close()?;
        Ok(self.lines)
    }
}
