//! WebP: its RIFF chunks (RFC 9649), and which of them are kept.

use super::{
    Limits, Refusal,
    bytes::{Reader, length},
    colour, exif,
    stripped::Stripped,
};

/// Flags of the extended header.
const HAS_ICC: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;
const IS_ANIMATED: u8 = 0x02;

/// One chunk.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    name: [u8; 4],
    payload: &'a [u8],
    at: u64,
}

/// What was found on the way through the chunks.
#[derive(Default)]
struct Found<'a> {
    extended: Option<(u8, u32, u32)>,
    icc: &'a [u8],
    orientation: Option<u8>,
    /// The size that the samples themselves tell.
    coded: Option<(u32, u32)>,
    frames: u32,
    kept: Vec<Chunk<'a>>,
}

/// The picture without Exif, XMP and chunks of others' making, nothing after its end. The samples are copied as
/// they are.
pub(super) fn strip(bytes: &[u8], limits: &Limits) -> Result<Stripped, Refusal> {
    let mut reader = Reader::new(bytes, "RIFF chunks");
    reader.take(4)?;
    let size = length(reader.u32_le()?);
    let body = reader.take(size)?;
    let mut reader = Reader::new(body, "RIFF chunks");
    reader.take(4)?;
    let mut found = Found::default();
    while !reader.is_done() {
        let chunk = next(&mut reader)?;
        found.chunk(chunk, limits)?;
    }
    found.stripped(limits)
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Chunk<'a>, Refusal> {
    let at = reader.place();
    let name = reader.array()?;
    let size = reader.u32_le()?;
    let payload = reader.take(length(size))?;
    if size % 2 == 1 && !reader.is_done() {
        reader.take(1)?;
    }
    Ok(Chunk { name, payload, at })
}

impl<'a> Found<'a> {
    fn chunk(&mut self, chunk: Chunk<'a>, limits: &Limits) -> Result<(), Refusal> {
        match &chunk.name {
            b"VP8X" => {
                let mut reader = Reader::new(chunk.payload, "the extended header");
                let [flags, ..] = reader.array::<4>()?;
                let (width, height) = (reader.u24_le()? + 1, reader.u24_le()? + 1);
                limits.check_size(width, height, chunk.at)?;
                self.extended = Some((flags, width, height));
            }
            b"VP8 " | b"VP8L" => {
                let size = coded_size(chunk)?;
                limits.check_size(size.0, size.1, chunk.at)?;
                if self.coded.replace(size).is_some() {
                    return Err(Refusal::Damaged { at: chunk.at, part: "a second picture" });
                }
                self.frames += 1;
                self.kept.push(chunk);
            }
            b"ALPH" | b"ANIM" => self.kept.push(chunk),
            b"ANMF" => {
                self.frames += 1;
                if let Some((_, width, height)) = self.extended {
                    limits.check_frames(self.frames, width, height)?;
                }
                self.kept.push(chunk);
            }
            b"ICCP" => self.icc = chunk.payload,
            b"EXIF" => self.orientation = exif::orientation(chunk.payload),
            _ => {}
        }
        Ok(())
    }

    fn stripped(self, limits: &Limits) -> Result<Stripped, Refusal> {
        let is_animated = self.extended.is_some_and(|(flags, ..)| flags & IS_ANIMATED != 0);
        if !is_animated && self.kept.iter().any(|chunk| &chunk.name == b"ANMF") {
            return Err(Refusal::Damaged { at: 12, part: "frames of a picture that doesn't move" });
        }
        let size = match (self.extended, self.coded) {
            (Some((_, width, height)), None) if is_animated => (width, height),
            (Some((_, width, height)), Some(coded)) if !is_animated && coded == (width, height) => {
                coded
            }
            (None, Some(coded)) => coded,
            _ => {
                return Err(Refusal::Damaged {
                    at: 12,
                    part: "what the header says of the picture",
                });
            }
        };
        if self.frames == 0 {
            return Err(Refusal::Damaged { at: 12, part: "a picture without frames" });
        }
        let profile = colour::kept(self.icc);
        let mut written = Vec::new();
        if let Some((flags, width, height)) = self.extended {
            let mut kept = flags & (HAS_ALPHA | IS_ANIMATED);
            if matches!(profile, colour::Kept::Rebuilt(_)) {
                kept |= HAS_ICC;
            }
            let [w0, w1, w2, _] = (width - 1).to_le_bytes();
            let [h0, h1, h2, _] = (height - 1).to_le_bytes();
            write(&mut written, *b"VP8X", &[kept, 0, 0, 0, w0, w1, w2, h0, h1, h2]);
            if let colour::Kept::Rebuilt(profile) = &profile {
                write(&mut written, *b"ICCP", profile);
            }
        }
        for chunk in &self.kept {
            if &chunk.name == b"ANMF" {
                write(&mut written, chunk.name, &frame(*chunk, size, limits)?);
            } else if is_animated == (&chunk.name == b"ANIM") {
                write(&mut written, chunk.name, chunk.payload);
            }
        }
        let size_of_all = u32::try_from(written.len() + 4).unwrap_or(u32::MAX);
        let bytes = [b"RIFF", &size_of_all.to_le_bytes()[..], b"WEBP", &written].concat();
        Ok(Stripped {
            bytes,
            width: size.0,
            height: size.1,
            frames: self.frames,
            orientation: self.orientation.filter(|_| !is_animated).unwrap_or(1),
            to_convert: !is_animated && matches!(profile, colour::Kept::Converted),
            depth: 12,
        })
    }
}

/// A frame of an animation, with its samples and transparency alone.
fn frame(chunk: Chunk<'_>, size: (u32, u32), limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut reader = Reader::new(chunk.payload, "a frame");
    let (left, top) = (reader.u24_le()? * 2, reader.u24_le()? * 2);
    let (width, height) = (reader.u24_le()? + 1, reader.u24_le()? + 1);
    limits.check_size(width, height, chunk.at)?;
    if left + width > size.0 || top + height > size.1 {
        return Err(Refusal::Damaged { at: chunk.at, part: "a frame outside of its picture" });
    }
    reader.take(4)?;
    let mut written = reader.since(0).to_vec();
    let mut pictures = 0;
    while !reader.is_done() {
        let part = next(&mut reader)?;
        if [b"VP8 ", b"VP8L"].contains(&&part.name) {
            pictures += 1;
            if coded_size(part)? != (width, height) {
                return Err(Refusal::Damaged { at: chunk.at, part: "a frame's size" });
            }
        }
        if [b"ALPH", b"VP8 ", b"VP8L"].contains(&&part.name) {
            write(&mut written, part.name, part.payload);
        }
    }
    if pictures != 1 {
        return Err(Refusal::Damaged { at: chunk.at, part: "a frame without its picture" });
    }
    Ok(written)
}

/// The size that the samples' own header tells.
fn coded_size(chunk: Chunk<'_>) -> Result<(u32, u32), Refusal> {
    let damaged = Refusal::Damaged { at: chunk.at, part: "the samples' header" };
    let mut reader = Reader::new(chunk.payload, "the samples' header");
    if &chunk.name == b"VP8L" {
        if reader.u8()? != 0x2f {
            return Err(damaged);
        }
        let bits = reader.u32_le()?;
        return Ok(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1));
    }
    reader.take(3)?;
    if reader.array()? != [0x9d, 0x01, 0x2a] {
        return Err(damaged);
    }
    let (width, height) = (reader.u16_le()?, reader.u16_le()?);
    Ok((u32::from(width & 0x3fff), u32::from(height & 0x3fff)))
}

fn write(written: &mut Vec<u8>, name: [u8; 4], payload: &[u8]) {
    let size = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    written.extend(name);
    written.extend(size.to_le_bytes());
    written.extend(payload);
    if size % 2 == 1 {
        written.push(0);
    }
}
