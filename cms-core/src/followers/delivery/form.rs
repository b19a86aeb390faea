//! Forms: what readers get of a revision, made ready when it is published.
//!
//! A form is JSON with holes. Markdown is rendered and sanitised once, here; what comes from other
//! entries (a topic's title, a phone number) is a hole, which `queries` fills when the form is loaded,
//! with what is published at that moment. So nothing has to be made again when an embedded entry
//! changes, and no page can lag behind it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::links;

use crate::{
    asset::Own,
    content_type::{ContentType, FieldKind},
    embed::Piece,
    event::Fields,
    id::{EntryId, FieldName},
    locale::Locale,
    markdown,
    violation::pointer_step,
};

/// The fields of one part of an entry, ready but for their holes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Form {
    /// In the order of their names.
    pub fields: Vec<FormField>,
    /// The addresses of other sites that it links to. They are kept by themselves.
    #[serde(skip)]
    pub links: BTreeSet<String>,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// Its name.
    pub name: FieldName,
    /// Whether lists leave it out unless it is asked for.
    pub long: bool,
    /// Its JSON value.
    pub value: Vec<Segment>,
}

/// A stretch of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Segment {
    /// JSON text that goes out as it is.
    Ready(String),
    /// A JSON value: the entries referred to, as an array or as one object or null.
    References {
        /// Which.
        targets: Vec<EntryId>,
        /// Whether it is an array.
        many: bool,
    },
    /// A JSON value: an asset to be shown, as one object or null.
    Asset {
        /// Which.
        target: EntryId,
        /// What the use says in place of the asset's own words.
        own: Own,
        /// The field of the locale that says so for shared fields, which have no language.
        described_by: Option<FieldName>,
    },
    /// A stretch inside a JSON string of HTML or Markdown: an asset to be shown.
    Figure {
        /// Which.
        target: EntryId,
        /// As what.
        shape: Shape,
        /// Whether a block fits.
        block: bool,
    },
    /// A stretch inside a JSON string: a piece of another entry.
    Embed {
        /// Which entry.
        target: EntryId,
        /// Which of its pieces; the whole without one.
        piece: Option<String>,
        /// As what.
        shape: Shape,
        /// Whether a block fits.
        block: bool,
    },
    /// A stretch inside a JSON string of HTML or Markdown: an asset to be shown, with words of the text's own.
    Described {
        /// Which.
        target: EntryId,
        /// As what.
        shape: Shape,
        /// Whether a block fits.
        block: bool,
        /// What is seen in it.
        alt: String,
    },
}

/// What the text around an embed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shape {
    /// HTML, sanitised.
    Html,
    /// Markdown.
    Markdown,
}

/// What embed tokens stand for, by their canonical spelling.
pub type Embeds = BTreeMap<String, EntryId>;

/// Makes the form of one part's fields: of a locale, or of the shared ones, which have no language and so
/// no Markdown.
pub fn make(
    content_type: &ContentType,
    fields: &Fields,
    embeds: &Embeds,
    locale: Option<&Locale>,
) -> Form {
    let uses = uses(content_type, fields);
    let mut links = BTreeSet::new();
    let mut form_field = |(name, value): (&FieldName, &Value)| {
        let kind = content_type.field(name).map(|field| &field.kind);
        let mut writer =
            Writer { described_by: content_type.described_by(name), ..Writer::default() };
        match (kind, value, locale) {
            (Some(FieldKind::Markdown), Value::String(source), Some(locale)) => {
                links.extend(writer.markdown(source, embeds, locale));
            }
            (Some(FieldKind::Reference { many: true, .. }), Value::Array(_), _) => {
                let prefix = pointer_step(name) + "/";
                let of_field = uses.iter().filter(|(pointer, _)| pointer.starts_with(&prefix));
                let of_field = of_field.map(|(pointer, used)| (pointer, &used.target));
                writer.hole(Segment::References {
                    targets: in_order(of_field, value, name),
                    many: true,
                });
            }
            (Some(kind), _, _) => {
                if matches!(kind, FieldKind::Url | FieldKind::Structured) {
                    links::in_value(value, &mut links);
                }
                writer.value(value, &pointer_step(name), &uses, &Own::default());
            }
            // A field that the type no longer has is not delivered.
            (None, _, _) => return None,
        }
        let long = matches!(kind, Some(FieldKind::Markdown));
        Some(FormField { name: name.clone(), long, value: writer.finish() })
    };
    let fields = fields.iter().filter_map(&mut form_field).collect();
    Form { fields, links }
}

/// An entry that is referred to, or an asset that is shown.
struct Used {
    target: EntryId,
    is_asset: bool,
}

/// What is used, by pointer.
type Uses = BTreeMap<String, Used>;

/// The entries referred to and the assets shown, by pointer.
fn uses(content_type: &ContentType, fields: &Fields) -> Uses {
    let references = content_type.references(fields);
    references
        .into_iter()
        .filter_map(|reference| {
            let used = Used { target: reference.value.parse().ok()?, is_asset: reference.is_asset };
            Some((reference.pointer, used))
        })
        .collect()
}

/// The targets of a list of references, in the list's own order.
fn in_order<'a>(
    found: impl Iterator<Item = (&'a String, &'a EntryId)>,
    list: &Value,
    name: &FieldName,
) -> Vec<EntryId> {
    let by_pointer: BTreeMap<_, _> = found.collect();
    let length = list.as_array().map_or(0, Vec::len);
    (0..length)
        .filter_map(|index| {
            by_pointer.get(&format!("{}/{index}", pointer_step(name))).map(|id| **id)
        })
        .collect()
}

/// The inside of a JSON string that says this text.
pub fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// Turns rendered pieces into segments of a JSON string. An embed that stands for nothing is left out.
pub(super) fn segments(pieces: &[Piece], embeds: &Embeds, shape: Shape) -> Vec<Segment> {
    let mut writer = Writer::default();
    writer.pieces(pieces, embeds, shape);
    writer.finish()
}

/// Collects ready text and holes.
#[derive(Default)]
struct Writer {
    ready: String,
    segments: Vec<Segment>,
    /// The field that describes an asset in this one.
    described_by: Option<FieldName>,
}

impl Writer {
    fn hole(&mut self, segment: Segment) {
        if !self.ready.is_empty() {
            self.segments.push(Segment::Ready(std::mem::take(&mut self.ready)));
        }
        self.segments.push(segment);
    }

    fn finish(mut self) -> Vec<Segment> {
        if !self.ready.is_empty() {
            self.segments.push(Segment::Ready(self.ready));
        }
        self.segments
    }

    /// What stands for a use: with `own`, what stands beside it says of an asset.
    fn used(&mut self, used: &Used, own: &Own) {
        let Used { target, is_asset } = *used;
        if is_asset {
            let described_by = self.described_by.clone();
            self.hole(Segment::Asset { target, own: own.clone(), described_by });
        } else {
            self.hole(Segment::References { targets: vec![target], many: false });
        }
    }

    /// A value in which some strings, by their pointers, are references and assets; `own` is what the object
    /// that it is a member of says of an asset.
    fn value(&mut self, value: &Value, pointer: &str, uses: &Uses, own: &Own) {
        match value {
            Value::String(_) if uses.contains_key(pointer) => {
                if let Some(used) = uses.get(pointer) {
                    self.used(used, own);
                }
            }
            Value::Array(items) => {
                self.ready.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.ready.push(',');
                    }
                    self.value(item, &format!("{pointer}/{index}"), uses, &Own::default());
                }
                self.ready.push(']');
            }
            Value::Object(members) => {
                self.ready.push('{');
                let own = Own::of(members);
                for (index, (name, member)) in members.iter().enumerate() {
                    if index > 0 {
                        self.ready.push(',');
                    }
                    self.ready.push_str(&Value::from(name.as_str()).to_string());
                    self.ready.push(':');
                    self.value(member, &(pointer.to_owned() + &pointer_step(name)), uses, &own);
                }
                self.ready.push('}');
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.ready.push_str(&value.to_string());
            }
        }
    }

    /// A Markdown field: the Markdown, its HTML, its headings and its reading time.
    /// Gives where it links to.
    fn markdown(&mut self, source: &str, embeds: &Embeds, locale: &Locale) -> Vec<String> {
        let rendered = markdown::rendered(source, locale);
        self.ready.push_str("{\"markdown\":\"");
        self.pieces(&rendered.markdown, embeds, Shape::Markdown);
        self.ready.push_str("\",\"html\":\"");
        self.pieces(&rendered.html, embeds, Shape::Html);
        self.ready.push_str("\",\"headings\":");
        let headings: Vec<_> = rendered
            .headings
            .iter()
            .map(|heading| serde_json::json!({"level": heading.level, "id": heading.id, "text": heading.text}))
            .collect();
        self.ready.push_str(&Value::from(headings).to_string());
        self.ready.push_str(",\"reading_minutes\":");
        self.ready.push_str(&rendered.reading_minutes.to_string());
        self.ready.push('}');
        let outward = rendered.links.iter().filter(|url| links::is_outward(url));
        outward.cloned().collect()
    }

    fn pieces(&mut self, pieces: &[Piece], embeds: &Embeds, shape: Shape) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.ready.push_str(&escaped(text)),
                Piece::Embed { token, block } => {
                    if let Some(target) = embeds.get(&token.to_string()) {
                        let (target, piece, block) = (*target, token.piece.clone(), *block);
                        self.hole(match token.alt.clone() {
                            Some(alt) => Segment::Described { target, shape, block, alt },
                            None => Segment::Embed { target, piece, shape, block },
                        });
                    }
                }
            }
        }
    }
}
