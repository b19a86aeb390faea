//! Whether what is derived fits the log: heads, revisions, references and claims of every entry.
//!
//! The log's own soundness (checksums, numbers, the tree) is the store's business, in its `verify`. Here
//! each entry that editors see is held against the events that made it, one by one, in bounded memory.

use std::fmt;

use super::{Editing, ReadError};
use crate::{
    entry::{Entry, Head, Saved},
    event::{EventBody, Part, Stream},
    id::EntryId,
};

/// How many entries are listed together.
const STEP: usize = 1_000;
/// Places that a report names.
const NAMED: usize = 1_000;

/// What a look at all entries found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Soundness {
    /// The last event that the heads know of.
    pub applied: u64,
    /// How many entries there are.
    pub entries: u64,
    /// How many heads they have.
    pub heads: u64,
    /// What does not fit, the first thousand places.
    pub faults: Vec<HeadFault>,
    /// How many more there are.
    pub omitted: u64,
}

/// A head that does not fit the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadFault {
    /// Of which entry.
    pub entry: EntryId,
    /// Of which part.
    pub part: Part,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The log has another last event of its stream.
    LastEvent {
        /// What the head says.
        head: u64,
        /// What the log says.
        log: u64,
    },
    /// The event that saved a revision is not what the head says.
    Revision {
        /// Which revision.
        revision: u32,
        /// The event that should have saved it.
        event: u64,
    },
    /// The event that published what readers get is not what the head says.
    Publication {
        /// The event that should have published it.
        event: u64,
    },
    /// What readers get refers to an entry that isn't there.
    Reference {
        /// The entry that is missing.
        target: EntryId,
    },
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastEvent { head, log } => {
                write!(f, "its last event is {log} in the log, and {head} here")
            }
            Self::Revision { revision, event } => {
                write!(f, "event {event} did not save revision {revision}")
            }
            Self::Publication { event } => write!(f, "event {event} did not publish it"),
            Self::Reference { target } => write!(f, "it refers to {target}, which isn't there"),
        }
    }
}

impl Editing {
    /// Holds every entry against the log. Appends that come meanwhile may show as faults: ask when
    /// nobody writes, or ask again about what was found.
    ///
    /// # Errors
    /// [`ReadError`] when the view or the log cannot be read.
    pub async fn soundness(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<Soundness, ReadError> {
        let mut found = Soundness { applied: self.applied()?, ..Soundness::default() };
        for type_name in self.type_names()? {
            let mut after = None;
            loop {
                let ids = self.entries(&type_name, after, STEP)?;
                let Some(last) = ids.last() else { break };
                after = Some(*last);
                for id in ids {
                    let Some(entry) = self.entry(id)? else { continue };
                    found.entries += 1;
                    for (part, head) in &entry.heads {
                        found.heads += 1;
                        let faults = self.faults_of(&entry, part, head).await?;
                        for kind in faults {
                            found.add(HeadFault { entry: id, part: part.clone(), kind });
                        }
                    }
                }
                progress(found.entries);
            }
        }
        Ok(found)
    }

    async fn faults_of(
        &self,
        entry: &Entry,
        part: &Part,
        head: &Head,
    ) -> Result<Vec<FaultKind>, ReadError> {
        let mut faults = Vec::new();
        let log = self.log().last_of(&Stream::Entry(entry.id, part.clone())).await?;
        if log != head.last {
            faults.push(FaultKind::LastEvent { head: head.last, log });
        }
        let live = head.live.as_ref();
        for saved in std::iter::once(&head.draft).chain(live.map(|live| &live.saved)) {
            if !self.has_saved(entry, part, saved).await? {
                let Saved { revision, event, .. } = saved;
                faults.push(FaultKind::Revision { revision: *revision, event: *event });
            }
        }
        if let Some(live) = live {
            let event = self.event(live.event).await?;
            let fits = matches!(
                event.and_then(|event| event.body),
                Some(EventBody::Published { entry: id, part: own, revision, .. })
                    if id == entry.id && own == *part && revision == live.saved.revision
            );
            if !fits {
                faults.push(FaultKind::Publication { event: live.event });
            }
        }
        for target in head.published().iter().flat_map(|live| &live.saved.uses) {
            if self.entry(*target)?.is_none() {
                faults.push(FaultKind::Reference { target: *target });
            }
        }
        Ok(faults)
    }

    async fn has_saved(
        &self,
        entry: &Entry,
        part: &Part,
        saved: &Saved,
    ) -> Result<bool, ReadError> {
        let event = self.event(saved.event).await?;
        Ok(matches!(
            event.and_then(|event| event.body),
            Some(EventBody::RevisionSaved { entry: id, part: own, revision, .. })
                if id == entry.id && own == *part && revision == saved.revision
        ))
    }
}

impl Soundness {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn add(&mut self, fault: HeadFault) {
        if self.faults.len() < NAMED {
            self.faults.push(fault);
        } else {
            self.omitted += 1;
        }
    }
}
