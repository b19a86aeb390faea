//! How long renditions of a 12-megapixel picture take, and how much memory they need.
//!
//! `cargo bench -p cms-core --bench media`. With `BEACON_PICTURE=FILE` and `BEACON_RENDITIONS=FOLDER` it makes
//! every rendition of that picture once instead, writes them there, and tells time, bytes and the most memory:
//! what another program made of the same picture can be laid beside it. With the tests, a small picture.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has nothing to measure")]
#![expect(clippy::print_stdout, reason = "what a bench measures is told")]

use std::{env, fs, path::PathBuf, sync::LazyLock, time::Instant};

use cms_core::media::{Kind, Limits, Rendition, render, take_in};
use divan::{Bencher, black_box};

const WIDTHS: [u32; 3] = [320, 960, 1_920];

fn main() {
    match (env::var_os("BEACON_PICTURE"), env::var_os("BEACON_RENDITIONS")) {
        (Some(picture), Some(folder)) => {
            one_by_one(&fs::read(picture).unwrap(), &PathBuf::from(folder));
        }
        _ => divan::main(),
    }
}

/// 4,000 by 3,000 pixels of hills and noise, as a camera's JPEG; a thumbnail of them with the tests.
static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let is_bench = env::args().any(|argument| argument == "--bench");
    let (width, height): (u16, u16) = if is_bench { (4_000, 3_000) } else { (96, 72) };
    let mut samples = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    let mut noise = 1_u32;
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (f32::from(x), f32::from(y));
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = f32::from(u8::try_from(noise >> 28).unwrap());
            let hill = |a: f32, b: f32| 110.0 + 90.0 * ((x / a).sin() * (y / b).cos()) + grain;
            samples.extend([hill(211.0, 97.0), hill(83.0, 301.0), hill(17.0, 41.0)].map(whole));
        }
    }
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 92)
        .encode(&samples, width.into(), height.into(), image::ExtendedColorType::Rgb8)
        .unwrap();
    jpeg
});

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn whole(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

fn renditions(format: Kind) -> impl Iterator<Item = Rendition> {
    WIDTHS.into_iter().map(move |width| Rendition::wide(width, format))
}

#[divan::bench(args = ["320.jpg", "960.jpg", "1920.jpg", "320.webp", "960.webp", "1920.webp", "320.avif", "960.avif"])]
fn make(bencher: Bencher<'_, '_>, name: &str) {
    let rendition: Rendition = name.parse().unwrap();
    let picture = &*PICTURE;
    bencher.bench(|| render(black_box(picture), &rendition, &Limits::default()).unwrap());
}

#[divan::bench]
fn take(bencher: Bencher<'_, '_>) {
    let picture = &*PICTURE;
    bencher.bench(|| take_in(black_box(picture), &Limits::default()).unwrap());
}

fn one_by_one(picture: &[u8], folder: &std::path::Path) {
    for format in [Kind::Jpeg, Kind::Webp, Kind::Avif] {
        for rendition in renditions(format) {
            let begun = Instant::now();
            let made = render(picture, &rendition, &Limits::default()).unwrap();
            let millis = begun.elapsed().as_millis();
            fs::write(folder.join(rendition.to_string()), &made).unwrap();
            println!("{rendition}: {millis} ms, {} bytes, {} MiB at most", made.len(), peak());
        }
    }
}

/// The most memory that this process had, in MiB, where the system says so.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
