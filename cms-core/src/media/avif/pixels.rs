//! From an AV1 picture to samples of red, green and blue.

use re_rav1d::dav1d::{
    Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings, pixel,
};

use crate::media::{
    Limits, Refusal,
    canvas::Canvas,
    numbers::{byte, index},
};

/// How brightness and colour differences become red, green and blue.
#[derive(Debug, Clone, Copy)]
enum Matrix {
    /// By the weights of red and blue in brightness.
    Weights(f32, f32),
    /// They are green, blue and red.
    Identity,
}

/// A plane of a picture.
struct Plane<'a> {
    bytes: &'a [u8],
    stride: usize,
    is_wide: bool,
}

fn damaged() -> Refusal {
    Refusal::Damaged { at: 0, part: "the coded samples" }
}

/// A decoded picture. `colours` is what the container says of its matrix and range, instead of the stream.
/// Opacity has its full range always, and no colours.
pub(super) fn decoded(
    stream: Vec<u8>,
    colours: Option<(u16, bool)>,
    is_alpha: bool,
    limits: &Limits,
) -> Result<Canvas, Refusal> {
    let picture = picture(stream, limits)?;
    let (width, height) = (picture.width(), picture.height());
    limits.check_size(width, height, 0)?;
    let bits = picture.bits_per_component().map_or(8, |bits| bits.0);
    let of_stream = (matrix_number(&picture), picture.color_range() == pixel::YUVRange::Full);
    let (matrix, is_full) = colours.unwrap_or(of_stream);
    let scale = Scale::new(bits, is_full || is_alpha);
    let layout = if is_alpha { PixelLayout::I400 } else { picture.pixel_layout() };
    let samples = samples(&picture, layout, matrix_of(matrix), scale);
    Ok(Canvas { width, height, has_alpha: false, samples })
}

fn picture(stream: Vec<u8>, limits: &Limits) -> Result<Picture, Refusal> {
    let mut settings = Settings::new();
    // The pool's threads are all there are.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(limits.pixels).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings).map_err(|_| damaged())?;
    let mut sent = decoder.send_data(stream, None, None, None);
    loop {
        match decoder.get_picture() {
            Ok(picture) => return Ok(picture),
            Err(Error::Again) => {}
            Err(_) => return Err(damaged()),
        }
        // All was sent, and no picture came of it.
        if sent.is_ok() {
            return decoder.get_picture().map_err(|_| damaged());
        }
        if sent != Err(Error::Again) {
            return Err(damaged());
        }
        sent = decoder.send_pending_data();
    }
}

/// The stream's matrix, as ITU-T H.273 numbers it.
fn matrix_number(picture: &Picture) -> u16 {
    let matrix = picture.matrix_coefficients();
    if matrix == pixel::MatrixCoefficients::Identity {
        0
    } else if matrix == pixel::MatrixCoefficients::BT709 {
        1
    } else if matrix == pixel::MatrixCoefficients::BT2020NonConstantLuminance {
        9
    } else {
        6
    }
}

/// A matrix by its number (ITU-T H.273, table 4); those that nobody writes pictures with are read as Rec. 601.
fn matrix_of(number: u16) -> Matrix {
    match number {
        0 => Matrix::Identity,
        1 => Matrix::Weights(0.2126, 0.0722),
        9 | 10 => Matrix::Weights(0.2627, 0.0593),
        _ => Matrix::Weights(0.299, 0.114),
    }
}

/// How stored numbers become brightness of 0 to 255 and differences around zero.
#[derive(Debug, Clone, Copy)]
struct Scale {
    black: f32,
    bright: f32,
    middle: f32,
    differing: f32,
}

impl Scale {
    fn new(bits: usize, is_full: bool) -> Self {
        let step = f32::from(1_u16 << bits.saturating_sub(8).min(7));
        let most = step.mul_add(256.0, -1.0);
        let middle = 128.0 * step;
        if is_full {
            Self { black: 0.0, bright: 255.0 / most, middle, differing: 255.0 / most }
        } else {
            Self {
                black: 16.0 * step,
                bright: 255.0 / (219.0 * step),
                middle,
                differing: 255.0 / (224.0 * step),
            }
        }
    }
}

fn samples(picture: &Picture, layout: PixelLayout, matrix: Matrix, scale: Scale) -> Vec<u8> {
    let (width, height) = (index(picture.width()), index(picture.height()));
    let is_wide = picture.bit_depth() > 8;
    let light = picture.plane(PlanarImageComponent::Y);
    let light =
        Plane { bytes: &light, stride: index(picture.stride(PlanarImageComponent::Y)), is_wide };
    let mut samples = Vec::with_capacity(width * height * 3);
    if layout == PixelLayout::I400 {
        for y in 0..height {
            for value in light.row(y, width) {
                samples.extend([byte((value - scale.black) * scale.bright); 3]);
            }
        }
        return samples;
    }
    let (blue, red) =
        (picture.plane(PlanarImageComponent::U), picture.plane(PlanarImageComponent::V));
    let stride = index(picture.stride(PlanarImageComponent::U));
    let blue = Plane { bytes: &blue, stride, is_wide };
    let red = Plane { bytes: &red, stride, is_wide };
    let halves = (layout != PixelLayout::I444, layout == PixelLayout::I420);
    for y in 0..height {
        let light = light.row(y, width);
        let blue = blue.spread(y, (width, height), halves);
        let red = red.spread(y, (width, height), halves);
        for ((light, blue), red) in light.iter().zip(blue).zip(red) {
            samples.extend(rgb([*light, blue, red], matrix, scale));
        }
    }
    samples
}

fn rgb([light, blue, red]: [f32; 3], matrix: Matrix, scale: Scale) -> [u8; 3] {
    let bright = |value: f32| (value - scale.black) * scale.bright;
    let Matrix::Weights(of_red, of_blue) = matrix else {
        return [bright(red), bright(light), bright(blue)].map(byte);
    };
    let light = bright(light);
    let (blue, red) =
        ((blue - scale.middle) * scale.differing, (red - scale.middle) * scale.differing);
    let r = light + 2.0 * (1.0 - of_red) * red;
    let b = light + 2.0 * (1.0 - of_blue) * blue;
    let g = (light - of_red * r - of_blue * b) / (1.0 - of_red - of_blue);
    [r, g, b].map(byte)
}

impl Plane<'_> {
    /// The first `count` values of a row.
    fn row(&self, y: usize, count: usize) -> Vec<f32> {
        let row = self.bytes.get(y * self.stride..).unwrap_or_default();
        if self.is_wide {
            let values = row.chunks_exact(2).take(count);
            values
                .map(|value| {
                    value.try_into().map_or(0.0, |value| f32::from(u16::from_ne_bytes(value)))
                })
                .collect()
        } else {
            row.iter().take(count).copied().map(f32::from).collect()
        }
    }

    /// A row of differences for each pixel, of a plane that has half as many across, down, or both: those
    /// between are nearer to one of two.
    fn spread(
        &self,
        y: usize,
        (width, height): (usize, usize),
        (across, down): (bool, bool),
    ) -> Vec<f32> {
        let count = if across { width.div_ceil(2) } else { width };
        let near = if down { y / 2 } else { y };
        let mut row = self.row(near, count);
        if down {
            let last = height.div_ceil(2).saturating_sub(1);
            let far =
                if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(last) };
            for (near, far) in row.iter_mut().zip(self.row(far, count)) {
                *near = near.mul_add(0.75, far * 0.25);
            }
        }
        if !across {
            return row;
        }
        let mut spread = Vec::with_capacity(width + 1);
        let mut before = row.first().copied().unwrap_or_default();
        for (place, here) in row.iter().enumerate() {
            let after = row.get(place + 1).unwrap_or(here);
            spread.extend([here.mul_add(0.75, before * 0.25), here.mul_add(0.75, after * 0.25)]);
            before = *here;
        }
        spread.truncate(width);
        spread
    }
}
