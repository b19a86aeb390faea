//! Pages that are found by what shows in them of other entries: the number of a contact, a figure.
//!
//! None of it is in the page's own terms. A question is looked for in what entries give others to show, and
//! from there it is asked who shows that. So a page is found by the number that a contact has now, and not
//! by the one that it had, from the same commit on, however many pages show it; and nothing of them has to
//! be indexed again.

use std::collections::BTreeSet;

use tantivy::{
    Term,
    query::{ConstScoreQuery, Query, TermSetQuery},
};

use super::{
    Embedded, IndexError,
    layout::{
        Layout,
        keys::{self, Given},
    },
    snapshot::{self, Snapshot},
};
use crate::{id::EntryId, locale::Locale};

/// How many entries that give a word are looked at, newest first in each segment: a word that more of them
/// have tells no page apart.
const GIVERS: usize = 20_000;
/// How deep pieces may lie within pieces, as for readers.
const DEPTH: usize = 4;

/// What shows somewhere and has what was looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Showing {
    terms: Vec<Term>,
    /// The entries that give it.
    pub(super) givers: BTreeSet<EntryId>,
}

impl Showing {
    /// Who shows a word or a number, in forms of these locales.
    pub(super) fn of(
        snapshot: &Snapshot,
        layout: &Layout,
        locales: &[Locale],
        given: Given<'_>,
    ) -> Result<Self, IndexError> {
        let mut showing = Self::default();
        if !snapshot.segments().any(|segment| segment.columns.shows_anything()) {
            return Ok(showing);
        }
        for locale in locales {
            let mut pieces = BTreeSet::new();
            named(snapshot, layout, &keys::gives(locale, given), &mut |end, entry| {
                let (piece, block) = keys::piece_parts(end)?;
                pieces.insert(Embedded { entry, piece: piece.to_owned(), block });
                // What is there within a line is there in the block, too.
                pieces.insert(Embedded { entry, piece: piece.to_owned(), block: true });
                Some(())
            })?;
            let mut all = pieces.clone();
            for _ in 0..DEPTH {
                pieces = outer(snapshot, layout, locale, &pieces)?;
                pieces.retain(|piece| !all.contains(piece));
                if pieces.is_empty() {
                    break;
                }
                all.extend(pieces.iter().cloned());
            }
            for piece in all {
                let key = keys::shows(locale, &piece);
                if snapshot.segments().any(|segment| segment.columns.may_show(&key)) {
                    showing.terms.push(layout.term(&key));
                    showing.givers.insert(piece.entry);
                }
            }
        }
        Ok(showing)
    }

    /// Whether no form shows it.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The forms that show it, with one score for all.
    pub(super) fn query(&self, score: f32) -> Option<Box<dyn Query>> {
        if self.is_empty() {
            return None;
        }
        let forms = TermSetQuery::new(self.terms.iter().cloned());
        Some(Box::new(ConstScoreQuery::new(Box::new(forms), score)))
    }
}

/// The pieces in which some of these show.
fn outer(
    snapshot: &Snapshot,
    layout: &Layout,
    locale: &Locale,
    inner: &BTreeSet<Embedded>,
) -> Result<BTreeSet<Embedded>, IndexError> {
    let mut found = BTreeSet::new();
    for piece in inner {
        let start = keys::within(locale, piece);
        if !snapshot.segments().any(|segment| segment.columns.may_show(&start)) {
            continue;
        }
        named(snapshot, layout, &start, &mut |name, entry| {
            let piece = std::str::from_utf8(name).ok()?.to_owned();
            found.insert(Embedded { entry, piece, block: true });
            Some(())
        })?;
    }
    Ok(found)
}

/// Calls back with the end of each key that begins so, and with each entry whose living forms have it.
fn named(
    snapshot: &Snapshot,
    layout: &Layout,
    start: &[u8],
    give: &mut dyn FnMut(&[u8], EntryId) -> Option<()>,
) -> Result<(), IndexError> {
    let mut left = GIVERS;
    for segment in snapshot.segments() {
        let index = segment.reader.inverted_index(layout.terms())?;
        let mut terms = index.terms().range().ge(start).into_stream()?;
        while left > 0 && terms.advance() {
            let Some(end) = terms.key().strip_prefix(start) else { break };
            let forms = segment.living(&index, terms.value(), left)?;
            left -= forms.len().min(left);
            for form in forms {
                give(end, snapshot::entry_id(segment.columns.entry(form)));
            }
        }
    }
    Ok(())
}
