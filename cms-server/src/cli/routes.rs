//! `cms routes`: where readers in some countries would be told to turn, as a table.

use std::fmt::Write as _;

use clap::Args;
use cms_core::{
    clock::Timestamp,
    locale::Locale,
    route::{Country, Finder, Question},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
};

/// Look up where to turn, in each of some countries: with what is published, or with the drafts in it.
#[derive(Debug, Args)]
pub(crate) struct Routes {
    /// The countries (ISO 3166-1), with commas between.
    #[arg(long, value_name = "CODES", required = true, value_delimiter = ',')]
    country: Vec<String>,
    /// What it is about: the key, slug or id of a concern.
    #[arg(long)]
    concern: Option<String>,
    /// Who asks: the key, slug or id of an audience.
    #[arg(long)]
    audience: Option<String>,
    /// The languages that the reader speaks, with commas between; the locale without it.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    languages: Vec<String>,
    /// The language of the answer.
    #[arg(long, value_name = "TAG", default_value = "en")]
    locale: String,
    /// The instant to answer for (RFC 3339); now without it.
    #[arg(long)]
    at: Option<String>,
    /// Let drafts stand in the places of what is published.
    #[arg(long)]
    drafts: bool,
    /// How many routes besides those for emergencies.
    #[arg(long, default_value_t = 3)]
    limit: u8,
    #[command(flatten)]
    remote: Remote,
}

impl Routes {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let all = store::runtime(2)?.block_on(async {
            match self.remote.server()? {
                Some(server) => self.ask(&server).await,
                None => self.look_up(global).await,
            }
        })?;
        if global.json {
            output::say(json!({"countries": all}));
            return Ok(());
        }
        output::say("| country | in danger | routes | else |\n| --- | --- | --- | --- |");
        for (country, told) in &all {
            output::say(row(country, told));
        }
        Ok(())
    }

    /// Asks a running server, country by country.
    async fn ask(&self, server: &Server) -> Result<Vec<(String, Value)>, Failure> {
        let mut all = Vec::new();
        for country in &self.country {
            let mut query = vec![
                ("country", country.clone()),
                ("locale", self.locale.clone()),
                ("limit", self.limit.to_string()),
                ("drafts", self.drafts.to_string()),
            ];
            query.extend(self.concern.clone().map(|concern| ("concern", concern)));
            query.extend(self.audience.clone().map(|audience| ("audience", audience)));
            query.extend(self.at.clone().map(|at| ("at", at)));
            if !self.languages.is_empty() {
                query.push(("languages", self.languages.join(",")));
            }
            let make = |request: reqwest::RequestBuilder| request.query(&query);
            let answer = server.ask(Method::GET, "/manage/v1/routes", make).await?;
            let told: Value = answer.json().await.map_err(anyhow::Error::from)?;
            all.push((country.clone(), told.get("data").cloned().unwrap_or_default()));
        }
        Ok(all)
    }

    /// Looks up in the store of `--data`.
    async fn look_up(&self, global: &Global) -> Result<Vec<(String, Value)>, Failure> {
        let cms = store::open(&global.data, global).await?;
        let administrator = store::administrator(&cms)?;
        let locale = Locale::parse(&self.locale).map_err(anyhow::Error::from)?;
        let ready = cms.delivery().directory(&locale).map_err(anyhow::Error::from)?;
        let mut directory = ready.finder().directory().as_ref().clone();
        if self.drafts {
            let drafted = cms.editing().with_drafts(&administrator, &directory).await;
            directory = drafted.map_err(anyhow::Error::from)?;
        }
        let finder = Finder::new(directory.into());
        let at = match &self.at {
            Some(at) => at.parse::<Timestamp>().map_err(anyhow::Error::from)?,
            None => cms.clock().now(),
        };
        let moment = finder.moment(at, None);
        let languages: Result<Vec<Locale>, _> =
            self.languages.iter().map(|tag| Locale::parse(tag)).collect();
        let languages = languages.map_err(anyhow::Error::from)?;
        let mut all = Vec::new();
        for code in &self.country {
            let country = code.parse::<Country>().map_err(anyhow::Error::from)?;
            let question = Question {
                country: Some(country),
                concern: self.concern.clone(),
                audience: self.audience.clone(),
                languages: if languages.is_empty() {
                    vec![locale.clone()]
                } else {
                    languages.clone()
                },
                limit: usize::from(self.limit),
                ..Question::default()
            };
            finder.check(&question).map_err(|wrong| {
                Failure::No(wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?;
            let found = finder.look_up(&question, &moment);
            let told = serde_json::to_value(finder.tell(&found, &moment, None));
            all.push((code.clone(), told.map_err(anyhow::Error::from)?));
        }
        Ok(all)
    }
}

/// A row of the table.
fn row(country: &str, told: &Value) -> String {
    let list = |pointer: &str| {
        let mut cell = String::new();
        for hit in told.pointer(pointer).and_then(Value::as_array).into_iter().flatten() {
            let text =
                |pointer: &str| hit.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let title = text("/route/title").replace('|', "\\|");
            let gap = if cell.is_empty() { "" } else { "; " };
            let _ = write!(cell, "{gap}{title} ({}, {})", text("/match_level"), text("/assurance"));
        }
        cell
    };
    let said = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let emergency = list("/emergency/routes");
    let emergency =
        if emergency.is_empty() { said("/emergency/text").to_owned() } else { emergency };
    let found = list("/routes");
    let found = if found.is_empty() { "none".to_owned() } else { found };
    format!("| {country} | {emergency} | {found} | {} |", said("/fallback/reason"))
}
