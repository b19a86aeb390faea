//! Files that become assets, and files that take the place of others. What they are is found in their content.

use cms_core::{
    access::{Act, Scope, allows},
    asset::Facts,
    commands::{replace_asset::ReplaceAsset, upload_asset::UploadAsset, vault::Place},
    event::Part,
    id::{EntryId, ExternalKey},
    locale::Locale,
    media::Digest,
};
use rocket::{
    Data, Request, Route, State,
    data::{FromData, Outcome as DataOutcome},
    get, post, put,
    request::{FromRequest, Outcome},
    routes, tokio,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    entries::accepted_as,
    once::Written,
    place::{Editor, desk},
};
use crate::{
    config::Limits,
    delivery::{
        Desk,
        media::{Media, Takes},
    },
    guards::{
        body::spooled,
        if_match::IfMatch,
        percent,
        query::{Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What an upload takes.
    pub Uploading = [
        Parameter::text("name", 1_000, "What the file is called; `Content-Disposition` may say it as well."),
        Parameter::text("agency", 200, "The key of the agency that the asset is of; the site's default without it."),
        Parameter::text("source_locale", 100, "The language that it is described in first; the site's default without it."),
        Parameter::text("key", 200, "The asset's key outside."),
        Parameter::text("upload", 64, "The digest of an upload that is complete: its file, and the body is empty."),
    ]
}

parameters! {
    /// What another file for an asset takes.
    pub Replacing = [
        Parameter::text("name", 1_000, "What the file is called; as the one before without it."),
        Parameter::text("upload", 64, "The digest of an upload that is complete: its file, and the body is empty."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![upload_asset, replace_asset, read_content]
}

/// The file's name in a `Content-Disposition` (RFC 6266).
fn named(field: &str) -> Option<String> {
    let parameter = |wanted: &str| {
        field.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let encoded = value.split_once("''").map(|(_, encoded)| encoded.to_owned())?;
        percent::decode(&encoded).ok().map(std::borrow::Cow::into_owned)
    });
    extended.or_else(|| parameter("filename").map(|value| value.trim_matches('"').to_owned()))
}

/// A file that arrived, in memory: no more of them at a time than there is room for.
pub(crate) struct Arrived {
    pub(super) bytes: Vec<u8>,
    /// What `Content-Disposition` calls it.
    name: Option<String>,
    _place: Place,
}

#[rocket::async_trait]
impl<'r> FromData<'r> for Arrived {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, body: Data<'r>) -> DataOutcome<'r, Self> {
        match Self::take(request, body).await {
            Ok(arrived) => DataOutcome::Success(arrived),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl Arrived {
    async fn take(request: &Request<'_>, body: Data<'_>) -> Result<Self, Problem> {
        let max = request.rocket().state::<Limits>().map_or(0, |limits| limits.upload_bytes);
        let spool = spooled(body, max).await?;
        let place = desk(request)?.cms.vault().place().await;
        let read = tokio::task::spawn_blocking(move || std::fs::read(spool.path())).await;
        let read = read.map_err(Problem::internal)?;
        let bytes = read.map_err(|error| Problem::new(Code::Unavailable).because(error))?;
        let name = request.headers().get_one("Content-Disposition").and_then(named);
        Ok(Self { bytes, name, _place: place })
    }

    /// The file of an upload instead, where one is named.
    async fn or_upload(
        self,
        desk: &Desk,
        upload: Option<&str>,
    ) -> Result<(Option<Digest>, Self), Problem> {
        let Some(text) = upload else { return Ok((None, self)) };
        let refused = |code| Err(Problem::parameters(vec![Fault::parameter("upload", code)]));
        let Ok(digest) = text.parse::<Digest>() else {
            return refused("malformed_parameter");
        };
        if !self.bytes.is_empty() {
            return refused("malformed_parameter");
        }
        let bytes = desk.cms.vault().uploads.finish(digest).await?;
        Ok((Some(digest), Self { bytes, ..self }))
    }

    /// What tells the same request from another.
    fn digest(&self) -> Value {
        json!(hex::encode(Sha256::digest(&self.bytes)))
    }
}

/// What the file of an asset gave.
pub(super) fn told(id: EntryId, facts: &Facts, existing: bool) -> Value {
    json!({ "id": id.to_string(), "existing": existing, "file": facts.fields() })
}

/// Makes an asset of the file in the body: taken for what it is, without what its maker's device wrote into it. Its
/// first draft has what the file gave, and its name for a title. The same file again is the same asset: `existing`.
#[utoipa::path(
    tag = "management",
    params(Uploading),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Object),
        (status = 200, description = "An asset of the agency has these bytes: here it is.", body = Object),
        (status = 422, description = "The file is refused: `errors` says why."),
    ),
    security(("token" = []))
)]
#[post("/manage/v1/assets", data = "<body>")]
pub(crate) async fn upload_asset(
    editor: Editor,
    query: Query<'_, Uploading>,
    desk: &State<Desk>,
    body: Arrived,
) -> Result<Written, Problem> {
    let act = wanted(desk, &query, body.name.clone())?;
    let (upload, body) = body.or_upload(desk, query.text("upload")).await?;
    let (actor, digest) = (editor.bearer.actor.clone(), body.digest());
    let work = async {
        let uploaded = desk.cms.upload_asset(&actor, act, body.bytes).await?;
        let body = told(uploaded.entry, &uploaded.facts, uploaded.accepted.is_none());
        let location = format!("/manage/v1/entries/asset/{}", uploaded.entry);
        let Some(accepted) = uploaded.accepted else {
            let headers = vec![("Location".to_owned(), location)];
            return Ok(Written { status: 200, headers, body });
        };
        let mut written = accepted_as(desk, accepted, body).await;
        if written.status == 200 {
            written.status = 201;
        }
        written.headers.push(("Location".to_owned(), location));
        Ok(written)
    };
    let done = editor.once.run((desk, actor.account), Some(&digest), work).await?;
    finished(desk, upload).await;
    Ok(done)
}

/// Throws away an upload that has become an asset.
async fn finished(desk: &Desk, upload: Option<Digest>) {
    let Some(digest) = upload else { return };
    if let Err(error) = desk.cms.vault().uploads.discard(digest).await {
        tracing::warn!(%error, %digest, "an upload that is finished stays for a day");
    }
}

/// What the query says of the asset to make.
fn wanted(
    desk: &Desk,
    query: &Query<'_, Uploading>,
    named: Option<String>,
) -> Result<UploadAsset, Problem> {
    let mut faults = Vec::new();
    let agencies = desk.cms.editing().agencies()?;
    let agency = query.text("agency").and_then(|key| {
        let found = agencies.values().find(|agency| agency.key.as_str() == key);
        if found.is_none() {
            faults.push(Fault::parameter("agency", "unknown_agency_key").with("value", key));
        }
        found.map(|agency| agency.id)
    });
    let source_locale = query.text("source_locale").and_then(|tag| {
        let locale = Locale::parse(tag).ok();
        if locale.is_none() {
            faults.push(Fault::parameter("source_locale", "not_a_locale"));
        }
        locale
    });
    let key = query.text("key").and_then(|key| {
        let parsed = ExternalKey::parse(key).ok();
        if parsed.is_none() {
            faults.push(Fault::parameter("key", "bad_key").with("value", key));
        }
        parsed
    });
    if !faults.is_empty() {
        return Err(Problem::parameters(faults));
    }
    let name = query.text("name").map(str::to_owned).or(named).unwrap_or_default();
    Ok(UploadAsset { name, agency, source_locale, key })
}

/// An asset that is to have another file, and what the request says of the one that it has.
#[derive(Debug)]
pub(crate) struct Replaced {
    editor: Editor,
    entry: EntryId,
    expected: u32,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Replaced {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match Self::of(request).await {
            Ok(replaced) => Outcome::Success(replaced),
            Err(problem) => problem.outcome(request),
        }
    }
}

impl Replaced {
    async fn of(request: &Request<'_>) -> Result<Self, Problem> {
        let missing = || Problem::new(Code::NotFound);
        let editor = Editor::of(request).await?;
        let name = request.param::<&str>(3).and_then(Result::ok).ok_or_else(missing)?;
        let id = name.parse::<EntryId>().ok().filter(|id| id.to_string() == name);
        let entry = desk(request)?.cms.editing().entry(id.ok_or_else(missing)?)?;
        let entry = entry.filter(|entry| entry.type_name.as_str() == cms_core::asset::TYPE);
        let entry = entry.ok_or_else(missing)?;
        let scope =
            Scope { agency: Some(entry.agency), type_name: Some(&entry.type_name), locale: None };
        let may = |act| allows(&editor.bearer.actor, act, &scope);
        if !may(Act::Write) {
            return Err(Problem::new(if may(Act::Read) {
                Code::Forbidden
            } else {
                Code::NotFound
            }));
        }
        let head = entry.heads.get(&Part::Shared);
        let newest = head.map_or(0, |head| head.draft.revision);
        let expected = IfMatch::of(request).expected(newest)?;
        Ok(Self { editor, entry: entry.id, expected })
    }
}

/// Gives an asset another file. It keeps its id, its words and all that show it; readers get the file when the asset's
/// `shared` fields are published, and then every page that shows it is another. `If-Match` names the revision of those.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/assets/{id}/content",
    params(
        ("id" = String, Path, description = "The asset's id."),
        ("If-Match" = Option<String>, Header, description = "The newest revision of its shared fields."),
        Replacing
    ),
    request_body(content = String, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = Object),
        (status = 412, description = "Somebody has saved since."),
        (status = 422, description = "The file is refused: `errors` says why."),
        (status = 428, description = "`If-Match` is missing."),
    ),
    security(("token" = []))
)]
#[put("/manage/v1/assets/<_>/content", data = "<body>")]
pub(crate) async fn replace_asset(
    replaced: Replaced,
    query: Query<'_, Replacing>,
    desk: &State<Desk>,
    body: Arrived,
) -> Result<Written, Problem> {
    let Replaced { editor, entry, expected } = replaced;
    let (upload, body) = body.or_upload(desk, query.text("upload")).await?;
    let (actor, digest) = (editor.bearer.actor.clone(), body.digest());
    let act = ReplaceAsset {
        entry,
        expected: Some(expected),
        name: query.text("name").map(str::to_owned).or_else(|| body.name.clone()),
    };
    let work = async {
        let (facts, accepted) = desk.cms.replace_asset(&actor, act, body.bytes).await?;
        let body = told(entry, &facts, accepted.is_none());
        match accepted {
            Some(accepted) => Ok(accepted_as(desk, accepted, body).await),
            None => Ok(Written { status: 200, headers: Vec::new(), body }),
        }
    };
    let done = editor.once.run((desk, actor.account), Some(&digest), work).await?;
    finished(desk, upload).await;
    Ok(done)
}

parameters! {
    /// What the bytes of a draft take.
    pub Looking = [
        Parameter::text("rendition", 100, "A rendition, such as `320.webp`; the file itself without it."),
    ]
}

/// The file of an asset's newest draft, or a rendition of it: for who may read the draft.
#[utoipa::path(
    tag = "management",
    path = "/manage/v1/assets/{id}/content",
    params(("id" = String, Path, description = "The asset's id."), Looking),
    responses((status = 200, body = String, content_type = "application/octet-stream")),
    security(("token" = []))
)]
#[get("/manage/v1/assets/<id>/content")]
pub(crate) async fn read_content(
    id: &str,
    editor: Editor,
    query: Query<'_, Looking>,
    desk: &State<Desk>,
) -> Result<Media, Problem> {
    let missing = || Problem::new(Code::NotFound);
    let id = id.parse::<EntryId>().map_err(|_| missing())?;
    let shared = desk.cms.editing().drafted_asset(&editor.bearer.actor, id).await?;
    let shared = shared.ok_or_else(missing)?;
    let name = shared.facts.name.clone();
    let found = desk.delivery().drafted_media(&shared, query.text("rendition").unwrap_or(&name));
    let media = Media::of(found.ok_or_else(missing)?, Takes::NOTHING, desk).await?;
    Ok(media.privately())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_read_in_both_spellings() {
        for (field, name) in [
            ("attachment; filename=\"a b.png\"", Some("a b.png")),
            ("attachment; filename=a.png; filename*=UTF-8''%E2%82%AC.png", Some("€.png")),
            ("inline", None),
            ("attachment; filename*=UTF-8''%ff", None),
        ] {
            assert_eq!(named(field).as_deref(), name, "{field}");
        }
    }
}
