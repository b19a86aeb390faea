//! `cms translation glossary`: the site's terms as a file, and files of terms into drafts.

use std::{
    collections::BTreeSet,
    fs::File as Disk,
    io::{BufReader, BufWriter, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use cms_core::{
    Cms,
    cms::translations::import::{File as _, ImportTranslationError},
    commands::{CommandError, import_glossary::ImportGlossary},
    exchange::terms::{Format, read},
    id::AgencyId,
    locale::Locale,
};
use cms_server::management::glossary::{GlossaryDocument, recognised};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::import::OnDisk;
use crate::cli::{
    Failure, Global, output,
    remote::{AnswerBody, Server, body_of},
    store,
};

/// The site's terms as a file, and files of terms into drafts.
#[derive(Debug, Args)]
pub(crate) struct GlossaryCommand {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Write the terms: TBX-Basic, or CSV.
    Export(Export),
    /// Take terms in, as drafts: TBX-Basic (version 2 or 3), or CSV. A file in which something is wrong changes nothing.
    Import(Import),
}

/// A format of glossaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// TBX-Basic (ISO 30042).
    Tbx,
    /// CSV, a row for each wording.
    Csv,
}

impl Kind {
    const fn format(self) -> Format {
        match self {
            Self::Tbx => Format::Tbx,
            Self::Csv => Format::Csv,
        }
    }
}

const fn name(format: Format) -> &'static str {
    match format {
        Format::Tbx => "tbx",
        Format::Csv => "csv",
    }
}

#[derive(Debug, Args)]
struct Export {
    /// What the file is to be.
    #[arg(long, value_enum, default_value_t = Kind::Tbx)]
    format: Kind,
    /// Only this locale; may be given more than once.
    #[arg(long = "locale", value_name = "TAG")]
    locales: Vec<Locale>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Import {
    /// The file.
    file: PathBuf,
    /// What it is; without it that is found by its beginning.
    #[arg(long, value_enum)]
    format: Option<Kind>,
    /// Only this locale of the file; may be given more than once.
    #[arg(long = "locale", value_name = "TAG")]
    locales: Vec<Locale>,
    /// The locale that new terms are written in first; without it the site's default.
    #[arg(long, value_name = "TAG")]
    from: Option<Locale>,
    /// Whose new terms are, by the agency's key; without it the site's default agency's.
    #[arg(long)]
    agency: Option<String>,
    /// What stands before the file's ids in the keys of terms.
    #[arg(long, default_value = "")]
    prefix: String,
    /// Only say what would become of it.
    #[arg(long)]
    dry_run: bool,
    /// What is said of it to colleagues.
    #[arg(long)]
    note: Option<String>,
}

impl GlossaryCommand {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        store::runtime(2)?.block_on(async {
            match &self.act {
                Act::Export(export) => export.run(server, global).await,
                Act::Import(import) => import.run(server, global).await,
            }
        })
    }
}

/// Tags with commas between them.
fn listed(locales: &[Locale]) -> String {
    locales.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Export {
    async fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        let made = Disk::create(&self.out)
            .with_context(|| format!("{} can't be made", self.out.display()))?;
        let out = BufWriter::new(made);
        let terms = match server {
            Some(server) => self.fetch(server, out).await?,
            None => self.write(global, out).await?,
        };
        if global.json {
            output::say(json!({ "terms": terms, "file": self.out }));
        } else {
            output::say(format_args!("{terms} terms written to {}", self.out.display()));
        }
        Ok(())
    }

    async fn write(&self, global: &Global, out: BufWriter<Disk>) -> Result<u64, Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let locales: BTreeSet<Locale> = self.locales.iter().cloned().collect();
        let written =
            cms.export_glossary(&administrator, &locales, (self.format.format(), out)).await;
        let (terms, mut out) = written.context("the export stopped")?;
        out.flush().context("the export stopped")?;
        Ok(terms)
    }

    /// Reads what came to its end: HTTP ends a body well whatever happened.
    async fn fetch(&self, server: &Server, mut out: BufWriter<Disk>) -> Result<u64, Failure> {
        let format = self.format.format();
        let mut query = vec![("format", name(format).to_owned())];
        query.extend((!self.locales.is_empty()).then(|| ("locales", listed(&self.locales))));
        let make = |request: RequestBuilder| request.query(&query);
        let answer = server.ask(Method::GET, "/manage/v1/glossary", make).await?;
        let mut body = BufReader::new(AnswerBody::of(answer));
        let path = self.out.clone();
        let keep = move || -> anyhow::Result<u64> {
            std::io::copy(&mut body, &mut out).context("the export was cut short")?;
            out.flush()?;
            let read = read(BufReader::new(Disk::open(&path)?), format);
            let found =
                read.map_err(|fault| anyhow::anyhow!("the export was cut short: {fault}"))?;
            Ok(u64::try_from(found.concepts.len()).unwrap_or(u64::MAX))
        };
        Ok(tokio::task::spawn_blocking(keep).await.context("the export stopped")??)
    }
}

impl Import {
    async fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        let report = match server {
            Some(server) => self.send(server).await?,
            None => self.take(global).await?,
        };
        if global.json {
            output::say(&report);
            return Ok(());
        }
        let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or(0);
        output::say(format_args!(
            "{} terms: {} {}, {} {}, {} unchanged",
            number("terms"),
            number("created"),
            if self.dry_run { "would be made" } else { "made" },
            number("changed"),
            if self.dry_run { "would be changed" } else { "changed" },
            number("unchanged"),
        ));
        Ok(())
    }

    fn format_of(&self, file: &mut OnDisk) -> Result<Format, Failure> {
        match self.format {
            Some(kind) => Ok(kind.format()),
            None => recognised(file)
                .map_err(|error| Failure::No(format!("{}: {error}", self.file.display()))),
        }
    }

    fn agency(&self, cms: &Cms) -> Result<Option<AgencyId>, Failure> {
        let Some(key) = &self.agency else { return Ok(None) };
        let agencies = cms.editing().agencies().context("the store can't be read")?;
        let known = agencies.values().find(|agency| agency.key.as_str() == key);
        let missing = || Failure::No("there is no such agency".to_owned());
        known.map(|agency| Some(agency.id)).ok_or_else(missing)
    }

    async fn take(&self, global: &Global) -> Result<Value, Failure> {
        store::check_exists(&global.data)?;
        let mut file = OnDisk(self.file.clone());
        let format = self.format_of(&mut file)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let act = ImportGlossary {
            agency: self.agency(&cms)?,
            source: self.from.clone(),
            prefix: self.prefix.clone(),
            locales: self.locales.iter().cloned().collect(),
            dry_run: self.dry_run,
            note: self.note.clone(),
        };
        let done = cms.import_glossary(&administrator, (&mut file, format), &act).await;
        let report = GlossaryDocument::from(done.map_err(|error| self.refused(error))?);
        Ok(serde_json::to_value(report).context("no report")?)
    }

    /// Why nothing was taken, each with its line.
    fn refused(&self, error: ImportTranslationError) -> Failure {
        let name = self.file.display();
        match error {
            ImportTranslationError::Fault(fault) => {
                Failure::No(format!("{name}:{}: {}", fault.line, output::said(&fault.violation)))
            }
            ImportTranslationError::File(error) => Failure::No(format!("{name}: {error}")),
            ImportTranslationError::Command(CommandError::Invalid(violations)) => {
                let told = violations.iter().map(|violation| {
                    format!("{name}{}: {}", violation.pointer, output::said(violation))
                });
                Failure::No(told.collect::<Vec<_>>().join("\n"))
            }
            ImportTranslationError::Command(error) => anyhow::Error::new(error).into(),
        }
    }

    async fn send(&self, server: &Server) -> Result<Value, Failure> {
        let mut file = OnDisk(self.file.clone());
        let format = name(self.format_of(&mut file)?);
        let mut query = vec![("format", format.to_owned())];
        query.extend((!self.locales.is_empty()).then(|| ("locales", listed(&self.locales))));
        query.extend(self.from.iter().map(|tag| ("from", tag.to_string())));
        query.extend(self.agency.iter().map(|key| ("agency", key.clone())));
        query.extend((!self.prefix.is_empty()).then(|| ("prefix", self.prefix.clone())));
        query.extend(self.dry_run.then(|| ("dry_run", "true".to_owned())));
        query.extend(self.note.iter().map(|note| ("note", note.clone())));
        let body = body_of(move || file.open());
        let kind = if format == "csv" { "text/csv" } else { "application/x-tbx+xml" };
        let make =
            |request: RequestBuilder| request.query(&query).header("Content-Type", kind).body(body);
        let answer = server.ask(Method::POST, "/manage/v1/glossary", make).await?;
        Ok(answer.json().await.context("the answer was cut short")?)
    }
}
