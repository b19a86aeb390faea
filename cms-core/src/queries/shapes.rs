//! The JSON objects of answers, written straight into the answer's bytes.
//!
//! An answer holds dozens of them, and a list of twenty hundreds: a tree of values for each would cost more
//! than all else that such an answer needs.

use serde::{Serialize, Serializer, ser::SerializeSeq as _};

use super::fill::href;
use crate::{
    clock::Timestamp,
    content_type::TranslationPolicy,
    event::ChangeClass,
    followers::delivery::live::{LiveEntry, LiveLocale},
    id::{AgencyId, EntryId, ExternalKey, FieldName, TypeName},
    locale::{Direction, Locale},
    translation::{Freshness, TranslationStatus},
};

/// Writes a shape.
pub(super) fn write(shape: &impl Serialize, out: &mut Vec<u8>) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, shape).is_err() {
        // Not for these types, whose keys are strings: `null` keeps the answer JSON all the same.
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}

/// Writes an object but for its closing brace, so that more members can follow.
pub(super) fn write_open(shape: &impl Serialize, out: &mut Vec<u8>) {
    write(shape, out);
    if out.last() == Some(&b'}') {
        out.pop();
    }
}

/// The beginning of an entry's `data`.
#[derive(Debug, Serialize)]
pub(super) struct HeadShape<'a> {
    id: EntryId,
    #[serde(rename = "type")]
    type_name: &'a TypeName,
    key: Option<&'a ExternalKey>,
    slug: &'a str,
    locale: &'a Locale,
    dir: Direction,
    agency: Option<AgencyShape<'a>>,
    revision: u32,
    published_at: Timestamp,
    first_published_at: Timestamp,
}

impl<'a> HeadShape<'a> {
    pub(super) fn of(
        entry: &'a LiveEntry,
        locale: &'a Locale,
        live: &'a LiveLocale,
        agency: Option<AgencyShape<'a>>,
    ) -> Self {
        Self {
            id: entry.id,
            type_name: &entry.type_name,
            key: entry.key.as_ref(),
            slug: &live.slug,
            locale,
            dir: locale.direction(),
            agency,
            revision: live.revision,
            published_at: live.published_at,
            first_published_at: live.first_published_at,
        }
    }
}

/// Whose an entry is.
#[derive(Debug, Serialize)]
pub(super) struct AgencyShape<'a> {
    pub(super) id: AgencyId,
    pub(super) key: &'a ExternalKey,
    pub(super) name: &'a str,
}

/// An entry that another refers to.
#[derive(Debug, Serialize)]
pub(super) struct TargetShape<'a> {
    id: EntryId,
    #[serde(rename = "type")]
    type_name: &'a TypeName,
    key: Option<&'a ExternalKey>,
    slug: &'a str,
    title: &'a str,
    locale: &'a Locale,
}

impl<'a> TargetShape<'a> {
    pub(super) fn of(entry: &'a LiveEntry, locale: &'a Locale, live: &'a LiveLocale) -> Self {
        Self {
            id: entry.id,
            type_name: &entry.type_name,
            key: entry.key.as_ref(),
            slug: &live.slug,
            title: &live.title,
            locale,
        }
    }
}

/// How far an entry is behind its source.
#[derive(Debug, Serialize)]
pub(super) struct TranslationShape<'a> {
    source_locale: &'a Locale,
    status: TranslationStatus,
    behind: u32,
    change_class: Option<ChangeClass>,
    outdated_since: Option<Timestamp>,
    policy: Option<TranslationPolicy>,
    withheld: &'a [FieldName],
}

impl<'a> TranslationShape<'a> {
    pub(super) fn of(entry: &'a LiveEntry, locale: &Locale) -> Self {
        let Freshness { status, behind, change_class, outdated_since } = entry.freshness(locale);
        let live = entry.locales.get(locale);
        Self {
            source_locale: &entry.source_locale,
            status,
            behind,
            change_class,
            outdated_since,
            policy: live.and_then(|live| live.held.as_ref()).map(|held| held.policy),
            withheld: live.map_or(&[], LiveLocale::withheld),
        }
    }
}

/// The other locales that an entry is published in.
#[derive(Debug)]
pub(super) struct AlternateShapes<'a> {
    pub(super) entry: &'a LiveEntry,
    pub(super) locale: &'a Locale,
}

impl Serialize for AlternateShapes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Alternate<'a> {
            locale: &'a Locale,
            slug: &'a str,
            href: String,
        }
        let mut list = serializer.serialize_seq(None)?;
        for (locale, live) in self.entry.readable().filter(|(other, _)| *other != self.locale) {
            let href = href(&self.entry.type_name, &live.slug, locale);
            list.serialize_element(&Alternate { locale, slug: &live.slug, href })?;
        }
        list.end()
    }
}

/// What was asked, what was served, and why.
#[derive(Debug, Serialize)]
pub(super) struct ResolutionShape<'a> {
    requested: &'a Locale,
    served: &'a Locale,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<&'a [Locale]>,
}

impl<'a> ResolutionShape<'a> {
    pub(super) fn of(requested: &'a Locale, served: &'a Locale) -> Self {
        let reason = if requested.matches(served) { "exact" } else { "fallback" };
        Self { requested, served, reason, chain: None }
    }

    /// The same, where the type's policy chose what is served.
    pub(super) fn by_policy(self, is_by_policy: bool) -> Self {
        let reason = if is_by_policy { "policy" } else { self.reason };
        Self { reason, ..self }
    }

    /// The same with all locales that were looked at, in order.
    pub(super) fn along(self, chain: &'a [Locale]) -> Self {
        Self { chain: Some(chain), ..self }
    }
}
