//! Issues a token for an account, once, to be shown once: by an administrator, or in exchange for a
//! one-time token.
//!
//! Tokens lie in cells and not in the log: a backup that is restored elsewhere lets nobody in.

use super::{CommandError, Means, none_of, save_account::check_name};
use crate::{
    access::{
        Actor,
        token::{CLAIMED_CELL, KEY, KEY_CELL, Kind, Secret, TOKEN_CELLS, Token},
    },
    clock::Timestamp,
    followers::ReadError,
    id::{AccountId, TokenId},
    store::{CellValue, LogError},
    violation::Violation,
};

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// How long a token is good for when nobody says.
const USUAL: i64 = 90 * DAY;
/// The longest that a token may be good for.
const LONGEST: i64 = 5 * 366 * DAY;
/// How long a one-time token is good for.
const ONE_TIME: i64 = DAY;

/// A token to issue.
#[derive(Debug, Clone)]
pub struct IssueToken {
    /// For which account.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// From when on it is good for nothing; 90 days from now when nobody says.
    pub expires: Option<Timestamp>,
}

/// A token that was issued, with its text: there is no second look at it.
#[derive(Debug, Clone)]
pub struct Issued {
    /// What it is.
    pub token: Token,
    /// Its text.
    pub secret: Secret,
}

impl Means {
    /// Issues a token. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for a bad name or a time that has passed.
    pub async fn issue_token(
        &self,
        actor: &Actor,
        act: IssueToken,
    ) -> Result<Issued, CommandError> {
        Self::check_administrator(actor)?;
        let account = self.editing.actor(act.account)?.ok_or(CommandError::NotFound("account"))?;
        let issued = self.issue(actor, Kind::Service, act).await?;
        if account.is_administrator() {
            self.claim().await?;
        }
        Ok(issued)
    }

    /// Issues a token of one's own for a one-time token, which is good for nothing from then on.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when the one-time token is unknown, used or too old.
    pub async fn exchange_token(
        &self,
        one_time: &Secret,
        name: String,
        expires: Option<Timestamp>,
    ) -> Result<Issued, CommandError> {
        let unknown = || CommandError::NotFound("token");
        let key = self.key().await?;
        let cell = format!("{TOKEN_CELLS}{}", one_time.digest(&key));
        let found = self.log.cell(&cell).await.map_err(ReadError::from)?.ok_or_else(unknown)?;
        let token: Token = serde_json::from_slice(&found.value).map_err(|_| unknown())?;
        if token.kind != Kind::OneTime || token.expires <= self.clock.now() {
            return Err(unknown());
        }
        let act = IssueToken { account: token.account, name, expires };
        self.check_issue(&act)?;
        let actor = self.editing.actor(token.account)?.ok_or_else(unknown)?;
        // Of two who come at the same time, one removes the cell.
        if !self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)? {
            return Err(unknown());
        }
        let issued = self.issue(&actor, Kind::Service, act).await?;
        self.claim().await?;
        Ok(issued)
    }

    /// A one-time token for the first administrator, as long as no administrator has a token; it takes
    /// the place of those that were offered before.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn offer_first_token(&self) -> Result<Option<Issued>, CommandError> {
        let Some(actor) = self.editing.administrator()? else { return Ok(None) };
        if self.log.cell(CLAIMED_CELL).await.map_err(ReadError::from)?.is_some() {
            return Ok(None);
        }
        for (cell, found) in self.log.cells(TOKEN_CELLS).await.map_err(ReadError::from)? {
            let token = serde_json::from_slice::<Token>(&found.value);
            if token.is_ok_and(|token| token.kind == Kind::OneTime) {
                self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
            }
        }
        let expires = Some(self.clock.now().plus_millis(ONE_TIME));
        let act = IssueToken { account: actor.account, name: "first start".to_owned(), expires };
        Ok(Some(self.issue(&actor, Kind::OneTime, act).await?))
    }

    fn check_issue(&self, act: &IssueToken) -> Result<(), CommandError> {
        let now = self.clock.now();
        let mut violations = check_name(&act.name);
        let last = now.plus_millis(LONGEST);
        if act.expires.is_some_and(|expires| expires <= now || expires > last) {
            violations.push(
                Violation::new("/expires", "time_out_of_range").with("min", now).with("max", last),
            );
        }
        none_of(violations)
    }

    async fn issue(
        &self,
        actor: &Actor,
        kind: Kind,
        act: IssueToken,
    ) -> Result<Issued, CommandError> {
        self.check_issue(&act)?;
        let now = self.clock.now();
        let expires = act.expires.unwrap_or_else(|| now.plus_millis(USUAL));
        let token = Token {
            id: TokenId::generate(now),
            kind,
            account: act.account,
            name: act.name,
            created_at: now,
            created_by: actor.account,
            expires,
        };
        let secret = Secret::generate(kind);
        let cell = format!("{TOKEN_CELLS}{}", secret.digest(&self.key().await?));
        let value = serde_json::to_vec(&token)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(expires) };
        if !self.log.set_cell(&cell, 0, Some(value)).await.map_err(ReadError::from)? {
            return Err(CommandError::Unavailable("a random number came twice".to_owned()));
        }
        tracing::info!(token = %token.id, account = %token.account, by = %actor.account, "a token was issued");
        Ok(Issued { token, secret })
    }

    /// The key that digests are made with; made when it is first asked for.
    pub(super) async fn key(&self) -> Result<[u8; KEY], CommandError> {
        let fresh: [u8; KEY] = rand::random();
        let value = CellValue { value: fresh.to_vec(), expires: None };
        // Whoever sets it first has set it for all.
        self.log.set_cell(KEY_CELL, 0, Some(value)).await.map_err(ReadError::from)?;
        let cell = self.log.cell(KEY_CELL).await.map_err(ReadError::from)?;
        let damaged = || {
            let reason = "the key of tokens has not its length".to_owned();
            CommandError::from(ReadError::from(LogError::Damaged { number: 0, reason }))
        };
        cell.and_then(|cell| cell.value.try_into().ok()).ok_or_else(damaged)
    }

    /// From now on no start offers a token.
    async fn claim(&self) -> Result<(), CommandError> {
        let value = CellValue { value: Vec::new(), expires: None };
        self.log.set_cell(CLAIMED_CELL, 0, Some(value)).await.map_err(ReadError::from)?;
        Ok(())
    }
}
