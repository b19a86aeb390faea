//! Enrols a device that shows codes: from then on it takes one to sign in.

use super::{
    CommandError, Means,
    doors::{Doors, SignInError},
    none_of,
};
use crate::{
    access::{
        Actor,
        credentials::{Credentials, Device},
        totp::TotpSecret,
    },
    id::AccountId,
    violation::Violation,
};

impl Means {
    /// Begins to enrol a device: gives what is to be shared with it. Nothing changes until it has shown that it works.
    /// Takes one's password, and a code of the device before if there is one.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn begin_device(
        &self,
        doors: &Doors,
        actor: &Actor,
        (password, code): (String, Option<&str>),
    ) -> Result<(TotpSecret, String), SignInError> {
        self.prove(doors, actor, (password, code)).await?;
        let account = self.editing.account(actor.account).map_err(CommandError::from)?;
        let name = account.ok_or(SignInError::Refused)?.name;
        let (before, cell) = self.credentials(actor.account).await?.ok_or(SignInError::Refused)?;
        let secret = TotpSecret::generate();
        let credentials = Credentials { beginning: Some(secret.clone()), ..before };
        if !self.keep_credentials(actor.account, &credentials, cell.generation).await? {
            return Err(SignInError::Busy);
        }
        let uri = secret.uri(&name);
        Ok((secret, uri))
    }

    /// Finishes enrolling a device, by a code that it shows.
    ///
    /// # Errors
    /// [`SignInError`]: `Command` with what is wrong when the code isn't the device's, or none was begun.
    pub async fn confirm_device(
        &self,
        doors: &Doors,
        actor: &Actor,
        code: &str,
    ) -> Result<(), SignInError> {
        let now = self.clock.now();
        doors.attempt(&format!("device/{}", actor.account), now)?;
        let wrong = || none_of(vec![Violation::new("/code", "wrong_code")]);
        let Some((mut credentials, cell)) = self.credentials(actor.account).await? else {
            return Ok(wrong()?);
        };
        let Some(secret) = credentials.beginning.take() else { return Ok(wrong()?) };
        let Some(last) = secret.accepts(code, now, None) else { return Ok(wrong()?) };
        credentials.totp = Some(Device { secret, last });
        if !self.keep_credentials(actor.account, &credentials, cell.generation).await? {
            return Err(SignInError::Busy);
        }
        doors.succeeded(&format!("device/{}", actor.account));
        tracing::info!(account = %actor.account, "a device was enrolled");
        Ok(())
    }

    /// Forgets the device of an account: for somebody who has lost it. An administrator's act.
    ///
    /// # Errors
    /// [`CommandError`]: `NotFound` when there is none.
    pub async fn forget_device(
        &self,
        actor: &Actor,
        account: AccountId,
    ) -> Result<(), CommandError> {
        Self::check_administrator(actor)?;
        let missing = CommandError::NotFound("device");
        let Some((mut credentials, cell)) = self.credentials(account).await? else {
            return Err(missing);
        };
        if credentials.totp.take().is_none() {
            return Err(missing);
        }
        credentials.beginning = None;
        if !self.keep_credentials(account, &credentials, cell.generation).await? {
            return Err(CommandError::Conflict(crate::event::Stream::Account(account)));
        }
        tracing::info!(%account, by = %actor.account, "a device was forgotten");
        Ok(())
    }
}
