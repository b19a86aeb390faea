//! Making a picture smaller, in linear light: what is averaged is light, not the numbers that stand for it.
//!
//! Where many pixels become one, they are averaged in blocks first, so that memory is bounded by the smaller
//! picture and not by the larger; the rest is a Lanczos filter.

use std::sync::LazyLock;

use fast_image_resize::{
    FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U16x3, U16x4},
};

use super::{
    Refusal,
    canvas::Canvas,
    numbers::{byte, floor, index, low_short, short},
};

/// The part of a picture that is made smaller, in pixels and parts of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Region {
    /// From the left edge.
    pub left: f64,
    /// From the upper edge.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// Light by sample (IEC 61966-2-1), in 16 bits.
static LIGHT: LazyLock<[u16; 256]> = LazyLock::new(|| {
    std::array::from_fn(|sample| {
        let sample = f32::from(u8::try_from(sample).unwrap_or(u8::MAX)) / 255.0;
        let light =
            if sample <= 0.040_45 { sample / 12.92 } else { ((sample + 0.055) / 1.055).powf(2.4) };
        short(light * 65_535.0)
    })
});

/// Samples by light.
static SAMPLES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sample = |light: u16| {
        let light = f32::from(light) / 65_535.0;
        let sample = if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        byte(sample * 255.0)
    };
    (0..=u16::MAX).map(sample).collect()
});

fn light(sample: u8) -> u16 {
    LIGHT.get(usize::from(sample)).copied().unwrap_or_default()
}

fn sample(light: u16) -> u8 {
    SAMPLES.get(usize::from(light)).copied().unwrap_or_default()
}

/// The region in so many pixels; at most as many as it has.
pub(super) fn shrink(
    canvas: &Canvas,
    region: Region,
    width: u32,
    height: u32,
) -> Result<Canvas, Refusal> {
    if canvas.has_alpha {
        let samples =
            resized(canvas, region, (width, height), premultiplied, |pixels: &[U16x4]| {
                pixels.iter().flat_map(|pixel| divided(pixel.0)).collect()
            })?;
        Ok(Canvas { width, height, has_alpha: true, samples })
    } else {
        let opaque = |pixel: &[u8]| match *pixel {
            [red, green, blue] => [light(red), light(green), light(blue)],
            _ => [0; 3],
        };
        let samples = resized(canvas, region, (width, height), opaque, |pixels: &[U16x3]| {
            pixels.iter().flat_map(|pixel| pixel.0.map(sample)).collect()
        })?;
        Ok(Canvas { width, height, has_alpha: false, samples })
    }
}

/// The light of a pixel, as much as its opacity lets through.
fn premultiplied(pixel: &[u8]) -> [u16; 4] {
    let [red, green, blue, alpha] = *pixel else { return [0; 4] };
    let through = |sample| low_short((u32::from(light(sample)) * u32::from(alpha) + 127) / 255);
    [through(red), through(green), through(blue), u16::from(alpha) * 257]
}

/// The samples of a pixel of which this much light comes through.
fn divided(pixel: [u16; 4]) -> [u8; 4] {
    let [red, green, blue, alpha] = pixel;
    if alpha == 0 {
        return [0; 4];
    }
    let whole = |light: u16| sample(low_short(u32::from(light) * 65_535 / u32::from(alpha)));
    [whole(red), whole(green), whole(blue), byte(f32::from(alpha) / 257.0)]
}

/// Pixels of `N` lights.
trait Lights<const N: usize>: PixelTrait {
    fn of(lights: [u16; N]) -> Self;
}

impl Lights<3> for U16x3 {
    fn of(lights: [u16; 3]) -> Self {
        Self::new(lights)
    }
}

impl Lights<4> for U16x4 {
    fn of(lights: [u16; 4]) -> Self {
        Self::new(lights)
    }
}

fn resized<const N: usize, P: Lights<N>>(
    canvas: &Canvas,
    region: Region,
    (width, height): (u32, u32),
    lights: impl Fn(&[u8]) -> [u16; N],
    samples: impl Fn(&[P]) -> Vec<u8>,
) -> Result<Vec<u8>, Refusal> {
    let damaged = Refusal::Damaged { at: 0, part: "the picture's size" };
    let across = region.width / f64::from(width.max(1));
    let down = region.height / f64::from(height.max(1));
    // Twice the pixels that are wanted are left to the filter.
    let block = floor(across.min(down) / 2.0).max(1);
    let (left, top) = (floor(region.left), floor(region.top));
    let right = canvas.width.min(floor((region.left + region.width).ceil()));
    let bottom = canvas.height.min(floor((region.top + region.height).ceil()));
    if left >= right || top >= bottom {
        return Err(damaged);
    }
    let averaged = averaged(canvas, [left, top, right, bottom], block, lights);
    let wide = (right - left).div_ceil(block);
    let high = (bottom - top).div_ceil(block);
    let pixels: Vec<P> = averaged.into_iter().map(P::of).collect();
    let (Ok(source), block) = (TypedImageRef::new(wide, high, &pixels), f64::from(block)) else {
        return Err(damaged);
    };
    let mut target = TypedImage::<P>::new(width, height);
    let across = (region.width / block).min(f64::from(wide));
    let down = (region.height / block).min(f64::from(high));
    let from_left = ((region.left - f64::from(left)) / block).min(f64::from(wide) - across);
    let from_top = ((region.top - f64::from(top)) / block).min(f64::from(high) - down);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(false)
        .crop(from_left.max(0.0), from_top.max(0.0), across, down);
    Resizer::new().resize_typed(&source, &mut target, &options).map_err(|_| damaged)?;
    Ok(samples(target.pixels()))
}

/// The light of each block of pixels, those at the right and lower edge of what is there.
fn averaged<const N: usize>(
    canvas: &Canvas,
    [left, top, right, bottom]: [u32; 4],
    block: u32,
    lights: impl Fn(&[u8]) -> [u16; N],
) -> Vec<[u16; N]> {
    let channels = canvas.channels();
    let (from, to) = (index(left) * channels, index(right) * channels);
    let rows: Vec<&[u8]> = canvas
        .samples
        .chunks_exact(canvas.stride().max(1))
        .skip(index(top))
        .take(index(bottom - top))
        .filter_map(|row| row.get(from..to))
        .collect();
    if block == 1 {
        return rows.iter().flat_map(|row| row.chunks_exact(channels).map(&lights)).collect();
    }
    let mut averaged = Vec::with_capacity(index(right - left).div_ceil(index(block)) * rows.len());
    let mut sums: Vec<[u64; N]> = vec![[0; N]; index((right - left).div_ceil(block))];
    for rows in rows.chunks(index(block)) {
        sums.fill([0; N]);
        for row in rows {
            for (sums, pixels) in sums.iter_mut().zip(row.chunks(channels * index(block))) {
                for pixel in pixels.chunks_exact(channels) {
                    for (sum, light) in sums.iter_mut().zip(lights(pixel)) {
                        *sum += u64::from(light);
                    }
                }
            }
        }
        let last = (right - left) % block;
        let many = sums.len();
        for (place, sums) in sums.iter().enumerate() {
            let across = if place + 1 == many && last != 0 { last } else { block };
            let count = u64::from(across) * u64::try_from(rows.len()).unwrap_or(1);
            averaged
                .push(sums.map(|sum| u16::try_from((sum + count / 2) / count).unwrap_or(u16::MAX)));
        }
    }
    averaged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(canvas: &Canvas) -> Region {
        Region { left: 0.0, top: 0.0, width: canvas.width.into(), height: canvas.height.into() }
    }

    #[test]
    fn a_picture_of_one_colour_keeps_it_at_every_size() {
        for (pixel, has_alpha) in [(&[200, 30, 90][..], false), (&[200, 30, 90, 255][..], true)] {
            let samples = pixel.repeat(97 * 61);
            let canvas = Canvas { width: 97, height: 61, has_alpha, samples };
            for (width, height) in [(97, 61), (50, 31), (20, 12), (5, 3), (1, 1)] {
                let small = shrink(&canvas, whole(&canvas), width, height).unwrap();
                let count = index(width * height);
                assert_eq!(small.samples, pixel.repeat(count), "{width}");
            }
        }
    }

    #[test]
    fn light_is_averaged_and_not_samples() {
        let rows = [[0_u8, 0, 0, 255, 255, 255].repeat(32), [255, 255, 255, 0, 0, 0].repeat(32)];
        let canvas =
            Canvas { width: 64, height: 64, has_alpha: false, samples: rows.concat().repeat(32) };
        let small = shrink(&canvas, whole(&canvas), 4, 4).unwrap();
        for sample in small.samples {
            assert!((186..=190).contains(&sample), "half the light is 188, not {sample}");
        }
    }

    #[test]
    fn what_is_transparent_does_not_colour_its_neighbours() {
        let samples = [[255, 0, 0, 255], [0, 255, 0, 0]].concat().repeat(32 * 64);
        let canvas = Canvas { width: 64, height: 64, has_alpha: true, samples };
        let small = shrink(&canvas, whole(&canvas), 4, 4).unwrap();
        for pixel in small.samples.chunks_exact(4) {
            assert_eq!(pixel.get(..3).unwrap(), [255, 0, 0]);
        }
    }
}
