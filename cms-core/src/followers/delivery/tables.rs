//! The tables of the delivery follower: all that readers can ever get.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{form::Form, live::LiveEntry, pieces::Pieces};
use crate::{
    asset::{Shared, Texts},
    clock::Timestamp,
    event::{Part, SiteLocale},
    id::{AgencyId, EntryId, ExternalKey, TypeName},
    locale::Locale,
    store::view::Table,
    translation::Ageing,
};

/// The room of what readers get. Nothing that isn't published is ever in it.
#[derive(Debug, Clone, Copy)]
pub enum Delivery {}

/// The last event that was applied.
pub const CHECKPOINT: Table<Delivery, (), u64> = Table::new(0x41, "delivery.checkpoint");
/// Entries that are or were published, with their locales.
pub const ENTRIES: Table<Delivery, EntryId, LiveEntry> = Table::new(0x42, "delivery.entries");
/// Forms, made ready at publication: the shared fields' and each locale's, without their long fields.
pub const FORMS: Table<Delivery, (EntryId, Part), Form> = Table::new(0x43, "delivery.forms");
/// Who has, or last had, a slug.
pub const SLUGS: Table<Delivery, (TypeName, String, Locale), SlugRow> =
    Table::new(0x44, "delivery.slugs");
/// Entries by type and external key.
pub const KEYS: Table<Delivery, (TypeName, String), EntryId> = Table::new(0x45, "delivery.keys");
/// Who shows an entry: the target, the user, the user's part.
pub const USED_BY: Table<Delivery, (EntryId, EntryId, Part), ()> =
    Table::new(0x46, "delivery.used_by");
/// What each event changed for readers.
pub const CHANGES: Table<Delivery, u64, Change> = Table::new(0x47, "delivery.changes");
/// How many entries of a type are published in a locale.
pub const COUNTS: Table<Delivery, (Locale, TypeName), u64> = Table::new(0x48, "delivery.counts");
/// What was taken away, by locale, newest first (the key holds the instant's distance from the far future).
pub const TOMBSTONES: Table<Delivery, (Locale, u64, EntryId), Tombstone> =
    Table::new(0x49, "delivery.tombstones");
/// Content types: their schema files, as JSON text.
pub const TYPES: Table<Delivery, TypeName, String> = Table::new(0x4a, "delivery.types");
/// Agencies.
pub const AGENCIES: Table<Delivery, AgencyId, Agency> = Table::new(0x4b, "delivery.agencies");
/// The site.
pub const SITE: Table<Delivery, (), Site> = Table::new(0x4c, "delivery.site");
/// Entries of a type that have something published.
pub const BY_TYPE: Table<Delivery, (TypeName, EntryId), ()> = Table::new(0x4d, "delivery.by_type");

/// What can be embedded of an entry, of those types that give more than a link.
pub const PIECES: Table<Delivery, (EntryId, Locale), Pieces> = Table::new(0x4e, "delivery.pieces");

/// The long fields of forms, which lists leave out.
pub const LONG_FIELDS: Table<Delivery, (EntryId, Part), Form> =
    Table::new(0x50, "delivery.long_fields");

/// Who embeds an entry and can itself be embedded: the ways on which a change goes further.
pub const ONWARD: Table<Delivery, (EntryId, EntryId), ()> = Table::new(0x4f, "delivery.onward");

/// What was recalled and has not come back.
pub const RECALLS: Table<Delivery, (EntryId, Locale), Recalled> =
    Table::new(0x51, "delivery.recalls");

/// The segments of a published translation that are not current.
pub const AGEING: Table<Delivery, (EntryId, Locale), Ageing> = Table::new(0x58, "delivery.ageing");

/// Assets that are published in some locale: what the forms of others show of them.
pub const ASSETS: Table<Delivery, EntryId, LiveAsset> = Table::new(0x59, "delivery.assets");

/// The bytes that readers may have, or had, by their digest: the assets that they are of, and whether they are what is
/// published of it now.
pub const MEDIA: Table<Delivery, (String, EntryId), bool> = Table::new(0x5a, "delivery.media");

/// The digests of all bytes that readers may have of an asset, or had.
pub const SHOWN_BYTES: Table<Delivery, (EntryId, String), ()> =
    Table::new(0x5b, "delivery.shown_bytes");

/// An asset as readers get it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveAsset {
    /// What is the same in all languages.
    pub shared: Shared,
    /// The words about it, by the locales that it is published in.
    pub texts: BTreeMap<Locale, Texts>,
}

/// A page that caches and partners should let go of at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// Of what type it was.
    pub type_name: TypeName,
    /// The slug that it had.
    pub slug: String,
    /// When it was recalled.
    pub at: Timestamp,
    /// By which event.
    pub event: u64,
    /// Why, for readers.
    pub notice: Option<String>,
}

/// Who has a slug in a locale.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlugRow {
    /// The entry that answers to it now, also when it was withdrawn.
    pub live: Option<EntryId>,
    /// The entry that last gave it up for another.
    pub former: Option<EntryId>,
}

/// What an event did to what readers get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOp {
    /// It is there for the first time, or again.
    Published,
    /// It is another than before.
    Changed,
    /// It was withdrawn: its title and notice stay.
    Withdrawn,
    /// It is gone.
    Gone,
    /// It is as if it had never been.
    Erased,
}

/// A change, as far as it is the entry's own; the pages that show the entry follow from [`USED_BY`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What happened.
    pub op: ChangeOp,
    /// To which entry.
    pub entry: EntryId,
    /// Of what type.
    pub type_name: TypeName,
    /// In which locale; none for all that it is published in.
    pub locale: Option<Locale>,
    /// When.
    pub at: Timestamp,
}

/// What is left of something that was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Of what type it was.
    pub type_name: TypeName,
    /// When.
    pub at: Timestamp,
}

/// An agency as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Its key outside.
    pub key: ExternalKey,
    /// Its own name, per locale.
    pub names: BTreeMap<Locale, String>,
}

/// The site as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Where content without a better choice comes from.
    pub default_locale: Locale,
    /// All locales.
    pub locales: Vec<SiteLocale>,
    /// Whose an entry is when nobody says.
    pub default_agency: AgencyId,
}
