//! A picture in some twenty-five bytes, for pages to show until the picture is there: a `ThumbHash`, a few
//! cosine terms of brightness, two colour differences and opacity.

use std::f32::consts::PI;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    canvas::Canvas,
    numbers::{byte, index, real},
};

/// The longest side of the picture that is hashed.
pub(super) const SIDE: u32 = 100;

/// The hash of a picture of at most [`SIDE`] pixels a side, in base64.
pub(super) fn of(canvas: &Canvas) -> String {
    STANDARD.encode(hash(canvas))
}

/// One channel's cosine terms: the mean, the others, and the largest of these.
struct Terms {
    mean: f32,
    others: Vec<f32>,
    scale: f32,
}

fn hash(canvas: &Canvas) -> Vec<u8> {
    let [light, yellow, red, alpha] = channels(canvas);
    let (width, height) = (canvas.width.max(1), canvas.height.max(1));
    let has_alpha = alpha.iter().any(|alpha| *alpha < 1.0);
    let longest = real(index(width.max(height)));
    let most = if has_alpha { 5.0 } else { 7.0 };
    let terms_of = |side: u32| usize::from(byte(most * real(index(side)) / longest)).max(1);
    let (across, down) = (terms_of(width), terms_of(height));
    let size = (index(width), index(height));
    let light = terms(&light, size, (across.max(3), down.max(3)));
    let yellow = terms(&yellow, size, (3, 3));
    let red = terms(&red, size, (3, 3));
    let is_landscape = width > height;
    let bits = |value: f32, most: u8| u32::from(byte(value * f32::from(most)).min(most));
    let signed = |value: f32| bits(0.5 + 0.5 * value, 63);
    let head = bits(light.mean, 63)
        | signed(yellow.mean).min(63) << 6
        | signed(red.mean).min(63) << 12
        | bits(light.scale, 31) << 18
        | u32::from(has_alpha) << 23;
    let short_side = if is_landscape { down } else { across };
    let tail = u32::try_from(short_side).unwrap_or(7)
        | bits(yellow.scale, 63) << 3
        | bits(red.scale, 63) << 9
        | u32::from(is_landscape) << 15;
    let [h0, h1, h2, _] = head.to_le_bytes();
    let [t0, t1, ..] = tail.to_le_bytes();
    let mut hash = vec![h0, h1, h2, t0, t1];
    let mut all = vec![light, yellow, red];
    if has_alpha {
        let alpha = terms(&alpha, size, (5, 5));
        hash.push(u8::try_from(bits(alpha.mean, 15) | bits(alpha.scale, 15) << 4).unwrap_or(0));
        all.push(alpha);
    }
    let nibbles: Vec<u8> =
        all.iter().flat_map(|terms| &terms.others).map(|term| byte(term * 15.0).min(15)).collect();
    hash.extend(nibbles.chunks(2).map(|pair| match *pair {
        [low, high] => low | high << 4,
        [low] => low,
        _ => 0,
    }));
    hash
}

/// Brightness, yellow against blue, red against green, and opacity of each pixel; what is transparent has the
/// picture's mean colour.
fn channels(canvas: &Canvas) -> [Vec<f32>; 4] {
    let pixels: Vec<[f32; 4]> = canvas
        .samples
        .chunks_exact(canvas.channels())
        .map(|pixel| {
            let sample = |at: usize| f32::from(pixel.get(at).copied().unwrap_or(u8::MAX)) / 255.0;
            [sample(0), sample(1), sample(2), sample(3)]
        })
        .collect();
    let opacity: f32 = pixels.iter().map(|[.., alpha]| alpha).sum();
    let mean = |at: fn(&[f32; 4]) -> f32| {
        let sum: f32 = pixels.iter().map(|pixel| at(pixel) * pixel[3]).sum();
        if opacity > 0.0 { sum / opacity } else { 0.0 }
    };
    let (red, green, blue) =
        (mean(|pixel| pixel[0]), mean(|pixel| pixel[1]), mean(|pixel| pixel[2]));
    let mut found = [const { Vec::new() }; 4];
    for [r, g, b, alpha] in pixels {
        let over = |sample: f32, mean: f32| mean * (1.0 - alpha) + sample * alpha;
        let (r, g, b) = (over(r, red), over(g, green), over(b, blue));
        let values = [(r + g + b) / 3.0, f32::midpoint(r, g) - b, r - g, alpha];
        for (channel, value) in found.iter_mut().zip(values) {
            channel.push(value);
        }
    }
    found
}

/// The cosine terms of the lower frequencies, a triangle of `across` by `down`, brought to 0 to 1.
fn terms(
    channel: &[f32],
    (width, height): (usize, usize),
    (across, down): (usize, usize),
) -> Terms {
    let waves = |count: usize, length: usize| -> Vec<Vec<f32>> {
        let wave = |n: usize| {
            let at = move |x: usize| (PI / real(length) * real(n) * (real(x) + 0.5)).cos();
            (0..length).map(at).collect()
        };
        (0..count).map(wave).collect()
    };
    let (horizontal, vertical) = (waves(across, width), waves(down, height));
    let mut found = Terms { mean: 0.0, others: Vec::new(), scale: 0.0 };
    for (y, vertical) in vertical.iter().enumerate() {
        for (x, horizontal) in horizontal.iter().enumerate() {
            if x * down >= across * (down - y) {
                break;
            }
            let rows = channel.chunks_exact(width.max(1)).zip(vertical);
            let sum: f32 = rows
                .map(|(row, down)| {
                    let row: f32 =
                        row.iter().zip(horizontal).map(|(value, across)| value * across).sum();
                    row * down
                })
                .sum();
            let term = sum / real(width * height);
            if x == 0 && y == 0 {
                found.mean = term;
            } else {
                found.scale = found.scale.max(term.abs());
                found.others.push(term);
            }
        }
    }
    if found.scale > 0.0 {
        for term in &mut found.others {
            *term = 0.5 + 0.5 / found.scale * *term;
        }
    }
    found
}
