//! The order of a list: how forms compare within a segment, and what they are sorted by across segments.
//!
//! Within a segment everything is an integer, texts by their place in the column's dictionary, so that a
//! million forms can be compared quickly. What leaves a segment is a [`Rank`], which compares everywhere.

use std::cmp::Ordering;

use tantivy::{
    DocId,
    columnar::{Cardinality, Column, Dictionary, StrColumn, TermOrdHit},
};

use super::{
    IndexError, ListQuery, Rank, collation,
    layout::{self, Kind},
    snapshot::{self, Columns, Segment},
};
use crate::filter::{PUBLISHED_AT, SortKey, TITLE, sort::MAX_SORT_KEYS};

/// A form's place within a segment: smaller comes first. Keys that the list doesn't have are zero.
pub(super) type SegmentKeys = [u128; MAX_SORT_KEYS];

const MISSING: u128 = u128::MAX;
const TEXT: u128 = 1 << 64;

/// What a list is sorted by.
pub(super) struct SortOrder {
    keys: Vec<SortKey>,
    title: String,
}

impl SortOrder {
    /// The order that a query asks for. Keys beyond the most that are allowed are left out.
    pub(super) fn new(query: &ListQuery) -> Self {
        let mut keys = query.order();
        keys.truncate(MAX_SORT_KEYS);
        Self { keys, title: format!("{}.{}", layout::TITLES, query.locale) }
    }

    /// How many keys there are.
    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The first key, if forms lie in its order: `Some(true)` when newest first.
    pub(super) fn by_publication(&self) -> Option<bool> {
        self.keys.first().filter(|key| key.field.as_str() == PUBLISHED_AT).map(|key| key.descending)
    }

    /// How two forms compare by their ranks alone.
    pub(super) fn compare(&self, left: &[Rank], right: &[Rank]) -> Ordering {
        let pairs = self.keys.iter().zip(left.iter().zip(right));
        pairs.fold(Ordering::Equal, |order, (key, (left, right))| {
            let reversed = key.descending && *left != Rank::Missing && *right != Rank::Missing;
            order.then_with(|| if reversed { right.cmp(left) } else { left.cmp(right) })
        })
    }

    /// The columns that the keys look at.
    pub(super) fn sources<'s>(&self, segment: Segment<'s>) -> Result<Vec<Source<'s>>, IndexError> {
        let Segment { reader, columns } = segment;
        let sources = self.keys.iter().map(|key| {
            let values = match key.field.as_str() {
                PUBLISHED_AT => Values::Published(columns),
                TITLE => Values::Title(columns.texts(reader, &self.title)?),
                _ => {
                    let numbers =
                        Kind::NUMERIC.map(|kind| columns.numbers(reader, &kind.column(&key.field)));
                    let numbers = numbers
                        .into_iter()
                        .filter_map(Result::transpose)
                        .collect::<Result<_, _>>()?;
                    Values::Field {
                        texts: columns.texts(reader, &Kind::Keyword.column(&key.field))?,
                        numbers,
                    }
                }
            };
            Ok(Source { values, descending: key.descending })
        });
        sources.collect()
    }
}

/// Where one key's values are in one segment.
pub(super) struct Source<'s> {
    values: Values<'s>,
    descending: bool,
}

enum Values<'s> {
    Published(&'s Columns),
    Title(Option<StrColumn>),
    Field { texts: Option<StrColumn>, numbers: Vec<Column<i64>> },
}

impl Source<'_> {
    /// A form's key.
    pub(super) fn key(&self, form: DocId) -> u128 {
        let value = match &self.values {
            Values::Published(columns) => Some(of_number(columns.published(form))),
            Values::Title(texts) => {
                texts.as_ref().and_then(|texts| texts.ords().first(form)).map(of_ord)
            }
            Values::Field { texts, numbers } => {
                let texts =
                    texts.iter().filter_map(|texts| self.best(texts.ords(), form)).map(of_ord);
                let numbers =
                    numbers.iter().filter_map(|numbers| self.best(numbers, form)).map(of_number);
                if self.descending {
                    texts.chain(numbers).max()
                } else {
                    texts.chain(numbers).min()
                }
            }
        };
        self.directed(value)
    }

    /// Of a form's values the one that counts.
    fn best<T>(&self, column: &Column<T>, form: DocId) -> Option<T>
    where
        T: Copy + Ord + std::fmt::Debug + Send + Sync + 'static,
    {
        match (column.get_cardinality(), self.descending) {
            (Cardinality::Full | Cardinality::Optional, _) => column.first(form),
            (Cardinality::Multivalued, true) => column.values_for_doc(form).max(),
            (Cardinality::Multivalued, false) => column.values_for_doc(form).min(),
        }
    }

    fn directed(&self, value: Option<u128>) -> u128 {
        match value {
            Some(value) if self.descending => MISSING - 1 - value,
            Some(value) => value,
            None => MISSING,
        }
    }

    /// What a key of this segment stands for everywhere.
    pub(super) fn rank(&self, key: u128) -> Result<Rank, IndexError> {
        if key == MISSING {
            return Ok(Rank::Missing);
        }
        let value = if self.descending { MISSING - 1 - key } else { key };
        let low = u64::try_from(value & u128::from(u64::MAX)).unwrap_or(u64::MAX);
        if value < TEXT {
            return Ok(Rank::Number(tantivy::u64_to_i64(low)));
        }
        let text = |texts: &Option<StrColumn>| match texts {
            Some(texts) => snapshot::text(texts, low / 2),
            None => Ok(String::new()),
        };
        match &self.values {
            Values::Published(_) => Ok(Rank::Missing),
            Values::Title(texts) => Ok(Rank::Text(collation::key_bytes(&text(texts)?))),
            Values::Field { texts, .. } => Ok(Rank::Text(text(texts)?.into_bytes())),
        }
    }

    /// Where a rank from anywhere lies among the keys of this segment, whether or not a form here has it.
    pub(super) fn place(&self, rank: &Rank) -> Result<u128, IndexError> {
        let value = match rank {
            Rank::Missing => None,
            Rank::Number(number) => Some(of_number(*number)),
            Rank::Text(bytes) => Some(match &self.values {
                Values::Published(_) => TEXT,
                Values::Title(texts) => {
                    place_of(texts.as_ref(), collation::key_text(bytes).as_bytes())?
                }
                Values::Field { texts, .. } => place_of(texts.as_ref(), bytes)?,
            }),
        };
        Ok(self.directed(value))
    }
}

fn of_number(number: i64) -> u128 {
    u128::from(tantivy::i64_to_u64(number))
}

/// Odd, so that there is a place between any two texts of a segment for one that isn't there.
fn of_ord(ord: u64) -> u128 {
    TEXT | u128::from(ord.saturating_mul(2).saturating_add(1))
}

fn place_of(texts: Option<&StrColumn>, text: &[u8]) -> Result<u128, IndexError> {
    let Some(texts) = texts else { return Ok(TEXT) };
    let dictionary: &Dictionary<_> = texts.dictionary();
    let end = u64::try_from(dictionary.num_terms()).unwrap_or(u64::MAX);
    Ok(match dictionary.term_ord_or_next(text)? {
        TermOrdHit::Exact(ord) => of_ord(ord),
        TermOrdHit::Next(ord) => of_ord(ord.min(end)) - 1,
    })
}
