//! Events: the accepted changes that the log holds, and the streams and claims that they touch.
//!
//! An event is a fact about the past and is never edited. Its body carries all that followers need;
//! a saved revision carries the whole revision. New variants and new optional fields may be added;
//! nothing written is ever read differently.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    access::Grant,
    clock::Timestamp,
    id::{
        AccountId, AgencyId, CommentId, EntryId, ExternalKey, FieldName, OpId, ReleaseId, TypeName,
    },
    locale::Locale,
    segment::SegmentRecord,
    violation::Violation,
};

mod facts;

pub use self::facts::{
    ChangeClass, Due, ImportedPair, ReleaseItem, ReviewStep, SavedAt, Translates, Withdrawal,
};
pub use crate::locale::SiteLocale;

/// The values of an entry's fields, by name. Absent and null are the same: a saved revision has no nulls.
pub type Fields = BTreeMap<FieldName, Value>;

/// Which of an entry's two kinds of content: what all locales share, or one locale's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The fields that all locales share.
    Shared,
    /// The localized fields in this locale.
    Locale(Locale),
}

/// A sequence of events about one thing. A command names the streams that its decision rests on, with
/// the number of the last event that it has seen of each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// An entry in one locale, or its shared fields.
    Entry(EntryId, Part),
    /// The uses of an entry by others: touched by whoever starts or stops using it.
    Uses(EntryId),
    /// An agency.
    Agency(AgencyId),
    /// An account and its grants.
    Account(AccountId),
    /// A content type.
    Type(TypeName),
    /// The site: its locales and its default agency.
    Site,
    /// A release.
    Release(ReleaseId),
    /// What is said about an entry.
    Discussion(EntryId),
    /// The translations of elsewhere that an agency imported.
    Memory(AgencyId),
}

/// A name that only one thing may hold at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// A slug: unique among the entries of one type in one locale.
    Slug(TypeName, Locale, String),
    /// An external key: unique among the entries of one type.
    Key(TypeName, ExternalKey),
    /// An agency's key.
    AgencyKey(ExternalKey),
    /// An account's name for signing in.
    AccountName(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum EventBody {
    /// The site's locales and default agency were set, replacing what was.
    SiteConfigured {
        /// Where content without a better choice comes from.
        default_locale: Locale,
        /// All locales of the site.
        locales: Vec<SiteLocale>,
        /// Whose an entry is when nobody says.
        default_agency: AgencyId,
    },
    /// An agency was added or its names changed.
    AgencySaved {
        /// Which.
        agency: AgencyId,
        /// Its key outside.
        key: ExternalKey,
        /// Its own name, per locale.
        names: BTreeMap<Locale, String>,
    },
    /// A content type was added or changed.
    TypeSaved {
        /// Which.
        name: TypeName,
        /// Its JSON Schema file, whole.
        schema: Value,
    },
    /// An account was added.
    AccountCreated {
        /// Which.
        account: AccountId,
        /// Its name for signing in.
        name: String,
        /// Whether it may do everything, everywhere.
        administrator: bool,
    },
    /// What an account may do was set, replacing what was.
    GrantsSet {
        /// Which.
        account: AccountId,
        /// What it may do from now on.
        grants: Vec<Grant>,
    },
    /// An account got another name.
    AccountRenamed {
        /// Which.
        account: AccountId,
        /// Its name from now on.
        name: String,
    },
    /// An account was closed, or opened again: a closed one acts no more.
    AccountSwitched {
        /// Which.
        account: AccountId,
        /// Whether it is closed from now on.
        disabled: bool,
    },
    /// An account was erased: the bodies of its earlier events, which have its name, are gone from the log.
    /// Its id stays where it acted.
    AccountErased {
        /// Which.
        account: AccountId,
    },
    /// An entry was made, empty.
    EntryCreated {
        /// Which.
        entry: EntryId,
        /// Of what type.
        #[serde(rename = "type")]
        type_name: TypeName,
        /// Whose.
        agency: AgencyId,
        /// The language that it is written in.
        source_locale: Locale,
        /// Its key outside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<ExternalKey>,
    },
    /// An entry went from one agency to another, with all its parts.
    EntryMoved {
        /// Which.
        entry: EntryId,
        /// Whose it was.
        from: AgencyId,
        /// Whose it is from now on.
        to: AgencyId,
        /// What was said to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A revision was saved. It is the draft until it is published.
    RevisionSaved {
        /// Of which entry.
        entry: EntryId,
        /// Of its shared fields or of a locale.
        part: Part,
        /// Its number within the part: 1, 2, 3, …
        revision: u32,
        /// All fields of the part, whole.
        fields: Fields,
        /// The slug it is to be published under; the shared fields have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slug: Option<String>,
        /// The source that it is a translation of; the source locale and the shared fields have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        translates: Option<Translates>,
        /// What the change means for translations; for the source locale.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_class: Option<ChangeClass>,
        /// The entries that it refers to or embeds, sorted; without those that could not be found.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        uses: Vec<EntryId>,
        /// The digest of the import line that it came from (SHA-256, hexadecimal).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<String>,
        /// What the author says of it to colleagues.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Of a translation that was made segment by segment: what it keeps of each. Without any, all of it is of what
        /// it translates, paired by place.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        segments: Vec<SegmentRecord>,
    },
    /// A draft moved on in its review.
    Reviewed {
        /// Of which entry.
        entry: EntryId,
        /// Of its shared fields or of a locale.
        part: Part,
        /// Which revision was looked at.
        revision: u32,
        /// How it moved on.
        step: ReviewStep,
        /// What was said to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The newest revision was given up: the one that readers get, or last got, is the draft again.
    Discarded {
        /// Of which entry.
        entry: EntryId,
        /// Of its shared fields or of a locale.
        part: Part,
        /// The revision that was given up.
        revision: u32,
    },
    /// Something is to happen to a locale at a time. It happens by a command whose handle is the schedule's.
    Scheduled {
        /// Of which entry.
        entry: EntryId,
        /// In which locale.
        locale: Locale,
        /// The schedule.
        schedule: OpId,
        /// When.
        at: Timestamp,
        /// The time zone that the editor chose the time in, for showing it again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// What.
        due: Due,
    },
    /// Something that was to happen will not.
    Unscheduled {
        /// Of which entry.
        entry: EntryId,
        /// In which locale.
        locale: Locale,
        /// The schedule.
        schedule: OpId,
        /// What kept it from happening when its time had come; empty when an editor took it back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<Violation>,
    },
    /// Somebody said something about a part of an entry, to colleagues.
    CommentMade {
        /// The comment.
        comment: CommentId,
        /// About which entry.
        entry: EntryId,
        /// About which part; the shared fields stand for the entry as a whole.
        part: Part,
        /// About which segment of the part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        segment: Option<String>,
        /// What was said.
        text: String,
        /// The comment that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<CommentId>,
        /// Who is to see to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<AccountId>,
        /// By when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// Somebody else is to see to a comment, or nobody.
    CommentAssigned {
        /// Which.
        comment: CommentId,
        /// About which entry.
        entry: EntryId,
        /// Who is to see to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<AccountId>,
        /// By when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// A comment is seen to, or isn't after all.
    CommentResolved {
        /// Which.
        comment: CommentId,
        /// About which entry.
        entry: EntryId,
        /// Whether it is seen to.
        resolved: bool,
    },
    /// A release was begun, or what it holds changed.
    ReleaseSaved {
        /// Which.
        release: ReleaseId,
        /// What people call it.
        name: String,
        /// All that it does.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<ReleaseItem>,
    },
    /// A release is to happen at a time. It happens by a command whose handle is the schedule's.
    ReleaseScheduled {
        /// Which.
        release: ReleaseId,
        /// The schedule.
        schedule: OpId,
        /// When.
        at: Timestamp,
        /// The time zone that the editor chose the time in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// A part of an entry waits for a release that was scheduled by the same command.
    ItemScheduled {
        /// Of which entry.
        entry: EntryId,
        /// Which part.
        part: Part,
        /// For which release.
        release: ReleaseId,
        /// The schedule.
        schedule: OpId,
        /// When.
        at: Timestamp,
        /// The time zone that the editor chose the time in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// What is to happen to it.
        due: Due,
    },
    /// A release that was to happen will not, for now.
    ReleaseUnscheduled {
        /// Which.
        release: ReleaseId,
        /// The schedule.
        schedule: OpId,
        /// What kept it from happening when its time had come, with pointers into its items; empty when an
        /// editor took it back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<Violation>,
    },
    /// A part of an entry no longer waits for a release.
    ItemUnscheduled {
        /// Of which entry.
        entry: EntryId,
        /// Which part.
        part: Part,
        /// The schedule.
        schedule: OpId,
    },
    /// A release happened, by the events of the same command that follow.
    ReleasePublished {
        /// Which.
        release: ReleaseId,
    },
    /// A release was given up.
    ReleaseDiscarded {
        /// Which.
        release: ReleaseId,
    },
    /// Translations of elsewhere were taken into the memory.
    MemoryImported {
        /// Whose they are.
        agency: AgencyId,
        /// What they are called.
        name: String,
        /// What was translated.
        source: Locale,
        /// Into what.
        target: Locale,
        /// The pairs.
        pairs: Vec<ImportedPair>,
    },
    /// What was taken into the memory under a name was taken out of it, and out of the log.
    MemoryForgotten {
        /// Whose it was.
        agency: AgencyId,
        /// What it was called.
        name: String,
    },
    /// A revision became what readers get.
    Published {
        /// Of which entry.
        entry: EntryId,
        /// Of its shared fields or of a locale.
        part: Part,
        /// Which revision.
        revision: u32,
        /// The event that saved the revision.
        saved: SavedAt,
        /// What each embed token of the revision stands for.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        embeds: BTreeMap<String, EntryId>,
        /// The date to show, where it isn't the event's own: for content that was published elsewhere before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        published_at: Option<Timestamp>,
        /// What the change means for translations, of the source locale: the weightiest that was said of what
        /// changed since the publication before. Without it, what the revision says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_class: Option<ChangeClass>,
    },
    /// A locale of an entry is no longer published.
    Unpublished {
        /// Of which entry.
        entry: EntryId,
        /// In which locale.
        locale: Locale,
        /// How it answers from now on.
        withdrawal: Withdrawal,
        /// Whether it was wrong to have it at all: caches and partners should let go of it at once.
        #[serde(default, skip_serializing_if = "is_false")]
        recall: bool,
    },
    /// An entry was erased, in all its locales; the bodies of its earlier events are gone from the log.
    Erased {
        /// Which.
        entry: EntryId,
        /// Of what type it was.
        #[serde(rename = "type")]
        type_name: TypeName,
        /// SHA-256 of its type and external key, so that import and restore don't bring it back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_digest: Option<String>,
        /// The locales that readers ever had it in, for those who keep copies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        locales: Vec<Locale>,
    },
}

/// An event as the log gives it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the log: 1, 2, 3, …, without gaps.
    pub number: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// Who did it.
    pub actor: AccountId,
    /// The command that it belongs to; one command's events are next to each other.
    pub op: OpId,
    /// What it touches.
    pub streams: Vec<Stream>,
    /// What happened; `None` once erased.
    pub body: Option<EventBody>,
}
