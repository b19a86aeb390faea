//! What goes into the index and what is asked of it: plain types, without tantivy.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{marker::Marker, synonyms::Synonyms, syntax::Wanted};
use crate::{
    clock::Timestamp,
    filter::{Filter, FilterValue, PUBLISHED_AT, SortKey},
    id::{EntryId, FieldName, TypeName},
    locale::Locale,
};

/// A published form, as the index sees it: one entry in one locale.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexForm {
    /// Of which content type.
    pub type_name: TypeName,
    /// The form's own locale.
    pub locale: Locale,
    /// The locales of the site for which this form is the answer, the form's own among them. No two forms
    /// of one entry serve the same locale.
    pub serves: Vec<Locale>,
    /// Its slug.
    pub slug: String,
    /// Its title, by which it is sorted.
    pub title: String,
    /// The instant of publication that readers see.
    pub published_at: Timestamp,
    /// The values of the type's filterable and sortable fields; a field with several values comes several
    /// times.
    pub values: Vec<(FieldName, FilterValue)>,
    /// Whether it can be found at all: by its title and its text, and suggested. Lists hold it all the same.
    pub searched: bool,
    /// What it is found by, besides its title.
    pub text: FormText,
    /// What shows in its text of other entries. None of their words is in its own text: in the place of each
    /// stands its [`Embedded::mark`]. So nothing of this form has to be indexed again when they change.
    pub shows: Vec<Embedded>,
    /// What others can show of it.
    pub gives: Vec<Piece>,
}

/// A piece of an entry within a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Embedded {
    /// Which entry.
    pub entry: EntryId,
    /// Which of its pieces; the whole under the empty name.
    pub piece: String,
    /// Whether it stands there as a block, not within a line.
    pub block: bool,
}

impl Embedded {
    /// The character that stands in a text for what shows there as so manieth; `None` for too many. Texts have
    /// it for nothing else: it is for private use.
    pub fn mark(place: usize) -> Option<char> {
        char::from_u32(FIRST_MARK.checked_add(u32::try_from(place).ok()?)?)
            .filter(|c| *c <= LAST_MARK)
    }

    /// The place for which a character stands.
    pub fn place(mark: char) -> Option<usize> {
        let place = u32::from(mark).checked_sub(FIRST_MARK).filter(|_| mark <= LAST_MARK)?;
        usize::try_from(place).ok()
    }
}

const FIRST_MARK: u32 = 0xe000;
const LAST_MARK: char = '\u{f8ff}';

/// What an entry gives others to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Piece {
    /// Its name.
    pub name: String,
    /// What shows within a line.
    pub inline: PieceText,
    /// What shows as a block.
    pub block: PieceText,
    /// What shows of others within the block.
    pub shows: Vec<Embedded>,
}

/// The text of a piece.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PieceText {
    /// As it is read.
    pub text: String,
    /// The numbers that it dials.
    pub numbers: Vec<String>,
}

/// The text of a form, without its title.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormText {
    /// Its headings, which stand among the passages, too.
    pub headings: Vec<String>,
    /// All of its text, a paragraph or a line each, in order.
    pub passages: Vec<Passage>,
    /// Numbers that reach what it is about: in international form (`+44…`), or short codes.
    pub numbers: Vec<String>,
    /// Questions that it is to be the first answer to.
    pub pins: Vec<String>,
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// How much a word of it counts: 8 to 10 like a title, 4 to 7 like a summary, else as running text.
    pub weight: u8,
    /// The text.
    pub text: String,
}

/// A question for a list of entries.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Of which types: at least one.
    pub types: Vec<TypeName>,
    /// For readers of which of the site's locales.
    pub locale: Locale,
    /// Leaves out what is served from another locale.
    pub exact: bool,
    /// Which of them.
    pub filter: Filter,
    /// In which order; none is `-published_at`.
    pub sort: Vec<SortKey>,
    /// How many at most: 1 to [`ListQuery::MAX_LIMIT`].
    pub limit: usize,
    /// Those after this hit of an earlier page.
    pub after: Option<Position>,
    /// The fields whose values are to be counted, each as if the filter made no demand on it.
    pub facets: Vec<FieldName>,
    /// Whether to count all that the filter lets through.
    pub count: bool,
}

impl ListQuery {
    /// The most hits that one page can have.
    pub const MAX_LIMIT: usize = 100;

    /// The first twenty entries of a type, newest first.
    pub fn newest(type_name: TypeName, locale: Locale) -> Self {
        Self {
            types: vec![type_name],
            locale,
            exact: false,
            filter: Filter::default(),
            sort: Vec::new(),
            limit: 20,
            after: None,
            facets: Vec::new(),
            count: false,
        }
    }

    /// The sort keys that apply.
    pub(super) fn order(&self) -> Vec<SortKey> {
        if !self.sort.is_empty() {
            return self.sort.clone();
        }
        let field = FieldName::parse(PUBLISHED_AT).ok();
        field.map(|field| SortKey { field, descending: true }).into_iter().collect()
    }
}

/// The answer to a [`ListQuery`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListPage {
    /// The entries, in order.
    pub hits: Vec<Hit>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
    /// How many there are on all pages, if that was asked.
    pub count: Option<u64>,
    /// For each facet asked for, its values and how many entries have each: most first, then by value; at
    /// most [`ListPage::MAX_FACET_VALUES`].
    pub facets: Facets,
}

/// The values of each facet, with how many entries have them.
pub type Facets = BTreeMap<FieldName, Vec<(String, u64)>>;

impl ListPage {
    /// The most values that are given for a facet.
    pub const MAX_FACET_VALUES: usize = 100;
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub entry: EntryId,
    /// The locale of the form that serves the list's locale: another one where it falls back.
    pub locale: Locale,
}

/// A question for the entries that answer it best.
#[derive(Debug, Clone)]
pub struct SearchQuery {
    /// Which entries, and how many. Without sort keys the best come first; `count` is always answered.
    pub list: ListQuery,
    /// What is looked for.
    pub wanted: Wanted,
    /// Locales in the order in which hits in them are wanted: those of one language stand together where
    /// the first does. Others come behind.
    pub chain: Vec<Locale>,
    /// What else means the same.
    pub synonyms: Option<Arc<Synonyms>>,
}

/// The answer to a [`SearchQuery`].
#[derive(Debug)]
pub struct SearchPage {
    /// The entries, in order.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
    /// How many there are on all pages.
    pub count: u64,
    /// As for lists.
    pub facets: Facets,
    /// Words of the question that the site doesn't have, with what was taken for each: nothing where all
    /// words are known.
    pub meant: Vec<(String, String)>,
    pub(super) markers: Vec<Marker>,
}

impl SearchPage {
    /// A text of a hit as HTML: `<mark>` around what was looked for, everything else escaped.
    pub fn marked(&self, hit: &SearchHit, text: &str) -> String {
        match self.markers.get(hit.marker) {
            Some(marker) => marker.marked(text),
            None => super::marker::escaped(text),
        }
    }
}

/// One entry that answers a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Which, in which locale.
    pub hit: Hit,
    /// Whether editors want it to be the first answer to this question.
    pub pinned: bool,
    /// The passage of its text that answers best, as it is in the text, with a mark for what shows there.
    pub passage: Option<String>,
    /// What shows in its text, by the places of the marks.
    pub shows: Vec<Embedded>,
    pub(super) marker: usize,
}

/// A place in a sorted list: that of a hit, whether or not it still is there.
///
/// It holds what the hit was sorted by and its id, so an entry that comes or goes between two pages
/// neither repeats another one nor hides it. What is sorted by how well it answers moves when others come
/// and go: there it also holds which hits have been shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The hit's value for each sort key.
    pub ranks: Vec<Rank>,
    /// The hit's entry.
    pub entry: EntryId,
    /// The hits of the pages before, as far as they have to be known: a mark of each, the first first.
    pub seen: Vec<u32>,
}

/// A value as a list is sorted by it: numbers and instants, then texts, then nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A number or an instant, as an integer of the same order.
    Number(i64),
    /// A keyword's bytes, or a title's collation key.
    Text(Vec<u8>),
    /// The form has no value.
    Missing,
}
