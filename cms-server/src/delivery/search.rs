//! Search over what is published, and what to offer while a reader types.
//!
//! What was typed is used for the answer and then forgotten: no answer of these is kept, and no line of
//! the log, no figure and no problem has the text in it.

use cms_core::{
    content_type::ContentType,
    id::TypeName,
    queries::{
        search::SearchQuestion,
        site::SiteView,
        suggest::{MAX_SUGGESTIONS, SuggestQuestion},
    },
    search::syntax::MAX_QUERY,
};
use rocket::{Route, State, get, routes};

use super::{Desk, cache::Prepared, entries::Wishes, ready::Ready, terms::Terms};
use crate::{
    guards::query::{Parameter, Query},
    parameters,
    problem::{Fault, Problem},
};

parameters! {
    /// What a search takes.
    pub Search = [
        Parameter::text("q", MAX_QUERY, "What to look for: words in any order, `\"phrases\"`, `-exclusions`. \
            Never refused for how it is written.").required(),
        Parameter::locale(),
        Parameter::choice("fallback", &["none"], "With `none`, no other locale stands in for the one asked for."),
        Parameter::text("type", 500, "The content types to search, with commas between; all that have \
            searchable fields without it."),
        Parameter::family("filter", 4_000, "As for lists: `filter[field]=a,b`, `filter[field][gte]=`."),
        Parameter::text("sort", 300, "Fields to sort by, as for lists; the best answers first without it."),
        Parameter::integer("limit", 1..=100, 20, "How many entries."),
        Parameter::text("cursor", 4_000, "Where to go on: `page.next` of the page before."),
        Parameter::text("fields", 1_000, "The fields wanted, with commas between; all but Markdown without it."),
        Parameter::text("facet", 300, "Fields whose values are counted, with commas between; each as if it \
            were not filtered by."),
    ]
}

parameters! {
    /// What suggestions take.
    pub Suggest = [
        Parameter::text("q", 200, "What has been typed so far.").required(),
        Parameter::locale(),
        Parameter::integer("limit", 1..=(MAX_SUGGESTIONS as i64), 8, "How many suggestions."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![search_entries, suggest_queries]
}

/// Published entries that answer a reader's question, the best first.
///
/// Entries in the reader's language come before those that only exist in another one; each hit says which
/// language it is in. `highlights` are HTML: `<mark>` around what was found, everything else escaped.
#[utoipa::path(
    tag = "delivery",
    params(Search),
    responses(
        (status = 200, description = "A page of hits.", body = Object),
        (status = 304, description = "The reader has it."),
    )
)]
#[get("/v1/search")]
pub(crate) async fn search_entries(
    query: Query<'_, Search>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let site = desk.delivery().site()?;
    let types =
        searched(query.text("type"), &site).map_err(|fault| Problem::parameters(vec![fault]))?;
    let kinds: Vec<&ContentType> =
        types.iter().filter_map(|name| site.types.get(name)).map(|kind| &**kind).collect();
    let (terms, faults) = Terms::of(&query, &kinds);
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let (text, locale) = (query.text("q").unwrap_or_default().to_owned(), asked.locale.clone());
    let found = desk
        .ask(move |delivery| {
            let Terms { fallback, filter, sort, limit, after, facets, fields } = terms;
            Ok(delivery.search(&SearchQuestion {
                text: &text,
                types: &types,
                locale: &locale,
                fallback,
                filter,
                sort,
                limit,
                after: after.as_deref(),
                facets,
                fields: fields.as_deref(),
            })?)
        })
        .await?;
    let link = found.next.map(|next| wishes.next_page(&next));
    let location = wishes.location(&asked, &found.answer.locale);
    Prepared::new(found.answer, link, location).ready(wishes.codings)
}

/// What a reader may want to search for, while they type: titles and phrases of published entries in
/// their language, and what they may have meant.
#[utoipa::path(
    tag = "delivery",
    params(Suggest),
    responses(
        (status = 200, description = "Suggestions, the best first.", body = Object),
        (status = 304, description = "The reader has it."),
    )
)]
#[get("/v1/suggest")]
pub(crate) async fn suggest_queries(
    query: Query<'_, Suggest>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let (text, locale) = (query.text("q").unwrap_or_default().to_owned(), asked.locale.clone());
    let limit = query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(8);
    let answer = desk
        .ask(move |delivery| {
            Ok(delivery.suggest(&SuggestQuestion { text: &text, locale: &locale, limit })?)
        })
        .await?;
    let location = wishes.location(&asked, &answer.locale);
    Prepared::new(answer, None, location).ready(wishes.codings)
}

/// The types named, or all that can be searched.
fn searched(named: Option<&str>, site: &SiteView) -> Result<Vec<TypeName>, Fault> {
    let can_be = |name: &TypeName| site.types.get(name).is_some_and(|kind| kind.is_searched());
    let Some(named) = named else {
        return Ok(site.types.keys().filter(|name| can_be(name)).cloned().collect());
    };
    let mut types = Vec::new();
    for part in named.split(',') {
        let name = TypeName::parse(part).ok().filter(can_be);
        let name =
            name.ok_or_else(|| Fault::parameter("type", "unknown_type").with("type", part))?;
        if !types.contains(&name) {
            types.push(name);
        }
    }
    Ok(types)
}
