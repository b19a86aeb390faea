//! Why a file is not taken in, or a rendition not made.

use super::Kind;

/// Why a file is refused. Places are bytes from the file's start, lines for text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More bytes than are taken in.
    #[error("{bytes} bytes; at most {most} are taken in")]
    TooLarge {
        /// The file's size.
        bytes: u64,
        /// The limit.
        most: u64,
    },
    /// Its content is of no type that is taken in, whatever its name says.
    #[error("the content is of no known type")]
    UnknownType,
    /// A picture with more pixels than are decoded.
    #[error("{width} by {height} pixels; at most {most} in all are decoded")]
    TooManyPixels {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// The limit.
        most: u64,
    },
    /// A picture that is too wide or too high.
    #[error("{side} pixels on one side; at most {most} are taken in")]
    TooLong {
        /// The longer side in pixels.
        side: u32,
        /// The limit.
        most: u32,
    },
    /// An animation of too many frames, or of too many pixels in all of them.
    #[error("{frames} frames; at most {most} of this size are taken in")]
    TooManyFrames {
        /// How many it has.
        frames: u32,
        /// The limit for a picture of its size.
        most: u32,
    },
    /// Decoding it would take more memory than one file gets.
    #[error("decoding takes {needs} bytes of memory; at most {most} are given")]
    TooMuchMemory {
        /// What it would take, estimated from its header.
        needs: u64,
        /// The limit.
        most: u64,
    },
    /// It took too long, and was given up.
    #[error("not done within {most} ms")]
    TooSlow {
        /// The limit in milliseconds.
        most: u64,
    },
    /// It ends before its format says that it does.
    #[error("the file ends at byte {at}, within its {part}")]
    Truncated {
        /// Where it ends.
        at: u64,
        /// Which part is cut off.
        part: &'static str,
    },
    /// It isn't what its format says.
    #[error("damaged at byte {at}: {part}")]
    Damaged {
        /// Where, as near as can be told.
        at: u64,
        /// Which part.
        part: &'static str,
    },
    /// It is well formed, but of a variety that isn't taken in.
    #[error("{feature} is not supported")]
    Unsupported {
        /// Which.
        feature: &'static str,
    },
    /// It does something, or fetches something, where it should only be looked at.
    #[error("active content at byte {at}: {what}")]
    Active {
        /// Where.
        at: u64,
        /// What: the name of an element, an attribute, an action.
        what: String,
    },
    /// Captions that don't parse.
    #[error("line {line} of the captions: {part}")]
    BadCaptions {
        /// The line, from 1.
        line: u64,
        /// What is wrong there.
        part: &'static str,
    },
    /// Renditions can't be made of such files.
    #[error("no renditions can be made of {kind}")]
    NoRenditions {
        /// The type.
        kind: Kind,
    },
    /// A rendition can't be of this type.
    #[error("no renditions are made as {kind}")]
    NotAFormat {
        /// The type.
        kind: Kind,
    },
}

impl Refusal {
    /// All that [`code`](Self::code) can be.
    pub const CODES: [&'static str; 15] = [
        "empty_file",
        "file_too_large",
        "unknown_file_type",
        "too_many_pixels",
        "picture_too_long",
        "too_many_frames",
        "too_much_memory",
        "decoding_too_slow",
        "file_truncated",
        "file_damaged",
        "unsupported_variety",
        "active_content",
        "bad_captions",
        "no_renditions",
        "not_a_rendition_format",
    ];

    /// Which refusal it is: a stable name in `snake_case`, one of [`CODES`](Self::CODES); never changes once
    /// published.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::TooLarge { .. } => "file_too_large",
            Self::UnknownType => "unknown_file_type",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooLong { .. } => "picture_too_long",
            Self::TooManyFrames { .. } => "too_many_frames",
            Self::TooMuchMemory { .. } => "too_much_memory",
            Self::TooSlow { .. } => "decoding_too_slow",
            Self::Truncated { .. } => "file_truncated",
            Self::Damaged { .. } => "file_damaged",
            Self::Unsupported { .. } => "unsupported_variety",
            Self::Active { .. } => "active_content",
            Self::BadCaptions { .. } => "bad_captions",
            Self::NoRenditions { .. } => "no_renditions",
            Self::NotAFormat { .. } => "not_a_rendition_format",
        }
    }

    /// The values that the refusal is about, by the placeholder's name in its sentence.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let number = |name, number: &dyn ToString| (name, number.to_string());
        match self {
            Self::Empty | Self::UnknownType => Vec::new(),
            Self::TooLarge { bytes, most } => vec![number("bytes", bytes), number("most", most)],
            Self::TooManyPixels { width, height, most } => {
                vec![number("width", width), number("height", height), number("most", most)]
            }
            Self::TooLong { side, most } => vec![number("side", side), number("most", most)],
            Self::TooManyFrames { frames, most } => {
                vec![number("frames", frames), number("most", most)]
            }
            Self::TooMuchMemory { needs, most } => {
                vec![number("needs", needs), number("most", most)]
            }
            Self::TooSlow { most } => vec![number("most", most)],
            Self::Truncated { at, part } | Self::Damaged { at, part } => {
                vec![number("at", at), number("part", part)]
            }
            Self::Unsupported { feature } => vec![number("feature", feature)],
            Self::Active { at, what } => vec![number("at", at), number("what", what)],
            Self::BadCaptions { line, part } => vec![number("line", line), number("part", part)],
            Self::NoRenditions { kind } | Self::NotAFormat { kind } => vec![number("kind", kind)],
        }
    }
}
