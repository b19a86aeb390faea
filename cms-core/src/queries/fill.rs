//! Fills the holes of forms with what is published now.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    delivery::Delivery,
    picture::{Picture, Words},
    shapes::{self, AgencyShape, HeadShape, TargetShape, TranslationShape},
    site::SiteView,
};
use crate::{
    asset::{self, Own, Texts},
    event::Part,
    followers::delivery::{
        form::{Form, FormField, Segment, Shape, escaped},
        generations::{Source, Stamp},
        live::{LiveEntry, LiveLocale},
        pieces, tables,
    },
    id::{EntryId, FieldName},
    locale::Locale,
    markdown,
    search::Embedded,
    store::view::ViewError,
};

/// How deep embeds may lie within embeds. Publication refuses circles; this bounds what it could not see.
pub(super) const DEPTH: usize = 4;

/// Which fields of an entry a reader wants.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// All of them.
    All,
    /// All but the long ones.
    Short,
    /// These.
    Named(&'a [FieldName]),
}

impl Wanted<'_> {
    fn takes(self, field: &FormField) -> bool {
        match self {
            Self::All => true,
            Self::Short => !field.long,
            Self::Named(names) => names.contains(&field.name),
        }
    }
}

/// Fills forms for readers of one locale, and notes what they were made from.
#[derive(Debug)]
pub(super) struct Filler<'a> {
    delivery: &'a Delivery,
    site: &'a SiteView,
    /// The language that the text around the holes is in.
    locale: &'a Locale,
    /// All entries that were looked at, to be stamped and named to caches.
    pub(super) seen: Vec<EntryId>,
    pub(super) stamp: Stamp,
    /// What the page says of the assets that it shows, by the field that says it.
    told: BTreeMap<FieldName, Own>,
}

impl<'a> Filler<'a> {
    pub(super) fn new(delivery: &'a Delivery, site: &'a SiteView, locale: &'a Locale) -> Self {
        let (seen, stamp, told) = (Vec::new(), site.stamp.clone(), BTreeMap::new());
        Self { delivery, site, locale, seen, stamp, told }
    }

    /// An entry, noted as looked at.
    pub(super) fn entry(&mut self, id: EntryId) -> Result<Option<Arc<LiveEntry>>, ViewError> {
        if !self.seen.contains(&id) {
            self.seen.push(id);
            self.delivery.generations().stamp(Source::Entry(id), &mut self.stamp);
        }
        self.delivery.live(id)
    }

    /// Writes `"name":value` for each of the form's fields that is wanted, with commas between, in the
    /// order of their names; `first` says whether there is none before.
    fn fields(
        &mut self,
        (short, long): (&Form, &Form),
        (wanted, withheld): (Wanted<'_>, &[FieldName]),
        first: &mut bool,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        let all = short.fields.iter().chain(&long.fields);
        let is_shown = |field: &&FormField| wanted.takes(field) && !withheld.contains(&field.name);
        let mut fields: Vec<&FormField> = all.filter(is_shown).collect();
        fields.sort_by_key(|field| &field.name);
        for field in fields {
            if !std::mem::take(first) {
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(field.name.as_str().as_bytes());
            out.extend_from_slice(b"\":");
            self.segments(&field.value, DEPTH, out)?;
        }
        Ok(())
    }

    fn segments(
        &mut self,
        segments: &[Segment],
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        for segment in segments {
            match segment {
                Segment::Ready(text) => out.extend_from_slice(text.as_bytes()),
                Segment::References { targets, many } => self.references(targets, *many, out)?,
                Segment::Asset { target, own, described_by } => {
                    let told = described_by.as_ref().and_then(|name| self.told.get(name)).cloned();
                    self.asset(*target, &told.unwrap_or_else(|| own.clone()), out)?;
                }
                Segment::Figure { target, shape, block } => {
                    self.figure(*target, (*shape, *block), &Own::default(), out)?;
                }
                Segment::Described { target, shape, block, alt } => {
                    let own = Own { alt: Some(alt.clone()), ..Own::default() };
                    self.figure(*target, (*shape, *block), &own, out)?;
                }
                Segment::Embed { target, piece, shape, block } => {
                    self.embed(
                        (*target, piece.as_deref().unwrap_or("")),
                        (*shape, *block),
                        depth,
                        out,
                    )?;
                }
            }
        }
        Ok(())
    }

    /// The entries referred to, those that are published; as an array, or as one object or null.
    fn references(
        &mut self,
        targets: &[EntryId],
        many: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        let mut found = false;
        if many {
            out.push(b'[');
        }
        for target in targets {
            if let Some((entry, locale)) = self.served(*target)?
                && let Some(live) = entry.published_in(&locale)
            {
                if std::mem::replace(&mut found, true) {
                    if !many {
                        break;
                    }
                    out.push(b',');
                }
                shapes::write(&TargetShape::of(&entry, &locale, live), out);
            }
        }
        match (many, found) {
            (true, _) => out.push(b']'),
            (false, true) => {}
            (false, false) => out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    /// An entry and the locale in which it is shown here, if it is published in one that serves.
    fn served(&mut self, id: EntryId) -> Result<Option<(Arc<LiveEntry>, Locale)>, ViewError> {
        let Some(entry) = self.entry(id)? else { return Ok(None) };
        let chain = self.site.chain(self.locale, &entry.source_locale);
        let locale = entry.mention(&chain).map(|(locale, _)| locale.clone());
        Ok(locale.map(|locale| (entry, locale)))
    }

    /// An asset to be shown; null where it isn't published any more.
    fn asset(&mut self, target: EntryId, own: &Own, out: &mut Vec<u8>) -> Result<(), ViewError> {
        let written = self.shown(target, own, |picture| {
            let mut json = Vec::new();
            shapes::write(picture, &mut json);
            json
        })?;
        out.extend_from_slice(written.as_deref().unwrap_or(b"null"));
        Ok(())
    }

    /// The same inside a JSON string.
    fn figure(
        &mut self,
        target: EntryId,
        (shape, block): (Shape, bool),
        own: &Own,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        let page = self.locale;
        let written = self.shown(target, own, |picture| match shape {
            Shape::Html => picture.html(block, page),
            Shape::Markdown => picture.markdown(),
        })?;
        out.extend_from_slice(escaped(&written.unwrap_or_default()).as_bytes());
        Ok(())
    }

    /// What `write` makes of an asset in the best language that there is.
    fn shown<T>(
        &mut self,
        target: EntryId,
        own: &Own,
        write: impl FnOnce(&Picture<'_>) -> T,
    ) -> Result<Option<T>, ViewError> {
        let Some((entry, locale)) = self.served(target)? else { return Ok(None) };
        let Some(live) = self.delivery.reader().get(&tables::ASSETS, &target)? else {
            return Ok(None);
        };
        let none = Texts::default();
        let texts = live.texts.get(&locale).unwrap_or(&none);
        let words = Words { locale: &locale, texts, own };
        let offer = &self.delivery.parts().offer;
        Ok(Some(write(&offer.picture((entry.id, entry.key.as_ref()), &live, words))))
    }

    /// Writes what an asset is shown as, and the shapes that it is to be had in; of other entries nothing.
    pub(super) fn offered(
        &mut self,
        entry: &LiveEntry,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        // Nearly all entries are no assets, and cost no look-up.
        if entry.type_name.as_str() != asset::TYPE {
            return Ok(());
        }
        let Some(live) = self.delivery.reader().get(&tables::ASSETS, &entry.id)? else {
            return Ok(());
        };
        out.extend_from_slice(b",\"asset\":");
        self.asset(entry.id, &Own::default(), out)?;
        out.extend_from_slice(b",\"shapes\":");
        shapes::write(&self.delivery.parts().offer.shapes(&live.shared), out);
        Ok(())
    }

    /// A piece of another entry, inside a JSON string. Nothing, where it isn't published any more.
    fn embed(
        &mut self,
        (target, piece): (EntryId, &str),
        (shape, block): (Shape, bool),
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
        let Some((entry, locale)) = self.served(target)? else { return Ok(()) };
        let pieces = self.delivery.pieces(entry.id, &locale)?;
        let Some(made) = pieces.0.get(piece) else { return Ok(()) };
        let foreign = locale != *self.locale && shape == Shape::Html;
        let element = if block { "div" } else { "span" };
        if foreign {
            let dir = locale.direction().as_str();
            let start = format!("<{element} lang=\\\"{locale}\\\" dir=\\\"{dir}\\\">");
            out.extend_from_slice(start.as_bytes());
        }
        self.segments(made.for_place(shape, block), depth, out)?;
        if foreign {
            out.extend_from_slice(format!("</{element}>").as_bytes());
        }
        Ok(())
    }

    /// What shows in a text of a piece of another entry, as it is read; as it is now.
    pub(super) fn plain(&mut self, embedded: &Embedded) -> Result<String, ViewError> {
        let mut json = b"\"".to_vec();
        let piece = (embedded.entry, embedded.piece.as_str());
        self.embed(piece, (Shape::Html, embedded.block), DEPTH, &mut json)?;
        json.push(b'"');
        let html: String = serde_json::from_slice(&json).unwrap_or_default();
        Ok(markdown::plain_text(&html))
    }

    /// Writes the `data` object of an entry in one locale, but for its closing brace and the alternates, which
    /// only the entry itself has.
    pub(super) fn data(
        &mut self,
        entry: &LiveEntry,
        live: &LiveLocale,
        wanted: Wanted<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        let locale = self.locale;
        let agency = self.site.agencies.get(&entry.agency).map(|agency| {
            let chain = self.site.chain(locale, &entry.source_locale);
            let own = chain.iter().find_map(|locale| agency.names.get(locale));
            let name = own
                .or_else(|| agency.names.values().next())
                .map_or(agency.key.as_str(), String::as_str);
            AgencyShape { id: entry.agency, key: &agency.key, name }
        });
        shapes::write_open(&HeadShape::of(entry, locale, live, agency), out);
        let reader = self.delivery.reader();
        let mut forms = Vec::with_capacity(2);
        for part in [Part::Locale(locale.clone()), Part::Shared] {
            let key = (entry.id, part);
            let short = reader.get(&tables::FORMS, &key)?.unwrap_or_default();
            let long = match wanted {
                Wanted::Short => Form::default(),
                Wanted::All | Wanted::Named(_) => {
                    reader.get(&tables::LONG_FIELDS, &key)?.unwrap_or_default()
                }
            };
            forms.push((short, long));
        }
        if let [(own, _), (shared, _)] = forms.as_slice() {
            self.told = told(own, shared, live.withheld());
        }
        dates(forms.last().map(|(shared, _)| shared), out);
        out.extend_from_slice(b",\"fields\":{");
        let mut first = true;
        for (short, long) in &forms {
            self.fields((short, long), (wanted, live.withheld()), &mut first, out)?;
        }
        out.extend_from_slice(b"},\"translation\":");
        shapes::write(&TranslationShape::of(entry, locale), out);
        Ok(())
    }
}

/// What a page in its language says of the assets in its shared fields.
fn told(own: &Form, shared: &Form, withheld: &[FieldName]) -> BTreeMap<FieldName, Own> {
    let describing = shared.fields.iter().flat_map(|field| &field.value).filter_map(|segment| {
        let Segment::Asset { described_by, .. } = segment else { return None };
        described_by.as_ref().filter(|name| !withheld.contains(name))
    });
    let said = describing.filter_map(|name| {
        let field = own.fields.iter().find(|field| field.name == *name)?;
        let [Segment::Ready(json)] = field.value.as_slice() else { return None };
        Some((name.clone(), serde_json::from_str(json).ok()?))
    });
    said.collect()
}

/// The dates of the entry as a whole, which are shared fields and stand beside the others, too.
fn dates(shared: Option<&Form>, out: &mut Vec<u8>) {
    for name in ["reviewed_at", "review_due"] {
        let mut fields = shared.iter().flat_map(|form| &form.fields);
        let field = fields.find(|field| field.name.as_str() == name);
        let ready = field.map_or("null", |field| match field.value.as_slice() {
            [Segment::Ready(text)] => text.as_str(),
            _ => "null",
        });
        out.extend_from_slice(format!(",\"{name}\":{ready}").as_bytes());
    }
}

/// The address of an entry in one locale.
pub fn href(type_name: &crate::id::TypeName, slug: &str, locale: &Locale) -> String {
    format!("/v1/entries/{type_name}/{}?locale={locale}", pieces::percent_encoded(slug))
}
