//! Fills a translation's gaps with what is known already: from the memory, and where it knows nothing from a machine.
//!
//! What is filled is a draft that nobody has looked at, and says where it is from. The memory fills what was translated
//! word for word before; what is only like it is listed for a translator. A machine is asked where nothing stands, and
//! what it gives is dropped when its codes or numbers are not those of the source.

use crate::{
    access::Actor,
    commands::{
        CommandError, Means,
        save_segments::{SaveSegments, SegmentEdit},
    },
    exchange::Languages,
    id::EntryId,
    locale::Locale,
    markdown,
    queries::{
        Delivery,
        memory::{Recollection, Sought},
        segments::{Asked, Of, Row, SegmentTable, segments},
        translation_export::is_open,
    },
    search::memory::Likely,
    segment::{Origin, Segment, SegmentDigest, SegmentId, SegmentState},
    translation::{
        machine::{Masked, Provider, ProviderError},
        memory::Direction,
    },
    violation::Violation,
};

/// A translation to be filled.
#[derive(Debug, Clone)]
pub struct Pretranslate {
    /// Of which entry.
    pub entry: EntryId,
    /// In which locale.
    pub locale: Locale,
    /// Only say what would become of it.
    pub dry_run: bool,
}

/// What a translation was filled with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    /// Segments from the memory.
    pub memory: u64,
    /// Segments from a machine.
    pub machine: u64,
    /// What was translated before that is like a segment without a translation.
    pub like: Vec<Like>,
    /// What was not taken, and why.
    pub dropped: Vec<(SegmentId, Vec<Violation>)>,
    /// Segments that are left without a translation.
    pub left: u64,
    /// The event; 0 where nothing was to be saved.
    pub event: u64,
}

/// What is like a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    /// The segment.
    pub segment: SegmentId,
    /// What it says.
    pub source: String,
    /// What is like it, and how much.
    pub likely: Likely,
    /// Where that is from, in a few words.
    pub origin: String,
}

/// Why nothing was filled.
#[derive(Debug, thiserror::Error)]
pub enum PretranslateError {
    /// The act was not accepted.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The machine gave nothing.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// What fills gaps.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// What readers get.
    pub delivery: &'a Delivery,
    /// What was translated before.
    pub memory: &'a Recollection,
    /// The machine, if one is to be asked.
    pub provider: Option<&'a dyn Provider>,
}

impl Means {
    /// Fills a translation's gaps, in one append.
    ///
    /// # Errors
    /// [`PretranslateError`]: nothing was saved.
    pub async fn pretranslate(
        &self,
        sources: Sources<'_>,
        actor: &Actor,
        act: &Pretranslate,
    ) -> Result<Filled, PretranslateError> {
        let mut filled = Filled::default();
        let entry = self.editing.entry(act.entry).map_err(CommandError::from)?;
        let entry = entry.ok_or(CommandError::NotFound("entry"))?;
        let asked = Asked { entry: act.entry, locale: &act.locale, live: false, of: Of::Shown };
        let table = segments((sources.delivery, &self.editing), asked).await;
        let Some(table) = table.map_err(CommandError::from)? else { return Ok(filled) };
        let languages =
            Languages { source: entry.source_locale.clone(), target: act.locale.clone() };
        let (mut edits, gaps) =
            remembered(sources.memory, actor, (&table, &languages), &mut filled)?;
        if let Some(provider) = sources.provider {
            let direction =
                Direction { source: entry.source_locale.clone(), target: act.locale.clone() };
            edits.extend(made(provider, &direction, (&table, &gaps), &mut filled).await?);
        }
        let gaps = u64::try_from(gaps.len()).unwrap_or(u64::MAX);
        filled.left = gaps.saturating_sub(filled.machine);
        if edits.is_empty() {
            return Ok(filled);
        }
        let save = SaveSegments {
            seen: Some(table.revision),
            source: Some(table.source_revision),
            dry_run: act.dry_run,
            ..SaveSegments::new(act.entry, act.locale.clone(), edits.clone())
        };
        let saved = self.save_segments(actor, save).await?;
        for (id, refusal) in &saved.refused {
            let of = edits.iter().find(|edit| edit.id == *id).map(|edit| edit.origin);
            let count =
                if of == Some(Origin::Memory) { &mut filled.memory } else { &mut filled.machine };
            *count = count.saturating_sub(1);
            filled.left += 1;
            filled.dropped.push((*id, refusal.told("")));
        }
        filled.event = saved.event;
        Ok(filled)
    }
}

/// What the memory fills, and the places of those rows that it says nothing of.
fn remembered(
    memory: &Recollection,
    actor: &Actor,
    (table, languages): (&SegmentTable, &Languages),
    filled: &mut Filled,
) -> Result<(Vec<SegmentEdit>, Vec<usize>), CommandError> {
    let (mut edits, mut gaps) = (Vec::new(), Vec::new());
    for (at, row) in table.rows.iter().enumerate() {
        let Some(source) = row.source.as_ref().filter(|_| row.is_translatable && is_open(row))
        else {
            continue;
        };
        let best = memory.like(actor, &Sought::of_row(table, at, languages), 1)?;
        match best.into_iter().next() {
            Some(likely) if likely.percent >= 100 => {
                filled.memory += 1;
                edits.push(edit(row, likely.pair.target, Origin::Memory));
            }
            best => {
                let like = |likely: Likely| Like {
                    segment: row.id,
                    source: source.clone(),
                    origin: memory.told(&likely.pair),
                    likely,
                };
                filled.like.extend(best.map(like));
                // What somebody wrote of an older text is more than a machine makes of the new one.
                if row.target().is_none() {
                    gaps.push(at);
                } else {
                    filled.left += 1;
                }
            }
        }
    }
    Ok((edits, gaps))
}

fn edit(row: &Row, target: String, origin: Origin) -> SegmentEdit {
    SegmentEdit {
        id: row.id,
        of: SegmentDigest::of(row.source.as_deref().unwrap_or_default()),
        target,
        state: SegmentState::Initial,
        origin,
        overrides: Vec::new(),
    }
}

/// What a machine makes of the gaps.
async fn made(
    provider: &dyn Provider,
    direction: &Direction,
    (table, gaps): (&SegmentTable, &[usize]),
    filled: &mut Filled,
) -> Result<Vec<SegmentEdit>, ProviderError> {
    let mut masked: Vec<(&Row, Masked)> = Vec::new();
    for row in gaps.iter().filter_map(|at| table.rows.get(*at)) {
        let text = row.source.clone().unwrap_or_default();
        let codes = markdown::codes(&Segment::new(row.kind, &text));
        match Masked::of(&text, &codes) {
            Ok(one) => masked.push((row, one)),
            Err(_) => filled.dropped.push((row.id, vec![Violation::new("", "cannot_be_masked")])),
        }
    }
    let mut edits = Vec::new();
    for together in portions(provider.at_once(), &masked) {
        let texts: Vec<String> = together.iter().map(|(_, masked)| masked.text.clone()).collect();
        let answers = provider.translate(direction, &texts).await?;
        if answers.len() != texts.len() {
            let reason = format!("{} texts for {}", answers.len(), texts.len());
            return Err(ProviderError::Answer(reason));
        }
        for ((row, masked), answer) in together.iter().zip(answers) {
            match masked.restore(&answer) {
                Ok(target) => {
                    filled.machine += 1;
                    edits.push(edit(row, target, Origin::Machine));
                }
                Err(_) => {
                    filled.dropped.push((row.id, vec![Violation::new("", "broken_proposal")]));
                }
            }
        }
    }
    Ok(edits)
}

/// As many texts together as a provider takes at once.
fn portions<T>((most, most_chars): (usize, usize), masked: &[(T, Masked)]) -> Vec<&[(T, Masked)]> {
    let (mut portions, mut start, mut chars) = (Vec::new(), 0, 0_usize);
    for (at, (_, one)) in masked.iter().enumerate() {
        let more = one.text.chars().count();
        if at > start && (at - start >= most || chars.saturating_add(more) > most_chars) {
            portions.extend(masked.get(start..at));
            (start, chars) = (at, 0);
        }
        chars = chars.saturating_add(more);
    }
    portions.extend(masked.get(start..).filter(|rest| !rest.is_empty()));
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_together_as_far_as_a_provider_takes_them() {
        let texts = ["aaaa", "bb", "c", "dddddddd", "e"];
        let masked: Vec<_> =
            texts.iter().map(|text| ((), Masked::of(text, &[]).unwrap())).collect();
        let told =
            |most| -> Vec<usize> { portions(most, &masked).iter().map(|it| it.len()).collect() };
        assert_eq!(told((10, 100)), [5]);
        assert_eq!(told((2, 100)), [2, 2, 1]);
        assert_eq!(told((10, 7)), [3, 1, 1]);
        assert_eq!(portions::<()>((1, 1), &[]), [&[][..]; 0]);
    }
}
