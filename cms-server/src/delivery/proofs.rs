//! Signed checkpoints of the log, and proofs of what was published and when: for outsiders who want to be able to
//! show it later, without this server.

use cms_core::{event::Part, id::EntryId, locale::Locale, proof::file::Proof};
use rocket::{
    Request, Route, State, get,
    http::ContentType,
    response::{self, Responder},
    routes,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::{
    guards::{
        accept::AcceptsJson,
        query::{Nothing, Parameter, Query},
    },
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What a proof of consistency takes.
    pub Growth = [
        Parameter::integer("from", 0..=i64::MAX, 0, "The size of an earlier checkpoint.").required(),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_checkpoint, list_keys, prove_growth, prove_event, prove_part]
}

/// An answer that is asked anew each time.
pub(crate) struct Fresh(ContentType, String);

impl<'r> Responder<'r, 'static> for Fresh {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut answer = (self.0, self.1).respond_to(request)?;
        answer.set_raw_header("Cache-Control", "no-cache");
        Ok(answer)
    }
}

impl Fresh {
    fn json(value: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_string(value).map_err(Problem::internal)?;
        Ok(Self(ContentType::JSON, text))
    }

    fn proof(proof: Option<Proof>) -> Result<Self, Problem> {
        let proof = proof.ok_or_else(|| Problem::new(Code::NotFound))?;
        Ok(Self(ContentType::Plain, proof.to_string()))
    }
}

/// A key that checkpoints are or were signed with.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyDocument {
    /// The key, as C2SP `signed-note` writes it: name, id, and the type and bytes in base 64.
    key: String,
    /// Since when it signs.
    since: String,
    /// Since when it doesn't any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    retired: Option<String>,
}

/// The keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// Newest first.
    data: Vec<KeyDocument>,
}

/// That a log has only grown.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrowthDocument {
    /// The size that was asked about.
    from: u64,
    /// The size now.
    size: u64,
    /// The hashes of the proof (RFC 6962, section 2.1.2), in base 64.
    proof: Vec<String>,
    /// The checkpoint at that size, signed.
    checkpoint: String,
}

/// How far the log has come: its size and the root of its Merkle tree, as a signed note (C2SP `tlog-checkpoint`).
/// Who keeps it can tell later whether anything before it was changed.
#[utoipa::path(
    tag = "delivery",
    params(Nothing),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[get("/v1/checkpoint")]
pub(crate) async fn read_checkpoint(
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Fresh, Problem> {
    let note = desk.cms.proofs().checkpoint().await?;
    Ok(Fresh(ContentType::Plain, note.to_string()))
}

/// The keys that checkpoints are signed with, and those that they were signed with. Keep them: a key that came with
/// what it is to check vouches for nothing.
#[utoipa::path(tag = "delivery", params(Nothing), responses((status = 200, body = KeyList)))]
#[get("/v1/checkpoint/keys")]
pub(crate) async fn list_keys(
    _query: Query<'_, Nothing>,
    _json: AcceptsJson,
    desk: &State<Desk>,
) -> Result<Fresh, Problem> {
    let ring = desk.cms.proofs().keys().await?;
    let data = ring.keys().iter().map(|key| KeyDocument {
        key: key.verifier.clone(),
        since: key.since.to_string(),
        retired: key.retired.map(|at| at.to_string()),
    });
    Fresh::json(&KeyList { data: data.collect() })
}

/// That the log of an earlier checkpoint is the beginning of the log of now.
#[utoipa::path(tag = "delivery", params(Growth), responses((status = 200, body = GrowthDocument)))]
#[get("/v1/checkpoint/consistency")]
pub(crate) async fn prove_growth(
    query: Query<'_, Growth>,
    _json: AcceptsJson,
    desk: &State<Desk>,
) -> Result<Fresh, Problem> {
    let from = query.integer("from").and_then(|from| u64::try_from(from).ok()).unwrap_or(0);
    let found = desk.cms.proofs().consistency(from).await?;
    let found = found.ok_or_else(|| {
        let fault = Fault::parameter("from", "out_of_range").with("min", 0);
        Problem::parameters(vec![fault.with("max", desk.cms.log().last())])
    })?;
    Fresh::json(&GrowthDocument {
        from,
        size: found.size,
        proof: found.steps.iter().map(cms_core::proof::file::encoded).collect(),
        checkpoint: found.checkpoint.to_string(),
    })
}

/// That something was published or taken away, by the number of its event: which part of which entry, which revision,
/// when. A file (C2SP `tlog-proof`) that `cms audit check` checks offline.
#[utoipa::path(
    tag = "delivery",
    params(("event" = u64, Path, description = "The event's number."), Nothing),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[get("/v1/proofs/<event>")]
pub(crate) async fn prove_event(
    event: &str,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Fresh, Problem> {
    let number = event.parse::<u64>().ok().filter(|number| number.to_string() == event);
    let number = number.ok_or_else(|| Problem::new(Code::NotFound))?;
    Fresh::proof(desk.cms.proofs().of_publication(number).await?)
}

/// The same for what readers get now of an entry: of a locale, or of its `shared` fields.
#[utoipa::path(
    tag = "delivery",
    params(
        ("id" = String, Path, description = "The entry's id."),
        ("part" = String, Path, description = "A locale, or `shared`."),
        Nothing
    ),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[get("/v1/proofs/<id>/<part>")]
pub(crate) async fn prove_part(
    id: &str,
    part: &str,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Fresh, Problem> {
    let missing = || Problem::new(Code::NotFound);
    let entry = id.parse::<EntryId>().ok().filter(|entry| entry.to_string() == id);
    let locale = || Locale::parse(part).ok().filter(|locale| locale.as_str() == part);
    let part = if part == "shared" { Some(Part::Shared) } else { locale().map(Part::Locale) };
    let (entry, part) = (entry.ok_or_else(missing)?, part.ok_or_else(missing)?);
    let proofs = desk.cms.proofs();
    let number = proofs.published_by(entry, &part)?.ok_or_else(missing)?;
    Fresh::proof(proofs.of_publication(number).await?)
}
