//! Which picture is made of another: its size, how it fits, what it is cut to, its format; and which of all
//! these may be asked for.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::Kind;

/// What places within a picture are counted in.
const THOUSANDTHS: u16 = 1_000;
/// The most pixels on one side (what WebP can hold).
const MOST_PIXELS: u32 = 16_383;

/// How a picture comes into a width and a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// It fills both, and what is too much is cut off, around the focal point.
    Cover,
    /// It is whole, and fills one of both.
    Contain,
}

/// The point of a picture that stays in view, in thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Focal {
    /// From the left edge, 0 to 1000.
    pub x: u16,
    /// From the upper edge, 0 to 1000.
    pub y: u16,
}

/// The part of a picture that is shown, in thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rect {
    /// From the left edge.
    pub left: u16,
    /// From the upper edge.
    pub top: u16,
    /// Its width, at least 1; it ends within the picture.
    pub width: u16,
    /// Its height, at least 1; it ends within the picture.
    pub height: u16,
}

/// A picture to make of another.
///
/// Its text is part of an address, and there is one for each: `640.webp`, `640x360-cover.avif`,
/// `640x360-cover-f500.250-c0.0.1000.800.jpg`. Focal point and crop belong to the asset: whoever serves
/// renditions takes them from there, and refuses an address with others.
///
/// ```
/// use cms_core::media::{Kind, Rendition};
///
/// let rendition: Rendition = "640x360-cover-f500.250.webp".parse().unwrap();
/// assert_eq!((rendition.width, rendition.height, rendition.format), (640, Some(360), Kind::Webp));
/// assert!("0640.webp".parse::<Rendition>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rendition {
    /// Pixels in a row; fewer where the picture has fewer, since nothing is made larger.
    pub width: u32,
    /// Rows; without it, as many as the picture's shape gives.
    pub height: Option<u32>,
    /// How it fits both; without a height, it is [`Fit::Contain`].
    pub fit: Fit,
    /// What stays in view where something is cut off; the middle, if it isn't said.
    pub focal: Option<Focal>,
    /// What it is cut to before all else.
    pub crop: Option<Rect>,
    /// AVIF, WebP, JPEG or PNG.
    pub format: Kind,
}

/// The text names no rendition, or not in the one way to write it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a rendition: {0}")]
pub struct BadRendition(pub String);

impl Focal {
    /// A point in parts of the width and the height, 0 to 1; what lies outside is moved to the edge.
    pub fn at(x: f32, y: f32) -> Self {
        let place =
            |part: f32| super::numbers::short(part.clamp(0.0, 1.0) * f32::from(THOUSANDTHS));
        Self { x: place(x), y: place(y) }
    }
}

impl Rect {
    /// Whether it lies within the picture and has an area.
    pub fn is_valid(self) -> bool {
        let fits = |from: u16, size: u16| {
            size > 0 && u32::from(from) + u32::from(size) <= u32::from(THOUSANDTHS)
        };
        fits(self.left, self.width) && fits(self.top, self.height)
    }
}

impl Rendition {
    /// The whole picture, of this width.
    pub fn wide(width: u32, format: Kind) -> Self {
        Self { width, height: None, fit: Fit::Contain, focal: None, crop: None, format }
    }

    /// The same rendition without what changes nothing: a focal point where nothing is cut off.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        if self.height.is_none() {
            self.fit = Fit::Contain;
        }
        if self.fit == Fit::Contain {
            self.focal = None;
        }
        self
    }

    /// Whether it is one that can be made and written: sizes and places within bounds, a format with renditions.
    pub fn is_valid(&self) -> bool {
        let side = 1..=MOST_PIXELS;
        let format = match self.format {
            Kind::Jpeg | Kind::Png | Kind::Webp | Kind::Avif => true,
            Kind::Gif | Kind::Svg | Kind::Pdf | Kind::WebVtt => false,
        };
        format
            && side.contains(&self.width)
            && self.height.is_none_or(|height| side.contains(&height))
            && self.crop.is_none_or(Rect::is_valid)
            && self.focal.is_none_or(|focal| focal.x <= THOUSANDTHS && focal.y <= THOUSANDTHS)
            && self.canonical() == *self
    }
}

impl fmt::Display for Rendition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.width)?;
        if let Some(height) = self.height {
            let fit = match self.fit {
                Fit::Cover => "cover",
                Fit::Contain => "contain",
            };
            write!(f, "x{height}-{fit}")?;
        }
        if let Some(Focal { x, y }) = self.focal {
            write!(f, "-f{x}.{y}")?;
        }
        if let Some(Rect { left, top, width, height }) = self.crop {
            write!(f, "-c{left}.{top}.{width}.{height}")?;
        }
        write!(f, ".{}", self.format.extension())
    }
}

impl FromStr for Rendition {
    type Err = BadRendition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What is written differently than this writes it is another address for the same picture.
        let parsed = (text.len() <= 80).then(|| parsed(text)).flatten();
        parsed
            .filter(|rendition| rendition.is_valid() && rendition.to_string() == text)
            .ok_or_else(|| BadRendition(text.chars().take(80).collect()))
    }
}

fn parsed(text: &str) -> Option<Rendition> {
    let (name, extension) = text.rsplit_once('.')?;
    let mut steps = name.split('-').peekable();
    let size = steps.next()?;
    let mut rendition = Rendition::wide(0, Kind::with_extension(extension)?);
    if let Some((width, height)) = size.split_once('x') {
        rendition.width = width.parse().ok()?;
        rendition.height = Some(height.parse().ok()?);
        rendition.fit = match steps.next()? {
            "cover" => Fit::Cover,
            "contain" => Fit::Contain,
            _ => return None,
        };
    } else {
        rendition.width = size.parse().ok()?;
    }
    for step in steps {
        if let Some(places) = step.strip_prefix('f') {
            let [x, y] = places_of(places)?;
            rendition.focal = Some(Focal { x, y });
        } else {
            let [left, top, width, height] = places_of(step.strip_prefix('c')?)?;
            rendition.crop = Some(Rect { left, top, width, height });
        }
    }
    Some(rendition)
}

fn places_of<const N: usize>(text: &str) -> Option<[u16; N]> {
    let places: Option<Vec<u16>> = text.split('.').map(|place| place.parse().ok()).collect();
    places?.try_into().ok()
}

/// The sizes that may be asked for: a fixed set, so that nobody can order work at will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// The widths, ascending.
    pub widths: Vec<u32>,
    /// The shapes by their names: so much width to so much height.
    pub aspects: BTreeMap<String, (u32, u32)>,
}

impl Default for Sizes {
    /// 160 to 1920 pixels wide, whole or as `square`, `landscape` (4:3), `portrait` (3:4) and `wide` (16:9).
    fn default() -> Self {
        let aspects =
            [("square", (1, 1)), ("landscape", (4, 3)), ("portrait", (3, 4)), ("wide", (16, 9))];
        Self {
            widths: vec![160, 320, 640, 960, 1_280, 1_920],
            aspects: aspects.into_iter().map(|(name, aspect)| (name.to_owned(), aspect)).collect(),
        }
    }
}

impl Sizes {
    /// Whether this rendition's size is one of the set. Its focal point and crop are the asset's to say.
    pub fn allows(&self, rendition: &Rendition) -> bool {
        let mut shapes = self.aspects.values();
        rendition.is_valid()
            && self.widths.contains(&rendition.width)
            && rendition.height.is_none_or(|height| {
                shapes.any(|aspect| height_of(rendition.width, *aspect) == Some(height))
            })
    }

    /// The rows of a picture of this width in the shape of this name; `None` for a name that isn't there.
    pub fn height(&self, aspect: &str, width: u32) -> Option<u32> {
        height_of(width, *self.aspects.get(aspect)?)
    }

    /// The widths to offer of a picture that is so many pixels wide: those that it has, and of those that it
    /// lacks the first, which gives all of its pixels.
    pub fn widths_of(&self, picture: u32) -> Vec<u32> {
        let smaller = self.widths.iter().filter(|width| **width < picture).count();
        self.widths.iter().take(smaller + 1).copied().collect()
    }
}

fn height_of(width: u32, (across, down): (u32, u32)) -> Option<u32> {
    let height = u64::from(width) * u64::from(down);
    let across = u64::from(across);
    u32::try_from((height + across / 2).checked_div(across)?).ok().filter(|height| *height > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rendition_has_one_name() {
        for text in [
            "640.webp",
            "640x360-cover.avif",
            "640x360-contain.png",
            "640x360-cover-f500.250-c0.0.1000.800.jpg",
            "160-c10.20.30.40.jpg",
        ] {
            assert_eq!(text.parse::<Rendition>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "640",
            ".webp",
            "640.gif",
            "640.jpeg",
            "0.webp",
            "0640.webp",
            "+640.webp",
            "640x.webp",
            "640x360.webp",
            "640-cover.webp",
            "640x360-fill.webp",
            "640x360-contain-f1.1.webp",
            "640-f1.1.webp",
            "640x360-cover-f1001.0.webp",
            "640-c0.0.0.10.webp",
            "640-c500.0.501.10.webp",
            "640x360-cover-c0.0.9.9-f1.1.webp",
            "640x360-cover-f1.1-f1.1.webp",
            "20000.webp",
            "640/../../x.webp",
            "640.WEBP",
            "４.webp",
        ] {
            assert!(text.parse::<Rendition>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_sizes_of_the_set_may_be_asked_for() {
        let sizes = Sizes::default();
        let allows = |text: &str| sizes.allows(&text.parse().unwrap());
        assert!(allows("640.webp") && allows("640x360-cover.webp") && allows("160x160-cover.jpg"));
        assert!(!allows("641.webp") && !allows("640x361-cover.webp"));
        assert_eq!(sizes.height("wide", 640), Some(360));
        assert_eq!(sizes.height("round", 640), None);
        assert_eq!(sizes.widths_of(700), [160, 320, 640, 960]);
        assert_eq!(sizes.widths_of(100), [160]);
        assert_eq!(sizes.widths_of(9_000).len(), sizes.widths.len());
    }

    proptest! {
        #[test]
        fn whatever_parses_is_written_the_same(text in "[0-9x.fc-]{1,20}(cover|contain)?[0-9.fc-]{0,20}\\.(webp|jpg)") {
            if let Ok(rendition) = text.parse::<Rendition>() {
                prop_assert_eq!(rendition.to_string(), text);
            }
        }
    }
}
