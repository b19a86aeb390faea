//! Makes renditions.

use super::{
    Fit, Focal, Kind, Limits, Rect, Refusal, Rendition,
    canvas::Canvas,
    decode, encode,
    numbers::pixels,
    resize::{self, Region},
    taken,
};

/// A rendition of a picture, of its first frame if it moves: in sRGB, with nothing but pixels in it, and never
/// larger than the picture.
///
/// Its quality is the lowest at which it still looks like the picture: found on a sample, checked on the whole.
///
/// # Errors
///
/// Why there is none: the file isn't a picture that is taken in, is damaged or beyond its limits, or the
/// rendition isn't one that can be made.
pub fn render(bytes: &[u8], rendition: &Rendition, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    taken::guarded(|| rendered(bytes, rendition, limits))
}

fn rendered(bytes: &[u8], rendition: &Rendition, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    if !rendition.is_valid() {
        return Err(Refusal::NotAFormat { kind: rendition.format });
    }
    let deadline = limits.deadline();
    limits.check_bytes(bytes)?;
    let kind = Kind::sniff(bytes).ok_or(Refusal::UnknownType)?;
    let stripped = taken::stripped(bytes, kind, limits)?;
    limits.check_memory(taken::memory_of(&stripped))?;
    let canvas = decode::first(bytes, kind, limits)?.turned(stripped.orientation);
    deadline.check()?;
    let (region, width, height) = placed(&canvas, rendition);
    let small = resize::shrink(&canvas, region, width, height)?.without_needless_alpha();
    drop(canvas);
    deadline.check()?;
    encode::rendition(&small, rendition.format, limits, deadline)
}

/// Which part of a picture is shown, and in how many pixels.
fn placed(canvas: &Canvas, rendition: &Rendition) -> (Region, u32, u32) {
    let (wide, high) = (f64::from(canvas.width), f64::from(canvas.height));
    let mut region = Region { left: 0.0, top: 0.0, width: wide, height: high };
    if let Some(Rect { left, top, width, height }) = rendition.crop {
        let part = |place: u16, of: f64| f64::from(place) / 1_000.0 * of;
        region = Region {
            left: part(left, wide),
            top: part(top, high),
            width: part(width, wide).max(1.0),
            height: part(height, high).max(1.0),
        };
        region.left = region.left.min(wide - region.width);
        region.top = region.top.min(high - region.height);
    }
    let width = f64::from(rendition.width);
    let Some(height) = rendition.height.map(f64::from) else {
        let scale = (width / region.width).min(1.0);
        return (region, pixels(region.width * scale), pixels(region.height * scale));
    };
    match rendition.fit {
        Fit::Contain => {
            let scale = (width / region.width).min(height / region.height).min(1.0);
            (region, pixels(region.width * scale), pixels(region.height * scale))
        }
        Fit::Cover => {
            let scale = (width / region.width).max(height / region.height);
            let shown =
                covering(region, (width / scale, height / scale), rendition.focal, (wide, high));
            let scale = scale.min(1.0);
            (shown, pixels(shown.width * scale), pixels(shown.height * scale))
        }
    }
}

/// The part of `region` of this size that has the focal point as near to its middle as it can.
fn covering(
    region: Region,
    (width, height): (f64, f64),
    focal: Option<Focal>,
    (wide, high): (f64, f64),
) -> Region {
    let middle = focal.map_or(
        (region.left + region.width / 2.0, region.top + region.height / 2.0),
        |Focal { x, y }| (f64::from(x) / 1_000.0 * wide, f64::from(y) / 1_000.0 * high),
    );
    let (width, height) = (width.min(region.width), height.min(region.height));
    let along = |middle: f64, size: f64, from: f64, of: f64| {
        (middle - size / 2.0).min(from + of - size).max(from)
    };
    Region {
        left: along(middle.0, width, region.left, region.width),
        top: along(middle.1, height, region.top, region.height),
        width,
        height,
    }
}
