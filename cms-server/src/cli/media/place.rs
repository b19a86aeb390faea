//! Where files are taken in: a store that this process has, or a running server.
//!
//! Both are asked the same questions; what is wrong comes back in words.

use std::collections::BTreeMap;

use anyhow::Context as _;
use cms_core::{
    Cms,
    access::Actor,
    asset,
    commands::{
        CommandError, publish::Publish, replace_asset::ReplaceAsset, save_draft::SaveDraft,
        upload_asset::UploadAsset,
    },
    entry::Status,
    event::{Fields, Part, Translates},
    id::{AgencyId, EntryId, ExternalKey, FieldName, TypeName},
    locale::Locale,
};
use serde_json::{Map, Value};

use super::super::{Failure, output, remote::Server};

mod server;

/// What is wrong, in words.
pub(super) type Wrong = Vec<String>;

/// Where files are taken in.
pub(super) enum Place {
    /// A store that this process has.
    Store(Box<Store>),
    /// A running server.
    Server(Server),
}

/// A store, and who acts in it.
pub(super) struct Store {
    pub(super) cms: Cms,
    pub(super) actor: Actor,
    /// Of which agency new assets are; the site's default without.
    pub(super) agency: Option<AgencyId>,
}

/// An asset that is to be made.
#[derive(Debug, Clone)]
pub(super) struct New {
    /// What the file is called.
    pub(super) name: String,
    /// The agency's key; the site's default without. A store has looked it up already.
    pub(super) agency: Option<String>,
    /// The language that it is described in first; the site's default without.
    pub(super) locale: Option<Locale>,
    /// The asset's key outside.
    pub(super) key: Option<ExternalKey>,
}

/// Where an entry stands.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// The language that it is described in first.
    pub(super) source: Part,
    /// Each part that there is.
    pub(super) parts: BTreeMap<Part, PartStanding>,
}

/// Where a part stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartStanding {
    /// Its newest revision.
    pub(super) revision: u32,
    /// Whether that is what readers get.
    pub(super) is_published: bool,
    /// Whether readers get any of it.
    pub(super) is_live: bool,
}

/// What is to be saved of a part: these fields, over those that are there.
#[derive(Debug, Clone)]
pub(super) struct Save {
    pub(super) part: Part,
    pub(super) fields: Map<String, Value>,
    /// The revision of the source that it is a translation of.
    pub(super) translates: Option<u32>,
}

impl Place {
    /// The asset that goes by a key.
    pub(super) async fn known(&self, key: &ExternalKey) -> Result<Option<EntryId>, Wrong> {
        match self {
            Self::Store(store) => {
                let type_name =
                    TypeName::parse(asset::TYPE).map_err(|error| vec![error.to_string()])?;
                let found = store.cms.editing().entry_by_key(&type_name, key);
                found.map_err(|error| vec![error.to_string()])
            }
            Self::Server(server) => server::known(server, key).await.map_err(complained),
        }
    }

    /// Makes an asset of a file; answers whether there was none of these bytes.
    pub(super) async fn make(&self, new: New, bytes: Vec<u8>) -> Result<(EntryId, bool), Wrong> {
        match self {
            Self::Store(store) => {
                let New { name, locale, key, .. } = new;
                let act = UploadAsset { name, agency: store.agency, source_locale: locale, key };
                let done = store.cms.upload_asset(&store.actor, act, bytes).await.map_err(told)?;
                Ok((done.entry, done.accepted.is_some()))
            }
            Self::Server(server) => server::make(server, &new, bytes).await.map_err(complained),
        }
    }

    /// Gives an asset a file; answers whether it had another.
    pub(super) async fn replace(
        &self,
        entry: EntryId,
        name: String,
        bytes: Vec<u8>,
    ) -> Result<bool, Wrong> {
        match self {
            Self::Store(store) => {
                let act = ReplaceAsset { entry, expected: None, name: Some(name) };
                let done = store.cms.replace_asset(&store.actor, act, bytes).await;
                Ok(done.map_err(told)?.1.is_some())
            }
            Self::Server(server) => {
                server::replace(server, entry, &name, bytes).await.map_err(complained)
            }
        }
    }

    /// Where an entry stands.
    pub(super) async fn standing(&self, id: EntryId) -> Result<Standing, Wrong> {
        match self {
            Self::Store(store) => {
                let found =
                    store.cms.editing().entry(id).map_err(|error| vec![error.to_string()])?;
                let entry = found.ok_or_else(|| vec!["the asset is gone".to_owned()])?;
                let parts = entry.heads.iter().map(|(part, head)| {
                    let standing = PartStanding {
                        revision: head.draft.revision,
                        is_published: head.status == Status::Published,
                        is_live: head.live.is_some(),
                    };
                    (part.clone(), standing)
                });
                let parts = parts.collect();
                Ok(Standing { source: Part::Locale(entry.source_locale), parts })
            }
            Self::Server(server) => server::standing(server, id).await.map_err(complained),
        }
    }

    /// The newest fields of a part that is there.
    pub(super) async fn fields(
        &self,
        id: EntryId,
        part: &Part,
    ) -> Result<Map<String, Value>, Wrong> {
        match self {
            Self::Store(store) => {
                let fields = fields_of(&store.cms, id, part).await.map_err(told)?;
                Ok(fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
            }
            Self::Server(server) => server::fields(server, id, part).await.map_err(complained),
        }
    }

    /// Saves a part that stands at this revision, 0 where there is none.
    pub(super) async fn save(&self, id: EntryId, revision: u32, save: Save) -> Result<(), Wrong> {
        match self {
            Self::Store(store) => {
                let Save { part, fields: said, translates } = save;
                let mut fields = fields_of(&store.cms, id, &part).await.map_err(told)?;
                for (name, value) in said {
                    let name = FieldName::parse(&name).map_err(|error| vec![error.to_string()])?;
                    fields.insert(name, value);
                }
                let translates = translates.map(Translates::Revision);
                let act = SaveDraft { translates, ..SaveDraft::new(id, part, fields) };
                store.cms.save_draft(&store.actor, act).await.map(drop).map_err(told)
            }
            Self::Server(server) => {
                server::save(server, id, revision, &save).await.map_err(complained)
            }
        }
    }

    /// Publishes the newest revision of a part.
    pub(super) async fn publish(&self, id: EntryId, part: Part) -> Result<(), Wrong> {
        match self {
            Self::Store(store) => {
                let done = store.cms.publish(&store.actor, Publish::new(id, part)).await;
                done.map(drop).map_err(told)
            }
            Self::Server(server) => server::publish(server, id, &part).await.map_err(complained),
        }
    }

    /// Waits until what was written is made ready, where that isn't a server's own business.
    pub(super) async fn settled(&self) -> bool {
        match self {
            Self::Store(store) => store.cms.settled().await,
            Self::Server(_) => true,
        }
    }
}

async fn fields_of(cms: &Cms, id: EntryId, part: &Part) -> Result<Fields, CommandError> {
    let entry = cms.editing().entry(id)?.ok_or(CommandError::NotFound("entry"))?;
    match entry.heads.get(part) {
        Some(head) => Ok(cms.editing().fields(head.draft.event).await?),
        None => Ok(Fields::new()),
    }
}

/// The agency of this key.
pub(super) fn agency_of(cms: &Cms, key: &str) -> Result<AgencyId, Failure> {
    let agencies = cms.editing().agencies().context("the store can't be read")?;
    let found = agencies.values().find(|agency| agency.key.as_str() == key);
    Ok(found.ok_or_else(|| Failure::No(format!("there is no agency {key}")))?.id)
}

/// What is wrong, in words.
fn told(error: CommandError) -> Wrong {
    if let CommandError::Invalid(violations) = &error {
        return violations.iter().map(output::said).collect();
    }
    vec![error.to_string()]
}

/// What a server says is wrong.
fn complained(failure: Failure) -> Wrong {
    match failure {
        Failure::No(told) => vec![told],
        Failure::Failed(error) => vec![format!("{error:#}")],
        Failure::Config(error) => vec![error.to_string()],
    }
}
