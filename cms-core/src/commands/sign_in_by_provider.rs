//! Signs a person in by a provider's word: they set out, come back vouched for, and a session begins; or they show a
//! code first.

use super::{
    CommandError, Means,
    doors::{Doors, SignInError},
    sign_in::SignedIn,
};
use crate::{
    access::{
        errand::{Away, Marks, Owing, ReturnPath},
        session::{INVITATION_CELLS, Invitation, SessionLimits},
        token::{Kind, Secret},
        vouching::{IDENTITY_CELLS, Identity, SecondFactor, Terms, Vouched, identity_cell},
    },
    followers::ReadError,
    id::AccountId,
    store::{Cell, CellValue},
};

/// Somebody sets out to a provider.
#[derive(Debug, Clone)]
pub struct SetOut {
    /// To which, by its name in the configuration.
    pub provider: String,
    /// Where to go on afterwards.
    pub return_to: ReturnPath,
    /// An invitation, to link whom the provider means to its account.
    pub invitation: Option<Secret>,
    /// The session that the browser is in.
    pub before: Option<Secret>,
}

/// Somebody who came back: what the browser held, and what must be found in the provider's token.
#[derive(Debug, Clone)]
pub struct Returned {
    /// What the browser held.
    pub away: Away,
    /// What went to the provider.
    pub marks: Marks,
}

/// What came of a provider's word.
#[derive(Debug, Clone)]
pub enum Admitted {
    /// A session began.
    In(SignedIn),
    /// A code has to be shown; this is for the browser to keep until then.
    Owing(String),
}

impl Means {
    /// Sets out: gives what the browser keeps, and what goes to the provider. Nothing is kept here.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` when there is an invitation and it is good for nothing.
    pub async fn set_out(&self, act: SetOut) -> Result<(String, Marks), SignInError> {
        let (key, now) = (self.key().await?, self.clock.now());
        if let Some(secret) = &act.invitation {
            self.invited_by(secret).await?;
        }
        let mut away = Away::beginning(&act.provider, act.return_to, now);
        away.invitation = act.invitation.map(|secret| secret.reveal().to_owned());
        if let Some(before) = act.before {
            let known = self.editing.session(&before, now).await.map_err(CommandError::from)?;
            away.before = known.map(|known| known.session.id);
        }
        Ok((away.seal(&key), away.marks(&key)))
    }

    /// Comes back: what the browser held belongs to this provider and to this answer.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` otherwise, or when it took too long.
    pub async fn come_back(
        &self,
        kept: &str,
        (provider, state): (&str, &str),
    ) -> Result<Returned, SignInError> {
        let key = self.key().await?;
        let away = Away::open(kept, &key, self.clock.now());
        let is_answer = |away: &Away| away.provider == provider && away.is_answered_by(state, &key);
        let away = away.filter(is_answer).ok_or(SignInError::Refused)?;
        let marks = away.marks(&key);
        Ok(Returned { away, marks })
    }

    /// Takes a provider's word, which was checked, on these terms: links its subject first, where somebody was invited.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` when the subject is linked to no open account, or to one that the provider doesn't
    /// reach; `NoSecondFactor` when one is demanded and there is none.
    pub async fn admit(
        &self,
        (away, vouched): (&Away, &Vouched),
        terms: &Terms,
        limits: SessionLimits,
    ) -> Result<Admitted, SignInError> {
        let account = match &away.invitation {
            Some(text) => self.link(text, vouched, terms).await?,
            None => self.linked(vouched).await?,
        };
        self.reached(account, terms)?;
        if !vouched.second_factor {
            let known = self.credentials(account).await?;
            if known.is_some_and(|(credentials, _)| credentials.totp.is_some()) {
                let owing = Owing::beginning(away, account, self.clock.now());
                return Ok(Admitted::Owing(owing.seal(&self.key().await?)));
            }
            match terms.second_factor {
                SecondFactor::Device => {}
                SecondFactor::Always => return Err(SignInError::NoSecondFactor),
            }
        }
        let signed_in = self.begin_session(account, limits, Some(away.provider.clone())).await?;
        if let Some(before) = away.before {
            self.end_session(before).await?;
        }
        Ok(Admitted::In(signed_in))
    }

    /// By which provider somebody was vouched for who still has to show a code; none where that is nobody.
    ///
    /// # Errors
    /// [`CommandError`] when the store cannot be read.
    pub async fn owing(&self, kept: &str) -> Result<Option<Owing>, CommandError> {
        Ok(Owing::open(kept, &self.key().await?, self.clock.now()))
    }

    /// Shows the code that was owed. Counted like signing in with a password.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` when the code is wrong, or the account is closed or out of reach by now.
    pub async fn show_code(
        &self,
        doors: &Doors,
        (owing, code): (&Owing, &str),
        terms: &Terms,
        limits: SessionLimits,
    ) -> Result<SignedIn, SignInError> {
        let now = self.clock.now();
        let name = self.reached(owing.account, terms)?;
        doors.attempt(&name, now)?;
        let known = self.credentials(owing.account).await?;
        let (credentials, cell) = known.ok_or(SignInError::Refused)?;
        // Without a device there was nothing to owe: it was forgotten meanwhile, and who says so signs in anew.
        if credentials.totp.is_none() {
            return Err(SignInError::Refused);
        }
        self.use_code((owing.account, credentials, &cell), Some(code), now).await?;
        doors.succeeded(&name);
        let provider = Some(owing.provider.clone());
        let signed_in = self.begin_session(owing.account, limits, provider).await?;
        if let Some(before) = owing.before {
            self.end_session(before).await?;
        }
        Ok(signed_in)
    }

    /// The account's name, if it is open and the provider reaches it.
    fn reached(&self, account: AccountId, terms: &Terms) -> Result<String, SignInError> {
        let known = self.editing.account(account).map_err(CommandError::from)?;
        let known = known.filter(|known| !known.disabled);
        let known = known.filter(|known| terms.reach.covers(account, &known.grants));
        Ok(known.ok_or(SignInError::Refused)?.name)
    }

    /// The account that a subject is linked to.
    async fn linked(&self, vouched: &Vouched) -> Result<AccountId, SignInError> {
        let cell = identity_cell(vouched, &self.key().await?);
        let found = self.log.cell(&cell).await.map_err(read)?;
        let identity =
            found.and_then(|found| serde_json::from_slice::<Identity>(&found.value).ok());
        Ok(identity.ok_or(SignInError::Refused)?.account)
    }

    /// The invitation with this secret, if it is good now, with its cell.
    async fn invited_by(&self, secret: &Secret) -> Result<(Invitation, String, Cell), SignInError> {
        if secret.kind() != Kind::Invitation {
            return Err(SignInError::Refused);
        }
        let name = format!("{INVITATION_CELLS}{}", secret.digest(&self.key().await?));
        let cell = self.log.cell(&name).await.map_err(read)?.ok_or(SignInError::Refused)?;
        let known = serde_json::from_slice::<Invitation>(&cell.value).ok();
        let known = known.filter(|known| self.clock.now() < known.expires);
        Ok((known.ok_or(SignInError::Refused)?, name, cell))
    }

    /// Links a subject to the account of an invitation, which is used up by it. A subject that is another account's
    /// stays there, and the invitation as good as before.
    async fn link(
        &self,
        invitation: &str,
        vouched: &Vouched,
        terms: &Terms,
    ) -> Result<AccountId, SignInError> {
        let secret = Secret::parse(invitation).map_err(|_| SignInError::Refused)?;
        let (invitation, name, cell) = self.invited_by(&secret).await?;
        let account = invitation.account;
        self.reached(account, terms)?;
        let identity = identity_cell(vouched, &self.key().await?);
        let before = self.log.cell(&identity).await.map_err(read)?;
        let holder = |cell: &Cell| serde_json::from_slice::<Identity>(&cell.value).ok();
        if before.as_ref().and_then(holder).is_some_and(|known| known.account != account) {
            return Err(SignInError::Refused);
        }
        // Of two who come at the same time, one removes the invitation.
        if !self.log.set_cell(&name, cell.generation, None).await.map_err(read)? {
            return Err(SignInError::Refused);
        }
        let issuer = vouched.issuer.clone();
        let linked = Identity { account, issuer, linked_at: self.clock.now() };
        let value = serde_json::to_vec(&linked)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = Some(CellValue { value, expires: None });
        let generation = before.map_or(0, |before| before.generation);
        if !self.log.set_cell(&identity, generation, value).await.map_err(read)? {
            return Err(SignInError::Busy);
        }
        tracing::info!(%account, issuer = vouched.issuer, "an account was linked to a provider's subject");
        Ok(account)
    }

    /// Removes the links of an account to providers' subjects. Answers how many those were.
    pub(super) async fn unlink(&self, account: AccountId) -> Result<usize, CommandError> {
        let mut removed = 0;
        for (cell, found) in self.log.cells(IDENTITY_CELLS).await.map_err(ReadError::from)? {
            let known = serde_json::from_slice::<Identity>(&found.value);
            if known.is_ok_and(|known| known.account == account) {
                self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn read(error: crate::store::LogError) -> CommandError {
    ReadError::from(error).into()
}
