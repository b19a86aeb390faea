//! `cms translation export`: segments as a file.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use cms_core::{queries::translation_export::Format, translation::memory::Direction};
use reqwest::Method;
use serde_json::json;

use super::wanted::Wanted;
use crate::cli::{
    Failure, Global, output,
    remote::{AnswerBody, Server},
    store,
};

/// Write segments for translators.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    wanted: Wanted,
    /// What the file is to be.
    #[arg(long, value_enum, default_value_t = Kind::Xliff)]
    format: Kind,
    /// Only segments that are missing, outdated or not done.
    #[arg(long)]
    open: bool,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A format that goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// XLIFF 2.1.
    Xliff,
    /// PO (gettext).
    Po,
    /// The translation memory, as TMX 1.4b.
    Tmx,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Xliff => "xliff",
            Self::Po => "po",
            Self::Tmx => "tmx",
        }
    }
}

impl Export {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.fetch(server, global).await,
                None => self.write(global).await,
            }
        })
    }

    async fn write(&self, global: &Global) -> Result<(), Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let wanted = self.wanted.of(&cms, self.open)?;
        let out = BufWriter::new(created(&self.out)?);
        let format = match self.format {
            Kind::Xliff => Format::Xliff,
            Kind::Po => Format::Po,
            Kind::Tmx => {
                cms.all_remembered().await;
                let direction =
                    Direction { source: wanted.languages.source, target: wanted.languages.target };
                let written = cms.export_memory(&administrator, &direction, out);
                let (pairs, mut out) = written.context("the export stopped")?;
                out.flush().context("the export stopped")?;
                if global.json {
                    output::say(json!({ "pairs": pairs, "file": self.out }));
                } else {
                    output::say(format_args!("{pairs} pairs written to {}", self.out.display()));
                }
                return Ok(());
            }
        };
        cms.all_remembered().await;
        let written = cms.export_translations(&administrator, &wanted, (format, out)).await;
        let (counts, mut out) = written.context("the export stopped")?;
        out.flush().context("the export stopped")?;
        if global.json {
            output::say(json!({
                "entries": counts.entries, "segments": counts.segments, "words": counts.words,
                "file": self.out,
            }));
        } else {
            output::say(format_args!(
                "{} segments ({} words) of {} entries written to {}",
                counts.segments,
                counts.words,
                counts.entries,
                self.out.display()
            ));
        }
        Ok(())
    }

    async fn fetch(&self, server: &Server, global: &Global) -> Result<(), Failure> {
        let mut query = self.wanted.query();
        query.push(("format", self.format.name().to_owned()));
        query.extend(self.open.then(|| ("open", "true".to_owned())));
        let path = "/manage/v1/translations/export";
        let answer = server.ask(Method::GET, path, |request| request.query(&query)).await?;
        let mut body = BufReader::new(AnswerBody::of(answer));
        let (path, format) = (self.out.clone(), self.format);
        let write = move || -> anyhow::Result<u64> {
            let mut out = BufWriter::new(created(&path)?);
            let bytes = io::copy(&mut body, &mut out).context("the export was cut short")?;
            out.flush()?;
            drop(out);
            check_end(&path, format)?;
            Ok(bytes)
        };
        let written = tokio::task::spawn_blocking(write).await.context("the export stopped")?;
        let bytes = written?;
        if global.json {
            output::say(json!({ "bytes": bytes, "file": self.out }));
        } else {
            output::say(format_args!("{bytes} bytes written to {}", self.out.display()));
        }
        Ok(())
    }
}

fn created(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("{} can't be made", path.display()))
}

/// Whether a file has its end: HTTP ends a body well whatever happened.
fn check_end(path: &Path, format: Kind) -> anyhow::Result<()> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let end = match format {
        Kind::Xliff => "</xliff>",
        Kind::Tmx => "</tmx>",
        Kind::Po => return Ok(()),
    };
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(64)))?;
    let mut last = String::new();
    file.read_to_string(&mut last).ok();
    anyhow::ensure!(last.contains(end), "the export was cut short: its end is missing");
    Ok(())
}
