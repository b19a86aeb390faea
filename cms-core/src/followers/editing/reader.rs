//! What answers editors and commands: the editing room of the view, drafts included.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::RwLock;

use crate::{
    access::Actor,
    clock::Timestamp,
    content_type::ContentType,
    entry::Entry,
    event::{Event, EventBody, Fields, Part},
    followers::{
        ReadError,
        editing::{self, Account, Agency, Revision, Site, TypeRow, Use, glossary::Kept},
    },
    id::{AccountId, AgencyId, EntryId, ExternalKey, ReleaseId, TypeName},
    locale::{Locale, Locales},
    release::Release,
    store::{Log, view::Reader},
};

/// Answers editors' questions. Who may ask is the caller's business: commands and the façade check it.
#[derive(Debug, Clone)]
pub struct Editing {
    pub(super) reader: Reader<editing::Editing>,
    log: Arc<dyn Log>,
    /// Parsed content types, each with the event that saved it.
    types: Arc<RwLock<ParsedTypes>>,
    /// Entries as they would be, instead of as they are.
    supposed: Option<Arc<BTreeMap<EntryId, Entry>>>,
    /// The glossary, as it was made last.
    pub(super) glossary: Arc<RwLock<Kept>>,
}

/// What is to happen next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextDue {
    /// What is scheduled soonest of a locale.
    Locale(EntryId, Locale),
    /// A release.
    Release(ReleaseId),
}

/// What was to happen and has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overdue {
    /// How much it is.
    pub count: usize,
    /// When the first of it was to happen.
    pub since: Option<Timestamp>,
}

type ParsedTypes = HashMap<TypeName, (Arc<ContentType>, u64)>;

impl Editing {
    pub(crate) fn new(reader: Reader<editing::Editing>, log: Arc<dyn Log>) -> Self {
        let (types, glossary) = (Arc::default(), Arc::default());
        Self { reader, log, types, supposed: None, glossary }
    }

    /// The same, supposing that these entries were as given: for deciding what belongs together.
    pub(crate) fn supposing(&self, entries: BTreeMap<EntryId, Entry>) -> Self {
        Self { supposed: Some(Arc::new(entries)), ..self.clone() }
    }

    /// The log that the answers come from.
    pub(crate) fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    /// The last event that the answers know of.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read; so for all questions here.
    pub fn applied(&self) -> Result<u64, ReadError> {
        Ok(self.reader.get(&editing::CHECKPOINT, &())?.unwrap_or(0))
    }

    /// An entry with its heads.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn entry(&self, id: EntryId) -> Result<Option<Entry>, ReadError> {
        if let Some(entry) = self.supposed.as_ref().and_then(|supposed| supposed.get(&id)) {
            return Ok(Some(entry.clone()));
        }
        Ok(self.reader.get(&editing::ENTRIES, &id)?)
    }

    /// The entry with this external key.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn entry_by_key(
        &self,
        type_name: &TypeName,
        key: &ExternalKey,
    ) -> Result<Option<EntryId>, ReadError> {
        Ok(self.reader.get(&editing::KEYS, &(type_name.clone(), key.as_str().to_owned()))?)
    }

    /// At most `limit` entries of a type, in the order of their ids, after one of them.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn entries(
        &self,
        type_name: &TypeName,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<EntryId>, ReadError> {
        let after = after.map(|after| (type_name.clone(), after));
        let rows = self.reader.scan(&editing::BY_TYPE, type_name, after.as_ref()).take(limit);
        Ok(rows.map(|row| row.map(|((_, id), ())| id)).collect::<Result<_, _>>()?)
    }

    /// A saved revision's fields, read from the log by the event that saved it.
    ///
    /// # Errors
    /// As for all questions here, and when the log cannot be read.
    pub async fn fields(&self, saved: u64) -> Result<Fields, ReadError> {
        match self.event(saved).await?.and_then(|event| event.body) {
            Some(EventBody::RevisionSaved { fields, .. }) => Ok(fields),
            Some(_) | None => Ok(Fields::new()),
        }
    }

    /// An event of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn event(&self, number: u64) -> Result<Option<Event>, ReadError> {
        let Some(before) = number.checked_sub(1) else { return Ok(None) };
        Ok(self.log.events(before, 1).await?.pop().filter(|event| event.number == number))
    }

    /// The event that saved a revision.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn saved_by(
        &self,
        id: EntryId,
        part: &Part,
        revision: u32,
    ) -> Result<Option<u64>, ReadError> {
        Ok(self
            .reader
            .get(&editing::REVISIONS, &(id, part.clone(), revision))?
            .map(|row| row.event))
    }

    /// The saved revisions of a part, newest first, below `before`, at most `limit`.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn revisions(
        &self,
        id: EntryId,
        part: &Part,
        (before, limit): (Option<u32>, usize),
    ) -> Result<Vec<(u32, Revision)>, ReadError> {
        let Some(head) = self.entry(id)?.and_then(|mut entry| entry.heads.remove(part)) else {
            return Ok(Vec::new());
        };
        let newest = before.map_or(head.newest, |before| before.saturating_sub(1).min(head.newest));
        let mut found = Vec::new();
        for revision in (1..=newest).rev() {
            if found.len() >= limit {
                break;
            }
            let row = self.reader.get(&editing::REVISIONS, &(id, part.clone(), revision))?;
            found.extend(row.map(|row| (revision, row)));
        }
        Ok(found)
    }

    /// When something is to happen next, to which entry, in which locale.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn next_due(&self) -> Result<Option<(Timestamp, NextDue)>, ReadError> {
        let first = self.reader.scan(&editing::SCHEDULES, &(), None).next().transpose()?;
        let locale = first.map(|((at, entry, locale), ())| (at, NextDue::Locale(entry, locale)));
        let first = self.reader.scan(&editing::RELEASE_SCHEDULES, &(), None).next().transpose()?;
        let release = first.map(|((at, release), ())| (at, NextDue::Release(release)));
        Ok(locale.into_iter().chain(release).min_by_key(|(at, _)| *at))
    }

    /// What was to happen before an instant and has not happened: how much, at most `limit`, and since when.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn overdue(&self, before: Timestamp, limit: usize) -> Result<Overdue, ReadError> {
        let rows = self.reader.scan(&editing::SCHEDULES, &(), None);
        let mut instants = Vec::new();
        for row in rows.take(limit) {
            let ((at, ..), ()) = row?;
            instants.push(at);
        }
        for row in self.reader.scan(&editing::RELEASE_SCHEDULES, &(), None).take(limit) {
            let ((at, _), ()) = row?;
            instants.push(at);
        }
        instants.retain(|at| *at < before);
        let since = instants.iter().min().copied();
        Ok(Overdue { count: instants.len().min(limit), since })
    }

    /// A release.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn release(&self, id: ReleaseId) -> Result<Option<Release>, ReadError> {
        Ok(self.reader.get(&editing::RELEASES, &id)?)
    }

    /// At most `limit` releases after one of them, in the order in which they were begun.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn releases(
        &self,
        after: Option<ReleaseId>,
        limit: usize,
    ) -> Result<Vec<Release>, ReadError> {
        let rows = self.reader.scan(&editing::RELEASES, &(), after.as_ref()).take(limit);
        Ok(rows.map(|row| row.map(|(_, release)| release)).collect::<Result<_, _>>()?)
    }

    /// The revision that an import line became, if it was accepted before.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn accepted_line(
        &self,
        id: EntryId,
        part: &Part,
        digest: &str,
    ) -> Result<Option<u32>, ReadError> {
        Ok(self.reader.get(&editing::LINES, &(id, part.clone(), digest.to_owned()))?)
    }

    /// The source revision whose text has this digest.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn source_text(&self, id: EntryId, digest: &str) -> Result<Option<u32>, ReadError> {
        Ok(self.reader.get(&editing::SOURCE_TEXTS, &(id, digest.to_owned()))?)
    }

    /// Who uses an entry, in which part, and whether in drafts or live.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn used_by(&self, id: EntryId) -> Result<Vec<(EntryId, Part, Use)>, ReadError> {
        let rows = self.reader.scan(&editing::USED_BY, &id, None);
        let mut found: Vec<_> = rows
            .map(|row| row.map(|((_, user, part), kind)| (user, part, kind)))
            .collect::<Result<_, _>>()?;
        if let Some(supposed) = &self.supposed {
            found.retain(|(user, _, _)| !supposed.contains_key(user));
            for entry in supposed.values() {
                let uses = editing::uses_of(entry).into_iter();
                let of_it = uses.filter(|((target, _), _)| *target == id);
                found.extend(of_it.map(|((_, part), kind)| (entry.id, part, kind)));
            }
        }
        Ok(found)
    }

    /// A content type, with the last event of its stream. Parsed once for each version.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn content_type(
        &self,
        name: &TypeName,
    ) -> Result<Option<(Arc<ContentType>, u64)>, ReadError> {
        let Some(row) = self.reader.get(&editing::TYPES, name)? else { return Ok(None) };
        if let Some((kind, last)) =
            self.types.read().get(name).filter(|(_, last)| *last == row.last)
        {
            return Ok(Some((Arc::clone(kind), *last)));
        }
        let Some(kind) = parsed(&row).map(Arc::new) else { return Ok(None) };
        self.types.write().insert(name.clone(), (Arc::clone(&kind), row.last));
        Ok(Some((kind, row.last)))
    }

    /// The names of all content types.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn type_names(&self) -> Result<Vec<TypeName>, ReadError> {
        let rows = self.reader.scan(&editing::TYPES, &(), None);
        Ok(rows.map(|row| row.map(|(name, _)| name)).collect::<Result<_, _>>()?)
    }

    /// All content types.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn content_types(&self) -> Result<BTreeMap<TypeName, Arc<ContentType>>, ReadError> {
        let mut all = BTreeMap::new();
        for name in self.type_names()? {
            if let Some((kind, _)) = self.content_type(&name)? {
                all.insert(name, kind);
            }
        }
        Ok(all)
    }

    /// The site's configuration, once it is set up.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn site(&self) -> Result<Option<Site>, ReadError> {
        Ok(self.reader.get(&editing::SITE, &())?)
    }

    /// The site's locales; English alone before it is set up.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn locales(&self) -> Result<Locales, ReadError> {
        Ok(match self.site()? {
            Some(site) => Locales::new(site.default_locale, site.locales),
            None => Locales::new(Locale::english(), Vec::new()),
        })
    }

    /// The agency with this key.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn agency_by_key(&self, key: &ExternalKey) -> Result<Option<AgencyId>, ReadError> {
        Ok(self.reader.get(&editing::AGENCY_KEYS, &key.as_str().to_owned())?)
    }

    /// All agencies.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn agencies(&self) -> Result<BTreeMap<AgencyId, Agency>, ReadError> {
        Ok(self.reader.scan(&editing::AGENCIES, &(), None).collect::<Result<_, _>>()?)
    }

    /// An account.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn account(&self, id: AccountId) -> Result<Option<Account>, ReadError> {
        Ok(self.reader.get(&editing::ACCOUNTS, &id)?)
    }

    /// All accounts.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn accounts(&self) -> Result<BTreeMap<AccountId, Account>, ReadError> {
        Ok(self.reader.scan(&editing::ACCOUNTS, &(), None).collect::<Result<_, _>>()?)
    }

    /// An account with what it may do, if there is such an account and it isn't closed.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn actor(&self, account: AccountId) -> Result<Option<Actor>, ReadError> {
        let found = self.account(account)?.filter(|found| !found.disabled);
        Ok(found.map(|found| Actor { account, grants: found.grants }))
    }

    /// The first account that is an administrator's and not closed.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn administrator(&self) -> Result<Option<Actor>, ReadError> {
        for row in self.reader.scan(&editing::ACCOUNTS, &(), None) {
            let (account, found) = row?;
            let actor = Actor { account, grants: found.grants };
            if !found.disabled && actor.is_administrator() {
                return Ok(Some(actor));
            }
        }
        Ok(None)
    }

    /// Whether a key belonged to an entry that was erased.
    ///
    /// # Errors
    /// As for all questions here.
    pub fn is_erased(&self, type_name: &TypeName, key: &ExternalKey) -> Result<bool, ReadError> {
        Ok(self.reader.get(&editing::ERASED_KEYS, &editing::key_digest(type_name, key))?.is_some())
    }
}

fn parsed(row: &TypeRow) -> Option<ContentType> {
    ContentType::parse(&serde_json::from_str(&row.schema).ok()?).ok()
}
