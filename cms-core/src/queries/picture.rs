//! What a page gets of an asset that it shows: addresses, sizes and words, as JSON and as HTML.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use super::media::kind_of;
use crate::{
    asset::{Area, Own, Point, Shared, Texts},
    followers::delivery::{
        pieces::{self, html, markdown_text},
        tables::LiveAsset,
    },
    id::{EntryId, ExternalKey},
    locale::{Direction, Locale},
    media::{Fit, Focal, Kind, Rect, Rendition, Sizes},
};

/// How assets are offered to readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// What addresses of bytes begin with, such as `https://media.example.org`; nothing for this server's own.
    pub origin: String,
    /// The renditions that there are.
    pub sizes: Sizes,
}

/// The renditions of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Source {
    #[serde(rename = "type")]
    media_type: &'static str,
    srcset: String,
}

/// An asset as a page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Picture<'a> {
    id: EntryId,
    key: Option<&'a ExternalKey>,
    media_type: &'a str,
    src: String,
    bytes: u64,
    width: Option<u32>,
    height: Option<u32>,
    alt: &'a str,
    /// Whether the page says that itself, in its own language.
    #[serde(skip)]
    is_own: bool,
    decorative: bool,
    caption: Option<&'a str>,
    credit: Option<&'a str>,
    licence: Option<&'a str>,
    content_warning: Option<&'a str>,
    locale: &'a Locale,
    dir: Direction,
    dominant_colour: Option<&'a str>,
    placeholder: Option<&'a str>,
    focal_point: Option<Point>,
    srcset: Option<String>,
    sources: Vec<Source>,
}

/// The words about an asset in the language that serves, and what its use says instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) locale: &'a Locale,
    pub(super) texts: &'a Texts,
    pub(super) own: &'a Own,
}

impl Offer {
    /// The address of an asset's own bytes.
    pub fn original(&self, shared: &Shared) -> String {
        self.address(&shared.facts.digest, &shared.facts.name)
    }

    fn address(&self, digest: &str, name: &str) -> String {
        format!("{}/media/{digest}/{}", self.origin, pieces::percent_encoded(name))
    }

    /// The renditions that are offered of a picture, the type that every reader takes last.
    pub(super) fn sources(&self, shared: &Shared) -> Vec<Source> {
        self.sources_as(shared, None)
    }

    /// The same in a shape, cut around the focal point: so much width to so much height.
    pub(super) fn sources_as(&self, shared: &Shared, aspect: Option<&str>) -> Vec<Source> {
        let Some((formats, width)) = formats_of(shared) else { return Vec::new() };
        let source = |format: &Kind| {
            let steps = self.sizes.widths_of(width).into_iter().filter_map(|wide| {
                let height = match aspect {
                    Some(aspect) => Some(self.sizes.height(aspect, wide)?),
                    None => None,
                };
                let step = rendition(shared, (wide, height), *format).to_string();
                Some(format!("{} {}w", self.address(&shared.facts.digest, &step), wide.min(width)))
            });
            let srcset = steps.collect::<Vec<_>>().join(", ");
            Source { media_type: format.media_type(), srcset }
        };
        formats.iter().map(source).collect()
    }

    /// The renditions in each shape that there is, by its name.
    pub(super) fn shapes(&self, shared: &Shared) -> BTreeMap<&str, Vec<Source>> {
        let names = self.sizes.aspects.keys().filter(|_| formats_of(shared).is_some());
        names.map(|name| (name.as_str(), self.sources_as(shared, Some(name)))).collect()
    }

    /// Whether a rendition of an asset may be asked for: of the set of sizes, cut as the asset says.
    pub fn allows(&self, shared: &Shared, asked: &Rendition) -> bool {
        let size = (asked.width, asked.height);
        let cut = Rendition { fit: asked.fit, ..rendition(shared, size, asked.format) };
        let is_cut_so = *asked == cut.canonical();
        formats_of(shared).is_some() && self.sizes.allows(asked) && is_cut_so
    }

    /// An asset as a page shows it.
    pub(super) fn picture<'a>(
        &self,
        (id, key): (EntryId, Option<&'a ExternalKey>),
        live: &'a LiveAsset,
        words: Words<'a>,
    ) -> Picture<'a> {
        let Words { locale, texts, own } = words;
        let (shared, facts) = (&live.shared, &live.shared.facts);
        let decorative = shared.decorative && own.alt.is_none() || own.decorative;
        let alt = own.alt.as_deref().or(texts.alt.as_deref()).filter(|_| !decorative);
        let mut sources = self.sources(shared);
        let srcset = sources.pop().map(|last| last.srcset);
        Picture {
            id,
            key,
            media_type: &facts.media_type,
            src: self.original(shared),
            bytes: facts.bytes,
            width: facts.width,
            height: facts.height,
            alt: alt.unwrap_or_default(),
            is_own: own.alt.is_some(),
            decorative,
            caption: own.caption.as_deref().or(texts.caption.as_deref()),
            credit: texts.credit.as_deref(),
            licence: texts.licence.as_deref(),
            content_warning: texts.content_warning.as_deref(),
            locale,
            dir: locale.direction(),
            dominant_colour: facts.dominant_colour.as_deref(),
            placeholder: facts.placeholder.as_deref(),
            focal_point: shared.focal_point,
            srcset,
            sources,
        }
    }
}

impl Picture<'_> {
    fn is_picture(&self) -> bool {
        self.media_type.starts_with("image/")
    }

    /// As HTML: a figure where a block fits, otherwise the picture alone. A file is a link to it.
    pub(super) fn html(&self, block: bool, page: &Locale) -> String {
        if !self.is_picture() {
            let name = self.src.rsplit('/').next().unwrap_or_default();
            let words = self.caption.unwrap_or(name);
            let link = format!("<a href=\"{}\">{}</a>", html(&self.src), html(words));
            return if block { format!("<p>{link}</p>\n") } else { link };
        }
        if !block {
            return self.element(page);
        }
        let mut figure = format!("<figure>\n{}\n", self.element(page));
        let words = [self.content_warning, self.caption, self.credit].into_iter().flatten();
        let words: Vec<String> = words.map(html).collect();
        if !words.is_empty() {
            let _ = writeln!(
                figure,
                "<figcaption{}>{}</figcaption>",
                self.lang(page),
                words.join(" · ")
            );
        }
        figure.push_str("</figure>\n");
        figure
    }

    /// The picture, with its renditions.
    fn element(&self, page: &Locale) -> String {
        let mut image = format!("<img src=\"{}\" alt=\"{}\"", html(&self.src), html(self.alt));
        if !self.alt.is_empty() && !self.is_own {
            image.push_str(&self.lang(page));
        }
        if let (Some(width), Some(height)) = (self.width, self.height) {
            let _ = write!(image, " width=\"{width}\" height=\"{height}\"");
        }
        if let Some(srcset) = &self.srcset {
            let _ = write!(image, " srcset=\"{}\" sizes=\"{SIZES}\"", html(srcset));
        }
        image.push_str(" loading=\"lazy\" decoding=\"async\">");
        if self.sources.is_empty() {
            return image;
        }
        let mut picture = "<picture>".to_owned();
        for Source { media_type, srcset } in &self.sources {
            let srcset = html(srcset);
            let _ = write!(
                picture,
                "<source type=\"{media_type}\" srcset=\"{srcset}\" sizes=\"{SIZES}\">"
            );
        }
        format!("{picture}{image}</picture>")
    }

    /// The language of the words, where it isn't the page's.
    fn lang(&self, page: &Locale) -> String {
        if self.locale == page {
            return String::new();
        }
        format!(" lang=\"{}\" dir=\"{}\"", self.locale, self.dir.as_str())
    }

    /// As Markdown of one line.
    pub(super) fn markdown(&self) -> String {
        let address = &self.src;
        if self.is_picture() {
            return format!("![{}](<{address}>)", markdown_text(self.alt));
        }
        let name = address.rsplit('/').next().unwrap_or_default();
        format!("[{}](<{address}>)", markdown_text(self.caption.unwrap_or(name)))
    }
}

/// The types that renditions of an asset are offered in, the best first.
pub(super) fn formats(shared: &Shared) -> Vec<Kind> {
    formats_of(shared).map(|(formats, _)| formats.to_vec()).unwrap_or_default()
}

/// The types that renditions of a picture are offered in, the one that every reader takes last; and how many pixels
/// there are in a row of what is shown. A picture that moves is shown as it is: its renditions would stand still.
fn formats_of(shared: &Shared) -> Option<([Kind; 3], u32)> {
    let facts = &shared.facts;
    let kind = kind_of(&facts.media_type)?;
    let is_still = kind.has_renditions() && facts.frames.is_none_or(|frames| frames == 1);
    let width = facts.width.filter(|_| is_still)?;
    let width = match shared.crop.map(rect) {
        Some(Rect { width: part, .. }) => width.saturating_mul(u32::from(part)) / 1_000,
        None => width,
    };
    let last = if facts.has_alpha { Kind::Png } else { Kind::Jpeg };
    Some(([Kind::Avif, Kind::Webp, last], width.max(1)))
}

/// A rendition of an asset, cut as the asset says.
fn rendition(shared: &Shared, (width, height): (u32, Option<u32>), format: Kind) -> Rendition {
    let focal = shared.focal_point.map(|Point { x, y }| Focal::at(x, y));
    let crop = shared.crop.map(rect);
    Rendition { width, height, fit: Fit::Cover, focal, crop, format }.canonical()
}

/// The part of a picture that is shown, in the units of renditions.
fn rect(Area { x, y, width, height }: Area) -> Rect {
    let (from, to) = (Focal::at(x, y), Focal::at(x + width, y + height));
    Rect {
        left: from.x.min(999),
        top: from.y.min(999),
        width: to.x.saturating_sub(from.x).max(1),
        height: to.y.saturating_sub(from.y).max(1),
    }
}

/// How wide a picture within a text is shown: as wide as the text, which is seldom wider than this.
const SIZES: &str = "(max-width: 48rem) 100vw, 48rem";
