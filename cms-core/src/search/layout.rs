//! How a form lies in the index: the one schema that serves all content types, present and future.
//!
//! Everything that is asked for by equality is a term of one field, prefixed by what it is about, so a new
//! content type needs no new schema. Everything that is sorted, counted or compared is a column of its own
//! (`integer.level`), made when the first form has a value for it.
//!
//! Within each segment the forms lie in the order of [`order_key`], newest first: the usual list is read
//! off the front, and a later page or a span of time is found by bisection.

pub(super) mod keys;

use std::collections::{BTreeMap, BTreeSet};

use tantivy::{
    IndexSettings, IndexSortByField, Order, TantivyDocument, Term,
    schema::{
        BytesOptions, Field, IndexRecordOption, JsonObjectOptions, NumericOptions, OwnedValue,
        Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
    },
    store::Compressor,
};

use super::{
    IndexForm,
    collation::Collators,
    terms,
    text::{PARTS, Prepared},
};
use crate::{
    clock::Timestamp,
    filter::FilterValue,
    id::{EntryId, FieldName},
    locale::Locale,
};

/// Counts the changes of anything in this file, of the collation keys or of the library's own format that
/// make an older index answer wrongly.
pub(super) const FORMAT: u32 = 4;

/// The column of the instant of publication.
pub(super) const PUBLISHED: &str = "published";
/// The columns of the two halves of the entry's id.
pub(super) const ENTRY: [&str; 2] = ["entry_high", "entry_low"];
/// The column of the form's own locale.
pub(super) const LOCALE: &str = "locale";
/// The columns of the title's collation keys, one for each locale served.
pub(super) const TITLES: &str = "title";

const TERMS: &str = "terms";
const ORDER: &str = "order";
const WORDS: [&str; PARTS] = ["title_words", "heading_words", "summary_words", "body_words"];
const GRAMS: &str = "grams";
const PASSAGES: &str = "passages";

/// The kinds of columns, by the part of the name in front of the field's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Keyword,
    Integer,
    Number,
    Time,
}

impl Kind {
    /// The kinds whose columns hold integers.
    pub(super) const NUMERIC: [Self; 3] = [Self::Integer, Self::Number, Self::Time];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Time => "time",
        }
    }

    /// The name of a field's column.
    pub(super) fn column(self, field: &FieldName) -> String {
        format!("{}.{field}", self.prefix())
    }

    /// A column's integer as readers see it.
    pub(super) fn text(self, value: i64) -> String {
        match self {
            Self::Keyword | Self::Integer => value.to_string(),
            Self::Number => tantivy::u64_to_f64(tantivy::i64_to_u64(value)).to_string(),
            Self::Time => Timestamp::from_millis(value).to_string(),
        }
    }
}

/// A value as it lies in a column: every number and instant as an integer of the same order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coded<'v> {
    Text(&'v str),
    Number(i64),
}

/// What a value is in the index; `None` for a number that is not finite.
pub(super) fn coded(value: &FilterValue) -> Option<(Kind, Coded<'_>)> {
    match value {
        FilterValue::Keyword(text) => {
            Some((Kind::Keyword, Coded::Text(cut(text, FilterValue::MAX_KEYWORD))))
        }
        FilterValue::Integer(number) => Some((Kind::Integer, Coded::Number(*number))),
        FilterValue::Number(number) if number.is_finite() => {
            // There are two zeros, and they are equal.
            let number = if *number == 0.0 { 0.0 } else { *number };
            Some((Kind::Number, Coded::Number(tantivy::u64_to_i64(tantivy::f64_to_u64(number)))))
        }
        FilterValue::Number(_) => None,
        FilterValue::Time(at) => Some((Kind::Time, Coded::Number(at.millis()))),
    }
}

/// The longest beginning of a text that has at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Where a form belongs: newest first, and of one instant in the order of ids.
fn order_key(published_at: Timestamp, entry: EntryId) -> Vec<u8> {
    let newest_first = !tantivy::i64_to_u64(published_at.millis());
    [newest_first.to_be_bytes().as_slice(), entry.as_bytes()].concat()
}

/// The fields of the schema.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) schema: Schema,
    terms: Field,
    order: Field,
    pub(super) published: Field,
    entry: [Field; 2],
    locale: Field,
    titles: Field,
    values: BTreeMap<Kind, Field>,
    /// The words of each part of the text, with their places.
    pub(super) words: [Field; PARTS],
    /// Runs of letters of the whole text.
    pub(super) grams: Field,
    /// The text in short passages, to be shown.
    pub(super) passages: Field,
}

impl Layout {
    pub(super) fn new() -> Self {
        let column = || NumericOptions::default().set_fast();
        let columns = || JsonObjectOptions::default().set_fast("raw");
        let mut schema = SchemaBuilder::new();
        let terms = schema.add_bytes_field(TERMS, BytesOptions::default().set_indexed());
        let order = schema.add_bytes_field(ORDER, BytesOptions::default().set_fast());
        let published = schema.add_i64_field(PUBLISHED, column());
        let entry = ENTRY.map(|name| schema.add_u64_field(name, column()));
        let locale = schema.add_text_field(LOCALE, TextOptions::default().set_fast("raw"));
        let titles = schema.add_json_field(TITLES, columns());
        let kinds = Kind::NUMERIC.into_iter().chain([Kind::Keyword]);
        let values =
            kinds.map(|kind| (kind, schema.add_json_field(kind.prefix(), columns()))).collect();
        let text = |record| {
            let indexing =
                TextFieldIndexing::default().set_tokenizer(terms::READER).set_index_option(record);
            TextOptions::default().set_indexing_options(indexing)
        };
        let with_places = text(IndexRecordOption::WithFreqsAndPositions);
        let words = WORDS.map(|name| schema.add_text_field(name, with_places.clone()));
        let grams = schema.add_text_field(GRAMS, text(IndexRecordOption::WithFreqs));
        let passages = schema.add_bytes_field(PASSAGES, BytesOptions::default().set_stored());
        let schema = schema.build();
        Self {
            schema,
            terms,
            order,
            published,
            entry,
            locale,
            titles,
            values,
            words,
            grams,
            passages,
        }
    }

    /// How the library is to keep the index.
    pub(super) fn settings() -> IndexSettings {
        IndexSettings {
            sort_by_field: Some(IndexSortByField { field: ORDER.to_owned(), order: Order::Asc }),
            docstore_compression: Compressor::Lz4,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        }
    }

    /// The field of the columns of a kind.
    pub(super) fn values(&self, kind: Kind) -> Option<Field> {
        self.values.get(&kind).copied()
    }

    /// The field of what forms are looked up by.
    pub(super) const fn terms(&self) -> Field {
        self.terms
    }

    /// A key of [`keys`] as the index looks it up.
    pub(super) fn term(&self, key: &[u8]) -> Term {
        Term::from_field_bytes(self.terms, key)
    }

    /// A form as a document of the index.
    pub(super) fn document(
        &self,
        entry: EntryId,
        form: &IndexForm,
        collators: &mut Collators,
        text: Prepared,
    ) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_bytes(self.order, &order_key(form.published_at, entry));
        document.add_i64(self.published, form.published_at.millis());
        for (field, half) in self.entry.into_iter().zip(halves(entry)) {
            document.add_u64(field, half);
        }
        document.add_text(self.locale, form.locale.as_str());
        let key = |locale: &Locale| OwnedValue::Str(collators.title_key(locale, &form.title));
        let keys = form
            .serves
            .iter()
            .map(|locale| locale.as_str().to_owned())
            .zip(form.serves.iter().map(key));
        document.add_object(self.titles, keys.collect());
        for key in keys_of(entry, form).into_iter().chain(text.keys) {
            document.add_bytes(self.terms, &key);
        }
        for (field, terms) in
            self.words.into_iter().zip(text.words).chain([(self.grams, text.grams)])
        {
            if let Some(terms) = terms.into_text() {
                document.add_text(field, terms);
            }
        }
        document.add_bytes(self.passages, &text.passages);
        for (kind, values) in columns_of(form) {
            if let Some(field) = self.values(kind) {
                let columns =
                    values.into_iter().map(|(name, values)| (name.to_string(), owned(values)));
                document.add_object(field, columns.collect());
            }
        }
        document
    }
}

fn keys_of(entry: EntryId, form: &IndexForm) -> BTreeSet<Vec<u8>> {
    let slug = keys::slug(cut(&form.slug, FilterValue::MAX_KEYWORD));
    let mut all = BTreeSet::from([
        keys::entry(entry),
        slug,
        keys::scope(&form.type_name, &form.locale, true),
    ]);
    all.extend(form.serves.iter().map(|locale| keys::scope(&form.type_name, locale, false)));
    all.extend(form.shows.iter().map(|shown| keys::shows(&form.locale, shown)));
    for (field, value) in &form.values {
        if let Some((kind, value)) = coded(value) {
            all.insert(keys::value(field, kind, &value));
            all.insert(keys::exists(field));
        }
    }
    all
}

/// The two halves of an id, which sort as it does.
fn halves(entry: EntryId) -> [u64; 2] {
    let whole = u128::from_be_bytes(*entry.as_bytes());
    let low = whole & u128::from(u64::MAX);
    [u64::try_from(whole >> 64).unwrap_or(u64::MAX), u64::try_from(low).unwrap_or(u64::MAX)]
}

type Columns<'f> = BTreeMap<Kind, BTreeMap<&'f FieldName, BTreeSet<Coded<'f>>>>;

/// Each value once, by kind and field.
fn columns_of(form: &IndexForm) -> Columns<'_> {
    let mut columns = Columns::new();
    for (field, value) in &form.values {
        if let Some((kind, value)) = coded(value) {
            columns.entry(kind).or_default().entry(field).or_default().insert(value);
        }
    }
    columns
}

fn owned(values: BTreeSet<Coded<'_>>) -> OwnedValue {
    let values = values.into_iter().map(|value| match value {
        Coded::Text(text) => OwnedValue::Str(text.to_owned()),
        Coded::Number(number) => OwnedValue::I64(number),
    });
    OwnedValue::Array(values.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_order_as_integers() {
        let numbers = [-1e300, -2.5, -0.0, 0.0, 1e-300, 2.5, 1e300].map(FilterValue::Number);
        let codes: Vec<_> = numbers.iter().map(|number| coded(number).unwrap().1).collect();
        assert!(codes.is_sorted());
        assert_eq!(codes[2], codes[3]);
        assert_eq!(coded(&FilterValue::Number(f64::NAN)), None);
        let Coded::Number(code) = codes[1] else { panic!("a number") };
        assert_eq!(Kind::Number.text(code), "-2.5");
    }

    #[test]
    fn newer_forms_come_first_and_of_one_instant_the_smaller_id() {
        let (old, new) = (Timestamp::from_millis(-5), Timestamp::from_millis(7));
        let (small, large) = (EntryId::from_bytes([1; 16]), EntryId::from_bytes([2; 16]));
        let keys = [order_key(new, small), order_key(new, large), order_key(old, small)];
        assert!(keys.is_sorted());
    }

    #[test]
    fn a_long_keyword_is_cut_at_a_character() {
        let long = FilterValue::Keyword("é".repeat(FilterValue::MAX_KEYWORD));
        let Some((Kind::Keyword, Coded::Text(text))) = coded(&long) else { panic!("a keyword") };
        assert_eq!(text.len(), FilterValue::MAX_KEYWORD);
    }
}
