//! Signs a person in: by name and password, and by a code where the account has a device. It begins a session.

use super::{
    CommandError, Means,
    doors::{Doors, SignInError},
};
use crate::{
    access::{
        credentials::{Credentials, cell_of},
        session::{MOST, SESSION_CELLS, Session, SessionLimits, csrf_token},
        token::{Kind, Secret},
    },
    clock::Timestamp,
    event::Claim,
    followers::ReadError,
    id::AccountId,
    store::{Cell, CellValue},
};

/// How many sessions that have ended are cleared away when one begins.
const CLEARED: usize = 20;

/// Who says that they are whom.
#[derive(Clone)]
pub struct SignIn {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
    /// What its device shows, if it has one.
    pub code: Option<String>,
    /// How long the session is to be good for.
    pub limits: SessionLimits,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

/// A session that began: its secret is for a cookie, its token for the page.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What is kept of it.
    pub session: Session,
    /// Its secret: there is no second look at it.
    pub secret: Secret,
    /// Its token against forged requests.
    pub csrf: String,
}

impl Means {
    /// Signs in.
    ///
    /// # Errors
    /// [`SignInError`]: `Refused` for whatever is wrong, and after the same work.
    pub async fn sign_in(&self, doors: &Doors, act: SignIn) -> Result<SignedIn, SignInError> {
        let now = self.clock.now();
        doors.attempt(&act.name, now)?;
        let known = self.known_by(&act.name).await?;
        let kept = known.as_ref().map(|(_, credentials, _)| credentials.password.clone());
        let is_right = doors.verify(act.password, kept, self.key().await?).await?;
        let Some((account, credentials, cell)) = known.filter(|_| is_right) else {
            return Err(SignInError::Refused);
        };
        self.use_code((account, credentials, &cell), act.code.as_deref(), now).await?;
        doors.succeeded(&act.name);
        Ok(self.begin_session(account, act.limits, None).await?)
    }

    /// The account with this name, if it is open and has a password.
    async fn known_by(
        &self,
        name: &str,
    ) -> Result<Option<(AccountId, Credentials, Cell)>, CommandError> {
        let claim = Claim::AccountName(name.to_owned());
        let holder = self.log.holder(&claim).await.map_err(ReadError::from)?;
        let Some(account) = holder.map(AccountId::from_bytes) else { return Ok(None) };
        if self.editing.actor(account)?.is_none() {
            return Ok(None);
        }
        let found = self.credentials(account).await?;
        Ok(found.map(|(credentials, cell)| (account, credentials, cell)))
    }

    /// What an account signs in with, if it has chosen a password.
    pub(super) async fn credentials(
        &self,
        account: AccountId,
    ) -> Result<Option<(Credentials, Cell)>, CommandError> {
        let cell = self.log.cell(&cell_of(account)).await.map_err(ReadError::from)?;
        let read = |cell: Cell| Some((serde_json::from_slice(&cell.value).ok()?, cell));
        Ok(cell.and_then(read))
    }

    /// Keeps what an account signs in with, unless it was changed meanwhile.
    pub(super) async fn keep_credentials(
        &self,
        account: AccountId,
        credentials: &Credentials,
        generation: u64,
    ) -> Result<bool, CommandError> {
        let value = serde_json::to_vec(credentials)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = Some(CellValue { value, expires: None });
        let kept = self.log.set_cell(&cell_of(account), generation, value).await;
        Ok(kept.map_err(ReadError::from)?)
    }

    /// Uses up the code that a device shows, where there is a device.
    pub(super) async fn use_code(
        &self,
        (account, mut credentials, cell): (AccountId, Credentials, &Cell),
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let Some(device) = &mut credentials.totp else { return Ok(()) };
        let step = code.and_then(|code| device.secret.accepts(code, now, Some(device.last)));
        device.last = step.ok_or(SignInError::Refused)?;
        // Of two who come with the same code, one is first.
        if self.keep_credentials(account, &credentials, cell.generation).await? {
            Ok(())
        } else {
            Err(SignInError::Refused)
        }
    }

    /// Begins a session, and clears away some that have ended, and the oldest of an account with too many.
    pub(super) async fn begin_session(
        &self,
        account: AccountId,
        limits: SessionLimits,
        provider: Option<String>,
    ) -> Result<SignedIn, CommandError> {
        let now = self.clock.now();
        let mut own = Vec::new();
        let mut cleared = 0;
        for (cell, found) in self.log.cells(SESSION_CELLS).await.map_err(ReadError::from)? {
            let known = serde_json::from_slice::<Session>(&found.value).ok();
            if let Some(session) = known.filter(|session| session.is_good(now)) {
                if session.account == account {
                    own.push((session.created_at, cell, found.generation));
                }
            } else if cleared < CLEARED {
                cleared += 1;
                self.log.set_cell(&cell, found.generation, None).await.map_err(ReadError::from)?;
            }
        }
        own.sort();
        let excess = (own.len() + 1).saturating_sub(MOST);
        for (_, cell, generation) in own.into_iter().take(excess) {
            self.log.set_cell(&cell, generation, None).await.map_err(ReadError::from)?;
        }
        let session = Session { provider, ..Session::begun(account, now, limits) };
        let (secret, key) = (Secret::generate(Kind::Session), self.key().await?);
        let value = serde_json::to_vec(&session)
            .map_err(|error| CommandError::Unavailable(error.to_string()))?;
        let value = CellValue { value, expires: Some(session.ends()) };
        let cell = format!("{SESSION_CELLS}{}", secret.digest(&key));
        if !self.log.set_cell(&cell, 0, Some(value)).await.map_err(ReadError::from)? {
            return Err(CommandError::Unavailable("a random number came twice".to_owned()));
        }
        tracing::info!(session = %session.id, %account, "somebody signed in");
        let csrf = csrf_token(&secret, &key);
        Ok(SignedIn { session, secret, csrf })
    }
}
