//! `cms token`: how programs, and the first administrator, come by a token.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    access::token::{Kind, Token},
    clock::Timestamp,
    commands::{CommandError, issue_token::IssueToken},
    id::{AccountId, TokenId},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global, output,
    remote::{Remote, Server},
    store,
};

/// Create, list and revoke tokens. A token's text is shown once; only a keyed digest of it is kept.
#[derive(Debug, Args)]
pub(crate) struct TokenCommand {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Create a token. With the one-time token of the first start as `--token`, it is exchanged for one of
    /// your own.
    Create {
        /// What you call it, such as the program that it is for.
        name: String,
        /// The id of the account that it acts as; the administrator's without.
        #[arg(long)]
        account: Option<AccountId>,
        /// From when on it is good for nothing (RFC 3339); 90 days from now without.
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
    },
    /// List the tokens.
    List,
    /// Revoke a token: from now on it is good for nothing.
    Revoke {
        /// Its id.
        id: TokenId,
    },
}

impl TokenCommand {
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
            Act::Create { name, account, expires } => {
                let mut body = json!({ "name": name });
                if let Some(members) = body.as_object_mut() {
                    members.extend(account.map(|id| ("account".to_owned(), json!(id.to_string()))));
                    members.extend(expires.map(|at| ("expires".to_owned(), json!(at))));
                }
                server.json(Method::POST, "/manage/v1/tokens", Some(&body)).await
            }
            Act::List => server.json(Method::GET, "/manage/v1/tokens", None).await,
            Act::Revoke { id } => {
                server.json(Method::DELETE, &format!("/manage/v1/tokens/{id}"), None).await
            }
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let administrator = store::administrator(cms)?;
        match &self.act {
            Act::Create { name, account, expires } => {
                let account = account.unwrap_or(administrator.account);
                let act = IssueToken { account, name: name.clone(), expires: *expires };
                let issued = cms.issue_token(&administrator, act).await.map_err(refused)?;
                let mut answer = as_value(&issued.token, None);
                if let Some(members) = answer.as_object_mut() {
                    members.insert("secret".to_owned(), json!(issued.secret.reveal()));
                }
                Ok(answer)
            }
            Act::List => {
                let tokens = cms.editing().tokens().await.context("the tokens can't be read")?;
                let all: Vec<_> =
                    tokens.iter().map(|known| as_value(&known.token, known.last_used)).collect();
                Ok(json!({ "data": all }))
            }
            Act::Revoke { id } => {
                cms.revoke_token(&administrator, *id).await.map_err(refused)?;
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
            value.get(name).and_then(Value::as_str).unwrap_or("-").to_owned()
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
                for token in answer.get("data").and_then(Value::as_array).into_iter().flatten() {
                    output::say(format_args!(
                        "{} {}: account {}, expires {}, last used {}",
                        text(token, "id"),
                        text(token, "name"),
                        text(token, "account"),
                        text(token, "expires"),
                        text(token, "last_used")
                    ));
                }
            }
            Act::Revoke { id } => output::say(format_args!("{id} is revoked")),
        }
    }
}

fn as_value(token: &Token, last_used: Option<Timestamp>) -> Value {
    json!({
        "id": token.id.to_string(), "account": token.account.to_string(), "name": token.name,
        "created_at": token.created_at, "created_by": token.created_by.to_string(),
        "expires": token.expires, "last_used": last_used, "one_time": token.kind == Kind::OneTime,
    })
}

/// Why an act was refused, in words.
pub(super) fn refused(error: CommandError) -> Failure {
    if let CommandError::Invalid(violations) = &error {
        return Failure::No(violations.iter().map(output::said).collect::<Vec<_>>().join("\n"));
    }
    if let CommandError::NotFound(_) | CommandError::Taken(_) = error {
        return Failure::No(error.to_string());
    }
    Failure::Failed(error.into())
}
