//! `cms account`: who may act, and what.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use cms_core::{
    Cms,
    commands::{
        rename_account::RenameAccount,
        save_account::{CreateAccount, SetGrants},
        switch_account::SwitchAccount,
    },
    id::AccountId,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Failure, Global,
    grant::{Grants, told},
    output,
    remote::{Remote, Server},
    store,
    token::refused,
};

/// Make accounts, list them, change, close and erase them, invite their people, and set what each may do.
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
    /// Set what an account may do, replacing what it could. See `cms grant` for more and less of it.
    Grant {
        /// Its id.
        id: AccountId,
        #[command(flatten)]
        grants: Grants,
    },
    /// Give an account another name.
    Rename {
        /// Its id.
        id: AccountId,
        /// Its name from now on.
        name: String,
    },
    /// Close an account: nobody acts as it any more, with any token.
    Disable {
        /// Its id.
        id: AccountId,
    },
    /// Open an account again.
    Enable {
        /// Its id.
        id: AccountId,
    },
    /// Invite the person of an account to choose a password: prints a text, good for one choice within three days.
    Invite {
        /// Its id.
        id: AccountId,
    },
    /// End all sessions of an account.
    SignOut {
        /// Its id.
        id: AccountId,
    },
    /// Forget the device that shows codes for an account: its person has lost it.
    ForgetDevice {
        /// Its id.
        id: AccountId,
    },
    /// End an account's links to providers of sign-in, and its sessions.
    Unlink {
        /// Its id.
        id: AccountId,
    },
    /// Erase an account: its name leaves the store. What it did stays, under its id alone.
    Erase {
        /// Its id.
        id: AccountId,
    },
}

impl AccountCommand {
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
            Act::Rename { id, name } => {
                let path = format!("/manage/v1/accounts/{id}");
                server.json(Method::PATCH, &path, Some(&json!({ "name": name }))).await
            }
            Act::Disable { id } | Act::Enable { id } => {
                let body = json!({ "disabled": matches!(self.act, Act::Disable { .. }) });
                server.json(Method::PATCH, &format!("/manage/v1/accounts/{id}"), Some(&body)).await
            }
            Act::Invite { id } => {
                let path = format!("/manage/v1/accounts/{id}/invitations");
                server.json(Method::POST, &path, None).await
            }
            Act::SignOut { id } => {
                let path = format!("/manage/v1/accounts/{id}/sessions");
                server.json(Method::DELETE, &path, None).await
            }
            Act::ForgetDevice { id } => {
                let path = format!("/manage/v1/accounts/{id}/device");
                server.json(Method::DELETE, &path, None).await
            }
            Act::Unlink { id } => {
                let path = format!("/manage/v1/accounts/{id}/identities");
                server.json(Method::DELETE, &path, None).await
            }
            Act::Erase { id } => {
                server.json(Method::DELETE, &format!("/manage/v1/accounts/{id}"), None).await
            }
        }
    }

    async fn act(&self, cms: &Cms) -> Result<Value, Failure> {
        let administrator = store::administrator(cms)?;
        match &self.act {
            Act::Create { name, grants } => {
                let act = CreateAccount { name: name.clone(), grants: grants.resolved(cms)? };
                let made = cms.create_account(&administrator, act).await.map_err(refused)?;
                known(cms, made.0)
            }
            Act::List => {
                let accounts = cms.editing().accounts().context("the accounts can't be read")?;
                let all = accounts.keys().map(|id| known(cms, *id)).collect::<Result<Vec<_>, _>>();
                Ok(json!({ "data": all? }))
            }
            Act::Grant { id, grants } => {
                let act = SetGrants { account: *id, grants: grants.resolved(cms)? };
                cms.set_grants(&administrator, act).await.map_err(refused)?;
                known(cms, *id)
            }
            Act::Rename { id, name } => {
                let act = RenameAccount { account: *id, name: name.clone() };
                cms.rename_account(&administrator, act).await.map_err(refused)?;
                known(cms, *id)
            }
            Act::Disable { id } | Act::Enable { id } => {
                let disabled = matches!(self.act, Act::Disable { .. });
                let act = SwitchAccount { account: *id, disabled };
                cms.switch_account(&administrator, act).await.map_err(refused)?;
                known(cms, *id)
            }
            Act::Invite { id } => {
                let invited = cms.invite(&administrator, *id).await.map_err(refused)?;
                let secret = invited.secret.reveal();
                let expires = invited.invitation.expires;
                Ok(json!({ "account": id.to_string(), "secret": secret, "expires": expires }))
            }
            Act::SignOut { id } => {
                let out = cms.sign_out_everywhere(&administrator, *id, None).await;
                out.map_err(refused)?;
                Ok(Value::Null)
            }
            Act::ForgetDevice { id } => {
                cms.forget_device(&administrator, *id).await.map_err(refused)?;
                Ok(Value::Null)
            }
            Act::Unlink { id } => {
                cms.unlink_account(&administrator, *id).await.map_err(refused)?;
                Ok(Value::Null)
            }
            Act::Erase { id } => {
                cms.erase_account(&administrator, *id).await.map_err(refused)?;
                Ok(json!({ "id": id.to_string(), "erased": true }))
            }
        }
    }
}

/// An account as the server tells it.
pub(super) fn known(cms: &Cms, id: AccountId) -> Result<Value, Failure> {
    let account = cms.editing().account(id).context("the accounts can't be read")?;
    let account = account.ok_or_else(|| Failure::No(format!("there is no account {id}")))?;
    Ok(json!({
        "id": id.to_string(), "name": account.name, "grants": told(cms, &account.grants)?,
        "disabled": account.disabled,
    }))
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
        if account.is_null() {
            return;
        }
        if let Some(secret) = account.get("secret").and_then(Value::as_str) {
            output::note(format_args!(
                "For the person alone, shown once, good until {}:",
                text(account, "expires")
            ));
            return output::say(secret);
        }
        if account.get("erased").is_some() {
            return output::say(format_args!("{} is erased", text(account, "id")));
        }
        let grants = account.get("grants").map(Value::to_string).unwrap_or_default();
        let closed = account.get("disabled").and_then(Value::as_bool) == Some(true);
        let closed = if closed { " (closed)" } else { "" };
        output::say(format_args!(
            "{} {}{closed}: {grants}",
            text(account, "id"),
            text(account, "name")
        ));
    };
    match answer.get("data").and_then(Value::as_array) {
        Some(accounts) => accounts.iter().for_each(one),
        None => one(answer),
    }
}
