//! Colours: what becomes of a file's ICC profile, and which colour stands for a picture.

use std::collections::HashMap;

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::{canvas::Canvas, numbers::byte};

/// The most that a profile may take; printers' are larger, and converted instead.
const MOST_KEPT: usize = 16 << 10;
/// The most that is parsed of a profile.
const MOST_READ: usize = 4 << 20;

/// What becomes of a profile in a file whose samples are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// There is none, it can't be read, or it says nothing else than sRGB: the file has none.
    Nothing,
    /// A profile written anew with the primaries and the curves alone: screens' own profiles name the device,
    /// its serial number and the day it was measured.
    Rebuilt(Vec<u8>),
    /// A profile of tables, such as printers have: the pixels are converted to sRGB.
    Converted,
}

/// What becomes of this profile.
pub(super) fn kept(icc: &[u8]) -> Kept {
    if icc.is_empty() || icc.len() > MOST_READ {
        return Kept::Nothing;
    }
    let Ok(profile) = ColorProfile::new_from_slice(icc) else { return Kept::Nothing };
    let curves = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
    let has_curves = if profile.color_space == DataColorSpace::Rgb {
        curves.iter().all(|curve| curve.is_some())
    } else if profile.color_space == DataColorSpace::Gray {
        profile.gray_trc.is_some()
    } else {
        return Kept::Nothing;
    };
    if is_srgb(&profile) {
        return Kept::Nothing;
    }
    if has_curves
        && profile.lut_a_to_b_perceptual.is_none()
        && let Some(rebuilt) = rebuilt(profile)
    {
        return Kept::Rebuilt(rebuilt);
    }
    Kept::Converted
}

/// The profile with nothing but what its colours are.
fn rebuilt(mut profile: ColorProfile) -> Option<Vec<u8>> {
    profile.copyright = None;
    profile.description = None;
    profile.device_manufacturer = None;
    profile.device_model = None;
    profile.char_target = None;
    profile.viewing_conditions = None;
    profile.viewing_conditions_description = None;
    profile.technology = None;
    profile.calibration_date = None;
    profile.measurement = None;
    profile.luminance = None;
    profile.gamut = None;
    profile.lut_a_to_b_colorimetric = None;
    profile.lut_a_to_b_saturation = None;
    profile.lut_b_to_a_perceptual = None;
    profile.lut_b_to_a_colorimetric = None;
    profile.lut_b_to_a_saturation = None;
    profile.creation_date_time = moxcms::ColorDateTime::default();
    profile.encode().ok().filter(|written| written.len() <= MOST_KEPT)
}

/// Whether colours look the same when the profile is left out.
fn is_srgb(profile: &ColorProfile) -> bool {
    const STEPS: [u8; 9] = [0, 32, 64, 96, 128, 160, 192, 224, 255];
    if profile.color_space != DataColorSpace::Rgb {
        return false;
    }
    let grid = STEPS.into_iter().flat_map(|red| {
        STEPS
            .into_iter()
            .flat_map(move |green| STEPS.into_iter().flat_map(move |blue| [red, green, blue]))
    });
    let before: Vec<u8> = grid.collect();
    let mut after = vec![0; before.len()];
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options)
    else {
        return false;
    };
    transform.transform(&before, &mut after).is_ok()
        && before.iter().zip(&after).all(|(before, after)| before.abs_diff(*after) <= 2)
}

/// The picture in sRGB, of one whose samples this profile explains. What can't be read explains nothing.
pub(super) fn to_srgb(mut canvas: Canvas, icc: &[u8]) -> Canvas {
    if icc.is_empty() || icc.len() > MOST_READ {
        return canvas;
    }
    let Ok(profile) = ColorProfile::new_from_slice(icc) else { return canvas };
    if is_srgb(&profile) {
        return canvas;
    }
    let is_grey = profile.color_space == DataColorSpace::Gray;
    let (from, to) = match (is_grey, canvas.has_alpha) {
        (true, false) => (Layout::Gray, Layout::Rgb),
        (true, true) => (Layout::GrayAlpha, Layout::Rgba),
        (false, false) => (Layout::Rgb, Layout::Rgb),
        (false, true) => (Layout::Rgba, Layout::Rgba),
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let Ok(transform) = profile.create_transform_8bit(from, &srgb, to, options) else {
        return canvas;
    };
    let (stride, has_alpha) = (canvas.stride().max(1), canvas.has_alpha);
    let mut before = Vec::with_capacity(stride);
    for row in canvas.samples.chunks_exact_mut(stride) {
        before.clear();
        if is_grey {
            before.extend(greys(row, has_alpha));
        } else {
            before.extend_from_slice(row);
        }
        if transform.transform(&before, row).is_err() {
            row.copy_from_slice(row.to_vec().as_slice());
        }
    }
    canvas
}

/// The picture in sRGB, of one with these primaries (ITU-T H.273, table 2) and sRGB's curve.
pub(super) fn of_primaries(canvas: Canvas, primaries: u16) -> Canvas {
    let profile = match primaries {
        9 => ColorProfile::new_bt2020(),
        11 | 12 => ColorProfile::new_display_p3(),
        _ => return canvas,
    };
    match profile.encode() {
        Ok(icc) => to_srgb(canvas, &icc),
        Err(_) => canvas,
    }
}

/// A row's brightness alone: its colours are grey, each sample the same.
fn greys(row: &[u8], has_alpha: bool) -> impl Iterator<Item = u8> {
    let channels = if has_alpha { 4 } else { 3 };
    row.chunks_exact(channels)
        .flat_map(move |pixel| [pixel.first(), pixel.get(3)].into_iter().flatten().copied())
}

/// The colour that most of a small picture has, as `#rrggbb`; what is transparent doesn't count.
pub(super) fn dominant(canvas: &Canvas) -> String {
    // Sums of the colours that share their three highest bits, weighted by opacity.
    let mut groups: HashMap<[u8; 3], [u64; 4]> = HashMap::new();
    for pixel in canvas.samples.chunks_exact(canvas.channels()) {
        let (Some([red, green, blue]), alpha) = (pixel.first_chunk::<3>(), pixel.get(3)) else {
            continue;
        };
        let weight = u64::from(alpha.copied().unwrap_or(u8::MAX));
        let sums = groups.entry([red >> 5, green >> 5, blue >> 5]).or_default();
        for (sum, sample) in sums.iter_mut().zip([*red, *green, *blue, 1]) {
            *sum += u64::from(sample) * weight;
        }
    }
    // The largest group; of equals the one of the darkest colours, so that the answer is always the same.
    let largest =
        groups.into_iter().max_by_key(|(group, sums)| (sums[3], std::cmp::Reverse(*group)));
    let Some((_, [red, green, blue, weight])) = largest.filter(|(_, sums)| sums[3] > 0) else {
        return "#ffffff".to_owned();
    };
    let mean = |sum: u64| byte(f32::from(u16::try_from(sum / weight).unwrap_or(u16::MAX)));
    format!("#{:02x}{:02x}{:02x}", mean(red), mean(green), mean(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(samples: &[u8]) -> Canvas {
        let width = u32::try_from(samples.len() / 3).unwrap();
        Canvas { width, height: 1, has_alpha: false, samples: samples.to_vec() }
    }

    #[test]
    fn a_profile_of_srgb_is_left_out_and_one_of_another_space_is_written_anew() {
        assert_eq!(kept(&ColorProfile::new_srgb().encode().unwrap()), Kept::Nothing);
        assert_eq!(kept(b"no profile"), Kept::Nothing);
        let mut named = ColorProfile::new_display_p3();
        named.description = Some(moxcms::ProfileText::PlainString("Serial-4711".to_owned()));
        let named = named.encode().unwrap();
        let Kept::Rebuilt(rebuilt) = kept(&named) else { panic!("not kept") };
        assert!(!rebuilt.windows(4).any(|window| window == b"4711" || window == b"4\x007\x00"));
        let converted = |icc: &[u8]| to_srgb(canvas(&[0, 200, 0, 128, 128, 128]), icc).samples;
        assert_eq!(converted(&named), converted(&rebuilt));
        assert_ne!(converted(&named), [0, 200, 0, 128, 128, 128]);
    }

    #[test]
    fn the_dominant_colour_is_that_of_most_pixels() {
        assert_eq!(dominant(&canvas(&[250, 0, 0, 255, 0, 0, 0, 0, 255])), "#fc0000");
        let hidden = Canvas { width: 1, height: 1, has_alpha: true, samples: vec![9, 9, 9, 0] };
        assert_eq!(dominant(&hidden), "#ffffff");
    }
}
