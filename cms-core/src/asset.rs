//! Assets: what an upload gave, what editors say of it, and what a use of it says instead. Pure.
//!
//! An asset is an entry of the shipped type `asset`. Its shared fields hold what the upload gave, which nobody sets by
//! hand, and what is the same in all languages; its localized fields hold the words.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    event::Fields,
    id::FieldName,
    violation::{Violation, pointer_step},
};

/// The content type's name.
pub const TYPE: &str = "asset";

/// The shared fields that an upload gives.
pub const GIVEN: [&str; 10] = [
    "bytes",
    "digest",
    "dominant_colour",
    "frames",
    "has_alpha",
    "height",
    "media_type",
    "name",
    "placeholder",
    "width",
];

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 100;

/// What an upload gave. Pictures have all of it, other files no size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// SHA-256 of the bytes that are kept, in hexadecimal.
    pub digest: String,
    /// What they are.
    pub media_type: String,
    /// How many there are.
    pub bytes: u64,
    /// What the file is called, for whoever saves it.
    pub name: String,
    /// Pixels from left to right.
    #[serde(default)]
    pub width: Option<u32>,
    /// Pixels from top to bottom.
    #[serde(default)]
    pub height: Option<u32>,
    /// Pictures in it, one after the other.
    #[serde(default)]
    pub frames: Option<u32>,
    /// Whether one sees through some of it.
    #[serde(default)]
    pub has_alpha: bool,
    /// The colour to show before it is there, such as `#336699`.
    #[serde(default)]
    pub dominant_colour: Option<String>,
    /// A very small picture to show before it is there: a `ThumbHash` in base64.
    #[serde(default)]
    pub placeholder: Option<String>,
}

/// A point of a picture, in shares of its width and height from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// From the left, 0 to 1.
    pub x: f32,
    /// From the top, 0 to 1.
    pub y: f32,
}

/// A part of a picture, in shares of its width and height from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Its left edge, 0 to 1.
    pub x: f32,
    /// Its upper edge, 0 to 1.
    pub y: f32,
    /// Its width, 0 to 1.
    pub width: f32,
    /// Its height, 0 to 1.
    pub height: f32,
}

/// What is the same of an asset in all languages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// What the upload gave.
    pub facts: Facts,
    /// The point that stays in sight however it is cut.
    pub focal_point: Option<Point>,
    /// The part that is shown at all.
    pub crop: Option<Area>,
    /// Whether it says nothing, so that there is nothing to describe.
    pub decorative: bool,
}

/// The words about an asset in one language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Texts {
    /// What is seen in it, for who can't see it.
    pub alt: Option<String>,
    /// What stands below it.
    pub caption: Option<String>,
    /// Whose work it is.
    pub credit: Option<String>,
    /// What may be done with it.
    pub licence: Option<String>,
    /// What to warn of before it is shown.
    pub content_warning: Option<String>,
}

/// What a use of an asset says in place of the asset's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Own {
    /// What is seen in it, as far as it matters here.
    pub alt: Option<String>,
    /// What stands below it here.
    pub caption: Option<String>,
    /// Whether it says nothing here.
    pub decorative: bool,
}

/// The members of an object, or the fields, of which a use's words are read.
pub const OWN: [&str; 3] = ["alt", "caption", "decorative"];

impl Own {
    /// What the members of an object beside an asset say of it.
    pub fn of(members: &Map<String, Value>) -> Self {
        let text = |name: &str| said(members.get(name));
        Self {
            alt: text("alt"),
            caption: text("caption"),
            decorative: members.get("decorative") == Some(&Value::Bool(true)),
        }
    }

    /// Whether the asset needs no description of its own for this use.
    pub fn describes(&self) -> bool {
        self.decorative || self.alt.is_some()
    }
}

impl Shared {
    /// What an asset's shared fields say; `None` before there was an upload.
    pub fn of(fields: &Fields) -> Option<Self> {
        let given: Map<String, Value> = GIVEN
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), field(fields, name)?.clone())))
            .collect();
        let read = |name: &str| field(fields, name).cloned();
        Some(Self {
            facts: serde_json::from_value(Value::Object(given)).ok()?,
            focal_point: read("focal_point").and_then(|value| serde_json::from_value(value).ok()),
            crop: read("crop").and_then(|value| serde_json::from_value(value).ok()),
            decorative: field(fields, "decorative") == Some(&Value::Bool(true)),
        })
    }
}

impl Texts {
    /// What an asset's fields in a locale say.
    pub fn of(fields: &Fields) -> Self {
        let text = |name: &str| said(field(fields, name));
        Self {
            alt: text("alt"),
            caption: text("caption"),
            credit: text("credit"),
            licence: text("licence"),
            content_warning: text("content_warning"),
        }
    }
}

impl Facts {
    /// The shared fields that say this.
    pub fn fields(&self) -> Fields {
        let written = match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            Ok(_) | Err(_) => Map::new(),
        };
        let is_said = |value: &Value| !value.is_null() && *value != Value::Bool(false);
        written
            .into_iter()
            .filter(|(_, value)| is_said(value))
            .filter_map(|(name, value)| Some((FieldName::parse(&name).ok()?, value)))
            .collect()
    }

    /// Whether it is looked at.
    pub fn is_picture(&self) -> bool {
        self.media_type.starts_with("image/")
    }
}

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A text that isn't blank.
fn said(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// What keeps an asset from being published in a locale: that nobody described it there.
pub fn check_publication(localized: &Fields, shared: &Fields) -> Option<Violation> {
    let is_picture = Shared::of(shared).is_none_or(|shared| shared.facts.is_picture());
    let is_described = said(field(localized, "alt")).is_some();
    let is_decorative = field(shared, "decorative") == Some(&Value::Bool(true));
    (is_picture && !is_described && !is_decorative).then(|| Violation::new("/alt", "alt_missing"))
}

/// What of shared fields an editor has set that only an upload gives.
pub fn check_given(before: &Fields, after: &Fields) -> Vec<Violation> {
    let changed = GIVEN.iter().filter(|name| field(before, name) != field(after, name));
    changed
        .map(|name| Violation::new(pointer_step(name), "asset_given").with("field", name))
        .collect()
}

/// The name of a file as it is kept: without folders, without what is no letter, figure, `-`, `_` or `.`, and with the
/// ending of what it is.
///
/// ```
/// use cms_core::asset::file_name;
///
/// assert_eq!(file_name("C:\\photos\\On the pier.JPEG", "jpg"), "On-the-pier.jpg");
/// assert_eq!(file_name("../../etc/passwd", "png"), "passwd.png");
/// assert_eq!(file_name("\u{202e}gpj.exe", "webp"), "gpj.webp");
/// assert_eq!(file_name("..", "gif"), "file.gif");
/// ```
pub fn file_name(given: &str, extension: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let mut kept = String::new();
    for letter in stem.chars().take(10 * LONGEST_NAME) {
        let is_good = letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if is_good {
            kept.push(letter);
        } else if !kept.ends_with('-') && !is_unseen(letter) {
            kept.push('-');
        }
    }
    let kept: String = kept.trim_matches(['-', '.']).chars().take(LONGEST_NAME).collect();
    let stem = if kept.is_empty() { "file" } else { &kept };
    format!("{}.{extension}", stem.trim_end_matches(['-', '.']))
}

/// What a person sees of the name of a file: for a title to begin with.
pub fn title_of(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    stem.replace(['-', '_'], " ")
}

/// Marks of joining and of direction, and controls: nobody sees that they are gone.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        serde_json::from_value(value).unwrap()
    }

    fn facts() -> Facts {
        Facts {
            digest: "ab".repeat(32),
            media_type: "image/png".to_owned(),
            bytes: 7,
            name: "a.png".to_owned(),
            width: Some(2),
            height: Some(3),
            frames: Some(1),
            has_alpha: false,
            dominant_colour: None,
            placeholder: None,
        }
    }

    #[test]
    fn what_an_upload_gave_is_written_and_read_again() {
        let facts = facts();
        assert_eq!(Shared::of(&facts.fields()).unwrap().facts, facts);
        assert_eq!(Shared::of(&Fields::new()), None);
    }

    #[test]
    fn a_picture_needs_a_description_unless_it_says_nothing() {
        let mut shared = facts().fields();
        let told = |localized: Value, shared: &Fields| {
            check_publication(&fields(localized), shared).map(|wrong| wrong.pointer)
        };
        assert_eq!(told(json!({"title": "a"}), &shared).as_deref(), Some("/alt"));
        assert_eq!(told(json!({"alt": "  "}), &shared).as_deref(), Some("/alt"));
        assert_eq!(told(json!({"alt": "A pier."}), &shared), None);
        shared.extend(fields(json!({"decorative": true})));
        assert_eq!(told(json!({}), &shared), None);
        let file = Facts { media_type: "application/pdf".to_owned(), ..facts() };
        assert_eq!(told(json!({}), &file.fields()), None);
    }

    #[test]
    fn what_an_upload_gave_is_nobodys_to_change() {
        let before = facts().fields();
        let mut after = before.clone();
        after.extend(fields(json!({"decorative": true, "bytes": 8})));
        after.remove("width");
        let wrong: Vec<_> = check_given(&before, &after).into_iter().map(|it| it.pointer).collect();
        assert_eq!(wrong, ["/bytes", "/width"]);
    }

    #[test]
    fn names_are_words_whatever_was_sent() {
        for (given, kept) in [
            ("a b.png", "a-b.png"),
            ("/tmp/x/../y.tar.gz", "y.tar.png"),
            ("a\0b\u{7}.png", "ab.png"),
            ("写真 1.heic", "写真-1.png"),
            (".htaccess", "file.png"),
            ("<script>.svg", "script.png"),
            ("", "file.png"),
        ] {
            assert_eq!(file_name(given, "png"), kept, "{given:?}");
        }
        assert!(file_name(&"é".repeat(5_000), "png").chars().count() <= LONGEST_NAME + 4);
        assert_eq!(title_of("on-the_pier.png"), "on the pier");
    }
}
