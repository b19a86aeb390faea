//! Makes an asset of a file that was taken in: what it gave is the asset's first draft.

use std::collections::BTreeMap;

use super::{
    Accepted, CommandError, Means, create_entry::CreateEntry, save_draft::SaveDraft, vault::named,
};
use crate::{
    access::{Act, Actor},
    asset::{self, Facts},
    entry::Entry,
    event::{Fields, Part},
    id::{AgencyId, EntryId, ExternalKey, FieldName, TypeName},
    locale::Locale,
    media::Taken,
};

/// An asset to make of a file.
#[derive(Debug, Clone, Default)]
pub struct UploadAsset {
    /// What the file was called.
    pub name: String,
    /// Whose the asset is; the site's default agency's where nobody says.
    pub agency: Option<AgencyId>,
    /// The language that it is described in first; the site's default where nobody says.
    pub source_locale: Option<Locale>,
    /// Its key outside.
    pub key: Option<ExternalKey>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The asset.
    pub entry: EntryId,
    /// What the file gave.
    pub facts: Facts,
    /// The event that made it; `None` where there was an asset with the same bytes, and this is it.
    pub accepted: Option<Accepted>,
}

impl Means {
    /// Refuses who may not make this asset, before anybody looks at the file.
    ///
    /// # Errors
    /// [`CommandError`]
    pub fn may_upload(&self, actor: &Actor, act: &UploadAsset) -> Result<(), CommandError> {
        self.decide_create(actor, &self.creation(act)?).map(drop)
    }

    /// Makes an asset, or finds the one that has the same bytes: of the same agency, for an actor who may read it. The
    /// bytes are kept already.
    ///
    /// # Errors
    /// [`CommandError`]
    pub async fn upload_asset(
        &self,
        actor: &Actor,
        act: UploadAsset,
        taken: &Taken,
    ) -> Result<Uploaded, CommandError> {
        let create = self.creation(&act)?;
        let facts = named(taken, &act.name);
        if act.key.is_none()
            && let Some(entry) = self.same(actor, &facts, create.agency).await?
        {
            return Ok(Uploaded { entry, facts, accepted: None });
        }
        let (entry, accepted) = self.make_asset(actor, &create, &facts).await?;
        Ok(Uploaded { entry, facts, accepted: Some(accepted) })
    }

    fn creation(&self, act: &UploadAsset) -> Result<CreateEntry, CommandError> {
        let site = self.editing.site()?.ok_or(CommandError::NotFound("site"))?;
        Ok(CreateEntry {
            type_name: TypeName::parse(asset::TYPE).map_err(|_| CommandError::NotFound("type"))?,
            agency: Some(act.agency.unwrap_or(site.default_agency)),
            source_locale: act.source_locale.clone().unwrap_or(site.default_locale),
            key: act.key.clone(),
        })
    }

    /// The asset of an agency whose draft has these bytes.
    async fn same(
        &self,
        actor: &Actor,
        facts: &Facts,
        agency: Option<AgencyId>,
    ) -> Result<Option<EntryId>, CommandError> {
        for id in self.editing.assets_with(&facts.digest)? {
            let Ok((entry, ..)) = self.entry(actor, Act::Read, id, &Part::Shared) else { continue };
            let head = entry.heads.get(&Part::Shared).filter(|_| Some(entry.agency) == agency);
            let Some(head) = head else { continue };
            let drafted = asset::Shared::of(&self.editing.fields(head.draft.event).await?);
            if drafted.is_some_and(|shared| shared.facts.digest == facts.digest) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    async fn make_asset(
        &self,
        actor: &Actor,
        create: &CreateEntry,
        facts: &Facts,
    ) -> Result<(EntryId, Accepted), CommandError> {
        let (id, mut decision) = self.decide_create(actor, create)?;
        let (content_type, _) = self.content_type(&create.type_name)?;
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
        let title = FieldName::parse("title").map_err(|_| CommandError::NotFound("field"))?;
        let titled = Fields::from([(title, asset::title_of(&facts.name).into())]);
        let parts =
            [(Part::Shared, facts.fields()), (Part::Locale(create.source_locale.clone()), titled)];
        for (part, fields) in parts {
            let save = SaveDraft::new(id, part, fields);
            decision.merge(self.decide_save(&entry, &content_type, save).await?.1);
        }
        let appended = self.append(actor, decision).await?;
        Ok((id, Accepted { event: appended.last, revision: 1 }))
    }
}
