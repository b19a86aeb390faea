//! Which segments are taken: each judged by itself, and those of a field that was written as a whole together.

use super::{
    CommandError, HashMap, HashSet, Override, SegmentEdit, SegmentId, SegmentRecord,
    SegmentRefusal, SegmentState, Violation, Work, check_note, markdown,
};
use crate::{
    id::{AccountId, FieldName},
    segment::{Segment, SegmentKind, Unit, code},
};

/// Who translates, what they may, and what they have seen.
pub(super) struct Judge<'a> {
    work: &'a Work<'a>,
    units: HashMap<SegmentId, &'a Unit>,
    account: AccountId,
    may_write: bool,
    may_review: bool,
    seen: Option<u32>,
}

/// Says who saved a revision of the translation.
pub(super) type Who<'a> = &'a dyn Fn(u32) -> Result<Option<AccountId>, CommandError>;

type Judged = (Vec<SegmentRecord>, Vec<(SegmentId, SegmentRefusal)>);

impl<'a> Judge<'a> {
    pub(super) fn new(
        work: &'a Work<'a>,
        account: AccountId,
        (may_write, may_review): (bool, bool),
        seen: Option<u32>,
    ) -> Self {
        let units = work.source.source.by_id();
        Self { work, units, account, may_write, may_review, seen }
    }

    /// What is to be kept of those that are taken, and why the others aren't.
    pub(super) fn all(&self, edits: &[SegmentEdit], who: Who<'_>) -> Result<Judged, CommandError> {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for edit in edits {
            if !seen.insert(edit.id) {
                refused.push((edit.id, SegmentRefusal::Repeated));
                continue;
            }
            match self.one(edit, who)? {
                Ok(record) => taken.push(record),
                Err(refusal) => refused.push((edit.id, refusal)),
            }
        }
        let left = self.left_whole(&taken);
        let is_left = |record: &SegmentRecord| {
            self.units.get(&record.id).is_some_and(|unit| left.contains(&unit.field))
        };
        let unpaired = taken.iter().filter(|record| is_left(record));
        refused.extend(unpaired.map(|record| (record.id, SegmentRefusal::Unpaired)));
        taken.retain(|record| !is_left(record));
        Ok((taken, refused))
    }

    fn one(
        &self,
        edit: &SegmentEdit,
        who: Who<'_>,
    ) -> Result<Result<SegmentRecord, SegmentRefusal>, CommandError> {
        let Some(unit) = self.units.get(&edit.id) else {
            return Ok(Err(SegmentRefusal::UnknownSegment));
        };
        let before = self.work.before.said.records.get(&edit.id);
        let target = edit.target.replace("\r\n", "\n").replace('\r', "\n");
        if edit.overrides.iter().any(|it| check_note(&it.reason).is_some()) {
            let wrong = vec![Violation::new("/overrides", "bad_override")];
            return Ok(Err(SegmentRefusal::Invalid(wrong)));
        }
        if let Some(refusal) = Self::misplaced(edit, unit, &target) {
            return Ok(Err(refusal));
        }
        let same = before.filter(|before| before.target == target && before.of == edit.of);
        let translator = match same {
            Some(before) => who(before.revision)?,
            None => Some(self.account),
        };
        let refusal = self
            .out_of_date(before, &target)
            .or_else(|| self.forbidden((before, same.is_some()), edit.state, translator));
        Ok(match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.record(edit, (unit, target), same)),
        })
    }

    /// What of the words themselves speaks against taking them.
    fn misplaced(edit: &SegmentEdit, unit: &Unit, target: &str) -> Option<SegmentRefusal> {
        let now = unit.segment.digest();
        if edit.of != now {
            return Some(SegmentRefusal::SourceChanged { now });
        }
        if target.is_empty() {
            let is_gap = edit.state == SegmentState::Initial;
            return (!is_gap).then_some(SegmentRefusal::Empty);
        }
        let kind = unit.segment.kind;
        if kind == SegmentKind::Value {
            return None;
        }
        if !markdown::keeps_its_place(kind, target) {
            return Some(SegmentRefusal::LeavesItsPlace);
        }
        let said = Segment::new(kind, target);
        let [source, translated] = [&unit.segment, &said].map(markdown::codes);
        let broken = code::broken((&unit.segment.text, &source), (target, &translated));
        broken.map(SegmentRefusal::BrokenCodes)
    }

    /// Whether somebody else has translated it since it was looked at.
    fn out_of_date(&self, before: Option<&SegmentRecord>, target: &str) -> Option<SegmentRefusal> {
        let (seen, before) = (self.seen?, before?);
        let is_newer = before.revision > seen && before.target != target;
        is_newer.then_some(SegmentRefusal::TargetNewer { revision: before.revision })
    }

    /// What the actor may not say of it.
    fn forbidden(
        &self,
        (before, is_same): (Option<&SegmentRecord>, bool),
        state: SegmentState,
        translator: Option<AccountId>,
    ) -> Option<SegmentRefusal> {
        let was = before.map(|before| before.state);
        if !is_same && !self.may_write {
            return Some(SegmentRefusal::NotAllowed);
        }
        if was == Some(SegmentState::Final) && !self.may_review && (!is_same || was != Some(state))
        {
            return Some(SegmentRefusal::IsFinal);
        }
        if !state.is_reviewed() || (is_same && was == Some(state)) {
            return None;
        }
        if !self.may_review {
            return Some(SegmentRefusal::NotAllowed);
        }
        let is_own = self.work.content_type.four_eyes() && translator == Some(self.account);
        is_own.then_some(SegmentRefusal::OwnTranslation)
    }

    fn record(
        &self,
        edit: &SegmentEdit,
        (unit, target): (&Unit, String),
        same: Option<&SegmentRecord>,
    ) -> SegmentRecord {
        let next = self.work.next;
        let kept = same.filter(|before| before.state.is_reviewed()).and_then(|it| it.reviewed);
        let mut overrides = edit.overrides.clone();
        let said = same.into_iter().flat_map(|before| &before.overrides);
        let is_new = |one: &&Override| edit.overrides.iter().all(|other| other.check != one.check);
        overrides.extend(said.filter(is_new).cloned());
        SegmentRecord {
            id: edit.id,
            pointer: Some(unit.pointer.clone()),
            of: edit.of,
            target,
            state: edit.state,
            origin: same.map_or(edit.origin, |before| before.origin),
            revision: same.map_or(next, |before| before.revision),
            reviewed: edit.state.is_reviewed().then(|| kept.unwrap_or(next)),
            overrides,
        }
    }

    /// The fields that were written as a whole and stay so: not all of their segments are there.
    fn left_whole(&self, taken: &[SegmentRecord]) -> HashSet<&FieldName> {
        let given: HashSet<SegmentId> = taken.iter().map(|record| record.id).collect();
        let source = &self.work.source.source;
        let mut whole: HashSet<&FieldName> =
            self.work.before.said.unpaired.iter().map(|unit| &unit.field).collect();
        whole.retain(|field| {
            let own = source.segments().filter(|(_, unit)| unit.field == **field);
            let mut words = own.filter(|(_, unit)| markdown::is_translatable(&unit.segment));
            words.any(|(id, _)| !given.contains(&id))
        });
        whole
    }
}
