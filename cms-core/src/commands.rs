//! Acts: one file each. An act checks its actor, finds all that is wrong at once, and makes one append.

use std::sync::Arc;

use crate::{
    access::{self, Act, Actor, Scope},
    clock::Clock,
    content_type::ContentType,
    entry::{Entry, Head},
    event::{Claim, Due, Part, Stream},
    followers::{ReadError, editing::reader::Editing},
    id::{AccountId, EntryId, OpId, TypeName},
    store::{Append, AppendError, Appended, ClaimChange, Log, NewEvent},
    violation::Violation,
};

use self::vault::Vault;

pub mod apply_due;
pub mod approve;
pub mod assign_comment;
pub mod begin_release;
pub mod change_release;
pub mod check_links;
pub mod checkpoint_keys;
pub mod choose_password;
pub mod comment;
pub mod configure_locale;
pub mod configure_site;
pub mod create_entry;
pub mod discard;
pub mod discard_release;
pub mod doors;
pub mod duplicate_entry;
pub mod enrol_device;
pub mod erase;
pub mod erase_account;
pub mod forget_memory;
pub mod import;
pub mod import_glossary;
pub mod import_memory;
pub mod invite;
pub mod issue_partner_key;
pub mod issue_preview;
pub mod issue_token;
pub mod move_entry;
pub mod publish;
pub mod publish_release;
pub mod rename_account;
pub mod replace_asset;
pub mod report_page;
pub mod request_changes;
pub mod resolve_comment;
pub mod resolve_report;
pub mod revoke_preview;
pub mod revoke_token;
pub mod roll_back;
pub mod save_account;
pub mod save_agency;
pub mod save_draft;
pub mod save_segments;
pub mod save_type;
pub mod schedule;
pub mod schedule_release;
pub mod set_up;
pub mod sign_in;
pub mod sign_in_by_provider;
pub mod sign_out;
pub mod submit;
pub mod switch_account;
pub mod unlink_account;
pub mod unpublish;
pub mod unschedule;
pub mod unschedule_release;
pub mod upload_asset;
pub mod vault;

mod chains;
mod embeds;
mod pictures;
mod redirects;
mod release;
mod review;
mod slugs;
mod uses;

/// What acts are made with.
#[derive(Debug, Clone)]
pub struct Means {
    /// Where accepted acts go.
    pub log: Arc<dyn Log>,
    /// What is known of the content.
    pub editing: Editing,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The bytes of assets.
    pub vault: Arc<Vault>,
}

/// An accepted act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its last event.
    pub event: u64,
    /// The revision that it saved or published; 0 for acts on other things.
    pub revision: u32,
}

/// Why an act was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The actor may not do this, here. To those who may not read it either, it looks as if it weren't there.
    #[error("the actor may not do this")]
    Forbidden,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// These rules are broken, all of them.
    #[error("{} rules are broken", .0.len())]
    Invalid(Vec<Violation>),
    /// Items of a release break rules: each with its place among the items, and all that is wrong with it.
    #[error("{} items break rules", .0.len())]
    InvalidItems(Vec<ItemFault>),
    /// Somebody else has saved since.
    #[error("revision {current} was saved since")]
    Stale {
        /// The newest revision.
        current: u32,
    },
    /// The entry is shown by others: those that the actor may see are named.
    #[error("{} others show it", .0.len())]
    InUse(Vec<(EntryId, Part)>),
    /// What it rests on changed while it was being decided: try again.
    #[error("something it rests on has changed: {0:?}")]
    Conflict(Stream),
    /// Somebody else has the name.
    #[error("the name is taken: {0:?}")]
    Taken(Claim),
    /// It may have been accepted.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// Nothing can be accepted for now.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What is known cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What is wrong with an item of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFault {
    /// Its place among the items, from 0.
    pub at: usize,
    /// The entry that it is about.
    pub entry: EntryId,
    /// The part of it.
    pub part: Part,
    /// All that is wrong, with pointers into the part.
    pub violations: Vec<Violation>,
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict { stream, .. } => Self::Conflict(stream),
            AppendError::Taken { claim, .. } => Self::Taken(claim),
            AppendError::Unknown(reason) => Self::Unknown(reason),
            AppendError::Unavailable(reason) | AppendError::Malformed(reason) => {
                Self::Unavailable(reason)
            }
        }
    }
}

/// What an act decided, before it is appended.
#[derive(Debug, Default)]
pub struct Decision {
    /// What it rests on.
    pub expectations: Vec<(Stream, u64)>,
    /// Names that it takes or releases.
    pub claims: Vec<ClaimChange>,
    /// What happens.
    pub events: Vec<NewEvent>,
    /// Earlier events whose bodies go.
    pub erase: Vec<u64>,
}

impl Decision {
    /// Adds another act's decision, to be appended as one.
    pub(crate) fn merge(&mut self, other: Self) {
        for (stream, last) in other.expectations {
            if !self.expectations.iter().any(|(known, _)| *known == stream) {
                self.expectations.push((stream, last));
            }
        }
        self.claims.extend(other.claims);
        self.events.extend(other.events);
        self.erase.extend(other.erase);
    }

    /// Whether an event of it touches a stream.
    pub(crate) fn writes_to(&self, stream: &Stream) -> bool {
        self.events.iter().any(|event| event.streams.contains(stream))
    }
}

impl Means {
    /// Makes the append.
    pub(crate) async fn append(
        &self,
        actor: &Actor,
        decision: Decision,
    ) -> Result<Appended, CommandError> {
        self.append_as(OpId::generate(self.clock.now()), actor.account, decision).await
    }

    /// Makes the append under a handle: once, however often it is tried.
    pub(crate) async fn append_as(
        &self,
        op: OpId,
        actor: AccountId,
        decision: Decision,
    ) -> Result<Appended, CommandError> {
        let append = Append {
            op,
            actor,
            at: self.clock.now(),
            expectations: decision.expectations,
            claims: decision.claims,
            events: decision.events,
            erase: decision.erase,
        };
        Ok(self.log.append(append).await?)
    }

    /// The last event of a stream, as the log has it.
    pub(crate) async fn last_of(&self, stream: &Stream) -> Result<u64, CommandError> {
        Ok(self.log.last_of(stream).await.map_err(ReadError::from)?)
    }

    /// An entry and its type, for an actor who may do this to it.
    pub(crate) fn entry(
        &self,
        actor: &Actor,
        act: Act,
        id: EntryId,
        part: &Part,
    ) -> Result<(Entry, Arc<ContentType>, u64), CommandError> {
        let entry = self.editing.entry(id)?.ok_or(CommandError::NotFound("entry"))?;
        let locale = match part {
            Part::Locale(locale) => Some(locale),
            Part::Shared => None,
        };
        let scope = Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale };
        Self::check(actor, act, &scope)?;
        let (content_type, last) = self.content_type(&entry.type_name)?;
        Ok((entry, content_type, last))
    }

    pub(crate) fn content_type(
        &self,
        name: &TypeName,
    ) -> Result<(Arc<ContentType>, u64), CommandError> {
        self.editing.content_type(name)?.ok_or(CommandError::NotFound("type"))
    }

    /// Refuses an actor who may not. One who may not even read learns nothing of what is there.
    pub(crate) fn check(actor: &Actor, act: Act, scope: &Scope<'_>) -> Result<(), CommandError> {
        if access::allows(actor, act, scope) {
            Ok(())
        } else if access::allows(actor, Act::Read, scope) {
            Err(CommandError::Forbidden)
        } else {
            Err(CommandError::NotFound("entry"))
        }
    }

    pub(crate) fn check_administrator(actor: &Actor) -> Result<(), CommandError> {
        if access::allows(actor, Act::Administer, &Scope::default()) {
            Ok(())
        } else {
            Err(CommandError::Forbidden)
        }
    }
}

/// All violations, or nothing wrong.
pub(crate) fn none_of(violations: Vec<Violation>) -> Result<(), CommandError> {
    if violations.is_empty() { Ok(()) } else { Err(CommandError::Invalid(violations)) }
}

/// The longest note to colleagues, in characters.
const NOTE: usize = 2_000;

/// What is wrong with a note.
pub(crate) fn check_note(note: &str) -> Option<Violation> {
    let length = note.chars().count();
    let is_good = (1..=NOTE).contains(&length);
    (!is_good).then(|| Violation::new("/note", "text_length").with("min", 1).with("max", NOTE))
}

/// What keeps a draft from being changed while it waits for its time.
pub(crate) fn scheduled(head: &Head) -> Option<Violation> {
    let waits = head.schedules.iter().find(|schedule| matches!(schedule.due, Due::Publish(_)));
    waits.map(|schedule| Violation::new("", "is_scheduled").with("at", schedule.at))
}
