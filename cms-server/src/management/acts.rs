//! What is done to a draft, and to what readers get, over HTTP: one endpoint for each act.
//!
//! Each names the revision that it is about by `If-Match`, and answers with where the part stands then.

use cms_core::{
    access::Act,
    commands::{
        discard::Discard, publish::Publish, roll_back::RollBack, submit::Submit,
        unpublish::Unpublish,
    },
    event::{ChangeClass, Withdrawal},
    id::EntryId,
    violation::Violation,
};
use rocket::{Route, State, post, routes};

use super::{
    entries::answered,
    once::Written,
    place::{PartPlace, PartWrite},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{Members, OptionalBody},
        query::{Nothing, Query},
    },
    problem::Problem,
};

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![
        submit_draft,
        request_changes,
        approve_draft,
        publish_draft,
        unpublish_locale,
        recall_locale,
        discard_draft,
        roll_back_draft,
    ]
}

/// The body of an act that takes a note and nothing else.
fn note(body: &OptionalBody) -> Result<Option<String>, Problem> {
    let mut members = Members::of(body.0.clone())?;
    let note = members.text("note");
    members.finish()?;
    Ok(note)
}

/// The body of an act that takes nothing.
fn nothing(body: &OptionalBody) -> Result<(), Problem> {
    Members::of(body.0.clone())?.finish()
}

/// How a locale is to answer once it is taken away: `mode` is `withdrawn` (the title stays, with `notice` and
/// `replacement` where they are given) or `gone` (with `replacement`).
pub(crate) fn withdrawal(members: &mut Members) -> Withdrawal {
    let mode = members.parsed("mode", "bad_withdrawal", |text| {
        ["withdrawn", "gone"].into_iter().find(|mode| *mode == text)
    });
    let mode = members.required("mode", mode);
    let notice = members.text("notice");
    let replacement =
        members.parsed("replacement", "not_an_id", |text| text.parse::<EntryId>().ok());
    if mode == Some("gone") {
        if notice.is_some() {
            members.refuse(Violation::new("/notice", "unknown_member"));
        }
        return Withdrawal::Gone { replacement };
    }
    if notice.as_ref().is_some_and(|notice| !(1..=2_000).contains(&notice.chars().count())) {
        let wrong = Violation::new("/notice", "text_length");
        members.refuse(wrong.with("min", 1).with("max", 2_000));
    }
    Withdrawal::Withdrawn { notice, replacement }
}

/// What a change of the source means for translations, where the body says it.
pub(crate) fn change_class(members: &mut Members) -> Option<ChangeClass> {
    members.parsed("change_class", "bad_change_class", |text| match text {
        "editorial" => Some(ChangeClass::Editorial),
        "substantive" => Some(ChangeClass::Substantive),
        "safety" => Some(ChangeClass::Safety),
        _ => None,
    })
}

/// Submits a draft for review: its author holds it to be done.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/submit",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`note`, for the reviewer.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/submit", data = "<body>")]
pub(crate) async fn submit_draft(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = Some(place.expected(Act::Write)?);
        let (entry, part) = (place.at.entry.id, place.part.clone());
        let act = Submit { entry, part, expected, note: note(&body)? };
        let accepted = desk.cms.submit(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Asks for changes of a draft that is in review.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/request-changes",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`note`: what should be otherwise.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/request-changes", data = "<body>")]
pub(crate) async fn request_changes(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = Some(place.expected(Act::Review)?);
        let (entry, part) = (place.at.entry.id, place.part.clone());
        let act = Submit { entry, part, expected, note: note(&body)? };
        let accepted = desk.cms.request_changes(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Approves a draft that is in review and that somebody else wrote.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/approve",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`note`.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/approve", data = "<body>")]
pub(crate) async fn approve_draft(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = Some(place.expected(Act::Review)?);
        let (entry, part) = (place.at.entry.id, place.part.clone());
        let act = Submit { entry, part, expected, note: note(&body)? };
        let accepted = desk.cms.approve(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Publishes the newest revision of a locale, or of the shared fields. Of a source, `change_class` says what the
/// change means for its translations: the weightier of that and of what was said when it was saved counts.
/// `editorial` is refused where a number, a date, a link, an embed or a negation changed, or text came or went,
/// unless somebody else has approved it.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/publish",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`change_class`, of a source (`editorial`, `substantive`, `safety`).", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/publish", data = "<body>")]
pub(crate) async fn publish_draft(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = Some(place.expected(Act::Publish)?);
        let mut members = Members::of(body.0.clone())?;
        let change_class = change_class(&mut members);
        members.finish()?;
        let (entry, part) = (place.at.entry.id, place.part.clone());
        let act = Publish { entry, part, expected, published_at: None, change_class };
        let accepted = desk.cms.publish(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Takes a locale away from readers. Refused while others show the entry and nothing takes its place.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/unpublish",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`mode` (`withdrawn` or `gone`), `notice`, `replacement`.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/unpublish", data = "<body>")]
pub(crate) async fn unpublish_locale(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    take_away(&place, desk, &body, false).await
}

/// Takes a locale away at once, whatever shows it: it was wrong to have it. It is listed at `/v1/recalls`, for
/// caches and partners to let go of.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/recall",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`mode` (`withdrawn` or `gone`), `notice`, `replacement`.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/recall", data = "<body>")]
pub(crate) async fn recall_locale(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    take_away(&place, desk, &body, true).await
}

/// Withdraws a locale or lets it be gone, as the body says.
async fn take_away(
    place: &PartPlace,
    desk: &Desk,
    body: &OptionalBody,
    recall: bool,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let locale = place.locale()?;
        let expected = Some(place.expected(Act::Publish)?);
        let mut members = Members::of(body.0.clone())?;
        let withdrawal = withdrawal(&mut members);
        members.finish()?;
        let act = Unpublish { entry: place.at.entry.id, locale, expected, withdrawal, recall };
        let accepted = desk.cms.unpublish(&actor, act).await?;
        answered(desk, place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Discards a draft: the revision that readers get, or last got, is the newest again. The discarded ones stay in
/// the history.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/discard",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "Nothing.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/discard", data = "<body>")]
pub(crate) async fn discard_draft(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = Some(place.expected(Act::Write)?);
        nothing(&body)?;
        let (entry, part) = (place.at.entry.id, place.part.clone());
        let act = Discard { entry, part, expected };
        let accepted = desk.cms.discard(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}

/// Saves a new revision that is equal to an old one.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/roll-back",
    params(PartWrite, Nothing),
    request_body(content = Option<Object>, description = "`revision`, and perhaps a `note`.", content_type = "application/json"),
    responses((status = 200, body = Object, description = "Where the part stands now.")),
    security(("token" = []))
)]
#[post("/manage/v1/entries/<_>/<_>/<_>/roll-back", data = "<body>")]
pub(crate) async fn roll_back_draft(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: OptionalBody,
) -> Result<Written, Problem> {
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let expected = Some(place.expected(Act::Write)?);
        let mut members = Members::of(body.0.clone())?;
        let revision = members.value("revision");
        let revision = members.required("revision", revision);
        let revision = revision.map(|value| value.as_u64().and_then(|n| u32::try_from(n).ok()));
        if revision == Some(None) {
            members.refuse(Violation::new("/revision", "unknown_revision"));
        }
        let note = members.text("note");
        members.finish()?;
        let (entry, part) = (place.at.entry.id, place.part.clone());
        let revision = revision.flatten().unwrap_or_default();
        let act = RollBack { entry, part, expected, revision, note };
        let accepted = desk.cms.roll_back(&actor, act).await?;
        answered(desk, &place, accepted).await
    };
    place.at.editor.once.run((desk, actor.account), body.0.as_ref(), work).await
}
