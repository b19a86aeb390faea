//! PNG: its chunks (W3C PNG, third edition), and which of them are kept.

use std::io::Read as _;

use super::{
    Limits, Refusal,
    bytes::{Reader, length},
    colour, exif,
    stripped::Stripped,
};

/// The eight bytes that every PNG begins with.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The most that a profile takes once inflated.
const MOST_ICC: u64 = 4 << 20;

/// What was found on the way through the chunks.
#[derive(Default)]
struct Found<'a> {
    /// The chunks that are kept, from their length to their checksum.
    kept: Vec<&'a [u8]>,
    size: Option<(u32, u32)>,
    /// Bytes a pixel once decoded, and a second copy where it has more than 8 bits or is interlaced.
    depth: u64,
    frames: Option<u32>,
    frame_controls: u32,
    has_samples: bool,
    orientation: Option<u8>,
    icc: Option<Vec<u8>>,
}

/// The picture without its metadata: no texts, times, Exif, physical sizes or chunks of others' making, nothing
/// after its end. Checksums are checked; the samples are copied as they are.
pub(super) fn strip(bytes: &[u8], limits: &Limits) -> Result<Stripped, Refusal> {
    let mut reader = Reader::new(bytes, "PNG chunks");
    reader.take(SIGNATURE.len())?;
    let mut found = Found::default();
    loop {
        let from = reader.at();
        let size = reader.u32_be()?;
        if size > i32::MAX.unsigned_abs() {
            return Err(reader.damaged("a chunk's length"));
        }
        let name = reader.array::<4>()?;
        let payload = reader.take(length(size))?;
        let checksum = reader.u32_be()?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&name);
        crc.update(payload);
        if crc.finalize() != checksum {
            return Err(Refusal::Damaged {
                at: u64::try_from(from).unwrap_or(u64::MAX),
                part: "a chunk's checksum",
            });
        }
        if found.chunk(name, payload, &reader, limits)? {
            found.kept.push(reader.since(from));
        }
        if &name == b"IEND" {
            return found.stripped(&reader, limits);
        }
    }
}

impl Found<'_> {
    /// Takes note of a chunk, and says whether it is kept.
    fn chunk(
        &mut self,
        name: [u8; 4],
        payload: &[u8],
        reader: &Reader<'_>,
        limits: &Limits,
    ) -> Result<bool, Refusal> {
        if self.size.is_none() != (&name == b"IHDR") {
            return Err(reader.damaged("the header's place"));
        }
        match &name {
            b"IHDR" => {
                self.header(payload, reader, limits)?;
                Ok(true)
            }
            b"IDAT" => {
                self.has_samples = true;
                Ok(true)
            }
            b"acTL" => {
                let mut reader = Reader::new(payload, "an animation's header");
                self.frames = Some(reader.u32_be()?);
                Ok(true)
            }
            b"fcTL" => {
                self.frame_controls += 1;
                Ok(true)
            }
            b"PLTE" | b"IEND" | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"sBIT"
            | b"bKGD" | b"fdAT" => Ok(true),
            b"iCCP" => {
                self.icc = inflated(payload);
                Ok(false)
            }
            b"eXIf" => {
                self.orientation = exif::orientation(payload);
                Ok(false)
            }
            // A chunk that a reader has to know, and that nobody does.
            [first, ..] if first.is_ascii_uppercase() => {
                Err(Refusal::Unsupported { feature: "a PNG with unknown critical chunks" })
            }
            _ => Ok(false),
        }
    }

    fn header(
        &mut self,
        payload: &[u8],
        reader: &Reader<'_>,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let mut header = Reader::new(payload, "the header");
        let (width, height) = (header.u32_be()?, header.u32_be()?);
        let [bits, colours, _, _, interlaced] = header.array::<5>()?;
        if !header.is_done() {
            return Err(reader.damaged("the header's length"));
        }
        limits.check_size(width, height, reader.place())?;
        self.size = Some((width, height));
        let samples: u64 = match colours {
            0 => 1,
            2 | 3 => 3,
            4 => 2,
            6 => 4,
            _ => return Err(reader.damaged("the type of colours")),
        };
        let stored = samples * if bits == 16 { 2 } else { 1 };
        self.depth = 4 + stored + if interlaced == 1 { stored } else { 0 };
        Ok(())
    }

    fn stripped(self, reader: &Reader<'_>, limits: &Limits) -> Result<Stripped, Refusal> {
        let Some((width, height)) = self.size.filter(|_| self.has_samples) else {
            return Err(reader.damaged("a picture without samples"));
        };
        let frames = self.frames.map_or(1, |frames| frames.max(self.frame_controls).max(1));
        limits.check_frames(frames, width, height)?;
        let profile = colour::kept(self.icc.as_deref().unwrap_or_default());
        let mut written = SIGNATURE.to_vec();
        let mut kept = self.kept.into_iter();
        written.extend(kept.next().unwrap_or_default());
        if let colour::Kept::Rebuilt(profile) = &profile {
            written.extend(icc_chunk(profile));
        }
        written.extend(kept.collect::<Vec<_>>().concat());
        Ok(Stripped {
            bytes: written,
            width,
            height,
            frames,
            orientation: self.orientation.unwrap_or(1),
            to_convert: frames == 1 && matches!(profile, colour::Kept::Converted),
            depth: self.depth,
        })
    }
}

/// The profile of an `iCCP` chunk; `None` where it can't be read.
fn inflated(payload: &[u8]) -> Option<Vec<u8>> {
    let name_end = payload.iter().take(80).position(|byte| *byte == 0)?;
    let compressed = payload.get(name_end + 2..)?;
    let mut profile = Vec::new();
    let mut inflater = flate2::read::ZlibDecoder::new(compressed).take(MOST_ICC);
    inflater.read_to_end(&mut profile).ok()?;
    Some(profile)
}

/// An `iCCP` chunk of a profile.
fn icc_chunk(profile: &[u8]) -> Vec<u8> {
    let mut payload = b"icc\0\0".to_vec();
    let mut deflater = flate2::read::ZlibEncoder::new(profile, flate2::Compression::best());
    // Reading from memory into memory doesn't fail.
    if deflater.read_to_end(&mut payload).is_err() {
        return Vec::new();
    }
    chunk(*b"iCCP", &payload)
}

/// A chunk with its length and checksum.
pub(super) fn chunk(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&name);
    crc.update(payload);
    let size = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&size.to_be_bytes(), &name[..], payload, &crc.finalize().to_be_bytes()].concat()
}
