//! Lands lines: many in one append, those of one locale of an entry one after another.

use std::collections::{HashSet, VecDeque};

use super::{Import, ImportError, ImportOptions, Line, Lines, Pass, TOGETHER, numbered::Numbered};
use crate::{
    asset,
    commands::{CommandError, Decision, chains, none_of, save_draft::SaveDraft},
    content_type::{ContentType, normalise},
    entry::Entry,
    event::{Claim, EventBody, Fields, Part, SavedAt, Stream, Translates},
    id::EntryId,
    locale::Locale,
    store::{ClaimChange, NewEvent},
    violation::Violation,
};

/// How many lines wait for their entry's last line to land, at most.
const WAITING: usize = 4_000;

/// A line that is on its way, with its number and its entry.
type Landing = (u64, EntryId, Line);

/// Lines on their way: those that go together next, and those that wait for these.
#[derive(Default)]
struct Queue {
    together: Vec<Landing>,
    waiting: VecDeque<Landing>,
    /// What the lines in both write to.
    taken: HashSet<(EntryId, Locale)>,
}

impl Queue {
    fn add(&mut self, (number, id, line): Landing) {
        let is_free = self.taken.insert((id, line.locale.clone()));
        if is_free && self.together.len() < TOGETHER {
            self.together.push((number, id, line));
        } else {
            self.waiting.push_back((number, id, line));
        }
    }

    fn is_full(&self) -> bool {
        self.together.len() >= TOGETHER || self.waiting.len() >= WAITING
    }

    /// Takes the lines that go together, and lets those that waited for them move up.
    fn take(&mut self) -> Vec<Landing> {
        let taken = std::mem::take(&mut self.together);
        self.wait(Vec::new());
        taken
    }

    /// Puts lines in front of all that wait.
    fn wait(&mut self, first: Vec<Landing>) {
        self.taken.clear();
        let all = first.into_iter().chain(std::mem::take(&mut self.together));
        let all: Vec<_> = all.chain(std::mem::take(&mut self.waiting)).collect();
        for landing in all {
            self.add(landing);
        }
    }
}

/// Reads the lines once more and lands those of the pass.
pub(super) async fn land_all(
    import: &mut Import<'_>,
    lines: &mut dyn Lines,
    options: &ImportOptions,
    (pass, hear): (Pass, &(dyn Fn(u64) + Sync)),
) -> Result<(), ImportError> {
    let mut queue = Queue::default();
    for read in Numbered::new(lines.open()?) {
        let (number, Ok(text)) = read? else { continue };
        if import.bad.contains(&number) {
            continue;
        }
        let line = Line::parse(&text, &options.locale_map).ok().filter(|line| pass.takes(line));
        let Some(line) = line else { continue };
        let name = (line.type_name.clone(), line.key.clone());
        let Some(id) = import.named.get(&name).and_then(|named| named.id) else { continue };
        queue.add((number, id, line));
        while queue.is_full() {
            let lines = queue.take();
            queue.wait(land_together(import, lines, hear).await?);
        }
    }
    while !queue.together.is_empty() {
        let lines = queue.take();
        queue.wait(land_together(import, lines, hear).await?);
    }
    import.catch_up(import.last).await
}

/// Lands lines in one append; where that is refused, one by one. Answers those that have to wait for it: a line
/// is decided on the shared fields that the one before it has left.
async fn land_together(
    import: &mut Import<'_>,
    lines: Vec<Landing>,
    hear: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Landing>, ImportError> {
    let touched = lines.iter().filter_map(|(_, id, _)| import.touched.get(id)).max().copied();
    // A line that makes a chain is decided on what those before it have left.
    let chained = lines.iter().any(|(_, _, line)| import.makes_chain(line));
    import.catch_up(if chained { import.last } else { touched.unwrap_or(0) }).await?;
    let mut together = Decision::default();
    let (mut decided, mut waiting) = (Vec::new(), Vec::new());
    let mut shared = HashSet::new();
    for (number, id, line) in lines {
        if shared.contains(&id) {
            waiting.push((number, id, line));
            continue;
        }
        match decide(import, id, &line).await {
            Ok(None) => {
                import.report.unchanged += 1;
                import.note_missing((number, id), &line).await?;
            }
            Ok(Some(decision)) => {
                import.note_missing((number, id), &line).await?;
                shared.extend(decision.writes_to(&Stream::Entry(id, Part::Shared)).then_some(id));
                together.merge(decision);
                decided.push((number, id, line));
            }
            Err(CommandError::Invalid(violations)) => import.refuse(number, violations),
            Err(error) => return Err(error.into()),
        }
    }
    if !decided.is_empty() {
        match import.means.append(import.actor, together).await {
            Ok(appended) => landed(import, appended.last, decided.iter().map(|(_, id, _)| *id)),
            Err(CommandError::Conflict(_) | CommandError::Taken(_)) => {
                land_singly(import, &decided).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let refused = u64::try_from(import.report.refused.len()).unwrap_or(u64::MAX);
    hear(import.report.accepted + import.report.unchanged + refused);
    Ok(waiting)
}

async fn land_singly(import: &mut Import<'_>, lines: &[Landing]) -> Result<(), ImportError> {
    for (number, id, line) in lines {
        import.catch_up(import.means.log.last()).await?;
        let decision = match decide(import, *id, line).await {
            Ok(Some(decision)) => decision,
            Ok(None) => continue,
            Err(CommandError::Invalid(violations)) => {
                import.refuse(*number, violations);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match import.means.append(import.actor, decision).await {
            Ok(appended) => landed(import, appended.last, std::iter::once(*id)),
            Err(CommandError::Taken(_)) => {
                let slug = line.slug.clone().unwrap_or_default();
                import.refuse(
                    *number,
                    vec![Violation::new("/slug", "slug_taken").with("slug", slug)],
                );
            }
            Err(CommandError::Conflict(_)) => {
                import.refuse(*number, vec![Violation::new("", "changed_meanwhile")]);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn landed(import: &mut Import<'_>, event: u64, entries: impl Iterator<Item = EntryId>) {
    import.last = event;
    for id in entries {
        import.report.accepted += 1;
        import.touched.insert(id, event);
    }
}

/// What landing a line means for its entry; `None` when it has landed before.
async fn decide(
    import: &Import<'_>,
    id: EntryId,
    line: &Line,
) -> Result<Option<Decision>, CommandError> {
    let means = import.means;
    let part = Part::Locale(line.locale.clone());
    if means.editing.accepted_line(id, &part, &line.digest)?.is_some() {
        return Ok(None);
    }
    let entry = means.editing.entry(id)?.ok_or(CommandError::NotFound("entry"))?;
    let content_type = import.types.get(&line.type_name).ok_or(CommandError::NotFound("type"))?;
    let mut fields = line.fields.clone();
    resolve(import, content_type, &mut fields)?;
    let mut decision = Decision::default();
    let mut wrong = Vec::new();
    let shared = match decide_shared(import, (&entry, content_type), line, &mut decision).await {
        Err(CommandError::Invalid(violations)) => {
            wrong.extend(violations.into_iter().map(|violation| re_pointed(violation, "/shared")));
            // What is wrong with them is told; that they are missing would be wrong.
            line.shared.clone().unwrap_or_default()
        }
        other => other?,
    };
    let save = SaveDraft {
        slug: line.slug.clone(),
        translates: translates(import, id, line)?,
        line: Some(line.digest.clone()),
        ..SaveDraft::new(id, part.clone(), fields.clone())
    };
    match means.decide_save(&entry, content_type, save).await {
        Ok((revision, saved)) => {
            decision.merge(saved);
            if line.is_published {
                let fields = normalise(fields);
                let publication = (revision, &fields, &shared);
                match publish(import, (&entry, content_type), line, publication).await {
                    Ok((event, rests_on)) => {
                        decision.expectations.extend(rests_on);
                        decision.claims.extend(former_slug(&entry, line, &decision.events));
                        decision.events.push(event);
                    }
                    Err(CommandError::Invalid(violations)) => wrong.extend(violations),
                    Err(other) => return Err(other),
                }
            }
        }
        Err(CommandError::Invalid(violations)) => wrong.extend(violations),
        Err(other) => return Err(other),
    }
    if wrong.is_empty() { Ok(Some(decision)) } else { Err(CommandError::Invalid(wrong)) }
}

/// Saves the line's shared fields where they are others than those there, publishes them with a published
/// line, and answers what they are then.
async fn decide_shared(
    import: &Import<'_>,
    (entry, content_type): (&Entry, &ContentType),
    line: &Line,
    decision: &mut Decision,
) -> Result<Fields, CommandError> {
    let head = entry.heads.get(&Part::Shared);
    let stored = match head {
        Some(head) => import.means.editing.fields(head.draft.event).await?,
        None => Fields::new(),
    };
    let Some(shared) = &line.shared else {
        // A published line takes along shared fields that no published line brought.
        if let Some(head) = head.filter(|head| line.is_published && head.live.is_none()) {
            let at = SavedAt::Event(head.draft.event);
            decision.events.push(published(
                entry.id,
                Part::Shared,
                (head.draft.revision, at),
                line,
            ));
            decision.expectations.push((Stream::Entry(entry.id, Part::Shared), head.last));
        }
        return Ok(stored);
    };
    let mut shared = shared.clone();
    resolve(import, content_type, &mut shared)?;
    let shared = normalise(shared);
    let is_live =
        head.is_some_and(|head| head.published().is_some_and(|live| live.saved == head.draft));
    if shared == stored && (is_live || !line.is_published) && head.is_some() {
        return Ok(shared);
    }
    if line.is_published {
        let part = (&Part::Shared, &shared);
        let chains = import.means.follow_chains((entry, content_type), part, chains::live).await?;
        let redirect = import.means.check_redirect(entry, &shared).await?;
        let wrong = chains.circles.into_iter().chain(redirect);
        none_of(wrong.map(|it| it.under("/fields")).collect())?;
    }
    if content_type.name().as_str() == asset::TYPE {
        let wrong = import.means.check_bytes(&shared).await?;
        none_of(wrong.into_iter().map(|it| it.under("/fields")).collect())?;
    }
    let save = SaveDraft::new(entry.id, Part::Shared, shared.clone());
    let (revision, saved) = import.means.decide_save(entry, content_type, save).await?;
    decision.merge(saved);
    if line.is_published {
        decision.events.push(published(
            entry.id,
            Part::Shared,
            (revision, SavedAt::Before(1)),
            line,
        ));
    }
    Ok(shared)
}

/// The event that publishes what the line saves, and what it rests on besides what this import brings.
async fn publish(
    import: &Import<'_>,
    (entry, content_type): (&Entry, &ContentType),
    line: &Line,
    (revision, fields, shared): (u32, &Fields, &Fields),
) -> Result<(NewEvent, Vec<(Stream, u64)>), CommandError> {
    let to_come = |id: EntryId| import.to_come.contains(&id);
    let uses = import
        .means
        .check_locale(entry, content_type, (&line.locale, fields, shared), &to_come)
        .await?;
    let part = Part::Locale(line.locale.clone());
    let mut event = published(entry.id, part, (revision, SavedAt::Before(1)), line);
    let others = uses.rests_on.into_iter().filter(|(id, ..)| !to_come(*id));
    let rests_on = others.map(|(_, stream, last)| (stream, last)).collect();
    event.streams.extend(uses.targets.iter().map(|target| Stream::Uses(*target)));
    if let EventBody::Published { embeds, published_at, .. } = &mut event.body {
        *embeds = uses.embeds;
        *published_at = line.updated_at;
    }
    Ok((event, rests_on))
}

fn published(
    entry: EntryId,
    part: Part,
    (revision, saved): (u32, SavedAt),
    line: &Line,
) -> NewEvent {
    let published_at = line.updated_at.filter(|_| part != Part::Shared);
    NewEvent {
        streams: vec![Stream::Entry(entry, part.clone())],
        body: EventBody::Published {
            entry,
            part,
            revision,
            saved,
            embeds: std::collections::BTreeMap::new(),
            published_at,
            change_class: None,
        },
    }
}

/// Lets go of the slug that readers knew, where the revision has another.
fn former_slug(entry: &Entry, line: &Line, events: &[NewEvent]) -> Option<ClaimChange> {
    let part = Part::Locale(line.locale.clone());
    let now = events.iter().find_map(|event| {
        let EventBody::RevisionSaved { part: own, slug, .. } = &event.body else { return None };
        slug.as_ref().filter(|_| *own == part)
    });
    let before = entry.heads.get(&part)?.live.as_ref()?.saved.slug.as_ref()?;
    let claim = Claim::Slug(entry.type_name.clone(), line.locale.clone(), before.clone());
    (Some(before) != now).then(|| ClaimChange::Release(claim, *entry.id.as_bytes()))
}

/// What the line says that it translates.
fn translates(
    import: &Import<'_>,
    id: EntryId,
    line: &Line,
) -> Result<Option<Translates>, CommandError> {
    let Some(digest) = &line.translates else { return Ok(None) };
    let revision = import.means.editing.source_text(id, digest)?;
    Ok(Some(revision.map_or_else(|| Translates::Unknown(digest.clone()), Translates::Revision)))
}

/// Replaces `key:` references by ids.
pub(super) fn resolve(
    import: &Import<'_>,
    content_type: &ContentType,
    fields: &mut Fields,
) -> Result<(), CommandError> {
    let mut failed = None;
    content_type.map_references(fields, |types, value| {
        let key =
            value.strip_prefix("key:").and_then(|key| crate::id::ExternalKey::parse(key).ok())?;
        for name in types {
            if let Some(id) =
                import.named.get(&(name.clone(), key.clone())).and_then(|named| named.id)
            {
                return Some(id.to_string());
            }
            match import.means.editing.entry_by_key(name, &key) {
                Ok(Some(id)) => return Some(id.to_string()),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        None
    });
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn re_pointed(mut violation: Violation, place: &str) -> Violation {
    if let Some(rest) = violation.pointer.strip_prefix("/fields") {
        violation.pointer = format!("{place}{rest}");
    }
    violation
}
