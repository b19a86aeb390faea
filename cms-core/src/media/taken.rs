//! Takes a file in: says what it is, cleans it, and finds out what pages need to know of it.

use std::panic::{self, AssertUnwindSafe};

use super::{
    Digest, Kind, Limits, Refusal, Rendition, avif,
    canvas::Canvas,
    colour, decode, encode, gif, jpeg,
    numbers::pixels,
    pdf, placeholder, png,
    resize::{self, Region},
    riff,
    stripped::Stripped,
    svg, webvtt,
};

/// A file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it is, by its content.
    pub kind: Kind,
    /// Its bytes, cleaned: these are kept, the ones that came are not.
    pub bytes: Vec<u8>,
    /// The digest of these bytes.
    pub digest: Digest,
    /// Pixels in a row, as it is seen; a drawing's own units; none for documents and captions.
    pub width: Option<u32>,
    /// Rows, as it is seen; a drawing's own units; none for documents and captions.
    pub height: Option<u32>,
    /// How many pictures: 1, more for an animation, 0 for documents and captions.
    pub frames: u32,
    /// Whether something shows through.
    pub has_alpha: bool,
    /// The colour that most of it has, as `#rrggbb`; of pictures made of pixels alone.
    pub dominant_colour: Option<String>,
    /// A `ThumbHash` in base64, to show until the picture is there; of pictures made of pixels alone.
    pub placeholder: Option<String>,
}

/// Takes a file in.
///
/// What is kept of a picture is its pixels and what they need: no Exif, XMP or IPTC data, no places, devices,
/// thumbnails, comments, texts or times, nothing after the picture's end. The coded samples are copied as they
/// are, but for a picture that is stored turned, or whose colours are a printer's: it is encoded anew, turned
/// and in sRGB. Screens' colour profiles are written anew without names. A drawing, a document and captions are
/// checked as [`Kind`]'s modules say.
///
/// Never panics: a defect of a decoder is a [`Refusal::Damaged`] and an error in the log.
///
/// # Errors
///
/// Why the file isn't taken in; then nothing of it is.
pub fn take_in(bytes: &[u8], limits: &Limits) -> Result<Taken, Refusal> {
    guarded(|| {
        limits.check_bytes(bytes)?;
        let kind = Kind::sniff(bytes).ok_or(Refusal::UnknownType)?;
        match kind {
            Kind::Jpeg | Kind::Png | Kind::Gif | Kind::Webp | Kind::Avif => {
                picture(bytes, kind, limits)
            }
            Kind::Svg => {
                let drawing = svg::clean(bytes)?;
                let size = (drawing.width, drawing.height);
                Ok(file(kind, drawing.bytes, size, 1))
            }
            Kind::Pdf => pdf::check(bytes).map(|()| file(kind, bytes.to_vec(), (None, None), 0)),
            Kind::WebVtt => webvtt::clean(bytes).map(|bytes| file(kind, bytes, (None, None), 0)),
        }
    })
}

/// What taking a file in takes of memory, the file itself included, estimated from its header; for
/// [`Pool::run`](super::Pool::run). Files that will be refused take next to none.
pub fn memory_to_take_in(bytes: &[u8], limits: &Limits) -> u64 {
    memory(bytes, limits)
}

/// What making a rendition takes of memory, estimated from the picture's header and the rendition's size.
pub fn memory_to_render(bytes: &[u8], rendition: &Rendition, limits: &Limits) -> u64 {
    // Encoders keep planes, trees and candidates for each pixel; AVIF's the most.
    let per_pixel = if rendition.format == Kind::Avif { 80 } else { 24 };
    let height = rendition.height.unwrap_or(rendition.width);
    let pixels = u64::from(rendition.width) * u64::from(height);
    memory(bytes, limits).saturating_add(pixels.saturating_mul(per_pixel))
}

fn memory(bytes: &[u8], limits: &Limits) -> u64 {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_mul(2);
    let stripped = Kind::sniff(bytes)
        .filter(|kind| kind.has_renditions())
        .and_then(|kind| guarded(|| stripped(bytes, kind, limits)).ok());
    stripped.map_or(size, |stripped| size.saturating_add(memory_of(&stripped)))
}

/// What decoding and shrinking a picture takes.
pub(super) fn memory_of(stripped: &Stripped) -> u64 {
    // Besides the decoder's: eight bytes a pixel of light, where little is averaged.
    u64::from(stripped.width) * u64::from(stripped.height) * (stripped.depth + 8)
}

/// Runs work on what strangers sent. A defect of a decoder that others wrote must not end more than this file.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("a file made its decoder panic; it is refused as damaged");
        Err(Refusal::Damaged { at: 0, part: "the coded samples" })
    })
}

/// The picture without its metadata.
pub(super) fn stripped(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Stripped, Refusal> {
    match kind {
        Kind::Jpeg => jpeg::strip(bytes, limits),
        Kind::Png => png::strip(bytes, limits),
        Kind::Gif => gif::strip(bytes, limits),
        Kind::Webp => riff::strip(bytes, limits),
        Kind::Avif => avif::strip(bytes, limits),
        Kind::Svg | Kind::Pdf | Kind::WebVtt => Err(Refusal::NoRenditions { kind }),
    }
}

fn picture(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Taken, Refusal> {
    let deadline = limits.deadline();
    let stripped = stripped(bytes, kind, limits)?;
    limits.check_memory(memory_of(&stripped))?;
    let canvas = decode::first(bytes, kind, limits)?;
    if (canvas.width, canvas.height) != (stripped.width, stripped.height) {
        return Err(Refusal::Damaged { at: 0, part: "the picture's size" });
    }
    deadline.check()?;
    if stripped.frames > 1 {
        decode::check_frames(&stripped.bytes, kind, limits, deadline)?;
    }
    let is_encoded_anew = stripped.orientation != 1 || stripped.to_convert;
    let canvas = canvas.turned(stripped.orientation);
    deadline.check()?;
    let bytes = if is_encoded_anew { encode::original(&canvas, kind)? } else { stripped.bytes };
    let small = thumbnail(&canvas)?;
    Ok(Taken {
        has_alpha: canvas.shows_through(),
        dominant_colour: Some(colour::dominant(&small)),
        placeholder: Some(placeholder::of(&small)),
        ..file(kind, bytes, (Some(canvas.width), Some(canvas.height)), stripped.frames)
    })
}

/// The picture with at most so many pixels a side as its placeholder is made of.
fn thumbnail(canvas: &Canvas) -> Result<Canvas, Refusal> {
    let (wide, high) = (f64::from(canvas.width), f64::from(canvas.height));
    let scale = (f64::from(placeholder::SIDE) / wide.max(high)).min(1.0);
    let whole = Region { left: 0.0, top: 0.0, width: wide, height: high };
    resize::shrink(canvas, whole, pixels(wide * scale), pixels(high * scale))
}

/// A file of which there is nothing to say but its bytes and, where it has one, its size.
fn file(
    kind: Kind,
    bytes: Vec<u8>,
    (width, height): (Option<u32>, Option<u32>),
    frames: u32,
) -> Taken {
    let digest = Digest::of(&bytes);
    Taken {
        kind,
        bytes,
        digest,
        width,
        height,
        frames,
        has_alpha: kind == Kind::Svg,
        dominant_colour: None,
        placeholder: None,
    }
}
