//! A release: publications and withdrawals that happen as one, or not at all. Folded from its events; pure.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    event::{Event, EventBody, ReleaseItem},
    id::{AccountId, OpId, ReleaseId},
};

/// The most that one release does.
pub const MOST_ITEMS: usize = 500;

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// What people call it.
    pub name: String,
    /// What it does. No part of an entry is there twice.
    pub items: Vec<ReleaseItem>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: AccountId,
    /// Where it stands.
    pub state: ReleaseState,
    /// The event that says why it couldn't happen when its time had come, if it couldn't.
    pub failed: Option<u64>,
    /// Grows with each change, from 1.
    pub version: u32,
    /// The last event of its stream.
    pub last: u64,
}

/// Where a release stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReleaseState {
    /// It is put together.
    Open,
    /// It will happen at a time.
    Scheduled {
        /// The handle of the command that it will be.
        schedule: OpId,
        /// When.
        at: Timestamp,
        /// The time zone that it was chosen in.
        zone: Option<String>,
        /// Who wants it.
        actor: AccountId,
    },
    /// It has happened.
    Published {
        /// When.
        at: Timestamp,
        /// By which event.
        event: u64,
    },
    /// It was given up.
    Discarded {
        /// When.
        at: Timestamp,
    },
}

impl ReleaseState {
    /// Its name on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Scheduled { .. } => "scheduled",
            Self::Published { .. } => "published",
            Self::Discarded { .. } => "discarded",
        }
    }
}

impl Release {
    /// When it is to happen, and by which command.
    pub fn schedule(&self) -> Option<(Timestamp, OpId)> {
        match &self.state {
            ReleaseState::Scheduled { schedule, at, .. } => Some((*at, *schedule)),
            ReleaseState::Open
            | ReleaseState::Published { .. }
            | ReleaseState::Discarded { .. } => None,
        }
    }

    /// The release that one is after one of its events; `None` for what is no event of a release that is there.
    pub fn after(before: Option<Self>, event: &Event) -> Option<Self> {
        let body = event.body.as_ref()?;
        if let EventBody::ReleaseSaved { release, name, items } = body {
            let (name, items) = (name.clone(), items.clone());
            return Some(match before {
                Some(before) => Self { name, items, ..before.moved(event) },
                None => Self {
                    id: *release,
                    name,
                    items,
                    created_at: event.at,
                    created_by: event.actor,
                    state: ReleaseState::Open,
                    failed: None,
                    version: 1,
                    last: event.number,
                },
            });
        }
        let before = before?.moved(event);
        let mut failed_by = None;
        let state = if let EventBody::ReleaseScheduled { schedule, at, zone, .. } = body {
            let (schedule, at, zone, actor) = (*schedule, *at, zone.clone(), event.actor);
            ReleaseState::Scheduled { schedule, at, zone, actor }
        } else if let EventBody::ReleaseUnscheduled { failed, .. } = body {
            failed_by = (!failed.is_empty()).then_some(event.number);
            ReleaseState::Open
        } else if let EventBody::ReleasePublished { .. } = body {
            ReleaseState::Published { at: event.at, event: event.number }
        } else if let EventBody::ReleaseDiscarded { .. } = body {
            ReleaseState::Discarded { at: event.at }
        } else {
            return None;
        };
        Some(Self { state, failed: failed_by, ..before })
    }

    fn moved(self, event: &Event) -> Self {
        Self { version: self.version + 1, last: event.number, ..self }
    }
}
