//! What was translated before that is like a text: the memory, as far as an actor may see it.
//!
//! What readers get anybody may see who may edit at all. Of what isn't published, or is no longer, an actor sees what
//! they may read; of a memory that was imported for an agency, who may read something of that agency.

use std::{collections::BTreeMap, sync::Arc};

use super::{Delivery, Editing, ReadError, segments::SegmentTable};
use crate::{
    access::{Act, Actor, Grant, Scope, allows},
    entry::diff::{Run, text_diff},
    exchange::Languages,
    id::AgencyId,
    locale::Locale,
    markdown,
    search::memory::{Asked, Likely, Memory},
    segment::{Segment, SegmentDigest, SegmentKind},
    translation::memory::{Direction, Pair, Provenance, context},
};

/// The most matches that are given.
pub const MOST: usize = 20;
/// The longest text that is looked up, in bytes.
pub const LONGEST: usize = 10_000;

/// The memory, with what says who may see what of it.
#[derive(Debug, Clone)]
pub struct Recollection {
    memory: Arc<Memory>,
    delivery: Delivery,
    editing: Editing,
}

/// A text that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// From which language into which.
    pub direction: Direction,
    /// The text.
    pub text: String,
    /// Its words, without its codes.
    pub words: String,
    /// What stands around it, where that is known.
    pub context: Option<SegmentDigest>,
}

impl Sought {
    /// A text of its own, as Markdown.
    pub fn text(direction: Direction, text: &str) -> Self {
        let words = words(SegmentKind::Paragraph, text);
        Self { direction, text: text.to_owned(), words, context: None }
    }

    /// A segment among those around it.
    pub fn of_row(table: &SegmentTable, at: usize, languages: &Languages) -> Self {
        let direction =
            Direction { source: languages.source.clone(), target: languages.target.clone() };
        let Some(row) = table.rows.get(at) else { return Self::text(direction, "") };
        let text = row.source.clone().unwrap_or_default();
        let neighbour = |at: Option<usize>| {
            let next = at.and_then(|at| table.rows.get(at))?;
            next.source.as_deref().filter(|_| next.pointer == row.pointer)
        };
        let around = context(
            field_of(&row.pointer),
            neighbour(at.checked_sub(1)),
            neighbour(at.checked_add(1)),
        );
        Self { direction, words: words(row.kind, &text), text, context: Some(around) }
    }
}

/// The field that a pointer leads into.
pub(crate) fn field_of(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// A text's words, without its codes.
pub(crate) fn words(kind: SegmentKind, text: &str) -> String {
    let segment = Segment::new(kind, text);
    let codes = markdown::codes(&segment);
    let words: Vec<&str> = markdown::words(text, &codes).collect();
    words.join(" ")
}

impl Recollection {
    pub(crate) const fn new(memory: Arc<Memory>, delivery: Delivery, editing: Editing) -> Self {
        Self { memory, delivery, editing }
    }

    /// The index itself: for measuring.
    pub fn index(&self) -> &Memory {
        &self.memory
    }

    /// The pairs that are most like a text, of those that the actor may see.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the view can't be read.
    pub fn like(
        &self,
        actor: &Actor,
        sought: &Sought,
        limit: usize,
    ) -> Result<Vec<Likely>, ReadError> {
        if sought.text.len() > LONGEST {
            return Ok(Vec::new());
        }
        let asked = Asked {
            direction: &sought.direction,
            text: &sought.text,
            words: &sought.words,
            context: sought.context,
        };
        let mut failed = None;
        let mut may = |pair: &Pair| match self.may_see(actor, &sought.direction, pair) {
            Ok(may) => may,
            Err(error) => {
                failed = Some(error);
                false
            }
        };
        let found = self.memory.like(&asked, limit.min(MOST), &mut may);
        match failed {
            Some(error) => Err(error),
            None => found.map_err(|error| ReadError::Index(error.to_string())),
        }
    }

    /// What was imported for agencies of which the actor may read something: whose, under which name, and how many pairs.
    ///
    /// # Errors
    /// [`ReadError`] when the index can't be read.
    pub fn imports(&self, actor: &Actor) -> Result<BTreeMap<(AgencyId, String), u64>, ReadError> {
        let found = self.memory.imports();
        let mut found = found.map_err(|error| ReadError::Index(error.to_string()))?;
        found.retain(|(agency, _), _| reads_of(actor, *agency));
        Ok(found)
    }

    /// Whether an actor may see a pair.
    ///
    /// # Errors
    /// [`ReadError`] when the view can't be read.
    pub fn may_see(
        &self,
        actor: &Actor,
        direction: &Direction,
        pair: &Pair,
    ) -> Result<bool, ReadError> {
        let (entry, revision) = match &pair.from {
            Provenance::Entry { entry, revision, .. } => (*entry, *revision),
            Provenance::Imported { agency, .. } => return Ok(reads_of(actor, *agency)),
        };
        let is_editor = actor.grants.iter().any(|grant| grant.acts.contains(&Act::Read));
        let live = self.delivery.live(entry)?;
        let is_public = live.is_some_and(|live| {
            let target = live.published_in(&direction.target);
            target.is_some_and(|live| live.revision == revision)
                && live.published_in(&direction.source).is_some()
        });
        if is_public && is_editor {
            return Ok(true);
        }
        let Some(entry) = self.editing.entry(entry)? else { return Ok(false) };
        let may = |locale: &Locale| {
            let scope = Scope {
                agency: Some(entry.agency),
                type_name: Some(&entry.type_name),
                locale: Some(locale),
            };
            allows(actor, Act::Read, &scope)
        };
        Ok(may(&direction.target))
    }

    /// Where a pair is from, in a few words.
    pub fn told(&self, pair: &Pair) -> String {
        match &pair.from {
            Provenance::Entry { entry, pointer, .. } => {
                let known = self.editing.entry(*entry).ok().flatten();
                let name = known.map_or_else(
                    || entry.to_string(),
                    |entry| match &entry.key {
                        Some(key) => format!("{}/{key}", entry.type_name),
                        None => format!("{}/{}", entry.type_name, entry.id),
                    },
                );
                format!("{name}{pointer}")
            }
            Provenance::Imported { name, .. } => name.clone(),
        }
    }
}

/// Whether an actor may read something of an agency.
fn reads_of(actor: &Actor, agency: AgencyId) -> bool {
    let is_of = |grant: &Grant| {
        grant.agency.is_none_or(|own| own == agency) && grant.acts.contains(&Act::Read)
    };
    actor.grants.iter().any(is_of)
}

/// How what was said differs from what is looked for, piece by piece.
pub fn difference(said: &str, sought: &str) -> Vec<Run> {
    text_diff(said, sought)
}
