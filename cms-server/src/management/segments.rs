//! A translation beside its source over HTTP, segment by segment: what a translator looks at, and saves.

use cms_core::{
    access::Act,
    commands::save_segments::{SaveSegments, Saved, SegmentEdit},
    event::{ChangeClass, Part},
    queries::{
        ReadError,
        aids::Aids,
        segments::{Asked, Of, Row, SegmentTable},
    },
    segment::{Origin, Override, SegmentId, SegmentRecord, SegmentState, Unit},
    translation::{SegmentStatus, TranslationStatus},
    violation::Violation,
};
use rocket::{
    Request, Route, State, get, patch,
    response::{self, Responder},
    routes,
    serde::json::Json,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use utoipa::ToSchema;

use super::{
    aids::{AgreedDocument, SegmentMatch},
    entries::accepted_as,
    once::Written,
    place::{PartAddress, PartPlace, PartWrite},
};
use crate::{
    delivery::Desk,
    guards::{
        body::{Members, PatchBody},
        query::{Nothing, Parameter, Query},
    },
    message::Reader,
    parameters,
    problem::{Code, Fault, Problem, wire::FaultDocument},
};

/// The most segments that one save takes.
const MOST: usize = 10_000;

parameters! {
    /// What the comparison takes.
    pub Comparing = [
        Parameter::choice("target", &["draft", "live"], "Which revision of the translation: the newest, or the one that readers get."),
        Parameter::text("source", 10, "Which revision of the source: `newest`, or its number; without it the one that readers get."),
        Parameter::choice("aids", &["true", "false"], "Whether each segment comes with what was translated before that is like it, and with the terms in it; it does without it."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![compare_with_source, save_segments]
}

/// A translation beside its source.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentsDocument {
    /// The source's language.
    source_locale: String,
    /// The source's revision.
    source_revision: u32,
    /// The translation's revision; 0 where there is none yet.
    revision: u32,
    /// `current` or `outdated`.
    #[schema(value_type = String)]
    status: TranslationStatus,
    /// How many publications of the source changed what it says.
    behind: u32,
    /// The source's segments in order, then those that are gone from it.
    segments: Vec<SegmentDocument>,
    /// Segments of the translation that can't be told to say which of the source's: their text is made of others.
    unpaired: Vec<UnpairedDocument>,
}

/// A segment of the source, and what says it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentDocument {
    /// Its id; it stays through edits and moves.
    id: String,
    /// The text that it is in, as a JSON Pointer into the fields.
    pointer: String,
    /// Its place among that text's segments.
    place: usize,
    /// What it is: `heading`, `paragraph`, `list_item`, `cell`, …
    kind: &'static str,
    /// The headings that it stands under, from the outermost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    under: Vec<String>,
    /// Whether there are words to translate.
    translatable: bool,
    /// What the source says; nothing once it is gone.
    source: Option<String>,
    /// The digest of what the source says; a save sends it back.
    of: Option<String>,
    /// What the source said that the translation was made of, where that is another text.
    previous: Option<String>,
    /// What the translation says.
    target: Option<String>,
    /// How far it has come: `initial`, `translated`, `reviewed` or `final`.
    #[schema(value_type = Option<String>)]
    state: Option<SegmentState>,
    /// Where its words came from: `human`, `memory`, `machine` or `import`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    origin: Option<Origin>,
    /// Which account translated it, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    translated: Option<Signature>,
    /// Which account held it to be right, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewed: Option<Signature>,
    /// What checks warn of and is right, with the reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    overrides: Vec<Override>,
    /// `current`, `outdated`, `missing` or `obsolete`.
    #[schema(value_type = String)]
    status: SegmentStatus,
    /// The weightiest class of the changes since.
    #[schema(value_type = Option<String>)]
    change_class: Option<ChangeClass>,
    /// When the first of them was published.
    since: Option<String>,
    /// How many open comments there are about it.
    comments: usize,
    /// What was translated before that is like it, the likest first, where it has no translation that counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    matches: Vec<SegmentMatch>,
    /// The terms of the glossary in its source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    glossary: Vec<AgreedDocument>,
}

/// Who did something, and when.
#[derive(Debug, Serialize, ToSchema)]
pub struct Signature {
    /// The account.
    by: String,
    /// When.
    at: String,
}

/// A segment of the translation.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnpairedDocument {
    /// The text that it is in, as a JSON Pointer into the fields.
    pointer: String,
    /// Its place among that text's segments.
    place: usize,
    /// What it says.
    target: String,
}

impl SegmentDocument {
    fn of(row: Row, aids: Aids) -> Self {
        let source = row.source.clone().unwrap_or_default();
        let matches = aids.matches.into_iter();
        let matches = matches.map(|(likely, origin)| SegmentMatch::of(likely, &source, origin));
        let glossary = aids.terms.into_iter().map(AgreedDocument::from).collect();
        Self { matches: matches.collect(), glossary, ..Self::from(row) }
    }
}

impl From<Row> for SegmentDocument {
    fn from(row: Row) -> Self {
        let target = row.target().map(str::to_owned);
        let signed = |signature: Option<(cms_core::id::AccountId, cms_core::clock::Timestamp)>| {
            signature.map(|(by, at)| Signature { by: by.to_string(), at: at.to_string() })
        };
        let record = row.record;
        let said = record.as_ref().filter(|_| target.is_some());
        let (state, origin) = (said.map(|it| it.state), said.map(|it| it.origin));
        Self {
            id: row.id.to_string(),
            pointer: row.pointer,
            place: row.place,
            kind: row.kind.as_str(),
            under: row.under,
            translatable: row.is_translatable,
            source: row.source,
            of: row.digest.map(|digest| digest.to_string()),
            previous: row.previous,
            target,
            state,
            origin,
            translated: signed(row.translated),
            reviewed: signed(row.reviewed),
            overrides: record.map(|record: SegmentRecord| record.overrides).unwrap_or_default(),
            status: row.status,
            change_class: row.change_class,
            since: row.since.map(|at| at.to_string()),
            comments: row.comments,
            matches: Vec::new(),
            glossary: Vec::new(),
        }
    }
}

impl From<Unit> for UnpairedDocument {
    fn from(unit: Unit) -> Self {
        Self { pointer: unit.pointer, place: unit.place, target: unit.segment.text }
    }
}

impl SegmentsDocument {
    fn of(found: SegmentTable, aids: Vec<Aids>) -> Self {
        let aids = aids.into_iter().chain(std::iter::repeat_with(Aids::default));
        let rows = found.rows.into_iter().zip(aids);
        Self {
            source_locale: found.source_locale.to_string(),
            source_revision: found.source_revision,
            revision: found.revision,
            status: found.freshness.status,
            behind: found.freshness.behind,
            segments: rows.map(|(row, aids)| SegmentDocument::of(row, aids)).collect(),
            unpaired: found.unpaired.into_iter().map(UnpairedDocument::from).collect(),
        }
    }
}

/// The comparison with the tag of the translation's newest revision.
#[derive(Debug)]
pub struct Compared {
    document: Json<SegmentsDocument>,
    newest: u32,
}

impl<'r> Responder<'r, 'static> for Compared {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = self.document.respond_to(request)?;
        answer.set_raw_header("ETag", format!("\"{}\"", self.newest));
        Ok(answer)
    }
}

/// A translation beside its source: for each segment what the source says, what it said when it was translated, what the
/// translation says and how far that has come, and whether it is current, outdated, missing or obsolete; and what helps
/// with it: what was translated before, as far as one may see it, and the terms that are agreed.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/segments",
    params(PartAddress, Comparing),
    responses((status = 200, body = SegmentsDocument)),
    security(("token" = []))
)]
#[get("/manage/v1/entries/<_>/<_>/<_>/segments")]
pub(crate) async fn compare_with_source(
    place: PartPlace,
    query: Query<'_, Comparing>,
    desk: &State<Desk>,
) -> Result<Compared, Problem> {
    let missing = || Problem::new(Code::NotFound);
    if !place.at.may(Act::Read, &place.part) {
        return Err(missing());
    }
    let locale = place.locale()?;
    let of = match query.text("source") {
        None => Of::Shown,
        Some("newest") => Of::Newest,
        Some(number) => Of::Revision(number.parse().map_err(|_| {
            Problem::parameters(vec![Fault::parameter("source", "unknown_revision")])
        })?),
    };
    // What readers get of the source is for every translator; its drafts are for those who may read it.
    let entry = &place.at.entry;
    let source = Part::Locale(entry.source_locale.clone());
    let is_shown = entry.heads.get(&source).is_some_and(|head| head.published().is_some());
    if (of != Of::Shown || !is_shown) && !place.at.may(Act::Read, &source) {
        return Err(missing());
    }
    let live = query.text("target") == Some("live");
    let asked = Asked { entry: entry.id, locale: &locale, live, of };
    let found = desk.cms.segments(asked).await?.ok_or_else(missing)?;
    let newest = entry.heads.get(&place.part).map_or(0, |head| head.draft.revision);
    let document = if query.text("aids") == Some("false") {
        SegmentsDocument::of(found, Vec::new())
    } else {
        let (cms, actor, runtime) =
            (desk.cms.clone(), place.at.editor.bearer.actor.clone(), Handle::current());
        let look = move || {
            let aids = runtime.block_on(cms.aids(&actor, &found, &locale))?;
            Ok::<_, ReadError>(SegmentsDocument::of(found, aids))
        };
        // Looking up keeps a thread busy: not one that serves readers.
        tokio::task::spawn_blocking(look).await.map_err(Problem::internal)??
    };
    Ok(Compared { document: Json(document), newest })
}

/// Saves segments of a translation, in one revision. Those that can't be taken are in the answer, with the reason; they
/// keep no other out.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/entries/{type_name}/{id}/{part}/segments",
    params(PartWrite, Nothing),
    request_body(content = Object, description = "`segments`: a list of `id`, `of`, `target`, and perhaps `state`, `origin` and `overrides` (each a `check` and a `reason`); and perhaps `seen` (the newest revision of the translation that the work began with), `source` (the revision of the source that is translated) and `note`.", content_type = "application/json"),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[patch("/manage/v1/entries/<_>/<_>/<_>/segments", data = "<body>")]
pub(crate) async fn save_segments(
    place: PartPlace,
    _query: Query<'_, Nothing>,
    reader: Reader,
    desk: &State<Desk>,
    body: PatchBody,
) -> Result<Written, Problem> {
    let act = if place.at.may(Act::Write, &place.part) { Act::Write } else { Act::Review };
    let expected = place.expected(act)?;
    let actor = place.at.editor.bearer.actor.clone();
    let work = async {
        let act = SaveSegments { expected: Some(expected), ..read(&place, body.0.clone())? };
        let saved = desk.cms.save_segments(&actor, act).await?;
        let accepted =
            cms_core::commands::Accepted { event: saved.event, revision: saved.revision };
        Ok(accepted_as(desk, accepted, told(&saved, &reader)).await)
    };
    place.at.editor.once.run((desk, actor.account), Some(&body.0), work).await
}

/// What became of the segments, in the reader's words.
fn told(saved: &Saved, reader: &Reader) -> Value {
    let refused: Vec<Value> = saved
        .refused
        .iter()
        .map(|(id, refusal)| {
            let faults = refusal.told("").into_iter().map(Fault::from);
            let errors: Vec<_> =
                faults.map(|fault| FaultDocument::new(&fault, &reader.language)).collect();
            json!({ "id": id, "errors": errors })
        })
        .collect();
    json!({ "revision": saved.revision, "taken": saved.taken, "refused": refused })
}

fn read(place: &PartPlace, body: Value) -> Result<SaveSegments, Problem> {
    let mut members = Members::of(Some(body))?;
    let note = members.text("note");
    let mut number = |name: &str| {
        let value = members.value(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            members.refuse(Violation::new(format!("/{name}"), "unknown_revision"));
        }
        number
    };
    let (seen, source) = (number("seen"), number("source"));
    let listed = members.value("segments");
    let listed = members.required("segments", listed);
    let mut segments = Vec::new();
    match listed {
        Some(Value::Array(items)) if items.len() <= MOST => {
            for (at, item) in items.into_iter().enumerate() {
                let (edit, wrong) = edit(item)?;
                let under = |wrong: Violation| wrong.under(&format!("/segments/{at}"));
                for wrong in wrong {
                    members.refuse(under(wrong));
                }
                segments.extend(edit);
            }
        }
        Some(Value::Array(_)) => {
            members.refuse(Violation::new("/segments", "too_many_items").with("limit", MOST));
        }
        Some(_) => members.refuse(Violation::new("/segments", "not_a_list")),
        None => {}
    }
    members.finish()?;
    let act = SaveSegments::new(place.at.entry.id, place.locale()?, segments);
    Ok(SaveSegments { seen, source, note, ..act })
}

/// A segment of the body, and what is wrong with it.
fn edit(item: Value) -> Result<(Option<SegmentEdit>, Vec<Violation>), Problem> {
    if !item.is_object() {
        return Ok((None, vec![Violation::new("", "not_an_object")]));
    }
    let mut members = Members::of(Some(item))?;
    let id = members.parsed("id", "bad_segment_id", |text| text.parse::<SegmentId>().ok());
    let id = members.required("id", id);
    let of = members.parsed("of", "bad_segment_digest", |text| text.parse().ok());
    let of = members.required("of", of);
    let target = members.text("target").unwrap_or_default();
    let state = members.parsed("state", "bad_segment_state", SegmentState::parse);
    let without = if target.is_empty() { SegmentState::Initial } else { SegmentState::Translated };
    let origin = members.parsed("origin", "bad_segment_origin", Origin::parse);
    let overrides = overrides(&mut members);
    let edit = id.zip(of).map(|(id, of)| SegmentEdit {
        id,
        of,
        target,
        state: state.unwrap_or(without),
        origin: origin.unwrap_or_default(),
        overrides,
    });
    Ok((edit, members.wrong()))
}

fn overrides(members: &mut Members) -> Vec<Override> {
    let Some(listed) = members.value("overrides") else { return Vec::new() };
    let Value::Array(items) = listed else {
        members.refuse(Violation::new("/overrides", "not_a_list"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        match serde_json::from_value::<Override>(item) {
            Ok(one) => found.push(one),
            Err(_) => {
                members.refuse(Violation::new(format!("/overrides/{at}"), "bad_override"));
            }
        }
    }
    found
}
