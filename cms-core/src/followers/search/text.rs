//! What of a page can be found: its own text, and where in it other entries show.
//!
//! It is taken from the forms, which hold nothing but what is published: what the schema gives a search
//! weight, and of a type with contacts their names and numbers. What other entries show there is no text of
//! the page's: a mark stands in its place. What the entry itself gives others to show is told besides, so
//! that pages are found by it.

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
    locale::Locale,
    markdown,
    search::{Embedded, FormText, Passage, Piece, PieceText},
    store::view::{Reader, ViewError},
};

/// The field of an entry with contacts that holds them.
const CHANNELS: &str = "channels";

/// Collects the text of one entry in one locale.
pub(super) struct Collector<'a> {
    reader: &'a Reader<Delivery>,
    locale: &'a Locale,
    text: FormText,
    shows: Vec<Embedded>,
}

/// What the index takes of an entry in one locale.
pub(super) struct Collected {
    /// Its text.
    pub(super) text: FormText,
    /// What shows in it.
    pub(super) shows: Vec<Embedded>,
    /// What it gives others to show.
    pub(super) gives: Vec<Piece>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(reader: &'a Reader<Delivery>, locale: &'a Locale) -> Self {
        Self { reader, locale, text: FormText::default(), shows: Vec::new() }
    }

    /// The text, what shows in it, and what it gives.
    pub(super) fn collect(
        mut self,
        entry: &LiveEntry,
        live: &LiveLocale,
        content_type: &ContentType,
    ) -> Result<Collected, ViewError> {
        for part in [Part::Locale(self.locale.clone()), Part::Shared] {
            let key = (entry.id, part);
            let mut fields = Vec::new();
            for table in [&tables::FORMS, &tables::LONG_FIELDS] {
                fields.extend(self.reader.get(table, &key)?.unwrap_or_default().fields);
            }
            fields.retain(|field| !live.withheld().contains(&field.name));
            fields.sort_by(|a, b| a.name.cmp(&b.name));
            self.form(&Form { fields, ..Form::default() }, content_type);
        }
        let made = self.reader.get(&tables::PIECES, &(entry.id, self.locale.clone()))?;
        let mut made = made.unwrap_or_default().0;
        if pieces::gives_more(content_type)
            && let Some(card) = made.get("")
        {
            // Its own page shows it, too.
            let html = self.html(card.for_place(Shape::Html, true));
            self.add(1, &markdown::plain_text(&html));
        }
        made.entry(String::new())
            .or_insert_with(|| pieces::link(entry.id, &entry.type_name, self.locale, live));
        let gives = made.into_iter().map(|(name, piece)| self.piece(name, &piece)).collect();
        Ok(Collected { text: self.text, shows: self.shows, gives })
    }

    /// A piece as others show it.
    fn piece(&self, name: String, piece: &Embeddable) -> Piece {
        let mut inner = Self::new(self.reader, self.locale);
        let mut text = |block: bool| {
            let html = inner.html(piece.for_place(Shape::Html, block));
            PieceText { text: markdown::plain_text(&html), numbers: dialled(&html) }
        };
        let (inline, block) = (text(false), text(true));
        Piece { name, inline, block, shows: inner.shows }
    }

    /// The insides of a JSON string as HTML, with marks where others show.
    fn html(&mut self, segments: &[Segment]) -> String {
        let mut json = b"\"".to_vec();
        self.fill(segments, &mut json);
        json.push(b'"');
        serde_json::from_slice(&json).unwrap_or_default()
    }

    fn form(&mut self, form: &Form, content_type: &ContentType) {
        for FormField { name, value, .. } in &form.fields {
            let Some(field) = content_type.field(name) else { continue };
            if name.as_str() == CHANNELS && pieces::has_card(content_type) {
                let mut json = Vec::new();
                self.fill(value, &mut json);
                self.numbers(&json);
            }
            if field.weight.is_none() && !field.pins {
                continue;
            }
            let mut json = Vec::new();
            self.fill(value, &mut json);
            match (&field.kind, field.weight) {
                (FieldKind::Markdown, Some(weight)) => self.markdown(&json, weight),
                _ => self.plain(&json, field),
            }
        }
    }

    /// A field's JSON as the page has it, with a mark where another entry shows, and without what only its
    /// Markdown shows.
    fn fill(&mut self, segments: &[Segment], out: &mut Vec<u8>) {
        for segment in segments {
            match segment {
                // A mark of the text's own would be taken for one of ours.
                Segment::Ready(text) if text.contains(|c| Embedded::place(c).is_some()) => {
                    let text = text.replace(|c| Embedded::place(c).is_some(), " ");
                    out.extend_from_slice(text.as_bytes());
                }
                Segment::Ready(text) => out.extend_from_slice(text.as_bytes()),
                Segment::References { .. } | Segment::Asset { .. } => {
                    out.extend_from_slice(b"null");
                }
                Segment::Figure { .. }
                | Segment::Described { .. }
                | Segment::Embed { shape: Shape::Markdown, .. } => {}
                Segment::Embed { target, piece, shape: Shape::Html, block } => {
                    let piece = piece.clone().unwrap_or_default();
                    let embedded = Embedded { entry: *target, piece, block: *block };
                    let known = self.shows.iter().position(|known| *known == embedded);
                    let place = known.unwrap_or(self.shows.len());
                    let Some(mark) = Embedded::mark(place) else { continue };
                    out.extend_from_slice(mark.encode_utf8(&mut [0; 4]).as_bytes());
                    if known.is_none() {
                        self.shows.push(embedded);
                    }
                }
            }
        }
    }

    /// The numbers of contacts as they are dialled: cards show them as they are read.
    fn numbers(&mut self, json: &[u8]) {
        #[derive(Deserialize)]
        struct Channel {
            e164: Option<String>,
            shortcode: Option<String>,
        }
        let channels: Vec<Channel> = serde_json::from_slice(json).unwrap_or_default();
        let numbers = channels.into_iter().flat_map(|channel| [channel.e164, channel.shortcode]);
        self.text.numbers.extend(numbers.flatten());
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
        self.text.numbers.extend(dialled(&ready.html));
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

/// The numbers that links of HTML dial.
fn dialled(html: &str) -> Vec<String> {
    let links =
        ["href=\"tel:", "href=\"sms:"].into_iter().flat_map(|link| html.split(link).skip(1));
    let numbers = links.filter_map(|rest| rest.split(['"', '?', ';']).next());
    numbers.map(str::to_owned).collect()
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
