//! Inline codes: what in a segment isn't words, such as marks, addresses and embeds.

use std::ops::Range;

/// What a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeKind {
    /// A mark of emphasis.
    Emphasis,
    /// A mark of strong emphasis.
    Strong,
    /// A mark of what is struck out.
    Strike,
    /// A link's bracket, or its address.
    Link,
    /// An image's bracket, or its address.
    Image,
    /// Code.
    Code,
    /// A tag of HTML.
    Html,
    /// An address that stands for itself.
    Address,
    /// An embed.
    Embed,
    /// The number of a note.
    Note,
}

/// Whether a code opens or closes something, or stands alone. Partners have the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It opens.
    Open(usize),
    /// It closes.
    Close(usize),
    /// It stands alone.
    Alone,
}

impl Side {
    /// The number of the pair.
    pub const fn pair(self) -> Option<usize> {
        match self {
            Self::Open(pair) | Self::Close(pair) => Some(pair),
            Self::Alone => None,
        }
    }
}

/// A code in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineCode {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: CodeKind,
    /// Which side of what.
    pub side: Side,
}

impl InlineCode {
    /// One that stands alone.
    pub const fn alone(range: Range<usize>, kind: CodeKind) -> Self {
        Self { range, kind, side: Side::Alone }
    }
}
