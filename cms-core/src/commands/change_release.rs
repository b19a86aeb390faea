//! Changes what a release does: adds items, takes items out.

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::{Act, Actor},
    event::{Due, EventBody, Part, ReleaseItem, Stream, Withdrawal},
    id::{EntryId, ReleaseId},
    release::{MOST_ITEMS, ReleaseState},
    store::NewEvent,
    violation::Violation,
};

/// What to change of a release.
#[derive(Debug, Clone)]
pub struct ChangeRelease {
    /// Which.
    pub release: ReleaseId,
    /// The version that the actor has seen; `None` for whatever is there.
    pub expected: Option<u32>,
    /// What to add. An item about the same part takes the place of the one there.
    pub add: Vec<NewItem>,
    /// The parts to leave alone from now on.
    pub remove: Vec<(EntryId, Part)>,
}

/// An item to add.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// About which entry.
    pub entry: EntryId,
    /// About which part.
    pub part: Part,
    /// What is to happen to it.
    pub wanted: WantedItem,
}

/// What is to happen to a part.
#[derive(Debug, Clone)]
pub enum WantedItem {
    /// A revision is published: this one, or the newest. It must be the newest still when the release happens.
    Publish(Option<u32>),
    /// The locale is taken away.
    Unpublish(Withdrawal),
}

fn is_open(state: &ReleaseState) -> bool {
    matches!(state, ReleaseState::Open)
}

impl Means {
    /// Changes a release that is open. Each item needs the right to publish it.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong, by its place in the lists of the act.
    pub async fn change_release(
        &self,
        actor: &Actor,
        act: ChangeRelease,
    ) -> Result<Accepted, CommandError> {
        let release = self.release(actor, act.release)?;
        Self::check_state(&release, act.expected, is_open)?;
        let mut items = release.items.clone();
        let mut wrong = Vec::new();
        for (at, (entry, part)) in act.remove.iter().enumerate() {
            let known = items.iter().position(|item| item.entry == *entry && item.part == *part);
            let Some(place) = known else {
                wrong.push(Violation::new(format!("/remove/{at}"), "not_in_release"));
                continue;
            };
            let item = items.remove(place);
            if !self.may(actor, Act::Publish, &item)? {
                wrong.push(Violation::new(format!("/remove/{at}"), "not_in_release"));
            }
        }
        for (at, new) in act.add.iter().enumerate() {
            match self.item(actor, new)? {
                Ok(item) => {
                    items.retain(|known| known.entry != item.entry || known.part != item.part);
                    items.push(item);
                }
                Err(violation) => wrong.push(violation.under(&format!("/add/{at}"))),
            }
        }
        if items.len() > MOST_ITEMS {
            wrong.push(Violation::new("/add", "too_many_items").with("limit", MOST_ITEMS));
        }
        none_of(wrong)?;
        let stream = Stream::Release(release.id);
        let decision = Decision {
            expectations: vec![(stream.clone(), release.last)],
            events: vec![NewEvent {
                streams: vec![stream],
                body: EventBody::ReleaseSaved { release: release.id, name: release.name, items },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Accepted { event: appended.last, revision: release.version + 1 })
    }

    /// The item, or what is wrong with it. What the actor may not publish looks as if it weren't there.
    fn item(
        &self,
        actor: &Actor,
        new: &NewItem,
    ) -> Result<Result<ReleaseItem, Violation>, CommandError> {
        let missing = |at: &str| Ok(Err(Violation::new(at, "unknown_part")));
        let (entry, part) = (new.entry, new.part.clone());
        let item = |due| ReleaseItem { entry, part: part.clone(), due };
        if !self.may(actor, Act::Publish, &item(Due::Publish(0)))? {
            return missing("");
        }
        let found = self.editing.entry(entry)?;
        let Some(head) = found.as_ref().and_then(|found| found.heads.get(&part)) else {
            return missing("");
        };
        Ok(Ok(match &new.wanted {
            WantedItem::Publish(None) => item(Due::Publish(head.draft.revision)),
            WantedItem::Publish(Some(revision)) if *revision == head.draft.revision => {
                item(Due::Publish(*revision))
            }
            WantedItem::Publish(Some(_)) => {
                let newer = Violation::new("/revision", "newer_revision");
                return Ok(Err(newer.with("revision", head.draft.revision)));
            }
            WantedItem::Unpublish(_) if part == Part::Shared => return missing("/part"),
            WantedItem::Unpublish(withdrawal) => item(Due::Unpublish(withdrawal.clone())),
        }))
    }
}
