//! Answers that are ready to be sent, kept in bounded memory for the next who ask the same.
//!
//! The core says which are still good: an answer that anything has overtaken is made again.

use std::{borrow::Cow, hash::Hash, sync::Arc};

use cms_core::queries::{Delivery, answer::Answer};
use quick_cache::{Equivalent, Weighter, sync::Cache};

use super::{
    coding::CodedSet,
    ready::{Head, Ready, Vary},
};
use crate::{guards::codings::Codings, problem::Problem};

/// How much memory the answers may take, in bytes.
const CAPACITY: u64 = 32 << 20;
/// How large an answer is on average, about.
const TYPICAL: u64 = 12 << 10;

/// An answer with everything that sending it needs.
#[derive(Debug)]
pub struct Prepared {
    answer: Answer,
    bytes: CodedSet,
    head: Arc<Head>,
    vary: Vary,
    content_location: Option<String>,
}

/// What a question is known by: its path, its query, and the locale where the query names none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question(Box<str>, Box<str>, Box<str>);

/// The same, borrowed.
#[derive(Debug, Clone, Copy, Hash)]
pub struct QuestionRef<'a>(pub &'a str, pub &'a str, pub &'a str);

impl Equivalent<Question> for QuestionRef<'_> {
    fn equivalent(&self, other: &Question) -> bool {
        *self.0 == *other.0 && *self.1 == *other.1 && *self.2 == *other.2
    }
}

impl QuestionRef<'_> {
    fn owned(self) -> Question {
        Question(self.0.into(), self.1.into(), self.2.into())
    }
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Question, Arc<Prepared>> for Weight {
    fn weight(&self, question: &Question, prepared: &Arc<Prepared>) -> u64 {
        let names = question.0.len() + question.1.len() + question.2.len();
        prepared.bytes.weight() + u64::try_from(names).unwrap_or_default()
    }
}

/// The answers.
#[derive(Debug)]
pub struct Answers(Cache<Question, Arc<Prepared>, Weight>);

impl Default for Answers {
    fn default() -> Self {
        let items = usize::try_from(CAPACITY / TYPICAL).unwrap_or(1_000);
        Self(Cache::with_weighter(items, CAPACITY, Weight))
    }
}

impl Answers {
    /// The answer to a question, if there is one that nothing has overtaken.
    pub fn get(&self, question: QuestionRef<'_>, delivery: &Delivery) -> Option<Arc<Prepared>> {
        self.0.get(&question).filter(|prepared| delivery.is_current(&prepared.answer))
    }

    /// Keeps an answer.
    pub fn keep(&self, question: QuestionRef<'_>, prepared: &Arc<Prepared>) {
        self.0.insert(question.owned(), Arc::clone(prepared));
    }
}

impl Prepared {
    /// Makes an answer ready. `link` is the whole `Link` field; `location` is the address with its locale,
    /// for an answer whose locale was negotiated.
    pub fn new(mut answer: Answer, link: Option<String>, location: Option<String>) -> Self {
        let body = std::mem::take(&mut answer.body);
        let keys: Vec<&str> = answer.cache_keys.iter().collect();
        let groups: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
        let head = Head {
            content_type: Cow::Borrowed("application/json"),
            content_language: Some(answer.locale.to_string()),
            surrogate_key: Some(keys.join(" ")),
            cache_groups: Some(groups.join(", ")),
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
