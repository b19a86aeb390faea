//! What answers readers: built on the delivery room of the view alone, so that no parameter can name a
//! draft.

use std::{fmt, sync::Arc};

use parking_lot::RwLock;
use quick_cache::{Weighter, sync::Cache};

use super::{
    answer::Answer, directory::Directories, picture::Offer, search::SynonymView, site::SiteView,
};
use crate::{
    followers::ReadError,
    followers::delivery::{
        generations::{Generations, Source, Stamp},
        live::LiveEntry,
        pieces::{self, Pieces},
        tables,
    },
    id::{EntryId, TypeName},
    locale::Locale,
    redirect::Redirects,
    search::Index,
    store::{
        Log,
        view::{Reader, ViewError},
    },
};

/// How much memory the caches may take, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Caches {
    /// Entries' locales and titles, what can be embedded of them, and items of lists.
    pub entries: u64,
}

impl Default for Caches {
    fn default() -> Self {
        Self { entries: 18 << 20 }
    }
}

/// What an operator says of answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) caches: Caches,
    /// Groups of words that mean the same.
    pub(crate) synonym_groups: Vec<(Locale, Vec<String>)>,
    /// How assets are offered.
    pub(crate) offer: Offer,
}

/// Answers readers' questions.
#[derive(Clone)]
pub struct Delivery(Arc<Parts>);

pub(super) struct Parts {
    reader: Reader<tables::Delivery>,
    generations: Arc<Generations>,
    pub(super) index: Arc<Index>,
    pub(super) log: Arc<dyn Log>,
    site: RwLock<Option<Arc<SiteView>>>,
    entries: Cache<EntryId, (Stamp, Arc<LiveEntry>), Weight>,
    pub(super) items: Cache<(EntryId, Locale), Arc<Item>, Weight>,
    pieces: Cache<(EntryId, Locale), (Stamp, Arc<Pieces>), Weight>,
    pub(super) redirects: RwLock<Option<Arc<KeptRedirects>>>,
    pub(super) directories: Directories,
    pub(super) services: super::services::Kept,
    pub(super) synonyms: RwLock<Option<SynonymView>>,
    /// What an operator says means the same.
    pub(super) synonym_groups: Vec<(Locale, Vec<String>)>,
    /// How assets are offered.
    pub(super) offer: Offer,
}

/// The redirects, and what they were read from.
#[derive(Debug)]
pub(super) struct KeptRedirects {
    pub(super) stamp: Stamp,
    pub(super) redirects: Redirects,
}

/// How many entries are published, by locale and type.
pub type Counts = Vec<((Locale, TypeName), u64)>;

/// An item of a list, but for what depends on the question.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) body: Vec<u8>,
    pub(super) seen: Vec<EntryId>,
    pub(super) stamp: Stamp,
}

#[derive(Debug, Clone)]
pub(super) struct Weight;

impl Weighter<EntryId, (Stamp, Arc<LiveEntry>)> for Weight {
    fn weight(&self, _: &EntryId, (_, entry): &(Stamp, Arc<LiveEntry>)) -> u64 {
        u64::try_from(400 + 250 * entry.locales.len()).unwrap_or(u64::MAX)
    }
}

impl Weighter<(EntryId, Locale), Arc<Item>> for Weight {
    fn weight(&self, _: &(EntryId, Locale), item: &Arc<Item>) -> u64 {
        u64::try_from(item.body.len() + 200).unwrap_or(u64::MAX)
    }
}

impl Weighter<(EntryId, Locale), (Stamp, Arc<Pieces>)> for Weight {
    fn weight(&self, _: &(EntryId, Locale), (_, pieces): &(Stamp, Arc<Pieces>)) -> u64 {
        u64::try_from(200 + pieces.weight()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").finish_non_exhaustive()
    }
}

impl Delivery {
    pub(crate) fn new(
        reader: Reader<tables::Delivery>,
        generations: Arc<Generations>,
        index: Arc<Index>,
        log: Arc<dyn Log>,
        Settings { caches, synonym_groups, offer }: Settings,
    ) -> Self {
        let items = |bytes: u64| usize::try_from(bytes / 1_000).unwrap_or(usize::MAX);
        let share = caches.entries / 3;
        Self(Arc::new(Parts {
            reader,
            generations,
            index,
            log,
            site: RwLock::new(None),
            redirects: RwLock::new(None),
            directories: Directories::default(),
            services: super::services::Kept::default(),
            entries: Cache::with_weighter(items(share), share, Weight),
            items: Cache::with_weighter(items(share), share, Weight),
            pieces: Cache::with_weighter(items(share), share, Weight),
            synonyms: RwLock::new(None),
            synonym_groups,
            offer,
        }))
    }

    /// The same, of tables as they would be. It keeps next to nothing in memory, and what this one keeps is not its
    /// own.
    pub(crate) fn supposing(&self, reader: Reader<tables::Delivery>) -> Self {
        let (generations, index) = (Arc::default(), Arc::clone(&self.0.index));
        let nothing = Settings {
            caches: Caches { entries: 0 },
            synonym_groups: Vec::new(),
            offer: self.0.offer.clone(),
        };
        Self::new(reader, generations, index, Arc::clone(&self.0.log), nothing)
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0
    }

    pub(super) fn reader(&self) -> &Reader<tables::Delivery> {
        &self.0.reader
    }

    pub(super) fn generations(&self) -> &Generations {
        &self.0.generations
    }

    /// The site as it is now.
    ///
    /// # Errors
    /// [`ReadError::View`] when the view cannot be read.
    pub fn site(&self) -> Result<Arc<SiteView>, ReadError> {
        if let Some(site) =
            self.0.site.read().as_ref().filter(|site| self.0.generations.is_current(&site.stamp))
        {
            return Ok(Arc::clone(site));
        }
        let mut stamp = Stamp::default();
        self.0.generations.stamp(Source::Site, &mut stamp);
        let site = Arc::new(SiteView::load(&self.0.reader, stamp)?);
        *self.0.site.write() = Some(Arc::clone(&site));
        Ok(site)
    }

    /// How many entries are published, by locale and type.
    ///
    /// # Errors
    /// [`ReadError::View`] when the view cannot be read.
    pub fn counts(&self) -> Result<Counts, ReadError> {
        Ok(self.0.reader.scan(&tables::COUNTS, &(), None).collect::<Result<_, _>>()?)
    }

    /// Whether readers get an entry of this type with this id, in any locale.
    ///
    /// # Errors
    /// [`ReadError`] when the view cannot be read.
    pub fn is_published(&self, id: EntryId, type_name: &TypeName) -> Result<bool, ReadError> {
        let entry = self.live(id)?.filter(|entry| entry.type_name == *type_name);
        Ok(entry.is_some_and(|entry| entry.published().next().is_some()))
    }

    /// An entry's locales and titles, from the cache where that is current.
    pub(super) fn live(&self, id: EntryId) -> Result<Option<Arc<LiveEntry>>, ViewError> {
        if let Some((stamp, entry)) = self.0.entries.get(&id)
            && self.0.generations.is_current(&stamp)
        {
            return Ok(Some(entry));
        }
        let mut stamp = Stamp::default();
        self.0.generations.stamp(Source::Entry(id), &mut stamp);
        let Some(entry) = self.0.reader.get(&tables::ENTRIES, &id)? else { return Ok(None) };
        let entry = Arc::new(entry);
        self.0.entries.insert(id, (stamp, Arc::clone(&entry)));
        Ok(Some(entry))
    }

    /// What can be embedded of an entry in a locale that it is published in, its link included; from the cache
    /// where that is current.
    pub(super) fn pieces(&self, id: EntryId, locale: &Locale) -> Result<Arc<Pieces>, ViewError> {
        let key = (id, locale.clone());
        if let Some((stamp, pieces)) = self.0.pieces.get(&key)
            && self.0.generations.is_current(&stamp)
        {
            return Ok(pieces);
        }
        let mut stamp = Stamp::default();
        self.0.generations.stamp(Source::Entry(id), &mut stamp);
        let mut pieces = self.0.reader.get(&tables::PIECES, &key)?.unwrap_or_default();
        if let Some(entry) = self.live(id)?
            && let Some(live) = entry.published_in(locale)
        {
            let link = || pieces::link(id, &entry.type_name, locale, live);
            pieces.0.entry(String::new()).or_insert_with(link);
        }
        let pieces = Arc::new(pieces);
        self.0.pieces.insert(key, (stamp, Arc::clone(&pieces)));
        Ok(pieces)
    }

    /// Whether nothing that an answer was made from has changed since: so that whoever keeps answers
    /// knows which are still good. Costs a few loads from memory.
    pub fn is_current(&self, answer: &Answer) -> bool {
        self.0.generations.is_current(&answer.stamp)
    }
}
