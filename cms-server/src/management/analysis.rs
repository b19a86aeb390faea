//! How search reads text: which steps a locale's text goes through, and what a text becomes.

use cms_core::search::{
    analysis::{Analyzer, Explanation, Purpose},
    syntax::MAX_QUERY,
};
use rocket::{Route, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    guards::{
        bearer::Bearer,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Code, Problem},
};

parameters! {
    /// What an analysis takes.
    pub Analysing = [
        Parameter::text("text", MAX_QUERY, "The text.").required(),
        Parameter::locale().required(),
        Parameter::choice("purpose", &["index", "query"], "Whether the text is content that is to be found \
            (`index`, without it) or a question (`query`)."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![analyze_text]
}

/// What becomes of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalysisDocument {
    /// The language whose rules and statistics the text has.
    language: String,
    /// What is done to a text, in this order.
    steps: Vec<String>,
    /// The words.
    words: Vec<AnalysedWord>,
    /// The runs of letters, and the pairs of words.
    grams: Vec<String>,
}

/// A word and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalysedWord {
    /// As it stands in the text.
    written: String,
    /// Folded and whole: what beginnings complete and typing errors are measured against.
    form: String,
    /// What it is looked up by.
    term: String,
    /// Where it begins in the text, in bytes of UTF-8.
    start: usize,
    /// Where it ends.
    end: usize,
    /// Which word of the text it is, from 0.
    position: u32,
    /// Whether it means little by itself.
    function: bool,
}

impl From<Explanation> for AnalysisDocument {
    fn from(explanation: Explanation) -> Self {
        let Explanation { language, steps, words, grams } = explanation;
        let words = words.into_iter().map(|word| AnalysedWord {
            written: word.written,
            form: word.form,
            term: word.term,
            start: word.start,
            end: word.end,
            position: word.position,
            function: word.function,
        });
        Self { language, steps, words: words.collect(), grams }
    }
}

/// Which analyzer a locale uses, and what it makes of a text: the same as `cms search explain`. For whoever
/// may do anything at all; the text is kept nowhere.
#[utoipa::path(
    tag = "management",
    params(Analysing),
    responses((status = 200, body = AnalysisDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/search/analyze")]
pub(crate) fn analyze_text(
    bearer: Bearer,
    query: Query<'_, Analysing>,
) -> Result<Json<AnalysisDocument>, Problem> {
    if bearer.actor.grants.is_empty() {
        return Err(Problem::new(Code::Forbidden));
    }
    let locale = query.locale("locale").ok_or_else(|| Problem::new(Code::NotFound))?;
    let purpose = match query.text("purpose") {
        Some("query") => Purpose::Query,
        Some(_) | None => Purpose::Index,
    };
    let text = query.text("text").unwrap_or_default();
    Ok(Json(Analyzer::of(locale).explain(text, purpose).into()))
}
