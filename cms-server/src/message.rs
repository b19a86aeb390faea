//! From codes to words, in the reader's language.
//!
//! The language of words is the `locale` parameter where it is one that there are words in, else the
//! best of `Accept-Language`, else English. It has nothing to do with the language of content.

use std::convert::Infallible;

use cms_core::{locale::Locale, words};
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
    /// A reader of English, such as whoever has the command line before them.
    pub fn english() -> Self {
        Self { language: Locale::english(), negotiated: false }
    }

    /// The reader of the answer to this request, however malformed the rest of it is.
    pub fn of(request: &Request<'_>) -> Self {
        let query = request.uri().query().map_or("", |query| query.as_str());
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("locale="));
        let asked = asked
            .and_then(|raw| percent::decode_query(raw).ok())
            .and_then(|tag| Locale::parse(&tag).ok());
        match asked.as_ref().and_then(|locale| words::languages().look_up(locale)) {
            Some(found) => Self { language: found.tag.clone(), negotiated: false },
            None => Self {
                language: words::languages().negotiate(&accepted(request)),
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
        answer.set_raw_header("Cache-Control", "public, max-age=300");
        if self.reader.negotiated {
            answer.set_raw_header("Vary", "Accept-Language");
        }
        Ok(answer)
    }
}

/// `Accept-Language`, in one piece: several fields of it are one list.
fn accepted(request: &Request<'_>) -> String {
    request.headers().get("Accept-Language").collect::<Vec<_>>().join(",")
}

/// What kind of problem it is.
pub(crate) fn problem_title(code: Code, language: &Locale) -> String {
    words::text(language, &format!("problem.{}.title", code.name()), &[])
}

/// What is wrong, with the facts of this occurrence.
pub(crate) fn problem_detail(
    code: Code,
    facts: &[(&'static str, String)],
    language: &Locale,
) -> String {
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, &**value)).collect();
    words::text(language, &format!("problem.{}.detail", code.name()), &facts)
}

/// Which rule is broken, with the facts of this occurrence.
pub(crate) fn violation(fault: &Fault, language: &Locale) -> String {
    let facts: Vec<(&str, &str)> =
        fault.facts.iter().map(|(name, value)| (&**name, &**value)).collect();
    words::text(language, &format!("violation.{}", fault.code), &facts)
}
