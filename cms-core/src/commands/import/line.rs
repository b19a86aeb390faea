//! An import line: one revision of one part of an entry, as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{
    clock::Timestamp,
    event::Fields,
    id::{ExternalKey, FieldName, TypeName},
    locale::Locale,
    violation::{Violation, pointer_step},
};

/// The longest line that is read, in bytes.
pub const LINE_LIMIT: usize = 16 << 20;

/// A line, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The type of the entry.
    pub type_name: TypeName,
    /// The entry's key outside.
    pub key: ExternalKey,
    /// The language that the entry is written in.
    pub source_locale: Locale,
    /// The language of this revision.
    pub locale: Locale,
    /// Whether readers get it.
    pub is_published: bool,
    /// Its slug.
    pub slug: Option<String>,
    /// The fields that all locales share. References are `key:<external key>`.
    pub shared: Option<Fields>,
    /// The localized fields.
    pub fields: Fields,
    /// The digest of the source text that this is a translation of.
    pub translates: Option<String>,
    /// The date to show.
    pub updated_at: Option<Timestamp>,
    /// The key of the agency whose entry it is.
    pub agency: Option<ExternalKey>,
    /// SHA-256 of the line's content, however it was spaced and ordered.
    pub digest: String,
}

/// Locale tags that the caller replaces, such as `me-ME`, by what to read instead.
pub type LocaleMap = BTreeMap<String, Locale>;

impl Line {
    /// Reads a line, or says all that is wrong with it.
    ///
    /// # Errors
    /// The violations, with pointers into the line.
    pub fn parse(text: &str, locale_map: &LocaleMap) -> Result<Self, Vec<Violation>> {
        let value: Value = serde_json::from_str(text).map_err(malformed)?;
        let digest = hex::encode(Sha256::digest(value.to_string()));
        let Value::Object(mut members) = value else {
            return Err(vec![Violation::new("", "not_an_object")]);
        };
        let mut wrong = Vec::new();
        let mut reader = Reader { members: &mut members, wrong: &mut wrong };
        let locale = |text: &str| match locale_map.get(text) {
            Some(mapped) => Ok(mapped.clone()),
            None => Locale::parse(text).map_err(|_| "bad_locale"),
        };
        let type_name =
            reader.required("type", |text| TypeName::parse(text).map_err(|_| "bad_name"));
        let key = reader.required("key", |text| ExternalKey::parse(text).map_err(|_| "bad_key"));
        let source_locale = reader.required("source_locale", locale);
        let own_locale = reader.required("locale", locale);
        let is_published = reader.required("status", status_of);
        let slug = reader.optional("slug", |text| Ok(text.to_owned()));
        let translates = reader.optional("translates", digest_of);
        let updated_at = reader.optional("updated_at", |text| text.parse().map_err(|_| "bad_time"));
        let agency =
            reader.optional("agency", |text| ExternalKey::parse(text).map_err(|_| "bad_key"));
        let shared = reader.fields("shared");
        let fields = reader.fields("fields");
        wrong.extend(
            members.keys().map(|name| Violation::new(pointer_step(name), "unknown_member")),
        );
        if fields.is_none()
            && !wrong.iter().any(|violation| violation.pointer.starts_with("/fields"))
        {
            wrong.push(Violation::new("/fields", "required"));
        }
        match (type_name, key, source_locale, own_locale, is_published, fields) {
            (
                Some(type_name),
                Some(key),
                Some(source_locale),
                Some(locale),
                Some(is_published),
                Some(fields),
            ) if wrong.is_empty() => Ok(Self {
                type_name,
                key,
                source_locale,
                locale,
                is_published,
                slug,
                shared,
                fields,
                translates,
                updated_at,
                agency,
                digest,
            }),
            _ => Err(wrong),
        }
    }
}

fn malformed(error: serde_json::Error) -> Vec<Violation> {
    let place = Violation::new("", "malformed_json").with("line", error.line());
    vec![place.with("column", error.column())]
}

fn status_of(text: &str) -> Result<bool, &'static str> {
    match text {
        "published" => Ok(true),
        "draft" => Ok(false),
        _ => Err("bad_status"),
    }
}

fn digest_of(text: &str) -> Result<String, &'static str> {
    let is_digest =
        text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_digest { Ok(text.to_owned()) } else { Err("bad_digest") }
}

/// Takes members off a line, and notes what is wrong with them.
struct Reader<'a> {
    members: &'a mut Map<String, Value>,
    wrong: &'a mut Vec<Violation>,
}

impl Reader<'_> {
    fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        if self.members.get(name).is_none_or(Value::is_null) {
            self.members.remove(name);
            self.wrong.push(Violation::new(pointer_step(name), "required"));
            return None;
        }
        self.optional(name, parse)
    }

    fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match parse(&text) {
                Ok(value) => Some(value),
                Err(code) => {
                    let shown: String = text.chars().take(100).collect();
                    self.wrong.push(Violation::new(pointer_step(name), code).with("value", shown));
                    None
                }
            },
            Some(_) => {
                self.wrong.push(Violation::new(pointer_step(name), "not_a_string"));
                None
            }
        }
    }

    fn fields(&mut self, name: &str) -> Option<Fields> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(members)) => {
                let mut fields = Fields::new();
                for (field, value) in members {
                    match FieldName::parse(&field) {
                        Ok(field) => drop(fields.insert(field, value)),
                        Err(_) => self.wrong.push(
                            Violation::new(
                                pointer_step(name) + &pointer_step(&field),
                                "unknown_field",
                            )
                            .with("field", &field),
                        ),
                    }
                }
                Some(fields)
            }
            Some(_) => {
                self.wrong.push(Violation::new(pointer_step(name), "not_an_object"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<(String, String)> {
        let wrong = Line::parse(text, &LocaleMap::new()).unwrap_err();
        wrong.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    const GOOD: &str = r#"{"type":"guidance","key":"a","source_locale":"en","locale":"fr","status":"published",
        "fields":{"title":"T"},"updated_at":"2026-01-02T03:04:05Z"}"#;

    #[test]
    fn a_line_says_all_that_is_wrong_with_it() {
        let text =
            r#"{"type":"Guidance","locale":"??","status":"live","fields":[],"colour":"red"}"#;
        let pointers: Vec<_> = codes(text).into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(
            pointers,
            ["/type", "/key", "/source_locale", "/locale", "/status", "/fields", "/colour"]
        );
    }

    #[test]
    fn spacing_and_order_make_no_other_line() {
        let line = Line::parse(GOOD, &LocaleMap::new()).unwrap();
        let reordered: Value = serde_json::from_str(GOOD).unwrap();
        assert_eq!(Line::parse(&format!("{reordered:#}"), &LocaleMap::new()).unwrap(), line);
    }

    #[test]
    fn a_mapped_locale_is_read_as_the_caller_says() {
        let map = LocaleMap::from([("me-ME".to_owned(), Locale::parse("sr-ME").unwrap())]);
        let text = GOOD.replace("\"fr\"", "\"me-ME\"");
        assert_eq!(Line::parse(&text, &map).unwrap().locale.as_str(), "sr-ME");
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        assert_eq!(codes("{\"type\": }"), [(String::new(), "malformed_json".to_owned())]);
        assert_eq!(codes("[]"), [(String::new(), "not_an_object".to_owned())]);
    }
}
