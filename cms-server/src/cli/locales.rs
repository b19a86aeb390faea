//! `cms locales`: the locales of a site, and where content comes from when it is missing in one.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    commands::configure_locale::{ConfigureLocale, Fallback},
    locale::Locale,
};
use cms_server::management::locales::LocaleSettings;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
    token::refused,
};

/// List the site's locales, or add and configure them.
#[derive(Debug, Args)]
pub(crate) struct Locales {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the locales with their chains.
    List,
    /// Add a locale, or change what is given of one that is there.
    Set {
        /// Its BCP 47 tag.
        #[arg(value_parser = locale)]
        tag: Locale,
        /// Its name in its own language; a usual one without.
        #[arg(long)]
        name: Option<String>,
        /// Where to look next, in order, when content is missing in it: `--fallback fr,en`. Then nowhere
        /// else is looked.
        #[arg(long, value_delimiter = ',', value_parser = locale, value_name = "TAG,…")]
        fallback: Option<Vec<Locale>>,
        /// Look where it is usual: the tag cut shorter, the source locale, the site's default.
        #[arg(long, conflicts_with = "fallback")]
        usual_fallback: bool,
        /// Make it the site's default.
        #[arg(long)]
        default: bool,
    },
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).map_err(|error| error.to_string())
}

impl Locales {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        store::runtime(2)?.block_on(async {
            let answer = if let Some(server) = server {
                self.ask(&server).await?
            } else {
                store::check_exists(&global.data)?;
                self.act(&store::open_as_it_is(global).await?).await?
            };
            tell(&answer, global.json);
            Ok(())
        })
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        match &self.act {
            Act::List => server.json(Method::GET, "/manage/v1/locales", None).await,
            Act::Set { tag, name, fallback, usual_fallback, default } => {
                let mut body = Map::from_iter([("default".to_owned(), json!(default))]);
                body.extend(name.as_ref().map(|name| ("name".to_owned(), json!(name))));
                if *usual_fallback || fallback.is_some() {
                    body.insert("fallback".to_owned(), json!(fallback));
                }
                let path = format!("/manage/v1/locales/{tag}");
                server.json(Method::PUT, &path, Some(&Value::Object(body))).await
            }
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        if let Act::Set { tag, name, fallback, usual_fallback, default } = &self.act {
            let fallback = match fallback {
                Some(chain) => Fallback::Chain(chain.clone()),
                None if *usual_fallback => Fallback::Usual,
                None => Fallback::Kept,
            };
            let act = ConfigureLocale {
                tag: tag.clone(),
                name: name.clone(),
                fallback,
                default: *default,
            };
            let administrator = store::administrator(cms)?;
            cms.configure_locale(&administrator, act).await.map_err(refused)?;
        }
        let settings = LocaleSettings::of(cms).context("the locales can't be read")?;
        Ok(serde_json::to_value(settings).context("the locales can't be told")?)
    }
}

/// Says which locales there are.
fn tell(answer: &Value, as_json: bool) {
    if as_json {
        output::say(answer);
        return;
    }
    for locale in answer.get("locales").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| locale.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_default = locale.get("default").and_then(Value::as_bool) == Some(true);
        let default = if is_default { " (default)" } else { "" };
        let is_configured = locale.get("fallback").is_some_and(Value::is_array);
        let kind = if is_configured { "configured" } else { "usual" };
        let chain = locale.get("chain").and_then(Value::as_array).into_iter().flatten();
        let chain: Vec<_> = chain.filter_map(Value::as_str).collect();
        let (tag, name) = (text("tag"), text("name"));
        output::say(format_args!("{tag} {name}{default}: {} ({kind})", chain.join(" → ")));
    }
}
