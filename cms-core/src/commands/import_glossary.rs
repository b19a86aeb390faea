//! Takes a glossary of elsewhere in: what it says becomes drafts of terms, which are reviewed and published as all are.
//!
//! A file is looked at as a whole before anything of it is saved: all that is wrong with it is told at once, each with its
//! line. A term that says what it said is left alone, so that the same file twice changes nothing; what a file doesn't
//! mention stays as it is. Each term is one append.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CommandError, Decision, Means, check_note, create_entry::CreateEntry, none_of,
    save_draft::SaveDraft, scheduled,
};
use crate::{
    access::{Act, Actor, Scope},
    content_type::{ContentType, normalise},
    entry::Entry,
    event::{Fields, Part, Translates},
    exchange::terms::{Concept, Found, Section, merged},
    glossary,
    id::{AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
    violation::{Violation, pointer_step},
};

/// How a glossary is taken in.
#[derive(Debug, Clone, Default)]
pub struct ImportGlossary {
    /// Whose new terms are; the site's default agency's where nobody says.
    pub agency: Option<AgencyId>,
    /// The language that new terms are written in first; the site's default where nobody says.
    pub source: Option<Locale>,
    /// What stands before the ids of the file in the keys of terms, so that files of several sources stay apart.
    pub prefix: String,
    /// Only these languages of the file; all without any.
    pub locales: BTreeSet<Locale>,
    /// Only say what would become of it.
    pub dry_run: bool,
    /// What is said of it to colleagues.
    pub note: Option<String>,
}

/// What became of a glossary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GlossaryReport {
    /// Terms in the file.
    pub terms: u64,
    /// Terms that were made.
    pub created: u64,
    /// Terms that were there, and of which something was saved.
    pub changed: u64,
    /// Terms that say what they said.
    pub unchanged: u64,
    /// The last event; 0 for none.
    pub event: u64,
}

/// What is to be done with a term.
#[derive(Debug, Clone)]
pub struct PlannedTerm {
    /// Its entry, if there is one.
    entry: Option<EntryId>,
    /// What makes it, if there is none.
    create: CreateEntry,
    /// What is to be saved of it: which part, on which revision, and what.
    parts: Vec<(Part, u32, Fields)>,
}

impl PlannedTerm {
    /// Whether there is nothing to do.
    pub const fn is_done(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether its entry is to be made.
    pub const fn is_new(&self) -> bool {
        self.entry.is_none()
    }
}

/// What a plan rests on.
struct Ground<'a> {
    actor: &'a Actor,
    act: &'a ImportGlossary,
    content_type: &'a ContentType,
    type_name: TypeName,
    locales: BTreeSet<Locale>,
    agency: AgencyId,
    source: Locale,
    found: &'a Found,
}

impl Means {
    /// What a file means, term by term, in its order.
    ///
    /// # Errors
    /// [`CommandError`]: `Invalid` with all that is wrong, each with its line (`/lines/N`); `Forbidden` where the actor
    /// may not write what would be changed.
    pub async fn plan_glossary(
        &self,
        actor: &Actor,
        act: &ImportGlossary,
        found: &Found,
    ) -> Result<Vec<PlannedTerm>, CommandError> {
        none_of(act.note.as_deref().and_then(check_note).into_iter().collect())?;
        let site = self.editing.site()?.ok_or(CommandError::NotFound("site"))?;
        let type_name =
            TypeName::parse(glossary::TYPE).map_err(|_| CommandError::NotFound("type"))?;
        let (content_type, _) = self.content_type(&type_name)?;
        let ground = Ground {
            actor,
            act,
            content_type: &content_type,
            type_name,
            locales: site.locales.into_iter().map(|locale| locale.tag).collect(),
            agency: act.agency.unwrap_or(site.default_agency),
            source: act.source.clone().unwrap_or(site.default_locale),
            found,
        };
        let (mut plan, mut wrong, mut keys) = (Vec::new(), Vec::new(), BTreeSet::new());
        for concept in &found.concepts {
            match self.plan_term(&ground, concept).await {
                Ok(planned) => {
                    let twice = planned.entry.filter(|entry| !keys.insert(*entry));
                    wrong.extend(twice.map(|_| {
                        at(concept.line, Violation::new("", "repeated_id").with("id", &concept.id))
                    }));
                    plan.push(planned);
                }
                Err(CommandError::Invalid(violations)) => wrong.extend(violations),
                Err(other) => return Err(other),
            }
        }
        none_of(wrong)?;
        Ok(plan)
    }

    async fn plan_term(
        &self,
        ground: &Ground<'_>,
        concept: &Concept,
    ) -> Result<PlannedTerm, CommandError> {
        let told = |violation: Violation| CommandError::Invalid(vec![at(concept.line, violation)]);
        let (key, entry) = self.entry_of(ground, concept)?.map_err(told)?;
        let source = entry.as_ref().map_or(&ground.source, |entry| &entry.source_locale);
        let mut wrong = Vec::new();
        let mut said = BTreeMap::new();
        for section in &concept.sections {
            match ground.locale(section) {
                Ok(Some(locale)) => {
                    if said.insert(Part::Locale(locale), (section.line, &section.fields)).is_some()
                    {
                        let what = format!("xml:lang={}", section.tag);
                        let twice = Violation::new("", "file_unexpected").with("what", what);
                        wrong.push(at(section.line, twice));
                    }
                }
                Ok(None) => {}
                Err(violation) => wrong.push(at(section.line, violation)),
            }
        }
        if entry.is_none() && !said.contains_key(&Part::Locale(source.clone())) {
            let missing = Violation::new("", "file_missing").with("what", source);
            wrong.push(at(concept.line, missing));
        }
        said.insert(Part::Shared, (concept.line, &concept.shared));
        let mut parts = Vec::new();
        for (part, (line, fields)) in said {
            let place = (entry.as_ref(), &part);
            match self.plan_part(ground, place, fields).await {
                Ok(planned) => parts.extend(planned.map(|(seen, fields)| (part, seen, fields))),
                Err(CommandError::Invalid(violations)) => {
                    wrong.extend(violations.into_iter().map(|violation| at(line, violation)));
                }
                Err(other) => return Err(other),
            }
        }
        none_of(wrong)?;
        // What is translated is saved before what translates it.
        parts.sort_by_key(|(part, ..)| *part != Part::Locale(source.clone()));
        let create = CreateEntry {
            type_name: ground.type_name.clone(),
            agency: Some(entry.as_ref().map_or(ground.agency, |entry| entry.agency)),
            source_locale: source.clone(),
            key: Some(key),
        };
        Ok(PlannedTerm { entry: entry.map(|entry| entry.id), create, parts })
    }

    /// The entry that a concept is about, and its key: by its id, or by that key. What the actor may not write is refused
    /// once something of it would be saved.
    fn entry_of(
        &self,
        ground: &Ground<'_>,
        concept: &Concept,
    ) -> Result<Result<(ExternalKey, Option<Entry>), Violation>, CommandError> {
        let of_type = |entry: &Entry| entry.type_name == ground.type_name;
        if let Ok(id) = concept.id.parse::<EntryId>()
            && let Some(entry) = self.editing.entry(id)?.filter(of_type)
        {
            let key = entry.key.clone().or_else(|| ExternalKey::parse(&concept.id).ok());
            let unkeyed = || Violation::new("", "bad_key").with("value", &concept.id);
            return Ok(key.ok_or_else(unkeyed).map(|key| (key, Some(entry))));
        }
        let name = format!("{}{}", ground.act.prefix, concept.id);
        let Ok(key) = ExternalKey::parse(&name) else {
            return Ok(Err(Violation::new("", "bad_key").with("value", name)));
        };
        if self.editing.is_erased(&ground.type_name, &key)? {
            return Ok(Err(Violation::new("", "key_erased").with("key", key)));
        }
        let entry = match self.editing.entry_by_key(&ground.type_name, &key)? {
            Some(id) => self.editing.entry(id)?,
            None => None,
        };
        Ok(Ok((key, entry)))
    }

    /// What is to be saved of a part, and on which revision; none where it says that already.
    async fn plan_part(
        &self,
        ground: &Ground<'_>,
        (entry, part): (Option<&Entry>, &Part),
        said: &Fields,
    ) -> Result<Option<(u32, Fields)>, CommandError> {
        let head = entry.and_then(|entry| entry.heads.get(part));
        let before = match head {
            Some(head) => self.editing.fields(head.draft.event).await?,
            None => Fields::new(),
        };
        let told = match part {
            Part::Shared => &ground.found.shared,
            Part::Locale(_) => &ground.found.localized,
        };
        let fields = normalise(merged(&before, said, told));
        if fields == before {
            return Ok(None);
        }
        let locale = match part {
            Part::Locale(locale) => Some(locale),
            Part::Shared => None,
        };
        let agency = Some(entry.map_or(ground.agency, |entry| entry.agency));
        let scope = Scope { agency, type_name: Some(&ground.type_name), locale };
        Self::check(ground.actor, Act::Write, &scope)?;
        let mut wrong = ground.content_type.check_draft(part, &fields);
        wrong.extend(head.and_then(scheduled));
        none_of(wrong)?;
        Ok(Some((head.map_or(0, |head| head.draft.revision), fields)))
    }

    /// Saves what was planned of a term, in one append; answers the event.
    ///
    /// # Errors
    /// [`CommandError`]: `Stale` where somebody saved since it was planned.
    pub async fn save_term(
        &self,
        actor: &Actor,
        planned: &PlannedTerm,
        note: Option<&str>,
    ) -> Result<u64, CommandError> {
        let (content_type, _) = self.content_type(&planned.create.type_name)?;
        let (entry, mut decision) = match planned.entry {
            Some(id) => {
                let entry = self.editing.entry(id)?.ok_or(CommandError::NotFound("entry"))?;
                (entry, Decision::default())
            }
            None => self.begun(actor, &planned.create)?,
        };
        let mut source = entry
            .heads
            .get(&Part::Locale(entry.source_locale.clone()))
            .map_or(0, |head| head.draft.revision);
        for (part, seen, fields) in &planned.parts {
            let is_source = *part == Part::Locale(entry.source_locale.clone());
            let is_translation = !is_source && *part != Part::Shared && source > 0;
            let save = SaveDraft {
                expected: Some(*seen),
                translates: is_translation.then_some(Translates::Revision(source)),
                note: note.map(str::to_owned),
                ..SaveDraft::new(entry.id, part.clone(), fields.clone())
            };
            let (revision, saved) = self.decide_save(&entry, &content_type, save).await?;
            decision.merge(saved);
            if is_source {
                source = revision;
            }
        }
        Ok(self.append(actor, decision).await?.last)
    }

    /// An entry that isn't there yet, and what makes it.
    fn begun(
        &self,
        actor: &Actor,
        create: &CreateEntry,
    ) -> Result<(Entry, Decision), CommandError> {
        let (id, decision) = self.decide_create(actor, create)?;
        let entry = Entry {
            id,
            type_name: create.type_name.clone(),
            agency: create.agency.ok_or(CommandError::NotFound("agency"))?,
            source_locale: create.source_locale.clone(),
            key: create.key.clone(),
            created: 0,
            whole: 0,
            heads: BTreeMap::new(),
        };
        Ok((entry, decision))
    }
}

impl Ground<'_> {
    /// The site's locale that a section is in; none where it isn't wanted.
    fn locale(&self, section: &Section) -> Result<Option<Locale>, Violation> {
        let unknown = || Violation::new("", "unknown_locale").with("tag", &section.tag);
        let locale = Locale::parse(&section.tag.replace('_', "-")).map_err(|_| unknown())?;
        if !self.act.locales.is_empty() && !self.act.locales.contains(&locale) {
            return Ok(None);
        }
        if self.locales.contains(&locale) { Ok(Some(locale)) } else { Err(unknown()) }
    }
}

/// A violation at a line of the file.
fn at(line: u64, violation: Violation) -> Violation {
    violation.under(&format!("{}{}", pointer_step("lines"), pointer_step(line)))
}
