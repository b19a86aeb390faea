//! The glossary as a file: the newest drafts of its terms, as far as an actor may read them.

use std::{collections::BTreeSet, io};

use super::{Editing, ReadError, translation_export::ExportError};
use crate::{
    access::{Act, Actor, Scope, allows},
    entry::Entry,
    event::{Fields, Part},
    exchange::terms::{Concept, Format, Section, TermsWriter},
    glossary,
    id::TypeName,
    locale::Locale,
};

/// How many terms are listed together.
const STEP: usize = 512;

/// Writes the terms that the actor may read, in the order of their entries; of some locales, or of all. Answers how many.
///
/// # Errors
/// [`ExportError`]; what was written until then is no whole file.
pub async fn export_glossary<W: io::Write + Send>(
    editing: &Editing,
    actor: &Actor,
    locales: &BTreeSet<Locale>,
    (format, out): (Format, W),
) -> Result<(u64, W), ExportError> {
    let language = editing.locales()?.default_locale().clone();
    let mut writer = TermsWriter::new(out, format, &language)?;
    let mut count = 0;
    let Ok(name) = TypeName::parse(glossary::TYPE) else { return Ok((0, writer.finish()?)) };
    let mut after = None;
    loop {
        let ids = editing.entries(&name, after, STEP)?;
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        for id in ids {
            let Some(entry) = editing.entry(id)? else { continue };
            let concept = concept(editing, actor, (&entry, locales)).await?;
            if !concept.sections.is_empty() {
                writer.concept(&concept)?;
                count += 1;
            }
        }
    }
    Ok((count, writer.finish()?))
}

/// A term, as far as the actor may read it.
async fn concept(
    editing: &Editing,
    actor: &Actor,
    (entry, locales): (&Entry, &BTreeSet<Locale>),
) -> Result<Concept, ReadError> {
    let may = |locale: Option<&Locale>| {
        let (agency, type_name) = (Some(entry.agency), Some(&entry.type_name));
        allows(actor, Act::Read, &Scope { agency, type_name, locale })
    };
    let id = entry.key.as_ref().map_or_else(|| entry.id.to_string(), ToString::to_string);
    let mut concept = Concept { id, ..Concept::default() };
    for (part, head) in &entry.heads {
        let locale = match part {
            Part::Shared => None,
            Part::Locale(locale) if locales.is_empty() || locales.contains(locale) => Some(locale),
            Part::Locale(_) => continue,
        };
        // Who works in one language reads how a term is found in all of them: it goes out with what it is called.
        if locale.is_some() && !may(locale) {
            continue;
        }
        let fields = editing.fields(head.draft.event).await?;
        match locale {
            None => concept.shared = fields,
            Some(locale) => concept.sections.extend(section(locale, fields)),
        }
    }
    let source = entry.source_locale.as_str();
    concept.sections.sort_by_key(|section| section.tag != source);
    Ok(concept)
}

/// What a term is called in a locale; none where it is called nothing yet.
fn section(locale: &Locale, fields: Fields) -> Option<Section> {
    glossary::Wording::of(&fields)?;
    Some(Section { line: 0, tag: locale.to_string(), fields })
}
