//! Passages of one language, indexed in memory and asked as readers ask: for measuring search against
//! question sets, without a store.

use super::{
    FormText, Index, IndexError, IndexForm, ListQuery, OpenError, Pace, Passage, SearchQuery,
    snapshot::{entry_id, entry_number},
    syntax::Wanted,
};
use crate::{clock::Timestamp, id::TypeName, locale::Locale};

/// Texts of one language that can be asked; each is the running text of an entry without a title.
#[derive(Debug)]
pub struct Passages {
    index: Index,
    locale: Locale,
    type_name: TypeName,
}

impl Passages {
    /// Indexes texts of a locale.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when there is no memory or thread for it.
    pub fn index<'t>(
        locale: &Locale,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, IndexError> {
        let failed = |reason: String| IndexError::Failed { reason };
        let index = Index::in_memory().map_err(|error: OpenError| failed(error.to_string()))?;
        let type_name = TypeName::parse("passage").map_err(|error| failed(error.to_string()))?;
        let mut writer = index.writer(Pace::Bulk)?;
        for (place, text) in (0_u128..).zip(texts) {
            let passage = Passage { weight: 1, text: text.to_owned() };
            let form = IndexForm {
                type_name: type_name.clone(),
                locale: locale.clone(),
                serves: vec![locale.clone()],
                slug: String::new(),
                title: String::new(),
                published_at: Timestamp::from_millis(0),
                values: Vec::new(),
                searched: true,
                text: FormText { passages: vec![passage], ..FormText::default() },
                shows: Vec::new(),
                gives: Vec::new(),
            };
            writer.replace_entry(entry_id(place), &[form])?;
        }
        writer.commit(1)?;
        writer.settle()?;
        Ok(Self { index, locale: locale.clone(), type_name })
    }

    /// The places, among the texts given, of the best ones for a text, best first; at most
    /// [`ListQuery::MAX_LIMIT`]. Quotation marks and dashes in it are no operators.
    ///
    /// # Errors
    /// [`IndexError::Failed`] when the index cannot be read.
    pub fn ask(&self, text: &str, limit: usize) -> Result<Vec<usize>, IndexError> {
        let list = ListQuery::newest(self.type_name.clone(), self.locale.clone());
        let query = SearchQuery {
            list: ListQuery { limit, ..list },
            wanted: Wanted { words: text.to_owned(), ..Wanted::default() },
            chain: vec![self.locale.clone()],
            synonyms: None,
        };
        let hits = self.index.search(&query)?.hits.into_iter();
        Ok(hits.filter_map(|found| usize::try_from(entry_number(found.hit.entry)).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passage_that_says_most_of_what_was_asked_comes_first() {
        let english = Locale::english();
        let texts = [
            "Block the sender and report the message.",
            "Phishing messages pretend to come from your bank.",
            "Passwords should be long.",
        ];
        let passages = Passages::index(&english, texts).unwrap();
        let hits = passages.ask("Which messages pretend to be from my bank?", 10).unwrap();
        assert_eq!(hits.first(), Some(&1));
        assert_eq!(passages.ask("pasword", 10).unwrap(), [2], "a missing letter is forgiven");
        assert_eq!(passages.ask("\"long passwords\"", 10).unwrap(), [2]);
        assert_eq!(passages.ask("", 10).unwrap(), [0_usize; 0]);
    }
}
