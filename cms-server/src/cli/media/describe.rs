//! What is said of a file beside it: `FILE.json`, with words by language.

use std::{collections::BTreeMap, fs};

use anyhow::Context as _;
use cms_core::{
    Cms,
    access::Actor,
    commands::{CommandError, publish::Publish, save_draft::SaveDraft},
    entry::Status,
    event::{Fields, Part, Translates},
    id::{EntryId, ExternalKey, FieldName},
    locale::Locale,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::walk::Found;

/// Words by language.
type Words = BTreeMap<Locale, String>;

/// What is said of a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sidecar {
    /// The key of its asset; its place in the folder without.
    pub(super) key: Option<String>,
    title: Words,
    alt: Words,
    caption: Words,
    credit: Words,
    licence: Words,
    content_warning: Words,
    transcript: Words,
    decorative: Option<bool>,
    focal_point: Option<Value>,
    crop: Option<Value>,
}

impl Sidecar {
    /// What stands beside a file; nothing where nothing does.
    pub(super) fn of(file: &Found) -> anyhow::Result<Self> {
        let Some(path) = &file.sidecar else { return Ok(Self::default()) };
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no description", path.display()))
    }

    /// The key that the asset goes by.
    pub(super) fn key(&self, file: &Found) -> anyhow::Result<Option<ExternalKey>> {
        match &self.key {
            Some(key) => ExternalKey::parse(key).map(Some).context("the key can't be one"),
            None => Ok(file.key()),
        }
    }

    /// All that is said, by the part that it belongs to.
    fn parts(&self) -> BTreeMap<Part, Vec<(&'static str, Value)>> {
        let mut parts: BTreeMap<Part, Vec<(&'static str, Value)>> = BTreeMap::new();
        let words = [
            ("title", &self.title),
            ("alt", &self.alt),
            ("caption", &self.caption),
            ("credit", &self.credit),
            ("licence", &self.licence),
            ("content_warning", &self.content_warning),
            ("transcript", &self.transcript),
        ];
        for (name, words) in words {
            for (locale, text) in words {
                let part = parts.entry(Part::Locale(locale.clone())).or_default();
                part.push((name, json!(text)));
            }
        }
        let shared = [
            ("decorative", self.decorative.map(Value::from)),
            ("focal_point", self.focal_point.clone()),
            ("crop", self.crop.clone()),
        ];
        for (name, value) in shared {
            let said = value.map(|value| (name, value));
            parts.entry(Part::Shared).or_default().extend(said);
        }
        parts
    }

    /// Saves what is said and isn't there yet; answers whether anything was.
    pub(super) async fn save(
        &self,
        cms: &Cms,
        actor: &Actor,
        id: EntryId,
    ) -> Result<bool, CommandError> {
        let mut changed = false;
        let found = cms.editing().entry(id)?.ok_or(CommandError::NotFound("entry"))?;
        let source = Part::Locale(found.source_locale);
        let (first, rest): (Vec<_>, Vec<_>) =
            self.parts().into_iter().partition(|(part, _)| *part == source);
        for (part, said) in first.into_iter().chain(rest) {
            let entry = cms.editing().entry(id)?.ok_or(CommandError::NotFound("entry"))?;
            let before = match entry.heads.get(&part) {
                Some(head) => cms.editing().fields(head.draft.event).await?,
                None => Fields::new(),
            };
            let mut fields = before.clone();
            // A title is needed in each language: the first one's, until somebody gives another.
            if part != Part::Shared && !fields.contains_key("title") {
                let own = entry.heads.get(&Part::Locale(entry.source_locale.clone()));
                let titled = match own {
                    Some(head) => cms.editing().fields(head.draft.event).await?,
                    None => Fields::new(),
                };
                fields.extend(titled.into_iter().filter(|(name, _)| name.as_str() == "title"));
            }
            for (name, value) in said {
                let name = FieldName::parse(name).map_err(|_| CommandError::NotFound("field"))?;
                fields.insert(name, value);
            }
            if fields != before {
                // A translation is of what is said of the file in its own language, published or not.
                let of = entry.heads.get(&source).map(|head| head.draft.revision);
                let translates = of.filter(|_| part != source && part != Part::Shared);
                let translates = translates.map(Translates::Revision);
                let save = SaveDraft { translates, ..SaveDraft::new(id, part, fields) };
                cms.save_draft(actor, save).await?;
                changed = true;
            }
        }
        Ok(changed)
    }
}

/// Publishes all that is newer than what readers get.
pub(super) async fn publish(cms: &Cms, actor: &Actor, id: EntryId) -> Result<(), CommandError> {
    let parts = |shared: bool| -> Result<Vec<Part>, CommandError> {
        let entry = cms.editing().entry(id)?.ok_or(CommandError::NotFound("entry"))?;
        let open = entry.heads.iter().filter(|(part, head)| {
            head.status != Status::Published && (**part == Part::Shared) == shared
        });
        Ok(open.map(|(part, _)| part.clone()).collect())
    };
    // Shared fields that readers have are published first: a locale may rest on them.
    let entry = cms.editing().entry(id)?.ok_or(CommandError::NotFound("entry"))?;
    if entry.heads.get(&Part::Shared).is_some_and(|head| head.live.is_some()) {
        for part in parts(true)? {
            cms.publish(actor, Publish::new(id, part)).await?;
        }
    }
    for part in parts(false)? {
        cms.publish(actor, Publish::new(id, part)).await?;
    }
    Ok(())
}
