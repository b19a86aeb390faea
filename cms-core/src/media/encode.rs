//! From pixels to a file: each format at the lowest quality that still looks like the picture.

use image::{
    ExtendedColorType, ImageEncoder as _,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};
use jpeg_encoder::{ColorType, SamplingFactor};

use super::{
    Kind, Limits, Refusal,
    bounds::Deadline,
    canvas::Canvas,
    decode,
    numbers::{index, low_short},
    ssim,
};

/// How alike a rendition has to be to the picture that it is made from; see `ssim`.
const TARGET: f32 = 0.955;
/// How far the whole may fall short of what its sample promised.
const SLACK: f32 = 0.01;
/// The qualities that are searched; below, blocks show, above, bytes buy nothing.
const LOWEST: u8 = 35;
const HIGHEST: u8 = 92;
/// The quality of an original that had to be encoded anew, since it was turned or converted.
const ORIGINAL: u8 = 95;
/// A sample is of so many tiles on each side, of so many pixels on each side.
const TILES: u32 = 4;
const TILE: u32 = 64;

/// The picture in this format, at the lowest quality at which it looks the same, with nothing but its pixels.
pub(super) fn rendition(
    canvas: &Canvas,
    format: Kind,
    limits: &Limits,
    deadline: Deadline,
) -> Result<Vec<u8>, Refusal> {
    if format == Kind::Png {
        return png(canvas);
    }
    let quality = searched(&sample(canvas), format, limits, deadline)?;
    deadline.check()?;
    let encoded = at_quality(canvas, format, quality)?;
    let score = score(canvas, &encoded, format, limits)?;
    if score + SLACK >= TARGET || quality == HIGHEST {
        return Ok(encoded);
    }
    // The sample missed what is hard about this picture.
    deadline.check()?;
    at_quality(canvas, format, (quality + 10).min(HIGHEST))
}

/// An original that had to be changed, in the format that it came in, as near to it as is sensible.
pub(super) fn original(canvas: &Canvas, format: Kind) -> Result<Vec<u8>, Refusal> {
    at_quality(canvas, format, ORIGINAL)
}

/// The lowest quality at which this looks the same.
fn searched(
    canvas: &Canvas,
    format: Kind,
    limits: &Limits,
    deadline: Deadline,
) -> Result<u8, Refusal> {
    let (mut low, mut high) = (LOWEST, HIGHEST);
    // Within four: nobody sees the difference.
    while high - low > 4 {
        deadline.check()?;
        let middle = low.midpoint(high);
        let encoded = at_quality(canvas, format, middle)?;
        if score(canvas, &encoded, format, limits)? >= TARGET {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(high)
}

fn score(canvas: &Canvas, encoded: &[u8], format: Kind, limits: &Limits) -> Result<f32, Refusal> {
    let before = if format == Kind::Jpeg { canvas.on_white().luma() } else { canvas.luma() };
    let after = decode::first(encoded, format, limits)?.luma();
    Ok(ssim::similarity(&before, &after, canvas.width))
}

/// Tiles from all over the picture, side by side: a search over them costs the same for every picture.
fn sample(canvas: &Canvas) -> Canvas {
    let side = TILES * TILE;
    if canvas.width <= side || canvas.height <= side {
        return canvas.clone();
    }
    let place = |number: u32, of: u32| (of - TILE) * (2 * number + 1) / (2 * TILES);
    let mut samples = Vec::with_capacity(index(side * side) * canvas.channels());
    for down in 0..TILES {
        let top = place(down, canvas.height);
        let tiles: Vec<Canvas> = (0..TILES)
            .map(|across| canvas.part(place(across, canvas.width), top, TILE, TILE))
            .collect();
        let stride = index(TILE) * canvas.channels();
        for row in 0..index(TILE) {
            for tile in &tiles {
                samples
                    .extend(tile.samples.get(row * stride..(row + 1) * stride).unwrap_or_default());
            }
        }
    }
    Canvas { width: side, height: side, has_alpha: canvas.has_alpha, samples }
}

fn at_quality(canvas: &Canvas, format: Kind, quality: u8) -> Result<Vec<u8>, Refusal> {
    match format {
        Kind::Jpeg => jpeg(&canvas.on_white(), quality),
        Kind::Webp => webp(canvas, quality),
        Kind::Avif => avif(canvas, quality),
        Kind::Png => png(canvas),
        Kind::Gif | Kind::Svg | Kind::Pdf | Kind::WebVtt => {
            Err(Refusal::NotAFormat { kind: format })
        }
    }
}

/// What an encoder says of a picture that it can't take: sizes are checked before, so that it is a defect.
fn failed() -> Refusal {
    Refusal::Unsupported { feature: "a picture of this size in this format" }
}

fn jpeg(canvas: &Canvas, quality: u8) -> Result<Vec<u8>, Refusal> {
    let mut written = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut written, quality);
    encoder.set_progressive(true);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(if quality >= ORIGINAL {
        SamplingFactor::F_1_1
    } else {
        SamplingFactor::F_2_2
    });
    let (width, height) = (low_short(canvas.width), low_short(canvas.height));
    encoder.encode(&canvas.samples, width, height, ColorType::Rgb).map_err(|_| failed())?;
    Ok(written)
}

fn webp(canvas: &Canvas, quality: u8) -> Result<Vec<u8>, Refusal> {
    let mut config = webp::WebPConfig::new().map_err(|()| failed())?;
    config.quality = f32::from(quality);
    config.method = 4;
    config.alpha_quality = 90;
    let encoder = if canvas.has_alpha {
        webp::Encoder::from_rgba(&canvas.samples, canvas.width, canvas.height)
    } else {
        webp::Encoder::from_rgb(&canvas.samples, canvas.width, canvas.height)
    };
    encoder.encode_advanced(&config).map(|file| file.to_vec()).map_err(|_| failed())
}

fn avif(canvas: &Canvas, quality: u8) -> Result<Vec<u8>, Refusal> {
    let encoder = ravif::Encoder::new()
        .with_quality(f32::from(quality))
        .with_alpha_quality(f32::from(quality))
        .with_speed(9)
        .with_bit_depth(ravif::BitDepth::Eight)
        .with_num_threads(Some(1));
    let (width, height) = (index(canvas.width), index(canvas.height));
    let pixels = canvas.samples.chunks_exact(canvas.channels());
    let made = if canvas.has_alpha {
        let pixels: Vec<_> = pixels
            .filter_map(|pixel| match *pixel {
                [r, g, b, a] => Some(ravif::RGBA8 { r, g, b, a }),
                _ => None,
            })
            .collect();
        encoder.encode_rgba(ravif::Img::new(&pixels, width, height))
    } else {
        let pixels: Vec<_> = pixels
            .filter_map(|pixel| match *pixel {
                [r, g, b] => Some(ravif::RGB8 { r, g, b }),
                _ => None,
            })
            .collect();
        encoder.encode_rgb(ravif::Img::new(&pixels, width, height))
    };
    made.map(|made| made.avif_file).map_err(|_| failed())
}

fn png(canvas: &Canvas) -> Result<Vec<u8>, Refusal> {
    let mut written = Vec::new();
    let colours = if canvas.has_alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    PngEncoder::new_with_quality(&mut written, CompressionType::Default, FilterType::Adaptive)
        .write_image(&canvas.samples, canvas.width, canvas.height, colours)
        .map_err(|_| failed())?;
    Ok(written)
}
