//! What a new version of a content type may take from stored content, and how to see whether it does.

use std::{collections::BTreeSet, sync::Arc};

use super::{Field, check::Findings, field::is_blank};
use crate::{
    event::{Fields, Part},
    id::{FieldName, TypeName},
    violation::{Violation, pointer_step},
};

/// A difference between two versions of a content type that could lose or invalidate stored content.
#[derive(Debug, Clone)]
pub struct TypeChange {
    /// The field that it is about.
    pub field: FieldName,
    /// What changed.
    pub kind: ChangeKind,
    /// The field as it is to be; a removed one has none.
    pub(super) new: Option<Arc<Field>>,
}

/// What changed about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is gone.
    Removed,
    /// It, or something within it, holds another kind of value.
    KindChanged {
        /// The kind that it was, as [`FieldKind::as_str`](super::FieldKind::as_str) names it.
        from: &'static str,
        /// The kind that it is to be.
        to: &'static str,
    },
    /// It moved between what locales share and what is a locale's own.
    LocalizedChanged {
        /// Whether it is to be localized.
        localized: bool,
    },
    /// It takes less than it did.
    Narrowed {
        /// The keywords that do that, sorted.
        keywords: BTreeSet<String>,
    },
    /// It, or something within it, is newly required for publication.
    Required,
    /// It may no longer refer to these types.
    TypesNarrowed {
        /// The types.
        removed: BTreeSet<TypeName>,
    },
}

impl TypeChange {
    /// Whether only what is published can break it: drafts may be incomplete.
    pub fn concerns_published_only(&self) -> bool {
        self.kind == ChangeKind::Required
    }

    /// What keeps the change from being made, in this part of a stored revision; `None` when the part is
    /// as good under the new version.
    ///
    /// `type_of` tells the type of the entry with an id, as far as it is known.
    pub fn needs_check(
        &self,
        fields: &Fields,
        part: &Part,
        type_of: &dyn Fn(&str) -> Option<TypeName>,
    ) -> Option<Violation> {
        let pointer = pointer_step(&self.field);
        let value = fields.get(&self.field).filter(|value| !value.is_null());
        let with_value =
            |code| value.map(|_| Violation::new(&pointer, code).with("field", &self.field));
        match &self.kind {
            ChangeKind::Removed => with_value("field_removed"),
            ChangeKind::LocalizedChanged { localized } => {
                let was_here = matches!(part, Part::Locale(_)) != *localized;
                with_value(if *localized { "field_is_localized" } else { "field_is_shared" })
                    .filter(|_| was_here)
            }
            ChangeKind::KindChanged { from, to } => {
                let told = |it: Violation| it.with("from", from).with("to", to);
                let changes_use = [from, to].into_iter().any(|kind| refers(kind));
                let refused = with_value("kind_changed").map(told);
                if changes_use {
                    refused
                } else {
                    refused.filter(|_| self.first_wrong(fields).is_some())
                }
            }
            ChangeKind::Narrowed { .. } => self.first_wrong(fields),
            ChangeKind::Required => self.first_missing(fields, part),
            ChangeKind::TypesNarrowed { removed } => self.wrong_target(fields, removed, type_of),
        }
    }

    fn findings(&self, fields: &Fields) -> Findings {
        let mut findings = Findings::default();
        if let (Some(new), Some(value)) = (&self.new, fields.get(&self.field)) {
            new.check(value, &mut findings);
        }
        findings
    }

    fn first_wrong(&self, fields: &Fields) -> Option<Violation> {
        self.findings(fields).wrong.into_iter().min()
    }

    fn first_missing(&self, fields: &Fields, part: &Part) -> Option<Violation> {
        let new =
            self.new.as_ref().filter(|new| new.localized == matches!(part, Part::Locale(_)))?;
        if new.required && fields.get(&self.field).is_none_or(is_blank) {
            return Some(
                Violation::new(pointer_step(&self.field), "required").with("field", &self.field),
            );
        }
        self.findings(fields).missing.into_iter().min()
    }

    fn wrong_target(
        &self,
        fields: &Fields,
        removed: &BTreeSet<TypeName>,
        type_of: &dyn Fn(&str) -> Option<TypeName>,
    ) -> Option<Violation> {
        let mut found = None;
        let (new, value) = (self.new.as_ref()?, fields.get(&self.field)?);
        new.shape.references(value, pointer_step(&self.field), &mut |pointer, _, text| {
            if let Some(kind) = type_of(text).filter(|kind| removed.contains(kind)) {
                found.get_or_insert(
                    Violation::new(pointer, "reference_type_not_allowed").with("type", kind),
                );
            }
        });
        found
    }
}

/// Whether a kind of field makes its entry use another.
fn refers(kind: &str) -> bool {
    matches!(kind, "reference" | "references" | "asset" | "assets")
}
