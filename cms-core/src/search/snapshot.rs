//! The index as one query sees it: segments that no longer change, with their columns open.
//!
//! Opening a column costs more than reading a page of a list from it, so each segment keeps what was
//! opened, from one snapshot to the next, for as long as the segment lives.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hasher as _},
    ops::Range,
    sync::Arc,
};

use parking_lot::RwLock;
use tantivy::{
    DocId, DocSet as _, InvertedIndexReader, Searcher, SegmentReader, TERMINATED,
    columnar::{Column, ColumnValues, StrColumn},
    index::SegmentId,
    postings::TermInfo,
    schema::IndexRecordOption,
};

use super::{
    IndexError,
    layout::{self, Layout, keys},
    statistics::Lengths,
};
use crate::{filter::FilterValue, id::EntryId, locale::Locale};

/// One state of the index.
pub(super) struct Snapshot {
    pub(super) searcher: Searcher,
    segments: Vec<Arc<Columns>>,
}

impl Snapshot {
    /// The state that `searcher` sees; columns that `earlier` has open are taken over.
    pub(super) fn new(
        searcher: Searcher,
        layout: &Layout,
        earlier: Option<&Self>,
    ) -> Result<Self, IndexError> {
        let known: HashMap<SegmentId, &Arc<Columns>> = earlier
            .into_iter()
            .flat_map(|snapshot| &snapshot.segments)
            .map(|columns| (columns.id, columns))
            .collect();
        let columns =
            searcher.segment_readers().iter().map(|reader| match known.get(&reader.segment_id()) {
                Some(columns) => Ok(Arc::clone(columns)),
                None => Columns::open(reader, layout).map(Arc::new),
            });
        let segments = columns.collect::<Result<_, _>>()?;
        Ok(Self { searcher, segments })
    }

    /// The segments, each with its columns.
    pub(super) fn segments(&self) -> impl ExactSizeIterator<Item = Segment<'_>> {
        let readers = self.searcher.segment_readers().iter();
        readers.zip(&self.segments).map(|(reader, columns)| Segment { reader, columns })
    }
}

/// One segment: which of its forms are alive is the reader's, their values are the columns'.
#[derive(Clone, Copy)]
pub(super) struct Segment<'s> {
    pub(super) reader: &'s SegmentReader,
    pub(super) columns: &'s Columns,
}

impl Segment<'_> {
    /// The first living forms, at most so many, that have what a term stands for.
    pub(super) fn living(
        self,
        index: &InvertedIndexReader,
        term: &TermInfo,
        most: usize,
    ) -> Result<Vec<DocId>, IndexError> {
        let mut forms = index.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
        let mut living = Vec::new();
        let alive = self.reader.alive_bitset();
        while forms.doc() != TERMINATED && living.len() < most {
            if alive.is_none_or(|alive| alive.is_alive(forms.doc())) {
                living.push(forms.doc());
            }
            forms.advance();
        }
        Ok(living)
    }
}

/// The columns of one segment.
pub(super) struct Columns {
    id: SegmentId,
    forms: DocId,
    published: Arc<dyn ColumnValues<i64>>,
    entry: [Arc<dyn ColumnValues<u64>>; 2],
    locale: Arc<dyn ColumnValues<u64>>,
    locales: Vec<Locale>,
    /// What shows in its forms, or in what they give others: digests of the keys, to pass over most that is
    /// looked for without a look at the dictionary.
    shown: HashSet<u64>,
    /// Of the forms in each of the locales.
    lengths: Vec<Lengths>,
    texts: RwLock<HashMap<String, Option<StrColumn>>>,
    numbers: RwLock<HashMap<String, Option<Column<i64>>>>,
}

impl Columns {
    fn open(reader: &SegmentReader, layout: &Layout) -> Result<Self, IndexError> {
        let fast = reader.fast_fields();
        let half = |name: &str| fast.column_first_or_default::<u64>(name);
        let (names, locale) = match fast.str(layout::LOCALE)? {
            Some(column) => (locales(&column)?, column.ords().clone()),
            None => (Vec::new(), Column::build_empty_column(reader.max_doc())),
        };
        let [high, low] = layout::ENTRY;
        let locale = locale.first_or_default_col(u64::MAX);
        let lengths = lengths(reader, layout, &*locale, names.len())?;
        Ok(Self {
            id: reader.segment_id(),
            forms: reader.max_doc(),
            published: fast.column_first_or_default(layout::PUBLISHED)?,
            entry: [half(high)?, half(low)?],
            locale,
            locales: names,
            shown: shown(reader, layout)?,
            lengths,
            texts: RwLock::default(),
            numbers: RwLock::default(),
        })
    }

    /// How many forms there are, dead ones among them.
    pub(super) const fn forms(&self) -> DocId {
        self.forms
    }

    /// When a form was published, in milliseconds.
    pub(super) fn published(&self, form: DocId) -> i64 {
        self.published.get_val(form)
    }

    /// The id of a form's entry, as a number of the same order.
    pub(super) fn entry(&self, form: DocId) -> u128 {
        let [high, low] = &self.entry;
        u128::from(high.get_val(form)) << 64 | u128::from(low.get_val(form))
    }

    /// A form's own locale.
    pub(super) fn locale(&self, form: DocId) -> Option<&Locale> {
        self.locales.get(usize::try_from(self.locale.get_val(form)).ok()?)
    }

    /// The place of a form's locale among [`Self::locales`].
    pub(super) fn locale_at(&self, form: DocId) -> usize {
        usize::try_from(self.locale.get_val(form)).unwrap_or(usize::MAX)
    }

    /// The locales of the forms.
    pub(super) fn locales(&self) -> &[Locale] {
        &self.locales
    }

    /// Whether anything shows in any form.
    pub(super) fn shows_anything(&self) -> bool {
        !self.shown.is_empty()
    }

    /// Whether a key of what shows may be there: nearly always right.
    pub(super) fn may_show(&self, key: &[u8]) -> bool {
        self.shown.contains(&digest(key))
    }

    /// How much text there is in each locale.
    pub(super) fn lengths(&self) -> impl Iterator<Item = (&Locale, Lengths)> {
        self.locales.iter().zip(self.lengths.iter().copied())
    }

    /// The first form, in the order of the segment, for which `is_before` no longer holds.
    pub(super) fn first_not(&self, is_before: impl Fn(DocId) -> bool) -> DocId {
        let Range { mut start, mut end } = 0..self.forms;
        while start < end {
            let middle = start.midpoint(end);
            if is_before(middle) {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        start
    }

    /// A column of texts; `None` where no form has one.
    pub(super) fn texts(
        &self,
        reader: &SegmentReader,
        name: &str,
    ) -> Result<Option<StrColumn>, IndexError> {
        opened(&self.texts, name, || Ok(reader.fast_fields().str(name)?))
    }

    /// A column of integers; `None` where no form has one.
    pub(super) fn numbers(
        &self,
        reader: &SegmentReader,
        name: &str,
    ) -> Result<Option<Column<i64>>, IndexError> {
        opened(&self.numbers, name, || Ok(reader.fast_fields().column_opt(name)?))
    }
}

/// Digests of the keys of what shows.
fn shown(reader: &SegmentReader, layout: &Layout) -> Result<HashSet<u64>, IndexError> {
    let index = reader.inverted_index(layout.terms())?;
    let mut digests = HashSet::new();
    for tag in keys::SHOWN {
        let mut terms = index.terms().range().ge(tag).into_stream()?;
        while terms.advance() && terms.key().starts_with(&tag) {
            // Of what shows within a piece the piece's own name is left out.
            let key =
                if tag == keys::SHOWN[1] { keys::without_name(terms.key()) } else { terms.key() };
            digests.insert(digest(key));
        }
    }
    Ok(digests)
}

fn digest(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}

/// How much text the forms of each locale have.
fn lengths(
    reader: &SegmentReader,
    layout: &Layout,
    locale: &dyn ColumnValues<u64>,
    locales: usize,
) -> Result<Vec<Lengths>, IndexError> {
    let mut all = vec![Lengths::default(); locales];
    let own = |form: DocId| usize::try_from(locale.get_val(form)).unwrap_or(usize::MAX);
    for form in 0..reader.max_doc() {
        if let Some(lengths) = all.get_mut(own(form)) {
            lengths.forms += 1;
        }
    }
    for (at, field) in layout.words.into_iter().chain([layout.grams]).enumerate() {
        let Some(norms) = reader.fieldnorms_readers().get_field(field)? else { continue };
        if norms.num_docs() != reader.max_doc() {
            return Err(damaged("lengths"));
        }
        for form in 0..reader.max_doc() {
            let tokens = all.get_mut(own(form)).and_then(|lengths| lengths.tokens.get_mut(at));
            if let Some(tokens) = tokens {
                *tokens += u64::from(norms.fieldnorm(form));
            }
        }
    }
    Ok(all)
}

/// The id that a number of [`Columns::entry`] stands for.
pub(super) const fn entry_id(number: u128) -> EntryId {
    EntryId::from_bytes(number.to_be_bytes())
}

/// The number of [`Columns::entry`] that stands for an id.
pub(super) const fn entry_number(entry: EntryId) -> u128 {
    u128::from_be_bytes(*entry.as_bytes())
}

fn opened<C: Clone>(
    columns: &RwLock<HashMap<String, Option<C>>>,
    name: &str,
    open: impl FnOnce() -> Result<Option<C>, IndexError>,
) -> Result<Option<C>, IndexError> {
    if let Some(column) = columns.read().get(name) {
        return Ok(column.clone());
    }
    let column = open()?;
    columns.write().insert(name.to_owned(), column.clone());
    Ok(column)
}

fn locales(column: &StrColumn) -> Result<Vec<Locale>, IndexError> {
    let count = u64::try_from(column.num_terms()).unwrap_or(0);
    (0..count).map(|ord| text(column, ord)?.parse().map_err(|_| damaged(layout::LOCALE))).collect()
}

/// The text of an ordinal.
pub(super) fn text(column: &StrColumn, ord: u64) -> Result<String, IndexError> {
    let mut text = String::with_capacity(FilterValue::MAX_KEYWORD.min(64));
    if column.ord_to_str(ord, &mut text)? { Ok(text) } else { Err(damaged("dictionary")) }
}

fn damaged(what: &str) -> IndexError {
    IndexError::Failed { reason: format!("the column {what} is damaged") }
}
