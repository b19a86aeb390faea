//! The bytes of assets that are published: files as they were uploaded, and renditions of pictures.
//!
//! An address holds the digest of what it leads to and never leads to anything else, so that caches keep it for a year;
//! when the asset is withdrawn, it is gone from here from that moment on.

use std::{io::Cursor, ops::Range, sync::Arc};

use cms_core::{
    media::{Digest, Kind, Rendition},
    queries::media::{MediaAddress, MediaFound, MediaWhat, kind_of},
};
use rocket::{
    Request, Response, Route, State, get,
    http::Status,
    request::{FromRequest, Outcome},
    response::{self, Responder},
    routes,
};

use super::{
    Desk,
    ranges::{self, Part},
};
use crate::{
    guards::{
        etags,
        query::{Nothing, Query},
    },
    problem::{Code, Problem},
};

mod pieces;

use pieces::Pieces;

/// Nothing that an address leads to ever changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// For one reader's eyes alone.
const PRIVATE: &str = "private, no-store";
/// What is opened by itself runs nothing and loads nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![read_media]
}

/// The types of pictures that a reader takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Takes {
    avif: bool,
    webp: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Takes {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let fields: Vec<_> = request.headers().get("Accept").collect();
        Outcome::Success(Self::parse(&fields.join(",")))
    }
}

impl Takes {
    /// None but what everybody takes.
    pub(crate) const NOTHING: Self = Self { avif: false, webp: false };

    /// Only what is named counts: programs that take everything often can't show the newer types.
    fn parse(accept: &str) -> Self {
        let named = |wanted: &str| {
            accept.split(',').any(|range| {
                let mut parts = range.split(';').map(str::trim);
                let is_it = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted));
                let refused = parts.any(|part| {
                    part.strip_prefix("q=")
                        .is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0))
                });
                is_it && !refused
            })
        };
        Self { avif: named("image/avif"), webp: named("image/webp") }
    }

    fn takes(self, kind: Kind) -> bool {
        match kind {
            Kind::Avif => self.avif,
            Kind::Webp => self.webp,
            Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Svg | Kind::Pdf | Kind::WebVtt => true,
        }
    }
}

/// The bytes that an address leads to.
#[derive(Debug)]
pub(crate) struct Media {
    content: Content,
    /// What they are; unknown where they are only to be saved.
    kind: Option<Kind>,
    etag: String,
    /// What a file that is saved is called.
    name: Option<String>,
    /// Whether the reader's types were looked at.
    negotiated: bool,
    surrogate_key: String,
    /// Who may keep it, and how long.
    cache_control: &'static str,
}

/// Where bytes come from.
#[derive(Debug)]
enum Content {
    Ready(Arc<[u8]>),
    Kept(Pieces),
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Ready(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Kept(pieces) => pieces.size(),
        }
    }
}

impl Media {
    /// What was found, ready to be sent; a rendition is made if nobody has asked for it before.
    pub(crate) async fn of(found: MediaFound, takes: Takes, desk: &Desk) -> Result<Self, Problem> {
        let MediaFound { digest, what, cache_keys } = found;
        let surrogate_key = cache_keys.iter().collect::<Vec<_>>().join(" ");
        let missing = || Problem::new(Code::NotFound);
        let (rendition, negotiated) = match what {
            MediaWhat::Original(facts) => {
                let kind = kind_of(&facts.media_type).ok_or_else(missing)?;
                let pieces = Pieces::of(&desk.cms, digest).await?.ok_or_else(missing)?;
                return Ok(Self {
                    content: Content::Kept(pieces),
                    kind: Some(kind),
                    etag: format!("\"{digest}\""),
                    name: Some(facts.name),
                    negotiated: false,
                    surrogate_key,
                    cache_control: FOREVER,
                });
            }
            MediaWhat::Rendition(rendition) => (rendition, false),
            MediaWhat::Best(all) => (best(&all, takes).ok_or_else(missing)?, true),
        };
        let rendered = desk.cms.rendition(digest, rendition).await?.ok_or_else(missing)?;
        Ok(Self {
            kind: Some(rendition.format),
            etag: format!("\"{}\"", rendered.digest),
            content: Content::Ready(rendered.bytes),
            name: None,
            negotiated,
            surrogate_key,
            cache_control: FOREVER,
        })
    }

    /// The bytes under a digest, whatever they are: to be saved.
    pub(crate) async fn of_bytes(digest: Digest, desk: &Desk) -> Result<Self, Problem> {
        let pieces = Pieces::of(&desk.cms, digest).await?;
        let pieces = pieces.ok_or_else(|| Problem::new(Code::NotFound))?;
        Ok(Self {
            content: Content::Kept(pieces),
            kind: None,
            etag: format!("\"{digest}\""),
            name: Some(digest.to_string()),
            negotiated: false,
            surrogate_key: String::new(),
            cache_control: PRIVATE,
        })
    }

    /// The same for one reader's eyes alone.
    pub(crate) fn privately(self) -> Self {
        Self { cache_control: PRIVATE, ..self }
    }

    /// `Content-Disposition` (RFC 6266) of what a browser shouldn't open.
    fn disposition(&self) -> Option<String> {
        let is_shown = self.kind.is_some_and(Kind::is_shown_inline);
        let name = self.name.as_ref().filter(|_| !is_shown)?;
        let plain: String =
            name.chars().map(|c| if c.is_ascii_graphic() && c != '"' { c } else { '_' }).collect();
        let encoded = cms_core::followers::delivery::pieces::percent_encoded(name);
        Some(format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
    }
}

/// The first rendition that a reader takes.
fn best(all: &[Rendition], takes: Takes) -> Option<Rendition> {
    all.iter().copied().find(|rendition| takes.takes(rendition.format))
}

impl<'r> Responder<'r, 'static> for Media {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let size = self.content.size();
        let mut answer = Response::new();
        answer.set_raw_header("ETag", self.etag.clone());
        answer.set_raw_header("Cache-Control", self.cache_control);
        answer.set_raw_header("Accept-Ranges", "bytes");
        if self.negotiated {
            answer.set_raw_header("Vary", "Accept");
        }
        if etags::reader_has(request, &self.etag) {
            answer.set_status(Status::NotModified);
            return Ok(answer);
        }
        let range = match ranges::wanted(request, size, &self.etag) {
            Part::Whole => 0..size,
            Part::From(first, last) => {
                answer.set_status(Status::PartialContent);
                answer.set_raw_header("Content-Range", format!("bytes {first}-{last}/{size}"));
                first..last + 1
            }
            Part::Nowhere => {
                let problem = Problem::new(Code::RangeNotSatisfiable).with("size", size);
                return problem
                    .header("Content-Range", format!("bytes */{size}"))
                    .respond_to(request);
            }
        };
        answer.set_raw_header("Content-Type", content_type(self.kind));
        answer.set_raw_header("Content-Security-Policy", POLICY);
        answer.set_raw_header("Surrogate-Key", self.surrogate_key.clone());
        if let Some(disposition) = self.disposition() {
            answer.set_raw_header("Content-Disposition", disposition);
        }
        send(self.content, range, &mut answer);
        Ok(answer)
    }
}

/// Texts say how their letters are written.
fn content_type(kind: Option<Kind>) -> &'static str {
    match kind {
        None => "application/octet-stream",
        Some(Kind::WebVtt) => "text/vtt; charset=utf-8",
        Some(kind) => kind.media_type(),
    }
}

fn send(content: Content, range: Range<u64>, answer: &mut Response<'static>) {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let length = place(range.end - range.start);
    match content {
        Content::Ready(bytes) => {
            let part = bytes.get(place(range.start)..place(range.end)).map(<[u8]>::to_vec);
            answer.set_sized_body(length, Cursor::new(part.unwrap_or_default()));
        }
        Content::Kept(pieces) => answer.set_sized_body(length, pieces.part(range)),
    }
    answer.set_max_chunk_size(pieces::PIECE);
}

/// The bytes of a published asset, or a rendition of it: `640.webp` as `asset` and `shapes` name them, or `640` for
/// the best type that `Accept` names. What isn't published, and what isn't offered, isn't there.
#[utoipa::path(
    tag = "delivery",
    params(
        ("digest" = String, Path, description = "The digest of the asset's bytes."),
        ("step" = String, Path, description = "The file's name, or a rendition's."),
        Nothing
    ),
    responses(
        (status = 200, description = "The bytes, for ever the same.", body = String, content_type = "application/octet-stream"),
        (status = 206, description = "The part that `Range` names.", body = String, content_type = "application/octet-stream"),
        (status = 304, description = "The reader has it."),
        (status = 410, description = "It was published, and is withdrawn."),
        (status = 416, description = "There is no such part."),
    )
)]
#[get("/media/<digest>/<step>")]
pub(crate) async fn read_media(
    digest: &str,
    step: &str,
    _query: Query<'_, Nothing>,
    takes: Takes,
    desk: &State<Desk>,
) -> Result<Media, Problem> {
    let (digest, step) = (digest.to_owned(), step.to_owned());
    let found = desk.ask(move |delivery| Ok(delivery.media(&digest, &step)?)).await?;
    match found {
        MediaAddress::Found(found) => Media::of(found, takes, desk).await,
        MediaAddress::Gone => Err(Problem::new(Code::Gone)),
        MediaAddress::Unknown => Err(Problem::new(Code::NotFound)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_that_are_named_are_taken() {
        let taken = |accept| {
            let Takes { avif, webp } = Takes::parse(accept);
            (avif, webp)
        };
        assert_eq!(taken("image/avif,image/webp,*/*;q=0.8"), (true, true));
        assert_eq!(taken("Image/WebP;q=0.5"), (false, true));
        assert_eq!(taken("image/avif;q=0, image/webp"), (false, true));
        assert_eq!(taken("*/*"), (false, false));
        assert_eq!(taken("image/*"), (false, false));
        assert_eq!(taken(""), (false, false));
    }
}
