//! Chooses a password: by an invitation, or by whoever knows the one before.

use super::{
    CommandError, Means,
    doors::{Doors, SignInError},
    none_of,
};
use crate::{
    access::{
        Actor,
        credentials::Credentials,
        password,
        session::{INVITATION_CELLS, Invitation},
        token::{Kind, Secret},
    },
    followers::ReadError,
    id::{AccountId, TokenId},
};

/// A password to change.
#[derive(Clone)]
pub struct ChangePassword {
    /// The one before.
    pub current: String,
    /// The new one.
    pub password: String,
    /// What the device shows, where the account has one.
    pub code: Option<String>,
    /// The session that goes on; the others end.
    pub session: Option<TokenId>,
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

impl Means {
    /// Chooses a password by an invitation, which is used up by it. All sessions end; a device stays.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` when the invitation is unknown, used or too old; `Command` with what is wrong with
    /// the password, and then it is as good as before.
    pub async fn accept_invitation(
        &self,
        doors: &Doors,
        secret: &Secret,
        password: String,
    ) -> Result<AccountId, SignInError> {
        if secret.kind() != Kind::Invitation {
            return Err(SignInError::Refused);
        }
        let key = self.key().await?;
        let cell = format!("{INVITATION_CELLS}{}", secret.digest(&key));
        let found = self.log.cell(&cell).await.map_err(read)?.ok_or(SignInError::Refused)?;
        let invitation = serde_json::from_slice::<Invitation>(&found.value);
        let invitation = invitation.map_err(|_| SignInError::Refused)?;
        let account = self.editing.account(invitation.account).map_err(CommandError::from)?;
        let account = account.filter(|account| !account.disabled).ok_or(SignInError::Refused)?;
        if invitation.expires <= self.clock.now() {
            return Err(SignInError::Refused);
        }
        none_of(password::check(&password, &account.name))?;
        let hashed = doors.hash(password, key).await?;
        // Of two who come at the same time, one removes the cell.
        if !self.log.set_cell(&cell, found.generation, None).await.map_err(read)? {
            return Err(SignInError::Refused);
        }
        let before = self.credentials(invitation.account).await?;
        let generation = before.as_ref().map_or(0, |(_, cell)| cell.generation);
        let credentials = Credentials {
            password: hashed,
            chosen_at: self.clock.now(),
            totp: before.and_then(|(credentials, _)| credentials.totp),
            beginning: None,
        };
        if !self.keep_credentials(invitation.account, &credentials, generation).await? {
            return Err(SignInError::Busy);
        }
        self.end_sessions(invitation.account, None).await?;
        doors.succeeded(&account.name);
        Ok(invitation.account)
    }

    /// Changes one's own password. The other sessions end.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` when the one before or the code is wrong; `Command` with what is wrong with the new
    /// one.
    pub async fn change_password(
        &self,
        doors: &Doors,
        actor: &Actor,
        act: ChangePassword,
    ) -> Result<(), SignInError> {
        let account = self.editing.account(actor.account).map_err(CommandError::from)?;
        let account = account.ok_or(SignInError::Refused)?;
        none_of(password::check(&act.password, &account.name))?;
        self.prove(doors, actor, (act.current, act.code.as_deref())).await?;
        let hashed = doors.hash(act.password, self.key().await?).await?;
        let (before, cell) = self.credentials(actor.account).await?.ok_or(SignInError::Refused)?;
        let credentials = Credentials { password: hashed, chosen_at: self.clock.now(), ..before };
        if !self.keep_credentials(actor.account, &credentials, cell.generation).await? {
            return Err(SignInError::Busy);
        }
        self.end_sessions(actor.account, act.session).await?;
        Ok(())
    }

    /// Whether whoever acts as an account knows its password, and has its device. Counted like signing in: a session
    /// that was left open is no way to try passwords.
    pub(super) async fn prove(
        &self,
        doors: &Doors,
        actor: &Actor,
        (password, code): (String, Option<&str>),
    ) -> Result<(), SignInError> {
        let now = self.clock.now();
        let account = self.editing.account(actor.account).map_err(CommandError::from)?;
        let name = account.ok_or(SignInError::Refused)?.name;
        doors.attempt(&name, now)?;
        let known = self.credentials(actor.account).await?;
        let kept = known.as_ref().map(|(credentials, _)| credentials.password.clone());
        let is_right = doors.verify(password, kept, self.key().await?).await?;
        let Some((credentials, cell)) = known.filter(|_| is_right) else {
            return Err(SignInError::Refused);
        };
        self.use_code((actor.account, credentials, &cell), code, now).await?;
        doors.succeeded(&name);
        Ok(())
    }
}

fn read(error: crate::store::LogError) -> CommandError {
    ReadError::from(error).into()
}
