//! Answers that are ready to be sent, kept in bounded memory for the next who ask the same.
//!
//! The core says which are still good: an answer that anything has overtaken is made again.

use std::{borrow::Cow, hash::Hash, sync::Arc};

use cms_core::queries::{Delivery, answer::Answer};
use quick_cache::{Equivalent, Weighter, sync::Cache};

use super::{
    coding::{CodedSet, Coding},
    ready::{Head, Ready, Vary},
};
use crate::{guards::codings::Codings, problem::Problem};

/// How much memory the answers may take, in bytes.
const CAPACITY: u64 = 32 << 20;
/// How large an answer is on average, about.
const TYPICAL: u64 = 6 << 10;

/// What a question is known by.
///
/// Its path, its query, the locale where the query names none, and the coding that suits the reader best. Most readers of a page take the same coding, and others are not kept for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question(Box<str>, Box<str>, Box<str>, Option<Coding>);

/// The same, borrowed, but for the coding.
#[derive(Debug, Clone, Copy)]
pub struct QuestionRef<'a>(pub &'a str, pub &'a str, pub &'a str);

#[derive(Debug, Clone, Copy, Hash)]
struct Looked<'a>(&'a str, &'a str, &'a str, Option<Coding>);

impl Equivalent<Question> for Looked<'_> {
    fn equivalent(&self, other: &Question) -> bool {
        *self.0 == *other.0 && *self.1 == *other.1 && *self.2 == *other.2 && self.3 == other.3
    }
}

/// An answer that is kept, with what it was made from.
#[derive(Debug)]
struct Kept {
    ready: Ready,
    answer: Answer,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Question, Arc<Kept>> for Weight {
    fn weight(&self, question: &Question, kept: &Arc<Kept>) -> u64 {
        let names = question.0.len() + question.1.len() + question.2.len();
        u64::try_from(kept.ready.weight() + names).unwrap_or(u64::MAX)
    }
}

/// The answers.
#[derive(Debug)]
pub struct Answers(Cache<Question, Arc<Kept>, Weight>);

impl Default for Answers {
    fn default() -> Self {
        let items = usize::try_from(CAPACITY / TYPICAL).unwrap_or(1_000);
        Self(Cache::with_weighter(items, CAPACITY, Weight))
    }
}

impl Answers {
    /// The answer to a question for a reader of these codings, if there is one that nothing has overtaken.
    pub fn get(
        &self,
        QuestionRef(path, query, locale): QuestionRef<'_>,
        codings: Codings,
        delivery: &Delivery,
    ) -> Option<Ready> {
        let kept = self.0.get(&Looked(path, query, locale, codings.best(|_| true)))?;
        delivery.is_current(&kept.answer).then(|| kept.ready.clone())
    }

    /// Keeps an answer in the coding that suits a reader, and gives it.
    ///
    /// # Errors
    /// When the reader refuses every coding: then nothing is kept.
    pub fn keep(
        &self,
        QuestionRef(path, query, locale): QuestionRef<'_>,
        codings: Codings,
        prepared: Prepared,
    ) -> Result<Ready, Problem> {
        let ready = prepared.ready(codings)?;
        let question = Question(path.into(), query.into(), locale.into(), codings.best(|_| true));
        let kept = Kept { ready: ready.clone(), answer: prepared.answer };
        self.0.insert(question, Arc::new(kept));
        Ok(ready)
    }
}

/// An answer with everything that sending it needs.
#[derive(Debug)]
pub struct Prepared {
    /// Without its body and its names to caches, which lie in the rest.
    answer: Answer,
    bytes: CodedSet,
    head: Arc<Head>,
    vary: Vary,
    content_location: Option<String>,
}

impl Prepared {
    /// Makes an answer ready. `link` is the whole `Link` field; `location` is the address with its locale,
    /// for an answer whose locale was negotiated.
    pub fn new(mut answer: Answer, link: Option<String>, location: Option<String>) -> Self {
        let body = std::mem::take(&mut answer.body);
        let cache_keys = std::mem::take(&mut answer.cache_keys);
        let (mut keys, mut groups) = (String::new(), String::new());
        for key in cache_keys.iter() {
            let (space, comma) = if keys.is_empty() { ("", "") } else { (" ", ", ") };
            keys.extend([space, key]);
            groups.extend([comma, "\"", key, "\""]);
        }
        let head = Head {
            content_type: Cow::Borrowed("application/json"),
            content_language: Some(answer.locale.to_string()),
            surrogate_key: Some(keys),
            cache_groups: Some(groups),
            link,
        };
        let vary = if location.is_some() { Vary::CodingAndLanguage } else { Vary::Coding };
        Self {
            bytes: CodedSet::of(body),
            answer,
            head: Arc::new(head),
            vary,
            content_location: location,
        }
    }

    /// The same bytes, said to be of another media type than JSON.
    #[must_use]
    pub fn of_type(mut self, content_type: &'static str) -> Self {
        if let Some(head) = Arc::get_mut(&mut self.head) {
            head.content_type = Cow::Borrowed(content_type);
        }
        self
    }

    /// The answer in the coding that suits a reader.
    ///
    /// # Errors
    /// When the reader refuses every coding.
    pub fn ready(&self, codings: Codings) -> Result<Ready, Problem> {
        let mut ready = Ready::of(&self.bytes, codings, &self.head)?;
        ready.vary = self.vary;
        ready.content_location.clone_from(&self.content_location);
        Ok(ready)
    }
}
