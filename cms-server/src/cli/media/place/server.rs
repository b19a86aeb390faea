//! The questions as a running server is asked them. A large file goes piece by piece, and on from where it broke off.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, anyhow};
use cms_core::{
    event::Part,
    followers::delivery::pieces::percent_encoded,
    id::{EntryId, ExternalKey},
    locale::Locale,
    media::Digest,
};
use reqwest::{Body, Method, RequestBuilder, Response};
use rocket::tokio::time::sleep;
use serde_json::{Map, Value, json};

use super::{
    super::super::{Failure, remote::Server},
    New, PartStanding, Save, Standing,
};

/// A file of more bytes goes in pieces of so many.
const PIECE: usize = 4 << 20;
/// How often a piece is sent before the file is given up.
const TRIES: u32 = 5;
/// How long the first wait between two tries is; each is twice the one before.
const WAIT: Duration = Duration::from_millis(250);

/// The asset that goes by a key.
pub(super) async fn known(server: &Server, key: &ExternalKey) -> Result<Option<EntryId>, Failure> {
    let path = format!("/manage/v1/entries/asset/key:{}", percent_encoded(key.as_str()));
    let Some(found) = server.json_if_there(&path).await? else { return Ok(None) };
    id_of(&found).map(Some)
}

fn id_of(answer: &Value) -> Result<EntryId, Failure> {
    let id = answer.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    Ok(id.ok_or_else(|| anyhow!("the answer names no asset"))?)
}

fn existing(answer: &Value) -> bool {
    answer.get("existing").and_then(Value::as_bool).unwrap_or(false)
}

/// Makes an asset of a file; answers whether there was none of these bytes.
pub(super) async fn make(
    server: &Server,
    new: &New,
    bytes: Vec<u8>,
) -> Result<(EntryId, bool), Failure> {
    let mut query = vec![("name", new.name.clone())];
    query.extend(new.agency.clone().map(|key| ("agency", key)));
    query.extend(new.locale.as_ref().map(|locale| ("source_locale", locale.to_string())));
    query.extend(new.key.as_ref().map(|key| ("key", key.to_string())));
    let answer = send(server, (Method::POST, "/manage/v1/assets"), query, &[], bytes).await?;
    Ok((id_of(&answer)?, !existing(&answer)))
}

/// Gives an asset a file; answers whether it had another.
pub(super) async fn replace(
    server: &Server,
    id: EntryId,
    name: &str,
    bytes: Vec<u8>,
) -> Result<bool, Failure> {
    let path = format!("/manage/v1/assets/{id}/content");
    let query = vec![("name", name.to_owned())];
    let answer = send(server, (Method::PUT, &path), query, &[("If-Match", "*")], bytes).await?;
    Ok(!existing(&answer))
}

/// Sends a file: as the body, or in pieces beforehand.
async fn send(
    server: &Server,
    (method, path): (Method, &str),
    mut query: Vec<(&'static str, String)>,
    headers: &[(&'static str, &str)],
    bytes: Vec<u8>,
) -> Result<Value, Failure> {
    let mut body = Some(bytes);
    if let Some(large) = body.take_if(|bytes| bytes.len() > PIECE) {
        query.push(("upload", in_pieces(server, &large).await?.to_string()));
    }
    let make = |request: RequestBuilder| {
        let request = headers
            .iter()
            .fold(request.query(&query), |request, (name, value)| request.header(*name, *value));
        request.body(Body::from(body.unwrap_or_default()))
    };
    let answer = server.ask(method, path, make).await?;
    Ok(answer.json().await.context("the answer was cut short")?)
}

/// Sends a file piece by piece; what a server has of it already isn't sent again.
async fn in_pieces(server: &Server, bytes: &[u8]) -> Result<Digest, Failure> {
    let digest = Digest::of(bytes);
    let (mut offset, mut tries) = (begin(server, digest, bytes.len()).await?, 0);
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        let piece = rest.get(..PIECE).unwrap_or(rest).to_vec();
        let sent = match send_piece(server, digest, offset, piece).await {
            Ok(next) if next > offset => {
                (offset, tries) = (next, 0);
                continue;
            }
            Ok(_) => Failure::No("the server takes nothing of the file".to_owned()),
            Err(failure) => failure,
        };
        tries += 1;
        if tries >= TRIES {
            return Err(sent);
        }
        sleep(WAIT * 2_u32.pow(tries)).await;
        // What came of the piece before it broke off, the server knows. A wait more, if it isn't there yet.
        if let Ok(known) = begin(server, digest, bytes.len()).await {
            offset = known;
        }
    }
    Ok(digest)
}

async fn send_piece(
    server: &Server,
    digest: Digest,
    offset: usize,
    piece: Vec<u8>,
) -> Result<usize, Failure> {
    let path = format!("/manage/v1/uploads/{digest}");
    let make = |request: RequestBuilder| request.header("Upload-Offset", offset).body(piece);
    offset_of(&server.ask(Method::PATCH, &path, make).await?)
}

/// Begins an upload, or finds the one that has begun; gives where it goes on.
async fn begin(server: &Server, digest: Digest, size: usize) -> Result<usize, Failure> {
    let about = json!({ "digest": digest.to_string(), "size": size });
    let make = |request: RequestBuilder| request.json(&about);
    offset_of(&server.ask(Method::POST, "/manage/v1/uploads", make).await?)
}

fn offset_of(answer: &Response) -> Result<usize, Failure> {
    let offset = answer.headers().get("Upload-Offset");
    let offset = offset.and_then(|offset| offset.to_str().ok()?.parse().ok());
    Ok(offset.ok_or_else(|| anyhow!("the answer doesn't say how far the upload has come"))?)
}

fn part_path(id: EntryId, part: &Part) -> String {
    let part = match part {
        Part::Shared => "shared".to_owned(),
        Part::Locale(locale) => locale.to_string(),
    };
    format!("/manage/v1/entries/asset/{id}/{part}")
}

/// Where an entry stands.
pub(super) async fn standing(server: &Server, id: EntryId) -> Result<Standing, Failure> {
    let found = server.json(Method::GET, &format!("/manage/v1/entries/asset/{id}"), None).await?;
    let source = found.get("source_locale").and_then(Value::as_str);
    let source = source.and_then(|tag| Locale::parse(tag).ok());
    let source = source.ok_or_else(|| anyhow!("the answer names no language"))?;
    let mut parts = BTreeMap::new();
    for (name, about) in found.get("parts").and_then(Value::as_object).into_iter().flatten() {
        let part = match name.as_str() {
            "shared" => Part::Shared,
            tag => Part::Locale(Locale::parse(tag).context("the answer names no language")?),
        };
        let revision = about.get("revision").and_then(Value::as_u64).unwrap_or(0);
        let standing = PartStanding {
            revision: u32::try_from(revision).unwrap_or(u32::MAX),
            is_published: about.get("status").and_then(Value::as_str) == Some("published"),
            is_live: about.get("live_revision").is_some(),
        };
        parts.insert(part, standing);
    }
    Ok(Standing { source: Part::Locale(source), parts })
}

/// The newest fields of a part; none where there is no such part.
pub(super) async fn fields(
    server: &Server,
    id: EntryId,
    part: &Part,
) -> Result<Map<String, Value>, Failure> {
    let found = server.json_if_there(&part_path(id, part)).await?;
    let fields = found.as_ref().and_then(|found| found.get("fields")?.as_object());
    Ok(fields.cloned().unwrap_or_default())
}

/// Saves a part that stands at this revision.
pub(super) async fn save(
    server: &Server,
    id: EntryId,
    revision: u32,
    save: &Save,
) -> Result<(), Failure> {
    let mut patch = json!({ "fields": save.fields });
    if let (Some(revision), Some(patch)) = (save.translates, patch.as_object_mut()) {
        patch.insert("translates".to_owned(), json!(revision));
    }
    let tag = format!("\"{revision}\"");
    let make = |request: RequestBuilder| request.header("If-Match", tag).json(&patch);
    server.ask(Method::PATCH, &part_path(id, &save.part), make).await.map(drop)
}

/// Publishes the newest revision of a part.
pub(super) async fn publish(server: &Server, id: EntryId, part: &Part) -> Result<(), Failure> {
    let path = format!("{}/publish", part_path(id, part));
    server.ask(Method::POST, &path, |request| request.header("If-Match", "*")).await.map(drop)
}
