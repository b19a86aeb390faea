//! `cms partner`: keys for the sites that pull content.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms, access::partner::PartnerKey, clock::Timestamp,
    commands::issue_partner_key::IssuePartnerKey, id::TokenId,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
    token::refused,
};

/// Issue, list and revoke partners' keys. A key gives no right to anything that isn't public: requests with it have a
/// share of their own.
#[derive(Debug, Args)]
pub(crate) struct PartnerCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Issue a key. Its text is shown once.
    Create {
        /// What the partner is called.
        partner: String,
        /// How many requests it may make in a minute; 600 without.
        #[arg(long)]
        per_minute: Option<u32>,
        /// From when on it is good for nothing (RFC 3339); a year from now without.
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
    },
    /// List the keys.
    List,
    /// Revoke a key.
    Revoke {
        /// Its id.
        id: TokenId,
    },
}

impl PartnerCommand {
    pub(crate) fn run(&self, global: &Global) -> Result<(), Failure> {
        let server = self.remote.server()?;
        store::runtime(2)?.block_on(async {
            let answer = if let Some(server) = server {
                self.ask(&server).await?
            } else {
                store::check_exists(&global.data)?;
                self.act(&store::open_as_it_is(global).await?).await?
            };
            self.tell(&answer, global.json);
            Ok(())
        })
    }

    async fn ask(&self, server: &Server) -> Result<Value, Failure> {
        match &self.act {
            Act::Create { partner, per_minute, expires } => {
                let body =
                    json!({ "partner": partner, "per_minute": per_minute, "expires": expires });
                server.json(Method::POST, "/manage/v1/partner-keys", Some(&body)).await
            }
            Act::List => server.json(Method::GET, "/manage/v1/partner-keys", None).await,
            Act::Revoke { id } => {
                server.json(Method::DELETE, &format!("/manage/v1/partner-keys/{id}"), None).await
            }
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let administrator = store::administrator(cms)?;
        match &self.act {
            Act::Create { partner, per_minute, expires } => {
                let (partner, per_minute, expires) = (partner.clone(), *per_minute, *expires);
                let act = IssuePartnerKey { partner, per_minute, expires };
                let issued = cms.issue_partner_key(&administrator, act).await.map_err(refused)?;
                let mut answer = as_value(&issued.key);
                if let Some(members) = answer.as_object_mut() {
                    members.insert("secret".to_owned(), json!(issued.secret.reveal()));
                }
                Ok(answer)
            }
            Act::List => {
                let keys = cms.editing().partner_keys().await.context("the keys can't be read")?;
                Ok(json!({ "data": keys.iter().map(as_value).collect::<Vec<_>>() }))
            }
            Act::Revoke { id } => {
                cms.revoke_partner_key(&administrator, *id).await.map_err(refused)?;
                Ok(Value::Null)
            }
        }
    }

    fn tell(&self, answer: &Value, as_json: bool) {
        if as_json {
            output::say(answer);
            return;
        }
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        match &self.act {
            Act::Create { .. } => {
                output::say(text(answer, "secret"));
                output::note(format_args!(
                    "This is shown once. It is good until {}; its id is {}.",
                    text(answer, "expires"),
                    text(answer, "id")
                ));
            }
            Act::List => {
                for key in answer.get("data").and_then(Value::as_array).into_iter().flatten() {
                    let share = key.get("per_minute").and_then(Value::as_u64).unwrap_or_default();
                    output::say(format_args!(
                        "{} {}: {share} a minute, expires {}",
                        text(key, "id"),
                        text(key, "partner"),
                        text(key, "expires")
                    ));
                }
            }
            Act::Revoke { id } => output::say(format_args!("{id} is revoked")),
        }
    }
}

fn as_value(key: &PartnerKey) -> Value {
    json!({
        "id": key.id.to_string(), "partner": key.partner, "per_minute": key.per_minute,
        "created_at": key.created_at, "created_by": key.created_by.to_string(),
        "expires": key.expires,
    })
}
