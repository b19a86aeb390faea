//! `cms translation memory`: what was translated before that is like a text.

use anyhow::Context as _;
use clap::Args;
use cms_core::{
    locale::Locale, queries::memory::Sought, search::memory::Likely, translation::memory::Direction,
};
use cms_server::management::memory::MatchDocument;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Failure, Global, output, remote::Server, store};

/// Show what was translated before that is like a text.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// The text, as Markdown.
    text: String,
    /// The locale that is translated into.
    #[arg(long, value_name = "TAG")]
    to: Locale,
    /// The locale of the text; without it the site's default.
    #[arg(long, value_name = "TAG")]
    from: Option<Locale>,
    /// How many matches are shown at most.
    #[arg(long, default_value_t = 5)]
    limit: usize,
}

impl Look {
    pub(super) fn run(&self, server: Option<&Server>, global: &Global) -> Result<(), Failure> {
        let found = store::runtime(2)?.block_on(async {
            match server {
                Some(server) => self.ask(server).await,
                None => self.look(global).await,
            }
        })?;
        let matches = found.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
        if global.json {
            output::say(&found);
            return Ok(());
        }
        for one in &matches {
            let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
            let percent = one.get("percent").and_then(Value::as_u64).unwrap_or(0);
            output::say(format_args!("{percent:>4} %  {}", marked(one)));
            output::say(format_args!("        {} ({})", text("target"), text("origin")));
        }
        if matches.is_empty() {
            output::say("nothing like it was translated before");
        }
        Ok(())
    }

    async fn look(&self, global: &Global) -> Result<Value, Failure> {
        store::check_exists(&global.data)?;
        let cms = store::open_as_it_is(global).await?;
        let administrator = store::administrator(&cms)?;
        cms.all_remembered().await;
        let locales = cms.editing().locales().context("the store can't be read")?;
        let source = self.from.clone().unwrap_or_else(|| locales.default_locale().clone());
        let sought = Sought::text(Direction { source, target: self.to.clone() }, &self.text);
        let memory = cms.recollection();
        let found = memory.like(&administrator, &sought, self.limit);
        let told = |likely: Likely| {
            let origin = memory.told(&likely.pair);
            MatchDocument::of(likely, &self.text, origin)
        };
        let data: Vec<_> =
            found.context("the memory can't be read")?.into_iter().map(told).collect();
        Ok(json!({ "data": data }))
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        let mut query = vec![
            ("source", self.text.clone()),
            ("to", self.to.to_string()),
            ("limit", self.limit.to_string()),
        ];
        query.extend(self.from.iter().map(|tag| ("from", tag.to_string())));
        let answer =
            server.ask(Method::GET, "/manage/v1/memory", |request| request.query(&query)).await?;
        Ok(answer.json().await.context("the answer was cut short")?)
    }
}

/// What was said, with what the text lacks in `[-…-]` and what it has besides in `{+…+}`.
fn marked(one: &Value) -> String {
    let pieces = one.get("diff").and_then(Value::as_array).into_iter().flatten();
    let told = pieces.map(|piece| {
        let text = |name: &str| piece.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("kind") {
            "removed" => format!("[-{}-]", text("text")),
            "added" => format!("{{+{}+}}", text("text")),
            _ => text("text").to_owned(),
        }
    });
    told.collect()
}
