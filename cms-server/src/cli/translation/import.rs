//! `cms translation import`: files that come back.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use cms_core::{
    cms::translations::import::{File, ImportTranslation, ImportTranslationError},
    locale::Locale,
    queries::translation_export::Format,
};
use cms_server::management::exchange::ImportedDocument;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::cli::{
    Failure, Global, output,
    remote::{Server, body_of},
    store,
};

/// Take in files that come back.
///
/// Ends with 3 when segments were refused; the others are taken all the same.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What they are; without it that is found by their beginning.
    #[arg(long, value_enum)]
    format: Option<Kind>,
    /// Only say what would become of them.
    #[arg(long)]
    dry_run: bool,
    /// What is said of it to colleagues.
    #[arg(long)]
    note: Option<String>,
}

/// A format that comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// XLIFF 2.0, 2.1 or 2.2.
    Xliff,
    /// PO (gettext).
    Po,
}

/// A file on this machine.
pub(super) struct OnDisk(pub(super) PathBuf);

impl File for OnDisk {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        Ok(Box::new(BufReader::with_capacity(1 << 18, fs::File::open(&self.0)?)))
    }
}

impl Import {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        let reports = store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.send(server).await,
                None => self.take(global).await,
            }
        })?;
        let number =
            |report: &Value, name: &str| report.get(name).and_then(Value::as_u64).unwrap_or(0);
        let refused: u64 = reports.iter().map(|(_, report)| number(report, "refused")).sum();
        if global.json {
            let told: Vec<Value> = reports
                .into_iter()
                .map(|(file, mut report)| {
                    if let Some(members) = report.as_object_mut() {
                        members.insert("file".to_owned(), json!(file));
                    }
                    report
                })
                .collect();
            output::say(json!({ "data": told }));
        } else {
            for (file, report) in &reports {
                say_refused(file, report);
                output::say(format_args!(
                    "{}: {} segments: {} {}, {} unchanged, {} without a translation, {} refused",
                    file.display(),
                    number(report, "segments"),
                    number(report, "taken"),
                    if self.dry_run { "would be taken" } else { "taken" },
                    number(report, "unchanged"),
                    number(report, "empty"),
                    number(report, "refused"),
                ));
            }
        }
        if refused > 0 {
            return Err(Failure::No(format!("{refused} segments were refused")));
        }
        Ok(())
    }

    async fn take(&self, global: &Global) -> Result<Vec<(PathBuf, Value)>, Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let mut reports = Vec::new();
        for path in &self.files {
            let mut file = OnDisk(path.clone());
            let act = ImportTranslation {
                format: self.format_of(&mut file)?,
                dry_run: self.dry_run,
                note: self.note.clone(),
            };
            let done = cms.import_translation(&administrator, &mut file, &act).await;
            let report = done.map_err(|error| match error {
                ImportTranslationError::Fault(fault) => Failure::No(format!(
                    "{}:{}: {}",
                    path.display(),
                    fault.line,
                    output::said(&fault.violation)
                )),
                ImportTranslationError::File(error) => {
                    Failure::No(format!("{}: {error}", path.display()))
                }
                ImportTranslationError::Command(error) => anyhow::Error::new(error).into(),
            })?;
            let told = ImportedDocument::of(report, &Locale::english());
            reports.push((path.clone(), serde_json::to_value(told).context("no report")?));
        }
        Ok(reports)
    }

    fn format_of(&self, file: &mut OnDisk) -> Result<Format, Failure> {
        match self.format {
            Some(Kind::Xliff) => Ok(Format::Xliff),
            Some(Kind::Po) => Ok(Format::Po),
            None => {
                let name = file.0.display().to_string();
                let mut begins =
                    file.open().map_err(|error| Failure::No(format!("{name}: {error}")))?;
                let bytes = begins.fill_buf().context("the file can't be read")?;
                let first = bytes.iter().find(|byte| byte.is_ascii_graphic());
                Ok(if first == Some(&b'<') { Format::Xliff } else { Format::Po })
            }
        }
    }

    async fn send(&self, server: &Server) -> Result<Vec<(PathBuf, Value)>, Failure> {
        let mut reports = Vec::new();
        for path in &self.files {
            let mut file = OnDisk(path.clone());
            let format = match self.format_of(&mut file)? {
                Format::Xliff => ("xliff", "application/xliff+xml"),
                Format::Po => ("po", "text/x-gettext-translation"),
            };
            let mut query = vec![("format", format.0.to_owned())];
            query.extend(self.dry_run.then(|| ("dry_run", "true".to_owned())));
            query.extend(self.note.iter().map(|note| ("note", note.clone())));
            let body = body_of(move || file.open());
            let make = |request: RequestBuilder| {
                request.query(&query).header("Content-Type", format.1).body(body)
            };
            let answer = server.ask(Method::POST, "/manage/v1/translations/import", make).await?;
            let report: Value = answer.json().await.context("the answer was cut short")?;
            reports.push((path.clone(), report));
        }
        Ok(reports)
    }
}

fn say_refused(file: &std::path::Path, report: &Value) {
    for one in report.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        let line = one.get("line").and_then(Value::as_u64).unwrap_or(0);
        for fault in one.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let said = |name: &str| fault.get(name).and_then(Value::as_str).unwrap_or_default();
            output::say(format_args!(
                "{}:{line}: {} {}: {} ({})",
                file.display(),
                text("entry"),
                text("segment"),
                said("detail"),
                said("code")
            ));
        }
    }
}
