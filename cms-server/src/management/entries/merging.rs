//! What whoever comes second gets with 412: the other's revision, and both put together, as a proposal.
//!
//! Nothing of it is saved: a page shows it, and somebody saves it with the newest revision in `If-Match`.

use cms_core::{
    access::Act,
    entry::merge::{Chunk, Conflict},
    event::Fields,
    queries::merge::Proposal,
};
use serde_json::{Map, Value, json};

use super::patch::patched;
use crate::{
    delivery::Desk,
    management::place::PartPlace,
    problem::{Code, Problem},
};

/// Adds a proposal to a problem that is 412, where the request says which revision it was made from.
pub(super) async fn with_proposal(
    desk: &Desk,
    place: &PartPlace,
    patch: &Value,
    problem: Problem,
) -> Problem {
    if problem.code() != Code::PreconditionFailed {
        return problem;
    }
    match propose(desk, place, patch).await {
        Ok(Some((base, proposal))) => told(problem, base, proposal),
        // A proposal is a courtesy: what is wrong with it is no reason to say anything but 412.
        Ok(None) | Err(_) => problem,
    }
}

async fn propose(
    desk: &Desk,
    place: &PartPlace,
    patch: &Value,
) -> Result<Option<(u32, Proposal)>, Problem> {
    let Some(base) = place.named().filter(|_| place.at.may(Act::Read, &place.part)) else {
        return Ok(None);
    };
    let editing = desk.cms.editing();
    let entry = &place.at.entry;
    let before = match base {
        0 => Fields::new(),
        base => match editing.saved_by(entry.id, &place.part, base)? {
            Some(event) => editing.fields(event).await?,
            None => return Ok(None),
        },
    };
    let mine = patched(place, before.clone(), patch.clone())?.fields;
    let proposal = editing.propose(entry, &place.part, (before, mine)).await?;
    Ok(proposal.filter(|proposal| proposal.theirs.revision != base).map(|it| (base, it)))
}

fn told(problem: Problem, base: u32, proposal: Proposal) -> Problem {
    let Proposal { theirs, merge } = proposal;
    let mut current = json!({
        "revision": theirs.revision,
        "saved_at": theirs.at,
        "saved_by": theirs.actor.to_string(),
    });
    if let (Some(members), Some(note)) = (current.as_object_mut(), theirs.note) {
        members.insert("note".to_owned(), json!(note));
    }
    let conflicts: Vec<_> = merge.conflicts.into_iter().map(conflict).collect();
    let told = json!({
        "base": base, "fields": merge.fields, "joined": merge.joined, "conflicts": conflicts,
    });
    problem.member("current", current).member("merge", told)
}

fn conflict(conflict: Conflict) -> Value {
    let mut told = Map::from_iter([("pointer".to_owned(), json!(conflict.pointer))]);
    for (name, value) in
        [("base", conflict.base), ("theirs", conflict.theirs), ("mine", conflict.mine)]
    {
        told.extend(value.map(|value| (name.to_owned(), value)));
    }
    if !conflict.blocks.is_empty() {
        let blocks = conflict.blocks.into_iter().map(|chunk| match chunk {
            Chunk::Agreed(text) => json!({ "agreed": text }),
            Chunk::Disputed { base, theirs, mine } => {
                json!({ "base": base, "theirs": theirs, "mine": mine })
            }
        });
        told.insert("blocks".to_owned(), blocks.collect());
    }
    Value::Object(told)
}
