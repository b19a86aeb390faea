//! The delivery follower: what readers get, made ready when it is published.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use self::{
    form::{Form, Segment},
    generations::Touched,
    live::{LiveEntry, LiveLocale},
    pieces::Whole,
    tables::{
        AGENCIES, Agency, BY_TYPE, CHANGES, CHECKPOINT, COUNTS, Change, ChangeOp, ENTRIES, FORMS,
        KEYS, LONG_FIELDS, ONWARD, PIECES, RECALLS, SITE, SLUGS, Site, TYPES, USED_BY,
    },
};
use crate::{
    content_type::ContentType,
    event::{ChangeClass, Event, EventBody, Fields, Part, Translates},
    id::{AgencyId, EntryId, TypeName},
    locale::Locale,
    store::view::{Batch, ViewError},
    translation::{Freshness, PUBLICATIONS_KEPT, Publication},
};

mod aged;
mod assets;
pub mod form;
pub mod generations;
pub mod links;
pub mod live;
pub mod pieces;
pub mod tables;

mod taken_away;

pub use taken_away::forget;
use taken_away::{erased, unpublished};

/// The content types, as of the events applied so far.
pub type Types = HashMap<TypeName, Arc<ContentType>>;

/// A saved revision's content, as its event has it.
#[derive(Debug, Clone)]
pub struct Content {
    /// All fields of the part.
    pub fields: Fields,
    /// Its slug.
    pub slug: Option<String>,
    /// What it is a translation of.
    pub translates: Option<Translates>,
    /// What it means for translations.
    pub change_class: Option<ChangeClass>,
}

impl Content {
    /// The content that this event saved, if it saved one.
    pub fn of(event: &Event) -> Option<Self> {
        let Some(EventBody::RevisionSaved { fields, slug, translates, change_class, .. }) =
            &event.body
        else {
            return None;
        };
        Some(Self {
            fields: fields.clone(),
            slug: slug.clone(),
            translates: translates.clone(),
            change_class: *change_class,
        })
    }
}

/// What the follower needs besides the event and the tables.
pub struct Context<'a> {
    /// The content types.
    pub types: &'a Types,
    /// Gives an earlier event of the log.
    pub event: &'a dyn Fn(u64) -> Option<Arc<Event>>,
    /// The form that an event's publication makes, where it was made beforehand.
    pub ready: Option<Form>,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl Context<'_> {
    fn content(&self, saved: u64) -> Option<Content> {
        (self.event)(saved).as_deref().and_then(Content::of)
    }

    fn embeds(&self, published: u64) -> form::Embeds {
        match (self.event)(published).as_deref().and_then(|event| event.body.as_ref()) {
            Some(EventBody::Published { embeds, .. }) => embeds.clone(),
            Some(_) | None => form::Embeds::new(),
        }
    }
}

/// The form that this event's publication makes. Pure, and the costly part of applying it.
pub fn make_form(event: &Event, entry_type: &ContentType, content: &Content) -> Option<Form> {
    let Some(EventBody::Published { part, embeds, .. }) = &event.body else { return None };
    let locale = match part {
        Part::Locale(locale) => Some(locale),
        Part::Shared => None,
    };
    Some(form::make(entry_type, &content.fields, embeds, locale))
}

/// Takes one event into the tables.
///
/// # Errors
/// [`ViewError`] when the view cannot be read.
pub fn apply(
    batch: &mut Batch<'_>,
    event: &Event,
    with: &Context<'_>,
    touched: &mut Touched,
) -> Result<(), ViewError> {
    batch.put(&CHECKPOINT, &(), &event.number)?;
    let Some(body) = &event.body else { return Ok(()) };
    match body {
        EventBody::SiteConfigured { default_locale, locales, default_agency } => {
            touched.site = true;
            let site = Site {
                default_locale: default_locale.clone(),
                locales: locales.clone(),
                default_agency: *default_agency,
            };
            batch.put(&SITE, &(), &site)
        }
        EventBody::AgencySaved { agency, key, names } => {
            touched.site = true;
            batch.put(&AGENCIES, agency, &Agency { key: key.clone(), names: names.clone() })
        }
        EventBody::TypeSaved { name, schema } => {
            touched.site = true;
            batch.put(&TYPES, name, &schema.to_string())
        }
        EventBody::EntryCreated { .. } => created(batch, body),
        EventBody::EntryMoved { entry, to, .. } => moved(batch, event, (*entry, *to), touched),
        EventBody::Published { entry, part: Part::Locale(locale), .. } => {
            locale_published(batch, event, (*entry, locale), with, touched)
        }
        EventBody::Published { entry, part: Part::Shared, .. } => {
            shared_published(batch, event, *entry, with, touched)
        }
        EventBody::Unpublished { entry, locale, withdrawal, recall } => {
            unpublished(batch, event, (*entry, locale), (withdrawal, *recall), touched)
        }
        EventBody::Erased { entry, type_name, locales, .. } => {
            erased(batch, event, (*entry, type_name, locales), touched)
        }
        EventBody::AccountCreated { .. }
        | EventBody::GrantsSet { .. }
        | EventBody::CommentMade { .. }
        | EventBody::CommentAssigned { .. }
        | EventBody::CommentResolved { .. }
        | EventBody::AccountRenamed { .. }
        | EventBody::AccountSwitched { .. }
        | EventBody::AccountErased { .. }
        | EventBody::RevisionSaved { .. }
        | EventBody::Reviewed { .. }
        | EventBody::Discarded { .. }
        | EventBody::Scheduled { .. }
        | EventBody::Unscheduled { .. }
        | EventBody::ReleaseSaved { .. }
        | EventBody::ReleaseScheduled { .. }
        | EventBody::ItemScheduled { .. }
        | EventBody::ReleaseUnscheduled { .. }
        | EventBody::ItemUnscheduled { .. }
        | EventBody::ReleasePublished { .. }
        | EventBody::ReleaseDiscarded { .. }
        | EventBody::MemoryImported { .. }
        | EventBody::MemoryForgotten { .. } => Ok(()),
    }
}

fn created(batch: &mut Batch<'_>, body: &EventBody) -> Result<(), ViewError> {
    let EventBody::EntryCreated { entry, type_name, agency, source_locale, key } = body else {
        return Ok(());
    };
    if let Some(key) = key {
        batch.put(&KEYS, &(type_name.clone(), key.as_str().to_owned()), entry)?;
    }
    let entry = LiveEntry {
        id: *entry,
        type_name: type_name.clone(),
        agency: *agency,
        key: key.clone(),
        source_locale: source_locale.clone(),
        shared: None,
        locales: BTreeMap::new(),
        publications: Vec::new(),
    };
    batch.put(&ENTRIES, &entry.id, &entry)
}

/// Another agency answers for all pages of an entry.
fn moved(
    batch: &mut Batch<'_>,
    event: &Event,
    (id, agency): (EntryId, AgencyId),
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    entry.agency = agency;
    for live in entry.locales.values_mut() {
        live.changed = event.number;
    }
    if entry.published().next().is_some() {
        put_change(batch, event, &entry, (None, ChangeOp::Changed), touched)?;
    }
    batch.put(&ENTRIES, &id, &entry)
}

fn locale_published(
    batch: &mut Batch<'_>,
    event: &Event,
    (id, locale): (EntryId, &Locale),
    with: &Context<'_>,
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let Some(EventBody::Published { revision, saved, published_at, change_class, .. }) =
        &event.body
    else {
        return Ok(());
    };
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    let saved = saved.number(event.number);
    let (Some(content), Some(kind)) = (with.content(saved), with.types.get(&entry.type_name))
    else {
        return Ok(());
    };
    let before = entry.locales.get(locale).cloned();
    let was_published = before.as_ref().is_some_and(|before| before.withdrawal.is_none());
    let published_at = published_at.unwrap_or(event.at);
    let title = content.fields.get("title").and_then(serde_json::Value::as_str).unwrap_or_default();
    let live = LiveLocale {
        revision: *revision,
        saved,
        published: event.number,
        slug: content.slug.clone().unwrap_or_else(|| id.to_string()),
        title: title.to_owned(),
        published_at,
        first_published_at: before
            .as_ref()
            .map_or(published_at, |before| before.first_published_at),
        translates: content.translates.clone(),
        withdrawal: None,
        freshness: Freshness::CURRENT,
        held: None,
        changed: event.number,
    };
    take_slug(batch, &entry, locale, (before.as_ref(), &live), touched)?;
    entry.locales.insert(locale.clone(), live);
    if *locale == entry.source_locale {
        let class = change_class.or(content.change_class).unwrap_or(ChangeClass::Substantive);
        entry.publications.push(Publication { revision: *revision, at: event.at, class, saved });
        let excess = entry.publications.len().saturating_sub(PUBLICATIONS_KEPT);
        entry.publications.drain(..excess);
        aged::source_published(batch, &mut entry, kind, with)?;
    } else {
        aged::translation_published(batch, &mut entry, locale, (kind, with))?;
    }
    batch.remove(&RECALLS, &(id, locale.clone()));
    let form = match &with.ready {
        Some(form) => form.clone(),
        None => make_form(event, kind, &content).unwrap_or_default(),
    };
    put_form(batch, id, &Part::Locale(locale.clone()), Some(form))?;
    // What the source's publication holds back of translations is held back where they are embedded, too.
    let only = Some(locale).filter(|locale| **locale != entry.source_locale);
    put_pieces(batch, &entry, kind, with, only)?;
    assets::put(batch, &entry, with)?;
    if !was_published {
        count(batch, locale, &entry.type_name, 1)?;
        batch.put(&BY_TYPE, &(entry.type_name.clone(), id), &())?;
    }
    let op = if was_published { ChangeOp::Changed } else { ChangeOp::Published };
    put_change(batch, event, &entry, (Some(locale), op), touched)?;
    batch.put(&ENTRIES, &id, &entry)
}

/// Lets the slug point to the entry, and remembers who had it when it was another.
fn take_slug(
    batch: &mut Batch<'_>,
    entry: &LiveEntry,
    locale: &Locale,
    (before, live): (Option<&LiveLocale>, &LiveLocale),
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let key = |slug: &str| (entry.type_name.clone(), slug.to_owned(), locale.clone());
    if let Some(before) = before.filter(|before| before.slug != live.slug) {
        let mut row = batch.get(&SLUGS, &key(&before.slug))?.unwrap_or_default();
        if row.live == Some(entry.id) {
            row = tables::SlugRow { live: None, former: Some(entry.id) };
            batch.put(&SLUGS, &key(&before.slug), &row)?;
        }
        touched.slugs.push((entry.type_name.clone(), before.slug.clone()));
    }
    let mut row = batch.get(&SLUGS, &key(&live.slug))?.unwrap_or_default();
    row.live = Some(entry.id);
    touched.slugs.push((entry.type_name.clone(), live.slug.clone()));
    batch.put(&SLUGS, &key(&live.slug), &row)
}

fn shared_published(
    batch: &mut Batch<'_>,
    event: &Event,
    id: EntryId,
    with: &Context<'_>,
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let Some(EventBody::Published { revision, saved, .. }) = &event.body else { return Ok(()) };
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    let saved = saved.number(event.number);
    let (Some(content), Some(kind)) = (with.content(saved), with.types.get(&entry.type_name))
    else {
        return Ok(());
    };
    entry.shared = Some((*revision, saved));
    for live in entry.locales.values_mut() {
        live.changed = event.number;
    }
    put_form(batch, id, &Part::Shared, make_form(event, kind, &content))?;
    put_pieces(batch, &entry, kind, with, None)?;
    assets::put(batch, &entry, with)?;
    if entry.published().next().is_some() {
        put_change(batch, event, &entry, (None, ChangeOp::Changed), touched)?;
    }
    batch.put(&ENTRIES, &id, &entry)
}

/// Sets or removes a form, and with it who shows whom.
fn put_form(
    batch: &mut Batch<'_>,
    id: EntryId,
    part: &Part,
    form: Option<Form>,
) -> Result<(), ViewError> {
    let key = (id, part.clone());
    let before = shown_by(batch, &key)?;
    let after = form.as_ref().map(targets).unwrap_or_default();
    for target in before.difference(&after) {
        batch.remove(&USED_BY, &(*target, id, part.clone()));
    }
    for target in after.difference(&before) {
        batch.put(&USED_BY, &(*target, id, part.clone()), &())?;
    }
    let is_there = form.is_some();
    let form = form.unwrap_or_default();
    links::put(batch, &key, form.links)?;
    let (long, short): (Vec<_>, Vec<_>) = form.fields.into_iter().partition(|field| field.long);
    if long.is_empty() {
        batch.remove(&LONG_FIELDS, &key);
    } else {
        batch.put(&LONG_FIELDS, &key, &Form { fields: long, ..Form::default() })?;
    }
    if is_there {
        batch.put(&FORMS, &key, &Form { fields: short, ..Form::default() })
    } else {
        batch.remove(&FORMS, &key);
        Ok(())
    }
}

/// The entries that a form shows, as the batch has it.
fn shown_by(batch: &Batch<'_>, key: &(EntryId, Part)) -> Result<BTreeSet<EntryId>, ViewError> {
    let mut all = BTreeSet::new();
    for table in [&FORMS, &LONG_FIELDS] {
        all.extend(batch.get(table, key)?.iter().flat_map(targets));
    }
    Ok(all)
}

/// The entries that a form's holes show.
fn targets(form: &Form) -> BTreeSet<EntryId> {
    let segments = form.fields.iter().flat_map(|field| &field.value);
    segments
        .flat_map(|segment| match segment {
            Segment::Ready(_) => &[],
            Segment::References { targets, .. } => targets.as_slice(),
            Segment::Embed { target, .. }
            | Segment::Asset { target, .. }
            | Segment::Described { target, .. }
            | Segment::Figure { target, .. } => std::slice::from_ref(target),
        })
        .copied()
        .collect()
}

/// Makes the pieces of an entry again: in one locale, or in each that it is published in.
fn put_pieces(
    batch: &mut Batch<'_>,
    entry: &LiveEntry,
    kind: &ContentType,
    with: &Context<'_>,
    only: Option<&Locale>,
) -> Result<(), ViewError> {
    if !pieces::gives_more(kind) {
        return Ok(());
    }
    let shared =
        entry.shared.and_then(|(_, saved)| with.content(saved)).map(|content| content.fields);
    let shared = shared.unwrap_or_default();
    // A way that isn't taken any more leads nowhere: it is kept, and finds nothing.
    let mut onward = shown_by(batch, &(entry.id, Part::Shared))?;
    let is_wanted = |locale: &Locale| only.is_none_or(|only| only == locale);
    for (locale, live) in entry.published().filter(|(locale, _)| is_wanted(locale)) {
        onward.extend(shown_by(batch, &(entry.id, Part::Locale(locale.clone())))?);
        let Some(mut content) = with.content(live.saved) else { continue };
        content.fields.retain(|name, _| !live.withheld().contains(name));
        let embeds = with.embeds(live.published);
        let whole = Whole {
            entry: entry.id,
            content_type: kind,
            slug: &live.slug,
            locale,
            localized: &content.fields,
            embeds: &embeds,
            shared: &shared,
        };
        batch.put(&PIECES, &(entry.id, locale.clone()), &pieces::make(&whole))?;
    }
    for target in onward {
        batch.put(&ONWARD, &(target, entry.id), &())?;
    }
    Ok(())
}

fn put_change(
    batch: &mut Batch<'_>,
    event: &Event,
    entry: &LiveEntry,
    (locale, op): (Option<&Locale>, ChangeOp),
    touched: &mut Touched,
) -> Result<(), ViewError> {
    touched.entries.push(entry.id);
    touched.types.push(entry.type_name.clone());
    let change = Change {
        op,
        entry: entry.id,
        type_name: entry.type_name.clone(),
        locale: locale.cloned(),
        at: event.at,
    };
    batch.put(&CHANGES, &event.number, &change)
}

fn count(
    batch: &mut Batch<'_>,
    locale: &Locale,
    type_name: &TypeName,
    by: i64,
) -> Result<(), ViewError> {
    let key = (locale.clone(), type_name.clone());
    let count = batch.get(&COUNTS, &key)?.unwrap_or(0).saturating_add_signed(by);
    if count == 0 {
        batch.remove(&COUNTS, &key);
        return Ok(());
    }
    batch.put(&COUNTS, &key, &count)
}

/// Makes all forms and pieces of an entry again, after its type changed.
///
/// # Errors
/// [`ViewError`] when the view cannot be read.
pub fn make_again(
    batch: &mut Batch<'_>,
    id: EntryId,
    with: &Context<'_>,
    touched: &mut Touched,
) -> Result<(), ViewError> {
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    let Some(kind) = with.types.get(&entry.type_name) else { return Ok(()) };
    for (locale, ageing) in aged::all_of(batch, &entry)? {
        aged::hold_again(&mut entry, kind, &locale, &ageing);
    }
    batch.put(&ENTRIES, &id, &entry)?;
    if let Some(content) = entry.shared.and_then(|(_, saved)| with.content(saved)) {
        let form = form::make(kind, &content.fields, &form::Embeds::new(), None);
        put_form(batch, id, &Part::Shared, Some(form))?;
    }
    for (locale, live) in entry.published() {
        let Some(content) = with.content(live.saved) else { continue };
        let form = form::make(kind, &content.fields, &with.embeds(live.published), Some(locale));
        put_form(batch, id, &Part::Locale(locale.clone()), Some(form))?;
    }
    put_pieces(batch, &entry, kind, with, None)?;
    assets::put(batch, &entry, with)?;
    touched.entries.push(id);
    Ok(())
}
