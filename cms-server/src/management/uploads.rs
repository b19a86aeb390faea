//! Files that come piece by piece, and go on where they broke off: begun by digest and size, continued by offset, and
//! made into an asset at the end, as `upload` of [`assets`](super::assets).

use cms_core::{
    access::Act,
    media::{Digest, UploadError},
    violation::Violation,
};
use rocket::{
    Data, Request, Route, State,
    data::ToByteUnit as _,
    delete, get,
    http::Status,
    patch, post,
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
    serde::json::Json,
    tokio::io::AsyncReadExt as _,
};
use serde_json::{Value, json};

use crate::{
    delivery::Desk,
    endpoint,
    guards::{
        bearer::Bearer,
        body::{JsonBody, Members},
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

/// Bytes that are written at once: what a connection that breaks may lose.
const PIECE: usize = 1 << 20;

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![begin_upload, read_upload, continue_upload, discard_upload]
}

/// Somebody who may write something somewhere: what lies here until it is finished takes room.
pub(crate) struct Sender;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Sender {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let bearer = match Bearer::of(request).await {
            Ok(bearer) => bearer,
            Err(problem) => return problem.outcome(request),
        };
        if bearer.actor.grants.iter().any(|grant| grant.acts.contains(&Act::Write)) {
            Outcome::Success(Self)
        } else {
            Problem::new(Code::Forbidden).outcome(request)
        }
    }
}

/// Somebody who goes on with an upload, and where the piece begins.
pub(crate) struct Offset(u64);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Offset {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        match Sender::from_request(request).await {
            Outcome::Success(Sender) => {}
            Outcome::Error(refused) => return Outcome::Error(refused),
            Outcome::Forward(status) => return Outcome::Forward(status),
        }
        let offset = request.headers().get_one("Upload-Offset").and_then(|text| text.parse().ok());
        match offset {
            Some(offset) => Outcome::Success(Self(offset)),
            None => Problem::new(Code::PreconditionRequired).outcome(request),
        }
    }
}

/// How far an upload has come.
#[derive(Debug)]
pub(crate) struct Standing {
    status: u16,
    digest: Digest,
    offset: u64,
    size: u64,
}

impl<'r> Responder<'r, 'static> for Standing {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Self { status, digest, offset, size } = self;
        let body = json!({ "digest": digest.to_string(), "offset": offset, "size": size });
        let mut answer = Json(body).respond_to(request)?;
        answer.set_status(Status::new(status));
        answer.set_raw_header("Upload-Offset", offset.to_string());
        answer.set_raw_header("Upload-Length", size.to_string());
        if status == 201 {
            answer.set_raw_header("Location", format!("/manage/v1/uploads/{digest}"));
        }
        Ok(answer)
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let at =
            |offset: u64| Self::new(Code::Conflict).header("Upload-Offset", offset.to_string());
        match error {
            UploadError::TooLarge { most, .. } | UploadError::TooMuch { size: most } => {
                endpoint::body_too_large(most)
            }
            UploadError::TooMany => Self::new(Code::TooManyRequests).header("Retry-After", "60"),
            UploadError::Unknown(_) => Self::new(Code::NotFound),
            UploadError::OtherSize { size } => {
                Self::new(Code::Conflict).header("Upload-Length", size.to_string())
            }
            UploadError::NotThere { offset } | UploadError::Incomplete { offset, .. } => at(offset),
            UploadError::NotItsDigest(digest) => {
                let wrong = Violation::new("", "file_digest_differs").with("digest", digest);
                Self::new(Code::InvalidContent).faults([wrong])
            }
            UploadError::Full | UploadError::Unavailable(_) => {
                Self::new(Code::Unavailable).because(error)
            }
        }
    }
}

/// The digest in an address, as it is given out.
pub(super) fn digest_of(text: &str) -> Result<Digest, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// Begins an upload, or finds the one that has begun: `digest` (SHA-256 of the file as it is sent, in hexadecimal) and
/// `size`. It is kept for a day.
#[utoipa::path(
    tag = "management",
    params(Nothing),
    request_body(content = Object, description = "`digest` and `size`.", content_type = "application/json"),
    responses((status = 201, body = Object), (status = 409, description = "It has begun with another size.")),
    security(("token" = []))
)]
#[post("/manage/v1/uploads", data = "<body>")]
pub(crate) async fn begin_upload(
    _sender: Sender,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: JsonBody,
) -> Result<Standing, Problem> {
    let mut members = Members::of(Some(body.0))?;
    let digest = members.parsed("digest", "bad_digest", |text| text.parse::<Digest>().ok());
    let digest = members.required("digest", digest);
    let size = members.value("size").as_ref().and_then(Value::as_u64).filter(|size| *size > 0);
    let size = members.required("size", size);
    members.finish()?;
    let invalid = || Problem::new(Code::InvalidContent);
    let (digest, size) = (digest.ok_or_else(invalid)?, size.ok_or_else(invalid)?);
    let offset = desk.cms.vault().uploads.begin(digest, size).await?;
    Ok(Standing { status: 201, digest, offset, size })
}

/// How far an upload has come: `Upload-Offset` is where the next piece begins.
#[utoipa::path(
    tag = "management",
    params(("digest" = String, Path, description = "The file's digest."), Nothing),
    responses((status = 200, body = Object)),
    security(("token" = []))
)]
#[get("/manage/v1/uploads/<digest>")]
pub(crate) async fn read_upload(
    digest: &str,
    _sender: Sender,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<Standing, Problem> {
    let digest = digest_of(digest)?;
    let found = desk.cms.vault().uploads.offset(digest).await?;
    let (offset, size) = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Standing { status: 200, digest, offset, size })
}

/// The next piece of an upload. `Upload-Offset` says where it begins; what arrived of a piece that broke off stays.
#[utoipa::path(
    tag = "management",
    params(
        ("digest" = String, Path, description = "The file's digest."),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins."),
        Nothing
    ),
    request_body(content = String, content_type = "application/offset+octet-stream"),
    responses(
        (status = 200, body = Object),
        (status = 409, description = "The next piece begins elsewhere: `Upload-Offset` says where."),
    ),
    security(("token" = []))
)]
#[patch("/manage/v1/uploads/<digest>", data = "<body>")]
pub(crate) async fn continue_upload(
    digest: &str,
    offset: Offset,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
    body: Data<'_>,
) -> Result<Standing, Problem> {
    let digest = digest_of(digest)?;
    let uploads = &desk.cms.vault().uploads;
    let (known, size) =
        uploads.offset(digest).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    if known != offset.0 {
        return Err(UploadError::NotThere { offset: known }.into());
    }
    let mut offset = offset.0;
    // One byte more than there is to come shows that too much comes.
    let mut stream = body.open((size - offset + 1).bytes());
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let mut part = (&mut stream).take(u64::try_from(PIECE).unwrap_or(u64::MAX));
        let read = part.read_to_end(&mut piece).await;
        let is_last = piece.is_empty();
        if !is_last {
            offset = uploads.append(digest, offset, piece.into()).await?;
        }
        read.map_err(|error| Problem::new(Code::MalformedRequest).because(error))?;
        if is_last {
            return Ok(Standing { status: 200, digest, offset, size });
        }
    }
}

/// Throws an upload away.
#[utoipa::path(
    tag = "management",
    params(("digest" = String, Path, description = "The file's digest."), Nothing),
    responses((status = 204)),
    security(("token" = []))
)]
#[delete("/manage/v1/uploads/<digest>")]
pub(crate) async fn discard_upload(
    digest: &str,
    _sender: Sender,
    _query: Query<'_, Nothing>,
    desk: &State<Desk>,
) -> Result<response::status::NoContent, Problem> {
    desk.cms.vault().uploads.discard(digest_of(digest)?).await?;
    Ok(response::status::NoContent)
}
