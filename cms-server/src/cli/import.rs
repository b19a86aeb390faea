//! `cms import`: takes in lines, each a revision.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use cms_core::{
    commands::import::{ImportOptions, ImportReport, Lines, line::LocaleMap},
    locale::Locale,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    Failure, Global, blobs, output,
    remote::{Remote, Server, body_of},
    store,
};

mod corpus;
mod files;
mod hsds;
mod unready;

use files::Files;

/// Take in lines, each a revision: published or not, resumable, and the same lines twice change nothing. The files of
/// assets are looked for in `media/` beside the lines.
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
    /// Tell what keeps each draft from being published; of HSDS and organisations it is always told.
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    reading: hsds::Reading,
    #[command(flatten)]
    remote: Remote,
}

/// What lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Import lines, as `cms export` writes them.
    Lines,
    /// Pages and organisations of a corpus, one JSON object each.
    CorpusJsonl,
    /// Services of a human-services directory (HSDS 3.0 or 3.1), as JSON: drafts of routes.
    Hsds,
}

fn mapping(text: &str) -> Result<(String, Locale), String> {
    let (from, to) = text.split_once('=').ok_or("it must be TAG=TAG")?;
    Ok((from.to_owned(), Locale::parse(to).map_err(|error| error.to_string())?))
}

impl Import {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let mut lines: Box<dyn Lines> = match self.format {
            Format::Lines => Box::new(Files(self.files.clone())),
            Format::CorpusJsonl => Box::new(corpus::Corpus::read(&self.files)?),
            Format::Hsds => Box::new(hsds::Hsds::read(&self.files, &self.reading, global.json)?),
        };
        if let Some(server) = self.remote.server()? {
            return store::runtime(2)?.block_on(self.send(&server, lines, global.json));
        }
        let locale_map: LocaleMap = self.map_locale.iter().cloned().collect();
        let options =
            ImportOptions { atomic: self.atomic, locale_map, missing: self.tells_missing() };
        let bar = output::bar("lines", global.json);
        let report = store::runtime(2)?.block_on(async {
            let cms = store::open(&global.data, global).await?;
            let administrator = store::administrator(&cms)?;
            let side = blobs::Side::Store(&cms, &administrator);
            blobs::copy_in(side, self.named_files(), global.json).await?;
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
        tell(&report, self.named_files(), global.json);
        judge(report.refused.len(), report.lines, report.kept_out)
    }

    /// Whether what drafts lack is told: what comes from a directory is never whole.
    fn tells_missing(&self) -> bool {
        self.missing || self.format != Format::Lines
    }

    /// The files that a line's number leads to: lines that are made of something else are known by number alone.
    fn named_files(&self) -> &[PathBuf] {
        if self.format == Format::Hsds { &[] } else { &self.files }
    }

    /// Lets a running server take the lines in.
    async fn send(
        &self,
        server: &Server,
        mut lines: Box<dyn Lines>,
        as_json: bool,
    ) -> Result<(), Failure> {
        let mut query: Vec<(String, String)> = Vec::new();
        query.extend(self.atomic.then(|| ("atomic".to_owned(), "true".to_owned())));
        query.extend(self.tells_missing().then(|| ("missing".to_owned(), "true".to_owned())));
        let map = |(from, to): &(String, Locale)| (format!("map_locale[{from}]"), to.to_string());
        query.extend(self.map_locale.iter().map(map));
        blobs::copy_in(blobs::Side::Server(server), self.named_files(), as_json).await?;
        // Looked for here first: a file that isn't there is no lines, not an empty import.
        lines.open().context("the lines can't be read")?;
        let body = body_of(move || lines.open());
        let make = |request: RequestBuilder| {
            request.query(&query).header("Content-Type", "application/jsonl").body(body)
        };
        let answer = server.ask(Method::POST, "/manage/v1/imports", make).await?;
        let report: Value = answer.json().await.context("the answer was cut short")?;
        let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or(0);
        let refused =
            report.get("refused").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if as_json {
            output::say(&report);
        } else {
            for refused in refused {
                say_refused(refused, self.named_files());
            }
            unready::say_told(&report);
            output::say(format_args!(
                "{} lines: {} landed, {} had landed before, {} refused; {} entries made",
                number("lines"),
                number("accepted"),
                number("unchanged"),
                refused.len(),
                number("entries_created")
            ));
        }
        let kept_out = report.get("kept_out").and_then(Value::as_bool).unwrap_or(false);
        judge(refused.len(), number("lines"), kept_out)
    }
}

fn say_refused(refused: &Value, files: &[PathBuf]) {
    let line = refused.get("line").and_then(Value::as_u64).unwrap_or(0);
    for fault in refused.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| fault.get(name).and_then(Value::as_str).unwrap_or_default();
        let place = Some(text("pointer")).filter(|place| !place.is_empty()).unwrap_or("/");
        let line = files::place(files, line);
        output::say(format_args!("{line}: {place}: {} ({})", text("detail"), text("code")));
    }
}

/// Refused lines are an answer of no.
fn judge(refused: usize, lines: u64, kept_out: bool) -> Result<(), Failure> {
    if refused == 0 {
        return Ok(());
    }
    let kept_out = if kept_out { "; nothing has landed" } else { "" };
    Err(Failure::No(format!("{refused} of {lines} lines were refused{kept_out}")))
}

/// Says what became of the lines.
fn tell(report: &ImportReport, files: &[PathBuf], as_json: bool) {
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
            "unready": unready::as_json(report),
        }));
        return;
    }
    for refused in &report.refused {
        for violation in &refused.violations {
            let line = files::place(files, refused.line);
            output::say(format_args!("{line}: {}", output::said(violation)));
        }
    }
    unready::say(report);
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
