//! Issues a key for a partner, once, to be shown once.

use super::{CommandError, Means, none_of, save_account::check_name};
use crate::{
    access::{
        Actor,
        partner::{PARTNER_CELLS, PartnerKey},
        token::{Kind, Secret},
    },
    clock::Timestamp,
    followers::ReadError,
    id::TokenId,
    store::CellValue,
    violation::Violation,
};

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// How long a key is good for when nobody says.
const USUAL: i64 = 366 * DAY;
/// The longest that a key may be good for.
const LONGEST: i64 = 5 * 366 * DAY;
/// How many requests a minute it may make when nobody says.
const SHARE: u32 = 600;
/// The most.
const LARGEST: u32 = 1_000_000;
/// The most keys that there are.
const MOST: usize = 1_000;

/// A key to issue.
#[derive(Debug, Clone)]
pub struct IssuePartnerKey {
    /// What the partner is called.
    pub partner: String,
    /// How many requests it may make in a minute.
    pub per_minute: Option<u32>,
    /// From when on it is good for nothing; a year from now when nobody says.
    pub expires: Option<Timestamp>,
}

/// A key that was issued, with its text: there is no second look at it.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// What it is.
    pub key: PartnerKey,
    /// Its text.
    pub secret: Secret,
}

impl Means {
    /// Issues a key. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong.
    pub async fn issue_partner_key(
        &self,
        actor: &Actor,
        act: IssuePartnerKey,
    ) -> Result<IssuedKey, CommandError> {
        Self::check_administrator(actor)?;
        let now = self.clock.now();
        let mut wrong: Vec<_> = check_name(&act.partner)
            .into_iter()
            .map(|wrong| Violation { pointer: "/partner".to_owned(), ..wrong })
            .collect();
        let last = now.plus_millis(LONGEST);
        if act.expires.is_some_and(|expires| expires <= now || expires > last) {
            let late = Violation::new("/expires", "time_out_of_range");
            wrong.push(late.with("min", now).with("max", last));
        }
        let per_minute = act.per_minute.unwrap_or(SHARE);
        if !(1..=LARGEST).contains(&per_minute) {
            let share = Violation::new("/per_minute", "out_of_range");
            wrong.push(share.with("min", 1).with("max", LARGEST));
        }
        let others = self.log.cells(PARTNER_CELLS).await.map_err(ReadError::from)?;
        if others.len() >= MOST {
            wrong.push(Violation::new("", "too_many_items").with("limit", MOST));
        }
        none_of(wrong)?;
        let expires = act.expires.unwrap_or_else(|| now.plus_millis(USUAL));
        let key = PartnerKey {
            id: TokenId::generate(now),
            partner: act.partner,
            per_minute,
            created_by: actor.account,
            created_at: now,
            expires,
        };
        let secret = Secret::generate(Kind::Partner);
        let cell = format!("{PARTNER_CELLS}{}", secret.digest(&self.key().await?));
        let value = serde_json::to_vec(&key)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(expires) };
        if !self.log.set_cell(&cell, 0, Some(value)).await.map_err(ReadError::from)? {
            return Err(CommandError::Unavailable("a random number came twice".to_owned()));
        }
        tracing::info!(key = %key.id, by = %actor.account, "a partner's key was issued");
        Ok(IssuedKey { key, secret })
    }

    /// Revokes a key: from the next request on it is good for nothing. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none.
    pub async fn revoke_partner_key(&self, actor: &Actor, id: TokenId) -> Result<(), CommandError> {
        Self::check_administrator(actor)?;
        for (cell, found) in self.log.cells(PARTNER_CELLS).await.map_err(ReadError::from)? {
            let known = serde_json::from_slice::<PartnerKey>(&found.value);
            if known.is_ok_and(|known| known.id == id) {
                // Removed by another meanwhile is as good.
                self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
                tracing::info!(key = %id, by = %actor.account, "a partner's key was revoked");
                return Ok(());
            }
        }
        Err(CommandError::NotFound("key"))
    }
}
