//! `cms translation remember`: a TMX of elsewhere, taken into the memory.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    cms::translations::import::{File as _, ImportTranslationError},
    commands::import_memory::ImportMemory,
    locale::Locale,
    translation::memory::Direction,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::import::OnDisk;
use crate::cli::{
    Failure, Global, output,
    remote::{Server, body_of},
    store,
};

/// Take a TMX of elsewhere into the translation memory.
#[derive(Debug, Args)]
pub(crate) struct Remember {
    /// The file.
    file: PathBuf,
    /// The locale that was translated into.
    #[arg(long, value_name = "TAG")]
    to: Locale,
    /// The locale that was translated; without it the site's default.
    #[arg(long, value_name = "TAG")]
    from: Option<Locale>,
    /// What the memory is called; without it as the file.
    #[arg(long)]
    name: Option<String>,
    /// Whose it is, by the agency's key; without it the site's default agency's.
    #[arg(long)]
    agency: Option<String>,
}

impl Remember {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        let pairs = store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.send(server).await,
                None => self.take(global).await,
            }
        })?;
        if global.json {
            output::say(json!({ "pairs": pairs }));
        } else {
            output::say(format_args!("{pairs} pairs are remembered"));
        }
        Ok(())
    }

    fn name(&self) -> String {
        let of_file = || self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.name.clone().unwrap_or_else(of_file)
    }

    async fn take(&self, global: &Global) -> Result<u64, Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        let editing = cms.editing();
        let locales = editing.locales().context("the store can't be read")?;
        let source = self.from.clone().unwrap_or_else(|| locales.default_locale().clone());
        let agency = match &self.agency {
            None => {
                editing.site().context("the store can't be read")?.map(|site| site.default_agency)
            }
            Some(key) => {
                let agencies = editing.agencies().context("the store can't be read")?;
                agencies.values().find(|agency| agency.key.as_str() == key).map(|agency| agency.id)
            }
        };
        let missing = || Failure::No("there is no such agency".to_owned());
        let direction = Direction { source, target: self.to.clone() };
        let act =
            ImportMemory { agency: agency.ok_or_else(missing)?, name: self.name(), direction };
        let mut file = OnDisk(self.file.clone());
        let done = cms.import_memory(&administrator, &mut file, &act).await;
        let (pairs, _) = done.map_err(|error| match error {
            ImportTranslationError::Fault(fault) => Failure::No(format!(
                "{}:{}: {}",
                self.file.display(),
                fault.line,
                output::said(&fault.violation)
            )),
            ImportTranslationError::File(error) => {
                Failure::No(format!("{}: {error}", self.file.display()))
            }
            ImportTranslationError::Command(error) => anyhow::Error::new(error).into(),
        })?;
        Ok(pairs)
    }

    async fn send(&self, server: &Server) -> Result<u64, Failure> {
        let mut query = vec![("to", self.to.to_string()), ("name", self.name())];
        query.extend(self.from.iter().map(|tag| ("from", tag.to_string())));
        query.extend(self.agency.iter().map(|key| ("agency", key.clone())));
        let mut file = OnDisk(self.file.clone());
        file.open().with_context(|| format!("{} can't be read", self.file.display()))?;
        let body = body_of(move || file.open());
        let make = |request: RequestBuilder| {
            request.query(&query).header("Content-Type", "application/x-tmx+xml").body(body)
        };
        let answer = server.ask(Method::POST, "/manage/v1/memory", make).await?;
        let report: Value = answer.json().await.context("the answer was cut short")?;
        Ok(report.get("pairs").and_then(Value::as_u64).unwrap_or(0))
    }
}
