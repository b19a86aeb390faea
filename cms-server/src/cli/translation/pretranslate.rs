//! `cms translation pretranslate`: gaps filled with what is known.

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use cms_core::{
    cms::translations::pretranslate::{Pretranslate as Act, PretranslateError},
    locale::Locale,
    queries::translation_export::wanted_entries,
    translation::machine::{Provider, pseudo::Pseudo},
};
use cms_server::{config::Machine, libre::LibreTranslate, management::exchange::FilledDocument};
use reqwest::Method;
use serde_json::Value;

use super::wanted::Wanted;
use crate::cli::{Failure, Global, output, remote::Server, store};

/// Fill gaps.
#[derive(Debug, Args)]
pub(crate) struct Pretranslate {
    #[command(flatten)]
    wanted: Wanted,
    /// The machine that is asked where the memory knows nothing.
    #[arg(long, value_enum)]
    provider: Option<Kind>,
    /// Where a machine is that speaks `LibreTranslate`'s API; a server knows its own.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5000")]
    machine: String,
    /// Only say what would be filled.
    #[arg(long)]
    dry_run: bool,
}

/// A machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One that only pretends, to see what is translated and what fits.
    Pseudo,
    /// A server that speaks `LibreTranslate`'s API.
    Libretranslate,
}

impl Pretranslate {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        let filled = store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.ask(server).await,
                None => self.fill(global).await,
            }
        })?;
        if global.json {
            output::say(&filled);
            return Ok(());
        }
        let list =
            |name: &str| filled.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        for like in list("like") {
            let text =
                |name: &str| like.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let percent = like.get("percent").and_then(Value::as_u64).unwrap_or(0);
            output::say(format_args!(
                "{:>4} %  {}\n        {}\n        {} ({})",
                percent,
                text("source"),
                text("said"),
                text("target"),
                text("origin")
            ));
        }
        for dropped in list("dropped") {
            let text = |name: &str| {
                dropped.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let faults =
                dropped.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
            for fault in faults {
                let detail = fault.get("detail").and_then(Value::as_str).unwrap_or_default();
                output::say(format_args!("{} {}: {detail}", text("entry"), text("segment")));
            }
        }
        let number = |name: &str| filled.get(name).and_then(Value::as_u64).unwrap_or(0);
        output::say(format_args!(
            "{} entries: {} segments from the memory, {} from a machine, {} left",
            number("entries"),
            number("memory"),
            number("machine"),
            number("left")
        ));
        Ok(())
    }

    async fn fill(&self, global: &Global) -> Result<Value, Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let wanted = self.wanted.of(&cms, true)?;
        cms.all_remembered().await;
        let provider: Option<Box<dyn Provider>> = match self.provider {
            None => None,
            Some(Kind::Pseudo) => Some(Box::new(Pseudo)),
            Some(Kind::Libretranslate) => {
                let config = Machine { url: self.machine.clone(), key: String::new(), seconds: 60 };
                Some(Box::new(LibreTranslate::new(&config).context("no machine")?))
            }
        };
        let mut filled = FilledDocument::default();
        let entries = wanted_entries(&cms.editing(), &administrator, &wanted);
        for entry in entries.context("the store can't be read")? {
            let locale = wanted.languages.target.clone();
            let act = Act { entry, locale, dry_run: self.dry_run };
            let done = cms.pretranslate(&administrator, &act, provider.as_deref()).await;
            let done = done.map_err(|error| match error {
                PretranslateError::Command(error) => anyhow::Error::new(error),
                PretranslateError::Provider(error) => anyhow::Error::new(error),
            })?;
            filled.add(&entry.to_string(), done, &Locale::english());
        }
        Ok(serde_json::to_value(filled).context("no report")?)
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        let mut query = self.wanted.query();
        let provider = self.provider.map(|kind| match kind {
            Kind::Pseudo => "pseudo",
            Kind::Libretranslate => "libretranslate",
        });
        query.extend(provider.map(|name| ("provider", name.to_owned())));
        query.extend(self.dry_run.then(|| ("dry_run", "true".to_owned())));
        let path = "/manage/v1/translations/pretranslate";
        let answer = server.ask(Method::POST, path, |request| request.query(&query)).await?;
        Ok(answer.json().await.context("the answer was cut short")?)
    }
}
