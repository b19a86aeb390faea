//! `cms import`: takes in lines, each a revision.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use cms_core::{
    commands::import::{ImportOptions, ImportReport, Lines, line::LocaleMap},
    locale::Locale,
    violation::Violation,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Failure, Global, output, store};

mod corpus;

/// Take in lines, each a revision: published or not, resumable, and the same lines twice change nothing.
///
/// Ends with 3 when lines were refused; the others have landed all the same, unless with `--atomic`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files, one JSON object a line.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the lines are.
    #[arg(long, value_enum, default_value_t = Format::Lines)]
    format: Format,
    /// Keep all lines out when one is refused.
    #[arg(long)]
    atomic: bool,
    /// Read a locale as another: `--map-locale me-ME=sr-ME`.
    #[arg(long, value_name = "TAG=TAG", value_parser = mapping)]
    map_locale: Vec<(String, Locale)>,
}

/// What lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Import lines, as `cms export` writes them.
    Lines,
    /// Pages and organisations of a corpus, one JSON object each.
    CorpusJsonl,
}

fn mapping(text: &str) -> Result<(String, Locale), String> {
    let (from, to) = text.split_once('=').ok_or("it must be TAG=TAG")?;
    Ok((from.to_owned(), Locale::parse(to).map_err(|error| error.to_string())?))
}

impl Import {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let locale_map: LocaleMap = self.map_locale.iter().cloned().collect();
        let options = ImportOptions { atomic: self.atomic, locale_map };
        let bar = bar(global.json);
        let report = store::runtime(2)?.block_on(async {
            let cms = store::open(&global.data, global).await?;
            let administrator = cms.administrator().context("the store can't be read")?;
            let administrator = administrator.context("the store has no administrator")?;
            let mut lines: Box<dyn Lines> = match self.format {
                Format::Lines => Box::new(Files(self.files.clone())),
                Format::CorpusJsonl => Box::new(corpus::Corpus::read(&self.files)?),
            };
            let progress = |done, total| {
                bar.set_length(total);
                bar.set_position(done);
            };
            let report = cms.import(&administrator, &mut *lines, &options, &progress).await;
            let report = report.context("the import stopped; what had landed stays")?;
            bar.set_message("making lists ready");
            if !cms.settled().await {
                return Err(Failure::No(
                    "the lines have landed, but aren't made ready yet".to_owned(),
                ));
            }
            Ok(report)
        })?;
        bar.finish_and_clear();
        tell(&report, global.json);
        if report.refused.is_empty() {
            return Ok(());
        }
        let kept_out = if report.kept_out { "; nothing has landed" } else { "" };
        Err(Failure::No(format!(
            "{} of {} lines were refused{kept_out}",
            report.refused.len(),
            report.lines
        )))
    }
}

/// A progress bar with a rate, on the terminal.
fn bar(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = "{bar:40} {pos}/{len} lines, {per_sec}, {eta} left {msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Says what became of the lines.
fn tell(report: &ImportReport, as_json: bool) {
    if as_json {
        let refused: Vec<_> = report
            .refused
            .iter()
            .map(|refused| json!({"line": refused.line, "errors": refused.violations}))
            .collect();
        output::say(json!({
            "lines": report.lines, "accepted": report.accepted, "unchanged": report.unchanged,
            "refused": refused, "entries_created": report.entries_created,
            "locales_added": report.locales_added, "kept_out": report.kept_out,
        }));
        return;
    }
    for refused in &report.refused {
        for violation in &refused.violations {
            output::say(format_args!("line {}: {}", refused.line, said(violation)));
        }
    }
    if !report.locales_added.is_empty() {
        let tags: Vec<_> = report.locales_added.iter().map(ToString::to_string).collect();
        output::say(format_args!("locales added: {}", tags.join(", ")));
    }
    output::say(format_args!(
        "{} lines: {} landed, {} had landed before, {} refused; {} entries made",
        report.lines,
        report.accepted,
        report.unchanged,
        report.refused.len(),
        report.entries_created
    ));
}

/// A violation with its place, in words.
fn said(violation: &Violation) -> String {
    let facts: Vec<_> =
        violation.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let words =
        cms_core::words::text(&Locale::english(), &format!("violation.{}", violation.code), &facts);
    let place = if violation.pointer.is_empty() { "/" } else { &violation.pointer };
    format!("{place}: {words} ({})", violation.code)
}

/// Files, one after the other.
struct Files(Vec<PathBuf>);

impl Lines for Files {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let mut all: Box<dyn BufRead + Send> = Box::new(io::empty());
        for path in &self.0 {
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            };
            // A file that doesn't end its last line must not run into the next one.
            let file = BufReader::new(File::open(path).map_err(named)?);
            all = Box::new(all.chain(file).chain(io::Cursor::new("\n")));
        }
        Ok(all)
    }
}
