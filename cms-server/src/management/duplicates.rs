//! Duplicates of entries over HTTP.

use cms_core::{
    commands::duplicate_entry::DuplicateEntry, id::AgencyId, locale::Locale, violation::Violation,
};
use rocket::{Route, State, post, routes};
use serde_json::{Value, json};

use super::{
    entries::accepted_as,
    once::Written,
    place::{EntryAddress, EntryPlace},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![duplicate_entry]
}

/// Makes an entry with the drafts of another, in the locales named: without its key and its slugs.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/duplicates",
    params(EntryAddress, Nothing),
    request_body(content = Object, description = "`locales`: a list; and perhaps `agency`, by its key.", content_type = "application/json"),
    responses((status = 201, body = Object)),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/duplicates", data = "<body>")]
pub(crate) async fn duplicate_entry(
    place: EntryPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Written, Problem> {
    let actor = place.editor.bearer.actor.clone();
    let work = async {
        let mut members = Members::of(Some(body.0.clone()))?;
        let locales = locales(&mut members);
        let agencies = desk.cms.editing().agencies()?;
        let agency: Option<AgencyId> = members.parsed("agency", "unknown_agency_key", |text| {
            Some(agencies.values().find(|agency| agency.key.as_str() == text)?.id)
        });
        members.finish()?;
        let act = DuplicateEntry { entry: place.entry.id, locales, agency };
        let (id, accepted) = desk.cms.duplicate_entry(&actor, act).await?;
        let location = format!("/manage/v1/entries/{}/{id}", place.entry.type_name);
        let mut written = accepted_as(desk, accepted, json!({ "id": id.to_string() })).await;
        if written.status == 200 {
            written.status = 201;
        }
        written.headers.push(("Location".to_owned(), location));
        Ok(written)
    };
    place.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// The locales that a body lists.
fn locales(members: &mut Members) -> Vec<Locale> {
    let given = members.value("locales");
    let Some(list) = members.required("locales", given) else { return Vec::new() };
    let Value::Array(list) = list else {
        members.refuse(Violation::new("/locales", "not_a_list"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, tag) in list.iter().enumerate() {
        match tag.as_str().and_then(|tag| Locale::parse(tag).ok()) {
            Some(locale) => found.push(locale),
            None => members.refuse(Violation::new(format!("/locales/{at}"), "not_a_locale")),
        }
    }
    found
}
