//! `cms account`: who may act, and what.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    access::{Act as Right, Grant},
    commands::save_account::{CreateAccount, SetGrants},
    id::{AccountId, AgencyId, ExternalKey, TypeName},
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

/// Make accounts, list them, and set what each may do.
#[derive(Debug, Args)]
pub(crate) struct AccountCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make an account.
    Create {
        /// Its name: unique.
        name: String,
        #[command(flatten)]
        grants: Grants,
    },
    /// List the accounts.
    List,
    /// Set what an account may do, replacing what it could.
    Grant {
        /// Its id.
        id: AccountId,
        #[command(flatten)]
        grants: Grants,
    },
}

#[derive(Debug, Args)]
struct Grants {
    /// What it may do, and where: `--grant "acts=read,write agency=KEY type=guidance locale=fr"`, as often as
    /// needed. Acts are read, write, review, publish, erase, administer; what is left out means everywhere.
    #[arg(long = "grant", value_parser = spec, value_name = "GRANT")]
    all: Vec<Spec>,
}

/// A grant as it is written on the command line.
#[derive(Debug, Clone)]
struct Spec {
    acts: Vec<Right>,
    agency: Option<ExternalKey>,
    type_name: Option<TypeName>,
    locale: Option<Locale>,
}

fn spec(text: &str) -> Result<Spec, String> {
    let mut found = Spec { acts: Vec::new(), agency: None, type_name: None, locale: None };
    for item in text.split_whitespace() {
        let (name, value) = item.split_once('=').ok_or("it is made of name=value")?;
        match name {
            "acts" => {
                for act in value.split(',') {
                    let known = Right::ALL.into_iter().find(|known| known.as_str() == act);
                    found.acts.push(known.ok_or_else(|| format!("there is no act {act}"))?);
                }
            }
            "agency" => {
                found.agency = Some(ExternalKey::parse(value).map_err(|error| error.to_string())?);
            }
            "type" => {
                found.type_name = Some(TypeName::parse(value).map_err(|error| error.to_string())?);
            }
            "locale" => {
                found.locale = Some(Locale::parse(value).map_err(|error| error.to_string())?);
            }
            other => return Err(format!("{other} is none of acts, agency, type, locale")),
        }
    }
    if found.acts.is_empty() { Err("it names no act".to_owned()) } else { Ok(found) }
}

impl Grants {
    /// As the server takes them.
    fn as_value(&self) -> Value {
        let all = self.all.iter().map(|spec| {
            let acts: Vec<_> = spec.acts.iter().map(|act| act.as_str()).collect();
            let mut grant = Map::from_iter([("acts".to_owned(), json!(acts))]);
            grant.extend(spec.agency.as_ref().map(|key| ("agency".to_owned(), json!(key))));
            grant.extend(spec.type_name.as_ref().map(|name| ("type".to_owned(), json!(name))));
            grant.extend(spec.locale.as_ref().map(|tag| ("locale".to_owned(), json!(tag))));
            Value::Object(grant)
        });
        all.collect()
    }

    /// As the library takes them.
    fn resolved(&self, cms: &Cms) -> Result<Vec<Grant>, Failure> {
        let agencies = cms.editing().agencies().context("the agencies can't be read")?;
        let id = |key: &ExternalKey| -> Result<AgencyId, Failure> {
            let found = agencies.values().find(|agency| agency.key == *key);
            let found = found.ok_or_else(|| Failure::No(format!("there is no agency {key}")))?;
            Ok(found.id)
        };
        let grant = |spec: &Spec| {
            Ok(Grant {
                acts: spec.acts.clone(),
                agency: spec.agency.as_ref().map(id).transpose()?,
                type_name: spec.type_name.clone(),
                locale: spec.locale.clone(),
            })
        };
        self.all.iter().map(grant).collect()
    }
}

impl AccountCommand {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        store::runtime(2)?.block_on(async {
            let answer = if let Some(server) = server {
                self.ask(&server).await?
            } else {
                store::check_exists(&global.data)?;
                self.act(&store::open_as_it_is(&global.data).await?).await?
            };
            tell(&answer, global.json);
            Ok(())
        })
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        match &self.act {
            Act::Create { name, grants } => {
                let body = json!({ "name": name, "grants": grants.as_value() });
                server.json(Method::POST, "/manage/v1/accounts", Some(&body)).await
            }
            Act::List => server.json(Method::GET, "/manage/v1/accounts", None).await,
            Act::Grant { id, grants } => {
                let body = json!({ "grants": grants.as_value() });
                let path = format!("/manage/v1/accounts/{id}/grants");
                server.json(Method::PUT, &path, Some(&body)).await
            }
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let administrator = store::administrator(cms)?;
        match &self.act {
            Act::Create { name, grants } => {
                let act = CreateAccount { name: name.clone(), grants: grants.resolved(cms)? };
                let made = cms.create_account(&administrator, act).await.map_err(refused)?;
                Ok(json!({ "id": made.0.to_string(), "name": name, "grants": grants.as_value() }))
            }
            Act::List => {
                let accounts = cms.editing().accounts().context("the accounts can't be read")?;
                let all: Vec<_> = accounts
                    .iter()
                    .map(|(id, account)| {
                        json!({
                            "id": id.to_string(), "name": account.name, "grants": account.grants,
                        })
                    })
                    .collect();
                Ok(json!({ "data": all }))
            }
            Act::Grant { id, grants } => {
                let act = SetGrants { account: *id, grants: grants.resolved(cms)? };
                cms.set_grants(&administrator, act).await.map_err(refused)?;
                Ok(json!({ "id": id.to_string(), "grants": grants.as_value() }))
            }
        }
    }
}

/// Says which accounts there are, or which one was made.
fn tell(answer: &Value, as_json: bool) {
    if as_json {
        output::say(answer);
        return;
    }
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let one = |account: &Value| {
        let grants = account.get("grants").map(Value::to_string).unwrap_or_default();
        output::say(format_args!("{} {}: {grants}", text(account, "id"), text(account, "name")));
    };
    match answer.get("data").and_then(Value::as_array) {
        Some(accounts) => accounts.iter().for_each(one),
        None => one(answer),
    }
}
