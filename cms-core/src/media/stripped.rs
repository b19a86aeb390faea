//! What a walk over a picture's structure finds, before a pixel is decoded.

/// A picture without anything that its pixels don't need.
#[derive(Debug, Clone)]
pub(super) struct Stripped {
    /// The file, written anew from the parts that are kept.
    pub bytes: Vec<u8>,
    /// The width in pixels, as it is stored.
    pub width: u32,
    /// The height in pixels, as it is stored.
    pub height: u32,
    /// 1, or the frames of an animation.
    pub frames: u32,
    /// How it is to be turned, as Exif numbers it: 1 to 8.
    pub orientation: u8,
    /// Whether it must be encoded anew: its colours are not those that screens show.
    pub to_convert: bool,
    /// Bytes of memory that decoding takes for each pixel.
    pub depth: u64,
}
