//! Cursors: a position in a list as an opaque text that goes out with a page and comes back with the next
//! request.
//!
//! A cursor carries a digest of the list that it belongs to and a checksum, so that one of another list,
//! or one that was cut or changed, is refused and never answered wrongly. It holds no secret and gives no
//! right: only what the page showed or was sorted by.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{ListQuery, Position, Rank, SearchQuery, best, syntax::Wanted};
use crate::{
    filter::{Filter, SortKey},
    id::{EntryId, TypeName},
    locale::Locale,
};

const VERSION: u8 = 2;
const DIGEST: usize = 8;
const CHECK: usize = 4;
/// No cursor is longer, in characters.
const MAX_LENGTH: usize = 4096;

/// The cursor is none of this list's: it was made for another one, or it was changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list")]
pub struct BadCursor;

/// What has pages.
pub trait Paged {
    /// The entries that are listed.
    fn list(&self) -> &ListQuery;
    /// What they have to answer, if anything.
    fn wanted(&self) -> Option<&Wanted>;
    /// By how many values they are sorted.
    fn ranks(&self) -> usize;
}

impl Paged for ListQuery {
    fn list(&self) -> &ListQuery {
        self
    }

    fn wanted(&self) -> Option<&Wanted> {
        None
    }

    fn ranks(&self) -> usize {
        self.order().len()
    }
}

impl Paged for SearchQuery {
    fn list(&self) -> &ListQuery {
        &self.list
    }

    fn wanted(&self) -> Option<&Wanted> {
        Some(&self.wanted)
    }

    fn ranks(&self) -> usize {
        if self.list.sort.is_empty() { best::RANKS } else { self.list.sort.len() }
    }
}

impl Position {
    /// This position in the list that `query` asks for, as characters that a URL takes as they are.
    pub fn to_cursor(&self, query: &impl Paged) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(digest(query));
        let seen = self.seen.iter().take(best::MAX_SEEN);
        bytes.extend(u16::try_from(seen.len()).unwrap_or_default().to_be_bytes());
        seen.for_each(|mark| bytes.extend(mark.to_be_bytes()));
        for rank in &self.ranks {
            write_rank(&mut bytes, rank);
        }
        bytes.extend(self.entry.as_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor that [`Position::to_cursor`] made for the same types, locale, filter, order and
    /// question. The limit, facets and count may differ from page to page.
    ///
    /// # Errors
    /// [`BadCursor`] for anything else.
    pub fn from_cursor(cursor: &str, query: &impl Paged) -> Result<Self, BadCursor> {
        if cursor.len() > MAX_LENGTH {
            return Err(BadCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BadCursor)?;
        let (bytes, check) = bytes.split_last_chunk::<CHECK>().ok_or(BadCursor)?;
        let (&version, rest) = bytes.split_first().ok_or(BadCursor)?;
        let (list, rest) = rest.split_first_chunk::<DIGEST>().ok_or(BadCursor)?;
        let (mut rest, entry) = rest.split_last_chunk::<16>().ok_or(BadCursor)?;
        if version != VERSION
            || u32::from_be_bytes(*check) != crc32fast::hash(bytes)
            || *list != digest(query)
        {
            return Err(BadCursor);
        }
        let seen = read_seen(&mut rest).ok_or(BadCursor)?;
        let mut ranks = Vec::new();
        while !rest.is_empty() {
            ranks.push(read_rank(&mut rest).ok_or(BadCursor)?);
        }
        let fits = ranks.len() == query.ranks();
        fits.then(|| Self { ranks, entry: EntryId::from_bytes(*entry), seen }).ok_or(BadCursor)
    }
}

/// What makes two lists the same.
#[derive(Serialize)]
struct List<'q> {
    types: Vec<&'q TypeName>,
    locale: &'q Locale,
    exact: bool,
    filter: &'q Filter,
    sort: Vec<SortKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<&'q Wanted>,
}

fn digest(query: &impl Paged) -> [u8; DIGEST] {
    let wanted = query.wanted();
    let query = query.list();
    let mut types: Vec<_> = query.types.iter().collect();
    types.sort_unstable();
    let ListQuery { locale, exact, filter, .. } = query;
    let sort = if wanted.is_some() { query.sort.clone() } else { query.order() };
    let list = List { types, locale, exact: *exact, filter, sort, wanted };
    // Plain structures with text keys always serialise.
    let text = serde_json::to_vec(&list).unwrap_or_default();
    let whole: [u8; 32] = Sha256::digest(&text).into();
    whole.first_chunk().copied().unwrap_or_default()
}

fn read_seen(bytes: &mut &[u8]) -> Option<Vec<u32>> {
    let (count, rest) = bytes.split_first_chunk::<2>()?;
    let count = usize::from(u16::from_be_bytes(*count));
    let (seen, rest) = rest.split_at_checked(4 * count)?;
    *bytes = rest;
    let marks = seen.as_chunks::<4>().0.iter();
    Some(marks.map(|mark| u32::from_be_bytes(*mark)).collect())
}

fn write_rank(bytes: &mut Vec<u8>, rank: &Rank) {
    match rank {
        Rank::Missing => bytes.push(0),
        Rank::Number(number) => {
            bytes.push(1);
            bytes.extend(number.to_be_bytes());
        }
        Rank::Text(text) => {
            bytes.push(2);
            // Collation keys and keywords are at most a few hundred bytes long.
            let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.iter().take(usize::from(length)));
        }
    }
}

fn read_rank(bytes: &mut &[u8]) -> Option<Rank> {
    let (&tag, rest) = bytes.split_first()?;
    let (rank, rest) = match tag {
        0 => (Rank::Missing, rest),
        1 => {
            let (number, rest) = rest.split_first_chunk::<8>()?;
            (Rank::Number(i64::from_be_bytes(*number)), rest)
        }
        2 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            (Rank::Text(text.to_vec()), rest)
        }
        _ => return None,
    };
    *bytes = rest;
    Some(rank)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{filter::Condition, filter::FilterValue, id::FieldName};

    fn query() -> ListQuery {
        let sort = ["published_at", "title", "level"];
        let key = |(at, field): (usize, &str)| SortKey {
            field: FieldName::parse(field).unwrap(),
            descending: at == 0,
        };
        let query =
            ListQuery::newest(TypeName::parse("guidance").unwrap(), Locale::parse("fr").unwrap());
        ListQuery { sort: sort.into_iter().enumerate().map(key).collect(), ..query }
    }

    fn position() -> Position {
        let ranks = vec![Rank::Number(-7), Rank::Text(vec![0, 255, 3]), Rank::Missing];
        Position { ranks, entry: EntryId::from_bytes([9; 16]), seen: vec![7, u32::MAX] }
    }

    #[test]
    fn a_cursor_reads_back_whatever_the_limit_facets_and_count() {
        let cursor = position().to_cursor(&query());
        let other = ListQuery {
            limit: 3,
            count: true,
            facets: vec![FieldName::parse("level").unwrap()],
            ..query()
        };
        assert_eq!(Position::from_cursor(&cursor, &other), Ok(position()));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = position().to_cursor(&query());
        let condition = Condition::one_of(vec![FilterValue::Integer(1)]);
        let filter = Filter::default().with(FieldName::parse("level").unwrap(), condition);
        for other in [
            ListQuery { types: vec![TypeName::parse("page").unwrap()], ..query() },
            ListQuery { locale: Locale::parse("fr-CA").unwrap(), ..query() },
            ListQuery { exact: true, ..query() },
            ListQuery { filter, ..query() },
            ListQuery { sort: Vec::new(), ..query() },
        ] {
            assert_eq!(Position::from_cursor(&cursor, &other), Err(BadCursor), "{other:?}");
        }
    }

    #[test]
    fn a_changed_or_cut_cursor_is_refused() {
        let cursor = position().to_cursor(&query());
        for at in 0..cursor.len() {
            let (front, rest) = cursor.split_at(at);
            let (changed, back) = rest.split_at(1);
            let other = if changed == "A" { "B" } else { "A" };
            let changed = [front, other, back].concat();
            assert_eq!(Position::from_cursor(&changed, &query()), Err(BadCursor), "{changed}");
            assert_eq!(Position::from_cursor(front, &query()), Err(BadCursor));
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_cursor_by_chance(text in "[A-Za-z0-9_-]{0,80}|\\PC{0,20}") {
            prop_assert_eq!(Position::from_cursor(&text, &query()), Err(BadCursor));
        }
    }
}
