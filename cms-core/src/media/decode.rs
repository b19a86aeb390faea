//! From a file to pixels, within its limits.

use std::io::Cursor;

use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageResult,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
};

use super::{Kind, Limits, Refusal, avif, bounds::Deadline, canvas::Canvas, colour};

/// The picture, or the first frame of an animation, in sRGB. It is not turned, other than as AVIF's own
/// properties say.
pub(super) fn first(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Canvas, Refusal> {
    let input = Cursor::new(bytes);
    match kind {
        Kind::Jpeg => still(JpegDecoder::new(input), limits),
        Kind::Png => still(PngDecoder::new(input), limits),
        Kind::Gif => still(GifDecoder::new(input), limits),
        Kind::Webp => still(WebPDecoder::new(input), limits),
        Kind::Avif => avif::decode(bytes, limits),
        Kind::Svg | Kind::Pdf | Kind::WebVtt => Err(Refusal::NoRenditions { kind }),
    }
}

fn still<D: ImageDecoder>(decoder: ImageResult<D>, limits: &Limits) -> Result<Canvas, Refusal> {
    let mut decoder = decoder.map_err(|error| refusal(&error, limits))?;
    decoder.set_limits(given(limits)).map_err(|error| refusal(&error, limits))?;
    let icc = decoder.icc_profile().ok().flatten().unwrap_or_default();
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error, limits))?;
    Ok(colour::to_srgb(Canvas::of(picture), &icc))
}

/// Decodes every frame of an animation, and keeps none: each has to be whole.
pub(super) fn check_frames(
    bytes: &[u8],
    kind: Kind,
    limits: &Limits,
    deadline: Deadline,
) -> Result<(), Refusal> {
    let input = Cursor::new(bytes);
    match kind {
        Kind::Gif => animation(GifDecoder::new(input), limits, deadline),
        Kind::Png => {
            let apng = PngDecoder::with_limits(input, given(limits)).and_then(PngDecoder::apng);
            frames(apng.map_err(|error| refusal(&error, limits))?, limits, deadline)
        }
        Kind::Webp => animation(WebPDecoder::new(input), limits, deadline),
        Kind::Jpeg | Kind::Avif | Kind::Svg | Kind::Pdf | Kind::WebVtt => Ok(()),
    }
}

fn animation<'a, D: ImageDecoder + AnimationDecoder<'a>>(
    decoder: ImageResult<D>,
    limits: &Limits,
    deadline: Deadline,
) -> Result<(), Refusal> {
    let mut decoder = decoder.map_err(|error| refusal(&error, limits))?;
    decoder.set_limits(given(limits)).map_err(|error| refusal(&error, limits))?;
    frames(decoder, limits, deadline)
}

fn frames<'a>(
    decoder: impl AnimationDecoder<'a>,
    limits: &Limits,
    deadline: Deadline,
) -> Result<(), Refusal> {
    for frame in decoder.into_frames() {
        frame.map_err(|error| refusal(&error, limits))?;
        deadline.check()?;
    }
    Ok(())
}

/// The limits as decoders take them.
fn given(limits: &Limits) -> image::Limits {
    let mut given = image::Limits::default();
    given.max_image_width = Some(limits.side);
    given.max_image_height = Some(limits.side);
    given.max_alloc = Some(limits.memory);
    given
}

fn refusal(error: &ImageError, limits: &Limits) -> Refusal {
    match error {
        ImageError::Limits(_) => {
            Refusal::TooMuchMemory { needs: limits.memory.saturating_add(1), most: limits.memory }
        }
        ImageError::Unsupported(_) => {
            Refusal::Unsupported { feature: "this coding of the samples" }
        }
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => Refusal::Damaged { at: 0, part: "the coded samples" },
    }
}
