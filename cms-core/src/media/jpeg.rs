//! JPEG: its segments (ITU-T T.81, annex B), and which of them are kept.

use std::collections::BTreeMap;

use super::{Limits, Refusal, bytes::Reader, colour, exif, stripped::Stripped};

/// Scans of a progressive picture; each costs a pass over all of it, and encoders make about ten.
const MOST_SCANS: usize = 100;
/// How an ICC profile's segments begin (ICC.1, annex B.4).
const ICC: &[u8] = b"ICC_PROFILE\0";
/// A JFIF header of version 1.2, without density and thumbnail.
const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0";
/// The most that one segment carries of a profile.
const MOST_ICC: usize = 65_519;

/// What was found on the way through the segments.
#[derive(Default)]
struct Found<'a> {
    /// The segments that are kept, markers included.
    kept: Vec<&'a [u8]>,
    size: Option<(u32, u32)>,
    components: u8,
    is_progressive: bool,
    has_jfif: bool,
    scans: usize,
    orientation: Option<u8>,
    /// The profile's parts by their number.
    icc: BTreeMap<u8, &'a [u8]>,
}

/// The picture without its metadata: no Exif, XMP, IPTC, comments, thumbnails, makers' segments, nothing after
/// its end. The samples are copied as they are.
pub(super) fn strip(bytes: &[u8], limits: &Limits) -> Result<Stripped, Refusal> {
    let found = walk(bytes, limits)?;
    let Some((width, height)) = found.size else {
        return Err(Refusal::Damaged { at: 2, part: "a picture without a frame" });
    };
    if found.scans == 0 {
        return Err(Refusal::Damaged { at: 2, part: "a picture without a scan" });
    }
    let profile = colour::kept(&found.icc.values().copied().collect::<Vec<_>>().concat());
    let mut written = b"\xff\xd8".to_vec();
    if found.has_jfif {
        written.extend(JFIF);
    }
    if let colour::Kept::Rebuilt(profile) = &profile {
        written.extend(icc_segments(profile));
    }
    written.extend(found.kept.concat());
    Ok(Stripped {
        bytes: written,
        width,
        height,
        frames: 1,
        orientation: found.orientation.unwrap_or(1),
        to_convert: found.components == 4 || matches!(profile, colour::Kept::Converted),
        depth: if found.is_progressive { 14 } else { 8 },
    })
}

fn walk<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Found<'a>, Refusal> {
    let mut reader = Reader::new(bytes, "JPEG segments");
    reader.take(2)?;
    let mut found = Found::default();
    loop {
        let from = reader.at();
        let marker = marker(&mut reader)?;
        match marker {
            // The end of the image: whatever follows is no part of it.
            0xd9 => {
                found.kept.push(b"\xff\xd9");
                return Ok(found);
            }
            // Markers without a length: TEM and stray restarts.
            0x01 | 0xd0..=0xd7 => {}
            _ => {
                let size = usize::from(reader.u16_be()?);
                let Some(size) = size.checked_sub(2) else {
                    return Err(reader.damaged("a segment's length"));
                };
                let payload = reader.take(size)?;
                let is_kept = found.segment(marker, payload, &reader, limits)?;
                if marker == 0xda {
                    found.scans += 1;
                    if found.scans > MOST_SCANS {
                        return Err(Refusal::Unsupported { feature: "a JPEG of that many scans" });
                    }
                    skip_samples(&mut reader)?;
                }
                if is_kept {
                    // Fill bytes before the marker go too.
                    let whole = reader.since(from);
                    let fill = whole.iter().take_while(|byte| **byte == 0xff).count().max(1);
                    found.kept.push(whole.get(fill - 1..).unwrap_or_default());
                }
            }
        }
    }
}

/// The next marker, after its fill bytes.
fn marker(reader: &mut Reader<'_>) -> Result<u8, Refusal> {
    if reader.u8()? != 0xff {
        return Err(reader.damaged("a marker"));
    }
    loop {
        match reader.u8()? {
            0xff => {}
            0 => return Err(reader.damaged("a marker")),
            marker => return Ok(marker),
        }
    }
}

/// Passes over the coded samples of a scan, up to the next marker that isn't a restart.
fn skip_samples(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    let rest = reader.rest();
    let mut at = 0;
    loop {
        let found = rest.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xff));
        let Some(next) = found.map(|found| at + found) else {
            return Err(reader.truncated());
        };
        match rest.get(next + 1) {
            None => return Err(reader.truncated()),
            Some(0 | 0xd0..=0xd7) => at = next + 2,
            // Fill bytes.
            Some(0xff) => at = next + 1,
            Some(_) => {
                reader.take(next)?;
                return Ok(());
            }
        }
    }
}

impl<'a> Found<'a> {
    /// Takes note of a segment, and says whether it is kept.
    fn segment(
        &mut self,
        marker: u8,
        payload: &'a [u8],
        reader: &Reader<'_>,
        limits: &Limits,
    ) -> Result<bool, Refusal> {
        match marker {
            // Frames: baseline, extended, progressive.
            0xc0..=0xc2 => {
                self.is_progressive = marker == 0xc2;
                self.frame(payload, reader, limits)?;
                Ok(true)
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xcc | 0xde | 0xdf => {
                Err(Refusal::Unsupported { feature: "a lossless, hierarchical or arithmetic JPEG" })
            }
            // Tables, scans, restart intervals, and the number of lines told late.
            0xc4 | 0xda | 0xdb | 0xdd => Ok(true),
            0xdc => Err(Refusal::Unsupported { feature: "a JPEG whose height is told after it" }),
            0xe0 => {
                self.has_jfif |= payload.starts_with(b"JFIF\0");
                Ok(false)
            }
            0xe1 => {
                if payload.starts_with(b"Exif\0\0") && self.orientation.is_none() {
                    self.orientation = exif::orientation(payload);
                }
                Ok(false)
            }
            0xe2 => {
                if let Some([number, _, part @ ..]) = payload.strip_prefix(ICC) {
                    self.icc.entry(*number).or_insert(part);
                }
                Ok(false)
            }
            // How the components are coded: without it the colours are wrong.
            0xee => Ok(payload.starts_with(b"Adobe") && payload.len() == 12),
            _ => Ok(false),
        }
    }

    fn frame(
        &mut self,
        payload: &[u8],
        reader: &Reader<'_>,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let [precision, h1, h0, w1, w0, components, ..] = payload else {
            return Err(reader.damaged("a frame's header"));
        };
        if self.size.is_some() {
            return Err(reader.damaged("a second frame"));
        }
        if *precision != 8 {
            return Err(Refusal::Unsupported { feature: "a JPEG of more than 8 bits" });
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(Refusal::Unsupported { feature: "a JPEG of that many components" });
        }
        let width = u32::from(u16::from_be_bytes([*w1, *w0]));
        let height = u32::from(u16::from_be_bytes([*h1, *h0]));
        limits.check_size(width, height, reader.place())?;
        self.size = Some((width, height));
        self.components = *components;
        Ok(())
    }
}

/// A profile in as many segments as it takes.
fn icc_segments(profile: &[u8]) -> Vec<u8> {
    let parts: Vec<_> = profile.chunks(MOST_ICC).collect();
    let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
    let mut written = Vec::new();
    for (number, part) in (1..=count).zip(parts) {
        let size = u16::try_from(part.len() + ICC.len() + 4).unwrap_or(u16::MAX);
        written.extend(b"\xff\xe2");
        written.extend(size.to_be_bytes());
        written.extend(ICC);
        written.extend([number, count]);
        written.extend(part);
    }
    written
}
