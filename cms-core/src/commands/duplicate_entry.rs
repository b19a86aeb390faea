//! Duplicates an entry: a new one, with drafts of some of its locales, to be made into something else.

use std::collections::BTreeSet;

use super::{Accepted, CommandError, Decision, Means, none_of};
use crate::{
    access::{Act, Actor, Scope},
    entry::{Entry, Head},
    event::{EventBody, Fields, Part, Stream, Translates},
    id::{AgencyId, EntryId},
    locale::Locale,
    store::NewEvent,
    violation::Violation,
};

/// An entry to duplicate.
#[derive(Debug, Clone)]
pub struct DuplicateEntry {
    /// Which.
    pub entry: EntryId,
    /// In which locales. The first is the new one's source, unless the old one's is among them.
    pub locales: Vec<Locale>,
    /// Whose the new one is; the old one's agency's where nobody says.
    pub agency: Option<AgencyId>,
}

impl Means {
    /// Makes an entry with the drafts of another: without its key and its slugs, which are the other's. Its shared fields
    /// come along.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` for locales that the entry doesn't have.
    pub async fn duplicate_entry(
        &self,
        actor: &Actor,
        act: DuplicateEntry,
    ) -> Result<(EntryId, Accepted), CommandError> {
        let source = self.editing.entry(act.entry)?.ok_or(CommandError::NotFound("entry"))?;
        let site = self.editing.site()?.ok_or(CommandError::NotFound("site"))?;
        let (_, type_last) = self.content_type(&source.type_name)?;
        let agency = act.agency.unwrap_or(source.agency);
        let parts = Self::parts_of(actor, &source, &act, agency)?;
        let has_source = act.locales.contains(&source.source_locale);
        let first = act.locales.first().unwrap_or(&source.source_locale);
        let source_locale = if has_source { &source.source_locale } else { first }.clone();
        let id = EntryId::generate(self.clock.now());
        let created = EventBody::EntryCreated {
            entry: id,
            type_name: source.type_name.clone(),
            agency,
            source_locale: source_locale.clone(),
            key: None,
        };
        let mut decision = Decision {
            expectations: vec![
                (Stream::Type(source.type_name.clone()), type_last),
                (Stream::Site, site.last),
            ],
            events: vec![NewEvent {
                streams: vec![Stream::Entry(id, Part::Shared)],
                body: created,
            }],
            ..Decision::default()
        };
        for (part, head) in parts {
            decision.expectations.push((Stream::Entry(source.id, part.clone()), head.last));
            let fields = self.editing.fields(head.draft.event).await?;
            decision.events.push(first_revision((id, part), (head, fields), &source_locale));
        }
        let appended = self.append(actor, decision).await?;
        Ok((id, Accepted { event: appended.last, revision: 0 }))
    }

    /// The parts that are to come along, for an actor who may read them there and write them here.
    fn parts_of<'a>(
        actor: &Actor,
        source: &'a Entry,
        act: &DuplicateEntry,
        agency: AgencyId,
    ) -> Result<Vec<(Part, &'a Head)>, CommandError> {
        let may = |act: Act, agency: AgencyId, part: &Part| {
            let locale = match part {
                Part::Locale(locale) => Some(locale),
                Part::Shared => None,
            };
            let (agency, type_name) = (Some(agency), Some(&source.type_name));
            Self::check(actor, act, &Scope { agency, type_name, locale })
        };
        may(Act::Write, agency, &Part::Shared)?;
        let mut wrong = Vec::new();
        let mut parts: Vec<(Part, &Head)> = Vec::new();
        let locales: BTreeSet<&Locale> = act.locales.iter().collect();
        if locales.is_empty() || locales.len() < act.locales.len() {
            wrong.push(Violation::new("/locales", "locales_once"));
        }
        if let Some(head) = source.heads.get(&Part::Shared) {
            may(Act::Read, source.agency, &Part::Shared)?;
            parts.push((Part::Shared, head));
        }
        for (at, locale) in act.locales.iter().enumerate() {
            let part = Part::Locale(locale.clone());
            may(Act::Read, source.agency, &part)?;
            may(Act::Write, agency, &part)?;
            match source.heads.get(&part) {
                Some(head) => parts.push((part, head)),
                None => wrong.push(
                    Violation::new(format!("/locales/{at}"), "unknown_locale").with("tag", locale),
                ),
            }
        }
        none_of(wrong)?;
        Ok(parts)
    }
}

/// The event that saves a draft of another as the first revision.
fn first_revision(
    (id, part): (EntryId, Part),
    (head, fields): (&Head, Fields),
    source_locale: &Locale,
) -> NewEvent {
    let is_translation = part != Part::Shared && part != Part::Locale(source_locale.clone());
    let uses = head.draft.uses.clone();
    let streams = std::iter::once(Stream::Entry(id, part.clone()));
    NewEvent {
        streams: streams.chain(uses.iter().map(|used| Stream::Uses(*used))).collect(),
        body: EventBody::RevisionSaved {
            entry: id,
            part,
            revision: 1,
            fields,
            slug: None,
            translates: is_translation.then_some(Translates::Revision(1)),
            change_class: None,
            uses,
            line: None,
            note: None,
            segments: Vec::new(),
        },
    }
}
