//! `cms grant`: what accounts may do, one grant at a time; and how a grant is written on the command line.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    access::{Act as Right, Grant},
    commands::save_account::SetGrants,
    id::{AccountId, AgencyId, ExternalKey, TypeName},
    locale::Locale,
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    Failure, Global, account, output,
    remote::{Remote, Server},
    store,
    token::refused,
};

/// Let an account do more, or less.
#[derive(Debug, Args)]
pub(crate) struct GrantCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List what an account may do.
    List {
        /// Its id.
        id: AccountId,
    },
    /// Let it do more.
    Add {
        /// Its id.
        id: AccountId,
        #[command(flatten)]
        grants: Grants,
    },
    /// Let it do less: takes away grants that are just so.
    Remove {
        /// Its id.
        id: AccountId,
        #[command(flatten)]
        grants: Grants,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct Grants {
    /// What it may do, and where: `--grant "acts=read,write agency=KEY type=guidance locale=fr"`, as often as
    /// needed. Acts are read, write, review, publish, erase, administer; what is left out means everywhere.
    #[arg(long = "grant", value_parser = spec, value_name = "GRANT")]
    pub(super) all: Vec<Spec>,
}

/// A grant as it is written on the command line.
#[derive(Debug, Clone)]
pub(super) struct Spec {
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
    /// As the server takes them and tells them.
    pub(super) fn as_value(&self) -> Value {
        let all = self.all.iter().map(|spec| {
            let acts: Vec<_> = spec.acts.iter().map(|act| act.as_str()).collect();
            let agency = spec.agency.as_ref().map(ToString::to_string);
            value(&acts, agency, spec.type_name.as_ref(), spec.locale.as_ref())
        });
        all.collect()
    }

    /// As the library takes them.
    pub(super) fn resolved(&self, cms: &Cms) -> Result<Vec<Grant>, Failure> {
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

/// Grants as the server tells them.
pub(super) fn told(cms: &Cms, grants: &[Grant]) -> Result<Value, Failure> {
    let agencies = cms.editing().agencies().context("the agencies can't be read")?;
    let key = |id: AgencyId| {
        agencies.get(&id).map_or_else(|| id.to_string(), |agency| agency.key.to_string())
    };
    let all = grants.iter().map(|grant| {
        let acts: Vec<_> = grant.acts.iter().map(|act| act.as_str()).collect();
        value(&acts, grant.agency.map(key), grant.type_name.as_ref(), grant.locale.as_ref())
    });
    Ok(all.collect())
}

fn value(
    acts: &[&str],
    agency: Option<String>,
    type_name: Option<&TypeName>,
    locale: Option<&Locale>,
) -> Value {
    let mut grant = Map::from_iter([("acts".to_owned(), json!(acts))]);
    grant.extend(agency.map(|key| ("agency".to_owned(), json!(key))));
    grant.extend(type_name.map(|name| ("type".to_owned(), json!(name))));
    grant.extend(locale.map(|tag| ("locale".to_owned(), json!(tag))));
    Value::Object(grant)
}

/// The grants of an account, as `before` with these added or taken away; none where nothing changes.
fn changed<T: PartialEq + Clone>(before: &[T], given: Vec<T>, is_more: bool) -> Option<Vec<T>> {
    let after: Vec<T> = if is_more {
        let mut after = before.to_vec();
        for grant in given {
            if !after.contains(&grant) {
                after.push(grant);
            }
        }
        after
    } else {
        before.iter().filter(|grant| !given.contains(grant)).cloned().collect()
    };
    (after.len() != before.len()).then_some(after)
}

impl GrantCommand {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        store::runtime(2)?.block_on(async {
            let answer = if let Some(server) = server {
                self.ask(&server).await?
            } else {
                store::check_exists(&global.data)?;
                self.act(&store::open_as_it_is(global).await?).await?
            };
            if global.json {
                output::say(answer);
                return Ok(());
            }
            let grants = answer.get("grants").and_then(Value::as_array);
            grants.into_iter().flatten().for_each(output::say);
            Ok(())
        })
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        let (Act::List { id } | Act::Add { id, .. } | Act::Remove { id, .. }) = &self.act;
        let path = format!("/manage/v1/accounts/{id}");
        let known = server.json(Method::GET, &path, None).await?;
        let Some((given, is_more)) = self.given() else { return Ok(known) };
        let before = known.get("grants").and_then(Value::as_array).cloned().unwrap_or_default();
        let given = given.as_value().as_array().cloned().unwrap_or_default();
        match changed(&before, given, is_more) {
            Some(after) => {
                let body = json!({ "grants": after });
                server.json(Method::PUT, &format!("{path}/grants"), Some(&body)).await
            }
            None if is_more => Ok(known),
            None => Err(nothing_to_remove()),
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let (Act::List { id } | Act::Add { id, .. } | Act::Remove { id, .. }) = &self.act;
        let known = account::known(cms, *id)?;
        let Some((given, is_more)) = self.given() else { return Ok(known) };
        let before = cms.editing().account(*id).context("the accounts can't be read")?;
        let before = before.map(|account| account.grants).unwrap_or_default();
        match changed(&before, given.resolved(cms)?, is_more) {
            Some(grants) => {
                let administrator = store::administrator(cms)?;
                let act = SetGrants { account: *id, grants };
                cms.set_grants(&administrator, act).await.map_err(refused)?;
                account::known(cms, *id)
            }
            None if is_more => Ok(known),
            None => Err(nothing_to_remove()),
        }
    }

    fn given(&self) -> Option<(&Grants, bool)> {
        match &self.act {
            Act::List { .. } => None,
            Act::Add { grants, .. } => Some((grants, true)),
            Act::Remove { grants, .. } => Some((grants, false)),
        }
    }
}

fn nothing_to_remove() -> Failure {
    Failure::No("the account has no such grant: see `cms grant list`".to_owned())
}
