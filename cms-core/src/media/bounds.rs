//! How much of everything one file may ask for.

use std::time::{Duration, Instant};

use super::Refusal;

/// How much one file may take: of bytes, of pixels, of memory, of time.
///
/// What a header promises is checked before anything is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The file's own bytes.
    pub bytes: u64,
    /// The pixels of a picture; those of all frames of an animation may be four times as many.
    pub pixels: u64,
    /// The pixels on one side.
    pub side: u32,
    /// The frames of an animation.
    pub frames: u32,
    /// The bytes of memory that decoding and rendering may take, as estimated from the header.
    pub memory: u64,
    /// The time for one file. It is looked at between steps (a frame, a search's step): a step that has begun
    /// is done in time linear in the pixels, which are bounded.
    pub time: Duration,
}

impl Default for Limits {
    /// What cameras of today make, with room: 64 MB, 64 megapixels, 16,383 pixels a side (what WebP can hold),
    /// 1,000 frames, 768 MiB, 30 seconds.
    fn default() -> Self {
        Self {
            bytes: 64_000_000,
            pixels: 64_000_000,
            side: 16_383,
            frames: 1_000,
            memory: 768 << 20,
            time: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// Checks a file's size.
    pub(super) fn check_bytes(&self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::Empty);
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > self.bytes {
            return Err(Refusal::TooLarge { bytes: size, most: self.bytes });
        }
        Ok(())
    }

    /// Checks what a header says of a picture's size.
    pub(super) fn check_size(&self, width: u32, height: u32, at: u64) -> Result<(), Refusal> {
        if width == 0 || height == 0 {
            return Err(Refusal::Damaged { at, part: "a picture without pixels" });
        }
        let side = width.max(height);
        if side > self.side {
            return Err(Refusal::TooLong { side, most: self.side });
        }
        if u64::from(width) * u64::from(height) > self.pixels {
            return Err(Refusal::TooManyPixels { width, height, most: self.pixels });
        }
        Ok(())
    }

    /// Checks the number of frames of a picture of this size.
    pub(super) fn check_frames(&self, frames: u32, width: u32, height: u32) -> Result<(), Refusal> {
        let area = (u64::from(width) * u64::from(height)).max(1);
        let by_area = u32::try_from(self.pixels.saturating_mul(4) / area).unwrap_or(u32::MAX);
        let most = self.frames.min(by_area);
        if frames > most {
            return Err(Refusal::TooManyFrames { frames, most });
        }
        Ok(())
    }

    /// Checks an estimate of memory.
    pub(super) fn check_memory(&self, needs: u64) -> Result<(), Refusal> {
        if needs > self.memory {
            return Err(Refusal::TooMuchMemory { needs, most: self.memory });
        }
        Ok(())
    }

    /// When work that begins now has to be done.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline {
            at: Instant::now().checked_add(self.time),
            most: u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// When a piece of work has to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Option<Instant>,
    most: u64,
}

impl Deadline {
    /// Gives up what has taken too long.
    pub(super) fn check(self) -> Result<(), Refusal> {
        let is_past = self.at.is_some_and(|at| Instant::now() >= at);
        if is_past { Err(Refusal::TooSlow { most: self.most }) } else { Ok(()) }
    }
}
