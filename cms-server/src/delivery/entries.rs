//! Entries: one by its slug, id or key, and lists of a type.

use std::fmt::Write as _;

use cms_core::{
    content_type::{ContentType, FieldKind},
    id::{FieldName, TypeName},
    locale::Locale,
    queries::{
        Delivery,
        entry::{EntryFound, EntryQuestion},
        fill::href,
        included::DEPTH,
        list::{ListError, ListFound, ListQuestion},
        site::SiteView,
    },
};
use rocket::{
    Request, Response, Route, State, get,
    http::{MediaType, Status},
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
};

use super::{
    Asked, Desk, Languages,
    cache::{Prepared, QuestionRef},
    hot, known_type,
    ready::Ready,
    redirects,
    terms::{self, Terms},
};
use crate::{
    guards::{
        accept,
        codings::Codings,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What one entry takes.
    pub OneEntry = [
        Parameter::locale(),
        Parameter::choice("fallback", &["none"], "With `none`, no other locale stands in for the one asked for."),
        Parameter::text("fields", 1_000, "The fields wanted, with commas between; all of them without it."),
        Parameter::text("include", 500, "Reference fields whose targets are wanted, too, with commas between; \
            a path of at most three, such as `topics.parent`."),
    ]
}

parameters! {
    /// What a list takes.
    pub EntryList = [
        Parameter::locale(),
        Parameter::choice("fallback", &["none"], "With `none`, no other locale stands in for the one asked for."),
        Parameter::family("filter", 4_000, "`filter[field]=a,b`: one of these values; \
            `filter[field][gte]=`, `gt`, `lte`, `lt`: a range; `filter[field][exists]=true`. All filters must hold. \
            A reference is named by the target's id, key or slug."),
        Parameter::text("sort", 300, "Fields to sort by, with commas between, a `-` before those that fall; \
            `-published_at` without it."),
        Parameter::integer("limit", 1..=100, 20, "How many entries."),
        Parameter::text("cursor", 4_000, "Where to go on: `page.next` of the page before."),
        Parameter::text("fields", 1_000, "The fields wanted, with commas between; all but Markdown without it."),
        Parameter::text("include", 500, "Reference fields whose targets are wanted, too, with commas between."),
        Parameter::text("facet", 300, "Fields whose values are counted, with commas between."),
        Parameter::choice("count", &["exact"], "With `exact`, how many entries there are on all pages."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    hot::shortened(routes![read_entry, read_asset, list_entries])
}

/// An answer, or the address of one.
#[derive(Debug)]
pub(crate) enum Reply {
    Ready(Ready),
    Moved { status: u16, location: String },
}

impl<'r> Responder<'r, 'r> for Reply {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        match self {
            Self::Ready(ready) => ready.respond_to(request),
            Self::Moved { status, location } => Response::build()
                .status(Status::new(status))
                .raw_header("Location", location)
                .raw_header("Cache-Control", "public, max-age=60")
                .raw_header("Vary", "Accept-Language")
                .ok(),
        }
    }
}

/// What a request for content says besides its address.
pub(crate) struct Wishes<'r> {
    pub(super) codings: Codings,
    pub(super) languages: Languages<'r>,
    pub(super) path: &'r str,
    query: &'r str,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Wishes<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        if let Err(problem) = accept::check(request, &MediaType::JSON, "application/json") {
            return problem.outcome(request);
        }
        Outcome::Success(Self {
            codings: Codings::parse(request.headers().get("Accept-Encoding")),
            languages: Languages(request.headers().get_one("Accept-Language").unwrap_or("")),
            path: request.uri().path().as_str(),
            query: request.uri().query().map_or("", |query| query.as_str()),
        })
    }
}

impl Wishes<'_> {
    /// What the question is known by.
    pub(super) fn question<'a>(&'a self, asked: &'a Asked) -> QuestionRef<'a> {
        QuestionRef(self.path, self.query, if asked.explicit { "" } else { asked.locale.as_str() })
    }

    /// The `Link` field that leads to the next page.
    pub(super) fn next_page(&self, cursor: &str) -> String {
        let rest =
            self.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
        let query: Vec<_> = rest.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
        format!("<{}?{}>; rel=\"next\"", self.path, query.join("&"))
    }

    /// `Content-Location`, for an answer whose locale was negotiated: the address with the locale in it.
    pub(super) fn location(&self, asked: &Asked, locale: &Locale) -> Option<String> {
        (!asked.explicit).then(|| self.address(self.path, locale))
    }

    /// The address with another locale in it.
    pub(super) fn address(&self, path: &str, locale: &Locale) -> String {
        let others =
            self.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("locale="));
        let mut address = format!("{path}?locale={locale}");
        for pair in others {
            let _ = write!(address, "&{pair}");
        }
        address
    }
}

/// One entry, by its slug, its id or `key:` and its key.
#[utoipa::path(
    tag = "delivery",
    params(
        ("type_name" = String, Path, description = "The content type."),
        ("name" = String, Path, description = "A slug, an id, or `key:` and an external key."),
        OneEntry
    ),
    responses(
        (status = 200, description = "The entry.", body = Object),
        (status = 304, description = "The reader has it."),
        (status = 301, description = "An editor set a redirect from here."),
        (status = 308, description = "It is found under another slug, or an editor set a redirect from here."),
        (status = 404, description = "There is no such entry, or not in a locale that serves."),
        (status = 410, description = "It is gone."),
    )
)]
#[get("/v1/entries/<type_name>/<name>")]
pub(crate) async fn read_entry(
    type_name: &str,
    name: &str,
    query: Query<'_, OneEntry>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Reply, Problem> {
    answer_entry((type_name, name), &query, &wishes, desk).await
}

/// An asset with its words in the best language that there is: `asset` is what pages that show it get, `shapes` has its
/// renditions cut to shapes, each with its `srcset`.
#[utoipa::path(
    tag = "delivery",
    params(("name" = String, Path, description = "An id, `key:` and an external key, or a slug."), OneEntry),
    responses(
        (status = 200, description = "The asset.", body = Object),
        (status = 304, description = "The reader has it."),
        (status = 404, description = "There is no such asset, or not in a locale that serves."),
    )
)]
#[get("/v1/assets/<name>")]
pub(crate) async fn read_asset(
    name: &str,
    query: Query<'_, OneEntry>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Reply, Problem> {
    answer_entry((cms_core::asset::TYPE, name), &query, &wishes, desk).await
}

async fn answer_entry(
    (type_name, name): (&str, &str),
    query: &Query<'_, OneEntry>,
    wishes: &Wishes<'_>,
    desk: &Desk,
) -> Result<Reply, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let delivery = desk.delivery();
    if let Some(ready) = desk.answers.get(wishes.question(&asked), wishes.codings, &delivery) {
        return Ok(Reply::Ready(ready));
    }
    let site = delivery.site()?;
    let type_name = known_type(&site, type_name)?;
    let types: Vec<_> = site.types.get(&type_name).map(|kind| &**kind).into_iter().collect();
    let fields = query.text("fields").map(|text| terms::fields(text, &types)).transpose();
    let include = query
        .text("include")
        .map_or(Ok(Vec::new()), |text| paths(text, types.iter().copied(), &site));
    let (fields, include) = both(fields, include)?;
    let fallback = query.text("fallback").is_none();
    let (ask, name, wanted) = (asked.clone(), name.to_owned(), type_name.clone());
    let found = desk
        .ask(move |delivery| {
            let question = EntryQuestion {
                type_name: &wanted,
                name: &name,
                locale: &ask.locale,
                explicit: ask.explicit,
                fallback,
                fields: fields.as_deref(),
                include: &include,
            };
            Ok(delivery.entry(&question)?)
        })
        .await?;
    match found {
        EntryFound::Entry(answer) | EntryFound::Withdrawn(answer) => {
            let location = wishes.location(&asked, &answer.locale);
            let prepared = Prepared::new(answer, None, location);
            let kept = desk.answers.keep(wishes.question(&asked), wishes.codings, prepared);
            kept.map(Reply::Ready)
        }
        EntryFound::Moved { slug, locale } => {
            let path = href(&type_name, &slug, &locale);
            let path = path.split('?').next().unwrap_or_default();
            Ok(Reply::Moved { status: 308, location: wishes.address(path, &locale) })
        }
        EntryFound::Gone { replacement } => Err(gone(replacement)),
        EntryFound::NotTranslated { alternates } => {
            Err(not_translated(&type_name, &asked.locale, &alternates))
        }
        EntryFound::Unknown => redirects::send_on(desk, wishes, &asked.locale).await,
    }
}

/// It is gone, and what to read instead.
fn gone(replacement: Option<(TypeName, String, Locale)>) -> Problem {
    let problem = Problem::new(Code::Gone);
    let Some((type_name, slug, locale)) = replacement else { return problem };
    let address = href(&type_name, &slug, &locale);
    problem.header("Link", format!("<{address}>; rel=\"successor-version\""))
}

/// It is published in other locales.
fn not_translated(
    type_name: &TypeName,
    asked: &Locale,
    alternates: &[(Locale, String)],
) -> Problem {
    let link = |(locale, slug): &(Locale, String)| {
        let address = href(type_name, slug, locale);
        format!("<{address}>; rel=\"alternate\"; hreflang=\"{locale}\"")
    };
    let links: Vec<_> = alternates.iter().map(link).collect();
    Problem::new(Code::TranslationUnavailable)
        .with("locale", asked)
        .header("Link", links.join(", "))
}

/// Entries of a type, filtered, sorted, page by page.
#[utoipa::path(
    tag = "delivery",
    params(("type_name" = String, Path, description = "The content type."), EntryList),
    responses(
        (status = 200, description = "A page of the list.", body = Object),
        (status = 304, description = "The reader has it."),
        (status = 404, description = "There is no such type."),
    )
)]
#[get("/v1/entries/<type_name>")]
pub(crate) async fn list_entries(
    type_name: &str,
    query: Query<'_, EntryList>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let delivery = desk.delivery();
    if let Some(ready) = desk.answers.get(wishes.question(&asked), wishes.codings, &delivery) {
        return Ok(ready);
    }
    let site = delivery.site()?;
    let type_name = known_type(&site, type_name)?;
    let plan = Plan::of(&query, type_name, &asked, &site)?;
    let (answer, next) = desk
        .ask(move |delivery| {
            let found = plan.list(delivery)?;
            Ok((found.answer, found.next))
        })
        .await?;
    let link = next.map(|next| wishes.next_page(&next));
    let location = wishes.location(&asked, &answer.locale);
    let prepared = Prepared::new(answer, link, location);
    desk.answers.keep(wishes.question(&asked), wishes.codings, prepared)
}

/// A question for a list, parsed.
struct Plan {
    types: Vec<TypeName>,
    locale: Locale,
    terms: Terms,
    count: bool,
    include: Vec<Vec<FieldName>>,
}

impl Plan {
    fn of(
        query: &Query<'_, EntryList>,
        type_name: TypeName,
        asked: &Asked,
        site: &SiteView,
    ) -> Result<Self, Problem> {
        let types: Vec<_> = site.types.get(&type_name).map(|kind| &**kind).into_iter().collect();
        let (terms, mut faults) = Terms::of(query, &types);
        let include = query
            .text("include")
            .map_or(Ok(Vec::new()), |text| paths(text, types.iter().copied(), site));
        let include = include.map_err(|wrong| faults.extend(wrong)).unwrap_or_default();
        if !faults.is_empty() {
            return Err(Problem::parameters(faults));
        }
        Ok(Self {
            types: vec![type_name],
            locale: asked.locale.clone(),
            terms,
            count: query.text("count").is_some(),
            include,
        })
    }

    fn list(self, delivery: &Delivery) -> Result<ListFound, ListError> {
        let Terms { fallback, filter, sort, limit, after, facets, fields } = self.terms;
        delivery.list(&ListQuestion {
            types: &self.types,
            locale: &self.locale,
            fallback,
            filter,
            sort,
            limit,
            after: after.as_deref(),
            facets,
            count: self.count,
            fields: fields.as_deref(),
            include: &self.include,
        })
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::BadCursor => {
                Self::parameters(vec![Fault::parameter("cursor", "bad_cursor")])
            }
            ListError::Read(error) => error.into(),
        }
    }
}

/// Paths of reference fields with commas between.
fn paths<'a>(
    text: &str,
    types: impl Iterator<Item = &'a ContentType>,
    site: &'a SiteView,
) -> Result<Vec<Vec<FieldName>>, Vec<Fault>> {
    let start: Vec<_> = types.collect();
    let mut paths = Vec::new();
    let mut faults = Vec::new();
    for part in text.split(',') {
        match path(part, start.clone(), site) {
            Some(path) => paths.push(path),
            None => faults.push(Fault::parameter("include", "not_a_reference").with("field", part)),
        }
    }
    if faults.is_empty() { Ok(paths) } else { Err(faults) }
}

/// A path each step of which is a reference field of a type that the step before leads to.
fn path<'a>(
    text: &str,
    mut types: Vec<&'a ContentType>,
    site: &'a SiteView,
) -> Option<Vec<FieldName>> {
    let mut path = Vec::new();
    for step in text.split('.') {
        let name = FieldName::parse(step).ok()?;
        let mut next = Vec::new();
        for content_type in &types {
            if let Some(FieldKind::Reference { types, .. }) =
                content_type.field(&name).map(|field| &field.kind)
            {
                next.extend(
                    types.iter().filter_map(|name| site.types.get(name)).map(|kind| &**kind),
                );
            }
        }
        if next.is_empty() || path.len() == DEPTH {
            return None;
        }
        types = next;
        path.push(name);
    }
    Some(path)
}

/// Both, or all the faults of both.
fn both<A, B>(a: Result<A, Vec<Fault>>, b: Result<B, Vec<Fault>>) -> Result<(A, B), Problem> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(Problem::parameters(faults)),
        (Err(mut faults), Err(more)) => {
            faults.extend(more);
            Err(Problem::parameters(faults))
        }
    }
}
