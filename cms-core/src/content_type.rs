//! Content types: what an entry of one kind consists of, as its JSON Schema file says.
//!
//! A type is parsed once from a file of `schemas/` (whose README describes the vocabulary) and kept in
//! an `Arc`. It checks fields and tells everything that is wrong at once, finds and replaces the
//! references among them, gives what lists filter by, compares itself with another version of itself,
//! and describes its delivered form. It does no I/O and asks nobody: whether the target of a reference
//! exists, and who may do what, is for `commands/`.

mod annotation;
mod change;
mod check;
mod compare;
mod compile;
mod delivered;
mod expand;
mod field;
mod filter;
mod limit;
mod normal;
mod parse;
mod reference;
#[cfg(test)]
mod samples;
mod shipped;
mod told;
mod vocabulary;

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    change::{ChangeKind, TypeChange},
    compare::compare,
    field::{Field, FieldKind},
    limit::{
        MAX_DEPTH, MAX_ITEMS, MAX_PART_BYTES, MAX_TEXT_BYTES, MAX_VIOLATIONS,
        without_control_characters,
    },
    normal::normalise,
    parse::SchemaError,
    reference::{AssetUse, Reference, unknown_types},
    shipped::shipped,
};
use crate::{
    id::{FieldName, TypeName},
    locale::Locale,
    quality::Levels,
};

/// What readers get of a translation whose source changed for their safety.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TranslationPolicy {
    /// The translation, with a notice.
    #[default]
    Flag,
    /// The source locale's fields instead.
    Fallback,
    /// The translation without the parts that hold outdated segments.
    Withhold,
}

/// The text names no translation policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a translation policy: {0}")]
pub struct PolicyError(pub String);

impl FromStr for TranslationPolicy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        match text {
            "flag" => Ok(Self::Flag),
            "fallback" => Ok(Self::Fallback),
            "withhold" => Ok(Self::Withhold),
            _ => Err(PolicyError(text.to_owned())),
        }
    }
}

/// The shape of one kind of entry.
///
/// ```
/// use cms_core::content_type::ContentType;
/// use serde_json::json;
///
/// let poem = ContentType::parse(&json!({
///     "$schema": "https://json-schema.org/draft/2020-12/schema",
///     "x-type": "poem",
///     "type": "object",
///     "additionalProperties": false,
///     "properties": {
///         "title": { "type": "string", "x-localized": true, "x-required-for-publication": true },
///         "year": { "type": "integer", "x-filterable": true }
///     }
/// }))?;
/// let shared = [("year".parse()?, json!("long ago"))].into();
/// let violations = poem.check_publication(&[].into(), &shared);
/// let codes: Vec<_> = violations.iter().map(|it| (it.pointer.as_str(), it.code.as_str())).collect();
/// assert_eq!(codes, [("/title", "required"), ("/year", "wrong_kind")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ContentType {
    name: TypeName,
    label: String,
    description: String,
    translation_policy: TranslationPolicy,
    four_eyes: bool,
    safety_approvals: usize,
    emergency_approvals: usize,
    must_have_locales: Vec<Locale>,
    levels: Levels,
    fields: BTreeMap<FieldName, Arc<Field>>,
    slug_source: FieldName,
    schema: Value,
}

impl ContentType {
    /// Reads a schema file and compiles its rules. Never touches the network or the disk.
    ///
    /// # Errors
    /// [`SchemaError`] with each place where the file is no JSON Schema 2020-12 or breaks the rules of
    /// the vocabulary.
    pub fn parse(file: &Value) -> Result<Self, SchemaError> {
        parse::parse(file)
    }

    /// What the type is called in URLs, events and references.
    pub fn name(&self) -> &TypeName {
        &self.name
    }

    /// What editors call it: the file's `title`, or else the name.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What it is for, to editors and developers; may be empty.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What readers get of a translation whose source changed for their safety.
    pub fn translation_policy(&self) -> TranslationPolicy {
        self.translation_policy
    }

    /// Whether somebody else than the author has to approve.
    pub fn four_eyes(&self) -> bool {
        self.four_eyes
    }

    /// How many different people must approve a draft before it is published, none of whom wrote on it: one where the
    /// type asks for four eyes, as many as it says (`x-safety-approvals`) where a change is one of safety, and as many
    /// as it says (`x-emergency-approvals`) where the entry is one for emergencies.
    pub fn approvals(&self, is_safety: bool, is_for_emergencies: bool) -> usize {
        let of_safety = if is_safety { self.safety_approvals } else { 0 };
        let of_emergency = if is_for_emergencies { self.emergency_approvals } else { 0 };
        of_safety.max(of_emergency).max(usize::from(self.four_eyes))
    }

    /// Whether it matters for approvals that an entry is one for emergencies.
    pub fn guards_emergencies(&self) -> bool {
        self.emergency_approvals > 0
    }

    /// The locales that every published entry should have.
    pub fn must_have_locales(&self) -> &[Locale] {
        &self.must_have_locales
    }

    /// How much the findings of checks weigh in its translations.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// All fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values().map(Arc::as_ref)
    }

    /// The field of this name.
    pub fn field(&self, name: &FieldName) -> Option<&Field> {
        self.fields.get(name).map(Arc::as_ref)
    }

    /// The localized field that says of the asset in this one what it shows, instead of the asset's own words.
    pub fn described_by(&self, name: &FieldName) -> Option<FieldName> {
        let mut fields = self.fields();
        fields.find(|field| field.describes.as_ref() == Some(name)).map(|it| it.name.clone())
    }

    /// Whether its entries can be found: some field has a search weight. What has none is no page for
    /// readers, such as a redirect: search, suggestions and corrections don't know it.
    pub fn is_searched(&self) -> bool {
        self.fields().any(|field| field.weight.is_some())
    }

    /// The field that a slug is made from when none is given: the title, unless the file names another.
    pub fn slug_source(&self) -> &FieldName {
        &self.slug_source
    }

    /// The file that the type was read from, as it was.
    pub fn schema(&self) -> &Value {
        &self.schema
    }
}
