//! What of a page can be found: its text as readers see it, with what other entries show in it.
//!
//! It is taken from the forms, which hold nothing but what is published: what the schema gives a search
//! weight, and of a type with contacts their names and numbers. Embeds are filled as a reader's page
//! fills them, and the entries that were looked at are told, so that the page is indexed again when one
//! of them changes.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::delivery::{
    form::{Form, FormField, Segment, Shape},
    live::{LiveEntry, LiveLocale},
    pieces::{self, Embeddable},
    tables::{self, Delivery},
};
use crate::{
    content_type::{ContentType, Field, FieldKind},
    event::Part,
    id::EntryId,
    locale::{Locale, Locales},
    markdown,
    search::{FormText, Passage},
    store::view::{Reader, ViewError},
};

/// How deep embeds may lie within embeds, as for readers.
const DEPTH: usize = 4;

/// Collects the text of one entry in one locale.
pub(super) struct Collector<'a> {
    reader: &'a Reader<Delivery>,
    locales: &'a Locales,
    locale: &'a Locale,
    text: FormText,
    /// The entries whose pieces were looked for.
    shown: BTreeSet<EntryId>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        reader: &'a Reader<Delivery>,
        locales: &'a Locales,
        locale: &'a Locale,
    ) -> Self {
        Self { reader, locales, locale, text: FormText::default(), shown: BTreeSet::new() }
    }

    /// The text, and the entries that show in it.
    pub(super) fn collect(
        mut self,
        entry: &LiveEntry,
        content_type: &ContentType,
    ) -> Result<(FormText, BTreeSet<EntryId>), ViewError> {
        for part in [Part::Locale(self.locale.clone()), Part::Shared] {
            let key = (entry.id, part);
            let mut fields = Vec::new();
            for table in [&tables::FORMS, &tables::LONG_FIELDS] {
                fields.extend(self.reader.get(table, &key)?.unwrap_or_default().fields);
            }
            fields.sort_by(|a, b| a.name.cmp(&b.name));
            self.form(&Form { fields }, content_type)?;
        }
        if pieces::gives_more(content_type) {
            self.contacts(entry)?;
        }
        Ok((self.text, self.shown))
    }

    fn form(&mut self, form: &Form, content_type: &ContentType) -> Result<(), ViewError> {
        for FormField { name, value, .. } in &form.fields {
            let Some(field) = content_type.field(name) else { continue };
            if field.weight.is_none() && !field.pins {
                continue;
            }
            let mut json = Vec::new();
            self.fill(value, DEPTH, &mut json)?;
            match (&field.kind, field.weight) {
                (FieldKind::Markdown, Some(weight)) => self.markdown(&json, weight),
                _ => self.plain(&json, field),
            }
        }
        Ok(())
    }

    /// A field's JSON as the page has it, but for what only its Markdown shows.
    fn fill(
        &mut self,
        segments: &[Segment],
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ViewError> {
        for segment in segments {
            match segment {
                Segment::Ready(text) => out.extend_from_slice(text.as_bytes()),
                Segment::References { .. } => out.extend_from_slice(b"null"),
                Segment::Embed { shape: Shape::Markdown, .. } => {}
                Segment::Embed { target, piece, shape: Shape::Html, block } => {
                    let Some(depth) = depth.checked_sub(1) else { continue };
                    let piece = self.piece(*target, piece.as_deref().unwrap_or(""))?;
                    if let Some(piece) = piece {
                        self.fill(piece.for_place(Shape::Html, *block), depth, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What is shown here of another entry, in the locale that serves.
    fn piece(&mut self, target: EntryId, name: &str) -> Result<Option<Embeddable>, ViewError> {
        self.shown.insert(target);
        let Some(entry) = self.reader.get(&tables::ENTRIES, &target)? else { return Ok(None) };
        let chain = self.locales.chain(self.locale, &entry.source_locale);
        let served =
            |locale: &Locale| -> Option<LiveLocale> { entry.published_in(locale).cloned() };
        let found = chain.iter().find_map(|locale| Some((locale, served(locale)?)));
        let Some((locale, live)) = found else { return Ok(None) };
        let made = self.reader.get(&tables::PIECES, &(target, locale.clone()))?;
        let made = made.and_then(|mut pieces| pieces.0.remove(name));
        Ok(made.or_else(|| {
            name.is_empty().then(|| pieces::link(target, &entry.type_name, locale, &live))
        }))
    }

    /// The card of an entry with contacts, which is what its own page shows of them.
    fn contacts(&mut self, entry: &LiveEntry) -> Result<(), ViewError> {
        let made = self.reader.get(&tables::PIECES, &(entry.id, self.locale.clone()))?;
        if let Some(card) = made.and_then(|mut pieces| pieces.0.remove("")) {
            let mut html = b"\"".to_vec();
            self.fill(card.for_place(Shape::Html, true), DEPTH, &mut html)?;
            html.push(b'"');
            let html: String = serde_json::from_slice(&html).unwrap_or_default();
            self.add(1, &markdown::plain_text(&html));
        }
        Ok(())
    }

    fn markdown(&mut self, json: &[u8], weight: u8) {
        #[derive(Deserialize, Default)]
        struct Ready {
            html: String,
            headings: Vec<Heading>,
        }
        #[derive(Deserialize)]
        struct Heading {
            text: String,
        }
        let ready: Ready = serde_json::from_slice(json).unwrap_or_default();
        self.text.headings.extend(ready.headings.into_iter().map(|heading| heading.text));
        self.add(weight, &markdown::plain_text(&ready.html));
    }

    fn plain(&mut self, json: &[u8], field: &Field) {
        let value: Value = serde_json::from_slice(json).unwrap_or_default();
        let mut leaves = Vec::new();
        texts(&value, &mut leaves);
        if let Some(weight) = field.weight {
            // The title is there already: every form has one.
            let is_title = field.name.as_str() == crate::filter::TITLE;
            for leaf in leaves.iter().filter(|_| !is_title) {
                self.add(weight, leaf);
            }
        }
        if field.pins {
            self.text.pins.extend(leaves.into_iter().map(str::to_owned));
        }
    }

    fn add(&mut self, weight: u8, text: &str) {
        let passages = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let passages = passages.map(|text| Passage { weight, text: text.to_owned() });
        self.text.passages.extend(passages);
    }
}

/// All texts in a value, in order.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
