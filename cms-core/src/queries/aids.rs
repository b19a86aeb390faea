//! What helps a translator with a segment: what was translated before that is like it, and what is agreed for the terms
//! in it.

use super::{
    ReadError,
    memory::{Recollection, Sought},
    segments::{Row, SegmentTable},
    translation_export::is_open,
};
use crate::{
    access::Actor,
    exchange::Languages,
    glossary::{Agreed, Glossary},
    locale::Locale,
    markdown,
    quality::shown,
    search::memory::Likely,
    segment::Segment,
};

/// How many matches of the memory a segment gets.
pub const MATCHES: usize = 3;
/// For how many segments of a page the memory is asked at most.
const ASKED: usize = 200;

/// What helps with a segment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aids {
    /// What was translated before that is like it, the likest first, each with where it is from in a few words. Only of
    /// what has no translation that counts.
    pub matches: Vec<(Likely, String)>,
    /// The terms in its source.
    pub terms: Vec<Agreed>,
}

/// What aids come from.
#[derive(Debug, Clone, Copy)]
pub struct From<'a> {
    /// What was translated before.
    pub memory: &'a Recollection,
    /// What things are called.
    pub glossary: &'a Glossary,
}

/// What helps with each row of a table, in its order. Of the memory, an actor gets what they may see; terms that are
/// published are everybody's.
///
/// # Errors
/// [`ReadError`] when the index or the view can't be read.
pub fn aids(
    from: From<'_>,
    actor: &Actor,
    table: &SegmentTable,
    languages: &Languages,
) -> Result<Vec<Aids>, ReadError> {
    let mut asked = 0;
    let mut all = Vec::with_capacity(table.rows.len());
    for (at, row) in table.rows.iter().enumerate() {
        let mut aids = Aids::default();
        if row.is_translatable && row.source.is_some() {
            aids.terms = terms(from.glossary, row, (&languages.source, &languages.target));
            if is_open(row) && asked < ASKED {
                asked += 1;
                let sought = Sought::of_row(table, at, languages);
                let found = from.memory.like(actor, &sought, MATCHES)?.into_iter();
                let told = |likely: Likely| {
                    let origin = from.memory.told(&likely.pair);
                    (likely, origin)
                };
                aids.matches = found.map(told).collect();
            }
        }
        all.push(aids);
    }
    Ok(all)
}

/// The terms in what a row's source says to its readers.
pub(super) fn terms(glossary: &Glossary, row: &Row, locales: (&Locale, &Locale)) -> Vec<Agreed> {
    let Some(source) = row.source.as_deref().filter(|_| !glossary.is_empty()) else {
        return Vec::new();
    };
    let segment = Segment::new(row.kind, source);
    glossary.terms_in(&shown(&segment.text, &markdown::codes(&segment)), locales)
}
