//! What is said of a file beside it: `FILE.json`, with words by language.

use std::{collections::BTreeMap, fs};

use anyhow::Context as _;
use cms_core::{
    event::Part,
    id::{EntryId, ExternalKey},
    locale::Locale,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    place::{Place, Save, Wrong},
    walk::Found,
};

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
    fn parts(&self) -> BTreeMap<Part, Map<String, Value>> {
        let mut parts: BTreeMap<Part, Map<String, Value>> = BTreeMap::new();
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
                part.insert(name.to_owned(), json!(text));
            }
        }
        let shared = [
            ("decorative", self.decorative.map(Value::from)),
            ("focal_point", self.focal_point.clone()),
            ("crop", self.crop.clone()),
        ];
        for (name, value) in shared {
            if let Some(value) = value {
                parts.entry(Part::Shared).or_default().insert(name.to_owned(), value);
            }
        }
        parts
    }

    /// Saves what is said and isn't there yet; answers whether anything was.
    pub(super) async fn save(&self, place: &Place, id: EntryId) -> Result<bool, Wrong> {
        let parts = self.parts();
        if parts.is_empty() {
            return Ok(false);
        }
        let mut changed = false;
        let source = place.standing(id).await?.source;
        let (first, rest): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|(part, _)| *part == source);
        for (part, said) in first.into_iter().chain(rest) {
            let entry = place.standing(id).await?;
            let at = |part: &Part| entry.parts.get(part).map_or(0, |standing| standing.revision);
            let before = match at(&part) {
                0 => Map::new(),
                _ => place.fields(id, &part).await?,
            };
            let mut fields = said;
            // A title is needed in each language: the first one's, until somebody gives another.
            let is_titled = before.contains_key("title") || fields.contains_key("title");
            if part != Part::Shared && !is_titled && at(&source) > 0 {
                let own = place.fields(id, &source).await?;
                fields.extend(own.into_iter().filter(|(name, _)| name == "title"));
            }
            fields.retain(|name, value| before.get(name) != Some(&*value));
            if fields.is_empty() {
                continue;
            }
            // A translation is of what is said of the file in its own language, published or not.
            let is_translation = part != source && part != Part::Shared;
            let translates = Some(at(&source)).filter(|of| is_translation && *of > 0);
            let revision = at(&part);
            place.save(id, revision, Save { part, fields, translates }).await?;
            changed = true;
        }
        Ok(changed)
    }
}

/// Publishes all that is newer than what readers get.
pub(super) async fn publish(place: &Place, id: EntryId) -> Result<(), Wrong> {
    let entry = place.standing(id).await?;
    // Shared fields that readers have are published first: a locale may rest on them.
    let shared = entry.parts.get(&Part::Shared);
    if shared.is_some_and(|shared| shared.is_live && !shared.is_published) {
        place.publish(id, Part::Shared).await?;
    }
    let entry = place.standing(id).await?;
    let open = entry.parts.into_iter().filter(|(_, standing)| !standing.is_published);
    for (part, _) in open.filter(|(part, _)| *part != Part::Shared) {
        place.publish(id, part).await?;
    }
    Ok(())
}
