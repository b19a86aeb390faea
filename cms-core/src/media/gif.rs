//! GIF: its blocks (`GIF89a`), and which of them are kept.

use super::{Limits, Refusal, bytes::Reader, stripped::Stripped};

/// The picture without comments, texts and what programs add, the number of repeats apart; nothing after its
/// end. The frames are copied as they are.
pub(super) fn strip(bytes: &[u8], limits: &Limits) -> Result<Stripped, Refusal> {
    let mut reader = Reader::new(bytes, "GIF blocks");
    reader.take(6)?;
    let (width, height) = (u32::from(reader.u16_le()?), u32::from(reader.u16_le()?));
    limits.check_size(width, height, reader.place())?;
    let [flags, _, _] = reader.array::<3>()?;
    colours(&mut reader, flags)?;
    let mut kept = vec![reader.since(0)];
    let mut frames = 0_u32;
    loop {
        let from = reader.at();
        match reader.u8()? {
            b'!' => {
                if extension(&mut reader)? {
                    kept.push(reader.since(from));
                }
            }
            b',' => {
                frame(&mut reader, width, height, limits)?;
                frames = frames.saturating_add(1);
                limits.check_frames(frames, width, height)?;
                kept.push(reader.since(from));
            }
            b';' => break,
            // Stray zeros between blocks are padding.
            0 => {}
            _ => return Err(reader.damaged("a block")),
        }
    }
    if frames == 0 {
        return Err(reader.damaged("a picture without frames"));
    }
    kept.push(b";");
    let depth = 12;
    let bytes = kept.concat();
    Ok(Stripped { bytes, width, height, frames, orientation: 1, to_convert: false, depth })
}

/// Passes over a table of colours, if the flags say that there is one.
fn colours(reader: &mut Reader<'_>, flags: u8) -> Result<(), Refusal> {
    if flags & 0x80 != 0 {
        reader.take(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

/// Passes over an extension, and says whether it is kept.
fn extension(reader: &mut Reader<'_>) -> Result<bool, Refusal> {
    let label = reader.u8()?;
    let blocks = sub_blocks(reader)?;
    Ok(match label {
        // How a frame follows another: its time, what is transparent.
        0xf9 => true,
        // An application's: only how often an animation repeats, and no more than that.
        0xff => {
            let name = blocks.first().copied().unwrap_or_default();
            [&b"NETSCAPE2.0"[..], b"ANIMEXTS1.0"].contains(&name)
                && blocks.len() == 2
                && blocks.last().is_some_and(|block| block.len() == 3)
        }
        _ => false,
    })
}

/// The blocks up to the empty one that ends them.
fn sub_blocks<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, Refusal> {
    let mut blocks = Vec::new();
    loop {
        match reader.u8()? {
            0 => return Ok(blocks),
            size => blocks.push(reader.take(usize::from(size))?),
        }
    }
}

/// Passes over a frame.
fn frame(reader: &mut Reader<'_>, width: u32, height: u32, limits: &Limits) -> Result<(), Refusal> {
    let (left, top) = (u32::from(reader.u16_le()?), u32::from(reader.u16_le()?));
    let (wide, high) = (u32::from(reader.u16_le()?), u32::from(reader.u16_le()?));
    limits.check_size(wide, high, reader.place())?;
    if left + wide > width || top + high > height {
        return Err(reader.damaged("a frame outside of its picture"));
    }
    let flags = reader.u8()?;
    colours(reader, flags)?;
    reader.u8()?;
    sub_blocks(reader).map(drop)
}
