//! `cms agency`: who answers for content.

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    commands::save_agency::SaveAgency,
    followers::editing::Agency,
    id::{AgencyId, ExternalKey},
    locale::Locale,
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
    token::refused,
};

/// List the agencies, add one, or change its key or names.
#[derive(Debug, Args)]
pub(crate) struct AgencyCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the agencies.
    List,
    /// Add an agency.
    Add {
        /// Its key: unique.
        key: ExternalKey,
        /// Its own name, per locale: `--name "en=National Helpline"`, as often as needed.
        #[arg(long = "name", required = true, value_parser = name, value_name = "TAG=NAME")]
        names: Vec<(Locale, String)>,
    },
    /// Change an agency's key, or its names: those that are given are added, or replace what they were.
    Change {
        /// Its key.
        key: ExternalKey,
        /// Its key from now on.
        #[arg(long)]
        to: Option<ExternalKey>,
        /// Its own name, per locale.
        #[arg(long = "name", value_parser = name, value_name = "TAG=NAME")]
        names: Vec<(Locale, String)>,
    },
}

fn name(text: &str) -> Result<(Locale, String), String> {
    let (tag, name) = text.split_once('=').ok_or("it is written TAG=NAME")?;
    Ok((Locale::parse(tag).map_err(|error| error.to_string())?, name.to_owned()))
}

impl AgencyCommand {
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
            Act::List => server.json(Method::GET, "/manage/v1/agencies", None).await,
            Act::Add { key, names } => {
                let names: BTreeMap<_, _> = names.iter().cloned().collect();
                let body = json!({ "key": key, "names": names });
                server.json(Method::POST, "/manage/v1/agencies", Some(&body)).await
            }
            Act::Change { key, to, names } => {
                let all = server.json(Method::GET, "/manage/v1/agencies", None).await?;
                let all = all.get("data").and_then(Value::as_array);
                let mut all = all.into_iter().flatten();
                let is_it = |agency: &&Value| agency.get("key") == Some(&json!(key));
                let known = all.find(is_it).ok_or_else(|| missing(key))?;
                let id = known.get("id").and_then(Value::as_str).unwrap_or_default();
                let mut body = Map::new();
                body.extend(to.as_ref().map(|to| ("key".to_owned(), json!(to))));
                if !names.is_empty() {
                    let mut all = known.get("names").cloned().unwrap_or_default();
                    if let Some(all) = all.as_object_mut() {
                        let given = names.iter().map(|(tag, name)| (tag.to_string(), json!(name)));
                        all.extend(given);
                    }
                    body.insert("names".to_owned(), all);
                }
                let path = format!("/manage/v1/agencies/{id}");
                server.json(Method::PATCH, &path, Some(&Value::Object(body))).await
            }
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let administrator = store::administrator(cms)?;
        let agencies = cms.editing().agencies().context("the agencies can't be read")?;
        let act = match &self.act {
            Act::List => {
                let all = agencies.keys().map(|id| known(cms, *id)).collect::<Result<Vec<_>, _>>();
                return Ok(json!({ "data": all? }));
            }
            Act::Add { key, names } => {
                let names = names.iter().cloned().collect();
                SaveAgency { agency: None, key: key.clone(), names }
            }
            Act::Change { key, to, names } => {
                let before = agencies.into_values().find(|agency| agency.key == *key);
                let Agency { id, key: old, names: mut all, .. } =
                    before.ok_or_else(|| missing(key))?;
                all.extend(names.iter().cloned());
                SaveAgency { agency: Some(id), key: to.clone().unwrap_or(old), names: all }
            }
        };
        let (id, _) = cms.save_agency(&administrator, act).await.map_err(refused)?;
        known(cms, id)
    }
}

fn missing(key: &ExternalKey) -> Failure {
    Failure::No(format!("there is no agency {key}"))
}

/// An agency as the server tells it.
fn known(cms: &Cms, id: AgencyId) -> Result<Value, Failure> {
    let editing = cms.editing();
    let site = editing.site().context("the site can't be read")?.context("there is no site")?;
    let agencies = editing.agencies().context("the agencies can't be read")?;
    let agency = agencies.get(&id).context("the agency is gone")?;
    let default = site.default_agency == id;
    Ok(json!({
        "id": id.to_string(), "key": agency.key, "names": agency.names, "default": default,
    }))
}

/// Says which agencies there are, or which one was saved.
fn tell(answer: &Value, as_json: bool) {
    if as_json {
        output::say(answer);
        return;
    }
    let one = |agency: &Value| {
        let text = |name: &str| agency.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_default = agency.get("default").and_then(Value::as_bool) == Some(true);
        let default = if is_default { " (default)" } else { "" };
        let names = agency.get("names").and_then(Value::as_object).into_iter().flatten();
        let names: Vec<_> = names
            .map(|(tag, name)| format!("{tag}: {}", name.as_str().unwrap_or_default()))
            .collect();
        output::say(format_args!("{} {}{default}: {}", text("id"), text("key"), names.join(", ")));
    };
    match answer.get("data").and_then(Value::as_array) {
        Some(agencies) => agencies.iter().for_each(one),
        None => one(answer),
    }
}
