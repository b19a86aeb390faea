//! The façade's accounts and tokens: who may act, and how a program says who it is.

use super::{ATTEMPTS, Cms, acts::decided};
use crate::{
    access::{
        Actor,
        token::{Secret, Token},
    },
    clock::Timestamp,
    commands::{
        Accepted, CommandError,
        issue_partner_key::{IssuePartnerKey, IssuedKey},
        issue_token::{IssueToken, Issued},
        rename_account::RenameAccount,
        save_account::{CreateAccount, SetGrants},
        switch_account::SwitchAccount,
    },
    id::{AccountId, TokenId},
    queries::ReadError,
};

impl Cms {
    /// Makes an account.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn create_account(
        &self,
        actor: &Actor,
        act: CreateAccount,
    ) -> Result<(AccountId, Accepted), CommandError> {
        let done = decided!(self, means => means.create_account(actor, act.clone()))?;
        self.seen(done.1).await;
        Ok(done)
    }

    /// Sets what an account may do.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn set_grants(
        &self,
        actor: &Actor,
        act: SetGrants,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.set_grants(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Gives an account another name.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn rename_account(
        &self,
        actor: &Actor,
        act: RenameAccount,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.rename_account(actor, act.clone()))?;
        Ok(self.seen(done).await)
    }

    /// Closes an account, or opens it again.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn switch_account(
        &self,
        actor: &Actor,
        act: SwitchAccount,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.switch_account(actor, act))?;
        Ok(self.seen(done).await)
    }

    /// Erases an account.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn erase_account(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<Accepted, CommandError> {
        let done = decided!(self, means => means.erase_account(actor, account))?;
        Ok(self.seen(done).await)
    }

    /// Issues a token for an account.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn issue_token(
        &self,
        actor: &Actor,
        act: IssueToken,
    ) -> Result<Issued, CommandError> {
        self.means().issue_token(actor, act).await
    }

    /// Exchanges a one-time token for a token of one's own.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when it is good for nothing.
    pub async fn exchange_token(
        &self,
        one_time: &Secret,
        name: String,
        expires: Option<Timestamp>,
    ) -> Result<Issued, CommandError> {
        self.means().exchange_token(one_time, name, expires).await
    }

    /// A one-time token for the first administrator, until an administrator has a token.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn offer_first_token(&self) -> Result<Option<Issued>, CommandError> {
        self.means().offer_first_token().await
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none that the actor may revoke.
    pub async fn revoke_token(&self, actor: &Actor, id: TokenId) -> Result<(), CommandError> {
        self.means().revoke_token(actor, id).await
    }

    /// Issues a key for a partner.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn issue_partner_key(
        &self,
        actor: &Actor,
        act: IssuePartnerKey,
    ) -> Result<IssuedKey, CommandError> {
        self.means().issue_partner_key(actor, act).await
    }

    /// Revokes a partner's key.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none.
    pub async fn revoke_partner_key(&self, actor: &Actor, id: TokenId) -> Result<(), CommandError> {
        self.means().revoke_partner_key(actor, id).await
    }

    /// Who acts with a token now; `None` when it is good for nothing.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn authenticate(&self, secret: &Secret) -> Result<Option<(Actor, Token)>, ReadError> {
        self.editing().authenticate(secret, self.clock().now()).await
    }
}
