//! Exports: the content as import lines, one per head, the same bytes for the same content.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Editing, ReadError};
use crate::{
    content_type::ContentType,
    entry::{Entry, Head, Saved},
    event::{Fields, Part, Translates},
    followers::editing::source_digest,
    id::{EntryId, TypeName},
    locale::Locale,
};

/// How many entries of a type are listed together.
const STEP: usize = 1_000;

/// A line of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportLine {
    /// The type of its entry: lines of a type follow each other.
    pub type_name: TypeName,
    /// The line, without its end.
    pub text: String,
}

impl Editing {
    /// Gives every head to `write`, by type, key and locale, the source of an entry before its
    /// translations. Drafts that are newer than what readers get, or that readers never got, come along
    /// only where they are asked for.
    ///
    /// # Errors
    /// [`ReadError`], or what `write` answers.
    pub async fn export<E: From<ReadError>>(
        &self,
        drafts: bool,
        write: &mut (dyn FnMut(ExportLine) -> Result<(), E> + Send),
    ) -> Result<(), E> {
        let agencies = self.agencies()?;
        let default_agency = self.site()?.map(|site| site.default_agency);
        for (type_name, content_type) in self.content_types()? {
            for (key, id) in self.by_key(&type_name)? {
                let Some(entry) = self.entry(id)? else { continue };
                let agency =
                    agencies.get(&entry.agency).filter(|agency| Some(agency.id) != default_agency);
                let agency = agency.map(|agency| agency.key.as_str().to_owned());
                for text in self.lines_of(&entry, &content_type, (key, agency), drafts).await? {
                    write(ExportLine { type_name: type_name.clone(), text })?;
                }
            }
        }
        Ok(())
    }

    /// The entries of a type in the order of the keys that they go by.
    fn by_key(&self, type_name: &TypeName) -> Result<BTreeMap<String, EntryId>, ReadError> {
        let mut found = BTreeMap::new();
        let mut after = None;
        loop {
            let ids = self.entries(type_name, after, STEP)?;
            let Some(last) = ids.last() else { return Ok(found) };
            after = Some(*last);
            for id in ids {
                found.extend(self.entry(id)?.map(|entry| (key_of(&entry), id)));
            }
        }
    }

    async fn lines_of(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        (key, agency): (String, Option<String>),
        drafts: bool,
    ) -> Result<Vec<String>, ReadError> {
        let mut lines = Vec::new();
        let mut shared_told = false;
        let source = Part::Locale(entry.source_locale.clone());
        let translations =
            entry.heads.keys().filter(|part| **part != Part::Shared && **part != source);
        for part in std::iter::once(&source).chain(translations) {
            let (Part::Locale(locale), Some(head)) = (part, entry.heads.get(part)) else {
                continue;
            };
            for (saved, is_published) in versions(head, drafts) {
                let mut line = Map::new();
                line.insert("type".to_owned(), json!(entry.type_name));
                line.insert("key".to_owned(), json!(key));
                line.insert("source_locale".to_owned(), json!(entry.source_locale));
                line.insert("locale".to_owned(), json!(locale));
                line.insert(
                    "status".to_owned(),
                    json!(if is_published { "published" } else { "draft" }),
                );
                line.insert("slug".to_owned(), json!(saved.slug));
                line.extend(agency.iter().map(|agency| ("agency".to_owned(), json!(agency))));
                // Once with what readers get, be it with a translation, and with the source's draft.
                if is_published && !shared_told || !is_published && *part == source {
                    shared_told |= is_published;
                    let shared = self.shared(entry, content_type, is_published).await?;
                    line.extend(shared.map(|shared| ("shared".to_owned(), json!(shared))));
                }
                let fields = self.exported(content_type, self.fields(saved.event).await?)?;
                line.insert("fields".to_owned(), json!(fields));
                if let Some(digest) = self.translated(entry, content_type, locale, saved).await? {
                    line.insert("translates".to_owned(), json!(digest));
                }
                if let Some(live) = head.live.as_ref().filter(|_| is_published) {
                    line.insert("updated_at".to_owned(), json!(live.published_at));
                }
                lines.push(Value::Object(line).to_string());
            }
        }
        Ok(lines)
    }

    async fn shared(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        is_published: bool,
    ) -> Result<Option<Fields>, ReadError> {
        let Some(head) = entry.heads.get(&Part::Shared) else { return Ok(None) };
        let saved =
            if is_published { head.published().map(|live| &live.saved) } else { Some(&head.draft) };
        let Some(saved) = saved else { return Ok(None) };
        Ok(Some(self.exported(content_type, self.fields(saved.event).await?)?))
    }

    /// The digest of the source that a translation was made from, as an import knows it: of the fields
    /// as they are exported.
    async fn translated(
        &self,
        entry: &Entry,
        content_type: &ContentType,
        locale: &Locale,
        saved: &Saved,
    ) -> Result<Option<String>, ReadError> {
        if *locale == entry.source_locale {
            return Ok(None);
        }
        match &saved.translates {
            None => Ok(None),
            Some(Translates::Unknown(digest)) => Ok(Some(digest.clone())),
            Some(Translates::Revision(revision)) => {
                let part = Part::Locale(entry.source_locale.clone());
                let Some(event) = self.saved_by(entry.id, &part, *revision)? else {
                    return Ok(None);
                };
                let fields = self.exported(content_type, self.fields(event).await?)?;
                Ok(Some(source_digest(entry, &fields)))
            }
        }
    }

    /// Fields with their references by key.
    fn exported(
        &self,
        content_type: &ContentType,
        mut fields: Fields,
    ) -> Result<Fields, ReadError> {
        let mut failed = None;
        content_type.map_references(&mut fields, |_, value| {
            match self.entry(value.parse().ok()?) {
                Ok(target) => target.map(|target| format!("key:{}", key_of(&target))),
                Err(error) => {
                    failed = Some(error);
                    None
                }
            }
        });
        failed.map_or(Ok(fields), Err)
    }
}

/// The key that an entry goes by outside: its own, or its id.
fn key_of(entry: &Entry) -> String {
    entry.key.as_ref().map_or_else(|| entry.id.to_string(), ToString::to_string)
}

/// What is exported of a head: what readers get, and a newer draft.
fn versions(head: &Head, drafts: bool) -> Vec<(&Saved, bool)> {
    let live = head.published().map(|live| (&live.saved, true));
    let is_newer = live.is_none_or(|(live, _)| live.revision != head.draft.revision);
    let draft = (drafts && is_newer).then_some((&head.draft, false));
    live.into_iter().chain(draft).collect()
}
