//! Erases an account: its name leaves the log, and whoever it was can act no more. What it did stays, under its id alone.

use super::{Accepted, CommandError, Decision, Means, save_account::besides};
use crate::{
    access::{
        Actor,
        credentials::cell_of,
        token::{TOKEN_CELLS, Token, used_cell},
    },
    event::{Claim, EventBody, Stream},
    followers::ReadError,
    id::AccountId,
    store::{ClaimChange, NewEvent},
};

/// How many of an account's events are looked for at a time.
const STEP: usize = 500;

impl Means {
    /// Erases an account: the bodies of the events that are about it, its tokens and all else that is kept of it outside
    /// the log. An administrator's act; the last administrator stays.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` when nobody could administer the site any more.
    pub async fn erase_account(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<Accepted, CommandError> {
        Self::check_administrator(actor)?;
        let accounts = self.editing.accounts()?;
        let before = accounts.get(&account).ok_or(CommandError::NotFound("account"))?;
        let stream = Stream::Account(account);
        let claim = Claim::AccountName(before.name.clone());
        let decision = Decision {
            expectations: vec![(stream.clone(), before.last), besides(&accounts, account)?],
            claims: vec![ClaimChange::Release(claim, *account.as_bytes())],
            erase: self.all_of(&stream).await?,
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::AccountErased { account },
            }],
        };
        let appended = self.append(actor, decision).await?;
        // From the event on nobody acts as it: what is left in cells is good for nothing, and goes all the same.
        self.forget(account).await?;
        Ok(Accepted { event: appended.last, revision: 0 })
    }

    /// The numbers of all events of a stream.
    async fn all_of(&self, stream: &Stream) -> Result<Vec<u64>, CommandError> {
        let mut found = Vec::new();
        loop {
            let after = found.last().copied().unwrap_or(0);
            let more = self.log.events_of(stream, after, STEP).await.map_err(ReadError::from)?;
            if more.is_empty() {
                return Ok(found);
            }
            found.extend(more);
        }
    }

    /// Removes all that is kept of an account in cells: tokens, sessions, invitations, its links to
    /// providers, its password and its device.
    async fn forget(&self, account: AccountId) -> Result<(), CommandError> {
        self.end_sessions(account, None).await?;
        self.remove_invitations(account).await?;
        self.unlink(account).await?;
        while let Some((_, cell)) = self.credentials(account).await? {
            let removed = self.log.set_cell(&cell_of(account), cell.generation, None).await;
            removed.map_err(ReadError::from)?;
        }
        for (cell, found) in self.log.cells(TOKEN_CELLS).await.map_err(ReadError::from)? {
            let Ok(token) = serde_json::from_slice::<Token>(&found.value) else { continue };
            if token.account != account {
                continue;
            }
            self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
            let used = used_cell(token.id);
            if let Some(last) = self.log.cell(&used).await.map_err(ReadError::from)? {
                self.log.set_cell(&used, last.generation, None).await.map_err(ReadError::from)?;
            }
        }
        Ok(())
    }
}
