//! Links that leave the site: what a look at one says, and when to look again. Pure.
//!
//! A link is called broken when it failed again and again for days, and not before: sites have bad days. What a site
//! answers to programs and not to people (401, 403, 429) says nothing of the link.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;

/// What the cells of links start with; the digest of the address follows.
pub const LINK_CELLS: &str = "link/";
/// The longest address that is looked at, in bytes.
pub const LONGEST: usize = 2_000;
/// So many failures in a row, at least, are a broken link,
const FAILURES: u32 = 3;
/// over so many milliseconds, at least: two days.
const FAILING: i64 = 2 * DAY;
/// How long what was found holds, in milliseconds.
const HOLDS: i64 = 7 * DAY;
/// How long after each failure in a row it is looked at again, in milliseconds; the last counts for all later ones.
const BACK_OFF: [i64; 3] = [HOUR * 6, DAY, DAY];
/// The longest wait that a site may ask for, in milliseconds.
const LONGEST_WAIT: i64 = 14 * DAY;
/// How long what is known of a link is kept once nobody looks at it any more, in milliseconds.
const KEPT: i64 = 60 * DAY;
const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;

/// What a look at a link found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// There is something. `moved_to` is where, when it said that it is there for good.
    Found {
        /// The address to write instead.
        moved_to: Option<String>,
    },
    /// It answers, but not to programs: with this status.
    Guarded(u16),
    /// It failed.
    Failed(Failure),
    /// It leads to where this server must not look: into a private network, say.
    Forbidden,
}

/// How a link failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The site says so, with this status.
    Status(u16),
    /// There is no such host.
    NoHost,
    /// Nobody answers there.
    NoConnection,
    /// Who answers is not who it should be, or can't be talked to safely.
    Insecure,
    /// The answer takes too long.
    TimedOut,
    /// It leads on and on.
    Redirects,
    /// What answers doesn't speak HTTP.
    Unreadable,
}

impl Failure {
    /// Its name, without the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::NoHost => "no_host",
            Self::NoConnection => "no_connection",
            Self::Insecure => "insecure",
            Self::TimedOut => "timed_out",
            Self::Redirects => "redirects",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There is something.
    Good,
    /// There is something, for good at another address.
    Moved,
    /// It answers, but not to programs: nothing is known.
    Guarded,
    /// It failed, not yet for long.
    Doubtful,
    /// It has failed for days.
    Broken,
    /// It leads to where this server must not look.
    Forbidden,
    /// Nobody has looked yet.
    Unknown,
}

impl State {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Good,
        Self::Moved,
        Self::Guarded,
        Self::Doubtful,
        Self::Broken,
        Self::Forbidden,
        Self::Unknown,
    ];

    /// The name on the wire and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Moved => "moved",
            Self::Guarded => "guarded",
            Self::Doubtful => "doubtful",
            Self::Broken => "broken",
            Self::Forbidden => "forbidden",
            Self::Unknown => "unknown",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// What is kept of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its address.
    pub url: String,
    /// How it stands.
    pub state: State,
    /// When somebody last looked.
    pub checked_at: Timestamp,
    /// When it is to be looked at again.
    pub next_at: Timestamp,
    /// How often it failed since it last didn't.
    pub failures: u32,
    /// Since when it fails.
    pub failing_since: Option<Timestamp>,
    /// How it failed last.
    pub failure: Option<Failure>,
    /// With which status it keeps programs out.
    pub guarded_by: Option<u16>,
    /// Where it moved for good.
    pub moved_to: Option<String>,
}

impl Standing {
    /// How a link stands after a look at it now. `wait` is how long the site asks to be left alone, in milliseconds.
    pub fn after(
        before: Option<&Self>,
        (url, look): (&str, Look),
        wait: Option<i64>,
        now: Timestamp,
    ) -> Self {
        let good = Self {
            url: url.to_owned(),
            state: State::Good,
            checked_at: now,
            next_at: now.plus_millis(HOLDS.max(wait.unwrap_or(0).min(LONGEST_WAIT))),
            failures: 0,
            failing_since: None,
            failure: None,
            guarded_by: None,
            moved_to: None,
        };
        match look {
            Look::Found { moved_to: None } => good,
            Look::Found { moved_to } => Self { state: State::Moved, moved_to, ..good },
            Look::Guarded(status) => {
                Self { state: State::Guarded, guarded_by: Some(status), ..good }
            }
            Look::Forbidden => Self { state: State::Forbidden, ..good },
            Look::Failed(failure) => {
                let failures = before.map_or(0, |before| before.failures).saturating_add(1);
                let since = before.and_then(|before| before.failing_since).unwrap_or(now);
                let is_broken = failures >= FAILURES && now.millis() - since.millis() >= FAILING;
                let at = usize::try_from(failures).unwrap_or(usize::MAX).saturating_sub(1);
                let back_off = BACK_OFF.get(at).copied().unwrap_or(DAY);
                let pause = if is_broken { HOLDS } else { back_off };
                let pause = pause.max(wait.unwrap_or(0).min(LONGEST_WAIT));
                Self {
                    state: if is_broken { State::Broken } else { State::Doubtful },
                    next_at: now.plus_millis(pause),
                    failures,
                    failing_since: Some(since),
                    failure: Some(failure),
                    ..good
                }
            }
        }
    }

    /// When what is kept of it may go.
    pub fn ends(&self) -> Timestamp {
        self.next_at.plus_millis(KEPT)
    }
}

/// The cell of a link.
pub fn cell_of(url: &str) -> String {
    format!("{LINK_CELLS}{}", hex::encode(Sha256::digest(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * HOUR)
    }

    fn look(before: Option<&Standing>, look: Look, now: Timestamp) -> Standing {
        Standing::after(before, ("https://example.org/", look), None, now)
    }

    #[test]
    fn a_link_is_broken_when_it_failed_for_days_and_not_by_a_bad_hour() {
        let failed = || Look::Failed(Failure::Status(404));
        let mut standing = look(None, failed(), at(0));
        let mut told = vec![(0, standing.state)];
        while standing.state == State::Doubtful {
            standing = look(Some(&standing), failed(), standing.next_at);
            told.push((standing.checked_at.millis() / HOUR, standing.state));
        }
        let doubtful = State::Doubtful;
        assert_eq!(told, [(0, doubtful), (6, doubtful), (30, doubtful), (54, State::Broken)]);
        assert_eq!(standing.failing_since, Some(at(0)));
        assert_eq!(standing.next_at, at(54 + 7 * 24));
        // However often somebody looks within an hour.
        let mut standing = look(None, failed(), at(0));
        for _ in 0..100 {
            standing = look(Some(&standing), failed(), at(1));
        }
        assert_eq!(standing.state, State::Doubtful);
        assert!(standing.next_at > at(1));
    }

    #[test]
    fn one_good_look_is_enough() {
        let mut standing = look(None, Look::Failed(Failure::NoHost), at(0));
        for hours in [24, 48, 72] {
            standing = look(Some(&standing), Look::Failed(Failure::NoHost), at(hours));
        }
        assert_eq!((standing.state, standing.failures), (State::Broken, 4));
        let good = look(Some(&standing), Look::Found { moved_to: None }, at(80));
        assert_eq!((good.state, good.failures, good.failing_since), (State::Good, 0, None));
        let moved_to = Some("https://example.org/new".to_owned());
        let moved = look(Some(&good), Look::Found { moved_to: moved_to.clone() }, at(90));
        assert_eq!((moved.state, moved.moved_to), (State::Moved, moved_to));
        let guarded = look(Some(&standing), Look::Guarded(403), at(80));
        assert_eq!((guarded.state, guarded.guarded_by), (State::Guarded, Some(403)));
    }

    #[test]
    fn a_site_may_ask_to_be_left_alone_but_not_for_ever() {
        let wait = |millis| {
            let look = ("https://example.org/", Look::Guarded(429));
            Standing::after(None, look, Some(millis), at(0)).next_at
        };
        assert_eq!(wait(1_000), at(7 * 24));
        assert_eq!(wait(10 * DAY), at(10 * 24));
        assert_eq!(wait(i64::MAX), at(14 * 24));
    }

    #[test]
    fn each_state_has_a_name_of_its_own() {
        for state in State::ALL {
            assert_eq!(State::named(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
