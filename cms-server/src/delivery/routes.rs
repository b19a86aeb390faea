//! Where to turn: the look-up of routes, and the whole directory as one file.
//!
//! Country and concern together say much about who asks. So no answer to a question is kept, nothing of it is
//! logged, and whoever can looks up in the directory at home.

use cms_core::{
    locale::Locale,
    route::{Country, Finder, Question, QuestionError, Subdivision, hours::Zone},
};
use rocket::{Route, State, get, routes};

use super::{Desk, cache::Prepared, entries::Wishes, hot, ready::Ready};
use crate::{
    guards::query::{Parameter, Parameters, Query},
    parameters,
    problem::{Fault, Problem},
};

parameters! {
    /// What a question for routes takes.
    pub RoutesFor = [
        Parameter::locale(),
        Parameter::text("country", 2, "The country that the reader is in (ISO 3166-1, two letters)."),
        Parameter::text("subdivision", 6, "The part of it (ISO 3166-2)."),
        Parameter::text("concern", 200, "What it is about: the key, slug or id of a concern."),
        Parameter::text("audience", 200, "Who asks: the key, slug or id of an audience."),
        Parameter::text("languages", 300, "The languages that the reader speaks, BCP 47 tags with commas between; \
            the locale without it."),
        Parameter::choice("danger_now", &["true", "false"], "Whether somebody is in danger now: what is open comes first."),
        Parameter::text("tz", 60, "The reader's IANA time zone: openings are told at its clock, too."),
        Parameter::integer("limit", 1..=50, 10, "How many routes besides those for emergencies."),
    ]
}

parameters! {
    /// What the directory takes.
    pub DirectoryIn = [Parameter::locale()]
}

/// The most languages that a question names.
const MOST_LANGUAGES: usize = 20;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    [routes![find_routes], hot::shortened(routes![read_directory])].concat()
}

/// Where to turn: emergency routes first, then the routes that suit the question best, each with its reasons.
#[utoipa::path(
    tag = "delivery",
    params(RoutesFor),
    responses((status = 200, description = "The routes; never none without saying what to do.", body = Object), (status = 304))
)]
#[get("/v1/routes")]
pub(crate) async fn find_routes(
    query: Query<'_, RoutesFor>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let locale = asked.locale.clone();
    let (question, zone) = question(&query, &locale).map_err(Problem::parameters)?;
    let at = desk.cms.clock().now();
    let found = desk
        .ask(move |delivery| {
            let directory = delivery.directory(&locale)?;
            check(directory.finder(), &question).map_err(Problem::parameters)?;
            Ok(delivery.routes(&directory, &locale, &question, (at, zone))?)
        })
        .await?;
    let location = (!asked.explicit).then(|| wishes.address(wishes.path, &found.answer.locale));
    let mut ready = Prepared::new(found.answer, None, location).ready(wishes.codings)?;
    if let Some(until) = found.until {
        ready.holds = Some(until.millis().saturating_sub(at.millis()));
    }
    Ok(ready)
}

/// All published routes in a locale, as one file: the same look-up runs on it without this server.
#[utoipa::path(
    tag = "delivery",
    params(DirectoryIn),
    responses((status = 200, description = "The directory.", body = Object), (status = 304))
)]
#[get("/v1/routes.json")]
pub(crate) async fn read_directory(
    query: Query<'_, DirectoryIn>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let question = wishes.question(&asked);
    if let Some(ready) = desk.answers.get(question, wishes.codings, &desk.delivery()) {
        return Ok(ready);
    }
    let locale = asked.locale.clone();
    let answer = desk.ask(move |delivery| Ok(delivery.directory_file(&locale)?)).await?;
    let location = (!asked.explicit).then(|| wishes.address(wishes.path, &answer.locale));
    desk.answers.keep(question, wishes.codings, Prepared::new(answer, None, location))
}

/// The question, and the reader's time zone; or all that is wrong with it.
pub(crate) fn question<P: Parameters>(
    query: &Query<'_, P>,
    locale: &Locale,
) -> Result<(Question, Option<Zone>), Vec<Fault>> {
    let mut faults = Vec::new();
    let country = query.text("country").and_then(|code| {
        let unknown =
            |_| faults.push(Fault::parameter("country", "unknown_country").with("country", code));
        code.parse::<Country>().map_err(unknown).ok()
    });
    let subdivision = query.text("subdivision").and_then(|code| {
        let unknown = |_| faults.push(Fault::parameter("subdivision", "not_a_subdivision"));
        code.parse::<Subdivision>().map_err(unknown).ok()
    });
    let zone = query.text("tz").and_then(|name| {
        let unknown =
            |_| faults.push(Fault::parameter("tz", "unknown_time_zone").with("zone", name));
        name.parse::<Zone>().map_err(unknown).ok()
    });
    let languages: Result<Vec<Locale>, _> = query
        .text("languages")
        .map_or(Ok(vec![locale.clone()]), |tags| tags.split(',').map(Locale::parse).collect());
    let languages = languages.unwrap_or_else(|_| {
        faults.push(Fault::parameter("languages", "not_a_locale"));
        Vec::new()
    });
    if languages.len() > MOST_LANGUAGES {
        faults.push(Fault::parameter("languages", "too_many_items").with("limit", MOST_LANGUAGES));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let question = Question {
        country,
        subdivision,
        concern: query.text("concern").map(str::to_owned),
        audience: query.text("audience").map(str::to_owned),
        languages,
        danger_now: query.text("danger_now") == Some("true"),
        limit: query.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10),
    };
    Ok((question, zone))
}

/// What in a question the directory does not have.
pub(crate) fn check(finder: &Finder, question: &Question) -> Result<(), Vec<Fault>> {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let fault = |wrong: QuestionError| match wrong {
        QuestionError::UnknownConcern => {
            Fault::parameter("concern", "unknown_concern").with("name", name(&question.concern))
        }
        QuestionError::UnknownAudience => {
            Fault::parameter("audience", "unknown_audience").with("name", name(&question.audience))
        }
        QuestionError::OtherCountry => {
            let of = question.subdivision.as_ref().map(|part| part.country().to_string());
            Fault::parameter("subdivision", "subdivision_of_other_country")
                .with("country", of.unwrap_or_default())
        }
    };
    finder.check(question).map_err(|wrong| wrong.into_iter().map(fault).collect())
}
