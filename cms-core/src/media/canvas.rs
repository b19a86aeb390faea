//! Pixels in memory: sRGB, 8 bits a sample, with or without transparency.

use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};

use super::numbers::index;

/// A picture in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Canvas {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether a pixel has four samples, the last its opacity, or three.
    pub has_alpha: bool,
    /// All samples, row by row, from the top.
    pub samples: Vec<u8>,
}

impl Canvas {
    /// The samples of a pixel.
    pub(super) fn channels(&self) -> usize {
        if self.has_alpha { 4 } else { 3 }
    }

    /// The samples of a row.
    pub(super) fn stride(&self) -> usize {
        index(self.width) * self.channels()
    }

    /// What a decoder gave, in 8 bits and in colours.
    pub(super) fn of(decoded: DynamicImage) -> Self {
        let (width, height) = (decoded.width(), decoded.height());
        let has_alpha = decoded.color().has_alpha();
        let samples = if has_alpha {
            decoded.into_rgba8().into_raw()
        } else {
            decoded.into_rgb8().into_raw()
        };
        Self { width, height, has_alpha, samples }
    }

    fn into_dynamic(self) -> Option<DynamicImage> {
        Some(if self.has_alpha {
            RgbaImage::from_raw(self.width, self.height, self.samples)?.into()
        } else {
            RgbImage::from_raw(self.width, self.height, self.samples)?.into()
        })
    }

    /// The picture as it is to be seen, of one that was stored in this orientation (Exif's 1 to 8).
    pub(super) fn turned(self, orientation: u8) -> Self {
        let Some(orientation) = Orientation::from_exif(orientation) else { return self };
        let untouched = Self { samples: Vec::new(), ..self };
        let Some(mut image) = self.into_dynamic() else { return untouched };
        image.apply_orientation(orientation);
        Self::of(image)
    }

    /// Whether what is behind it shows somewhere.
    pub(super) fn shows_through(&self) -> bool {
        self.has_alpha && self.samples.chunks_exact(4).any(|pixel| pixel.last() != Some(&u8::MAX))
    }

    /// The same without a fourth sample, where every pixel is opaque.
    pub(super) fn without_needless_alpha(self) -> Self {
        if !self.has_alpha || self.shows_through() {
            return self;
        }
        let samples =
            self.samples.chunks_exact(4).flat_map(|pixel| pixel.iter().take(3)).copied().collect();
        Self { has_alpha: false, samples, ..self }
    }

    /// The same in front of white, for formats without transparency.
    pub(super) fn on_white(&self) -> Self {
        if !self.has_alpha {
            return self.clone();
        }
        let blend = |sample: u8, alpha: u8| {
            let (sample, alpha) = (u32::from(sample), u32::from(alpha));
            u8::try_from((sample * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
        };
        let mut samples = Vec::with_capacity(self.samples.len() / 4 * 3);
        for pixel in self.samples.chunks_exact(4) {
            if let [red, green, blue, alpha] = *pixel {
                samples.extend([blend(red, alpha), blend(green, alpha), blend(blue, alpha)]);
            }
        }
        Self { width: self.width, height: self.height, has_alpha: false, samples }
    }

    /// How bright each pixel looks in front of white (Rec. 709 weights on the stored samples).
    pub(super) fn luma(&self) -> Vec<u8> {
        let luma = |red: u8, green: u8, blue: u8, alpha: u8| {
            let sum = 54 * u32::from(red) + 183 * u32::from(green) + 19 * u32::from(blue);
            let alpha = u32::from(alpha);
            u8::try_from(((sum >> 8) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        let pixels = self.samples.chunks_exact(self.channels());
        let luma = pixels.map(|pixel| match *pixel {
            [red, green, blue] => luma(red, green, blue, 255),
            [red, green, blue, alpha] => luma(red, green, blue, alpha),
            _ => 0,
        });
        luma.collect()
    }

    /// A part of it; what lies outside is left out.
    pub(super) fn part(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        let width = width.min(self.width.saturating_sub(left));
        let height = height.min(self.height.saturating_sub(top));
        let (from, count) = (index(left) * self.channels(), index(width) * self.channels());
        let rows =
            self.samples.chunks_exact(self.stride().max(1)).skip(index(top)).take(index(height));
        let samples =
            rows.filter_map(|row| row.get(from..from + count)).flatten().copied().collect();
        Self { width, height, has_alpha: self.has_alpha, samples }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(width: u32, height: u32, samples: &[u8]) -> Canvas {
        let has_alpha = samples.len() == index(width * height) * 4;
        Canvas { width, height, has_alpha, samples: samples.to_vec() }
    }

    #[test]
    fn each_orientation_is_turned_as_exif_defines_it() {
        // Two pixels in a row: where each of them has to be seen.
        let stored = canvas(2, 1, &[1, 1, 1, 2, 2, 2]);
        let cases = [
            (1, 2, [1, 2]),
            (2, 2, [2, 1]),
            (3, 2, [2, 1]),
            (4, 2, [1, 2]),
            (5, 1, [1, 2]),
            (6, 1, [1, 2]),
            (7, 1, [2, 1]),
            (8, 1, [2, 1]),
        ];
        for (orientation, width, seen) in cases {
            let turned = stored.clone().turned(orientation);
            assert_eq!(turned.width, width, "{orientation}");
            let seen: Vec<u8> = seen.iter().flat_map(|sample| [*sample; 3]).collect();
            assert_eq!(turned.samples, seen, "{orientation}");
        }
    }

    #[test]
    fn what_is_transparent_is_white_behind() {
        let canvas = canvas(2, 1, &[0, 0, 0, 0, 10, 20, 30, 255]);
        assert_eq!(canvas.on_white().samples, [255, 255, 255, 10, 20, 30]);
        assert_eq!(canvas.luma().first(), Some(&255));
        assert!(canvas.without_needless_alpha().has_alpha);
    }

    #[test]
    fn a_part_is_cut_at_the_edge() {
        let canvas = canvas(2, 2, &[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
        assert_eq!(canvas.part(1, 1, 5, 5).samples, [4, 4, 4]);
    }
}
