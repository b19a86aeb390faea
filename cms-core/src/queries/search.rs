//! Search: the published entries that answer a reader's question, the best first.

use std::sync::Arc;

use serde_json::json;

use super::{
    Delivery, ReadError,
    answer::Answer,
    fill::Filler,
    list::{ListError, effective, list_keys},
    shapes::ResolutionShape,
    site::SiteView,
};
use crate::{
    filter::{Filter, SortKey},
    followers::delivery::generations::{Source, Stamp},
    id::{FieldName, TypeName},
    locale::Locale,
    search::{
        Embedded, Hit, IndexError, ListQuery, Position, SearchHit, SearchPage, SearchQuery,
        Synonyms, syntax,
    },
};

/// How much of what shows in a passage is given, in characters.
const MAX_SHOWN: usize = 300;

/// A reader's question.
#[derive(Debug, Clone)]
pub struct SearchQuestion<'a> {
    /// As it was typed: words, `"phrases"`, `-exclusions`.
    pub text: &'a str,
    /// Entries of which types: at least one.
    pub types: &'a [TypeName],
    /// In which locale.
    pub locale: &'a Locale,
    /// Whether other locales may stand in.
    pub fallback: bool,
    /// Which of them. A reference is filtered by the target's id, key or slug.
    pub filter: Filter,
    /// In which order; the best first without.
    pub sort: Vec<SortKey>,
    /// How many: 1 to 100.
    pub limit: usize,
    /// After which place: the cursor of an earlier page.
    pub after: Option<&'a str>,
    /// The fields whose values are counted.
    pub facets: Vec<FieldName>,
    /// The fields wanted; all but the long ones without a list.
    pub fields: Option<&'a [FieldName]>,
}

impl<'a> SearchQuestion<'a> {
    /// The twenty best answers among entries of these types.
    pub fn new(text: &'a str, types: &'a [TypeName], locale: &'a Locale) -> Self {
        Self {
            text,
            types,
            locale,
            fallback: true,
            filter: Filter::default(),
            sort: Vec::new(),
            limit: 20,
            after: None,
            facets: Vec::new(),
            fields: None,
        }
    }
}

/// Hits, ready to send.
#[derive(Debug)]
pub struct SearchFound {
    /// The answer.
    pub answer: Answer,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The entries on this page, in order.
    pub hits: Vec<Hit>,
    /// How many there are on all pages.
    pub count: u64,
}

/// Synonyms as of one moment.
#[derive(Debug)]
pub(super) struct SynonymView {
    synonyms: Arc<Synonyms>,
    stamp: Stamp,
}

impl Delivery {
    /// The entries that answer a question. Entries in the reader's language come before those that only
    /// exist in another one.
    ///
    /// ```
    /// use cms_core::{Cms, locale::Locale, queries::search::SearchQuestion};
    ///
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let cms = Cms::open(folder).await?;
    /// let (types, locale) = (["guidance".parse()?], Locale::parse("fr")?);
    /// let question = SearchQuestion::new("chantage \"faux profil\" -jeu", &types, &locale);
    /// let found = cms.delivery().search(&question)?;
    /// assert_eq!(found.count, 0, "nothing is published yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ListError`]: a cursor of another search, or the view or the index cannot be read. No text is an
    /// error.
    pub fn search(&self, question: &SearchQuestion<'_>) -> Result<SearchFound, ListError> {
        let site = self.site()?;
        let locale = effective(&site, question.locale);
        let mut stamp = Stamp::default();
        self.generations().stamp(Source::Site, &mut stamp);
        for type_name in question.types {
            self.generations().stamp(Source::Type(type_name), &mut stamp);
        }
        let query = self.search_query(question, &locale, &site)?;
        let page = self.parts().index.search(&query).map_err(|error| {
            if let IndexError::WrongPosition { .. } = error {
                ListError::BadCursor
            } else {
                ListError::Read(ReadError::Index(error.to_string()))
            }
        })?;
        let (mut body, mut seen, mut hits) = (b"{\"data\":[".to_vec(), Vec::new(), Vec::new());
        let _steady = self.reader().steady();
        for found in &page.hits {
            let Some(item) = self.item(&found.hit, question.fields, &site)? else { continue };
            if !hits.is_empty() {
                body.push(b',');
            }
            body.extend_from_slice(&item.body);
            let title = self.title(&found.hit)?;
            let mut filler = Filler::new(self, &site, &found.hit.locale);
            let passage = passage(&mut filler, found)?;
            let by_policy = self.is_by_policy(&found.hit, &locale)?;
            let resolution = ResolutionShape::of(question.locale, &found.hit.locale);
            let tail = json!({
                "resolution": resolution.by_policy(by_policy),
                "pinned": found.pinned,
                "highlights": {
                    "title": page.marked(found, &title),
                    "passage": passage.map(|text| page.marked(found, &text)),
                },
            });
            push_members(&mut body, &tail);
            seen.extend_from_slice(&item.seen);
            seen.append(&mut filler.seen);
            stamp.merge(&item.stamp);
            stamp.merge(&filler.stamp);
            hits.push(found.hit.clone());
        }
        body.push(b']');
        let next = page.next.as_ref().map(|place| place.to_cursor(&query));
        let tail = json!({
            "page": {"next": next, "count": page.count},
            "facets": self.facets(&page.facets, question.types, &site, &locale)?,
            "did_you_mean": did_you_mean(question.text, &page),
            "resolution": {
                "requested": question.locale, "served": locale,
                "reason": if question.locale.matches(&locale) { "exact" } else { "fallback" },
                "chain": site.chain(question.locale, &site.default_locale),
            },
        });
        push_members(&mut body, &tail);
        let cache_keys = list_keys(&seen, question.types, &locale);
        let answer = Answer { body, locale, cache_keys, stamp };
        Ok(SearchFound { answer, next, hits, count: page.count })
    }

    fn search_query(
        &self,
        question: &SearchQuestion<'_>,
        locale: &Locale,
        site: &SiteView,
    ) -> Result<SearchQuery, ListError> {
        let list = ListQuery {
            types: question.types.to_vec(),
            locale: locale.clone(),
            exact: !question.fallback,
            filter: self.by_id(&question.filter, question.types, site)?,
            sort: question.sort.clone(),
            limit: question.limit,
            after: None,
            facets: question.facets.clone(),
            count: true,
        };
        let mut query = SearchQuery {
            list,
            wanted: syntax::parse(question.text),
            chain: site.chain(locale, &site.default_locale).to_vec(),
            synonyms: Some(self.synonyms(site)?),
        };
        if let Some(cursor) = question.after {
            let after = Position::from_cursor(cursor, &query).map_err(|_| ListError::BadCursor)?;
            query.list.after = Some(after);
        }
        Ok(query)
    }

    /// The title of a hit as readers get it now.
    fn title(&self, hit: &Hit) -> Result<String, ReadError> {
        let entry = self.live(hit.entry)?;
        let live = entry.as_ref().and_then(|entry| entry.readable_in(&hit.locale));
        Ok(live.map(|live| live.title.clone()).unwrap_or_default())
    }

    /// The words that mean the same, from what is published and from the operator's file.
    fn synonyms(&self, site: &SiteView) -> Result<Arc<Synonyms>, ReadError> {
        if let Some(view) = self.parts().synonyms.read().as_ref()
            && self.generations().is_current(&view.stamp)
        {
            return Ok(Arc::clone(&view.synonyms));
        }
        let mut stamp = Stamp::default();
        self.generations().stamp(Source::Site, &mut stamp);
        let labelled = site.types.iter().filter(|(_, kind)| super::labels::has_labels(kind));
        let labelled: Vec<&TypeName> = labelled.map(|(name, _)| name).collect();
        for name in &labelled {
            self.generations().stamp(Source::Type(name), &mut stamp);
        }
        let mut groups = self.parts().synonym_groups.clone();
        for name in labelled {
            groups.extend(super::labels::groups(self.reader(), name)?);
        }
        let synonyms = Arc::new(Synonyms::new(groups));
        let view = SynonymView { synonyms: Arc::clone(&synonyms), stamp };
        *self.parts().synonyms.write() = Some(view);
        Ok(synonyms)
    }
}

/// The passage of a hit, with what shows in it of others as it is now.
fn passage(filler: &mut Filler<'_>, found: &SearchHit) -> Result<Option<String>, ReadError> {
    let Some(text) = &found.passage else { return Ok(None) };
    let mut passage = String::with_capacity(text.len());
    for c in text.chars() {
        match Embedded::place(c).map(|place| found.shows.get(place)) {
            Some(Some(shown)) => {
                let shown = filler.plain(shown)?;
                let end = shown.char_indices().nth(MAX_SHOWN).map_or(shown.len(), |(at, _)| at);
                passage.push_str(shown.get(..end).unwrap_or_default().trim_end());
            }
            Some(None) => {}
            None => passage.push(c),
        }
    }
    Ok(Some(passage.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// The question with its unknown words as they were most likely meant.
fn did_you_mean(text: &str, page: &SearchPage) -> Option<String> {
    if page.meant.is_empty() {
        return None;
    }
    let better = |text: String, (typed, meant): &(String, String)| text.replacen(typed, meant, 1);
    Some(page.meant.iter().fold(text.to_owned(), better))
}

/// Adds an object's members behind those of one that is open, and closes it.
fn push_members(body: &mut Vec<u8>, members: &serde_json::Value) {
    let members = members.to_string();
    body.push(b',');
    body.extend_from_slice(members.strip_prefix('{').unwrap_or(&members).as_bytes());
}
