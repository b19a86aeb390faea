//! Segments: the smallest stretches of an entry's texts that are translated one by one.
//!
//! A field's text is cut into segments and the frame between them (marks of lists and headings, blank
//! lines); joined again they are the text, byte for byte. What is not to be translated, such as code or
//! an embed alone on its line, is a segment too: a change of it concerns the translations. Pure; how
//! Markdown is cut is `markdown`'s business, and is handed in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    content_type::{ContentType, Field, FieldKind},
    event::Fields,
    id::FieldName,
    violation::pointer_step,
};

pub mod align;
pub mod assemble;
pub mod code;
pub mod facts;
pub mod ids;
pub mod pairs;
pub mod record;

pub use self::record::{Origin, Override, SegmentId, SegmentRecord, SegmentState};

/// What a segment is in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// A heading.
    Heading,
    /// A paragraph.
    Paragraph,
    /// A paragraph of a list's item.
    ListItem,
    /// A paragraph of a quotation or an alert.
    Quote,
    /// A cell of a table.
    Cell,
    /// What is said of an image that stands alone.
    ImageAlt,
    /// The title of such an image.
    ImageTitle,
    /// A block of HTML, tags included.
    Html,
    /// A block of code: not translated.
    Code,
    /// What else has a meaning between the others, such as the address that a link's label stands for.
    Other,
    /// A text that is no Markdown.
    Plain,
    /// A value that is no text, such as a date or an address.
    Value,
}

impl SegmentKind {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heading => "heading",
            Self::Paragraph => "paragraph",
            Self::ListItem => "list_item",
            Self::Quote => "quote",
            Self::Cell => "cell",
            Self::ImageAlt => "image_alt",
            Self::ImageTitle => "image_title",
            Self::Html => "html",
            Self::Code => "code",
            Self::Other => "other",
            Self::Plain => "plain",
            Self::Value => "value",
        }
    }

    /// Whether its text is Markdown.
    pub const fn is_markdown(self) -> bool {
        !matches!(self, Self::Plain | Self::Value | Self::Code)
    }
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: SegmentKind,
    /// Its text. Lines after the first are without what they stand behind, such as the marks of a quotation.
    pub text: String,
    /// What each line after the first stands behind.
    pub prefix: String,
}

impl Segment {
    /// A stretch of text as it stands.
    pub fn new(kind: SegmentKind, text: &str) -> Self {
        Self { kind, text: text.to_owned(), prefix: String::new() }
    }

    /// As it stands in the field.
    fn joined(&self) -> String {
        self.text.replace('\n', &format!("\n{}", self.prefix))
    }

    /// The digest by which a translation remembers the text.
    pub fn digest(&self) -> SegmentDigest {
        SegmentDigest::of(&self.text)
    }
}

/// A piece of a text that was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What stands between segments.
    Frame(String),
    /// A segment.
    Segment(Segment),
}

/// A text, cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cut(pub Vec<Piece>);

impl Cut {
    /// A text that is one segment.
    pub fn whole(kind: SegmentKind, text: &str) -> Self {
        Self(vec![Piece::Segment(Segment::new(kind, text))])
    }

    /// The segments in order.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Segment(segment) => Some(segment),
            Piece::Frame(_) => None,
        })
    }

    /// The text: what was cut, byte for byte.
    pub fn join(&self) -> String {
        self.join_with(|_, segment| segment.text.clone())
    }

    /// The text with other words in its segments: `words` gives those of the segment at each place.
    pub fn join_with(&self, mut words: impl FnMut(usize, &Segment) -> String) -> String {
        let (mut text, mut place) = (String::new(), 0);
        for piece in &self.0 {
            match piece {
                Piece::Frame(frame) => text.push_str(frame),
                Piece::Segment(segment) => {
                    let said = Segment { text: words(place, segment), ..segment.clone() };
                    text.push_str(&said.joined());
                    place += 1;
                }
            }
        }
        text
    }
}

impl Cut {
    /// The headings that each segment stands under, from the outermost: one list for each segment, in order.
    pub fn headings(&self) -> Vec<Vec<&str>> {
        let (mut under, mut found): (Vec<(usize, &str)>, Vec<Vec<&str>>) = (Vec::new(), Vec::new());
        for (at, piece) in self.0.iter().enumerate() {
            let Piece::Segment(segment) = piece else { continue };
            let level = (segment.kind == SegmentKind::Heading).then(|| self.level(at));
            if let Some(level) = level {
                under.retain(|(above, _)| *above < level);
            }
            found.push(under.iter().map(|(_, text)| *text).collect());
            under.extend(level.map(|level| (level, segment.text.as_str())));
        }
        found
    }

    /// The level of a heading, from the marks before it or the line below it.
    fn level(&self, at: usize) -> usize {
        let frame = |at: Option<usize>| match at.and_then(|at| self.0.get(at)) {
            Some(Piece::Frame(frame)) => frame.as_str(),
            Some(Piece::Segment(_)) | None => "",
        };
        let before = frame(at.checked_sub(1)).trim_end();
        let marks = before.len() - before.trim_end_matches('#').len();
        if marks > 0 {
            return marks;
        }
        let below = frame(at.checked_add(1)).trim_start_matches(['\r', '\n', ' ', '>']);
        if below.starts_with('=') { 1 } else { 2 }
    }
}

/// The beginning of the SHA-256 of a segment's text, in which white space of any kind is one space: text that is
/// only wrapped otherwise is the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SegmentDigest([u8; 16]);

/// The text is no digest of a segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the digest of a segment: {0}")]
pub struct BadDigest(String);

impl SegmentDigest {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        let mut hasher = Sha256::new();
        for (at, word) in text.split_whitespace().enumerate() {
            if at > 0 {
                hasher.update(b" ");
            }
            hasher.update(word);
        }
        let mut digest = [0; 16];
        for (to, from) in digest.iter_mut().zip(hasher.finalize()) {
            *to = from;
        }
        Self(digest)
    }
}

impl fmt::Display for SegmentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SegmentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentDigest({self})")
    }
}

impl FromStr for SegmentDigest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let mut digest = [0; 16];
        hex::decode_to_slice(text, &mut digest).map_err(|_| BadDigest(text.to_owned()))?;
        Ok(Self(digest))
    }
}

impl TryFrom<String> for SegmentDigest {
    type Error = BadDigest;

    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl From<SegmentDigest> for String {
    fn from(digest: SegmentDigest) -> Self {
        digest.to_string()
    }
}

/// A segment of an entry, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The field.
    pub field: FieldName,
    /// The text of the field that it is in, as a JSON Pointer into the fields.
    pub pointer: String,
    /// Its place among the segments of that text.
    pub place: usize,
    /// The segment.
    pub segment: Segment,
}

/// How Markdown is cut.
pub type Cutter = fn(&str) -> Cut;

/// A text of an entry, cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutText {
    /// The field that it is in.
    pub field: FieldName,
    /// Where, as a JSON Pointer into the fields.
    pub pointer: String,
    /// The text.
    pub cut: Cut,
}

/// All that is translated of a part's fields, in the order of the fields' names: each text, cut. Readers' own
/// questions are left out, since each language has its own.
pub fn cut_fields(content_type: &ContentType, fields: &Fields, markdown: Cutter) -> Vec<CutText> {
    let mut found = Vec::new();
    for (name, value) in fields {
        let Some(field) = content_type.field(name).filter(|field| field.localized && !field.pins)
        else {
            continue;
        };
        let kind = kind_of(field);
        cut_value(value, &pointer_step(name), &mut |pointer, text| {
            let cut = match kind {
                None => markdown(text),
                Some(kind) => Cut::whole(kind, text),
            };
            found.push(CutText { field: name.clone(), pointer: pointer.to_owned(), cut });
        });
    }
    found
}

/// The segments of a part's fields, in order.
pub fn units(content_type: &ContentType, fields: &Fields, markdown: Cutter) -> Vec<Unit> {
    let texts = cut_fields(content_type, fields, markdown);
    let of_text = |text: CutText| {
        let CutText { field, pointer, cut } = text;
        let segments: Vec<_> = cut.segments().cloned().collect();
        segments.into_iter().enumerate().map(move |(place, segment)| Unit {
            field: field.clone(),
            pointer: pointer.clone(),
            place,
            segment,
        })
    };
    texts.into_iter().flat_map(of_text).collect()
}

/// What the texts of a field are; none for Markdown, which is cut further.
fn kind_of(field: &Field) -> Option<SegmentKind> {
    match field.kind {
        FieldKind::Markdown => None,
        FieldKind::Text | FieldKind::List { options: None } | FieldKind::Structured => {
            Some(SegmentKind::Plain)
        }
        FieldKind::Url
        | FieldKind::Enum { .. }
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::Boolean
        | FieldKind::Integer
        | FieldKind::Number
        | FieldKind::Reference { .. }
        | FieldKind::Asset { .. }
        | FieldKind::List { options: Some(_) } => Some(SegmentKind::Value),
    }
}

/// Hands on all that a value says, with its place.
fn cut_value(value: &Value, pointer: &str, take: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Null => {}
        Value::String(text) => take(pointer, text),
        Value::Bool(_) | Value::Number(_) => take(pointer, &value.to_string()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                cut_value(item, &format!("{pointer}/{index}"), take);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                cut_value(member, &format!("{pointer}{}", pointer_step(name)), take);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_digest_is_of_the_words_however_they_are_wrapped() {
        let digest = SegmentDigest::of("Call 112 now");
        assert_eq!(digest, SegmentDigest::of(" Call\n112  now"));
        assert_ne!(digest, SegmentDigest::of("Call 113 now"));
        assert_ne!(digest, SegmentDigest::of("Call 11 2 now"));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("12".parse::<SegmentDigest>().is_err());
    }

    #[test]
    fn all_that_is_localized_is_cut_but_for_readers_own_questions() {
        let shipped = crate::content_type::shipped();
        let file = shipped.iter().find(|(name, _)| name.as_str() == "guidance").unwrap().1;
        let guidance = ContentType::parse(&serde_json::from_str(file).unwrap()).unwrap();
        let fields: Fields = serde_json::from_value(json!({
            "title": "A *b*", "body": "One.\n\nTwo.", "steps": [{"title": "Stop", "text": "Now"}, {"title": "Go"}],
            "best_bets": ["how?"], "age_min": 3,
        }))
        .unwrap();
        let lines: Cutter = |text| {
            Cut(text
                .split("\n\n")
                .map(|text| Piece::Segment(Segment::new(SegmentKind::Paragraph, text)))
                .collect())
        };
        let found = units(&guidance, &fields, lines);
        let told: Vec<_> = found
            .iter()
            .map(|unit| (unit.pointer.as_str(), unit.place, unit.segment.text.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("/body", 0, "One."),
                ("/body", 1, "Two."),
                ("/steps/0/text", 0, "Now"),
                ("/steps/0/title", 0, "Stop"),
                ("/steps/1/title", 0, "Go"),
                ("/title", 0, "A *b*"),
            ]
        );
    }
}
