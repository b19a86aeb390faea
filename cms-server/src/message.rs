//! From codes to words, in the reader's language.
//!
//! The language of words is the `locale` parameter where it is one that there are words in, else the
//! best of `Accept-Language`, else English. It has nothing to do with the language of content.

use std::convert::Infallible;

use cms_core::locale::Locale;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
    response::{self, Responder},
};

use crate::{
    guards::percent,
    problem::{Code, Fault},
};

/// Who reads the words.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The language of the words.
    pub language: Locale,
    /// Whether it was found by `Accept-Language`, so that the answer varies by it.
    pub negotiated: bool,
}

impl Reader {
    /// The reader of the answer to this request, however malformed the rest of it is.
    pub fn of(request: &Request<'_>) -> Self {
        let query = request.uri().query().map_or("", |query| query.as_str());
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("locale="));
        let asked = asked
            .and_then(|raw| percent::decode_query(raw).ok())
            .and_then(|tag| Locale::parse(&tag).ok());
        match asked.as_ref().and_then(words_for) {
            Some(language) => Self { language, negotiated: false },
            None => Self {
                language: negotiate(request.headers().get_one("Accept-Language")),
                negotiated: true,
            },
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reader {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self::of(request))
    }
}

/// A body with words in it, and the header fields that say in which language.
#[derive(Debug)]
pub struct Worded<B> {
    /// The body.
    pub body: B,
    /// For whom it was worded.
    pub reader: Reader,
}

impl<'r, 'o: 'r, B: Responder<'r, 'o>> Responder<'r, 'o> for Worded<B> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'o> {
        let mut answer = self.body.respond_to(request)?;
        answer.set_raw_header("Content-Language", self.reader.language.to_string());
        if self.reader.negotiated {
            answer.set_raw_header("Vary", "Accept-Language");
        }
        Ok(answer)
    }
}

/// What kind of problem it is.
pub(crate) fn problem_title(code: Code, language: &Locale) -> String {
    words(language, &format!("problem.{}.title", code.name()), &[])
}

/// What is wrong, with the facts of this occurrence.
pub(crate) fn problem_detail(
    code: Code,
    facts: &[(&'static str, String)],
    language: &Locale,
) -> String {
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, &**value)).collect();
    words(language, &format!("problem.{}.detail", code.name()), &facts)
}

/// Which rule is broken, with the facts of this occurrence.
pub(crate) fn violation(fault: &Fault, language: &Locale) -> String {
    let facts: Vec<(&str, &str)> =
        fault.facts.iter().map(|(name, value)| (&**name, &**value)).collect();
    words(language, &format!("violation.{}", fault.code), &facts)
}

/// The language of the words for readers of this locale, if there are any.
fn words_for(asked: &Locale) -> Option<Locale> {
    let mut tag = asked.as_str();
    loop {
        if let Some(language) =
            crate::_rust_i18n_available_locales().into_iter().find(|language| *language == tag)
        {
            return Locale::parse(&language).ok();
        }
        tag = tag.rsplit_once('-')?.0;
    }
}

/// The best language of `Accept-Language`: by weight, then by order.
fn negotiate(field: Option<&str>) -> Locale {
    let field = field.unwrap_or_default();
    let mut wanted: Vec<(&str, f32)> = field
        .split(',')
        .map(|member| {
            let (tag, weight) = member.split_once(";q=").unwrap_or((member, "1"));
            (tag.trim(), weight.trim().parse().unwrap_or(0.0))
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    wanted.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    wanted
        .into_iter()
        .filter_map(|(tag, _)| Locale::parse(tag).ok())
        .find_map(|locale| words_for(&locale))
        .unwrap_or_else(|| "en".parse().unwrap_or_else(|_| unreachable!()))
}

fn words(language: &Locale, key: &str, facts: &[(&str, &str)]) -> String {
    let (names, values): (Vec<&str>, Vec<String>) =
        facts.iter().map(|(name, value)| (*name, (*value).to_owned())).unzip();
    rust_i18n::replace_patterns(&rust_i18n::t!(key, locale = language.as_str()), &names, &values)
}
