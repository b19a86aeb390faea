//! The editing follower: heads, revisions, names and where-used, for commands and editors' questions.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    access::{Actor, Grant},
    clock::Timestamp,
    entry::Entry,
    event::{ChangeClass, Event, EventBody, Part, SiteLocale},
    id::{AccountId, AgencyId, EntryId, ExternalKey, ReleaseId, TypeName},
    locale::Locale,
    release::Release,
    store::view::{Batch, Table, ViewError},
};

pub mod assets;
pub mod checks;
pub mod discussion;
pub mod glossary;
pub mod reader;
pub mod reviews;
pub mod segments;
pub mod uses;

/// The room of what editors see, drafts included.
#[derive(Debug, Clone, Copy)]
pub enum Editing {}

/// The last event that was applied.
pub const CHECKPOINT: Table<Editing, (), u64> = Table::new(0x01, "editing.checkpoint");
/// Entries with their heads.
pub const ENTRIES: Table<Editing, EntryId, Entry> = Table::new(0x02, "editing.entries");
/// Entries by type.
pub const BY_TYPE: Table<Editing, (TypeName, EntryId), ()> = Table::new(0x03, "editing.by_type");
/// Entries by type and external key.
pub const KEYS: Table<Editing, (TypeName, String), EntryId> = Table::new(0x04, "editing.keys");
/// Saved revisions.
pub const REVISIONS: Table<Editing, (EntryId, Part, u32), Revision> =
    Table::new(0x05, "editing.revisions");
/// Import lines that were accepted, by their digest: the revision that each became.
pub const LINES: Table<Editing, (EntryId, Part, String), u32> = Table::new(0x06, "editing.lines");
/// Who uses an entry: the target, the user, the user's part.
pub const USED_BY: Table<Editing, (EntryId, EntryId, Part), Use> =
    Table::new(0x07, "editing.used_by");
/// Content types: their schema files, as JSON text.
pub const TYPES: Table<Editing, TypeName, TypeRow> = Table::new(0x08, "editing.types");
/// Agencies.
pub const AGENCIES: Table<Editing, AgencyId, Agency> = Table::new(0x09, "editing.agencies");
/// Agencies by key.
pub const AGENCY_KEYS: Table<Editing, String, AgencyId> = Table::new(0x0a, "editing.agency_keys");
/// Accounts.
pub const ACCOUNTS: Table<Editing, AccountId, Account> = Table::new(0x0b, "editing.accounts");
/// The site.
pub const SITE: Table<Editing, (), Site> = Table::new(0x0c, "editing.site");
/// Digests of the keys of erased entries: they don't come back.
pub const ERASED_KEYS: Table<Editing, String, EntryId> = Table::new(0x0d, "editing.erased_keys");
/// Source texts, by their digest: the revision that has it.
pub const SOURCE_TEXTS: Table<Editing, (EntryId, String), u32> =
    Table::new(0x0e, "editing.source_texts");

/// The bytes that revisions of assets name, by their digest: whose they are or were.
pub const BLOBS: Table<Editing, (String, EntryId), ()> = Table::new(0x27, "editing.blobs");
/// The same by asset.
pub const BLOBS_OF: Table<Editing, (EntryId, String), ()> = Table::new(0x28, "editing.blobs_of");

/// When something is to happen, soonest first: to which entry, in which locale.
pub const SCHEDULES: Table<Editing, (Timestamp, EntryId, Locale), ()> =
    Table::new(0x0f, "editing.schedules");

/// Releases, also those that have happened or were given up.
pub const RELEASES: Table<Editing, ReleaseId, Release> = Table::new(0x10, "editing.releases");
/// When releases are to happen, soonest first.
pub const RELEASE_SCHEDULES: Table<Editing, (Timestamp, ReleaseId), ()> =
    Table::new(0x11, "editing.release_schedules");

/// The last event that changed what the glossary says.
pub const GLOSSARY: Table<Editing, (), u64> = Table::new(0x2c, "editing.glossary");

/// A saved revision as the history lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The event that saved it.
    pub event: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: AccountId,
    /// What it means for translations.
    pub change_class: Option<ChangeClass>,
    /// What the author said of it to colleagues.
    pub note: Option<String>,
}

/// In which of a user's revisions a use stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Use {
    /// In its newest revision.
    pub draft: bool,
    /// In the one that readers get.
    pub live: bool,
}

/// A content type as it was last saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeRow {
    /// The last event of its stream.
    pub last: u64,
    /// Its schema file, as JSON text.
    pub schema: String,
}

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Its id.
    pub id: AgencyId,
    /// Its key outside.
    pub key: ExternalKey,
    /// Its own name, per locale.
    pub names: std::collections::BTreeMap<Locale, String>,
    /// The last event of its stream.
    pub last: u64,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name for signing in.
    pub name: String,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// Whether it was closed: until it is opened again nobody acts as it.
    pub disabled: bool,
    /// The last event of its stream.
    pub last: u64,
}

impl Account {
    /// The account as one of its events leaves it. One that was erased is none, whatever else is known of it.
    fn after(before: Option<Self>, event: &Event) -> Option<Self> {
        let last = event.number;
        let body = event.body.as_ref()?;
        if let EventBody::AccountCreated { account, name, administrator } = body {
            let grants =
                if *administrator { Actor::administrator(*account).grants } else { Vec::new() };
            return Some(Self { name: name.clone(), grants, disabled: false, last });
        }
        let account = Self { last, ..before? };
        if let EventBody::GrantsSet { grants, .. } = body {
            return Some(Self { grants: grants.clone(), ..account });
        }
        if let EventBody::AccountRenamed { name, .. } = body {
            return Some(Self { name: name.clone(), ..account });
        }
        if let EventBody::AccountSwitched { disabled, .. } = body {
            return Some(Self { disabled: *disabled, ..account });
        }
        Some(account)
    }
}

/// The site's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Where content without a better choice comes from.
    pub default_locale: Locale,
    /// All locales.
    pub locales: Vec<SiteLocale>,
    /// Whose an entry is when nobody says.
    pub default_agency: AgencyId,
    /// The last event of its stream.
    pub last: u64,
}

/// The digest under which an erased entry's key is remembered.
pub fn key_digest(type_name: &TypeName, key: &ExternalKey) -> String {
    hex::encode(
        Sha256::new()
            .chain_update(type_name.as_str())
            .chain_update([0])
            .chain_update(key.as_str())
            .finalize(),
    )
}

/// Takes one event into the tables.
///
/// # Errors
/// [`ViewError`] when the view cannot be read.
pub fn apply(
    batch: &mut Batch<'_>,
    event: &Event,
    with: &segments::Context<'_>,
) -> Result<(), ViewError> {
    batch.put(&CHECKPOINT, &(), &event.number)?;
    let Some(body) = &event.body else { return Ok(()) };
    let last = event.number;
    match body {
        EventBody::SiteConfigured { default_locale, locales, default_agency } => {
            let site = Site {
                default_locale: default_locale.clone(),
                locales: locales.clone(),
                default_agency: *default_agency,
                last,
            };
            batch.put(&SITE, &(), &site)
        }
        EventBody::AgencySaved { agency, key, names } => {
            let (id, key, names) = (*agency, key.clone(), names.clone());
            agency_saved(batch, &Agency { id, key, names, last })
        }
        EventBody::TypeSaved { name, schema } => {
            batch.put(&TYPES, name, &TypeRow { last, schema: schema.to_string() })
        }
        EventBody::AccountCreated { account, .. }
        | EventBody::GrantsSet { account, .. }
        | EventBody::AccountRenamed { account, .. }
        | EventBody::AccountSwitched { account, .. } => account_changed(batch, event, *account),
        EventBody::AccountErased { account } => {
            batch.remove(&ACCOUNTS, account);
            Ok(())
        }
        EventBody::EntryCreated { .. } => created(batch, event),
        EventBody::ReleaseSaved { release, .. }
        | EventBody::ReleaseScheduled { release, .. }
        | EventBody::ReleaseUnscheduled { release, .. }
        | EventBody::ReleasePublished { release }
        | EventBody::ReleaseDiscarded { release } => release_changed(batch, event, *release),
        // The memory is another follower's.
        EventBody::MemoryImported { .. } | EventBody::MemoryForgotten { .. } => Ok(()),
        EventBody::RevisionSaved { entry, .. }
        | EventBody::EntryMoved { entry, .. }
        | EventBody::ItemScheduled { entry, .. }
        | EventBody::ItemUnscheduled { entry, .. }
        | EventBody::Published { entry, .. }
        | EventBody::Unpublished { entry, .. }
        | EventBody::Reviewed { entry, .. }
        | EventBody::Discarded { entry, .. }
        | EventBody::Scheduled { entry, .. }
        | EventBody::Unscheduled { entry, .. } => changed(batch, event, *entry, with),
        EventBody::CommentMade { entry, comment, .. }
        | EventBody::CommentAssigned { entry, comment, .. }
        | EventBody::CommentResolved { entry, comment, .. } => {
            discussion::changed(batch, event, (*entry, *comment))
        }
        EventBody::Erased { entry, key_digest, .. } => {
            erased(batch, (*entry, last), key_digest.as_ref())
        }
    }
}

fn account_changed(batch: &mut Batch<'_>, event: &Event, id: AccountId) -> Result<(), ViewError> {
    let before = batch.get(&ACCOUNTS, &id)?;
    match Account::after(before, event) {
        Some(account) => batch.put(&ACCOUNTS, &id, &account),
        None => Ok(()),
    }
}

fn agency_saved(batch: &mut Batch<'_>, agency: &Agency) -> Result<(), ViewError> {
    if let Some(before) = batch.get(&AGENCIES, &agency.id)? {
        batch.remove(&AGENCY_KEYS, &before.key.as_str().to_owned());
    }
    batch.put(&AGENCY_KEYS, &agency.key.as_str().to_owned(), &agency.id)?;
    batch.put(&AGENCIES, &agency.id, agency)
}

fn release_changed(batch: &mut Batch<'_>, event: &Event, id: ReleaseId) -> Result<(), ViewError> {
    let before = batch.get(&RELEASES, &id)?;
    if let Some((at, _)) = before.as_ref().and_then(Release::schedule) {
        batch.remove(&RELEASE_SCHEDULES, &(at, id));
    }
    let Some(release) = Release::after(before, event) else { return Ok(()) };
    if let Some((at, _)) = release.schedule() {
        batch.put(&RELEASE_SCHEDULES, &(at, id), &())?;
    }
    batch.put(&RELEASES, &id, &release)
}

fn created(batch: &mut Batch<'_>, event: &Event) -> Result<(), ViewError> {
    let Some(entry) = Entry::created_by(event) else { return Ok(()) };
    batch.put(&BY_TYPE, &(entry.type_name.clone(), entry.id), &())?;
    if let Some(key) = &entry.key {
        batch.put(&KEYS, &(entry.type_name.clone(), key.as_str().to_owned()), &entry.id)?;
    }
    batch.put(&ENTRIES, &entry.id, &entry)
}

fn changed(
    batch: &mut Batch<'_>,
    event: &Event,
    id: EntryId,
    with: &segments::Context<'_>,
) -> Result<(), ViewError> {
    let Some(mut entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    if let Some(EventBody::RevisionSaved { part, .. }) = &event.body
        && *part == Part::Locale(entry.source_locale.clone())
    {
        segments::source_saved(batch, &entry, event, with)?;
    }
    let (before, schedules) = (uses_of(&entry), schedules_of(&entry));
    let review = reviews::row_of(&entry);
    entry.apply(event);
    glossary::changed(batch, &entry, event)?;
    reviews::changed(batch, review, reviews::row_of(&entry))?;
    for key in schedules {
        batch.remove(&SCHEDULES, &key);
    }
    for key in schedules_of(&entry) {
        batch.put(&SCHEDULES, &key, &())?;
    }
    if let Some(EventBody::RevisionSaved {
        part, revision, line, fields, change_class, note, ..
    }) = &event.body
    {
        let row = Revision {
            event: event.number,
            at: event.at,
            actor: event.actor,
            change_class: *change_class,
            note: note.clone(),
        };
        batch.put(&REVISIONS, &(id, part.clone(), *revision), &row)?;
        if let Some(line) = line {
            batch.put(&LINES, &(id, part.clone(), line.clone()), revision)?;
        }
        assets::saved(batch, (&entry, part), fields)?;
        if *part == Part::Locale(entry.source_locale.clone()) {
            let digest = source_digest(&entry, fields);
            batch.put(&SOURCE_TEXTS, &(id, digest), revision)?;
        }
    }
    let after = uses_of(&entry);
    for ((target, part), _) in before.iter().filter(|(place, _)| !after.contains_key(place)) {
        batch.remove(&USED_BY, &(*target, id, part.clone()));
    }
    for ((target, part), kind) in &after {
        if before.get(&(*target, part.clone())) != Some(kind) {
            batch.put(&USED_BY, &(*target, id, part.clone()), kind)?;
        }
    }
    batch.put(&ENTRIES, &id, &entry)
}

/// The digest by which a translation names the source text that it was made from.
///
/// It is the SHA-256, in hexadecimal, of the JSON object `{"fields", "key", "locale", "type"}` with its
/// names sorted and no white space. An entry without a key goes by its id.
pub fn source_digest(entry: &Entry, fields: &crate::event::Fields) -> String {
    let key = entry.key.as_ref().map_or_else(|| entry.id.to_string(), ToString::to_string);
    let text = serde_json::json!({
        "fields": fields,
        "key": key,
        "locale": entry.source_locale,
        "type": entry.type_name,
    });
    hex::encode(Sha256::digest(text.to_string()))
}

/// When something is to happen to an entry, and in which locale.
fn schedules_of(entry: &Entry) -> Vec<(Timestamp, EntryId, Locale)> {
    let mut found = Vec::new();
    for (part, head) in &entry.heads {
        let Part::Locale(locale) = part else { continue };
        // A release's own schedule stands for those of its parts.
        let own = head.schedules.iter().filter(|schedule| schedule.release.is_none());
        found.extend(own.map(|schedule| (schedule.at, entry.id, locale.clone())));
    }
    found
}

/// What an entry uses, by target and own part.
pub(crate) type Uses = std::collections::BTreeMap<(EntryId, Part), Use>;

/// All that an entry uses, by target and own part.
pub(crate) fn uses_of(entry: &Entry) -> Uses {
    let mut uses = Uses::new();
    for (part, head) in &entry.heads {
        for target in &head.draft.uses {
            uses.entry((*target, part.clone())).or_default().draft = true;
        }
        for target in head.published().iter().flat_map(|live| &live.saved.uses) {
            uses.entry((*target, part.clone())).or_default().live = true;
        }
    }
    uses
}

fn erased(
    batch: &mut Batch<'_>,
    (id, event): (EntryId, u64),
    key_digest: Option<&String>,
) -> Result<(), ViewError> {
    if let Some(digest) = key_digest {
        batch.put(&ERASED_KEYS, digest, &id)?;
    }
    let Some(entry) = batch.get(&ENTRIES, &id)? else { return Ok(()) };
    batch.remove(&ENTRIES, &id);
    reviews::changed(batch, reviews::row_of(&entry), None)?;
    discussion::erased(batch, id)?;
    assets::erased(batch, id)?;
    glossary::erased(batch, &entry, event)?;
    segments::erased(batch, id)?;
    for key in schedules_of(&entry) {
        batch.remove(&SCHEDULES, &key);
    }
    batch.remove(&BY_TYPE, &(entry.type_name.clone(), id));
    if let Some(key) = &entry.key {
        batch.remove(&KEYS, &(entry.type_name.clone(), key.as_str().to_owned()));
    }
    for (target, part) in uses_of(&entry).into_keys() {
        batch.remove(&USED_BY, &(target, id, part));
    }
    for (key, _) in batch.scan(&REVISIONS, &id)? {
        batch.remove(&REVISIONS, &key);
    }
    for (key, _) in batch.scan(&LINES, &id)? {
        batch.remove(&LINES, &key);
    }
    for (key, _) in batch.scan(&SOURCE_TEXTS, &id)? {
        batch.remove(&SOURCE_TEXTS, &key);
    }
    Ok(())
}
