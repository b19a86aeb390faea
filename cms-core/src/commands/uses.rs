//! What a part's fields refer to and embed: found, or named as missing with its place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CommandError, Means};
use crate::{
    asset,
    content_type::{ContentType, FieldKind},
    embed::{EmbedKind, EmbedToken, EmbedUse},
    entry::Entry,
    event::{Claim, Fields, Part, Stream},
    followers::ReadError,
    id::{EntryId, ExternalKey, TypeName},
    locale::Locale,
    markdown, route,
    violation::{Violation, pointer_step},
};

/// The uses of one part's fields.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// All entries found, sorted.
    pub(super) targets: BTreeSet<EntryId>,
    /// What each embed token stands for, by its canonical spelling.
    pub(super) embeds: BTreeMap<String, EntryId>,
    /// Each embed that stands for something, in the order of the fields.
    pub(super) embedded: Vec<Embedded>,
    /// What publication rests on of the entries that are embedded: each stream with its last event.
    pub(super) rests_on: Vec<(EntryId, Stream, u64)>,
    /// References to nothing, or to an entry of another type.
    pub(super) bad_references: Vec<Violation>,
    /// Tokens that aren't well-formed, or stand for nothing.
    pub(super) bad_embeds: Vec<Violation>,
}

/// An embed, its target, and where it stands.
#[derive(Debug)]
pub(super) struct Embedded {
    /// What stands there.
    pub(super) embed: EmbedUse,
    /// The entry that it stands for.
    pub(super) target: EntryId,
    /// The field that it stands in.
    pub(super) pointer: String,
}

/// What is wrong with an embed, with its place.
pub(super) fn bad_embed(pointer: &str, embed: &EmbedUse, code: &'static str) -> Violation {
    let token = &embed.token;
    let text = match &token.alt {
        Some(alt) => format!("![{alt}](asset:{})", token.target),
        None => token.to_string(),
    };
    Violation::new(pointer, code)
        .with("text", text)
        .with("line", embed.line)
        .with("column", embed.column)
}

impl Means {
    /// Finds what the fields use. `locale` is the one whose slugs are tried first.
    pub(super) async fn uses(
        &self,
        content_type: &ContentType,
        fields: &Fields,
        locale: &Locale,
    ) -> Result<Uses, CommandError> {
        let mut uses = Uses::default();
        let mut for_children = false;
        for reference in content_type.references(fields) {
            let target = match reference.value.parse::<EntryId>() {
                Ok(id) => self
                    .editing
                    .entry(id)?
                    .filter(|entry| reference.types.contains(&entry.type_name)),
                Err(_) => None,
            };
            match target {
                Some(entry) => {
                    uses.targets.insert(entry.id);
                    let is_audience = reference.pointer.starts_with("/audiences/");
                    for_children |= is_audience && self.is_of_children(&entry).await?;
                }
                None => uses.bad_references.push(
                    Violation::new(reference.pointer, "reference_unknown")
                        .with("reference", &reference.value),
                ),
            }
        }
        if for_children && content_type.name().as_str() == "route" {
            uses.bad_references.extend(route::check::check_cost_for_children(fields));
        }
        for (name, source) in markdown_fields(content_type, fields) {
            let pointer = pointer_step(name);
            if !source.contains("{{") && !source.contains("![") {
                continue;
            }
            let rendered = markdown::rendered(source, locale);
            uses.bad_embeds.extend(rendered.bad_embeds.iter().map(|bad| bad.violation(&pointer)));
            for embed in rendered.embeds.iter().cloned() {
                match self.embedded(&embed.token, locale).await? {
                    Some(target) => {
                        uses.targets.insert(target);
                        uses.embeds.insert(embed.token.to_string(), target);
                        let pointer = pointer.clone();
                        uses.embedded.push(Embedded { embed, target, pointer });
                    }
                    None => {
                        uses.bad_embeds.push(bad_embed(&pointer, &embed, "embed_missing"));
                    }
                }
            }
        }
        Ok(uses)
    }

    /// Whether an audience is one of children.
    async fn is_of_children(&self, audience: &Entry) -> Result<bool, CommandError> {
        let key = audience.key.as_ref().map(ExternalKey::as_str);
        let age_max = match audience.heads.get(&Part::Shared) {
            Some(head) => self.editing.fields(head.draft.event).await?.get("age_max").cloned(),
            None => None,
        };
        Ok(route::check::is_of_children(key, age_max.and_then(|age| age.as_u64())))
    }

    /// The entry that a token names: by id, by external key, or by a slug in the locale or another.
    async fn embedded(
        &self,
        token: &EmbedToken,
        locale: &Locale,
    ) -> Result<Option<EntryId>, CommandError> {
        let types = match token.kind {
            EmbedKind::Route => {
                vec![TypeName::parse("route").map_err(|_| CommandError::NotFound("type"))?]
            }
            EmbedKind::Statistic => {
                vec![TypeName::parse("statistic").map_err(|_| CommandError::NotFound("type"))?]
            }
            EmbedKind::Asset => {
                vec![TypeName::parse(asset::TYPE).map_err(|_| CommandError::NotFound("type"))?]
            }
            EmbedKind::Entry => self.editing.type_names()?,
        };
        if let Ok(id) = token.target.parse::<EntryId>() {
            let entry = self.editing.entry(id)?.filter(|entry| types.contains(&entry.type_name));
            return Ok(entry.map(|entry| entry.id));
        }
        for type_name in &types {
            if let Ok(key) = ExternalKey::parse(&token.target)
                && let Some(id) = self.editing.entry_by_key(type_name, &key)?
            {
                return Ok(Some(id));
            }
        }
        let locales = self.editing.locales()?;
        let others = locales.all().iter().map(|configured| configured.tag.clone());
        for locale in std::iter::once(locale.clone()).chain(others) {
            for type_name in &types {
                let claim = Claim::Slug(type_name.clone(), locale.clone(), token.target.clone());
                if let Some(holder) = self.log.holder(&claim).await.map_err(ReadError::from)? {
                    return Ok(Some(EntryId::from_bytes(holder)));
                }
            }
        }
        Ok(None)
    }
}

fn markdown_fields<'a>(
    content_type: &'a ContentType,
    fields: &'a Fields,
) -> impl Iterator<Item = (&'a crate::id::FieldName, &'a str)> {
    fields.iter().filter_map(|(name, value)| {
        let kind = &content_type.field(name)?.kind;
        let source = value.as_str().filter(|_| matches!(kind, FieldKind::Markdown))?;
        Some((name, source))
    })
}

/// The text of a field.
pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}
