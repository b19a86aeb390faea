//! Whether an append is accepted: the same rules for every adapter that decides in this process.

use std::collections::BTreeMap;

use super::{Append, AppendError, Appended, ClaimChange, Holder};
use crate::{
    event::{Claim, Stream},
    id::OpId,
};

/// What the rules ask of the log.
pub(super) trait Facts {
    fn accepted(&self, op: OpId) -> Result<Option<Appended>, AppendError>;
    fn last_of(&self, stream: &Stream) -> Result<u64, AppendError>;
    fn holder(&self, claim: &Claim) -> Result<Option<Holder>, AppendError>;
    fn last(&self) -> u64;
}

/// What to do with an append that breaks no rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was accepted before, with this answer.
    Again(Appended),
    /// Accept it; each name that it changes has this holder afterwards.
    Accept(BTreeMap<Claim, Option<Holder>>),
}

/// Judges an append.
pub(super) fn judge(facts: &impl Facts, append: &Append) -> Result<Verdict, AppendError> {
    if let Some(before) = facts.accepted(append.op)? {
        return Ok(Verdict::Again(before));
    }
    if append.events.is_empty() {
        return Err(AppendError::Malformed("it has no event".to_owned()));
    }
    let last = facts.last();
    if let Some(number) = append.erase.iter().find(|number| !(1..=last).contains(*number)) {
        return Err(AppendError::Malformed(format!("it erases event {number} of {last}")));
    }
    for (stream, expected) in &append.expectations {
        let found = facts.last_of(stream)?;
        if found != *expected {
            return Err(AppendError::Conflict {
                stream: stream.clone(),
                expected: *expected,
                found,
            });
        }
    }
    claims(facts, &append.claims).map(Verdict::Accept)
}

/// Goes through the changes in order: what one releases a later one may take.
fn claims(
    facts: &impl Facts,
    changes: &[ClaimChange],
) -> Result<BTreeMap<Claim, Option<Holder>>, AppendError> {
    let mut held = BTreeMap::new();
    for change in changes {
        let (ClaimChange::Take(claim, holder) | ClaimChange::Release(claim, holder)) = change;
        let current = match held.get(claim) {
            Some(current) => *current,
            None => facts.holder(claim)?,
        };
        if let Some(other) = current.filter(|current| current != holder) {
            return Err(AppendError::Taken { claim: claim.clone(), holder: other });
        }
        let after = match change {
            ClaimChange::Take(..) => Some(*holder),
            ClaimChange::Release(..) => None,
        };
        held.insert(claim.clone(), after);
    }
    Ok(held)
}
