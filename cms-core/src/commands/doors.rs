//! What stands between a password and the processors: those who got it wrong wait, few passwords are looked at at a
//! time, none on the async threads, and a queue that is too long is turned away.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{sync::Semaphore, task};

use super::CommandError;
use crate::{
    access::{
        backoff::Backoff,
        password::{self, DECOY},
        token::KEY,
    },
    clock::Timestamp,
};

/// How many may wait for their turn.
const QUEUE: usize = 32;

/// Why a password was not looked at, or not found right.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name, password or code are wrong; nothing says which, or whether there is such a name.
    #[error("name, password or code are wrong")]
    Refused,
    /// It was wrong too often: there is a time to wait, in milliseconds.
    #[error("wait for {millis} ms")]
    Wait {
        /// So many milliseconds.
        millis: i64,
    },
    /// A second factor is demanded, the provider saw none, and the account has no device.
    #[error("a second factor is demanded, and there is none")]
    NoSecondFactor,
    /// Too many wait for their turn.
    #[error("too many are signing in")]
    Busy,
    /// The store refuses.
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// The doors of a process.
#[derive(Debug)]
pub struct Doors {
    backoff: Backoff,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Default for Doors {
    /// One password less at a time than there are processors: the others go on answering.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            backoff: Backoff::default(),
            turns: Arc::new(Semaphore::new(cores.saturating_sub(1).max(1))),
            waiting: AtomicUsize::new(0),
        }
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Doors {
    /// Counts an attempt under a name.
    ///
    /// # Errors
    /// [`SignInError::Wait`] when it is too early for another.
    pub(super) fn attempt(&self, name: &str, now: Timestamp) -> Result<(), SignInError> {
        self.backoff.attempt(name, now).map_err(|millis| SignInError::Wait { millis })
    }

    /// Forgets the attempts under a name.
    pub(super) fn succeeded(&self, name: &str) {
        self.backoff.succeeded(name);
    }

    /// Whether a password is the one of which this was kept. Where nothing was kept it takes as long.
    pub(super) async fn verify(
        &self,
        password: String,
        kept: Option<String>,
        key: [u8; KEY],
    ) -> Result<bool, SignInError> {
        self.slowly(move || {
            let kept = kept.as_deref().unwrap_or(DECOY);
            password::matches(&password, kept, &key)
        })
        .await
    }

    /// What to keep of a password.
    pub(super) async fn hash(
        &self,
        password: String,
        key: [u8; KEY],
    ) -> Result<String, SignInError> {
        let hashed = self.slowly(move || password::hash(&password, &key)).await?;
        Ok(hashed.map_err(|error| CommandError::Unavailable(error.to_string()))?)
    }

    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, SignInError> {
        let unavailable =
            |error: &dyn std::error::Error| CommandError::Unavailable(error.to_string());
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Place(&self.waiting);
        if before >= QUEUE {
            return Err(SignInError::Busy);
        }
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|e| unavailable(&e))?;
        drop(place);
        // The turn ends with the work, also when nobody waits for it any more.
        let done = task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        Ok(done.await.map_err(|error| unavailable(&error))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_comes_when_the_queue_is_full_is_turned_away_and_the_queue_empties() {
        let doors = Arc::new(Doors::default());
        let held = Arc::clone(&doors.turns);
        let all = u32::try_from(held.available_permits()).unwrap();
        let held = held.acquire_many_owned(all).await.unwrap();
        let waiters: Vec<_> = (0..QUEUE)
            .map(|_| {
                let doors = Arc::clone(&doors);
                tokio::spawn(async move { doors.slowly(|| ()).await })
            })
            .collect();
        while doors.waiting.load(Ordering::Acquire) < QUEUE {
            task::yield_now().await;
        }
        assert!(matches!(doors.slowly(|| ()).await, Err(SignInError::Busy)));
        drop(held);
        for waiter in waiters {
            waiter.await.unwrap().unwrap();
        }
        assert_eq!(doors.waiting.load(Ordering::Acquire), 0);
        doors.slowly(|| ()).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_password_is_compared_whether_there_is_one_or_not() {
        let doors = Doors::default();
        let key = [7; KEY];
        let kept = doors.hash("a quiet place by the sea".to_owned(), key).await.unwrap();
        let ask = |text: &str, kept| doors.verify(text.to_owned(), kept, key);
        assert!(ask("a quiet place by the sea", Some(kept.clone())).await.unwrap());
        assert!(!ask("a quiet place by the lake", Some(kept)).await.unwrap());
        assert!(!ask("a quiet place by the sea", None).await.unwrap());
    }
}
