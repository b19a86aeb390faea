//! Suggestions while a reader types: titles and phrases of what is published in their language.

use serde_json::{Value, json};

use super::{
    Delivery, ReadError,
    answer::{Answer, CacheKeys},
    fill::href,
    list::effective,
    shapes::ResolutionShape,
};
use crate::{
    followers::delivery::generations::{Source, Stamp},
    locale::Locale,
    search::Hit,
};

/// The most suggestions that can be asked for.
pub const MAX_SUGGESTIONS: u8 = 20;

/// What a reader has typed so far.
#[derive(Debug, Clone, Copy)]
pub struct SuggestQuestion<'a> {
    /// The text.
    pub text: &'a str,
    /// In which locale.
    pub locale: &'a Locale,
    /// How many suggestions at most.
    pub limit: usize,
}

impl Delivery {
    /// What may complete a beginning: titles first, then phrases. Where there is neither, the beginning as
    /// it may have been meant.
    ///
    /// # Errors
    /// [`ReadError`] when the view or the index cannot be read.
    pub fn suggest(&self, question: &SuggestQuestion<'_>) -> Result<Answer, ReadError> {
        let site = self.site()?;
        let locale = effective(&site, question.locale);
        let mut stamp = Stamp::default();
        self.generations().stamp(Source::Site, &mut stamp);
        let limit = question.limit.clamp(1, usize::from(MAX_SUGGESTIONS));
        let found = self.parts().index.complete(question.text, &locale, limit);
        let found = found.map_err(|error| ReadError::Index(error.to_string()))?;
        let mut suggestions: Vec<Value> = Vec::new();
        let mut cache_keys = CacheKeys::default();
        cache_keys.add('q', locale.as_str().as_bytes());
        for hit in &found.titles {
            suggestions.extend(self.titled(hit, &mut cache_keys)?);
        }
        let is_new = |phrase: &&String| {
            !suggestions.iter().any(|title| {
                title["text"].as_str().is_some_and(|title| title.to_lowercase() == **phrase)
            })
        };
        let phrases: Vec<Value> = found
            .phrases
            .iter()
            .filter(is_new)
            .map(|phrase| json!({"text": phrase, "kind": "phrase"}))
            .collect();
        // Some of each, where there are enough of both.
        let titles = limit.saturating_sub(phrases.len().min(limit / 2));
        suggestions.truncate(titles);
        suggestions.extend(phrases);
        suggestions.truncate(limit);
        let body = json!({
            "data": suggestions,
            "did_you_mean": found.meant,
            "resolution": ResolutionShape::of(question.locale, &locale),
        });
        let body = body.to_string().into_bytes();
        Ok(Answer { body, locale, cache_keys, stamp })
    }

    /// An entry by its title, if it is published still.
    fn titled(&self, hit: &Hit, cache_keys: &mut CacheKeys) -> Result<Option<Value>, ReadError> {
        let Some(entry) = self.live(hit.entry)? else { return Ok(None) };
        let Some(live) = entry.readable_in(&hit.locale) else { return Ok(None) };
        cache_keys.add_entries(&[hit.entry]);
        Ok(Some(json!({
            "text": live.title, "kind": "title",
            "entry": {
                "id": entry.id, "type": entry.type_name, "slug": live.slug, "locale": hit.locale,
                "href": href(&entry.type_name, &live.slug, &hit.locale),
            },
        })))
    }
}
