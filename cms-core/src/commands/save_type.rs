//! Adds a content type, or changes one: additive changes go through, and what would lose or invalidate
//! data is refused with the entries and fields that it would hit.

use serde_json::Value;

use super::{Accepted, CommandError, Decision, Means};
use crate::{
    access::Actor,
    content_type::{ContentType, SchemaError, TypeChange, compare},
    event::{EventBody, Part, Stream},
    id::{EntryId, TypeName},
    store::NewEvent,
    violation::Violation,
};

/// How many entries are looked at together.
const STEP: usize = 200;
/// How many hits are listed at most.
const HITS_LISTED: usize = 100;

/// Why a type was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveTypeError {
    /// The file is no content type.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Data would be lost or become invalid.
    #[error("{} places would be lost or become invalid", .0.len())]
    Lossy(Vec<Hit>),
    /// As for any act.
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// A place that a change of a type would hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In this entry.
    pub entry: EntryId,
    /// In this part.
    pub part: Part,
    /// In this revision.
    pub revision: u32,
    /// This would be wrong.
    pub violation: Violation,
}

/// What saving a schema file would do.
#[derive(Debug, Clone)]
pub struct TypePlan {
    /// The type that the file is of.
    pub name: TypeName,
    /// What would become of it.
    pub effect: Effect,
    /// What could lose or invalidate content, if there were content that it hits.
    pub changes: Vec<TypeChange>,
    /// The content that it would hit, the first hundred places: with any, the type is not saved.
    pub hits: Vec<Hit>,
    /// The last event of the type's stream.
    last: u64,
}

/// What would become of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is there already, as the file has it.
    Nothing,
    /// It would be added.
    Added,
    /// It would be changed.
    Changed,
}

impl Means {
    /// What saving a content type would do, without doing it. An administrator's question.
    ///
    /// # Errors
    /// [`SaveTypeError::Schema`] when the file is no content type.
    pub async fn plan_type(
        &self,
        actor: &Actor,
        schema: &Value,
    ) -> Result<TypePlan, SaveTypeError> {
        Self::check_administrator(actor)?;
        let new = ContentType::parse(schema)?;
        let name = new.name().clone();
        let old = self.editing.content_type(&name).map_err(CommandError::from)?;
        let Some((old, last)) = old else {
            let (changes, hits) = (Vec::new(), Vec::new());
            return Ok(TypePlan { name, effect: Effect::Added, changes, hits, last: 0 });
        };
        if old.schema() == new.schema() {
            let (changes, hits) = (Vec::new(), Vec::new());
            return Ok(TypePlan { name, effect: Effect::Nothing, changes, hits, last });
        }
        let changes = compare(&old, &new);
        let hits = self.hits(&name, &changes).await?;
        Ok(TypePlan { name, effect: Effect::Changed, changes, hits, last })
    }

    /// Saves a content type. An administrator's act. Nothing happens when it is there already, unchanged.
    ///
    /// # Errors
    /// [`SaveTypeError`]: `Lossy` with the first hundred places.
    pub async fn save_type(
        &self,
        actor: &Actor,
        schema: &Value,
    ) -> Result<Option<Accepted>, SaveTypeError> {
        let TypePlan { name, effect, last, hits, .. } = self.plan_type(actor, schema).await?;
        if effect == Effect::Nothing {
            return Ok(None);
        }
        if !hits.is_empty() {
            return Err(SaveTypeError::Lossy(hits));
        }
        let decision = Decision {
            expectations: vec![(Stream::Type(name.clone()), last)],
            events: vec![NewEvent {
                streams: vec![Stream::Type(name.clone())],
                body: EventBody::TypeSaved { name, schema: schema.clone() },
            }],
            ..Decision::default()
        };
        let appended = self.append(actor, decision).await?;
        Ok(Some(Accepted { event: appended.last, revision: 0 }))
    }

    /// The drafts and live revisions that the changes would hit.
    async fn hits(
        &self,
        name: &TypeName,
        changes: &[TypeChange],
    ) -> Result<Vec<Hit>, CommandError> {
        let mut hits = Vec::new();
        let mut after = None;
        while !changes.is_empty() && hits.len() < HITS_LISTED {
            let ids = self.editing.entries(name, after, STEP)?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for id in ids {
                self.hits_of(id, changes, &mut hits).await?;
            }
        }
        hits.truncate(HITS_LISTED);
        Ok(hits)
    }

    async fn hits_of(
        &self,
        id: EntryId,
        changes: &[TypeChange],
        hits: &mut Vec<Hit>,
    ) -> Result<(), CommandError> {
        let Some(entry) = self.editing.entry(id)? else { return Ok(()) };
        for (part, head) in &entry.heads {
            let live = head.published().map(|live| &live.saved);
            let kept = std::iter::once(&head.draft)
                .chain(live.filter(|live| live.revision != head.draft.revision));
            for saved in kept {
                let fields = self.editing.fields(saved.event).await?;
                let type_of = |id: &str| {
                    self.editing.entry(id.parse().ok()?).ok().flatten().map(|entry| entry.type_name)
                };
                let found =
                    changes.iter().filter_map(|change| change.needs_check(&fields, part, &type_of));
                hits.extend(found.map(|violation| Hit {
                    entry: id,
                    part: part.clone(),
                    revision: saved.revision,
                    violation,
                }));
            }
        }
        Ok(())
    }
}
