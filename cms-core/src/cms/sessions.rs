//! The façade's sessions and passwords: how a person says who they are.

use super::{ATTEMPTS, Cms, acts::decided};
use crate::{
    access::{
        Actor,
        errand::{Away, Marks, Owing},
        session::SessionLimits,
        token::Secret,
        totp::TotpSecret,
        vouching::{Terms, Vouched},
    },
    commands::{
        CommandError,
        choose_password::ChangePassword,
        doors::SignInError,
        invite::Invited,
        sign_in::{SignIn, SignedIn},
        sign_in_by_provider::{Admitted, Returned, SetOut},
    },
    id::{AccountId, TokenId},
    queries::{ReadError, sessions::KnownSession},
};

impl Cms {
    /// Signs a person in: begins a session.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn sign_in(&self, act: SignIn) -> Result<SignedIn, SignInError> {
        self.means().sign_in(&self.0.doors, act).await
    }

    /// Somebody sets out to a provider of sign-in: what the browser keeps, and what goes with them.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn set_out(&self, act: SetOut) -> Result<(String, Marks), SignInError> {
        self.means().set_out(act).await
    }

    /// Somebody comes back from a provider, with this `state`.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn come_back(
        &self,
        kept: &str,
        answer: (&str, &str),
    ) -> Result<Returned, SignInError> {
        self.means().come_back(kept, answer).await
    }

    /// Takes a provider's word, which was checked, on its terms.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn admit(
        &self,
        word: (&Away, &Vouched),
        terms: &Terms,
        limits: SessionLimits,
    ) -> Result<Admitted, SignInError> {
        self.means().admit(word, terms, limits).await
    }

    /// Who was vouched for and owes a code; none where that is nobody.
    ///
    /// # Errors
    /// [`CommandError`] when the store cannot be read.
    pub async fn owing(&self, kept: &str) -> Result<Option<Owing>, CommandError> {
        self.means().owing(kept).await
    }

    /// Shows the code that was owed: begins a session.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn show_code(
        &self,
        shown: (&Owing, &str),
        terms: &Terms,
        limits: SessionLimits,
    ) -> Result<SignedIn, SignInError> {
        self.means().show_code(&self.0.doors, shown, terms, limits).await
    }

    /// Ends an account's links to providers' subjects. Answers how many those were.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn unlink_account(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<usize, CommandError> {
        self.means().unlink_account(actor, account).await
    }

    /// Who acts in a session now; `None` when it is good for nothing.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub async fn session(&self, secret: &Secret) -> Result<Option<KnownSession>, ReadError> {
        self.editing().session(secret, self.clock().now()).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`CommandError`] when the store refuses.
    pub async fn sign_out(&self, secret: &Secret) -> Result<(), CommandError> {
        self.means().sign_out(secret).await
    }

    /// Ends all sessions of an account, but for one. Answers how many those were.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when it is another's and the actor is no administrator.
    pub async fn sign_out_everywhere(
        &self,
        actor: &Actor,
        account: AccountId,
        but: Option<TokenId>,
    ) -> Result<usize, CommandError> {
        self.means().sign_out_everywhere(actor, account, but).await
    }

    /// Invites the person of an account to choose a password.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn invite(&self, actor: &Actor, account: AccountId) -> Result<Invited, CommandError> {
        self.means().invite(actor, account).await
    }

    /// Chooses a password by an invitation.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn accept_invitation(
        &self,
        secret: &Secret,
        password: String,
    ) -> Result<AccountId, SignInError> {
        self.means().accept_invitation(&self.0.doors, secret, password).await
    }

    /// Changes one's own password.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn change_password(
        &self,
        actor: &Actor,
        act: ChangePassword,
    ) -> Result<(), SignInError> {
        self.means().change_password(&self.0.doors, actor, act).await
    }

    /// Begins to enrol a device that shows codes: gives what is to be shared with it, and the same as an address.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn begin_device(
        &self,
        actor: &Actor,
        proof: (String, Option<&str>),
    ) -> Result<(TotpSecret, String), SignInError> {
        self.means().begin_device(&self.0.doors, actor, proof).await
    }

    /// Finishes enrolling a device.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn confirm_device(&self, actor: &Actor, code: &str) -> Result<(), SignInError> {
        self.means().confirm_device(&self.0.doors, actor, code).await
    }

    /// Forgets the device of an account.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn forget_device(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<(), CommandError> {
        decided!(self, means => means.forget_device(actor, account))
    }
}
