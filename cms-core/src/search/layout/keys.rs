//! What forms are looked up by: terms of one field, each with a letter in front for what it is about.

use super::{Coded, Kind};
use crate::{
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
    search::{Embedded, analysis::LanguageKey},
};

/// The forms of a type that serve a locale, or, when `exact`, that are written in it.
pub(in crate::search) fn scope(type_name: &TypeName, locale: &Locale, exact: bool) -> Vec<u8> {
    let tag = if exact { b'o' } else { b's' };
    key(tag, &[type_name.as_str().as_bytes(), locale.as_str().as_bytes()])
}

/// The forms of an entry.
pub(in crate::search) fn entry(entry: EntryId) -> Vec<u8> {
    key(b'e', &[entry.as_bytes()])
}

/// The forms with a slug.
pub(in crate::search) fn slug(slug: &str) -> Vec<u8> {
    key(b'u', &[slug.as_bytes()])
}

/// The forms with any value in a field.
pub(in crate::search) fn exists(field: &FieldName) -> Vec<u8> {
    key(b'x', &[field.as_str().as_bytes()])
}

/// The forms with this value in a field.
pub(in crate::search) fn value(field: &FieldName, kind: Kind, value: &Coded<'_>) -> Vec<u8> {
    let tag = match kind {
        Kind::Keyword => b'k',
        Kind::Integer => b'i',
        Kind::Number => b'n',
        Kind::Time => b't',
    };
    match value {
        Coded::Text(text) => key(tag, &[field.as_str().as_bytes(), text.as_bytes()]),
        Coded::Number(number) => key(tag, &[field.as_str().as_bytes(), &number.to_be_bytes()]),
    }
}

/// The forms of a locale in whose text a piece of an entry shows.
pub(in crate::search) fn shows(locale: &Locale, embedded: &Embedded) -> Vec<u8> {
    let Embedded { entry, piece, block } = embedded;
    key(b'm', &[entry.as_bytes(), locale.as_str().as_bytes(), piece.as_bytes(), place(*block)])
}

/// What [`shows`] and [`within`] begin with.
pub(in crate::search) const SHOWN: [[u8; 1]; 2] = [[b'm'], [b'n']];

/// The forms that give readers of a locale a piece in which a piece of another entry shows; the outer piece's
/// name comes behind.
pub(in crate::search) fn within(locale: &Locale, embedded: &Embedded) -> Vec<u8> {
    let Embedded { entry, piece, block } = embedded;
    let (locale, piece) = (locale.as_str().as_bytes(), piece.as_bytes());
    key(b'n', &[entry.as_bytes(), locale, piece, place(*block), b""])
}

/// A [`within`] whose outer piece's name is behind it, without that.
pub(in crate::search) fn without_name(key: &[u8]) -> &[u8] {
    let end = key.iter().rposition(|byte| *byte == 0).map_or(key.len(), |at| at + 1);
    key.get(..end).unwrap_or(key)
}

/// The forms that give readers of a locale a piece with a word or a number in it; the piece's name and where
/// it has that come behind.
pub(in crate::search) fn gives(locale: &Locale, given: Given<'_>) -> Vec<u8> {
    let (tag, text) = match given {
        Given::Word(term) => (b'q', term),
        Given::Code(digits) => (b'g', digits),
    };
    key(tag, &[locale.as_str().as_bytes(), text.as_bytes(), b""])
}

/// The end of a [`gives`].
pub(in crate::search) fn piece(name: &str, block: bool) -> Vec<u8> {
    [name.as_bytes(), place(block)].join(&0)
}

/// The parts of a [`piece`].
pub(in crate::search) fn piece_parts(end: &[u8]) -> Option<(&str, bool)> {
    let (name, block) = std::str::from_utf8(end).ok()?.split_once('\0')?;
    Some((name, block.as_bytes() == place(true)))
}

const fn place(block: bool) -> &'static [u8] {
    if block { b"b" } else { b"i" }
}

/// What a piece has in it.
#[derive(Debug, Clone, Copy)]
pub(in crate::search) enum Given<'t> {
    /// A term of the readers' language.
    Word(&'t str),
    /// The digits of a number.
    Code(&'t str),
}

/// The forms that are to be the first answer to a question, in a language: its terms, with spaces.
pub(in crate::search) fn pin(language: &LanguageKey, question: &str) -> Vec<u8> {
    key(b'p', &[language.as_str().as_bytes(), question.as_bytes()])
}

/// The forms with a number, however it is grouped.
pub(in crate::search) fn code(digits: &str) -> Vec<u8> {
    key(b'd', &[digits.as_bytes()])
}

/// The forms with a word that can be mistyped: as it is compared, as it is looked up, as it is written.
pub(in crate::search) fn spelling(
    language: &LanguageKey,
    [form, term, written]: [&str; 3],
) -> Vec<u8> {
    key(b'w', &[language.as_str(), form, term, written].map(str::as_bytes))
}

/// What the spellings of a language begin with.
pub(in crate::search) fn spellings(language: &LanguageKey) -> Vec<u8> {
    key(b'w', &[language.as_str().as_bytes(), b""])
}

/// The parts of a [`spelling`], without the language.
pub(in crate::search) fn spelling_parts(key: &[u8]) -> Option<[&str; 3]> {
    let text = std::str::from_utf8(key).ok()?;
    let mut parts = text.split('\0').skip(1);
    Some([parts.next()?, parts.next()?, parts.next()?])
}

/// The forms that complete what a reader of a locale types: the rest of a title, or a phrase.
pub(in crate::search) fn completion(kind: Completion, locale: &Locale, text: &str) -> Vec<u8> {
    let tag = match kind {
        Completion::Title => b'c',
        Completion::Phrase => b'f',
    };
    key(tag, &[locale.as_str().as_bytes(), text.as_bytes()])
}

/// What a [`completion`] offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::search) enum Completion {
    /// A title, from one of its words on.
    Title,
    /// A phrase of titles and headings, as it is compared; as it is written comes behind.
    Phrase,
}

/// Names and tags have no zero byte, so only the last part can hold one, and no two keys coincide.
fn key(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    [[tag].as_slice(), &parts.join(&0)].concat()
}
