//! What the acts on releases have in common: who may, and what a release as a whole decides.
//!
//! Each item is decided on as if all the others had happened already: what one publishes, another may embed or
//! refer to; what one takes away, another may stop showing. So a release passes or fails as the site would be
//! afterwards, and not by the order of its items.

use std::collections::BTreeMap;

use super::{CommandError, Decision, ItemFault, Means, publish::Publish, unpublish::Unpublish};
use crate::{
    access::{Act, Actor, Scope, allows},
    entry::{Entry, Live, embedded_pieces},
    event::{Due, EventBody, Fields, Part, ReleaseItem, Stream},
    id::{EntryId, OpId, ReleaseId},
    release::{Release, ReleaseState},
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// The items of a release and what they are about.
struct Weighed<'a> {
    release: &'a Release,
    /// The entries as they are, but free from the release's own schedule.
    entries: BTreeMap<EntryId, Entry>,
    faults: BTreeMap<usize, Vec<Violation>>,
}

impl Means {
    /// A release that the actor may see: its own, as an administrator any, or one with a part that it may read.
    pub(super) fn release(&self, actor: &Actor, id: ReleaseId) -> Result<Release, CommandError> {
        let release = self.editing.release(id)?.ok_or(CommandError::NotFound("release"))?;
        let is_seen = actor.is_administrator()
            || release.created_by == actor.account
            || self.may_some(actor, Act::Read, &release.items)?;
        if is_seen { Ok(release) } else { Err(CommandError::NotFound("release")) }
    }

    /// The same, of which the actor may publish all, at the version that it has seen, in one of these states.
    pub(super) fn own_release(
        &self,
        actor: &Actor,
        (id, expected): (ReleaseId, Option<u32>),
        fits: fn(&ReleaseState) -> bool,
    ) -> Result<Release, CommandError> {
        let release = self.release(actor, id)?;
        let may = if release.items.is_empty() {
            actor.is_administrator() || release.created_by == actor.account
        } else {
            self.may_all(actor, Act::Publish, &release.items)?
        };
        if !may {
            return Err(CommandError::Forbidden);
        }
        Self::check_state(&release, expected, fits)?;
        Ok(release)
    }

    pub(super) fn check_state(
        release: &Release,
        expected: Option<u32>,
        fits: fn(&ReleaseState) -> bool,
    ) -> Result<(), CommandError> {
        if expected.is_some_and(|expected| expected != release.version) {
            return Err(CommandError::Stale { current: release.version });
        }
        if !fits(&release.state) {
            let state = Violation::new("", "release_state").with("state", release.state.as_str());
            return Err(CommandError::Invalid(vec![state]));
        }
        Ok(())
    }

    /// Whether the actor may do this to what an item is about. What isn't there nobody may.
    pub(super) fn may(
        &self,
        actor: &Actor,
        act: Act,
        item: &ReleaseItem,
    ) -> Result<bool, CommandError> {
        let Some(entry) = self.editing.entry(item.entry)? else {
            return Ok(actor.is_administrator());
        };
        let locale = match &item.part {
            Part::Locale(locale) => Some(locale),
            Part::Shared => None,
        };
        let (agency, type_name) = (Some(entry.agency), Some(&entry.type_name));
        Ok(allows(actor, act, &Scope { agency, type_name, locale }))
    }

    fn may_some(
        &self,
        actor: &Actor,
        act: Act,
        items: &[ReleaseItem],
    ) -> Result<bool, CommandError> {
        for item in items {
            if self.may(actor, act, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_all(
        &self,
        actor: &Actor,
        act: Act,
        items: &[ReleaseItem],
    ) -> Result<bool, CommandError> {
        for item in items {
            if !self.may(actor, act, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a release as a whole decides, without appending. `due` is its schedule, when its time has come.
    pub(super) async fn decide_release(
        &self,
        actor: &Actor,
        release: &Release,
        due: Option<OpId>,
    ) -> Result<Decision, CommandError> {
        if release.items.is_empty() {
            return Err(CommandError::Invalid(vec![Violation::new("", "empty_release")]));
        }
        let mut weighed = self.weigh(release, due)?;
        let supposed = self.suppose(&weighed).await?;
        let means = Self { editing: self.editing.supposing(supposed), ..self.clone() };
        let mut decision = Decision {
            expectations: vec![(Stream::Release(release.id), release.last)],
            events: vec![NewEvent {
                streams: vec![Stream::Release(release.id)],
                body: EventBody::ReleasePublished { release: release.id },
            }],
            ..Decision::default()
        };
        for (at, item) in release.items.iter().enumerate() {
            let Some(entry) =
                weighed.entries.get(&item.entry).filter(|_| !weighed.faults.contains_key(&at))
            else {
                continue;
            };
            match means.decide_item(actor, entry, item).await {
                Ok(decided) => decision.merge_once(decided),
                Err(error) => drop(weighed.faults.insert(at, broken(error)?)),
            }
        }
        weighed.refuse()?;
        // What one gives up another may take, whichever comes first.
        decision.claims.sort_by_key(|change| matches!(change, ClaimChange::Take(..)));
        Ok(decision)
    }

    /// Looks up what the items are about.
    fn weigh<'a>(
        &self,
        release: &'a Release,
        due: Option<OpId>,
    ) -> Result<Weighed<'a>, CommandError> {
        let mut weighed = Weighed { release, entries: BTreeMap::new(), faults: BTreeMap::new() };
        for (at, item) in release.items.iter().enumerate() {
            if !weighed.entries.contains_key(&item.entry)
                && let Some(mut entry) = self.editing.entry(item.entry)?
            {
                for head in entry.heads.values_mut() {
                    head.schedules.retain(|schedule| Some(schedule.id) != due);
                }
                weighed.entries.insert(item.entry, entry);
            }
            let entry = weighed.entries.get(&item.entry);
            if entry.is_none_or(|entry| !entry.heads.contains_key(&item.part)) {
                weighed.faults.insert(at, vec![Violation::new("", "unknown_revision")]);
            }
        }
        Ok(weighed)
    }

    /// The entries as they would be afterwards.
    async fn suppose(
        &self,
        weighed: &Weighed<'_>,
    ) -> Result<BTreeMap<EntryId, Entry>, CommandError> {
        let mut supposed = weighed.entries.clone();
        for item in &weighed.release.items {
            let Some(entry) = supposed.get_mut(&item.entry) else { continue };
            let (content_type, _) = self.content_type(&entry.type_name)?;
            let takes_along = matches!((&item.part, &item.due), (Part::Locale(_), Due::Publish(_)));
            let source_locale = entry.source_locale.clone();
            let parts = std::iter::once(&item.part).chain(takes_along.then_some(&Part::Shared));
            for part in parts {
                let Some(head) = entry.heads.get_mut(part) else { continue };
                if let Due::Unpublish(withdrawal) = &item.due {
                    head.withdrawal = Some(withdrawal.clone());
                } else if *part == item.part || head.live.is_none() {
                    let fields: Fields = self.editing.fields(head.draft.event).await?;
                    let locale = match part {
                        Part::Locale(locale) => locale,
                        Part::Shared => &source_locale,
                    };
                    let uses = self.uses(&content_type, &fields, locale).await?;
                    head.live = Some(Live {
                        saved: head.draft.clone(),
                        event: head.last,
                        published_at: self.clock.now(),
                        embeds: embedded_pieces(&uses.embeds),
                    });
                    head.withdrawal = None;
                }
            }
        }
        Ok(supposed)
    }

    async fn decide_item(
        &self,
        actor: &Actor,
        entry: &Entry,
        item: &ReleaseItem,
    ) -> Result<Decision, CommandError> {
        let (content_type, type_last) = self.content_type(&entry.type_name)?;
        match (&item.due, &item.part) {
            (Due::Publish(revision), part) => {
                if let Some(head) = entry.heads.get(part) {
                    self.check_approved(entry, &content_type, (part, head), None).await?;
                }
                let (part, expected) = (part.clone(), Some(*revision));
                let act = Publish {
                    entry: entry.id,
                    part,
                    expected,
                    published_at: None,
                    change_class: None,
                };
                let nothing = |_: EntryId| false;
                let mut decision =
                    self.decide_publish(entry, &content_type, &act, &nothing).await?;
                decision.expectations.push((Stream::Type(entry.type_name.clone()), type_last));
                Ok(decision)
            }
            (Due::Unpublish(withdrawal), Part::Locale(locale)) => {
                let act = Unpublish {
                    entry: entry.id,
                    locale: locale.clone(),
                    expected: None,
                    withdrawal: withdrawal.clone(),
                    recall: false,
                };
                Ok(self.decide_unpublish(actor, entry, act).await?.1)
            }
            (Due::Unpublish(_), Part::Shared) => Err(CommandError::NotFound("locale")),
        }
    }
}

impl Weighed<'_> {
    /// All that is wrong, by item.
    fn refuse(self) -> Result<(), CommandError> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let faults = self.faults.into_iter().filter_map(|(at, violations)| {
            let item = self.release.items.get(at)?;
            Some(ItemFault { at, entry: item.entry, part: item.part.clone(), violations })
        });
        Err(CommandError::InvalidItems(faults.collect()))
    }
}

impl Decision {
    /// Adds an item's decision. Shared fields that two locales take along are published once.
    fn merge_once(&mut self, mut other: Self) {
        let same = |one: &NewEvent, two: &NewEvent| match (&one.body, &two.body) {
            (
                EventBody::Published { entry: one, part: Part::Shared, .. },
                EventBody::Published { entry: two, part: Part::Shared, .. },
            ) => one == two,
            _ => false,
        };
        other.events.retain(|event| !self.events.iter().any(|known| same(known, event)));
        self.merge(other);
    }
}

/// What is wrong with an item, if that is what an error says.
fn broken(error: CommandError) -> Result<Vec<Violation>, CommandError> {
    match error {
        CommandError::Invalid(violations) => Ok(violations),
        CommandError::Stale { current } => {
            Ok(vec![Violation::new("", "newer_revision").with("revision", current)])
        }
        CommandError::InUse(_) => Ok(vec![Violation::new("", "shown_by_others")]),
        CommandError::NotFound(_) => Ok(vec![Violation::new("", "unknown_revision")]),
        other @ (CommandError::Forbidden
        | CommandError::InvalidItems(_)
        | CommandError::Conflict(_)
        | CommandError::Taken(_)
        | CommandError::Unknown(_)
        | CommandError::Unavailable(_)
        | CommandError::Read(_)) => Err(other),
    }
}
