//! How long somebody who got it wrong has to wait: longer each time. Pure, but for its own counters in memory.
//!
//! A name is counted whether there is such an account or not, so that waiting tells nobody anything. Names share
//! a fixed number of counters by a keyed hash: nobody can fill the memory with names, nor find a name that shares a
//! counter with another's.

use hmac::{Hmac, Mac as _};
use parking_lot::Mutex;
use sha2::Sha256;

use crate::clock::Timestamp;

/// Counters; their memory is taken as they are used.
const COUNTERS: usize = 1 << 18;
/// Attempts that cost no waiting.
const FREE: u32 = 5;
/// The first time to wait, in milliseconds; each further one is twice as long.
const FIRST: i64 = 1_000;
/// The longest, in milliseconds.
const LONGEST: i64 = 15 * 60 * 1_000;
/// After this time without an attempt, in milliseconds, all is forgotten.
const FORGOTTEN: i64 = 24 * 60 * 60 * 1_000;

/// Attempts since the last that went well, and when the last was.
#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    attempts: u32,
    last: i64,
}

/// The counters of a process.
pub struct Backoff {
    key: [u8; 32],
    counters: Mutex<Vec<Counter>>,
}

impl std::fmt::Debug for Backoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backoff").finish_non_exhaustive()
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { key: rand::random(), counters: Mutex::new(vec![Counter::default(); COUNTERS]) }
    }
}

impl Backoff {
    /// Counts an attempt, before it is looked at: many at a time are no way round.
    ///
    /// # Errors
    /// How many milliseconds it is too early; then it isn't counted.
    pub fn attempt(&self, name: &str, now: Timestamp) -> Result<(), i64> {
        let place = self.place(name);
        let mut counters = self.counters.lock();
        let Some(counter) = counters.get_mut(place) else { return Ok(()) };
        // A clock that was set back keeps nobody out for longer.
        let last = counter.last.min(now.millis());
        let since = now.millis() - last;
        if since >= FORGOTTEN {
            *counter = Counter::default();
        }
        let too_early = waiting(counter.attempts) - since;
        if too_early > 0 {
            return Err(too_early);
        }
        counter.attempts = counter.attempts.saturating_add(1);
        counter.last = now.millis();
        Ok(())
    }

    /// The attempt went well: what was before it is forgotten.
    pub fn succeeded(&self, name: &str) {
        let place = self.place(name);
        if let Some(counter) = self.counters.lock().get_mut(place) {
            *counter = Counter::default();
        }
    }

    fn place(&self, name: &str) -> usize {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            unreachable!("HMAC takes keys of any length")
        };
        mac.update(name.as_bytes());
        let digest = mac.finalize().into_bytes();
        let first = digest.first_chunk::<4>().copied().unwrap_or_default();
        usize::try_from(u32::from_be_bytes(first)).unwrap_or_default() % COUNTERS
    }
}

/// How long to wait after so many attempts, in milliseconds.
fn waiting(attempts: u32) -> i64 {
    match attempts.checked_sub(FREE) {
        None => 0,
        Some(doubled) => FIRST.checked_shl(doubled.min(30)).unwrap_or(LONGEST).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + millis)
    }

    #[test]
    fn whoever_gets_it_wrong_waits_twice_as_long_each_time_and_no_longer_than_a_quarter_of_an_hour()
    {
        let backoff = Backoff::default();
        for _ in 0..FREE {
            assert_eq!(backoff.attempt("Ana", at(0)), Ok(()));
        }
        let mut now = 0;
        let mut waits = Vec::new();
        for _ in 0..14 {
            let wait = backoff.attempt("Ana", at(now)).unwrap_err();
            waits.push(wait / 1_000);
            assert_eq!(
                backoff.attempt("Ana", at(now + wait - 1)),
                Err(1),
                "too early doesn't count"
            );
            now += wait;
            assert_eq!(backoff.attempt("Ana", at(now)), Ok(()));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!(backoff.attempt("Bo", at(now)), Ok(()), "another's attempts are another's");
        backoff.succeeded("Ana");
        assert_eq!(backoff.attempt("Ana", at(now)), Ok(()));
    }

    #[test]
    fn a_day_without_an_attempt_is_forgiven_and_a_clock_set_back_harms_nobody() {
        let backoff = Backoff::default();
        for _ in 0..FREE {
            backoff.attempt("Ana", at(0)).unwrap();
        }
        assert_eq!(backoff.attempt("Ana", at(-1_000_000_000)), Err(1_000));
        assert_eq!(backoff.attempt("Ana", at(FORGOTTEN)), Ok(()));
        assert_eq!(backoff.attempt("Ana", at(FORGOTTEN)), Ok(()), "from the beginning");
    }

    #[test]
    fn a_counter_never_overflows() {
        for attempts in [0, FREE, FREE + 40, u32::MAX] {
            assert!((0..=LONGEST).contains(&waiting(attempts)));
        }
    }
}
