//! The vocabulary's annotations: where each may stand, what its value may be, and what kinds of field it
//! suits.

use std::str::FromStr as _;

use serde_json::Value;

use super::{TranslationPolicy, field::FieldKind};
use crate::{
    id::{FieldName, TypeName},
    locale::Locale,
    quality::{Check, Level},
};

/// Where in a file a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The file's root: the type.
    Type,
    /// A property of the root: a field.
    Field,
    /// Deeper: a part of a field, or a definition.
    Inside,
}

/// An annotation of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Annotation {
    Type,
    TranslationPolicy,
    FourEyes,
    MustHaveLocales,
    Localized,
    RequiredForPublication,
    Markdown,
    SlugSource,
    SearchWeight,
    SearchPin,
    Filterable,
    Sortable,
    Embeddable,
    Reference,
    Asset,
    Describes,
    SafetyApprovals,
    EmergencyApprovals,
    Checks,
}

impl Annotation {
    pub(super) fn parse(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "x-type" => Self::Type,
            "x-translation-policy" => Self::TranslationPolicy,
            "x-four-eyes" => Self::FourEyes,
            "x-safety-approvals" => Self::SafetyApprovals,
            "x-emergency-approvals" => Self::EmergencyApprovals,
            "x-must-have-locales" => Self::MustHaveLocales,
            "x-checks" => Self::Checks,
            "x-localized" => Self::Localized,
            "x-required-for-publication" => Self::RequiredForPublication,
            "x-markdown" => Self::Markdown,
            "x-slug-source" => Self::SlugSource,
            "x-search-weight" => Self::SearchWeight,
            "x-search-pin" => Self::SearchPin,
            "x-filterable" => Self::Filterable,
            "x-sortable" => Self::Sortable,
            "x-embeddable" => Self::Embeddable,
            "x-reference" => Self::Reference,
            "x-asset" => Self::Asset,
            "x-describes" => Self::Describes,
            _ => return None,
        })
    }

    /// Whether it may stand there. References and assets may stand inside fields; the rest is said of a
    /// whole type or a whole field.
    pub(super) fn may_stand(self, place: Place) -> bool {
        match self {
            Self::Type
            | Self::TranslationPolicy
            | Self::FourEyes
            | Self::SafetyApprovals
            | Self::EmergencyApprovals
            | Self::MustHaveLocales
            | Self::Checks => place == Place::Type,
            Self::Localized
            | Self::RequiredForPublication
            | Self::Markdown
            | Self::SlugSource
            | Self::SearchWeight
            | Self::SearchPin
            | Self::Filterable
            | Self::Sortable
            | Self::Embeddable
            | Self::Describes => place == Place::Field,
            Self::Reference | Self::Asset => place != Place::Type,
        }
    }

    /// Whether its value may be this.
    pub(super) fn takes(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Type => text.is_some_and(|text| TypeName::parse(text).is_ok()),
            Self::TranslationPolicy => {
                text.is_some_and(|text| TranslationPolicy::from_str(text).is_ok())
            }
            Self::Describes => text.is_some_and(|text| FieldName::parse(text).is_ok()),
            Self::MustHaveLocales => all_texts(value, |text| Locale::parse(text).is_ok()),
            Self::Checks => value.as_object().is_some_and(|levels| {
                let is_level = |level: &Value| level.as_str().and_then(Level::parse).is_some();
                let mut levels = levels.iter();
                levels.all(|(name, level)| name.parse::<Check>().is_ok() && is_level(level))
            }),
            Self::Reference => {
                let is_type = |text: &str| TypeName::parse(text).is_ok();
                text.is_some_and(is_type)
                    || all_texts(value, is_type)
                        && value.as_array().is_some_and(|types| !types.is_empty())
            }
            Self::SearchWeight | Self::SafetyApprovals | Self::EmergencyApprovals => {
                value.as_u64().is_some_and(|number| (1..=10).contains(&number))
            }
            Self::FourEyes
            | Self::Localized
            | Self::RequiredForPublication
            | Self::Markdown
            | Self::SlugSource
            | Self::SearchPin
            | Self::Filterable
            | Self::Sortable
            | Self::Embeddable
            | Self::Asset => value.is_boolean(),
        }
    }

    /// Whether a field of this kind can have it.
    pub(super) fn suits(self, kind: &FieldKind, localized: bool) -> bool {
        use FieldKind as K;
        match self {
            // Without a language Markdown can't be rendered: headings and quotes depend on it.
            Self::Markdown => localized,
            Self::SlugSource => localized && matches!(kind, K::Text),
            Self::SearchWeight => {
                matches!(kind, K::Text | K::Markdown | K::List { options: None } | K::Structured)
            }
            Self::SearchPin => matches!(kind, K::List { options: None }),
            Self::Describes => localized && matches!(kind, K::Structured),
            Self::Embeddable => matches!(kind, K::Text | K::Markdown),
            Self::Filterable => {
                !matches!(kind, K::Text | K::Markdown | K::Url | K::Asset { .. } | K::Structured)
            }
            Self::Sortable => matches!(
                kind,
                K::Text
                    | K::Enum { .. }
                    | K::Date
                    | K::DateTime
                    | K::Boolean
                    | K::Integer
                    | K::Number
            ),
            Self::Type
            | Self::TranslationPolicy
            | Self::FourEyes
            | Self::SafetyApprovals
            | Self::EmergencyApprovals
            | Self::MustHaveLocales
            | Self::Checks => false,
            Self::Localized | Self::RequiredForPublication | Self::Reference | Self::Asset => true,
        }
    }
}

/// Whether it is a list of different texts that all pass.
fn all_texts(value: &Value, passes: impl Fn(&str) -> bool) -> bool {
    value.as_array().is_some_and(|items| {
        let mut seen = std::collections::BTreeSet::new();
        items.iter().all(|item| item.as_str().is_some_and(|text| passes(text) && seen.insert(text)))
    })
}
