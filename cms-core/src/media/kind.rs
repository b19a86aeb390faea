//! What a file is, by its content. Its name and what the sender says of it are never asked.

use std::fmt;

use super::svg;

/// The types of files that are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture, animated ones (APNG) too.
    Png,
    /// A GIF picture, animated ones too.
    Gif,
    /// A WebP picture, animated ones too.
    Webp,
    /// An AVIF picture.
    Avif,
    /// A drawing, in the safe subset of SVG.
    Svg,
    /// A PDF document.
    Pdf,
    /// Captions or a transcript (WebVTT).
    WebVtt,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Webp,
        Self::Avif,
        Self::Svg,
        Self::Pdf,
        Self::WebVtt,
    ];

    /// What these bytes are, by their first bytes and the structure that must follow them.
    ///
    /// A file that only looks like one of these to a lenient reader (a PDF that begins somewhere in its first
    /// kilobyte, HTML that a browser would guess) is none. What else the bytes may be as well (a polyglot) is
    /// settled by [`take_in`](super::take_in), which keeps nothing that the type doesn't need.
    ///
    /// ```
    /// use cms_core::media::Kind;
    ///
    /// assert_eq!(Kind::sniff(b"GIF89a\x01\0\x01\0\0\0\0;"), Some(Kind::Gif));
    /// assert_eq!(Kind::sniff(b"<!doctype html><title>GIF89a</title>"), None);
    /// ```
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let from = |at: usize| bytes.get(at..).unwrap_or_default();
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return from(3).first().is_some_and(|marker| *marker >= 0xc0).then_some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return from(8).starts_with(b"\0\0\0\x0dIHDR").then_some(Self::Png);
        }
        if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            return (bytes.len() > 13).then_some(Self::Gif);
        }
        if bytes.starts_with(b"RIFF") && from(8).starts_with(b"WEBPVP8") {
            return from(15)
                .first()
                .is_some_and(|kind| b" LX".contains(kind))
                .then_some(Self::Webp);
        }
        if from(4).starts_with(b"ftyp") {
            return is_avif(bytes).then_some(Self::Avif);
        }
        if bytes.starts_with(b"%PDF-1.") || bytes.starts_with(b"%PDF-2.") {
            return from(7).first().is_some_and(u8::is_ascii_digit).then_some(Self::Pdf);
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if let Some(rest) = text.strip_prefix(b"WEBVTT") {
            return rest
                .first()
                .is_none_or(|next| b" \t\r\n".contains(next))
                .then_some(Self::WebVtt);
        }
        svg::looks_like_it(text).then_some(Self::Svg)
    }

    /// The type's name on the wire (RFC 6838).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
            Self::Svg => "image/svg+xml",
            Self::Pdf => "application/pdf",
            Self::WebVtt => "text/vtt",
        }
    }

    /// How the names of such files end, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::WebVtt => "vtt",
        }
    }

    /// The type whose files' names end so, as [`extension`](Self::extension) has it.
    pub fn with_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.extension() == extension)
    }

    /// Whether it is looked at, and so needs a description in words.
    pub fn is_picture(self) -> bool {
        match self {
            Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Avif | Self::Svg => true,
            Self::Pdf | Self::WebVtt => false,
        }
    }

    /// Whether it is made of pixels, so that renditions can be made of it.
    pub fn has_renditions(self) -> bool {
        self.is_picture() && self != Self::Svg
    }

    /// Whether a browser may open it on its own; others are sent to be saved. A drawing or a document that is
    /// opened on its own is a page of the site that it comes from; within a page, as a picture, it is not.
    pub fn is_shown_inline(self) -> bool {
        match self {
            Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Avif | Self::WebVtt => true,
            Self::Svg | Self::Pdf => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.media_type())
    }
}

/// Whether the file-type box names AVIF, as its own brand or among those it is compatible with.
fn is_avif(bytes: &[u8]) -> bool {
    let Some(size) = bytes.first_chunk::<4>().map(|size| u32::from_be_bytes(*size)) else {
        return false;
    };
    let end = usize::try_from(size).unwrap_or(usize::MAX).min(1_024);
    let brands = bytes.get(8..end.min(bytes.len())).unwrap_or_default();
    let mut brands = brands.chunks_exact(4).enumerate().filter(|(place, _)| *place != 1);
    brands.any(|(_, brand)| brand == b"avif" || brand == b"avis")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_first_bytes_and_what_must_follow() {
        let cases: &[(&[u8], Option<Kind>)] = &[
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(Kind::Jpeg)),
            (b"\xff\xd8\xff\x00", None),
            (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", Some(Kind::Png)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT", None),
            (b"GIF89a", None),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Kind::Webp)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"\0\0\0\x14ftypavif\0\0\0\0mif1", Some(Kind::Avif)),
            (b"\0\0\0\x14ftypmif1\0\0\0\0avif", Some(Kind::Avif)),
            (b"\0\0\0\x14ftypheic\0\0\0\0mif1", None),
            (b"%PDF-1.7\n", Some(Kind::Pdf)),
            (b"\n%PDF-1.7\n", None),
            (b"WEBVTT\n\n", Some(Kind::WebVtt)),
            (b"\xef\xbb\xbfWEBVTT", Some(Kind::WebVtt)),
            (b"WEBVTTX", None),
            (
                b"<?xml version=\"1.0\"?><!-- a --><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
                Some(Kind::Svg),
            ),
            (b"<html><svg/></html>", None),
            (b"PK\x03\x04", None),
            (b"", None),
        ];
        for (bytes, kind) in cases {
            assert_eq!(Kind::sniff(bytes), *kind, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn each_type_is_found_again_by_its_extension() {
        for kind in Kind::ALL {
            assert_eq!(Kind::with_extension(kind.extension()), Some(kind));
        }
        assert_eq!(Kind::with_extension("jpeg"), None);
    }
}
